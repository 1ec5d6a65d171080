//! Disruption budgets as the eviction API reads them: which guard a pod, and how many of their pods may go now.

use serde_json::Value;

/// A budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    pub namespace: String,
    pub name: String,
    selector: Selector,
    /// Pods that may go now.
    pub allowed: i64,
    pub healthy: i64,
    /// Pods that have to be healthy.
    pub desired: i64,
    pub expected: i64,
}

/// A label selector of a document, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selector {
    labels: Vec<(String, String)>,
    expressions: Vec<(String, String, Vec<String>)>,
    /// Whether an empty one means all pods (policy/v1) or none (v1beta1).
    takes_all: bool,
}

impl Budget {
    /// The budget of a document, whose `apiVersion` says what an empty selector means.
    pub fn of(document: &Value) -> Self {
        let number = |field: &str| document["status"][field].as_i64().unwrap_or(0);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let selector = &document["spec"]["selector"];
        let labels = selector["matchLabels"].as_object().into_iter().flatten();
        let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
        let values = |e: &Value| e["values"].as_array().into_iter().flatten().map(text).collect();
        Self {
            namespace: text(&document["metadata"]["namespace"]),
            name: text(&document["metadata"]["name"]),
            selector: Selector {
                labels: labels.map(|(key, value)| (key.clone(), text(value))).collect(),
                expressions: expressions.map(|e| (text(&e["key"]), text(&e["operator"]), values(e))).collect(),
                takes_all: document["apiVersion"] == "policy/v1" && selector.is_object(),
            },
            allowed: number("disruptionsAllowed"),
            healthy: number("currentHealthy"),
            desired: number("desiredHealthy"),
            expected: number("expectedPods"),
        }
    }

    /// Whether an eviction of the pod asks this budget. One that is over, has not begun or is leaving disrupts nothing.
    pub fn guards(&self, pod: &Value) -> bool {
        let runs = !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed" | "Pending"));
        runs && pod["metadata"]["deletionTimestamp"].is_null()
            && pod["metadata"]["namespace"] == *self.namespace
            && self.selector.matches(&pod["metadata"]["labels"])
    }

    /// Whether it would refuse even with all of its pods well.
    pub fn never_allows(&self) -> bool {
        self.expected > 0 && self.desired >= self.expected
    }

    /// `budget web needs 2 healthy pods and has 2`
    pub fn said(&self) -> String {
        format!("budget {} needs {} healthy pods and has {}", self.name, self.desired, self.healthy)
    }
}

impl Selector {
    fn matches(&self, labels: &Value) -> bool {
        if self.labels.is_empty() && self.expressions.is_empty() {
            return self.takes_all;
        }
        let is = |(key, value): &(String, String)| labels[key.as_str()] == **value;
        let holds = |(key, operator, values): &(String, String, Vec<String>)| {
            let has = labels[key.as_str()].as_str();
            let is_among = has.is_some_and(|has| values.iter().any(|value| value == has));
            match operator.as_str() {
                "In" => is_among,
                "NotIn" => !is_among,
                "Exists" => has.is_some(),
                "DoesNotExist" => has.is_none(),
                _ => false,
            }
        };
        self.labels.iter().all(is) && self.expressions.iter().all(holds)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_budget_guards_what_the_server_would_ask_it_about() {
        let pod = |phase: &str| json!({"metadata": {"namespace": "solia", "labels": {"app": "web", "tier": "front"}}, "status": {"phase": phase}});
        let budget = |version: &str, selector: Value| {
            Budget::of(&json!({"apiVersion": version, "metadata": {"namespace": "solia", "name": "web"}, "spec": {"selector": selector}}))
        };
        let table = [
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "web", "tier": "back"}}), false),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "x"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}),
                false,
            ),
            (json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}), false),
            (
                json!({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["y"]}]}),
                true,
            ),
        ];
        for (selector, expected) in table {
            assert_eq!(
                budget("policy/v1", selector.clone()).guards(&pod("Running")),
                expected,
                "{selector}"
            );
        }
        assert!(budget("policy/v1", json!({})).guards(&pod("Running")));
        assert!(
            !budget("policy/v1beta1", json!({})).guards(&pod("Running")),
            "of old, an empty one meant none"
        );
        assert!(!budget("policy/v1", json!({})).guards(&pod("Pending")));
        assert!(!budget("policy/v1", json!({})).guards(&pod("Succeeded")));
        let mut leaving = pod("Running");
        leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert!(!budget("policy/v1", json!({})).guards(&leaving));
    }
}
