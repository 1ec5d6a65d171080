//! Pages of evidence, as a table.

use super::{Column, ColumnRef};
use crate::model::{Evidenced, Quantity};
use crate::ui::panes::table::{Row, Subject, Value};

/// The columns of the table of evidence; rows are made by [`Row::evidence`].
pub fn evidence() -> Vec<ColumnRef> {
    EVIDENCE.iter().map(ColumnRef::Fixed).collect()
}

static EVIDENCE: [Column; 4] = [
    Column::text("NAME", 120, |row| Value::text(row.name())).keep(0).flex(30),
    Column::memory("SIZE", |row| {
        with(row, |page| {
            Value::Memory(Quantity::whole(i64::try_from(page.bytes).unwrap_or(i64::MAX)))
        })
    })
    .keep(3),
    Column::age("WRITTEN", |row| with(row, |page| Value::Age(page.at))).keep(0),
    Column::text("FILE", 200, |row| with(row, |page| Value::text(&page.path))).wide(),
];

fn with<'a>(row: &Row<'a>, value: impl FnOnce(&'a Evidenced) -> Value<'a>) -> Value<'a> {
    match row.subject {
        Subject::Evidence(page) => value(page),
        _ => Value::None,
    }
}
