//! The events of the last hour: a cron job's round, what the controllers of AWS and secrets say.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::builder::{Seeder, minutes};
use super::names::digits;
use crate::sim::store::{Stored, seconds};

/// Who says what: reason, message, component, host, part of the object.
struct Saying<'a> {
    reason: &'a str,
    message: String,
    component: &'a str,
    host: Option<&'a str>,
    field: Option<&'a str>,
}

impl Seeder<'_> {
    /// Puts the events of the jobs that ran within the last hour, and a few steady ones.
    pub fn events(&mut self) {
        let hour_ago = self.ago(minutes(60));
        let jobs: Vec<_> = self.world.store.list("jobs", Some("default")).cloned().collect();
        for job in jobs {
            let value = job.value();
            let Some(began) = value["status"]["startTime"].as_str().and_then(|t| t.parse::<Timestamp>().ok()) else {
                continue;
            };
            if began > hour_ago {
                self.events_of_job(&job, &value, began);
            }
        }
        let ingress = self.world.store.get("ingresses", "default", "solia").cloned();
        if let Some(ingress) = ingress {
            let at = self.ago(minutes(38));
            let saying = Saying {
                reason: "SuccessfullyReconciled",
                message: "Successfully reconciled".to_owned(),
                component: "ingress",
                host: None,
                field: None,
            };
            self.event(&ingress, ("Ingress", "networking.k8s.io/v1"), at, 41, &saying);
        }
        let secret = self
            .world
            .store
            .get("externalsecrets.external-secrets.io", "default", "backend-secrets")
            .cloned();
        if let Some(secret) = secret {
            let at = self.ago(minutes(23));
            let saying = Saying {
                reason: "Updated",
                message: "secret synced".to_owned(),
                component: "external-secrets",
                host: None,
                field: None,
            };
            self.event(&secret, ("ExternalSecret", "external-secrets.io/v1"), at, 1, &saying);
        }
    }

    fn events_of_job(&mut self, job: &Stored, value: &Value, began: Timestamp) {
        let Some(pod) = self.world.store.owned_by(&job.uid).first().cloned() else {
            return;
        };
        let pod_value = pod.value();
        let name = &*pod.key.name;
        let container = pod_value["spec"]["containers"][0]["name"].as_str().unwrap_or_default().to_owned();
        let image = pod_value["spec"]["containers"][0]["image"].as_str().unwrap_or_default().to_owned();
        let node = pod.node.as_deref().unwrap_or_default();
        let over = value["status"]["completionTime"].as_str().and_then(|t| t.parse::<Timestamp>().ok());
        let part = format!("spec.containers{{{container}}}");
        let said = |reason, message: String, component, host, field| Saying {
            reason,
            message,
            component,
            host,
            field,
        };
        let (kubelet, field) = (Some(node), Some(part.as_str()));
        let after = |s: i64| began + SignedDuration::from_secs(s);
        let of_job = ("Job", "batch/v1");
        let of_pod = ("Pod", "v1");
        let created = said("SuccessfulCreate", format!("Created pod: {name}"), "job-controller", None, None);
        self.event(job, of_job, began, 1, &created);
        let place = format!("Successfully assigned default/{name} to {node}");
        self.event(&pod, of_pod, began, 1, &said("Scheduled", place, "default-scheduler", None, None));
        let present = format!("Container image \"{image}\" already present on machine");
        self.event(&pod, of_pod, after(1), 1, &said("Pulled", present, "kubelet", kubelet, field));
        let text = format!("Created container: {container}");
        self.event(&pod, of_pod, after(2), 1, &said("Created", text, "kubelet", kubelet, field));
        let text = format!("Started container {container}");
        self.event(&pod, of_pod, after(3), 1, &said("Started", text, "kubelet", kubelet, field));
        if let Some(over) = over {
            let text = "Job completed".to_owned();
            self.event(job, of_job, over, 1, &said("Completed", text, "job-controller", None, None));
        }
    }

    fn event(&mut self, about: &Stored, (kind, api_version): (&str, &str), at: Timestamp, count: u32, saying: &Saying<'_>) {
        let namespace = if about.key.namespace.is_empty() {
            "default"
        } else {
            &*about.key.namespace
        };
        let name = format!(
            "{}.{}",
            about.key.name,
            digits(&format!("{}{}{:?}{at}", about.uid, saying.reason, saying.field), 16)
        );
        let mut involved = json!({
            "kind": kind, "apiVersion": api_version, "namespace": namespace, "name": &*about.key.name, "uid": &*about.uid,
            "resourceVersion": about.rv.to_string(),
        });
        if let Some(field) = saying.field {
            involved["fieldPath"] = json!(field);
        }
        let mut source = json!({"component": saying.component});
        if let Some(host) = saying.host {
            source["host"] = json!(host);
        }
        // One that was said often began some time ago.
        let first = at - SignedDuration::from_mins(i64::from(count - count.min(1)) * 60);
        self.put(
            "events",
            first,
            json!({
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": involved, "reason": saying.reason, "message": saying.message, "source": source, "type": "Normal",
                "firstTimestamp": seconds(first), "lastTimestamp": seconds(at), "count": count, "eventTime": null,
                "reportingComponent": saying.component, "reportingInstance": saying.host.unwrap_or_default(),
            }),
        );
    }
}
