//! How an object is, at a glance: one word per row, the same for colours, for "only faults" and for counting.

use super::{Body, Cell, ConditionStatus, Known, Object, Phase, Pod, Role, State, Time, Workload, condition};

/// How an object is. The order is the order of concern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// As it should be.
    #[default]
    Ok,
    /// Finished, and well: nothing to look at.
    Done,
    /// On its way; not a fault yet.
    Busy,
    /// Works, but something is not as it should be.
    Warning,
    /// Broken.
    Bad,
}

impl Health {
    /// Whether "only faults" keeps it.
    pub fn is_fault(self) -> bool {
        self >= Self::Warning
    }
}

/// A pod or rollout may take this long before "on its way" becomes "something is wrong" (seconds).
/// Kubernetes' own deadline for a rollout is 600; a person on call wants to know earlier.
const PATIENCE: i64 = 120;

/// How long after a container's death the pod still counts as troubled (seconds).
const RECENT_EXIT: i64 = 600;

/// Judges one object at this moment.
pub fn health(object: &Object, now: Time) -> Health {
    if object.meta.deleting.is_known() {
        // A finalizer or a dead node can hold a deletion for ever.
        return if object.meta.deleting.age(now) > PATIENCE {
            Health::Warning
        } else {
            Health::Busy
        };
    }
    let young = object.meta.created.age(now) < PATIENCE;
    match &object.body {
        Body::Pod(pod) => pod_health(pod, now, young),
        Body::Workload(w) => workload_health(w, young),
        Body::Job(j) => {
            let is = |name| condition(&j.conditions, name).is_some_and(|c| c.status == ConditionStatus::True);
            match () {
                () if is("Failed") => Health::Bad,
                () if is("Complete") => Health::Done,
                () if j.failed > 0 => Health::Warning,
                () => Health::Busy,
            }
        }
        Body::CronJob(c) if c.suspended => Health::Done,
        Body::Node(n) => match n.ready {
            ConditionStatus::False | ConditionStatus::Unknown => Health::Bad,
            ConditionStatus::True
                if n.conditions
                    .iter()
                    .any(|c| &*c.name != "Ready" && c.status == ConditionStatus::True) =>
            {
                Health::Warning
            }
            ConditionStatus::True if n.unschedulable => Health::Warning,
            ConditionStatus::True => Health::Ok,
        },
        Body::Claim(c) => match &*c.phase {
            "Bound" => Health::Ok,
            "Lost" => Health::Bad,
            _ if young => Health::Busy,
            _ => Health::Warning,
        },
        Body::Volume(v) => match &*v.phase {
            "Failed" => Health::Bad,
            "Released" => Health::Warning,
            _ => Health::Ok,
        },
        Body::EndpointSlice(s) if s.endpoints.is_empty() => Health::Ok,
        Body::EndpointSlice(s) => match s.endpoints.iter().filter(|e| e.ready).count() {
            0 => Health::Bad,
            n if n < s.endpoints.len() => Health::Warning,
            _ => Health::Ok,
        },
        Body::Autoscaler(h) => {
            let is = |name, status| condition(&h.conditions, name).is_some_and(|c| c.status == status);
            match () {
                () if is("AbleToScale", ConditionStatus::False) || is("ScalingActive", ConditionStatus::False) => Health::Warning,
                () if h.current >= h.max && h.desired >= h.max && h.max > h.min => Health::Warning,
                () => Health::Ok,
            }
        }
        Body::DisruptionBudget(b) if b.healthy < b.desired => Health::Bad,
        Body::DisruptionBudget(b) if b.allowed == 0 && b.expected > 0 => Health::Warning,
        Body::Namespace(n) if &*n.phase == "Terminating" => Health::Busy,
        Body::Event(e) if e.warning => Health::Warning,
        Body::Cells(cells) => cells_health(cells),
        _ => Health::Ok,
    }
}

fn pod_health(pod: &Pod, now: Time, young: bool) -> Health {
    match pod.phase {
        Phase::Succeeded => return Health::Done,
        Phase::Failed => return Health::Bad,
        Phase::Unknown => return Health::Warning,
        Phase::Pending | Phase::Running => {}
    }
    let mut worst = Health::Ok;
    for c in &pod.containers {
        let this = match &c.state {
            State::Waiting { reason, .. } => match &**reason {
                "" | "ContainerCreating" | "PodInitializing" if young => Health::Busy,
                "" | "ContainerCreating" | "PodInitializing" => Health::Warning,
                _ => Health::Bad,
            },
            State::Terminated(exit) if exit.code != 0 => Health::Bad,
            State::Terminated(_) if c.role == Role::Main => Health::Warning,
            State::Running { .. } if c.role != Role::Ephemeral && c.role != Role::Init && !c.ready => {
                if young {
                    Health::Busy
                } else {
                    Health::Bad
                }
            }
            _ => Health::Ok,
        };
        worst = worst.max(this);
    }
    if pod.phase == Phase::Pending && worst < Health::Warning {
        worst = worst.max(if young { Health::Busy } else { Health::Warning });
    }
    let died = pod
        .last_exit()
        .is_some_and(|(_, exit)| exit.code != 0 && exit.finished.age(now) < RECENT_EXIT);
    if died { worst.max(Health::Warning) } else { worst }
}

fn workload_health(w: &Workload, young: bool) -> Health {
    // Old replica sets of a deployment are kept at zero; that is history, not trouble.
    if w.desired == 0 {
        return Health::Done;
    }
    let stuck = |c: &super::Condition| {
        (&*c.name == "Progressing" && c.status == ConditionStatus::False)
            || (&*c.name == "ReplicaFailure" && c.status == ConditionStatus::True)
    };
    let available = if matches!(w.kind, Known::Deployment | Known::DaemonSet) {
        w.available
    } else {
        w.ready
    };
    match () {
        () if available == 0 => {
            if young {
                Health::Busy
            } else {
                Health::Bad
            }
        }
        () if w.conditions.iter().any(stuck) => Health::Bad,
        () if available < w.desired => {
            if young {
                Health::Busy
            } else {
                Health::Warning
            }
        }
        () if !w.observed || (w.updated < w.desired && matches!(w.kind, Known::Deployment)) => Health::Busy,
        () => Health::Ok,
    }
}

/// Kinds we do not know: trust the words that operators commonly print in Ready and Status columns.
fn cells_health(cells: &super::Cells) -> Health {
    for (column, cell) in cells.columns.0.iter().zip(&cells.cells) {
        let Cell::Text(text) = cell else { continue };
        let bad = match column.name.to_ascii_lowercase().as_str() {
            "ready" | "available" | "healthy" | "synced" => matches!(&**text, "False" | "Unknown" | "OutOfSync"),
            "status" | "phase" | "state" | "health" => {
                matches!(
                    &**text,
                    "Failed" | "Error" | "Degraded" | "Missing" | "Unhealthy" | "NotReady" | "False"
                )
            }
            _ => false,
        };
        if bad {
            return Health::Warning;
        }
    }
    Health::Ok
}
