//! Where a view looks: environments and namespaces.

use super::with_table;
use crate::app::view::View;
use crate::app::walk;
use crate::app::{App, Tone, has_cluster};
use crate::model::{EnvId, Known, Namespaces};
use crate::ui::panes::explain::ExplainPane;
use crate::ui::panes::metrics::Target;
use crate::ui::panes::overview::{Numbered, Thing};
use crate::ui::panes::table::{RowSource, TableView};

/// The same kind of view in another environment: filter and sort come along, namespaces only where they exist.
pub(super) fn go_to(app: &mut App, env: EnvId) {
    if !has_cluster(&app.config, env) {
        let name = app.environment(env).map(|e| e.name.clone()).unwrap_or_default();
        app.flash(Tone::Info, format!("{name} has no cluster to show"));
        return;
    }
    connect(app, env);
    let home = app.home(env);
    let view = match app.workspace.front().view() {
        View::Table(table) => match &table.source {
            RowSource::Kind(kind) => {
                let mut view = TableView::new(env, kind.clone(), home);
                view.filter.clone_from(&table.filter);
                view.sort.clone_from(&table.sort);
                view.faults_only = table.faults_only;
                view.wide = table.wide;
                view
            }
            RowSource::Alerts => TableView::of(env, RowSource::Alerts, Namespaces::All),
            RowSource::Silences => TableView::of(env, RowSource::Silences, Namespaces::All),
            RowSource::Containers(_)
            | RowSource::Environments
            | RowSource::Findings
            | RowSource::Evidence
            | RowSource::Forwards
            | RowSource::Health => TableView::new(env, Known::Pod, home),
        },
        _ => TableView::new(env, Known::Pod, home),
    };
    app.workspace.push(View::Table(Box::new(view)));
}

/// From the overview to what the line under the cursor stands for.
pub(super) fn evidence(app: &mut App) {
    let View::Overview(pane) = app.view() else { return };
    if let Some((env, thing)) = pane.thing() {
        show(app, env, thing);
    }
}

/// A digit of a red line's number: to its evidence as soon as the number is whole.
pub(super) fn red(app: &mut App, digit: u8) {
    let View::Overview(pane) = app.workspace.pane_mut().view_mut() else {
        return;
    };
    match pane.number(digit) {
        Numbered::Line(env, thing) => show(app, env, thing),
        Numbered::Half => {}
        Numbered::None => app.flash(Tone::Info, "no red line has this number"),
    }
}

fn show(app: &mut App, env: EnvId, thing: Thing) {
    let view = match thing {
        Thing::Environment => return go_to(app, env),
        Thing::Probe(number) => walk::answer(app, env, number),
        Thing::Health => View::Table(Box::new(TableView::of(env, RowSource::Health, Namespaces::All))),
        Thing::Alerts => View::Table(Box::new(TableView::of(env, RowSource::Alerts, Namespaces::All))),
        Thing::Alert(uid, name) => walk::alert_of(app, env, uid, &name),
        Thing::Metrics => super::metrics::board(app, env, Target::Environment(Namespaces::All)),
        Thing::Finding(object) => View::Explain(Box::new(ExplainPane::new(env, object, None))),
        Thing::Object(object) => walk::describe(env, object),
    };
    connect(app, env);
    app.workspace.open_beside(view);
}

pub(super) fn connect(app: &mut App, env: EnvId) {
    if has_cluster(&app.config, env) {
        app.connected.insert(env);
    }
}

/// What a new pane shows: events beside a table of anything else, pods beside the rest.
pub(super) fn beside(app: &App) -> View {
    let env = app.env();
    let (kind, namespaces) = match app.workspace.front().view() {
        View::Table(table) if !table.shows(Known::Event) => (Known::Event, table.namespaces.clone()),
        view => (Known::Pod, view.namespaces()),
    };
    View::Table(Box::new(TableView::new(env, kind, namespaces)))
}

pub(super) fn set_namespaces(app: &mut App, namespaces: Namespaces) {
    let env = app.env();
    let namespaced = match app.table().map(|table| &table.source) {
        Some(RowSource::Kind(kind)) => app.store.env(env).is_none_or(|seen| seen.namespaced(kind)),
        _ => false,
    };
    remember_namespaces(app, &namespaces);
    if namespaced {
        with_table(app, |table| {
            table.namespaces = namespaces;
            table.narrow = crate::ui::panes::table::Narrow::None;
        });
    } else {
        let view = TableView::new(env, Known::Pod, namespaces);
        app.workspace.push(View::Table(Box::new(view)));
    }
}

pub(super) fn remember_namespaces(app: &mut App, namespaces: &Namespaces) {
    let Namespaces::Some(names) = namespaces else { return };
    for name in names.iter().rev() {
        app.recent_namespaces.retain(|other| other != name);
        app.recent_namespaces.insert(0, name.clone());
    }
    app.recent_namespaces.truncate(9);
}

pub(super) fn favourite(app: &mut App, n: u8) {
    let index = usize::from(n).saturating_sub(1);
    let configured = app.config.ui.favourites.get(index).map(|name| name.as_str().into());
    let name = configured.or_else(|| {
        app.recent_namespaces
            .get(index)
            .cloned()
            .filter(|_| app.config.ui.favourites.is_empty())
    });
    match name {
        Some(name) => {
            // Not through `set_namespaces`: the keys must not change places under the fingers.
            let recent = app.recent_namespaces.clone();
            set_namespaces(app, Namespaces::Some(vec![name]));
            app.recent_namespaces = recent;
        }
        None => app.flash(
            Tone::Info,
            format!("no favourite namespace {n}: [ui] favourites in the configuration, or :ns NAME"),
        ),
    }
}
