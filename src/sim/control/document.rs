//! Reading and writing parts of documents. What a client wrote may have any shape: nothing here panics over it.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Text, or none where there is something else.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A whole number, or this where there is none.
pub fn number(value: &Value, default: i64) -> i64 {
    value.as_i64().unwrap_or(default)
}

/// The elements of a list; none where there is none.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A time in RFC 3339.
pub fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// Writes a value at a path. What stands in the way and is no object gives way to one.
pub fn set(document: &mut Value, path: &[&str], new: Value) {
    let mut here = document;
    for step in path {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let Value::Object(fields) = here else { return };
        here = fields.entry(*step).or_insert(Value::Null);
    }
    *here = new;
}

/// Takes away what stands at a path, if anything.
pub fn clear(document: &mut Value, path: &[&str]) {
    let Some((last, way)) = path.split_last() else { return };
    let mut here = document;
    for step in way {
        let Some(next) = here.get_mut(*step) else { return };
        here = next;
    }
    if let Value::Object(fields) = here {
        fields.remove(*last);
    }
}

/// Writes a count, or nothing where it is zero: as counts that clients may leave out are written.
pub fn count(document: &mut Value, path: &[&str], n: i64) {
    if n == 0 {
        clear(document, path);
    } else {
        set(document, path, n.into());
    }
}

/// Notes that the specification has changed, as the API server does for every change of it.
pub fn bump_generation(document: &mut Value) {
    let generation = number(&document["metadata"]["generation"], 1);
    set(document, &["metadata", "generation"], (generation + 1).into());
}

/// A number of something, or a share of a total in percent, as `maxSurge` and others have it.
pub fn scaled(value: &Value, total: i64, round: Round) -> Option<i64> {
    if let Some(n) = value.as_i64() {
        return Some(n);
    }
    let percent: i64 = value.as_str()?.strip_suffix('%')?.trim().parse().ok()?;
    let exact = total.saturating_mul(percent);
    Some(match round {
        Round::Up => exact.saturating_add(99).div_euclid(100),
        Round::Down => exact.div_euclid(100),
    })
}

/// Where a share that is not whole goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    Up,
    Down,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_in_the_way_is_replaced_and_what_is_missing_is_made() {
        let mut document = json!({"spec": "odd"});
        set(&mut document, &["spec", "replicas"], json!(3));
        clear(&mut document, &["status", "replicas"]);
        assert_eq!(document, json!({"spec": {"replicas": 3}}));
    }

    #[test]
    fn shares_are_rounded_as_told() {
        assert_eq!(scaled(&json!("25%"), 2, Round::Up), Some(1));
        assert_eq!(scaled(&json!("25%"), 2, Round::Down), Some(0));
        assert_eq!(scaled(&json!("25%"), 4, Round::Up), Some(1));
        assert_eq!(scaled(&json!(2), 4, Round::Up), Some(2));
        assert_eq!(scaled(&json!("much"), 4, Round::Up), None);
    }
}
