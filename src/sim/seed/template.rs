//! Pod templates, with the defaults that an API server fills in.

use serde_json::{Value, json};

/// A container of a template.
#[derive(Clone, Debug)]
pub(super) struct Container(Value);

impl Container {
    pub fn new(name: &str, image: &str) -> Self {
        Self(json!({
            "name": name, "image": image, "imagePullPolicy": "IfNotPresent", "resources": {},
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        }))
    }

    fn push(mut self, field: &str, element: Value) -> Self {
        match self.0[field].as_array_mut() {
            Some(list) => list.push(element),
            None => self.0[field] = json!([element]),
        }
        self
    }

    pub fn port(self, name: &str, number: u16) -> Self {
        self.push("ports", json!({"name": name, "containerPort": number, "protocol": "TCP"}))
    }

    pub fn env(self, name: &str, value: &str) -> Self {
        self.push("env", json!({"name": name, "value": value}))
    }

    pub fn secret(self, name: &str, secret: &str) -> Self {
        self.push(
            "env",
            json!({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}}),
        )
    }

    pub fn field(self, name: &str, path: &str) -> Self {
        self.push(
            "env",
            json!({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}),
        )
    }

    pub fn config(self, config_map: &str) -> Self {
        self.push("envFrom", json!({"configMapRef": {"name": config_map}}))
    }

    pub fn mount(self, volume: &str, path: &str, read_only: bool) -> Self {
        let mut mount = json!({"name": volume, "mountPath": path});
        if read_only {
            mount["readOnly"] = json!(true);
        }
        self.push("volumeMounts", mount)
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.0["args"] = json!(args);
        self
    }

    pub fn command(mut self, command: &[&str]) -> Self {
        self.0["command"] = json!(command);
        self
    }

    pub fn requests(mut self, cpu: &str, memory: &str) -> Self {
        self.0["resources"]["requests"] = json!({"cpu": cpu, "memory": memory});
        self
    }

    /// Limits; an empty CPU limit is none, as many teams have it.
    pub fn limits(mut self, cpu: &str, memory: &str) -> Self {
        self.0["resources"]["limits"] = if cpu.is_empty() {
            json!({"memory": memory})
        } else {
            json!({"cpu": cpu, "memory": memory})
        };
        self
    }

    /// Readiness and liveness by the same page; liveness begins later and is asked less often.
    pub fn probes(mut self, ready: &str, alive: &str, port: &str) -> Self {
        self.0["readinessProbe"] = probe(ready, port, 5, 5);
        self.0["livenessProbe"] = probe(alive, port, 15, 10);
        self
    }

    pub fn unprivileged(mut self) -> Self {
        self.0["securityContext"] = json!({
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true,
            "runAsNonRoot": true, "runAsUser": 1000,
        });
        self
    }

    pub fn privileged(mut self) -> Self {
        self.0["securityContext"] = json!({"privileged": true});
        self
    }
}

fn probe(path: &str, port: &str, delay: u32, period: u32) -> Value {
    let port = port.parse::<u16>().map_or_else(|_| json!(port), |number| json!(number));
    json!({
        "httpGet": {"path": path, "port": port, "scheme": "HTTP"}, "initialDelaySeconds": delay, "periodSeconds": period,
        "timeoutSeconds": 3, "successThreshold": 1, "failureThreshold": 3,
    })
}

/// A pod template.
#[derive(Clone, Debug)]
pub(super) struct Template(Value);

impl Template {
    /// A template with these labels and containers.
    pub fn new(labels: Value, containers: Vec<Container>) -> Self {
        let containers: Vec<Value> = containers.into_iter().map(|c| c.0).collect();
        Self(json!({
            "metadata": {"labels": labels},
            "spec": {
                "containers": containers, "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
                "schedulerName": "default-scheduler", "securityContext": {}, "terminationGracePeriodSeconds": 30,
            },
        }))
    }

    pub fn annotations(mut self, annotations: Value) -> Self {
        self.0["metadata"]["annotations"] = annotations;
        self
    }

    /// Sets a field of the spec.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.0["spec"][field] = value;
        self
    }

    /// Adds to a list of the first container.
    pub fn extend_first(&mut self, field: &str, element: Value) {
        if let Some(container) = self.0["spec"]["containers"].get_mut(0) {
            match container[field].as_array_mut() {
                Some(list) => list.push(element),
                None => container[field] = json!([element]),
            }
        }
    }

    pub fn account(self, name: &str) -> Self {
        self.with("serviceAccount", json!(name)).with("serviceAccountName", json!(name))
    }

    /// Siblings rather stand in different zones.
    pub fn spread(self, label: &str, value: &str) -> Self {
        self.with(
            "topologySpreadConstraints",
            json!([{
                "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {label: value}},
            }]),
        )
    }

    pub fn value(&self) -> &Value {
        &self.0
    }
}

/// The labels of a template.
pub(super) fn labels(template: &Value) -> Value {
    template["metadata"]["labels"].clone()
}

/// What the containers of a template ask for together: thousandths of a core, MiB.
pub(super) fn requests(template: &Value) -> (i64, i64) {
    let containers = template["spec"]["containers"].as_array().into_iter().flatten();
    containers.fold((0, 0), |(cpu, memory), container| {
        let asked = &container["resources"]["requests"];
        (
            cpu + millis(asked["cpu"].as_str().unwrap_or("0")),
            memory + mebibytes(asked["memory"].as_str().unwrap_or("0")),
        )
    })
}

/// The memory limits of a template's containers together, in MiB.
pub(super) fn memory_limit(template: &Value) -> i64 {
    let containers = template["spec"]["containers"].as_array().into_iter().flatten();
    containers
        .map(|c| mebibytes(c["resources"]["limits"]["memory"].as_str().unwrap_or("0")))
        .sum()
}

fn millis(quantity: &str) -> i64 {
    match quantity.strip_suffix('m') {
        Some(millis) => millis.parse().unwrap_or(0),
        None => quantity.parse::<i64>().unwrap_or(0) * 1000,
    }
}

fn mebibytes(quantity: &str) -> i64 {
    match (quantity.strip_suffix("Gi"), quantity.strip_suffix("Mi")) {
        (Some(gi), _) => gi.parse::<i64>().unwrap_or(0) * 1024,
        (_, Some(mi)) => mi.parse().unwrap_or(0),
        _ => 0,
    }
}
