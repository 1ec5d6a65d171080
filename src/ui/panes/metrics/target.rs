//! What a board is about, and what its variables stand for.

use std::sync::Arc;

use crate::config::{Bound, PanelScope};
use crate::model::{Kind, Known, Namespaces, ObjectRef};

/// The whole environment, a workload or a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Environment(Namespaces),
    Workload(ObjectRef),
    Pod(ObjectRef),
}

impl Target {
    /// What a selected object is about; `None`: it has no series of its own.
    pub fn of(object: &ObjectRef) -> Option<Self> {
        use Known::{CronJob, DaemonSet, Deployment, Job, Namespace, Pod, ReplicaSet, StatefulSet};
        match object.kind.known()? {
            Pod => Some(Self::Pod(object.clone())),
            Namespace => Some(Self::Environment(Namespaces::Some(vec![object.name.clone()]))),
            Deployment | StatefulSet | DaemonSet | ReplicaSet | Job | CronJob => Some(Self::Workload(object.clone())),
            _ => None,
        }
    }

    /// The object that it is about.
    pub fn object(&self) -> Option<&ObjectRef> {
        match self {
            Self::Environment(_) => None,
            Self::Workload(object) | Self::Pod(object) => Some(object),
        }
    }

    /// Which panels make sense for it.
    pub fn scope(&self) -> PanelScope {
        match self {
            Self::Environment(_) => PanelScope::Environment,
            Self::Workload(_) => PanelScope::Workload,
            Self::Pod(_) => PanelScope::Pod,
        }
    }

    /// What its title says; empty for all of the environment.
    pub fn shown(&self) -> Arc<str> {
        match self {
            Self::Environment(Namespaces::All) => "".into(),
            Self::Environment(Namespaces::Some(names)) => names.join(",").into(),
            Self::Workload(object) | Self::Pod(object) => object.name.clone(),
        }
    }

    /// The namespaces it is in.
    pub fn namespaces(&self) -> Namespaces {
        match self {
            Self::Environment(namespaces) => namespaces.clone(),
            Self::Workload(object) | Self::Pod(object) => object.namespaces(),
        }
    }

    /// What the variables stand for.
    pub fn bound(&self, interval: u32) -> Bound {
        let namespace = match self.namespaces() {
            Namespaces::All => ".*".to_owned(),
            Namespaces::Some(names) => names.iter().map(|name| pattern(name)).collect::<Vec<_>>().join("|"),
        };
        let everything = Bound::everything(interval);
        match self {
            Self::Environment(_) => Bound { namespace, ..everything },
            Self::Pod(object) => Bound {
                namespace,
                pod: pattern(&object.name),
                ..everything
            },
            Self::Workload(object) => Bound {
                namespace,
                workload: pattern(&object.name),
                pod: format!("{}{}", pattern(&object.name), suffix(&object.kind)),
                interval,
            },
        }
    }
}

/// How the pods of a workload are called behind its name.
fn suffix(kind: &Kind) -> &'static str {
    match kind.known() {
        Some(Known::Deployment | Known::CronJob) => "-[a-z0-9]+-[a-z0-9]+",
        Some(Known::StatefulSet) => "-[0-9]+",
        _ => "-[a-z0-9]+",
    }
}

/// A name as a pattern that means it alone. A backslash would have to be escaped once more inside of PromQL's quotes.
fn pattern(name: &str) -> String {
    name.replace('.', "[.]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(known: Known, name: &str) -> ObjectRef {
        ObjectRef {
            kind: Kind::Known(known),
            namespace: "prod".into(),
            name: name.into(),
        }
    }

    #[test]
    fn variables_stand_for_what_is_selected() {
        let bound = |target: Option<Target>| target.unwrap().bound(120);
        let workload = bound(Target::of(&object(Known::Deployment, "backend")));
        assert_eq!((&*workload.namespace, &*workload.pod), ("prod", "backend-[a-z0-9]+-[a-z0-9]+"));
        let pod = bound(Target::of(&object(Known::Pod, "db.0")));
        assert_eq!((&*pod.pod, &*pod.workload), ("db[.]0", ".*"));
        let all = Target::Environment(Namespaces::All).bound(60);
        assert_eq!(all, Bound::everything(60));
        let two = Target::Environment(Namespaces::Some(vec!["a".into(), "b".into()]));
        assert_eq!(two.bound(60).namespace, "a|b");
        let namespace = Target::of(&object(Known::Namespace, "solia")).unwrap();
        assert_eq!((&*namespace.shown(), &*namespace.bound(60).namespace), ("solia", "solia"));
        assert!(Target::of(&object(Known::ConfigMap, "x")).is_none());
    }
}
