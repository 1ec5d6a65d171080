//! What the store knows around an object that is described. It looks only into feeds that are there: what is not
//! watched is not told.

use serde_json::Value;

use crate::model::{Body, Kind, Known, Labels, Object, ObjectRef, Owner, Phase, Scope, Uid};
use crate::store::{EnvStore, Feed, FeedState};
use crate::ui::panes::describe::Neighbours;

/// Longest chain of owners that is followed: two or three are usual, and a loop must end.
const OWNERS: usize = 6;

/// Kinds that own others, as far as chains of owners are usually made of them.
const OWN: &[Known] = &[
    Known::Deployment,
    Known::ReplicaSet,
    Known::StatefulSet,
    Known::DaemonSet,
    Known::Job,
    Known::CronJob,
];

/// The kind of the feed that a description of this kind needs beside the events, and that one cannot do without.
pub fn wanted(kind: &Kind) -> Option<Known> {
    match kind.known()? {
        Known::Deployment => Some(Known::ReplicaSet),
        Known::Service => Some(Known::EndpointSlice),
        _ => None,
    }
}

/// A number that grows whenever something changes that [`neighbours`] looks at.
pub fn version(env: &EnvStore, kind: &Kind) -> u64 {
    let pods = matches!(
        kind.known(),
        Some(
            Known::Node
                | Known::Namespace
                | Known::PersistentVolumeClaim
                | Known::Deployment
                | Known::ReplicaSet
                | Known::StatefulSet
                | Known::DaemonSet
                | Known::Job
        )
    );
    let looks_at = |feed: &Kind| match feed.known() {
        Some(Known::Pod) => pods,
        Some(known) => OWN.contains(&known) || wanted(kind) == Some(known),
        None => true,
    };
    let feeds = env.feeds().filter(|(key, _)| looks_at(&key.kind));
    feeds.fold(0, |sum, (_, feed)| sum.wrapping_add(feed.version).wrapping_add(1))
}

/// What is known around this object.
pub fn neighbours<'a>(env: &'a EnvStore, object: &ObjectRef, document: &Value) -> Neighbours<'a> {
    let mut around = Neighbours {
        owners: owners(env, document),
        ..Neighbours::default()
    };
    let namespace = &*object.namespace;
    let uid = document.pointer("/metadata/uid").and_then(Value::as_str).map(Uid::parse);
    let owned = |row: &&Object| uid.is_some() && row.meta.owner.as_deref().map(|owner| owner.uid) == uid;
    let rows = |known: Known| rows_in(env, known, namespace);
    match object.kind.known() {
        Some(Known::Deployment) => {
            around.replica_sets = rows(Known::ReplicaSet).map(|sets| sets.into_iter().filter(owned).collect());
            let selector = plain_selector(document);
            around.pods = selector.zip(rows(Known::Pod)).map(|(selector, pods)| {
                let of_a_set = |pod: &&Object| pod.meta.owner.as_deref().is_some_and(|owner| &*owner.kind == "ReplicaSet");
                pods.into_iter()
                    .filter(|pod| of_a_set(pod) && pod.meta.labels.selected_by(&selector))
                    .collect()
            });
        }
        Some(Known::ReplicaSet | Known::StatefulSet | Known::DaemonSet | Known::Job) => {
            around.pods = rows(Known::Pod).map(|pods| pods.into_iter().filter(owned).collect());
        }
        Some(Known::Namespace) => around.pods = rows_in(env, Known::Pod, &object.name),
        // Only the pods of all namespaces together say what is on a node.
        Some(Known::Node) => {
            around.pods = usable(env, Known::Pod, &Scope::All).map(|feed| {
                let on_it = |pod: &&Object| pod.body.pod().is_some_and(|pod| *pod.node == *object.name);
                feed.rows().filter(on_it).collect()
            });
        }
        Some(Known::Service) => {
            let behind = |slice: &&Object| matches!(&slice.body, Body::EndpointSlice(slice) if *slice.service == *object.name);
            around.slices = rows(Known::EndpointSlice).map(|slices| slices.into_iter().filter(behind).collect());
        }
        Some(Known::PersistentVolumeClaim) => {
            let mounts = |pod: &&Object| {
                let claimed = |pod: &crate::model::Pod| pod.claims.iter().any(|claim| **claim == *object.name);
                pod.body
                    .pod()
                    .is_some_and(|pod| claimed(pod) && !matches!(pod.phase, Phase::Succeeded | Phase::Failed))
            };
            around.pods = rows(Known::Pod).map(|pods| pods.into_iter().filter(mounts).collect());
            let volumes = env.volumes.as_ref().and_then(|told| told.as_ref().ok());
            around.volume = volumes
                .into_iter()
                .flatten()
                .find(|volume| *volume.namespace == *namespace && *volume.claim == *object.name);
        }
        Some(kind @ (Known::ConfigMap | Known::Secret)) => {
            around.users = [Known::Deployment, Known::StatefulSet, Known::DaemonSet]
                .into_iter()
                .filter_map(rows)
                .flatten()
                .filter(|user| uses(user, kind, &object.name))
                .collect();
        }
        _ => {}
    }
    around
}

/// Whether the template of a workload names a config map or a secret.
fn uses(user: &Object, kind: Known, name: &str) -> bool {
    let Body::Workload(workload) = &user.body else { return false };
    let named = match kind {
        Known::Secret => &workload.template.secrets,
        _ => &workload.template.config_maps,
    };
    named.iter().any(|named| **named == *name)
}

/// The labels that a document selects by, where labels are all that it selects by.
fn plain_selector(document: &Value) -> Option<Labels> {
    let selector = document.pointer("/spec/selector")?;
    if selector.pointer("/matchExpressions").is_some() {
        return None;
    }
    let labels = selector.pointer("/matchLabels")?.as_object()?;
    Some(Labels::new(
        labels.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))),
    ))
}

/// A feed whose rows are all there are.
fn usable<'a>(env: &'a EnvStore, known: Known, scope: &Scope) -> Option<&'a Feed> {
    let feed = env.feeds_of(&known.into(), std::slice::from_ref(scope)).into_iter().next()?;
    (feed.complete && !matches!(feed.state, FeedState::Denied(_) | FeedState::Absent)).then_some(feed)
}

/// The objects of a kind in a namespace, if somebody watches them.
fn rows_in<'a>(env: &'a EnvStore, known: Known, namespace: &str) -> Option<Vec<&'a Object>> {
    let feed = usable(env, known, &Scope::All).or_else(|| usable(env, known, &Scope::Namespace(namespace.into())))?;
    Some(feed.rows().filter(|row| *row.meta.namespace == *namespace).collect())
}

/// The owners above the controller that the document names, the nearest first, as far as they are watched.
fn owners<'a>(env: &'a EnvStore, document: &Value) -> Vec<(&'a str, &'a str)> {
    let mut chain = Vec::new();
    let mut above = controller(document)
        .and_then(|owner| find(env, &owner))
        .and_then(|row| row.meta.owner.as_deref());
    while let Some(owner) = above.filter(|_| chain.len() < OWNERS) {
        chain.push((&*owner.kind, &*owner.name));
        above = find(env, owner).and_then(|row| row.meta.owner.as_deref());
    }
    chain
}

/// The owner reference of the controller.
fn controller(document: &Value) -> Option<Owner> {
    let references = document.pointer("/metadata/ownerReferences")?.as_array()?;
    let reference = references
        .iter()
        .find(|reference| reference.pointer("/controller") == Some(&Value::Bool(true)))?;
    let text = |pointer| reference.pointer(pointer).and_then(Value::as_str);
    Some(Owner {
        group: text("/apiVersion")
            .and_then(|v| v.split_once('/'))
            .map_or("", |(group, _)| group)
            .into(),
        kind: text("/kind")?.into(),
        name: text("/name")?.into(),
        uid: Uid::parse(text("/uid")?),
    })
}

/// The object that an owner reference points to, from whichever feed has it.
fn find<'a>(env: &'a EnvStore, owner: &Owner) -> Option<&'a Object> {
    let is_kind = |kind: &Kind| {
        kind.group() == &*owner.group
            && match kind {
                Kind::Known(known) => known.info().name == &*owner.kind,
                Kind::Other(_) => env.served(kind).is_some_and(|served| served.name == owner.kind),
            }
    };
    let mut feeds = env.feeds().filter(|(key, _)| is_kind(&key.kind));
    feeds.find_map(|(_, feed)| feed.get(owner.uid))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Demand, EnvId, Fact, FeedFact, FeedKey, Known, Meta, Pod, Seen, Time, Workload};
    use crate::store::Store;

    const ENV: EnvId = EnvId(0);

    fn object(name: &str, uid: &str, owner: Option<(&str, &str, &str)>, labels: &[(&str, &str)], body: Body) -> Object {
        Object {
            meta: Meta {
                uid: Uid::parse(uid),
                namespace: "solia".into(),
                name: name.into(),
                owner: owner.map(|(kind, name, uid)| {
                    Box::new(Owner {
                        group: "apps".into(),
                        kind: kind.into(),
                        name: name.into(),
                        uid: Uid::parse(uid),
                    })
                }),
                labels: Labels::new(labels.iter().copied()),
                ..Meta::default()
            },
            body,
        }
    }

    fn workload(kind: Known) -> Body {
        Body::Workload(Box::new(Workload {
            kind,
            desired: 1,
            current: 1,
            updated: 1,
            ready: 1,
            available: 1,
            paused: false,
            observed: true,
            selector: Labels::default(),
            images: Box::default(),
            revision: 1,
            strategy: "".into(),
            change_cause: "".into(),
            template: crate::model::Template {
                config_maps: ["config".into()].into(),
                ..crate::model::Template::default()
            },
            node_selector: "".into(),
            conditions: Box::default(),
        }))
    }

    fn pod(node: &str, claim: &str) -> Body {
        Body::Pod(Box::new(Pod {
            node: node.into(),
            phase: Phase::Running,
            claims: [claim.into()].into(),
            ..Pod::default()
        }))
    }

    /// A store in which these kinds are watched in `solia`, or everywhere.
    fn store(feeds: Vec<(Known, Scope, Vec<Object>)>) -> Store {
        let mut store = Store::new(1);
        for (known, scope, objects) in feeds {
            let key = FeedKey { kind: known.into(), scope };
            store.expect(&Demand::Feed(ENV, key.clone()));
            for fact in [FeedFact::Begin, FeedFact::Put(objects), FeedFact::Listed { unreadable: 0 }] {
                let seen = Seen::Feed(key.clone(), fact);
                store.apply(Fact {
                    env: ENV,
                    at: Time(1),
                    seen,
                });
            }
        }
        store
    }

    fn solia() -> Scope {
        Scope::Namespace("solia".into())
    }

    fn reference(kind: Known, name: &str) -> ObjectRef {
        ObjectRef {
            kind: kind.into(),
            namespace: if kind.info().namespaced { "solia".into() } else { "".into() },
            name: name.into(),
        }
    }

    fn names(objects: Option<Vec<&Object>>) -> Option<Vec<String>> {
        let mut names: Vec<_> = objects?.iter().map(|object| object.meta.name.to_string()).collect();
        names.sort();
        Some(names)
    }

    fn sets() -> Vec<Object> {
        vec![
            object("b-1", "rs1", Some(("Deployment", "b", "d")), &[], workload(Known::ReplicaSet)),
            object("c-1", "rs2", Some(("Deployment", "c", "e")), &[], workload(Known::ReplicaSet)),
        ]
    }

    #[test]
    fn the_chain_of_owners_goes_as_far_as_feeds_are_open() {
        let document = json!({"metadata": {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "b-1", "uid": "rs1", "controller": true}]}});
        let of = |store: &Store| -> Vec<String> {
            let around = neighbours(store.env(ENV).unwrap(), &reference(Known::Pod, "b-1-x"), &document);
            around.owners.iter().map(|(kind, name)| format!("{kind}/{name}")).collect()
        };
        assert!(of(&store(vec![])).is_empty(), "nothing is watched");
        assert_eq!(of(&store(vec![(Known::ReplicaSet, solia(), sets())])), ["Deployment/b"]);
    }

    #[test]
    fn owners_that_own_each_other_come_to_an_end() {
        let a = object("a", "a", Some(("ReplicaSet", "b", "b")), &[], workload(Known::ReplicaSet));
        let b = object("b", "b", Some(("ReplicaSet", "a", "a")), &[], workload(Known::ReplicaSet));
        let store = store(vec![(Known::ReplicaSet, Scope::All, vec![a, b])]);
        let document = json!({"metadata": {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a", "uid": "a", "controller": true}]}});
        let around = neighbours(store.env(ENV).unwrap(), &reference(Known::Pod, "x"), &document);
        assert_eq!(around.owners.len(), OWNERS);
    }

    #[test]
    fn a_deployment_knows_its_replica_sets_and_pods_where_they_are_watched() {
        let pods = vec![
            object("b-1-x", "p1", Some(("ReplicaSet", "b-1", "rs1")), &[("app", "b")], pod("n1", "")),
            object("b-debug", "p2", None, &[("app", "b")], pod("n1", "")),
            object("c-1-x", "p3", Some(("ReplicaSet", "c-1", "rs2")), &[("app", "c")], pod("n2", "")),
        ];
        let document = json!({"metadata": {"uid": "d"}, "spec": {"selector": {"matchLabels": {"app": "b"}}}});
        let all = store(vec![(Known::ReplicaSet, solia(), sets()), (Known::Pod, Scope::All, pods)]);
        let around = neighbours(all.env(ENV).unwrap(), &reference(Known::Deployment, "b"), &document);
        assert_eq!(names(around.replica_sets), Some(vec!["b-1".into()]));
        assert_eq!(names(around.pods), Some(vec!["b-1-x".into()]));
        let none = store(vec![]);
        let around = neighbours(none.env(ENV).unwrap(), &reference(Known::Deployment, "b"), &document);
        assert_eq!((names(around.replica_sets), names(around.pods)), (None, None));
    }

    #[test]
    fn a_node_is_summed_up_only_from_the_pods_of_all_namespaces() {
        let pods = || {
            vec![
                object("x", "p1", None, &[], pod("n1", "data")),
                object("y", "p2", None, &[], pod("n2", "")),
            ]
        };
        let node = reference(Known::Node, "n1");
        let everywhere = store(vec![(Known::Pod, Scope::All, pods())]);
        assert_eq!(
            names(neighbours(everywhere.env(ENV).unwrap(), &node, &json!({})).pods),
            Some(vec!["x".into()])
        );
        let one = store(vec![(Known::Pod, solia(), pods())]);
        assert_eq!(names(neighbours(one.env(ENV).unwrap(), &node, &json!({})).pods), None);
        let claim = reference(Known::PersistentVolumeClaim, "data");
        assert_eq!(
            names(neighbours(one.env(ENV).unwrap(), &claim, &json!({})).pods),
            Some(vec!["x".into()])
        );
    }

    #[test]
    fn a_config_map_knows_the_workloads_that_use_it() {
        let store = store(vec![(
            Known::Deployment,
            solia(),
            vec![object("b", "d", None, &[], workload(Known::Deployment))],
        )]);
        let env = store.env(ENV).unwrap();
        let users = |kind, name| neighbours(env, &reference(kind, name), &json!({})).users.len();
        assert_eq!(users(Known::ConfigMap, "config"), 1);
        assert_eq!(users(Known::ConfigMap, "other"), 0);
        assert_eq!(users(Known::Secret, "config"), 0);
    }

    #[test]
    fn the_version_moves_with_what_is_looked_at_and_stays_with_what_is_not() {
        let watched = || vec![(Known::Pod, Scope::All, vec![]), (Known::ReplicaSet, solia(), sets())];
        let (before, mut after) = (store(watched()), store(watched()));
        let seen = Seen::Feed(
            FeedKey {
                kind: Known::Pod.into(),
                scope: Scope::All,
            },
            FeedFact::Put(vec![object("x", "p", None, &[], pod("n1", ""))]),
        );
        after.apply(Fact {
            env: ENV,
            at: Time(2),
            seen,
        });
        let of = |store: &Store, kind: Known| version(store.env(ENV).unwrap(), &kind.into());
        assert_ne!(of(&before, Known::Node), of(&after, Known::Node));
        assert_eq!(of(&before, Known::Pod), of(&after, Known::Pod));
    }
}
