//! `qd audit`: what was done, by whom, and what became of it; and whether the files are as they were written.

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

use super::report::{print, warn};
use super::{AuditCommand, AuditOutput, FINDINGS};
use crate::ledger::audit::{Audit, AuditEvent, AuditKind, AuditOutcome, Flaw, Placed};
use crate::model::{Problem, ProblemKind, clean};

/// Prints lines, or checks them.
///
/// # Errors
/// A file cannot be read, or the result not be written.
pub fn run(wanted: &super::Audit, audit: &Audit, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let placed = audit.read()?;
    if matches!(wanted.command, Some(AuditCommand::Verify)) {
        return verify(&placed, out);
    }
    let now = jiff::Timestamp::now();
    let since = wanted.since.and_then(|span| now.checked_sub(span).ok());
    let events = placed.iter().filter_map(|line| line.event.as_ref().ok());
    let events = events.filter(|event| since.is_none_or(|since| event.time >= since));
    let mut text = String::new();
    match wanted.output {
        AuditOutput::Text => events.for_each(|event| line(&mut text, event)),
        AuditOutput::Json => {
            for event in events {
                let line = serde_json::to_string(event)
                    .map_err(|error| Problem::new(ProblemKind::Server, format!("a line cannot be printed: {error}")))?;
                text.push_str(&line);
                text.push('\n');
            }
        }
        AuditOutput::Sh => {
            text.push_str("#!/bin/sh\nset -eu\n");
            events.for_each(|event| script(&mut text, event));
        }
    }
    print(out, &text)
}

/// The lines that the cockpit shows, newest first.
///
/// # Errors
/// A file cannot be read.
pub fn page(audit: &Audit) -> Result<String, Problem> {
    let placed = audit.read()?;
    let mut lines: Vec<String> = Vec::new();
    for event in placed.iter().filter_map(|line| line.event.as_ref().ok()) {
        let mut text = String::new();
        line(&mut text, event);
        lines.push(text);
    }
    lines.reverse();
    Ok(match lines.is_empty() {
        true => "nothing was changed from here yet\n".into(),
        false => lines.concat(),
    })
}

/// `2026-11-28 03:04:05Z  ann@bastion  prod  scale  succeeded  kubectl scale …`
fn line(text: &mut String, event: &AuditEvent) {
    let deed = &event.data;
    let environment = if deed.environment.is_empty() { "-" } else { &deed.environment };
    let became = word(event);
    let command = if deed.command.is_empty() { &deed.action } else { &deed.command };
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "{}  {}@{}  {}  {became:9}  {}",
        event.time.strftime("%Y-%m-%d %H:%M:%SZ"),
        clean(event.user()),
        clean(event.host()),
        clean(environment),
        clean(command)
    );
    for note in [&deed.said, &deed.reason].into_iter().filter(|note| !note.is_empty()) {
        let _ = write!(text, "  · {}", clean(note));
    }
    text.push('\n');
}

fn word(event: &AuditEvent) -> &'static str {
    match (event.kind, event.data.outcome) {
        (AuditKind::Intended, _) => "intended",
        (AuditKind::Unredacted, _) => "printed",
        (_, Some(AuditOutcome::Succeeded)) => "succeeded",
        (_, Some(AuditOutcome::Failed)) => "failed",
        (_, Some(AuditOutcome::Cancelled)) => "cancelled",
        (_, Some(AuditOutcome::Refused)) => "refused",
        (_, Some(AuditOutcome::Unknown) | None) => "unknown",
    }
}

/// What was sent, below who sent it. What became of it is a remark: whoever runs this does it again.
fn script(text: &mut String, event: &AuditEvent) {
    let deed = &event.data;
    let head = format!(
        "{} {}@{} {} {}",
        event.time.strftime("%Y-%m-%d %H:%M:%SZ"),
        event.user(),
        event.host(),
        deed.environment,
        word(event)
    );
    let _ = writeln!(text, "# {}", clean(&head));
    if !deed.reason.is_empty() {
        let _ = writeln!(text, "# {}", clean(&deed.reason));
    }
    if event.kind == AuditKind::Intended && !deed.command.is_empty() {
        let _ = writeln!(text, "{}", clean(&deed.command));
    }
}

/// Whether each line follows the one before it.
fn verify(placed: &[Placed], out: &mut impl Write) -> Result<ExitCode, Problem> {
    let place = |line: &Placed| format!("{} line {}", line.file.display(), line.line);
    let mut broken = 0;
    for line in placed {
        let what = match &line.event {
            Err(Flaw::CutOff) => {
                warn(&Problem::new(
                    ProblemKind::Server,
                    format!("{}: cut off, as by a crash while it was written", place(line)),
                ));
                continue;
            }
            Err(Flaw::Unreadable(why)) => format!("is no event: {why}"),
            _ if !line.follows => "does not follow the line before it: something was changed, taken out or put in".to_owned(),
            _ => continue,
        };
        broken += 1;
        warn(&Problem::new(ProblemKind::Server, format!("{} {what}", place(line))));
    }
    let files = placed
        .iter()
        .map(|line| &line.file)
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    let (lines, files) = (counted(placed.len(), "line"), counted(files, "file"));
    if broken > 0 {
        print(
            out,
            &format!("{lines} in {files}: the chain is broken at {}\n", counted(broken, "place")),
        )?;
        return Ok(ExitCode::from(FINDINGS));
    }
    let text = if placed.is_empty() {
        "0 lines\n".to_owned()
    } else {
        format!("{lines} in {files}, the chain is whole\n")
    };
    print(out, &text)
}

/// `1 line`, `2 lines`
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
