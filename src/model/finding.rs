//! Something that is wrong: what it is, since when, and what shows it.

use std::sync::Arc;

use super::{Change, Kind, LogKey, Object, ObjectRef, Time, Uid};

/// One thing that is wrong in an environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which check says so: `pod-crashloop`. Stable; scripts read it.
    pub id: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    /// What it is about: the workload rather than its pods, the node rather than what ran on it.
    pub object: Subject,
    /// What is wrong with it, without its name: `3 of 5 pods crash · exit 1`.
    pub title: String,
    /// Since when; never, where nothing tells.
    pub since: Time,
    /// What shows it, the strongest first.
    pub evidence: Vec<Evidence>,
    /// The runbook that helps, by its file's stem; empty: none.
    pub runbook: &'static str,
    /// The objects that it is about, itself included: what is wrong with them is the same thing.
    pub members: Vec<Uid>,
    /// Objects whose own findings would explain this one.
    pub depends: Vec<Uid>,
    /// What follows from it, and is therefore not told apart.
    pub folded: Vec<Folded>,
    /// The dead container whose last lines belong to the evidence.
    pub tail: Option<TailKey>,
    /// What changed before it began, the likeliest first.
    pub changes: Vec<Change>,
    /// How bad it is by a number of its own, the more the worse: `142` of requests that wait, `0.19` of them that fail.
    pub measure: Option<f64>,
}

/// A finding that another one explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    pub id: &'static str,
    pub object: Subject,
    pub title: String,
    /// How bad it is by a number of its own, the more the worse.
    pub measure: Option<f64>,
}

/// How bad it is. The order is the order of concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing to do now.
    Info,
    /// Something does not work as it should; what it serves still works.
    Warning,
    /// What it serves does not work, or is about to stop.
    Critical,
}

impl Severity {
    /// The word that the screen and the report use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess from little.
    Low,
    /// Several things point to it.
    Medium,
    /// The cluster itself says so.
    High,
}

impl Confidence {
    /// The word that the screen and the report use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// One thing that shows that it is so.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    pub kind: EvidenceKind,
    /// One line, harmless to print.
    pub text: Box<str>,
    /// When; never, where nothing tells.
    pub at: Time,
    /// Where it can be seen whole.
    pub lead: Option<Lead>,
}

/// What sort of evidence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    Condition,
    Event,
    Exit,
    Log,
    Metric,
    Node,
}

impl EvidenceKind {
    /// The word that the screen and the report use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Event => "event",
            Self::Exit => "exit",
            Self::Log => "log",
            Self::Metric => "metric",
            Self::Node => "node",
        }
    }
}

/// Where a piece of evidence leads when it is opened.
#[derive(Clone, Debug, PartialEq)]
pub enum Lead {
    /// To the object, described.
    Object(ObjectRef),
    /// To the events about an object: its kind's name (`Pod`), its namespace and name.
    Events(ObjectRef),
    /// To a log.
    Log(LogKey),
    /// To the last answer of the environment's health probe of this number.
    Probe(u16),
    /// To the panels of a Prometheus for an object; for what is none, those of the environment.
    Metrics(ObjectRef),
    /// To the clipboard: a command line that answers more.
    Command(Box<str>),
}

impl Evidence {
    /// Evidence of a kind, cleaned and cut to one readable line.
    pub fn new(kind: EvidenceKind, text: impl AsRef<str>, at: Time) -> Self {
        let text = super::clean(text.as_ref().trim());
        Self {
            kind,
            text: super::shorten(&text, 400).into(),
            at,
            lead: None,
        }
    }

    /// The same, leading somewhere.
    #[must_use]
    pub fn lead(mut self, lead: Lead) -> Self {
        self.lead = Some(lead);
        self
    }
}

/// What a finding or a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    pub kind: Kind,
    /// Empty outside namespaces.
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    /// `Uid(0)` for what has none (an environment, a node that is only named).
    pub uid: Uid,
}

impl Subject {
    /// An object of a kind.
    pub fn of(kind: impl Into<Kind>, object: &Object) -> Self {
        Self {
            kind: kind.into(),
            namespace: object.meta.namespace.clone(),
            name: (*object.meta.name).into(),
            uid: object.meta.uid,
        }
    }

    /// The same without the uid, as views are opened by it.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef {
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    /// `Deployment`, `Pod`; the plural resource for kinds that we do not know.
    pub fn kind_name(&self) -> &str {
        match &self.kind {
            Kind::Known(known) => known.info().name,
            Kind::Other(other) => &other.resource,
        }
    }
}

/// A page of evidence that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidenced {
    /// The name of its file.
    pub name: String,
    /// Where it is, whole.
    pub path: String,
    /// When it was written.
    pub at: Time,
    pub bytes: u64,
}

/// The end of the log of a container's run. Of the runs that are over only the newest is kept by the node, so its words
/// are fetched once and kept here; those of one that goes on are asked for again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TailKey {
    pub namespace: Arc<str>,
    pub pod: Arc<str>,
    pub uid: Uid,
    pub container: Arc<str>,
    /// Which run: the number of restarts when it was over.
    pub run: u32,
    /// Whether another run has begun since, so that this one is the node's "previous".
    pub previous: bool,
    /// Which look at a run that goes on; 0: it is over.
    pub look: u32,
}
