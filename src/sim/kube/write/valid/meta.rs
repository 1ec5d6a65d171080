//! Names, labels, annotations.

use serde_json::Value;

use super::super::refuse::Cause;
use crate::sim::kube::Served;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const DNS_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const MOST_ANNOTATIONS: usize = 256 << 10;

/// A text as the server prints it: in quotation marks.
pub fn quoted(text: &str) -> String {
    format!("{text:?}")
}

pub(super) fn check(kind: &Served, meta: &Value, causes: &mut Vec<Cause>) {
    let name = meta["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else if let Some(why) = wrong_name(kind, name) {
        causes.push(Cause::invalid("metadata.name", quoted(name), why));
    }
    labels("metadata.labels", &meta["labels"], causes);
    let annotations = meta["annotations"].as_object();
    let mut size = 0;
    for (key, value) in annotations.into_iter().flatten() {
        size += key.len() + value.as_str().map_or(0, str::len);
        if let Some(why) = wrong_key(&key.to_lowercase()) {
            causes.push(Cause::invalid("metadata.annotations", quoted(key), why));
        }
    }
    if size > MOST_ANNOTATIONS {
        causes.push(Cause {
            reason: "FieldValueTooLong",
            message: format!("Too long: must have at most {MOST_ANNOTATIONS} bytes"),
            field: "metadata.annotations".to_owned(),
        });
    }
}

pub(super) fn labels(field: &str, labels: &Value, causes: &mut Vec<Cause>) {
    for (key, value) in labels.as_object().into_iter().flatten() {
        if let Some(why) = wrong_key(key) {
            causes.push(Cause::invalid(field, quoted(key), why));
        }
        let value = value.as_str().unwrap_or_default();
        if value.len() > 63 {
            causes.push(Cause::invalid(field, quoted(value), "must be no more than 63 characters"));
        } else if !value.is_empty() && !qualified(value) {
            causes.push(Cause::invalid(field, quoted(value), LABEL_VALUE));
        }
    }
}

fn wrong_name(kind: &Served, name: &str) -> Option<&'static str> {
    if kind.group == "rbac.authorization.k8s.io" {
        // These may hold nearly anything.
        return name.contains(['/', '%']).then_some("may not contain '/'");
    }
    match kind.kind.as_str() {
        "Namespace" if name.len() > 63 => Some("must be no more than 63 characters"),
        "Namespace" => (!label(name)).then_some(LABEL),
        "Service" if name.len() > 63 => Some("must be no more than 63 characters"),
        "Service" => (!label(name) || name.starts_with(|c: char| c.is_ascii_digit())).then_some(DNS_1035),
        "CronJob" if name.len() > 52 => Some("must be no more than 52 characters"),
        _ if name.len() > 253 => Some("must be no more than 253 characters"),
        _ => (!name.split('.').all(label)).then_some(SUBDOMAIN),
    }
}

fn label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(inner) && text.ends_with(inner) && text.chars().all(|c| inner(c) || c == '-')
}

fn qualified(text: &str) -> bool {
    let outer = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(outer) && text.ends_with(outer) && text.chars().all(|c| outer(c) || matches!(c, '-' | '_' | '.'))
}

fn wrong_key(key: &str) -> Option<&'static str> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(p, n)| (Some(p), n));
    if prefix.is_some_and(|p| !p.split('.').all(label)) {
        return Some(
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        );
    }
    if name.is_empty() {
        return Some("name part must be non-empty");
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 characters");
    }
    (!qualified(name)).then_some(QUALIFIED)
}
