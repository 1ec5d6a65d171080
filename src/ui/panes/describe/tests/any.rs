//! Whatever a server sends, and whatever is left of it, is described without a panic.

use proptest::prelude::*;

use super::*;
use crate::model::KNOWN;

/// Every kind that is described by heart, and one that is not.
fn kinds() -> Vec<Kind> {
    let others = [
        ("", "resourcequotas"),
        ("", "limitranges"),
        ("storage.k8s.io", "storageclasses"),
        ("solia.test", "widgets"),
    ];
    KNOWN
        .iter()
        .map(|info| info.known.into())
        .chain(others.map(|(group, resource)| Kind::of(group, resource)))
        .collect()
}

fn described(document: &Value) {
    for kind in kinds() {
        assert!(!describe(&kind, document, &Neighbours::default(), &[], NOW).is_empty());
    }
}

/// A value where another one is expected: of any type, and as large as it can be.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![i64::MIN, -1, 0, 1, 127, i64::MAX]).prop_map(Value::from),
        Just(json!(1e300)),
        Just(json!(u64::MAX)),
        prop::sample::select(vec![
            "",
            "x",
            "2026-11-23T03:40:37Z",
            "9999-12-31T23:59:59Z",
            "-9999-01-01T00:00:00Z",
            "1Gi",
            "99999999999999999999E",
            "[{\"type\": 1}]",
            "containers with unready status: [",
            "sha256:é",
            "é\nü\n",
            "True",
            "Unknown",
        ])
        .prop_map(Value::from),
    ]
    .prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS.to_vec()), inner), 0..3)
                .prop_map(|entries| Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

const KEYS: &[&str] = &[
    "name",
    "type",
    "status",
    "spec",
    "metadata",
    "items",
    "conditions",
    "secret",
    "limits",
    "metrics",
    "ports",
    "env",
];

/// Replaces what a path leads to; each step counts the entries of what it stands in, around and around.
fn replace(value: &mut Value, path: &[usize], with: Value) {
    let next = match (path, &mut *value) {
        ([step, ..], Value::Object(map)) if !map.is_empty() => {
            let at = step % map.len();
            map.values_mut().nth(at)
        }
        ([step, ..], Value::Array(items)) if !items.is_empty() => {
            let at = step % items.len();
            items.get_mut(at)
        }
        _ => None,
    };
    match next {
        Some(inner) => replace(inner, path.get(1..).unwrap_or_default(), with),
        None => *value = with,
    }
}

proptest! {
    #[test]
    fn any_json_is_described(document in odd()) {
        described(&document);
        described(&json!({"metadata": document, "spec": document, "status": document}));
    }

    #[test]
    fn a_good_document_with_something_odd_in_it_is_described(
        which in any::<prop::sample::Index>(),
        path in prop::collection::vec(any::<usize>(), 1..9),
        with in odd(),
    ) {
        let mut samples = kinds::samples();
        samples.push((Known::Pod.into(), pod()));
        let (kind, document) = which.get(&samples);
        let mut document = document.clone();
        replace(&mut document, &path, with);
        prop_assert!(!describe(kind, &document, &Neighbours::default(), &[], NOW).is_empty());
    }
}

#[test]
fn a_document_that_is_not_what_it_should_be_is_described_as_far_as_it_goes() {
    for document in [
        Value::Null,
        json!([1]),
        json!({"metadata": 3, "spec": [], "status": "x"}),
        json!({"spec": {"containers": {}, "ports": [1], "volumes": ["x", {}]}, "status": {"conditions": [1, {}]}}),
    ] {
        described(&document);
    }
}
