//! Services with their endpoints and slices, the ingress, network policies.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Environment;
use super::builder::{Seeder, days, owner};
use super::names::{digits, suffix};
use crate::sim::store::Stored;

/// A port of a service: name, number, the container's port by name or number.
pub(super) type Port<'a> = (&'a str, u16, &'a str, &'a str);

impl Seeder<'_> {
    /// Puts a service for the pods with this label, and the endpoints that follow from the pods there are.
    pub fn service(
        &mut self,
        namespace: &str,
        name: &str,
        created: Timestamp,
        label: (&str, &str),
        ports: &[Port<'_>],
        headless: bool,
    ) -> Arc<Stored> {
        let ip = if headless { "None".to_owned() } else { self.service_ip() };
        self.service_at(namespace, name, created, label, ports, &ip)
    }

    /// The same at a known cluster address.
    pub fn service_at(
        &mut self,
        namespace: &str,
        name: &str,
        created: Timestamp,
        label: (&str, &str),
        ports: &[Port<'_>],
        ip: &str,
    ) -> Arc<Stored> {
        let (key, value) = label;
        let listed: Vec<Value> = ports
            .iter()
            .map(|(name, port, target, protocol)| {
                let target = target.parse::<u16>().map_or_else(|_| json!(target), |number| json!(number));
                json!({"name": name, "port": port, "protocol": protocol, "targetPort": target})
            })
            .collect();
        let service = self.put(
            "services",
            created,
            json!({
                "metadata": {"name": name, "namespace": namespace, "labels": {key: value}},
                "spec": {
                    "type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"],
                    "ipFamilyPolicy": "SingleStack", "ports": listed, "selector": {key: value}, "sessionAffinity": "None",
                },
                "status": {"loadBalancer": {}},
            }),
        );
        self.endpoints(&service, label, ports, ip == "None");
        service
    }

    fn endpoints(&mut self, service: &Stored, (key, value): (&str, &str), ports: &[Port<'_>], headless: bool) {
        let (namespace, name) = (Arc::clone(&service.key.namespace), Arc::clone(&service.key.name));
        let mut pods: Vec<(Arc<Stored>, Value)> = self
            .world
            .store
            .list("pods", Some(&namespace))
            .filter(|pod| pod.label(key) == Some(value))
            .map(|pod| (Arc::clone(pod), pod.value()))
            .filter(|(_, pod)| pod["status"]["phase"] == "Running")
            .collect();
        pods.sort_by_key(|(_, pod)| pod["status"]["podIP"].as_str().and_then(|ip| ip.parse::<IpAddr>().ok()));
        let reference = |pod: &Stored| json!({"kind": "Pod", "namespace": &*pod.key.namespace, "name": &*pod.key.name, "uid": &*pod.uid});
        let number = |target: &str| -> Value {
            target.parse::<u16>().map_or_else(
                |_| {
                    let first = pods.first().map(|(_, pod)| pod["spec"]["containers"].clone()).unwrap_or_default();
                    let all = first.as_array().into_iter().flatten();
                    let mut ports = all.flat_map(|c| c["ports"].as_array().into_iter().flatten());
                    ports
                        .find(|p| p["name"] == *target)
                        .map_or(json!(0), |p| p["containerPort"].clone())
                },
                |number| json!(number),
            )
        };
        let numbers: Vec<Value> = ports
            .iter()
            .map(|(name, _, target, protocol)| json!({"name": name, "port": number(target), "protocol": protocol}))
            .collect();
        let addresses: Vec<Value> = pods
            .iter()
            .map(|(stored, pod)| {
                let mut address =
                    json!({"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": reference(stored)});
                if pod["spec"]["subdomain"] == *name {
                    address["hostname"] = pod["spec"]["hostname"].clone();
                }
                address
            })
            .collect();
        let mut own = service.value()["metadata"]["labels"].clone();
        if headless {
            own["service.kubernetes.io/headless"] = json!("");
        }
        let mut of_endpoints = own.clone();
        of_endpoints["endpoints.kubernetes.io/managed-by"] = json!("endpoint-controller");
        let changed = pods
            .iter()
            .filter_map(|(_, pod)| pod["metadata"]["creationTimestamp"].as_str())
            .max()
            .unwrap_or_default();
        let created = created_of(service).unwrap_or_else(|| self.world.now());
        let subsets = if addresses.is_empty() {
            json!([])
        } else {
            json!([{"addresses": addresses, "ports": numbers}])
        };
        let trigger = json!({"endpoints.kubernetes.io/last-change-trigger-time": changed});
        self.put(
            "endpoints",
            created,
            json!({"metadata": {"name": &*name, "namespace": &*namespace, "labels": of_endpoints, "annotations": trigger}, "subsets": subsets}),
        );
        let listed: Vec<Value> = pods
            .iter()
            .map(|(stored, pod)| {
                let node = pod["spec"]["nodeName"].clone();
                let zone = self.rooms.iter().find(|room| room.name == node).map(|room| room.zone);
                let mut endpoint = json!({
                    "addresses": [pod["status"]["podIP"]], "conditions": {"ready": true, "serving": true, "terminating": false},
                    "nodeName": node, "targetRef": reference(stored), "zone": zone,
                });
                if pod["spec"]["subdomain"] == *name {
                    endpoint["hostname"] = pod["spec"]["hostname"].clone();
                }
                endpoint
            })
            .collect();
        own["endpointslice.kubernetes.io/managed-by"] = json!("endpointslice-controller.k8s.io");
        own["kubernetes.io/service-name"] = json!(&*name);
        self.put(
            "endpointslices",
            created,
            json!({
                "metadata": {
                    "name": format!("{name}-{}", suffix(&service.uid, 5)), "generateName": format!("{name}-"), "namespace": &*namespace,
                    "generation": 1,
                    "labels": own, "annotations": trigger, "ownerReferences": owner("Service", "v1", service),
                },
                "addressType": "IPv4", "endpoints": listed, "ports": numbers,
            }),
        );
    }

    /// A name inside the cluster for something outside.
    fn external(&mut self, name: &str, host: &str, created: Timestamp) {
        self.put(
            "services",
            created,
            json!({
                "metadata": {"name": name, "namespace": "default"},
                "spec": {"type": "ExternalName", "externalName": host, "sessionAffinity": "None"},
                "status": {"loadBalancer": {}},
            }),
        );
    }

    /// Puts what the platform is reached by.
    pub fn network(&mut self) {
        let created = self.ago(days(214, 100));
        let environment = self.environment;
        let short = environment.short();
        self.kubernetes(created);
        self.service(
            "default",
            "backend",
            created,
            ("app", "backend"),
            &[("http", 4000, "http", "TCP")],
            false,
        );
        self.service(
            "default",
            "frontend",
            created,
            ("app", "frontend"),
            &[("http", 3000, "http", "TCP")],
            false,
        );
        self.external(
            "postgres",
            &format!("solia-{short}.c3kd8example.eu-west-3.rds.amazonaws.com"),
            created,
        );
        self.external(
            "redis",
            &format!("master.solia-{short}.x7mexample.euw3.cache.amazonaws.com"),
            created,
        );
        let path = |path: &str, kind: &str, service: &str| json!({"path": path, "pathType": kind, "backend": {"service": {"name": service, "port": {"name": "http"}}}});
        let balancer = format!(
            "k8s-solia{short}-{}-{}.eu-west-3.elb.amazonaws.com",
            digits(short, 10),
            1_840_226_517_u64 + u64::from(short.len() as u8)
        );
        self.put(
            "ingresses",
            created,
            json!({
                "metadata": {
                    "name": "solia", "namespace": "default", "generation": 1, "finalizers": ["group.ingress.k8s.aws/solia"],
                    "annotations": {
                        "alb.ingress.kubernetes.io/certificate-arn": format!("arn:aws:acm:eu-west-3:123456789012:certificate/{}", digits(short, 8)),
                        "alb.ingress.kubernetes.io/group.name": "solia",
                        "alb.ingress.kubernetes.io/healthcheck-path": "/health",
                        "alb.ingress.kubernetes.io/listen-ports": "[{\"HTTP\": 80}, {\"HTTPS\": 443}]",
                        "alb.ingress.kubernetes.io/scheme": "internet-facing",
                        "alb.ingress.kubernetes.io/ssl-redirect": "443",
                        "alb.ingress.kubernetes.io/target-type": "ip",
                    },
                },
                "spec": {
                    "ingressClassName": "alb",
                    "rules": [{"host": environment.host(), "http": {"paths": [
                        path("/health", "Exact", "backend"), path("/api/health", "Exact", "frontend"),
                        path("/api", "Prefix", "backend"), path("/", "Prefix", "frontend"),
                    ]}}],
                },
                "status": {"loadBalancer": {"ingress": [{"hostname": balancer}]}},
            }),
        );
        self.put(
            "ingressclasses",
            created,
            json!({
                "metadata": {"name": "alb", "generation": 1, "labels": {"app.kubernetes.io/name": "aws-load-balancer-controller"}},
                "spec": {"controller": "ingress.k8s.aws/alb"},
            }),
        );
        self.network_policies(created);
    }

    /// The API server's own service.
    fn kubernetes(&mut self, created: Timestamp) {
        let net = match self.environment {
            Environment::Production => 0,
            Environment::Staging => 1,
            Environment::Development => 2,
        };
        let addresses = [format!("10.{net}.21.137"), format!("10.{net}.61.24")];
        let labels = json!({"component": "apiserver", "provider": "kubernetes"});
        self.put(
            "services",
            created,
            json!({
                "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
                "spec": {
                    "type": "ClusterIP", "clusterIP": "172.20.0.1", "clusterIPs": ["172.20.0.1"], "internalTrafficPolicy": "Cluster",
                    "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
                    "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443}],
                },
                "status": {"loadBalancer": {}},
            }),
        );
        let ports = json!([{"name": "https", "port": 443, "protocol": "TCP"}]);
        let ips: Vec<Value> = addresses.iter().map(|ip| json!({"ip": ip})).collect();
        self.put(
            "endpoints",
            created,
            json!({
                "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
                "subsets": [{"addresses": ips, "ports": ports}],
            }),
        );
        let endpoints: Vec<Value> = addresses
            .iter()
            .map(|ip| json!({"addresses": [ip], "conditions": {"ready": true}}))
            .collect();
        self.put(
            "endpointslices",
            created,
            json!({
                "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"}},
                "addressType": "IPv4", "endpoints": endpoints, "ports": ports,
            }),
        );
    }

    fn network_policies(&mut self, created: Timestamp) {
        let app = |name: &str| json!({"podSelector": {"matchLabels": {"app": name}}});
        let monitoring = json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}});
        let balancer = json!({"ipBlock": {"cidr": "10.0.0.0/8"}});
        for (name, of, from, port) in [
            ("backend-ingress", "backend", json!([app("frontend"), monitoring, balancer]), 4000),
            ("frontend-ingress", "frontend", json!([monitoring, balancer]), 3000),
        ] {
            self.put(
                "networkpolicies",
                created,
                json!({
                    "metadata": {"name": name, "namespace": "default", "generation": 1},
                    "spec": {
                        "podSelector": {"matchLabels": {"app": of}}, "policyTypes": ["Ingress"],
                        "ingress": [{"from": from, "ports": [{"port": port, "protocol": "TCP"}]}],
                    },
                }),
            );
        }
    }
}

fn created_of(stored: &Stored) -> Option<Timestamp> {
    stored.value()["metadata"]["creationTimestamp"].as_str()?.parse().ok()
}
