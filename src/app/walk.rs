//! Walking the tree of objects: `enter` goes down to what an object is made of, `owner` up to what made it.

use std::sync::Arc;

use super::App;
use super::view::View;
use crate::model::{Body, EnvId, Kind, Known, LogFrom, LogKey, Namespaces, Object, ObjectRef, Owner, Role, ServedKind, Uid};
use crate::store::EnvStore;
use crate::ui::panes::log::LogView;
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
        return Step::To(log(env, pod, container, false));
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

/// The log behind the row under the cursor: of the container, of the pod, or of the workload's worst pod.
pub fn logs(app: &App, previous: bool) -> Option<View> {
    let table = app.table()?;
    let seen = app.store.env(table.env)?;
    let (kind, object) = app.object()?;
    if let RowSource::Containers(pod) = &table.source {
        return Some(log(table.env, pod, table.selected_container(seen)?, previous));
    }
    let pod = if kind.is(Known::Pod) {
        object
    } else {
        worst_pod(app, seen, object)?
    };
    let container = worst_container(pod);
    Some(log(table.env, &pod.reference(&Known::Pod.into()), container, previous))
}

/// The container that a person most likely wants to read: one in trouble, else the first main one.
fn worst_container(pod: &Object) -> Arc<str> {
    let Some(body) = pod.body.pod() else { return Arc::default() };
    let mains = || body.containers.iter().filter(|c| c.role != Role::Init);
    let stuck_init = body.containers.iter().find(|c| c.role == Role::Init && !c.ready && c.restarts > 0);
    let chosen = stuck_init
        .or_else(|| mains().find(|c| !c.ready))
        .or_else(|| mains().max_by_key(|c| c.restarts.min(1)).filter(|c| c.restarts > 0))
        .or_else(|| mains().next());
    chosen.map(|c| c.name.clone()).unwrap_or_default()
}

fn worst_pod<'a>(app: &App, seen: &'a EnvStore, workload: &Object) -> Option<&'a Object> {
    let selector = workload.body.pod_selector()?;
    let scope = seen.covering(&Known::Pod.into(), &workload.meta.namespace);
    seen.feeds_of(&Known::Pod.into(), &[scope])
        .into_iter()
        .flat_map(|feed| feed.rows())
        .filter(|pod| pod.meta.namespace == workload.meta.namespace && pod.meta.labels.selected_by(selector))
        .max_by_key(|pod| (crate::model::health(pod, app.now), pod.meta.created))
}

/// A log view from its last thousand lines.
pub fn log(env: EnvId, pod: &ObjectRef, container: Arc<str>, previous: bool) -> View {
    let key = LogKey {
        namespace: pod.namespace.clone(),
        pod: pod.name.clone(),
        container,
        previous,
        from: LogFrom::Tail(1000),
    };
    View::Log(Box::new(LogView::new(env, key)))
}

/// A describe view.
pub fn describe(env: EnvId, object: ObjectRef) -> View {
    View::Text(Box::new(TextPane::new(env, object, Mode::Describe)))
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
