//! The walk as a page: what was done, by whom, when, and what came of it.

use std::fmt::Write as _;

use super::told::clock;
use crate::app::App;
use crate::model::Time;
use crate::runbook::walk::StepState;

/// The walk as Markdown.
pub fn transcript(app: &App) -> String {
    let Some(walking) = &app.books.walking else { return String::new() };
    let (book, walk) = (&walking.page.book, &walking.walk);
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(out, "# {}\n", book.title);
    let _ = writeln!(
        out,
        "{} in {} · begun {} · by {}\n\nWhy: {}\n",
        book.name,
        walk.environment,
        at(walk.started),
        walk.people.join(", "),
        walk.reason
    );
    if walk.bindings.iter().next().is_some() {
        let _ = writeln!(out, "| Variable | Value | From |\n| --- | --- | --- |");
        for (name, value) in walk.bindings.iter() {
            let _ = writeln!(out, "| {name} | {} | {} |", value.text.replace('|', "\\|"), value.origin.said());
        }
        out.push('\n');
    }
    for step in &book.steps {
        let Some(progress) = walk.steps.get(&step.id) else { continue };
        let _ = writeln!(out, "## {}\n", step.title);
        let by = if progress.by.is_empty() {
            String::new()
        } else {
            format!(" · {}", progress.by)
        };
        let since = clock(walk.started, progress.entered);
        let why = match &progress.state {
            StepState::Skipped(reason) => format!(": {reason}"),
            _ => String::new(),
        };
        let _ = writeln!(out, "{since} · {}{why}{by}\n", progress.state.word());
        if !progress.command.is_empty() {
            let _ = writeln!(out, "```\n$ {}\n{}\n```\n", progress.command, progress.said);
        }
        if let Some(branch) = progress.branch.and_then(|nth| step.branches.get(nth)) {
            let _ = writeln!(out, "→ {}\n", branch.label);
        }
        for note in walk.notes.iter().filter(|note| note.step.as_deref() == Some(&step.id)) {
            let _ = writeln!(out, "> {} {}: {}\n", at(note.at), note.by, note.text);
        }
        for file in &progress.evidence {
            let _ = writeln!(out, "evidence: {file}\n");
        }
    }
    out
}

fn at(time: Time) -> String {
    jiff::Timestamp::from_second(time.0)
        .map(|time| time.strftime("%Y-%m-%d %H:%MZ").to_string())
        .unwrap_or_default()
}
