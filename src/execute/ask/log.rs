//! `logs`: of a pod, or of the pods of a workload.

use serde_json::Value;

use super::object::objects;
use super::{PATIENCE, collection, refused, shown, text, well};
use crate::action::ask::Heard;
use crate::action::{Containers, KindName, Logs, LogsOf, Target};
use crate::execute::send;
use crate::model::{Kind, Known, Problem};
use crate::source::kube::{Api, request};

/// Pods of a workload whose logs are read.
const PODS: usize = 5;
/// Lines where nobody says how many.
const LINES: i64 = 1_000;
/// The annotation by which a pod names the container that is meant.
const DEFAULT: &str = "kubectl.kubernetes.io/default-container";

pub async fn read(api: &Api, logs: &Logs, namespace: &str) -> Result<Heard, Problem> {
    let pods = match pods(api, logs, namespace).await {
        Ok(pods) => pods,
        Err(problem) => return refused(&problem),
    };
    if pods.is_empty() {
        return Ok(Heard {
            exit: Some(1),
            stderr: "there is no pod".to_owned(),
            ..Heard::default()
        });
    }
    let several = pods.len() > 1;
    let mut heard = well(String::new());
    for pod in pods.iter().take(PODS) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        for container in containers(pod, logs)? {
            match one(api, logs, namespace, name, &container).await {
                Ok(log) if several || matches!(logs.containers, Containers::All) => {
                    for line in log.lines() {
                        heard.stdout.push_str(&format!("[pod/{name}/{container}] {line}\n"));
                    }
                }
                Ok(log) => heard.stdout.push_str(&log),
                Err(problem) => {
                    heard.exit = Some(1);
                    heard.stderr.push_str(&format!("{name}/{container}: {}\n", problem.text));
                }
            }
        }
    }
    // What could be read of others is an answer.
    if !heard.stdout.is_empty() {
        heard.exit = Some(0);
    }
    Ok(heard)
}

async fn one(api: &Api, logs: &Logs, namespace: &str, pod: &str, container: &str) -> Result<String, Problem> {
    let tail = logs
        .tail
        .as_ref()
        .and_then(|given| given.value())
        .filter(|lines| *lines >= 0)
        .unwrap_or(LINES);
    let mut path = collection(api, &Kind::Known(Known::Pod), namespace, &[])?;
    path.push_str(&format!(
        "/{}/log?container={}&tailLines={tail}",
        request::encode(pod),
        request::encode(container)
    ));
    if logs.previous {
        path.push_str("&previous=true");
    }
    if logs.timestamps {
        path.push_str("&timestamps=true");
    }
    if let Some(since) = logs.since.as_ref().and_then(|given| given.value()) {
        path.push_str(&format!("&sinceSeconds={}", since.0.as_secs().max(1)));
    }
    if let Some(since) = &logs.since_time {
        path.push_str(&format!("&sinceTime={}", request::encode(&text(since)?)));
    }
    let answer = send::read(&api.client, &path, "*/*", PATIENCE).await?;
    match answer.status.is_success() {
        true => Ok(shown(&answer.body)),
        false => Err(answer.problem("pods/log", "get")),
    }
}

fn containers(pod: &Value, logs: &Logs) -> Result<Vec<String>, Problem> {
    let all = pod["spec"]["containers"].as_array().into_iter().flatten();
    let all: Vec<String> = all.filter_map(|container| container["name"].as_str().map(str::to_owned)).collect();
    Ok(match &logs.containers {
        Containers::Named(word) => vec![text(word)?],
        Containers::All => all,
        Containers::Default => {
            let default = pod["metadata"]["annotations"][DEFAULT].as_str().map(str::to_owned);
            default.or_else(|| all.first().cloned()).into_iter().collect()
        }
    })
}

/// The pods that are meant.
async fn pods(api: &Api, logs: &Logs, namespace: &str) -> Result<Vec<Value>, Problem> {
    let labels = match &logs.of {
        LogsOf::Labelled(labels) => text(labels)?,
        LogsOf::Object { object, .. } => {
            let target = Target::Named(vec![object.clone()]);
            let found = objects(api, &target, namespace).await?.into_iter().next();
            let Some((_, value)) = found else { return Ok(Vec::new()) };
            if object.kind == KindName::Known(Known::Pod) {
                return Ok(vec![value]);
            }
            selector(&value)
        }
    };
    let path = collection(api, &Kind::Known(Known::Pod), namespace, &[("labelSelector", &labels)])?;
    let answer = send::read(&api.client, &path, "application/json", PATIENCE).await?;
    let mut list = answer.document(|| "pods".to_owned(), "list")?;
    Ok(list["items"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

/// The labels of a workload's pods.
fn selector(workload: &Value) -> String {
    let spec = &workload["spec"]["selector"];
    // A service has them without a `matchLabels`.
    let labels = if spec["matchLabels"].is_object() {
        &spec["matchLabels"]
    } else {
        spec
    };
    let pairs = labels.as_object().into_iter().flatten();
    let pairs: Vec<String> = pairs
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    pairs.join(",")
}
