//! Services, what stands behind them, and what leads to them.

use super::Labels;

/// A service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`.
    pub kind: Box<str>,
    pub cluster_ip: Box<str>,
    /// Load-balancer addresses, external IPs or the external name; empty where there is none (yet).
    pub external: Box<str>,
    /// `80:30080/TCP`, as kubectl prints it.
    pub ports: Box<[Box<str>]>,
    /// `http:80/TCP`, as those of containers.
    pub named_ports: Box<[Box<str>]>,
    pub selector: Labels,
}

/// A slice of the endpoints behind a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointSlice {
    pub address_type: Box<str>,
    pub service: Box<str>,
    pub ports: Box<[Box<str>]>,
    pub endpoints: Box<[Endpoint]>,
}

/// One address and whether it takes traffic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    pub address: Box<str>,
    /// The API's default for an absent condition is ready.
    pub ready: bool,
    pub terminating: bool,
    /// The pod behind it, if it is one.
    pub target: Box<str>,
}

/// An ingress.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ingress {
    pub class: Box<str>,
    pub hosts: Box<[Box<str>]>,
    pub addresses: Box<[Box<str>]>,
    /// Services (with port) that it leads to, each once.
    pub backends: Box<[Box<str>]>,
    pub tls: bool,
}

/// A network policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkPolicy {
    /// Which pods it isolates; empty means every pod of the namespace.
    pub pods: Labels,
    /// `Ingress`, `Egress`.
    pub types: Box<str>,
    /// Ingress and egress rules.
    pub rules: (u16, u16),
}
