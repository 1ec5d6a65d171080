//! What clients see of pods on their way, on worlds of one or two nodes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Health, end, evict, oom_kill, set_health};
use crate::sim::store::Key;
use crate::sim::world::{Life, Propagation, World};

/// 2026-11-23T02:00:00Z.
const START: i64 = 1_795_399_200;

pub fn world(seed: u64) -> World {
    let mut world = World::new(seed, Timestamp::from_second(START).unwrap(), Life::Alive);
    world.put("namespaces", json!({"metadata": {"name": "default"}}));
    for (name, version) in [("node-1", "v1.20.2"), ("node-2", "v1.20.2")] {
        let ip = format!("10.0.{}.10", &name[5..]);
        world.put(
            "nodes",
            json!({"metadata": {"name": name, "creationTimestamp": "2026-11-01T00:00:00Z",
                "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": format!("zone-{}", &name[5..])}},
                "spec": {},
                "status": {"addresses": [{"type": "InternalIP", "address": ip}], "nodeInfo": {"kubeletVersion": version},
                    "allocatable": {"cpu": "2", "memory": "4Gi", "pods": "20"}, "capacity": {"cpu": "2", "memory": "4Gi", "pods": "20"},
                    "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status",
                        "lastTransitionTime": "2026-11-01T00:00:00Z", "lastHeartbeatTime": "2026-11-23T01:58:00Z"}]}}),
        );
    }
    pass(&mut world, 1);
    world
}

pub fn pass(world: &mut World, seconds: i64) {
    let to = world.now() + SignedDuration::from_secs(seconds);
    world.advance(to);
}

pub fn pod(world: &mut World, name: &str, spec: Value) -> Key {
    world.put(
        "pods",
        json!({"metadata": {"namespace": "default", "name": name, "labels": {"app": name}}, "spec": spec}),
    );
    Key::new("pods", "default", name)
}

pub fn get(world: &World, key: &Key) -> Value {
    world.store.find(key).map(|stored| stored.value()).unwrap_or_default()
}

fn app(extra: &Value) -> Value {
    let mut container = json!({"name": "app", "image": "ghcr.io/solia-invest/backend:v1.8.2", "ports": [{"containerPort": 4000}]});
    for (field, value) in extra.as_object().unwrap() {
        container[field] = value.clone();
    }
    json!({"containers": [container], "terminationGracePeriodSeconds": 30})
}

/// Runs the world second by second until something holds of the pod's status.
fn until(world: &mut World, key: &Key, what: &str, most: i64, holds: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..most {
        let pod = get(world, key);
        if holds(&pod["status"]) {
            return pod["status"].clone();
        }
        pass(world, 1);
    }
    panic!("{what} did not come within {most} s: {}", get(world, key)["status"]);
}

fn ready(status: &Value) -> bool {
    let conditions = status["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
}

fn waiting(status: &Value) -> &str {
    status["containerStatuses"][0]["state"]["waiting"]["reason"]
        .as_str()
        .unwrap_or_default()
}

fn events(world: &World, reason: &str) -> Vec<String> {
    let all = world.store.list("events", None).map(|e| e.value());
    let of = all.filter(|e| e["reason"] == *reason);
    of.map(|e| e["message"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_pod_becomes_ready_step_by_step_and_tells_of_it() {
    let mut world = world(1);
    let key = pod(
        &mut world,
        "web",
        app(&json!({"readinessProbe": {"httpGet": {"path": "/health", "port": 4000}}})),
    );
    let from = world.store.rv();
    let status = until(&mut world, &key, "readiness", 30, ready);
    let mut steps = Vec::new();
    for change in world.store.history.since(from).unwrap() {
        let Some(pod) = change.after.as_ref().filter(|o| o.key == key) else {
            continue;
        };
        let status = pod.value()["status"].clone();
        let container = &status["containerStatuses"][0];
        let state = container["state"]
            .as_object()
            .and_then(|s| s.keys().next().cloned())
            .unwrap_or_default();
        steps.push(format!("{} {state} {}", status["phase"].as_str().unwrap(), container["ready"]));
    }
    assert_eq!(
        steps,
        [
            "Pending  null",
            "Pending waiting false",
            "Running running false",
            "Running running true"
        ]
    );
    assert_eq!(events(&world, "Pulling"), ["Pulling image \"ghcr.io/solia-invest/backend:v1.8.2\""]);
    assert_eq!(events(&world, "Created"), ["Created container app"]);
    assert_eq!(events(&world, "Started"), ["Started container app"]);
    assert_eq!(status["podIP"].as_str().unwrap().rsplit_once('.').unwrap().0, "10.0.1");
    assert_eq!(
        (&status["qosClass"], &status["hostIP"]),
        (&json!("BestEffort"), &json!("10.0.1.10"))
    );
    let uid = Arc::clone(&world.store.find(&key).unwrap().uid);
    assert_eq!(world.runs.of(&uid, "app").count(), 1);
    let rv = world.store.find(&key).unwrap().rv;
    pass(&mut world, 3600);
    assert_eq!(world.store.find(&key).unwrap().rv, rv, "a pod that runs well is left alone");
}

#[test]
fn what_crashes_is_restarted_with_growing_pauses() {
    let mut world = world(2);
    let key = pod(
        &mut world,
        "crash",
        app(&json!({"command": ["sh", "-c", "echo panic; sleep 1; exit 3"]})),
    );
    let status = until(&mut world, &key, "a back-off", 30, |s| waiting(s) == "CrashLoopBackOff");
    let uid = Arc::clone(&world.store.find(&key).unwrap().uid);
    let container = &status["containerStatuses"][0];
    let message = format!("back-off 10s restarting failed container=app pod=crash_default({uid})");
    assert_eq!(container["state"]["waiting"]["message"], message);
    assert_eq!(
        (&container["restartCount"], &container["lastState"]["terminated"]["exitCode"]),
        (&json!(1), &json!(3))
    );
    pass(&mut world, 600);
    let starts: Vec<Timestamp> = world.runs.of(&uid, "app").map(|run| run.started).collect();
    let pauses: Vec<i64> = starts.windows(2).map(|w| w[1].duration_since(w[0]).as_secs()).collect();
    // A run lasts a second, and the kubelet needs a moment each time.
    for (pause, wanted) in pauses.iter().zip([2, 11, 21, 41, 81, 161]) {
        assert!((wanted - 1..=wanted + 2).contains(pause), "{pauses:?}");
    }
    assert_eq!(get(&world, &key)["status"]["phase"], "Running");
    let run = world.runs.of(&uid, "app").next().unwrap();
    assert_eq!(run.said[0].1, "panic");
    assert_eq!(run.ended.as_ref().unwrap().code, 3);
    assert_eq!(events(&world, "BackOff"), ["Back-off restarting failed container"]);
}

#[test]
fn a_registry_that_refuses_is_tried_again_later() {
    let mut world = world(3);
    let spec = json!({"containers": [{"name": "app", "image": "127.0.0.1:5999/nope/app:1.0"}]});
    let key = pod(&mut world, "pull", spec);
    let status = until(&mut world, &key, "the first failure", 30, |s| waiting(s) == "ErrImagePull");
    let message = status["containerStatuses"][0]["state"]["waiting"]["message"].as_str().unwrap();
    assert!(message.ends_with(
        "failed to do request: Head \"http://127.0.0.1:5999/v2/nope/app/manifests/1.0\": dial tcp 127.0.0.1:5999: connect: connection refused"
    ));
    let status = until(&mut world, &key, "the wait", 30, |s| waiting(s) == "ImagePullBackOff");
    let message = &status["containerStatuses"][0]["state"]["waiting"]["message"];
    assert_eq!(message, "Back-off pulling image \"127.0.0.1:5999/nope/app:1.0\"");
    until(&mut world, &key, "the second failure", 40, |s| waiting(s) == "ErrImagePull");
    assert_eq!(get(&world, &key)["status"]["phase"], "Pending");
    let spec = json!({"containers": [{"name": "app", "image": "solia.local/none:1", "imagePullPolicy": "Never"}]});
    let never = pod(&mut world, "never", spec);
    let status = until(&mut world, &never, "the refusal", 30, |s| waiting(s) == "ErrImageNeverPull");
    let message = &status["containerStatuses"][0]["state"]["waiting"]["message"];
    assert_eq!(
        message,
        "Container image \"solia.local/none:1\" is not present with pull policy of Never"
    );
}

#[test]
fn what_is_missing_is_named_and_found_later() {
    let mut world = world(4);
    let env = json!({"env": [{"name": "STRIPE_KEY", "valueFrom": {"secretKeyRef": {"name": "backend", "key": "STRIPE_KEY"}}}]});
    let key = pod(&mut world, "env", app(&env));
    let status = until(&mut world, &key, "the error", 30, |s| waiting(s) == "CreateContainerConfigError");
    assert_eq!(
        status["containerStatuses"][0]["state"]["waiting"]["message"],
        "secret \"backend\" not found"
    );
    let secret = |data: Value| json!({"metadata": {"namespace": "default", "name": "backend"}, "data": data});
    world.put("secrets", secret(json!({})));
    let wanted = "couldn't find key STRIPE_KEY in Secret default/backend";
    let has = |s: &Value| s["containerStatuses"][0]["state"]["waiting"]["message"] == wanted;
    until(&mut world, &key, "the missing key", 30, has);
    world.put("secrets", secret(json!({"STRIPE_KEY": "c2s="})));
    until(&mut world, &key, "readiness", 30, ready);
    let mut spec = app(&json!({}));
    spec["volumes"] = json!([{"name": "v", "secret": {"secretName": "does-not-exist"}}]);
    let key = pod(&mut world, "volume", spec);
    pass(&mut world, 20);
    assert_eq!(waiting(&get(&world, &key)["status"]), "ContainerCreating");
    let told = "MountVolume.SetUp failed for volume \"v\" : secret \"does-not-exist\" not found";
    assert_eq!(events(&world, "FailedMount"), [told]);
}

#[test]
fn memory_that_runs_out_kills_and_the_pod_comes_back() {
    let mut world = world(5);
    let key = pod(&mut world, "leak", app(&json!({})));
    until(&mut world, &key, "readiness", 30, ready);
    oom_kill(&mut world, &key, "app");
    let status = get(&world, &key)["status"].clone();
    let end = &status["containerStatuses"][0]["state"]["terminated"];
    assert_eq!((&end["reason"], &end["exitCode"]), (&json!("OOMKilled"), &json!(137)));
    assert!(!ready(&status));
    let status = until(&mut world, &key, "readiness", 10, ready);
    let container = &status["containerStatuses"][0];
    assert_eq!(container["restartCount"], 1);
    assert_eq!(container["lastState"]["terminated"]["reason"], "OOMKilled");
}

#[test]
fn readiness_is_lost_and_regained_and_a_sick_one_is_restarted() {
    let mut world = world(6);
    let probe = json!({"httpGet": {"path": "/health", "port": 4000}, "periodSeconds": 5, "failureThreshold": 3});
    let key = pod(&mut world, "web", app(&json!({"readinessProbe": probe, "livenessProbe": probe})));
    until(&mut world, &key, "readiness", 30, ready);
    let uid = Arc::clone(&world.store.find(&key).unwrap().uid);
    set_health(&mut world, &key, &uid, "app", Health::unready(Answer::Status(503)));
    pass(&mut world, 9);
    assert!(ready(&get(&world, &key)["status"]), "two failures are not three");
    until(&mut world, &key, "the loss", 10, |s| !ready(s));
    assert_eq!(
        events(&world, "Unhealthy"),
        ["Readiness probe failed: HTTP probe failed with statuscode: 503"]
    );
    set_health(&mut world, &key, &uid, "app", Health::well());
    let status = until(&mut world, &key, "readiness", 7, ready);
    assert_eq!(status["containerStatuses"][0]["restartCount"], 0);
    set_health(&mut world, &key, &uid, "app", Health::ill(Answer::Hangs));
    let status = until(&mut world, &key, "the restart", 30, |s| {
        s["containerStatuses"][0]["restartCount"] == 1
    });
    assert_eq!(
        events(&world, "Killing"),
        ["Container app failed liveness probe, will be restarted"]
    );
    assert_eq!(status["containerStatuses"][0]["lastState"]["terminated"]["reason"], "Completed");
    until(&mut world, &key, "readiness", 10, ready);
}

#[test]
fn probes_that_cannot_succeed_fail_by_their_own_words() {
    let mut world = world(7);
    let missing = json!({"readinessProbe": {"httpGet": {"path": "/missing", "port": 4000}, "periodSeconds": 1}});
    let missing = pod(&mut world, "missing", app(&missing));
    let alive = json!({"livenessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 2, "failureThreshold": 2}});
    let alive = pod(&mut world, "alive", app(&alive));
    pass(&mut world, 40);
    assert!(!ready(&get(&world, &missing)["status"]));
    assert!(
        get(&world, &alive)["status"]["containerStatuses"][0]["restartCount"]
            .as_u64()
            .unwrap()
            >= 2
    );
    let mut told = events(&world, "Unhealthy");
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "Liveness probe failed: ",
            "Readiness probe failed: HTTP probe failed with statuscode: 404"
        ]
    );
}

#[test]
fn init_containers_go_first_and_their_failure_is_the_pods() {
    let mut world = world(8);
    let mut spec = app(&json!({}));
    spec["initContainers"] = json!([{"name": "migrate", "image": "solia.local/busybox:1", "command": ["sh", "-c", "echo no; exit 1"]}]);
    let key = pod(&mut world, "init", spec.clone());
    let crashes = |s: &Value| s["initContainerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff";
    let status = until(&mut world, &key, "the crash", 40, crashes);
    assert_eq!(waiting(&status), "PodInitializing");
    assert_eq!(status["conditions"][0]["message"], "containers with incomplete status: [migrate]");
    spec["initContainers"][0]["command"] = json!(["true"]);
    let key = pod(&mut world, "fine", spec.clone());
    let status = until(&mut world, &key, "readiness", 40, ready);
    assert_eq!(status["initContainerStatuses"][0]["state"]["terminated"]["reason"], "Completed");
    spec["initContainers"][0]["command"] = json!(["false"]);
    spec["restartPolicy"] = json!("Never");
    let key = pod(&mut world, "once", spec);
    until(&mut world, &key, "failure", 40, |s| s["phase"] == "Failed");
}

#[test]
fn work_that_ends_succeeds_or_fails() {
    let mut world = world(9);
    let once = |command: &Value| {
        let mut spec = app(&json!({"command": command}));
        spec["restartPolicy"] = json!("Never");
        spec
    };
    let well = pod(&mut world, "well", once(&json!(["sh", "-c", "echo done; sleep 3"])));
    let badly = pod(&mut world, "badly", once(&json!(["sh", "-c", "exit 42"])));
    let never = pod(&mut world, "never", once(&json!(["/no/such/binary"])));
    pass(&mut world, 20);
    let status = get(&world, &well)["status"].clone();
    assert_eq!(status["phase"], "Succeeded");
    assert_eq!(status["conditions"][1]["reason"], "PodCompleted");
    let status = get(&world, &badly)["status"].clone();
    assert_eq!(
        (&status["phase"], &status["containerStatuses"][0]["state"]["terminated"]["exitCode"]),
        (&json!("Failed"), &json!(42))
    );
    let status = get(&world, &never)["status"].clone();
    let end = &status["containerStatuses"][0]["state"]["terminated"];
    assert_eq!((&end["exitCode"], &end["reason"]), (&json!(128), &json!("StartError")));
}

#[test]
fn a_deleted_pod_stops_in_its_own_time() {
    let mut world = world(10);
    let web = pod(&mut world, "web", app(&json!({})));
    let deaf = pod(&mut world, "deaf", app(&json!({"command": ["sleep", "100000"]})));
    let held = pod(&mut world, "held", app(&json!({})));
    for key in [&web, &deaf, &held] {
        until(&mut world, key, "readiness", 30, ready);
    }
    world.update(&held, |pod| pod["metadata"]["finalizers"] = json!(["solia.test/hold"]));
    for key in [&web, &deaf, &held] {
        world.delete(key, None, Propagation::Background);
    }
    world.advance(world.now());
    assert!(world.store.find(&web).is_some());
    pass(&mut world, 4);
    assert!(world.store.find(&web).is_none(), "what heeds SIGTERM is gone");
    assert!(world.store.find(&deaf).is_some(), "what does not stays for its grace");
    let pod = get(&world, &held);
    assert!(pod["status"]["containerStatuses"][0]["state"]["terminated"].is_object());
    assert_eq!(pod["metadata"]["deletionGracePeriodSeconds"], 0);
    pass(&mut world, 27);
    assert!(world.store.find(&deaf).is_none());
    world.update(&held, |pod| pod["metadata"]["finalizers"] = json!([]));
    pass(&mut world, 1);
    assert!(world.store.find(&held).is_none(), "nothing holds it any more");
    assert_eq!(events(&world, "Killing").len(), 3);
}

#[test]
fn seeded_pods_are_adopted_without_a_write() {
    let mut first = world(11);
    let key = pod(
        &mut first,
        "web",
        app(&json!({"readinessProbe": {"httpGet": {"path": "/health", "port": 4000}}})),
    );
    until(&mut first, &key, "readiness", 30, ready);
    let mut other = world(12);
    let mut document = get(&first, &key);
    document["metadata"]["uid"] = json!("0d96be04-e13a-46f3-bdbe-859b2d92a6e7");
    let rv = other.put("pods", document.clone()).rv;
    // One that has restarted is read, and left as it is.
    document["metadata"]["name"] = json!("restarted");
    document["metadata"]["uid"] = json!("13ac6c58-c0aa-4afd-90b3-d6c0b2b9e9cd");
    document["status"]["containerStatuses"][0]["restartCount"] = json!(2);
    let restarted = other.put("pods", document);
    pass(&mut other, 1800);
    assert_eq!(other.store.find(&key).unwrap().rv, rv);
    assert_eq!(other.store.find(&restarted.key).unwrap().rv, restarted.rv);
    end(&mut other, &key, "app", 1, "Error", &["fatal: out of connections".to_owned()]);
    let status = until(&mut other, &key, "readiness", 15, ready);
    assert_eq!(status["containerStatuses"][0]["restartCount"], 1);
}

#[test]
fn an_evicted_pod_says_why() {
    let mut world = world(13);
    let key = pod(&mut world, "web", app(&json!({})));
    until(&mut world, &key, "readiness", 30, ready);
    evict(&mut world, &key, "The node was low on resource: memory. ");
    pass(&mut world, 60);
    let status = get(&world, &key)["status"].clone();
    assert_eq!((&status["phase"], &status["reason"]), (&json!("Failed"), &json!("Evicted")));
    assert!(status.get("containerStatuses").is_none());
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let play = |seed| {
        let mut world = world(seed);
        pod(&mut world, "web", app(&json!({})));
        pod(&mut world, "crash", app(&json!({"command": ["false"]})));
        pass(&mut world, 300);
        let all = ["pods", "events", "nodes", "leases"].map(|shelf| {
            let documents = world.store.list(shelf, None).map(|o| o.json.clone());
            documents.collect::<Vec<_>>()
        });
        all.concat()
    };
    assert_eq!(play(21), play(21));
    assert_ne!(play(21), play(22));
}

#[test]
fn a_container_that_is_added_to_debug_is_started_once_or_says_why_not() {
    let mut world = world(1);
    let key = pod(&mut world, "web", app(&json!({})));
    until(&mut world, &key, "readiness", 30, ready);
    world.update(&key, |pod| {
        pod["spec"]["ephemeralContainers"] =
            json!([{"name": "good", "image": "busybox:1.35"}, {"name": "bad", "image": "no.invalid/tools:1"}]);
    });
    let both = |s: &Value| s["ephemeralContainerStatuses"].as_array().is_some_and(|list| list.len() == 2);
    let status = until(&mut world, &key, "both are told of", 30, both);
    let states = &status["ephemeralContainerStatuses"];
    assert!(states[0]["state"]["running"].is_object(), "{states}");
    assert_eq!(states[1]["state"]["waiting"]["reason"], "ErrImagePull");
    pass(&mut world, 60);
    let later = get(&world, &key)["status"].clone();
    assert_eq!(later["ephemeralContainerStatuses"], *states);
    assert!(ready(&later), "the pod itself goes on");
}
