//! When something changed: light marks of the past, put into words only where they are told.

use super::workload;
use crate::diagnosis::sight::Sight;
use crate::model::{
    Body, Change, ChangeKind, ConditionStatus, Event, Known, Object, Template, Time, Uid, Workload, Write, WrittenPart, condition,
};

/// A write this near to a revision is what made it (seconds).
const MADE_IT: i64 = 60;

/// Something that changed.
pub struct Moment<'a> {
    pub at: Time,
    pub kind: ChangeKind,
    pub source: Source<'a>,
}

/// How it is known.
pub enum Source<'a> {
    /// A watch saw it.
    Seen(&'a Change),
    /// A replica set tells of it.
    Revision {
        deployment: &'a Object,
        set: &'a Object,
        new: &'a Workload,
        /// What it took the place of.
        old: Option<&'a Workload>,
        /// Whether the set was there before: somebody went back to it.
        undone: bool,
        write: Option<&'a Write>,
    },
    /// An object says who wrote it.
    Written {
        known: Known,
        object: &'a Object,
        write: &'a Write,
    },
    /// The cluster said so; of the object, as far as it is known.
    Told {
        known: Known,
        object: Option<&'a Object>,
        event: &'a Event,
    },
    /// A node has joined.
    Joined(&'a Object),
    /// A node is (or is no longer) ready since then.
    Ready(&'a Object, bool),
}

impl Moment<'_> {
    /// What it is about: its kind, if known, and its identity.
    pub fn about(&self) -> (Option<Known>, Uid) {
        match &self.source {
            Source::Seen(change) => (change.object.kind.known(), change.object.uid),
            Source::Revision { deployment, .. } => (Some(Known::Deployment), deployment.meta.uid),
            Source::Written { known, object, .. } => (Some(*known), object.meta.uid),
            Source::Told { known, object, event } => (Some(*known), object.map_or(event.object_uid, |o| o.meta.uid)),
            Source::Joined(node) | Source::Ready(node, _) => (Some(Known::Node), node.meta.uid),
        }
    }

    /// Its namespace and name.
    pub fn place(&self) -> (&str, &str) {
        match &self.source {
            Source::Seen(change) => (&change.object.namespace, &change.object.name),
            Source::Told { object: None, event, .. } => ("", &event.object),
            Source::Revision { deployment: object, .. }
            | Source::Written { object, .. }
            | Source::Told { object: Some(object), .. }
            | Source::Joined(object)
            | Source::Ready(object, _) => (&object.meta.namespace, &object.meta.name),
        }
    }

    /// The replica set that it made.
    pub fn made(&self) -> Option<Uid> {
        match &self.source {
            Source::Revision { set, .. } => Some(set.meta.uid),
            _ => None,
        }
    }

    /// Whether pods were made anew from the same template.
    pub fn is_restart(&self) -> bool {
        matches!(&self.source, Source::Revision { new, old: Some(old), .. } if old.template.difference(&new.template).is_empty())
    }
}

/// All that changed from then on, in no order.
pub fn all<'a>(sight: &Sight<'a>, from: Time) -> Vec<Moment<'a>> {
    let mut found: Vec<Moment> = Vec::new();
    // A replica set comes with every rollout, which its deployment tells of.
    let seen = sight.seen.changes().filter(|change| !change.object.kind.is(Known::ReplicaSet));
    found.extend(seen.map(|change| Moment {
        at: change.at,
        kind: change.kind,
        source: Source::Seen(change),
    }));
    for object in sight.all(Known::Deployment) {
        deployment(sight, object, from, &mut found);
    }
    for known in [Known::StatefulSet, Known::DaemonSet] {
        for object in sight.all(known) {
            found.extend(object.meta.writes.iter().filter_map(|write| {
                // No revisions of these are watched: the template is the likeliest of what a writer owns.
                let kind = if write.wrote(WrittenPart::Template) {
                    ChangeKind::Rollout
                } else {
                    specified(write)?
                };
                Some(written(known, object, write, kind))
            }));
        }
    }
    for (known, part, kind) in [
        (Known::ConfigMap, WrittenPart::Data, ChangeKind::Config),
        (Known::Secret, WrittenPart::Data, ChangeKind::Config),
        (Known::HorizontalPodAutoscaler, WrittenPart::Spec, ChangeKind::Scale),
        (Known::Service, WrittenPart::Spec, ChangeKind::Other),
        (Known::CronJob, WrittenPart::Spec, ChangeKind::Rollout),
        (Known::Ingress, WrittenPart::Spec, ChangeKind::Other),
        (Known::PodDisruptionBudget, WrittenPart::Spec, ChangeKind::Other),
    ] {
        for object in sight.all(known) {
            let writes = object.meta.writes.iter().filter(|write| write.wrote(part));
            found.extend(writes.map(|write| written(known, object, write, kind)));
        }
    }
    nodes(sight, &mut found);
    events(sight, &mut found);
    found.retain(|moment| moment.at.is_known() && moment.at >= from);
    found
}

fn written<'a>(known: Known, object: &'a Object, write: &'a Write, kind: ChangeKind) -> Moment<'a> {
    Moment {
        at: write.at,
        kind,
        source: Source::Written { known, object, write },
    }
}

/// What sort of change a write of a workload's specification is. Whoever owns several parts may have written any.
fn specified(write: &Write) -> Option<ChangeKind> {
    let spec = write.wrote(WrittenPart::Spec) || write.wrote(WrittenPart::Template);
    match (write.wrote(WrittenPart::Replicas), spec) {
        (true, false) => Some(ChangeKind::Scale),
        (_, true) => Some(ChangeKind::Other),
        (false, false) => None,
    }
}

fn deployment<'a>(sight: &Sight<'a>, object: &'a Object, from: Time, found: &mut Vec<Moment<'a>>) {
    let writes = || object.meta.writes.iter();
    let template = writes()
        .filter(|write| write.wrote(WrittenPart::Template))
        .max_by_key(|write| write.at);
    let revisions = sight.revisions(object);
    let mut rolled: Vec<Time> = Vec::new();
    for (n, (set, new)) in revisions.iter().enumerate() {
        let older = revisions.get(n + 1);
        let undone = older.is_some_and(|(older, _)| older.meta.created > set.meta.created);
        // A set that is used again has the age of its first use; then the last write of the template is the moment.
        let at = match (undone, n) {
            (false, _) => set.meta.created,
            (true, 0) => template.map_or(Time::NEVER, |write| write.at),
            (true, _) => Time::NEVER,
        };
        if !at.is_known() || at < from {
            continue;
        }
        rolled.push(at);
        let near = writes().filter(|write| write.wrote(WrittenPart::Template) && (write.at - at).abs() <= MADE_IT);
        found.push(Moment {
            at,
            kind: if older.is_none() && revisions.len() == 1 && (at - object.meta.created).abs() <= MADE_IT {
                ChangeKind::Existence
            } else {
                ChangeKind::Rollout
            },
            source: Source::Revision {
                deployment: object,
                set,
                new,
                old: older.map(|(_, old)| *old),
                undone,
                write: near.max_by_key(|write| write.at),
            },
        });
    }
    for write in writes().filter(|write| write.at >= from) {
        let told = rolled.iter().any(|at| (write.at - *at).abs() <= MADE_IT);
        let kind = if revisions.is_empty() && write.wrote(WrittenPart::Template) {
            Some(ChangeKind::Rollout)
        } else {
            specified(write)
        };
        if let Some(kind) = kind.filter(|_| !told) {
            found.push(written(Known::Deployment, object, write, kind));
        }
    }
    // Events say the same in other words. They count where nothing better is known.
    if rolled.is_empty() && revisions.is_empty() {
        let events = sight.events(object).into_iter();
        found.extend(events.filter(|event| &*event.reason == "ScalingReplicaSet").map(|event| Moment {
            at: event.last,
            kind: ChangeKind::Scale,
            source: Source::Told {
                known: Known::Deployment,
                object: Some(object),
                event,
            },
        }));
    }
}

fn nodes<'a>(sight: &Sight<'a>, found: &mut Vec<Moment<'a>>) {
    for object in sight.all(Known::Node) {
        let Body::Node(node) = &object.body else { continue };
        found.push(Moment {
            at: object.meta.created,
            kind: ChangeKind::Node,
            source: Source::Joined(object),
        });
        if let Some(ready) = condition(&node.conditions, "Ready")
            // A node that joins becomes ready a little later; that is one thing.
            && ready.since - object.meta.created > 300
        {
            found.push(Moment {
                at: ready.since,
                kind: ChangeKind::Node,
                source: Source::Ready(object, ready.status == ConditionStatus::True),
            });
        }
    }
}

/// What events alone tell: nodes that went, and what an autoscaler did.
fn events<'a>(sight: &Sight<'a>, found: &mut Vec<Moment<'a>>) {
    for object in sight.all(Known::Event) {
        let Body::Event(event) = &object.body else { continue };
        let (known, kind) = match (&*event.kind, &*event.reason) {
            ("Node", reason) if NODE.iter().any(|(word, _)| *word == reason) => (Known::Node, ChangeKind::Node),
            ("HorizontalPodAutoscaler", "SuccessfulRescale") => (Known::HorizontalPodAutoscaler, ChangeKind::Scale),
            _ => continue,
        };
        let (known, about) = match known {
            // The kubelet reports under the node's name, the controllers under its uid.
            Known::Node => (known, sight.named(known, "", &event.object)),
            // What is scaled is what matters; its autoscaler is named in the words.
            _ => match sight.get(known, event.object_uid) {
                Some(scaler) => target(sight, scaler).map_or((known, Some(scaler)), |(known, object)| (known, Some(object))),
                None => continue,
            },
        };
        found.push(Moment {
            at: event.last,
            kind,
            source: Source::Told {
                known,
                object: about,
                event,
            },
        });
    }
}

/// What events say of nodes, and how that reads.
pub const NODE: [(&str, &str); 9] = [
    ("NodeNotReady", "stopped being ready"),
    ("RemovingNode", "was removed from the cluster"),
    ("DeletingNode", "is deleted: its machine is gone"),
    ("NodeNotSchedulable", "was cordoned"),
    ("NodeSchedulable", "was uncordoned"),
    ("Rebooted", "was rebooted"),
    ("NodeHasDiskPressure", "has little disk left"),
    ("NodeHasInsufficientMemory", "has little memory left"),
    ("NodeHasInsufficientPID", "has few process ids left"),
];

/// What an autoscaler scales.
pub fn target<'a>(sight: &Sight<'a>, scaler: &Object) -> Option<(Known, &'a Object)> {
    let Body::Autoscaler(body) = &scaler.body else { return None };
    let (kind, name) = body.target.split_once('/')?;
    let known = Known::of_kind(kind)?;
    Some((known, sight.named(known, &scaler.meta.namespace, name)?))
}

/// What a workload's pods are made from.
pub fn template(object: &Object) -> Option<&Template> {
    workload(object).map(|w| &w.template)
}
