//! The rights that an action needs, to be asked of the server before (SelfSubjectAccessReview).

use crate::action::{Action, Rollout, Verb};
use crate::model::{Known, ObjectRef};

/// One verb on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Right {
    pub verb: &'static str,
    pub group: String,
    pub resource: String,
    /// Empty: the object itself.
    pub subresource: &'static str,
    /// Empty: outside namespaces.
    pub namespace: String,
    /// Empty: any name.
    pub name: String,
}

impl std::fmt::Display for Right {
    /// `patch deployments.apps/scale in solia`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if !self.subresource.is_empty() {
            write!(f, "/{}", self.subresource)?;
        }
        if !self.namespace.is_empty() {
            write!(f, " in {}", self.namespace)?;
        }
        Ok(())
    }
}

/// What an action on these objects needs, each once. Of many objects in a namespace the right is asked for all names.
pub fn needed(action: &Action, objects: &[ObjectRef]) -> Vec<Right> {
    let mut all: Vec<Right> = Vec::new();
    let mut add = |right: Right| {
        if !all.contains(&right) {
            all.push(right);
        }
    };
    for object in objects {
        let name = if objects.len() == 1 {
            object.name.to_string()
        } else {
            String::new()
        };
        let of = |verb, subresource| Right {
            verb,
            group: object.kind.group().to_owned(),
            resource: object.kind.resource().to_owned(),
            subresource,
            namespace: object.namespace.to_string(),
            name: name.clone(),
        };
        let other = |verb, known: Known, subresource| Right {
            verb,
            group: known.info().group.into(),
            resource: known.info().resource.into(),
            subresource,
            namespace: object.namespace.to_string(),
            name: String::new(),
        };
        match &action.verb {
            Verb::Scale(_) => add(of("patch", "scale")),
            Verb::Rollout { rollout, .. } => {
                add(of("patch", ""));
                if matches!(rollout, Rollout::Undo { .. }) {
                    add(history(object));
                }
            }
            Verb::Delete(_) => add(of("delete", "")),
            Verb::Autoscale(_) => add(other("create", Known::HorizontalPodAutoscaler, "")),
            Verb::CreateJob(_) => add(other("create", Known::Job, "")),
            Verb::Exec(_) => add(other("create", Known::Pod, "exec")),
            Verb::Attach(_) => add(other("create", Known::Pod, "attach")),
            Verb::PortForward(_) => add(other("create", Known::Pod, "portforward")),
            Verb::Drain(_) => {
                add(of("patch", ""));
                add(other("create", Known::Pod, "eviction"));
            }
            _ => add(of("patch", "")),
        }
    }
    all
}

/// The right to read the revisions of a workload.
fn history(object: &ObjectRef) -> Right {
    let resource = match object.kind.known() {
        Some(Known::Deployment) => "replicasets",
        _ => "controllerrevisions",
    };
    Right {
        verb: "list",
        group: "apps".into(),
        resource: resource.into(),
        subresource: "",
        namespace: object.namespace.to_string(),
        name: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::kubectl::parse;

    fn object(kind: Known, name: &str) -> ObjectRef {
        ObjectRef {
            kind: kind.into(),
            namespace: if kind.info().namespaced { "solia".into() } else { "".into() },
            name: name.into(),
        }
    }

    #[test]
    fn the_rights_are_those_that_the_requests_need() {
        for (line, kind, expected) in [
            (
                "kubectl scale deploy/web --replicas=5",
                Known::Deployment,
                "patch deployments.apps/scale in solia",
            ),
            (
                "kubectl rollout undo deploy/web",
                Known::Deployment,
                "patch deployments.apps in solia, list replicasets.apps in solia",
            ),
            (
                "kubectl rollout undo sts/db",
                Known::StatefulSet,
                "patch statefulsets.apps in solia, list controllerrevisions.apps in solia",
            ),
            ("kubectl delete pod web", Known::Pod, "delete pods in solia"),
            ("kubectl cordon n", Known::Node, "patch nodes"),
            (
                "kubectl create job x --from=cronjob/nightly",
                Known::CronJob,
                "create jobs.batch in solia",
            ),
        ] {
            let rights = needed(&parse(line).unwrap(), &[object(kind, "x")]);
            let told: Vec<String> = rights.iter().map(Right::to_string).collect();
            assert_eq!(told.join(", "), expected, "{line}");
        }
        let many = needed(
            &parse("kubectl delete pod a b").unwrap(),
            &[object(Known::Pod, "a"), object(Known::Pod, "b")],
        );
        assert_eq!((many.len(), many[0].name.as_str()), (1, ""), "one question for all of a namespace");
    }
}
