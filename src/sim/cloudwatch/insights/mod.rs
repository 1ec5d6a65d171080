//! The query language of Insights, as far as people use it in an incident: `fields`, `display`, `filter`, `sort`,
//! `limit`, `stats … by bin(…)`.

mod expression;
mod read;
mod stats;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::groups::Group;
use super::records::Record;
use expression::Expression;
use stats::Stats;

/// How many results there are without `limit`.
const USUAL: usize = 1000;

/// A query.
#[derive(Clone, Debug)]
pub(super) struct Query {
    fields: Vec<String>,
    filters: Vec<Expression>,
    stats: Option<Stats>,
    /// A field, and whether the largest comes first.
    sort: Vec<(String, bool)>,
    limit: Option<usize>,
}

/// A record with its fields.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub at: i64,
    fields: BTreeMap<&'static str, String>,
    document: Value,
}

impl Entry {
    pub fn new(group: &Group, record: Record) -> Self {
        let document = if record.message.starts_with('{') {
            serde_json::from_str(&record.message).unwrap_or_default()
        } else {
            Value::Null
        };
        let fields = BTreeMap::from([
            ("@timestamp", stamp(record.place.at)),
            ("@ingestionTime", stamp(record.ingested)),
            ("@logStream", record.place.stream.clone()),
            ("@log", format!("123456789012:{}", group.name)),
            ("@ptr", record.id(group)),
            ("@message", record.message),
        ]);
        Self {
            at: record.place.at,
            fields,
            document,
        }
    }

    /// A field as text: one of the service's own, or one of the JSON message (`kubernetes.pod_name`).
    fn field(&self, name: &str) -> Option<String> {
        if name.starts_with('@') {
            return self.fields.get(name).cloned();
        }
        // A field whose name has dots itself is found as well.
        let direct = self.document.get(name);
        let found = direct.or_else(|| name.split('.').try_fold(&self.document, |value, part| value.get(part)));
        match found? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            Value::Object(_) | Value::Array(_) => None,
            other => Some(other.to_string()),
        }
    }
}

/// A time as Insights writes it.
fn stamp(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// What cannot be understood.
    pub fn read(text: &str) -> Result<Self, String> {
        read::query(text)
    }

    /// Gives a limit to a query that has none.
    pub fn limit(&mut self, limit: usize) {
        self.limit.get_or_insert(limit);
    }

    /// Whether a record passes the filters.
    pub fn keeps(&self, entry: &Entry) -> bool {
        self.filters.iter().all(|filter| filter.holds(entry))
    }

    /// The rows that come of the records that passed.
    pub fn results(&self, mut entries: Vec<Entry>) -> Vec<Value> {
        let limit = self.limit.unwrap_or(USUAL);
        let rows = match &self.stats {
            Some(stats) => {
                let mut rows = stats.rows(&entries);
                self.order(&mut rows, |row: &Vec<(String, String)>, field| {
                    row.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
                });
                rows
            }
            None => {
                if self.sort.is_empty() {
                    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
                }
                self.order(&mut entries, |entry: &Entry, field| entry.field(field));
                let row = |entry: &Entry| {
                    let told = self.fields.iter().filter_map(|name| Some((name.clone(), entry.field(name)?)));
                    let own = entry.field("@ptr").map(|ptr| ("@ptr".to_owned(), ptr));
                    told.chain(own).collect::<Vec<_>>()
                };
                entries.iter().take(limit).map(row).collect()
            }
        };
        let told = |row: Vec<(String, String)>| {
            Value::Array(
                row.into_iter()
                    .map(|(field, value)| json!({"field": field, "value": value}))
                    .collect(),
            )
        };
        rows.into_iter().take(limit).map(told).collect()
    }

    fn order<T>(&self, rows: &mut [T], field: impl Fn(&T, &str) -> Option<String>) {
        for (name, descending) in self.sort.iter().rev() {
            rows.sort_by(|a, b| {
                let (a, b) = (field(a, name), field(b, name));
                let ordering = match (number(a.as_deref()), number(b.as_deref())) {
                    (Some(a), Some(b)) => a.total_cmp(&b),
                    _ => a.cmp(&b),
                };
                if *descending { ordering.reverse() } else { ordering }
            });
        }
    }
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|n: &f64| n.is_finite())
}
