//! The server's own printer columns, for every kind that we have none for.

use std::sync::Arc;

use super::common::{AGE, NAME, NAMESPACE};
use super::{Align, Column, ColumnRef, Content, Width};
use crate::model::{Body, Cell, CellKind, Columns, Kind, Object};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

static NAMESPACE_COLUMN: Column = NAMESPACE;
static NAME_COLUMN: Column = NAME;
static AGE_COLUMN: Column = AGE;

/// One of the server's columns.
#[derive(Clone, Debug)]
pub struct ServerCell {
    header: Box<str>,
    index: usize,
    columns: Arc<Columns>,
}

/// Namespace, name, what the server adds, age.
pub(super) fn columns(kind: &Kind, sample: Option<&Object>) -> Vec<ColumnRef> {
    let mut out = Vec::new();
    let namespaced = match (kind, sample) {
        (Kind::Known(k), _) => k.info().namespaced,
        (_, Some(object)) => !object.meta.namespace.is_empty(),
        (_, None) => true,
    };
    if namespaced {
        out.push(ColumnRef::Fixed(&NAMESPACE_COLUMN));
    }
    out.push(ColumnRef::Fixed(&NAME_COLUMN));
    if let Some(Body::Cells(cells)) = sample.map(|o| &o.body) {
        for (index, column) in cells.columns.0.iter().enumerate() {
            let header = column.name.to_uppercase();
            // Ours say the same, and keep up to date. A second column of a name could not be named in a filter.
            if out.iter().any(|c| c.name() == header) || matches!(header.as_str(), "NAMESPACE" | "AGE") {
                continue;
            }
            out.push(ColumnRef::Server(Arc::new(ServerCell {
                header: header.into(),
                index,
                columns: cells.columns.clone(),
            })));
        }
    }
    out.push(ColumnRef::Fixed(&AGE_COLUMN));
    out
}

impl ServerCell {
    pub(super) fn name(&self) -> &str {
        &self.header
    }

    fn kind(&self) -> CellKind {
        self.columns.0.get(self.index).map_or(CellKind::Text, |c| c.kind)
    }

    pub(super) fn content(&self) -> Content {
        match self.kind() {
            CellKind::Text => Content::Text,
            CellKind::Number => Content::Number,
            CellKind::Age => Content::Age,
        }
    }

    pub(super) fn width(&self) -> Width {
        let head = self.header.chars().count().min(60) as u16;
        let max = match self.kind() {
            CellKind::Text => 48,
            CellKind::Number => 12,
            CellKind::Age => 6,
        };
        Width::Fit {
            min: head,
            max: head.max(max),
        }
    }

    pub(super) fn align(&self) -> Align {
        match self.kind() {
            CellKind::Text => Align::Left,
            CellKind::Number | CellKind::Age => Align::Right,
        }
    }

    pub(super) fn wide(&self) -> bool {
        self.columns.0.get(self.index).is_some_and(|c| c.wide)
    }

    /// The server lists what matters first.
    pub(super) fn keep(&self) -> u8 {
        if self.tells_health() {
            return 0;
        }
        let base = if self.wide() { 50 } else { 2 };
        base + self.index.min(40) as u8
    }

    pub(super) fn value<'a>(&self, row: &Row<'a>) -> Value<'a> {
        let Some(Body::Cells(cells)) = row.body() else { return Value::None };
        // Rows of different lists (namespaces, versions of a CRD) may not share their columns.
        let index = if Arc::ptr_eq(&cells.columns, &self.columns) {
            Some(self.index)
        } else {
            let name = self.columns.0.get(self.index).map(|c| &c.name);
            cells.columns.0.iter().position(|c| Some(&c.name) == name)
        };
        match index.and_then(|i| cells.cells.get(i)) {
            Some(Cell::Text(text)) => Value::text(text),
            Some(Cell::Number(n)) => Value::Number(*n),
            Some(Cell::Time(time)) => Value::Age(*time),
            Some(Cell::None) | None => Value::None,
        }
    }

    pub(super) fn role(&self, row: &Row<'_>) -> Role {
        match self.kind() {
            _ if self.tells_health() => row.role(),
            CellKind::Age => Role::Muted,
            _ if self.wide() => Role::Muted,
            _ => Role::Text,
        }
    }

    fn tells_health(&self) -> bool {
        matches!(
            &*self.header,
            "STATUS" | "PHASE" | "STATE" | "HEALTH" | "READY" | "AVAILABLE" | "HEALTHY" | "SYNCED"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cells, Known, ServerColumn, Time};
    use crate::ui::panes::table::samples::{self, NOW, cells};

    fn certificate() -> Object {
        let column = |name: &str, kind, wide| ServerColumn {
            name: name.into(),
            kind,
            wide,
        };
        let columns = Arc::new(Columns(
            [
                column("Name", CellKind::Text, false),
                column("Ready", CellKind::Text, false),
                column("Renewals", CellKind::Number, false),
                column("Renewed", CellKind::Age, false),
                column("Issuer Ref", CellKind::Text, true),
                column("Age", CellKind::Age, false),
            ]
            .into(),
        ));
        let body = Cells {
            columns,
            cells: [
                Cell::Text("web-tls".into()),
                Cell::Text("False".into()),
                Cell::Number(2.0),
                Cell::Time(Time(NOW.0 - 7_200)),
                Cell::Text("letsencrypt".into()),
                Cell::None,
            ]
            .into(),
        };
        samples::object("web-tls", Body::Cells(body))
    }

    #[test]
    fn the_servers_columns_stand_between_our_name_and_age() {
        let object = certificate();
        let kind = Kind::of("cert-manager.io", "certificates");
        let list = columns(&kind, Some(&object));
        let names: Vec<_> = list.iter().map(ColumnRef::name).collect();
        assert_eq!(names, ["NAMESPACE", "NAME", "READY", "RENEWALS", "RENEWED", "ISSUER REF", "AGE"]);
        let row = Row::object(&object, NOW);
        assert_eq!(cells(&list, &row), "solia|web-tls|False|2|2h|2d");
        assert_eq!(samples::role(&list, "READY", &row), Role::Warning);
        // A row whose columns came with another list is found by name.
        let other = certificate();
        assert_eq!(cells(&list, &Row::object(&other, NOW)), "solia|web-tls|False|2|2h|2d");
    }

    #[test]
    fn a_kind_without_columns_still_has_name_and_age() {
        let object = samples::object("settings", Body::Cells(Cells::default()));
        let list = columns(&Known::Secret.into(), Some(&object));
        assert_eq!(cells(&list, &Row::object(&object, NOW)), "solia|settings|2d");
    }
}
