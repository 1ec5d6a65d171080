//! `qd runbook new`: a page to begin with, empty or made of what was just done.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::action::Class;
use crate::cli::{Place, report};
use crate::ledger::Ledger;
use crate::ledger::audit::{Audit, AuditEvent, AuditKind, AuditOutcome};
use crate::model::{Problem, ProblemKind, Time};
use crate::runbook::command::Command;
use crate::runbook::draft::{Done, Session, draft};
use crate::runbook::library::Library;
use crate::runbook::walk::{StepState, Walk};

/// Walks that began so long (seconds) before the first change of a session belong to what was done.
const BEFORE: i64 = 4 * 3600;

/// `qd runbook new …`
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
With --from-session the draft holds what was looked at in the walks of that time and what was changed,
in its order, from the walks and the audit of this machine. Names of objects become variables. What
is to be said in words is left to be written; `qd runbook lint FILE` says what is missing.")]
pub struct New {
    /// Where to write it; a file that is there stays as it is [default: standard output]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Of what was done: in the newest session, or in that one (as `qd audit -o json` names it)
    #[arg(long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub from_session: Option<String>,
    /// What the page is called
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    #[command(flatten)]
    pub place: Place,
}

/// Writes the draft.
///
/// # Errors
/// Nothing was done, or the file cannot be written.
pub fn run(wanted: &New, library: &Library, ledger: &Ledger, audit: &Audit, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let mut session = match &wanted.from_session {
        Some(id) => of_session(id, library, ledger, audit)?,
        None => Session::default(),
    };
    session.day = jiff::Zoned::now().date().to_string();
    if session.owner.is_empty() {
        session.owner = std::env::var("USER")
            .or_else(|_| std::env::var("LOGNAME"))
            .unwrap_or_else(|_| "?".to_owned());
    }
    let stem = wanted
        .file
        .as_ref()
        .map(|file| crate::source::runbooks::stem(file).replace(['-', '_'], " "));
    let title = wanted.title.clone().or(stem.map(|stem| capital(&stem)));
    session.title = title
        .filter(|title| !title.trim().is_empty())
        .unwrap_or_else(|| "What is wrong".to_owned());
    let text = draft(&session);
    let Some(file) = &wanted.file else {
        return report::print(out, &text);
    };
    let cannot = |error: std::io::Error| Problem::new(ProblemKind::Config, format!("cannot write {}: {error}", file.display()));
    match OpenOptions::new().write(true).create_new(true).open(file) {
        Ok(mut to) => to.write_all(text.as_bytes()).and_then(|()| to.sync_all()).map_err(cannot)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = format!("{} is already there and stays as it is", file.display());
            return Err(Problem::new(ProblemKind::Config, text).hint("name another file"));
        }
        Err(error) => return Err(cannot(error)),
    }
    let steps = session.done.len();
    let what = match steps {
        0 => "an empty page".to_owned(),
        1 => "1 step".to_owned(),
        n => format!("{n} steps"),
    };
    report::print(
        out,
        &format!(
            "wrote {} ({what}); qd runbook lint {} says what is missing\n",
            file.display(),
            file.display()
        ),
    )
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// What was done in a session, and in the walks of its time.
fn of_session(id: &str, library: &Library, ledger: &Ledger, audit: &Audit) -> Result<Session, Problem> {
    let placed = audit.read()?;
    let events: Vec<&AuditEvent> = placed.iter().filter_map(|line| line.event.as_ref().ok()).collect();
    let changed = |event: &&&AuditEvent| event.kind == AuditKind::Intended && !event.data.command.is_empty();
    let wanted = match id {
        "" => events.iter().rev().find(changed).map(|event| event.session()),
        id => {
            let found = events.iter().find(|event| event.session() == id).map(|event| event.session());
            let none = || {
                Problem::new(ProblemKind::NotFound, format!("there is no session {id}")).hint("`qd audit -o json` names them in `source`")
            };
            Some(found.ok_or_else(none)?)
        }
    };
    let of = |event: &&&AuditEvent| wanted.is_some_and(|wanted| event.session() == wanted);
    let changes: Vec<&&AuditEvent> = events.iter().filter(changed).filter(of).collect();
    let span = changes
        .first()
        .zip(changes.last())
        .map(|(first, last)| (first.time.as_second(), last.time.as_second()));
    let walks = walks(ledger, span);
    if changes.is_empty() && walks.is_empty() {
        return Err(Problem::new(ProblemKind::NotFound, "nothing was done from here yet").hint("without --from-session the page is empty"));
    }
    // What was looked at in walks, and all changes, each when it was.
    let mut done: Vec<(i64, Done)> = Vec::new();
    let mut notes: Vec<(i64, String)> = Vec::new();
    let mut titles: Vec<(i64, i64, String)> = Vec::new();
    for walk in &walks {
        let page = library.get(&walk.book);
        for (id, progress) in walk
            .steps
            .iter()
            .filter(|(_, progress)| progress.runs > 0 && !progress.command.is_empty())
        {
            let step = page.and_then(|page| page.book.steps.iter().find(|step| step.id == *id));
            let title = step.map(|step| step.title.clone()).unwrap_or_default();
            if Command::read(&progress.command, 1).reading(&[]).class != Class::R {
                // The audit has it; the page has its name.
                titles.push((progress.started.0, progress.ended.0, title));
            } else if step.is_none_or(|step| step.command().is_some()) {
                let looked = Done {
                    title,
                    command: progress.command.clone(),
                    said: progress.said.clone(),
                    went_well: matches!(progress.state, StepState::Passed | StepState::Answered),
                    ..Done::default()
                };
                done.push((progress.started.0, looked));
            }
        }
        notes.extend(walk.notes.iter().map(|note| (note.at.0, note.text.clone())));
    }
    for event in &changes {
        let at = event.time.as_second();
        let outcome = events.iter().find(|other| other.data.intent.as_deref() == Some(event.id.as_str()));
        let outcome = outcome.map(|outcome| &outcome.data);
        let title = titles.iter().find(|(from, until, _)| (*from..=*until).contains(&at));
        let changed = Done {
            title: title.map(|(.., title)| title.clone()).unwrap_or_default(),
            command: event.data.command.clone(),
            reason: event.data.reason.clone(),
            said: outcome.map(|outcome| outcome.said.clone()).unwrap_or_default(),
            went_well: outcome.is_some_and(|outcome| outcome.outcome == Some(AuditOutcome::Succeeded)),
        };
        done.push((at, changed));
    }
    done.sort_by_key(|(at, _)| *at);
    notes.sort();
    let mut environments: Vec<String> = changes.iter().map(|event| event.data.environment.clone()).collect();
    environments.extend(walks.iter().map(|walk| walk.environment.clone()));
    environments.sort();
    environments.dedup();
    environments.retain(|name| !name.is_empty());
    let owner = changes.last().map(|event| event.user().to_owned());
    let owner = owner.or_else(|| walks.last().and_then(|walk| walk.people.first().cloned()));
    Ok(Session {
        owner: owner.unwrap_or_default(),
        environments,
        done: done.into_iter().map(|(_, done)| done).collect(),
        notes: notes.into_iter().map(|(_, note)| note).collect(),
        ..Session::default()
    })
}

/// The walks of that time; without one, the newest.
fn walks(ledger: &Ledger, span: Option<(i64, i64)>) -> Vec<Walk> {
    let all = ledger.all_runs();
    let mut walks: Vec<Walk> = match span {
        Some((first, last)) => {
            let near = |walk: &Walk| walk.started >= Time(first - BEFORE) && walk.started <= Time(last);
            all.into_iter().map(|found| found.walk).filter(near).collect()
        }
        None => all.into_iter().map(|found| found.walk).take(1).collect(),
    };
    walks.sort_by_key(|walk| walk.started);
    walks
}
