//! An ingress: which host and path leads where.

use serde_json::Value;

use super::page::{Fields, Page, Parts};
use super::read::{at, joined, list, plain, text};
use super::service::balancer;
use crate::ui::theme::Role;

/// Everything about an ingress that is not in its header.
pub fn ingress(page: &mut Page, document: &Value) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Ingress", |page| {
        let mut fields = Fields::default();
        let class = match text(spec, "/ingressClassName") {
            // What was there before the field.
            "" => text(document, "/metadata/annotations/kubernetes.io~1ingress.class"),
            class => class,
        };
        fields.add(
            "Class",
            if class.is_empty() {
                Parts::of(Role::Muted, "not set: the cluster's default, if it has one")
            } else {
                class.into()
            },
        );
        let address = balancer(status);
        fields.add(
            "Address",
            if address.is_empty() {
                Parts::of(Role::Busy, "none yet")
            } else {
                address.into()
            },
        );
        let fallback = [at(spec, "/defaultBackend"), at(spec, "/backend")]
            .into_iter()
            .find(|b| !b.is_null());
        fields.add("Everything else", fallback.map(backend).unwrap_or_default());
        let tls = list(spec, "/tls").iter().map(|tls| {
            let hosts = match joined(tls, "/hosts") {
                hosts if hosts.is_empty() => "every host".to_owned(),
                hosts => hosts,
            };
            let secret = match text(tls, "/secretName") {
                "" => "the controller's own certificate".to_owned(),
                secret => format!("secret {secret}"),
            };
            Parts::from(hosts).and(Role::Muted, format!(" with {secret}"))
        });
        fields.lines("TLS", tls.collect());
        page.fields(fields);
    });
    let rows = list(spec, "/rules")
        .iter()
        .flat_map(|rule| {
            let host = match text(rule, "/host") {
                "" => "*",
                host => host,
            };
            list(rule, "/http/paths").iter().map(move |path| {
                let way = match text(path, "/path") {
                    "" => "/",
                    way => way,
                };
                vec![
                    format!("{host}{way}").into(),
                    Parts::of(Role::Muted, text(path, "/pathType")),
                    format!("→ {}", backend(at(path, "/backend"))).into(),
                ]
            })
        })
        .collect();
    page.section("Rules", |page| page.table(&["HOST AND PATH", "MATCH", "LEADS TO"], rows));
}

/// `backend:4000`, as `v1` says it or as the versions before; `StorageBucket/static` for what is no service.
fn backend(backend: &Value) -> String {
    let resource = at(backend, "/resource");
    if !resource.is_null() {
        return format!("{}/{}", text(resource, "/kind"), text(resource, "/name"));
    }
    let service = at(backend, "/service");
    let (name, port) = if service.is_null() {
        (text(backend, "/serviceName"), plain(backend, "/servicePort"))
    } else {
        let port = match text(service, "/port/name") {
            "" => plain(service, "/port/number"),
            name => name.to_owned(),
        };
        (text(service, "/name"), port)
    };
    if port.is_empty() {
        name.to_owned()
    } else {
        format!("{name}:{port}")
    }
}
