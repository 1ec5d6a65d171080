//! Changes on a real cluster: what the plan says is what happens, and what stands in the way says so.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v1::HorizontalPodAutoscaler;
use kube::api::{Api, Patch, PatchParams, PostParams};
use quarterdeck::config::{CloudWatch, Tier};
use quarterdeck::ledger::audit::AuditKind;
use serde_json::{Value, json};

use super::{Access, Live, Sharing, begin};
use crate::journey::twin::{Twin, TwinOptions};

pub const ACCEPTED: &str = "the server would take it";

pub fn deployment(live: &Live, namespace: &str, script: &str) -> Api<Deployment> {
    let deployments: Api<Deployment> = Api::namespaced(live.client(), namespace);
    let made = json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "progressDeadlineSeconds": 20,
            // A container without a probe is ready while it lives: one that exits at once must not count as serving.
            "minReadySeconds": 5,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod(script)},
        },
    });
    live.block_on(deployments.create(&PostParams::default(), &serde_json::from_value(made).unwrap()))
        .unwrap();
    deployments
}

fn pod(script: &str) -> Value {
    let container = json!({"name": "app", "image": "solia.local/postgres:15", "command": ["sh", "-c", script]});
    json!({"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "containers": [container]})
}

/// The cockpit on the deployments of a namespace, the cursor on the only one.
pub fn cockpit(kubeconfig: &std::path::Path, namespace: &str) -> Twin {
    let mut twin = TwinOptions::platform(kubeconfig, "", CloudWatch::default())
        .namespace(namespace)
        .tier(Tier::Open)
        .start();
    twin.type_text(":dp\n");
    twin.wait_text(&["deployments", "web", " live "]);
    twin
}

pub fn wait_ready(twin: &mut Twin, ready: &str) {
    twin.wait_until(&format!("{ready} are ready"), |_, screen| {
        screen.lines().any(|line| line.contains("web ") && line.contains(ready))
    });
}

#[test]
fn a_revision_that_exits_is_rolled_back_and_the_verdict_says_that_it_helped() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("actback");
    let deployments = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live.kubeconfig, &namespace);
    wait_ready(&mut twin, "2/2");
    let bad = Patch::Strategic(json!({"spec": {"template": {"spec": pod("echo STRIPE_KEY is not set; exit 1")}}}));
    live.block_on(deployments.patch("web", &PatchParams::default(), &bad)).unwrap();
    twin.wait_text(&["new pod crashes"]);

    twin.press("H");
    twin.wait_text(&["ROLLOUT HISTORY deployment/web", "served, proposed", "ready now"]);
    twin.press("enter");
    // Which one served is told from its pods, that are still ready.
    let screen = twin.wait_text(&["ROLL BACK deployment/web", "revision 2 → 1", "ready now", ACCEPTED, "y do it"]);
    assert!(screen.contains("--to-revision=1"), "{screen}");
    twin.press("y");
    twin.wait_text(&["roll back deployment/web: revision 2 → 1"]);
    twin.wait_text(&["roll back deployment/web: worked"]);
    let now = live.block_on(deployments.get("web")).unwrap();
    let template = now.spec.unwrap().template;
    assert_eq!(template.spec.unwrap().containers[0].command.as_ref().unwrap()[2], "sleep 100000");
    let cause = now.metadata.annotations.unwrap()["kubernetes.io/change-cause"].clone();
    assert!(cause.starts_with("kubectl -n ") && cause.contains("rollout undo"), "{cause}");
    // It says who wrote it.
    let managers: Vec<String> = now.metadata.managed_fields.unwrap().into_iter().filter_map(|f| f.manager).collect();
    assert!(managers.contains(&"qd".to_owned()), "{managers:?}");
    let placed = twin.audit.read().unwrap();
    let kinds: Vec<AuditKind> = placed.iter().map(|line| line.event.as_ref().unwrap().kind).collect();
    // (The Audit-Id is there only where the server keeps an audit of its own; the test bed's does not.)
    assert_eq!(kinds, [AuditKind::Intended, AuditKind::Outcome]);
}

#[test]
fn a_scale_names_the_autoscaler_that_will_fight_it_and_is_taken_back_by_a_key() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("actscale");
    let deployments = deployment(&live, &namespace, "sleep 100000");
    let scalers: Api<HorizontalPodAutoscaler> = Api::namespaced(live.client(), &namespace);
    let scaler = json!({"metadata": {"name": "web"}, "spec": {"minReplicas": 2, "maxReplicas": 3,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    live.block_on(scalers.create(&PostParams::default(), &serde_json::from_value(scaler).unwrap()))
        .unwrap();
    let mut twin = cockpit(&live.kubeconfig, &namespace);
    wait_ready(&mut twin, "2/2");
    twin.type_text(":scale 5\n");
    twin.wait_text(&[
        "SCALE deployment/web",
        "replicas 2 → 5",
        "autoscaler web will lower it to 3",
        ACCEPTED,
    ]);
    twin.press("esc");
    live.block_on(scalers.delete("web", &kube::api::DeleteParams::default())).unwrap();
    twin.type_text(":scale 3\n");
    twin.wait_text(&["replicas 2 → 3", ACCEPTED, "y do it"]);
    twin.press("y");
    wait_ready(&mut twin, "3/3");
    twin.press("u");
    twin.wait_text(&["replicas 3 → 2", ACCEPTED, "y do it"]);
    twin.press("y");
    wait_ready(&mut twin, "2/2");
    let now = live.block_on(deployments.get("web")).unwrap();
    assert_eq!(now.spec.unwrap().replicas, Some(2));
}

#[test]
fn an_object_that_somebody_else_changed_is_left_alone() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("actmoved");
    let deployments = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live.kubeconfig, &namespace);
    wait_ready(&mut twin, "2/2");
    twin.type_text(":scale 5\n");
    twin.wait_text(&["replicas 2 → 5", ACCEPTED, "y do it"]);
    let other = Patch::Merge(json!({"spec": {"replicas": 1}}));
    live.block_on(deployments.patch("web", &PatchParams::default(), &other)).unwrap();
    twin.press("y");
    twin.wait_text(&["NOT DONE", "it is no longer as it was when the plan was made"]);
    let now = live.block_on(deployments.get("web")).unwrap();
    assert_eq!(now.spec.unwrap().replicas, Some(1));
}

#[test]
fn a_deleted_pod_comes_back_and_what_may_not_be_changed_is_refused_before_it_is_tried() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("actpod");
    let _deployments = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live.kubeconfig, &namespace);
    wait_ready(&mut twin, "2/2");
    twin.type_text(":po\n");
    twin.wait_until("its pods are there", |app, _| crate::journey::twin::rows(app) == 2);
    let gone = twin.selected();
    twin.press("ctrl-d");
    twin.wait_text(&["DELETE pod/", "ReplicaSet web-", "2 ready now, 1 until then", ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_until("another took its place", |app, screen| {
        crate::journey::twin::rows(app) == 2 && !screen.contains(&format!("{gone} ")) && !screen.contains("Terminating")
    });

    let Some(reader) = Access::ReadOnly.kubeconfig() else { return };
    let mut reader = cockpit(&reader, &namespace);
    reader.wait_text(&["H r patch deployments"]);
    reader.press("r");
    reader.wait_text(&[
        "NOT ALLOWED",
        "restart needs patch deployments.apps in",
        "kubectl -n",
        "c copy the line",
    ]);
    reader.press("y");
    reader.wait_text(&["NOT ALLOWED"]);
}

#[test]
fn a_user_of_one_namespace_has_all_keys_there() {
    let Some(live) = begin(Access::Namespaced, Sharing::Shared) else {
        return;
    };
    let mut twin = TwinOptions::platform(&live.kubeconfig, "", CloudWatch::default())
        .namespace("solia")
        .tier(Tier::Open)
        .start();
    twin.wait_text(&["pods", "backend-deployment", " live ", "s shell"]);
    assert!(!twin.screen().contains("needs create"), "{}", twin.screen());
    twin.type_text(":dp\n");
    twin.wait_text(&["deployments", " live ", "r restart"]);
    assert!(!twin.screen().contains("needs patch"), "{}", twin.screen());
}
