//! Who has to look because of a change. This is called for every write, so it reads as little as it can.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::selector::Selector;
use super::sight::{Controller, Pod, controller_of, shelf_of};
use super::{Task, Tasks, expiry};
use crate::sim::store::{Change, Key, Stored};
use crate::sim::world::World;

/// How long a controller takes to see a change. Changes within that time are seen together.
const SOON: SignedDuration = SignedDuration::from_millis(20);

/// Those that follow pods from further away, and take them together.
const LATER: SignedDuration = SignedDuration::from_millis(200);

/// Selectors, and who looks when a pod changes that they select.
type Followers = Arc<[(Selector, Task)]>;

/// What selects pods by their labels, by namespace; read anew after one of them has changed.
#[derive(Debug, Default)]
pub struct Selecting {
    by_namespace: RefCell<HashMap<Arc<str>, Followers>>,
}

impl Selecting {
    fn forget(&self, namespace: &str) {
        self.by_namespace.borrow_mut().remove(namespace);
    }

    fn of(&self, world: &World, namespace: &Arc<str>) -> Followers {
        if let Some(known) = self.by_namespace.borrow().get(namespace) {
            return Arc::clone(known);
        }
        let services = world.store.list("services", Some(namespace)).map(|s| {
            let selector = Selector::of_service(&s.value()["spec"]["selector"]);
            (selector, Task::Endpoints(s.key.clone()))
        });
        let budgets = world.store.list("poddisruptionbudgets", Some(namespace)).map(|b| {
            let selector = Selector::of(&b.value()["spec"]["selector"]);
            (selector, Task::Budget(b.key.clone()))
        });
        let all: Followers = services.chain(budgets).filter(|(s, _)| !s.is_empty()).collect();
        self.by_namespace.borrow_mut().insert(Arc::clone(namespace), Arc::clone(&all));
        all
    }
}

/// Who has to look because of a change.
pub fn on_change(world: &World, change: &Change, tasks: &mut Tasks) {
    let Some(object) = change.object() else { return };
    let gone = change.after.is_none();
    match &*object.key.shelf {
        "pods" => pod(world, change, tasks),
        "events" => {
            tasks.push((expiry::EVERY, Task::ExpireEvents));
            return;
        }
        // What comes often and concerns nobody here.
        "leases" | "endpoints" => return,
        "services" | "poddisruptionbudgets" => world.control.selecting.forget(&object.key.namespace),
        "nodes" => node(world, change, tasks),
        "namespaces" if !gone => tasks.push((SOON, Task::Namespace(Arc::clone(&object.key.name)))),
        "persistentvolumes" => volume(world, object, gone, tasks),
        "persistentvolumeclaims" if gone => {
            // Its volume is released; a claim that waits may have it.
            for volume in world.store.list("persistentvolumes", None) {
                tasks.push((SOON, Task::Volume(volume.key.clone())));
            }
        }
        "resourcequotas" if !gone => tasks.push((SOON, Task::Quota(Arc::clone(&object.key.namespace)))),
        _ => {}
    }
    if let Some(task) = own(object).filter(|_| !gone || &*object.key.shelf == "services") {
        tasks.push((SOON, task));
    }
    // Those that own others look after them.
    if matches!(&*object.key.shelf, "replicasets" | "jobs" | "endpointslices") {
        let owner = controller_of(object);
        let later = if &*object.key.shelf == "jobs" { LATER } else { SOON };
        tasks.extend(owner.and_then(|o| owner_task(&o, &object.key.namespace)).map(|task| (later, task)));
    }
    if gone {
        if !world.store.owned_by(&object.uid).is_empty() {
            tasks.push((SOON, Task::Garbage(Arc::clone(&object.uid))));
        }
        let namespace = world.store.get("namespaces", "", &object.key.namespace);
        if namespace.is_some_and(|ns| ns.leaving) {
            tasks.push((LATER, Task::Namespace(Arc::clone(&object.key.namespace))));
        }
    }
    if gone || change.before.is_none() {
        count(world, &object.key.namespace, tasks);
    }
}

/// Everybody looks at everything.
pub fn on_everything(world: &World, tasks: &mut Tasks) {
    for shelf in world.store.shelves() {
        for object in world.store.list(&shelf, None) {
            world.control.selecting.forget(&object.key.namespace);
            tasks.extend(own(object).map(|task| (SOON, task)));
            if &*shelf == "namespaces" {
                tasks.push((SOON, Task::Namespace(Arc::clone(&object.key.name))));
                tasks.push((SOON, Task::Quota(Arc::clone(&object.key.name))));
            }
        }
    }
    tasks.push((expiry::EVERY, Task::ExpireEvents));
}

/// The task of an object's own controller.
fn own(object: &Stored) -> Option<Task> {
    let key = object.key.clone();
    Some(match &*object.key.shelf {
        "horizontalpodautoscalers" => Task::Hpa(key),
        "poddisruptionbudgets" => Task::Budget(key),
        "services" => Task::Endpoints(key),
        "persistentvolumeclaims" => Task::Claim(key),
        "persistentvolumes" => Task::Volume(key),
        _ => return workload(key),
    })
}

fn workload(key: Key) -> Option<Task> {
    Some(match &*key.shelf {
        "deployments" => Task::Deployment(key),
        "replicasets" => Task::ReplicaSet(key),
        "statefulsets" => Task::StatefulSet(key),
        "daemonsets" => Task::DaemonSet(key),
        "jobs" => Task::Job(key),
        "cronjobs" => Task::CronJob(key),
        _ => return None,
    })
}

fn owner_task(owner: &Controller, namespace: &str) -> Option<Task> {
    let key = Key::new(shelf_of(&owner.kind)?, namespace, &owner.name);
    if &*key.shelf == "services" {
        Some(Task::Endpoints(key))
    } else {
        workload(key)
    }
}

fn pod(world: &World, change: &Change, tasks: &mut Tasks) {
    let before = change.before.as_ref().map(Pod::of);
    let after = change.after.as_ref().map(Pod::of);
    if let (Some(before), Some(after)) = (&before, &after)
        && before.looks_like(after)
    {
        return;
    }
    let ended = |pod: &Option<Pod>| pod.as_ref().is_none_or(Pod::ended);
    let counts_differ = ended(&before) != ended(&after);
    for pod in [&before, &after].into_iter().flatten() {
        let namespace = &pod.stored.key.namespace;
        let owner = pod.controller.as_ref().and_then(|owner| owner_task(owner, namespace));
        if let Some(Task::ReplicaSet(key)) = &owner
            && change.after.is_none()
        {
            // A deployment that recreates waits for the last of its old pods.
            let above = world.store.find(key).and_then(|set| controller_of(set));
            tasks.extend(above.and_then(|o| owner_task(&o, namespace)).map(|task| (SOON * 2, task)));
        }
        tasks.extend(owner.map(|task| (SOON, task)));
        for (selector, task) in world.control.selecting.of(world, namespace).iter() {
            if selector.selects(&pod.stored) {
                tasks.push((LATER, task.clone()));
            }
        }
        if change.before.is_none() || change.after.is_none() {
            for claim in &pod.claims {
                tasks.push((SOON, Task::Claim(Key::new("persistentvolumeclaims", namespace, claim))));
            }
        }
        if counts_differ {
            count(world, namespace, tasks);
        }
    }
}

/// The quotas of a namespace count anew, where there are any.
fn count(world: &World, namespace: &Arc<str>, tasks: &mut Tasks) {
    if world.store.count("resourcequotas") > 0 && world.store.list("resourcequotas", Some(namespace)).next().is_some() {
        tasks.push((LATER, Task::Quota(Arc::clone(namespace))));
    }
}

/// Daemon sets look when nodes come, go, or change in what matters to them: labels and taints.
fn node(world: &World, change: &Change, tasks: &mut Tasks) {
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && before.labels == after.labels
        && before.value()["spec"] == after.value()["spec"]
    {
        return;
    }
    for set in world.store.list("daemonsets", None) {
        tasks.push((SOON, Task::DaemonSet(set.key.clone())));
    }
}

/// A volume that is free may be what a claim waits for.
fn volume(world: &World, volume: &Stored, gone: bool, tasks: &mut Tasks) {
    if !gone && volume.value()["status"]["phase"] != "Bound" {
        for claim in world.store.list("persistentvolumeclaims", None) {
            tasks.push((SOON, Task::Claim(claim.key.clone())));
        }
    }
}
