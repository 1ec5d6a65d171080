//! The command line: what can be asked of `qd`, and the commands that need no screen.
//!
//! Errors are one line and a hint on stderr. Exit codes: 0 ok, 1 something found or failed, 2 wrong usage or unavailable.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::config::layers::{Wanted, WantedNamespaces};
use crate::config::{Colour, Paths};
use crate::model::{Problem, clean, parse_duration};

pub mod audit;
pub mod check;
pub mod forward;
mod http;
mod init;
pub mod logs;
mod man;
pub mod open;
pub mod policy;
pub mod present;
mod ready;
mod report;
pub mod runbook;
pub mod sim;
pub mod triage;

pub use report::{fail, usage};

/// Something was found, or a check failed.
pub const FINDINGS: u8 = 1;
/// Wrong usage, a broken configuration, or nothing to work with.
pub const UNAVAILABLE: u8 = 2;

/// The terminal cockpit for the engineer on call
#[derive(Clone, Debug, Parser)]
#[command(name = "qd", version, max_term_width = 100, subcommand_precedence_over_arg = true)]
#[command(
    disable_help_subcommand = true,
    override_usage = "qd [OPTIONS] [RESOURCE]\n       qd [OPTIONS] <COMMAND>"
)]
pub struct Cli {
    #[command(flatten)]
    pub place: Place,
    /// Change nothing: no plan is made, nothing is sent that writes
    #[arg(long)]
    pub read_only: bool,
    /// Use few frames and few bytes, for slow links
    #[arg(long)]
    pub low_bandwidth: bool,
    /// Others look on: cover e-mail and IP addresses, account numbers and `[redact] identifiers`
    #[arg(long)]
    pub screen_share: bool,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// Colours: deck, paper, contrast, okabe, or a file in the themes directory
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Use no colours (also: NO_COLOR is set)
    #[arg(long)]
    pub no_color: bool,
    /// What to open first, as kubectl spells it: pods, deploy/backend
    #[arg(value_name = "RESOURCE", value_parser = Resource::parse)]
    pub resource: Option<Resource>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Where to look: the flags that choose configuration, environment and namespaces.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// The environment, by its name, label or alias
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    #[command(flatten)]
    pub within: Within,
}

/// The same without the environment, of which a command may take several.
#[derive(Args, Clone, Debug, Default)]
pub struct Within {
    /// Namespaces to show, with commas between them
    #[arg(short, long, value_name = "NS")]
    pub namespace: Option<String>,
    /// Show all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// The environment of this kubeconfig context, configured or not
    #[arg(long, value_name = "CTX", conflicts_with = "env")]
    pub context: Option<String>,
    /// Take the environments from this kubeconfig's contexts
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Configuration file (`qd config path` says which one is used)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `qd` does besides opening the cockpit.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Write, check or find the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Say what is wrong, since when and why, without a terminal: for scripts and chat
    Triage(Triage),
    /// Open the cockpit on an alert, a page of Prometheus, Alertmanager or Grafana, or an object
    Open(Open),
    /// Print logs: of pods, workloads, CloudWatch groups and files, merged in the order of time
    Logs(Logs),
    /// Forward ports of this machine to a pod, a workload or a service, and stay with it when its pod goes
    Forward(Forward),
    /// Open saved logs in the log view; `-` is standard input
    View(View),
    /// Say what is asked before something is changed, in each environment
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Runbooks: list, show and check pages of Markdown that can be walked
    #[command(subcommand)]
    Runbook(runbook::RunbookCommand),
    /// Print the audit: what was done, by whom, and what became of it
    Audit(Audit),
    /// Open the cockpit over a simulated platform with an incident going on; needs nothing
    Demo(Demo),
    /// Run the simulated platform alone, in the foreground, for kubectl and every other client
    Sim(Sim),
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
}

/// `qd logs …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
QUERY, any number of words that add up:
  deploy/backend            every pod of a workload (also sts, ds, job, svc …)
  pod/NAME                  one pod
  PATTERN                   pods whose names match
  app=web,tier!=batch       pods with these labels
  !PATTERN                  but no pod or container that matches
  c:PATTERN                 only containers that match
  cloudwatch:GROUP          log groups of CloudWatch, * for anything
  file:PATH                 a file

JSON (-o json), one object a line: {\"time\", \"source\", \"level\", \"text\"}, or with \"note\" instead of
\"level\" where something happened to a stream (a gap, a reconnect).

Exit status: 0 all was read, 1 some logs could not be read, 2 nothing fits or nothing can be reached.")]
pub struct Logs {
    /// What to read [default: every pod]
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    #[command(flatten)]
    pub place: Place,
    /// Lines of the last so much time: 90s, 10m, 2h
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub since: Option<Duration>,
    /// The last so many lines of each container
    #[arg(long, value_name = "N")]
    pub tail: Option<u32>,
    /// The run before the last restart
    #[arg(short, long, conflicts_with = "follow")]
    pub previous: bool,
    /// Go on as lines are written, of new pods as well
    #[arg(short, long)]
    pub follow: bool,
    /// Only lines that match: text or a regular expression, with ! in front those that do not
    #[arg(long, value_name = "RE")]
    pub grep: Option<String>,
    /// Where from: pod, or cloudwatch:GROUP
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// A file; - is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<String>,
    /// The time before each line
    #[arg(long)]
    pub timestamps: bool,
    /// What it is written for: eyes, a program, or as it came
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: LogOutput,
    /// Print secrets as they are. This is audited, and refused in guarded environments that
    /// `[redact] allow_unmasked` does not name
    #[arg(long)]
    pub no_redact: bool,
}

/// How lines are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogOutput {
    /// The line, with its source before it where there are several
    #[default]
    Text,
    /// One object a line
    Json,
    /// The line and nothing else
    Raw,
}

/// `qd open …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
WHAT:
  HighErrorRate                     the alert of this name, in whatever environment it fires
  prod/HighErrorRate                the same in one environment
  'PodCrashLooping{pod=\"web-1\"}'    the one of several with these labels
  https://prometheus…/graph?…       the question of a Prometheus, with its range
  https://alertmanager…/#/alerts?…  the alert that its filter names; also #/silences/ID
  https://grafana…/d/…?var-…        the panels of what its variables name, with its range; also explore
  prod/default/deploy/backend       an object: ENV/NAMESPACE/KIND/NAME, - for no namespace
  prod                              an environment

Which environment an address belongs to says the configuration; where it does not, --env does.

Exit status: 2 where it is not understood, with what may be given.")]
pub struct Open {
    /// An alert, an address or an object
    #[arg(value_name = "WHAT")]
    pub what: String,
    #[command(flatten)]
    pub place: Place,
}

/// `qd view …`
#[derive(Args, Clone, Debug)]
pub struct View {
    /// Files; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
}

/// `qd forward …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  qd forward svc/backend 8080:http      port 8080 here leads to what the service calls http
  qd forward postgres-0 5432            the same number here and there
  qd forward deploy/web :80 :9090       ports that are free here; more than one at once

It leads to the newest pod that is ready, and to the next one when that goes. It is written into
the audit. A guarded environment asks first; in a script --yes says it.

Exit status: 0 it was ended by ctrl-c or a signal, 1 nobody agreed, 2 wrong usage, a port that is
taken, or nothing can be reached.")]
pub struct Forward {
    /// Where to, as kubectl spells it: a pod, or svc/NAME, deploy/NAME, sts/NAME …
    #[arg(value_name = "OBJECT")]
    pub object: String,
    /// HERE:THERE, THERE for both, or :THERE for any that is free here; THERE is a number or a name
    #[arg(value_name = "PORT", required = true)]
    pub ports: Vec<String>,
    /// Where to listen on this machine, with commas between them [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub address: Vec<String>,
    /// Do not ask, where an environment wants to be asked for
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub place: Place,
}

/// `qd policy …`
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print what is asked by environment and harm, policies and freezes; status 1: a policy is about nothing
    Check {
        #[command(flatten)]
        place: Place,
    },
}

/// `qd audit …`
#[derive(Args, Clone, Debug)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub struct Audit {
    /// Lines of the last so much time: 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub since: Option<Duration>,
    /// What it is written for: eyes, a program, or a shell
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: AuditOutput,
    #[command(subcommand)]
    pub command: Option<AuditCommand>,
}

/// How the audit is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AuditOutput {
    #[default]
    Text,
    /// The lines as they are in the files
    Json,
    /// The commands that do the same by hand, each below who did it and when
    Sh,
}

/// `qd audit verify`
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no line was changed, taken out or put in
    Verify,
}

/// `qd triage …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = triage::CONTRACT)]
pub struct Triage {
    /// The environment, by its name, label or alias; once more for another [default: the worst]
    #[arg(long, value_name = "NAME")]
    pub env: Vec<String>,
    #[command(flatten)]
    pub within: Within,
    /// What it is written for: a person, a program, or a chat
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,
    /// How long to wait for what the clusters tell, in seconds
    #[arg(long, value_name = "SECS", default_value = "10", value_parser = parse_timeout)]
    pub timeout: Duration,
}

/// What a report is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Text,
    Json,
    Md,
}

/// `qd demo …`
#[derive(Args, Clone, Debug)]
pub struct Demo {
    /// What goes wrong: the name of a built-in scenario (see --list), or a file
    #[arg(long, value_name = "NAME", default_value = "bad-deploy")]
    pub scenario: String,
    /// Another seed gives other names and other noise
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Print the built-in scenarios
    #[arg(long)]
    pub list: bool,
}

/// `qd sim …`
#[derive(Args, Clone, Debug)]
pub struct Sim {
    /// What goes wrong: the name of a built-in scenario (`qd demo --list`), or a file
    #[arg(long, value_name = "NAME", default_value = "bad-deploy")]
    pub scenario: String,
    /// Where kubeconfig and qd.toml are written [default: a directory that goes at the end]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Another seed gives other names and other noise
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The Kubernetes version to play
    #[arg(long, value_name = "VERSION", default_value = "1.36", value_parser = ["1.20", "1.36"])]
    pub api: String,
    /// How fast the world's time runs: 10 is ten times as fast, 0.1 is slow
    #[arg(long, value_name = "TIMES", default_value_t = 1.0, value_parser = parse_speed)]
    pub speed: f64,
    /// The first of the ports to listen on, one for each interface [default: free ones]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Tell every request that the interfaces did not know
    #[arg(short, long)]
    pub verbose: bool,
}

/// `qd config …`
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a commented starter file; never overwrites one
    Init {
        /// Where to write it [default: the usual place]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Read the configuration, connect to each endpoint of each environment, and report
    Check {
        #[command(flatten)]
        place: Place,
        /// Also: credentials of both identities and when they end, clocks, where from, and the right to do every
        /// step of the installed runbooks
        #[arg(long)]
        ready: bool,
        /// How long each endpoint may take, in seconds
        #[arg(long, value_name = "SECS", default_value = "5", value_parser = parse_timeout)]
        timeout: Duration,
    },
    /// Print where the configuration, the state and the themes are
    Path {
        /// The configuration file to speak of [default: the usual place]
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// A kind and perhaps a name, as kubectl spells them: `pods`, `deploy/backend`, `certificates.cert-manager.io`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Plural, singular, short name or kind; what it means is for the API server's discovery to say.
    pub kind: String,
    pub name: Option<String>,
}

impl Resource {
    /// Reads `kind` or `kind/name`.
    ///
    /// # Errors
    /// What is wrong with it, as a person would say it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "expected a kind or kind/name, as in pods or deploy/backend".to_owned();
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (kind, Some(name)),
            None => (text, None),
        };
        let good = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':'))
        };
        match good(kind) && name.is_none_or(good) {
            true => Ok(Self {
                kind: kind.to_lowercase(),
                name: name.map(str::to_owned),
            }),
            false => Err(wrong()),
        }
    }
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .or_else(|| parse_duration(text))
        .filter(|seconds| (1..=3_600).contains(seconds));
    match seconds.and_then(|seconds| u64::try_from(seconds).ok()) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err("expected between 1 and 3600 seconds".into()),
    }
}

fn parse_speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (0.001..=1000.0).contains(speed));
    speed.ok_or_else(|| "expected between 0.001 and 1000".into())
}

impl Place {
    /// The flags of a command over those before it: `qd --env prod config check` and `qd config check --env prod` are the same.
    #[must_use]
    pub fn over(self, before: Self) -> Self {
        Self {
            env: self.env.or(before.env),
            within: self.within.over(before.within),
        }
    }

    /// As a layer of the configuration.
    pub fn wanted(self) -> Wanted {
        let Within {
            namespace,
            all_namespaces,
            context,
            kubeconfig,
            config,
        } = self.within;
        let namespaces = match (all_namespaces, namespace) {
            (true, _) => Some(WantedNamespaces::All),
            (false, names) => names.map(|names| WantedNamespaces::list(&names)),
        };
        Wanted {
            config,
            environment: self.env,
            context,
            kubeconfig,
            namespaces,
            ..Wanted::default()
        }
    }
}

impl Within {
    /// The flags of a command over those before it.
    #[must_use]
    pub fn over(self, before: Self) -> Self {
        Self {
            namespace: self.namespace.or(before.namespace),
            all_namespaces: self.all_namespaces || before.all_namespaces,
            context: self.context.or(before.context),
            kubeconfig: self.kubeconfig.or(before.kubeconfig),
            config: self.config.or(before.config),
        }
    }
}

/// `90s`, `10m`, `2h`, `1d`.
fn span(text: &str) -> Result<Duration, String> {
    let seconds = parse_duration(text)
        .filter(|seconds| *seconds > 0)
        .and_then(|seconds| u64::try_from(seconds).ok());
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("{text:?} is no time: 90s, 10m or 2h is meant"))
}

impl Cli {
    /// The flags, as a layer of the configuration.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            theme: self.theme.as_deref().map(|name| clean(name).into_owned()),
            low_bandwidth: self.low_bandwidth.then_some(true),
            screen_share: self.screen_share.then_some(true),
            ascii: self.ascii.then_some(true),
            colour: self.no_color.then_some(Colour::Never),
            ..self.place.clone().wanted()
        }
    }
}

/// Prints the completion script of a shell.
///
/// # Errors
/// Where standard output cannot be written.
pub fn completions(shell: clap_complete::Shell, out: &mut impl Write) -> std::io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "qd", &mut script);
    out.write_all(&script)
}

/// Prints the manual page.
///
/// # Errors
/// Where standard output cannot be written.
pub fn manual(out: &mut impl Write) -> std::io::Result<()> {
    man::write(Cli::command(), out)
}

/// `qd config init`: writes a starter file, never over another.
///
/// # Errors
/// Where there already is one, or it cannot be written.
pub fn config_init(config: Option<PathBuf>, paths: &Paths, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let path = crate::config::load::config_path(config.as_deref(), paths);
    init::write_starter(&path)?;
    report::print(out, &format!("wrote {}\n", path.display()))
}

/// `qd config path`: prints where things are.
///
/// # Errors
/// Where standard output cannot be written.
pub fn config_path(config: Option<PathBuf>, paths: &Paths, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let config = crate::config::load::config_path(config.as_deref(), paths);
    let note = match config.exists() {
        true => "",
        false => "  (not there; `qd config init` writes it)",
    };
    let (state, themes) = (paths.state.display(), paths.themes.display());
    report::print(
        out,
        &format!("config  {}{note}\nstate   {state}\nthemes  {themes}\n", config.display()),
    )
}
