//! Secrets, masked on the way in: text and values in, the same without their secrets out.
//!
//! Whatever is fetched for reading (a full object, a log line, a message) passes here before it becomes
//! a model value, so that nothing behind the door (screen, clipboard, saved file, recording) can leak it.
//! Masking goes by the name of a thing (`DB_PASSWORD`), by its place (a Secret's `data`) and by its
//! shape (a private key, a token). It errs towards hiding, except where a mere *pointer* to a secret
//! (its name, its path) is what the person on call needs to see.

mod identifiers;
mod lines;
mod names;
mod patterns;
mod text;
mod triggers;

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::{Map, Value};

pub use identifiers::Identifiers;
pub use lines::{LineMask, Mask};
pub use names::is_secret_name;
pub use text::mask_text;

use text::{is_masked, is_trivial};

/// What stands in place of a secret.
pub const MASK: &str = "••••••";

/// The annotation in which `kubectl apply` keeps the whole object, as JSON.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Masks the secrets of an object as the API server sends it: all values of a Secret (key names and
/// sizes stay), and in every object whatever a name or a shape gives away.
pub fn mask_secret(document: &mut Value) {
    match document {
        Value::Object(map) => mask_map(map),
        Value::Array(items) => mask_list(items),
        Value::String(text) => mask_string(text),
        _ => {}
    }
}

fn mask_map(map: &mut Map<String, Value>) {
    match map.get("kind").and_then(Value::as_str) {
        Some("Secret") => {
            sizes_only(map, "data");
            sizes_only(map, "stringData");
            let note = map
                .get_mut("metadata")
                .and_then(|m| m.get_mut("annotations"))
                .and_then(|a| a.get_mut(LAST_APPLIED));
            if let Some(note) = note {
                *note = format!("{MASK} (holds secret values)").into();
            }
        }
        Some("ConfigMap") => sizes_only(map, "binaryData"),
        _ => {}
    }
    for (key, value) in map.iter_mut() {
        match value {
            Value::String(text) if key == LAST_APPLIED => mask_applied(text),
            // `registry/token:v1` is no assignment.
            Value::String(_) if matches!(key.as_str(), "image" | "imageID") => {}
            Value::String(_) if is_secret_name(key) => hide(value),
            Value::Number(_) if names::is_password_name(key) => hide(value),
            // `secrets: [a, b]` lists names; `passwords: [a, b]` does not.
            Value::Array(items) if is_secret_name(key) && !key.to_ascii_lowercase().ends_with("secrets") => {
                items.iter_mut().filter(|v| v.is_string()).for_each(hide);
                mask_list(items);
            }
            _ => mask_secret(value),
        }
    }
    // An environment variable, a Helm or Argo parameter: `{name: DB_PASSWORD, value: …}`. By the name that is shown:
    // one that was masked itself names nothing.
    if map.get("name").and_then(Value::as_str).is_some_and(is_secret_name)
        && let Some(value) = map.get_mut("value")
    {
        hide(value);
    }
}

/// A list; in one of arguments, the value after `--password` stands alone.
fn mask_list(items: &mut [Value]) {
    let mut expected = false;
    for item in items {
        if std::mem::take(&mut expected) && !item.as_str().is_some_and(|text| text.starts_with('-')) {
            hide(item);
            continue;
        }
        mask_secret(item);
        // By what is left of it: a word with a secret in it is no flag, before it is masked or after.
        expected = item.as_str().and_then(|text| text.strip_prefix('-')).is_some_and(is_secret_flag);
    }
}

/// Whether this, after its first dash, is a flag whose value follows in the next argument.
fn is_secret_flag(text: &str) -> bool {
    let name = text.trim_start_matches('-');
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) && is_secret_name(name)
}

fn mask_string(text: &mut String) {
    if let Cow::Owned(masked) = mask_text(text) {
        *text = masked;
    }
}

/// Masks a value for its name's sake, unless it says nothing (`true`, `$(OTHER)`).
fn hide(value: &mut Value) {
    match value {
        Value::String(text) if is_trivial(text) => {}
        Value::String(_) | Value::Number(_) => *value = MASK.into(),
        other => mask_secret(other),
    }
}

/// The last applied configuration is this object once more: masked like one.
fn mask_applied(text: &mut String) {
    if is_masked(text) {
        return;
    }
    *text = match serde_json::from_str::<Value>(text) {
        Ok(mut applied) => {
            mask_secret(&mut applied);
            applied.to_string()
        }
        Err(_) => format!("{MASK} (not readable)"),
    };
}

/// Replaces the values of a map of data by their sizes.
fn sizes_only(map: &mut Map<String, Value>, field: &str) {
    match map.get_mut(field) {
        Some(Value::Object(data)) => data.values_mut().for_each(|value| *value = size(value, field).into()),
        Some(Value::Null) | None => {}
        Some(odd) => *odd = MASK.into(),
    }
}

fn size(value: &Value, field: &str) -> String {
    let Value::String(text) = value else { return MASK.into() };
    if is_masked(text) {
        return text.clone();
    }
    let bytes = if field == "stringData" {
        text.len()
    } else {
        let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match base64::engine::general_purpose::STANDARD.decode(packed) {
            Ok(bytes) => bytes.len(),
            Err(_) => return format!("{MASK} (not base64)"),
        }
    };
    format!("{MASK} {bytes} byte{}", if bytes == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
