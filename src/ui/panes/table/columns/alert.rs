//! Alerts and their silences, as tables.

use super::{Column, ColumnRef};
use crate::model::Alert;
use crate::store::StandingSilence;
use crate::ui::panes::alerts;
use crate::ui::panes::table::{Row, Subject, Value};

/// The columns of the table of alerts; rows are made by [`Row::alert`].
pub fn alerts() -> Vec<ColumnRef> {
    ALERTS.iter().map(ColumnRef::Fixed).collect()
}

static ALERTS: [Column; 8] = [
    Column::text("ALERT", 48, |row| Value::text(row.name())).keep(0),
    Column::text("SEVERITY", 10, |row| with(row, |alert| Value::text(&alert.severity)))
        .keep(2)
        .role(|row| row.role()),
    Column::text("STATE", 11, |row| with(row, |alert| Value::text(alerts::state(alert)))).status(),
    Column::age("SINCE", |row| with(row, |alert| Value::Age(alert.since))).keep(0),
    Column::text("ABOUT", 60, |row| {
        let about = match row.subject {
            Subject::Alert(spoken) => spoken.object.as_ref(),
            _ => None,
        };
        about.map_or(Value::None, |object| Value::owned(alerts::page::named(object)))
    })
    .keep(3),
    Column::text("WHAT", 300, |row| with(row, |alert| Value::text(&alert.summary)))
        .keep(1)
        .flex(20),
    Column::text("RUNBOOK", 80, |row| with(row, |alert| Value::text(&alert.runbook))).wide(),
    Column::text("LABELS", 200, |row| with(row, |alert| Value::owned(alert.details()))).wide(),
];

fn with<'a>(row: &Row<'a>, value: impl FnOnce(&'a Alert) -> Value<'a>) -> Value<'a> {
    match row.subject {
        Subject::Alert(spoken) => value(&spoken.alert),
        _ => Value::None,
    }
}

/// The columns of the table of silences; rows are made by [`Row::silence`].
pub fn silences() -> Vec<ColumnRef> {
    SILENCES.iter().map(ColumnRef::Fixed).collect()
}

static SILENCES: [Column; 7] = [
    Column::text("SILENCED", 120, |row| of(row, |one| Value::owned(one.silence.fits())))
        .keep(0)
        .flex(20),
    Column::text("ENDS", 8, |row| of(row, |one| Value::owned(alerts::silences::ends(one, row.now)))).keep(0),
    Column::text("HIDES NOW", 40, |row| of(row, |one| Value::owned(alerts::silences::hides(one))))
        .keep(0)
        .role(|row| row.role()),
    Column::text("BY", 24, |row| of(row, |one| Value::text(&one.silence.author))).keep(1),
    Column::text("WHY", 200, |row| of(row, |one| Value::text(&one.silence.comment)))
        .keep(2)
        .flex(16),
    Column::text("ID", 40, |row| of(row, |one| Value::text(&one.silence.id))).wide(),
    Column::text("AT", 24, |row| {
        of(row, |one| {
            let at = one.at.iter().map(|number| (number + 1).to_string()).collect::<Vec<_>>().join(", ");
            Value::owned(format!("alertmanager {at}"))
        })
    })
    .wide(),
];

fn of<'a>(row: &Row<'a>, value: impl FnOnce(&'a StandingSilence) -> Value<'a>) -> Value<'a> {
    match row.subject {
        Subject::Silence(one) => value(one),
        _ => Value::None,
    }
}
