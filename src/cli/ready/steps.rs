//! What rights the steps of runbooks need: of the lines of kubectl in them, those that read as well as those that change.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::plan::right::needed;
use crate::action::{Action, Class, KindName, LogsOf, Scope, TopOf, Verb};
use crate::config::Environment;
use crate::model::{Known, Namespaces, ObjectRef, Right};
use crate::runbook::library::Library;
use crate::runbook::page::Block;

/// Whose steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// Those that only read.
    Reading,
}

/// The rights that are needed, and the steps that need them: `high-memory step 3`.
pub fn rights(library: &Library, environment: &Environment, wanted: Wanted, read_commands: &[String]) -> BTreeMap<Right, BTreeSet<String>> {
    let mut all: BTreeMap<Right, BTreeSet<String>> = BTreeMap::new();
    let fits = |names: &[String]| names.is_empty() || crate::runbook::page::Runbook::is_for(names, environment);
    for page in library.iter().filter(|page| fits(&page.book.front.environments)) {
        for (number, step) in (1..).zip(&page.book.steps) {
            if !fits(&step.environments) {
                continue;
            }
            let Some(Block::Command(command)) = &step.block else { continue };
            let reads = command.reading_filled(read_commands, &|_| None).class == Class::R;
            if wanted == Wanted::Reading && !reads {
                continue;
            }
            let Some(Ok(action)) = command.action() else { continue };
            for right in of_line(&action, &environment.home()) {
                all.entry(right).or_default().insert(format!("{} step {number}", page.book.name));
            }
        }
    }
    all
}

/// The rights that a line needs in the namespaces that it is about; of any name, because many names are filled in later.
fn of_line(action: &Action, home: &Namespaces) -> Vec<Right> {
    let named: Option<Vec<String>> = match &action.place.scope {
        Scope::All => Some(vec![String::new()]),
        // One that is filled in later is taken to be where we are at home.
        Scope::Namespace(word) => word.plain().map(|name| vec![name.to_owned()]),
        Scope::Current => None,
    };
    let namespaces = named.unwrap_or_else(|| match home {
        Namespaces::All => vec![String::new()],
        Namespaces::Some(names) => names.iter().map(ToString::to_string).collect(),
    });
    let mut all = Vec::new();
    for namespace in &namespaces {
        let object = |known: Known| ObjectRef {
            kind: known.into(),
            namespace: if known.info().namespaced {
                namespace.as_str().into()
            } else {
                "".into()
            },
            name: "".into(),
        };
        let right = |verb: &'static str, known: Known, subresource: &'static str| Right {
            verb,
            group: known.info().group.into(),
            resource: known.info().resource.into(),
            subresource,
            namespace: object(known).namespace.to_string(),
            name: String::new(),
        };
        match &action.verb {
            Verb::Get(get) => all.extend(kinds(&get.target.kinds()).into_iter().map(|kind| right("list", kind, ""))),
            Verb::Describe(described) => {
                all.extend(kinds(&described.target.kinds()).into_iter().map(|kind| right("get", kind, "")));
                all.push(right("list", Known::Event, ""));
            }
            Verb::Logs(logs) => {
                all.push(right("get", Known::Pod, "log"));
                if let LogsOf::Object { object, .. } = &logs.of {
                    all.extend(kinds(&[&object.kind]).into_iter().map(|kind| right("get", kind, "")));
                }
            }
            Verb::Events(_) => all.push(right("list", Known::Event, "")),
            Verb::Top(top) => {
                let known = match &top.of {
                    TopOf::Nodes => Known::Node,
                    TopOf::Pods { .. } => Known::Pod,
                };
                all.push(Right {
                    group: "metrics.k8s.io".into(),
                    ..right("list", known, "")
                });
            }
            Verb::CanI(_) | Verb::Run(_) | Verb::Silence(_) | Verb::Apply(_) => {}
            Verb::Rollout { target, rollout } if !changes(rollout) => {
                all.extend(kinds(&target.kinds()).into_iter().map(|kind| right("get", kind, "")));
            }
            verb => {
                let objects: Vec<ObjectRef> = subjects(verb).into_iter().map(object).collect();
                all.extend(needed(action, &objects).iter().map(Right::of_any_name));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

fn changes(rollout: &crate::action::Rollout) -> bool {
    use crate::action::Rollout;
    !matches!(rollout, Rollout::Status { .. } | Rollout::History { .. })
}

/// The kinds of what a verb changes.
fn subjects(verb: &Verb) -> Vec<Known> {
    let target = match verb {
        Verb::Scale(x) => &x.target,
        Verb::Rollout { target, .. } => target,
        Verb::SetImage(x) => &x.target,
        Verb::SetEnv(x) => &x.target,
        Verb::SetResources(x) => &x.target,
        Verb::Label(x) | Verb::Annotate(x) => &x.target,
        Verb::Delete(x) => &x.target,
        Verb::Cordon { .. } | Verb::Uncordon { .. } | Verb::Drain(_) | Verb::Taint(_) => return vec![Known::Node],
        Verb::Autoscale(x) => return kinds(&[&x.object.kind]),
        Verb::Edit(x) => return kinds(&[&x.object.kind]),
        Verb::Patch(x) => return kinds(&[&x.object.kind]),
        Verb::CreateJob(_) => return vec![Known::Job],
        _ => return vec![Known::Pod],
    };
    kinds(&target.kinds())
}

/// Those that are known without asking a server.
fn kinds(names: &[&KindName]) -> Vec<Known> {
    let known = |name: &&KindName| match name {
        KindName::Known(known) => Some(*known),
        KindName::Other(_) => None,
    };
    names.iter().filter_map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::command::Command;

    fn of(line: &str, home: &Namespaces) -> Vec<String> {
        let action = Command::read(line, 1).action().unwrap().unwrap();
        of_line(&action, home).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_needs_what_kubectl_needs_for_it() {
        let home = Namespaces::one("default");
        for (line, rights) in [
            ("kubectl get pods -n solia", vec!["list pods in solia"]),
            (
                "kubectl get deploy,hpa",
                vec![
                    "list deployments.apps in default",
                    "list horizontalpodautoscalers.autoscaling in default",
                ],
            ),
            ("kubectl get nodes", vec!["list nodes"]),
            ("kubectl get pods -A", vec!["list pods"]),
            ("kubectl describe pod x", vec!["get pods in default", "list events in default"]),
            (
                "kubectl logs deploy/x",
                vec!["get pods/log in default", "get deployments.apps in default"],
            ),
            ("kubectl top pods", vec!["list pods.metrics.k8s.io in default"]),
            (
                "kubectl scale deploy/x --replicas=5",
                vec!["patch deployments.apps/scale in default"],
            ),
            ("kubectl rollout status deploy/x", vec!["get deployments.apps in default"]),
            ("kubectl rollout restart deploy/x", vec!["patch deployments.apps in default"]),
            ("kubectl exec x -- pg_isready", vec!["create pods/exec in default"]),
            ("kubectl delete pod x", vec!["delete pods in default"]),
            ("kubectl cordon n1", vec!["patch nodes"]),
            ("kubectl auth can-i get pods", vec![]),
        ] {
            assert_eq!(of(line, &home), rights, "{line}");
        }
        let both = Namespaces::Some(vec!["a".into(), "b".into()]);
        assert_eq!(of("kubectl get pods", &both), ["list pods in a", "list pods in b"]);
    }

    #[test]
    fn the_pages_of_the_program_need_rights_and_who_only_reads_needs_fewer() {
        let library = Library::built_in();
        let environment = Environment::default();
        let all = rights(&library, &environment, Wanted::All, &[]);
        let reading = rights(&library, &environment, Wanted::Reading, &[]);
        assert!(all.len() > reading.len() && !reading.is_empty(), "{} {}", all.len(), reading.len());
        let changing = |right: &&Right| matches!(right.verb, "patch" | "delete");
        assert!(all.keys().any(|right| changing(&right)));
        assert_eq!(reading.keys().find(changing), None);
        assert!(all.values().flatten().all(|step| step.contains(" step ")));
    }
}
