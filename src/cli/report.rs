//! How the headless commands speak: results on stdout, one line and a hint on stderr.

use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::UNAVAILABLE;
use super::present::shown;
use crate::model::{Problem, ProblemKind};

/// Tells a problem that ends nothing.
pub fn warn(problem: &Problem) {
    say(&problem.text, &problem.hint);
}

/// Prints a problem; returns the exit code for it.
pub fn fail(problem: &Problem) -> ExitCode {
    say(&problem.text, &problem.hint);
    ExitCode::from(UNAVAILABLE)
}

/// Prints what clap has to say: help and version on stdout, a usage error in one line and a hint on stderr.
pub fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(UNAVAILABLE),
        };
    }
    let text = error.to_string();
    let sentence = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => "a command is missing",
        _ => text.lines().next().unwrap_or_default().trim_start_matches("error: "),
    };
    let meant = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let meant = meant.into_iter().find_map(|kind| match error.get(kind) {
        Some(ContextValue::String(one)) => Some(one.clone()),
        Some(ContextValue::Strings(some)) => some.first().cloned(),
        _ => None,
    });
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`qd --help` lists the commands and flags".to_owned(),
    };
    let problem = Problem::new(ProblemKind::Config, sentence);
    say(&problem.text, &hint);
    ExitCode::from(UNAVAILABLE)
}

/// Prints a result. A reader that has gone away (`qd … | head`) is not an error.
pub(super) fn print(out: &mut impl Write, text: &str) -> Result<ExitCode, Problem> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Problem::new(ProblemKind::Server, format!("cannot write the result: {error}"))),
    }
}

fn say(sentence: &str, hint: &str) {
    let mut stderr = std::io::stderr().lock();
    // Nothing is left to tell it to where stderr is gone.
    let _ = writeln!(stderr, "qd: {}", shown(sentence));
    if !hint.is_empty() {
        let _ = writeln!(stderr, "hint: {}", shown(hint));
    }
}
