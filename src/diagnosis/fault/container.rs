//! What is wrong with one container.

use super::{Case, FORGIVEN, Fault, PodFault, probe};
use crate::model::{Container, Event, Exit, Restart, Role, State, Time};

/// What the kubelet says when an image cannot be had.
const IMAGE: &[&str] = &[
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// What it says when a container could be made, or started, but was not.
const CANNOT_START: &[&str] = &[
    "CreateContainerError",
    "RunContainerError",
    "StartError",
    "ContainerCannotRun",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
];

/// Restarts from which on one speaks of a loop.
const LOOP: u32 = 2;

/// Judges a container.
pub fn judge<'a>(case: &Case<'_, 'a>, container: &'a Container) -> Option<PodFault<'a>> {
    if container.role == Role::Ephemeral {
        return None;
    }
    match &container.state {
        State::Waiting { reason, .. } => waiting(case, container, reason),
        State::Terminated(exit) => ended(case, container, exit),
        State::Running { since } => running(case, container, *since),
        State::Unknown => None,
    }
}

fn waiting<'a>(case: &Case<'_, 'a>, container: &'a Container, reason: &str) -> Option<PodFault<'a>> {
    let begun = case.object.meta.created;
    let told = |fault, reasons: &[&str]| {
        let events = of_container(case, container, reasons);
        let first = events.iter().map(|e| e.first).filter(|t| t.is_known()).min();
        let mut found = case.fault(fault, Some(container), None, first.unwrap_or(begun));
        found.events = events;
        Some(found)
    };
    match reason {
        reason if IMAGE.contains(&reason) => told(Fault::ImagePull, &["Failed", "BackOff", "InspectFailed", "ErrImageNeverPull"]),
        "CreateContainerConfigError" => told(Fault::ConfigError, &["Failed"]),
        reason if CANNOT_START.contains(&reason) => match container.last.as_deref() {
            Some(exit) => Some(dead(case, container, exit)),
            None => told(Fault::CrashLoop, &["Failed", "BackOff", "FailedPostStartHook"]),
        },
        "CrashLoopBackOff" => match container.last.as_deref() {
            Some(exit) => Some(dead(case, container, exit)),
            None => told(loop_of(container), &["BackOff", "Failed"]),
        },
        _ => None,
    }
}

fn ended<'a>(case: &Case<'_, 'a>, container: &'a Container, exit: &'a Exit) -> Option<PodFault<'a>> {
    let again = match (container.role, case.pod.restart) {
        (Role::Init, Restart::Never) => false,
        (Role::Init | Role::Main | Role::Ephemeral, Restart::OnFailure) => exit.code != 0,
        (Role::Init, Restart::Always) => exit.code != 0,
        (Role::Sidecar, _) | (_, Restart::Always) => true,
        (_, Restart::Never) => false,
    };
    if !again {
        return (exit.code != 0).then(|| dead(case, container, exit));
    }
    // Between two runs. The first end of a run that lasted is no loop yet.
    let short = exit.finished - exit.started < FORGIVEN;
    if container.restarts >= LOOP && short || container.role == Role::Init {
        return Some(dead(case, container, exit));
    }
    Some(restarted(case, container, exit))
}

fn running<'a>(case: &Case<'_, 'a>, container: &'a Container, since: Time) -> Option<PodFault<'a>> {
    let exit = container.last.as_deref()?;
    let now = case.sight.now;
    if since.age(now) >= FORGIVEN || exit.finished.age(now) >= FORGIVEN + super::PATIENCE {
        return None;
    }
    let short = exit.finished - exit.started < FORGIVEN;
    // It runs at this moment; but as long as the kubelet has not forgiven it, this is one turn of the loop.
    if container.restarts >= LOOP && short {
        return Some(dead(case, container, exit));
    }
    (exit.code != 0 || exit.signal != 0).then(|| restarted(case, container, exit))
}

/// A container whose runs end, by what ended the last one.
fn dead<'a>(case: &Case<'_, 'a>, container: &'a Container, exit: &'a Exit) -> PodFault<'a> {
    let fault = cause(case, container, exit).unwrap_or(loop_of(container));
    told(case, container, exit, fault)
}

/// One that ended lately and is back: why it did still matters.
fn restarted<'a>(case: &Case<'_, 'a>, container: &'a Container, exit: &'a Exit) -> PodFault<'a> {
    let fault = cause(case, container, exit).unwrap_or(Fault::Restarting);
    told(case, container, exit, fault)
}

fn loop_of(container: &Container) -> Fault {
    if container.role == Role::Init {
        Fault::InitFailing
    } else {
        Fault::CrashLoop
    }
}

/// What ended the run from outside, if something did.
fn cause<'a>(case: &Case<'_, 'a>, container: &'a Container, exit: &'a Exit) -> Option<Fault> {
    if &*exit.reason == "OOMKilled" {
        return Some(Fault::OomKilled);
    }
    probe::killed(case, container, exit).map(Fault::Probe)
}

fn told<'a>(case: &Case<'_, 'a>, container: &'a Container, exit: &'a Exit, fault: Fault) -> PodFault<'a> {
    let events = match fault {
        Fault::Probe(kind) => probe::told(case, container, kind),
        _ => of_container(case, container, &["BackOff", "Failed", "OOMKilling"]),
    };
    let first = events.iter().map(|e| e.first).filter(|t| t.is_known()).min();
    let begun = if exit.started.is_known() { exit.started } else { exit.finished };
    let since = first.filter(|first| *first < begun).unwrap_or(begun);
    let mut found = case.fault(fault, Some(container), Some(exit), since);
    found.events = events;
    found
}

/// Events of these reasons about this container (or about the pod, where they do not say which).
pub fn of_container<'a>(case: &Case<'_, 'a>, container: &Container, reasons: &[&str]) -> Vec<&'a Event> {
    let mut events = case.told(reasons);
    events.retain(|e| is_about(e, container));
    events
}

/// Whether an event speaks of this container: its field is `spec.containers{NAME}`.
pub fn is_about(event: &Event, container: &Container) -> bool {
    match event.field.split_once('{') {
        Some((_, name)) => name.trim_end_matches('}') == &*container.name,
        None => true,
    }
}
