//! What an action is done to, and where.

use super::Word;
use crate::model::{KNOWN, Known};

/// Which cluster and which part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// `--context`; none: the one that is in front.
    pub context: Option<Word>,
    pub scope: Scope,
}

/// Which namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The one that is in front.
    #[default]
    Current,
    /// `-n`.
    Namespace(Word),
    /// `-A`.
    All,
}

/// A kind of object, as far as it is known without asking a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KindName {
    Known(Known),
    /// Any other name, as typed: a server may know it, in the plural, singular or short; or one that is still to be filled in.
    Other(Word),
}

/// The name that kubectl has for a kind besides its plural and singular. The kinds' own short names hold some that only
/// other programs know; kubectl would refuse those.
fn short(known: Known) -> Option<&'static str> {
    Some(match known {
        Known::Pod => "po",
        Known::Deployment => "deploy",
        Known::ReplicaSet => "rs",
        Known::StatefulSet => "sts",
        Known::DaemonSet => "ds",
        Known::CronJob => "cj",
        Known::Service => "svc",
        Known::Ingress => "ing",
        Known::ConfigMap => "cm",
        Known::PersistentVolumeClaim => "pvc",
        Known::PersistentVolume => "pv",
        Known::Node => "no",
        Known::Namespace => "ns",
        Known::HorizontalPodAutoscaler => "hpa",
        Known::PodDisruptionBudget => "pdb",
        Known::NetworkPolicy => "netpol",
        Known::ServiceAccount => "sa",
        Known::Event => "ev",
        Known::Job | Known::EndpointSlice | Known::Secret => return None,
    })
}

impl KindName {
    /// The kind of this name: `pod`, `Pods`, `deploy`, `deployments.apps`, `deployments.v1.apps`; any other as typed.
    pub fn of(word: Word) -> Self {
        match word.plain().and_then(known) {
            Some(known) => Self::Known(known),
            None => Self::Other(word),
        }
    }

    pub fn is(&self, other: Known) -> bool {
        *self == Self::Known(other)
    }

    /// The plural, as kubectl is asked for many.
    pub fn plural(&self) -> Word {
        match self {
            Self::Known(known) => known.info().resource.into(),
            Self::Other(word) => word.clone(),
        }
    }

    /// The singular, as kubectl is asked for one.
    pub fn singular(&self) -> Word {
        match self {
            Self::Known(known) => known.info().name.to_lowercase().into(),
            Self::Other(word) => word.clone(),
        }
    }
}

/// Of a kind that we do not know by heart its group is a part.
impl From<&crate::model::Kind> for KindName {
    fn from(kind: &crate::model::Kind) -> Self {
        match kind.known() {
            Some(known) => Self::Known(known),
            None => Self::Other(Word::from(format!("{}.{}", kind.resource(), kind.group()).trim_end_matches('.'))),
        }
    }
}

impl From<Known> for KindName {
    fn from(known: Known) -> Self {
        Self::Known(known)
    }
}

/// The known kind that kubectl means by this name.
fn known(text: &str) -> Option<Known> {
    let text = text.to_lowercase();
    let (name, group) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(name, group)| (name, Some(group)));
    let is_version = |text: &str| {
        text.strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let fits = |info: &&crate::model::KnownInfo| {
        let named = info.resource == name || info.name.to_lowercase() == name || short(info.known) == Some(name);
        let grouped = group.is_none_or(|group| {
            let bare = group
                .split_once('.')
                .filter(|(version, _)| is_version(version))
                .map(|(_, rest)| rest);
            bare.unwrap_or(group) == info.group && !info.group.is_empty()
        });
        named && grouped
    };
    KNOWN.iter().find(fits).map(|info| info.known)
}

/// One object, by kind and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ref {
    pub kind: KindName,
    /// Never empty.
    pub name: Word,
}

impl Ref {
    pub fn new(kind: impl Into<KindName>, name: impl Into<Word>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
        }
    }

    pub fn pod(name: impl Into<Word>) -> Self {
        Self::new(Known::Pod, name)
    }

    /// `kind/name`.
    pub fn word(&self) -> Word {
        Word::join([&self.kind.singular(), &self.name], "/")
    }
}

/// Some objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// These, by name. Never empty.
    Named(Vec<Ref>),
    /// All or some of these kinds. The kinds are never empty.
    Kinds { kinds: Vec<KindName>, which: Which },
    /// A word that is still to be filled in and may then be a kind, or `kind/name`; where a name is needed.
    Open(Word),
}

/// Which of the objects of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// `--all`, or nothing said, as the verb has it.
    All,
    /// Those that fit; at least one of the two is there.
    Matching {
        /// `-l`, as kubectl reads it.
        labels: Option<Word>,
        /// `--field-selector`, as kubectl reads it.
        fields: Option<Word>,
    },
}

impl Target {
    /// One object.
    pub fn one(kind: impl Into<KindName>, name: impl Into<Word>) -> Self {
        Self::Named(vec![Ref::new(kind, name)])
    }

    /// All objects of a kind.
    pub fn all(kind: impl Into<KindName>) -> Self {
        Self::Kinds {
            kinds: vec![kind.into()],
            which: Which::All,
        }
    }

    /// The object, where it is one and no more.
    pub fn single(&self) -> Option<&Ref> {
        match self {
            Self::Named(refs) => refs.first().filter(|_| refs.len() == 1),
            Self::Kinds { .. } | Self::Open(_) => None,
        }
    }

    /// The kinds of the objects; none where that is still to be filled in.
    pub fn kinds(&self) -> Vec<&KindName> {
        match self {
            Self::Named(refs) => refs.iter().map(|r| &r.kind).collect(),
            Self::Kinds { kinds, .. } => kinds.iter().collect(),
            Self::Open(_) => Vec::new(),
        }
    }
}

impl super::Action {
    /// The same, done to this object alone; as it is where its verb names one object by itself.
    #[must_use]
    pub fn only(&self, object: &crate::model::ObjectRef) -> Self {
        self.on(std::slice::from_ref(object))
    }

    /// The same, done to these objects by name.
    #[must_use]
    pub fn on(&self, objects: &[crate::model::ObjectRef]) -> Self {
        let mut same = self.clone();
        if let Some(target) = target_of(&mut same.verb) {
            let refs = objects.iter().map(|object| Ref {
                kind: (&object.kind).into(),
                name: Word::from(&*object.name),
            });
            *target = Target::Named(refs.collect());
        } else if let Some(nodes) = nodes_of(&mut same.verb) {
            *nodes = Nodes::Named(objects.iter().map(|object| Word::from(&*object.name)).collect());
        } else if let super::Verb::Evict(evict) = &mut same.verb {
            evict.pods = objects.iter().map(|object| Word::from(&*object.name)).collect();
        }
        if let (super::Verb::Silence(silence), [one]) = (&mut same.verb, objects) {
            **silence = silence.only(&one.name);
        }
        same
    }

    /// What selects the objects, where they are not named.
    pub fn selection(&self) -> Option<Selection> {
        let mut verb = self.verb.clone();
        let text = |word: &Option<Word>| word.as_ref().and_then(Word::plain).unwrap_or_default().to_owned();
        let which = match target_of(&mut verb) {
            Some(Target::Kinds { which, .. }) => which.clone(),
            Some(Target::Named(_) | Target::Open(_)) => return None,
            None => match nodes_of(&mut verb)? {
                Nodes::Named(_) => return None,
                Nodes::All => Which::All,
                Nodes::Labelled(labels) => Which::Matching {
                    labels: Some(labels.clone()),
                    fields: None,
                },
            },
        };
        Some(match which {
            Which::All => Selection::default(),
            Which::Matching { labels, fields } => Selection {
                labels: text(&labels),
                fields: text(&fields),
            },
        })
    }
}

/// The objects that a verb has.
fn target_of(verb: &mut super::Verb) -> Option<&mut Target> {
    use super::Verb;
    match verb {
        Verb::Scale(x) => Some(&mut x.target),
        Verb::Rollout { target, .. } => Some(target),
        Verb::SetImage(x) => Some(&mut x.target),
        Verb::SetEnv(x) => Some(&mut x.target),
        Verb::SetResources(x) => Some(&mut x.target),
        Verb::Label(x) | Verb::Annotate(x) => Some(&mut x.target),
        Verb::Delete(x) => Some(&mut x.target),
        _ => None,
    }
}

fn nodes_of(verb: &mut super::Verb) -> Option<&mut Nodes> {
    use super::Verb;
    match verb {
        Verb::Cordon { nodes, .. } | Verb::Uncordon { nodes, .. } => Some(nodes),
        Verb::Drain(x) => Some(&mut x.nodes),
        Verb::Taint(x) => Some(&mut x.nodes),
        _ => None,
    }
}

/// Selectors as the server takes them; empty ones select everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub labels: String,
    pub fields: String,
}

impl std::fmt::Display for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.labels.is_empty(), self.fields.is_empty()) {
            (true, true) => f.write_str("(all)"),
            (false, true) => f.write_str(&self.labels),
            (true, false) => f.write_str(&self.fields),
            (false, false) => write!(f, "{} and {}", self.labels, self.fields),
        }
    }
}

/// Some nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Nodes {
    /// Never empty.
    Named(Vec<Word>),
    /// `-l`.
    Labelled(Word),
    /// `--all`, which only `taint` has.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_the_names_that_kubectl_knows() {
        for (name, kind) in [
            ("po", Known::Pod),
            ("Pod", Known::Pod),
            ("deployments.apps", Known::Deployment),
            ("deployment.v1.apps", Known::Deployment),
            ("ing", Known::Ingress),
            ("ingresses.networking.k8s.io", Known::Ingress),
            ("ingresses.v1.networking.k8s.io", Known::Ingress),
            ("HPA", Known::HorizontalPodAutoscaler),
            ("secret", Known::Secret),
        ] {
            assert_eq!(KindName::of(name.into()), KindName::Known(kind), "{name}");
        }
        for other in [
            "certificates",
            "deployments.extensions",
            "dp",
            "jo",
            "events.events.k8s.io",
            "pods.v1",
            "services.serving.knative.dev",
            "all",
        ] {
            assert_eq!(KindName::of(other.into()), KindName::Other(other.into()));
        }
    }
}
