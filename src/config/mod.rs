//! What the user configured, as plain values. Loading is in the files beside this one:
//!
//! `file` reads the TOML, `fault` turns its errors into one sentence with line and hint, `validate` checks what a
//! type cannot say, `layers` puts flag, variable, file and kubeconfig on top of each other (pure), `load` reads the
//! disk and the environment for them, `paths` knows the directories. `probe` is what a health probe may say; `safety` and `team` hold the sections that the
//! actions, the runbooks and the logs read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::model::{AlertsFrom, CloudPlace, Namespaces};

mod access;
mod endpoint;
pub(crate) mod fault;
pub mod file;
mod identity;
pub mod layers;
#[allow(clippy::disallowed_methods)]
pub mod load;
mod panel;
pub mod paths;
pub mod probe;
pub mod safety;
pub mod team;
mod validate;
mod words;

pub use access::{Access, Auth, Endpoint, Secret, SigV4};
pub use endpoint::{CloudWatch, LiveTail};
pub use fault::nearest;
pub use identity::{Mismatch, Who};
pub use load::{Loaded, load};
pub use panel::{Bound, Dashboard, Panel, PanelKind, PanelLine, PanelScope, check as check_query, metrics, with_shipped as panels};
pub use paths::Paths;
pub use probe::Probe;
pub use safety::{Class, Freeze, Guard, Level, Policy, Rule, Weekly};
pub use team::{Contact, Logs, Plugin, Redact, Runbooks};

/// Everything that was configured, after all layers (flag > environment variable > file > kubeconfig).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// In the order of the file, or of the kubeconfig's contexts where the file names none.
    /// An [`crate::model::EnvId`] is an index into it.
    pub environments: Vec<Environment>,
    /// The environment to open when nothing says otherwise (kubeconfig's current context).
    pub default_environment: usize,
    /// Whether the user asked for `default_environment` by name; then it is opened whatever state the others are in.
    pub chosen: Chosen,
    /// Whether the environments come from a file (then all are connected at start) or are the
    /// kubeconfig's contexts (then only the one in front is).
    pub explicit: bool,
    pub ui: Ui,
    /// Key overrides: command name → keys as written (`["ctrl-l", "F5"]`), checked against the command table.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Kept for: actions.
    pub guard: Guard,
    /// Kept for: actions. In the order of the file; the first that matches holds.
    pub policies: Vec<Policy>,
    /// Kept for: actions.
    pub freezes: Vec<Freeze>,
    pub runbooks: Runbooks,
    /// Kept for: runbooks (escalation). Name → how to reach them.
    pub contacts: BTreeMap<String, Contact>,
    pub redact: Redact,
    pub logs: Logs,
    /// Kept for: actions.
    pub plugins: Vec<Plugin>,
    /// What is drawn of a Prometheus: the shipped panels, and the file's.
    pub panels: Vec<Panel>,
    /// Where a board is to be seen in Grafana.
    pub dashboards: Vec<Dashboard>,
}

/// Who chose the environment that is opened first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chosen {
    /// Nobody: `qd` opens the one in the worst state.
    #[default]
    ByState,
    /// The user, by `--env`, `--context`, `--kubeconfig` or `QD_ENV`.
    ByUser,
}

/// One environment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Environment {
    /// The name it goes by on the command line and in the header (`solia-prod`).
    #[serde(deserialize_with = "words::word")]
    pub name: String,
    /// What a person types to confirm and reads in the header (`prod`); the name where none is given.
    #[serde(deserialize_with = "words::word")]
    pub label: String,
    /// Other names for it on the command line and in runbooks (`production`).
    #[serde(deserialize_with = "words::words")]
    pub aliases: Vec<String>,
    pub tier: Tier,
    /// Absent for an environment that has only probes.
    pub kubernetes: Option<Kubernetes>,
    /// What must be true of the cluster behind the context. Kept for: actions (the guard).
    pub identity: Identity,
    pub prometheus: Option<Endpoint>,
    pub alertmanager: Option<Endpoint>,
    /// Further ones: what several tell is shown once.
    pub alertmanagers: Vec<Endpoint>,
    pub grafana: Option<Endpoint>,
    /// One account and region, or several: `cloudwatch = {…}`, or `[[environment.cloudwatch]]` for each.
    #[serde(deserialize_with = "endpoint::places")]
    pub cloudwatch: Vec<CloudWatch>,
    /// The command of `:login`, as argv; empty: the default (`aws sso login …` with the profile found).
    #[serde(deserialize_with = "words::command_line")]
    pub login: Vec<String>,
    #[serde(rename = "probe")]
    pub probes: Vec<Probe>,
    /// Who says that it is one.
    #[serde(skip)]
    pub source: Source,
}

/// Where an environment comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The configuration names it.
    #[default]
    Configured,
    /// It is a context of the kubeconfig, and nothing says which sort of environment: it is treated as production.
    Kubeconfig,
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
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kubernetes {
    /// Kubeconfig file(s) of this environment; empty: `KUBECONFIG` or `~/.kube/config`, or in-cluster.
    #[serde(deserialize_with = "words::path_list")]
    pub kubeconfig: Vec<PathBuf>,
    /// Context name; empty: the current context (or in-cluster).
    #[serde(deserialize_with = "words::name")]
    pub context: String,
    /// Namespaces shown at first; empty: the context's own.
    #[serde(deserialize_with = "words::words")]
    pub namespaces: Vec<String>,
    pub all_namespaces: bool,
    /// The context to read with while the environment is locked; empty: the same. Kept for: actions.
    #[serde(deserialize_with = "words::name")]
    pub read_only_context: String,
    /// Allow `nodes/proxy` stats: usage where metrics.k8s.io is missing, and how full volumes are.
    pub kubelet_metrics: bool,
}

/// What identifies an environment beyond a context's name; an empty part is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// URL of the API server.
    #[serde(deserialize_with = "words::url")]
    pub server: String,
    /// Name of the cluster in the kubeconfig.
    #[serde(deserialize_with = "words::name")]
    pub cluster: String,
    /// Cloud account.
    #[serde(deserialize_with = "words::word")]
    pub account: String,
}

/// How the screen looks and behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Ui {
    /// Theme name: a built-in (`deck`, `paper`, `contrast`, `okabe`) or a file in the themes directory.
    pub theme: String,
    pub colour: Colour,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// A line that names the next useful key, for newcomers.
    pub guide: bool,
    pub mouse: bool,
    /// Fewer frames, for slow links.
    pub low_bandwidth: bool,
    /// Others look on: identifiers are covered.
    pub screen_share: bool,
    /// How the terminal calls when something critical is new.
    pub notify: Vec<Notify>,
    /// Namespaces behind the keys `1`–`9`; empty: the ones used last.
    pub favourites: Vec<String>,
    /// The time zone beside UTC in the header; empty: the machine's.
    pub time_zone: String,
}

/// A way in which a terminal calls for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    Bell,
    /// A notification of the desktop, as iTerm2, kitty and Windows Terminal understand it.
    Osc9,
    /// The same for urxvt, foot, Ghostty and VTE.
    Osc777,
}

/// Whether colours are written at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// As many as the terminal has.
    #[default]
    Auto,
    /// None: `--no-color`, or `NO_COLOR` is set.
    Never,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: "deck".into(),
            colour: Colour::Auto,
            ascii: false,
            guide: false,
            mouse: false,
            low_bandwidth: false,
            screen_share: false,
            notify: vec![Notify::Bell],
            favourites: Vec::new(),
            time_zone: String::new(),
        }
    }
}

impl Environment {
    /// Whether a person means this environment when they write `name`: its name, label or an alias.
    pub fn goes_by(&self, name: &str) -> bool {
        self.name == name || self.label == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// What a person types and reads: its label, else its name.
    pub fn shown(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }

    /// The HTTP services beside its cluster.
    fn endpoints_mut(&mut self) -> impl Iterator<Item = &mut Endpoint> {
        [&mut self.prometheus, &mut self.alertmanager, &mut self.grafana]
            .into_iter()
            .flatten()
            .chain(&mut self.alertmanagers)
    }

    /// Its Alertmanagers.
    pub fn alerting(&self) -> impl Iterator<Item = &Endpoint> {
        self.alertmanager.iter().chain(&self.alertmanagers)
    }

    /// Who tells of its alerts.
    pub fn alerts_from(&self) -> Vec<AlertsFrom> {
        let managers = (0..).zip(self.alerting()).map(|(number, _)| AlertsFrom::Alertmanager(number));
        self.prometheus.iter().map(|_| AlertsFrom::Prometheus).chain(managers).collect()
    }

    /// The namespaces that are looked at first: its own, else the context's, else all.
    pub fn home(&self) -> Namespaces {
        match &self.kubernetes {
            Some(k) if !k.all_namespaces && !k.namespaces.is_empty() => {
                Namespaces::Some(k.namespaces.iter().map(|n| n.as_str().into()).collect())
            }
            _ => Namespaces::All,
        }
    }

    /// Its CloudWatch places, as far as they decide what is read.
    pub fn clouds(&self) -> Vec<CloudPlace> {
        let place = |place: &CloudWatch| CloudPlace {
            label: place.label().into(),
            named: place.groups.iter().map(|group| group.as_str().into()).collect(),
            pods: Some(place.pods.as_str()).filter(|group| !group.is_empty()).map(Into::into),
        };
        self.cloudwatch.iter().map(place).collect()
    }

    /// Its health probes, as far as they decide what is made of an answer.
    pub fn probed(&self) -> Vec<crate::model::ProbePlace> {
        self.probes.iter().map(Probe::place).collect()
    }

    /// The context it is reached through; `None` without Kubernetes or where the current one is meant.
    pub fn context(&self) -> Option<&str> {
        self.kubernetes.as_ref().map(|k| k.context.as_str()).filter(|c| !c.is_empty())
    }
}

impl Tier {
    /// The word that the configuration and the screen use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirm => "confirm",
            Self::Guarded => "guarded",
        }
    }
}
