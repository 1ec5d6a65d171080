//! Which probe fails, and what it was answered. Only events tell: the status of a container does not.

use super::container::is_about;
use super::{Case, ProbeKind};
use crate::model::{Container, Event, Exit};

/// How the kubelet begins its sentence about a failed probe.
const SENTENCES: [(&str, ProbeKind); 3] = [
    ("Readiness probe", ProbeKind::Readiness),
    ("Liveness probe", ProbeKind::Liveness),
    ("Startup probe", ProbeKind::Startup),
];

/// Which probe an event is about, if it is about one.
pub fn of(event: &Event) -> Option<ProbeKind> {
    if &*event.reason != "Unhealthy" && &*event.reason != "ProbeWarning" {
        return None;
    }
    SENTENCES
        .iter()
        .find(|(words, _)| event.message.starts_with(words))
        .map(|(_, kind)| *kind)
}

/// What a probe of this kind was answered, the newest first.
pub fn told<'a>(case: &Case<'_, 'a>, container: &Container, kind: ProbeKind) -> Vec<&'a Event> {
    case.events
        .iter()
        .copied()
        .filter(|event| of(event) == Some(kind) && is_about(event, container))
        .collect()
}

/// Which probe keeps a running container from being ready: the startup probe until it has passed, else readiness.
pub fn failing(case: &Case<'_, '_>, container: &Container) -> ProbeKind {
    let newest = case.events.iter().filter(|e| is_about(e, container)).find_map(|e| of(e));
    match newest {
        Some(ProbeKind::Startup) if container.probes.startup => ProbeKind::Startup,
        Some(ProbeKind::Liveness) if !container.probes.readiness => ProbeKind::Liveness,
        None if container.probes.startup && !container.probes.readiness => ProbeKind::Startup,
        _ => ProbeKind::Readiness,
    }
}

/// The probe for whose sake the kubelet ended this run. It says so when it does: `Container app failed liveness probe,
/// will be restarted`.
pub fn killed(case: &Case<'_, '_>, container: &Container, exit: &Exit) -> Option<ProbeKind> {
    if !(container.probes.liveness || container.probes.startup) {
        return None;
    }
    // Events hold the time of their last repetition only, and clocks differ by some seconds.
    let during = |event: &Event| event.last >= exit.started && event.first <= exit.finished + 60;
    // After some 25 events of a pod the kubelet tells most of them no more. A kill of an earlier run then speaks for this
    // one as well, if this one ended as killed programs do: by the signal, or well because they obeyed it.
    let by_kill = matches!(exit.code, 0 | 137 | 143) || exit.signal != 0;
    let before = |event: &Event| by_kill && event.first <= exit.finished;
    let killing = case
        .events
        .iter()
        .filter(|e| &*e.reason == "Killing" && is_about(e, container) && (during(e) || before(e)));
    for event in killing {
        if event.message.contains("failed liveness probe") {
            return Some(ProbeKind::Liveness);
        }
        if event.message.contains("failed startup probe") {
            return Some(ProbeKind::Startup);
        }
    }
    // The event of the kill may be forgotten while those of the probe are still there; then a signal has to fit.
    let by_signal = matches!(exit.code, 137 | 143) || exit.signal != 0;
    let probes = [ProbeKind::Liveness, ProbeKind::Startup];
    probes
        .into_iter()
        .find(|kind| by_signal && told(case, container, *kind).iter().any(|event| during(event)))
}
