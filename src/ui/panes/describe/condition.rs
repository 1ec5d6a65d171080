//! Conditions in plain words: whether, for how long, and why.
//!
//! Types and reasons that are not known here are told as the server tells them; nothing is guessed.

use serde_json::Value;

use super::page::{Fields, Page, Parts};
use super::read::{ago, at, count, list, number, one_line, span, text};
use crate::model::{Kind, Known, Time};
use crate::ui::theme::Role;

/// The conditions of an object, where they are in its status.
pub fn conditions(page: &mut Page, kind: &Kind, document: &Value, now: Time) {
    these(page, kind, document, list(document, "/status/conditions"), now);
}

/// These conditions of an object.
pub fn these(page: &mut Page, kind: &Kind, document: &Value, conditions: &[Value], now: Time) {
    let mut fields = Fields::default();
    for condition in conditions.iter().filter(|c| c.is_object()) {
        fields.add(text(condition, "/type"), line(kind, document, condition, now));
    }
    page.section("Conditions", |page| page.fields(fields));
}

/// `no, for 6m: container app is not ready (ContainersNotReady)`
fn line(kind: &Kind, document: &Value, condition: &Value, now: Time) -> Parts {
    let (name, reason) = (text(condition, "/type"), text(condition, "/reason"));
    let status = match text(condition, "/status") {
        "" => text(condition, "/phase"),
        status => status,
    };
    let known = kind.known().filter(|known| is_known(*known, name));
    let answer = match (known, status) {
        (Some(_), "True") => "yes",
        (Some(_), "False") => "no",
        (Some(_), "Unknown") => "unknown",
        _ => status,
    };
    let mut line = Parts::of(judge(name, status, reason), answer);
    let (since, told) = (ago(condition, "/lastTransitionTime", now), ago(condition, "/lastUpdateTime", now));
    if !since.is_empty() {
        line = line.and(Role::Text, format!(", for {since}"));
    } else if !told.is_empty() {
        // A few kinds keep the time of their last update only.
        line = line.and(Role::Text, format!(", as of {told} ago"));
    }
    let words = known.and_then(|known| words(known, document, condition, now));
    let words = words.unwrap_or_else(|| one_line(text(condition, "/message"), 600));
    if !words.is_empty() {
        line = line.and(Role::Text, format!(": {words}"));
    }
    if !reason.is_empty() {
        line = line.and(Role::Muted, format!(" ({reason})"));
    }
    line
}

/// The types whose status is an answer to a question that everybody knows.
const TYPES: &[(Known, &[&str])] = &[
    (
        Known::Pod,
        &[
            "PodScheduled",
            "PodReadyToStartContainers",
            "Initialized",
            "ContainersReady",
            "Ready",
            "DisruptionTarget",
        ],
    ),
    (Known::Deployment, &["Available", "Progressing", "ReplicaFailure"]),
    (Known::ReplicaSet, &["ReplicaFailure"]),
    (
        Known::Node,
        &["Ready", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"],
    ),
    (
        Known::Job,
        &["Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"],
    ),
    (Known::HorizontalPodAutoscaler, &["AbleToScale", "ScalingActive", "ScalingLimited"]),
    (Known::PodDisruptionBudget, &["DisruptionAllowed"]),
    (Known::PersistentVolumeClaim, &["Resizing", "FileSystemResizePending"]),
    (
        Known::Namespace,
        &[
            "NamespaceDeletionDiscoveryFailure",
            "NamespaceDeletionGroupVersionParsingFailure",
            "NamespaceDeletionContentFailure",
            "NamespaceContentRemaining",
            "NamespaceFinalizersRemaining",
        ],
    ),
];

fn is_known(kind: Known, name: &str) -> bool {
    TYPES.iter().any(|(known, names)| *known == kind && names.contains(&name))
}

/// The sentence for a status with its reason. `None`: the server's own message says it best, or it is not known.
fn words(kind: Known, document: &Value, condition: &Value, now: Time) -> Option<String> {
    let (name, status, reason) = (text(condition, "/type"), text(condition, "/status"), text(condition, "/reason"));
    let plain = match (kind, name, status, reason) {
        (Known::Pod, "Ready" | "ContainersReady", "False", "ContainersNotReady") => {
            return listed(condition, "container", "is not ready", "are not ready");
        }
        (Known::Pod, "Initialized", "False", "ContainersNotInitialized") => {
            return listed(condition, "init container", "has not completed", "have not completed");
        }
        (Known::Pod, "Ready" | "ContainersReady" | "Initialized", _, "PodCompleted") => "all its containers have ended",
        (Known::Pod, "PodScheduled", "False", "SchedulingGated") => "not before its scheduling gates are removed",
        (Known::Deployment, "Available", "True", "MinimumReplicasAvailable") => "enough pods are available",
        (Known::Deployment, "Available", "False", "MinimumReplicasUnavailable") => "too few pods are available",
        (Known::Deployment, "Progressing", "True", "NewReplicaSetAvailable") => "the rollout is complete",
        (Known::Deployment, "Progressing", "True", "ReplicaSetUpdated") => "the rollout is under way",
        (Known::Deployment, "Progressing", "True", "NewReplicaSetCreated") => "a new replica set was made",
        (Known::Deployment, "Progressing", "Unknown", "DeploymentPaused") => "the rollout is paused",
        (Known::Deployment, "Progressing", "Unknown", "DeploymentResumed") => "the rollout goes on after a pause",
        (Known::Deployment, "Progressing", "False", "ProgressDeadlineExceeded") => {
            let deadline = number(document, "/spec/progressDeadlineSeconds");
            return Some(match deadline {
                Some(seconds) => format!("the rollout made no progress within {seconds} s"),
                None => "the rollout made no progress before its deadline".into(),
            });
        }
        (Known::Node, "Ready", "True", "KubeletReady")
        | (Known::Node, "MemoryPressure", "False", "KubeletHasSufficientMemory")
        | (Known::Node, "DiskPressure", "False", "KubeletHasNoDiskPressure")
        | (Known::Node, "PIDPressure", "False", "KubeletHasSufficientPID") => "",
        (Known::Node, "MemoryPressure", "True", "KubeletHasInsufficientMemory") => "too little memory is left, pods may be evicted",
        (Known::Node, "DiskPressure", "True", "KubeletHasDiskPressure") => "too little disk space is left, pods may be evicted",
        (Known::Node, "PIDPressure", "True", "KubeletHasInsufficientPID") => "too few process ids are left, pods may be evicted",
        (Known::Node, _, "Unknown", "NodeStatusNeverUpdated") => "the kubelet has never reported",
        (Known::Node, _, "Unknown", "NodeStatusUnknown") => {
            let heard = ago(condition, "/lastHeartbeatTime", now);
            return Some(match heard.as_str() {
                "" => "the kubelet does not report any more".into(),
                heard => format!("the kubelet does not report any more, last heard {heard} ago"),
            });
        }
        (Known::Job, "Failed", "True", "BackoffLimitExceeded") => {
            let retries = number(document, "/spec/backoffLimit")?;
            return Some(format!(
                "it failed more often than its limit of {} allows",
                count(retries, "retry", "retries")
            ));
        }
        (Known::Job, "Failed", "True", "DeadlineExceeded") => {
            let deadline = number(document, "/spec/activeDeadlineSeconds")?;
            return Some(format!("it did not end within {}", span(deadline)));
        }
        (Known::Job, "Suspended", "True", "JobSuspended") => "it makes no pods until it is resumed",
        (Known::HorizontalPodAutoscaler, "ScalingLimited", "True", "TooFewReplicas") => {
            return Some(format!(
                "it is held at its minimum of {}",
                number(document, "/spec/minReplicas").unwrap_or(1)
            ));
        }
        (Known::HorizontalPodAutoscaler, "ScalingLimited", "True", "TooManyReplicas") => {
            let max = number(document, "/spec/maxReplicas")?;
            return Some(format!("it wants more pods than its maximum of {max}"));
        }
        (Known::HorizontalPodAutoscaler, "ScalingActive", "False", "ScalingDisabled") => "its target is scaled to 0",
        (Known::PodDisruptionBudget, "DisruptionAllowed", "True", "SufficientPods") => "enough pods are healthy",
        (Known::PodDisruptionBudget, "DisruptionAllowed", "False", "InsufficientPods") => "too few pods are healthy",
        _ => return None,
    };
    Some(plain.into())
}

/// The kubelet lists containers as `containers with unready status: [a b]`: a sentence about them.
fn listed(condition: &Value, what: &str, one: &str, many: &str) -> Option<String> {
    let (_, names) = text(condition, "/message").strip_suffix(']')?.split_once(": [")?;
    let names: Vec<&str> = names.split_whitespace().collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("{what} {name} {one}")),
        names => Some(format!("{what}s {} {many}", names.join(", "))),
    }
}

/// Conditions for which `True` is bad news.
const BAD_NEWS: &[&str] = &[
    "Pressure",
    "Unavailable",
    "Fail",
    "Stalled",
    "Degraded",
    "Problem",
    "Deadlock",
    "DisruptionTarget",
    "Limited",
    "Remaining",
    "NonStructuralSchema",
    "Error",
    "Conflict",
];

/// What is not as it should be stands out.
fn judge(name: &str, status: &str, reason: &str) -> Role {
    let bad_news = BAD_NEWS.iter().any(|word| name.contains(word)) && !name.starts_with("No");
    match (status, bad_news) {
        // An end that was wanted, and a bound that holds, are no trouble.
        ("False", false) if reason == "PodCompleted" => Role::Done,
        ("True", true) if reason == "TooFewReplicas" => Role::Text,
        ("True", false) if matches!(name, "Suspended" | "Paused") => Role::Text,
        ("True", false) | ("False", true) => Role::Ok,
        ("True", true) => Role::Bad,
        ("False", false) if matches!(name, "Suspended" | "Paused" | "Reconciling") => Role::Text,
        // A job has neither completed nor failed while it runs.
        ("False" | "Unknown", _) => Role::Warning,
        _ => Role::Text,
    }
}

/// Conditions that an annotation holds as JSON, as `autoscaling/v1` does; what cannot be read is none.
pub fn within(document: &Value, annotation: &str) -> Vec<Value> {
    let text = at(document, "/metadata/annotations").get(annotation).and_then(Value::as_str);
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Time = Time(1_795_406_481); // 2026-11-23T04:01:21Z

    fn told(kind: Known, spec: &Value, name: &str, status: &str, reason: &str, message: &str) -> String {
        let condition = json!({"type": name, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": "2026-11-23T03:54:21Z", "lastHeartbeatTime": "2026-11-23T03:53:21Z"});
        let mut page = Page::default();
        these(&mut page, &kind.into(), &json!({"spec": spec}), &[condition], NOW);
        let lines = page.finish();
        lines
            .last()
            .map(crate::ui::widgets::StyledLine::text)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    #[test]
    fn what_is_known_reads_as_a_sentence() {
        let none = json!({});
        let deadline = json!({"progressDeadlineSeconds": 600});
        let job = json!({"backoffLimit": 1, "activeDeadlineSeconds": 90});
        let bounds = json!({"maxReplicas": 4});
        let unready = "containers with unready status: [app proxy]";
        for (kind, spec, (name, status, reason, message), sentence) in [
            (
                Known::Pod,
                &none,
                ("Ready", "False", "ContainersNotReady", "containers with unready status: [app]"),
                "Ready  no, for 7m: container app is not ready (ContainersNotReady)",
            ),
            (
                Known::Pod,
                &none,
                ("ContainersReady", "False", "ContainersNotReady", unready),
                "ContainersReady  no, for 7m: containers app, proxy are not ready (ContainersNotReady)",
            ),
            (Known::Pod, &none, ("PodScheduled", "True", "", ""), "PodScheduled  yes, for 7m"),
            (
                Known::Deployment,
                &deadline,
                (
                    "Progressing",
                    "False",
                    "ProgressDeadlineExceeded",
                    "ReplicaSet \"b\" has timed out progressing.",
                ),
                "Progressing  no, for 7m: the rollout made no progress within 600 s (ProgressDeadlineExceeded)",
            ),
            (
                Known::Node,
                &none,
                (
                    "MemoryPressure",
                    "False",
                    "KubeletHasSufficientMemory",
                    "kubelet has sufficient memory available",
                ),
                "MemoryPressure  no, for 7m (KubeletHasSufficientMemory)",
            ),
            (
                Known::Node,
                &none,
                ("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
                "Ready  unknown, for 7m: the kubelet does not report any more, last heard 8m ago (NodeStatusUnknown)",
            ),
            (
                Known::Job,
                &job,
                (
                    "Failed",
                    "True",
                    "BackoffLimitExceeded",
                    "Job has reached the specified backoff limit",
                ),
                "Failed  yes, for 7m: it failed more often than its limit of 1 retry allows (BackoffLimitExceeded)",
            ),
            (
                Known::Job,
                &job,
                (
                    "Failed",
                    "True",
                    "DeadlineExceeded",
                    "Job was active longer than specified deadline",
                ),
                "Failed  yes, for 7m: it did not end within 1m30s (DeadlineExceeded)",
            ),
            (
                Known::HorizontalPodAutoscaler,
                &bounds,
                (
                    "ScalingLimited",
                    "True",
                    "TooManyReplicas",
                    "the desired replica count is more than the maximum",
                ),
                "ScalingLimited  yes, for 7m: it wants more pods than its maximum of 4 (TooManyReplicas)",
            ),
        ] {
            assert_eq!(told(kind, spec, name, status, reason, message), sentence);
        }
    }

    #[test]
    fn what_is_not_known_is_told_as_the_server_tells_it() {
        let none = json!({});
        for (kind, (name, status, reason, message), line) in [
            // A reason that is not known keeps the server's message, and a type its status.
            (
                Known::Pod,
                ("Ready", "False", "Odd", "so it is"),
                "Ready  no, for 7m: so it is (Odd)",
            ),
            (Known::Pod, ("solia/gate", "False", "", ""), "solia/gate  False, for 7m"),
            (Known::Pod, ("Ready", "Perhaps", "", ""), "Ready  Perhaps, for 7m"),
            // The same words of another kind mean something else.
            (
                Known::Service,
                ("Ready", "True", "ContainersNotReady", ""),
                "Ready  True, for 7m (ContainersNotReady)",
            ),
            // A message that lists nothing is not made to.
            (
                Known::Pod,
                ("Ready", "False", "ContainersNotReady", "x: []"),
                "Ready  no, for 7m: x: [] (ContainersNotReady)",
            ),
            (
                Known::Pod,
                ("Ready", "False", "ContainersNotReady", ""),
                "Ready  no, for 7m (ContainersNotReady)",
            ),
            // Without the number there is no sentence with a number.
            (
                Known::Deployment,
                ("Progressing", "False", "ProgressDeadlineExceeded", ""),
                "Progressing  no, for 7m: the rollout made no progress before its deadline (ProgressDeadlineExceeded)",
            ),
            (
                Known::Job,
                ("Failed", "True", "BackoffLimitExceeded", "limit"),
                "Failed  yes, for 7m: limit (BackoffLimitExceeded)",
            ),
        ] {
            assert_eq!(told(kind, &none, name, status, reason, message), line);
        }
    }

    #[test]
    fn what_is_not_as_it_should_be_stands_out() {
        for (name, status, reason, role) in [
            ("Ready", "False", "", Role::Warning),
            ("Ready", "False", "PodCompleted", Role::Done),
            ("Ready", "True", "", Role::Ok),
            ("MemoryPressure", "True", "", Role::Bad),
            ("MemoryPressure", "False", "", Role::Ok),
            ("ScalingLimited", "True", "TooFewReplicas", Role::Text),
            ("NoProblem", "True", "", Role::Ok),
        ] {
            assert_eq!(judge(name, status, reason), role, "{name} {status}");
        }
    }
}
