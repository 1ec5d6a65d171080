//! The simulator against the truth: what the authors of a real cluster's objects wrote is put into a simulated
//! one, the same client looks at both, and what its store ends up holding has to agree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use quarterdeck::model::{Body, FeedKey, Kind, Known, Object, Scope};
use quarterdeck::sim::clock::{Clock, Pace};
use quarterdeck::sim::face::{Scheme, Server};
use quarterdeck::sim::kube::{Doors, Identity, Kube, Version};
use quarterdeck::sim::shared::SharedWorld;
use quarterdeck::sim::world::{Life, Propagation, World};
use quarterdeck::store::{EnvStore, FeedState};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Access, Live, Sharing, begin};
use crate::twin::{PATIENCE, Twin};

const TOKEN: &str = "simulated";

const NAMESPACES: [&str; 2] = ["solia", "solia-lab"];

/// What authors write, and in this order can be put: path of the collection, shelf of the simulator.
const WRITTEN: [(&str, &str); 19] = [
    ("/api/v1", "nodes"),
    ("/apis/storage.k8s.io/v1", "storageclasses"),
    ("/api/v1", "configmaps"),
    ("/api/v1", "secrets"),
    ("/api/v1", "serviceaccounts"),
    ("/api/v1", "resourcequotas"),
    ("/api/v1", "persistentvolumes"),
    ("/api/v1", "persistentvolumeclaims"),
    ("/api/v1", "services"),
    ("/apis/networking.k8s.io/v1", "ingresses"),
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "statefulsets"),
    ("/apis/apps/v1", "daemonsets"),
    ("/apis/batch/v1", "jobs"),
    ("/apis/batch/v1beta1", "cronjobs"),
    ("/apis/autoscaling/v2beta2", "horizontalpodautoscalers"),
    ("/apis/policy/v1beta1", "poddisruptionbudgets"),
    ("/apis/networking.k8s.io/v1", "networkpolicies"),
    ("/api/v1", "pods"),
];

/// What cannot be had by writing objects, with the reason.
const BEYOND: [(&str, &str); 1] = [(
    "pods solia-lab/evicted",
    "its status was written by hand, or by a kubelet short of memory",
)];

/// For each thing, every way in which it was seen.
type Story = BTreeMap<String, BTreeSet<String>>;

/// The kinds whose state is compared.
const TOLD: [Known; 12] = [
    Known::Pod,
    Known::Deployment,
    Known::ReplicaSet,
    Known::StatefulSet,
    Known::DaemonSet,
    Known::Job,
    Known::CronJob,
    Known::Service,
    Known::EndpointSlice,
    Known::PersistentVolumeClaim,
    Known::PodDisruptionBudget,
    Known::Ingress,
];

#[test]
fn what_a_real_cluster_shows_the_simulator_shows_too() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut real = Twin::of(&live.kubeconfig);
    let keys = feeds(&mut real);
    let mut truth = story(&mut real, &keys, Duration::from_secs(8));
    let directory = tempfile::tempdir().unwrap();
    let simulated = Simulated::of(&live, &directory.path().join("kubeconfig"));
    let mut twin = Twin::of(&directory.path().join("kubeconfig"));
    // Half an hour of the world: time for every back-off to show both its faces.
    let keys_there = feeds(&mut twin);
    let told = story(&mut twin, &keys_there, Duration::from_secs(30));
    drop(simulated);
    // A cluster that was started a moment ago may still be on its way.
    let deadline = Instant::now() + PATIENCE;
    let mut wrong = differences(&truth, &told);
    while !wrong.is_empty() && Instant::now() < deadline {
        truth = story(&mut real, &keys, Duration::from_secs(5));
        wrong = differences(&truth, &told);
    }
    assert!(truth.len() > 40, "there is too little to compare: {truth:#?}");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), truth.len(), wrong.join("\n"));
}

/// What one tells and the other does not, in words.
fn differences(truth: &Story, told: &Story) -> Vec<String> {
    let mut wrong = Vec::new();
    for (thing, states) in truth {
        if BEYOND.iter().any(|(name, _)| name == thing) {
            continue;
        }
        match told.get(thing) {
            None => wrong.push(format!("{thing}: {states:?} in reality, not there in the simulator")),
            Some(simulated) if states.is_disjoint(simulated) => {
                wrong.push(format!("{thing}: {states:?} in reality, {simulated:?} simulated"))
            }
            Some(_) => {}
        }
    }
    let invented = told.keys().filter(|thing| !truth.contains_key(*thing));
    wrong.extend(invented.map(|thing| format!("{thing}: {:?} in the simulator, not there in reality", told[thing])));
    wrong
}

/// Asks for everything that is compared.
fn feeds(twin: &mut Twin) -> Vec<FeedKey> {
    let all = NAMESPACES.iter().flat_map(|namespace| TOLD.map(|kind| (kind, *namespace)));
    all.map(|(kind, namespace)| twin.feed(kind, Scope::Namespace(namespace.into())))
        .collect()
}

/// Looks for a while, and notes each state that a thing is seen in.
fn story(twin: &mut Twin, keys: &[FeedKey], time: Duration) -> Story {
    // A rollout that may still come to something is no state to compare.
    let settled = twin.comes(PATIENCE, |store| {
        let deployments = keys.iter().filter(|key| key.kind.is(Known::Deployment));
        let mut rows = deployments.filter_map(|key| store.feed(key)).flat_map(|feed| feed.rows());
        is_complete(store, keys) && rows.all(|object| state(object).is_some_and(|state| !state.contains("ReplicaSetUpdated")))
    });
    assert!(settled, "the rollouts do not come to an end");
    let seen = std::cell::RefCell::new(Story::new());
    twin.comes(time, |store| {
        note(store, keys, &mut seen.borrow_mut());
        false
    });
    seen.into_inner()
}

/// What is half listed would tell of services without endpoints.
fn is_complete(store: &EnvStore, keys: &[FeedKey]) -> bool {
    keys.iter()
        .all(|key| store.feed(key).is_some_and(|feed| matches!(feed.state, FeedState::Live)))
}

fn note(store: &EnvStore, keys: &[FeedKey], story: &mut Story) {
    // What is half listed would tell of services without endpoints.
    if !keys
        .iter()
        .all(|key| store.feed(key).is_some_and(|feed| matches!(feed.state, FeedState::Live)))
    {
        return;
    }
    for key in keys {
        let Some(feed) = store.feed(key) else { continue };
        for object in feed.rows() {
            let Some(state) = state(object) else { continue };
            let name = format!("{} {}/{}", key.kind.resource(), object.meta.namespace, name(&key.kind, object));
            story.entry(name).or_default().insert(state);
        }
    }
}

/// The name without what is made up for each object anew.
fn name(kind: &Kind, object: &Object) -> String {
    let made = |owner: &str, parts: usize| -> String {
        let words: Vec<&str> = object.meta.name.split('-').collect();
        let kept = words.len().saturating_sub(parts);
        format!("{} of {owner}", words[..kept].join("-"))
    };
    match (kind.known(), object.meta.owner.as_ref().map(|owner| &*owner.kind)) {
        (Some(Known::Pod), Some("ReplicaSet")) => made("a replica set", 2),
        (Some(Known::Pod), Some("Job")) if object.meta.name.split('-').count() > 2 && has_number(&object.meta.name) => {
            made("a cron job", 2)
        }
        (Some(Known::Pod), Some("DaemonSet" | "Job")) => made("its owner", 1),
        (Some(Known::ReplicaSet | Known::Job | Known::EndpointSlice), Some(_)) => made("its owner", 1),
        _ => object.meta.name.to_string(),
    }
}

fn has_number(name: &str) -> bool {
    name.split('-')
        .any(|word| word.len() > 6 && word.bytes().all(|b| b.is_ascii_digit()))
}

/// What an engineer reads of it; `None`: nothing that could differ.
fn state(object: &Object) -> Option<String> {
    Some(match &object.body {
        Body::Pod(pod) => pod.status.to_string(),
        Body::Workload(workload) => {
            let conditions = workload
                .conditions
                .iter()
                .map(|c| format!("{} {:?} {}", c.name, c.status, c.reason));
            let mut conditions: Vec<String> = conditions.collect();
            conditions.sort();
            let (desired, updated, ready, available) = (workload.desired, workload.updated, workload.ready, workload.available);
            format!(
                "{desired} desired, {updated} updated, {ready} ready, {available} available, {}",
                conditions.join(", ")
            )
        }
        Body::EndpointSlice(slice) => {
            let ready = slice.endpoints.iter().filter(|e| e.ready).count();
            format!("{ready} of {} ready on {:?}", slice.endpoints.len(), slice.ports)
        }
        Body::DisruptionBudget(budget) => {
            let (allowed, healthy, desired) = (budget.allowed, budget.healthy, budget.desired);
            format!("{allowed} may go, {healthy} healthy, {desired} needed")
        }
        Body::Job(job) => format!("{} succeeded, {} failed, {} active", job.succeeded, job.failed, job.active),
        Body::Claim(claim) => format!("{:?}", claim.phase),
        _ => "there".to_owned(),
    })
}

/// A simulated cluster that holds what the authors of a real one wrote.
struct Simulated {
    runtime: tokio::runtime::Runtime,
    stop: CancellationToken,
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Simulated {
    fn of(live: &Live, kubeconfig: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let now = Timestamp::now() - SignedDuration::from_hours(2);
        let mut world = World::new(1, now, Life::Alive);
        fill(&mut world, live);
        let clock = Arc::new(Clock::new(now, Pace::Times(60.0)));
        let shared = Arc::new(SharedWorld::new(world, clock));
        let stop = CancellationToken::new();
        let doors = Doors::default().with(TOKEN, Identity::admin());
        let kube = Kube::new(Arc::clone(&shared), Version::V1_20, doors);
        let server = runtime.block_on(Server::start(kube, 0, Scheme::Http)).unwrap();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "simulated",
            "clusters": [{"name": "simulated", "cluster": {"server": server.url()}}],
            "users": [{"name": "simulated", "user": {"token": TOKEN}}],
            "contexts": [{"name": "simulated", "context": {"cluster": "simulated", "user": "simulated"}}],
        });
        std::fs::write(kubeconfig, config.to_string()).unwrap();
        let token = stop.clone();
        runtime.spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            loop {
                tokio::select! {
                    () = token.cancelled() => break,
                    _ = tick.tick() => shared.tick(),
                }
            }
            drop(server);
        });
        Self { runtime, stop }
    }
}

/// Puts what was written into the world, in its order; what somebody else made, or a server added, stays out.
fn fill(world: &mut World, live: &Live) {
    let client = live.client();
    for namespace in NAMESPACES.iter().chain(&["default", "kube-system"]) {
        world.put(
            "namespaces",
            json!({"metadata": {"name": namespace}, "status": {"phase": "Active"}}),
        );
    }
    let before = templates(live, &client);
    for (root, shelf) in WRITTEN {
        for mut object in list(live, &client, root, shelf) {
            let meta = &object["metadata"];
            let namespace = meta["namespace"].as_str().unwrap_or_default();
            if meta["ownerReferences"].is_array() || !(namespace.is_empty() || NAMESPACES.contains(&namespace)) {
                continue;
            }
            let leaving = meta["deletionTimestamp"].is_string();
            strip(&mut object, shelf);
            if let Some(before) = before.get(meta_name(&object).as_str()).filter(|_| shelf == "deployments") {
                // First as it was before the last release, so that there is something to roll from.
                let mut old = object.clone();
                old["spec"]["template"] = before.clone();
                world.put(shelf, old);
                let later = world.now() + SignedDuration::from_mins(2);
                world.advance(later);
            }
            let stored = world.put(shelf, object);
            if leaving {
                let later = world.now() + SignedDuration::from_secs(30);
                world.advance(later);
                world.delete(&stored.key, None, Propagation::Background);
            }
        }
    }
}

fn meta_name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap().to_owned()
}

/// The pod templates before the last release, by deployment.
fn templates(live: &Live, client: &Client) -> BTreeMap<String, Value> {
    let mut sets: BTreeMap<String, BTreeMap<u64, Value>> = BTreeMap::new();
    for set in list(live, client, "/apis/apps/v1", "replicasets") {
        let Some(owner) = set["metadata"]["ownerReferences"][0]["name"].as_str() else {
            continue;
        };
        let revision = set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str();
        let revision = revision.and_then(|r| r.parse().ok()).unwrap_or(0);
        let mut template = set["spec"]["template"].clone();
        template["metadata"]["labels"].as_object_mut().unwrap().remove("pod-template-hash");
        sets.entry(owner.to_owned()).or_default().insert(revision, template);
    }
    let last_but_one = |sets: BTreeMap<u64, Value>| sets.into_values().rev().nth(1);
    sets.into_iter()
        .filter_map(|(name, sets)| Some((name, last_but_one(sets)?)))
        .collect()
}

fn list(live: &Live, client: &Client, root: &str, shelf: &str) -> Vec<Value> {
    let request = http::Request::get(format!("{root}/{shelf}")).body(Vec::new()).unwrap();
    let mut list: Value = live.block_on(client.request(request)).unwrap();
    list["items"].as_array_mut().map(std::mem::take).unwrap_or_default()
}

/// Leaves what the author wrote.
fn strip(object: &mut Value, shelf: &str) {
    for field in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "managedFields",
    ] {
        object["metadata"].as_object_mut().unwrap().remove(field);
    }
    match shelf {
        "persistentvolumes" => {
            let claim = object["spec"]["claimRef"].as_object_mut();
            claim
                .into_iter()
                .for_each(|claim| claim.retain(|field, _| field != "uid" && field != "resourceVersion"));
        }
        // A node is what its kubelet reports, and nobody simulates a real machine.
        "nodes" => {}
        "deployments" => {
            if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
                annotations.remove("deployment.kubernetes.io/revision");
            }
            object.as_object_mut().unwrap().remove("status");
        }
        "pods" => {
            object["spec"].as_object_mut().unwrap().remove("nodeName");
            object["status"] = json!({"phase": "Pending"});
        }
        _ => {
            object.as_object_mut().unwrap().remove("status");
        }
    }
}
