use std::sync::Arc;

use ratatui::buffer::Buffer;

use super::marks::What;
use super::*;
use crate::config::file::{Base, parse};
use crate::model::{Fact, Namespaces, Problem, ProblemKind, Seen, Series, SeriesAnswer, SeriesFact};
use crate::ui::theme::{Glyphs, Theme};

const NOW: Time = Time(1_795_406_400);

fn panels() -> Vec<Panel> {
    let text = r#"
        [[panel]]
        name = "errors"
        title = "Errors"
        board = "application"
        unit = "ratio"
        warn = 0.01
        crit = 0.05
        legend = "{{service}}"
        query = ["errors{pod=~\"$pod\"}", "faults"]
        [[panel]]
        name = "pool"
        title = "Connection pool"
        board = "database"
        unit = "count"
        lines = [{ legend = "used", query = "used" }, { legend = "waiting", query = "waiting" }, { legend = "max", query = "most", limit = true }]
        [[panel]]
        name = "slots"
        title = "Slots"
        board = "database"
        unit = "ratio"
        kind = "gauge"
        max = 1
        query = "slots"
        [[panel]]
        name = "restarts"
        title = "Restarts"
        board = "resources"
        unit = "count"
        kind = "bar"
        legend = "{{pod}}"
        query = "restarts"
    "#;
    let base = Base {
        file: std::path::Path::new("c.toml"),
        home: None,
    };
    parse(text, base, &[]).unwrap().panels
}

fn pane() -> (MetricsPane, Store) {
    let target = Target::Environment(Namespaces::All);
    (MetricsPane::new(EnvId(0), target, &panels(), true), Store::new(1))
}

const AREA: Rect = Rect::new(0, 0, 100, 26);

fn settle(pane: &mut MetricsPane, store: &mut Store) {
    let past = Past {
        seen: store.env(EnvId(0)),
        findings: &[],
        done: Vec::new(),
    };
    pane.settle(&past, AREA, NOW);
    pane.demands().iter().for_each(|demand| store.expect(demand));
}

fn tell(store: &mut Store, key: &SeriesKey, fact: SeriesFact) {
    store.apply(Fact {
        env: EnvId(0),
        at: NOW,
        seen: Seen::Series(key.clone(), fact),
    });
}

/// A label, its value, and the value of the series at a share of the time.
type Made<'a> = (&'a str, &'a str, fn(f64) -> f64);

/// An answer with these series.
fn answer(key: &SeriesKey, series: &[Made<'_>]) -> SeriesFact {
    let count = key.span / key.step + 1;
    let points = |of: fn(f64) -> f64| (0..count).map(|n| of(f64::from(n) / f64::from(count))).collect::<Vec<f64>>();
    let one = |(label, value, of): &Made<'_>| Series {
        labels: vec![((*label).into(), (*value).into())],
        points: points(*of).into(),
    };
    SeriesFact::Told(Arc::new(SeriesAnswer {
        from: NOW + -i64::from(key.span) + -i64::from(key.shift),
        step: key.step,
        series: series.iter().map(one).collect(),
        ..SeriesAnswer::default()
    }))
}

fn tell_all(pane: &MetricsPane, store: &mut Store) {
    for demand in pane.demands() {
        let Demand::Series(_, key) = demand else { continue };
        let rise = |share: f64| if (0.4..0.5).contains(&share) { f64::NAN } else { 0.08 * share };
        let fact = match &*key.queries[0] {
            "used" => answer(&key, &[("", "", |share| (8.0 + 14.0 * share).min(20.0))]),
            "waiting" => answer(&key, &[("", "", |share| (40.0 * (share - 0.7)).max(0.0))]),
            "most" => answer(&key, &[("", "", |_| 20.0)]),
            "slots" => answer(&key, &[("", "", |share| 0.3 + 0.5 * share)]),
            "restarts" => answer(&key, &[("pod", "backend-1", |_| 3.0), ("pod", "backend-2", |_| 1.0)]),
            _ => answer(&key, &[("service", "backend", rise), ("service", "frontend", |_| 0.002)]),
        };
        tell(store, &key, fact);
    }
}

fn screen(pane: &MetricsPane, store: &Store) -> String {
    let mut buf = Buffer::empty(AREA);
    let theme = Theme::plain(Glyphs::Unicode);
    let zone = TimeZone::UTC;
    let scene = Scene {
        now: NOW,
        focused: true,
        theme: &theme,
        zone: &zone,
    };
    draw(pane, store, &scene, AREA, &mut buf);
    let row = |y: u16| (0..AREA.width).map(|x| buf[(x, y)].symbol()).collect::<String>();
    (0..AREA.height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}

#[test]
fn a_board_of_panels() {
    let (mut pane, mut store) = pane();
    settle(&mut pane, &mut store);
    assert!(screen(&pane, &store).contains("asking …"));
    tell_all(&pane, &mut store);
    insta::assert_snapshot!(screen(&pane, &store));
}

#[test]
fn one_panel_with_a_cursor_and_the_day_before() {
    let (mut pane, mut store) = pane();
    settle(&mut pane, &mut store);
    pane.toggle();
    pane.toggle_yesterday();
    settle(&mut pane, &mut store);
    tell_all(&pane, &mut store);
    pane.marks = vec![Marked {
        at: NOW + -1_200,
        what: What::Rollout,
        text: "backend revision 41 → 42 by github-actions".into(),
    }];
    pane.travel(Command::PageUp);
    insta::assert_snapshot!(screen(&pane, &store));
    assert!(pane.undo() && pane.large, "the cursor goes first");
    assert!(pane.undo() && !pane.large && !pane.undo());
}

#[test]
fn what_is_not_there_is_said_with_its_names_and_trouble_keeps_the_picture() {
    let (mut pane, mut store) = pane();
    settle(&mut pane, &mut store);
    let keys: Vec<SeriesKey> = pane.asked[0].keys.clone();
    tell(&mut store, &keys[0], answer(&keys[0], &[]));
    assert!(screen(&pane, &store).contains("no series: looked for errors, faults"));
    tell_all(&pane, &mut store);
    let problem = Problem::new(ProblemKind::TimedOut, "no answer from prometheus in 10 s");
    tell(&mut store, &keys[0], SeriesFact::Retrying { problem, next: NOW + 15 });
    let drawn = screen(&pane, &store);
    assert!(
        drawn.contains("stale 0s: no answer from prometheus in 10 s") && drawn.contains("7.87 %"),
        "{drawn}"
    );
    let problem = Problem::new(ProblemKind::Config, "1:5: unclosed left parenthesis");
    let (mut own, mut store) = (MetricsPane::ad_hoc(EnvId(0), "sum(up)", true), store);
    settle(&mut own, &mut store);
    let key = own.asked[0].keys[0].clone();
    tell(&mut store, &key, SeriesFact::Refused(problem));
    let drawn = screen(&own, &store);
    let rows: Vec<&str> = drawn.lines().skip_while(|row| !row.contains("sum(up)")).collect();
    assert!(rows[1].starts_with("│    ^ "), "{drawn}");
    assert!(rows[2].contains("1:5: unclosed left parenthesis"), "{drawn}");
}

#[test]
fn only_what_is_on_the_screen_is_asked_and_the_range_moves_all_of_it() {
    let (mut pane, mut store) = pane();
    settle(&mut pane, &mut store);
    assert_eq!(pane.demands().len(), 6, "four panels, one of them with three lines");
    pane.toggle();
    settle(&mut pane, &mut store);
    assert_eq!(pane.demands().len(), 1);
    pane.toggle_yesterday();
    assert_eq!(pane.demands().len(), 2);
    pane.range_of(9);
    settle(&mut pane, &mut store);
    let Demand::Series(_, key) = &pane.demands()[0] else { panic!() };
    assert_eq!((key.span, key.shift), (604_800, 0));
    pane.range_of(6);
    settle(&mut pane, &mut store);
    (0..3).for_each(|_| pane.travel(Command::PageUp));
    let at = pane.at.unwrap();
    pane.zoom(true);
    let (from, until) = pane.range();
    assert_eq!(until - from, 1_800);
    assert!(from < at && at < until, "the cursor stays in the picture");
    let bare = MetricsPane::new(EnvId(0), Target::Environment(Namespaces::All), &panels(), false);
    assert!(bare.demands().is_empty() && screen(&bare, &store).contains("this environment has no Prometheus"));
}

#[test]
fn the_cursor_walks_over_the_board() {
    let (mut pane, mut store) = pane();
    settle(&mut pane, &mut store);
    let walk = |pane: &mut MetricsPane, command| {
        pane.travel(command);
        pane.cursor
    };
    assert_eq!(walk(&mut pane, Command::Right), 1);
    assert_eq!(walk(&mut pane, Command::Down), 3);
    assert_eq!(walk(&mut pane, Command::Down), 3);
    assert_eq!(walk(&mut pane, Command::Up), 1);
    assert_eq!(walk(&mut pane, Command::Top), 0);
    assert_eq!(walk(&mut pane, Command::Bottom), 3);
    assert_eq!(pane.board(), "resources");
    assert!(pane.copied().starts_with("restarts"));
}
