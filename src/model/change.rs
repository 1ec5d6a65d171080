//! What changed: seen by a watch, or still written in the cluster.

use std::sync::Arc;

use super::{Subject, Time};

/// One change of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub at: Time,
    pub object: Subject,
    pub kind: ChangeKind,
    /// What changed, in a few words: `revision 41 → 42: image v1.8.2 → v1.8.3`.
    pub what: Box<str>,
    /// Who did it, as far as the cluster says (a field manager, a component); empty: unknown.
    pub by: Box<str>,
    /// The difference, line by line, `+`, `-` or `~` first. May be empty.
    pub details: Box<[Box<str>]>,
}

/// What sort of change it is. The order is the order of suspicion: what most often breaks things comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// A new pod template went out.
    Rollout,
    /// A config map or secret has other content.
    Config,
    /// A node was cordoned, or changed its state.
    Node,
    /// Another number of replicas, or other bounds of an autoscaler.
    Scale,
    /// An object is gone, or came; nodes too.
    Existence,
    /// Labels, annotations, and the rest.
    Other,
}

/// Who last wrote a part of an object, from `metadata.managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The field manager: `kubectl-edit`, `github-actions`, `kube-controller-manager`.
    pub manager: Arc<str>,
    pub at: Time,
    /// What of that which matters here it has written.
    pub parts: Box<[WrittenPart]>,
    /// Keys of a config map's or secret's data that it has written, sorted; at most [`Write::KEYS`].
    pub keys: Box<[Box<str>]>,
}

impl Write {
    /// How many keys of data are kept.
    pub const KEYS: usize = 64;

    /// Whether it wrote this part.
    pub fn wrote(&self, part: WrittenPart) -> bool {
        self.parts.contains(&part)
    }
}

/// A part of an object that somebody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WrittenPart {
    /// `spec.replicas`
    Replicas,
    /// `spec.template`
    Template,
    /// Anything else of `spec`.
    Spec,
    /// `data`, `stringData` or `binaryData`
    Data,
    /// `metadata.labels`
    Labels,
    /// `metadata.annotations`
    Annotations,
}
