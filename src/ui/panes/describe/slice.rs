//! What stands behind a service: its endpoint slices.

use serde_json::Value;

use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::read::{at, count, joined, list, map, plain, scalar, text};
use crate::model::Body;
use crate::model::network::{Endpoint, EndpointSlice};
use crate::ui::theme::Role;

/// Most endpoints that are listed; all of them are counted.
const ENDPOINTS: usize = 100;

/// The endpoints behind a service, where its slices are watched.
pub fn behind(page: &mut Page, around: &Neighbours<'_>) {
    let Some(slices) = &around.slices else { return };
    let slices: Vec<&EndpointSlice> = slices
        .iter()
        .filter_map(|slice| match &slice.body {
            Body::EndpointSlice(slice) => Some(&**slice),
            _ => None,
        })
        .collect();
    let mut endpoints: Vec<(&Endpoint, &EndpointSlice)> = slices
        .iter()
        .flat_map(|slice| slice.endpoints.iter().map(move |endpoint| (endpoint, *slice)))
        .collect();
    endpoints.sort_by_key(|(endpoint, _)| (endpoint.ready, &endpoint.target, &endpoint.address));
    let ready = endpoints.iter().filter(|(endpoint, _)| endpoint.ready).count();
    page.section("Endpoints", |page| {
        page.line(counted(ready, endpoints.len()));
        let left = endpoints.len().saturating_sub(ENDPOINTS);
        let rows = endpoints
            .into_iter()
            .take(ENDPOINTS)
            .map(|(endpoint, slice)| {
                vec![
                    (*endpoint.address).into(),
                    Parts::of(Role::Muted, slice.ports.join(", ")),
                    readiness(endpoint.ready, endpoint.terminating),
                    (*endpoint.target).into(),
                ]
            })
            .collect();
        page.table(&["ADDRESS", "PORTS", "READY", "POD"], rows);
        if left > 0 {
            page.line(Parts::of(Role::Faint, format!("… {left} more")));
        }
    });
}

fn counted(ready: usize, all: usize) -> Parts {
    let n = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    match (ready, all) {
        (_, 0) => Parts::of(Role::Bad, "none: nothing answers for this service"),
        (0, all) => Parts::of(Role::Bad, format!("none of {} ready", count(n(all), "endpoint", "endpoints"))),
        (ready, all) if ready < all => Parts::of(Role::Warning, format!("{ready} of {all} endpoints ready")),
        (_, all) => Parts::of(Role::Ok, format!("{} ready", count(n(all), "endpoint", "endpoints"))),
    }
}

fn readiness(ready: bool, terminating: bool) -> Parts {
    match (ready, terminating) {
        (true, false) => Parts::of(Role::Ok, "yes"),
        (true, true) => Parts::of(Role::Busy, "yes, terminating"),
        (false, true) => Parts::of(Role::Busy, "no, terminating"),
        (false, false) => Parts::of(Role::Warning, "no"),
    }
}

/// A slice by itself.
pub fn slice(page: &mut Page, document: &Value) {
    page.section("Endpoint slice", |page| {
        let mut fields = Fields::default();
        fields.add("Service", plain(at(document, "/metadata/labels"), "/kubernetes.io~1service-name"));
        fields.add("Addresses", text(document, "/addressType"));
        let ports = list(document, "/ports").iter().map(|port| {
            let name = text(port, "/name");
            let gap = if name.is_empty() { "" } else { " " };
            let number = match plain(port, "/port") {
                none if none.is_empty() => "every port".to_owned(),
                number => number,
            };
            format!("{name}{gap}{number}/{}", plain(port, "/protocol"))
        });
        let ports: Vec<_> = ports.collect();
        fields.add("Ports", if ports.is_empty() { "none".to_owned() } else { ports.join(", ") });
        page.fields(fields);
    });
    let endpoints = list(document, "/endpoints");
    // The API's default for an absent condition is ready.
    let is_ready = |endpoint: &Value| at(endpoint, "/conditions/ready") != &Value::Bool(false);
    page.section("Endpoints", |page| {
        page.line(counted(endpoints.iter().filter(|e| is_ready(e)).count(), endpoints.len()));
        let rows = endpoints
            .iter()
            .take(ENDPOINTS)
            .map(|endpoint| {
                let terminating = at(endpoint, "/conditions/terminating") == &Value::Bool(true);
                vec![
                    joined(endpoint, "/addresses").into(),
                    readiness(is_ready(endpoint), terminating),
                    target(endpoint).into(),
                    Parts::of(Role::Muted, place(endpoint)),
                ]
            })
            .collect();
        page.table(&["ADDRESS", "READY", "TARGET", "WHERE"], rows);
        if endpoints.len() > ENDPOINTS {
            page.line(Parts::of(
                Role::Faint,
                format!("… {} more in the YAML", endpoints.len() - ENDPOINTS),
            ));
        }
    });
}

fn target(endpoint: &Value) -> String {
    match (text(endpoint, "/targetRef/kind"), text(endpoint, "/targetRef/name")) {
        ("", name) => name.to_owned(),
        (kind, name) => format!("{kind}/{name}"),
    }
}

/// Node and zone, as `v1` names them or as the topology of `v1beta1`.
fn place(endpoint: &Value) -> String {
    let named = [text(endpoint, "/nodeName"), text(endpoint, "/zone")];
    let named: Vec<String> = named
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| (*name).to_owned())
        .collect();
    if named.is_empty() {
        map(endpoint, "/topology")
            .map(|(_, value)| scalar(value))
            .collect::<Vec<_>>()
            .join(", ")
    } else {
        named.join(", ")
    }
}
