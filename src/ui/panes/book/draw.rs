//! Draws the walk.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{BookPane, steps};
use crate::action::Class;
use crate::app::App;
use crate::app::books::{Asked, Need, Walking, class_of, clock, hint, is_opened, line_of, needs};
use crate::runbook::page::{Alarm, Block, Goto, On, Runbook, Step};
use crate::runbook::walk::{Phase, StepState, budget_left, timers};
use crate::ui::panes::frame::{Freshness, frame};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::text::rows;
use crate::ui::widgets::{Beat, Cut, fill, fit, level, put, width};

/// One row: its parts.
pub(super) type Row = Vec<(Role, String)>;

/// So wide (cells) the steps stand beside.
const WIDE: u16 = 110;
const OUTLINE: u16 = 36;

/// Draws the walk into its pane.
pub fn draw(pane: &BookPane, app: &App, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let Some(walking) = app.books.walking.as_deref() else {
        let fresh = Freshness::note("nothing is walked");
        let inner = frame("runbook", &fresh, focused, area, buf, theme);
        put(
            buf,
            inner,
            " No runbook is open: b on what is wrong opens one.",
            theme.style(Role::Muted),
        );
        return;
    };
    let book = &walking.page.book;
    let inner = frame(&book.title, &state(walking, app), focused, area, buf, theme);
    if inner.height < 2 {
        return;
    }
    if let Some(at) = pane.outline {
        steps::draw(at, walking, app, inner, buf, theme);
        return;
    }
    if pane.contacts {
        let mut all = Vec::new();
        contacts(walking, app, &mut all);
        values(walking, &mut all);
        let all = wrapped(all, inner.width);
        paint(&all, 0, inner, buf, theme);
        return;
    }
    let mut place = inner;
    if inner.width >= WIDE {
        let left = Rect { width: OUTLINE, ..inner };
        let at = walking.at().unwrap_or(0);
        steps::beside(at, walking, left, buf, theme);
        let line = Rect {
            x: left.right(),
            width: 1,
            ..inner
        };
        fill(buf, line, rule(theme).1, theme.style(Role::Faint));
        place = Rect {
            x: left.right() + 1,
            width: inner.width - OUTLINE - 1,
            ..inner
        };
    }
    walk(pane, walking, app, place, buf, theme);
}

/// Horizontal and vertical.
fn rule(theme: &Theme) -> (&'static str, &'static str) {
    match theme.glyphs() {
        crate::ui::theme::Glyphs::Ascii => ("-", "|"),
        crate::ui::theme::Glyphs::Unicode => ("─", "│"),
    }
}

fn state(walking: &Walking, app: &App) -> Freshness {
    let walk = &walking.walk;
    if let Some(problem) = &walking.broken {
        return Freshness::failed(problem);
    }
    let until = if walk.phase.is_over() { walk.ended } else { app.now };
    let took = clock(walk.started, until);
    let text = match &walk.phase {
        Phase::Done => format!("done in {took}"),
        Phase::Stopped(_) => format!("stopped after {took}"),
        Phase::Escalated(to) => format!("{took} · escalated to {to}"),
        _ => match (
            budget_left(&walking.page.book, walk.started, app.now),
            walking.page.book.front.budget,
        ) {
            (Some(left), Some(budget)) if left < 0 => format!("{took} of {} min: over its time", budget / 60),
            (_, Some(budget)) => format!("{took} of {} min", budget / 60),
            _ => took,
        },
    };
    let late = budget_left(&walking.page.book, walk.started, app.now).is_some_and(|left| left < 0) && !walk.phase.is_over();
    Freshness {
        text,
        role: if late { Role::Warning } else { Role::Busy },
    }
}

fn walk(pane: &BookPane, walking: &Walking, app: &App, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let mut head: Vec<Row> = Vec::new();
    let mut foot: Vec<Row> = Vec::new();
    let Some((at, step)) = walking.at().and_then(|at| Some((at, walking.page.book.steps.get(at)?))) else {
        let text = "This page has no steps.".to_owned();
        paint(&[vec![(Role::Muted, text)]], 0, area, buf, theme);
        return;
    };
    top(walking, app, at, step, area, theme, &mut head);
    bottom(walking, app, step, theme, &mut foot);
    let head = wrapped(head, area.width);
    let foot: Vec<Row> = foot.into_iter().map(|row| cut(row, area.width, theme)).collect();
    let output = walking.shown.get(&step.id);
    let mut body: Vec<Row> = Vec::new();
    if let Some(shown) = output {
        if let Some(problem) = &shown.problem {
            body.push(vec![(Role::Warning, problem.clone())]);
        }
        let unit = match &step.block {
            Some(Block::PromQl { chart, .. }) => chart.unit.as_str(),
            _ => "",
        };
        for line in &shown.series {
            if !line.before.is_empty() {
                let highest = line.before.iter().copied().fold(f64::MIN, f64::max);
                let text = spark_of(&line.before, highest, usize::from(area.width) / 2, theme);
                body.push(vec![
                    (Role::Accent, text),
                    (Role::Muted, format!("  highest {}", crate::app::books::number(highest, unit))),
                ]);
            }
        }
        body.extend(shown.text.lines().map(|line| vec![(Role::Text, line.replace('\t', "    "))]));
    }
    // What is asked must not fall off; then what was said of the step; the output has the rest.
    let height = usize::from(area.height);
    let foot_rows = foot.len().min(height.saturating_sub(3));
    let head_rows = head.len().min(height - foot_rows);
    // Where there is room, a line stands between what came and what is asked.
    let parted = u16::from(height > foot_rows + head_rows + 8 && foot_rows > 0 && !body.is_empty());
    let room = height - foot_rows - head_rows - usize::from(parted);
    let head_area = Rect {
        height: u16::try_from(head_rows).unwrap_or(0),
        ..area
    };
    paint(&head, 0, head_area, buf, theme);
    if room > 1 && !body.is_empty() {
        let line = Rect {
            y: head_area.bottom(),
            height: 1,
            ..area
        };
        fill(buf, line, rule(theme).0, theme.style(Role::Faint));
        let place = Rect {
            y: line.y + 1,
            height: u16::try_from(room - 1).unwrap_or(0),
            ..area
        };
        let from = pane.scrolled(&step.id).min(body.len().saturating_sub(1));
        let left = body.len().saturating_sub(from + usize::from(place.height));
        if from > 0 || left > 0 {
            let seen = (from + usize::from(place.height)).min(body.len());
            let text = format!(" {}–{seen} of {} lines ", from + 1, body.len());
            let x = line.right().saturating_sub(u16::try_from(width(&text)).unwrap_or(0) + 1);
            put(buf, Rect { x, ..line }, &text, theme.style(Role::Muted));
        }
        paint(&body, from, place, buf, theme);
    }
    let place = Rect {
        y: area.bottom() - u16::try_from(foot_rows).unwrap_or(0),
        height: u16::try_from(foot_rows).unwrap_or(0),
        ..area
    };
    if parted > 0 {
        let line = Rect {
            y: place.y - 1,
            height: 1,
            ..area
        };
        fill(buf, line, rule(theme).0, theme.style(Role::Faint));
    }
    paint(&foot, 0, place, buf, theme);
}

fn spark_of(values: &[f64], highest: f64, cells: usize, theme: &Theme) -> String {
    let skip = values.len().saturating_sub(cells);
    let beat = |value: &f64| Beat::Bar(level(*value, highest)).sign(theme.glyphs());
    values.iter().skip(skip).map(beat).collect()
}

/// What the step is, and how it stands.
fn top(walking: &Walking, app: &App, at: usize, step: &Step, area: Rect, theme: &Theme, out: &mut Vec<Row>) {
    about(walking, app, at, step, area, theme, out);
    // What the line does stands at the end of how it stands: the line itself may be long.
    let word = match line_of(app, step).is_empty() {
        true => "",
        false => class_of(app, step).map_or("", class_word),
    };
    out.extend(spread(stand(walking, app, step), vec![(Role::Muted, word.to_owned())], area.width));
    if let Some(expected) = &step.expected
        && let Some(first) = expected.text.lines().next()
    {
        out.push(vec![(Role::Muted, "expected: ".to_owned()), (Role::Text, first.to_owned())]);
    }
}

/// What the step is.
pub(super) fn about(walking: &Walking, app: &App, at: usize, step: &Step, area: Rect, theme: &Theme, out: &mut Vec<Row>) {
    let book = &walking.page.book;
    let section = book.section(at).map(|phase| phase.title.as_str()).unwrap_or_default();
    let place = format!("step {} of {}", at + 1, book.steps.len());
    let title = match section {
        "" => step.title.clone(),
        section => format!("{section} › {}", step.title),
    };
    let room = usize::from(area.width).saturating_sub(width(&place) + 5);
    let title = fit(&title, room, Cut::End, theme.glyph(Glyph::Ellipsis)).into_owned();
    out.extend(spread(vec![(Role::Title, title)], vec![(Role::Muted, place)], area.width));
    // Why this page is told until somebody has judged something of it.
    let is_new = walking.walk.steps.values().all(|progress| progress.branch.is_none());
    if is_new && !walking.walk.reason.is_empty() {
        let because = vec![(Role::Muted, format!("because {}", walking.walk.reason))];
        out.push(cut(because, area.width, theme));
    }
    for text in &step.text {
        out.push(coded(text, Role::Muted));
    }
    for callout in &step.callouts {
        let role = match callout.alarm {
            Alarm::Warning | Alarm::Caution => Role::Warning,
            _ => Role::Accent,
        };
        let mut row = vec![(role, format!("{}: ", callout.alarm.word()))];
        row.extend(coded(&callout.text, Role::Text));
        out.push(row);
    }
    let line = line_of(app, step);
    if !line.is_empty() {
        for (nth, text) in line.lines().enumerate() {
            let sign = if nth == 0 { "$ " } else { "  " };
            out.push(vec![(Role::Muted, sign.to_owned()), (Role::Accent, text.to_owned())]);
        }
    }
    for (nth, (text, done)) in step.tasks.iter().enumerate() {
        let done = walking.walk.progress(&step.id).ticked.get(&nth).copied().unwrap_or(*done);
        let sign = if done { "[x] " } else { "[ ] " };
        let role = if done { Role::Done } else { Role::Text };
        let mut row = vec![(role, sign.to_owned())];
        row.extend(coded(text, role));
        out.push(row);
    }
}

/// Text of a page: what stands between backticks is code, and is drawn as such.
fn coded(text: &str, role: Role) -> Row {
    let mut row = Row::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        // One that stands alone is a backtick.
        let Some((code, after)) = after.split_once('`') else { break };
        if !before.is_empty() {
            row.push((role, before.to_owned()));
        }
        row.push((Role::Accent, code.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        row.push((role, rest.to_owned()));
    }
    row
}

/// What a line does, as a person says it.
pub(super) fn class_word(class: Class) -> &'static str {
    match class {
        Class::R => "reads",
        Class::T => "a session",
        Class::W1 => "changes, asks first",
        Class::W2 => "disrupts, asks first",
        Class::D => "may lose data, asks in full",
        Class::X => "not readable, asks first",
    }
}

/// How the step stands, in a line.
pub(super) fn stand(walking: &Walking, app: &App, step: &Step) -> Row {
    let progress = walking.walk.progress(&step.id);
    let mut said = Vec::new();
    let role = match &progress.state {
        StepState::Passed | StepState::Answered => Role::Ok,
        StepState::Failed | StepState::TimedOut => Role::Bad,
        StepState::NoData => Role::Warning,
        StepState::Running => Role::Busy,
        StepState::Ready | StepState::Skipped(_) => Role::Muted,
    };
    match (&progress.state, &walking.asked) {
        (
            _,
            Some(Asked::Deed {
                step: of, begun: false, ..
            }),
        ) if *of == step.id => said.push("the plan is asked about".to_owned()),
        (StepState::Ready, _) => match needs(app, step) {
            _ if progress.runs > 0 => said.push(format!("{}: r runs it again", progress.said)),
            Some(needs) => match needs.first() {
                Some(need @ Need::Values(names)) => {
                    said.push(need.said());
                    said.extend(names.first().and_then(|name| hint(app, name)));
                }
                Some(need) => said.push(need.said()),
                None if is_opened(app, step) => said.push("ready: enter opens it beside, then say what you see".to_owned()),
                None => said.push("ready: enter runs it".to_owned()),
            },
            None if step.branches.is_empty() && step.tasks.is_empty() => said.push("enter goes on".to_owned()),
            None => said.push("for a person".to_owned()),
        },
        (StepState::Running, Some(Asked::Pause { until, .. })) => {
            said.push(format!("waits {}", clock(progress.started, app.now)));
            if let Some(until) = &step.until {
                said.push(format!("until {}", until.text()));
            }
            if let Some(since) = progress.holds_since {
                let hold = crate::model::Time(since.0 + step.hold.unwrap_or(0));
                said.push(format!("holds {} of {}", clock(since, app.now), clock(since, hold)));
            }
            said.push(format!("looks in {} s", (until.0 - app.now.0).max(0)));
        }
        (StepState::Running, _) => said.push(format!("runs, {} s so far; ctrl-c stops it", progress.started.age(app.now).max(0))),
        (StepState::Skipped(reason), _) => said.push(format!("skipped: {reason}")),
        (state, _) => {
            said.push(state.word().to_owned());
            // An answer that came within the millisecond took its time, too.
            if progress.runs > 0 && !is_opened(app, step) {
                said.push(took(progress.ms));
            }
            let late = step
                .within
                .is_some_and(|within| progress.ms / 1000 > u64::try_from(within).unwrap_or(u64::MAX));
            if let Some(within) = step.within.filter(|_| late) {
                said.push(format!("longer than the {within} s it should take"));
            }
            if let Some(expect) = step.expect.as_ref().filter(|_| *state == StepState::Failed) {
                said.push(format!("expected {}, got {}", expect.text(), short(&progress.said)));
            }
            if !progress.evidence.is_empty() {
                said.push("kept as evidence".to_owned());
            }
            if (progress.runs > 0 && !walking.shown.contains_key(&step.id) || is_opened(app, step)) && !progress.said.is_empty() {
                said.push(progress.said.clone());
            }
        }
    }
    vec![(role, said.join(" · "))]
}

/// The beginning of what came, to stand in a line with other words.
fn short(said: &str) -> String {
    match said {
        "" => "nothing".to_owned(),
        said => crate::model::shorten(said, 40).into_owned(),
    }
}

fn took(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{}.{} s", ms / 1000, ms / 100 % 10),
        _ => format!("{} s", ms / 1000),
    }
}

/// Where it leads, and who is to be called.
pub(super) fn bottom(walking: &Walking, app: &App, step: &Step, theme: &Theme, out: &mut Vec<Row>) {
    let judged = walking.is_judged();
    if !step.branches.is_empty() && !walking.walk.phase.is_over() {
        let label = step.branches.iter().map(|branch| width(&branch.label)).max().unwrap_or(0).min(40);
        for (nth, branch) in step.branches.iter().enumerate() {
            let here = judged && nth == walking.cursor;
            let sign = if here { theme.glyph(Glyph::Selected) } else { " " };
            let role = match (here, judged) {
                (true, _) => Role::Accent,
                (false, true) => Role::Text,
                (false, false) => Role::Muted,
            };
            let name = fit(&branch.label, 40, Cut::End, theme.glyph(Glyph::Ellipsis));
            let mut row = vec![
                (role, format!("{sign}{} {name:label$}", nth + 1)),
                (
                    Role::Muted,
                    format!("  → {}", leads(&walking.page.book, &branch.goto, &branch.text)),
                ),
            ];
            if branch.on == On::Answer && !branch.note.is_empty() {
                row.push((Role::Faint, format!("  {}", branch.note)));
            }
            out.push(row);
        }
    }
    match &walking.walk.phase {
        Phase::Done => out.push(vec![(
            Role::Ok,
            "The walk is done. ctrl-s saves what was done as a page.".to_owned(),
        )]),
        Phase::HandedOver(book) => out.push(vec![(Role::Muted, format!("On with {book}."))]),
        _ => {}
    }
    if !walking.walk.phase.is_over()
        && let Some(timer) = timers(&walking.page.book, walking.walk.started, app.now).first()
    {
        match timer.is_due() {
            true => out.push(vec![(Role::Warning, timer.said()), (Role::Muted, " (! shows how)".to_owned())]),
            false => out.push(vec![(Role::Muted, timer.said())]),
        }
    }
}

/// Where a branch leads, in words.
pub(super) fn leads(book: &Runbook, goto: &Goto, text: &str) -> String {
    match goto {
        Goto::Next => "the next step".to_owned(),
        Goto::Step(at) => book.steps.get(*at).map(|step| step.title.clone()).unwrap_or_default(),
        Goto::Phase(at) => book.phases.get(*at).map(|phase| phase.title.clone()).unwrap_or_default(),
        Goto::Book(name) => format!("runbook: {name}"),
        Goto::End if text.is_empty() => "the end".to_owned(),
        Goto::End => text.to_owned(),
        Goto::Nowhere(name) => format!("{name}, which is not on this page"),
    }
}

pub(super) fn contacts(walking: &Walking, app: &App, out: &mut Vec<Row>) {
    let book = &walking.page.book;
    out.push(vec![(Role::Title, "Whom to call (nothing is sent from here)".to_owned())]);
    for timer in timers(book, walking.walk.started, app.now) {
        let role = if timer.is_due() { Role::Warning } else { Role::Text };
        out.push(vec![(role, timer.said()), (Role::Muted, format!("  {}", timer.via))]);
    }
    for row in book.contacts.iter().skip(1) {
        out.push(vec![(Role::Text, row.join("  ·  "))]);
    }
    for (name, contact) in &app.config.contacts {
        out.push(vec![
            (Role::Accent, name.clone()),
            (Role::Text, format!("  {}  {}", contact.via.join(", "), contact.note)),
        ]);
    }
    out.push(Vec::new());
}

pub(super) fn values(walking: &Walking, out: &mut Vec<Row>) {
    out.push(vec![(Role::Title, "Values of this walk (:set NAME VALUE changes one)".to_owned())]);
    let missing = walking.page.book.slots();
    for (name, value) in walking.walk.bindings.iter() {
        out.push(vec![
            (Role::Accent, format!("{name} ")),
            (Role::Text, value.text.lines().next().unwrap_or_default().to_owned()),
            (Role::Muted, format!("  {}", value.origin.said())),
        ]);
    }
    for slot in walking.walk.bindings.missing(&missing) {
        out.push(vec![
            (Role::Accent, format!("{} ", slot.name)),
            (Role::Muted, "has no value yet".to_owned()),
        ]);
    }
}

/// Left and right of a row, where both fit; else the right has a row of its own.
fn spread(left: Row, right: Row, cells: u16) -> Vec<Row> {
    let wide = |row: &Row| row.iter().map(|(_, text)| width(text)).sum::<usize>();
    let room = usize::from(cells).saturating_sub(2);
    let (before, after) = (wide(&left), wide(&right));
    if after == 0 {
        return vec![left];
    }
    let gap = |before: usize| (Role::Text, " ".repeat(room.saturating_sub(before + after)));
    if before + 2 + after <= room {
        return vec![left.into_iter().chain([gap(before)]).chain(right).collect()];
    }
    vec![left, std::iter::once(gap(0)).chain(right).collect()]
}

/// A row that is cut where it does not fit.
fn cut(row: Row, cells: u16, theme: &Theme) -> Row {
    let mut room = usize::from(cells.saturating_sub(2));
    let mut all = Row::new();
    for (role, text) in row {
        let part = fit(&text, room, Cut::End, theme.glyph(Glyph::Ellipsis)).into_owned();
        room -= width(&part).min(room);
        all.push((role, part));
        if room == 0 {
            break;
        }
    }
    all
}

/// Rows that fit between the edges; a blank cell is left at each.
pub(super) fn wrapped(lines: Vec<Row>, cells: u16) -> Vec<Row> {
    let room = usize::from(cells.saturating_sub(2)).max(1);
    let mut all = Vec::new();
    for line in lines {
        let text: String = line.iter().map(|(_, text)| text.as_str()).collect();
        if width(&text) <= room {
            all.push(line);
            continue;
        }
        for range in rows(&text, room) {
            let mut row = Row::new();
            let mut at = 0;
            for (role, part) in &line {
                let (from, to) = (range.start.max(at), range.end.min(at + part.len()));
                if from < to
                    && let Some(piece) = part.get(from - at..to - at)
                {
                    row.push((*role, piece.to_owned()));
                }
                at += part.len();
            }
            all.push(row);
        }
    }
    all
}

pub(super) fn paint(lines: &[Row], from: usize, area: Rect, buf: &mut Buffer, theme: &Theme) {
    for (nth, row) in lines.iter().skip(from).take(usize::from(area.height)).enumerate() {
        let mut x = area.x + 1;
        let y = area.y + u16::try_from(nth).unwrap_or(0);
        for (role, text) in row {
            let place = Rect {
                x,
                y,
                width: area.right().saturating_sub(x + 1),
                height: 1,
            };
            x += put(buf, place, text, theme.style(*role));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let parts = |text: &str| coded(text, Role::Muted);
        let (plain, code) = (|t: &str| (Role::Muted, t.to_owned()), |t: &str| (Role::Accent, t.to_owned()));
        assert_eq!(parts("a `--previous` run"), [plain("a "), code("--previous"), plain(" run")]);
        assert_eq!(parts("`a``b`"), [code("a"), code("b")]);
        assert_eq!(parts("one ` alone"), [plain("one ` alone")]);
        assert_eq!(parts("none"), [plain("none")]);
        assert_eq!(parts(""), Row::new());
    }
}
