//! `qd runbook`: pages of the library, what is wrong with them, and trust in them; without the screen.

mod check;
mod lint;
mod list;
mod new;
mod run;
mod show;
mod start;
mod talk;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::{Place, report};
use crate::config::Config;
use crate::ledger::Ledger;
use crate::ledger::audit::Audit;
use crate::model::{Problem, ProblemKind};
use crate::runbook::library::{Library, Place as Origin, Shelved, Trust, fingerprint};
use crate::source::runbooks;

/// `qd runbook …`
#[derive(Clone, Debug, Subcommand)]
pub enum RunbookCommand {
    /// Print the pages that there are: built in, and of the directories of `[runbooks]`
    List {
        #[command(flatten)]
        place: Place,
        /// What it is written for: eyes, or a program
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: Format,
    },
    /// Print a page's steps, what each line was recognised as, and its variables
    Show {
        /// The name of a page, or a file
        #[arg(value_name = "NAME|FILE")]
        page: String,
        #[command(flatten)]
        place: Place,
    },
    /// Walk a page: what reads runs by itself, what changes something is asked about; with --check only look
    Run(run::Run),
    /// Go on with a walk that was left
    Resume(run::Resume),
    /// Check pages: `file:line: RBnn text`; status 1 where a rule is broken
    Lint(Lint),
    /// Write a page to begin with: empty, or of what was just done
    New(new::New),
    /// Trust a page of a directory that is not trusted: as it is now, until it changes
    Trust {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

/// `qd runbook lint …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Exit status: 0 no rule is broken, 1 one is (with --strict also where it is only a warning, or where
something has no page), 2 a file cannot be read.")]
pub struct Lint {
    /// Files, and directories with Markdown files
    #[arg(value_name = "PATH", required_unless_present = "coverage")]
    pub paths: Vec<PathBuf>,
    /// Let warnings fail, too
    #[arg(long)]
    pub strict: bool,
    /// Say which findings, and which alerts of the rule files in `[runbooks] rules`, have no page
    #[arg(long)]
    pub coverage: bool,
    /// The day, to say which pages nobody has reviewed for 90 days [default: not asked]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<jiff::civil::Date>,
    #[command(flatten)]
    pub place: Place,
}

/// What a list is written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
}

impl RunbookCommand {
    /// The flags that choose the configuration.
    pub fn place(&self) -> &Place {
        match self {
            Self::List { place, .. } | Self::Show { place, .. } | Self::Trust { place, .. } => place,
            Self::Lint(lint) => &lint.place,
            Self::New(new) => &new.place,
            Self::Run(run) => &run.place,
            Self::Resume(resume) => &resume.place,
        }
    }
}

pub use run::{resume, walk};

/// Does what was asked.
///
/// # Errors
/// A page or the state directory cannot be read, or the result cannot be written.
pub fn run(command: &RunbookCommand, config: &Config, ledger: &Ledger, audit: &Audit, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let library = || Ok::<Library, Problem>(runbooks::library(&config.runbooks, &ledger.trusted()?));
    match command {
        RunbookCommand::List { output, .. } => {
            let library = library()?;
            library
                .told
                .iter()
                .for_each(|told| report::warn(&Problem::new(ProblemKind::Config, told)));
            report::print(out, &list::write(&library, *output))
        }
        RunbookCommand::Show { page, .. } => {
            let library = library()?;
            let shelved = find(page, &library, config, ledger)?;
            report::print(out, &show::write(&shelved, &config.guard.read_commands))
        }
        // What walks needs the environment, too: `walk`.
        RunbookCommand::Run(_) | RunbookCommand::Resume(_) => Ok(ExitCode::SUCCESS),
        RunbookCommand::New(wanted) => new::run(wanted, &library()?, ledger, audit, out),
        RunbookCommand::Lint(wanted) => lint::run(wanted, config, &library()?, out),
        RunbookCommand::Trust { file, .. } => {
            let text = runbooks::page(file)?;
            let mut trusted = ledger.trusted()?;
            let path = file.canonicalize().unwrap_or_else(|_| file.clone()).display().to_string();
            let before = runbooks::trust(&config.runbooks, &trusted, file, &text);
            if before == Trust::Directory {
                return report::print(out, &format!("{path} is in a directory that is trusted\n"));
            }
            trusted.add(&path, &fingerprint(&text), &jiff::Timestamp::now().to_string());
            ledger.trust(&trusted)?;
            let was = match before {
                Trust::Changed => ", as it is after its change",
                _ => "",
            };
            report::print(out, &format!("trusted {path}{was}; a change of it will be told\n"))
        }
    }
}

/// The page of a name, or of a file.
///
/// # Errors
/// There is neither.
pub fn find(wanted: &str, library: &Library, config: &Config, ledger: &Ledger) -> Result<Shelved, Problem> {
    let file = PathBuf::from(wanted);
    let is_path = wanted.contains('/') || file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"));
    if is_path && file.is_file() {
        let text = runbooks::page(&file)?;
        let trust = runbooks::trust(&config.runbooks, &ledger.trusted()?, &file, &text);
        let mut alone = Library::default();
        alone.add(&runbooks::stem(&file), &text, Origin::File(file.clone()), trust);
        if let Some(shelved) = alone.iter().next() {
            return Ok(shelved.clone());
        }
    }
    let found = library.get(wanted).cloned();
    found.ok_or_else(|| {
        let names = library.names();
        let problem = Problem::new(ProblemKind::Config, format!("there is no runbook {wanted}"));
        match crate::config::nearest(wanted, &names) {
            Some(near) => problem.hint(format!("did you mean {near}?")),
            None => problem.hint("`qd runbook list` names them; a file is named by its path"),
        }
    })
}
