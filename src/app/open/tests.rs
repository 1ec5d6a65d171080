//! The cockpit over what `qd open` was given.

use std::sync::Arc;

use super::*;
use crate::app::start::Opening;
use crate::app::{Msg, update};
use crate::config::{Config, Dashboard, Endpoint, Environment};
use crate::model::{AlertState, AlertsFrom, AlertsTold, Fact, Problem, ProblemKind, Seen};

const NOW: Time = Time(1_800_000_000);

fn cockpit(what: &str) -> App {
    let environment = |name: &str| Environment {
        name: name.into(),
        prometheus: Some(Endpoint {
            url: format!("http://prometheus.{name}:9090"),
            ..Endpoint::default()
        }),
        ..Environment::default()
    };
    let dashboard = |board: &str| Dashboard {
        title: board.into(),
        path: format!("/d/{board}?from=$from"),
        boards: vec![board.into()],
    };
    let config = Config {
        environments: vec![environment("staging"), environment("production")],
        explicit: true,
        dashboards: vec![dashboard("application"), dashboard("database")],
        panels: crate::config::panels(&[]).unwrap(),
        ..Config::default()
    };
    let what = what::read(what, &config.environments, None, NOW).unwrap();
    let opening = Opening {
        what: Some(what),
        ..Opening::default()
    };
    let mut app = App::new(Arc::new(config), opening, NOW);
    app.size = (160, 40);
    app.settle();
    app
}

fn tell(app: &mut App, env: u16, told: Result<Vec<(&str, &str)>, Problem>) {
    let told = told.map(|alerts| {
        let alerts: Vec<Alert> = alerts
            .into_iter()
            .map(|(name, pod)| Alert {
                name: name.into(),
                state: AlertState::Firing,
                severity: "critical".into(),
                since: NOW + -360,
                labels: [("alertname", name), ("namespace", "default"), ("pod", pod)]
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
                ..Alert::default()
            })
            .collect();
        Arc::new(AlertsTold {
            total: alerts.len(),
            alerts,
            evaluated: NOW,
            ..AlertsTold::default()
        })
    });
    let seen = Seen::Alerts(AlertsFrom::Prometheus, told);
    update(
        app,
        Msg::Fact(Fact {
            env: EnvId(env),
            at: NOW,
            seen,
        }),
    );
    app.settle();
}

fn said(app: &App) -> String {
    app.flash.as_ref().map(|flash| flash.text.clone()).unwrap_or_default()
}

#[test]
fn an_alert_is_found_in_whatever_environment_it_fires_beside_what_it_speaks_of() {
    let mut app = cockpit("HighErrorRate");
    assert!(matches!(app.view(), View::Table(table) if table.source == RowSource::Alerts));
    tell(&mut app, 0, Ok(vec![("Other", "x")]));
    assert!(app.sought.is_some(), "production has told nothing yet");
    tell(
        &mut app,
        1,
        Ok(vec![("HighErrorRate", "backend-1"), ("HighErrorRate", "backend-2")]),
    );
    assert!(app.sought.is_none());
    assert_eq!(app.env(), EnvId(1));
    let View::Explain(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    assert_eq!(&*pane.object.name, "backend-1");
    let beside = app.workspace.panes().last().map(crate::app::view::Pane::view);
    assert!(
        matches!(beside, Some(View::Page(page)) if page.name == "alert HighErrorRate in production"),
        "{beside:?}"
    );
    assert!(
        said(&app).contains("HighErrorRate is firing in production for 6m"),
        "{}",
        said(&app)
    );
}

#[test]
fn labels_say_which_of_several_is_meant() {
    let mut app = cockpit(r#"production/HighErrorRate{pod="backend-2"}"#);
    tell(
        &mut app,
        1,
        Ok(vec![("HighErrorRate", "backend-1"), ("HighErrorRate", "backend-2")]),
    );
    let View::Explain(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    assert_eq!(&*pane.object.name, "backend-2");
}

#[test]
fn an_alert_that_does_not_fire_and_one_that_nobody_can_tell_of_are_said() {
    let mut app = cockpit("HighErrorRate");
    tell(&mut app, 0, Ok(Vec::new()));
    tell(&mut app, 1, Ok(vec![("Other", "x")]));
    assert_eq!(said(&app), "HighErrorRate neither fires nor is pending in staging, production");
    assert!(
        matches!(app.view(), View::Table(table) if table.filter.is_empty()),
        "all of them are shown"
    );
    let mut app = cockpit("HighErrorRate");
    tell(&mut app, 0, Ok(Vec::new()));
    let refused = Problem::new(ProblemKind::Unreachable, "connection refused by prometheus.production:9090");
    tell(&mut app, 1, Err(refused));
    assert!(
        said(&app).contains("is not known: production: connection refused"),
        "{}",
        said(&app)
    );
    // Who never answers is not waited for without end.
    let mut app = cockpit("HighErrorRate");
    tell(&mut app, 0, Ok(Vec::new()));
    assert!(app.sought.is_some());
    update(&mut app, Msg::Tick(NOW + PATIENCE));
    app.settle();
    assert!(app.sought.is_none() && said(&app).contains("neither fires"), "{}", said(&app));
}

#[test]
fn a_question_and_a_dashboard_have_their_range() {
    let app = cockpit("http://prometheus.production:9090/graph?g0.expr=up+%3D%3D+0&g0.range_input=6h&g0.end_input=2027-01-15+07:00:00");
    let View::Metrics(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    assert_eq!((pane.env, pane.query()), (EnvId(1), Some("up == 0")));
    assert_eq!(pane.times(), (Time(1_799_974_800), Time(1_799_996_400)));
    let app = cockpit("http://grafana/d/database/x?var-namespace=default&var-workload=backend&from=now-3h&to=now");
    let View::Metrics(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    assert_eq!(pane.times(), (NOW + -10_800, NOW));
    assert_eq!(pane.board(), "database");
    assert!(
        matches!(&pane.target, Target::Workload(object) if &*object.name == "backend"),
        "{:?}",
        pane.target
    );
    assert!(said(&app).contains("no environment has the address grafana"), "{}", said(&app));
}

#[test]
fn an_object_is_explained_with_its_table_behind_it() {
    let mut app = cockpit("production/default/deploy/backend");
    let View::Explain(pane) = app.view() else {
        panic!("{:?}", app.view())
    };
    assert_eq!((pane.env, &*pane.object.name), (EnvId(1), "backend"));
    assert!(app.workspace.pane_mut().back());
    assert!(matches!(app.view(), View::Table(table) if table.shows(Known::Deployment) && table.filter == "name:backend"));
    // Without a namespace it may be several.
    let app = cockpit("deploy/backend");
    assert!(matches!(app.view(), View::Table(table) if table.shows(Known::Deployment)));
}

#[test]
fn a_silence_is_shown_before_the_list_of_them() {
    let mut app = cockpit("http://alertmanager:9093/#/silences/0b9d-77");
    assert!(
        matches!(app.view(), View::Page(page) if page.name.starts_with("silence in")),
        "{:?}",
        app.view()
    );
    assert!(app.workspace.pane_mut().back());
    assert!(matches!(app.view(), View::Table(table) if table.source == RowSource::Silences));
}

/// Each dashboard of the sample is one key away from a panel of its board, and its address leads back to it.
#[test]
fn the_dashboards_of_the_sample_are_found_from_their_panels_and_lead_back() {
    use crate::config::file::{Base, parse};
    use crate::config::layers::{FromKubeconfig, Wanted, merge};
    let base = Base {
        file: std::path::Path::new("solia.toml"),
        home: None,
    };
    let file = parse(include_str!("../../../assets/solia.toml"), base, &["help"]).unwrap();
    let mut config = merge(&Wanted::default(), file, FromKubeconfig::default()).unwrap();
    config.environments.retain(|environment| environment.grafana.is_some());
    let (titles, boards): (Vec<_>, Vec<_>) = config
        .dashboards
        .iter()
        .flat_map(|dashboard| dashboard.boards.iter().map(|board| (dashboard.title.clone(), board.clone())))
        .unzip();
    assert_eq!(config.dashboards.len(), 5, "{titles:?}");
    let config = Arc::new(config);
    let grafana = config.environments[0].grafana.as_ref().unwrap().url.clone();
    for (title, board) in titles.iter().zip(&boards) {
        let mut app = opened(&config, None);
        let env = app.env();
        let mut pane = MetricsPane::new(env, Target::Environment(Namespaces::one("default")), &config.panels, true);
        pane.look(Some(900), None, NOW);
        pane.to_board(board);
        assert_eq!(pane.board(), board, "{title} has a panel");
        app.workspace.replace_front(View::Metrics(Box::new(pane)));
        app.settle();
        let key = crossterm::event::KeyEvent::new(crossterm::event::KeyCode::Char('o'), crossterm::event::KeyModifiers::NONE);
        let effects = update(&mut app, Msg::Key(key));
        let copied = effects.into_iter().find_map(|effect| match effect {
            crate::app::Effect::Copy(url) => Some(url),
            _ => None,
        });
        let url = copied.unwrap_or_else(|| panic!("{title}: {}", said(&app)));
        assert!(url.starts_with(grafana.trim_end_matches('/')) && !url.contains('$'), "{url}");
        assert!(url.contains(&format!("from={}", (NOW.0 - 900) * 1_000)), "{url}");
        assert!(said(&app).contains(title), "{title}: {}", said(&app));
        // The way back, as somebody would paste it.
        let what = what::read(&url, &config.environments, None, NOW).unwrap();
        let back = opened(&config, Some(what));
        let View::Metrics(pane) = back.view() else {
            panic!("{url}: {:?}", back.view())
        };
        let shown = config.dashboards.iter().find(|dashboard| dashboard.title == *title).unwrap();
        assert!(
            shown.boards.iter().any(|board| board == pane.board()),
            "{url} leads to {}",
            pane.board()
        );
    }
}

fn opened(config: &Arc<Config>, what: Option<What>) -> App {
    let opening = Opening {
        what,
        ..Opening::default()
    };
    let mut app = App::new(config.clone(), opening, NOW);
    app.size = (160, 40);
    app.settle();
    app
}
