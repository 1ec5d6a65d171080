//! What is other in a document, and the JSON patch that makes it so: only if what it changes is still as it was.

use serde_json::{Value, json};

use crate::redact::{is_secret_name, mask_secret};

/// One place of a document that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// RFC 6901: `/spec/template/spec/containers/0/image`.
    pub pointer: String,
    /// For the eye: `spec.template.spec.containers[app].image`.
    pub path: String,
    /// Absent: there is nothing there.
    pub old: Option<Value>,
    /// Absent: it is taken away.
    pub new: Option<Value>,
    /// Names of the list elements on the way, with their pointers: a list may be in another order by now.
    names: Vec<(String, Value)>,
}

/// What must change to make one document the other, in the order of the document.
pub fn between(before: &Value, after: &Value) -> Vec<Step> {
    let mut steps = Vec::new();
    walk(&Way::default(), before, after, &mut steps);
    steps
}

#[derive(Clone, Default)]
struct Way {
    pointer: String,
    path: String,
    names: Vec<(String, Value)>,
}

impl Way {
    fn key(&self, key: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let path = match key.contains(['.', '/']) {
            true => format!("{}[{key}]", self.path),
            false => format!("{}{dot}{key}", self.path),
        };
        Self {
            pointer: format!("{}/{}", self.pointer, escape(key)),
            path,
            names: self.names.clone(),
        }
    }

    fn element(&self, at: usize, element: &Value) -> Self {
        let pointer = format!("{}/{at}", self.pointer);
        let name = element.get("name").or_else(|| element.get("key")).filter(|name| name.is_string());
        let shown = name.and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
        let mut names = self.names.clone();
        let field = if element.get("name").is_some() { "name" } else { "key" };
        names.extend(name.map(|name| (format!("{pointer}/{field}"), name.clone())));
        Self {
            path: format!("{}[{shown}]", self.path),
            pointer,
            names,
        }
    }

    fn step(&self, old: Option<&Value>, new: Option<&Value>) -> Step {
        Step {
            pointer: self.pointer.clone(),
            path: self.path.clone(),
            old: old.cloned(),
            new: new.cloned(),
            names: self.names.clone(),
        }
    }
}

/// A key as a part of a pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn walk(way: &Way, before: &Value, after: &Value, steps: &mut Vec<Step>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(other) => walk(&way.key(key), value, other, steps),
                    None => steps.push(way.key(key).step(Some(value), None)),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                steps.push(way.key(key).step(None, Some(value)));
            }
        }
        // Elements are compared one by one where each is still the same thing.
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() && old.iter().zip(new).all(|(a, b)| same(a, b)) => {
            for (at, (a, b)) in old.iter().zip(new).enumerate() {
                walk(&way.element(at, a), a, b, steps);
            }
        }
        _ => steps.push(way.step(Some(before), Some(after))),
    }
}

/// Whether two elements of a list are one thing, before and after.
fn same(a: &Value, b: &Value) -> bool {
    a == b || a.is_object() && b.is_object() && ["name", "key"].iter().all(|field| a.get(field) == b.get(field))
}

/// The JSON patch (RFC 6902) of these steps. Each tests first that it finds what was there; a value that was absent is
/// tested for being null, which the API server takes for absent. The object must be the very one.
pub fn patch(uid: &str, steps: &[Step]) -> Vec<Value> {
    let mut tests = vec![json!({"op": "test", "path": "/metadata/uid", "value": uid})];
    let mut changes = Vec::new();
    for step in steps {
        for (pointer, name) in &step.names {
            let test = json!({"op": "test", "path": pointer, "value": name});
            if !tests.contains(&test) {
                tests.push(test);
            }
        }
        tests.push(json!({"op": "test", "path": step.pointer, "value": step.old}));
        changes.push(match (&step.old, &step.new) {
            (_, None) => json!({"op": "remove", "path": step.pointer}),
            (Some(_), Some(new)) => json!({"op": "replace", "path": step.pointer, "value": new}),
            (None, Some(new)) => json!({"op": "add", "path": step.pointer, "value": new}),
        });
    }
    tests.append(&mut changes);
    tests
}

impl Step {
    /// The values for the eye, in short, secrets hidden. From outside: to be cleaned by whoever shows them.
    pub fn values(&self) -> (String, String) {
        (shown(&self.path, self.old.as_ref()), shown(&self.path, self.new.as_ref()))
    }

    /// Names of the list elements on the way, with their pointers.
    pub fn names(&self) -> &[(String, Value)] {
        &self.names
    }

    /// Whether the value here is nobody's business.
    pub fn is_secret(&self) -> bool {
        self.path.split(['.', '[', ']']).any(is_secret_name)
    }
}

/// A value at this place in short, secrets hidden.
pub fn shown(path: &str, value: Option<&Value>) -> String {
    let secret = path.split(['.', '[', ']']).any(is_secret_name);
    match value {
        Some(_) if secret => "(hidden)".into(),
        Some(value) => {
            let mut value = value.clone();
            mask_secret(&mut value);
            short(Some(&value))
        }
        None => short(None),
    }
}

fn short(value: Option<&Value>) -> String {
    match value {
        None => "(none)".into(),
        Some(Value::String(text)) if text.is_empty() => "\"\"".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pod(image: &str) -> Value {
        json!({"spec": {"containers": [{"name": "app", "image": image}, {"name": "side", "image": "s:1"}]}})
    }

    #[test]
    fn a_change_in_a_list_names_its_element_and_asks_that_it_is_still_there() {
        let steps = between(&pod("a:1"), &pod("a:2"));
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].path, "spec.containers[app].image");
        assert_eq!(
            patch("u", &steps),
            [
                json!({"op": "test", "path": "/metadata/uid", "value": "u"}),
                json!({"op": "test", "path": "/spec/containers/0/name", "value": "app"}),
                json!({"op": "test", "path": "/spec/containers/0/image", "value": "a:1"}),
                json!({"op": "replace", "path": "/spec/containers/0/image", "value": "a:2"}),
            ]
        );
    }

    #[test]
    fn what_was_not_there_must_still_not_be_there() {
        let steps = between(&json!({"a": {}}), &json!({"a": {"x/y": 1}}));
        assert_eq!(steps[0].path, "a[x/y]");
        let patch = patch("u", &steps);
        assert_eq!(patch[1], json!({"op": "test", "path": "/a/x~1y", "value": null}));
        assert_eq!(patch[2], json!({"op": "add", "path": "/a/x~1y", "value": 1}));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            "[a-c~/]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(prop_oneof!["[a-c~/.]{1,2}", Just("name".to_owned())], inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_patch_makes_the_one_of_the_other(before in any_json(), after in any_json()) {
            let (mut before, after) = (json!({"d": before, "metadata": {"uid": "u"}}), json!({"d": after, "metadata": {"uid": "u"}}));
            let all = patch("u", &between(&before, &after));
            // The crate knows no test for what is absent.
            let kept: Vec<Value> = all.into_iter().filter(|op| !(op["op"] == "test" && op["value"].is_null())).collect();
            let patch: json_patch::Patch = serde_json::from_value(Value::from(kept)).unwrap();
            json_patch::patch(&mut before, &patch).unwrap();
            prop_assert_eq!(before, after);
        }
    }
}
