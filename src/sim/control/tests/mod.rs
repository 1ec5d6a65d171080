//! Controllers in a world without kubelets: here a stand-in lets pods run as their image's name says.

mod batch;
mod deployments;
mod namespaces;
mod scaling;
mod sets;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sim::store::{Key, seconds};
use crate::sim::world::{Life, World};

const NS: &str = "solia-prod";

fn world(seed: u64) -> World {
    let mut world = World::new(seed, "2026-11-23T06:00:00Z".parse().unwrap(), Life::Alive);
    world.put("namespaces", json!({"metadata": {"name": NS}}));
    world
}

/// Time passes, second by second, and pods get on: images named `bad` are never ready, `fails` and `works` end.
fn pass(world: &mut World, secs: i64) {
    pass_and(world, secs, |_| {});
}

fn pass_and(world: &mut World, secs: i64, mut look: impl FnMut(&World)) {
    let end = world.now() + SignedDuration::from_secs(secs);
    while world.now() < end {
        let now = world.now() + SignedDuration::from_millis(500);
        world.advance(now);
        look(world);
        run_pods(world, now);
        world.advance(now);
        look(world);
    }
}

fn run_pods(world: &mut World, now: Timestamp) {
    let pods: Vec<Key> = world.store.list("pods", None).map(|p| p.key.clone()).collect();
    for key in pods {
        let Some(doc) = world.store.find(&key).map(|p| p.value()) else {
            continue;
        };
        if doc["status"]["phase"] != "Pending" {
            continue;
        }
        let image = doc["spec"]["containers"][0]["image"].as_str().unwrap_or_default();
        let (phase, ready) = match image {
            i if i.contains("fails") => ("Failed", "False"),
            i if i.contains("works") => ("Succeeded", "False"),
            i if i.contains("bad") => ("Running", "False"),
            _ => ("Running", "True"),
        };
        let ip = format!("10.1.{}.{}", world.store.rv() / 250 % 250, world.store.rv() % 250);
        let ready = json!({"type": "Ready", "status": ready, "lastTransitionTime": seconds(now)});
        world.update(&key, |o| {
            o["status"]["phase"] = json!(phase);
            o["status"]["startTime"] = json!(seconds(now));
            o["status"]["podIP"] = json!(ip);
            o["status"]["conditions"] = json!([ready]);
        });
    }
}

fn deployment(name: &str, replicas: i64, image: &str) -> Value {
    json!({
        "metadata": {"namespace": NS, "name": name, "generation": 1, "annotations": {"kubernetes.io/change-cause": "first"}},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": template(name, image),
        },
    })
}

fn template(app: &str, image: &str) -> Value {
    json!({
        "metadata": {"labels": {"app": app}},
        // The scheduler leaves these pods to the stand-in.
        "spec": {"schedulerName": "stand-in", "containers": [{"name": "app", "image": image, "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]},
    })
}

fn key(shelf: &str, name: &str) -> Key {
    Key::new(shelf, NS, name)
}

fn doc(world: &World, shelf: &str, name: &str) -> Value {
    world.store.find(&key(shelf, name)).map(|o| o.value()).unwrap_or_default()
}

/// A client changes a specification.
fn change(world: &mut World, shelf: &str, name: &str, change: impl FnOnce(&mut Value)) {
    world.update(&key(shelf, name), |o| {
        change(o);
        super::document::bump_generation(o);
    });
}

fn set_image(world: &mut World, name: &str, image: &str) {
    change(world, "deployments", name, |o| {
        o["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image)
    });
}

fn condition(doc: &Value, kind: &str) -> (String, String) {
    let found = super::conditions::find(doc, kind).cloned().unwrap_or_default();
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    (text("status"), text("reason"))
}

fn pods(world: &World) -> Vec<Value> {
    world.store.list("pods", Some(NS)).map(|p| p.value()).collect()
}

fn ready(pod: &Value) -> bool {
    super::conditions::holds(pod, "Ready")
}

/// The messages of the events with this reason, sorted.
fn said(world: &World, reason: &str) -> Vec<String> {
    let events = world.store.list("events", Some(NS)).map(|e| e.value());
    let mut said: Vec<String> = events
        .filter(|e| e["reason"] == reason)
        .map(|e| e["message"].as_str().unwrap_or_default().to_owned())
        .collect();
    said.sort();
    said
}

/// Every document of a world, as text.
fn everything(world: &World) -> String {
    let mut all = String::new();
    for shelf in world.store.shelves() {
        for object in world.store.list(&shelf, None) {
            all.push_str(&format!("{:?} {}\n", object.key, String::from_utf8_lossy(&object.json)));
        }
    }
    all
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let play = |seed| {
        let mut world = world(seed);
        world.put("deployments", deployment("backend", 3, "backend:v1"));
        pass(&mut world, 10);
        set_image(&mut world, "backend", "backend:v2");
        pass(&mut world, 20);
        everything(&world)
    };
    assert_eq!(play(7), play(7));
    assert_ne!(play(7), play(8));
}
