//! What the user configured, as plain values. Loading is in the files beside this one.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that was configured, after all layers (flag > environment variable > file > kubeconfig).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// In the order of the file, or of the kubeconfig's contexts where the file names none.
    /// An [`crate::model::EnvId`] is an index into it.
    pub environments: Vec<Environment>,
    /// The environment to open when nothing says otherwise (kubeconfig's current context).
    pub default_environment: usize,
    /// Whether the environments come from a file (then all are connected at start) or are the
    /// kubeconfig's contexts (then only the one in front is).
    pub explicit: bool,
    pub ui: Ui,
    /// Key overrides: command name → keys as written (`["ctrl-l", "F5"]`), checked against the command table.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// One environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// The name it goes by on the command line and in the header (`solia-prod`).
    pub name: String,
    /// What a person types to confirm and reads in the header (`prod`); the name where none is given.
    pub label: String,
    pub aliases: Vec<String>,
    pub tier: Tier,
    /// Absent for an environment that has only probes.
    pub kubernetes: Option<Kubernetes>,
    pub prometheus: Option<Endpoint>,
    pub alertmanager: Option<Endpoint>,
    pub grafana: Option<Endpoint>,
    pub cloudwatch: Option<CloudWatch>,
    /// The command of `:login`, as argv; empty: the default (`aws sso login …` with the profile found).
    pub login: Vec<String>,
    pub probes: Vec<Probe>,
}

/// How carefully an environment is treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
    /// Development.
    Open,
    /// Staging.
    Confirm,
    /// Production, and whatever is not known to be something else.
    #[default]
    Guarded,
}

/// Where an environment's Kubernetes is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kubernetes {
    /// Kubeconfig file(s) of this environment; empty: `KUBECONFIG` or `~/.kube/config`, or in-cluster.
    pub kubeconfig: Vec<PathBuf>,
    /// Context name; empty: the current context (or in-cluster).
    pub context: String,
    /// Namespaces shown at first; empty: the context's own.
    pub namespaces: Vec<String>,
    pub all_namespaces: bool,
    /// Allow `nodes/proxy` stats as a fallback where metrics.k8s.io is missing.
    pub kubelet_metrics: bool,
}

/// An HTTP endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    pub url: String,
}

/// CloudWatch of an environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudWatch {
    pub region: String,
    pub profile: String,
    pub endpoint_url: String,
    pub groups: Vec<String>,
}

/// A health probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probe {
    pub name: String,
    pub url: String,
    pub expect: u16,
    /// JSON assertion (`$.status == "ok"`); empty: none.
    pub json: String,
    /// Milliseconds above which it is slow; 0: none.
    pub latency: u32,
}

/// How the screen looks and behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Ui {
    /// Theme name: a built-in (`deck`, `paper`, `contrast`, `okabe`) or a file in the themes directory.
    pub theme: String,
    /// Draw with ASCII only.
    pub ascii: bool,
    pub mouse: bool,
    /// Fewer frames, for slow links.
    pub low_bandwidth: bool,
    /// Namespaces behind the keys `1`–`9`; empty: the ones used last.
    pub favourites: Vec<String>,
    /// The time zone beside UTC in the header; empty: the machine's.
    pub time_zone: String,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: "deck".into(),
            ascii: false,
            mouse: false,
            low_bandwidth: false,
            favourites: Vec::new(),
            time_zone: String::new(),
        }
    }
}
