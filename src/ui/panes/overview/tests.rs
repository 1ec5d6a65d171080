//! The overview over twenty environments, half of which do not answer.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::app::start::Opening;
use crate::app::view::View;
use crate::app::{App, Msg, update};
use crate::config::{Config, Environment, Kubernetes, Probe};
use crate::model::{Blame, EnvId, Fact, Link, ProbeState, Probed, Problem, ProblemKind, Seen, Server, Silence, Time};
use crate::ui::theme::{Glyphs, Theme};
use crate::ui::{Look, draw};

const NOW: Time = Time(1_800_000_000);

/// So many environments with a cluster and a probe each; nothing is known of them yet.
fn cockpit(environments: usize) -> App {
    let environment = |n: usize| Environment {
        name: format!("platform-{n:02}"),
        label: format!("p{n:02}"),
        kubernetes: Some(Kubernetes::default()),
        probes: vec![Probe {
            name: "backend".into(),
            url: "https://solia-invest.com/health".into(),
            ..Probe::default()
        }],
        ..Environment::default()
    };
    let config = Config {
        environments: (0..environments).map(environment).collect(),
        explicit: true,
        ..Config::default()
    };
    let opening = Opening {
        named: true,
        ..Opening::default()
    };
    let mut app = App::new(Arc::new(config), opening, NOW);
    app.size = (120, 40);
    app
}

fn screen(app: &mut App) -> String {
    app.settle();
    let (width, height) = app.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let look = Look {
        theme: Theme::plain(Glyphs::Unicode),
        zone: jiff::tz::TimeZone::UTC,
    };
    terminal.draw(|frame| draw(app, &look, frame)).unwrap();
    terminal.backend().to_string()
}

fn tell(app: &mut App, env: usize, seen: Seen) {
    let env = EnvId(u16::try_from(env).unwrap());
    update(app, Msg::Fact(Fact { env, at: NOW, seen }));
}

fn lost() -> Seen {
    Seen::Link(Link::Lost {
        since: NOW + -60,
        problem: Problem::new(ProblemKind::TimedOut, "no answer from 10.0.0.1:6443"),
        next: NOW + 10,
    })
}

fn probed(state: ProbeState) -> Seen {
    let silence = Silence {
        problem: Problem::new(ProblemKind::Unreachable, "connection refused by solia-invest.com:443"),
        blame: Blame::There,
    };
    Seen::Probe(
        0,
        Arc::new(Probed {
            silence: (state == ProbeState::Down).then_some(silence),
            code: (state != ProbeState::Down).then_some(200),
            ..Probed::default()
        }),
    )
}

fn press(app: &mut App, keys: impl IntoIterator<Item = KeyCode>) {
    for key in keys {
        update(app, Msg::Key(KeyEvent::new(key, KeyModifiers::NONE)));
        app.settle();
    }
}

fn open(app: &mut App) {
    app.settle();
    press(app, ":overview".chars().map(KeyCode::Char).chain([KeyCode::Enter]));
    assert!(matches!(app.view(), View::Overview(_)), "{:?}", app.view());
}

#[test]
fn the_first_frame_has_every_environment_before_any_has_answered() {
    let mut app = cockpit(20);
    open(&mut app);
    let screen = screen(&mut app);
    for n in 0..20 {
        assert!(screen.contains(&format!("P{n:02}")), "{n} is not there:\n{screen}");
    }
    assert!(screen.contains("connecting") && screen.contains("20 environments"), "{screen}");
}

#[test]
fn what_answers_is_told_while_the_others_are_waited_for_and_the_worst_comes_first() {
    let mut app = cockpit(20);
    open(&mut app);
    for env in 0..10 {
        tell(&mut app, env, lost());
    }
    tell(&mut app, 15, Seen::Link(Link::Ready(Server::default())));
    tell(&mut app, 15, Seen::Beat { millis: 9 });
    tell(&mut app, 15, probed(ProbeState::Up));
    tell(&mut app, 17, Seen::Link(Link::Ready(Server::default())));
    tell(&mut app, 17, Seen::Beat { millis: 9 });
    tell(&mut app, 17, probed(ProbeState::Down));
    let screen = screen(&mut app);
    let View::Overview(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    let order: Vec<&str> = pane.tiles().iter().map(|tile| tile.label.as_str()).collect();
    assert_eq!(&order[..3], ["p17", "p00", "p01"], "down, then lost, then the rest");
    assert_eq!(order.last(), Some(&"p19"));
    assert!(screen.contains("health 0/1") && screen.contains("health 1/1"), "{screen}");
    assert!(screen.contains("timed out"), "{screen}");
    assert!(
        screen.contains("10 of 12 environments do not answer, since the same moment"),
        "{screen}"
    );
    let ill = pane
        .tiles()
        .iter()
        .filter(|tile| tile.concern.lost || tile.concern.down > 0)
        .count();
    assert_eq!(ill, 11);
}

#[test]
fn enter_leads_from_what_is_red_to_its_evidence() {
    let mut app = cockpit(3);
    open(&mut app);
    tell(&mut app, 1, Seen::Link(Link::Ready(Server::default())));
    tell(&mut app, 1, Seen::Beat { millis: 9 });
    tell(&mut app, 1, probed(ProbeState::Down));
    screen(&mut app);
    press(&mut app, [KeyCode::Enter]);
    let screen = screen(&mut app);
    assert!(screen.contains("connection refused by solia-invest.com:443"), "{screen}");
    assert!(screen.contains("health of backend in p01"), "{screen}");
}

#[test]
fn the_cursor_stays_on_its_environment_when_the_tiles_change_places() {
    let mut app = cockpit(6);
    open(&mut app);
    screen(&mut app);
    press(&mut app, [KeyCode::Right, KeyCode::Right]);
    let chosen = |app: &App| match app.view() {
        View::Overview(pane) => pane.thing().map(|(env, _)| env),
        _ => None,
    };
    assert_eq!(chosen(&app), Some(EnvId(2)));
    tell(&mut app, 4, lost());
    screen(&mut app);
    assert_eq!(chosen(&app), Some(EnvId(2)), "though another one is first now");
}
