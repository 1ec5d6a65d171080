//! Statuses of pods: written from what a kubelet remembers, and read back by one that remembers nothing.

use crate::sim::defaults::qos_class;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::command::{self, End};
use super::record::{Container, Doing, LONGEST_WAIT, Patience, Record, Role, Stage};
use super::scene::{Manners, Scene};
use crate::sim::store::seconds;
use crate::sim::world::World;

/// A time as documents tell it.
pub fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// The containers of a pod, init containers first.
fn specs(pod: &Value) -> impl Iterator<Item = (&Value, Role)> {
    let inits = pod["spec"]["initContainers"].as_array().into_iter().flatten();
    let inits = inits.map(|c| {
        let role = if c["restartPolicy"] == "Always" {
            Role::Sidecar
        } else {
            Role::Init
        };
        (c, role)
    });
    let mains = pod["spec"]["containers"].as_array().into_iter().flatten();
    inits.chain(mains.map(|c| (c, Role::Main)))
}

/// What a kubelet would remember of this pod, had it been there all the time.
pub fn adopt(world: &World, scene: &Scene) -> Record {
    let pod = &scene.pod;
    let status = &pod["status"];
    let now = world.now();
    let has_inits = pod["spec"]["initContainers"].as_array().is_some_and(|list| !list.is_empty());
    let waits_for = if has_inits { "PodInitializing" } else { "ContainerCreating" };
    let mut containers = Vec::new();
    for (spec, role) in specs(pod) {
        let mut container = Container::new(spec, role, waits_for);
        let list = if role == Role::Main {
            &status["containerStatuses"]
        } else {
            &status["initContainerStatuses"]
        };
        let known = list.as_array().into_iter().flatten().find(|s| s["name"] == *container.name);
        if let Some(known) = known {
            adopt_container(world, scene, &mut container, known, now);
        }
        containers.push(container);
    }
    let began = containers.iter().any(|c| c.doing != Doing::Idle);
    let stage = match status["phase"].as_str() {
        Some("Succeeded" | "Failed") => Stage::Over,
        _ if began || status["podIP"].is_string() => Stage::Up,
        _ if status["startTime"].is_string() => Stage::Preparing {
            since: now,
            next: now,
            tries: 0,
        },
        _ => Stage::New,
    };
    Record {
        containers,
        stage,
        ip: status["podIP"].as_str().map(str::to_owned),
        stopping: None,
        changed: false,
    }
}

fn adopt_container(world: &World, scene: &Scene, container: &mut Container, known: &Value, now: Timestamp) {
    let text = |field: &str| known[field].as_str().unwrap_or_default().to_owned();
    container.state = known["state"].clone();
    container.last = known["lastState"].as_object().map_or_else(|| json!({}), |last| json!(last));
    (container.id, container.image_id) = (text("containerID"), text("imageID"));
    container.restarts = known["restartCount"].as_u64().unwrap_or(0);
    container.ready = known["ready"] == true;
    container.started = known["started"] == true || (container.role == Role::Init && container.ready);
    let grown = 10_i64
        .saturating_mul(1 << container.restarts.saturating_sub(1).min(6))
        .min(LONGEST_WAIT);
    let patience = |since: Timestamp| (container.restarts > 0).then_some(Patience { seconds: grown, since });
    let last_end = &known["lastState"]["terminated"];
    let soon = now + SignedDuration::from_millis(500);
    if let Some(since) = time(&known["state"]["running"]["startedAt"]) {
        container.patience = patience(since);
        container.course = command::course(world, &scene.pod, &container.spec);
        let ends = match &container.course.end {
            End::Exits { after, .. } => Some((since + *after).max(now)),
            End::Never | End::CannotStart(_) => None,
        };
        container.probes.startup.passed = container.started;
        container.probes.readiness.passed = container.ready;
        container.probes.liveness.passed = true;
        container.doing = Doing::Running { since, ends };
    } else if known["state"]["terminated"].is_object() {
        let end = &known["state"]["terminated"];
        container.patience = time(&end["startedAt"]).and_then(patience);
        container.ended = Some(end.clone());
        container.doing = Doing::Ended { notice: soon };
    } else {
        let waiting = &known["state"]["waiting"];
        match waiting["reason"].as_str().unwrap_or_default() {
            "CrashLoopBackOff" => {
                let ended = time(&last_end["finishedAt"]).unwrap_or(now);
                container.patience = Some(Patience {
                    seconds: grown,
                    since: ended,
                });
                container.ended = Some(last_end.clone());
                let until = (ended + SignedDuration::from_secs(grown)).max(soon);
                container.doing = Doing::BackOff { until, told: until };
            }
            "RunContainerError" => {
                container.ended = Some(last_end.clone());
                container.doing = Doing::Ended { notice: soon };
            }
            "ImagePullBackOff" | "ErrImagePull" => {
                container.pulls = 4;
                let until = now + SignedDuration::from_secs(20 + i64::from(scene.pod.to_string().len() as u32 % 60));
                container.doing = Doing::PullFailed { shown: until, until };
            }
            "ErrImageNeverPull" | "CreateContainerConfigError" | "CreateContainerError" => {
                container.doing = Doing::Blocked {
                    until: now + SignedDuration::from_secs(5),
                };
            }
            _ => {}
        }
    }
}

/// What has become of the containers, as a phase.
fn phase(record: &Record, policy: &str) -> &'static str {
    let failed_init = |c: &Container| c.role == Role::Init && c.doing == Doing::Done && c.code() != Some(0);
    if record.containers.iter().any(failed_init) {
        return "Failed";
    }
    if !record
        .containers
        .iter()
        .filter(|c| c.role == Role::Init)
        .all(Container::initialized)
    {
        return "Pending";
    }
    let mains = || record.containers.iter().filter(|c| c.role == Role::Main);
    // One that has never run keeps the pod pending; one that waits between runs does not.
    if mains().any(|c| c.state["waiting"].is_object() && !c.last["terminated"].is_object()) {
        return "Pending";
    }
    if mains().any(|c| c.state["running"].is_object()) || policy == "Always" {
        return "Running";
    }
    let code = |c: &Container| c.state["terminated"]["exitCode"].as_i64();
    if mains().all(|c| code(c) == Some(0)) {
        "Succeeded"
    } else if policy == "Never" && mains().all(|c| code(c).is_some()) {
        "Failed"
    } else {
        "Running"
    }
}

/// Sets a condition; the time changes only with its status.
pub fn set_condition(list: &mut Vec<Value>, kind: &str, status: &str, why: Option<(&str, Option<String>)>, now: Timestamp) {
    let before = list.iter_mut().find(|c| c["type"] == *kind);
    let since = match &before {
        Some(before) if before["status"] == *status => before["lastTransitionTime"].clone(),
        _ => json!(seconds(now)),
    };
    let probed = before.as_ref().map_or(Value::Null, |b| b["lastProbeTime"].clone());
    let mut condition = json!({"type": kind, "status": status, "lastProbeTime": probed, "lastTransitionTime": since});
    if let Some((reason, message)) = why {
        condition["reason"] = json!(reason);
        if let Some(message) = message {
            condition["message"] = json!(message);
        }
    }
    match before {
        Some(before) => *before = condition,
        None => list.push(condition),
    }
}

fn names<'a>(containers: impl Iterator<Item = &'a Container>) -> String {
    let names: Vec<&str> = containers.map(|c| c.name.as_str()).collect();
    format!("[{}]", names.join(" "))
}

fn conditions(record: &Record, phase: &str, before: &Value, manners: Manners, now: Timestamp) -> Vec<Value> {
    let mut list = Vec::new();
    let old = before.as_array().cloned().unwrap_or_default();
    // The kubelet has an order of its own; conditions of others stay behind its own.
    let mut order = vec!["Initialized", "Ready", "ContainersReady", "PodScheduled"];
    if manners == Manners::Today {
        order.insert(0, "PodReadyToStartContainers");
    }
    for kind in &order {
        list.extend(old.iter().find(|c| c["type"] == **kind).cloned());
    }
    list.extend(old.iter().filter(|c| !order.iter().any(|kind| c["type"] == **kind)).cloned());
    let done = phase == "Succeeded";
    if manners == Manners::Today {
        let up = record.ip.is_some() && record.containers.iter().any(Container::runs);
        let up = up || (record.stage == Stage::Up && !matches!(phase, "Succeeded" | "Failed") && record.stopping.is_none());
        set_condition(&mut list, "PodReadyToStartContainers", if up { "True" } else { "False" }, None, now);
    }
    let completed = || ("PodCompleted", None::<String>);
    if record.initialized() {
        set_condition(&mut list, "Initialized", "True", done.then(completed), now);
    } else {
        let open = names(record.containers.iter().filter(|c| !c.initialized()));
        let message = format!("containers with incomplete status: {open}");
        let why = ("ContainersNotInitialized", Some(message));
        set_condition(&mut list, "Initialized", "False", Some(why), now);
    }
    let serving = || record.containers.iter().filter(|c| c.role != Role::Init);
    for kind in ["Ready", "ContainersReady"] {
        if done {
            set_condition(&mut list, kind, "False", Some(completed()), now);
        } else if serving().all(|c| c.ready) {
            set_condition(&mut list, kind, "True", None, now);
        } else {
            let message = format!("containers with unready status: {}", names(serving().filter(|c| !c.ready)));
            set_condition(&mut list, kind, "False", Some(("ContainersNotReady", Some(message))), now);
        }
    }
    set_condition(&mut list, "PodScheduled", "True", None, now);
    let at = |kind: &Value| order.iter().position(|o| *kind == **o).unwrap_or(order.len());
    list.sort_by_key(|c| at(&c["type"]));
    list
}

fn container_status(container: &Container, manners: Manners) -> Value {
    let mut status = json!({
        "name": container.name, "image": container.image(), "imageID": container.image_id, "ready": container.ready,
        "restartCount": container.restarts, "state": container.state, "lastState": container.last,
    });
    if container.role != Role::Init || manners == Manners::Today {
        status["started"] = json!(container.started && container.state["running"].is_object());
    }
    if !container.id.is_empty() {
        status["containerID"] = json!(container.id);
    }
    status
}

/// The status that follows from a record; what others wrote into the one before stays.
pub fn render(record: &Record, scene: &Scene, before: &Value, now: Timestamp) -> Value {
    let policy = scene.pod["spec"]["restartPolicy"].as_str().unwrap_or("Always");
    let mut status: Map<String, Value> = before.as_object().cloned().unwrap_or_default();
    let phase = phase(record, policy);
    status.insert(
        "conditions".to_owned(),
        json!(conditions(record, phase, &before["conditions"], scene.manners, now)),
    );
    let mut mains: Vec<&Container> = record.containers.iter().filter(|c| c.role == Role::Main).collect();
    mains.sort_by(|a, b| a.name.cmp(&b.name));
    let told: Vec<Value> = mains.into_iter().map(|c| container_status(c, scene.manners)).collect();
    status.insert("containerStatuses".to_owned(), json!(told));
    let inits: Vec<Value> = record
        .containers
        .iter()
        .filter(|c| c.role != Role::Main)
        .map(|c| container_status(c, scene.manners))
        .collect();
    if !inits.is_empty() {
        status.insert("initContainerStatuses".to_owned(), json!(inits));
    }
    status.insert("hostIP".to_owned(), json!(scene.host_ip));
    if scene.manners == Manners::Today {
        status.insert("hostIPs".to_owned(), json!([{"ip": scene.host_ip}]));
    }
    if let Some(ip) = &record.ip {
        status.insert("podIP".to_owned(), json!(ip));
        status.insert("podIPs".to_owned(), json!([{"ip": ip}]));
    }
    status.insert("phase".to_owned(), json!(phase));
    status.insert("qosClass".to_owned(), json!(qos_class(&scene.pod["spec"])));
    if !status.get("startTime").is_some_and(Value::is_string) {
        status.insert("startTime".to_owned(), json!(seconds(now)));
    }
    Value::Object(status)
}
