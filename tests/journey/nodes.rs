//! Nodes: a pod that is asked to go, a node that is emptied, budgets that hold, the brake, and a machine that is silent.

use quarterdeck::config::Tier;
use quarterdeck::sim::seed::Environment;
use quarterdeck::sim::store::Key;
use serde_json::{Value, json};

use super::acts::{ACCEPTED, Scene, audited, wait_audited};
use super::twin::{Twin, rows};

impl Scene {
    /// A document of the world.
    fn object(&self, shelf: &str, namespace: &str, name: &str) -> Value {
        let world = self.platform.site(Environment::Production).unwrap().world.read();
        world
            .store
            .find(&Key::new(shelf, namespace, name))
            .map_or(Value::Null, |stored| stored.value())
    }

    fn change(&self, shelf: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let world = &self.platform.site(Environment::Production).unwrap().world;
        let key = Key::new(shelf, namespace, name);
        world.change(|world| world.update(&key, change)).unwrap();
    }

    /// Pods of the backend that run, with their nodes.
    fn backend_pods(&self) -> Vec<(String, String)> {
        let world = self.platform.site(Environment::Production).unwrap().world.read();
        let pods = world.store.list("pods", Some("default")).map(|stored| stored.value());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        pods.filter(|pod| pod["metadata"]["labels"]["app"] == "backend" && pod["metadata"]["deletionTimestamp"].is_null())
            .map(|pod| (text(&pod["metadata"]["name"]), text(&pod["spec"]["nodeName"])))
            .collect()
    }

    /// The backend's budget lets nobody go, or lets all go again.
    fn hold_backend(&self, holds: bool) {
        let least = if holds { 50 } else { 0 };
        self.change("poddisruptionbudgets", "default", "backend", |budget| {
            budget["spec"]["minAvailable"] = json!(least);
        });
    }

    /// The nodes, the cursor on one.
    fn at_node(&self, twin: &mut Twin, node: &str) {
        twin.type_text(":no\n");
        twin.wait_text(&["nodes (6)", " live "]);
        twin.type_text(&format!("/{node}\n"));
        twin.wait_until("the node is alone", |app, _| rows(app) == 1);
    }
}

/// Evictions that were sent, and not only tried.
fn evictions(scene: &Scene) -> usize {
    scene
        .desk()
        .count(|request| request.path.ends_with("/eviction") && request.query("dryRun").is_none())
}

fn commands(twin: &Twin) -> Vec<String> {
    let placed = twin.audit.read().unwrap();
    placed.into_iter().map(|line| line.event.unwrap().data.command).collect()
}

#[test]
fn a_pod_is_asked_to_go_and_a_budget_that_holds_it_is_named_before() {
    let scene = Scene::of("calm", 20.0);
    let (pod, _) = scene.backend_pods().remove(0);
    scene.hold_backend(true);
    let mut twin = scene.options("solia-prod").tier(Tier::Open).start();
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text(&format!("/{pod}\n"));
    twin.wait_until("it is alone", |app, _| rows(app) == 1);
    twin.type_text(":evict\n");
    twin.wait_text(&[
        &format!("EVICT pod/{pod}"),
        "budget backend needs 50 healthy pods and has",
        "refused",
        "it lets no pod go now",
    ]);
    twin.press("y");
    assert_eq!(evictions(&scene), 0);
    twin.press("esc");
    scene.hold_backend(false);
    twin.type_text(":evict\n");
    twin.wait_text(&[
        "1 pod is asked to go",
        ACCEPTED,
        "y do it",
        &format!("kubectl evict-pod {pod} -n default"),
    ]);
    twin.press("y");
    twin.wait_until("another took its place", |_, _| {
        !scene.backend_pods().iter().any(|(name, _)| *name == pod)
    });
    assert_eq!(evictions(&scene), 1);
    wait_audited(&mut twin, &["refused", "intended", "succeeded"]);
    // By its line, the same.
    let (other, _) = scene.backend_pods().remove(0);
    twin.type_text(&format!(":kubectl evict-pod {other} -n default\n"));
    twin.wait_text(&[&format!("EVICT pod/{other}")]);
}

#[test]
fn a_node_is_cordoned_and_emptied_and_what_came_elsewhere_is_told() {
    let scene = Scene::of("calm", 30.0);
    let (pod, node) = scene.backend_pods().remove(0);
    let mut twin = scene.options("solia-prod").tier(Tier::Open).start();
    scene.at_node(&mut twin, &node);
    twin.press("r");
    // Its pods keep scratch data: that wants a word of its own, which is offered.
    twin.wait_text(&[
        &format!("DRAIN node/{node}"),
        "in an emptyDir",
        "f plan it with --delete-emptydir-data",
    ]);
    twin.press("y");
    assert_eq!(scene.writes().0, 0);
    twin.press("f");
    let screen = twin.wait_text(&[
        "cordoned, then",
        ACCEPTED,
        "y do it",
        "stay",
        "free by requests",
        "--ignore-daemonsets",
    ]);
    assert!(screen.contains("undo     kubectl uncordon"), "{screen}");
    twin.press("y");
    twin.wait_text(&["gone", "ctrl-c", "stop"]);
    twin.wait_text(&["pods gone; it stays cordoned: u uncordons it"]);
    let screen = twin.wait_text(&[&format!("default/{pod}"), " ready on "]);
    assert!(!screen.contains("failed"), "{screen}");
    assert_eq!(scene.object("nodes", "", &node)["spec"]["unschedulable"], true);
    assert!(scene.backend_pods().iter().all(|(_, place)| *place != node));
    let lines = audited(&twin);
    assert_eq!(lines[0], "refused", "the first plan");
    let (intended, succeeded) = (count(&lines, "intended"), count(&lines, "succeeded"));
    assert_eq!(
        (intended, succeeded, lines.len()),
        (evictions(&scene) + 1, evictions(&scene) + 1, 2 * succeeded + 1)
    );
    assert!(commands(&twin)[1].starts_with("kubectl drain "), "{:?}", commands(&twin));
    twin.press("esc");
    twin.press("u");
    twin.wait_text(&[&format!("UNCORDON node/{node}"), ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_until("it takes pods again", |_, _| {
        scene.object("nodes", "", &node)["spec"]["unschedulable"].is_null()
    });
    // Whether those who lost pods have them again is watched. (The other nodes may be too full for the last one: hence after `u`.)
    twin.wait_text(&["whole again"]);
}

fn count(lines: &[String], word: &str) -> usize {
    lines.iter().filter(|line| *line == word).count()
}

#[test]
fn a_budget_holds_a_drain_is_told_by_name_and_is_waited_for() {
    let scene = Scene::of("calm", 30.0);
    let (pod, node) = scene.backend_pods().remove(0);
    scene.hold_backend(true);
    let mut twin = scene.options("solia-prod").tier(Tier::Open).start();
    scene.at_node(&mut twin, &node);
    twin.type_text(":drain --delete-emptydir-data --pod-selector=app=backend\n");
    twin.wait_text(&[
        "budget default/backend never lets a pod go (it needs 50 healthy",
        ACCEPTED,
        "y do it",
    ]);
    twin.press("y");
    twin.wait_text(&["held", &format!("default/{pod}"), "budget backend needs 50 healthy pods and has"]);
    // It is asked again, at its pace, and recorded once.
    twin.wait_until("it was asked again", |_, _| evictions(&scene) >= 3);
    assert_eq!(count(&audited(&twin), "intended"), count(&audited(&twin), "succeeded") + 1);
    scene.hold_backend(false);
    twin.wait_text(&["gone; it stays cordoned"]);
    assert_eq!(count(&audited(&twin), "intended"), count(&audited(&twin), "succeeded"));
}

#[test]
fn a_drain_is_braked_in_the_middle_and_says_what_is_done_and_what_stays() {
    let scene = Scene::of("calm", 30.0);
    let (pod, node) = scene.backend_pods().remove(0);
    scene.hold_backend(true);
    let mut twin = scene.options("solia-prod").tier(Tier::Open).start();
    scene.at_node(&mut twin, &node);
    twin.type_text(":drain --delete-emptydir-data\n");
    twin.wait_text(&[ACCEPTED, "y do it"]);
    twin.press("y");
    // All that is not held is gone; the backend is.
    twin.wait_until("only the backend is left", |_, screen| {
        screen.contains("held back") && !screen.contains("leaving")
    });
    // Hidden, it goes on; and it can be shown again.
    twin.press("esc");
    twin.wait_gone("held back");
    twin.type_text(":progress\n");
    twin.wait_text(&["held back", &format!("default/{pod}")]);
    twin.press("ctrl-c");
    let screen = twin.wait_text(&["stopped, ", "pods gone, ", "it stays cordoned: u uncordons it"]);
    assert!(screen.contains("stopped while budget backend needs 50"), "{screen}");
    let sent = evictions(&scene);
    twin.go_on(std::time::Duration::from_millis(1200));
    assert_eq!(evictions(&scene), sent, "nothing more is asked");
    assert!(scene.backend_pods().iter().any(|(name, _)| *name == pod), "it runs on");
    let lines = audited(&twin);
    assert_eq!(
        count(&lines, "intended"),
        count(&lines, "succeeded") + count(&lines, "cancelled"),
        "{lines:?}"
    );
    assert!(count(&lines, "cancelled") >= 1);
    // The node is as the drain left it, and the key gives it back.
    twin.press("esc u");
    twin.wait_text(&[&format!("UNCORDON node/{node}"), "y do it"]);
}

#[test]
fn a_node_that_cannot_be_cordoned_is_not_emptied() {
    use quarterdeck::sim::face::{Fault, Route};
    let scene = Scene::of("calm", 1.0);
    let (_, node) = scene.backend_pods().remove(0);
    let mut twin = scene.options("solia-prod").tier(Tier::Open).start();
    scene.at_node(&mut twin, &node);
    twin.type_text(":drain --delete-emptydir-data\n");
    twin.wait_text(&[ACCEPTED, "y do it"]);
    scene.desk().fault(
        Route::resource("nodes").method("PATCH").times(1),
        Fault::Status(500, "InternalError"),
    );
    twin.press("y");
    twin.wait_text(&[
        "pods gone",
        "it is not cordoned",
        "not begun: the node is not cordoned",
        "the server failed (500)",
    ]);
    assert_eq!(evictions(&scene), 0);
    wait_audited(&mut twin, &["intended", "failed"]);
}

#[test]
fn a_silent_node_is_not_drained_and_one_plan_deletes_its_pods_by_force() {
    let scene = Scene::of("node-down", 1.0);
    let mut twin = scene.options("solia-prod").tier(Tier::Guarded).start();
    twin.type_text(":no\n");
    twin.wait_text(&["nodes", "NotReady", " live "]);
    twin.type_text("/NotReady\n");
    twin.wait_until("the silent node is alone", |app, _| rows(app) == 1);
    let node = twin.selected();
    twin.press("r");
    twin.wait_text(&["refused", "has been silent for", "f plan to delete its", "by force"]);
    assert_eq!(scene.writes().0, 0);
    twin.press("f");
    let screen = twin.wait_text(&[
        "FORCE-DELETE",
        &format!("node/{node}"),
        "deleted at once, whatever still runs there",
        "Type ",
    ]);
    assert!(screen.contains("--disable-eviction --grace-period=0"), "{screen}");
    let doomed = twin.app.overlay.is_some();
    assert!(doomed);
    // More than ten objects, or something that has nothing ready afterwards: in full.
    let token = screen
        .lines()
        .find_map(|line| {
            line.split_once("Type ")?
                .1
                .split_once(" and enter")
                .map(|(token, _)| token.to_owned())
        })
        .unwrap();
    assert!(token.starts_with("cloud"), "{token}");
    twin.type_text(&token);
    twin.press("enter");
    twin.wait_text(&["pods gone; it stays cordoned"]);
    let lines = audited(&twin);
    assert_eq!(count(&lines, "intended"), count(&lines, "succeeded"), "{lines:?}");
    // What is not of a daemon set is gone from there.
    let world = scene.platform.site(Environment::Production).unwrap().world.read();
    let left = world.store.pods_on(&node);
    let kinds: Vec<Value> = left
        .iter()
        .map(|pod| pod.value()["metadata"]["ownerReferences"][0]["kind"].clone())
        .collect();
    assert!(kinds.iter().all(|kind| kind == "DaemonSet"), "{kinds:?}");
}

#[test]
fn whoever_may_not_is_told_which_rights_a_drain_wants() {
    let scene = Scene::of("calm", 1.0);
    let (_, node) = scene.backend_pods().remove(0);
    let mut twin = scene.options("solia-prod-readonly").tier(Tier::Open).start();
    scene.at_node(&mut twin, &node);
    twin.type_text(":drain --delete-emptydir-data\n");
    twin.wait_text(&["NOT ALLOWED", "drain needs patch nodes, which solia-viewer may not"]);
    twin.press("y");
    assert_eq!(scene.writes().0, 0);
}

#[test]
fn the_nodes_that_a_label_fits_are_drained_by_name() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.options("solia-prod").tier(Tier::Open).start();
    twin.wait_text(&[" live "]);
    twin.type_text(":kubectl drain -l pool=blue\n");
    twin.wait_text(&["NO PLAN", "nothing there fits pool=blue"]);
    twin.press("esc");
    twin.type_text(":kubectl drain -l topology.kubernetes.io/zone=eu-west-3a --ignore-daemonsets --delete-emptydir-data\n");
    let screen = twin.wait_text(&["DRAIN 2 nodes", "y do it"]);
    assert!(!screen.contains(" -l "), "the plan names them\n{screen}");
    twin.press("esc");
    twin.type_text(":kubectl drain no-such-node --ignore-daemonsets\n");
    twin.wait_text(&["NO PLAN", "not found"]);
    assert_eq!(scene.writes().0, 0);
}
