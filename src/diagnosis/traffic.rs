//! What stands behind a service: pods, the workloads that make them, and whether any of it takes traffic.

use std::collections::HashSet;

use super::group::holds;
use super::sight::{Sight, workload};
use crate::model::network::Service;
use crate::model::{Body, ConditionStatus, Known, Labels, Object, Phase, Time, Uid, Workload, condition};

/// The services that have an endpoint that takes traffic, by namespace and name.
#[derive(Debug, Default)]
pub struct Endpoints<'a>(HashSet<(&'a str, &'a str)>);

impl<'a> Endpoints<'a> {
    /// Reads what the slices say.
    pub fn of(sight: &Sight<'a>) -> Self {
        let ready = sight.all(Known::EndpointSlice).filter_map(|object| match &object.body {
            Body::EndpointSlice(slice) if slice.endpoints.iter().any(|e| e.ready) => Some((&*object.meta.namespace, &*slice.service)),
            _ => None,
        });
        Self(ready.collect())
    }

    /// Whether one of a service's takes traffic.
    pub fn is_ready(&self, namespace: &str, service: &str) -> bool {
        self.0.contains(&(namespace, service))
    }
}

/// A service that nothing answers for.
pub struct Unserved<'a> {
    pub object: &'a Object,
    pub service: &'a Service,
    pub backing: Backing<'a>,
}

impl<'a> Unserved<'a> {
    /// `None`: it is served, or nothing can be said of it.
    pub fn of(sight: &Sight<'a>, object: &'a Object) -> Option<Self> {
        match &object.body {
            Body::Service(service) if !object.meta.deleting.is_known() => Some(Self {
                object,
                service,
                backing: backing(sight, object, service)?,
            }),
            _ => None,
        }
    }
}

/// What stands behind a service that nothing answers for.
pub enum Backing<'a> {
    /// Pods are there, or should be, and none takes traffic.
    Unready(Unready<'a>),
    /// What it selects was told to have no pods.
    Idle(Known, &'a Object),
    /// It selects nothing.
    Nothing,
}

/// Pods that take no traffic.
pub struct Unready<'a> {
    /// The pods that should, by name; may be none, where they could not be made.
    pub pods: Vec<&'a Object>,
    /// The workloads that should have made them, where there are none.
    pub workloads: Vec<(Known, &'a Object)>,
    /// Since when nothing takes traffic, as far as it can be told.
    pub since: Time,
}

impl<'a> Unready<'a> {
    /// Whatever may say why: the pods, and what stands above them.
    pub fn depends(&self, sight: &Sight<'a>) -> Vec<Uid> {
        let pods = self.pods.iter().map(|pod| (Known::Pod, *pod));
        let mut found: Vec<Uid> = pods
            .chain(self.workloads.iter().copied())
            .flat_map(|(k, o)| chain(sight, k, o))
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

/// An object, its owner and what stands at the top, by identity.
pub fn chain<'a>(sight: &Sight<'a>, known: Known, object: &'a Object) -> Vec<Uid> {
    let owner = object.meta.owner.as_deref().map(|owner| owner.uid);
    let (_, top) = sight.top(known, object);
    let above = sight.top_subject(known, object).uid;
    [object.meta.uid, top.meta.uid, above].into_iter().chain(owner).collect()
}

fn backing<'a>(sight: &Sight<'a>, object: &'a Object, service: &Service) -> Option<Backing<'a>> {
    let namespace = &*object.meta.namespace;
    if &*service.kind == "ExternalName" || service.selector.is_empty() || !sight.covers(Known::Pod, namespace) {
        return None;
    }
    if sight.endpoints().is_ready(namespace, &object.meta.name) {
        return None;
    }
    let told = sight.covers(Known::EndpointSlice, namespace);
    let mut pods = sight.selected(namespace, &service.selector);
    let chosen = !pods.is_empty();
    pods.retain(|pod| is_meant_to_serve(pod));
    if !pods.is_empty() {
        let since = silent_since(&pods).max(object.meta.created);
        return told.then_some(Backing::Unready(Unready {
            pods,
            workloads: Vec::new(),
            since,
        }));
    }
    let makers = makers(sight, namespace, &service.selector);
    let wanted: Vec<_> = makers.iter().filter(|(_, _, w)| w.desired > 0).collect();
    if !wanted.is_empty() {
        let since = wanted.iter().map(|(_, maker, w)| idle_since(maker, w)).max().unwrap_or_default();
        return told.then_some(Backing::Unready(Unready {
            pods,
            workloads: wanted.into_iter().map(|(known, maker, _)| (*known, *maker)).collect(),
            since: since.max(object.meta.created),
        }));
    }
    match makers.first() {
        Some((known, maker, _)) => Some(Backing::Idle(*known, maker)),
        // Pods that are over, of a job or of nobody: it was for them, and has nothing to do any more.
        None if chosen => None,
        None => Some(Backing::Nothing),
    }
}

fn is_meant_to_serve(pod: &Object) -> bool {
    let over = pod
        .body
        .pod()
        .is_none_or(|pod| matches!(pod.phase, Phase::Succeeded | Phase::Failed));
    !over && !pod.meta.deleting.is_known()
}

/// Since when none of these pods is ready. A pod that was never ready took nothing away: the last that was, did.
fn silent_since(pods: &[&Object]) -> Time {
    // So long after it was made a pod is told to be not ready for the first time (seconds).
    const FIRST_WORD: i64 = 60;
    let ready = |object: &Object| Some(condition(&object.body.pod()?.conditions, "Ready")?.since);
    let lost = pods
        .iter()
        .filter_map(|pod| ready(pod).filter(|since| *since - pod.meta.created > FIRST_WORD))
        .max();
    lost.or_else(|| pods.iter().map(|pod| pod.meta.created).min()).unwrap_or_default()
}

fn idle_since(object: &Object, w: &Workload) -> Time {
    holds(&w.conditions, "Available", ConditionStatus::False).map_or(object.meta.created, |c| c.since)
}

/// The workloads of a namespace whose pods this selector selects, as far as their labels are known.
fn makers<'a>(sight: &Sight<'a>, namespace: &str, selector: &Labels) -> Vec<(Known, &'a Object, &'a Workload)> {
    let mut found = workloads(sight, namespace);
    found.retain(|(known, object, w)| match labels(sight, *known, object, w) {
        (labels, true) => labels.selected_by(selector),
        // Its own selector is but a part of its pods' labels: what it does not say, they may still have.
        (labels, false) => {
            let agrees = |(key, value): (&str, &str)| labels.get(key).is_none_or(|other| other == value);
            selector.iter().all(agrees) && selector.iter().any(|(key, value)| labels.get(key) == Some(value))
        }
    });
    found
}

/// The workloads of a namespace that keep pods running, by name.
pub fn workloads<'a>(sight: &Sight<'a>, namespace: &str) -> Vec<(Known, &'a Object, &'a Workload)> {
    let kinds = [Known::Deployment, Known::StatefulSet, Known::DaemonSet, Known::ReplicaSet];
    let mut found = Vec::new();
    for known in kinds {
        // A replica set of a deployment is the deployment's; others belong to what is not known here, or to nobody.
        let of_deployment = |object: &Object| object.meta.owner.as_deref().is_some_and(|owner| &*owner.kind == "Deployment");
        let own = |object: &&Object| *object.meta.namespace == *namespace && !of_deployment(object);
        let all = sight.all(known).filter(own);
        found.extend(all.filter_map(|object| Some((known, object, workload(object)?))));
    }
    found.sort_by(|a, b| (&a.1.meta.name, a.0).cmp(&(&b.1.meta.name, b.0)));
    found
}

/// The labels of a workload's pods, and whether these are all of them. The workload itself tells only those that it
/// selects by.
pub fn labels<'a>(sight: &Sight<'a>, known: Known, object: &'a Object, w: &'a Workload) -> (&'a Labels, bool) {
    // A deployment gives its replica sets the labels that it gives its pods.
    let newest = (known == Known::Deployment).then(|| sight.revisions(object));
    if let Some((set, _)) = newest.unwrap_or_default().first()
        && !set.meta.labels.is_empty()
    {
        return (&set.meta.labels, true);
    }
    if let Some(pod) = sight.children(object).first() {
        return (&pod.meta.labels, true);
    }
    (&w.selector, false)
}
