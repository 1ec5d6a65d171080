//! Events: when, what and about what.

use super::Column;
use super::common::{NAMESPACE, cell};
use crate::model::{Body, Event};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

pub(super) static EVENTS: [Column; 9] = [
    NAMESPACE,
    Column::age("LAST", cell!(Event(e) => Value::Age(last(e)))).keep(0),
    Column::text(
        "TYPE",
        7,
        cell!(Event(e) => Value::text(if e.warning { "Warning" } else { "Normal" })),
    )
    .keep(5)
    .role(event_role),
    Column::text("REASON", 24, cell!(Event(e) => Value::text(&e.reason)))
        .keep(0)
        .role(event_role),
    Column::text("OBJECT", 56, cell!(Event(e) => object(e))).keep(0),
    Column::number("COUNT", count).keep(4),
    Column::text("MESSAGE", 200, cell!(Event(e) => Value::text(&e.message)))
        .keep(0)
        .flex(20),
    Column::age("FIRST", cell!(Event(e) => Value::Age(e.first))).wide(),
    Column::text("SOURCE", 40, cell!(Event(e) => Value::text(&e.source))).wide(),
];

/// Newer events that were seen once state only when they were first seen.
fn last(e: &Event) -> crate::model::Time {
    if e.last.is_known() { e.last } else { e.first }
}

/// With its twins, where there are any.
fn count<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::Event(e)) => Value::Count(row.count.unwrap_or(e.count).max(1).into()),
        _ => Value::None,
    }
}

/// `pod/backend-1`, as kubectl prints it.
fn object(e: &Event) -> Value<'_> {
    if e.kind.is_empty() {
        return Value::text(&e.object);
    }
    Value::owned(format!("{}/{}", e.kind.to_lowercase(), e.object))
}

fn event_role(row: &Row<'_>) -> Role {
    match row.body() {
        Some(Body::Event(e)) if e.warning => Role::Warning,
        _ => Role::Muted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Known;
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, cells};

    #[test]
    fn an_event_says_what_happened_to_what() {
        let object = samples::event("backend-1", "BackOff", 65);
        let columns = columns(&Known::Event.into(), None);
        let row = Row::object(&object, NOW);
        assert_eq!(
            cells(&columns, &row),
            "solia|1m|Warning|BackOff|pod/backend-1|3|restarting failed container"
        );
        assert_eq!(samples::role(&columns, "REASON", &row), Role::Warning);
    }
}
