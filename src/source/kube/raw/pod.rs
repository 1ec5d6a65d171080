//! Pods and their containers.

use serde::Deserialize;

use super::fields::{Amount, Count, Flag, List, Maybe, Text, When};
use super::meta::{Item, RawCondition, RawPort, Set, conditions};
use super::node::SILENT;
use super::pod_status::status_text;
use super::strings::Strings;
use crate::model::{Body, Container, Exit, Phase, Pod, Probes, Qos, Restart, Role, State};

pub type Raw<'a> = Item<'a, Spec<'a>, Status<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spec<'a> {
    #[serde(borrow)]
    pub node_name: Text<'a>,
    pub service_account_name: Text<'a>,
    pub init_containers: List<ContainerSpec<'a>>,
    pub containers: List<ContainerSpec<'a>>,
    pub ephemeral_containers: List<ContainerSpec<'a>>,
    pub readiness_gates: List<Gate<'a>>,
    pub restart_policy: Text<'a>,
    pub tolerations: List<Toleration<'a>>,
    pub volumes: List<Volume<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Toleration<'a> {
    #[serde(borrow)]
    pub key: Text<'a>,
    pub operator: Text<'a>,
    pub value: Text<'a>,
    pub effect: Text<'a>,
    pub toleration_seconds: Option<i64>,
}

impl Toleration<'_> {
    /// Whether it is one of the taint that puts pods out under this key, which has no value.
    fn tolerates(&self, taint: &str) -> bool {
        let key = match &*self.operator {
            "Exists" => self.key.is_empty() || &*self.key == taint,
            _ => &*self.key == taint && self.value.is_empty(),
        };
        key && matches!(&*self.effect, "" | "NoExecute")
    }
}

/// How long a pod stays on a node that is silent (seconds); `None`: for ever.
fn unready_tolerance(tolerations: &[Toleration<'_>]) -> Option<u32> {
    let of = |taint: &&str| {
        let mut own = tolerations.iter().filter(|t| t.tolerates(taint)).peekable();
        if own.peek().is_none() {
            return Some(0);
        }
        // One without an end says nothing where another one has an end: so the cluster reads it.
        own.filter_map(|t| t.toleration_seconds)
            .min()
            .map(|seconds| u32::try_from(seconds.max(0)).unwrap_or(u32::MAX))
    };
    SILENT.iter().filter_map(of).min()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Volume<'a> {
    #[serde(borrow)]
    pub persistent_volume_claim: Maybe<ClaimName<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimName<'a> {
    #[serde(borrow)]
    pub claim_name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Gate<'a> {
    #[serde(borrow)]
    pub condition_type: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerSpec<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub image: Text<'a>,
    pub restart_policy: Text<'a>,
    pub resources: Maybe<Resources>,
    pub ports: List<RawPort<'a>>,
    pub readiness_probe: Set,
    pub liveness_probe: Set,
    pub startup_probe: Set,
}

impl ContainerSpec<'_> {
    /// Whether it is an init container that keeps running (a sidecar).
    pub fn restarts_always(&self) -> bool {
        &*self.restart_policy == "Always"
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resources {
    pub requests: Maybe<Amounts>,
    pub limits: Maybe<Amounts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Amounts {
    pub cpu: Amount,
    pub memory: Amount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status<'a> {
    #[serde(borrow)]
    pub phase: Text<'a>,
    pub reason: Text<'a>,
    pub message: Text<'a>,
    #[serde(rename = "podIP")]
    pub pod_ip: Text<'a>,
    pub qos_class: Text<'a>,
    pub start_time: When,
    pub nominated_node_name: Text<'a>,
    pub conditions: List<RawCondition<'a>>,
    pub init_container_statuses: List<ContainerStatus<'a>>,
    pub container_statuses: List<ContainerStatus<'a>>,
    pub ephemeral_container_statuses: List<ContainerStatus<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub ready: Flag,
    pub started: Flag,
    pub restart_count: Count,
    pub state: Maybe<RawState<'a>>,
    pub last_state: Maybe<RawState<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawState<'a> {
    #[serde(borrow)]
    pub waiting: Option<Waiting<'a>>,
    pub running: Option<Running>,
    #[serde(borrow)]
    pub terminated: Option<Terminated<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Waiting<'a> {
    #[serde(borrow)]
    pub reason: Text<'a>,
    pub message: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Running {
    pub started_at: When,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Terminated<'a> {
    pub exit_code: i32,
    pub signal: Option<i32>,
    #[serde(borrow)]
    pub reason: Text<'a>,
    pub message: Text<'a>,
    pub started_at: When,
    pub finished_at: When,
}

impl Terminated<'_> {
    fn read(&self, strings: &mut Strings) -> Exit {
        Exit {
            reason: strings.get(&self.reason),
            code: self.exit_code,
            signal: self.signal.unwrap_or(0),
            started: self.started_at.0,
            finished: self.finished_at.0,
            message: self.message.message(),
        }
    }
}

/// The pod as the store keeps it.
pub fn body(raw: &Raw<'_>, strings: &mut Strings) -> Body {
    let (spec, status) = (&*raw.spec, &*raw.status);
    let mut containers = Vec::with_capacity(spec.init_containers.len() + spec.containers.len() + spec.ephemeral_containers.len());
    for (specs, statuses, role) in [
        (&spec.init_containers, &status.init_container_statuses, Role::Init),
        (&spec.containers, &status.container_statuses, Role::Main),
        (&spec.ephemeral_containers, &status.ephemeral_container_statuses, Role::Ephemeral),
    ] {
        for spec in specs.iter() {
            let role = match role {
                Role::Init if spec.restarts_always() => Role::Sidecar,
                role => role,
            };
            let status = statuses.iter().find(|s| s.name == spec.name);
            containers.push(container(spec, status, role, strings));
        }
    }
    let unscheduled = status.conditions.iter().find(|c| &*c.kind == "PodScheduled" && !c.holds());
    let (reason, message) = match unscheduled {
        Some(c) if status.reason.is_empty() && status.message.is_empty() => (&c.reason, &c.message),
        _ => (&status.reason, &status.message),
    };
    let satisfied = |gate: &&Gate| status.conditions.iter().any(|c| c.kind == gate.condition_type && c.holds());
    let count = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    Body::Pod(Box::new(Pod {
        status: strings.get(&status_text(raw)),
        phase: match &*status.phase {
            "Pending" => Phase::Pending,
            "Running" => Phase::Running,
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            _ => Phase::Unknown,
        },
        reason: reason.clean(),
        message: message.message(),
        node: strings.get(&spec.node_name),
        ip: status.pod_ip.clean(),
        service_account: strings.get(&spec.service_account_name),
        qos: match &*status.qos_class {
            "Guaranteed" => Qos::Guaranteed,
            "Burstable" => Qos::Burstable,
            _ => Qos::BestEffort,
        },
        started: status.start_time.0,
        containers: containers.into(),
        conditions: conditions(&status.conditions, strings),
        gates: (
            count(spec.readiness_gates.iter().filter(satisfied).count()),
            count(spec.readiness_gates.len()),
        ),
        nominated: status.nominated_node_name.clean(),
        restart: match &*spec.restart_policy {
            "OnFailure" => Restart::OnFailure,
            "Never" => Restart::Never,
            _ => Restart::Always,
        },
        unready_tolerance: unready_tolerance(&spec.tolerations),
        claims: spec
            .volumes
            .iter()
            .map(|v| &v.persistent_volume_claim.claim_name)
            .filter(|name| !name.is_empty())
            .map(|name| strings.get(name))
            .collect(),
    }))
}

fn container(spec: &ContainerSpec<'_>, status: Option<&ContainerStatus<'_>>, role: Role, strings: &mut Strings) -> Container {
    let state = status.map(|s| &*s.state);
    // kubectl counts a container as ready only while it runs (a sidecar: once it has started).
    let ready = status.is_some_and(|s| {
        s.ready.yes()
            && match role {
                Role::Sidecar => s.started.yes(),
                Role::Main => s.state.running.is_some(),
                Role::Init | Role::Ephemeral => true,
            }
    });
    Container {
        name: strings.get(&spec.name),
        image: strings.get(&spec.image),
        role,
        state: match state {
            Some(RawState { waiting: Some(w), .. }) => State::Waiting {
                reason: strings.get(&w.reason),
                message: w.message.message(),
            },
            Some(RawState { running: Some(r), .. }) => State::Running { since: r.started_at.0 },
            Some(RawState { terminated: Some(t), .. }) => State::Terminated(Box::new(t.read(strings))),
            _ => State::Unknown,
        },
        last: status
            .and_then(|s| s.last_state.terminated.as_ref())
            .map(|t| Box::new(t.read(strings))),
        ready,
        restarts: status.map_or(0, |s| s.restart_count.get()),
        cpu_request: spec.resources.requests.cpu.0,
        cpu_limit: spec.resources.limits.cpu.0,
        memory_request: spec.resources.requests.memory.0,
        memory_limit: spec.resources.limits.memory.0,
        ports: spec.ports.iter().map(RawPort::named).collect(),
        probes: Probes {
            readiness: spec.readiness_probe.0,
            liveness: spec.liveness_probe.0,
            startup: spec.startup_probe.0,
        },
    }
}
