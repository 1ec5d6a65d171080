//! The dialog of a plan: what, where, whom it reaches, what takes it back, and what to type.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::boxed;
use crate::action::guard::{Ruling, Tried};
use crate::action::plan::{Change, Plan, Verdict, Weight};
use crate::action::{Class, Verb};
use crate::app::App;
use crate::app::deeds::dialog::{Dialog, Field, Stage};
use crate::app::deeds::editing;
use crate::config::{Level, Source, Tier};
use crate::model::{Link, ObjectRef, clean};
use crate::redact::mask_text;
use crate::ui::Look;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::{Cut, fit, put, width};

/// The label column.
const LABEL: usize = 9;
/// Objects and steps that are listed before `tab`.
const FEW: usize = 4;

/// One line of the dialog.
struct Line {
    label: &'static str,
    text: String,
    role: Role,
}

fn line(label: &'static str, text: impl Into<String>, role: Role) -> Line {
    Line {
        label,
        text: text.into(),
        role,
    }
}

/// Draws the dialog.
pub(super) fn draw(app: &App, dialog: &Dialog, look: &Look, screen: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    let wide = screen.width.saturating_sub(4).min(96);
    let body = lines(app, dialog, usize::from(wide.saturating_sub(4)));
    let foot = foot(app, dialog, usize::from(wide.saturating_sub(4)));
    let wanted = u16::try_from(body.len() + foot.len() + 3).unwrap_or(u16::MAX);
    let height = wanted.min(screen.height.saturating_sub(2)).max(8.min(screen.height));
    let area = Rect {
        x: screen.x + (screen.width.saturating_sub(wide)) / 2,
        y: screen.y + screen.height.saturating_sub(height) / 3,
        width: wide,
        height,
    };
    let environment = app.environment(dialog.draft.env);
    let label = environment.map(|e| e.shown().to_uppercase()).unwrap_or_default();
    let inner = boxed(&title(dialog), area, look, buf);
    // The environment's name stands in the frame, in its own colours.
    let band = match app.tier(dialog.draft.env) {
        Tier::Open => Role::BandOpen,
        Tier::Confirm => Role::BandConfirm,
        Tier::Guarded => Role::BandGuarded,
    };
    let badge = format!(" {label} ");
    let at = u16::try_from(width(&badge)).unwrap_or(0);
    let place = Rect {
        x: area.right().saturating_sub(at + 2),
        y: area.y,
        width: at,
        height: 1,
    };
    put(buf, place.intersection(area), &badge, theme.style(band));

    let row = |n: usize| Rect {
        x: inner.x + 1,
        y: inner.y + u16::try_from(n).unwrap_or(u16::MAX).min(inner.height.saturating_sub(1)),
        width: inner.width.saturating_sub(2),
        height: 1.min(inner.height),
    };
    let room = usize::from(inner.height).saturating_sub(foot.len() + 1);
    let last = body.len().saturating_sub(room);
    let first = usize::from(dialog.scroll).min(last);
    for (n, line) in body.iter().skip(first).take(room).enumerate() {
        let rect = row(n);
        put(buf, rect, line.label, theme.style(Role::Muted));
        let rest = Rect {
            x: rect.x + u16::try_from(LABEL).unwrap_or(0).min(rect.width),
            width: rect.width.saturating_sub(u16::try_from(LABEL).unwrap_or(0)),
            ..rect
        };
        let text = fit(&line.text, usize::from(rest.width), Cut::End, theme.glyph(Glyph::Ellipsis));
        put(buf, rest, &text, theme.style(line.role));
    }
    if last > first {
        let more = format!("{} more lines: pgdn", last - first);
        let rect = row(room);
        put(buf, rect, &more, theme.style(Role::Faint));
    }
    let from = usize::from(inner.height).saturating_sub(foot.len());
    for (n, pieces) in foot.iter().enumerate() {
        let mut rect = row(from + n);
        for (text, role) in pieces {
            let style: Style = theme.style(*role);
            let used = put(buf, rect, text, style);
            rect.x += used;
            rect.width = rect.width.saturating_sub(used);
        }
    }
}

/// What it is called, loudly.
fn title(dialog: &Dialog) -> String {
    match (&dialog.stage, dialog.plan()) {
        (Stage::Failed(failure, _), _) => failure.title().to_owned(),
        (_, Some(plan)) => super::shouted(&plan.title),
        (_, None) => "PLAN".to_owned(),
    }
}

/// The plan in plain lines, for who has no screen: its title, and what is read before the answer.
pub fn told(app: &App, dialog: &Dialog, cells: usize) -> Vec<String> {
    let environment = app.environment(dialog.draft.env).map(|e| e.shown().to_uppercase());
    let head = format!("{} in {}", title(dialog), environment.unwrap_or_default());
    let text = |line: Line| format!("  {:LABEL$}{}", line.label, line.text).trim_end().to_owned();
    std::iter::once(head)
        .chain(lines(app, dialog, cells).into_iter().map(text))
        .collect()
}

/// What is read before the answer.
fn lines(app: &App, dialog: &Dialog, cells: usize) -> Vec<Line> {
    let mut lines = vec![line("where", place(app, dialog), Role::Text)];
    if app.environment(dialog.draft.env).is_some_and(|e| e.source == Source::Kubeconfig) {
        lines.push(line("", "no configuration names it: it is treated as production", Role::Warning));
    }
    match &dialog.stage {
        Stage::Asking => {
            lines.push(line("does", dialog.draft.action.to_string(), Role::Text));
            let whom = if is_silence(dialog) { "the Alertmanager" } else { "the cluster" };
            lines.push(line("", format!("asking {whom} …"), Role::Busy));
            return lines;
        }
        Stage::Failed(_, problem) => {
            wrapped("why", &problem.text, Role::Bad, cells, &mut lines);
            wrapped("", &problem.hint, Role::Muted, cells, &mut lines);
            wrapped("by hand", &mask_text(&dialog.line()), Role::Muted, cells, &mut lines);
            return lines;
        }
        Stage::Planned(plan) => {
            planned(dialog, plan, cells, &mut lines);
            let lease = dialog.question().and_then(|question| question.lease());
            let in_container = plan.changes.iter().any(|change| !change.write.is_request()) && !plan.is_local() && plan.forward().is_none();
            if let (Some(seconds), true) = (lease, in_container && plan.wants_terminal()) {
                let text = format!(
                    "what is shown is recorded (:evidence); it ends by itself after {} min",
                    seconds / 60
                );
                lines.push(line("session", text, Role::Text));
            }
        }
    }
    lines
}

fn is_silence(dialog: &Dialog) -> bool {
    matches!(dialog.draft.action.verb, Verb::Silence(_))
}

fn place(app: &App, dialog: &Dialog) -> String {
    let env = dialog.draft.env;
    let environment = app.environment(env);
    let name = environment.map(|e| e.name.clone()).unwrap_or_default();
    if is_silence(dialog) {
        let hosts: Vec<&str> = dialog.draft.objects.iter().map(|manager| &*manager.name).collect();
        return format!("{name} · Alertmanager {}", hosts.join(", "));
    }
    let namespace = dialog
        .draft
        .objects
        .first()
        .map(|object| object.namespace.to_string())
        .unwrap_or_default();
    let namespace = if namespace.is_empty() { "the cluster".into() } else { namespace };
    match app.hands(env) {
        Some(Link::Ready(server)) => format!(
            "{namespace} in {name} · {} as {}",
            server.host,
            if server.user.is_empty() { "?" } else { &server.user }
        ),
        Some(Link::Lost { problem, .. }) => format!("{namespace} in {name} · not connected: {}", problem.text),
        Some(Link::Idle | Link::Connecting) => format!("{namespace} in {name} · connecting"),
        None => format!("{namespace} in {name} · not connected"),
    }
}

fn weight(weight: Weight) -> Role {
    match weight {
        Weight::Plain => Role::Text,
        Weight::Warn => Role::Warning,
        Weight::Stop => Role::Bad,
    }
}

fn planned(dialog: &Dialog, plan: &Plan, cells: usize, lines: &mut Vec<Line>) {
    lines.push(line("effect", plan.effect.clone(), Role::Title));
    let most = if dialog.whole { usize::MAX } else { FEW };
    let mut label = "change";
    if let [one] = plan.changes.as_slice() {
        for step in one.steps.iter().take(most) {
            let (old, new) = step.values();
            let show = |text: &str| mask_text(&clean(text)).into_owned();
            let (old, new) = (show(&old), show(&new));
            let whole = format!("{}: {old} → {new}", step.path);
            if width(&whole) + LABEL <= cells {
                lines.push(line(label, whole, Role::Text));
            } else {
                lines.push(line(label, step.path.clone(), Role::Text));
                lines.push(line("", format!("- {old}"), Role::Muted));
                lines.push(line("", format!("+ {new}"), Role::Text));
            }
            label = "";
        }
        more(one.steps.len(), most, "changes", lines);
        if !one.uid.is_empty() {
            lines.push(line("uid", one.uid.clone(), Role::Muted));
        }
        if let Some(remark) = &one.remark {
            let label = if is_silence(dialog) { "at" } else { "pod" };
            lines.push(line(
                label,
                format!("{} · {}", named(&one.object), remark.text),
                weight(remark.weight),
            ));
        }
    } else {
        let label = match plan.leading() {
            _ if is_silence(dialog) => "at",
            0 => "objects",
            _ => "pods",
        };
        listed(plan, label, most, lines);
    }
    let mut label = "reaches";
    for reach in &plan.blast.lines {
        wrapped(label, &reach.told(dialog.whole), weight(reach.weight), cells, lines);
        label = "";
    }
    let mut label = "note";
    for note in &plan.notes {
        wrapped(label, &note.told(dialog.whole), weight(note.weight), cells, lines);
        label = "";
    }
    let mut label = "may you";
    for (right, answer) in &plan.rights {
        let (text, role) = match answer {
            Ok(Verdict::Allowed) => (format!("yes: {right}"), Role::Text),
            Ok(Verdict::Denied(_)) => (format!("no: {right}"), Role::Bad),
            Err(problem) => (format!("not known: {right} ({})", problem.text), Role::Warning),
        };
        lines.push(line(label, text, role));
        label = "";
    }
    let (text, role) = match &dialog.tried {
        Tried::Pending => ("asking …".to_owned(), Role::Busy),
        Tried::Accepted(_) if !plan.can_be_tried() => ("this cannot be tried before".to_owned(), Role::Muted),
        Tried::Accepted(warnings) if warnings.is_empty() => ("the server would take it".to_owned(), Role::Text),
        Tried::Accepted(warnings) => (
            format!("the server would take it, and warns: {}", warnings.join("; ")),
            Role::Warning,
        ),
        // Told whole below.
        Tried::Refused(_) => ("the server would not take it".to_owned(), Role::Bad),
        Tried::Silent(problem) => (format!("no answer: {}", problem.text), Role::Warning),
    };
    lines.push(line("dry run", text, role));
    match plan.told_inverse() {
        Ok(line) => command("undo", &line, dialog.whole, cells, lines),
        Err(why) if plan.class <= Class::T => lines.push(line("undo", why, Role::Muted)),
        Err(why) => lines.push(line("undo", why, Role::Warning)),
    }
    command("by hand", &plan.told(), dialog.whole, cells, lines);
    if let Some(Ruling::Refused(problem)) = &dialog.ruling {
        wrapped("refused", &problem.text, Role::Bad, cells, lines);
        wrapped("", &problem.hint, Role::Muted, cells, lines);
    }
    let mut label = "asks";
    for why in dialog.question().map(|question| question.why()).unwrap_or_default() {
        lines.push(line(label, format!("more than usual: {why}"), Role::Warning));
        label = "";
    }
}

/// `solia/web-1`
fn named(object: &ObjectRef) -> String {
    match &*object.namespace {
        "" => object.name.to_string(),
        namespace => format!("{namespace}/{}", object.name),
    }
}

/// The objects of a plan, each with what is special about it; what is worth a second thought first.
fn listed(plan: &Plan, label: &'static str, most: usize, lines: &mut Vec<Line>) {
    let (what, mut label) = (label, label);
    let mut changes: Vec<&Change> = plan.changes.iter().skip(plan.leading()).collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.remark.as_ref().map(|remark| remark.weight)));
    for change in changes.iter().take(most) {
        let (text, role) = match &change.remark {
            Some(remark) if !remark.text.is_empty() => (format!("{} · {}", named(&change.object), remark.text), weight(remark.weight)),
            Some(_) | None => (named(&change.object), Role::Text),
        };
        lines.push(line(label, text, role));
        label = "";
    }
    more(changes.len(), most, what, lines);
}

/// A text over as many lines as it needs, broken between words.
fn wrapped(label: &'static str, text: &str, role: Role, cells: usize, lines: &mut Vec<Line>) {
    let room = cells.saturating_sub(LABEL).max(10);
    let (mut label, mut row) = (label, String::new());
    for word in text.split_whitespace() {
        if !row.is_empty() && width(&row) + 1 + width(word) > room {
            lines.push(line(label, std::mem::take(&mut row), role));
            label = "";
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    if !row.is_empty() {
        lines.push(line(label, row, role));
    }
}

/// A command line; of one that names hundreds of objects the beginning, and all of it after `tab`.
fn command(label: &'static str, text: &str, whole: bool, cells: usize, lines: &mut Vec<Line>) {
    let before = lines.len();
    wrapped(label, text, Role::Muted, cells, lines);
    let took = lines.len() - before;
    if took > FEW && !whole {
        lines.truncate(before + FEW - 1);
        more(took, FEW - 1, "lines", lines);
    }
}

fn more(all: usize, most: usize, what: &str, lines: &mut Vec<Line>) {
    if all > most {
        lines.push(line("", format!("and {} more {what}: tab shows them", all - most), Role::Muted));
    }
}

/// The last part of a text that fits.
fn end_of(text: &str, cells: usize) -> String {
    let skip = text
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| width(text.get(*at..).unwrap_or_default()) <= cells);
    skip.and_then(|at| text.get(at..)).unwrap_or_default().to_owned()
}

type Pieces = Vec<(String, Role)>;

/// What is typed, and which keys do something.
fn foot(app: &App, dialog: &Dialog, cells: usize) -> Vec<Pieces> {
    let mut rows: Vec<Pieces> = vec![Vec::new()];
    let piece = |text: &str, role: Role| (text.to_owned(), role);
    let Some(question) = dialog.question() else {
        let waits = matches!(dialog.stage, Stage::Asking) || dialog.plan().is_some() && dialog.ruling.is_none();
        rows.push(match waits {
            true => vec![piece("esc", Role::Key), piece(" leave it", Role::Muted)],
            false => {
                let offer = dialog.plan().and_then(|plan| plan.offer.as_ref());
                let mut pieces: Pieces = Vec::new();
                if let Some(offer) = offer {
                    pieces.push(piece("f", Role::Key));
                    pieces.push(piece(&format!(" {}   ", offer.text), Role::Text));
                }
                if editing::is_kept(app, &dialog.draft) {
                    pieces.push(piece("e", Role::Key));
                    pieces.push(piece(" edit again   ", Role::Muted));
                }
                pieces.extend([
                    piece("c", Role::Key),
                    piece(" copy the line   ", Role::Muted),
                    piece("esc", Role::Key),
                    piece(" close", Role::Muted),
                ]);
                pieces
            }
        });
        return rows;
    };
    if let Some(said) = &dialog.said {
        rows.push(vec![piece(said, Role::Warning)]);
    }
    if question.unlocks() {
        let focus = dialog.active() == Field::Reason;
        let minutes = app.config.guard.unlock / 60;
        rows.push(vec![
            piece(&format!("Unlocks for {minutes} min. Why: "), Role::Muted),
            // Of a long one its end: that is where one types.
            piece(
                &end_of(dialog.reason.text(), cells.saturating_sub(27)),
                if focus { Role::Accent } else { Role::Text },
            ),
            piece(if focus { "_" } else { "" }, Role::Accent),
        ]);
    }
    match question.level() {
        Level::Key => rows.push(vec![
            piece("y", Role::Key),
            piece(" do it   ", Role::Muted),
            piece("n esc", Role::Key),
            piece(" leave it   ", Role::Muted),
            piece("ctrl-y", Role::Key),
            piece(" copy the line", Role::Muted),
        ]),
        Level::Token | Level::Full => {
            let focus = dialog.active() == Field::Token;
            let wrong = dialog.wrong > 0 && dialog.said.is_some();
            rows.push(vec![
                piece("Type ", Role::Muted),
                piece(question.token(), Role::Title),
                piece(" and enter: ", Role::Muted),
                piece(dialog.token.text(), if wrong { Role::Bad } else { Role::Accent }),
                piece(if focus { "_" } else { "" }, Role::Accent),
            ]);
            let other = match (question.unlocks(), dialog.active()) {
                (false, _) => None,
                (true, Field::Token) => Some(("up", " why   ")),
                (true, Field::Reason) => Some(("enter", " goes on   ")),
            };
            rows.push(
                other
                    .into_iter()
                    .flat_map(|(key, does)| [piece(key, Role::Key), piece(does, Role::Muted)])
                    .chain([
                        piece("esc", Role::Key),
                        piece(" leave it   ", Role::Muted),
                        piece("tab", Role::Key),
                        piece(if dialog.whole { " in short   " } else { " all of it   " }, Role::Muted),
                        piece("ctrl-y", Role::Key),
                        piece(" copy the line", Role::Muted),
                    ])
                    .collect(),
            );
        }
    }
    rows
}
