//! Label selectors of workloads (`matchLabels`, `matchExpressions`) and of services (labels only).

use std::sync::Arc;

use serde_json::Value;

use super::document::{list, text};
use crate::sim::store::Stored;

/// What has to be true of an object's labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    labels: Vec<(Arc<str>, Arc<str>)>,
    expressions: Vec<Expression>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Expression {
    label: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    /// One that nobody knows selects nothing.
    Unknown,
}

impl Selector {
    /// Reads `{"matchLabels":…, "matchExpressions":…}`.
    pub fn of(selector: &Value) -> Self {
        let expressions = list(&selector["matchExpressions"]).iter().map(|e| Expression {
            label: text(&e["key"]).to_owned(),
            operator: match text(&e["operator"]) {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                _ => Operator::Unknown,
            },
            values: list(&e["values"]).iter().map(|v| text(v).to_owned()).collect(),
        });
        Self {
            labels: pairs(&selector["matchLabels"]),
            expressions: expressions.collect(),
        }
    }

    /// Reads the selector of a service.
    pub fn of_service(selector: &Value) -> Self {
        Self {
            labels: pairs(selector),
            expressions: Vec::new(),
        }
    }

    /// An empty one selects everything, or nothing: that depends on whose it is.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    pub fn selects(&self, object: &Stored) -> bool {
        self.labels.iter().all(|(k, v)| object.label(k) == Some(v)) && self.expressions.iter().all(|e| e.holds(object))
    }
}

impl Expression {
    fn holds(&self, object: &Stored) -> bool {
        let value = object.label(&self.label);
        let among = value.is_some_and(|value| self.values.iter().any(|v| v == value));
        match self.operator {
            Operator::In => among,
            Operator::NotIn => !among,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Unknown => false,
        }
    }
}

fn pairs(labels: &Value) -> Vec<(Arc<str>, Arc<str>)> {
    let labels = labels.as_object().into_iter().flatten();
    labels
        .filter_map(|(k, v)| Some((Arc::from(k.as_str()), Arc::from(v.as_str()?))))
        .collect()
}
