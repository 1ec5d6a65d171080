//! Names that mean something by themselves: `$POD`, `<pod-name>`, `${NS}`.

use crate::action::variables::Variable;
use crate::model::{Kind, Known};

/// What a variable is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Environment,
    Cluster,
    Context,
    Namespace,
    Pod,
    Container,
    Deployment,
    Service,
    Node,
    LogGroup,
    Alert,
    AlertFingerprint,
    Incident,
    Trace,
}

/// The names of the format, and others that pages use for the same.
const NAMES: [(Role, &[&str]); 14] = [
    (Role::Environment, &["ENV", "ENVIRONMENT"]),
    (Role::Cluster, &["CLUSTER", "CLUSTER_NAME"]),
    (Role::Context, &["CONTEXT", "KUBE_CONTEXT"]),
    (Role::Namespace, &["NAMESPACE", "NS"]),
    (Role::Pod, &["POD", "POD_NAME"]),
    (Role::Container, &["CONTAINER", "CONTAINER_NAME"]),
    (Role::Deployment, &["DEPLOYMENT", "DEPLOYMENT_NAME", "DEPLOY"]),
    (Role::Service, &["SERVICE", "SERVICE_NAME", "SVC"]),
    (Role::Node, &["NODE", "NODE_NAME"]),
    (Role::LogGroup, &["LOG_GROUP"]),
    (Role::Alert, &["ALERT", "ALERTNAME", "ALERT_NAME"]),
    (Role::AlertFingerprint, &["ALERT_FINGERPRINT"]),
    (Role::Incident, &["INCIDENT"]),
    (Role::Trace, &["TRACE_ID"]),
];

impl Role {
    /// What an object of this kind stands for; none: its name is of no common variable.
    pub fn of(kind: &Kind) -> Option<Self> {
        match kind.known()? {
            Known::Pod => Some(Self::Pod),
            Known::Deployment => Some(Self::Deployment),
            Known::Service => Some(Self::Service),
            Known::Node => Some(Self::Node),
            _ => None,
        }
    }

    /// The format's name for it.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(role, _)| *role == self)
            .and_then(|(_, names)| names.first())
            .copied()
            .unwrap_or_default()
    }

    /// What a person calls it.
    pub fn said(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Cluster => "cluster",
            Self::Context => "context",
            Self::Namespace => "namespace",
            Self::Pod => "pod",
            Self::Container => "container",
            Self::Deployment => "deployment",
            Self::Service => "service",
            Self::Node => "node",
            Self::LogGroup => "log group",
            Self::Alert => "alert",
            Self::AlertFingerprint => "fingerprint of the alert",
            Self::Incident => "incident",
            Self::Trace => "trace",
        }
    }
}

/// What a variable is, and what its name says besides: of `<backend-pod>` that it is a pod, of the backend.
pub fn role(variable: &Variable) -> Option<(Role, Option<String>)> {
    let name = name(variable);
    let whole = NAMES.iter().find(|(_, names)| names.contains(&name.as_str()));
    if let Some((role, _)) = whole {
        return Some((*role, None));
    }
    // A blank is prose: `<backend-pod>`, `<frontend-pod-name>`. A variable's name is taken as it is.
    if !matches!(variable, Variable::Blank(_)) {
        return None;
    }
    let prefixed = |suffix: &&str| {
        name.strip_suffix(*suffix)
            .and_then(|rest| rest.strip_suffix('_'))
            .filter(|rest| !rest.is_empty())
    };
    NAMES.iter().find_map(|(role, names)| {
        let hint = names.iter().find_map(prefixed)?;
        Some((*role, Some(hint.to_lowercase().replace('_', "-"))))
    })
}

/// The name in capitals: under which a value is kept, and handed to a process.
pub fn name(variable: &Variable) -> String {
    let (Variable::Named(name) | Variable::Blank(name)) = variable;
    match variable {
        Variable::Named(_) => name.clone(),
        Variable::Blank(_) => name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_are() {
        for (text, expected) in [
            ("$POD", Some((Role::Pod, None))),
            ("$NS", Some((Role::Namespace, None))),
            ("<pod-name>", Some((Role::Pod, None))),
            ("<backend-pod>", Some((Role::Pod, Some("backend")))),
            ("<node>", Some((Role::Node, None))),
            ("<db-host>", None),
            ("$DB_POD", None),
            ("$BASE_URL", None),
        ] {
            let found = role(&Variable::of(text).unwrap());
            let found = found.as_ref().map(|(role, hint)| (*role, hint.as_deref()));
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(Role::Pod.name(), "POD");
    }
}
