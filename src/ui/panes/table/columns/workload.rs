//! Deployments, replica sets, stateful sets and daemon sets: how far the rollout is.

use super::Column;
use super::common::{AGE, NAME, NAMESPACE, OWNER, cell, images, pairs, ratio_role, unless_deleting};
use crate::model::{Body, ConditionStatus, Health, Known, Workload, condition};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

const READY: Column = Column::ratio("READY", ready).keep(2).role(|row| ratio_role(&ready(row), row));
const DESIRED: Column = Column::number("DESIRED", cell!(Workload(w) => Value::Count(w.desired.into()))).keep(5);
const CURRENT: Column = Column::number("CURRENT", cell!(Workload(w) => Value::Count(w.current.into()))).keep(6);
const UPDATED: Column = Column::number("UP-TO-DATE", cell!(Workload(w) => Value::Count(w.updated.into())))
    .keep(3)
    .role(|row| short_of(row, |w| w.updated));
const AVAILABLE: Column = Column::number("AVAILABLE", cell!(Workload(w) => Value::Count(w.available.into())))
    .keep(4)
    .role(|row| short_of(row, |w| w.available));
const STATUS: Column = Column::text("STATUS", 34, status).status();
const IMAGES: Column = Column::text("IMAGES", 50, cell!(Workload(w) => images(w.images.iter().map(|i| &**i)))).keep(7);
const STRATEGY: Column = Column::text("STRATEGY", 14, cell!(Workload(w) => Value::text(&w.strategy))).wide();
const REVISION: Column = Column::number("REVISION", cell!(Workload(w) => revision(w))).keep(8).muted();
const SELECTOR: Column = Column::text("SELECTOR", 60, cell!(Workload(w) => Value::owned(pairs(&w.selector)))).wide();

pub(super) static DEPLOYMENTS: [Column; 11] = [
    NAMESPACE,
    NAME,
    READY,
    UPDATED,
    AVAILABLE,
    STATUS,
    IMAGES,
    STRATEGY,
    REVISION.wide(),
    SELECTOR,
    AGE,
];

pub(super) static REPLICA_SETS: [Column; 10] = [
    NAMESPACE,
    NAME,
    DESIRED,
    CURRENT,
    Column::number("READY", cell!(Workload(w) => Value::Count(w.ready.into())))
        .keep(2)
        .role(|row| short_of(row, |w| w.ready)),
    REVISION,
    OWNER.keep(9),
    IMAGES,
    SELECTOR,
    AGE,
];

pub(super) static STATEFUL_SETS: [Column; 9] = [NAMESPACE, NAME, READY, UPDATED, STATUS, IMAGES, STRATEGY, SELECTOR, AGE];

pub(super) static DAEMON_SETS: [Column; 13] = [
    NAMESPACE,
    NAME,
    DESIRED,
    CURRENT,
    Column::number("READY", cell!(Workload(w) => Value::Count(w.ready.into())))
        .keep(2)
        .role(|row| short_of(row, |w| w.ready)),
    UPDATED,
    AVAILABLE,
    STATUS,
    Column::text("NODE-SELECTOR", 40, cell!(Workload(w) => Value::text(&w.node_selector)))
        .keep(9)
        .muted(),
    IMAGES.wide(),
    STRATEGY,
    SELECTOR,
    AGE,
];

fn ready<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::Workload(w)) => Value::Ratio {
            have: w.ready,
            want: w.desired,
        },
        _ => Value::None,
    }
}

fn revision(w: &Workload) -> Value<'_> {
    if w.revision == 0 {
        Value::None
    } else {
        Value::Count(w.revision.into())
    }
}

/// Coloured like the row where there are fewer than wanted.
fn short_of(row: &Row<'_>, of: fn(&Workload) -> u32) -> Role {
    match row.body() {
        Some(Body::Workload(w)) if of(w) < w.desired => row.role(),
        _ => Role::Text,
    }
}

fn status<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::Workload(w)) => unless_deleting(row, rollout(w, row.health())),
        _ => Value::None,
    }
}

/// Where the rollout is, in words.
fn rollout(w: &Workload, health: Health) -> Value<'_> {
    let progress = condition(&w.conditions, "Progressing");
    let failure = condition(&w.conditions, "ReplicaFailure").filter(|c| c.status == ConditionStatus::True);
    let stuck = progress.filter(|c| c.status == ConditionStatus::False).or(failure);
    // On deletion only: the newest template waits for somebody to delete pods, so nothing is on its way.
    let waits_for_updates = &*w.strategy != "OnDelete" && w.updated < w.desired;
    let available = if matches!(w.kind, Known::Deployment | Known::DaemonSet) {
        w.available
    } else {
        w.ready
    };
    let of = |word: &str, have: u32| Value::owned(format!("{word} {have}/{}", w.desired));
    match () {
        () if w.paused => Value::text("paused"),
        () if w.desired == 0 && w.current == 0 && !matches!(w.kind, Known::DaemonSet) => Value::text("scaled to 0"),
        () if w.desired == 0 && w.current == 0 => Value::text("no nodes match"),
        () => match stuck {
            Some(c) if c.reason.is_empty() => Value::text("stuck"),
            Some(c) => Value::owned(format!("stuck: {}", c.reason)),
            None if !w.observed || waits_for_updates => of("progressing", w.updated.min(w.desired)),
            // Old pods are still going away.
            None if w.current > w.desired.max(w.updated) => of("progressing", available.min(w.desired)),
            None if available < w.desired => {
                let arrived = progress.is_some_and(|c| &*c.reason == "NewReplicaSetAvailable") || health.is_fault();
                of(if arrived { "degraded" } else { "progressing" }, available)
            }
            None => Value::text("complete"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Condition, Object, Time};
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, cell, cells};

    fn deployment(change: impl FnOnce(&mut Workload)) -> Object {
        samples::workload(Known::Deployment, "backend", change)
    }

    fn progressing(status: ConditionStatus, reason: &str) -> Box<[Condition]> {
        [Condition {
            name: "Progressing".into(),
            status,
            reason: reason.into(),
            ..Condition::default()
        }]
        .into()
    }

    #[test]
    fn a_rollout_says_where_it_is() {
        let columns = columns(&Known::Deployment.into(), None);
        let status = |object: &Object| cell(&columns, "STATUS", &Row::object(object, NOW));
        let arrived = || progressing(ConditionStatus::True, "NewReplicaSetAvailable");
        let table: [(&str, Object); 9] = [
            ("complete", deployment(|_| {})),
            ("progressing 2/3", deployment(|w| w.updated = 2)),
            ("progressing 3/3", deployment(|w| w.current = 4)),
            ("progressing 3/3", deployment(|w| w.observed = false)),
            (
                "degraded 1/3",
                deployment(|w| {
                    w.available = 1;
                    w.conditions = arrived();
                }),
            ),
            (
                "stuck: ProgressDeadlineExceeded",
                deployment(|w| {
                    w.updated = 1;
                    w.conditions = progressing(ConditionStatus::False, "ProgressDeadlineExceeded");
                }),
            ),
            ("paused", deployment(|w| w.paused = true)),
            (
                "scaled to 0",
                deployment(|w| (w.desired, w.current, w.updated, w.ready, w.available) = (0, 0, 0, 0, 0)),
            ),
            ("Terminating", {
                let mut object = deployment(|_| {});
                object.meta.deleting = Time(NOW.0 - 5);
                object
            }),
        ];
        for (words, object) in &table {
            assert_eq!(status(object), *words, "{object:?}");
        }
    }

    #[test]
    fn the_four_kinds_show_their_counts() {
        let row = |kind: Known| {
            let object = samples::workload(kind, "backend", |w| {
                w.ready = 2;
                w.node_selector = "disk=ssd".into();
                w.conditions = progressing(ConditionStatus::True, "NewReplicaSetAvailable");
                w.available = 2;
            });
            cells(&columns(&kind.into(), None), &Row::object(&object, NOW))
        };
        assert_eq!(row(Known::Deployment), "solia|backend|2/3|3|2|degraded 2/3|backend:v1.8.3|2d");
        assert_eq!(row(Known::ReplicaSet), "solia|backend|3|3|2|41|backend|backend:v1.8.3|2d");
        assert_eq!(row(Known::StatefulSet), "solia|backend|2/3|3|degraded 2/3|backend:v1.8.3|2d");
        assert_eq!(row(Known::DaemonSet), "solia|backend|3|3|2|3|2|degraded 2/3|disk=ssd|2d");
    }
}
