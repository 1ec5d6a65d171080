//! More of the shipped pages on a real cluster, where Kubernetes suffices: each on a deployment of its own that really is in that
//! trouble, with steps that really run.

use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use quarterdeck::config::{CloudWatch, Tier};
use quarterdeck::runbook::walk::{Phase, StepState};
use serde_json::{Value, json};

use super::acts::{deployment, wait_ready};
use super::books::{cockpit, passed, read, tell};
use super::{Access, Live, Sharing, begin};
use crate::journey::books::{answer, state, wait_at, walk};
use crate::journey::twin::{Twin, TwinOptions};

/// What a person does at a step.
enum Act {
    /// Chooses this answer.
    Answer(&'static str),
    /// Reads the warning, where there is one, asks for the plan, confirms it, and sees it done.
    Change,
    Put(&'static str, String),
}

use Act::{Answer, Change, Put};

fn through(twin: &mut Twin, way: Vec<(&str, Vec<Act>)>) {
    for (step, acts) in way {
        for act in acts {
            match act {
                Put(name, value) => {
                    twin.wait_until(&format!("the walk is at {step}"), |app, _| {
                        app.books
                            .walking
                            .as_ref()
                            .is_some_and(|walking| walking.walk.at.as_deref() == Some(step))
                    });
                    twin.type_text(&format!(":set {name} {value}\n"));
                }
                Answer(label) => {
                    wait_at(twin, step);
                    let branches = &twin.app.books.walking.as_ref().unwrap().step().unwrap().branches;
                    let at = branches.iter().position(|branch| branch.label == label);
                    let at = at.unwrap_or_else(|| panic!("{step} has no answer {label}:\n{}", twin.screen()));
                    twin.press(&(at + 1).to_string());
                }
                Change => {
                    wait_at(twin, step);
                    if twin.screen().contains("read the warning") {
                        twin.press("enter");
                    }
                    twin.wait_text(&["ready: enter runs it"]);
                    twin.press("enter");
                    answer(twin);
                    twin.wait_until(&format!("{step} is done"), |app, _| passed(app, step));
                }
            }
        }
    }
}

/// What a step showed.
fn showed(twin: &Twin, step: &str) -> String {
    let walking = twin.app.books.walking.as_ref().unwrap();
    walking.shown.get(step).map(|shown| shown.text.clone()).unwrap_or_default()
}

/// The end of a page that looks whether the service answers.
fn healthy(twin: &mut Twin, not: &mut Vec<String>) {
    match read("QD_LIVE_HEALTH") {
        Some(_) => done(twin),
        None => {
            wait_at(twin, "the-health-endpoint-answers-200");
            not.push("the health endpoint (QD_LIVE_HEALTH is not set)".to_owned());
        }
    }
}

fn done(twin: &mut Twin) {
    twin.wait_until("the walk is over", |app, _| {
        app.books.walking.as_ref().unwrap().walk.phase == Phase::Done
    });
}

/// The cockpit on the pods of a namespace, a page open on the one that shows this.
fn opened(live: &Live, namespace: &str, (sign, filter): (&str, &str), page: &str) -> Twin {
    let mut twin = cockpit(live, namespace, "dp");
    twin.type_text(":pods\n");
    twin.wait_text(&[sign]);
    // The one that is meant.
    twin.type_text(&format!("/{filter}\n"));
    twin.press("g");
    twin.wait_until("it is under the cursor", |app, _| {
        app.object().is_some_and(|(_, pod)| pod.meta.name.starts_with("web"))
    });
    twin.type_text(&format!(":runbook {page}\n"));
    twin.wait_until(&format!("{page} is open"), |app, _| {
        app.books.walking.as_ref().is_some_and(|walking| &*walking.page.book.name == page)
    });
    if let Some(health) = read("QD_LIVE_HEALTH") {
        twin.type_text(&format!(":set BASE_URL {health}\n"));
    }
    twin
}

/// Another revision, whose pods get into trouble.
fn release(live: &Live, deployments: &Api<Deployment>, container: Value) {
    let patch = Patch::Strategic(json!({"spec": {"template": {"spec": {"containers": [container]}}}}));
    live.block_on(deployments.patch("web", &PatchParams::default(), &patch)).unwrap();
}

fn served(live: &Live, namespace: &str) -> Api<Deployment> {
    let deployments = deployment(live, namespace, "sleep 100000");
    let mut twin = cockpit(live, namespace, "dp");
    wait_ready(&mut twin, "2/2");
    deployments
}

fn image(live: &Live, deployments: &Api<Deployment>) -> String {
    let now = live.block_on(deployments.get("web")).unwrap();
    now.spec.unwrap().template.spec.unwrap().containers[0].image.clone().unwrap()
}

#[test]
fn an_image_that_does_not_exist_is_rolled_back() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookimage");
    let deployments = served(&live, &namespace);
    let before = image(&live, &deployments);
    release(&live, &deployments, json!({"name": "app", "image": "127.0.0.1:5999/nope/web:2.0"}));
    let mut not = Vec::new();
    let mut twin = opened(&live, &namespace, ("ImagePull", "status:image"), "image-pull-failure");
    wait_at(&mut twin, "what-does-the-registry-answer");
    assert!(showed(&twin, "what-does-the-registry-answer").contains("127.0.0.1:5999/nope/web:2.0"));
    through(
        &mut twin,
        vec![
            ("what-does-the-registry-answer", vec![Answer("Not found, manifest unknown")]),
            ("which-image-is-wanted", vec![Answer("The tag is wrong, or was never pushed")]),
            ("roll-back-the-deployment", vec![Change]),
        ],
    );
    twin.wait_until("the rollout is done", |app, _| passed(app, "wait-for-the-rollout"));
    assert_eq!(image(&live, &deployments), before);
    healthy(&mut twin, &mut not);
    tell("image pull failure", &not);
    live.delete_namespaces();
}

#[test]
fn a_release_without_its_secret_is_rolled_back() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookconfig");
    let deployments = served(&live, &namespace);
    let missing = json!([{"secretRef": {"name": "stripe"}}]);
    release(
        &live,
        &deployments,
        json!({"name": "app", "image": "solia.local/postgres:15", "envFrom": missing}),
    );
    let mut not = Vec::new();
    let mut twin = opened(
        &live,
        &namespace,
        ("CreateContainerConfigError", "status:config"),
        "pod-config-error",
    );
    wait_at(&mut twin, "what-is-missing");
    through(
        &mut twin,
        vec![
            ("what-is-missing", vec![Answer("A secret, or a key of one")]),
            ("is-it-there", vec![Answer("It is not")]),
            ("roll-back-the-deployment", vec![Change]),
        ],
    );
    twin.wait_until("the rollout is done", |app, _| passed(app, "wait-for-the-rollout"));
    healthy(&mut twin, &mut not);
    tell("pod configuration error", &not);
    live.delete_namespaces();
}

#[test]
fn a_release_that_asks_for_too_much_is_rolled_back() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookplace");
    let deployments = served(&live, &namespace);
    let much = json!({"requests": {"cpu": "500"}});
    release(
        &live,
        &deployments,
        json!({"name": "app", "image": "solia.local/postgres:15", "resources": much}),
    );
    let mut twin = opened(&live, &namespace, ("Pending", "status:pending"), "pod-unschedulable");
    wait_at(&mut twin, "what-does-the-scheduler-say");
    assert!(showed(&twin, "what-does-the-scheduler-say").contains("Insufficient cpu"));
    let mut not = Vec::new();
    through(
        &mut twin,
        vec![("what-does-the-scheduler-say", vec![Answer("Insufficient cpu or memory")])],
    );
    wait_at(&mut twin, "how-full-are-the-nodes");
    if state(&twin, "how-full-are-the-nodes") != StepState::Passed {
        not.push("top (no metrics here)".to_owned());
    }
    through(
        &mut twin,
        vec![
            ("how-full-are-the-nodes", vec![Answer("Requests are far above use")]),
            ("did-a-deployment-start-it", vec![Answer("Yes")]),
            ("roll-back-the-deployment", vec![Change]),
            ("the-pod-has-a-node", vec![Answer("No pod is Pending")]),
        ],
    );
    done(&mut twin);
    tell("pods cannot be scheduled", &not);
    live.delete_namespaces();
}

#[test]
fn a_paused_rollout_goes_on() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookpaused");
    let deployments = served(&live, &namespace);
    let paused = json!({"spec": {"paused": true, "template": {"metadata": {"annotations": {"release": "2"}}}}});
    live.block_on(deployments.patch("web", &PatchParams::default(), &Patch::Merge(&paused)))
        .unwrap();
    let mut not = Vec::new();
    let mut twin = opened(&live, &namespace, ("web-", "web"), "replicas-unavailable");
    through(
        &mut twin,
        vec![
            ("which-pods-are-there", vec![Answer("They are not there at all")]),
            ("why-are-they-not-made", vec![Answer("The rollout is paused")]),
            ("go-on-with-the-rollout", vec![Change]),
        ],
    );
    twin.wait_until("the rollout is done", |app, _| passed(app, "wait-for-the-rollout"));
    let now = live.block_on(deployments.get("web")).unwrap();
    assert_eq!(now.spec.unwrap().paused, None, "it goes on");
    healthy(&mut twin, &mut not);
    tell("replicas unavailable", &not);
    live.delete_namespaces();
}

#[test]
fn a_pod_that_does_not_end_is_taken_away_by_force() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookends");
    served(&live, &namespace);
    let mut twin = opened(&live, &namespace, ("web-", "web"), "pod-stuck-terminating");
    let pod = walk(&twin).bindings.get("POD").unwrap().to_owned();
    through(
        &mut twin,
        vec![
            ("what-holds-it", vec![Answer("Neither")]),
            ("is-it-safe-to-take-it-away", vec![Answer("It has no data of its own")]),
            ("take-it-away", vec![Change]),
            ("it-is-gone", vec![Answer("Yes, and another runs")]),
        ],
    );
    done(&mut twin);
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(live.client(), &namespace);
    assert!(live.block_on(pods.get_opt(&pod)).unwrap().is_none(), "{pod} is gone");
    tell("pod stuck terminating", &[]);
    live.delete_namespaces();
}

#[test]
fn a_failed_job_is_run_again() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookjob");
    served(&live, &namespace);
    let container =
        json!({"name": "job", "image": "solia.local/postgres:15", "command": ["sh", "-c", "echo the mail server was away; exit 0"]});
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [container]}});
    let made = json!({
        // The test bed is of 1.20, which has no other.
        "apiVersion": "batch/v1beta1",
        "kind": "CronJob",
        "metadata": {"name": "mails", "namespace": namespace},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}},
    });
    make(&live, &namespace, made);
    let first = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "mails-1", "namespace": namespace},
        "spec": {"template": template},
    });
    make(&live, &namespace, first);
    let mut twin = opened(&live, &namespace, ("mails-1", "web"), "job-failed");
    through(
        &mut twin,
        vec![
            ("which-jobs", vec![Answer("A job failed")]),
            (
                "what-did-it-say",
                vec![Put("JOB", "mails-1".to_owned()), Answer("Something outside was away for a moment")],
            ),
            ("may-it-run-twice", vec![Answer("Yes")]),
            ("run-it-again", vec![Put("CRONJOB", "mails".to_owned()), Change]),
        ],
    );
    done(&mut twin);
    tell("job failed", &[]);
    live.delete_namespaces();
}

/// Makes an object of any kind.
fn make(live: &Live, namespace: &str, object: Value) {
    let object: DynamicObject = serde_json::from_value(object).unwrap();
    let types = object.types.clone().unwrap();
    let (group, version) = types.api_version.split_once('/').unwrap_or(("", &types.api_version));
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &types.kind));
    let api: Api<DynamicObject> = Api::namespaced_with(live.client(), namespace, &kind);
    live.block_on(api.create(&PostParams::default(), &object)).unwrap();
}

#[test]
fn a_node_whose_kubelet_is_silent_is_escalated_where_data_is_on_it() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut twin = TwinOptions::platform(&live.kubeconfig, "", CloudWatch::default())
        .namespace("solia-lab")
        .tier(Tier::Confirm)
        .start();
    twin.type_text(":nodes\n");
    twin.wait_text(&["solia-node-dead"]);
    twin.type_text("/solia-node-dead\n");
    twin.wait_until("it is alone", |app, _| {
        app.object().is_some_and(|(_, node)| &*node.meta.name == "solia-node-dead")
    });
    twin.type_text(":runbook node-not-ready\n");
    through(
        &mut twin,
        vec![
            ("which-nodes", vec![Answer("One")]),
            ("why-is-it-not-ready", vec![Answer("Unknown, silent")]),
            ("what-runs-on-it", vec![Answer("Something with data runs on it")]),
        ],
    );
    twin.wait_until("it is escalated", |app, _| {
        matches!(app.books.walking.as_ref().unwrap().walk.phase, Phase::Escalated(_))
    });
    tell("node not ready", &[]);
}
