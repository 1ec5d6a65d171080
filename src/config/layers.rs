//! Flag over environment variable over file over kubeconfig. Pure: the values come as arguments.

use std::path::PathBuf;

use super::fault::{nearest, suggestion};
use super::file::File;
use super::{Chosen, Colour, Config, Environment, Kubernetes, Ui};
use crate::model::{Problem, ProblemKind, clean};

/// What one layer above the file asks for; the flags are one, the `QD_*` variables another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// The environment to open: a name, label or alias.
    pub environment: Option<String>,
    /// The kubeconfig context to open.
    pub context: Option<String>,
    /// The kubeconfig whose contexts are the environments.
    pub kubeconfig: Option<PathBuf>,
    pub namespaces: Option<WantedNamespaces>,
    pub theme: Option<String>,
    pub low_bandwidth: Option<bool>,
    pub screen_share: Option<bool>,
    pub ascii: Option<bool>,
    pub mouse: Option<bool>,
    pub colour: Option<Colour>,
}

/// `-n a,b` or `-A`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedNamespaces {
    All,
    These(Vec<String>),
}

/// What the kubeconfig says: its contexts as environments, and which of them is the current one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FromKubeconfig {
    pub environments: Vec<Environment>,
    /// Index of the current context.
    pub current: usize,
}

impl Wanted {
    /// What the environment variables ask for; `read` gives a variable's value.
    ///
    /// # Errors
    /// Where a switch is neither on nor off.
    pub fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Self, Problem> {
        let read = |name: &str| read(name).filter(|value| !value.is_empty());
        let switch = |name: &str| match read(name).as_deref() {
            None => Ok(None),
            Some("1" | "true" | "yes" | "on") => Ok(Some(true)),
            Some("0" | "false" | "no" | "off") => Ok(Some(false)),
            Some(other) => {
                let problem = Problem::new(ProblemKind::Config, format!("{name} is `{other}`, neither on nor off"));
                Err(problem.hint(format!("write {name}=1 or {name}=0")))
            }
        };
        Ok(Self {
            config: read("QD_CONFIG").map(PathBuf::from),
            environment: read("QD_ENV"),
            context: None,
            kubeconfig: None,
            namespaces: read("QD_NAMESPACE").map(|list| WantedNamespaces::list(&list)),
            theme: read("QD_THEME"),
            low_bandwidth: switch("QD_LOW_BANDWIDTH")?,
            screen_share: switch("QD_SCREEN_SHARE")?,
            ascii: switch("QD_ASCII")?,
            mouse: switch("QD_MOUSE")?,
            colour: read("NO_COLOR").map(|_| Colour::Never),
        })
    }

    /// This layer on top of `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        // `--context` and `--kubeconfig` already say which environment is meant.
        let decided = self.context.is_some() || self.kubeconfig.is_some();
        Self {
            config: self.config.or(below.config),
            environment: self.environment.or(below.environment.filter(|_| !decided)),
            context: self.context.or(below.context),
            kubeconfig: self.kubeconfig.or(below.kubeconfig),
            namespaces: self.namespaces.or(below.namespaces),
            theme: self.theme.or(below.theme),
            low_bandwidth: self.low_bandwidth.or(below.low_bandwidth),
            screen_share: self.screen_share.or(below.screen_share),
            ascii: self.ascii.or(below.ascii),
            mouse: self.mouse.or(below.mouse),
            colour: self.colour.or(below.colour),
        }
    }

    /// Whether the kubeconfig has to be read to know the environments, given what the file says.
    pub fn needs_kubeconfig(&self, file: &File) -> bool {
        let context_is_known = |context: &String| file.environments.iter().any(|e| e.context() == Some(context));
        file.environments.is_empty() || self.kubeconfig.is_some() || self.context.as_ref().is_some_and(|c| !context_is_known(c))
    }
}

impl WantedNamespaces {
    /// Reads a list with commas; `*` means all.
    pub fn list(text: &str) -> Self {
        let names: Vec<String> = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| clean(name).into_owned())
            .collect();
        match names.iter().any(|name| name == "*") {
            true => Self::All,
            false => Self::These(names),
        }
    }
}

/// Puts the layers on top of each other: `wanted` (flags over variables) over `file` over `kubeconfig`.
///
/// # Errors
/// Where there is no environment at all, or not the one asked for.
pub fn merge(wanted: &Wanted, file: File, kubeconfig: FromKubeconfig) -> Result<Config, Problem> {
    let explicit = !file.environments.is_empty() && wanted.kubeconfig.is_none();
    let (mut environments, current) = environments(wanted, &file.environments, kubeconfig, explicit);
    if environments.is_empty() {
        let problem = Problem::new(
            ProblemKind::Config,
            "there is no environment: no configuration file and no kubeconfig context",
        );
        return Err(problem.hint("set KUBECONFIG, or write a configuration with `qd config init`"));
    }
    let asked = asked(wanted, &environments)?;
    if let Some(namespaces) = &wanted.namespaces {
        let chosen = |at: usize| asked.is_none_or(|asked| asked == at);
        let all = environments.iter_mut().enumerate().filter(|(at, _)| chosen(*at));
        for kubernetes in all.filter_map(|(_, environment)| environment.kubernetes.as_mut()) {
            set_namespaces(kubernetes, namespaces);
        }
    }
    Ok(Config {
        environments,
        default_environment: asked.unwrap_or(current),
        chosen: match asked.is_some() || wanted.kubeconfig.is_some() {
            true => Chosen::ByUser,
            false => Chosen::ByState,
        },
        explicit,
        ui: ui(wanted, &file),
        keys: file.keys.into_iter().map(|(command, keys)| (command, keys.0)).collect(),
        guard: file.guard,
        policies: file.policies,
        freezes: file.freezes,
        runbooks: file.runbooks,
        contacts: file.contacts,
        redact: file.redact,
        logs: file.logs,
        plugins: file.plugins,
        panels: super::panels(&file.panels)?,
        dashboards: file.dashboards,
    })
}

/// The environments and the one to open where nobody asks for another.
fn environments(wanted: &Wanted, configured: &[Environment], kubeconfig: FromKubeconfig, explicit: bool) -> (Vec<Environment>, usize) {
    if explicit {
        let mut all = configured.to_vec();
        let known = |context: &String| configured.iter().any(|e| e.context() == Some(context));
        if let Some(context) = wanted.context.as_ref().filter(|context| !known(context)) {
            all.extend(kubeconfig.environments.into_iter().filter(|e| e.context() == Some(context)));
        }
        return (all, 0);
    }
    // A context that the file knows keeps its name, tier and probes there: `--kubeconfig` must not turn a
    // guarded environment into an unknown one.
    let known = |context: &str| configured.iter().find(|e| e.context() == Some(context));
    let merged = kubeconfig
        .environments
        .into_iter()
        .map(|found| match found.context().and_then(known) {
            None => found,
            Some(known) => {
                let mut known = known.clone();
                if let (Some(kubernetes), Some(found)) = (&mut known.kubernetes, found.kubernetes) {
                    kubernetes.kubeconfig = found.kubeconfig;
                }
                known
            }
        });
    (merged.collect(), kubeconfig.current)
}

/// The index of the environment that was asked for.
fn asked(wanted: &Wanted, environments: &[Environment]) -> Result<Option<usize>, Problem> {
    if let Some(context) = &wanted.context {
        let found = environments.iter().position(|e| e.context() == Some(context));
        let known: Vec<&str> = environments.iter().filter_map(Environment::context).collect();
        return found.map(Some).ok_or_else(|| unknown("context", context, &known));
    }
    let Some(name) = &wanted.environment else { return Ok(None) };
    let exact = environments.iter().position(|e| e.name == *name);
    let found = exact.or_else(|| environments.iter().position(|e| e.goes_by(name)));
    let known: Vec<&str> = environments.iter().map(|e| e.name.as_str()).collect();
    found.map(Some).ok_or_else(|| unknown("environment", name, &known))
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Problem {
    let hint = match nearest(name, known) {
        None if known.len() > 12 => format!("there are {} of them; `kubectl config get-contexts` lists them", known.len()),
        _ => suggestion(name, known),
    };
    Problem::new(ProblemKind::Config, format!("unknown {what} `{name}`")).hint(clean(&hint).as_ref())
}

fn set_namespaces(kubernetes: &mut Kubernetes, wanted: &WantedNamespaces) {
    match wanted {
        WantedNamespaces::All => {
            kubernetes.all_namespaces = true;
            kubernetes.namespaces.clear();
        }
        WantedNamespaces::These(names) => {
            kubernetes.all_namespaces = false;
            kubernetes.namespaces.clone_from(names);
        }
    }
}

fn ui(wanted: &Wanted, file: &File) -> Ui {
    let default = Ui::default();
    let file = &file.ui;
    let theme = wanted.theme.clone().or_else(|| file.theme.clone());
    Ui {
        theme: theme.unwrap_or(default.theme),
        colour: wanted.colour.unwrap_or(default.colour),
        ascii: wanted.ascii.or(file.ascii).unwrap_or(default.ascii),
        guide: file.guide.unwrap_or(default.guide),
        mouse: wanted.mouse.or(file.mouse).unwrap_or(default.mouse),
        low_bandwidth: wanted.low_bandwidth.or(file.low_bandwidth).unwrap_or(default.low_bandwidth),
        screen_share: wanted.screen_share.or(file.screen_share).unwrap_or(default.screen_share),
        notify: file.notify.clone().unwrap_or(default.notify),
        favourites: file.favourites.clone(),
        time_zone: file.time_zone.clone().unwrap_or(default.time_zone),
    }
}
