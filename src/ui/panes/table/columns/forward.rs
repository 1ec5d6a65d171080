//! Forwards, as a table.

use super::{Column, ColumnRef};
use crate::ui::panes::table::forwards::ForwardRow;
use crate::ui::panes::table::{Row, Subject, Value};

/// The columns of the table of forwards; rows are made by [`Row::forward`].
pub fn forwards() -> Vec<ColumnRef> {
    FORWARDS.iter().map(ColumnRef::Fixed).collect()
}

static FORWARDS: [Column; 13] = [
    Column::text("NAME", 50, |row| Value::text(row.name())).keep(0).flex(16),
    Column::text("LOCAL", 40, |row| with(row, |f| Value::text(&f.local))).keep(1),
    Column::text("PORT", 24, |row| with(row, |f| Value::text(&f.remote))).keep(4),
    Column::text("STATE", 46, |row| with(row, |f| Value::text(&f.state))).status(),
    Column::text("POD", 50, |row| with(row, |f| Value::text(&f.pod))).keep(12).muted(),
    Column::text("CONNS", 9, |row| {
        with(row, |f| match f.connections {
            Some((open, all)) => Value::owned(format!("{open} of {all}")),
            None => Value::None,
        })
    })
    .keep(7),
    Column::memory("IN", |row| with(row, |f| Value::Memory(f.received))).keep(5),
    Column::memory("OUT", |row| with(row, |f| Value::Memory(f.sent))).keep(6),
    Column::text("PROBE", 30, |row| with(row, |f| Value::text(&f.probe))).keep(8),
    Column::text("NAMESPACE", 30, |row| Value::text(row.namespace())).keep(10).muted(),
    Column::text("ENV", 20, |row| with(row, |f| Value::text(&f.environment)))
        .keep(9)
        .muted(),
    Column::text("NOTE", 120, |row| with(row, |f| Value::text(&f.note)))
        .keep(11)
        .muted(),
    Column::age("SINCE", |row| with(row, |f| f.since.map_or(Value::None, Value::Age))).keep(3),
];

fn with<'a>(row: &Row<'a>, value: impl FnOnce(&'a ForwardRow) -> Value<'a>) -> Value<'a> {
    match row.subject {
        Subject::Forward(forward) => value(forward),
        _ => Value::None,
    }
}
