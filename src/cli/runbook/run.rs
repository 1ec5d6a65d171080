//! `qd runbook run`: from the command line to a walk, or a check.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::check::{self, Check};
use super::start::Start;
use super::{Format, find};
use crate::app::deeds::Mode;
use crate::cli::{Place, report};
use crate::config::{Chosen, Loaded, Paths};
use crate::ledger::Ledger;
use crate::model::{Problem, ProblemKind};
use crate::runtime::{Options, lines};
use crate::source::runbooks;

/// `qd runbook run …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
--check runs each step that is proven to read, once, in the order of the page, follows no decision,
changes nothing, and says which expectations hold; a wait looks once.

Exit status with --check: 0 all that ran is as the page expects, 1 something is not, 2 something
could not be seen, nothing could be run, or the page cannot be used.")]
pub struct Run {
    /// The name of a page, or a file
    #[arg(value_name = "NAME|FILE")]
    pub page: String,
    /// Run only what reads, and say which expectations hold
    #[arg(long, required = true)]
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
