//! `rollout status` and `rollout history`.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::object::objects;
use super::table::aligned;
use super::{refused, shown, well};
use crate::action::Target;
use crate::action::ask::Heard;
use crate::action::plan::rollback::revisions;
use crate::execute::look;
use crate::model::{Problem, short_age};
use crate::source::kube::{Api, request};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// Where a rollout is.
#[derive(Debug, PartialEq, Eq)]
enum Stand {
    Done(String),
    Going(String),
    Failed(String),
}

/// Looks; with a time, until it is done or the time is over.
pub async fn status(api: &Api, target: &Target, namespace: &str, time: Option<Duration>) -> Result<Heard, Problem> {
    let until = Instant::now() + time.unwrap_or_default();
    loop {
        let found = match objects(api, target, namespace).await {
            Ok(found) => found,
            Err(problem) => return refused(&problem),
        };
        let stands: Vec<Stand> = found.iter().map(|(object, value)| stand(object.kind.resource(), value)).collect();
        let going = stands.iter().any(|stand| matches!(stand, Stand::Going(_)));
        let over = time.is_some() && Instant::now() >= until;
        if going && time.is_some() && !over {
            tokio::time::sleep(PAUSE.min(until.saturating_duration_since(Instant::now()))).await;
            continue;
        }
        let mut heard = well(String::new());
        for stand in stands {
            match stand {
                Stand::Done(text) => heard.stdout.push_str(&format!("{text}\n")),
                Stand::Going(text) => {
                    heard.stdout.push_str(&format!("{text}\n"));
                    if over {
                        heard.exit = Some(1);
                        heard.stderr.push_str("timed out waiting for the condition\n");
                    }
                }
                Stand::Failed(text) => {
                    heard.exit = Some(1);
                    heard.stderr.push_str(&format!("{text}\n"));
                }
            }
        }
        return Ok(heard);
    }
}

fn stand(resource: &str, value: &Value) -> Stand {
    let name = value["metadata"]["name"].as_str().unwrap_or_default();
    let (spec, status) = (&value["spec"], &value["status"]);
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let what = format!("{} \"{name}\"", resource.trim_end_matches('s'));
    if number(&value["metadata"]["generation"]) > number(&status["observedGeneration"]) {
        return Stand::Going(format!("Waiting for {what} spec update to be observed..."));
    }
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let late = conditions
        .into_iter()
        .any(|c| c["type"] == "Progressing" && c["reason"] == "ProgressDeadlineExceeded");
    if late {
        return Stand::Failed(format!("error: {what} exceeded its progress deadline"));
    }
    let (wanted, all, updated, available) = match resource {
        "daemonsets" => {
            let wanted = number(&status["desiredNumberScheduled"]);
            (
                wanted,
                wanted,
                number(&status["updatedNumberScheduled"]),
                number(&status["numberAvailable"]),
            )
        }
        _ => (
            spec["replicas"].as_i64().unwrap_or(1),
            number(&status["replicas"]),
            number(&status["updatedReplicas"]),
            number(&status["availableReplicas"]),
        ),
    };
    if updated < wanted {
        return Stand::Going(format!(
            "Waiting for {what} rollout to finish: {updated} out of {wanted} new replicas have been updated..."
        ));
    }
    if all > updated {
        let old = all - updated;
        return Stand::Going(format!(
            "Waiting for {what} rollout to finish: {old} old replicas are pending termination..."
        ));
    }
    if available < updated {
        return Stand::Going(format!(
            "Waiting for {what} rollout to finish: {available} of {updated} updated replicas are available..."
        ));
    }
    Stand::Done(format!("{what} successfully rolled out"))
}

/// The revisions, the oldest first, as kubectl has them; with what one compares: when, how many pods are ready, images.
pub async fn history(api: &Api, target: &Target, namespace: &str) -> Result<Heard, Problem> {
    let found = match objects(api, target, namespace).await {
        Ok(found) => found,
        Err(problem) => return refused(&problem),
    };
    let now = request::now();
    let mut out = String::new();
    for (object, value) in found {
        let items = look::revisions(api, &object).await?;
        let mut lines = vec![["REVISION", "BEGUN", "READY", "IMAGES", "CHANGE-CAUSE"].map(str::to_owned).to_vec()];
        for revision in revisions(&value, &items).iter().rev() {
            let age = match revision.created.is_known() {
                true => format!("{} ago", short_age(revision.created.age(now))),
                false => "?".to_owned(),
            };
            let current = if revision.is_current { " (current)" } else { "" };
            let cause = if revision.cause.is_empty() { "<none>" } else { &revision.cause };
            lines.push(vec![
                format!("{}{current}", revision.number),
                age,
                revision.ready.to_string(),
                revision.images.join(","),
                cause.to_owned(),
            ]);
        }
        out.push_str(&format!("{}/{}\n{}", object.kind.resource(), object.name, aligned(&lines)));
    }
    Ok(well(shown(out.as_bytes())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rollout_is_told_as_kubectl_tells_it() {
        let told = |status: Value| {
            stand(
                "deployments",
                &json!({"metadata": {"name": "web", "generation": 2}, "spec": {"replicas": 3}, "status": status}),
            )
        };
        let words = |stand: Stand| match stand {
            Stand::Done(text) => format!("done {text}"),
            Stand::Going(text) => format!("going {text}"),
            Stand::Failed(text) => format!("failed {text}"),
        };
        for (status, expected) in [
            (json!({"observedGeneration": 1}), "going Waiting for deployment \"web\" spec"),
            (
                json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1}),
                "1 out of 3 new replicas",
            ),
            (
                json!({"observedGeneration": 2, "replicas": 4, "updatedReplicas": 3}),
                "1 old replicas are pending",
            ),
            (
                json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 2}),
                "2 of 3 updated replicas are available",
            ),
            (
                json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}),
                "done deployment \"web\" successfully rolled out",
            ),
            (
                json!({"observedGeneration": 2, "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}),
                "failed error: deployment \"web\" exceeded its progress deadline",
            ),
        ] {
            let found = words(told(status));
            assert!(found.contains(expected), "{found}");
        }
    }
}
