//! Services, what stands behind them, what leads to them, and what is kept out.

use super::Column;
use super::common::{AGE, NAME, NAMESPACE, cell, pairs, ratio_role};
use crate::model::network::EndpointSlice;
use crate::model::{Body, Labels};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

pub(super) static SERVICES: [Column; 8] = [
    NAMESPACE,
    NAME,
    Column::text("TYPE", 12, cell!(Service(s) => Value::text(&s.kind))).keep(3),
    Column::text("CLUSTER-IP", 39, cell!(Service(s) => Value::text(&s.cluster_ip)))
        .keep(6)
        .muted(),
    Column::text(
        "EXTERNAL",
        50,
        cell!(Service(s) => match &*s.external {
            "" if &*s.kind == "LoadBalancer" => Value::text("pending"),
            external => Value::text(external),
        }),
    )
    .keep(4)
    .role(|row| match row.body() {
        Some(Body::Service(s)) if &*s.kind == "LoadBalancer" && s.external.is_empty() => Role::Warning,
        _ => Role::Text,
    }),
    Column::text("PORTS", 40, cell!(Service(s) => Value::list(&s.ports))).keep(2),
    Column::text("SELECTOR", 60, cell!(Service(s) => Value::owned(pairs(&s.selector)))).wide(),
    AGE,
];

pub(super) static ENDPOINT_SLICES: [Column; 8] = [
    NAMESPACE,
    NAME,
    Column::ratio("READY", ready).keep(0).role(|row| match ready(row) {
        Value::None => Role::Muted,
        value => ratio_role(&value, row),
    }),
    Column::text("SERVICE", 50, cell!(EndpointSlice(s) => Value::text(&s.service))).keep(2),
    Column::text("PORTS", 30, cell!(EndpointSlice(s) => Value::list(&s.ports)))
        .keep(4)
        .muted(),
    Column::text("ADDRESSES", 60, cell!(EndpointSlice(s) => addresses(s)))
        .keep(5)
        .muted(),
    Column::text("FAMILY", 6, cell!(EndpointSlice(s) => Value::text(&s.address_type))).wide(),
    AGE,
];

pub(super) static INGRESSES: [Column; 8] = [
    NAMESPACE,
    NAME,
    Column::text("CLASS", 20, cell!(Ingress(i) => Value::text(&i.class)))
        .keep(6)
        .muted(),
    Column::text("HOSTS", 60, cell!(Ingress(i) => Value::list(&i.hosts))).keep(2),
    Column::text(
        "ADDRESS",
        60,
        cell!(Ingress(i) => if i.addresses.is_empty() { Value::text("pending") } else { Value::list(&i.addresses) }),
    )
    .keep(4)
    .role(|row| match row.body() {
        Some(Body::Ingress(i)) if i.addresses.is_empty() => Role::Warning,
        _ => Role::Text,
    }),
    Column::text("BACKENDS", 50, cell!(Ingress(i) => Value::list(&i.backends))).keep(3),
    Column::text("TLS", 3, cell!(Ingress(i) => Value::text(if i.tls { "yes" } else { "no" }))).keep(5),
    AGE,
];

pub(super) static POLICIES: [Column; 7] = [
    NAMESPACE,
    NAME,
    Column::text("POD-SELECTOR", 60, cell!(NetworkPolicy(p) => pods(&p.pods))).keep(2),
    Column::text("TYPES", 14, cell!(NetworkPolicy(p) => Value::text(&p.types))).keep(3),
    Column::number("INGRESS", cell!(NetworkPolicy(p) => Value::Count(p.rules.0.into()))).keep(4),
    Column::number("EGRESS", cell!(NetworkPolicy(p) => Value::Count(p.rules.1.into()))).keep(5),
    AGE,
];

fn ready<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::EndpointSlice(s)) => Value::Ratio {
            have: s.endpoints.iter().filter(|e| e.ready).count() as u32,
            want: s.endpoints.len() as u32,
        },
        _ => Value::None,
    }
}

/// The first few addresses: a slice holds up to a thousand.
fn addresses(slice: &EndpointSlice) -> Value<'_> {
    const SHOWN: usize = 3;
    let mut text = slice
        .endpoints
        .iter()
        .take(SHOWN)
        .map(|e| &*e.address)
        .collect::<Vec<_>>()
        .join(",");
    if let Some(more) = slice.endpoints.len().checked_sub(SHOWN).filter(|n| *n > 0) {
        text.push_str(&format!(" +{more}"));
    }
    Value::owned(text)
}

/// An empty selector of a policy means every pod of the namespace.
fn pods(selector: &Labels) -> Value<'_> {
    if selector.is_empty() {
        Value::text("all pods")
    } else {
        Value::owned(pairs(selector))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Known;
    use crate::model::network::{Endpoint, Ingress, NetworkPolicy, Service};
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, cells};

    fn row(kind: Known, body: Body) -> String {
        cells(&columns(&kind.into(), None), &Row::object(&samples::object("web", body), NOW))
    }

    #[test]
    fn services_say_how_they_are_reached() {
        let service = |kind: &str, external: &str| {
            Body::Service(Box::new(Service {
                kind: kind.into(),
                cluster_ip: "10.96.0.9".into(),
                external: external.into(),
                ports: ["80:30080/TCP".into(), "443/TCP".into()].into(),
                ..Service::default()
            }))
        };
        assert_eq!(
            row(Known::Service, service("ClusterIP", "")),
            "solia|web|ClusterIP|10.96.0.9||80:30080/TCP,443/TCP|2d"
        );
        assert_eq!(
            row(Known::Service, service("LoadBalancer", "")),
            "solia|web|LoadBalancer|10.96.0.9|pending|80:30080/TCP,443/TCP|2d"
        );
    }

    #[test]
    fn slices_say_how_many_endpoints_take_traffic() {
        let endpoint = |n: u8| Endpoint {
            address: format!("10.0.0.{n}").into(),
            ready: n > 1,
            ..Endpoint::default()
        };
        let slice = EndpointSlice {
            service: "web".into(),
            ports: ["8080/TCP".into()].into(),
            endpoints: (1..=4).map(endpoint).collect(),
            ..EndpointSlice::default()
        };
        assert_eq!(
            row(Known::EndpointSlice, Body::EndpointSlice(Box::new(slice))),
            "solia|web|3/4|web|8080/TCP|10.0.0.1,10.0.0.2,10.0.0.3 +1|2d"
        );
        assert_eq!(
            row(Known::EndpointSlice, Body::EndpointSlice(Box::default())),
            "solia|web|0/0||||2d"
        );
    }

    #[test]
    fn ingresses_and_policies_say_what_they_let_in() {
        let ingress = Ingress {
            class: "nginx".into(),
            hosts: ["solia.example".into()].into(),
            backends: ["web:80".into()].into(),
            tls: true,
            ..Ingress::default()
        };
        assert_eq!(
            row(Known::Ingress, Body::Ingress(Box::new(ingress))),
            "solia|web|nginx|solia.example|pending|web:80|yes|2d"
        );
        let policy = NetworkPolicy {
            types: "Ingress".into(),
            rules: (2, 0),
            ..NetworkPolicy::default()
        };
        assert_eq!(
            row(Known::NetworkPolicy, Body::NetworkPolicy(Box::new(policy))),
            "solia|web|all pods|Ingress|2|0|2d"
        );
    }
}
