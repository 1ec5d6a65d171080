//! What came of a step, and where that leads.

use super::run::{arrive, look_again};
use super::walking::{Asked, Ending, Pen, Shown};
use super::{carried, start};
use crate::action::Class;
use crate::action::ask::{Heard, Line};
use crate::action::stage::{End, Outcome as DeedOutcome, Output};
use crate::app::overlay::Overlay;
use crate::app::{App, Effect, Tone};
use crate::model::{Problem, Time, clean, shorten};
use crate::runbook::command::Filter;
use crate::runbook::condition::{Seen, Series};
use crate::runbook::page::{Block, Goto, Layer, Runbook, Step, StepKind};
use crate::runbook::value::{Bindings, Origin, Value, checked};
use crate::runbook::walk::{Event, Follow, Outcome, Phase, Seen3, StepState, follow, judge, looked};
use crate::ui::panes::describe::{Neighbours, describe};
use crate::ui::panes::yaml::yaml;

/// What is kept of a step's output (bytes).
const MOST: usize = 512 << 10;
/// Between two looks of a wait where nobody says (seconds).
const EVERY: i64 = 10;

/// What was asked for came.
pub fn heard(app: &mut App, number: u64, heard: Result<Box<Heard>, Problem>) -> Vec<Effect> {
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let Some(Asked::Question {
        number: asked,
        step,
        class,
    }) = walking.asked.clone()
    else {
        return Vec::new();
    };
    if asked != number {
        return Vec::new();
    }
    walking.asked = None;
    let Some(step) = walking.page.book.steps.iter().find(|one| one.id == step).cloned() else {
        return Vec::new();
    };
    finish(app, &step, heard.map(|heard| *heard), class)
}

/// A program of this walk wrote something. `false`: it is not of the walk.
pub fn wrote(app: &mut App, output: &Output) -> bool {
    match app.books.walking.as_mut().and_then(|walking| walking.asked.as_mut()) {
        Some(Asked::Deed { draft, wrote, .. }) if *draft == output.draft => {
            *wrote = Some(Box::new(output.clone()));
            true
        }
        _ => false,
    }
}

/// How a change of this walk ended.
pub fn deed(app: &mut App, of: u64, outcome: &DeedOutcome) {
    let Some(walking) = app.books.walking.as_mut() else { return };
    if let Some(Asked::Deed { draft, ended, .. }) = &mut walking.asked
        && *draft == of
    {
        let this = match &outcome.end {
            End::Done => Ending::Done(outcome.said.clone()),
            End::NotDone(problem) | End::Unknown(problem) => Ending::Failed(problem.clone()),
            End::Stopped => Ending::Stopped,
        };
        // Of several the first that failed is what counts.
        if matches!(ended, None | Some(Ending::Done(_))) {
            *ended = Some(this);
        }
    }
}

/// It cannot be written down.
pub fn unwritten(app: &mut App, run: u64, problem: Problem) {
    app.flash(Tone::Problem, problem.to_string());
    if let Some(walking) = app.books.walking.as_mut().filter(|walking| walking.run == run) {
        walking.broken = Some(problem);
    }
}

/// What time brings, and what became of plans.
pub fn settle(app: &mut App) -> Vec<Effect> {
    let Some(walking) = app.books.walking.as_ref() else {
        return Vec::new();
    };
    match walking.asked.clone() {
        Some(Asked::Pause { until, .. }) if app.now >= until => look_again(app),
        Some(Asked::Deed {
            draft,
            step,
            class,
            command,
            begun,
            ended,
            wrote,
        }) => {
            let asks = matches!(&app.overlay, Some(Overlay::Plan(dialog)) if dialog.draft.id == draft);
            let runs = app.deeds.runs().any(|running| running.plan.draft.id == draft);
            let mut pen = Pen::new(app);
            if (runs || ended.is_some()) && !begun {
                let Some(walking) = app.books.walking.as_mut() else {
                    return Vec::new();
                };
                walking.write(
                    Event::Started {
                        step: step.clone(),
                        command,
                    },
                    &mut pen,
                );
                if let Some(Asked::Deed { begun, .. }) = &mut walking.asked {
                    *begun = true;
                }
            }
            let mut effects = pen.effects;
            match (runs, ended) {
                (true, _) => {}
                (false, Some(ended)) => {
                    let Some(walking) = app.books.walking.as_mut() else {
                        return effects;
                    };
                    walking.asked = None;
                    let found = walking.page.book.steps.iter().find(|one| one.id == step).cloned();
                    let was_stopped = ended == Ending::Stopped || wrote.as_ref().is_some_and(|wrote| wrote.was_stopped);
                    if let (Some(step), true) = (&found, was_stopped) {
                        effects.extend(broken_off(app, step, wrote.map(|wrote| *wrote), class));
                    } else if let Some(step) = found {
                        let heard = of_deed(ended, wrote.map(|wrote| *wrote));
                        effects.extend(finish(app, &step, heard, class));
                    }
                }
                // Still asked, or looked at.
                (false, None) if asks => {}
                // No one said yes: the step is as it was; a wait that ran is over.
                (false, None) => {
                    let mut pen = Pen::new(app);
                    if let Some(walking) = app.books.walking.as_mut() {
                        walking.asked = None;
                        if walking.walk.progress(&step).state == StepState::Running {
                            let ended = Event::Ended {
                                step,
                                outcome: Outcome::Stopped,
                                ms: 0,
                                said: "it could not be looked at again".to_owned(),
                            };
                            walking.write(ended, &mut pen);
                        }
                    }
                    effects.extend(pen.effects);
                }
            }
            effects
        }
        _ => Vec::new(),
    }
}

/// Somebody stopped what ran: what it wrote until then is shown, and it can be run again.
fn broken_off(app: &mut App, step: &Step, wrote: Option<Output>, class: Class) -> Vec<Effect> {
    let heard = wrote.map(|output| Heard {
        stdout: output.stdout,
        stderr: output.stderr,
        ..Heard::default()
    });
    let shown = heard.map(|heard| written(app, step, heard, class));
    let mut pen = Pen::new(app);
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let ended = Event::Ended {
        step: step.id.clone(),
        outcome: Outcome::Stopped,
        ms: 0,
        said: "stopped".to_owned(),
    };
    walking.write(ended, &mut pen);
    if let Some(shown) = shown {
        walking.shown.insert(step.id.clone(), shown);
    }
    pen.effects
}

fn of_deed(ended: Ending, wrote: Option<Output>) -> Result<Heard, Problem> {
    match (ended, wrote) {
        (_, Some(output)) => Ok(Heard {
            exit: output.exit,
            stdout: output.stdout,
            stderr: output.stderr,
            ..Heard::default()
        }),
        (Ending::Done(said), None) => Ok(Heard {
            exit: Some(0),
            stdout: if said.is_empty() { "done".to_owned() } else { said },
            ..Heard::default()
        }),
        (Ending::Failed(problem), None) => Ok(Heard {
            exit: Some(1),
            stderr: problem.to_string(),
            ..Heard::default()
        }),
        (Ending::Stopped, None) => Ok(Heard {
            exit: Some(130),
            stderr: "it was stopped".to_owned(),
            ..Heard::default()
        }),
    }
}

/// A step showed something: it is kept, judged, and leads on.
pub fn finish(app: &mut App, step: &Step, heard: Result<Heard, Problem>, class: Class) -> Vec<Effect> {
    let shown = match heard {
        Ok(heard) => written(app, step, heard, class),
        Err(problem) => Shown {
            problem: Some(problem.to_string()),
            class: Some(class),
            ..Shown::default()
        },
    };
    let mut pen = Pen::new(app);
    let mask = app.books.mask.clone();
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let progress = walking.walk.progress(&step.id);
    let outcome = match (step.kind, &shown.problem) {
        (StepKind::Wait, _) => {
            let variable = |name: &str| walking.walk.bindings.get(name);
            let truth = match (&step.until, &shown.problem) {
                (Some(until), None) => until.holds(&shown.seen, &variable),
                _ => crate::runbook::condition::Truth::Unknown,
            };
            let now = match truth {
                crate::runbook::condition::Truth::True => Outcome::Passed,
                crate::runbook::condition::Truth::False => Outcome::Failed,
                crate::runbook::condition::Truth::Unknown => Outcome::NoData,
            };
            let before = progress.holds_since;
            let holds = truth == crate::runbook::condition::Truth::True;
            if before.is_some() != holds && !walking.is_check {
                let truth = Seen3::from(truth);
                walking.write(
                    Event::Looked {
                        step: step.id.clone(),
                        truth,
                    },
                    &mut pen,
                );
            }
            let since = walking.walk.progress(&step.id).holds_since;
            // Whoever checks looks once.
            let over = match walking.is_check {
                true => Some(now),
                false => looked(step, progress.started, since, truth, pen.now),
            };
            match over {
                Some(outcome) => outcome,
                // What asks first does not ask again and again by itself.
                None if class != Class::R => Outcome::Failed,
                None => {
                    let until = pen.now + step.every.unwrap_or(EVERY).max(1);
                    let step = step.id.clone();
                    walking.shown.insert(step.clone(), shown);
                    walking.asked = Some(Asked::Pause { step, until, class });
                    return pen.effects;
                }
            }
        }
        (_, Some(_)) => Outcome::NoData,
        (_, None) => judge(step, &shown.seen, &walking.walk.bindings),
    };
    let took = pen.now.0.saturating_sub(progress.started.0).max(0);
    let ms = match (step.kind, shown.seen.milliseconds) {
        (StepKind::Wait, _) | (_, None) => u64::try_from(took).unwrap_or(0) * 1000,
        (_, Some(ms)) => ms,
    };
    // What it printed is a value before anything is decided by it.
    if let Some(name) = step.capture()
        && shown.problem.is_none()
        && let Some(text) = shown.seen.stdout.as_deref().map(str::trim).filter(|text| !text.is_empty())
        && may_be(&walking.page.book.slots(), name, text)
    {
        let value = Value {
            text: text.to_owned(),
            origin: Origin::Step(step.id.clone()),
        };
        let name = name.to_owned();
        walking.write(Event::Set { name, value }, &mut pen);
    }
    let said = said(&shown);
    let ended = Event::Ended {
        step: step.id.clone(),
        outcome,
        ms,
        said: mask.text(&said).into_owned(),
    };
    walking.write(ended, &mut pen);
    if step.evidence && shown.problem.is_none() && !walking.is_check {
        let runs = walking.walk.progress(&step.id).runs;
        let name = format!("walk-{}-{}-{runs}-{}.md", walking.walk.started.0, walking.page.book.name, step.id);
        let line = walking.walk.progress(&step.id).command;
        let text = format!(
            "# {} › {}\n\n`{line}`\n\n```\n{}\n```\n",
            walking.page.book.title, step.title, shown.text
        );
        pen.effects.push(Effect::Record { name: name.clone(), text });
        let step = step.id.clone();
        walking.write(Event::Kept { step, name }, &mut pen);
    }
    let seen = shown.seen.clone();
    walking.shown.insert(step.id.clone(), shown);
    if walking.is_check {
        return pen.effects;
    }
    let is_guided = walking.page.book.layer == Layer::Guided;
    let is_front = walking.walk.at.as_deref() == Some(step.id.as_str());
    let next = match walking.at().filter(|_| is_front && outcome != Outcome::NoData) {
        Some(at) => (at, follow(&walking.page.book, at, outcome, &seen, &walking.walk.bindings, class)),
        None => return pen.effects,
    };
    let mut effects = std::mem::take(&mut pen.effects);
    match next {
        (_, Follow::Alone(branch)) => effects.extend(take(app, branch, true)),
        // A wait that is over by itself leads on by itself: nobody has to say that it is.
        (_, Follow::Offer(branch)) if step.kind == StepKind::Wait && outcome == Outcome::Passed => {
            effects.extend(take(app, branch, true));
        }
        // What was done well leads on by itself to what waits, looks or asks; the next change waits for a person.
        (at, Follow::Offer(branch))
            if step.kind == StepKind::Action && outcome == Outcome::Passed && is_harmless(&walking.page.book, at, branch) =>
        {
            effects.extend(take(app, branch, true));
        }
        (_, Follow::Offer(branch)) => walking.cursor = branch,
        // What reads and is as it should be needs no key: the first stop is the first judgement. Of a plain page nobody knows
        // what its author looks for: it is read step by step.
        (_, Follow::Below) if step.kind == StepKind::Query && class == Class::R && outcome == Outcome::Passed && is_guided => {
            effects.extend(below(app, &mut pen, true));
        }
        (_, Follow::Ask | Follow::Below) => {}
    }
    effects
}

/// Whether a branch leads to a step of the page that changes nothing.
fn is_harmless(book: &Runbook, at: usize, branch: usize) -> bool {
    let goto = book
        .steps
        .get(at)
        .and_then(|step| step.branches.get(branch))
        .map(|branch| &branch.goto);
    let next = match goto {
        Some(Goto::Next) => book.after(at),
        Some(Goto::Step(next)) => Some(*next),
        _ => None,
    };
    let next = next.and_then(|next| book.steps.get(next));
    next.is_some_and(|step| matches!(step.kind, StepKind::Wait | StepKind::Query | StepKind::Manual))
}

fn may_be(slots: &[crate::runbook::value::Slot], name: &str, text: &str) -> bool {
    slots
        .iter()
        .find(|slot| slot.name == name)
        .is_none_or(|slot| checked(slot, text).is_ok())
}

/// Takes a branch of the step in front.
pub fn take(app: &mut App, branch: usize, alone: bool) -> Vec<Effect> {
    let mut pen = Pen::new(app);
    let Some(walking) = app.books.walking.as_mut() else {
        return Vec::new();
    };
    let Some(at) = walking.at() else { return Vec::new() };
    let events = walking.walk.take(&walking.page.book, at, branch, alone);
    on(app, events, &mut pen);
    let mut effects = std::mem::take(&mut pen.effects);
    effects.extend(after(app));
    effects
}

/// Goes on below the step in front.
pub fn below(app: &mut App, pen: &mut Pen, alone: bool) -> Vec<Effect> {
    let Some(walking) = app.books.walking.as_ref() else {
        return Vec::new();
    };
    let Some(at) = walking.at() else { return Vec::new() };
    let events = walking.walk.go_on(&walking.page.book, at, alone);
    on(app, events, pen);
    let mut effects = std::mem::take(&mut pen.effects);
    effects.extend(after(app));
    effects
}

fn on(app: &mut App, events: Vec<Event>, pen: &mut Pen) {
    let Some(walking) = app.books.walking.as_mut() else { return };
    for event in events {
        walking.write(event, pen);
    }
}

/// Where the walk is now: at a step, over, or on with another page.
fn after(app: &mut App) -> Vec<Effect> {
    let Some(walking) = app.books.walking.as_ref() else {
        return Vec::new();
    };
    match walking.walk.phase.clone() {
        Phase::HandedOver(name) => {
            let library = app.books.library.clone();
            let (env, from, facts) = (walking.env, walking.page.book.title.clone(), carried(&walking.walk));
            match library.get(&name) {
                Some(page) => {
                    let bindings = Bindings::begin(&page.book, &facts, &|name| app.books.process.get(name));
                    app.books.walking = None;
                    let reason = format!("the runbook \"{from}\" leads to it");
                    start(app, env, page.clone(), (reason, bindings), None)
                }
                None => {
                    app.flash(Tone::Problem, format!("there is no runbook {name}"));
                    Vec::new()
                }
            }
        }
        Phase::Done => {
            let book = walking.page.book.title.clone();
            app.flash(Tone::Info, format!("{book}: done"));
            Vec::new()
        }
        Phase::Escalated(to) => {
            app.flash(Tone::Problem, format!("escalate to {to}: ! shows how"));
            Vec::new()
        }
        _ => {
            let state = walking.step().map(|step| walking.walk.progress(&step.id).state);
            match state {
                Some(StepState::Ready) => arrive(app),
                _ => Vec::new(),
            }
        }
    }
}

/// What a step showed: filtered, in words, harmless, without secrets, bounded.
fn written(app: &App, step: &Step, heard: Heard, class: Class) -> Shown {
    let mut stdout = heard.stdout;
    let mut problem = None;
    let mut exit = heard.exit;
    if !heard.objects.is_empty() {
        let is_yaml = step
            .command()
            .is_some_and(|command| matches!(command.action(), Some(Ok(action)) if matches!(action.verb, crate::action::Verb::Get(_))));
        let events = std::mem::take(&mut stdout);
        let mut all = Vec::new();
        for (object, value) in &heard.objects {
            if is_yaml {
                all.push(yaml(value, false));
            } else {
                let lines = describe(&object.kind, value, &Neighbours::default(), &[], app.now);
                all.push(lines.iter().map(|line| line.text() + "\n").collect());
            }
        }
        stdout = all.join(if is_yaml { "---\n" } else { "\n" });
        if !events.is_empty() {
            stdout.push_str(&format!("\nEvents\n{events}"));
        }
    }
    if let Some(command) = step.command() {
        // A shell does its own pipes.
        let piped = !matches!(command.program, crate::runbook::command::Program::Opaque(_));
        for filter in command.filters.iter().filter(|_| piped) {
            match filtered(app, filter, &stdout) {
                Ok((text, code)) => (stdout, exit) = (text, Some(code)),
                Err(why) => {
                    problem = Some(why);
                    break;
                }
            }
        }
    }
    let mask = &app.books.mask;
    stdout = bounded(mask.text(&stdout).into_owned());
    let stderr = bounded(mask.text(&heard.stderr).into_owned());
    let series = heard.series.unwrap_or_default();
    let mut text = stdout.clone();
    if let Some(Block::PromQl { chart, .. }) = &step.block {
        text = in_words(&series, &chart.unit);
    }
    if !stderr.trim().is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&stderr);
    }
    Shown {
        seen: Seen {
            exit,
            stdout: exit.is_some().then_some(stdout),
            stderr: exit.is_some().then_some(stderr),
            milliseconds: Some(heard.milliseconds).filter(|ms| *ms > 0),
            status: heard.status,
            series: matches!(step.block, Some(Block::PromQl { .. })).then(|| summed(&series)),
        },
        text,
        series,
        problem,
        class: Some(class),
    }
}

fn filtered(app: &App, filter: &Filter, text: &str) -> Result<(String, i32), String> {
    let mut filter = filter.clone();
    if let Some(walking) = &app.books.walking {
        for variable in filter.variables() {
            if let Some(value) = walking.walk.bindings.of(&variable) {
                filter.bind(&variable, value);
            }
        }
    }
    filter.apply(text)
}

/// Of a long output its beginning and its end are kept: what it was about, and how it ended.
fn bounded(text: String) -> String {
    if text.len() <= MOST {
        return text;
    }
    let (first, last) = (text.floor_char_boundary(MOST / 2), text.ceil_char_boundary(text.len() - MOST / 2));
    let (head, tail) = (text.get(..first).unwrap_or_default(), text.get(last..).unwrap_or_default());
    format!("{head}\n… {} bytes are left out …\n{tail}", last - first)
}

/// Of several series the highest value is the one that is judged.
#[allow(clippy::cast_precision_loss, reason = "there are few series")]
fn summed(series: &[Line]) -> Series {
    let values = || {
        series
            .iter()
            .flat_map(|line| line.before.iter().copied().chain([line.value]))
            .filter(|v| !v.is_nan())
    };
    let count = values().count().max(1) as f64;
    Series {
        count: series.len(),
        value: series.iter().map(|line| line.value).fold(f64::NAN, f64::max),
        min: values().fold(f64::NAN, f64::min),
        max: values().fold(f64::NAN, f64::max),
        average: values().sum::<f64>() / count,
        age: series.iter().map(|line| line.age).fold(0.0, f64::max),
    }
}

fn in_words(series: &[Line], unit: &str) -> String {
    if series.is_empty() {
        return "no data: nothing answers this query\n".to_owned();
    }
    let line = |line: &Line| {
        let name = if line.labels.is_empty() { "value" } else { &line.labels };
        format!("{name}   {}\n", number(line.value, unit))
    };
    series.iter().map(line).collect()
}

/// A value with its unit.
pub fn number(value: f64, unit: &str) -> String {
    let plain = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match unit {
        "percent" => format!("{} %", plain(value * 100.0)),
        "seconds" => format!("{} s", plain(value)),
        "bytes" => format!("{} Mi", plain(value / 1_048_576.0)),
        "rps" => format!("{}/s", plain(value)),
        _ => plain(value),
    }
}

/// What came, in a line.
fn said(shown: &Shown) -> String {
    if let Some(problem) = &shown.problem {
        return shorten(&clean(problem), 200).into_owned();
    }
    let lines = || shown.text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines().next().unwrap_or("it wrote nothing");
    match lines().count() {
        0 | 1 => shorten(&clean(first), 200).into_owned(),
        n => format!("{} (and {} more lines)", shorten(&clean(first), 160), n - 1),
    }
}

/// How long ago something began, as a clock: `02:41`.
pub fn clock(since: Time, now: Time) -> String {
    let seconds = if since.is_known() { since.age(now).max(0) } else { 0 };
    match seconds {
        0..3600 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}
