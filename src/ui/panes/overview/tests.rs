//! The overview over twenty environments, half of which do not answer.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::app::start::Opening;
use crate::app::view::View;
use crate::app::{App, Msg, update};
use crate::config::{Config, Endpoint, Environment, Kubernetes, Probe};
use crate::model::{
    Alert, AlertState, AlertsFrom, AlertsTold, Blame, EnvId, Fact, Link, ProbeState, Probed, Problem, ProblemKind, Seen, Series,
    SeriesAnswer, SeriesFact, Server, Silence, Time,
};
use crate::store::signals::Golden;
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
        prometheus: Some(Endpoint {
            url: "http://127.0.0.1:9".into(),
            ..Endpoint::default()
        }),
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
fn every_red_line_is_at_most_two_keys_from_its_evidence() {
    for environments in [3, 20] {
        let mut app = cockpit(environments);
        open(&mut app);
        // Half of them are lost; of the others every second one is down, and fires.
        for env in 0..environments {
            match env {
                env if env < environments / 2 => tell(&mut app, env, lost()),
                env if env % 2 == 0 => {
                    tell(&mut app, env, Seen::Link(Link::Ready(Server::default())));
                    tell(&mut app, env, Seen::Beat { millis: 9 });
                    tell(&mut app, env, probed(ProbeState::Down));
                    tell(&mut app, env, fires("HighErrorRate"));
                }
                _ => {}
            }
        }
        let shown = screen(&mut app);
        let View::Overview(pane) = app.view() else {
            panic!("{:?}", app.view())
        };
        let numbers: Vec<usize> = pane.numbers().map(|(number, _)| number).collect();
        let red = shown
            .lines()
            .flat_map(|line| line.split("✖").skip(1))
            .filter(|rest| !rest.starts_with(" P"))
            .count();
        assert!(numbers.len() > 2 && numbers.iter().all(|number| *number < 100), "{numbers:?}");
        assert!(red >= numbers.len(), "{red} of {numbers:?}:\n{shown}");
        for number in numbers {
            assert!(shown.contains(&format!("{number:<3}✖")), "{number} is not there:\n{shown}");
            let keys: Vec<KeyCode> = number.to_string().chars().map(KeyCode::Char).collect();
            assert!(keys.len() <= 2);
            press(&mut app, keys);
            assert!(!matches!(app.view(), View::Overview(_)), "{number} led nowhere:\n{shown}");
            let mut rounds = 0;
            while !matches!(app.view(), View::Overview(_)) {
                press(&mut app, [KeyCode::Esc]);
                rounds += 1;
                assert!(rounds < 4, "{:?}", app.view());
            }
            screen(&mut app);
        }
    }
}

#[test]
fn a_digit_that_is_no_number_and_a_key_in_between_lead_nowhere() {
    let mut app = cockpit(20);
    open(&mut app);
    press(&mut app, [KeyCode::Char('1')]);
    assert!(screen(&mut app).contains("no red line has this number"));
    for env in 0..10 {
        tell(&mut app, env, lost());
    }
    screen(&mut app);
    // The first digit of two, and then another key: the next digit is a first one again.
    press(&mut app, [KeyCode::Char('1'), KeyCode::Down, KeyCode::Char('1')]);
    assert!(matches!(app.view(), View::Overview(_)), "{:?}", app.view());
    press(&mut app, [KeyCode::Char('0')]);
    assert!(!matches!(app.view(), View::Overview(_)), "and the second one leads there");
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

fn fires(name: &str) -> Seen {
    let labels = [
        ("alertname", name),
        ("namespace", "default"),
        ("pod", "backend-1"),
        ("severity", "critical"),
    ];
    let alert = Alert {
        name: name.into(),
        state: AlertState::Firing,
        severity: "critical".into(),
        since: NOW + -360,
        labels: labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        ..Alert::default()
    };
    let told = AlertsTold {
        alerts: vec![alert],
        total: 1,
        evaluated: NOW,
        ..AlertsTold::default()
    };
    Seen::Alerts(AlertsFrom::Prometheus, Ok(Arc::new(told)))
}

fn signal(golden: Golden, points: &[f64]) -> Seen {
    let series = Series {
        labels: Vec::new(),
        points: points.into(),
    };
    let answer = SeriesAnswer {
        from: NOW + -1_800,
        step: 60,
        series: vec![series],
        ..SeriesAnswer::default()
    };
    Seen::Series(golden.key().clone(), SeriesFact::Told(Arc::new(answer)))
}

#[test]
fn signals_have_their_value_their_limit_and_their_bars_and_lead_to_the_panels() {
    let mut app = cockpit(2);
    open(&mut app);
    tell(&mut app, 1, Seen::Link(Link::Ready(Server::default())));
    let rises: Vec<f64> = (0..30).map(|n| f64::from(n) * 0.0025).collect();
    tell(&mut app, 1, signal(Golden::Errors, &rises));
    tell(&mut app, 1, signal(Golden::Latency, &[0.2; 30]));
    tell(&mut app, 1, signal(Golden::Requests, &[412.0; 30]));
    let shown = screen(&mut app);
    assert!(
        shown.contains("5xx 7.25 % (max 1 %) rising") && shown.contains("p95 200 ms"),
        "{shown}"
    );
    assert!(shown.contains("req/s 412 ▆▆▆▆"), "{shown}");
    let silent = SeriesFact::Retrying {
        problem: Problem::new(ProblemKind::Unreachable, "connection refused by 127.0.0.1:9"),
        next: NOW + 30,
    };
    tell(&mut app, 1, Seen::Series(Golden::Errors.key().clone(), silent));
    let shown = screen(&mut app);
    assert!(shown.contains("signals unknown for") && shown.contains("5xx 7.25 %"), "{shown}");
    press(&mut app, [KeyCode::Right]);
    let View::Overview(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    let tile = pane.tiles().iter().find(|tile| tile.label == "p01").unwrap();
    let at = tile.lines.iter().position(|line| line.thing == super::Thing::Metrics).unwrap();
    let on_it = pane.tiles().iter().position(|tile| tile.label == "p01").unwrap();
    // Two tiles: wherever it stands now, from there down to the signals.
    press(&mut app, [if on_it == 0 { KeyCode::Left } else { KeyCode::Right }]);
    press(&mut app, std::iter::repeat_n(KeyCode::Down, at + 1));
    press(&mut app, [KeyCode::Enter]);
    let View::Metrics(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    assert_eq!(pane.env, EnvId(1));
}

#[test]
fn alerts_have_a_line_that_is_unknown_and_never_zero_while_the_prometheus_is_silent() {
    let mut app = cockpit(2);
    open(&mut app);
    tell(&mut app, 0, fires("HighErrorRate"));
    let shown = screen(&mut app);
    assert!(shown.contains("alerts 1 critical  HighErrorRate backend-1 6m"), "{shown}");
    let View::Overview(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    assert!(
        matches!(pane.thing(), Some((EnvId(0), _))),
        "the cursor is on what is red: {:?}",
        pane.thing()
    );
    press(&mut app, [KeyCode::Enter]);
    assert!(screen(&mut app).contains("alert HighErrorRate in p00"), "two keys at most");
    let refused = Problem::new(ProblemKind::Unreachable, "connection refused by 127.0.0.1:9");
    tell(&mut app, 1, Seen::Alerts(AlertsFrom::Prometheus, Err(refused)));
    open(&mut app);
    let shown = screen(&mut app);
    assert!(
        shown.contains("alerts unknown since 08:00Z") && !shown.contains("alerts 0"),
        "{shown}"
    );
}

#[test]
fn the_signals_are_asked_only_while_somebody_looks() {
    let asked = |app: &mut App| {
        let effects = app.settle();
        let keys: Vec<_> = crate::store::signals::questions().collect();
        let is_signal = |effect: &crate::app::Effect| match effect {
            crate::app::Effect::Start(crate::model::Demand::Series(_, key)) => keys.contains(&key),
            _ => false,
        };
        effects.iter().filter(|effect| is_signal(effect)).count()
    };
    let mut app = cockpit(3);
    assert_eq!(asked(&mut app), 0);
    for key in ":overview".chars().map(KeyCode::Char).chain([KeyCode::Enter]) {
        update(&mut app, Msg::Key(KeyEvent::new(key, KeyModifiers::NONE)));
    }
    assert_eq!(asked(&mut app), 15, "five questions of three environments");
}
