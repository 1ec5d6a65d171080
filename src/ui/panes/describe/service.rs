//! A service.

use serde_json::Value;

use super::condition::conditions;
use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::read::{at, joined, list, pairs, plain, text};
use super::slice::behind;
use crate::model::{Known, Time};
use crate::ui::theme::Role;

/// Everything about a service that is not in its header.
pub fn service(page: &mut Page, document: &Value, around: &Neighbours<'_>, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Service", |page| {
        let mut fields = Fields::default();
        fields.add("Type", text(spec, "/type"));
        match pairs(spec, "/selector") {
            none if none.is_empty() && text(spec, "/type") != "ExternalName" => {
                fields.add("Selector", Parts::of(Role::Warning, "none: its endpoints are made by someone else"))
            }
            selector => fields.add("Selector", selector),
        };
        let addresses = joined(spec, "/clusterIPs");
        let cluster = if addresses.is_empty() {
            text(spec, "/clusterIP").to_owned()
        } else {
            addresses
        };
        fields.add("Cluster IP", if cluster == "None" { "none (headless)".to_owned() } else { cluster });
        fields.add("Stands for", text(spec, "/externalName"));
        fields.add("External IPs", joined(spec, "/externalIPs"));
        let balancer = balancer(status);
        if text(spec, "/type") == "LoadBalancer" && balancer.is_empty() {
            fields.add("Load balancer", Parts::of(Role::Busy, "none yet"));
        }
        fields.add("Load balancer", balancer);
        fields.add("External traffic", text(spec, "/externalTrafficPolicy"));
        fields.add("Internal traffic", text(spec, "/internalTrafficPolicy"));
        if text(spec, "/sessionAffinity") != "None" {
            fields.add("Session affinity", text(spec, "/sessionAffinity"));
        }
        fields.add("Allowed sources", joined(spec, "/loadBalancerSourceRanges"));
        if at(spec, "/publishNotReadyAddresses") == &Value::Bool(true) {
            fields.add("Publishes", "pods that are not ready, too");
        }
        fields.add("IP families", joined(spec, "/ipFamilies"));
        page.fields(fields);
    });
    let rows: Vec<_> = list(spec, "/ports")
        .iter()
        .map(|port| {
            let node = plain(port, "/nodePort");
            vec![
                text(port, "/name").into(),
                format!("{}/{}", plain(port, "/port"), text(port, "/protocol")).into(),
                plain(port, "/targetPort").into(),
                (if node == "0" { String::new() } else { node }).into(),
            ]
        })
        .collect();
    page.section("Ports", |page| page.table(&["NAME", "PORT", "TARGET PORT", "NODE PORT"], rows));
    conditions(page, &Known::Service.into(), document, now);
    behind(page, around);
}

/// The addresses that a load balancer has given; empty where there is none (yet).
pub fn balancer(status: &Value) -> String {
    let addresses: Vec<_> = list(status, "/loadBalancer/ingress")
        .iter()
        .map(|i| match text(i, "/hostname") {
            "" => text(i, "/ip"),
            host => host,
        })
        .collect();
    addresses.join(", ")
}
