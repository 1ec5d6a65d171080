//! What a change reaches besides the object: from what the watches tell, without another request.

use std::collections::BTreeSet;

use super::reach::{self, Reach};
use super::{Weight, crowd, room};
use crate::action::{Action, Rollout, Verb};
use crate::model::{
    Body, ConditionStatus, Kind, Known, Labels, Object, ObjectRef, Part, Quantity, Scope, Template, Workload, cluster::Autoscaler,
    condition,
};
use crate::store::{EnvStore, Feed};

/// What the action on these objects reaches, as far as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blast {
    pub lines: Vec<Reach>,
    /// Ready pods of what is touched: now, and at the least afterwards. `None`: not seen.
    pub ready: Option<(u32, u32)>,
    /// Pods whose controller replaces them while another of them is ready.
    pub replaced: usize,
    /// The object that is looked at, where there are several.
    subject: Option<String>,
}

impl Blast {
    /// Says something of the object that is looked at, or of the only one.
    pub(super) fn say(&mut self, weight: Weight, text: impl Into<String>) {
        match &self.subject {
            Some(name) => reach::add(&mut self.lines, name, weight, text),
            None => self.lines.push(Reach::new(weight, text)),
        }
    }

    /// Says something that holds for all of them, once.
    fn say_once(&mut self, weight: Weight, text: String) {
        let line = Reach::new(weight, text);
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }

    /// Ready pods of one object, now and at the least afterwards. Of several what counts is the worst off.
    fn stands(&mut self, now: u32, after: u32) {
        if self.ready.is_none_or(|(_, worst)| after < worst) {
            self.ready = Some((now, after));
        }
    }
}

/// Works it out.
pub fn of(action: &Action, objects: &[ObjectRef], seen: &EnvStore) -> Blast {
    let mut blast = Blast::default();
    for reference in objects {
        let Some(object) = seen.find(reference) else { continue };
        blast.subject = (objects.len() > 1).then(|| reference.name.to_string());
        match &action.verb {
            Verb::Scale(scale) => scaled(&mut blast, reference, object, scale.replicas.value().unwrap_or(0), seen),
            Verb::Rollout {
                rollout: Rollout::Undo { .. } | Rollout::Restart,
                ..
            }
            | Verb::SetImage(_)
            | Verb::SetEnv(_)
            | Verb::SetResources(_) => rolled(&mut blast, reference, object, seen),
            Verb::Delete(_) | Verb::Evict(_) if reference.kind.is(Known::Pod) => {
                deleted(&mut blast, object, objects, seen);
                // An eviction asks them: what they say of it stands with it.
                if matches!(action.verb, Verb::Delete(_)) {
                    unasked(&mut blast, object, seen);
                }
            }
            Verb::Delete(_) => removed(&mut blast, reference, object, seen),
            Verb::Cordon { .. } => {
                let pods = on_node(seen, &object.meta.name).count();
                blast.say(Weight::Plain, format!("{pods} pods run there and stay; no new ones come"));
            }
            _ => {}
        }
    }
    blast.subject = None;
    blast
}

/// Adds what a new pod template reaches, where the action itself does not say that there is one.
pub fn replaced(blast: &mut Blast, objects: &[ObjectRef], seen: &EnvStore) {
    for reference in objects {
        if let Some(object) = seen.find(reference) {
            blast.subject = (objects.len() > 1).then(|| reference.name.to_string());
            rolled(blast, reference, object, seen);
        }
    }
    blast.subject = None;
}

fn rows<'a>(seen: &'a EnvStore, known: Known, namespace: &std::sync::Arc<str>) -> impl Iterator<Item = &'a Object> {
    let scopes = [Scope::All, Scope::Namespace(namespace.clone())];
    // One of the two is open; where both are, the wider has them all.
    let feed = seen.feeds_of(&Kind::Known(known), &scopes).into_iter().next();
    let namespace = namespace.clone();
    feed.into_iter()
        .flat_map(Feed::rows)
        .filter(move |object| object.meta.namespace == namespace)
}

fn on_node<'a>(seen: &'a EnvStore, node: &'a str) -> impl Iterator<Item = &'a Object> {
    let feed = seen.feeds_of(&Kind::Known(Known::Pod), &[Scope::All]).into_iter().next();
    feed.into_iter()
        .flat_map(Feed::rows)
        .filter(move |object| object.body.pod().is_some_and(|pod| *pod.node == *node))
}

fn is_ready(object: &Object) -> bool {
    let ready = |pod: &crate::model::Pod| condition(&pod.conditions, "Ready").is_some_and(|ready| ready.status == ConditionStatus::True);
    object.body.pod().is_some_and(ready) && !object.meta.deleting.is_known()
}

/// The autoscaler of a workload, if one was seen.
pub fn autoscaler<'a>(seen: &'a EnvStore, reference: &ObjectRef) -> Option<(&'a Object, &'a Autoscaler)> {
    let name = reference.kind.known()?.info().name;
    let target = format!("{name}/{}", reference.name);
    rows(seen, Known::HorizontalPodAutoscaler, &reference.namespace).find_map(|object| match &object.body {
        Body::Autoscaler(scaler) if *scaler.target == *target => Some((object, &**scaler)),
        _ => None,
    })
}

fn scaled(blast: &mut Blast, reference: &ObjectRef, object: &Object, replicas: u32, seen: &EnvStore) {
    let Body::Workload(workload) = &object.body else { return };
    let after = workload.ready.min(replicas);
    blast.stands(workload.ready, after);
    blast.say(
        Weight::Plain,
        format!("{} of {} pods are ready now", workload.ready, workload.desired),
    );
    if let Some((scaler, bounds)) = autoscaler(seen, reference) {
        let name = &scaler.meta.name;
        let text = if replicas < bounds.min {
            format!("autoscaler {name} will raise it to {} again", bounds.min)
        } else if replicas > bounds.max {
            format!("autoscaler {name} will lower it to {} again", bounds.max)
        } else {
            format!(
                "autoscaler {name} ({} to {}) decides by its metrics, and may undo this",
                bounds.min, bounds.max
            )
        };
        blast.say(Weight::Warn, text);
        if replicas > 0 {
            let (least, most) = (bounds.min.min(replicas), bounds.max.max(replicas));
            let (least, most) = if (least, most) == (bounds.min, bounds.max) {
                (replicas, most)
            } else {
                (least, most)
            };
            blast.say(Weight::Plain, format!(":hpa {least} {most} changes its bounds instead"));
        }
    }
    if replicas == 0 {
        emptied(blast, &workload.selector, reference, seen);
    } else if workload.desired < replicas {
        room_for(blast, workload, replicas, seen);
    }
}

/// More pods than these are not laid out one by one.
const LAID_OUT: u32 = 5_000;

/// Whether the nodes that take pods have room for so many more: by what they request, and by places.
fn room_for(blast: &mut Blast, workload: &Workload, replicas: u32, seen: &EnvStore) {
    if seen.feeds_of(&Kind::Known(Known::Node), &[Scope::All]).is_empty() {
        return;
    }
    let more = replicas.saturating_sub(workload.desired);
    let Some(crowd) = crowd::watched(seen) else {
        blast.say(
            Weight::Plain,
            "whether the nodes have room is not seen: pods of other namespaces are not watched",
        );
        return;
    };
    let ask = requested(&workload.template);
    let mut places = room::places(seen, &crowd, &[]);
    let asks = vec![ask; usize::try_from(more.min(LAID_OUT)).unwrap_or(0)];
    let fit = asks.len() - room::homeless(&mut places, &asks).len();
    let each = match ask == room::Ask::default() {
        true => "nothing requested".to_owned(),
        false => format!("{} each", room::amounts(ask)),
    };
    match u32::try_from(fit).is_ok_and(|fit| fit >= more) {
        true => blast.say(Weight::Plain, format!("by requests the nodes have room for {more} more ({each})")),
        false => blast.say(
            Weight::Warn,
            format!("{more} more pods are wanted ({each}); by requests the ready nodes have room for {fit}"),
        ),
    }
}

/// What a pod of this template asks for.
fn requested(template: &Template) -> room::Ask {
    let of = |get: fn(&Part) -> Quantity| {
        let sum = |init: bool| {
            template
                .parts
                .iter()
                .filter(move |part| part.init == init)
                .filter_map(move |part| get(part).get())
        };
        sum(false).sum::<i64>().max(sum(true).max().unwrap_or(0))
    };
    room::Ask {
        cpu: of(|part| part.cpu.request),
        memory: of(|part| part.memory.request),
    }
}

/// Services that nothing stands behind any more when these pods are gone.
fn emptied(blast: &mut Blast, selector: &Labels, reference: &ObjectRef, seen: &EnvStore) {
    let pods: Vec<&Object> = rows(seen, Known::Pod, &reference.namespace).collect();
    for service in rows(seen, Known::Service, &reference.namespace) {
        let Some(wanted) = service.body.pod_selector() else { continue };
        let mut behind = pods.iter().filter(|pod| pod.meta.labels.selected_by(wanted)).peekable();
        if behind.peek().is_some() && behind.all(|pod| pod.meta.labels.selected_by(selector)) {
            blast.say(
                Weight::Warn,
                format!("service {} has nothing behind it afterwards", service.meta.name),
            );
        }
    }
}

fn rolled(blast: &mut Blast, reference: &ObjectRef, object: &Object, seen: &EnvStore) {
    let Body::Workload(workload) = &object.body else { return };
    let after = if &*workload.strategy == "Recreate" { 0 } else { workload.ready };
    blast.stands(workload.ready, after);
    blast.say(
        Weight::Plain,
        format!(
            "{} of {} pods are ready now; all are replaced, {}",
            workload.ready,
            workload.desired,
            match &*workload.strategy {
                "Recreate" => "all at once (Recreate)",
                "OnDelete" => "as they are deleted (OnDelete)",
                _ => "a few at a time",
            }
        ),
    );
    if after == 0 && workload.ready > 0 {
        blast.say(Weight::Warn, "nothing serves between the old pods and the new (Recreate)");
    }
    if let Some((scaler, bounds)) = autoscaler(seen, reference).filter(|_| workload.desired > 0) {
        blast.say(
            Weight::Plain,
            format!("autoscaler {} ({} to {}) goes on", scaler.meta.name, bounds.min, bounds.max),
        );
    }
}

/// A pod that is deleted: who replaces it, and whether a budget allows one less.
fn deleted(blast: &mut Blast, object: &Object, all: &[ObjectRef], seen: &EnvStore) {
    let namespace = &object.meta.namespace;
    let gone: BTreeSet<&str> = all.iter().filter(|o| o.namespace == *namespace).map(|o| &*o.name).collect();
    let owner = object.meta.owner.as_deref();
    let siblings: Vec<&Object> = rows(seen, Known::Pod, namespace)
        .filter(|pod| owner.is_some() && pod.meta.owner.as_deref().map(|o| o.uid) == owner.map(|o| o.uid))
        .collect();
    let ready = |pods: &mut dyn Iterator<Item = &&Object>| u32::try_from(pods.filter(|pod| is_ready(pod)).count()).unwrap_or(u32::MAX);
    let (now, after) = match owner {
        Some(_) => (
            ready(&mut siblings.iter()),
            ready(&mut siblings.iter().filter(|pod| !gone.contains(&*pod.meta.name))),
        ),
        None => (u32::from(is_ready(object)), 0),
    };
    blast.stands(now, after);
    match owner {
        None => blast.say(Weight::Warn, "no controller makes a new one: gone for good"),
        Some(owner) => {
            blast.say_once(
                if after == 0 && now > 0 { Weight::Warn } else { Weight::Plain },
                format!("{} {} makes new ones: {now} ready now, {after} until then", owner.kind, owner.name),
            );
            // A daemon set's or a job's pod is replaced as well.
            if after > 0 {
                blast.replaced += 1;
            }
        }
    }
}

/// Budgets that a deletion does not ask.
fn unasked(blast: &mut Blast, object: &Object, seen: &EnvStore) {
    for budget in rows(seen, Known::PodDisruptionBudget, &object.meta.namespace) {
        let Body::DisruptionBudget(pdb) = &budget.body else { continue };
        if pdb.allowed == 0 && object.meta.labels.selected_by(&pdb.selector) {
            blast.say_once(
                Weight::Warn,
                format!("budget {} allows no disruption now; a deletion does not ask it", budget.meta.name),
            );
        }
    }
}

/// Anything else that is deleted.
fn removed(blast: &mut Blast, reference: &ObjectRef, object: &Object, seen: &EnvStore) {
    match &object.body {
        Body::Workload(workload) => {
            blast.stands(workload.ready, 0);
            blast.say(
                Weight::Warn,
                format!("its {} pods go with it ({} ready now)", workload.current, workload.ready),
            );
            emptied(blast, &workload.selector, reference, seen);
        }
        Body::Service(service) => {
            let behind =
                rows(seen, Known::Pod, &reference.namespace).filter(|pod| pod.meta.labels.selected_by(&service.selector) && is_ready(pod));
            blast.say(Weight::Warn, format!("{} ready pods are reached through it", behind.count()));
        }
        Body::Node(_) => {
            let pods = on_node(seen, &object.meta.name).count();
            blast.say(Weight::Warn, format!("{pods} pods run there"));
        }
        Body::Namespace(_) => {
            let pods = rows(seen, Known::Pod, &(*object.meta.name).into()).count();
            blast.say(Weight::Warn, format!("everything in it goes, {pods} pods among it"));
        }
        Body::Claim(_) | Body::Volume(_) => {
            blast.say(Weight::Warn, "what is stored there may be lost");
        }
        _ => {}
    }
}
