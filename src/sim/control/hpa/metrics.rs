//! What the metrics of an autoscaler propose: usage of CPU and memory, against what pods request.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Failure, Measure, Proposal};
use crate::model::Quantity;
use crate::sim::control::document::{list, text};
use crate::sim::control::sight::{Phase, Pod};
use crate::sim::world::World;

/// A difference of less than this share is none.
const TOLERANCE: f64 = 0.1;

/// So long after its start a pod's CPU is not taken for its usual one, unless it is ready.
const STARTING: SignedDuration = SignedDuration::from_mins(5);

/// A pod has measurements only so long after its start.
const FIRST_MEASURE: SignedDuration = SignedDuration::from_secs(15);

/// What is measured of the pods that count.
struct Sample {
    /// Thousandths of a core or of a byte, of pods that do their work.
    used: i64,
    requested: i64,
    counted: i64,
    /// Pods that are there but not ready, and what they request.
    idle: i64,
    idle_requested: i64,
}

/// What one metric proposes.
pub(super) fn propose(world: &World, usage: Measure<'_>, metric: &Value, pods: &[Pod], replicas: i64) -> Result<Proposal, Failure> {
    let (source, container) = match text(&metric["type"]) {
        "Resource" => (&metric["resource"], None),
        "ContainerResource" => {
            let source = &metric["containerResource"];
            (source, Some(text(&source["container"])))
        }
        other => {
            return Err(Failure {
                reason: "FailedGetPodsMetric",
                message: format!(
                    "unable to get metric {}: unable to fetch metrics from custom metrics API: no custom metrics API ({}) registered",
                    text(&metric["pods"]["metric"]["name"]),
                    other,
                ),
            });
        }
    };
    let name = text(&source["name"]);
    let target = &source["target"];
    let by_share = target["averageUtilization"].as_i64();
    let sample = sample(world, usage, name, container, pods, by_share.is_some())?;
    let average = sample.used / sample.counted.max(1);
    let (ratio, with_idle) = match by_share {
        Some(target) => {
            let ratio = |requested: i64| sample.used as f64 * 100.0 / requested.max(1) as f64 / target.max(1) as f64;
            (ratio(sample.requested), ratio(sample.requested + sample.idle_requested))
        }
        None => {
            let target = Quantity::parse(text(&target["averageValue"])).get().unwrap_or(i64::MAX).max(1);
            let ratio = |pods: i64| sample.used as f64 / (target as f64 * pods.max(1) as f64);
            (ratio(sample.counted), ratio(sample.counted + sample.idle))
        }
    };
    let mut current = json!({"averageValue": amount(name, average)});
    let what = if by_share.is_some() {
        current["averageUtilization"] = json!((sample.used as f64 * 100.0 / sample.requested.max(1) as f64).floor() as i64);
        format!("{name} resource utilization (percentage of request)")
    } else {
        format!("{name} resource")
    };
    let told = if let Some(container) = container {
        json!({"type": "ContainerResource", "containerResource": {"name": name, "container": container, "current": current}})
    } else {
        json!({"type": "Resource", "resource": {"name": name, "current": current}})
    };
    Ok(Proposal {
        replicas: replicas_for(&sample, ratio, with_idle, replicas),
        metric: what,
        current: vec![told],
    })
}

/// The number of pods that brings the ratio to one. Pods that do not work yet dampen growth.
fn replicas_for(sample: &Sample, ratio: f64, with_idle: f64, replicas: i64) -> i64 {
    let within = |ratio: f64| (ratio - 1.0).abs() <= TOLERANCE;
    if sample.idle == 0 || ratio <= 1.0 {
        return if within(ratio) {
            replicas
        } else {
            (ratio * sample.counted as f64).ceil() as i64
        };
    }
    if within(with_idle) || with_idle < 1.0 {
        return replicas;
    }
    let wanted = (with_idle * (sample.counted + sample.idle) as f64).ceil() as i64;
    wanted.max(replicas)
}

fn sample(world: &World, usage: Measure<'_>, name: &str, container: Option<&str>, pods: &[Pod], requests: bool) -> Result<Sample, Failure> {
    let now = world.now();
    let mut sample = Sample {
        used: 0,
        requested: 0,
        counted: 0,
        idle: 0,
        idle_requested: 0,
    };
    let missing = |what: String| Failure {
        reason: "FailedGetResourceMetric",
        message: format!("failed to get {name} utilization: {what}"),
    };
    for pod in pods
        .iter()
        .filter(|p| !p.stored.leaving && p.phase != Phase::Failed && p.phase != Phase::Succeeded)
    {
        let mut requested = 0;
        if requests {
            let doc = pod.stored.value();
            for c in list(&doc["spec"]["containers"])
                .iter()
                .filter(|c| container.is_none_or(|name| c["name"] == *name))
            {
                let Some(amount) = Quantity::parse(text(&c["resources"]["requests"][name])).get() else {
                    return Err(missing(format!(
                        "missing request for {name} in container {} of Pod {}",
                        text(&c["name"]),
                        pod.stored.key.name
                    )));
                };
                requested += amount;
            }
        }
        let measured = pod
            .started
            .filter(|_| pod.phase == Phase::Running)
            .is_some_and(|t| t + FIRST_MEASURE <= now);
        // A pod that was ready once and is not now still burns what it burns.
        let never_ready = !pod.ready
            && pod
                .started
                .zip(pod.turned)
                .is_none_or(|(s, t)| t < s + SignedDuration::from_secs(30));
        let young = pod.started.is_none_or(|t| t + STARTING > now);
        let idle = name == "cpu" && !pod.ready && (never_ready || young);
        if !measured || idle {
            sample.idle += 1;
            sample.idle_requested += requested;
            continue;
        }
        let usage = usage(world, &pod.stored);
        let used = match name {
            "cpu" => usage.cpu_millis,
            _ => usage.memory_bytes.saturating_mul(1000),
        };
        sample.used = sample.used.saturating_add(i64::try_from(used).unwrap_or(i64::MAX));
        sample.requested += requested;
        sample.counted += 1;
    }
    if sample.counted == 0 {
        return Err(missing(
            "did not receive metrics for targeted pods (pods might be unready)".to_owned(),
        ));
    }
    Ok(sample)
}

/// An amount in thousandths, as the status tells it.
fn amount(name: &str, milli: i64) -> String {
    if name == "cpu" && milli % 1000 != 0 {
        format!("{milli}m")
    } else {
        (milli / 1000).to_string()
    }
}
