//! Objects changed as a whole on a real cluster: the history, the editor, resources, bounds, a file, a selector.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v1::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::Api;
use quarterdeck::ledger::audit::AuditOutcome;
use serde_json::json;

use super::acts::{ACCEPTED, cockpit, deployment, wait_ready};
use super::{Access, Sharing, begin};
use crate::journey::twin::{Twin, rows};

fn answer(twin: &mut Twin, texts: &[&str]) -> String {
    let screen = twin.wait_text(&[texts, &[ACCEPTED, "y do it"]].concat());
    twin.press("y");
    screen
}

#[test]
fn an_edit_resources_and_the_history_of_both() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("objedit");
    let deployments: Api<Deployment> = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live.kubeconfig, &namespace);
    wait_ready(&mut twin, "2/2");

    // Edited in an editor; the server takes it as a patch of what was changed.
    twin.editor =
        r#"sed -i -e 's/^\( *\)progressDeadlineSeconds: .*/\1progressDeadlineSeconds: 30/' -e 's/^\( *\)app: web$/&\n\1tier: front/'"#
            .into();
    twin.press("e");
    twin.wait_text(&[
        "EDIT deployment/web",
        "the server would not take it",
        "field is immutable",
        "e edit again",
    ]);
    twin.press("esc");
    twin.wait_text(&["your edit is kept in"]);
    // What the server did not want is offered again, and put right.
    twin.editor = r#"sed -i -e '/^ *tier: front$/d'"#.into();
    twin.press("e");
    answer(&mut twin, &["EDIT deployment/web", "spec.progressDeadlineSeconds: 20 → 30"]);
    twin.wait_text(&["edit deployment/web: spec.progressDeadlineSeconds"]);
    let now = live.block_on(deployments.get("web")).unwrap();
    assert_eq!(now.spec.unwrap().progress_deadline_seconds, Some(30));

    twin.type_text(":resources memory=32Mi:64Mi\n");
    answer(
        &mut twin,
        &[
            "SET RESOURCES OF deployment/web",
            "app: memory request none → 32Mi, memory limit none → 64Mi",
        ],
    );
    twin.wait_text(&["set resources of deployment/web: done, 2 of 2 ready"]);

    twin.press("H");
    let screen = twin.wait_text(&[
        "ROLLOUT HISTORY deployment/web",
        "runs now",
        "spec.containers[app].resources.limits",
        "enter plan 1 again",
    ]);
    assert!(screen.contains("1 is proposed"), "{screen}");
    twin.press("g");
    twin.wait_text(&["2 came by: kubectl -n ", "set resources deployment/web"]);
    // It was replaced within minutes, and none of its pods is left: nothing shows that it served, and more is asked.
    twin.press("down enter");
    twin.wait_text(&[
        "ROLL BACK deployment/web",
        "revision 2 → 1",
        "--to-revision=1",
        ACCEPTED,
        "Type cloud 1 and enter",
    ]);
    twin.type_text("cloud 1\n");
    twin.wait_text(&["roll back deployment/web: "]);
    let now = live.block_on(deployments.get("web")).unwrap();
    let container = &now.spec.unwrap().template.spec.unwrap().containers[0];
    assert!(container.resources.as_ref().is_none_or(|r| r.limits.is_none()), "{container:?}");
    let placed = twin.audit.read().unwrap();
    let outcomes = placed.iter().filter_map(|line| line.event.as_ref().unwrap().data.outcome);
    assert_eq!(outcomes.filter(|outcome| *outcome == AuditOutcome::Succeeded).count(), 3);
}

#[test]
fn an_autoscaler_is_made_and_gets_other_bounds() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("objhpa");
    let _deployments = deployment(&live, &namespace, "sleep 100000");
    let scalers: Api<HorizontalPodAutoscaler> = Api::namespaced(live.client(), &namespace);
    let mut twin = cockpit(&live.kubeconfig, &namespace);
    wait_ready(&mut twin, "2/2");
    twin.type_text(":hpa 2 3\n");
    answer(
        &mut twin,
        &[
            "AUTOSCALE horizontalpodautoscaler/web",
            "yes: create horizontalpodautoscalers.autoscaling",
        ],
    );
    twin.wait_text(&["autoscale horizontalpodautoscaler/web: a new autoscaler"]);
    let env = twin.env();
    twin.wait_until("it is seen", |app, _| {
        let seen = app.store.env(env).unwrap();
        app.reference()
            .is_some_and(|web| quarterdeck::action::plan::blast::autoscaler(seen, &web).is_some())
    });
    twin.type_text(":scale 5\n");
    twin.wait_text(&["autoscaler web will lower it to 3", ":hpa 2 5 changes its bounds instead", ACCEPTED]);
    twin.press("esc");
    twin.type_text(":hpa 2 5\n");
    answer(&mut twin, &["PATCH horizontalpodautoscaler/web", "replicas 2 to 3 → 2 to 5"]);
    twin.wait_text(&["patch horizontalpodautoscaler/web: replicas 2 to 3"]);
    twin.wait_until("the server has it", |_, _| {
        live.block_on(scalers.get("web")).unwrap().spec.unwrap().max_replicas == 5
    });
    twin.press("u");
    answer(&mut twin, &["replicas 2 to 5 → 2 to 3"]);
    twin.wait_until("and had it before", |_, _| {
        live.block_on(scalers.get("web")).unwrap().spec.unwrap().max_replicas == 3
    });
}

#[test]
fn a_file_and_a_selector_are_plans_of_what_the_server_makes_of_them() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("objfile");
    let _deployments = deployment(&live, &namespace, "sleep 100000");
    let maps: Api<ConfigMap> = Api::namespaced(live.client(), &namespace);
    let mut twin = cockpit(&live.kubeconfig, &namespace);
    wait_ready(&mut twin, "2/2");
    let apply = |twin: &mut Twin, value: &str| {
        let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}, "data": {"mode": value}});
        std::fs::write(file.path(), map.to_string()).unwrap();
        twin.type_text(&format!(":kubectl apply -f {}\n", file.path().display()));
        file
    };
    let _file = apply(&mut twin, "slow");
    answer(&mut twin, &["APPLY configmap/flags", "a new configmaps/"]);
    twin.wait_text(&["apply configmap/flags: a new"]);
    let _file = apply(&mut twin, "fast");
    // The same thing was done to it a moment ago: more is asked.
    twin.wait_text(&[
        "APPLY configmap/flags",
        "data.mode: slow → fast",
        ACCEPTED,
        "Type cloud/flags and enter",
    ]);
    twin.type_text("cloud/flags\n");
    twin.wait_until("the server has it", |_, _| {
        live.block_on(maps.get("flags")).unwrap().data.unwrap()["mode"] == "fast"
    });

    twin.type_text(":po\n");
    twin.wait_until("its pods are there", |app, _| rows(app) == 2);
    twin.type_text(":kubectl delete pods -l app=web,nothing!=x\n");
    answer(&mut twin, &["DELETE 2 pods", "2 objects are deleted"]);
    twin.wait_text(&["delete 2 pods: all 2 done"]);
}
