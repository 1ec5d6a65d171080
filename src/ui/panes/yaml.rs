//! An object as YAML, in the order in which one reads it, and the name of the file to save a text in.

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::{Map, Value};

use crate::model::Time;

/// The YAML text of a document. `managed_fields`: whether to show `metadata.managedFields`, which is
/// long and rarely asked for.
pub fn yaml(document: &Value, managed_fields: bool) -> String {
    let ordered = Ordered {
        value: document,
        place: Place::Root,
        managed_fields,
    };
    let options = serde_saphyr::ser_options! {
        // kubectl does not fold either, and a folded line cannot be searched.
        folded_wrap_chars: usize::MAX,
        compact_list_indent: true,
    };
    let mut out = String::new();
    match serde_saphyr::to_fmt_writer_with_options(&mut out, &ordered, options) {
        Ok(()) => out,
        // JSON is YAML too.
        Err(_) => serde_json::to_string_pretty(document).unwrap_or_default(),
    }
}

/// Where in the document a value is: what decides the order of its keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Metadata,
    /// An element of a list: its name first.
    Item,
    Elsewhere,
}

/// A value whose keys come in the order of reading.
struct Ordered<'a> {
    value: &'a Value,
    place: Place,
    managed_fields: bool,
}

impl<'a> Ordered<'a> {
    fn entries(&self, map: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
        let first: &[&str] = match self.place {
            Place::Root => &["apiVersion", "kind", "metadata", "type", "spec"],
            Place::Metadata | Place::Item => &["name", "namespace"],
            Place::Elsewhere => &[],
        };
        let rank = |key: &str| match first.iter().position(|f| *f == key) {
            Some(at) => at,
            None if self.place == Place::Root && key == "status" => usize::MAX,
            None => first.len(),
        };
        let hidden = |key: &str| self.place == Place::Metadata && key == "managedFields" && !self.managed_fields;
        let mut entries: Vec<_> = map.iter().filter(|(key, _)| !hidden(key)).collect();
        entries.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
        entries
    }

    fn inner(&self, value: &'a Value, place: Place) -> Self {
        Self { value, place, ..*self }
    }
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(map) => {
                let entries = self.entries(map);
                let mut out = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    let place = match (self.place, key.as_str()) {
                        (Place::Root, "metadata") => Place::Metadata,
                        _ => Place::Elsewhere,
                    };
                    out.serialize_entry(key, &self.inner(value, place))?;
                }
                out.end()
            }
            Value::Array(items) => {
                let mut out = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    out.serialize_element(&self.inner(item, Place::Item))?;
                }
                out.end()
            }
            other => other.serialize(serializer),
        }
    }
}

/// The name of a file for a text of this title: safe in every shell and file system, and never the
/// same twice within a second. A known ending stays at the end; any other title gets `.txt`.
pub fn file_name(title: &str, when: Time) -> String {
    const ENDINGS: [&str; 5] = ["yaml", "txt", "log", "json", "md"];
    const LONGEST: usize = 120;
    let (stem, ending) = match title.rsplit_once('.') {
        Some((stem, ending)) if ENDINGS.contains(&ending) => (stem, ending),
        _ => (title, "txt"),
    };
    let mut safe = String::new();
    for c in stem.chars() {
        let c = if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
            c
        } else {
            '-'
        };
        // No hidden files, no options, no `..`.
        let doubled = matches!(c, '-' | '.') && safe.chars().next_back().is_none_or(|last| last == c);
        if !doubled && safe.len() < LONGEST {
            safe.push(c);
        }
    }
    let safe = match safe.trim_matches(['-', '.']) {
        "" => "quarterdeck",
        safe => safe,
    };
    let stamp = jiff::Timestamp::from_second(when.0).map_or_else(|_| String::new(), |t| t.strftime("%Y%m%d-%H%M%SZ").to_string());
    format!("{safe}-{stamp}.{ending}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_reads_in_the_usual_order_and_without_managed_fields() {
        let document = json!({
            "status": {"ready": true}, "spec": {"b": 1, "a": [{"z": 1, "name": "app", "args": []}]}, "kind": "Widget", "apiVersion": "v1",
            "metadata": {"annotations": {"note": "two\nlines\n"}, "name": "w", "managedFields": [{"manager": "kubectl"}]},
        });
        insta::assert_snapshot!(yaml(&document, false), @"
        apiVersion: v1
        kind: Widget
        metadata:
          name: w
          annotations:
            note: |
              two
              lines
        spec:
          a:
          - name: app
            args: []
            z: 1
          b: 1
        status:
          ready: true
        ");
        assert!(yaml(&document, true).contains("manager: kubectl"));
    }

    #[test]
    fn long_lines_are_not_folded_and_odd_strings_stay_strings() {
        let long = "word ".repeat(60);
        let text = yaml(
            &json!({"long": long.trim_end(), "yes": "yes", "n": "012", "colon": "a: b", "empty": ""}),
            false,
        );
        assert_eq!(text.lines().count(), 5, "{text}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[ -~]{0,20}",
            "[a-z:#&*! \n-]{0,20}",
            prop::sample::select(vec![
                "null",
                "~",
                "1e3",
                "0x1f",
                "no",
                "|",
                "- a",
                "a\n\n",
                " a",
                "a ",
                "•••••• 3 bytes",
                "::",
                "'",
                "\"",
                "a #b",
                "\n",
                "%"
            ])
            .prop_map(String::from)
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.clone().prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 20, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(value in any_json()) {
            let document = json!({"spec": value});
            let text = yaml(&document, true);
            let back: Value = serde_saphyr::from_str(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
            prop_assert_eq!(back, document, "{}", text);
        }

        #[test]
        fn file_names_are_safe(title in any::<String>()) {
            let name = file_name(&title, Time(1_795_406_481));
            prop_assert!(name.len() < 160 && !name.starts_with(['-', '.']) && !name.contains(".."), "{}", name);
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')));
        }
    }

    #[test]
    fn a_file_is_called_after_what_is_in_it() {
        let at = Time(1_795_406_481);
        assert_eq!(file_name("pods-backend.yaml", at), "pods-backend-20261123-040121Z.yaml");
        assert_eq!(file_name("../../etc/passwd", at), "etc-passwd-20261123-040121Z.txt");
        assert_eq!(file_name("pods/solia/crash loop", at), "pods-solia-crash-loop-20261123-040121Z.txt");
        assert_eq!(file_name("", at), "quarterdeck-20261123-040121Z.txt");
    }
}
