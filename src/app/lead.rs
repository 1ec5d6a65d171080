//! From a line to what stands behind it: what `explain` is asked about, and where a piece of evidence leads.

use std::sync::Arc;

use super::App;
use super::view::View;
use super::walk;
use crate::model::{Body, EnvId, Kind, Known, Lead, Namespaces, ObjectRef};
use crate::ui::panes::explain::ExplainPane;
use crate::ui::panes::log::LogView;
use crate::ui::panes::metrics::{MetricsPane, Target};
use crate::ui::panes::page::Live;
use crate::ui::panes::table::{Narrow, TableView};

/// Where a lead leads.
#[derive(Debug)]
pub enum Led {
    To(View),
    /// To the clipboard.
    Copy(String),
    Nowhere,
}

/// What there is to explain in the focused view: the object (and container) that it stands on.
pub fn subject(app: &App) -> Option<(ObjectRef, Option<Arc<str>>)> {
    match app.view() {
        View::Table(table) => {
            // A finding may be about what is not watched itself (a quota, a webhook).
            if let Some(finding) = table.selected_finding() {
                return Some((finding.object.reference(), None));
            }
            let (kind, object) = app.object()?;
            if let Body::Event(event) = &object.body {
                // An event is explained by what it is about.
                let kind = Kind::Known(Known::of_kind(&event.kind)?);
                let namespaced = app.seen().is_none_or(|seen| seen.namespaced(&kind));
                let namespace = if namespaced { object.meta.namespace.clone() } else { "".into() };
                let name = (*event.object).into();
                return Some((ObjectRef { kind, namespace, name }, None));
            }
            let container = app.store.env(table.env).and_then(|seen| table.selected_container(seen));
            Some((object.reference(&kind), container))
        }
        View::Text(text) => Some((text.object.clone(), None)),
        // An alert's page is about what the alert speaks of.
        View::Page(page) => match &page.live {
            Some(Live::Alert(uid)) => {
                let seen = app.store.env(page.env)?;
                Some((seen.spoken(&seen.alerts.get(*uid)?.labels)?, None))
            }
            _ => None,
        },
        View::Metrics(pane) => Some((pane.target.object()?.clone(), None)),
        View::Insights(_) | View::Overview(_) | View::Book(_) => None,
        View::Log(log) => match log.pod() {
            Some(pod) => Some((pod, log.container().map(Into::into))),
            None => Some((log.owner()?, None)),
        },
        // From cause to cause: what the line under the cursor leads to.
        View::Explain(pane) => match pane.lead()? {
            Lead::Object(object) if *object != pane.object || pane.container.is_some() => Some((object.clone(), None)),
            Lead::Object(_) | Lead::Events(_) | Lead::Log(_) | Lead::Probe(_) | Lead::Metrics(_) | Lead::Command(_) => None,
        },
    }
}

/// The explanation of what the focused view stands on.
pub fn explain(app: &App) -> Option<View> {
    let (object, container) = subject(app)?;
    Some(View::Explain(Box::new(ExplainPane::new(app.env(), object, container))))
}

/// The panels of an object, or those of the environment for what has none of its own.
fn metrics(app: &App, env: EnvId, object: &ObjectRef) -> View {
    let target = Target::of(object).unwrap_or(Target::Environment(Namespaces::All));
    let configured = app.environment(env).is_some_and(|e| e.prometheus.is_some());
    View::Metrics(Box::new(MetricsPane::new(env, target, &app.config.panels, configured)))
}

/// Follows the line under the cursor of an explanation.
pub fn follow(app: &App) -> Led {
    let View::Explain(pane) = app.view() else { return Led::Nowhere };
    match pane.lead() {
        Some(Lead::Object(object)) => Led::To(walk::describe(pane.env, object.clone())),
        Some(Lead::Events(object)) => Led::To(events(app, pane.env, object)),
        Some(Lead::Log(key)) => Led::To(View::Log(Box::new(LogView::of(pane.env, key, app.now)))),
        Some(Lead::Probe(number)) => Led::To(walk::answer(app, pane.env, *number)),
        Some(Lead::Metrics(object)) => Led::To(metrics(app, pane.env, object)),
        Some(Lead::Command(command)) => Led::Copy(command.to_string()),
        None => Led::Nowhere,
    }
}

/// The events about an object that may be gone.
fn events(app: &App, env: EnvId, object: &ObjectRef) -> View {
    let name = match &object.kind {
        Kind::Known(known) => known.info().name,
        Kind::Other(_) => "",
    };
    let found = app.store.env(env).and_then(|seen| seen.find(object));
    let narrow = match found {
        // The kubelet reports a node's events under its name, not its uid.
        Some(found) if !object.kind.is(Known::Node) => Narrow::About {
            uid: found.meta.uid,
            of: format!("{}/{}", name.to_lowercase(), object.name),
        },
        _ => Narrow::AboutNamed {
            kind: name.into(),
            name: object.name.clone(),
        },
    };
    let namespaces = match &*object.namespace {
        // Events about nodes and volumes live in the namespace "default".
        "" => Namespaces::All,
        namespace => Namespaces::one(namespace),
    };
    View::Table(Box::new(TableView::new(env, Known::Event, namespaces).narrowed(narrow)))
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;
    use crate::app::start::Opening;
    use crate::app::{Effect, Msg, update};
    use crate::config::{Config, Environment, Kubernetes};
    use crate::diagnosis::world::{NOW, bad_rollout, reference};

    /// The cockpit over a rollout that is stuck, its pods on the screen, the one that crashes under the cursor.
    fn cockpit() -> App {
        let environment = Environment {
            name: "prod".into(),
            kubernetes: Some(Kubernetes::default()),
            ..Environment::default()
        };
        let config = Config {
            environments: vec![environment],
            ..Config::default()
        };
        // As one who came for the pods: the cursor is among them.
        let opening = Opening {
            resource: Some((Known::Pod.into(), None)),
            ..Opening::default()
        };
        let mut app = App::new(Arc::new(config), opening, NOW);
        app.store = bad_rollout().store;
        app.settle();
        app
    }

    /// Presses these keys one after the other; a newline is enter.
    fn press(app: &mut App, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys.chars() {
            let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
            effects = update(app, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
            app.settle();
        }
        effects
    }

    fn explained(app: &App) -> (ObjectRef, Option<&str>) {
        match app.view() {
            View::Explain(pane) => (pane.object.clone(), pane.container.as_deref()),
            other => panic!("no explanation but {other:?}"),
        }
    }

    #[test]
    fn a_key_explains_what_is_under_the_cursor_and_leads_from_cause_to_cause() {
        let mut app = cockpit();
        press(&mut app, "X");
        assert_eq!(explained(&app), (reference(Known::Pod, "backend-42-x"), None));
        press(&mut app, "\n");
        assert!(matches!(app.view(), View::Text(text) if &*text.object.name == "backend-42-x"));
        press(&mut app, "X");
        assert_eq!(
            explained(&app).0,
            reference(Known::Pod, "backend-42-x"),
            "from its description, too"
        );
        press(&mut app, "jX");
        assert_eq!(explained(&app).0, reference(Known::Deployment, "backend"));
        press(&mut app, "-\n");
        assert!(matches!(app.view(), View::Text(text) if &*text.object.name == "backend"));
    }

    #[test]
    fn a_container_has_an_explanation_of_its_own() {
        let mut app = cockpit();
        press(&mut app, "\nX");
        assert_eq!(explained(&app), (reference(Known::Pod, "backend-42-x"), Some("backend")));
        press(&mut app, "/exit 1 after\n\n");
        assert!(matches!(app.view(), View::Log(log) if log.query.previous && log.container() == Some("backend")));
        press(&mut app, ":explain\n");
        assert_eq!(explained(&app), (reference(Known::Pod, "backend-42-x"), Some("backend")));
    }

    #[test]
    fn events_are_reached_from_evidence_and_explained_by_what_they_are_about() {
        let mut app = cockpit();
        press(&mut app, "X/BackOff: Back\n\n");
        assert!(app.table().is_some_and(|table| table.shows(Known::Event)), "{:?}", app.view());
        press(&mut app, "X");
        assert_eq!(explained(&app).0, reference(Known::Pod, "backend-42-x"));
    }

    #[test]
    fn a_line_is_copied_and_all_of_it_saved() {
        let mut app = cockpit();
        press(&mut app, "X");
        let effects = press(&mut app, "c");
        assert!(
            matches!(effects.as_slice(), [Effect::Copy(line)] if line.starts_with("CrashLoopBackOff")),
            "{effects:?}"
        );
        let ctrl_s = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
        let effects = update(&mut app, Msg::Key(ctrl_s));
        assert!(
            matches!(effects.as_slice(), [Effect::Save { name, text }] if name.starts_with("explain-pods-backend-42-x") && text.contains("evidence")),
            "{effects:?}"
        );
    }
}
