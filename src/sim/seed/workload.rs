//! Deployments with their past releases, stateful sets, daemon sets: each with its pods.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::builder::{Seeder, owner};
use super::names::{digits, suffix};
use super::pod::Plan;
use super::template::{Template, labels, requests};
use crate::sim::store::{Stored, seconds};

/// One release of a deployment.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub at: Timestamp,
    pub template: Template,
    /// What `kubectl rollout history` says of it.
    pub cause: Option<String>,
}

/// A deployment to put.
#[derive(Clone, Debug)]
pub(super) struct Deploy<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub labels: Value,
    pub selector: Value,
    pub replicas: usize,
    pub created: Timestamp,
    /// The number of the newest revision.
    pub revision: usize,
    /// Oldest first; the last one runs.
    pub releases: Vec<Release>,
    /// An earlier run of its first pod ended then.
    pub fell: Option<(Timestamp, i32, &'static str)>,
}

/// The hash that a template's replica set bears.
pub(super) fn template_hash(template: &Value) -> String {
    suffix(&template.to_string(), 10)
}

fn with_label(template: &Value, name: &str, value: &str) -> Value {
    let mut template = template.clone();
    template["metadata"]["labels"][name] = json!(value);
    template
}

impl Seeder<'_> {
    /// Puts a deployment, the replica sets of its releases and the pods of the last one.
    pub fn deployment(&mut self, deploy: &Deploy<'_>) {
        let Some(newest) = deploy.releases.last() else { return };
        let hash = template_hash(newest.template.value());
        let rolled = newest.at + SignedDuration::from_secs(14 * i64::try_from(deploy.replicas).unwrap_or(1) + 2);
        let mut annotations = json!({"deployment.kubernetes.io/revision": deploy.revision.to_string()});
        if let Some(cause) = &newest.cause {
            annotations["kubernetes.io/change-cause"] = json!(cause);
        }
        let n = deploy.replicas;
        let stored = self.put_written(
            "deployments",
            deploy.created,
            newest.at,
            json!({
                "metadata": {
                    "name": deploy.name, "namespace": deploy.namespace, "labels": deploy.labels, "annotations": annotations,
                    "generation": deploy.revision,
                },
                "spec": {
                    "replicas": n, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
                    "selector": {"matchLabels": deploy.selector},
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
                    "template": newest.template.value(),
                },
                "status": {
                    "observedGeneration": deploy.revision, "replicas": n, "updatedReplicas": n, "readyReplicas": n,
                    "availableReplicas": n,
                    "conditions": [
                        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
                         "message": "Deployment has minimum availability.", "lastTransitionTime": seconds(deploy.created + SignedDuration::from_secs(31)),
                         "lastUpdateTime": seconds(deploy.created + SignedDuration::from_secs(31))},
                        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable",
                         "message": format!("ReplicaSet \"{}-{hash}\" has successfully progressed.", deploy.name),
                         "lastTransitionTime": seconds(deploy.created), "lastUpdateTime": seconds(rolled)},
                    ],
                },
            }),
        );
        let first = deploy.revision + 1 - deploy.releases.len().min(deploy.revision);
        for (i, release) in deploy.releases.iter().enumerate() {
            let runs = i + 1 == deploy.releases.len();
            self.replica_set(deploy, &stored, release, first + i, runs);
        }
    }

    fn replica_set(&mut self, deploy: &Deploy<'_>, deployment: &Stored, release: &Release, revision: usize, runs: bool) {
        let hash = template_hash(release.template.value());
        let template = with_label(release.template.value(), "pod-template-hash", &hash);
        let mut selector = deploy.selector.clone();
        selector["pod-template-hash"] = json!(hash);
        let n = deploy.replicas;
        let surge = n.div_ceil(4);
        let mut annotations = json!({
            "deployment.kubernetes.io/desired-replicas": n.to_string(), "deployment.kubernetes.io/max-replicas": (n + surge).to_string(),
            "deployment.kubernetes.io/revision": revision.to_string(),
        });
        if let Some(cause) = &release.cause {
            annotations["kubernetes.io/change-cause"] = json!(cause);
        }
        let generation = if runs { 1 + n } else { 2 + 2 * n };
        let status = if runs {
            json!({"replicas": n, "fullyLabeledReplicas": n, "readyReplicas": n, "availableReplicas": n, "observedGeneration": generation})
        } else {
            json!({"replicas": 0, "observedGeneration": generation})
        };
        let name = format!("{}-{hash}", deploy.name);
        let set = self.put(
            "replicasets",
            release.at,
            json!({
                "metadata": {
                    "name": name, "namespace": deploy.namespace, "labels": labels(&template), "annotations": annotations,
                    "generation": generation, "ownerReferences": owner("Deployment", "apps/v1", deployment),
                },
                "spec": {"replicas": if runs { n } else { 0 }, "selector": {"matchLabels": selector}, "template": template},
                "status": status,
            }),
        );
        if !runs {
            return;
        }
        let (cpu, memory) = requests(&template);
        let mut siblings = Vec::new();
        for i in 0..n {
            let node = self.choose(cpu, memory, &siblings, None);
            siblings.push(node);
            let created = release.at + SignedDuration::from_secs(1 + 14 * i64::try_from(i).unwrap_or(0));
            self.pod(&Plan {
                namespace: deploy.namespace,
                name: format!("{name}-{}", suffix(&format!("{}{i}", set.uid), 5)),
                generate_name: Some(format!("{name}-")),
                owners: owner("ReplicaSet", "apps/v1", &set),
                template: &template,
                node,
                created,
                finished: None,
                fell: deploy.fell.filter(|_| i == 0),
            });
        }
    }

    /// Puts a stateful set of one replica with its revision; the claims of its templates are put elsewhere.
    pub fn stateful_set(&mut self, namespace: &str, name: &str, created: Timestamp, template: &Template, claims: Value, zone: &str) {
        let revision = format!("{name}-{}", digits(&template.value().to_string(), 10));
        let selector = json!({"app.kubernetes.io/name": labels(template.value())["app.kubernetes.io/name"]});
        let stored = self.put(
            "statefulsets",
            created,
            json!({
                "metadata": {"name": name, "namespace": namespace, "labels": selector, "generation": 1},
                "spec": {
                    "replicas": 1, "serviceName": name, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
                    "selector": {"matchLabels": selector}, "template": template.value(),
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                    "volumeClaimTemplates": claims,
                },
                "status": {
                    "observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "currentReplicas": 1,
                    "updatedReplicas": 1, "currentRevision": revision, "updateRevision": revision, "collisionCount": 0,
                },
            }),
        );
        self.revision("StatefulSet", &stored, &revision, template, created);
        let pod = format!("{name}-0");
        let mut own = with_label(template.value(), "controller-revision-hash", &revision);
        own["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = json!(pod);
        own["metadata"]["labels"]["apps.kubernetes.io/pod-index"] = json!("0");
        let mut volumes = own["spec"]["volumes"].as_array().cloned().unwrap_or_default();
        for claim in claims.as_array().into_iter().flatten() {
            let claim = claim["metadata"]["name"].as_str().unwrap_or_default();
            volumes.insert(
                0,
                json!({"name": claim, "persistentVolumeClaim": {"claimName": format!("{claim}-{pod}")}}),
            );
        }
        own["spec"]["volumes"] = json!(volumes);
        own["spec"]["hostname"] = json!(pod);
        own["spec"]["subdomain"] = json!(name);
        let (cpu, memory) = requests(&own);
        let node = self.choose(cpu, memory, &[], (!zone.is_empty()).then_some(zone));
        self.pod(&Plan {
            namespace,
            name: pod,
            generate_name: Some(format!("{name}-")),
            owners: owner("StatefulSet", "apps/v1", &stored),
            template: &own,
            node,
            created,
            finished: None,
            fell: None,
        });
    }

    /// Puts a daemon set with a pod on every node, each as old as its node.
    pub fn daemon_set(
        &mut self,
        namespace: &str,
        name: &str,
        created: Timestamp,
        selector: Value,
        template: &Template,
        births: &[Timestamp],
    ) {
        let n = self.rooms.len();
        let hash = suffix(&template.value().to_string(), 10);
        let stored = self.put(
            "daemonsets",
            created,
            json!({
                "metadata": {"name": name, "namespace": namespace, "labels": selector, "generation": 1,
                    "annotations": {"deprecated.daemonset.template.generation": "1"}},
                "spec": {
                    "revisionHistoryLimit": 10, "selector": {"matchLabels": selector}, "template": template.value(),
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
                },
                "status": {
                    "observedGeneration": 1, "currentNumberScheduled": n, "desiredNumberScheduled": n, "numberAvailable": n,
                    "numberMisscheduled": 0, "numberReady": n, "updatedNumberScheduled": n,
                },
            }),
        );
        self.revision("DaemonSet", &stored, &format!("{name}-{hash}"), template, created);
        for node in 0..n {
            let mut own = with_label(template.value(), "controller-revision-hash", &hash);
            own["metadata"]["labels"]["pod-template-generation"] = json!("1");
            let host = self.rooms.get(node).map(|room| room.name.clone()).unwrap_or_default();
            own["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [host]}]},
            ]}}});
            own["spec"]["tolerations"] = daemon_tolerations(&own["spec"]);
            let born = births.get(node).copied().unwrap_or(created).max(created);
            self.pod(&Plan {
                namespace,
                name: format!("{name}-{}", suffix(&format!("{}{host}", stored.uid), 5)),
                generate_name: Some(format!("{name}-")),
                owners: owner("DaemonSet", "apps/v1", &stored),
                template: &own,
                node,
                created: born + SignedDuration::from_secs(2),
                finished: None,
                fell: None,
            });
        }
    }

    fn revision(&mut self, kind: &str, of: &Stored, name: &str, template: &Template, created: Timestamp) {
        let mut data = template.value().clone();
        data["$patch"] = json!("replace");
        let hash = name.strip_prefix(&format!("{}-", of.key.name)).unwrap_or(name);
        let mut own = labels(template.value());
        own["controller-revision-hash"] = json!(hash);
        self.put(
            "controllerrevisions",
            created,
            json!({
                "metadata": {"name": name, "namespace": &*of.key.namespace, "labels": own, "ownerReferences": owner(kind, "apps/v1", of)},
                "data": {"spec": {"template": data}}, "revision": 1,
            }),
        );
    }
}

/// What the daemon set controller lets its pods tolerate besides what their template does.
fn daemon_tolerations(spec: &Value) -> Value {
    let mut all = spec["tolerations"].as_array().cloned().unwrap_or_default();
    for (key, effect) in [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ] {
        all.push(json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect}));
    }
    if spec["hostNetwork"] == json!(true) {
        all.push(json!({"key": "node.kubernetes.io/network-unavailable", "operator": "Exists", "effect": "NoSchedule"}));
    }
    json!(all)
}
