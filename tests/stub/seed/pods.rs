//! Pods as a kubelet reports them.

use serde_json::{Value, json};

use super::super::clock::seconds_ago;
use super::{DAY, HOUR, MINUTE, meta};

/// What the only container of a pod does.
#[derive(Clone, Copy)]
pub enum Doing {
    Running,
    /// Waits to be started again; it last ended with this code and reason.
    CrashLoop {
        code: i32,
        reason: &'static str,
        restarts: u32,
    },
    /// Runs again; it last ended with this code and reason.
    Restarted {
        code: i32,
        reason: &'static str,
        restarts: u32,
    },
    /// Waits for its image.
    NoImage,
    /// Ended well, for good.
    Completed,
    /// No node takes the pod.
    Unschedulable,
}

/// A pod with one container.
pub struct PodSeed<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub app: &'a str,
    pub node: &'a str,
    pub image: &'a str,
    pub age: i64,
    pub doing: Doing,
    /// Owner reference of API version, kind and object.
    pub owner: Option<(&'static str, &'static str, &'a Value)>,
}

impl<'a> PodSeed<'a> {
    pub fn new(namespace: &'a str, name: &'a str, app: &'a str) -> Self {
        Self {
            namespace,
            name,
            app,
            node: "node-1",
            image: "registry.example/app:1.4.2",
            age: 3 * DAY,
            doing: Doing::Running,
            owner: None,
        }
    }

    pub fn object(&self) -> Value {
        let mut metadata = meta(Some(self.namespace), self.name, self.age, json!({"app": self.app}));
        if let Some((api_version, kind, owner)) = self.owner {
            super::owned_by(&mut metadata, api_version, kind, owner);
        }
        metadata["managedFields"] = json!([{"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {}}}]);
        let placed = !matches!(self.doing, Doing::Unschedulable);
        let mut spec = json!({
            "containers": [{
                "name": self.app, "image": self.image, "imagePullPolicy": "IfNotPresent",
                "ports": [{"containerPort": 4000, "protocol": "TCP", "name": "http"}],
                "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "backend-secret", "key": "password"}}}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
                "readinessProbe": {"httpGet": {"path": "/health", "port": 4000, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3, "successThreshold": 1},
            }],
            "restartPolicy": "Always", "serviceAccountName": "default", "terminationGracePeriodSeconds": 30,
        });
        if placed {
            spec["nodeName"] = json!(self.node);
        }
        json!({"metadata": metadata, "spec": spec, "status": self.status()})
    }

    fn status(&self) -> Value {
        if matches!(self.doing, Doing::Unschedulable) {
            let message = "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.";
            let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": seconds_ago(self.age)});
            return json!({"phase": "Pending", "qosClass": "Burstable", "conditions": [condition]});
        }
        let began = seconds_ago(self.age);
        let ended = |code: i32, reason: &str| json!({"terminated": {"exitCode": code, "reason": reason, "startedAt": seconds_ago(5 * MINUTE), "finishedAt": seconds_ago(4 * MINUTE)}});
        let running = |since: i64| json!({"running": {"startedAt": seconds_ago(since)}});
        let (state, last, ready, restarts) = match self.doing {
            Doing::Running => (running(self.age), json!({}), true, 0),
            Doing::CrashLoop { code, reason, restarts } => {
                let message = format!(
                    "back-off 5m0s restarting failed container={} pod={}_{}",
                    self.app, self.name, self.namespace
                );
                (
                    json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}}),
                    ended(code, reason),
                    false,
                    restarts,
                )
            }
            Doing::Restarted { code, reason, restarts } => (running(4 * MINUTE), ended(code, reason), true, restarts),
            Doing::NoImage => {
                let message = format!("Back-off pulling image \"{}\"", self.image);
                (
                    json!({"waiting": {"reason": "ImagePullBackOff", "message": message}}),
                    json!({}),
                    false,
                    0,
                )
            }
            Doing::Completed => (ended(0, "Completed"), json!({}), false, 0),
            Doing::Unschedulable => (json!({}), json!({}), false, 0),
        };
        let phase = match self.doing {
            Doing::Completed => "Succeeded",
            Doing::NoImage | Doing::Unschedulable => "Pending",
            _ => "Running",
        };
        let unready = if ready { Value::Null } else { json!("ContainersNotReady") };
        let flag = if ready { "True" } else { "False" };
        json!({
            "phase": phase, "hostIP": "10.0.0.11", "podIP": "10.1.0.17", "podIPs": [{"ip": "10.1.0.17"}], "startTime": began, "qosClass": "Burstable",
            "conditions": [
                {"type": "Initialized", "status": "True", "lastTransitionTime": began},
                {"type": "Ready", "status": flag, "reason": unready, "lastTransitionTime": seconds_ago(HOUR.min(self.age))},
                {"type": "ContainersReady", "status": flag, "reason": unready, "lastTransitionTime": seconds_ago(HOUR.min(self.age))},
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": began},
            ],
            "containerStatuses": [{
                "name": self.app, "image": self.image, "imageID": "sha256:0", "containerID": "containerd://0",
                "ready": ready, "started": ready, "restartCount": restarts, "state": state, "lastState": last,
            }],
        })
    }
}
