//! What is wrong, as a table.

use super::{Column, ColumnRef};
use crate::model::Finding;
use crate::ui::panes::table::{Row, Subject, Value};

/// The columns of the table of findings; rows are made by [`Row::finding`].
pub fn findings() -> Vec<ColumnRef> {
    FINDINGS.iter().map(ColumnRef::Fixed).collect()
}

static FINDINGS: [Column; 10] = [
    Column::text("SEVERITY", 8, |row| with(row, |f| Value::text(f.severity.word()))).status(),
    Column::text("KIND", 16, |row| with(row, |f| Value::text(f.object.kind_name())))
        .keep(6)
        .muted(),
    Column::text("NAMESPACE", 30, |row| Value::text(row.namespace())).keep(4).muted(),
    Column::text("NAME", 50, |row| Value::text(row.name())).keep(0).flex(14),
    Column::text("WHAT", 300, |row| with(row, |f| Value::text(&f.title)))
        .keep(1)
        .flex(24)
        .role(|row| row.role()),
    Column::age("SINCE", |row| {
        with(row, |f| if f.since.is_known() { Value::Age(f.since) } else { Value::None })
    })
    .keep(2),
    Column::text("CHANGED BEFORE", 60, |row| {
        with(row, |f| f.changes.first().map_or(Value::None, |change| Value::text(&change.what)))
    })
    .keep(8),
    Column::text("CHECK", 32, |row| with(row, |f| Value::text(f.id))).keep(7).muted(),
    Column::text("SURE", 8, |row| with(row, |f| Value::text(f.confidence.word()))).wide(),
    Column::text("RUNBOOK", 30, |row| with(row, |f| Value::text(f.runbook))).wide(),
];

fn with<'a>(row: &Row<'a>, value: impl FnOnce(&'a Finding) -> Value<'a>) -> Value<'a> {
    match row.subject {
        Subject::Finding(finding) => value(finding),
        _ => Value::None,
    }
}
