//! A horizontal pod autoscaler, in the words of every version: `autoscaling/v1` hides most of it in annotations.

use serde_json::Value;

use super::condition::{these, within};
use super::page::{Fields, Page, Parts};
use super::read::{at, date, list, number, plain, span, text};
use crate::model::{Known, Time};
use crate::ui::theme::Role;

/// Everything about an autoscaler that is not in its header.
pub fn autoscaler(page: &mut Page, document: &Value, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Autoscaler", |page| {
        let mut fields = Fields::default();
        let target = at(spec, "/scaleTargetRef");
        fields.add("Scales", format!("{}/{}", text(target, "/kind"), text(target, "/name")));
        let (min, max) = (
            number(spec, "/minReplicas").unwrap_or(1),
            number(spec, "/maxReplicas").unwrap_or_default(),
        );
        let (now_there, wanted) = (number(status, "/currentReplicas"), number(status, "/desiredReplicas"));
        let mut replicas = Parts::default();
        if let (Some(there), Some(wanted)) = (now_there, wanted) {
            let role = if there == wanted { Role::Text } else { Role::Busy };
            replicas = Parts::of(role, format!("{there} now, {wanted} wanted, "));
        }
        let at_end = max > min && wanted == Some(max);
        replicas = replicas.and(
            if at_end { Role::Warning } else { Role::Text },
            format!("between {min} and {max}{}", if at_end { ": at its maximum" } else { "" }),
        );
        fields.add("Pods", replicas);
        fields.lines("Metrics", metrics(document));
        fields.add("Last scaled", date(Time::parse(text(status, "/lastScaleTime")), now));
        for (name, pointer) in [("Scaling up", "/behavior/scaleUp"), ("Scaling down", "/behavior/scaleDown")] {
            fields.add(name, pace(at(spec, pointer)));
        }
        page.fields(fields);
    });
    let noted = within(document, "autoscaling.alpha.kubernetes.io/conditions");
    let told = list(status, "/conditions");
    let told = if told.is_empty() { &noted } else { told };
    these(page, &Known::HorizontalPodAutoscaler.into(), document, told, now);
}

/// One line for each metric: `cpu 12% of the request, 80% aimed at`.
fn metrics(document: &Value) -> Vec<Parts> {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    let mut lines = Vec::new();
    if let Some(target) = number(spec, "/targetCPUUtilizationPercentage") {
        let current = number(status, "/currentCPUUtilizationPercentage").map(|n| format!("{n}%"));
        lines.push(line("cpu", &current.unwrap_or_default(), &format!("{target}%")));
    }
    let noted = within(document, "autoscaling.alpha.kubernetes.io/metrics");
    let noted_now = within(document, "autoscaling.alpha.kubernetes.io/current-metrics");
    let sets = [
        (list(spec, "/metrics"), list(status, "/currentMetrics")),
        (noted.as_slice(), noted_now.as_slice()),
    ];
    for (wanted, seen) in sets {
        for metric in wanted.iter().filter_map(source) {
            let current = seen.iter().filter_map(source).find(|other| name(other) == name(metric));
            let (target, percent) = target(metric);
            let current = current.map(|current| value(current, percent)).unwrap_or_default();
            lines.push(line(&name(metric), &current, &target));
        }
    }
    lines
}

fn line(name: &str, current: &str, target: &str) -> Parts {
    let share = if target.ends_with('%') { " of the request" } else { "" };
    let aim = if target.is_empty() { "?" } else { target };
    if current.is_empty() {
        return Parts::from(format!("{name} "))
            .and(Role::Warning, "not known")
            .and(Role::Text, format!(", {aim}{share} aimed at"));
    }
    Parts::from(format!("{name} {current}{share}, {aim} aimed at"))
}

/// The part of a metric that its type names.
fn source(metric: &Value) -> Option<&Value> {
    ["/resource", "/containerResource", "/pods", "/object", "/external"]
        .iter()
        .map(|pointer| at(metric, pointer))
        .find(|source| !source.is_null())
}

/// `cpu`, `cpu of container app`, `queue_length of Service/backend`
fn name(source: &Value) -> String {
    let name = [text(source, "/name"), text(source, "/metric/name"), text(source, "/metricName")]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default();
    // In `v2beta1` the described object is called the target.
    let object = [at(source, "/describedObject"), at(source, "/target")]
        .into_iter()
        .find(|o| !text(o, "/kind").is_empty());
    match (text(source, "/container"), object) {
        ("", Some(object)) => format!("{name} of {}/{}", text(object, "/kind"), text(object, "/name")),
        ("", None) => name.to_owned(),
        (container, _) => format!("{name} of container {container}"),
    }
}

/// The value aimed at, and whether it is a share of the request.
fn target(source: &Value) -> (String, bool) {
    for pointer in ["/target/averageUtilization", "/targetAverageUtilization"] {
        if let Some(percent) = number(source, pointer) {
            return (format!("{percent}%"), true);
        }
    }
    for (pointer, note) in [
        ("/target/averageValue", " per pod"),
        ("/targetAverageValue", " per pod"),
        ("/target/value", ""),
        ("/targetValue", ""),
    ] {
        let value = plain(source, pointer);
        if !value.is_empty() {
            return (format!("{value}{note}"), false);
        }
    }
    (String::new(), false)
}

fn value(source: &Value, percent: bool) -> String {
    let first = |pointers: &[&str]| {
        let values = pointers.iter().map(|pointer| plain(source, pointer));
        values.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
    };
    if percent {
        return match first(&["/current/averageUtilization", "/currentAverageUtilization"]) {
            none if none.is_empty() => none,
            share => format!("{share}%"),
        };
    }
    first(&["/current/averageValue", "/currentAverageValue", "/current/value", "/currentValue"])
}

/// How fast it scales: `waits 5m for a lasting need, at most 4 pods per 15 s`.
fn pace(rules: &Value) -> String {
    if rules.is_null() {
        return String::new();
    }
    let mut parts = Vec::new();
    if text(rules, "/selectPolicy") == "Disabled" {
        parts.push("switched off".to_owned());
    }
    if let Some(window) = number(rules, "/stabilizationWindowSeconds").filter(|n| *n > 0) {
        parts.push(format!("only after {} of the same need", span(window)));
    }
    let policies = list(rules, "/policies").iter().map(|policy| {
        let unit = if text(policy, "/type") == "Percent" { "%" } else { " pods" };
        let period = span(number(policy, "/periodSeconds").unwrap_or_default());
        format!("{}{unit} per {period}", plain(policy, "/value"))
    });
    let policies: Vec<_> = policies.collect();
    if !policies.is_empty() {
        let rule = match text(rules, "/selectPolicy") {
            "Min" if policies.len() > 1 => "the least of ",
            _ if policies.len() > 1 => "the most of ",
            _ => "at most ",
        };
        parts.push(format!("{rule}{}", policies.join(" and ")));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metrics_of_every_version_read_the_same() {
        let noted = r#"[{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"10"}}]"#;
        let seen = r#"[{"type":"Pods","pods":{"metricName":"rps","currentAverageValue":"7"}}]"#;
        for (document, lines) in [
            (
                json!({"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/metrics": noted, "autoscaling.alpha.kubernetes.io/current-metrics": seen}},
                    "spec": {"targetCPUUtilizationPercentage": 80}, "status": {"currentCPUUtilizationPercentage": 12}}),
                vec!["cpu 12% of the request, 80% aimed at", "rps 7, 10 per pod aimed at"],
            ),
            (
                json!({"spec": {"metrics": [
                        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
                        {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app", "target": {"averageValue": "64Mi"}}},
                        {"type": "Object", "object": {"metric": {"name": "queue"}, "describedObject": {"kind": "Service", "name": "b"}, "target": {"value": "3"}}}]},
                    "status": {"currentMetrics": [
                        {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 91}}},
                        {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app", "current": {"averageValue": "32Mi"}}}]}}),
                vec![
                    "cpu 91% of the request, 80% aimed at",
                    "memory of container app 32Mi, 64Mi per pod aimed at",
                    "queue of Service/b not known, 3 aimed at",
                ],
            ),
            (
                json!({"spec": {"targetCPUUtilizationPercentage": 80}}),
                vec!["cpu not known, 80% of the request aimed at"],
            ),
            (
                json!({"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/metrics": "{"}}}),
                vec![],
            ),
        ] {
            assert_eq!(metrics(&document).iter().map(Parts::text).collect::<Vec<_>>(), lines);
        }
    }

    #[test]
    fn the_pace_of_scaling_is_a_sentence() {
        let rules = json!({"stabilizationWindowSeconds": 300, "selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}, {"type": "Pods", "value": 4, "periodSeconds": 60}]});
        assert_eq!(
            pace(&rules),
            "only after 5m of the same need, the most of 100% per 15 s and 4 pods per 1m"
        );
        assert_eq!(pace(&json!({"selectPolicy": "Disabled"})), "switched off");
        assert_eq!(pace(&Value::Null), "");
    }
}
