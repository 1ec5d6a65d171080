//! What is wrong with one pod: one answer, so that no two checks speak of the same trouble.

mod container;
mod probe;

use super::PATIENCE;
use super::sight::Sight;
use crate::model::{ConditionStatus, Container, Event, Exit, Known, Object, Phase, Pod, Role, State, Time};

/// What is wrong with a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A container ends again and again.
    CrashLoop,
    OomKilled,
    ImagePull,
    Unschedulable,
    /// What a container needs (a key, a secret, a config map) is not there.
    ConfigError,
    /// An init container fails.
    InitFailing,
    /// An init container runs, and runs.
    InitWaiting,
    Probe(ProbeKind),
    StuckTerminating,
    /// Volumes, network or sandbox do not come.
    StuckCreating,
    Evicted,
    Failed,
    /// A container ended lately, and is back.
    Restarting,
}

/// Which probe fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeKind {
    Readiness,
    Liveness,
    Startup,
}

impl ProbeKind {
    /// `readiness`
    pub fn word(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::Liveness => "liveness",
            Self::Startup => "startup",
        }
    }
}

/// A pod, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct PodFault<'a> {
    pub object: &'a Object,
    pub pod: &'a Pod,
    pub fault: Fault,
    /// The container that is at fault, if it is one.
    pub container: Option<&'a Container>,
    /// How its last run ended, if it did.
    pub exit: Option<&'a Exit>,
    /// What the cluster said of it: of this fault, the newest first.
    pub events: Vec<&'a Event>,
    /// Since when, as far as it can be told.
    pub since: Time,
}

/// A container that is not ready for so long is in trouble (seconds): programs need time to start.
const SLOW_START: i64 = 60;

/// After so long without a crash the kubelet forgets that there was one, and starts at once the next time (seconds).
pub const FORGIVEN: i64 = 600;

/// Judges a pod. `None`: nothing is wrong, or it is not its own fault: its node is silent.
pub fn judge<'a>(sight: &Sight<'a>, object: &'a Object) -> Option<PodFault<'a>> {
    let pod = object.body.pod()?;
    let case = Case {
        sight,
        object,
        pod,
        events: sight.events(object),
    };
    if sight.is_silent(&pod.node) {
        return None;
    }
    case.judge()
}

/// A pod under examination.
struct Case<'s, 'a> {
    sight: &'s Sight<'a>,
    object: &'a Object,
    pod: &'a Pod,
    events: Vec<&'a Event>,
}

impl<'a> Case<'_, 'a> {
    fn judge(&self) -> Option<PodFault<'a>> {
        let now = self.sight.now;
        let meta = &self.object.meta;
        if meta.deleting.is_known() {
            let due = meta.deleting + i64::from(meta.grace);
            // What a finalizer holds back may take its time; what nothing holds back should be gone soon.
            let overdue = now - due > PATIENCE / 2;
            return overdue.then(|| self.fault(Fault::StuckTerminating, None, None, due));
        }
        match self.pod.phase {
            Phase::Succeeded | Phase::Unknown => return None,
            Phase::Failed => return Some(self.failed()),
            Phase::Pending | Phase::Running => {}
        }
        if self.pod.node.is_empty() {
            return self.unscheduled();
        }
        match self.containers() {
            // That it cannot work now comes before how often it was restarted.
            Some(past) if past.fault == Fault::Restarting => self.not_ready().or(Some(past)),
            Some(found) => Some(found),
            None => self.creating().or_else(|| self.not_ready()),
        }
    }

    fn failed(&self) -> PodFault<'a> {
        let ended = self.pod.last_exit();
        let at = ended.map(|(_, exit)| exit.finished).filter(|at| at.is_known());
        let ready = self.pod.condition("Ready").map(|c| c.since);
        let since = at.or(ready).unwrap_or(self.object.meta.created);
        let evicted = matches!(&*self.pod.reason, "Evicted" | "Preempting" | "NodeShutdown" | "Terminated");
        let fault = if evicted { Fault::Evicted } else { Fault::Failed };
        let mut found = self.fault(fault, ended.map(|(c, _)| c), ended.map(|(_, e)| e), since);
        found.events = self.told(&[
            "Evicted",
            "Preempted",
            "Preempting",
            "Killing",
            "DeadlineExceeded",
            "TaintManagerEviction",
        ]);
        found
    }

    fn unscheduled(&self) -> Option<PodFault<'a>> {
        let now = self.sight.now;
        let condition = self.pod.condition("PodScheduled");
        if condition.is_some_and(|c| &*c.reason == "SchedulingGated") {
            return None;
        }
        let refused = condition.filter(|c| c.status == ConditionStatus::False);
        let since = refused
            .map(|c| c.since)
            .filter(|s| s.is_known())
            .unwrap_or(self.object.meta.created);
        // A cluster that grows by itself needs a moment; one whose scheduler is silent is known by nothing else.
        let limit = if refused.is_some() { 15 } else { PATIENCE };
        (since.age(now) >= limit && since.is_known()).then(|| {
            let mut found = self.fault(Fault::Unschedulable, None, None, since);
            found.events = self.told(&["FailedScheduling"]);
            found
        })
    }

    fn containers(&self) -> Option<PodFault<'a>> {
        let mut found: Vec<PodFault> = self.pod.containers.iter().filter_map(|c| container::judge(self, c)).collect();
        // What keeps the pod from working comes before what it has just recovered from.
        found.sort_by_key(|f| match f.fault {
            Fault::Restarting => 2,
            Fault::Probe(ProbeKind::Liveness) => 1,
            _ => 0,
        });
        (!found.is_empty()).then(|| found.swap_remove(0))
    }

    /// It has a node and no containers yet: volumes, network, sandbox; or an init container that goes on and on.
    fn creating(&self) -> Option<PodFault<'a>> {
        if self.pod.phase != Phase::Pending {
            return None;
        }
        let now = self.sight.now;
        let scheduled = self.pod.condition("PodScheduled").map(|c| c.since).filter(|s| s.is_known());
        let begun = scheduled.unwrap_or(self.object.meta.created);
        let init = self.pod.containers.iter().find(|c| c.role == Role::Init && !c.ready);
        if let Some((container, since)) = init.and_then(|c| match &c.state {
            State::Running { since } => Some((c, *since)),
            _ => None,
        }) {
            return (since.age(now) > PATIENCE).then(|| self.fault(Fault::InitWaiting, Some(container), None, since));
        }
        let told = self.told(&[
            "FailedMount",
            "FailedAttachVolume",
            "FailedMapVolume",
            "FailedCreatePodSandBox",
            "FailedPodSandBoxStatus",
            "NetworkNotReady",
            "FailedCreatePodContainer",
            "FailedBinding",
        ]);
        // A mount that fails once is tried again at once and mostly works.
        let limit = if told.is_empty() { PATIENCE } else { 20 };
        (begun.age(now) > limit && begun.is_known()).then(|| {
            let mut found = self.fault(Fault::StuckCreating, None, None, begun);
            found.events = told;
            found
        })
    }

    /// Everything runs, and yet the pod takes no traffic.
    fn not_ready(&self) -> Option<PodFault<'a>> {
        let now = self.sight.now;
        let lame = self.pod.counted().find(|c| !c.ready && matches!(c.state, State::Running { .. }));
        let condition = self.pod.condition("Ready").filter(|c| c.status == ConditionStatus::False);
        let ready_since = condition.map_or(Time::NEVER, |c| c.since);
        let Some(container) = lame else {
            // All containers are ready: then it waits for somebody else's word.
            let waits = self.pod.gates.0 < self.pod.gates.1 && condition.is_some();
            return (waits && ready_since.age(now) > PATIENCE && ready_since.is_known())
                .then(|| self.fault(Fault::Probe(ProbeKind::Readiness), None, None, ready_since));
        };
        let State::Running { since: started } = container.state else {
            return None;
        };
        let since = started.max(ready_since);
        if since.age(now) <= SLOW_START || !since.is_known() {
            return None;
        }
        let kind = probe::failing(self, container);
        let mut found = self.fault(Fault::Probe(kind), Some(container), None, since);
        found.events = probe::told(self, container, kind);
        Some(found)
    }

    fn fault(&self, fault: Fault, container: Option<&'a Container>, exit: Option<&'a Exit>, since: Time) -> PodFault<'a> {
        PodFault {
            object: self.object,
            pod: self.pod,
            fault,
            container,
            exit,
            events: Vec::new(),
            since,
        }
    }

    /// The events of these reasons, the newest first.
    fn told(&self, reasons: &[&str]) -> Vec<&'a Event> {
        self.events.iter().copied().filter(|e| reasons.contains(&&*e.reason)).collect()
    }
}

impl<'a> PodFault<'a> {
    /// What stands at the top of its owners.
    pub fn top(&self, sight: &Sight<'a>) -> (Known, &'a Object) {
        sight.top(Known::Pod, self.object)
    }
}
