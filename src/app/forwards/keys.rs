//! What keys do in the table of forwards.

use crate::action::forward::{ForwardId, ForwardSeen, ForwardSpec};
use crate::action::plan::Origin;
use crate::app::deeds;
use crate::app::view::View;
use crate::app::{App, Effect, Tone};
use crate::model::ObjectRef;
use crate::ui::panes::table::forwards::identity;
use crate::ui::panes::table::{RowSource, TableView};

/// What is under the cursor.
enum Chosen {
    Open(ForwardId, ForwardSpec),
    Saved(ForwardSpec),
}

fn table(app: &App) -> Option<&TableView> {
    app.table().filter(|table| table.source == RowSource::Forwards)
}

fn chosen(app: &App) -> Option<Chosen> {
    let selected = table(app)?.selected?;
    let open = app.forwards.open().iter().find(|seen| identity(&seen.spec) == selected);
    let saved = || app.forwards.saved().iter().find(|spec| identity(spec) == selected);
    match open {
        Some(seen) => Some(Chosen::Open(seen.id, (*seen.spec).clone())),
        None => saved().cloned().map(Chosen::Saved),
    }
}

/// Ends the forward under the cursor; one of the last time is forgotten.
pub fn stop(app: &mut App) -> Vec<Effect> {
    match chosen(app) {
        Some(Chosen::Open(id, spec)) => {
            app.flash(Tone::Info, format!("the forward to {} ends", spec.object()));
            vec![Effect::StopForward(id)]
        }
        Some(Chosen::Saved(spec)) => {
            app.forwards.saved.retain(|other| *other != spec);
            app.forwards.version += 1;
            app.flash(Tone::Info, format!("the forward to {} is forgotten", spec.object()));
            app.forwards.keep()
        }
        None => Vec::new(),
    }
}

/// Opens the forward under the cursor again: it is asked for as the first time.
pub fn again(app: &mut App) -> Vec<Effect> {
    match chosen(app) {
        Some(Chosen::Open(_, spec) | Chosen::Saved(spec)) => begin(app, &spec),
        None => Vec::new(),
    }
}

/// `enter`: one of the last time is opened; of an open one it is said where it is.
pub fn open_saved(app: &mut App) -> Vec<Effect> {
    match chosen(app) {
        Some(Chosen::Saved(spec)) => begin(app, &spec),
        Some(Chosen::Open(..)) => {
            let text = copied(app).unwrap_or_default();
            app.flash(
                Tone::Info,
                format!("it is at {text}: c copies that, r opens it anew, ctrl-d ends it"),
            );
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Looks now whether the pod takes connections.
pub fn probe(app: &mut App) -> Vec<Effect> {
    match chosen(app) {
        Some(Chosen::Open(id, _)) => {
            app.forwards.asked.insert(id, app.now);
            vec![Effect::ProbeForward(id)]
        }
        Some(Chosen::Saved(_)) | None => Vec::new(),
    }
}

/// Where the forward under the cursor is on this machine.
pub fn copied(app: &App) -> Option<String> {
    match chosen(app)? {
        Chosen::Open(id, _) => {
            let seen: &ForwardSeen = app.forwards.open().iter().find(|seen| seen.id == id)?;
            let here: Vec<String> = seen.ports.iter().map(|port| port.local.to_string()).collect();
            Some(here.join("\n")).filter(|text| !text.is_empty())
        }
        Chosen::Saved(spec) => Some(spec.to_string()),
    }
}

/// The text of a copy, where the focused view is the table of forwards.
pub fn copy_out_of(app: &App, view: &View) -> Option<String> {
    match view {
        View::Table(table) if table.source == RowSource::Forwards => Some(copied(app).unwrap_or_default()),
        _ => None,
    }
}

/// Asks for a forward as it stands.
pub(super) fn begin(app: &mut App, spec: &ForwardSpec) -> Vec<Effect> {
    let Some(env) = super::env_of(app, &spec.environment) else {
        app.flash(Tone::Problem, format!("no environment is called {} any more", spec.environment));
        return Vec::new();
    };
    let object = ObjectRef {
        kind: spec.kind.into(),
        namespace: spec.namespace.as_str().into(),
        name: spec.name.as_str().into(),
    };
    deeds::begin_in(app, env, spec.action(None), vec![object], Origin::Asked, None)
}
