//! How a container comes to run: its image, its environment, its start.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use memchr::memmem;
use serde_json::json;

use super::command::{self, End};
use super::machine::{between, started};
use super::probe::{self, Kind, Probes};
use super::record::{Container, Doing, Role};
use super::scene::{Manners, Scene, facts};
use super::{image, refs};
use crate::sim::store::seconds;
use crate::sim::world::{Run, Tone, Whereabouts, World};

/// Begins, or tries again; whether the status shows it.
pub fn begin(world: &mut World, scene: &Scene, container: &mut Container) -> bool {
    let name = container.image().to_owned();
    let now = world.now();
    let present = image::present(world, &scene.node, &name);
    match image::policy(&container.spec, &name) {
        "Never" if !present => {
            let message = format!("Container image \"{name}\" is not present with pull policy of Never");
            scene.container_event(world, container, Tone::Warning, "ErrImageNeverPull", message.clone());
            scene.container_event(world, container, Tone::Warning, "Failed", "Error: ErrImageNeverPull".to_owned());
            block(world, container, "ErrImageNeverPull", &message)
        }
        "Always" => pull(world, scene, container, now),
        _ if !present => pull(world, scene, container, now),
        _ => {
            let message = format!("Container image \"{name}\" already present on machine");
            scene.container_event(world, container, Tone::Normal, "Pulled", message);
            create(world, scene, container)
        }
    }
}

fn pull(world: &mut World, scene: &Scene, container: &mut Container, now: Timestamp) -> bool {
    let name = container.image().to_owned();
    scene.container_event(world, container, Tone::Normal, "Pulling", format!("Pulling image \"{name}\""));
    let (until, result) = match image::pull(world, &name) {
        Ok(takes) => (now + takes, Ok(())),
        Err(message) => (now + between(world, 150, 900), Err(message)),
    };
    container.doing = Doing::Pulling { since: now, until, result };
    false
}

/// The pull is over.
pub fn pulled(world: &mut World, scene: &Scene, container: &mut Container, since: Timestamp, result: Result<(), String>) -> bool {
    let name = container.image().to_owned();
    let now = world.now();
    match result {
        Ok(()) => {
            image::keep(world, &scene.node, &name);
            container.pulls = 0;
            let took = now.duration_since(since).as_millis() as f64 / 1000.0;
            let message = match scene.manners {
                Manners::Old => format!("Successfully pulled image \"{name}\" in {took}s"),
                Manners::Today => {
                    let size = image::size(&name);
                    format!("Successfully pulled image \"{name}\" in {took}s ({took}s including waiting). Image size: {size} bytes.")
                }
            };
            scene.container_event(world, container, Tone::Normal, "Pulled", message);
            create(world, scene, container)
        }
        Err(why) => {
            scene.container_event(
                world,
                container,
                Tone::Warning,
                "Failed",
                format!("Failed to pull image \"{name}\": {why}"),
            );
            scene.container_event(world, container, Tone::Warning, "Failed", "Error: ErrImagePull".to_owned());
            container.state = json!({"waiting": {"reason": "ErrImagePull", "message": why}});
            let wait = 10_i64.saturating_mul(1 << container.pulls.min(5)).min(super::record::LONGEST_WAIT);
            container.pulls += 1;
            container.doing = Doing::PullFailed {
                shown: now + between(world, 8_000, 13_000),
                until: now + SignedDuration::from_secs(wait) + between(world, 3_000, 9_000),
            };
            true
        }
    }
}

/// It waits before the next pull: told now and then.
pub fn pull_waits(world: &mut World, scene: &Scene, container: &mut Container, shown: Timestamp, until: Timestamp) -> bool {
    let now = world.now();
    if now >= until {
        pull(world, scene, container, now);
        return false;
    }
    let name = container.image().to_owned();
    let message = format!("Back-off pulling image \"{name}\"");
    scene.container_event(world, container, Tone::Normal, "BackOff", message.clone());
    scene.container_event(world, container, Tone::Warning, "Failed", "Error: ImagePullBackOff".to_owned());
    let why = container.state["waiting"]["message"].as_str().unwrap_or_default();
    let message = match (scene.manners, container.state["waiting"]["reason"].as_str()) {
        (Manners::Today, Some("ErrImagePull")) => format!("{message}: ErrImagePull: {why}"),
        (Manners::Today, _) if why.starts_with(&message) => why.to_owned(),
        _ => message,
    };
    container.state = json!({"waiting": {"reason": "ImagePullBackOff", "message": message}});
    container.doing = Doing::PullFailed {
        shown: shown.max(now) + SignedDuration::from_secs(30),
        until,
    };
    true
}

fn block(world: &mut World, container: &mut Container, reason: &str, message: &str) -> bool {
    container.state = json!({"waiting": {"reason": reason, "message": message}});
    container.doing = Doing::Blocked {
        until: world.now() + between(world, 11_000, 16_000),
    };
    true
}

/// The image is there: the container is created, if all is there that its environment needs.
fn create(world: &mut World, scene: &Scene, container: &mut Container) -> bool {
    if let Err(why) = refs::environment(world, &scene.stored.key.namespace, &container.spec) {
        scene.container_event(world, container, Tone::Warning, "Failed", format!("Error: {why}"));
        return block(world, container, "CreateContainerConfigError", &why);
    }
    let colon = if scene.manners == Manners::Today { ":" } else { "" };
    let message = format!("Created container{colon} {}", container.name);
    scene.container_event(world, container, Tone::Normal, "Created", message);
    container.doing = Doing::Starting {
        until: world.now() + between(world, 80, 400),
    };
    false
}

/// It starts, or the runtime cannot start it.
pub fn start(world: &mut World, scene: &Scene, container: &mut Container) -> bool {
    let now = world.now();
    container.id = container_id(world);
    container.image_id = image::image_id(container.image());
    container.course = command::course(world, &scene.pod, &container.spec);
    if let Some(ended) = container.ended.take() {
        container.restarts += 1;
        container.last = json!({"terminated": ended});
    }
    if let End::CannotStart(why) = container.course.end.clone() {
        scene.container_event(world, container, Tone::Warning, "Failed", format!("Error: {why}"));
        container.state = json!({"waiting": {"reason": "RunContainerError", "message": why}});
        let end = json!({"containerID": container.id, "exitCode": 128, "finishedAt": seconds(now), "message": why,
            "reason": "StartError", "startedAt": "1970-01-01T00:00:00Z"});
        container.last = json!({"terminated": end});
        container.ended = Some(end);
        container.doing = Doing::Ended {
            notice: now + between(world, 600, 1500),
        };
        return true;
    }
    let message = format!("Started container {}", container.name);
    scene.container_event(world, container, Tone::Normal, "Started", message);
    register(world, scene, container, now);
    // What is started anew is well until somebody says otherwise.
    if let Some(told) = world.control.kubelet.health.get_mut(&scene.stored.uid) {
        told.remove(container.name.as_str());
    }
    container.state = json!({"running": {"startedAt": seconds(now)}});
    let ends = match container.course.end {
        End::Exits { after, .. } => Some(now + after),
        End::Never | End::CannotStart(_) => None,
    };
    container.doing = Doing::Running { since: now, ends };
    (container.started, container.ready) = (false, false);
    container.probes = Probes::default();
    if container.role == Role::Init {
        return true;
    }
    if container.spec["startupProbe"].is_object() {
        container.probes.startup.next = Some(probe::tick(container, Kind::Startup, now, now));
    } else {
        started(container, now, now);
    }
    true
}

/// Writes the run down, with what it will say unless it is stopped before.
fn register(world: &mut World, scene: &Scene, container: &Container, now: Timestamp) {
    let key = &scene.stored.key;
    let place = Whereabouts {
        namespace: key.namespace.to_string(),
        pod: key.name.to_string(),
        node: scene.node.to_string(),
        app: scene.stored.label("app").unwrap_or(&key.name).to_owned(),
    };
    let says = container.course.says.iter();
    let run = Run {
        id: container.id.clone(),
        image: Arc::from(container.image()),
        place: Arc::new(place),
        started: now,
        ended: None,
        said: says.map(|(after, line)| (now + *after, Bytes::from(line.clone()))).collect(),
    };
    world.runs.start(&scene.stored.uid, &container.name, run);
}

fn container_id(world: &mut World) -> String {
    let mut id = String::from("containerd://");
    for _ in 0..4 {
        id.push_str(&format!("{:016x}", world.chance.u64(..)));
    }
    id
}

/// An address for a pod that no other has: of its node, or of its node's network.
pub fn address(world: &mut World, scene: &Scene) -> String {
    if scene.pod["spec"]["hostNetwork"] == true {
        return scene.host_ip.clone();
    }
    let nodes: Vec<Arc<str>> = world.store.list("nodes", None).map(|node| Arc::clone(&node.key.name)).collect();
    let mut used = HashSet::new();
    for node in nodes {
        let Some(facts) = facts(world, &node).filter(|f| f.range == scene.range) else {
            continue;
        };
        used.insert(facts.host_ip);
        for pod in world.store.pods_on(&node) {
            let text = b"\"podIP\":\"";
            let ip = memmem::find(&pod.json, text).and_then(|at| pod.json.get(at + text.len()..));
            let ip = ip.map(|rest| rest.iter().take_while(|b| **b != b'"').map(|b| char::from(*b)).collect::<String>());
            used.extend(ip);
        }
    }
    let first = world.chance.u32(0..250);
    // A full range begins with its neighbour's addresses: better than none.
    let free = (0..250)
        .map(|i| format!("{}{}", scene.range, 2 + (first + i) % 250))
        .find(|ip| !used.contains(ip));
    free.unwrap_or_else(|| format!("{}{}", scene.range, 2 + first))
}
