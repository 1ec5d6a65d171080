//! Services, endpoint slices (`v1beta1`, `v1`), ingresses (`extensions/v1beta1`,
//! `networking.k8s.io/v1beta1`, `v1`) and network policies.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Flag, List, Maybe, Pairs, Present, Text};
use super::managed::ManagedFields;
use super::meta::{Balanced, HasMeta, Item, RawMeta, RawPort, RawSelector};
use super::strings::Strings;
use crate::model::{Body, clean, network};

pub type Service<'a> = Item<'a, ServiceSpec<'a>, Balanced<'a>, ManagedFields<'a>>;
pub type Ingress<'a> = Item<'a, IngressSpec<'a>, Balanced<'a>, ManagedFields<'a>>;
pub type NetworkPolicy<'a> = Item<'a, PolicySpec<'a>, Present>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSpec<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(rename = "clusterIP")]
    pub cluster_ip: Text<'a>,
    #[serde(rename = "externalIPs")]
    pub external_ips: List<Text<'a>>,
    pub external_name: Text<'a>,
    pub ports: List<RawPort<'a>>,
    pub selector: Pairs<'a>,
}

pub fn service(raw: &Service<'_>, _: &mut Strings) -> Body {
    let spec = &*raw.spec;
    let mut external = if &*spec.kind == "LoadBalancer" {
        raw.status.addresses()
    } else {
        Vec::new()
    };
    if &*spec.kind == "ExternalName" {
        external.push(spec.external_name.clean());
    }
    external.extend(spec.external_ips.iter().map(Text::clean));
    let port = |p: &RawPort| {
        let number = p.port.get();
        let text = match p.node_port.get() {
            0 => format!("{number}/{}", p.protocol()),
            node => format!("{number}:{node}/{}", p.protocol()),
        };
        clean(&text).into()
    };
    Body::Service(Box::new(network::Service {
        kind: spec.kind.clean(),
        cluster_ip: spec.cluster_ip.clean(),
        external: external.join(",").into(),
        ports: spec.ports.iter().map(port).collect(),
        named_ports: spec.ports.iter().map(RawPort::named).collect(),
        selector: spec.selector.labels(),
    }))
}

/// An endpoint slice has no `spec`: everything is at the top.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointSlice<'a> {
    #[serde(borrow)]
    pub metadata: Maybe<RawMeta<'a>>,
    pub address_type: Text<'a>,
    pub endpoints: List<RawEndpoint<'a>>,
    pub ports: List<RawPort<'a>>,
}

impl<'a> HasMeta<'a> for EndpointSlice<'a> {
    type Managed = IgnoredAny;
    fn meta(&self) -> &RawMeta<'a> {
        &self.metadata
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RawEndpoint<'a> {
    #[serde(borrow)]
    pub addresses: List<Text<'a>>,
    pub conditions: Maybe<EndpointConditions>,
    pub target_ref: Maybe<Target<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndpointConditions {
    pub ready: Flag,
    pub terminating: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Target<'a> {
    #[serde(borrow)]
    pub kind: Text<'a>,
    pub name: Text<'a>,
}

pub fn endpoint_slice(raw: &EndpointSlice<'_>, _: &mut Strings) -> Body {
    let endpoints = raw.endpoints.iter().flat_map(|e| {
        let target = if &*e.target_ref.kind == "Pod" {
            e.target_ref.name.clean()
        } else {
            Box::default()
        };
        e.addresses.iter().map(move |address| network::Endpoint {
            address: address.clean(),
            ready: e.conditions.ready.0.unwrap_or(true),
            terminating: e.conditions.terminating.yes(),
            target: target.clone(),
        })
    });
    Body::EndpointSlice(Box::new(network::EndpointSlice {
        address_type: raw.address_type.clean(),
        service: raw.metadata.labels.get("kubernetes.io/service-name").into(),
        ports: raw.ports.iter().map(RawPort::named).collect(),
        endpoints: endpoints.collect(),
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct IngressSpec<'a> {
    #[serde(borrow)]
    pub ingress_class_name: Text<'a>,
    pub default_backend: Maybe<Backend<'a>>,
    /// `defaultBackend` of before `v1`.
    pub backend: Maybe<Backend<'a>>,
    pub rules: List<Rule<'a>>,
    pub tls: List<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rule<'a> {
    #[serde(borrow)]
    pub host: Text<'a>,
    pub http: Maybe<Http<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Http<'a> {
    #[serde(borrow)]
    pub paths: List<Path<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Path<'a> {
    #[serde(borrow)]
    pub backend: Maybe<Backend<'a>>,
}

/// A backend of either version: `service` is `v1`, `serviceName` and `servicePort` are before it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Backend<'a> {
    #[serde(borrow)]
    pub service: Maybe<BackendService<'a>>,
    pub service_name: Text<'a>,
    pub service_port: Text<'a>,
    pub resource: Maybe<Target<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackendService<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub port: Maybe<BackendPort<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackendPort<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub number: Text<'a>,
}

impl Backend<'_> {
    /// `service:port`, `Kind/name` of another resource, or nothing.
    fn label(&self) -> Option<Box<str>> {
        let service = self.service.name.or(&self.service_name);
        let port = self.service.port.name.or(&self.service.port.number).or(&self.service_port);
        let text = match (&**service, &**port) {
            ("", _) if self.resource.name.is_empty() => return None,
            ("", _) => format!("{}/{}", &*self.resource.kind, &*self.resource.name),
            (service, "") => service.to_owned(),
            (service, port) => format!("{service}:{port}"),
        };
        Some(clean(&text).into())
    }
}

pub fn ingress(raw: &Ingress<'_>, _: &mut Strings) -> Body {
    let spec = &*raw.spec;
    let mut hosts: Vec<Box<str>> = Vec::new();
    let mut backends: Vec<Box<str>> = Vec::new();
    let once = |list: &mut Vec<Box<str>>, text: Option<Box<str>>| {
        if let Some(text) = text.filter(|t| !list.contains(t)) {
            list.push(text);
        }
    };
    for rule in spec.rules.iter() {
        once(&mut hosts, Some(if rule.host.is_empty() { "*".into() } else { rule.host.clean() }));
        for path in rule.http.paths.iter() {
            once(&mut backends, path.backend.label());
        }
    }
    once(&mut backends, spec.default_backend.label());
    once(&mut backends, spec.backend.label());
    if hosts.is_empty() {
        hosts.push("*".into());
    }
    Body::Ingress(Box::new(network::Ingress {
        class: spec.ingress_class_name.or(&raw.metadata.annotations.ingress_class).clean(),
        hosts: hosts.into(),
        addresses: raw.status.addresses().into(),
        backends: backends.into(),
        tls: !spec.tls.is_empty(),
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PolicySpec<'a> {
    #[serde(borrow)]
    pub pod_selector: Maybe<RawSelector<'a>>,
    pub policy_types: List<Text<'a>>,
    pub ingress: List<IgnoredAny>,
    pub egress: List<IgnoredAny>,
}

pub fn network_policy(raw: &NetworkPolicy<'_>, _: &mut Strings) -> Body {
    let spec = &*raw.spec;
    let count = |list: &[IgnoredAny]| u16::try_from(list.len()).unwrap_or(u16::MAX);
    let types = match (&*spec.policy_types, spec.egress.is_empty()) {
        // The server's own defaults, for objects from before the field.
        ([], true) => "Ingress".to_owned(),
        ([], false) => "Ingress,Egress".to_owned(),
        (types, _) => types.iter().map(|t| &**t).collect::<Vec<_>>().join(","),
    };
    Body::NetworkPolicy(Box::new(network::NetworkPolicy {
        pods: spec.pod_selector.described(),
        types: clean(&types).into(),
        rules: (count(&spec.ingress), count(&spec.egress)),
    }))
}
