//! Ephemeral containers: they are started once, as soon as they are added to a pod, and never again.

use serde_json::{Value, json};

use super::image;
use super::scene::Scene;
use crate::sim::store::seconds;
use crate::sim::world::World;

/// Starts those that are new. Pulling takes no time here; an image that cannot be pulled is told as ever.
pub fn start(world: &mut World, scene: &Scene) {
    let wanted = scene.pod["spec"]["ephemeralContainers"].as_array().cloned().unwrap_or_default();
    let known = |name: &Value| {
        let statuses = scene.pod["status"]["ephemeralContainerStatuses"].as_array();
        statuses.into_iter().flatten().any(|status| status["name"] == *name)
    };
    let now = json!(seconds(world.now()));
    let mut started = Vec::new();
    for container in wanted.iter().filter(|container| !known(&container["name"])) {
        let name = container["image"].as_str().unwrap_or_default();
        let state = if image::present(world, &scene.node, name) {
            Ok(())
        } else {
            image::pull(world, name).map(|_| image::keep(world, &scene.node, name))
        };
        let mut status = json!({"name": container["name"], "image": name, "ready": false, "restartCount": 0, "lastState": {}});
        match state {
            Ok(()) => {
                status["imageID"] = json!(image::image_id(name));
                status["state"] = json!({"running": {"startedAt": now}});
            }
            Err(message) => {
                status["imageID"] = json!("");
                status["state"] = json!({"waiting": {"reason": "ErrImagePull", "message": message}});
            }
        }
        started.push(status);
    }
    if started.is_empty() {
        return;
    }
    world.update(&scene.stored.key, |pod| {
        let list = &mut pod["status"]["ephemeralContainerStatuses"];
        match list.as_array_mut() {
            Some(list) => list.extend(started),
            None => *list = Value::Array(started),
        }
    });
}
