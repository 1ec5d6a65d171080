//! What each kind must say.

use serde_json::Value;

use super::super::refuse::Cause;
use super::{meta, pods};

const ALWAYS: &[&str] = &["Always"];
const ANY: &[&str] = &["Always", "OnFailure", "Never"];
const OF_JOBS: &[&str] = &["OnFailure", "Never"];

pub(super) fn check(kind: &str, object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    match kind {
        "Pod" => pods::spec("spec", spec, ANY, causes),
        "Deployment" | "ReplicaSet" | "StatefulSet" => {
            not_negative("spec.replicas", &spec["replicas"], causes);
            not_negative("spec.revisionHistoryLimit", &spec["revisionHistoryLimit"], causes);
            workload(spec, causes);
            if kind == "Deployment" {
                rolling(&spec["strategy"]["rollingUpdate"], causes);
            }
        }
        "DaemonSet" => workload(spec, causes),
        "Job" => job("spec", spec, causes),
        "CronJob" => {
            if let Err(why) = schedule(spec["schedule"].as_str().unwrap_or_default()) {
                let shown = meta::quoted(spec["schedule"].as_str().unwrap_or_default());
                causes.push(Cause::invalid("spec.schedule", shown, why));
            }
            let policy = spec["concurrencyPolicy"].as_str().unwrap_or_default();
            let known = ["Allow", "Forbid", "Replace"];
            if !known.contains(&policy) {
                causes.push(Cause::unsupported("spec.concurrencyPolicy", meta::quoted(policy), &known));
            }
            job("spec.jobTemplate.spec", &spec["jobTemplate"]["spec"], causes);
        }
        "Service" => service(spec, causes),
        "HorizontalPodAutoscaler" => autoscaler(spec, causes),
        "PodDisruptionBudget" if !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null() => {
            let why = "minAvailable and maxUnavailable cannot be both set";
            causes.push(Cause::invalid("spec", "{}", why));
        }
        "ConfigMap" | "Secret" => keys(object, causes),
        _ => {}
    }
}

fn not_negative(field: &str, number: &Value, causes: &mut Vec<Cause>) {
    if number.as_i64().is_some_and(|n| n < 0) {
        causes.push(Cause::invalid(field, number, "must be greater than or equal to 0"));
    }
}

/// Labels as the server prints them: `map[string]string{"a":"b"}`.
fn printed(labels: &Value) -> String {
    match labels.as_object().filter(|l| !l.is_empty()) {
        None => "map[string]string(nil)".to_owned(),
        Some(labels) => {
            let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
            format!("map[string]string{{{}}}", labels.join(", "))
        }
    }
}

fn workload(spec: &Value, causes: &mut Vec<Cause>) {
    let (selector, labels) = (&spec["selector"], &spec["template"]["metadata"]["labels"]);
    let empty = |v: &Value| v.as_object().is_none_or(serde_json::Map::is_empty) && v.as_array().is_none_or(Vec::is_empty);
    // One that is missing is an empty one once it has been read as its type.
    let missing = empty(&selector["matchLabels"]) && empty(&selector["matchExpressions"]);
    if missing {
        causes.push(Cause::required("spec.selector", ""));
    }
    let wanted = selector["matchLabels"].as_object();
    if missing || !wanted.into_iter().flatten().all(|(k, v)| labels[k.as_str()] == *v) {
        let why = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", printed(labels), why));
    }
    meta::labels("spec.template.metadata.labels", labels, causes);
    pods::spec("spec.template.spec", &spec["template"]["spec"], ALWAYS, causes);
}

fn rolling(strategy: &Value, causes: &mut Vec<Cause>) {
    let zero = |v: &Value| v.as_i64() == Some(0) || v.as_str() == Some("0%");
    if zero(&strategy["maxSurge"]) && zero(&strategy["maxUnavailable"]) {
        let field = "spec.strategy.rollingUpdate.maxUnavailable";
        let why = "may not be 0 when `maxSurge` is 0";
        causes.push(Cause::invalid(field, &strategy["maxUnavailable"], why));
    }
}

fn job(path: &str, spec: &Value, causes: &mut Vec<Cause>) {
    for field in [
        "parallelism",
        "completions",
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
    ] {
        not_negative(&format!("{path}.{field}"), &spec[field], causes);
    }
    pods::spec(&format!("{path}.template.spec"), &spec["template"]["spec"], OF_JOBS, causes);
}

/// Five fields of numbers, names, ranges, steps; or `@hourly` and the like.
fn schedule(text: &str) -> Result<(), String> {
    if let Some(word) = text.strip_prefix('@') {
        let known =
            matches!(word, "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly") || word.starts_with("every ");
        return if known {
            Ok(())
        } else {
            Err(format!("unrecognized descriptor: {text}"))
        };
    }
    let fields: Vec<&str> = text
        .split_whitespace()
        .filter(|f| !f.starts_with("TZ=") && !f.starts_with("CRON_TZ="))
        .collect();
    if fields.len() != 5 {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    let limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    for (field, (least, most)) in fields.iter().zip(limits) {
        for part in field.split(',') {
            let range = part.split_once('/').map_or(part, |(range, _)| range);
            let ends = range
                .split('-')
                .filter(|e| !matches!(*e, "*" | "?") && !e.chars().all(|c| c.is_ascii_alphabetic()));
            for end in ends {
                let number: i64 = end
                    .parse()
                    .map_err(|_| format!("failed to parse int from {end}: strconv.Atoi: parsing \"{end}\": invalid syntax"))?;
                if number < least {
                    return Err(format!("beginning of range ({number}) below minimum ({least}): {part}"));
                }
                if number > most {
                    return Err(format!("end of range ({number}) above maximum ({most}): {part}"));
                }
            }
        }
    }
    Ok(())
}

fn service(spec: &Value, causes: &mut Vec<Cause>) {
    let kind = spec["type"].as_str().unwrap_or_default();
    let known = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !known.contains(&kind) {
        causes.push(Cause::unsupported("spec.type", meta::quoted(kind), &known));
    }
    let ports = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    if ports.is_empty() && kind != "ExternalName" && spec["clusterIP"] != "None" {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        if ports.len() > 1 && port["name"].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(format!("spec.ports[{index}].name"), ""));
        }
        pods::number(&format!("spec.ports[{index}].port"), &port["port"], causes);
    }
}

fn autoscaler(spec: &Value, causes: &mut Vec<Cause>) {
    let (least, most) = (spec["minReplicas"].as_i64().unwrap_or(1), spec["maxReplicas"].as_i64().unwrap_or(0));
    if least < 1 {
        causes.push(Cause::invalid("spec.minReplicas", least, "must be greater than or equal to 1"));
    }
    if most < 1 {
        causes.push(Cause::invalid("spec.maxReplicas", most, "must be greater than 0"));
    }
    if most < least {
        let why = "must be greater than or equal to `minReplicas`";
        causes.push(Cause::invalid("spec.maxReplicas", most, why));
    }
    for field in ["kind", "name"] {
        if spec["scaleTargetRef"][field].as_str().is_none_or(str::is_empty) {
            causes.push(Cause::required(format!("spec.scaleTargetRef.{field}"), ""));
        }
    }
}

fn keys(object: &Value, causes: &mut Vec<Cause>) {
    let good =
        |key: &str| !key.is_empty() && key.len() <= 253 && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    for field in ["data", "binaryData"] {
        for key in object[field].as_object().into_iter().flatten().map(|(k, _)| k) {
            if !good(key) || matches!(key.as_str(), "." | "..") {
                let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
                causes.push(Cause::invalid(format!("{field}[{key}]"), meta::quoted(key), why));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_cron_does() {
        for good in ["* * * * *", "*/5 1-3,7 * JAN MON-FRI", "@hourly", "0 3 * * 7"] {
            assert_eq!(schedule(good), Ok(()), "{good}");
        }
        for bad in ["", "* * * *", "61 * * * *", "x1 * * * *", "@sometimes"] {
            assert!(schedule(bad).is_err(), "{bad}");
        }
    }
}
