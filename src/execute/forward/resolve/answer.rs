//! What is read of the API server's answers: as little as is needed, and nothing that an old or a new server might not have.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::action::forward::Remote;
use crate::model::{Problem, ProblemKind};

/// Nothing, where a server says `null`: some write that for a list that is empty.
fn or_none<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Something that an answer is read into.
pub trait Document: DeserializeOwned {}

impl<T: DeserializeOwned> Document for T {}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    #[serde(deserialize_with = "or_none")]
    pub name: String,
    #[serde(deserialize_with = "or_none")]
    pub uid: String,
    /// RFC 3339, as all of the server's times: they sort as text.
    #[serde(deserialize_with = "or_none")]
    pub creation_timestamp: String,
    pub deletion_timestamp: Option<String>,
    #[serde(deserialize_with = "or_none")]
    pub owner_references: Vec<Owner>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Owner {
    #[serde(deserialize_with = "or_none")]
    pub api_version: String,
    #[serde(deserialize_with = "or_none")]
    pub kind: String,
    #[serde(deserialize_with = "or_none")]
    pub name: String,
    pub controller: bool,
}

impl Owner {
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The plural of the kinds that matter here.
    pub fn resource(&self) -> String {
        format!("{}s", self.kind.to_lowercase())
    }
}

impl Meta {
    pub fn controller(&self) -> Option<&Owner> {
        self.owner_references.iter().find(|owner| owner.controller)
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pods {
    #[serde(deserialize_with = "or_none")]
    pub items: Vec<PodDoc>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodDoc {
    pub metadata: Meta,
    pub spec: PodSpec,
    pub status: PodStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    #[serde(deserialize_with = "or_none")]
    pub containers: Vec<Container>,
    #[serde(deserialize_with = "or_none")]
    pub init_containers: Vec<Container>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Container {
    #[serde(deserialize_with = "or_none")]
    pub ports: Vec<ContainerPort>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    #[serde(deserialize_with = "or_none")]
    pub name: String,
    pub container_port: u16,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodStatus {
    #[serde(deserialize_with = "or_none")]
    pub phase: String,
    #[serde(deserialize_with = "or_none")]
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    #[serde(rename = "type")]
    #[serde(deserialize_with = "or_none")]
    pub kind: String,
    #[serde(deserialize_with = "or_none")]
    pub status: String,
}

impl PodDoc {
    /// Whether it runs and is not on its way out.
    pub fn is_running(&self) -> bool {
        self.metadata.deletion_timestamp.is_none() && self.status.phase == "Running"
    }

    /// Whether it will not run any more.
    pub fn is_over(&self) -> bool {
        self.metadata.deletion_timestamp.is_some() || matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    pub fn is_ready(&self) -> bool {
        self.status.conditions.iter().any(|c| c.kind == "Ready" && c.status == "True")
    }

    /// The number of one of its ports. Any number is taken as it is: containers need not say what they listen on.
    ///
    /// # Errors
    /// No container gives a port this name.
    pub fn port(&self, remote: &Remote) -> Result<u16, Problem> {
        let name = match remote {
            Remote::Number(number) => return Ok(*number),
            Remote::Name(name) => name,
        };
        let ports = || self.spec.containers.iter().chain(&self.spec.init_containers).flat_map(|c| &c.ports);
        ports()
            .find(|port| port.name == *name)
            .map(|port| port.container_port)
            .ok_or_else(|| {
                let names: Vec<&str> = ports().map(|port| port.name.as_str()).filter(|name| !name.is_empty()).collect();
                missing(format!("pod {} has no port {name}", self.metadata.name), &names)
            })
    }
}

fn missing(text: String, names: &[&str]) -> Problem {
    let problem = Problem::new(ProblemKind::Config, text);
    match names {
        [] => problem.hint("its ports have no names: give the number"),
        names => problem.hint(crate::model::clean(&format!("there is {}", names.join(", "))).as_ref()),
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServiceDoc {
    pub metadata: Meta,
    pub spec: ServiceSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSpec {
    pub selector: Option<BTreeMap<String, String>>,
    #[serde(deserialize_with = "or_none")]
    pub ports: Vec<ServicePort>,
    #[serde(rename = "clusterIP")]
    #[serde(deserialize_with = "or_none")]
    pub cluster_ip: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServicePort {
    #[serde(deserialize_with = "or_none")]
    pub name: String,
    pub port: u16,
    pub target_port: Option<TargetPort>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum TargetPort {
    Number(u16),
    Name(String),
}

impl ServiceDoc {
    /// What selects its pods; none where nothing does.
    pub fn labels(&self) -> Option<String> {
        self.spec.selector.as_ref().and_then(equal)
    }

    /// The service's number of a port, and the number that it leads to in a pod. As kubectl does it: a headless service leads
    /// to the same number.
    ///
    /// # Errors
    /// It has no such port, or the pod has none of the name that it leads to.
    pub fn port(&self, remote: &Remote, pod: &PodDoc) -> Result<(u16, u16), Problem> {
        let found = self.spec.ports.iter().find(|port| match remote {
            Remote::Number(number) => port.port == *number,
            Remote::Name(name) => port.name == *name,
        });
        let port = found.ok_or_else(|| {
            let all: Vec<String> = self.spec.ports.iter().map(ServicePort::said).collect();
            let text = format!("service {} has no port {remote}", self.metadata.name);
            missing(text, &all.iter().map(String::as_str).collect::<Vec<_>>())
        })?;
        let there = match &port.target_port {
            _ if self.spec.cluster_ip == "None" => port.port,
            None | Some(TargetPort::Number(0)) => port.port,
            Some(TargetPort::Number(number)) => *number,
            Some(TargetPort::Name(name)) => pod.port(&Remote::Name(name.clone()))?,
        };
        Ok((port.port, there))
    }
}

impl ServicePort {
    fn said(&self) -> String {
        match self.name.as_str() {
            "" => self.port.to_string(),
            name => format!("{} ({name})", self.port),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WorkloadDoc {
    pub metadata: Meta,
    pub spec: WorkloadSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WorkloadSpec {
    pub selector: Selector,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Selector {
    #[serde(deserialize_with = "or_none")]
    pub match_labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_none")]
    pub match_expressions: Vec<Expression>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Expression {
    #[serde(deserialize_with = "or_none")]
    pub key: String,
    #[serde(deserialize_with = "or_none")]
    pub operator: String,
    #[serde(deserialize_with = "or_none")]
    pub values: Vec<String>,
}

impl WorkloadDoc {
    /// What selects its pods, as a list is asked for it; none where nothing does, or something that we do not understand.
    pub fn labels(&self) -> Option<String> {
        let mut parts: Vec<String> = equal(&self.spec.selector.match_labels).into_iter().collect();
        for one in &self.spec.selector.match_expressions {
            let (key, values) = (&one.key, one.values.join(","));
            parts.push(match one.operator.as_str() {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "Exists" => key.clone(),
                "DoesNotExist" => format!("!{key}"),
                _ => return None,
            });
        }
        (!parts.is_empty()).then(|| parts.join(","))
    }
}

fn equal(labels: &BTreeMap<String, String>) -> Option<String> {
    let all: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    (!all.is_empty()).then(|| all.join(","))
}
