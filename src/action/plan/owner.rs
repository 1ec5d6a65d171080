//! Who else writes an object: whoever did lately, and whatever will put it back.

use serde_json::Value;

use crate::model::{Time, short_age};

/// Writes older than this (seconds) are not told.
const LATELY: i64 = 10 * 60;

/// Who changed the object in the last ten minutes, newest first: `kubectl-edit 4m ago`. Status writes do not count.
pub fn lately(object: &Value, now: Time) -> Vec<String> {
    let fields = object["metadata"]["managedFields"].as_array();
    let mut writes: Vec<(i64, &str)> = fields
        .into_iter()
        .flatten()
        .filter(|entry| entry["subresource"].as_str().is_none_or(|sub| sub == "scale"))
        .filter_map(|entry| Some((Time::parse(entry["time"].as_str()?).age(now), entry["manager"].as_str()?)))
        .filter(|(age, manager)| *age <= LATELY && *manager != "kube-controller-manager")
        .collect();
    writes.sort_unstable();
    writes
        .into_iter()
        .map(|(age, manager)| format!("{manager} {} ago", short_age(age)))
        .collect()
}

/// What owns the object and will put it back as it was: a GitOps controller, Helm, an operator.
pub fn keeper(object: &Value) -> Option<String> {
    let meta = &object["metadata"];
    let note = |key: &str| meta["annotations"][key].as_str().or_else(|| meta["labels"][key].as_str());
    if let Some(id) = note("argocd.argoproj.io/tracking-id") {
        let app = id.split(':').next().unwrap_or_default();
        return Some(format!("Argo CD keeps it (application {app}): a sync may undo this"));
    }
    if let Some(app) = note("argocd.argoproj.io/instance") {
        return Some(format!("Argo CD keeps it (application {app}): a sync may undo this"));
    }
    for key in ["kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"] {
        if let Some(name) = note(key) {
            return Some(format!("Flux keeps it ({name}): the next reconciliation may undo this"));
        }
    }
    if let Some(release) = note("meta.helm.sh/release-name") {
        return Some(format!("Helm release {release} owns it: the next upgrade may undo this"));
    }
    let owners = meta["ownerReferences"].as_array();
    let owner = owners.into_iter().flatten().find(|owner| owner["controller"] == true)?;
    let (kind, name) = (owner["kind"].as_str()?, owner["name"].as_str()?);
    // Pods and jobs are replaced, not put back.
    match object["kind"].as_str() {
        Some("Pod" | "Job") => None,
        _ => Some(format!("{kind}/{name} owns it, and may undo this")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_wrote_lately_is_told_and_who_wrote_status_is_not() {
        let entry = |manager: &str, time: &str, sub: &str| json!({"manager": manager, "time": time, "subresource": sub});
        let mut object = json!({"metadata": {"managedFields": [
            entry("kubectl-edit", "2023-11-14T22:09:20Z", ""), entry("github-actions", "2023-11-14T20:00:00Z", ""),
            entry("kubectl", "2023-11-14T22:13:00Z", "scale"), entry("kubelet", "2023-11-14T22:13:19Z", "status")]}});
        let fields = object["metadata"]["managedFields"].as_array_mut().unwrap();
        fields[0].as_object_mut().unwrap().remove("subresource");
        fields[1].as_object_mut().unwrap().remove("subresource");
        assert_eq!(lately(&object, Time(1_700_000_000)), ["kubectl 20s ago", "kubectl-edit 4m ago"]);
    }

    #[test]
    fn what_will_put_it_back_is_told() {
        let of = |meta: Value| keeper(&json!({"kind": "Deployment", "metadata": meta})).unwrap_or_default();
        assert!(
            of(json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:default/web"}})).contains("application shop")
        );
        assert!(of(json!({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}})).starts_with("Flux"));
        assert!(of(json!({"annotations": {"meta.helm.sh/release-name": "web"}})).starts_with("Helm release web"));
        assert!(of(json!({"ownerReferences": [{"controller": true, "kind": "Rollout", "name": "web"}]})).starts_with("Rollout/web"));
        assert_eq!(of(json!({})), "");
    }
}
