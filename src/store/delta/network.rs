//! What changes of the way that requests take to the pods.

use super::{Pair, step};
use crate::model::network::{Ingress, Service};
use crate::model::{Change, ChangeKind, Labels, WrittenPart};

impl Pair<'_> {
    pub(super) fn service(&self, old: &Service, new: &Service) -> Vec<Change> {
        let words = |labels: &Labels| labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
        self.way([
            ("selector", words(&old.selector), words(&new.selector)),
            ("ports", old.ports.join(","), new.ports.join(",")),
        ])
    }

    pub(super) fn ingress(&self, old: &Ingress, new: &Ingress) -> Vec<Change> {
        self.way([
            ("backends", old.backends.join(","), new.backends.join(",")),
            ("hosts", old.hosts.join(","), new.hosts.join(",")),
        ])
    }

    fn way(&self, parts: [(&str, String, String); 2]) -> Vec<Change> {
        let steps = parts
            .iter()
            .filter_map(|(name, old, new)| Some(format!("{name} {}", step(old, new)?)));
        steps.map(|what| self.written(ChangeKind::Other, WrittenPart::Spec, what)).collect()
    }
}
