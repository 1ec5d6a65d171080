//! What bounds the workloads: autoscalers, disruption budgets, quotas, limits, priorities.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Environment;
use super::app::sizes;
use super::builder::{Seeder, days};
use crate::sim::store::seconds;

impl Seeder<'_> {
    /// Puts autoscalers, budgets, quotas, limits and priority classes.
    pub fn policies(&mut self) {
        let created = self.ago(days(120, 340));
        let sizes = sizes(self.environment);
        if self.environment != Environment::Development {
            // In production people scale the backend, within what the database's connections allow.
            if self.environment != Environment::Production {
                self.autoscaler("backend", sizes.backend, sizes.backend.max(2), sizes.backend * 2, 34, created);
            }
            self.autoscaler("frontend", sizes.frontend, sizes.frontend.max(2), sizes.frontend * 2, 28, created);
            self.budget(
                "default",
                "backend",
                ("app", "backend"),
                sizes.backend,
                sizes.backend.saturating_sub(2).max(1),
                created,
            );
            self.budget(
                "default",
                "frontend",
                ("app", "frontend"),
                sizes.frontend,
                sizes.frontend - 1,
                created,
            );
        }
        self.budget("kube-system", "coredns", ("k8s-app", "kube-dns"), 2, 1, created);
        if self.environment == Environment::Staging {
            self.quota(created);
        }
        self.limits(created);
        self.priorities();
    }

    fn autoscaler(&mut self, app: &str, replicas: usize, min: usize, max: usize, utilization: u32, created: Timestamp) {
        let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": seconds(created)});
        self.put(
            "horizontalpodautoscalers",
            created,
            json!({
                "metadata": {"name": app, "namespace": "default", "labels": {"app": app}},
                "spec": {
                    "minReplicas": min, "maxReplicas": max,
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": format!("{app}-deployment")},
                    "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}],
                },
                "status": {
                    "currentReplicas": replicas, "desiredReplicas": replicas, "lastScaleTime": seconds(self.ago(days(8, 55))),
                    "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {
                        "averageUtilization": utilization, "averageValue": format!("{}m", utilization * 250 / 100)}}}],
                    "conditions": [
                        condition("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
                        condition("ScalingActive", "True", "ValidMetricFound",
                            "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)"),
                        condition("ScalingLimited", "True", "TooFewReplicas",
                            "the desired replica count is less than the minimum replica count"),
                    ],
                },
            }),
        );
    }

    /// A budget for pods that are all healthy.
    pub fn budget(&mut self, namespace: &str, name: &str, (key, value): (&str, &str), pods: usize, min: usize, created: Timestamp) {
        let allowed = pods.saturating_sub(min);
        let (status, reason) = if allowed > 0 {
            ("True", "SufficientPods")
        } else {
            ("False", "InsufficientPods")
        };
        self.put(
            "poddisruptionbudgets",
            created,
            json!({
                "metadata": {"name": name, "namespace": namespace, "generation": 1, "labels": {key: value}},
                "spec": {"minAvailable": min, "selector": {"matchLabels": {key: value}}},
                "status": {
                    "currentHealthy": pods, "desiredHealthy": min, "disruptionsAllowed": allowed, "expectedPods": pods, "observedGeneration": 1,
                    "conditions": [{"type": "DisruptionAllowed", "status": status, "reason": reason, "message": "", "observedGeneration": 1,
                        "lastTransitionTime": seconds(created + SignedDuration::from_secs(1))}],
                },
            }),
        );
    }

    fn quota(&mut self, created: Timestamp) {
        let hard = json!({"limits.memory": "24Gi", "pods": "60", "requests.cpu": "6", "requests.memory": "16Gi"});
        let pods: Vec<_> = self.world.store.list("pods", Some("default")).cloned().collect();
        let (mut cpu, mut memory, mut limit, mut count) = (0, 0, 0, 0);
        for pod in pods {
            let pod = pod.value();
            if pod["status"]["phase"] != "Running" {
                continue;
            }
            let (c, m) = super::template::requests(&pod);
            (cpu, memory, count) = (cpu + c, memory + m, count + 1);
            limit += super::template::memory_limit(&pod);
        }
        self.put(
            "resourcequotas",
            created,
            json!({
                "metadata": {"name": "solia", "namespace": "default"},
                "spec": {"hard": hard},
                "status": {"hard": hard, "used": {
                    "limits.memory": memory_of(limit), "pods": count.to_string(), "requests.cpu": cores_of(cpu),
                    "requests.memory": memory_of(memory),
                }},
            }),
        );
    }

    fn limits(&mut self, created: Timestamp) {
        self.put(
            "limitranges",
            created,
            json!({
                "metadata": {"name": "defaults", "namespace": "default"},
                "spec": {"limits": [{"type": "Container", "default": {"memory": "512Mi"}, "defaultRequest": {"cpu": "50m", "memory": "128Mi"}}]},
            }),
        );
    }

    fn priorities(&mut self) {
        let created = self.ago(days(214, 60));
        for (name, value, description) in [
            (
                "system-cluster-critical",
                2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
            ),
            (
                "system-node-critical",
                2_000_001_000,
                "Used for system critical pods that must not be moved from their current node.",
            ),
        ] {
            self.put(
                "priorityclasses",
                created,
                json!({"metadata": {"name": name, "generation": 1}, "value": value, "description": description,
                    "preemptionPolicy": "PreemptLowerPriority"}),
            );
        }
    }
}

impl Seeder<'_> {
    /// Puts the webhooks of the load balancers' controller: it completes ingresses' target groups and refuses what is wrong in them.
    pub fn webhooks(&mut self) {
        let created = self.ago(days(118, 200));
        for (shelf, verb) in [
            ("mutatingwebhookconfigurations", "mutate"),
            ("validatingwebhookconfigurations", "validate"),
        ] {
            let hook = |what: &str| {
                json!({
                    "name": format!("{}{what}.elbv2.k8s.aws", verb.chars().next().unwrap_or('m')),
                    "admissionReviewVersions": ["v1beta1"],
                    "clientConfig": {"service": {
                        "name": "aws-load-balancer-webhook-service", "namespace": "kube-system", "port": 443,
                        "path": format!("/{verb}-elbv2-k8s-aws-v1beta1-{what}"),
                    }},
                    "failurePolicy": "Fail", "matchPolicy": "Equivalent", "sideEffects": "None", "timeoutSeconds": 10,
                })
            };
            self.put(
                shelf,
                created,
                json!({
                    "metadata": {"name": "aws-load-balancer-webhook", "labels": {"app.kubernetes.io/name": "aws-load-balancer-controller"}},
                    "webhooks": [hook("targetgroupbinding"), hook("ingressclassparams")],
                }),
            );
        }
    }
}

/// A quantity of memory in the largest unit that tells it whole.
fn memory_of(mebibytes: i64) -> String {
    if mebibytes % 1024 == 0 {
        format!("{}Gi", mebibytes / 1024)
    } else {
        format!("{mebibytes}Mi")
    }
}

/// A quantity of cores.
fn cores_of(millis: i64) -> String {
    if millis % 1000 == 0 {
        (millis / 1000).to_string()
    } else {
        format!("{millis}m")
    }
}
