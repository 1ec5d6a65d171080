//! Pods, and templates of pods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::refuse::Cause;
use super::meta::quoted;
use crate::model::Quantity;

/// Checks a pod's spec at this path. `restart`: the policies that its owner allows.
pub(super) fn spec(path: &str, spec: &Value, restart: &[&str], causes: &mut Vec<Cause>) {
    let volumes: BTreeSet<&str> = names(&spec["volumes"]).collect();
    if spec["containers"].as_array().is_none_or(Vec::is_empty) {
        causes.push(Cause::required(format!("{path}.containers"), ""));
    }
    let mut seen = BTreeSet::new();
    for list in ["containers", "initContainers"] {
        for (index, one) in spec[list].as_array().into_iter().flatten().enumerate() {
            let path = format!("{path}.{list}[{index}]");
            let name = one["name"].as_str().unwrap_or_default();
            if name.is_empty() {
                causes.push(Cause::required(format!("{path}.name"), ""));
            } else if !seen.insert(name) {
                causes.push(Cause::duplicate(format!("{path}.name"), quoted(name)));
            }
            container(&path, one, &volumes, causes);
        }
    }
    let policy = spec["restartPolicy"].as_str().unwrap_or_default();
    if !restart.contains(&policy) {
        let field = format!("{path}.restartPolicy");
        // Jobs demand one; for the others there is but one.
        if restart.len() == 2 {
            causes.push(Cause::required(field, "valid values: \"OnFailure\", \"Never\""));
        } else {
            causes.push(Cause::unsupported(field, quoted(policy), restart));
        }
    }
    let grace = &spec["terminationGracePeriodSeconds"];
    if grace.as_i64().is_some_and(|g| g < 0) {
        let field = format!("{path}.terminationGracePeriodSeconds");
        causes.push(Cause::invalid(field, grace, "must be greater than or equal to 0"));
    }
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(|v| v["name"].as_str())
}

fn container(path: &str, one: &Value, volumes: &BTreeSet<&str>, causes: &mut Vec<Cause>) {
    let image = one["image"].as_str().unwrap_or_default();
    if image.is_empty() {
        causes.push(Cause::required(format!("{path}.image"), ""));
    } else if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        causes.push(Cause::invalid(format!("{path}.image"), quoted(image), why));
    }
    let policy = one["imagePullPolicy"].as_str().unwrap_or_default();
    let known = ["Always", "IfNotPresent", "Never"];
    if !policy.is_empty() && !known.contains(&policy) {
        causes.push(Cause::unsupported(format!("{path}.imagePullPolicy"), quoted(policy), &known));
    }
    for (index, port) in one["ports"].as_array().into_iter().flatten().enumerate() {
        number(&format!("{path}.ports[{index}].containerPort"), &port["containerPort"], causes);
    }
    for (index, mount) in one["volumeMounts"].as_array().into_iter().flatten().enumerate() {
        let name = mount["name"].as_str().unwrap_or_default();
        if !volumes.contains(name) {
            causes.push(Cause {
                reason: "FieldValueNotFound",
                message: format!("Not found: {}", quoted(name)),
                field: format!("{path}.volumeMounts[{index}].name"),
            });
        }
    }
    for (index, variable) in one["env"].as_array().into_iter().flatten().enumerate() {
        let name = variable["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            causes.push(Cause::required(format!("{path}.env[{index}].name"), ""));
        }
        if variable["value"].as_str().is_some_and(|v| !v.is_empty()) && !variable["valueFrom"].is_null() {
            let why = "may not be specified when `value` is not empty";
            causes.push(Cause::invalid(format!("{path}.env[{index}].valueFrom"), quoted(""), why));
        }
    }
    resources(path, &one["resources"], causes);
}

/// What is requested may not exceed the limit.
fn resources(path: &str, resources: &Value, causes: &mut Vec<Cause>) {
    for (name, amount) in resources["requests"].as_object().into_iter().flatten() {
        let limit = resources["limits"][name.as_str()].as_str();
        let (Some(amount), Some(limit)) = (amount.as_str(), limit) else {
            continue;
        };
        if let (Some(wanted), Some(most)) = (millis(amount), millis(limit))
            && wanted > most
        {
            let why = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(Cause::invalid(format!("{path}.resources.requests"), quoted(amount), why));
        }
    }
}

fn millis(amount: &str) -> Option<i64> {
    Quantity::parse(amount).get()
}

/// A port's number.
pub(super) fn number(field: &str, port: &Value, causes: &mut Vec<Cause>) {
    if !port.as_i64().is_some_and(|p| (1..=65_535).contains(&p)) {
        let shown = if port.is_null() { "0".to_owned() } else { port.to_string() };
        causes.push(Cause::invalid(field, shown, "must be between 1 and 65535, inclusive"));
    }
}
