//! `qd runbook run` and `qd runbook resume`: from the command line to a walk, or a check.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::check::{self, Check};
use super::start::Start;
use super::talk::{Begin, Talk};
use super::{Format, find};
use crate::app::deeds::Mode;
use crate::cli::{Place, report};
use crate::config::{Chosen, Loaded, Paths};
use crate::ledger::{Found, Ledger};
use crate::model::{Problem, ProblemKind};
use crate::runtime::{Options, lines};
use crate::source::runbooks;

/// `qd runbook run …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Without --check the page is walked in plain lines, as on the screen: what is proven to read runs by
itself, what changes something shows its plan and is asked about, and what is typed decides. ? says
what can be typed; q leaves, and `qd runbook resume` goes on.

--check runs each step that is proven to read, once, in the order of the page, follows no decision,
changes nothing, and says which expectations hold; a wait looks once.

Exit status: 0 the walk is done, 1 it was left before its end, 2 the page cannot be used.

Exit status with --check: 0 all that ran is as the page expects, 1 something is not, 2 something
could not be seen, nothing could be run, or the page cannot be used.")]
pub struct Run {
    /// The name of a page, or a file
    #[arg(value_name = "NAME|FILE")]
    pub page: String,
    /// Run only what reads, and say which expectations hold
    #[arg(long)]
    pub check: bool,
    /// A value of a variable; once more for another
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// What the result of --check is written for: eyes, or a program
    #[arg(short, long, value_name = "FORMAT", default_value = "text", requires = "check")]
    pub output: Format,
    #[command(flatten)]
    pub place: Place,
}

/// `qd runbook resume …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Goes on in plain lines with a walk that was left: by ctrl-c, a connection that broke, the end of a
shift. In the cockpit `:resume-walk` does the same.

Exit status: 0 the walk is done, 1 it was left before its end, 2 there is none that can be gone on with.")]
pub struct Resume {
    /// The walk, or the beginning of its name [default: the newest that is open]
    #[arg(value_name = "WALK")]
    pub id: Option<String>,
    /// Print the walks that are open, the newest first
    #[arg(long, conflicts_with = "id")]
    pub list: bool,
    #[command(flatten)]
    pub place: Place,
}

/// Goes on with a walk.
///
/// # Errors
/// There is none, or what it was of is not here any more.
pub fn resume(wanted: &Resume, mut loaded: Loaded, paths: Paths, mode: Mode, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let ledger = Ledger::new(paths.state.clone());
    let open = ledger.open_runs();
    if wanted.list {
        return report::print(out, &list(&open));
    }
    let found = match &wanted.id {
        Some(id) => ledger.run(id)?,
        None => {
            let newest = open.into_iter().find(|found| !found.is_walked);
            let none = || Problem::new(ProblemKind::NotFound, "no walk is open").hint("qd runbook run NAME begins one");
            newest.ok_or_else(none)?
        }
    };
    let config = &mut loaded.config;
    let environments = &config.environments;
    let number = environments
        .iter()
        .position(|environment| environment.name == found.walk.environment);
    config.default_environment = number.ok_or_else(|| {
        let text = format!("the walk is of {}, which is not configured here", found.walk.environment);
        Problem::new(ProblemKind::Config, text).hint("--config names another configuration")
    })?;
    let mut library = runbooks::library(&config.runbooks, &ledger.trusted()?);
    if let Some(file) = &found.walk.file {
        let page = find(file, &library, config, &ledger)?;
        library.take(page);
    }
    let options = options(loaded, paths, mode)?;
    let mut talk = Talk::new(Begin::Resume(found.id), out);
    let code = lines::run(options, library, &mut talk)?;
    talk.ended()?;
    Ok(code)
}

fn list(open: &[Found]) -> String {
    let mut text = String::new();
    for found in open {
        let walk = &found.walk;
        let at = walk.at.as_deref().unwrap_or("its beginning");
        let by = walk.people.last().map_or("?", |last| last);
        let here = if found.is_walked { " · walked now" } else { "" };
        let line = format!("{}  {} in {} at {at} · {by}{here}", found.id, walk.book, walk.environment);
        text.push_str(&crate::model::clean(&line));
        text.push('\n');
    }
    text
}

/// Walks or checks.
///
/// # Errors
/// The page cannot be used, or the environment not be reached.
pub fn walk(wanted: &Run, loaded: Loaded, paths: Paths, mode: Mode, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let ledger = Ledger::new(paths.state.clone());
    let config = &loaded.config;
    let library = runbooks::library(&config.runbooks, &ledger.trusted()?);
    let page = find(&wanted.page, &library, config, &ledger)?;
    if !page.trust.may_run() {
        return Err(check::untrusted(&page.origin.to_string()));
    }
    let start = Start::new(page, &wanted.variables)?;
    let options = options(loaded, paths, mode)?;
    if !wanted.check {
        let mut talk = Talk::new(Begin::Page(start), out);
        let code = lines::run(options, library, &mut talk)?;
        talk.ended()?;
        return Ok(code);
    }
    let mut check = Check::new(start, wanted.output);
    let code = lines::run(options, library, &mut check)?;
    report::print(out, &check.ended()?)?;
    Ok(code)
}

/// The one environment that is meant: no other is connected, looked at or asked.
fn options(mut loaded: Loaded, paths: Paths, mode: Mode) -> Result<Options, Problem> {
    let config = &mut loaded.config;
    let none = || Problem::new(ProblemKind::Config, "there is no environment to walk in").hint("`qd config check` says why");
    let number = config.default_environment.min(config.environments.len());
    let environment = config.environments.drain(..).nth(number).ok_or_else(none)?;
    config.environments = vec![environment];
    config.default_environment = 0;
    config.chosen = Chosen::ByUser;
    Ok(Options {
        loaded,
        paths,
        resource: None,
        logs: None,
        what: None,
        mode,
    })
}
