//! What the cluster says happened.

use std::sync::Arc;

use super::{Time, Uid};

/// An event, old (`v1`) or new (`events.k8s.io`) style.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub warning: bool,
    pub reason: Arc<str>,
    pub message: Box<str>,
    /// The object it is about.
    pub kind: Arc<str>,
    pub object: Box<str>,
    pub object_uid: Uid,
    /// Part of the object (`spec.containers{app}`), empty for the whole.
    pub field: Box<str>,
    pub count: u32,
    pub first: Time,
    pub last: Time,
    /// Which component said it (and on which node).
    pub source: Arc<str>,
}

impl Event {
    /// The container that it speaks of, where it speaks of one: its field is `spec.containers{NAME}`.
    pub fn container(&self) -> Option<&str> {
        let (_, name) = self.field.split_once('{')?;
        Some(name.trim_end_matches('}'))
    }
}
