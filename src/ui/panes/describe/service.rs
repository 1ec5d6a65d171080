//! A service.

use serde_json::Value;

use super::header::conditions;
use super::page::{Fields, Page, Parts};
use super::read::{at, list, pairs, plain, scalar, text};
use crate::model::Time;
use crate::ui::theme::Role;

/// Everything about a service that is not in its header.
pub fn service(page: &mut Page, document: &Value, now: Time) {
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
        let addresses: Vec<_> = list(spec, "/clusterIPs").iter().map(scalar).collect();
        let cluster = if addresses.is_empty() {
            text(spec, "/clusterIP").to_owned()
        } else {
            addresses.join(", ")
        };
        fields.add("Cluster IP", if cluster == "None" { "none (headless)".to_owned() } else { cluster });
        fields.add("Stands for", text(spec, "/externalName"));
        let external: Vec<_> = list(spec, "/externalIPs").iter().map(scalar).collect();
        fields.add("External IPs", external.join(", "));
        let balancer: Vec<_> = list(status, "/loadBalancer/ingress")
            .iter()
            .map(|i| match text(i, "/hostname") {
                "" => text(i, "/ip"),
                host => host,
            })
            .collect();
        if text(spec, "/type") == "LoadBalancer" && balancer.is_empty() {
            fields.add("Load balancer", Parts::of(Role::Busy, "none yet"));
        }
        fields.add("Load balancer", balancer.join(", "));
        fields.add("External traffic", text(spec, "/externalTrafficPolicy"));
        fields.add("Internal traffic", text(spec, "/internalTrafficPolicy"));
        if text(spec, "/sessionAffinity") != "None" {
            fields.add("Session affinity", text(spec, "/sessionAffinity"));
        }
        let sources: Vec<_> = list(spec, "/loadBalancerSourceRanges").iter().map(scalar).collect();
        fields.add("Allowed sources", sources.join(", "));
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
    conditions(page, document, now);
}
