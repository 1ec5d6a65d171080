//! `qd demo` and `qd sim`: the simulated platform, with the cockpit over it or alone.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use super::report;
use super::{Demo, Sim};
use crate::config::Paths;
use crate::model::{Problem, ProblemKind};
use crate::sim::clock::Pace;
use crate::sim::kube::Version;
use crate::sim::platform::{Guide, Platform, Site, Wanted};
use crate::sim::scenario;

/// A platform for a demo, and the directory that holds all that the cockpit reads and writes meanwhile. Both are
/// gone when it is dropped.
#[derive(Debug)]
pub struct Stage {
    /// First, so that it ends before its files go.
    _platform: Platform,
    directory: tempfile::TempDir,
}

impl Stage {
    /// Starts what `qd demo` needs.
    ///
    /// # Errors
    /// An unknown scenario; no room for a temporary directory; no free ports.
    pub fn set(demo: &Demo) -> Result<Self, Problem> {
        let wanted = Wanted {
            seed: demo.seed,
            ..Wanted::new(scenario::load(&demo.scenario)?)
        };
        let directory = temporary()?;
        let platform = Platform::start(wanted)?;
        platform.write(directory.path(), Guide::Shown)?;
        Ok(Self {
            _platform: platform,
            directory,
        })
    }

    /// Where the cockpit finds its configuration, and keeps its state: nothing of the user's own is read or written,
    /// but the themes.
    pub fn paths(&self, user: Paths) -> Paths {
        Paths {
            config: self.directory.path().join("qd.toml"),
            state: self.directory.path().join("state"),
            ..user
        }
    }
}

fn temporary() -> Result<tempfile::TempDir, Problem> {
    let made = tempfile::Builder::new().prefix("quarterdeck-").tempdir();
    made.map_err(|error| Problem::new(ProblemKind::Config, format!("no temporary directory can be made: {error}")).hint("set TMPDIR"))
}

/// `qd demo --list`
///
/// # Errors
/// Where standard output cannot be written.
pub fn list(out: &mut impl Write) -> Result<ExitCode, Problem> {
    let scenarios = scenario::builtin();
    let widest = scenarios.iter().map(|s| s.name.len()).max().unwrap_or(0);
    let lines: String = scenarios.iter().map(|s| format!("{:widest$}  {}\n", s.name, s.title)).collect();
    report::print(out, &lines)
}

/// `qd sim`: serves until it is interrupted.
///
/// # Errors
/// An unknown scenario, a taken port, a directory that cannot be written.
pub fn run(sim: &Sim, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let wanted = Wanted {
        scenario: scenario::load(&sim.scenario)?,
        seed: sim.seed,
        version: if sim.api == "1.20" { Version::V1_20 } else { Version::V1_36 },
        pace: Pace::Times(sim.speed),
        port: sim.port,
    };
    let title = format!("{}: {}", wanted.scenario.name, wanted.scenario.title);
    let temporary = if sim.dir.is_none() { Some(temporary()?) } else { None };
    let directory = sim.dir.as_deref().or(temporary.as_ref().map(tempfile::TempDir::path));
    let platform = Platform::start(wanted)?;
    let config = platform.write(directory.unwrap_or_else(|| std::path::Path::new(".")), Guide::Hidden)?;
    report::print(out, &opening(&title, sim, &platform, &config))?;
    let _ = out.flush();
    wait(sim, &platform, out)?;
    Ok(ExitCode::SUCCESS)
}

/// What is served, and how to reach it.
fn opening(title: &str, sim: &Sim, platform: &Platform, config: &std::path::Path) -> String {
    let mut text = format!("{title}\nKubernetes {}, time × {}, seed {}\n\n", sim.api, sim.speed, sim.seed);
    for Site { place, .. } in &platform.sites {
        for (name, url) in [
            ("kubernetes", &place.kubernetes),
            ("prometheus", &place.prometheus),
            ("alertmanager", &place.alertmanager),
            ("cloudwatch", &place.cloudwatch),
            ("health", &place.health),
        ] {
            text += &format!("{:<12} {name:<13} {url}\n", place.environment.name());
        }
    }
    let kubeconfig = config.with_file_name("kubeconfig");
    text + &format!(
        "\nqd --config {}\nkubectl --kubeconfig {} get pods\n\nready; ctrl-c ends it\n",
        config.display(),
        kubeconfig.display()
    )
}

/// Until the user or the system ends it. Meanwhile, and at the end, what nobody knew is told, if that is wanted.
fn wait(sim: &Sim, platform: &Platform, out: &mut impl Write) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::new(ProblemKind::Server, format!("signals cannot be waited for: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(failed)?;
        let mut told = Vec::new();
        let mut look = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => return interrupted.map_err(failed),
                _ = terminate.recv() => return Ok(()),
                _ = look.tick(), if sim.verbose => {
                    let unknown = unknown(platform);
                    for (row, count) in &unknown {
                        let before = told.iter().find(|(known, _)| known == row).map_or(0, |(_, count)| *count);
                        if *count != before {
                            report::print(out, &format!("unknown  {row}  ({count})\n"))?;
                            let _ = out.flush();
                        }
                    }
                    told = unknown;
                }
            }
        }
    })
}

/// What was asked and not known, with how often.
fn unknown(platform: &Platform) -> Vec<(String, u64)> {
    let desks = platform
        .sites
        .iter()
        .flat_map(|site| site.desks.iter().map(|(name, desk)| (site.place.environment.name(), *name, desk)));
    desks
        .flat_map(|(environment, name, desk)| {
            let rows = desk.unknown().into_iter();
            rows.map(move |(route, count)| (format!("{environment} {name}  {route}"), count))
        })
        .collect()
}
