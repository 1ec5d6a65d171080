//! Runbooks on a real cluster: every step really runs.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams};
use quarterdeck::app::App;
use quarterdeck::config::{CloudWatch, Tier};
use quarterdeck::runbook::walk::StepState;
use serde_json::json;

use super::acts::{deployment, wait_ready};
use super::{Access, Live, Sharing, begin};
use crate::journey::books::{answer, state, wait_at, walk};
use crate::journey::twin::{Twin, TwinOptions};

fn cockpit(live: &Live, namespace: &str, table: &str) -> Twin {
    let mut twin = TwinOptions::platform(&live.kubeconfig, "", CloudWatch::default())
        .namespace(namespace)
        .tier(Tier::Confirm)
        .user("anna")
        .start();
    twin.type_text(&format!(":{table}\n"));
    twin.wait_text(&["web", " live "]);
    twin
}

fn passed(app: &App, step: &str) -> bool {
    app.books.walking.as_ref().unwrap().walk.progress(step).state == StepState::Passed
}

#[test]
fn a_crash_loop_is_walked_from_the_pod_to_the_roll_back_that_heals() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookcrash");
    let deployments = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live, &namespace, "dp");
    wait_ready(&mut twin, "2/2");
    let container =
        json!({"name": "app", "image": "solia.local/postgres:15", "command": ["sh", "-c", "echo STRIPE_KEY is not set; exit 1"]});
    let bad = Patch::Strategic(json!({"spec": {"template": {"spec": {"containers": [container]}}}}));
    live.block_on(deployments.patch("web", &PatchParams::default(), &bad)).unwrap();
    twin.type_text(":pods\n");
    twin.wait_text(&["CrashLoopBackOff"]);
    twin.type_text("/status:crash\n");
    twin.wait_until("one that crashes is alone", |app, screen| {
        app.has_row() && screen.contains("CrashLoopBackOff")
    });
    twin.type_text(":runbook pod-crashloop\n");
    // It crashes, how it ended, and its last words: read without a key.
    wait_at(&mut twin, "read-the-log-of-the-run-that-died");
    twin.wait_text(&["STRIPE_KEY is not set", "--previous", "kept as evidence"]);
    assert_eq!(walk(&twin).bindings.get("LAST_REASON"), Some("Error"));
    assert_eq!(walk(&twin).bindings.get("DEPLOYMENT"), Some("web"));
    assert_eq!(walk(&twin).bindings.get("CONTAINER"), Some("app"));
    twin.press("1");
    wait_at(&mut twin, "did-a-deployment-start-it");
    twin.wait_text(&["REVISION", "2 (current)"]);
    twin.press("1");
    wait_at(&mut twin, "roll-back-the-deployment");
    assert_eq!(walk(&twin).bindings.get("PRE_REVISION"), Some("2"));
    twin.wait_text(&["read the warning: enter says that you have"]);
    twin.press("enter");
    twin.wait_text(&["ready: enter runs it"]);
    twin.press("enter");
    answer(&mut twin);
    twin.wait_until("it is rolled back", |app, _| passed(app, "roll-back-the-deployment"));
    twin.press("enter");
    twin.wait_until("the rollout is done", |app, _| passed(app, "wait-for-the-rollout"));
    let now = live.block_on(deployments.get("web")).unwrap();
    let template = now.spec.unwrap().template;
    assert_eq!(template.spec.unwrap().containers[0].command.as_ref().unwrap()[2], "sleep 100000");
}

#[test]
fn the_database_is_asked_from_the_pod() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let pods: Api<Pod> = Api::namespaced(live.client(), "solia");
    let postgres = live.block_on(pods.get("postgres-0")).unwrap().status.unwrap().pod_ip.unwrap();
    let namespace = live.namespace("bookdb");
    let _ = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live, &namespace, "dp");
    wait_ready(&mut twin, "2/2");
    let own: Api<Pod> = Api::namespaced(live.client(), &namespace);
    let pod = live.block_on(own.list(&ListParams::default())).unwrap().items[0]
        .metadata
        .name
        .clone()
        .unwrap();
    twin.type_text(":pods\n");
    twin.wait_text(&[&pod, " live "]);
    twin.type_text(":runbook database-connection\n");
    twin.wait_text(&["it needs DB_HOST: enter asks for it"]);
    twin.press("enter");
    twin.type_text(&format!("{postgres}\n"));
    // It reads, so nobody is asked; it is in the audit all the same.
    twin.wait_until("the database has answered", |app, _| {
        passed(app, "is-the-database-reachable-from-the-pod")
    });
    assert_eq!(crate::journey::acts::audited(&twin), ["intended", "succeeded"]);
    twin.wait_until("the walk went on", |app, _| {
        app.books.walking.as_ref().unwrap().walk.at.as_deref() != Some("is-the-database-reachable-from-the-pod")
    });
    assert_eq!(state(&twin, "try-the-port"), StepState::Ready, "what accepts needs no other probe");
    live.delete_namespaces();
}
