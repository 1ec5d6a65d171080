//! Alerts and rules as Prometheus tells them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rules::{Alert, GROUPS, Group, INTERVAL, RUNBOOKS, Rule, State};
use super::{Prometheus, answer};
use crate::sim::face::Request;

/// A value as Prometheus writes it among alerts: `7.1e-02`.
fn scientific(value: f64) -> String {
    if !value.is_finite() {
        return answer::number(value);
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, number) = match exponent.strip_prefix('-') {
                Some(number) => ('-', number),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{number:0>2}")
        }
        None => text,
    }
}

fn alert(alert: &Alert) -> Value {
    let annotations: serde_json::Map<String, Value> = alert.annotations().into_iter().map(|(k, v)| (k.to_owned(), json!(v))).collect();
    json!({
        "labels": answer::object(&alert.labels), "annotations": annotations, "state": alert.state.word(),
        "activeAt": alert.active.to_string(), "value": scientific(alert.value),
    })
}

/// `/api/v1/alerts`
pub fn alerts(server: &Prometheus) -> Value {
    let alerts = server.rules.alerts();
    json!({"alerts": alerts.iter().map(alert).collect::<Vec<_>>()})
}

/// `/api/v1/rules`
pub fn rules(server: &Prometheus, request: &Request) -> Value {
    let only = |parameter: &str, name: &str| {
        let mut named = request.queries(parameter).peekable();
        named.peek().is_none() || named.any(|n| n == name)
    };
    if request.query("type") == Some("record") {
        return json!({"groups": []});
    }
    let alerts = server.rules.alerts();
    let evaluated = alerts.evaluated();
    let groups = GROUPS.iter().filter(|group| only("rule_group[]", group.name)).map(|group| {
        let chosen = group.rules.iter().filter(|rule| only("rule_name[]", rule.name));
        let rules: Vec<Value> = chosen
            .map(|rule| told_rule(rule, &alerts.of(rule).collect::<Vec<_>>(), evaluated))
            .collect();
        told_group(group, &rules, evaluated)
    });
    json!({"groups": groups.filter(|group| group["rules"] != json!([])).collect::<Vec<_>>()})
}

fn told_group(group: &Group, rules: &[Value], evaluated: Timestamp) -> Value {
    json!({
        "name": group.name, "file": "/etc/prometheus/alerts.yml", "rules": rules, "interval": INTERVAL / 1000, "limit": 0,
        "evaluationTime": 0.001 * rules.len() as f64, "lastEvaluation": evaluated.to_string(),
    })
}

fn told_rule(rule: &Rule, alerts: &[&Alert], evaluated: Timestamp) -> Value {
    let state = alerts.iter().map(|alert| alert.state).max().map_or("inactive", State::word);
    json!({
        "state": state, "name": rule.name, "query": rule.expr, "duration": rule.hold, "keepFiringFor": 0,
        "labels": {"severity": rule.severity, "team": rule.team},
        "annotations": {"summary": rule.summary, "description": rule.description, "runbook_url": format!("{RUNBOOKS}{}", rule.runbook)},
        "alerts": alerts.iter().map(|a| alert(a)).collect::<Vec<_>>(),
        "health": "ok", "evaluationTime": 0.001, "lastEvaluation": evaluated.to_string(), "type": "alerting",
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_of_alerts_have_two_digits_of_exponent() {
        for (value, text) in [(0.071, "7.1e-02"), (1.0, "1e+00"), (12_345.0, "1.2345e+04"), (f64::NAN, "NaN")] {
            assert_eq!(super::scientific(value), text);
        }
    }
}
