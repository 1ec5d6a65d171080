//! What is open, in a form that survives a hang-up.

use serde::{Deserialize, Serialize};

use super::App;
use super::view::View;
use crate::model::{EnvId, Kind, Namespaces};
use crate::ui::panes::table::{RowSource, Sort, TableView};

/// The views of a session. Names, not ids: the configuration may have changed in between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Environment in front.
    pub environment: String,
    /// How the session ended, as far as it was able to say.
    pub ended: Ended,
    /// The process that wrote it: one that still runs is not a session to resume.
    pub pid: u32,
    /// Others looked on: whoever takes it up again starts with identifiers covered.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// The views on screen, left to right, one or two.
    #[serde(rename = "view")]
    pub views: Vec<SavedView>,
    /// Which of them had the focus.
    pub focus: usize,
    /// Namespaces used last, newest first: they stand behind the keys `1`–`9`.
    pub recent_namespaces: Vec<String>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// The user left: nothing to resume.
    #[default]
    Quit,
    /// It still runs, or it ended without a chance to say so.
    Open,
    /// The terminal went away.
    Hangup,
}

/// One table as it was set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedView {
    pub environment: String,
    pub group: String,
    pub resource: String,
    /// Empty: all.
    pub namespaces: Vec<String>,
    pub filter: String,
    pub sort: String,
    pub descending: bool,
    pub faults_only: bool,
    pub wide: bool,
    /// `namespace/name` of the selected row.
    pub selected: String,
}

/// What is open now.
pub fn of(app: &App, ended: Ended) -> Session {
    let name = |env: EnvId| app.environment(env).map(|e| e.name.clone()).unwrap_or_default();
    let views = app.workspace.panes().iter().filter_map(|pane| match pane.view() {
        View::Table(table) => save(table, &name(table.env)),
        // A log or a text is opened from a table; the object is what matters.
        View::Text(text) => Some(SavedView {
            environment: name(text.env),
            group: text.object.kind.group().into(),
            resource: text.object.kind.resource().into(),
            namespaces: names(&text.object.namespaces()),
            selected: format!("{}/{}", text.object.namespace, text.object.name),
            ..SavedView::default()
        }),
        View::Page(_) | View::Insights(_) | View::Overview(_) | View::Metrics(_) | View::Book(_) => None,
        View::Explain(pane) => Some(SavedView {
            environment: name(pane.env),
            group: pane.object.kind.group().into(),
            resource: pane.object.kind.resource().into(),
            namespaces: names(&pane.object.namespaces()),
            selected: format!("{}/{}", pane.object.namespace, pane.object.name),
            ..SavedView::default()
        }),
        View::Log(log) => Some(SavedView {
            environment: name(log.env),
            resource: "pods".into(),
            namespaces: names(&log.query.namespaces),
            selected: log.pod().map(|pod| format!("{}/{}", pod.namespace, pod.name)).unwrap_or_default(),
            ..SavedView::default()
        }),
    });
    Session {
        environment: name(app.env()),
        ended,
        pid: app.pid,
        shared: app.is_shared,
        views: views.collect(),
        focus: app.workspace.focus,
        recent_namespaces: app.recent_namespaces.iter().map(ToString::to_string).collect(),
    }
}

fn save(table: &TableView, environment: &str) -> Option<SavedView> {
    let RowSource::Kind(kind) = &table.source else { return None };
    Some(SavedView {
        environment: environment.into(),
        group: kind.group().into(),
        resource: kind.resource().into(),
        namespaces: names(&table.namespaces),
        filter: table.filter.clone(),
        sort: table.sort.as_ref().map(|s| s.column.to_string()).unwrap_or_default(),
        descending: table.sort.as_ref().is_some_and(|s| s.descending),
        faults_only: table.faults_only,
        wide: table.wide,
        // The cursor moves all the time; it is worth a line in the file only where it names an object to go back to.
        selected: String::new(),
    })
}

fn names(namespaces: &Namespaces) -> Vec<String> {
    match namespaces {
        Namespaces::All => Vec::new(),
        Namespaces::Some(names) => names.iter().map(ToString::to_string).collect(),
    }
}

/// The table that a saved view describes, if its environment is still configured.
pub fn restore(saved: &SavedView, app: &App) -> Option<TableView> {
    let index = app.config.environments.iter().position(|e| e.name == saved.environment)?;
    let env = EnvId(u16::try_from(index).ok()?);
    let namespaces = match saved.namespaces.as_slice() {
        [] => Namespaces::All,
        names => Namespaces::Some(names.iter().map(|n| n.as_str().into()).collect()),
    };
    let mut view = TableView::new(env, Kind::of(&saved.group, &saved.resource), namespaces);
    view.filter.clone_from(&saved.filter);
    view.sort = (!saved.sort.is_empty()).then(|| Sort {
        column: saved.sort.clone().into(),
        descending: saved.descending,
    });
    view.faults_only = saved.faults_only;
    view.wide = saved.wide;
    view.wanted = (!saved.selected.is_empty()).then(|| saved.selected.clone());
    Some(view)
}
