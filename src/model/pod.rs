//! Pods and their containers.

use std::sync::Arc;

use super::{Condition, Quantity, Time};

/// A pod, as far as a person on call asks about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// What kubectl prints under STATUS (`Running`, `CrashLoopBackOff`, `Init:0/2`, `Terminating` …).
    pub status: Arc<str>,
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: Phase,
    /// Why the pod as a whole is in this state (`Evicted`, the scheduler's sentence), if the server says.
    pub reason: Box<str>,
    pub message: Box<str>,
    pub node: Arc<str>,
    pub ip: Box<str>,
    pub service_account: Arc<str>,
    pub qos: Qos,
    pub started: Time,
    /// Init, main and ephemeral containers, in the order of the specification.
    pub containers: Box<[Container]>,
    pub conditions: Box<[Condition]>,
    /// `PodReadinessGate`s: how many are satisfied, of how many.
    pub gates: (u8, u8),
    /// The node that a pending pod waits for while others are being evicted.
    pub nominated: Box<str>,
    pub restart: Restart,
    /// How long it stays on a node that is not ready before the cluster gives it up (seconds); `None`: for ever, as
    /// the pods of daemon sets do.
    pub unready_tolerance: Option<u32>,
    /// Volume claims that it mounts.
    pub claims: Box<[Arc<str>]>,
}

/// The phase of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    #[default]
    Unknown,
}

/// What happens when a container of a pod ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    #[default]
    Always,
    OnFailure,
    Never,
}

/// The quality of service class of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Qos {
    Guaranteed,
    Burstable,
    #[default]
    BestEffort,
}

/// One container of a pod: what it should be and how it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Container {
    pub name: Arc<str>,
    pub image: Arc<str>,
    pub role: Role,
    pub state: State,
    /// How the run before this one ended.
    pub last: Option<Box<Exit>>,
    pub ready: bool,
    pub restarts: u32,
    pub cpu_request: Quantity,
    pub cpu_limit: Quantity,
    pub memory_request: Quantity,
    pub memory_limit: Quantity,
    /// Container ports, `8080/TCP` or `http:8080/TCP`, for the containers view.
    pub ports: Box<[Box<str>]>,
    /// Which probes are set: readiness, liveness, startup.
    pub probes: Probes,
}

/// Which probes a container has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    pub readiness: bool,
    pub liveness: bool,
    pub startup: bool,
}

/// What a container is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Main,
    Init,
    /// An init container that keeps running beside the main ones (`restartPolicy: Always`).
    Sidecar,
    Ephemeral,
}

/// The state of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    Waiting {
        reason: Arc<str>,
        message: Box<str>,
    },
    Running {
        since: Time,
    },
    Terminated(Box<Exit>),
    /// The kubelet has not reported it yet.
    #[default]
    Unknown,
}

/// How a run of a container ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exit {
    /// `OOMKilled`, `Error`, `Completed` …
    pub reason: Arc<str>,
    pub code: i32,
    /// The signal, where the runtime reports it apart from the code.
    pub signal: i32,
    pub started: Time,
    pub finished: Time,
    pub message: Box<str>,
}

impl Exit {
    /// Whether nobody knows how it ended: the node or its container runtime went down, and containerd reports what
    /// it does not find running any more as `Unknown` with the code 255.
    pub fn is_lost(&self) -> bool {
        &*self.reason == "Unknown" && self.code == 255
    }

    /// Why it ended, in as few words as say it: `OOMKilled`, `exit 1`, `SIGSEGV`, `Completed`.
    pub fn why(&self) -> String {
        let signal = if self.signal > 0 {
            self.signal
        } else {
            self.code.saturating_sub(128)
        };
        match (&*self.reason, self.code) {
            ("OOMKilled", _) => "OOMKilled".into(),
            ("" | "Error" | "Completed" | "StartError" | "ContainerCannotRun", _) if signal_name(signal).is_some() => {
                signal_name(signal).unwrap_or_default().into()
            }
            ("" | "Error", code) => format!("exit {code}"),
            (reason, 0) => reason.into(),
            (reason, code) => format!("{reason} ({code})"),
        }
    }
}

/// The name of a Linux signal by number (x86 and ARM), as `kill -l` prints it with its prefix.
pub fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

impl Container {
    /// The run that ended last: its number (how many restarts were before it), and how it ended.
    pub fn ended(&self) -> Option<(u32, &Exit)> {
        match &self.state {
            State::Terminated(exit) => Some((self.restarts, exit)),
            // While it waits for its next run, the one that is over still bears the count.
            State::Waiting { .. } | State::Unknown => Some((self.restarts, self.last.as_deref()?)),
            State::Running { .. } => Some((self.restarts.saturating_sub(1), self.last.as_deref()?)),
        }
    }
}

impl Pod {
    /// The containers that kubectl counts as READY `n/m`: main ones and sidecars.
    pub fn counted(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|c| matches!(c.role, Role::Main | Role::Sidecar))
    }

    /// Containers ready, of how many.
    pub fn ready(&self) -> (usize, usize) {
        self.counted()
            .fold((0, 0), |(ready, all), c| (ready + usize::from(c.ready), all + 1))
    }

    /// Restarts of all containers together.
    pub fn restarts(&self) -> u32 {
        self.containers.iter().map(|c| c.restarts).sum()
    }

    /// The most recent end of a container run: which container, and how. A finished init container is
    /// no news, so only failures and previous runs count.
    pub fn last_exit(&self) -> Option<(&Container, &Exit)> {
        self.containers
            .iter()
            .filter_map(|c| {
                let now = match &c.state {
                    State::Terminated(exit) if c.role == Role::Main || exit.code != 0 => Some(&**exit),
                    _ => None,
                };
                now.or(c.last.as_deref()).map(|exit| (c, exit))
            })
            .max_by_key(|(_, exit)| exit.finished)
    }

    /// A sum over the containers that run side by side, `None` where none of them states a value.
    pub fn total(&self, of: impl Fn(&Container) -> Quantity) -> Quantity {
        self.counted().map(of).fold(Quantity::NONE, Quantity::plus)
    }

    /// The condition of this type, if the pod has it.
    pub fn condition(&self, name: &str) -> Option<&Condition> {
        self.conditions.iter().find(|c| &*c.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_says_why_in_one_word_where_it_can() {
        let exit = |reason: &str, code| {
            Exit {
                reason: reason.into(),
                code,
                ..Exit::default()
            }
            .why()
        };
        assert_eq!(exit("OOMKilled", 137), "OOMKilled");
        assert_eq!(exit("Error", 137), "SIGKILL");
        assert_eq!(exit("Error", 139), "SIGSEGV");
        assert_eq!(exit("Error", 143), "SIGTERM");
        assert_eq!(exit("Error", 1), "exit 1");
        assert_eq!(exit("Completed", 0), "Completed");
        assert_eq!(exit("ContainerCannotRun", 127), "ContainerCannotRun (127)");
        assert_eq!(exit("", 3), "exit 3");
    }
}
