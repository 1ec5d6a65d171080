//! Services, ingresses, network policies.

use serde_json::{Map, Value, json};

use super::{each, or, within};
use crate::sim::kube::Version;

pub(super) fn service(version: Version, object: &mut Map<String, Value>) {
    if let Some(spec) = within(object, "spec") {
        or(spec, "type", "ClusterIP");
        or(spec, "sessionAffinity", "None");
        let kind = spec.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        for port in each(spec, "ports") {
            or(port, "protocol", "TCP");
            let number = port.get("port").cloned().unwrap_or_default();
            or(port, "targetPort", number);
        }
        if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
            or(spec, "externalTrafficPolicy", "Cluster");
        }
        if version == Version::V1_36 && kind != "ExternalName" {
            or(spec, "internalTrafficPolicy", "Cluster");
            or(spec, "ipFamilies", json!(["IPv4"]));
            or(spec, "ipFamilyPolicy", "SingleStack");
            if kind == "LoadBalancer" {
                or(spec, "allocateLoadBalancerNodePorts", true);
            }
        }
    }
    if let Some(status) = within(object, "status") {
        or(status, "loadBalancer", json!({}));
    }
}

pub(super) fn ingress(object: &mut Map<String, Value>) {
    if let Some(status) = within(object, "status") {
        or(status, "loadBalancer", json!({}));
    }
}

pub(super) fn policy(object: &mut Map<String, Value>) {
    if let Some(spec) = within(object, "spec") {
        let types = if spec.contains_key("egress") {
            json!(["Ingress", "Egress"])
        } else {
            json!(["Ingress"])
        };
        or(spec, "policyTypes", types);
    }
}
