//! An object in words: what `kubectl describe` tells, for every kind, and in the order in which one
//! asks on call: what it is, how it is, what it is made of, what happened to it.
//!
//! Pure: from the document (masked and cleaned already), what the store knows around it, and the events at hand, to
//! lines with roles. Nothing is invented: what is not known here is told as the server tells it, or not at all.

mod account;
mod autoscaler;
mod budget;
mod condition;
mod container;
mod data;
mod env;
mod event;
mod events;
mod exit;
mod header;
mod ingress;
mod neighbours;
mod node;
mod page;
mod pod;
mod policy;
mod probe;
mod quota;
mod read;
mod rollout;
mod service;
mod slice;
mod storage;
mod tree;
mod volume;
mod workload;

use serde_json::Value;

use crate::model::{Kind, Known, Object, Time};
pub use crate::ui::widgets::StyledLine;
pub use neighbours::Neighbours;
use page::Page;

/// Describes an object. `around` is what the store knows beside it, `events` are the object's own, in any order; `now` is
/// for the ages.
pub fn describe(kind: &Kind, document: &Value, around: &Neighbours<'_>, events: &[&Object], now: Time) -> Vec<StyledLine> {
    let mut page = Page::default();
    header::header(&mut page, kind, document, around, now);
    match kind {
        Kind::Known(known) => known_by_heart(&mut page, *known, document, around, now),
        Kind::Other(other) => match (&*other.group, &*other.resource) {
            ("", "resourcequotas") => quota::quota(&mut page, document),
            ("", "limitranges") => quota::limits(&mut page, document),
            ("storage.k8s.io", "storageclasses") => storage::storage_class(&mut page, document),
            _ => {
                condition::conditions(&mut page, kind, document, now);
                tree::rest(&mut page, document, now);
            }
        },
    }
    if !kind.is(Known::Event) {
        events::events(&mut page, events, now);
    }
    page.finish()
}

fn known_by_heart(page: &mut Page, kind: Known, document: &Value, around: &Neighbours<'_>, now: Time) {
    match kind {
        Known::Pod => pod::pod(page, document, now),
        Known::Deployment | Known::ReplicaSet | Known::StatefulSet | Known::DaemonSet => {
            workload::workload(page, kind, document, around, now);
        }
        Known::Job => workload::job(page, document, around, now),
        Known::CronJob => workload::cron_job(page, document, now),
        Known::Service => service::service(page, document, around, now),
        Known::EndpointSlice => slice::slice(page, document),
        Known::Ingress => ingress::ingress(page, document),
        Known::ConfigMap => data::config_map(page, document, around),
        Known::Secret => data::secret(page, document, around),
        Known::PersistentVolumeClaim => storage::claim(page, document, around, now),
        Known::PersistentVolume => storage::volume(page, document),
        Known::Node => node::node(page, document, around, now),
        Known::Namespace => account::namespace(page, document, around, now),
        Known::HorizontalPodAutoscaler => autoscaler::autoscaler(page, document, now),
        Known::PodDisruptionBudget => budget::budget(page, document, now),
        Known::NetworkPolicy => policy::policy(page, document),
        Known::ServiceAccount => account::service_account(page, document),
        Known::Event => event::event(page, document, now),
    }
}

#[cfg(test)]
mod tests;
