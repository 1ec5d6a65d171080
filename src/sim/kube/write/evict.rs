//! Evictions: deletions that respect disruption budgets.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Answer, Writing, delete, labels, options};
use crate::sim::kube::{Status, Version};
use crate::sim::store::{Stored, seconds};
use crate::sim::world::World;

pub(super) fn evict(world: &mut World, writing: &Writing<'_>) -> Result<Answer, Status> {
    let eviction = if writing.body.is_empty() {
        json!({})
    } else {
        options::object(writing.request, "Eviction", writing.body)?
    };
    if writing.version == Version::V1_20 && eviction["apiVersion"] == "policy/v1" {
        let message = "Eviction in version \"v1\" cannot be handled as a Eviction: no kind \"Eviction\" is registered for version \"policy/v1\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"";
        return Err(Status::bad_request(message));
    }
    let name = eviction["metadata"]["name"].as_str().unwrap_or(writing.name());
    if name != writing.name() {
        return Err(Status::bad_request("name in URL does not match name in Eviction object"));
    }
    let key = writing.key();
    let Some(stored) = world.store.find(&key).cloned() else {
        return Err(Status::not_found(writing.kind, writing.name()));
    };
    let wishes = delete::Wishes::read(writing, &eviction["deleteOptions"])?;
    delete::preconditions(writing, &stored, &wishes)?;
    let pod = stored.value();
    if guarded(&pod) {
        let budget = budget_of(world, &stored)?;
        if let Some(budget) = budget {
            allow(world, writing.version, &budget, &stored, &pod, wishes.is_dry)?;
        }
    }
    if !wishes.is_dry {
        world.delete(&key, wishes.grace, wishes.propagation(writing.kind));
    }
    Ok(Answer::success(201, Value::Null))
}

/// A pod that is over, has not begun or leaves already disrupts nothing.
fn guarded(pod: &Value) -> bool {
    let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"));
    !over && pod["metadata"]["deletionTimestamp"].is_null()
}

fn budget_of(world: &World, pod: &Stored) -> Result<Option<Arc<Stored>>, Status> {
    let all = world.store.list("poddisruptionbudgets", Some(&pod.key.namespace));
    let mut own = all.filter(|b| labels::select(&b.value()["spec"]["selector"], pod));
    let first = own.next().cloned();
    if own.next().is_some() {
        let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        // (Without a reason, as a real server says it.)
        return Err(Status::new(500, "", message));
    }
    Ok(first)
}

fn refusal(message: &str, cause: String, seconds: u32) -> Status {
    let mut details = json!({"causes": [{"reason": "DisruptionBudget", "message": cause}]});
    if seconds > 0 {
        details["retryAfterSeconds"] = json!(seconds);
    }
    Status::new(429, "TooManyRequests", message).with_details(details)
}

/// Takes one of the budget's disruptions, or refuses.
fn allow(world: &mut World, version: Version, budget: &Arc<Stored>, pod: &Stored, object: &Value, is_dry: bool) -> Result<(), Status> {
    let (name, document) = (&budget.key.name, budget.value());
    let status = &document["status"];
    let number = |field: &str| status[field].as_i64().unwrap_or(0);
    let ready = |c: &Value| c["type"] == "Ready" && c["status"] == "True";
    let is_ready = object["status"]["conditions"].as_array().is_some_and(|c| c.iter().any(ready));
    let always = document["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow";
    let spare = number("currentHealthy") >= number("desiredHealthy") && number("desiredHealthy") > 0;
    // Newer servers let pods go that do not work anyhow, as long as enough others do.
    if version == Version::V1_36 && !is_ready && (always || spare) {
        return Ok(());
    }
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    if number("observedGeneration") < document["metadata"]["generation"].as_i64().unwrap_or(0) {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(refusal(message, cause, 10));
    }
    if number("disruptionsAllowed") <= 0 {
        let (needed, healthy) = (number("desiredHealthy"), number("currentHealthy"));
        let cause = format!("The disruption budget {name} needs {needed} healthy pods and has {healthy} currently");
        return Err(refusal(message, cause, 0));
    }
    if !is_dry {
        let (left, now) = (number("disruptionsAllowed") - 1, seconds(world.now()));
        world.update(&budget.key, |budget| {
            let Some(status) = budget.get_mut("status").and_then(Value::as_object_mut) else {
                return;
            };
            status.insert("disruptionsAllowed".to_owned(), json!(left));
            let disrupted = status.entry("disruptedPods").or_insert_with(|| json!({}));
            if let Some(disrupted) = disrupted.as_object_mut() {
                disrupted.insert(pod.key.name.to_string(), json!(now));
            }
        });
    }
    Ok(())
}
