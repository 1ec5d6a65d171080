//! One alert as a whole: what it says, what it is about, where to look, and when it fired before.

use std::sync::LazyLock;

use crate::model::{Alert, AlertState, ObjectRef, Severity, Time, Uid, short_age};
use crate::runbook::library::Library;
use crate::runbook::suggest::{Firing, Situation, suggest};
use crate::store::EnvStore;
use crate::ui::theme::Role;
use crate::ui::widgets::TextLine;

/// The lines of the page.
pub fn lines(seen: &EnvStore, uid: Uid, now: Time) -> Vec<TextLine> {
    let alerts = &seen.alerts;
    let mut page = Page::default();
    if let Some(unknown) = super::unknown(&alerts.known(now), now) {
        page.line(Role::Stale, &unknown);
        page.line(Role::Muted, "What follows is what was told last.");
        page.gap();
    }
    match alerts.get(uid) {
        Some(alert) => one(&mut page, alert, seen.spoken(&alert.labels), now),
        None => page.line(Role::Muted, "This alert is over, or nobody tells of it any more."),
    }
    let past: Vec<String> = alerts
        .past(uid)
        .rev()
        .map(|past| {
            format!(
                "{} – {} ({})",
                moment(past.since),
                moment(past.until),
                short_age(past.since.age(past.until))
            )
        })
        .collect();
    if !past.is_empty() {
        page.gap();
        page.line(Role::Title, "It fired before, since this program looks");
        past.iter().for_each(|line| page.line(Role::Text, &format!("  {line}")));
    }
    page.lines
}

fn one(page: &mut Page, alert: &Alert, object: Option<ObjectRef>, now: Time) {
    let role = match (alert.state, alert.gravity()) {
        (AlertState::Firing, Severity::Critical) => Role::Bad,
        (AlertState::Firing, Severity::Warning) => Role::Warning,
        (AlertState::Pending, _) => Role::Busy,
        (AlertState::Firing | AlertState::Suppressed, _) => Role::Muted,
    };
    let severity = if alert.severity.is_empty() {
        "no severity"
    } else {
        &alert.severity
    };
    let since = if alert.since.is_known() {
        format!(" since {} ({})", moment(alert.since), short_age(alert.since.age(now)))
    } else {
        String::new()
    };
    page.line(role, &format!("{} · {severity} · {}{since}", alert.name, super::state(alert)));
    for text in [&alert.summary, &alert.description] {
        if !text.is_empty() {
            page.line(Role::Text, text);
        }
    }
    page.gap();
    page.pair(
        "about",
        &object.map_or_else(|| "no object of the cluster".to_owned(), |object| named(&object)),
    );
    page.pair("expression", &alert.expr);
    page.pair("value", &alert.value);
    if let Some(name) = runbook(alert) {
        page.pair("runbook", &format!("{name} · qd runbook show {name}"));
        page.pair("", &alert.runbook);
    } else {
        page.pair("runbook", &alert.runbook);
    }
    page.pair("source", &alert.generator);
    page.pair("silenced by", &alert.silenced.join(", "));
    page.pair("inhibited by", &alert.inhibited.join(", "));
    if !alert.is_routed && alert.state == AlertState::Firing {
        page.pair("notified", "no Alertmanager that was asked has it: nobody may have been told");
    }
    page.gap();
    page.line(Role::Title, "Labels");
    for (name, value) in alert.labels.iter() {
        page.line(Role::Text, &format!("  {name} = {value}"));
    }
}

/// The page of ours that helps with an alert: the one that its address means, else one that names it.
pub fn runbook(alert: &Alert) -> Option<String> {
    static OURS: LazyLock<Library> = LazyLock::new(Library::built_in);
    let labels: Vec<(&str, &str)> = alert.labels.iter().collect();
    let firing = [Firing {
        name: &alert.name,
        labels: &labels,
        annotations: &[("runbook_url", &alert.runbook)],
    }];
    let situation = Situation {
        alerts: &firing,
        ..Situation::default()
    };
    suggest(&OURS, &situation).first().map(|found| found.page.book.name.to_string())
}

/// `Pod solia/backend-1`
pub fn named(object: &ObjectRef) -> String {
    let kind = object
        .kind
        .known()
        .map_or_else(|| object.kind.resource().to_owned(), |known| known.info().name.to_owned());
    match &*object.namespace {
        "" => format!("{kind} {}", object.name),
        namespace => format!("{kind} {namespace}/{}", object.name),
    }
}

pub(super) fn moment(time: Time) -> String {
    match jiff::Timestamp::from_second(time.0) {
        Ok(time) => time.strftime("%m-%d %H:%M:%SZ").to_string(),
        Err(_) => String::new(),
    }
}

/// A page that is written line by line.
#[derive(Default)]
pub(super) struct Page {
    lines: Vec<TextLine>,
}

impl Page {
    pub(super) fn into_lines(self) -> Vec<TextLine> {
        self.lines
    }

    pub(super) fn line(&mut self, role: Role, text: &str) {
        self.lines.push(TextLine::of([(role, text)]));
    }

    pub(super) fn gap(&mut self) {
        self.lines.push(TextLine::plain(""));
    }

    /// A name and its value; nothing where there is no value.
    pub(super) fn pair(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            let name = format!("{name:13}");
            self.lines.push(TextLine::of([(Role::Muted, name.as_str()), (Role::Text, value)]));
        }
    }
}
