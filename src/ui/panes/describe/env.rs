//! Variables of a container and where they come from. Values of secrets are never among what is known here.

use serde_json::Value;

use super::page::Parts;
use super::read::{at, is_true, list, one_line, plain, text};
use crate::ui::theme::Role;

/// One line for each variable, and for each source that brings many.
pub fn environment(container: &Value) -> Vec<Parts> {
    let many = list(container, "/envFrom").iter().filter_map(all_keys);
    many.chain(list(container, "/env").iter().map(variable)).collect()
}

/// `all keys of config map backend-config, prefix X_`
fn all_keys(from: &Value) -> Option<Parts> {
    let (kind, source) = [("config map", "/configMapRef"), ("secret", "/secretRef")]
        .map(|(kind, pointer)| (kind, at(from, pointer)))
        .into_iter()
        .find(|(_, source)| !source.is_null())?;
    let prefix = match text(from, "/prefix") {
        "" => String::new(),
        prefix => format!(", prefix {prefix}"),
    };
    Some(
        Parts::of(Role::Muted, format!("all keys of {kind} "))
            .and(Role::Text, format!("{}{prefix}{}", text(source, "/name"), optional(source))),
    )
}

/// `DATABASE_URL ← key url of secret backend-secret (optional)`, or the value that stands there.
fn variable(variable: &Value) -> Parts {
    let name = Parts::of(Role::SyntaxKey, text(variable, "/name"));
    match at(variable, "/valueFrom") {
        Value::Null => name
            .and(Role::SyntaxPunctuation, "=")
            .and(Role::SyntaxText, one_line(text(variable, "/value"), 300)),
        from => name.and(Role::Muted, format!(" ← {}", source(from))),
    }
}

fn source(from: &Value) -> String {
    for (kind, pointer) in [("secret", "/secretKeyRef"), ("config map", "/configMapKeyRef")] {
        let key = at(from, pointer);
        if !key.is_null() {
            return format!("key {} of {kind} {}{}", text(key, "/key"), text(key, "/name"), optional(key));
        }
    }
    let field = text(from, "/fieldRef/fieldPath");
    if !field.is_empty() {
        return format!("field {field}");
    }
    let resource = at(from, "/resourceFieldRef");
    if !resource.is_null() {
        let owner = match text(resource, "/containerName") {
            "" => "this container".to_owned(),
            name => format!("container {name}"),
        };
        let divisor = match plain(resource, "/divisor").as_str() {
            "" | "0" | "1" => String::new(),
            divisor => format!(", in units of {divisor}"),
        };
        return format!("{} of {owner}{divisor}", text(resource, "/resource"));
    }
    from.as_object().and_then(|map| map.keys().next()).cloned().unwrap_or_default()
}

fn optional(source: &Value) -> &'static str {
    if is_true(source, "/optional") { " (optional)" } else { "" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ui::panes::describe::page::Page;

    #[test]
    fn every_variable_says_where_it_comes_from() {
        let container = json!({
            "envFrom": [{"prefix": "X_", "configMapRef": {"name": "backend-config"}}, {"secretRef": {"name": "s", "optional": true}}, {}],
            "env": [
                {"name": "MODE", "value": "live"},
                {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "backend-secret", "key": "url", "optional": true}}},
                {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "level"}}},
                {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"containerName": "app", "resource": "limits.memory", "divisor": "1Mi"}}},
                {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}}},
                {"name": "FILE", "valueFrom": {"fileKeyRef": {"key": "x"}}},
                {"name": "EMPTY"},
            ],
        });
        let mut page = Page::default();
        for line in environment(&container) {
            page.line(line);
        }
        let lines: Vec<_> = page.finish().iter().map(crate::ui::widgets::StyledLine::text).collect();
        assert_eq!(
            lines,
            [
                "all keys of config map backend-config, prefix X_",
                "all keys of secret s (optional)",
                "MODE=live",
                "DATABASE_URL ← key url of secret backend-secret (optional)",
                "LEVEL ← key level of config map c",
                "POD_IP ← field status.podIP",
                "MEMORY ← limits.memory of container app, in units of 1Mi",
                "CPU ← limits.cpu of this container",
                "FILE ← fileKeyRef",
                "EMPTY=",
            ]
        );
    }
}
