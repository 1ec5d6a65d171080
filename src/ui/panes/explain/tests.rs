use insta::assert_snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::diagnosis::world::{NOW, World, ago, bad_rollout, pod, reference, uid};
use crate::model::{LogLine, Seen};
use crate::ui::theme::{Glyphs, Theme};

/// The pane on a screen of this size, line by line.
fn picture(world: &World, pane: &mut ExplainPane, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    pane.settle(&world.store, Some(&world.diagnosis), area, NOW);
    let mut buf = Buffer::empty(area);
    draw(pane, &world.store, NOW, true, area, &mut buf, &Theme::plain(Glyphs::Unicode));
    let rows = (0..height).map(|y| {
        (0..width)
            .filter_map(|x| Some(buf.cell((x, y))?.symbol().to_owned()))
            .collect::<String>()
    });
    rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn of(known: Known, name: &str) -> ExplainPane {
    ExplainPane::new(EnvId(0), reference(known, name), None)
}

/// The bad rollout, with the last words of the pod that crashes.
fn told() -> World {
    let mut world = bad_rollout();
    let pane = settled(&world, of(Known::Pod, "backend-42-x"));
    let line = LogLine {
        nanos: ago(60).0 * 1_000_000_000,
        text: "Error: STRIPE_KEY is not set".into(),
    };
    // As the pane asks for it, and as the finding does.
    let keys = [pane.tail.clone().unwrap(), world.diagnosis.findings()[0].tail.clone().unwrap()];
    for key in keys {
        world.tell(NOW, Seen::Tail(key, Ok(vec![line.clone()])));
    }
    world.look();
    world
}

fn settled(world: &World, mut pane: ExplainPane) -> ExplainPane {
    pane.settle(&world.store, Some(&world.diagnosis), Rect::new(0, 0, 80, 24), NOW);
    pane
}

#[test]
fn a_rollout_that_is_stuck() {
    assert_snapshot!(picture(&told(), &mut of(Known::Deployment, "backend"), (80, 21)));
}

#[test]
fn a_pod_that_crashes() {
    assert_snapshot!(picture(&told(), &mut of(Known::Pod, "backend-42-x"), (100, 34)));
}

#[test]
fn a_container_that_crashes() {
    let mut pane = ExplainPane::new(EnvId(0), reference(Known::Pod, "backend-42-x"), Some("backend".into()));
    assert_snapshot!(picture(&told(), &mut pane, (80, 21)));
}

#[test]
fn a_pod_that_is_well() {
    let mut world = World::new();
    world.list(Known::Pod, vec![pod("backend-1", 90_000)]).look();
    assert_snapshot!(picture(&world, &mut of(Known::Pod, "backend-1"), (48, 16)));
}

#[test]
fn the_cursor_goes_from_line_to_line_and_what_it_stands_on_stays_in_view() {
    let world = told();
    let mut pane = settled(&world, of(Known::Deployment, "backend"));
    assert!(pane.current_line().starts_with("rollout of revision 42 stuck"));
    assert_eq!((pane.top, pane.lead().is_some()), (0, true));
    pane.travel(Command::Down, 10);
    assert!(pane.current_line().starts_with("it began "));
    pane.settle(&world.store, Some(&world.diagnosis), Rect::new(0, 0, 80, 9), NOW + 1);
    assert!(pane.current_line().starts_with("it began "), "it stays on its line");
    pane.travel(Command::Bottom, 10);
    let last = pane.current_line();
    assert!(pane.top > 0 && picture(&world, &mut pane, (80, 9)).contains(&last), "{last}");
    pane.travel(Command::Top, 10);
    assert_eq!(pane.top, 0, "with the first line comes what stands above it");
}

#[test]
fn a_search_goes_from_match_to_match() {
    let world = told();
    let mut pane = settled(&world, of(Known::Deployment, "backend"));
    pane.search("stripe");
    assert!(pane.current_line().contains("STRIPE_KEY"));
    let first = pane.cursor;
    pane.next_match(true);
    assert!(pane.cursor != first && pane.current_line().contains("STRIPE_KEY"));
    pane.next_match(false);
    assert_eq!(pane.cursor, first);
    pane.search("nowhere");
    assert_eq!(pane.cursor, first);
}

#[test]
fn it_asks_for_last_words_until_they_are_there() {
    let world = bad_rollout();
    let pane = settled(&world, of(Known::Pod, "backend-42-x"));
    let wants = |world: &World, pane: &ExplainPane| {
        let demands = pane.demands(Some(world.seen()));
        demands
            .iter()
            .any(|d| matches!(d, Demand::Tail(_, key) if key.uid == uid(Known::Pod, "backend-42-x")))
    };
    assert!(wants(&world, &pane));
    let told = told();
    assert!(!wants(&told, &settled(&told, pane)));
}

#[test]
fn the_text_that_is_saved_has_everything() {
    let world = told();
    let pane = settled(&world, of(Known::Deployment, "backend"));
    let text = pane.content();
    for words in [
        "Deployment backend · critical",
        "changed before",
        "~ image backend: v1.8.2 → v1.8.3",
        "bad-deployment",
    ] {
        assert!(text.contains(words), "{words} is missing from\n{text}");
    }
    assert_eq!(pane.file_title(), "explain-deployments-backend.txt");
}
