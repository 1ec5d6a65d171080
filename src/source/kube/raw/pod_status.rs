//! What `kubectl get pods` prints under STATUS. People know these words and search for them, so they
//! are computed by the same rules, from the same fields, in the same order.

use std::borrow::Cow;

use super::pod::{ContainerSpec, ContainerStatus, Raw, Terminated};

/// The status text of a pod.
pub fn status_text<'r>(raw: &'r Raw<'_>) -> Cow<'r, str> {
    let (spec, status) = (&*raw.spec, &*raw.status);
    let has = |kind: &str| status.conditions.iter().any(|c| &*c.kind == kind && c.holds());
    let mut text: Cow<'r, str> = Cow::Borrowed(&**status.reason.or(&status.phase));
    if status
        .conditions
        .iter()
        .any(|c| &*c.kind == "PodScheduled" && &*c.reason == "SchedulingGated")
    {
        text = "SchedulingGated".into();
    }
    let initializing = init_text(&spec.init_containers, &status.init_container_statuses);
    let is_initializing = initializing.is_some();
    text = initializing.unwrap_or(text);
    if !is_initializing || has("Initialized") {
        let mut running = false;
        // From the last to the first: the first container that has something to say wins.
        for c in status.container_statuses.iter().rev() {
            match (&c.state.waiting, &c.state.terminated) {
                (Some(waiting), _) if !waiting.reason.is_empty() => text = Cow::Borrowed(&*waiting.reason),
                (_, Some(ended)) => text = ended_text("", ended),
                _ => running |= c.ready.yes() && c.state.running.is_some(),
            }
        }
        if text == "Completed" && running {
            text = if has("Ready") { "Running" } else { "NotReady" }.into();
        }
    }
    if raw.metadata.deletion_timestamp.0.is_known() {
        if &*status.reason == "NodeLost" {
            text = "Unknown".into();
        } else if !matches!(&*status.phase, "Succeeded" | "Failed") {
            text = "Terminating".into();
        }
    }
    text
}

/// What the first init container says that is not done, if there is one.
fn init_text<'r>(specs: &'r [ContainerSpec<'_>], statuses: &'r [ContainerStatus<'_>]) -> Option<Cow<'r, str>> {
    for (done, c) in statuses.iter().enumerate() {
        let sidecar = specs.iter().any(|s| s.name == c.name && s.restarts_always());
        return Some(match (&c.state.terminated, &c.state.waiting) {
            (Some(ended), _) if ended.exit_code == 0 => continue,
            _ if sidecar && c.started.yes() => continue,
            (Some(ended), _) => ended_text("Init:", ended),
            (None, Some(waiting)) if !matches!(&*waiting.reason, "" | "PodInitializing") => format!("Init:{}", &*waiting.reason).into(),
            _ => format!("Init:{done}/{}", specs.len()).into(),
        });
    }
    None
}

fn ended_text<'r>(prefix: &str, ended: &'r Terminated<'_>) -> Cow<'r, str> {
    match (&*ended.reason, ended.signal.unwrap_or(0)) {
        ("", 0) => format!("{prefix}ExitCode:{}", ended.exit_code).into(),
        ("", signal) => format!("{prefix}Signal:{signal}").into(),
        (reason, _) if prefix.is_empty() => Cow::Borrowed(reason),
        (reason, _) => format!("{prefix}{reason}").into(),
    }
}
