//! What happened in the walk, in lines.

use crate::app::App;
use crate::app::books::{Walking, is_opened, needs};
use crate::cli::runbook::check;
use crate::model::short_age;
use crate::runbook::page::Step;
use crate::runbook::walk::{Entry, Event, Outcome, StepState};
use crate::ui::panes::book::plain;

/// The lines of an event that is on the disk.
pub fn lines(app: &App, id: &str, entry: &Entry) -> Vec<String> {
    let Some(walking) = app.books.walking.as_deref() else {
        return Vec::new();
    };
    let step = |wanted: &str| {
        let steps = walking.page.book.steps.iter().enumerate();
        steps.into_iter().find(|(_, step)| step.id == wanted)
    };
    match &entry.event {
        Event::Matched { environment, .. } => vec![
            format!("{} in {environment}", walking.page.book.title),
            format!("walk {id} · ? says what can be typed"),
        ],
        Event::Bound { .. } => {
            let head = check::head(walking, "");
            head.lines().skip(1).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
        Event::Entered { step: wanted, .. } => match step(wanted) {
            Some((at, _)) => std::iter::once(String::new()).chain(plain::about(app, at)).collect(),
            None => Vec::new(),
        },
        Event::Started { step: wanted, .. } if step(wanted).is_some_and(|(_, step)| is_opened(app, step)) => {
            vec!["read it with qd logs, or in the cockpit (:resume-walk goes on there); then say what you saw".to_owned()]
        }
        Event::Started { step: wanted, .. } => match step(wanted).and_then(|(_, step)| step.until.as_ref()) {
            Some(until) => vec![format!("waits until {}; ctrl-c stops it", until.text())],
            None => Vec::new(),
        },
        Event::Looked { .. } | Event::Acknowledged { .. } => Vec::new(),
        Event::Ended {
            step: wanted,
            outcome,
            said,
            ..
        } => ended(app, walking, step(wanted), *outcome, said),
        Event::Answered { step: wanted, branch } => {
            let label = step(wanted)
                .and_then(|(_, step)| step.branches.get(*branch))
                .map(|branch| branch.label.clone());
            label.map(|label| format!("→ {label}")).into_iter().collect()
        }
        Event::Skipped { step: wanted, reason } => match step(wanted) {
            Some((_, step)) => vec![format!("{}: skipped: {reason}", step.title)],
            None => vec![format!("skipped: {reason}")],
        },
        Event::Noted { .. } => vec!["noted".to_owned()],
        Event::Ticked { step: wanted, task, done } => {
            let text = step(wanted)
                .and_then(|(_, step)| step.tasks.get(*task))
                .map(|(text, _)| text.clone());
            let sign = if *done { "[x]" } else { "[ ]" };
            vec![format!("{sign} {}", text.unwrap_or_default())]
        }
        Event::Set { name, value } => {
            let shown = value.text.lines().next().unwrap_or_default();
            vec![format!("{name} = {} ({})", crate::model::shorten(shown, 80), value.origin.said())]
        }
        Event::Back => match walking.at() {
            Some(at) => std::iter::once(String::new()).chain(plain::about(app, at)).collect(),
            None => Vec::new(),
        },
        Event::Kept { name, .. } => vec![format!("kept as evidence: {name}")],
        Event::Resumed => resumed(app, walking, entry),
        Event::HandedOver { book } => vec![String::new(), format!("on with the runbook {book}")],
        Event::Escalated { to } => vec![format!("escalate to {to}: ! shows how")],
        Event::Stopped { reason } => vec![format!("stopped: {reason}")],
        Event::Done => vec![
            String::new(),
            format!(
                "{}: done in {}",
                walking.page.book.title,
                short_age(walking.walk.started.age(app.now))
            ),
        ],
    }
}

fn ended(app: &App, walking: &Walking, step: Option<(usize, &Step)>, outcome: Outcome, said: &str) -> Vec<String> {
    if step.is_some_and(|(_, step)| is_opened(app, step)) {
        return Vec::new();
    }
    // What ended last of a page that is left has nothing more to be seen here than its line.
    let Some((at, step)) = step else {
        return vec![format!("{}: {said}", outcome.word())];
    };
    let progress = walking.walk.progress(&step.id);
    let mut lines: Vec<String> = match progress.state {
        StepState::Ready => Vec::new(),
        _ => plain::showed(walking, &step.id)
            .into_iter()
            .map(|line| format!("  {line}"))
            .collect(),
    };
    lines.push(plain::stand(app, at));
    lines
}

/// Where a walk stands that somebody takes over.
fn resumed(app: &App, walking: &Walking, entry: &Entry) -> Vec<String> {
    let walk = &walking.walk;
    let age = short_age(walk.started.age(app.now));
    let mut lines = vec![
        format!("{} in {}", walking.page.book.title, walk.environment),
        format!(
            "begun {age} ago by {}; {} goes on",
            walk.people.first().map_or("?", |first| first),
            entry.by
        ),
    ];
    lines.extend(outline(app));
    if let Some(at) = walking.at() {
        lines.push(String::new());
        lines.extend(plain::about(app, at));
    }
    lines
}

/// The steps, and what became of each.
pub fn outline(app: &App) -> Vec<String> {
    let Some(walking) = app.books.walking.as_deref() else {
        return Vec::new();
    };
    let steps = walking.page.book.steps.iter().enumerate();
    let here = walking.at();
    let mut lines = Vec::new();
    for (nth, step) in steps {
        let Some(progress) = walking
            .walk
            .steps
            .get(&step.id)
            .filter(|progress| !matches!(progress.state, StepState::Ready))
        else {
            let sign = if here == Some(nth) { "▸" } else { " " };
            lines.push(format!(" {sign}{:>3}  {}", nth + 1, step.title));
            continue;
        };
        let by = if progress.by.is_empty() {
            String::new()
        } else {
            format!(" · {}", progress.by)
        };
        let label = progress
            .branch
            .and_then(|nth| step.branches.get(nth))
            .map(|branch| format!(" → {}", branch.label));
        let sign = if here == Some(nth) { "▸" } else { " " };
        let word = progress.state.word();
        lines.push(format!(
            " {sign}{:>3}  {} · {word}{by}{}",
            nth + 1,
            step.title,
            label.unwrap_or_default()
        ));
    }
    lines
}

/// Whether a step has not run, or wants something before it does: how it stands was not told by its end.
pub fn is_open(app: &App, step: &Step) -> bool {
    let Some(walking) = &app.books.walking else { return false };
    let progress = walking.walk.progress(&step.id);
    progress.state == StepState::Ready && (progress.runs > 0 || needs(app, step).is_some() || step.branches.is_empty())
}
