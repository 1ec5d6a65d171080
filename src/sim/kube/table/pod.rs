//! Pods: the STATUS that everybody reads is made here, from phase, reasons and the states of all containers.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::text::{NONE, items, number, or, text};
use super::{AGE, Cells, Context, Known, NAME, age, name};

pub fn known(shelf: &str, minor: u32) -> Option<(Vec<Known>, Cells)> {
    if shelf != "pods" {
        return None;
    }
    // The time of the last restart came with 1.22, and made a text of the number.
    let restarts = if minor < 22 { "integer" } else { "string" };
    let columns = vec![
        NAME,
        (
            "Ready",
            "string",
            "The aggregate readiness state of this pod for accepting traffic.",
            0,
        ),
        ("Status", "string", "The aggregate status of the containers in this pod.", 0),
        (
            "Restarts",
            restarts,
            "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
            0,
        ),
        AGE,
        (
            "IP",
            "string",
            "The IP address allocated to the pod. Empty if not yet allocated.",
            1,
        ),
        ("Node", "string", "The node that the pod is bound to.", 1),
        (
            "Nominated Node",
            "string",
            "The node on which the pod will run once others have made room.",
            1,
        ),
        (
            "Readiness Gates",
            "string",
            "The conditions that the pod's readiness also needs.",
            1,
        ),
    ];
    Some((columns, cells))
}

fn cells(pod: &Value, at: Context) -> Vec<Value> {
    let state = State::of(pod, at.minor);
    let restarts = match state.last_restart {
        _ if at.minor < 22 => json!(state.restarts),
        Some(last) if state.restarts > 0 => json!(format!("{} ({} ago)", state.restarts, super::age::span(last, at.now))),
        _ => json!(state.restarts.to_string()),
    };
    let ip = pod.pointer("/status/podIPs/0/ip").unwrap_or(&pod["status"]["podIP"]);
    vec![
        name(pod),
        json!(format!("{}/{}", state.ready, state.total)),
        json!(state.words),
        restarts,
        age(pod, at.now),
        or(ip, NONE),
        or(&pod["spec"]["nodeName"], NONE),
        or(&pod["status"]["nominatedNodeName"], NONE),
        gates(pod),
    ]
}

/// `1/2` of the readiness gates hold.
fn gates(pod: &Value) -> Value {
    let gates = items(&pod["spec"]["readinessGates"]);
    if gates.len() == 0 {
        return json!(NONE);
    }
    let total = gates.len();
    let held = gates.filter(|gate| holds(pod, text(&gate["conditionType"]))).count();
    json!(format!("{held}/{total}"))
}

fn holds(pod: &Value, condition: &str) -> bool {
    items(&pod["status"]["conditions"]).any(|c| c["type"] == condition && c["status"] == "True")
}

/// What the cells tell about the containers.
struct State {
    words: String,
    ready: usize,
    total: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

/// Restarts of some containers, and when the last was.
#[derive(Default)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += number(&status["restartCount"]);
        self.last = self.last.max(super::age::time(&status["lastState"]["terminated"]["finishedAt"]));
    }
}

impl State {
    fn of(pod: &Value, minor: u32) -> Self {
        let (spec, status) = (&pod["spec"], &pod["status"]);
        let reason = &status["reason"];
        let mut words = text(if text(reason).is_empty() { &status["phase"] } else { reason }).to_owned();
        if items(&status["conditions"]).any(|c| c["type"] == "PodScheduled" && c["reason"] == "SchedulingGated") {
            "SchedulingGated".clone_into(&mut words);
        }
        let (mut ready, mut total) = (0, items(&spec["containers"]).len());
        let sidecar = |name: &Value| items(&spec["initContainers"]).any(|c| c["name"] == *name && c["restartPolicy"] == "Always");
        total += items(&spec["initContainers"]).filter(|c| c["restartPolicy"] == "Always").count();
        let (mut all, mut of_sidecars) = (Restarts::default(), Restarts::default());

        let mut initialising = false;
        for (number, container) in items(&status["initContainerStatuses"]).enumerate() {
            all.add(container);
            let lasting = sidecar(&container["name"]);
            if lasting {
                of_sidecars.add(container);
            }
            let (terminated, waiting) = (&container["state"]["terminated"], &container["state"]["waiting"]);
            if terminated.is_object() && super::text::number(&terminated["exitCode"]) == 0 {
                continue;
            }
            if lasting && container["started"] == true {
                ready += usize::from(container["ready"] == true);
                continue;
            }
            words = if terminated.is_object() {
                format!("Init:{}", ending(terminated))
            } else if !matches!(text(&waiting["reason"]), "" | "PodInitializing") {
                format!("Init:{}", text(&waiting["reason"]))
            } else {
                format!("Init:{number}/{}", items(&spec["initContainers"]).len())
            };
            initialising = true;
            break;
        }

        if !initialising || (minor > 26 && holds(pod, "Initialized")) {
            all = of_sidecars;
            let mut running = false;
            for container in items(&status["containerStatuses"]).rev() {
                all.add(container);
                let (terminated, waiting) = (&container["state"]["terminated"], &container["state"]["waiting"]);
                if !text(&waiting["reason"]).is_empty() {
                    text(&waiting["reason"]).clone_into(&mut words);
                } else if terminated.is_object() {
                    words = ending(terminated);
                } else if container["ready"] == true && container["state"]["running"].is_object() {
                    running = true;
                    ready += 1;
                }
            }
            // One that has done its work beside one that goes on.
            if words == "Completed" && running {
                words = if holds(pod, "Ready") { "Running" } else { "NotReady" }.to_owned();
            }
        }

        if pod["metadata"]["deletionTimestamp"].is_string() {
            let ended = matches!(text(&status["phase"]), "Succeeded" | "Failed");
            if *reason == "NodeLost" {
                "Unknown".clone_into(&mut words);
            } else if minor < 27 || !ended {
                "Terminating".clone_into(&mut words);
            }
        }
        Self {
            words,
            ready,
            total,
            restarts: all.count,
            last_restart: all.last,
        }
    }
}

/// How a container ended, in one word.
fn ending(terminated: &Value) -> String {
    match (text(&terminated["reason"]), number(&terminated["signal"])) {
        ("", 0) => format!("ExitCode:{}", number(&terminated["exitCode"])),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}
