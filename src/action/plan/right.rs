//! The rights that an action needs, to be asked of the server before (SelfSubjectAccessReview).

use crate::action::{Action, Rollout, Verb};
use crate::model::{Known, ObjectRef, Right};

/// What is done, as far as rights go: several verbs of kubectl need the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Change the object.
    Patch,
    /// Change how many replicas it has.
    Scale,
    /// Read the revisions, and change the object.
    RollBack,
    Delete,
    /// Make a job.
    MakeJob,
    /// Make an autoscaler.
    MakeScaler,
    Exec,
    Attach,
    Forward,
    /// Add a container to a pod, and perhaps join the terminal to it.
    Debug {
        joins: bool,
    },
    /// Change a node, and evict its pods, or delete them.
    Drain {
        deletes: bool,
    },
    Evict,
    /// Nothing of the cluster.
    Nothing,
}

impl Need {
    /// What an action needs.
    pub fn of(action: &Action) -> Self {
        match &action.verb {
            Verb::Scale(_) => Self::Scale,
            Verb::Rollout {
                rollout: Rollout::Undo { .. },
                ..
            } => Self::RollBack,
            Verb::Delete(_) => Self::Delete,
            Verb::CreateJob(_) => Self::MakeJob,
            Verb::Autoscale(_) => Self::MakeScaler,
            Verb::Exec(_) | Verb::Cp(_) => Self::Exec,
            Verb::Debug(debug) => Self::Debug {
                joins: debug.stdin || debug.tty,
            },
            Verb::Run(_) | Verb::Silence(_) => Self::Nothing,
            Verb::Attach(_) => Self::Attach,
            Verb::PortForward(_) => Self::Forward,
            Verb::Drain(drain) => Self::Drain {
                deletes: drain.disable_eviction,
            },
            Verb::Evict(_) => Self::Evict,
            _ => Self::Patch,
        }
    }
}

/// What an action on these objects needs, each once. Of many objects in a namespace the right is asked for all names.
pub fn needed(action: &Action, objects: &[ObjectRef]) -> Vec<Right> {
    rights(Need::of(action), objects)
}

/// The rights that this is, on these objects; see [`needed`].
pub fn rights(need: Need, objects: &[ObjectRef]) -> Vec<Right> {
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
        match need {
            Need::Patch => add(of("patch", "")),
            Need::Scale => add(of("patch", "scale")),
            Need::RollBack => {
                add(of("patch", ""));
                add(history(object));
            }
            Need::Delete => add(of("delete", "")),
            Need::MakeJob => add(other("create", Known::Job, "")),
            Need::MakeScaler => add(other("create", Known::HorizontalPodAutoscaler, "")),
            Need::Exec => add(other("create", Known::Pod, "exec")),
            Need::Attach => add(other("create", Known::Pod, "attach")),
            Need::Forward => add(other("create", Known::Pod, "portforward")),
            Need::Debug { joins } => {
                add(other("patch", Known::Pod, "ephemeralcontainers"));
                if joins {
                    add(other("create", Known::Pod, "attach"));
                }
            }
            Need::Nothing => {}
            Need::Drain { deletes } => {
                add(of("patch", ""));
                match deletes {
                    true => add(other("delete", Known::Pod, "")),
                    false => add(other("create", Known::Pod, "eviction")),
                }
            }
            Need::Evict => add(of("create", "eviction")),
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
            ("kubectl drain n", Known::Node, "patch nodes, create pods/eviction"),
            ("kubectl drain n --disable-eviction", Known::Node, "patch nodes, delete pods"),
            ("kubectl evict-pod web", Known::Pod, "create pods/eviction in solia"),
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
