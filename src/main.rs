//! `qd`: reads the command line, loads the configuration, and hands over.
//!
//! The order matters: what answers at once (`--version`, `--help`, completions) comes before anything is read from
//! disk, the configuration before anything is connected, and every start-up error before the terminal is taken.

use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use quarterdeck::app::COMMANDS;
use quarterdeck::app::deeds::Mode;
use quarterdeck::app::open::What;
use quarterdeck::cli::sim::{self, Stage};
use quarterdeck::cli::{self, Cli, Command, ConfigCommand, Demo, PolicyCommand};
use quarterdeck::cli::{check, present, triage};
use quarterdeck::config::layers::{FromKubeconfig, Wanted};
use quarterdeck::config::{Environment, Loaded, Paths, load};
use quarterdeck::ledger::Ledger;
use quarterdeck::ledger::audit::Audit;
use quarterdeck::model::{Problem, ProblemKind};
use quarterdeck::runbook::library::Library;
use quarterdeck::runtime;
use quarterdeck::source::kube::{self, kubeconfig};
use quarterdeck::source::runbooks;

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => start(cli).unwrap_or_else(|problem| cli::fail(&problem)),
        Err(error) => cli::usage(&error),
    }
}

fn start(cli: Cli) -> Result<ExitCode, Problem> {
    if cli.screen_share {
        present::share(&[]);
    }
    let out = &mut present::Out::new(stdout().lock());
    let Some(command) = cli.command.clone() else {
        return cockpit(cli, Paths::of_this_user()?);
    };
    if cli.resource.is_some() {
        let problem = Problem::new(ProblemKind::Config, "a resource and a command at once");
        return Err(problem.hint("`qd pods` opens the cockpit, `qd config check` stands alone"));
    }
    let before = cli.place.clone();
    match command {
        Command::Demo(demo) if demo.list => sim::list(out),
        Command::Demo(demo) => self::demo(cli, &demo),
        Command::Sim(wanted) => {
            cryptography();
            sim::run(&wanted, out)
        }
        Command::Completions { shell } => written(cli::completions(shell, out)),
        Command::Man => written(cli::manual(out)),
        Command::Config(ConfigCommand::Init { config }) => cli::config_init(config.or(before.within.config), &Paths::of_this_user()?, out),
        Command::Config(ConfigCommand::Path { config }) => cli::config_path(config.or(before.within.config), &Paths::of_this_user()?, out),
        Command::Config(ConfigCommand::Check { place, ready, timeout }) => {
            let paths = Paths::of_this_user()?;
            let loaded = loaded(place.over(before).wanted(), &paths)?;
            let trusted = || Ledger::new(paths.state.clone()).trusted().unwrap_or_default();
            let library = ready.then(|| runbooks::library(&loaded.config.runbooks, &trusted()));
            check::print(&checked(&loaded, timeout, library.as_ref())?, out)
        }
        Command::Logs(wanted) => {
            let place = wanted.place.clone().over(before);
            let paths = Paths::of_this_user()?;
            let audit = Audit::of_process(&paths.state);
            cryptography();
            let loaded = if cli::logs::is_about_files(&wanted) {
                loaded_for_files(&place.clone().wanted(), &paths)?
            } else {
                loaded(place.clone().wanted(), &paths)?
            };
            cli::logs::run(&wanted, &loaded, &place, &audit, out)
        }
        Command::Forward(_) if cli.read_only => {
            let problem = Problem::new(ProblemKind::Denied, "--read-only opens no forward");
            Err(problem.hint("a forward reaches into the cluster, whoever writes there"))
        }
        Command::Forward(wanted) => {
            let place = wanted.place.clone().over(before);
            let paths = Paths::of_this_user()?;
            let loaded = loaded(place.clone().wanted(), &paths)?;
            cryptography();
            cli::forward::run(&wanted, &loaded, &place, &Audit::of_process(&paths.state), out)
        }
        Command::Policy(PolicyCommand::Check { place }) => {
            let loaded = loaded(place.over(before).wanted(), &Paths::of_this_user()?)?;
            cli::policy::run(&loaded.config, out)
        }
        Command::Runbook(cli::runbook::RunbookCommand::Run(wanted)) => {
            let paths = Paths::of_this_user()?;
            let mode = if cli.read_only { Mode::ReadOnly } else { Mode::Changing };
            let loaded = loaded(wanted.place.clone().over(before).wanted(), &paths)?;
            cryptography();
            cli::runbook::walk(&wanted, loaded, paths, mode, out)
        }
        Command::Runbook(cli::runbook::RunbookCommand::Resume(wanted)) => {
            let paths = Paths::of_this_user()?;
            let mode = if cli.read_only { Mode::ReadOnly } else { Mode::Changing };
            let loaded = loaded(wanted.place.clone().over(before).wanted(), &paths)?;
            cryptography();
            cli::runbook::resume(&wanted, loaded, paths, mode, out)
        }
        Command::Runbook(wanted) => {
            let paths = Paths::of_this_user()?;
            let files_alone = |_: &[PathBuf]| {
                Ok(FromKubeconfig {
                    environments: vec![for_files()],
                    current: 0,
                })
            };
            let wants = wanted.place().clone().over(before).wanted();
            let loaded = load(wants, &paths, &known_commands(), files_alone)?;
            let audit = Audit::of_process(&paths.state);
            cli::runbook::run(&wanted, &loaded.config, &Ledger::new(paths.state), &audit, out)
        }
        Command::Audit(wanted) => cli::audit::run(&wanted, &Audit::of_process(&Paths::of_this_user()?.state), out),
        Command::View(wanted) => {
            let paths = Paths::of_this_user()?;
            let loaded = loaded_for_files(&cli.wanted(), &paths)?;
            cryptography();
            runtime::run(runtime::Options {
                loaded,
                paths,
                resource: None,
                logs: Some(cli::logs::files(&wanted.files)),
                what: None,
                mode: Mode::ReadOnly,
            })
        }
        Command::Open(wanted) => {
            let mut cli = cli;
            cli.place = wanted.place.over(before);
            let loaded = loaded(cli.wanted(), &Paths::of_this_user()?)?;
            let what = cli::open::read(&wanted.what, &loaded)?;
            opened(cli, loaded, Paths::of_this_user()?, Some(what))
        }
        Command::Triage(wanted) => {
            let paths = Paths::of_this_user()?;
            let asked = triage::asked(&wanted, before, |wanted| loaded(wanted, &paths))?;
            cryptography();
            triage::run(asked, &wanted, out)
        }
    }
}

/// The cockpit: directories, configuration, cryptography, and then the screen.
fn cockpit(cli: Cli, paths: Paths) -> Result<ExitCode, Problem> {
    let loaded = loaded(cli.wanted(), &paths)?;
    opened(cli, loaded, paths, None)
}

fn opened(cli: Cli, loaded: Loaded, paths: Paths, what: Option<What>) -> Result<ExitCode, Problem> {
    cryptography();
    let options = runtime::Options {
        loaded,
        paths,
        mode: if cli.read_only { Mode::ReadOnly } else { Mode::Changing },
        resource: cli.resource,
        logs: None,
        what,
    };
    runtime::run(options)
}

/// The cockpit over a platform that is simulated meanwhile. It is the same cockpit: only its directories differ.
fn demo(mut cli: Cli, demo: &Demo) -> Result<ExitCode, Problem> {
    runtime::needs_a_terminal()?;
    cryptography();
    let stage = Stage::set(demo)?;
    let paths = stage.paths(Paths::of_this_user()?);
    // A flag, so that no variable of the user's leads elsewhere.
    cli.place.within.config = Some(paths.config.clone());
    cockpit(cli, paths)
}

fn checked(loaded: &Loaded, timeout: Duration, ready: Option<&Library>) -> Result<Vec<check::Line>, Problem> {
    cryptography();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(ProblemKind::Server, format!("cannot start: {error}")))?;
    runtime.block_on(check::check(&loaded.config, timeout, ready, async |environment: &Environment| {
        kube::check::check(environment).await
    }))
}

fn loaded(wanted: Wanted, paths: &Paths) -> Result<Loaded, Problem> {
    load(wanted, paths, &known_commands(), from_kubeconfig).map(shared)
}

/// The same for who reads files: that needs no cluster, and no kubeconfig that is in order.
fn loaded_for_files(wanted: &Wanted, paths: &Paths) -> Result<Loaded, Problem> {
    let files_alone = |_: &[PathBuf]| {
        Ok(FromKubeconfig {
            environments: vec![for_files()],
            current: 0,
        })
    };
    let loaded = load(wanted.clone(), paths, &known_commands(), from_kubeconfig);
    let mut loaded = loaded.or_else(|_| load(wanted.clone(), paths, &known_commands(), files_alone))?;
    loaded.config.environments = vec![for_files()];
    loaded.config.default_environment = 0;
    Ok(shared(loaded))
}

/// Covers what the configuration names as an identifier, where others look on.
fn shared(mut loaded: Loaded) -> Loaded {
    let config = &mut loaded.config;
    config.ui.screen_share |= present::is_shared();
    if config.ui.screen_share {
        present::share(&config.redact.identifiers);
    }
    loaded
}

/// Where files are read that belong to no cluster.
fn for_files() -> Environment {
    Environment {
        name: "files".to_owned(),
        label: "files".to_owned(),
        tier: quarterdeck::config::Tier::Open,
        ..Environment::default()
    }
}

/// The commands that `[keys]` may name.
fn known_commands() -> Vec<&'static str> {
    COMMANDS.iter().map(|row| row.name).collect()
}

/// The contexts of the kubeconfig, as environments.
fn from_kubeconfig(files: &[PathBuf]) -> Result<FromKubeconfig, Problem> {
    let paths = if files.is_empty() {
        kubeconfig::default_paths()
    } else {
        files.to_vec()
    };
    let found = kubeconfig::load(&paths)?;
    let (environments, current) = kubeconfig::environments(&found, files);
    Ok(FromKubeconfig { environments, current })
}

/// One TLS stack for every client of this process.
fn cryptography() {
    // An error means that it is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn written(result: std::io::Result<()>) -> Result<ExitCode, Problem> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Problem::new(ProblemKind::Server, format!("cannot write the result: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
