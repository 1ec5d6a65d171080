//! Health probes, as a table.

use super::{Align, Column, ColumnRef, Content, Width};
use crate::model::ProbeState;
use crate::ui::panes::health::rows::HealthRow;
use crate::ui::panes::table::{Row, Subject, Value};
use crate::ui::theme::Role;

/// The columns of the board of health; rows are made by [`Row::probe`].
pub fn health() -> Vec<ColumnRef> {
    HEALTH.iter().map(ColumnRef::Fixed).collect()
}

static HEALTH: [Column; 13] = [
    Column::text("ENV", 14, |row| with(row, |h| Value::text(&h.label))).keep(0).muted(),
    Column::text("NAME", 24, |row| Value::text(row.name())).keep(0),
    Column::text("STATE", 14, |row| with(row, |h| Value::text(&h.word))).status(),
    Column::number("CODE", |row| {
        with(row, |h| h.code.map_or(Value::None, |code| Value::Count(code.into())))
    })
    .keep(1)
    .role(|row| row.role()),
    LATENCY,
    Column::text("ROUNDS", 20, |row| with(row, |h| Value::Line(&h.line))).keep(4),
    Column::age("LAST-OK", |row| {
        with(row, |h| match h.state {
            ProbeState::Up | ProbeState::Warning => Value::text("now"),
            ProbeState::Down | ProbeState::Unknown => Value::Age(h.last_ok),
        })
    })
    .keep(5),
    Column::text("CERT", 6, |row| {
        with(row, |h| {
            h.days.map_or(Value::None, |days| {
                if days < 0 {
                    Value::text("ended")
                } else {
                    Value::owned(format!("{days} d"))
                }
            })
        })
    })
    .keep(6)
    .role(|row| match row.subject {
        Subject::Health(h) if h.days_are_few => Role::Warning,
        _ => Role::Muted,
    }),
    Column::text("WHAT", 300, |row| with(row, |h| Value::text(&h.wrong)))
        .keep(3)
        .flex(18)
        .role(|row| row.role()),
    Column::text("SEEN", 14, |row| with(row, |h| Value::text(h.vantage)))
        .keep(8)
        .muted(),
    Column::age("ASKED", |row| with(row, |h| Value::Age(h.at))).keep(7),
    Column::number("FLAPS", |row| {
        with(row, |h| Value::Count(i64::try_from(h.flaps).unwrap_or(i64::MAX)))
    })
    .wide(),
    Column::text("URL", 80, |row| with(row, |h| Value::text(&h.url))).wide(),
];

const LATENCY: Column = {
    let mut column = Column::text("LATENCY", 8, |row| with(row, |h| Value::text(&h.latency))).keep(2);
    column.align = Align::Right;
    column.content = Content::Text;
    column.width = Width::Fit { min: 7, max: 8 };
    column
};

fn with<'a>(row: &Row<'a>, value: impl FnOnce(&'a HealthRow) -> Value<'a>) -> Value<'a> {
    match row.subject {
        Subject::Health(health) => value(health),
        _ => Value::None,
    }
}
