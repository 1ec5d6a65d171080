//! Pods that run on a node since a while, as scheduler, admission and kubelet leave them; their runs with them.

use crate::sim::defaults::qos_class;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::builder::Seeder;
use super::names::{container_id, suffix};
use super::template::requests;
use crate::sim::control::kubelet::image_id;
use crate::sim::store::{Stored, seconds};
use crate::sim::world::{Ending, Run, Whereabouts};

/// A pod to put.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    pub namespace: &'a str,
    pub name: String,
    pub generate_name: Option<String>,
    pub owners: Value,
    pub template: &'a Value,
    /// Its place among the nodes.
    pub node: usize,
    pub created: Timestamp,
    /// When it ended well, for a pod of a job.
    pub finished: Option<Timestamp>,
    /// An earlier run of its first container that ended then, with this code and reason.
    pub fell: Option<(Timestamp, i32, &'static str)>,
}

/// How long after its creation a container runs, and after that is ready.
const TO_START: SignedDuration = SignedDuration::from_secs(3);
const TO_READY: SignedDuration = SignedDuration::from_secs(9);

impl Seeder<'_> {
    /// Puts a pod, and registers what its containers have run.
    pub fn pod(&mut self, plan: &Plan<'_>) -> Arc<Stored> {
        let uid = self.uid();
        let (cpu, memory) = requests(plan.template);
        if plan.finished.is_none() {
            self.occupy(plan.node, cpu, memory);
        }
        let host_network = plan.template["spec"]["hostNetwork"] == json!(true);
        let (node, host_ip) = self
            .rooms
            .get(plan.node)
            .map(|room| (room.name.clone(), room.ip.clone()))
            .unwrap_or_default();
        let ip = if host_network { host_ip.clone() } else { self.pod_ip(plan.node) };
        let mut meta = json!({"name": plan.name, "namespace": plan.namespace, "uid": uid, "ownerReferences": plan.owners});
        for field in ["labels", "annotations"] {
            if plan.template["metadata"][field].is_object() {
                meta[field] = plan.template["metadata"][field].clone();
            }
        }
        if let Some(generate) = &plan.generate_name {
            meta["generateName"] = json!(generate);
        }
        let spec = admitted(&plan.template["spec"], &uid, &node);
        let status = self.status(plan, &uid, &spec, (&node, &host_ip, &ip));
        self.put("pods", plan.created, json!({"metadata": meta, "spec": spec, "status": status}))
    }

    fn status(&mut self, plan: &Plan<'_>, uid: &str, spec: &Value, (node, host_ip, ip): (&str, &str, &str)) -> Value {
        let place = Arc::new(Whereabouts {
            namespace: plan.namespace.to_owned(),
            pod: plan.name.clone(),
            node: node.to_owned(),
            app: plan.template["metadata"]["labels"]["app"].as_str().unwrap_or(&plan.name).to_owned(),
        });
        let uid: Arc<str> = Arc::from(uid);
        let mut statuses = Vec::new();
        let mut up = plan.created + TO_START;
        let mut fell = plan.fell;
        for container in spec["containers"].as_array().into_iter().flatten() {
            let (name, image) = (
                container["name"].as_str().unwrap_or_default(),
                container["image"].as_str().unwrap_or_default(),
            );
            let mut restarts = 0;
            let mut started = plan.created + TO_START;
            let mut last = json!({});
            let run = |id: String, started, ended| Run {
                id,
                image: Arc::from(image),
                place: Arc::clone(&place),
                started,
                ended,
                said: Vec::new(),
            };
            if let Some((at, code, reason)) = fell.take() {
                let id = container_id(&uid, name, 0);
                last = json!({"terminated": {
                    "containerID": id, "exitCode": code, "reason": reason, "startedAt": seconds(started), "finishedAt": seconds(at),
                }});
                self.world
                    .runs
                    .start(&uid, name, run(id, started, Some(Ending { at, code, reason })));
                restarts = 1;
                started = at + SignedDuration::from_secs(1);
            }
            up = up.max(started);
            let id = container_id(&uid, name, restarts);
            let ended = plan.finished.map(|at| Ending {
                at,
                code: 0,
                reason: "Completed",
            });
            let state = match &ended {
                None => json!({"running": {"startedAt": seconds(started)}}),
                Some(end) => json!({"terminated": {
                    "containerID": id, "exitCode": 0, "reason": "Completed", "startedAt": seconds(started), "finishedAt": seconds(end.at),
                }}),
            };
            let runs = ended.is_none();
            self.world.runs.start(&uid, name, run(id.clone(), started, ended));
            statuses.push(json!({
                "name": name, "image": image, "imageID": image_id(image), "containerID": id, "ready": runs, "started": runs,
                "restartCount": restarts, "state": state, "lastState": last,
            }));
        }
        let conditions = conditions(plan.created, up + TO_READY, plan.finished);
        json!({
            "phase": if plan.finished.is_some() { "Succeeded" } else { "Running" },
            "conditions": conditions, "hostIP": host_ip, "hostIPs": [{"ip": host_ip}], "podIP": ip, "podIPs": [{"ip": ip}],
            "startTime": seconds(plan.created), "containerStatuses": statuses, "qosClass": qos_class(spec),
        })
    }
}

/// The spec of a pod as admission and scheduler complete a template's.
fn admitted(template: &Value, uid: &str, node: &str) -> Value {
    let mut spec = template.clone();
    let access = format!("kube-api-access-{}", suffix(uid, 5));
    let mount = json!({"name": access, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true});
    for field in ["containers", "initContainers"] {
        for container in spec[field].as_array_mut().into_iter().flatten() {
            match container["volumeMounts"].as_array_mut() {
                Some(mounts) => mounts.push(mount.clone()),
                None => container["volumeMounts"] = json!([mount]),
            }
        }
    }
    let volume = json!({"name": access, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
    ]}});
    match spec["volumes"].as_array_mut() {
        Some(volumes) => volumes.push(volume),
        None => spec["volumes"] = json!([volume]),
    }
    let account = spec["serviceAccountName"].as_str().unwrap_or("default").to_owned();
    spec["serviceAccount"] = json!(account);
    spec["serviceAccountName"] = json!(account);
    spec["nodeName"] = json!(node);
    spec["enableServiceLinks"] = json!(true);
    spec["preemptionPolicy"] = json!("PreemptLowerPriority");
    spec["priority"] = json!(match spec["priorityClassName"].as_str() {
        Some("system-node-critical") => 2_000_001_000,
        Some("system-cluster-critical") => 2_000_000_000,
        _ => 0,
    });
    let mut tolerations = spec["tolerations"].as_array().cloned().unwrap_or_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        // A daemon's pods, and those that tolerate everything, bring their own.
        let has = |t: &Value| t["key"] == *key || (t.get("key").is_none() && t["operator"] == "Exists" && t.get("effect").is_none());
        if !tolerations.iter().any(has) {
            tolerations.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
    spec["tolerations"] = json!(tolerations);
    spec
}

fn conditions(created: Timestamp, ready: Timestamp, finished: Option<Timestamp>) -> Value {
    let (created, ready) = (seconds(created), seconds(ready));
    let condition = |kind: &str, status: &str, at: &str, reason: Option<&str>| {
        let mut c = json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": at});
        if let Some(reason) = reason {
            c["reason"] = json!(reason);
        }
        c
    };
    match finished {
        None => json!([
            condition("PodReadyToStartContainers", "True", &ready, None),
            condition("Initialized", "True", &created, None),
            condition("Ready", "True", &ready, None),
            condition("ContainersReady", "True", &ready, None),
            condition("PodScheduled", "True", &created, None),
        ]),
        Some(at) => {
            let over = seconds(at + SignedDuration::from_secs(1));
            json!([
                condition("PodReadyToStartContainers", "False", &over, None),
                condition("Initialized", "True", &created, Some("PodCompleted")),
                condition("Ready", "False", &over, Some("PodCompleted")),
                condition("ContainersReady", "False", &over, Some("PodCompleted")),
                condition("PodScheduled", "True", &created, None),
            ])
        }
    }
}
