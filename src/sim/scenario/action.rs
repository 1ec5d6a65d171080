//! What people and machines do to the world, done the way that a client would do it.

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::cause::belongs;
use super::machines;
use crate::sim::control::node;
use crate::sim::managed::{self, Writer};
use crate::sim::seed;
use crate::sim::store::{Key, seconds};
use crate::sim::world::{Propagation, World};

/// Who deploys the platform's releases, and writes down why.
const PIPELINE: &str = "github-actions";

/// Something done to the world. Workloads are deployments of the namespace `default`; the first container is meant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Action {
    SetImage {
        workload: String,
        tag: String,
    },
    SetEnv {
        workload: String,
        name: String,
        value: String,
    },
    /// `limit` as Kubernetes writes it: `1Gi`.
    SetMemoryLimit {
        workload: String,
        limit: String,
    },
    Scale {
        workload: String,
        replicas: u32,
    },
    /// Back to the revision before this one.
    Undo {
        workload: String,
    },
    Restart {
        workload: String,
    },
    /// Deletes all of its pods.
    DeletePods {
        workload: String,
    },
    /// The machine dies. A node is a name, `busiest` (most pods of the platform) or `silent` (the dead one).
    NodeFail {
        node: String,
    },
    /// The machine comes back.
    NodeRecover {
        node: String,
    },
    /// Deletes the node object, as one does once the machine is known to be gone.
    NodeDelete {
        node: String,
    },
    /// A new machine joins.
    NodeJoin {
        node: String,
    },
}

/// What an action was to be done to is not there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0} is not there")]
pub struct NotThere(pub String);

/// Does something to the world, as this field manager.
///
/// # Errors
/// Where the object does not exist, or there is nothing to go back to.
pub fn act(world: &mut World, action: &Action, by: &str) -> Result<(), NotThere> {
    match action {
        Action::SetImage { workload, tag } => edit(world, workload, by, |deployment| {
            if let Some(image) = deployment.pointer_mut("/spec/template/spec/containers/0/image") {
                let name = image.as_str().unwrap_or_default();
                let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
                *image = json!(format!("{name}:{tag}"));
            }
            if by == PIPELINE {
                annotate(&mut deployment["metadata"], "kubernetes.io/change-cause", &seed::change_cause(tag));
            }
        }),
        Action::SetEnv { workload, name, value } => edit(world, workload, by, |deployment| {
            let Some(container) = deployment.pointer_mut("/spec/template/spec/containers/0") else {
                return;
            };
            let variable = json!({"name": name, "value": value});
            match container["env"].as_array_mut() {
                Some(all) => match all.iter_mut().find(|v| v["name"] == **name) {
                    Some(same) => *same = variable,
                    None => all.push(variable),
                },
                None => container["env"] = json!([variable]),
            }
        }),
        Action::SetMemoryLimit { workload, limit } => edit(world, workload, by, |deployment| {
            if let Some(container) = deployment.pointer_mut("/spec/template/spec/containers/0") {
                container["resources"]["limits"]["memory"] = json!(limit);
            }
        }),
        Action::Scale { workload, replicas } => edit(world, workload, by, |deployment| deployment["spec"]["replicas"] = json!(replicas)),
        Action::Undo { workload } => undo(world, workload, by),
        Action::Restart { workload } => {
            let now = seconds(world.now());
            edit(world, workload, by, |deployment| {
                if let Some(meta) = deployment.pointer_mut("/spec/template/metadata") {
                    annotate(meta, "kubectl.kubernetes.io/restartedAt", &now);
                }
            })
        }
        Action::DeletePods { workload } => {
            find(world, workload)?;
            let pods = world.store.list("pods", Some("default"));
            let own: Vec<Key> = pods
                .filter(|pod| belongs(&pod.value(), workload))
                .map(|pod| pod.key.clone())
                .collect();
            for pod in own {
                world.delete(&pod, None, Propagation::Background);
            }
            Ok(())
        }
        Action::NodeFail { node } => {
            let name = machine(world, node)?;
            node::fail(world, &name);
            Ok(())
        }
        Action::NodeRecover { node } => {
            let name = machine(world, node)?;
            node::recover(world, &name);
            Ok(())
        }
        Action::NodeDelete { node } => {
            let name = machine(world, node)?;
            world.delete(&Key::new("nodes", "", &name), None, Propagation::Background);
            Ok(())
        }
        Action::NodeJoin { node } => {
            machines::join(world, node);
            Ok(())
        }
    }
}

fn machine(world: &World, meant: &str) -> Result<String, NotThere> {
    machines::find(world, meant).ok_or_else(|| NotThere(format!("node {meant}")))
}

fn find(world: &World, workload: &str) -> Result<Key, NotThere> {
    let found = world.store.get("deployments", "default", workload);
    found
        .map(|stored| stored.key.clone())
        .ok_or_else(|| NotThere(format!("deployment {workload}")))
}

/// Changes a deployment as a client does: the generation grows with its spec, and the client becomes a manager.
fn edit(world: &mut World, workload: &str, by: &str, change: impl FnOnce(&mut Value)) -> Result<(), NotThere> {
    let key = find(world, workload)?;
    let writer = Writer {
        manager: by,
        operation: "Update",
        api_version: "apps/v1",
        sub: None,
        time: &seconds(world.now()),
    };
    world.update(&key, |deployment| {
        let whole = deployment.clone();
        change(deployment);
        if deployment["spec"] != whole["spec"] {
            let generation = deployment["metadata"]["generation"].as_i64().unwrap_or(1);
            deployment["metadata"]["generation"] = json!(generation + 1);
            managed::record("Deployment", Some(&whole), deployment, &writer);
        }
    });
    Ok(())
}

fn annotate(meta: &mut Value, name: &str, value: &str) {
    match meta["annotations"].as_object_mut() {
        Some(all) => {
            all.insert(name.to_owned(), json!(value));
        }
        None => meta["annotations"] = json!({ name: value }),
    }
}

/// Takes the template of the revision before, as `kubectl rollout undo` does.
fn undo(world: &mut World, workload: &str, by: &str) -> Result<(), NotThere> {
    const REVISION: &str = "deployment.kubernetes.io/revision";
    let key = find(world, workload)?;
    let owner = world.store.find(&key).map(|stored| stored.uid.clone()).unwrap_or_default();
    let revision = |set: &Value| {
        set["metadata"]["annotations"][REVISION]
            .as_str()
            .and_then(|n| n.parse::<u64>().ok())
    };
    let sets = world
        .store
        .owned_by(&owner)
        .into_iter()
        .filter(|set| &*set.key.shelf == "replicasets");
    let mut sets: Vec<(u64, Value)> = sets
        .filter_map(|set| {
            let set = set.value();
            Some((revision(&set)?, set))
        })
        .collect();
    sets.sort_by_key(|(revision, _)| std::cmp::Reverse(*revision));
    let Some((_, before)) = sets.into_iter().nth(1) else {
        return Err(NotThere(format!("an earlier revision of {workload}")));
    };
    edit(world, workload, by, |deployment| {
        let mut template = before["spec"]["template"].clone();
        if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
        deployment["spec"]["template"] = template;
        match before["metadata"]["annotations"]["kubernetes.io/change-cause"].as_str() {
            Some(cause) => annotate(&mut deployment["metadata"], "kubernetes.io/change-cause", cause),
            None => {
                if let Some(all) = deployment["metadata"]["annotations"].as_object_mut() {
                    all.remove("kubernetes.io/change-cause");
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::seed::Environment;
    use crate::sim::world::Life;

    /// Who wrote a field of the backend, and when.
    fn writers(world: &World, field: &str) -> Vec<(String, String)> {
        let backend = world.store.get("deployments", "default", "backend-deployment").unwrap().value();
        let entries = backend["metadata"]["managedFields"].as_array().unwrap();
        let wrote = entries.iter().filter(|entry| entry["fieldsV1"].pointer(field).is_some());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        wrote.map(|entry| (text(&entry["manager"]), text(&entry["time"]))).collect()
    }

    #[test]
    fn whoever_acts_is_entered_with_what_it_wrote() {
        let now = "2026-11-23T07:00:00Z";
        let mut world = World::new(7, now.parse().unwrap(), Life::Still);
        seed::solia(&mut world, Environment::Production);
        let template = "/f:spec/f:template";
        let replicas = "/f:spec/f:replicas";
        let [(pipeline, released)] = &*writers(&world, template) else {
            panic!()
        };
        assert_eq!((pipeline.as_str(), released.as_str() < now), (PIPELINE, true));

        let workload = || "backend-deployment".to_owned();
        let scale = Action::Scale {
            workload: workload(),
            replicas: 7,
        };
        act(&mut world, &scale, "kubectl-scale").unwrap();
        assert!(writers(&world, replicas).contains(&("kubectl-scale".to_owned(), now.to_owned())));
        assert_eq!(writers(&world, template).len(), 1, "it did not write the template");

        let image = Action::SetImage {
            workload: workload(),
            tag: "v1.8.3".to_owned(),
        };
        act(&mut world, &image, PIPELINE).unwrap();
        assert_eq!(writers(&world, template), [(PIPELINE.to_owned(), now.to_owned())]);
        act(&mut world, &Action::Restart { workload: workload() }, "kubectl-rollout").unwrap();
        let mark = "/f:spec/f:template/f:metadata/f:annotations/f:kubectl.kubernetes.io~1restartedAt";
        assert_eq!(writers(&world, mark), [("kubectl-rollout".to_owned(), now.to_owned())]);
    }
}
