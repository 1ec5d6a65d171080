//! What a kubelet remembers of a pod while something is to be done about it. A pod that runs well is not
//! remembered at all: everything can be read from its status again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::command::{Course, End, OnTerm, Serves};
use super::probe::Probes;

/// The longest wait before a container that crashes, or an image that cannot be pulled, is tried again.
pub const LONGEST_WAIT: i64 = 300;

/// How far a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The kubelet has not seen it.
    New,
    /// Volumes and sandbox are prepared; `tries` have failed since `since`.
    Preparing { since: Timestamp, next: Timestamp, tries: u32 },
    /// Containers may run.
    Up,
    /// It has ended, or has been put out.
    Over,
}

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Init,
    /// An init container that goes on beside the others.
    Sidecar,
    Main,
}

/// What goes on with a container.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    /// Nothing yet.
    Idle,
    Pulling {
        since: Timestamp,
        until: Timestamp,
        result: Result<(), String>,
    },
    /// A pull has failed; the waiting is shown from `shown` on.
    PullFailed {
        shown: Timestamp,
        until: Timestamp,
    },
    /// It cannot be created; tried again then.
    Blocked {
        until: Timestamp,
    },
    Starting {
        until: Timestamp,
    },
    Running {
        since: Timestamp,
        ends: Option<Timestamp>,
    },
    /// It has been told to stop.
    Stopping {
        until: Timestamp,
        code: i32,
    },
    /// It has ended; the kubelet notices then.
    Ended {
        notice: Timestamp,
    },
    /// It has crashed too often; events tell so now and then.
    BackOff {
        until: Timestamp,
        told: Timestamp,
    },
    /// It is not started again.
    Done,
}

/// The growing wait between restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    pub seconds: i64,
    /// When it grew last.
    pub since: Timestamp,
}

/// One container of a pod.
#[derive(Clone, Debug)]
pub struct Container {
    pub name: String,
    pub role: Role,
    /// Its element in the pod's spec.
    pub spec: Value,
    /// As the status shows them.
    pub state: Value,
    pub last: Value,
    pub id: String,
    pub image_id: String,
    pub restarts: u64,
    pub started: bool,
    pub ready: bool,
    pub doing: Doing,
    pub course: Course,
    pub probes: Probes,
    /// The end of its newest run, until the next one starts.
    pub ended: Option<Value>,
    pub patience: Option<Patience>,
    pub pulls: u32,
}

impl Container {
    /// One that has not run yet.
    pub fn new(spec: &Value, role: Role, waits_for: &str) -> Self {
        Self {
            name: spec["name"].as_str().unwrap_or_default().to_owned(),
            role,
            spec: spec.clone(),
            state: json!({"waiting": {"reason": waits_for}}),
            last: json!({}),
            id: String::new(),
            image_id: String::new(),
            restarts: 0,
            started: false,
            ready: false,
            doing: Doing::Idle,
            course: Course {
                end: End::Never,
                says: Vec::new(),
                on_term: OnTerm::Exits,
                serves: Serves::Ports,
            },
            probes: Probes::default(),
            ended: None,
            patience: None,
            pulls: 0,
        }
    }

    pub fn image(&self) -> &str {
        self.spec["image"].as_str().unwrap_or_default()
    }

    /// Its place in the pod, as events name it: `spec.containers{backend}`.
    pub fn field(&self) -> String {
        let list = if self.role == Role::Main { "containers" } else { "initContainers" };
        format!("spec.{list}{{{}}}", self.name)
    }

    pub fn runs(&self) -> bool {
        matches!(self.doing, Doing::Running { .. } | Doing::Stopping { .. })
    }

    /// The exit code of its newest end.
    pub fn code(&self) -> Option<i64> {
        self.ended.as_ref().and_then(|ended| ended["exitCode"].as_i64())
    }

    /// Whether the next init container may begin.
    pub fn initialized(&self) -> bool {
        match self.role {
            Role::Init => self.doing == Doing::Done && self.code() == Some(0),
            Role::Sidecar => self.started,
            Role::Main => true,
        }
    }

    /// When something is due; `None` if nothing is.
    pub fn due(&self) -> Option<Timestamp> {
        match &self.doing {
            Doing::Idle | Doing::Done => None,
            Doing::Pulling { until, .. } | Doing::Blocked { until } | Doing::Starting { until } | Doing::Stopping { until, .. } => {
                Some(*until)
            }
            Doing::PullFailed { shown, until } => Some(*shown.min(until)),
            Doing::Running { ends, .. } => ends.iter().copied().chain(self.probes.due()).min(),
            Doing::Ended { notice } => Some(*notice),
            Doing::BackOff { until, told } => Some(*until.min(told)),
        }
    }

    /// The wait before the next restart: none at the first crash, then 10 s, doubling up to five minutes; a
    /// container that ran for ten minutes begins anew.
    pub fn wait(&self, ended: Timestamp) -> Option<SignedDuration> {
        let patience = self.patience?;
        let quiet = ended.duration_since(patience.since).as_secs();
        (quiet <= 2 * LONGEST_WAIT).then(|| SignedDuration::from_secs(patience.seconds))
    }

    /// The wait grows, since it is restarted now.
    pub fn grow(&mut self, now: Timestamp) {
        let seconds = match self.wait(now) {
            Some(wait) => (wait.as_secs() * 2).min(LONGEST_WAIT),
            None => 10,
        };
        self.patience = Some(Patience { seconds, since: now });
    }
}

/// All about one pod.
#[derive(Clone, Debug)]
pub struct Record {
    /// Init containers first, as the spec has them.
    pub containers: Vec<Container>,
    pub stage: Stage,
    pub ip: Option<String>,
    /// Since when it is being stopped.
    pub stopping: Option<Timestamp>,
    /// Whether the status must be written.
    pub changed: bool,
}

impl Record {
    /// When something is due.
    pub fn due(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::New | Stage::Over => None,
            Stage::Preparing { next, .. } => Some(next),
            Stage::Up => self.containers.iter().filter_map(Container::due).min(),
        }
    }

    /// Whether nothing is to be remembered: all run, none has ever crashed.
    pub fn settled(&self) -> bool {
        let calm = |c: &Container| c.restarts == 0 && matches!(c.doing, Doing::Running { ends: None, .. } | Doing::Done);
        self.stage == Stage::Over || (self.stage == Stage::Up && self.due().is_none() && self.containers.iter().all(calm))
    }

    pub fn initialized(&self) -> bool {
        self.containers.iter().all(Container::initialized)
    }
}
