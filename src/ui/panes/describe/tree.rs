//! Any object that is not known by heart: its fields as an indented tree that reads as words.

use serde_json::{Map, Value};

use super::data::block;
use super::page::{Fields, Page, Parts};
use super::read::{date, scalar};
use crate::model::Time;
use crate::ui::theme::Role;

/// Fields that have been told, or that nobody reads here.
const TOLD: &[&str] = &["apiVersion", "kind", "metadata"];

/// Everything that the header and the conditions do not tell.
pub fn rest(page: &mut Page, document: &Value, now: Time) {
    let Some(map) = document.as_object() else { return };
    let mut entries: Vec<_> = map.iter().filter(|(key, _)| !TOLD.contains(&key.as_str())).collect();
    // The status last: it answers the specification.
    entries.sort_by_key(|(key, _)| match key.as_str() {
        "spec" => 0,
        "status" => 2,
        _ => 1,
    });
    let mut loose = Map::new();
    for (key, value) in entries {
        match value {
            Value::Object(fields) => {
                let mut fields = fields.clone();
                if key == "status" {
                    fields.remove("conditions");
                }
                page.section(&words(key), |page| branch(page, &fields, now));
            }
            Value::Array(_) => page.section(&words(key), |page| items(page, value, now)),
            other => {
                loose.insert(key.clone(), other.clone());
            }
        }
    }
    page.section("Other", |page| branch(page, &loose, now));
}

/// Short fields first, aligned; then what has an inside.
fn branch(page: &mut Page, map: &Map<String, Value>, now: Time) {
    let named = map.keys().any(|key| !is_field(key));
    let name = |key: &str| if named { key.to_owned() } else { words(key) };
    let mut fields = Fields::default();
    for (key, value) in map {
        if let Some(parts) = leaf(value, now) {
            fields.add(name(key), parts);
        }
    }
    page.fields(fields);
    for (key, value) in map.iter().filter(|(_, value)| leaf(value, now).is_none()) {
        page.line(Parts::of(Role::Muted, name(key)));
        page.inside(|page| match value {
            _ if key == "openAPIV3Schema" => page.line(Parts::of(Role::Faint, "(see the YAML)")),
            Value::Object(map) => branch(page, map, now),
            Value::Array(_) => items(page, value, now),
            other => block(page, &scalar(other)),
        });
    }
}

/// A list whose elements have an inside.
fn items(page: &mut Page, list: &Value, now: Time) {
    for item in list.as_array().into_iter().flatten() {
        match item {
            Value::Object(map) => {
                // An element is called what it calls itself.
                let title = ["name", "type", "host", "path", "key"]
                    .iter()
                    .find_map(|key| Some((*key, map.get(*key)?.as_str()?)));
                match title {
                    Some((key, title)) => {
                        page.line(Parts::of(Role::SyntaxPunctuation, "- ").and(Role::Accent, title));
                        let mut rest = map.clone();
                        rest.remove(key);
                        page.inside(|page| branch(page, &rest, now));
                    }
                    None => {
                        page.line(Parts::of(Role::SyntaxPunctuation, "-"));
                        page.inside(|page| branch(page, map, now));
                    }
                }
            }
            Value::Array(_) => {
                page.line(Parts::of(Role::SyntaxPunctuation, "-"));
                page.inside(|page| items(page, item, now));
            }
            other => page.line(Parts::of(Role::SyntaxPunctuation, "- ").and(Role::Text, scalar(other))),
        }
    }
}

/// A value that fits beside its name; `None` if it needs lines of its own.
fn leaf(value: &Value, now: Time) -> Option<Parts> {
    const LONGEST_LIST: usize = 100;
    Some(match value {
        Value::Object(map) if map.is_empty() => Parts::of(Role::Faint, "(empty)"),
        Value::Array(items) if items.is_empty() => Parts::of(Role::Faint, "(none)"),
        Value::Object(_) => return None,
        Value::Array(items) => {
            if items.iter().any(|item| item.is_object() || item.is_array()) {
                return None;
            }
            let text = items.iter().map(scalar).collect::<Vec<_>>().join(", ");
            if text.len() > LONGEST_LIST || text.contains('\n') {
                return None;
            }
            text.into()
        }
        Value::String(text) if text.trim_end().contains('\n') => return None,
        Value::String(text) if text.is_empty() => Parts::of(Role::Faint, "(empty)"),
        Value::String(text) => match Time::parse(text) {
            time if time.is_known() && text.len() >= 20 => date(time, now).into(),
            _ => text.trim_end().into(),
        },
        Value::Null => Parts::of(Role::Faint, "(none)"),
        Value::Number(n) => Parts::of(Role::SyntaxNumber, n.to_string()),
        Value::Bool(b) => Parts::of(Role::SyntaxNumber, b.to_string()),
    })
}

/// Whether a key is the name of a field, not data (a label, a file name).
fn is_field(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase()) && key.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `maxUnavailable` as `Max unavailable`; `clusterIPs` as `Cluster IPs`.
fn words(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let (before, after) = (i.checked_sub(1).and_then(|j| chars.get(j)), chars.get(i + 1));
        let lower = |c: Option<&char>| c.is_some_and(|c| c.is_lowercase());
        let upper = |c: Option<&char>| c.is_some_and(|c| c.is_uppercase());
        // The `s` of `IPs` belongs to the acronym.
        let plural = after == Some(&'s') && !lower(chars.get(i + 2));
        // The next word begins here, with its lower case letters after it: `HostIPSet`'s `S`.
        let starts = lower(after) && !plural;
        if c.is_uppercase() && (before.is_some() && !upper(before) || upper(before) && starts) {
            out.push(' ');
        }
        let acronym = c.is_uppercase() && (upper(after) || upper(before) && !starts);
        match i {
            0 => out.extend(c.to_uppercase()),
            _ if acronym => out.push(c),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_words() {
        for (key, text) in [
            ("maxUnavailable", "Max unavailable"),
            ("clusterIP", "Cluster IP"),
            ("clusterIPs", "Cluster IPs"),
            ("podCIDRs", "Pod CIDRs"),
            ("openAPIV3Schema", "Open APIV3 schema"),
            ("hostIPC", "Host IPC"),
            ("spec", "Spec"),
            ("dnsPolicy", "Dns policy"),
            ("IPFamilies", "IP families"),
        ] {
            assert_eq!(words(key), text, "{key}");
        }
    }
}
