//! Horizontal pod autoscalers: `autoscaling/v1` (which hides most in annotations), `v2beta1`,
//! `v2beta2` and `v2`.

use serde::Deserialize;

use super::fields::{Count, List, Maybe, Text};
use super::managed::ManagedFields;
use super::meta::{Item, RawCondition, conditions};
use super::strings::Strings;
use crate::model::{Body, clean, cluster};

pub type Raw<'a> = Item<'a, Spec<'a>, Status<'a>, ManagedFields<'a>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Spec<'a> {
    #[serde(borrow)]
    pub scale_target_ref: Maybe<Target<'a>>,
    pub min_replicas: Count,
    pub max_replicas: Count,
    /// `v1` only.
    #[serde(rename = "targetCPUUtilizationPercentage")]
    pub target_cpu: Count,
    pub metrics: List<Metric<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Target<'a> {
    #[serde(borrow)]
    pub kind: Text<'a>,
    pub name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status<'a> {
    pub current_replicas: Count,
    pub desired_replicas: Count,
    /// `v1` only.
    #[serde(rename = "currentCPUUtilizationPercentage")]
    pub current_cpu: Count,
    #[serde(borrow)]
    pub current_metrics: List<Metric<'a>>,
    pub conditions: List<RawCondition<'a>>,
}

/// A metric of the specification or of the status: `type` says which of the parts is there.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metric<'a> {
    #[serde(borrow)]
    pub resource: Option<Source<'a>>,
    #[serde(borrow)]
    pub container_resource: Option<Source<'a>>,
    #[serde(borrow)]
    pub pods: Option<Source<'a>>,
    #[serde(borrow)]
    pub object: Option<Source<'a>>,
    #[serde(borrow)]
    pub external: Option<Source<'a>>,
}

/// One metric with its value, in the words of all versions at once.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Source<'a> {
    /// Of a resource: `cpu`.
    #[serde(borrow)]
    pub name: Text<'a>,
    pub container: Text<'a>,
    /// `v2` and `v2beta2`.
    pub metric: Maybe<Name<'a>>,
    /// What is aimed at. In `v2beta1` an object metric has the object here, which has no values.
    pub target: Maybe<Value<'a>>,
    pub current: Maybe<Value<'a>>,
    /// `v2beta1`.
    pub metric_name: Text<'a>,
    pub target_average_utilization: Text<'a>,
    pub target_average_value: Text<'a>,
    pub target_value: Text<'a>,
    pub current_average_utilization: Text<'a>,
    pub current_average_value: Text<'a>,
    pub current_value: Text<'a>,
    pub average_value: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Name<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Value<'a> {
    #[serde(borrow)]
    pub average_utilization: Text<'a>,
    pub average_value: Text<'a>,
    pub value: Text<'a>,
}

impl<'a> Metric<'a> {
    fn source(&self) -> Option<&Source<'a>> {
        [&self.resource, &self.container_resource, &self.pods, &self.object, &self.external]
            .into_iter()
            .find_map(Option::as_ref)
    }
}

impl Source<'_> {
    fn name(&self) -> &str {
        self.name.or(&self.metric.name).or(&self.metric_name)
    }

    /// The value aimed at, and the one now: either may be empty.
    fn target(&self) -> String {
        let percent = self.target.average_utilization.or(&self.target_average_utilization);
        if percent.is_empty() {
            let value = self.target.value.or(&self.target.average_value);
            value
                .or(&self.target_value)
                .or(&self.target_average_value)
                .or(&self.average_value)
                .to_string()
        } else {
            format!("{}%", &**percent)
        }
    }

    fn current(&self, percent: bool) -> String {
        let utilization = self.current.average_utilization.or(&self.current_average_utilization);
        if percent {
            return if utilization.is_empty() {
                String::new()
            } else {
                format!("{}%", &**utilization)
            };
        }
        let value = self.current.value.or(&self.current.average_value);
        value
            .or(&self.current_value)
            .or(&self.current_average_value)
            .or(&self.average_value)
            .to_string()
    }
}

/// `cpu 7%/80%` for each metric; `?` where a value is unknown.
fn describe(wanted: &[Metric<'_>], seen: &[Metric<'_>]) -> Vec<Box<str>> {
    let line = |metric: &Metric<'_>| {
        let source = metric.source()?;
        let target = source.target();
        let current = seen
            .iter()
            .filter_map(Metric::source)
            .find(|s| s.name() == source.name() && s.container == source.container)
            .map(|s| s.current(target.ends_with('%')))
            .unwrap_or_default();
        Some(text(source.name(), &source.container, &current, &target))
    };
    wanted.iter().filter_map(line).collect()
}

fn text(name: &str, container: &str, current: &str, target: &str) -> Box<str> {
    let or = |text: &str| if text.is_empty() { "?".to_owned() } else { text.to_owned() };
    let place = if container.is_empty() {
        String::new()
    } else {
        format!("{container}:")
    };
    clean(&format!("{place}{name} {}/{}", or(current), or(target))).into()
}

/// JSON within an annotation; what cannot be read counts as absent.
fn within<'a, T: Deserialize<'a>>(text: &'a str) -> List<T> {
    serde_json::from_str(text).unwrap_or_default()
}

pub fn body(raw: &Raw<'_>, strings: &mut Strings) -> Body {
    let (spec, status, notes) = (&*raw.spec, &*raw.status, &raw.metadata.annotations);
    let mut metrics = describe(&spec.metrics, &status.current_metrics);
    if let Some(target) = spec.target_cpu.0 {
        let current = status.current_cpu.0.map(|n| format!("{n}%")).unwrap_or_default();
        metrics.push(text("cpu", "", &current, &format!("{target}%")));
    }
    metrics.extend(describe(
        &within::<Metric>(&notes.metrics),
        &within::<Metric>(&notes.current_metrics),
    ));
    let said = if status.conditions.is_empty() {
        conditions(&within::<RawCondition>(&notes.conditions), strings)
    } else {
        conditions(&status.conditions, strings)
    };
    let target = &spec.scale_target_ref;
    Body::Autoscaler(Box::new(cluster::Autoscaler {
        target: clean(&format!("{}/{}", &*target.kind, &*target.name)).into(),
        min: spec.min_replicas.or(1),
        max: spec.max_replicas.get(),
        current: status.current_replicas.get(),
        desired: status.desired_replicas.get(),
        metrics: metrics.into(),
        conditions: said,
    }))
}
