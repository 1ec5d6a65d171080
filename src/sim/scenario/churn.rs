//! A busy cluster: thousands of pods on machines of their own, and changes all the time.
//!
//! The pods are written as running ones, small, and change as those of a real cluster do: an agent annotates them, a
//! probe flips, a container restarts, some are deleted and made anew by their replica sets.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::file::Load;
use super::{Task, World};
use crate::sim::physics::noise::{hash, mix};
use crate::sim::store::{Key, seconds};
use crate::sim::world::{self, Propagation};

/// Between two handfuls of changes.
const EVERY: SignedDuration = SignedDuration::from_millis(100);

/// How many pods a deployment of the crowd has.
const PODS_EACH: u32 = 50;

/// What goes on.
#[derive(Debug, Default)]
pub struct Churn {
    pods: Vec<Key>,
    namespaces: u32,
    /// Changes per handful, and how many handfuls there have been.
    each: u32,
    count: u64,
}

/// Puts the crowd into the world.
pub fn fill(world: &mut World, load: &Load) {
    let now = world.now();
    let born = now - SignedDuration::from_hours(30);
    let per_node = load.pods.div_ceil(load.nodes).max(10) + 20;
    for n in 0..load.nodes {
        world.put("nodes", node(n, per_node, born, now));
    }
    for n in 0..load.namespaces {
        world.put(
            "namespaces",
            json!({"metadata": {"name": namespace(n), "labels": {"kubernetes.io/metadata.name": namespace(n)}, "creationTimestamp": seconds(born)},
                "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
        );
    }
    let mut pods = Vec::new();
    let mut made = 0;
    let mut number = 0;
    while made < load.pods {
        let replicas = PODS_EACH.min(load.pods - made);
        let set = Set::put(world, number % load.namespaces, number, replicas, born);
        for n in 0..replicas {
            let place = made + n;
            let stored = world.put(
                "pods",
                set.pod(n, place % load.nodes, place, born + SignedDuration::from_secs(i64::from(n))),
            );
            pods.push(stored.key.clone());
        }
        made += replicas;
        number += 1;
    }
    let handfuls = 10;
    world.scenario.churn = Churn {
        pods,
        namespaces: load.namespaces,
        each: load.changes_per_second.div_ceil(handfuls),
        count: 0,
    };
}

/// A handful of changes.
pub fn run(world: &mut World) {
    let (each, count) = (world.scenario.churn.each, world.scenario.churn.count);
    world.scenario.churn.count += 1;
    for n in 0..each {
        let known = world.scenario.churn.pods.len();
        if known == 0 {
            break;
        }
        let at = world.chance.usize(0..known);
        let Some(key) = world.scenario.churn.pods.get(at).cloned() else {
            break;
        };
        if world.store.find(&key).is_none_or(|pod| pod.leaving) {
            world.scenario.churn.pods.swap_remove(at);
            continue;
        }
        // A deletion draws half a dozen further writes behind it: one a second is enough.
        if count % 10 == 0 && n == 0 {
            world.delete(&key, Some(0), Propagation::Background);
        } else {
            change(world, &key, count);
        }
    }
    if count % 600 == 0 {
        remember_newcomers(world, count);
    }
    world.after(EVERY, world::Task::Scenario(Task::Churn));
}

/// Pods that the replica sets have made instead of deleted ones change as well.
fn remember_newcomers(world: &mut World, count: u64) {
    let churn = &mut world.scenario.churn;
    let namespace = namespace((count / 600) as u32 % churn.namespaces.max(1));
    churn.pods.retain(|key| *key.namespace != *namespace);
    churn
        .pods
        .extend(world.store.list("pods", Some(&namespace)).map(|pod| pod.key.clone()));
}

fn change(world: &mut World, key: &Key, count: u64) {
    let now = seconds(world.now());
    let dice = world.chance.u32(0..100);
    world.update(key, |pod| match dice {
        0..6 => restart(pod, &now),
        6..36 => probe(pod, &now),
        _ => {
            if let Some(annotations) = pod["metadata"]["annotations"].as_object_mut() {
                annotations.insert("agent.example.com/seen".into(), json!(count.to_string()));
            }
        }
    });
}

/// Its container has ended and runs again.
fn restart(pod: &mut Value, now: &str) {
    let Some(status) = pod.pointer_mut("/status/containerStatuses/0") else {
        return;
    };
    let Some(started) = status["state"]["running"]["startedAt"].as_str().map(str::to_owned) else {
        return;
    };
    let restarts = status["restartCount"].as_u64().unwrap_or(0);
    status["restartCount"] = json!(restarts + 1);
    status["lastState"] = json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": started, "finishedAt": now,
        "containerID": status["containerID"]}});
    status["state"] = json!({"running": {"startedAt": now}});
}

/// Its readiness was found to be as before, a moment later; the kubelet notes it.
fn probe(pod: &mut Value, now: &str) {
    let conditions = pod.pointer_mut("/status/conditions").and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        if condition["type"] == "Ready" {
            condition["lastProbeTime"] = json!(now);
        }
    }
}

fn namespace(n: u32) -> String {
    format!("load-{n:02}")
}

fn node_name(n: u32) -> String {
    format!("load-node-{n:03}")
}

fn node(n: u32, pods: u32, born: Timestamp, now: Timestamp) -> Value {
    let name = node_name(n);
    let (born, now) = (seconds(born), seconds(now));
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message, "lastHeartbeatTime": now, "lastTransitionTime": born});
    let room = json!({"cpu": "32", "memory": "131072000Ki", "ephemeral-storage": "209702892Ki", "pods": pods.to_string()});
    json!({
        "metadata": {"name": name, "creationTimestamp": born, "labels": {
            "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": name, "load.example.com/crowd": "true"}},
        // Nothing but the crowd belongs here.
        "spec": {"taints": [{"key": "load.example.com/crowd", "value": "true", "effect": "NoSchedule"}]},
        "status": {
            "capacity": room, "allocatable": room,
            "addresses": [{"type": "InternalIP", "address": format!("10.200.{}.{}", n / 250, n % 250 + 2)}, {"type": "Hostname", "address": name}],
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {"architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.36.1", "osImage": "Amazon Linux 2023",
                "kernelVersion": "6.12.46", "containerRuntimeVersion": "containerd://2.1.5"},
        },
    })
}

/// A replica set of the crowd.
struct Set {
    name: String,
    namespace: String,
    app: String,
    hash: String,
    uid: String,
}

impl Set {
    fn put(world: &mut World, namespace_number: u32, number: u32, replicas: u32, born: Timestamp) -> Self {
        let app = format!("load-{number:03}");
        let namespace = namespace(namespace_number);
        let digits = format!("{:010x}", hash(&app) & 0xff_ffff_ffff);
        let born_text = seconds(born);
        let template = |labels: Value| json!({"metadata": {"labels": labels}, "spec": spec(None)});
        let counts = json!({"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "observedGeneration": 1});
        let mut told = counts.clone();
        told["updatedReplicas"] = json!(replicas);
        let since = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": born_text, "lastUpdateTime": born_text});
        told["conditions"] = json!([
            since("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
            since(
                "Progressing",
                "NewReplicaSetAvailable",
                &format!("ReplicaSet \"{app}-{digits}\" has successfully progressed.")
            ),
        ]);
        let deployment = world.put(
            "deployments",
            json!({
                "metadata": {"name": app, "namespace": namespace, "labels": {"app": app}, "creationTimestamp": born_text, "generation": 1,
                    "annotations": {"deployment.kubernetes.io/revision": "1"}},
                "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": app}}, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
                    "template": template(json!({"app": app}))},
                "status": told,
            }),
        );
        let mut set = Self {
            name: format!("{app}-{digits}"),
            namespace,
            app,
            hash: digits,
            uid: deployment.uid.to_string(),
        };
        set.uid = world
            .put("replicasets", set.document(counts, &template, &born_text))
            .uid
            .to_string();
        set
    }

    /// The replica set's document; its own uid is that of its owner until it is put.
    fn document(&self, mut status: Value, template: &impl Fn(Value) -> Value, born: &str) -> Value {
        let labels = json!({"app": self.app, "pod-template-hash": self.hash});
        let replicas = status["replicas"].clone();
        status["fullyLabeledReplicas"] = replicas.clone();
        json!({
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": labels, "creationTimestamp": born, "generation": 1,
                "annotations": {"deployment.kubernetes.io/revision": "1", "deployment.kubernetes.io/desired-replicas": replicas.to_string()},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": self.app, "uid": self.uid,
                    "controller": true, "blockOwnerDeletion": true}]},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template(labels.clone())},
            "status": status,
        })
    }

    fn pod(&self, n: u32, node: u32, place: u32, started: Timestamp) -> Value {
        let since = seconds(started);
        let letters: String = (0..5).map(|i| letter(mix(hash(&self.name) ^ u64::from(n)) >> (i * 8))).collect();
        let condition = |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": since});
        let id = format!("{:016x}{:016x}", mix(u64::from(place)), mix(u64::from(place) ^ 1)).repeat(2);
        json!({
            "metadata": {
                "name": format!("{}-{letters}", self.name), "generateName": format!("{}-", self.name), "namespace": self.namespace,
                "labels": {"app": self.app, "pod-template-hash": self.hash}, "annotations": {"agent.example.com/seen": "0"},
                "creationTimestamp": since,
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": self.name, "uid": self.uid,
                    "controller": true, "blockOwnerDeletion": true}],
            },
            "spec": spec(Some(&node_name(node))),
            "status": {
                "phase": "Running", "startTime": since, "podIP": format!("10.{}.{}.{}", 201 + place / 62_500, place / 250 % 250, place % 250 + 2),
                "hostIP": format!("10.200.{}.{}", node / 250, node % 250 + 2), "qosClass": "Burstable",
                "conditions": [condition("Initialized"), condition("Ready"), condition("ContainersReady"), condition("PodScheduled")],
                "containerStatuses": [{
                    "name": "app", "image": "registry.k8s.io/pause:3.10", "imageID": "registry.k8s.io/pause@sha256:ee6521f290b2168b6e0935a181d4cff9be1ac3f505666ef0e3c98fae8199917a",
                    "containerID": format!("containerd://{id}"), "ready": true, "started": true, "restartCount": 0, "lastState": {},
                    "state": {"running": {"startedAt": since}},
                }],
            },
        })
    }
}

fn letter(bits: u64) -> char {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    LETTERS.get((bits & 0xff) as usize % LETTERS.len()).map_or('x', |b| char::from(*b))
}

fn spec(node: Option<&str>) -> Value {
    let mut spec = json!({
        "containers": [{"name": "app", "image": "registry.k8s.io/pause:3.10", "imagePullPolicy": "IfNotPresent",
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 0, "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
        "tolerations": [{"key": "load.example.com/crowd", "operator": "Exists"}],
        "nodeSelector": {"load.example.com/crowd": "true"},
    });
    if let Some(node) = node {
        spec["nodeName"] = json!(node);
    }
    spec
}
