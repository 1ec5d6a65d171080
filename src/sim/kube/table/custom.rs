//! Columns of custom kinds: what their definition says to print, found by a subset of JSONPath.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::kinds::Column;
use super::text::items;
use super::{AGE, CREATED, NAME, age, definition, name};

/// The heads of these columns, after the name; without any, the age.
pub fn definitions(columns: &[Column]) -> Value {
    let told = |column: &Column| {
        let description = match column.description.as_str() {
            "" => format!("Custom resource definition column (in JSONPath format): {}", column.json_path),
            some => some.to_owned(),
        };
        json!({
            "name": column.name, "type": column.kind, "format": column.format, "description": description, "priority": column.priority,
        })
    };
    let mut heads = vec![definition(NAME)];
    heads.extend(columns.iter().map(told));
    if columns.is_empty() {
        heads.push(definition((AGE.0, "date", CREATED, 0)));
    }
    Value::Array(heads)
}

/// The cells of these columns, after the name.
pub fn cells(columns: &[Column], object: &Value, now: Timestamp) -> Vec<Value> {
    let mut cells = vec![name(object)];
    cells.extend(columns.iter().map(|column| cell(column, object, now)));
    if columns.is_empty() {
        cells.push(super::age(object, now));
    }
    cells
}

/// The first thing that the path finds, in the column's type; null for nothing or another type.
fn cell(column: &Column, object: &Value, now: Timestamp) -> Value {
    let Some(steps) = steps(&column.json_path).filter(|steps| !steps.is_empty()) else {
        return Value::Null;
    };
    let mut found = vec![object];
    for step in &steps {
        found = found.into_iter().flat_map(|value| step.from(value)).collect();
    }
    let Some(value) = found.first() else { return Value::Null };
    match (column.kind.as_str(), value) {
        (_, Value::Null) => Value::Null,
        ("string", Value::String(_)) => (*value).clone(),
        ("string", other) => json!(other.to_string()),
        ("integer", Value::Number(n)) => n
            .as_i64()
            .or_else(|| n.as_f64().map(|f| f as i64))
            .map_or(Value::Null, |n| json!(n)),
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => (*value).clone(),
        ("date", Value::String(_)) => match age::time(value) {
            Some(time) => json!(age::span(time, now)),
            None => json!("<invalid>"),
        },
        _ => Value::Null,
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(i64),
    /// `[*]`
    Every,
    /// `[?(@.type=="Ready")]`: field, and the text that it must be.
    Where(String, String),
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Field(name) => value.get(name).into_iter().collect(),
            Self::Index(index) => {
                let Some(list) = value.as_array() else { return Vec::new() };
                let index = if *index < 0 { *index + list.len() as i64 } else { *index };
                usize::try_from(index).ok().and_then(|i| list.get(i)).into_iter().collect()
            }
            Self::Every => match value {
                Value::Object(fields) => fields.values().collect(),
                other => items(other).collect(),
            },
            Self::Where(field, wanted) => items(value)
                .filter(|item| field.split('.').fold(*item, |at, part| &at[part]) == wanted.as_str())
                .collect(),
        }
    }
}

/// The steps of a path; `None` if it is more than the subset.
fn steps(path: &str) -> Option<Vec<Step>> {
    let path = path.trim();
    let path = path.strip_prefix('{').and_then(|p| p.strip_suffix('}')).unwrap_or(path);
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let end = closing(inside)?;
            let (content, after) = (inside.get(..end)?, inside.get(end + 1..)?);
            steps.push(bracket(content)?);
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let (name, after) = field(rest);
        if name.is_empty() {
            return None;
        }
        steps.push(if name == "*" { Step::Every } else { Step::Field(name) });
        rest = after;
    }
    Some(steps)
}

/// A field's name, in which `\.` is a dot, and what follows.
fn field(path: &str) -> (String, &str) {
    let mut name = String::new();
    let mut chars = path.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            '.' | '[' => return (name, path.get(at..).unwrap_or_default()),
            c => name.push(c),
        }
    }
    (name, "")
}

/// Where the bracket ends, quotes being quotes.
fn closing(inside: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, ']') => return Some(at),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn bracket(content: &str) -> Option<Step> {
    let content = content.trim();
    let unquoted = |s: &str| {
        let s = s.trim();
        let quote = s.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        s.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned)
    };
    if content == "*" {
        return Some(Step::Every);
    }
    if let Some(filter) = content.strip_prefix("?(").and_then(|f| f.strip_suffix(')')) {
        let (left, right) = filter.split_once("==")?;
        return Some(Step::Where(left.trim().strip_prefix("@.")?.trim().to_owned(), unquoted(right)?));
    }
    match unquoted(content) {
        Some(name) => Some(Step::Field(name)),
        None => content.parse().ok().map(Step::Index),
    }
}
