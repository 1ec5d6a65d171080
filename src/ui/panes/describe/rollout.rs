//! How far a rollout is, in a sentence, and the replica sets that a deployment has made so far.

use serde_json::Value;

use super::neighbours::Neighbours;
use super::page::{Page, Parts};
use super::read::{at, count, is_true, list, number, span, text};
use crate::model::{Body, Known, Object, Time, Workload, short_age};
use crate::ui::theme::Role;

/// The state of a workload's rollout: what `kubectl rollout status` says, and why it stands still.
pub fn rollout(kind: Known, document: &Value) -> Parts {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    if let (Some(generation), Some(seen)) = (number(document, "/metadata/generation"), number(status, "/observedGeneration"))
        && seen < generation
    {
        return Parts::of(Role::Busy, "the controller has not seen the newest specification yet");
    }
    if status.as_object().is_none_or(serde_json::Map::is_empty) {
        return Parts::of(Role::Busy, "the controller has said nothing yet");
    }
    let have = |pointer| number(status, pointer).unwrap_or_default();
    let wanted = match kind {
        Known::DaemonSet => have("/desiredNumberScheduled"),
        _ => number(spec, "/replicas").unwrap_or(1),
    };
    match kind {
        Known::Deployment => deployment(document, wanted),
        Known::StatefulSet => stateful_set(document, wanted),
        Known::DaemonSet if wanted == 0 => Parts::of(Role::Muted, "no node takes its pods"),
        Known::DaemonSet => {
            let by_hand = text(spec, "/updateStrategy/type") == "OnDelete";
            replaced(
                wanted,
                have("/updatedNumberScheduled"),
                wanted,
                have("/numberAvailable"),
                "available",
                by_hand,
            )
        }
        _ if wanted == 0 && have("/replicas") == 0 => Parts::of(Role::Muted, "scaled to 0"),
        _ => replaced(wanted, wanted, have("/replicas"), have("/readyReplicas"), "ready", false),
    }
}

fn deployment(document: &Value, wanted: i64) -> Parts {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    let have = |pointer| number(status, pointer).unwrap_or_default();
    if is_true(spec, "/paused") {
        return Parts::of(Role::Warning, "paused: changes of the template are not rolled out");
    }
    let (new, all, available) = (have("/updatedReplicas"), have("/replicas"), have("/availableReplicas"));
    if wanted == 0 && all == 0 {
        return Parts::of(Role::Muted, "scaled to 0");
    }
    let stuck = list(status, "/conditions")
        .iter()
        .any(|c| text(c, "/type") == "Progressing" && text(c, "/reason") == "ProgressDeadlineExceeded");
    if stuck {
        let limit = number(spec, "/progressDeadlineSeconds").map_or_else(String::new, |s| format!(" within {}", span(s)));
        return Parts::of(
            Role::Bad,
            format!(
                "stuck: no progress{limit}; {new} of {} made from the new template, {available} available",
                count(wanted, "pod", "pods")
            ),
        );
    }
    replaced(wanted, new, all, available, "available", false)
}

fn stateful_set(document: &Value, wanted: i64) -> Parts {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    let have = |pointer| number(status, pointer).unwrap_or_default();
    if wanted == 0 && have("/replicas") == 0 {
        return Parts::of(Role::Muted, "scaled to 0");
    }
    // Where nothing is being rolled out the server may leave out how many pods are of the new revision.
    let settled = text(status, "/currentRevision") == text(status, "/updateRevision");
    let new = if settled { wanted } else { have("/updatedReplicas") };
    let partition = number(spec, "/updateStrategy/rollingUpdate/partition").unwrap_or_default().max(0);
    let due = wanted.saturating_sub(partition).max(0);
    if !settled && partition > 0 && new >= due && have("/readyReplicas") >= wanted {
        return Parts::of(
            Role::Ok,
            format!(
                "complete up to its partition: {} made from the new template, from ordinal {partition} on",
                count(new, "pod", "pods")
            ),
        );
    }
    let by_hand = text(spec, "/updateStrategy/type") == "OnDelete";
    replaced(wanted, new, have("/replicas"), have("/readyReplicas"), "ready", by_hand)
}

/// The sentence from the numbers: pods wanted, of the new template, present, and serving (`word`).
fn replaced(wanted: i64, new: i64, all: i64, serving: i64, word: &str, by_hand: bool) -> Parts {
    let pods = count(wanted, "pod", "pods");
    if by_hand && new < wanted {
        return Parts::of(
            Role::Busy,
            format!("{new} of {pods} made from the new template; the others are replaced when somebody deletes them"),
        );
    }
    if new < wanted {
        return Parts::of(Role::Busy, format!("under way: {new} of {pods} made from the new template"));
    }
    if all > wanted {
        let surplus = count(all.saturating_sub(wanted), "pod", "pods");
        return Parts::of(Role::Busy, format!("under way: {surplus} more than wanted, still to be stopped"));
    }
    if serving < wanted {
        let role = if serving == 0 { Role::Bad } else { Role::Warning };
        return Parts::of(role, format!("{serving} of {pods} {word}"));
    }
    Parts::of(Role::Ok, format!("complete: {pods} {word}"))
}

/// The replica sets of a deployment, the newest first, those without pods too: one can go back to them.
pub fn replica_sets(page: &mut Page, document: &Value, around: &Neighbours<'_>, now: Time) {
    let mut sets: Vec<(&Object, &Workload)> = around
        .replica_sets
        .iter()
        .flatten()
        .filter_map(|set| match &set.body {
            Body::Workload(workload) => Some((*set, &**workload)),
            _ => None,
        })
        .collect();
    sets.sort_by_key(|(set, workload)| std::cmp::Reverse((workload.revision, set.meta.created)));
    let current = at(document, "/metadata/annotations")
        .get("deployment.kubernetes.io/revision")
        .and_then(Value::as_str)
        .and_then(|revision| revision.parse::<u32>().ok());
    let rows = sets
        .into_iter()
        .map(|(set, workload)| {
            let is_current = current == Some(workload.revision);
            let pods = Parts::of(
                match workload.ready {
                    ready if ready < workload.desired => Role::Warning,
                    _ if workload.desired == 0 => Role::Muted,
                    _ => Role::Text,
                },
                format!("{}/{}", workload.ready, workload.desired),
            );
            let images: Vec<&str> = workload.images.iter().map(|image| &**image).collect();
            let cause = match &*workload.change_cause {
                "" => String::new(),
                cause => format!(" ({cause})"),
            };
            vec![
                Parts::from(workload.revision.to_string()).and(Role::Muted, if is_current { " current" } else { "" }),
                (*set.meta.name).into(),
                pods,
                Parts::of(Role::Muted, short_age(set.meta.created.age(now))),
                Parts::from(images.join(", ")).and(Role::Muted, cause),
            ]
        })
        .collect();
    page.section("Replica sets, newest first", |page| {
        page.table(&["REVISION", "NAME", "READY", "AGE", "IMAGES"], rows)
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rollout_is_told_in_a_sentence() {
        let stuck = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
        for (kind, document, sentence) in [
            (
                Known::Deployment,
                json!({"metadata": {"generation": 3}, "status": {"observedGeneration": 2}}),
                "the controller has not seen the newest specification yet",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 3}}),
                "the controller has said nothing yet",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 3, "paused": true}, "status": {"replicas": 3}}),
                "paused: changes of the template are not rolled out",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 2, "progressDeadlineSeconds": 600}, "status": {"replicas": 3, "updatedReplicas": 1, "availableReplicas": 2, "conditions": stuck}}),
                "stuck: no progress within 10m; 1 of 2 pods made from the new template, 2 available",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 3}, "status": {"replicas": 4, "updatedReplicas": 1, "availableReplicas": 3}}),
                "under way: 1 of 3 pods made from the new template",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 3}, "status": {"replicas": 4, "updatedReplicas": 3, "availableReplicas": 3}}),
                "under way: 1 pod more than wanted, still to be stopped",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 3}, "status": {"replicas": 3, "updatedReplicas": 3, "availableReplicas": 1}}),
                "1 of 3 pods available",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 1}, "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}}),
                "complete: 1 pod available",
            ),
            (
                Known::Deployment,
                json!({"spec": {"replicas": 0}, "status": {"observedGeneration": 1}}),
                "scaled to 0",
            ),
            (
                Known::StatefulSet,
                json!({"spec": {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}, "status": {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"}}),
                "1 of 3 pods made from the new template; the others are replaced when somebody deletes them",
            ),
            (
                Known::StatefulSet,
                json!({"spec": {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}}, "status": {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"}}),
                "complete up to its partition: 1 pod made from the new template, from ordinal 2 on",
            ),
            (
                Known::StatefulSet,
                json!({"spec": {"replicas": 2}, "status": {"replicas": 2, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "a"}}),
                "1 of 2 pods ready",
            ),
            (
                Known::DaemonSet,
                json!({"status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}}),
                "2 of 3 pods available",
            ),
            (
                Known::DaemonSet,
                json!({"status": {"desiredNumberScheduled": 0}}),
                "no node takes its pods",
            ),
            (
                Known::ReplicaSet,
                json!({"spec": {"replicas": 2}, "status": {"replicas": 2, "readyReplicas": 2}}),
                "complete: 2 pods ready",
            ),
        ] {
            assert_eq!(rollout(kind, &document).text(), sentence, "{document}");
        }
    }
}
