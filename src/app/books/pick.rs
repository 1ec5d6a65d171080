//! What a variable could be: the objects that its name speaks of, to be picked from.

use std::sync::Arc;

use crate::app::App;
use crate::app::palette::Offer;
use crate::model::{Demand, FeedKey, Health, Kind, Known, Object, ObjectRef, health};
use crate::runbook::value::{Role, Slot};

/// What `:set NAME ` offers, the worst first.
pub fn set_offers(app: &App, head: &str) -> Vec<(String, Offer)> {
    let Some(walking) = &app.books.walking else { return Vec::new() };
    let words: Vec<&str> = head.split_whitespace().collect();
    let offer = |name: &str, about: String| {
        let line = format!("{head} {name}");
        (name.to_owned(), Offer { line, about })
    };
    let slots = walking.page.book.slots();
    match words.as_slice() {
        // Which variable: those without a value first.
        [_] => {
            let mut all: Vec<&Slot> = slots.iter().collect();
            all.sort_by_key(|slot| walking.walk.bindings.get(&slot.name).is_some());
            let told = |slot: &Slot| match walking.walk.bindings.get(&slot.name) {
                Some(value) => format!("now {}", crate::model::shorten(value, 40)),
                None => "has no value yet".to_owned(),
            };
            all.into_iter().map(|slot| offer(&slot.name, told(slot))).collect()
        }
        [_, name] => {
            let slot = slots.iter().find(|slot| slot.name == *name);
            let picks = slot.map(|slot| picks(app, slot)).unwrap_or_default();
            picks.into_iter().map(|(name, about)| offer(&name, about)).collect()
        }
        _ => Vec::new(),
    }
}

/// What may stand in a place of a page, each with a word about it.
pub fn picks(app: &App, slot: &Slot) -> Vec<(String, String)> {
    let one_of = slot
        .declared
        .as_ref()
        .map(|declared| declared.one_of.as_slice())
        .unwrap_or_default();
    if !one_of.is_empty() {
        return one_of.iter().map(|value| (value.clone(), "one of the page's".to_owned())).collect();
    }
    match (slot.role, kind(slot)) {
        (Some(Role::Namespace), _) => {
            let names = app.seen().map(crate::store::EnvStore::namespace_names).unwrap_or_default();
            names.into_iter().map(|name| (name.to_string(), "namespace".to_owned())).collect()
        }
        (Some(Role::Container), _) => containers(app),
        (_, Some(known)) => objects(app, known, slot.hint.as_deref()),
        _ => Vec::new(),
    }
}

/// The object that a value names, where it is one that is seen.
pub fn named(app: &App, slot: &Slot, value: &str) -> Option<ObjectRef> {
    let walking = app.books.walking.as_ref()?;
    let known = kind(slot)?;
    let object = ObjectRef {
        kind: known.into(),
        namespace: namespace(app, known),
        name: value.into(),
    };
    app.store.env(walking.env)?.find(&object)?;
    Some(object)
}

/// The kind of the objects that a name speaks of.
fn kind(slot: &Slot) -> Option<Known> {
    match (slot.role, slot.name.as_str()) {
        (Some(Role::Pod), _) => Some(Known::Pod),
        (Some(Role::Deployment), _) => Some(Known::Deployment),
        (Some(Role::Service), _) => Some(Known::Service),
        (Some(Role::Node), _) => Some(Known::Node),
        (_, "CLAIM" | "PVC") => Some(Known::PersistentVolumeClaim),
        (_, "JOB") => Some(Known::Job),
        (_, "CRONJOB") => Some(Known::CronJob),
        (_, "HPA") => Some(Known::HorizontalPodAutoscaler),
        (_, "INGRESS") => Some(Known::Ingress),
        _ => None,
    }
}

fn objects(app: &App, known: Known, hint: Option<&str>) -> Vec<(String, String)> {
    let Some(walking) = &app.books.walking else { return Vec::new() };
    let Some(seen) = app.store.env(walking.env) else {
        return Vec::new();
    };
    let kind = Kind::Known(known);
    let namespace = namespace(app, known);
    let feeds = seen.feeds_of(&kind, &[seen.covering(&kind, &namespace)]);
    let here = |object: &&Object| namespace.is_empty() || object.meta.namespace == namespace;
    let meant = |object: &&Object| hint.is_none_or(|hint| object.meta.name.starts_with(hint));
    let mut all: Vec<&Object> = feeds.iter().flat_map(|feed| feed.rows()).filter(here).filter(meant).collect();
    all.sort_by(|a, b| {
        // What is over is seldom meant.
        let key = |object: &Object| match health(object, app.now) {
            Health::Done => (true, std::cmp::Reverse(Health::Ok)),
            other => (false, std::cmp::Reverse(other)),
        };
        key(a).cmp(&key(b)).then_with(|| a.meta.name.cmp(&b.meta.name))
    });
    let word = known.info().name.to_lowercase();
    let about = |object: &Object| match health(object, app.now) {
        Health::Ok | Health::Done => word.clone(),
        Health::Busy => format!("{word} · on its way"),
        Health::Warning => format!("{word} · not as it should be"),
        Health::Bad => format!("{word} · broken"),
    };
    all.into_iter()
        .map(|object| (object.meta.name.to_string(), about(object)))
        .collect()
}

/// The containers of the walk's pod.
fn containers(app: &App) -> Vec<(String, String)> {
    let Some(walking) = &app.books.walking else { return Vec::new() };
    let name = walking.walk.bindings.get("POD").unwrap_or_default();
    let namespace: Arc<str> = super::run::namespace(app).into();
    let object = ObjectRef {
        kind: Known::Pod.into(),
        namespace,
        name: name.into(),
    };
    let found = app.store.env(walking.env).and_then(|seen| seen.find(&object));
    let containers = found.and_then(|pod| pod.body.pod()).map(|pod| &*pod.containers).unwrap_or_default();
    let about = |ready: bool| if ready { "container" } else { "container · not ready" };
    containers.iter().map(|c| (c.name.to_string(), about(c.ready).to_owned())).collect()
}

/// Where objects of a kind are looked for; empty: they are in no namespace.
fn namespace(app: &App, known: Known) -> Arc<str> {
    match known.info().namespaced {
        true => super::run::namespace(app).into(),
        false => "".into(),
    }
}

/// What has to be told, so that what the step in front lacks can be picked.
pub fn demands(app: &App) -> Vec<Demand> {
    let Some(walking) = &app.books.walking else { return Vec::new() };
    let (Some(step), Some(seen)) = (walking.step(), app.store.env(walking.env)) else {
        return Vec::new();
    };
    let lacks = super::needs(app, step).unwrap_or_default().into_iter().find_map(|need| match need {
        super::Need::Values(names) => Some(names),
        _ => None,
    });
    let slots = walking.page.book.slots();
    let lacking = lacks
        .iter()
        .flatten()
        .filter_map(|name| slots.iter().find(|slot| slot.name == *name));
    lacking
        .filter_map(kind)
        .map(|known| {
            let kind = Kind::Known(known);
            let scope = seen.covering(&kind, &namespace(app, known));
            Demand::Feed(walking.env, FeedKey { kind, scope })
        })
        .collect()
}
