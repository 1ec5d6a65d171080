//! An object in words: what `kubectl describe` tells, for every kind, and in the order in which one
//! asks on call: what it is, how it is, what it is made of, what happened to it.
//!
//! Pure: from the document (masked and cleaned already) and the events at hand to lines with roles.

mod container;
mod data;
mod events;
mod header;
mod node;
mod page;
mod pod;
mod read;
mod service;
mod tree;
mod volume;
mod workload;

use serde_json::Value;

use crate::model::{Kind, Known, Object, Time};
pub use crate::ui::widgets::StyledLine;
use page::Page;

/// Describes an object. `events` are the object's own, in any order; `now` is for the ages.
pub fn describe(kind: &Kind, document: &Value, events: &[&Object], now: Time) -> Vec<StyledLine> {
    let mut page = Page::default();
    header::header(&mut page, kind, document, now);
    match kind.known() {
        Some(Known::Pod) => pod::pod(&mut page, document, now),
        Some(Known::Deployment | Known::ReplicaSet | Known::StatefulSet | Known::DaemonSet) => workload::workload(&mut page, document, now),
        Some(Known::Job) => workload::job(&mut page, document, now),
        Some(Known::CronJob) => workload::cron_job(&mut page, document, now),
        Some(Known::Node) => node::node(&mut page, document, now),
        Some(Known::Service) => service::service(&mut page, document, now),
        Some(Known::Secret) => data::secret(&mut page, document),
        Some(Known::ConfigMap) => data::config_map(&mut page, document),
        _ => {
            header::conditions(&mut page, document, now);
            tree::rest(&mut page, document, now);
        }
    }
    if !kind.is(Known::Event) {
        events::events(&mut page, events, now);
    }
    page.finish()
}

#[cfg(test)]
mod tests;
