//! What users of a seeded world rely on.

use jiff::Timestamp;
use k8s_openapi::api;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;
use crate::sim::world::{Life, World};

const ALL: [Environment; 3] = [Environment::Development, Environment::Staging, Environment::Production];

fn seeded(environment: Environment) -> World {
    let start: Timestamp = "2026-11-23T07:00:00Z".parse().unwrap();
    let mut world = World::new(7, start, Life::Still);
    solia(&mut world, environment);
    world
}

/// Reads every object of a shelf as the type says, and tells whether the type kept everything.
fn reads_as<T: DeserializeOwned + serde::Serialize>(world: &World, shelf: &str) -> usize {
    let mut n = 0;
    for stored in world.store.list(shelf, None) {
        let read: T = serde_json::from_slice(&stored.json).unwrap_or_else(|error| panic!("{:?}: {error}", stored.key));
        let back = serde_json::to_value(&read).unwrap();
        assert_eq!(lost(&stored.value(), &back, ""), Vec::<String>::new(), "{:?}", stored.key);
        assert!(stored.json.len() <= 8 << 10, "{:?} is too long: {}", stored.key, stored.json.len());
        n += 1;
    }
    n
}

/// The paths of what is in the document and not in what was read of it: misspelt or misplaced fields.
fn lost(document: &Value, read: &Value, path: &str) -> Vec<String> {
    match (document, read) {
        (Value::Object(fields), _) => fields
            .iter()
            .filter(|(_, value)| !value.is_null() && **value != serde_json::json!({}) && **value != serde_json::json!([]))
            .flat_map(|(name, value)| match read.get(name) {
                Some(inner) => lost(value, inner, &format!("{path}.{name}")),
                None => vec![format!("{path}.{name}")],
            })
            .collect(),
        (Value::Array(list), Value::Array(inner)) => list.iter().zip(inner).flat_map(|(a, b)| lost(a, b, &format!("{path}[]"))).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_document_is_what_kubernetes_says_it_is() {
    for environment in ALL {
        let world = seeded(environment);
        let world = &world;
        let counts = [
            reads_as::<api::core::v1::Pod>(world, "pods"),
            reads_as::<api::core::v1::Node>(world, "nodes"),
            reads_as::<api::core::v1::Namespace>(world, "namespaces"),
            reads_as::<api::core::v1::Service>(world, "services"),
            reads_as::<api::core::v1::Endpoints>(world, "endpoints"),
            reads_as::<api::discovery::v1::EndpointSlice>(world, "endpointslices"),
            reads_as::<api::core::v1::ConfigMap>(world, "configmaps"),
            reads_as::<api::core::v1::Secret>(world, "secrets"),
            reads_as::<api::core::v1::ServiceAccount>(world, "serviceaccounts"),
            reads_as::<api::core::v1::LimitRange>(world, "limitranges"),
            reads_as::<api::core::v1::PersistentVolume>(world, "persistentvolumes"),
            reads_as::<api::core::v1::PersistentVolumeClaim>(world, "persistentvolumeclaims"),
            reads_as::<api::core::v1::Event>(world, "events"),
            reads_as::<api::apps::v1::Deployment>(world, "deployments"),
            reads_as::<api::apps::v1::ReplicaSet>(world, "replicasets"),
            reads_as::<api::apps::v1::StatefulSet>(world, "statefulsets"),
            reads_as::<api::apps::v1::DaemonSet>(world, "daemonsets"),
            reads_as::<api::apps::v1::ControllerRevision>(world, "controllerrevisions"),
            reads_as::<api::batch::v1::Job>(world, "jobs"),
            reads_as::<api::batch::v1::CronJob>(world, "cronjobs"),
            reads_as::<api::policy::v1::PodDisruptionBudget>(world, "poddisruptionbudgets"),
            reads_as::<api::networking::v1::Ingress>(world, "ingresses"),
            reads_as::<api::networking::v1::NetworkPolicy>(world, "networkpolicies"),
            reads_as::<api::storage::v1::StorageClass>(world, "storageclasses"),
            reads_as::<api::scheduling::v1::PriorityClass>(world, "priorityclasses"),
            reads_as::<api::coordination::v1::Lease>(world, "leases"),
            reads_as::<api::rbac::v1::ClusterRole>(world, "clusterroles"),
            reads_as::<api::rbac::v1::ClusterRoleBinding>(world, "clusterrolebindings"),
            reads_as::<api::rbac::v1::Role>(world, "roles"),
            reads_as::<api::rbac::v1::RoleBinding>(world, "rolebindings"),
        ];
        assert!(counts.iter().all(|n| *n > 0), "{environment:?}: {counts:?}");
        reads_as::<api::autoscaling::v2::HorizontalPodAutoscaler>(world, "horizontalpodautoscalers");
        reads_as::<api::core::v1::ResourceQuota>(world, "resourcequotas");
    }
}

#[test]
fn every_pod_that_runs_has_its_runs_and_its_node() {
    for environment in ALL {
        let world = seeded(environment);
        for pod in world.store.list("pods", None) {
            let value = pod.value();
            assert!(world.store.get("nodes", "", pod.node.as_deref().unwrap()).is_some());
            for status in value["status"]["containerStatuses"].as_array().unwrap() {
                let runs: Vec<_> = world.runs.of(&pod.uid, status["name"].as_str().unwrap()).collect();
                let last = runs.last().unwrap();
                assert_eq!(last.id, status["containerID"].as_str().unwrap());
                assert_eq!(runs.len() as u64, 1 + status["restartCount"].as_u64().unwrap());
                assert_eq!(last.ended.is_none(), status["ready"].as_bool().unwrap());
                assert!(last.started < world.now());
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_world_and_environments_differ() {
    let dump = |world: &World| -> Vec<Vec<u8>> {
        let shelves = ["pods", "deployments", "nodes", "services", "events"];
        shelves
            .iter()
            .flat_map(|s| world.store.list(s, None).map(|o| o.json.to_vec()))
            .collect()
    };
    assert_eq!(dump(&seeded(Environment::Production)), dump(&seeded(Environment::Production)));
    let mut staging = World::new(8, seeded(Environment::Staging).now(), Life::Still);
    solia(&mut staging, Environment::Staging);
    let production = seeded(Environment::Production);
    let uids: std::collections::BTreeSet<_> = production.store.list("pods", None).map(|p| p.uid.clone()).collect();
    assert!(staging.store.list("pods", None).all(|pod| !uids.contains(&pod.uid)));
}

/// Free thousandths of a core by node.
fn free(world: &World, without: &str) -> Vec<(String, i64)> {
    let nodes = world.store.list("nodes", None).filter(|n| &*n.key.name != without);
    nodes
        .map(|node| {
            let used: i64 = world.store.pods_on(&node.key.name).iter().map(|p| asked(p)).sum();
            (node.key.name.to_string(), 1930 - used)
        })
        .collect()
}

fn asked(pod: &crate::sim::store::Stored) -> i64 {
    let pod = pod.value();
    if pod["status"]["phase"] == "Succeeded" {
        0
    } else {
        template::requests(&pod).0
    }
}

#[test]
fn production_has_room_to_scale_but_not_to_lose_a_node() {
    let world = seeded(Environment::Production);
    let room = free(&world, "");
    assert_eq!(room.len(), 6);
    assert!(room.iter().all(|(_, cpu)| *cpu >= 0), "{room:?}");
    let more: i64 = room.iter().map(|(_, cpu)| cpu / 250).sum();
    assert!(more >= 3, "room for {more} more of the backend: {room:?}");
    assert!(
        room.iter().any(|(_, cpu)| *cpu >= 450),
        "no room to roll out the frontend: {room:?}"
    );
    let mut hard = 0;
    for (lost, _) in &room {
        let mut rest = free(&world, lost);
        let mut homeless: Vec<i64> = world
            .store
            .pods_on(lost)
            .iter()
            .filter(|pod| pod.value()["metadata"]["ownerReferences"][0]["kind"] != "DaemonSet")
            .map(|p| asked(p))
            .collect();
        homeless.sort_unstable();
        homeless.reverse();
        let pending = homeless
            .into_iter()
            .filter(|cpu| match rest.iter_mut().find(|(_, free)| free >= cpu) {
                Some((_, free)) => {
                    *free -= cpu;
                    false
                }
                None => true,
            });
        hard += usize::from(pending.count() > 0);
    }
    assert!(hard >= 4, "only {hard} of 6 nodes would be missed: {room:?}");
}

#[test]
fn the_endpoints_are_the_pods_that_run() {
    let world = seeded(Environment::Production);
    let backend = world.store.get("endpoints", "default", "backend").unwrap().value();
    assert_eq!(backend["subsets"][0]["addresses"].as_array().unwrap().len(), 5);
    assert_eq!(backend["subsets"][0]["ports"][0]["port"], 4000);
    let mut ips = std::collections::BTreeSet::new();
    for pod in world.store.list("pods", None) {
        let pod = pod.value();
        if pod["spec"]["hostNetwork"] != true {
            assert!(
                ips.insert(pod["status"]["podIP"].as_str().unwrap().to_owned()),
                "an address is given twice"
            );
        }
    }
}

/// The paths at which two documents differ.
fn differences(a: &Value, b: &Value, path: &str, found: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let names: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for name in names {
                differences(&a[name.as_str()], &b[name.as_str()], &format!("{path}.{name}"), found);
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            for (i, (x, y)) in x.iter().zip(y).enumerate() {
                differences(x, y, &format!("{path}[{i}]"), found);
            }
        }
        _ if a != b => found.push(format!("{path}: {a} -> {b}")),
        _ => {}
    }
}

#[test]
fn a_seeded_world_is_at_rest() {
    let mut changes = Vec::new();
    for environment in ALL {
        // The cron jobs have just had their round.
        let start: Timestamp = "2026-11-23T07:01:00Z".parse().unwrap();
        let mut world = World::new(7, start, Life::Alive);
        solia(&mut world, environment);
        crate::sim::physics::begin(&mut world, environment);
        let seeded = world.store.rv();
        world.advance(start + jiff::SignedDuration::from_mins(10));
        for change in world.store.history.since(seeded).unwrap() {
            let key = &change.object().unwrap().key;
            let (before, after) = (change.before.as_ref().map(|s| s.value()), change.after.as_ref().map(|s| s.value()));
            let mut found = Vec::new();
            differences(&before.unwrap_or_default(), &after.unwrap_or_default(), "", &mut found);
            found.retain(|text| !text.starts_with(".metadata.resourceVersion") && !text.contains("lastHeartbeatTime"));
            // Autoscalers tell what they measure.
            found.retain(|text| &*key.shelf != "horizontalpodautoscalers" || text.contains("desiredReplicas"));
            if &*key.shelf != "leases" && !found.is_empty() {
                changes.push(format!("{environment:?} {key:?} {found:?}"));
            }
        }
    }
    assert!(changes.is_empty(), "{} changes:\n{}", changes.len(), changes.join("\n"));
}

#[test]
fn the_next_cleanup_runs_ends_and_takes_the_place_of_the_oldest() {
    let start: Timestamp = "2026-11-23T07:10:00Z".parse().unwrap();
    let mut world = World::new(7, start, Life::Alive);
    solia(&mut world, Environment::Staging);
    let due: Timestamp = "2026-11-23T07:15:00Z".parse().unwrap();
    world.advance(due + jiff::SignedDuration::from_mins(2));
    let newest = format!("session-cleanup-{}", due.as_second() / 60);
    let job = world.store.get("jobs", "default", &newest).expect("the job is made").value();
    let pods = world.store.owned_by(job["metadata"]["uid"].as_str().unwrap());
    let statuses: Vec<Value> = pods.iter().map(|p| p.value()["status"].clone()).collect();
    assert_eq!(job["status"]["succeeded"], 1, "{job} {statuses:?}");
    let jobs = world.store.list("jobs", Some("default"));
    let names: Vec<String> = jobs
        .map(|j| j.key.name.to_string())
        .filter(|n| n.starts_with("session-cleanup"))
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn what_people_and_pipelines_write_says_who_wrote_it() {
    let world = seeded(Environment::Production);
    for (shelf, namespace, name, field, manager) in [
        (
            "deployments",
            "default",
            "backend-deployment",
            "/f:spec/f:template",
            "github-actions",
        ),
        (
            "configmaps",
            "default",
            "backend-config",
            "/f:data/f:SESSION_TTL",
            "kubectl-client-side-apply",
        ),
        (
            "secrets",
            "default",
            "backend-secrets",
            "/f:data/f:STRIPE_KEY",
            "kubectl-client-side-apply",
        ),
        ("configmaps", "kube-system", "coredns", "/f:data/f:Corefile", "eks"),
    ] {
        let document = world.store.get(shelf, namespace, name).unwrap().value();
        let entries = document["metadata"]["managedFields"].as_array().unwrap();
        assert_eq!((entries.len(), entries[0]["manager"].as_str()), (1, Some(manager)), "{name}");
        assert!(entries[0]["fieldsV1"].pointer(field).is_some(), "{name}");
        assert!(entries[0]["fieldsV1"].get("f:status").is_none(), "{name}");
    }
    let pods = world.store.list("pods", None);
    assert!(pods.into_iter().all(|pod| pod.value()["metadata"].get("managedFields").is_none()));
}
