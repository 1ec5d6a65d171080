//! An object as a text to be edited, and back. Secrets do not stand in it: a number stands for each, and is replaced again.

use serde_json::Value;

use crate::model::{ObjectRef, clean};
use crate::redact::Mask;
use crate::ui::panes::yaml::yaml;

/// What stands in the place of a secret.
fn placeholder(number: usize) -> String {
    format!("(hidden {number})")
}

/// What the first lines say.
pub fn heading(object: &ObjectRef, place: &str) -> Vec<String> {
    vec![
        format!("{} in {place}", object.label()),
        "Save and leave: the plan is shown, nothing is sent before you confirm it.".to_owned(),
        "Leave it as it is, and nothing is done. A secret stands as (hidden 1); left".to_owned(),
        "so, it stays. Status and what the server keeps by itself are not shown.".to_owned(),
    ]
}

/// The text of an object, and what stands behind its placeholders.
pub fn of(document: &Value, mask: &Mask) -> (String, Vec<Value>) {
    let mut masked = document.clone();
    mask.document(&mut masked);
    let (mut shown, mut hidden) = (document.clone(), Vec::new());
    hide(&mut shown, &masked, &mut hidden);
    (yaml(&shown, false), hidden)
}

fn hide(shown: &mut Value, masked: &Value, hidden: &mut Vec<Value>) {
    match (&mut *shown, masked) {
        (Value::Object(map), Value::Object(other)) => {
            for (key, value) in map.iter_mut() {
                hide(value, other.get(key).unwrap_or(&Value::Null), hidden);
            }
        }
        (Value::Array(items), Value::Array(other)) => {
            for (item, other) in items.iter_mut().zip(other) {
                hide(item, other, hidden);
            }
        }
        (shown, masked) if shown != masked => {
            hidden.push(std::mem::replace(shown, Value::Null));
            *shown = placeholder(hidden.len()).into();
        }
        _ => {}
    }
}

/// Puts the secrets back.
fn reveal(value: &mut Value, hidden: &[Value]) -> Result<(), String> {
    match value {
        Value::Object(map) => map.values_mut().try_for_each(|value| reveal(value, hidden)),
        Value::Array(items) => items.iter_mut().try_for_each(|item| reveal(item, hidden)),
        Value::String(text) if text.contains("(hidden ") => {
            let known = hidden.iter().enumerate().find(|(n, _)| *text == placeholder(n + 1));
            match known {
                Some((_, secret)) => *value = secret.clone(),
                None => {
                    return Err(format!(
                        "\"{}\": a hidden value stays alone, or is written anew as a whole",
                        clean(text)
                    ));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Reads what was left.
///
/// # Errors
/// The mistake, with its line.
pub fn read(text: &str, hidden: &[Value]) -> Result<Value, String> {
    let mut document = parse(text)?;
    if !document.is_object() {
        return Err("there is no object any more: the text is empty, or holds something else".into());
    }
    reveal(&mut document, hidden)?;
    Ok(document)
}

fn parse(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str(text).map_err(|error| mistake(&error))
}

fn mistake(error: &serde_saphyr::Error) -> String {
    let said = error.without_snippet().to_string();
    let said = said.lines().next().unwrap_or_default();
    // Where it is, stands before it.
    let said = said.split(" at line ").next().unwrap_or_default().trim();
    match error.location() {
        Some(at) => format!("line {}: {}", at.line(), clean(said)),
        None => format!("no YAML: {}", clean(said)),
    }
}

/// Whether it is still the same object: its kind and its name say which.
///
/// # Errors
/// What was changed of it.
pub fn is_same(document: &Value, base: &Value) -> Result<(), String> {
    for (place, name) in [
        ("/apiVersion", "apiVersion"),
        ("/kind", "kind"),
        ("/metadata/name", "metadata.name"),
        ("/metadata/namespace", "metadata.namespace"),
    ] {
        if document.pointer(place) != base.pointer(place) {
            return Err(format!("{name} says which object it is: it stays as it was"));
        }
    }
    Ok(())
}

/// The text without the comments at its beginning.
pub fn without_comments(text: &str) -> String {
    text.lines()
        .skip_while(|line| line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The one object of a file.
///
/// # Errors
/// There are several, or none; the mistake, with its line.
pub fn manifest(text: &str) -> Result<Value, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| mistake(&error))?;
    let mut objects: Vec<Value> = documents.into_iter().filter(|document| !document.is_null()).collect();
    let many = objects.len();
    let (Some(object), 1) = (objects.pop(), many) else {
        return Err(match many {
            0 => "the file holds no object".into(),
            many => format!("the file holds {many} objects: one at a time, please; the line can be copied (:copy-line)"),
        });
    };
    let kind = object["kind"].as_str().unwrap_or_default();
    if kind == "List" || object["items"].is_array() {
        return Err("the file holds a list: one object at a time, please; the line can be copied (:copy-line)".into());
    }
    let missing = ["/apiVersion", "/kind", "/metadata/name"]
        .into_iter()
        .find(|place| object.pointer(place).and_then(Value::as_str).is_none_or(str::is_empty));
    match missing {
        Some(place) => Err(format!("the object has no {}", place.trim_start_matches('/').replace('/', "."))),
        None => Ok(object),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "solia",
                "annotations": {"odd": "a\u{1b}[31mred\u{202e}\r\u{7}"}},
            "data": {"yes": "no", "number": "012", "nginx.conf": "server {\n  listen 80;\n}\n", "url": "postgres://app:hunter2@db/app"}})
    }

    #[test]
    fn secrets_are_numbers_in_the_text_and_come_back() {
        let (text, hidden) = of(&document(), &Mask::default());
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("(hidden 1)"), "{text}");
        assert_eq!(read(&text, &hidden), Ok(document()));
        // One that is written anew is what is written.
        let anew = read(&text.replace("(hidden 1)", "postgres://db/app"), &hidden).unwrap();
        assert_eq!(anew["data"]["url"], "postgres://db/app");
        let torn = read(&text.replace("(hidden 1)", "x (hidden 1)"), &hidden).unwrap_err();
        assert!(torn.contains("a hidden value stays alone"), "{torn}");
    }

    #[test]
    fn no_control_character_reaches_the_editor() {
        let (text, hidden) = of(&document(), &Mask::default());
        let raw: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n').collect();
        assert!(raw.is_empty(), "{raw:?}\n{text}");
        assert_eq!(read(&text, &hidden).unwrap()["metadata"], document()["metadata"]);
        assert!(text.contains("  nginx.conf: |\n"), "texts of several lines stay so\n{text}");
    }

    #[test]
    fn a_mistake_names_its_line() {
        for (text, said) in [
            ("kind: A\nspec:\n  a: [1\n  b: 2\n", "line "),
            ("kind: A\nkind: B\n", "line 2: "),
            ("", "there is no object any more"),
            ("- a\n", "there is no object any more"),
        ] {
            let mistake = read(text, &[]).unwrap_err();
            assert!(mistake.starts_with(said), "{text:?}: {mistake}");
        }
        let mut other = document();
        other["metadata"]["name"] = json!("api");
        assert_eq!(
            is_same(&other, &document()),
            Err("metadata.name says which object it is: it stays as it was".into())
        );
    }

    #[test]
    fn a_file_holds_one_object() {
        assert!(manifest("---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n---\n").is_ok());
        for (text, why) in [
            ("", "the file holds no object"),
            ("kind: A\n---\nkind: B\n", "the file holds 2 objects"),
            ("apiVersion: v1\nkind: List\nitems: []\n", "the file holds a list"),
            ("apiVersion: v1\nkind: Pod\n", "the object has no metadata.name"),
            ("a: [", "line "),
        ] {
            let said = manifest(text).unwrap_err();
            assert!(said.starts_with(why), "{text:?}: {said}");
        }
    }
}
