//! What the start needs from outside: directories, the environment, the last session.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::action::forward::ForwardSpec;
use crate::action::stage::News;
use crate::app::deeds::Mode;
use crate::app::open::What;
use crate::app::session::Session;
use crate::app::start::{Opening, is_resumable};
use crate::cli::Resource;
use crate::config::{Chosen, Colour, Config, Loaded, Paths};
use crate::ledger::Ledger;
use crate::ledger::audit::{Audit, AuditEvent};
use crate::model::{EnvId, KNOWN, Kind, LogQuery, Namespaces, Problem, ProblemKind};
use crate::runbook::library::Library;
use crate::runbook::value::Process;
use crate::ui::Look;
use crate::ui::theme::{Depth, Glyphs, Theme};

/// What the cockpit starts with.
#[derive(Clone, Debug)]
pub struct Options {
    pub loaded: Loaded,
    pub paths: Paths,
    /// What to open first; absent: pods.
    pub resource: Option<Resource>,
    /// Logs to open instead.
    pub logs: Option<LogQuery>,
    /// What `qd open` was given.
    pub what: Option<What>,
    /// Whether anything may be changed.
    pub mode: Mode,
}

/// Theme, glyphs and time zone.
pub(super) fn look(config: &Config, paths: &Paths) -> Result<Look, Problem> {
    let variable = |name: &str| std::env::var(name).ok();
    let depth = match config.ui.colour {
        Colour::Never => Depth::None,
        Colour::Auto => Depth::detect(variable),
    };
    let glyphs = if config.ui.ascii { Glyphs::Ascii } else { Glyphs::detect(variable) };
    let own = std::fs::read_to_string(paths.themes.join(Path::new(&config.ui.theme).with_extension("toml"))).ok();
    let theme = Theme::load(&config.ui.theme, own.as_deref(), depth, glyphs)?;
    let zone = match config.ui.time_zone.as_str() {
        "" => jiff::tz::TimeZone::system(),
        name => jiff::tz::TimeZone::get(name).map_err(|_| {
            Problem::new(ProblemKind::Config, format!("[ui] time_zone: there is no time zone {name}")).hint("as in Europe/Paris")
        })?,
    };
    Ok(Look { theme, zone })
}

/// Which environment comes first, and what in it.
pub(super) fn opening(options: &Options, ledger: &Ledger) -> Opening {
    let config = &options.loaded.config;
    let session = ledger.session();
    let named = config.chosen == Chosen::ByUser;
    let last = session
        .as_ref()
        .and_then(|s: &Session| config.environments.iter().position(|e| e.name == s.environment));
    let meant = options.what.as_ref().and_then(|what| what.env);
    let index = if let Some(env) = meant {
        usize::from(env.0)
    } else if named {
        config.default_environment
    } else {
        last.filter(|_| config.explicit).unwrap_or(config.default_environment)
    };
    let library = crate::source::runbooks::library(&config.runbooks, &ledger.trusted().unwrap_or_default());
    let resumable = session.as_ref().is_some_and(|session| is_resumable(session, is_alive)) && options.resource.is_none() && !named;
    Opening {
        env: EnvId(u16::try_from(index).unwrap_or_default()),
        named,
        namespaces: None::<Namespaces>,
        resource: options.resource.as_ref().map(|r| (kind(&r.kind), r.name.clone())),
        session,
        resumable: resumable && options.logs.is_none() && options.what.is_none(),
        logs: options.logs.clone(),
        what: options.what.clone(),
        pid: std::process::id(),
        mode: options.mode,
        forwards: forwards(config, ledger),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        process: process(&library),
        library: Some(Arc::new(library)),
        open_walk: ledger
            .open_runs()
            .into_iter()
            .find(|found| !found.is_walked)
            .map(|found| found.walk.book),
        user: std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default(),
        zone: Some(jiff::tz::TimeZone::system()),
    }
}

/// What pages take from the environment of this process.
pub(super) fn process(library: &Library) -> Process {
    let mut process = Process::default();
    let variable = |name: &str| std::env::var(name).ok();
    library.iter().for_each(|page| process.add(&page.book, &variable));
    process
}

/// The forwards of the last time. A file that cannot be read is as good as none, until something is to be saved.
fn forwards(config: &Config, ledger: &Ledger) -> Vec<ForwardSpec> {
    let of = |environment: &crate::config::Environment| ledger.forwards(&environment.name).unwrap_or_default();
    config.environments.iter().flat_map(of).collect()
}

/// The kind that a word of the command line means, before any server could be asked: what is not known by
/// heart is taken as a resource name with its group (`certificates.cert-manager.io`).
fn kind(word: &str) -> Kind {
    if let Some(known) = KNOWN.iter().find(|k| k.resource == word || k.short.contains(&word)) {
        return Kind::Known(known.known);
    }
    let (resource, group) = word.split_once('.').unwrap_or((word, ""));
    Kind::of(group, resource)
}

/// Whether a process of this number runs. Where that cannot be told, it is taken to: better not offered than stolen.
fn is_alive(pid: u32) -> bool {
    pid == std::process::id() || Path::new("/proc").join(pid.to_string()).exists() || !Path::new("/proc/self").exists()
}

/// Of another machine it cannot be told whether the program still runs there: for so long (seconds) it is taken to.
const AT_WORK: i64 = 24 * 60 * 60;

/// Tells which changes of earlier runs have no outcome, if there are any, and writes down that they never will.
pub(super) fn tell_open_intents(audit: Audit, tell: mpsc::Sender<News>) {
    tokio::task::spawn_blocking(move || {
        let Ok(open) = audit.open_intents() else { return };
        let now = jiff::Timestamp::now();
        // A forward without an end changed nothing.
        let changes = open
            .into_iter()
            .filter(|event| !matches!(event.data.action.as_str(), "forward" | "port-forward"));
        let is_at_work = |event: &AuditEvent| match event.pid() {
            Some(pid) if event.host() == audit.actor().host => is_alive(pid),
            _ => now.as_second() - event.time.as_second() < AT_WORK,
        };
        let lost: Vec<AuditEvent> = changes.filter(|event| !is_at_work(event)).collect();
        let told: Vec<(String, String)> = lost
            .iter()
            .map(|event| (event.time.strftime("%d %b %H:%MZ").to_string(), event.data.command.clone()))
            .collect();
        if told.is_empty() || tell.blocking_send(News::Open(told)).is_err() {
            return;
        }
        // Told once is enough: the audit keeps it.
        for event in lost {
            if let Err(problem) = audit.close(&event, now) {
                let _ = tell.blocking_send(News::Unrecorded(problem));
                return;
            }
        }
    });
}

/// Runs a command in the terminal, with nothing of ours in between.
pub(super) async fn child(argv: &[String]) -> Result<(), Problem> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(Problem::new(ProblemKind::Config, "no login command is configured").hint("login = \"…\" in the environment's section"));
    };
    println!("qd: {}", argv.join(" "));
    let status = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .status()
        .await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Problem::new(ProblemKind::Login, format!("{program} ended with {status}"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let problem = Problem::new(ProblemKind::Login, format!("the login command {program} is not on PATH"));
            Err(problem.hint("install it, or set login = \"…\" in the environment's section"))
        }
        Err(error) => Err(Problem::new(ProblemKind::Login, format!("cannot run {program}: {error}"))),
    }
}
