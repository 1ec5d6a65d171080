//! Rows as the server prints them: the Table form of a list or watch, which every kind has, custom
//! resources included. Config maps and secrets are read this way too, because it brings their metadata
//! and printed cells and never their contents.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::raw::{Decoded, List, Managed, ManagedFields, Maybe, RawMeta, Strings, Text};
use crate::model::{Body, Cell, CellKind, Cells, Columns, Object, ServerColumn, Time, clean, parse_duration, shorten};

/// Asks for a Table and accepts the plain objects of a server that has none.
pub const ACCEPT: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

/// Asks for a Table and for nothing else: the plain form of a secret is its values.
pub const ACCEPT_ONLY: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io";

/// The longest text kept of one cell. A table cell is a few words; what is longer is read in the document.
const LONGEST: usize = 512;

/// The part of a Table around its rows.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    column_definitions: List<Column<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Column<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(rename = "type")]
    kind: Text<'a>,
    priority: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a, F: Deserialize<'de> + Default"))]
struct Row<'a, F> {
    cells: List<Value>,
    #[serde(borrow)]
    object: Maybe<Partial<'a, F>>,
}

/// An object of which only the metadata is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a, F: Deserialize<'de> + Default"))]
struct Partial<'a, F> {
    #[serde(borrow)]
    metadata: Maybe<RawMeta<'a, F>>,
}

/// The Table that is one watch event. `F` is how much of `managedFields` is read of its row.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a, F: Deserialize<'de> + Default"))]
pub struct Event<'a, F = IgnoredAny> {
    #[serde(borrow)]
    kind: Text<'a>,
    metadata: Maybe<RawMeta<'a, F>>,
    column_definitions: List<Column<'a>>,
    rows: List<Row<'a, F>>,
}

/// Reads table rows; remembers the columns, which only the first answer of a watch repeats.
#[derive(Debug, Default)]
pub struct TableReader {
    columns: Arc<Columns>,
    /// For each kept column: its place in a row, and where an age comes from.
    plan: Vec<(usize, Source)>,
    /// The place of the name, for rows that come without metadata.
    name: Option<usize>,
    /// The namespace of the scope, for the same.
    namespace: Arc<str>,
    writes: Writes,
    strings: Strings,
}

/// Whether it matters who wrote the objects behind the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writes {
    Read,
    #[default]
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Text,
    Number,
    /// The row's age: `creationTimestamp`.
    Created,
    /// Another age, as printed.
    Printed,
}

impl TableReader {
    /// A reader of rows in this scope (empty for all namespaces).
    pub fn new(namespace: Arc<str>, writes: Writes) -> Self {
        Self {
            namespace,
            writes,
            ..Self::default()
        }
    }

    /// Takes the columns from the part of a list before its rows; what cannot be read changes nothing.
    pub fn head(&mut self, head: &[u8]) {
        if let Ok(head) = serde_json::from_slice::<Head>(head) {
            self.define(&head.column_definitions);
        }
    }

    fn define(&mut self, definitions: &[Column<'_>]) {
        if definitions.is_empty() {
            return;
        }
        let mut columns = Vec::new();
        self.plan.clear();
        self.name = None;
        for (place, column) in definitions.iter().enumerate() {
            let name = column.name.clean();
            // The view has columns of its own for these two.
            if name.eq_ignore_ascii_case("name") {
                self.name = self.name.or(Some(place));
                continue;
            }
            if name.eq_ignore_ascii_case("namespace") {
                continue;
            }
            let source = match &*column.kind {
                _ if name.eq_ignore_ascii_case("age") => Source::Created,
                "date" => Source::Printed,
                "integer" | "number" => Source::Number,
                _ => Source::Text,
            };
            self.plan.push((place, source));
            columns.push(ServerColumn {
                name,
                kind: match source {
                    Source::Text => CellKind::Text,
                    Source::Number => CellKind::Number,
                    Source::Created | Source::Printed => CellKind::Age,
                },
                wide: column.priority > 0,
            });
        }
        // Rows of before keep sharing the same columns as those that follow.
        if *self.columns.0 != *columns {
            self.columns = Arc::new(Columns(columns.into()));
        }
    }

    /// Reads one element of `rows`.
    ///
    /// # Errors
    /// When it is not a row.
    pub fn row(&mut self, bytes: &[u8], now: Time) -> Result<Decoded, serde_json::Error> {
        match self.writes {
            Writes::Read => self.decode::<ManagedFields>(&serde_json::from_slice(bytes)?, now),
            Writes::Skip => self.decode::<IgnoredAny>(&serde_json::from_slice(bytes)?, now),
        }
    }

    /// Reads a plain object: name and age, and no cells.
    ///
    /// # Errors
    /// When it is not an object.
    pub fn plain(&mut self, bytes: &[u8]) -> Result<Decoded, serde_json::Error> {
        match self.writes {
            Writes::Read => {
                let partial: Partial<ManagedFields> = serde_json::from_slice(bytes)?;
                self.assemble(&partial.metadata, None, Box::default())
            }
            Writes::Skip => {
                let partial: Partial<IgnoredAny> = serde_json::from_slice(bytes)?;
                self.assemble(&partial.metadata, None, Box::default())
            }
        }
    }

    /// Reads the object of a watch event: a Table with one row, or a plain object.
    ///
    /// # Errors
    /// When it is neither.
    pub fn event(&mut self, bytes: &[u8], now: Time) -> Result<Decoded, serde_json::Error> {
        match self.writes {
            Writes::Read => self.decode_event::<ManagedFields>(&serde_json::from_slice(bytes)?, now),
            Writes::Skip => self.decode_event::<IgnoredAny>(&serde_json::from_slice(bytes)?, now),
        }
    }

    fn decode_event<F: Managed>(&mut self, event: &Event<'_, F>, now: Time) -> Result<Decoded, serde_json::Error> {
        if &*event.kind != "Table" {
            return self.assemble(&event.metadata, None, Box::default());
        }
        self.define(&event.column_definitions);
        match event.rows.first() {
            Some(row) => self.decode(row, now),
            None => Err(serde::de::Error::custom("a table event without a row")),
        }
    }

    fn decode<F: Managed>(&mut self, row: &Row<'_, F>, now: Time) -> Result<Decoded, serde_json::Error> {
        let created = row.object.metadata.creation_timestamp.0;
        let cells = self.plan.iter().map(|(place, source)| match (row.cells.get(*place), source) {
            (_, Source::Created) if created.is_known() => Cell::Time(created),
            (None | Some(Value::Null), _) => Cell::None,
            (Some(value), Source::Created | Source::Printed) => moment(value, now),
            (Some(value), Source::Number) => number(value),
            (Some(value), Source::Text) => text(value),
        });
        let cells = cells.collect();
        let name = self.name.and_then(|place| row.cells.get(place)).and_then(Value::as_str);
        self.assemble(&row.object.metadata, name, cells)
    }

    fn assemble<F: Managed>(
        &mut self,
        raw: &RawMeta<'_, F>,
        printed_name: Option<&str>,
        cells: Box<[Cell]>,
    ) -> Result<Decoded, serde_json::Error> {
        let mut meta = raw.read(&mut self.strings);
        if meta.name.is_empty() {
            // Some aggregated APIs send rows without metadata.
            let name = printed_name.unwrap_or_default();
            meta.name = clean(name).into();
            meta.namespace = self.namespace.clone();
            meta.uid = crate::model::Uid::of(&format!("{}/{name}", self.namespace));
        }
        if meta.name.is_empty() {
            return Err(serde::de::Error::custom("a row without a name"));
        }
        let columns = self.columns.clone();
        Ok(Decoded {
            object: Object {
                meta,
                body: Body::Cells(Cells { columns, cells }),
            },
            version: (*raw.resource_version).into(),
        })
    }
}

impl Event<'_> {
    /// Where a watch resumes after this event.
    pub fn version(&self) -> &str {
        match self.rows.first().map(|r| &*r.object.metadata.resource_version) {
            Some(version) if !version.is_empty() => version,
            _ => &self.metadata.resource_version,
        }
    }

    /// Whether it is the bookmark that says that the initial state is complete.
    pub fn completes(&self) -> bool {
        let says = |meta: &RawMeta<'_>| &*meta.annotations.initial_events_end == "true";
        says(&self.metadata) || self.rows.iter().any(|r| says(&r.object.metadata))
    }
}

/// A moment from what the server prints: an age (old by the time it was sent, so it is subtracted
/// from the time of receipt) or a timestamp.
fn moment(value: &Value, now: Time) -> Cell {
    let Some(printed) = value.as_str() else { return text(value) };
    if let Some(age) = parse_duration(printed) {
        return Cell::Time(now + -age);
    }
    match Time::parse(printed) {
        Time::NEVER if matches!(printed, "" | "<unknown>" | "<none>") => Cell::None,
        Time::NEVER => text(value),
        time => Cell::Time(time),
    }
}

fn number(value: &Value) -> Cell {
    match value.as_f64() {
        Some(number) => Cell::Number(number),
        None => text(value),
    }
}

fn text(value: &Value) -> Cell {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Null => return Cell::None,
        other => Cow::Owned(other.to_string()),
    };
    Cell::Text(shorten(&clean(&text), LONGEST).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HEAD: &str = r#"{"kind":"Table","columnDefinitions":[
        {"name":"Name","type":"string","format":"name","priority":0},
        {"name":"Ready","type":"string","priority":0},
        {"name":"Size","type":"integer","priority":1},
        {"name":"Renewal","type":"date","priority":0},
        {"name":"Age","type":"string","priority":0}],"rows":[]}"#;

    fn reader() -> TableReader {
        let mut reader = TableReader::new("solia".into(), Writes::Skip);
        reader.head(HEAD.as_bytes());
        reader
    }

    fn cells(object: &Object) -> &[Cell] {
        match &object.body {
            Body::Cells(cells) => &cells.cells,
            other => panic!("not cells: {other:?}"),
        }
    }

    #[test]
    fn printed_ages_become_moments_and_the_name_column_goes() {
        let mut reader = reader();
        let names: Vec<_> = reader.columns.0.iter().map(|c| (&*c.name, c.kind, c.wide)).collect();
        assert_eq!(
            names,
            [
                ("Ready", CellKind::Text, false),
                ("Size", CellKind::Number, true),
                ("Renewal", CellKind::Age, false),
                ("Age", CellKind::Age, false)
            ]
        );
        let row = json!({"cells": ["web", "True\u{1b}[2J", 3, "5m30s", "26h"], "object": {"metadata": {"name": "web", "namespace": "solia", "creationTimestamp": "1970-01-01T00:16:40Z", "resourceVersion": "7"}}});
        let read = reader.row(row.to_string().as_bytes(), Time(100_000)).unwrap();
        let wanted = [
            Cell::Text("True␛[2J".into()),
            Cell::Number(3.0),
            Cell::Time(Time(99_670)),
            Cell::Time(Time(1000)),
        ];
        assert_eq!(cells(&read.object), wanted);
        assert_eq!((&*read.object.meta.name, &*read.version), ("web", "7"));
    }

    #[test]
    fn odd_cells_and_short_rows_are_still_rows() {
        let mut reader = reader();
        let row = json!({"cells": ["web", true, "n/a", "<unknown>"], "object": null});
        let read = reader.row(row.to_string().as_bytes(), Time(100)).unwrap();
        assert_eq!(
            cells(&read.object),
            [Cell::Text("true".into()), Cell::Text("n/a".into()), Cell::None, Cell::None]
        );
        assert_eq!((&*read.object.meta.name, &*read.object.meta.namespace), ("web", "solia"));
        assert!(reader.row(br#"{"cells":null}"#, Time(1)).is_err());
    }

    #[test]
    fn later_events_of_a_watch_have_no_columns_of_their_own() {
        let mut reader = TableReader::new("".into(), Writes::Skip);
        let row = |n: u32| json!({"cells": [format!("a{n}"), "True", n, null, "1s"], "object": {"metadata": {"name": format!("a{n}"), "resourceVersion": n.to_string()}}});
        let head: Value = serde_json::from_str(HEAD).unwrap();
        let first = json!({"kind": "Table", "columnDefinitions": head["columnDefinitions"], "rows": [row(1)]}).to_string();
        let second =
            json!({"kind": "Table", "columnDefinitions": null, "metadata": {"resourceVersion": "2"}, "rows": [row(2)]}).to_string();
        let one = reader.event(first.as_bytes(), Time(9)).unwrap();
        let event: Event = serde_json::from_str(&second).unwrap();
        assert_eq!(event.version(), "2");
        let two = reader.event(second.as_bytes(), Time(9)).unwrap();
        assert_eq!(cells(&two.object)[1], Cell::Number(2.0));
        let columns = |o: &Object| match &o.body {
            Body::Cells(cells) => cells.columns.clone(),
            _ => Arc::default(),
        };
        assert!(Arc::ptr_eq(&columns(&one.object), &columns(&two.object)));
    }

    #[test]
    fn who_wrote_a_row_is_read_where_it_matters_whatever_form_the_row_has() {
        let written = json!({"name": "flags", "managedFields": [{"manager": "kubectl-edit", "operation": "Update", "time": "1970-01-01T00:01:00Z",
            "fieldsV1": {"f:data": {"f:CHECKOUT": {}}}}]});
        let row = json!({"cells": ["flags"], "object": {"metadata": written}}).to_string();
        let event = json!({"kind": "Table", "rows": [{"cells": ["flags"], "object": {"metadata": written}}]}).to_string();
        let plain = json!({"metadata": written, "data": {"CHECKOUT": "on"}}).to_string();
        for (writes, count) in [(Writes::Read, 1), (Writes::Skip, 0)] {
            let mut reader = TableReader::new("".into(), writes);
            let read = [
                reader.row(row.as_bytes(), Time(9)),
                reader.event(event.as_bytes(), Time(9)),
                reader.event(plain.as_bytes(), Time(9)),
                reader.plain(plain.as_bytes()),
            ];
            for decoded in read {
                let writes = decoded.unwrap().object.meta.writes;
                assert_eq!(writes.len(), count);
                assert!(
                    writes
                        .iter()
                        .all(|w| (&*w.manager, w.at, w.keys.join(",")) == ("kubectl-edit", Time(60), "CHECKOUT".to_owned()))
                );
            }
        }
    }
}
