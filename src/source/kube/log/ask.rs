//! What is asked of the server about a log: its address, what a refusal means, how the container is.

use http_body_util::BodyExt as _;
use serde_json::Value;

use super::Outcome;
use crate::model::{LogFrom, LogKey, Problem, ProblemKind};
use crate::source::kube::Api;
use crate::source::kube::request::{Miss, encode, get, get_json};
use crate::source::lines::{Cutting, Raw};

/// Which run of a container is read, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// The current one, and on as it is written.
    Followed,
    /// The current one as far as it was written.
    SoFar,
    /// The one before.
    Previous,
}

/// More of a last line than this is not read, only to see its time (bytes).
const MOST_OF_ONE: usize = 1 << 20;

/// The address of a log. `since`: resume at this second instead of where the key says.
pub fn path(key: &LogKey, container: Option<&str>, since: Option<i64>, run: Run) -> String {
    let mut path = format!("{}/log?timestamps=true", pod_path(key));
    path.push_str(match run {
        Run::Previous => "&previous=true",
        Run::Followed => "&follow=true",
        Run::SoFar => "",
    });
    if let Some(container) = container {
        path.push_str("&container=");
        path.push_str(&encode(container));
    }
    let resumed = since.and_then(|s| jiff::Timestamp::from_second(s).ok());
    match (resumed, key.from) {
        (Some(time), _) => path.push_str(&format!("&sinceTime={}", encode(&time.to_string()))),
        (None, LogFrom::Tail(lines)) => path.push_str(&format!("&tailLines={lines}")),
        // Zero is not a duration to the server.
        (None, LogFrom::Since(seconds)) => path.push_str(&format!("&sinceSeconds={}", seconds.max(1))),
        (None, LogFrom::Start) => {}
    }
    path
}

/// The newest line's time in the log of the current run (nanoseconds since 1970), by a request of its own.
pub async fn newest(api: &Api, key: &LogKey, container: Option<&str>) -> Option<i64> {
    let mut path = format!("{}/log?timestamps=true&tailLines=1", pod_path(key));
    if let Some(container) = container {
        path.push_str("&container=");
        path.push_str(&encode(container));
    }
    let body = get(&api.client, &path).await.ok()?.into_body();
    let body = http_body_util::Limited::new(body, MOST_OF_ONE).collect().await.ok()?.to_bytes();
    let line = body.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty())?;
    Some(Raw::parse(line, Cutting::Whole).nanos).filter(|nanos| *nanos > 0)
}

fn pod_path(key: &LogKey) -> String {
    format!("/api/v1/namespaces/{}/pods/{}", encode(&key.namespace), encode(&key.pod))
}

/// What a failed request for the log means.
pub fn meaning(miss: &Miss, key: &LogKey, container: &str) -> Outcome {
    let said = miss.message();
    let problem = miss.problem("get", "pods/log");
    match miss.status().map(|s| s.as_u16()) {
        None => Outcome::Broken(problem),
        Some(401) => Outcome::Refused(problem),
        Some(403) if !problem.text.contains("pods/log") => Outcome::Refused(Problem::new(
            ProblemKind::Denied,
            format!("may not get pods/log in namespace {}: {}", key.namespace, problem.text),
        )),
        Some(403) => Outcome::Refused(problem),
        Some(400) if said.starts_with("previous terminated container") => Outcome::Hopeless(
            Problem::new(ProblemKind::NotFound, format!("no previous run of container {container}"))
                .hint("it has not restarted since the pod came to this node"),
        ),
        Some(400) if said.contains("is not valid for pod") => Outcome::Hopeless(Problem::new(
            ProblemKind::NotFound,
            format!("pod {} has no container {container}", key.pod),
        )),
        // "is waiting to start: …", "pod … does not have a host assigned": the kubelet's or the scheduler's sentence.
        Some(400) => Outcome::NotYet(if said.is_empty() {
            problem
        } else {
            Problem::new(ProblemKind::Server, said)
        }),
        Some(404) if said.starts_with("pods \"") || said.starts_with("namespaces \"") => Outcome::Gone,
        Some(_) => Outcome::Trouble(problem),
    }
}

/// How a container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Runs,
    /// It ended, or waits to be started again.
    Between,
    /// It will not run again, or its pod is gone.
    Over,
    /// Its pod waits for a node, or the kubelet has not taken it up.
    Unstarted,
    /// The server did not say.
    Unknown,
}

/// Asks how a container is, and in which run: the number of its restarts.
pub async fn life(api: &Api, key: &LogKey, container: &str) -> (Life, Option<u64>) {
    match get_json(&api.client, &pod_path(key)).await {
        Ok(pod) => (life_in(&pod, container), run_in(&pod, container)),
        Err(miss) if miss.status().is_some_and(|s| s.as_u16() == 404) => (Life::Over, None),
        Err(_) => (Life::Unknown, None),
    }
}

fn run_in(pod: &Value, container: &str) -> Option<u64> {
    status_of(pod, container)?.1.get("restartCount")?.as_u64()
}

fn status_of<'a>(pod: &'a Value, container: &str) -> Option<(&'static str, &'a Value)> {
    let lists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    lists.into_iter().find_map(|list| {
        let statuses = pod.get("status")?.get(list)?.as_array()?;
        let one = statuses.iter().find(|s| s.get("name").and_then(Value::as_str) == Some(container))?;
        Some((list, one))
    })
}

fn life_in(pod: &Value, container: &str) -> Life {
    let text = |pointer| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if matches!(text("/status/phase"), "Succeeded" | "Failed") {
        return Life::Over;
    }
    let Some((list, status)) = status_of(pod, container) else {
        return if text("/status/phase") == "Pending" {
            Life::Unstarted
        } else {
            Life::Unknown
        };
    };
    if status.pointer("/state/running").is_some() {
        return Life::Runs;
    }
    let Some(exit) = status.pointer("/state/terminated") else {
        return Life::Between;
    };
    let well = exit.get("exitCode").and_then(Value::as_i64) == Some(0);
    let again = match (text("/spec/restartPolicy"), list) {
        (_, "ephemeralContainerStatuses") => false,
        (_, "initContainerStatuses") if well => false,
        ("Never", _) => false,
        ("OnFailure", _) => !well,
        _ => true,
    };
    if again { Life::Between } else { Life::Over }
}

/// The container that is meant where none is named: the annotated one, else the first.
pub async fn default_container(api: &Api, key: &LogKey) -> Result<String, Miss> {
    let pod = get_json(&api.client, &pod_path(key)).await?;
    let annotated = pod
        .pointer("/metadata/annotations")
        .and_then(|a| a.get("kubectl.kubernetes.io/default-container"));
    let first = pod.pointer("/spec/containers/0/name");
    let names = pod.pointer("/spec/containers").and_then(Value::as_array);
    let exists = |name: &&Value| names.is_some_and(|n| n.iter().any(|c| c.get("name") == Some(*name)));
    let name = annotated.filter(exists).or(first).and_then(Value::as_str);
    Ok(name.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_address_says_from_where() {
        let mut key = LogKey {
            namespace: "solia".into(),
            pod: "backend-1".into(),
            container: "app".into(),
            previous: false,
            from: LogFrom::Tail(500),
        };
        let base = "/api/v1/namespaces/solia/pods/backend-1/log?timestamps=true";
        assert_eq!(
            path(&key, Some("app"), None, Run::Followed),
            format!("{base}&follow=true&container=app&tailLines=500")
        );
        key.from = LogFrom::Since(0);
        assert_eq!(path(&key, None, None, Run::Followed), format!("{base}&follow=true&sinceSeconds=1"));
        let resumed = path(&key, None, Some(1_795_406_481), Run::Followed);
        assert_eq!(resumed, format!("{base}&follow=true&sinceTime=2026-11-23T04%3A01%3A21Z"));
        (key.previous, key.from) = (true, LogFrom::Start);
        assert_eq!(path(&key, None, None, Run::Previous), format!("{base}&previous=true"));
    }

    #[test]
    fn a_container_that_ended_may_come_back() {
        let pod = |policy: &str, state: Value| json!({"spec": {"restartPolicy": policy}, "status": {"phase": "Running", "containerStatuses": [{"name": "app", "state": state}]}});
        let ended = |code: i64| json!({"terminated": {"exitCode": code}});
        for (pod, life) in [
            (pod("Always", json!({"running": {}})), Life::Runs),
            (pod("Always", ended(0)), Life::Between),
            (pod("Always", json!({"waiting": {"reason": "CrashLoopBackOff"}})), Life::Between),
            (pod("OnFailure", ended(1)), Life::Between),
            (pod("OnFailure", ended(0)), Life::Over),
            (pod("Never", ended(1)), Life::Over),
            (json!({"status": {"phase": "Failed"}}), Life::Over),
            (json!({"status": {"phase": "Pending"}}), Life::Unstarted),
            (json!({}), Life::Unknown),
        ] {
            assert_eq!(life_in(&pod, "app"), life, "{pod}");
        }
    }
}
