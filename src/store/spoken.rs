//! What an alert speaks of, among the objects that are there.

use super::EnvStore;
use crate::model::{Alert, AlertLabels, Body, Known, ObjectRef, Uid};

/// Labels by which applications and their exporters name what they are, besides the labels of Kubernetes' own objects.
const NAMES: [&str; 7] = [
    "service",
    "app",
    "app_kubernetes_io_name",
    "workload",
    "component",
    "container",
    "job",
];

/// Labels by which a workload's pods say what they are.
const SELECTORS: [&str; 3] = ["app.kubernetes.io/name", "app", "k8s-app"];

/// An alert, and the object that it speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    pub alert: Alert,
    pub object: Option<ObjectRef>,
}

impl Spoken {
    /// By which it is told from the others.
    pub fn uid(&self) -> Uid {
        Uid::of(&self.alert.identity())
    }
}

impl EnvStore {
    /// The alerts, the worst first, with what they speak of.
    pub fn all_spoken(&self) -> Vec<Spoken> {
        let all = self.alerts.all().iter();
        all.map(|alert| Spoken {
            alert: alert.clone(),
            object: self.spoken(&alert.labels),
        })
        .collect()
    }

    /// The object that the labels of an alert or a target speak of: the one that they name, else the workload or service that goes by the name of
    /// the application that they name, else the namespace.
    pub fn spoken(&self, labels: &AlertLabels) -> Option<ObjectRef> {
        let named = labels.object();
        match &named {
            Some(object) if !object.kind.is(Known::Namespace) => named,
            Some(namespace) => self.application(labels, &namespace.name).or(named),
            None => None,
        }
    }

    fn application(&self, labels: &AlertLabels, namespace: &str) -> Option<ObjectRef> {
        let names = NAMES.iter().map(|label| labels.get(label)).filter(|name| !name.is_empty());
        names.into_iter().find_map(|name| {
            let workloads = [Known::Deployment, Known::StatefulSet, Known::DaemonSet];
            let found = workloads.into_iter().find_map(|kind| self.by_name(kind, namespace, name));
            found.or_else(|| self.by_name(Known::Service, namespace, name))
        })
    }

    /// The object of a namespace that is called so, or whose pods are.
    fn by_name(&self, known: Known, namespace: &str, name: &str) -> Option<ObjectRef> {
        let kind = known.into();
        let is_called = |body: &Body| match body {
            Body::Workload(workload) => SELECTORS.iter().any(|label| workload.selector.get(label) == Some(name)),
            _ => false,
        };
        let rows = self.feeds().filter(|(key, _)| key.kind == kind).flat_map(|(_, feed)| feed.rows());
        let here: Vec<_> = rows.filter(|row| *row.meta.namespace == *namespace).collect();
        let exact = here.iter().find(|row| *row.meta.name == *name);
        let found = exact.or_else(|| here.iter().find(|row| is_called(&row.body)))?;
        Some(ObjectRef {
            kind,
            namespace: found.meta.namespace.clone(),
            name: (*found.meta.name).into(),
        })
    }
}
