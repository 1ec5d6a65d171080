//! The alerts of an environment: `page` is one of them as a whole, `silences` one of their silences; the lists are tables (`ui/panes/table/columns/alert`).

pub mod page;
pub mod silences;

use crate::model::{Alert, AlertState, AlertsKnown, Health, Severity, Time, short_age};
use crate::store::{AlertCount, Alerts};
use crate::ui::theme::{Glyph, Role};

/// How an alert counts among the rows of a table.
pub fn health(alert: &Alert) -> Health {
    match (alert.state, alert.gravity()) {
        _ if alert.is_watchdog() => Health::Ok,
        (AlertState::Suppressed, _) => Health::Done,
        (AlertState::Pending, _) => Health::Busy,
        (AlertState::Firing, Severity::Critical) => Health::Bad,
        (AlertState::Firing, Severity::Warning) => Health::Warning,
        (AlertState::Firing, Severity::Info) => Health::Ok,
    }
}

/// `firing`, `pending`, `silenced`, `inhibited`.
pub fn state(alert: &Alert) -> &'static str {
    match alert.state {
        AlertState::Suppressed if !alert.silenced.is_empty() => "silenced",
        AlertState::Suppressed if !alert.inhibited.is_empty() => "inhibited",
        state => state.word(),
    }
}

/// What the header says: `alerts 1 critical 2 warning`, `alerts unknown since 03:02Z`. Nothing where nobody is asked.
pub fn badge(alerts: &Alerts, now: Time) -> Option<(Glyph, Role, String)> {
    match alerts.known(now) {
        AlertsKnown::Off => None,
        AlertsKnown::Waiting => Some((Glyph::Busy, Role::Muted, "alerts …".into())),
        AlertsKnown::Unknown { since, .. } => Some((Glyph::Stale, Role::Stale, format!("alerts unknown since {}", clock(since)))),
        AlertsKnown::Yes => {
            let (glyph, role) = match alerts.count() {
                AlertCount { critical: 1.., .. } => (Glyph::Bad, Role::Bad),
                AlertCount { warning: 1.., .. } => (Glyph::Warning, Role::Warning),
                _ => (Glyph::Ok, Role::Text),
            };
            Some((glyph, role, format!("alerts {}", counted(alerts.count()))))
        }
    }
}

/// `1 critical 2 warning`, `0`.
pub fn counted(count: AlertCount) -> String {
    let parts = [(count.critical, "critical"), (count.warning, "warning"), (count.info, "info")];
    let some: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    if some.is_empty() { "0".into() } else { some.join(" ") }
}

/// What stands in the title of the list, besides how fresh it is.
pub fn title(alerts: &Alerts) -> String {
    let count = alerts.count();
    let also = [(count.pending, "pending"), (count.suppressed, "suppressed")];
    let also = also
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!(" · {n} {word}"))
        .collect::<String>();
    let shown = alerts.all().len();
    let more = if alerts.total() > shown {
        format!(" · {} in all, the {shown} worst are shown", alerts.total())
    } else {
        String::new()
    };
    format!("alerts: {}{also}{more}", counted(count))
}

/// `unknown since 03:02Z (14m): connection refused by prometheus:9090`
pub fn unknown(known: &AlertsKnown, now: Time) -> Option<String> {
    match known {
        AlertsKnown::Unknown { since, problem } => {
            let age = short_age(since.age(now));
            Some(format!("alerts unknown since {} ({age}): {}", clock(*since), problem.text))
        }
        AlertsKnown::Off | AlertsKnown::Waiting | AlertsKnown::Yes => None,
    }
}

/// `03:02Z`
fn clock(time: Time) -> String {
    let minutes = time.0.rem_euclid(86_400) / 60;
    format!("{:02}:{:02}Z", minutes / 60, minutes % 60)
}
