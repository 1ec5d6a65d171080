//! Debug containers: a container with tools, added to a pod that runs and gone only with it.

use std::time::Duration;

use futures::TryStreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{WatchEvent, WatchParams};
use kube::{Api, Client, Resource as _, ResourceExt as _};
use serde_json::{Value, json};

use super::place::{self, Inside};
use super::within;
use crate::model::{Problem, ProblemKind, clean, shorten};

/// Between two looks where a watch is not to be had.
const PAUSE: Duration = Duration::from_millis(500);

/// Letters and digits of a generated name, without those that read as others or make words.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A container to be added to a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debugger {
    pub namespace: String,
    pub pod: String,
    /// The uid of the pod that was confirmed: another one of this name is refused by the server. None: any.
    pub uid: Option<String>,
    /// The name of the new container; [`name`] makes one.
    pub name: String,
    pub image: String,
    /// The container whose processes it sees, if the runtime can do that.
    pub target: Option<String>,
    /// Empty: what the image runs.
    pub argv: Vec<String>,
}

/// A name as kubectl would give it: `debugger-` and five letters.
pub fn name() -> String {
    let letter = |_| {
        LETTERS
            .get(fastrand::usize(..LETTERS.len()))
            .map_or('x', |letter| char::from(*letter))
    };
    format!("debugger-{}", (0..5).map(letter).collect::<String>())
}

impl Debugger {
    /// The container, in the general profile: with a terminal, and the right to trace processes.
    fn container(&self, profile: Profile) -> Value {
        let mut container = json!({
            "name": self.name, "image": self.image, "stdin": true, "tty": true, "terminationMessagePolicy": "File",
        });
        if let Some(target) = &self.target {
            container["targetContainerName"] = json!(target);
        }
        if !self.argv.is_empty() {
            container["command"] = json!(self.argv);
        }
        if profile == Profile::General {
            container["securityContext"] = json!({"capabilities": {"add": ["SYS_PTRACE"]}});
        }
        container
    }
}

/// What it is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Profile {
    General,
    /// What servers before 1.22 allow: nothing can be said about its rights.
    Old,
}

/// Adds it. It cannot be taken away again: it ends, and its entry stays as long as the pod.
///
/// # Errors
/// Not allowed, no such pod, a pod of another uid, or a server that has no such containers.
pub async fn add(client: &Client, debugger: &Debugger) -> Result<(), Problem> {
    let mut document = json!({"spec": {"ephemeralContainers": [debugger.container(Profile::General)]}});
    if let Some(uid) = &debugger.uid {
        document["metadata"] = json!({"uid": uid});
    }
    let answer = send(client, debugger, "application/strategic-merge-patch+json", &document).await?;
    // Servers before 1.22 have another kind here, and left our patch alone.
    if answer["kind"] == "EphemeralContainers" {
        let mut steps = Vec::new();
        if let Some(uid) = &debugger.uid {
            steps.push(json!({"op": "test", "path": "/metadata/uid", "value": uid}));
        }
        steps.push(json!({"op": "add", "path": "/ephemeralContainers/-", "value": debugger.container(Profile::Old)}));
        send(client, debugger, "application/json-patch+json", &Value::Array(steps)).await?;
    }
    Ok(())
}

async fn send(client: &Client, debugger: &Debugger, form: &str, patch: &Value) -> Result<Value, Problem> {
    let place = Pod::url_path(&(), Some(&debugger.namespace));
    let request = http::Request::patch(format!("{place}/{}/ephemeralcontainers?fieldManager=qd", debugger.pod))
        .header(http::header::CONTENT_TYPE, form)
        .body(patch.to_string().into_bytes())
        .map_err(|_| Problem::new(ProblemKind::Config, format!("{} is not a pod's name", debugger.pod)))?;
    let sending = async {
        match client.request::<Value>(request).await {
            Err(kube::Error::Api(status)) if status.code == 404 && !status.message.contains("not found") => Ok(Err(())),
            other => other.map(Ok),
        }
    };
    let absent = || {
        let problem = Problem::new(ProblemKind::NotFound, "this server has no debug containers (ephemeral containers)");
        problem.hint("Kubernetes has them since 1.25, and 1.23 on most clusters; a copy of the pod with other tools works everywhere")
    };
    let answer = within("the debug container", sending).await?;
    answer.map_err(|()| absent())
}

/// Waits until it runs: the place to attach to.
///
/// # Errors
/// Its image cannot be pulled, it ended at once, the pod is gone, or it does not run by the deadline.
pub async fn wait(client: &Client, debugger: &Debugger, deadline: Duration) -> Result<Inside, Problem> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), &debugger.namespace);
    let mut seen = Seen::Nothing;
    let waiting = async {
        loop {
            let pod = within("the pod", pods.get(&debugger.pod)).await?;
            if let Some(outcome) = judge(&pod, debugger, &mut seen) {
                return outcome;
            }
            let version = pod.resource_version().unwrap_or_default();
            let parameters = WatchParams::default().fields(&format!("metadata.name={}", debugger.pod));
            // Whatever ends a watch, the next look tells what there is.
            if let Ok(events) = pods.watch(&parameters, &version).await {
                let mut events = std::pin::pin!(events);
                while let Ok(Some(event)) = events.try_next().await {
                    match event {
                        WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                            if let Some(outcome) = judge(&pod, debugger, &mut seen) {
                                return outcome;
                            }
                        }
                        WatchEvent::Deleted(_) => return Err(gone(debugger)),
                        WatchEvent::Bookmark(_) => {}
                        WatchEvent::Error(_) => break,
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let outcome = tokio::time::timeout(deadline, waiting).await;
    outcome.unwrap_or_else(|_| {
        let text = format!("debug container {} does not run after {} s", debugger.name, deadline.as_secs());
        let hint = match seen {
            Seen::Nothing => "the node says nothing about it: its kubelet may be too old for debug containers, or away",
            Seen::Waiting => "its image may still be on the way; it can be attached to later",
        };
        Err(Problem::new(ProblemKind::TimedOut, text).hint(hint))
    })
}

/// What the node has said so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    Waiting,
}

fn gone(debugger: &Debugger) -> Problem {
    let problem = Problem::new(ProblemKind::NotFound, format!("pod {} is gone", debugger.pod));
    problem.hint("choose a pod that runs")
}

/// What the pod says about the container; `None`: nothing that decides.
fn judge(pod: &Pod, debugger: &Debugger, seen: &mut Seen) -> Option<Result<Inside, Problem>> {
    if debugger.uid.is_some() && pod.uid() != debugger.uid {
        return Some(Err(gone(debugger)));
    }
    let state = place::status(pod, &debugger.name)?.state.as_ref()?;
    if state.running.is_some() {
        return Some(place::choose(pod, Some(&debugger.name)));
    }
    if let Some(end) = &state.terminated {
        let text = format!("debug container {} ended at once, with exit code {}", debugger.name, end.exit_code);
        return Some(Err(
            Problem::new(ProblemKind::Server, text).hint("its program must be one that waits, as a shell does")
        ));
    }
    let waiting = state.waiting.as_ref()?;
    *seen = Seen::Waiting;
    let reason = waiting.reason.as_deref().unwrap_or_default();
    let hopeless = reason.ends_with("Error") || reason.starts_with("ErrImage") || matches!(reason, "ImagePullBackOff" | "InvalidImageName");
    if !hopeless {
        return None;
    }
    let message = waiting.message.as_deref().unwrap_or_default();
    let text = format!(
        "debug container {} of image {}: {}: {}",
        debugger.name,
        clean(&debugger.image),
        clean(reason),
        shorten(&clean(message), 200)
    );
    Some(Err(
        Problem::new(ProblemKind::Server, text).hint("name an image that the nodes can pull")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debugger() -> Debugger {
        Debugger {
            namespace: "shop".into(),
            pod: "web".into(),
            uid: Some("u".into()),
            name: "debugger-x".into(),
            image: "tools:1".into(),
            target: Some("app".into()),
            argv: Vec::new(),
        }
    }

    fn judged(state: Value) -> Option<Result<Inside, Problem>> {
        let pod = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "u"},
            "spec": {"containers": [{"name": "app"}], "ephemeralContainers": [debugger().container(Profile::General)]},
            "status": {"ephemeralContainerStatuses": [{"name": "debugger-x", "image": "tools:1", "imageID": "", "ready": false,
                "restartCount": 0, "state": state}]}});
        judge(&serde_json::from_value(pod).unwrap(), &debugger(), &mut Seen::Nothing)
    }

    #[test]
    fn what_the_node_says_decides_or_is_waited_for() {
        let inside = judged(json!({"running": {}})).unwrap().unwrap();
        assert_eq!((&*inside.container, inside.program), ("debugger-x", place::Program::Terminal));
        assert!(judged(json!({"waiting": {"reason": "ContainerCreating"}})).is_none());
        let pull = judged(json!({"waiting": {"reason": "ErrImagePull", "message": "no such host"}}))
            .unwrap()
            .unwrap_err();
        assert_eq!(
            &*pull.text,
            "debug container debugger-x of image tools:1: ErrImagePull: no such host"
        );
        let ended = judged(json!({"terminated": {"exitCode": 127}})).unwrap().unwrap_err();
        assert!(ended.text.contains("exit code 127"), "{ended}");
    }

    #[test]
    fn names_are_new_each_time_and_may_be_names() {
        let (one, two) = (name(), name());
        assert!(one.starts_with("debugger-") && one.len() == 14 && one.chars().all(|c| c == '-' || c.is_ascii_alphanumeric()));
        assert_ne!(one, two);
    }

    #[test]
    fn an_old_server_is_told_nothing_about_rights() {
        assert!(debugger().container(Profile::Old)["securityContext"].is_null());
        assert_eq!(
            debugger().container(Profile::General)["securityContext"]["capabilities"]["add"],
            json!(["SYS_PTRACE"])
        );
    }
}
