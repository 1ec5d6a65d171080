//! Walking the tree of objects: `enter` goes down to what an object is made of, `owner` up to what made it.

use std::sync::Arc;

use super::App;
use super::view::View;
use crate::model::{Body, EnvId, Kind, Known, LogQuery, Namespaces, Object, ObjectRef, Owner, Pick, ServedKind, Uid};
use crate::store::EnvStore;
use crate::ui::panes::log::LogView;
use crate::ui::panes::page::{Live, PagePane};
use crate::ui::panes::table::{Narrow, RowSource, TableView};
use crate::ui::panes::text::{Mode, TextPane};

/// Where `enter` leads.
#[derive(Debug)]
pub enum Step {
    To(View),
    /// Into an environment.
    Environment(EnvId),
    /// Into a page of evidence.
    Evidence(String),
    /// Nowhere: there is nothing under the cursor.
    Nowhere,
}

/// One step down from the row under the cursor.
pub fn down(app: &App) -> Step {
    let Some(table) = app.table() else { return Step::Nowhere };
    if table.source == RowSource::Environments {
        let chosen = app
            .store
            .iter()
            .find(|(id, _)| app.environment(*id).is_some_and(|e| Some(Uid::of(&e.name)) == table.selected));
        return chosen.map_or(Step::Nowhere, |(id, _)| Step::Environment(id));
    }
    if table.source == RowSource::Evidence {
        return table
            .selected_evidence()
            .map_or(Step::Nowhere, |page| Step::Evidence(page.name.clone()));
    }
    if table.source == RowSource::Health {
        let probe = table.selected_probe();
        return probe.map_or(Step::Nowhere, |probe| Step::To(answer(app, probe.env, probe.number)));
    }
    if table.source == RowSource::Alerts {
        let Some(alert) = table.selected_alert() else {
            return Step::Nowhere;
        };
        let object = alert
            .object
            .clone()
            .filter(|object| app.store.env(table.env).is_some_and(|seen| seen.find(object).is_some()));
        return match (object, self::alert(app)) {
            (Some(object), _) => Step::To(describe(table.env, object)),
            (None, Some(page)) => Step::To(page),
            (None, None) => Step::Nowhere,
        };
    }
    if table.source == RowSource::Silences {
        return silence(app).map_or(Step::Nowhere, Step::To);
    }
    if table.source == RowSource::Findings {
        return super::lead::explain(app).map_or(Step::Nowhere, Step::To);
    }
    let Some((kind, object)) = app.object() else { return Step::Nowhere };
    let env = table.env;
    let reference = object.reference(&kind);
    if let RowSource::Containers(pod) = &table.source {
        let container = app
            .store
            .env(env)
            .and_then(|seen| table.selected_container(seen))
            .unwrap_or_default();
        return Step::To(log(app, env, pod, &container));
    }
    let home = reference.namespaces();
    let pods = |narrow| {
        Step::To(View::Table(Box::new(
            TableView::new(env, Known::Pod, home.clone()).narrowed(narrow),
        )))
    };
    let of = || format!("{}/{}", kind_word(&kind), object.meta.name);
    match &object.body {
        Body::Pod(_) => Step::To(View::Table(Box::new(TableView::of(env, RowSource::Containers(reference), home)))),
        Body::Workload(_) | Body::Job(_) | Body::Service(_) | Body::DisruptionBudget(_) => match object.body.pod_selector() {
            Some(labels) if !labels.is_empty() => pods(Narrow::Selector {
                labels: labels.clone(),
                of: of(),
            }),
            _ => Step::To(describe(env, reference)),
        },
        Body::CronJob(_) => {
            let narrow = Narrow::Owned {
                by: object.meta.uid,
                of: of(),
            };
            Step::To(View::Table(Box::new(TableView::new(env, Known::Job, home).narrowed(narrow))))
        }
        Body::Node(_) => {
            let narrow = Narrow::OnNode((*object.meta.name).into());
            Step::To(View::Table(Box::new(
                TableView::new(env, Known::Pod, Namespaces::All).narrowed(narrow),
            )))
        }
        Body::Namespace(_) => Step::To(View::Table(Box::new(TableView::new(
            env,
            Known::Pod,
            Namespaces::one(&object.meta.name),
        )))),
        Body::Event(event) => match app
            .store
            .env(env)
            .and_then(|seen| about(env, seen, &event.kind, object, &event.object))
        {
            Some(view) => Step::To(View::Table(Box::new(view))),
            None => Step::To(describe(env, reference)),
        },
        // Config maps, secrets, custom objects and the rest have nothing below them but their own text; a
        // definition of custom objects leads to the objects.
        Body::Cells(_) if kind.resource() == "customresourcedefinitions" => {
            let objects = object.meta.name.split_once('.').map(|(resource, group)| Kind::of(group, resource));
            objects.map_or(Step::Nowhere, |kind| {
                Step::To(View::Table(Box::new(TableView::new(env, kind, app.home(env)))))
            })
        }
        _ => Step::To(describe(env, reference)),
    }
}

/// The table that holds the object an event is about, with the cursor on it.
fn about(env: EnvId, seen: &EnvStore, kind: &str, event: &Object, name: &str) -> Option<TableView> {
    let served = served_by_name(seen, kind)?;
    let namespaces = if served.namespaced {
        Namespaces::one(&event.meta.namespace)
    } else {
        Namespaces::All
    };
    let mut view = TableView::new(env, served.kind.clone(), namespaces);
    let namespace = if served.namespaced { &*event.meta.namespace } else { "" };
    view.wanted = Some(full_name(namespace, name));
    Some(view)
}

/// The table of the owner of the object under the cursor, with the cursor on the owner.
pub fn owner(app: &App) -> Option<View> {
    let table = app.table()?;
    let (_, object) = app.object()?;
    let owner: &Owner = object.meta.owner.as_deref()?;
    let seen = app.store.env(table.env)?;
    let (kind, namespaced) = match seen
        .kinds
        .iter()
        .find(|k| *k.name == *owner.kind && *k.kind.group() == *owner.group)
    {
        Some(served) => (served.kind.clone(), served.namespaced),
        None => {
            let known = Known::of_kind(&owner.kind)?;
            (Kind::Known(known), known.info().namespaced)
        }
    };
    let namespaces = match (&table.source, namespaced) {
        (_, false) => Namespaces::All,
        (RowSource::Findings, true) => Namespaces::one(&object.meta.namespace),
        (_, true) => table.namespaces.clone(),
    };
    let mut view = TableView::new(table.env, kind, namespaces);
    view.wanted = Some(full_name(if namespaced { &object.meta.namespace } else { "" }, &owner.name));
    Some(View::Table(Box::new(view)))
}

/// Events about the object under the cursor.
pub fn events(app: &App) -> Option<View> {
    let table = app.table()?;
    let (kind, object) = app.object()?;
    let namespaces = match &*object.meta.namespace {
        // Events about nodes and volumes live in the namespace "default".
        "" => Namespaces::All,
        namespace => Namespaces::one(namespace),
    };
    let narrow = match &object.body {
        // The kubelet reports a node's events under its name, not its uid.
        Body::Node(_) => Narrow::AboutNamed {
            kind: "Node".into(),
            name: (*object.meta.name).into(),
        },
        _ => Narrow::About {
            uid: object.meta.uid,
            of: format!("{}/{}", kind_word(&kind), object.meta.name),
        },
    };
    Some(View::Table(Box::new(
        TableView::new(table.env, Known::Event, namespaces).narrowed(narrow),
    )))
}

/// The log of what is under the cursor: a container, all containers of a pod, all pods of a workload; or of what is
/// marked.
pub fn logs(app: &App, previous: bool) -> Option<View> {
    let table = app.table()?;
    let seen = app.store.env(table.env)?;
    let (kind, object) = app.object()?;
    let namespace = &object.meta.namespace;
    let mut query = if let RowSource::Containers(pod) = &table.source {
        let mut query = LogQuery::pods(&pod.namespace, [pod.name.clone()]);
        let container = table.selected_container(seen)?;
        query.containers.push(format!("^{}$", regex::escape(&container)).into());
        query
    } else if table.marks.len() > 1 {
        marked(table, seen)?
    } else if kind.is(Known::Pod) {
        LogQuery::pods(namespace, [(*object.meta.name).into()])
    } else {
        let known = object.body.known()?;
        object.body.pod_selector().filter(|selector| !selector.is_empty())?;
        LogQuery::of(Namespaces::one(namespace), vec![Pick::Owner(known, (*object.meta.name).into())])
    };
    query.previous = previous;
    Some(View::Log(Box::new(LogView::new(table.env, query, app.now))))
}

/// The log of one container.
fn log(app: &App, env: EnvId, pod: &ObjectRef, container: &str) -> View {
    let mut query = LogQuery::pods(&pod.namespace, [pod.name.clone()]);
    if !container.is_empty() {
        query.containers.push(format!("^{}$", regex::escape(container)).into());
    }
    View::Log(Box::new(LogView::new(env, query, app.now)))
}

/// The logs of everything that is marked.
fn marked(table: &TableView, seen: &EnvStore) -> Option<LogQuery> {
    let mut namespaces: Vec<Arc<str>> = Vec::new();
    let mut picks = Vec::new();
    let kind = table.kind()?;
    let feeds = seen.feeds_of(&kind, &table.scopes(seen));
    for object in table.marks.iter().filter_map(|uid| feeds.iter().find_map(|feed| feed.get(*uid))) {
        let name: Arc<str> = (*object.meta.name).into();
        picks.push(match object.body.known()? {
            Known::Pod => Pick::Pod(name),
            known => Pick::Owner(known, name),
        });
        if !namespaces.contains(&object.meta.namespace) {
            namespaces.push(object.meta.namespace.clone());
        }
    }
    picks.sort_by_key(ToString::to_string);
    namespaces.sort();
    (!picks.is_empty()).then(|| LogQuery::of(Namespaces::Some(namespaces), picks))
}

/// A describe view.
pub fn describe(env: EnvId, object: ObjectRef) -> View {
    View::Text(Box::new(TextPane::new(env, object, Mode::Describe)))
}

/// The last answer of a health probe, as it comes.
pub fn answer(app: &App, env: EnvId, number: u16) -> View {
    let name = app
        .store
        .env(env)
        .and_then(|seen| seen.probes.get(number))
        .map(|probe| probe.place.name.clone());
    let environment = app.environment(env).map_or("", |e| e.shown());
    let title = format!("health of {} in {environment}", name.as_deref().unwrap_or("?"));
    View::Page(Box::new(PagePane::live(env, title, Live::Probe(number))))
}

/// The alert under the cursor as a whole, as it goes on.
pub fn alert(app: &App) -> Option<View> {
    let table = app.table()?;
    let alert = table.selected_alert()?;
    Some(alert_of(app, table.env, alert.uid(), &alert.alert.name))
}

/// The silence under the cursor as a whole, as it goes on.
pub fn silence(app: &App) -> Option<View> {
    let table = app.table()?;
    let id = table.selected_silence()?.silence.id.clone();
    let environment = app.environment(table.env).map_or("", |e| e.shown());
    let title = format!("silence in {environment}");
    Some(View::Page(Box::new(PagePane::live(table.env, title, Live::Silence(id)))))
}

/// An alert as a whole, as it goes on.
pub fn alert_of(app: &App, env: EnvId, uid: Uid, name: &str) -> View {
    let environment = app.environment(env).map_or("", |e| e.shown());
    let title = format!("alert {name} in {environment}");
    View::Page(Box::new(PagePane::live(env, title, Live::Alert(uid))))
}

/// A YAML view.
pub fn yaml(env: EnvId, object: ObjectRef) -> View {
    View::Text(Box::new(TextPane::new(env, object, Mode::Yaml)))
}

fn served_by_name<'a>(seen: &'a EnvStore, kind: &str) -> Option<&'a ServedKind> {
    let fits = |served: &&ServedKind| *served.name == *kind;
    // Two groups may use one name: ours first.
    seen.kinds
        .iter()
        .filter(fits)
        .find(|served| served.kind.known().is_some())
        .or_else(|| seen.kinds.iter().find(fits))
}

fn full_name(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}/{name}")
    }
}

/// `deployment` for deployments: how a title speaks of one object.
fn kind_word(kind: &Kind) -> String {
    match kind {
        Kind::Known(known) => known.info().name.to_lowercase(),
        Kind::Other(other) => other.resource.trim_end_matches('s').to_owned(),
    }
}
