//! `/log` of a pod: which run of which container is meant, and how much of what it wrote.

use std::sync::Arc;

use axum::body::Body;
use http::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::{Kube, Status, Target};
use super::list::number;
use super::written::{Reading, Written};
use crate::sim::face::{Request, Streaming, response};
use crate::sim::store::Stored;
use crate::sim::world::{Life, Run, World};

/// What of a log is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub previous: bool,
    pub follow: bool,
    pub timestamps: bool,
    pub tail: Option<usize>,
    pub since: Option<Timestamp>,
    pub limit: Option<usize>,
}

/// GET of `/log`.
pub fn log(kube: &Arc<Kube>, target: &Target, request: &Request) -> Result<Response<Body>, Status> {
    let name = target.name.as_deref().unwrap_or_default();
    let wish = Wish::read(request, name, kube.world.now())?;
    let reading = {
        let world = kube.world.read();
        let pod = world.store.get("pods", target.place(), name);
        let pod = Arc::clone(pod.ok_or_else(|| Status::not_found(&target.kind, name))?);
        let document = pod.value();
        let container = container(&document, name, request.query("container"))?;
        if world.life() == Life::Alive {
            if pod.node.is_none() {
                let mut nothing = response(204, "text/plain", Body::empty());
                nothing.headers_mut().clear();
                return Ok(nothing);
            }
            reach_kubelet(&world, &pod, &container)?;
        }
        match run(&world, &pod, &document, &container, wish.previous)? {
            Some(run) => Reading::new(pod, container, run.id.clone(), wish.clone()),
            None => return Ok(response(200, "text/plain", Body::empty())),
        }
    };
    let mut written = Written::new(Arc::clone(kube), reading);
    let first = written.begin();
    if !wish.follow || wish.previous || written.is_over() {
        return Ok(response(200, "text/plain", first));
    }
    let mut response = response(200, "text/plain", Body::from_stream(written.followed(first)));
    response.extensions_mut().insert(Streaming);
    Ok(response)
}

impl Wish {
    fn read(request: &Request, pod: &str, now: Timestamp) -> Result<Self, Status> {
        let invalid = |field: &str, kind: &str, message: &str| {
            Status::new(422, "Invalid", format!("PodLogOptions \"{pod}\" is invalid: {field}: {message}")).with_details(json!({
                "name": pod, "kind": "PodLogOptions", "causes": [{"reason": kind, "message": message, "field": field}],
            }))
        };
        let at_least = |field: &str, least: i64, words: &str| match number(request, field)? {
            Some(n) if n < least => {
                let message = format!("Invalid value: {n}: must be {words}");
                Err(invalid(field, "FieldValueInvalid", &message))
            }
            n => Ok(n.map(|n| usize::try_from(n).unwrap_or(usize::MAX))),
        };
        let tail = at_least("tailLines", 0, "greater than or equal to 0")?;
        let limit = at_least("limitBytes", 1, "greater than 0")?;
        let seconds = at_least("sinceSeconds", 1, "greater than 0")?;
        let time = request.query("sinceTime").filter(|t| !t.is_empty());
        let since = match (time, seconds) {
            (Some(_), Some(_)) => {
                let message = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
                return Err(invalid("[]", "FieldValueForbidden", message));
            }
            (Some(text), None) => Some(text.parse::<Timestamp>().map_err(|_| {
                Status::bad_request(format!(
                    "parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""
                ))
            })?),
            (None, Some(seconds)) => {
                let back = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
                Some(now.checked_sub(back).unwrap_or(Timestamp::MIN))
            }
            (None, None) => None,
        };
        Ok(Self {
            previous: request.flag("previous"),
            follow: request.flag("follow"),
            timestamps: request.flag("timestamps"),
            tail,
            since,
            limit,
        })
    }
}

/// The container asked for, or the only one.
fn container(pod: &Value, name: &str, asked: Option<&str>) -> Result<String, Status> {
    let names = |field: &str| -> Vec<&str> {
        let list = pod["spec"][field].as_array().into_iter().flatten();
        list.filter_map(|c| c["name"].as_str()).collect()
    };
    let (main, init) = (names("containers"), names("initContainers"));
    let others = || init.iter().copied().chain(names("ephemeralContainers"));
    match (asked.filter(|c| !c.is_empty()), main.as_slice()) {
        (Some(asked), _) if main.iter().copied().chain(others()).any(|n| n == asked) => Ok(asked.to_owned()),
        (Some(asked), _) => Err(Status::bad_request(format!("container {asked} is not valid for pod {name}"))),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => {
            let annotations = &pod["metadata"]["annotations"];
            let default = annotations["kubectl.kubernetes.io/default-container"].as_str();
            if let Some(default) = default.filter(|d| main.contains(d)) {
                return Ok(default.to_owned());
            }
            let choices = if init.is_empty() {
                format!("[{}]", main.join(" "))
            } else {
                format!("[{}] or one of the init containers: [{}]", main.join(" "), init.join(" "))
            };
            Err(Status::bad_request(format!(
                "a container name must be specified for pod {name}, choose one of: {choices}"
            )))
        }
    }
}

/// Logs lie on the node: a node that is gone tells nothing.
fn reach_kubelet(world: &World, pod: &Stored, container: &str) -> Result<(), Status> {
    let Some(node) = pod.node.as_deref().and_then(|node| world.store.get("nodes", "", node)) else {
        return Ok(());
    };
    let node = node.value();
    let conditions = node["status"]["conditions"].as_array().into_iter().flatten();
    let gone = conditions.into_iter().any(|c| c["type"] == "Ready" && c["status"] == "Unknown");
    if !gone {
        return Ok(());
    }
    let addresses = node["status"]["addresses"].as_array().into_iter().flatten();
    let address = addresses.into_iter().find(|a| a["type"] == "InternalIP");
    let ip = address.and_then(|a| a["address"].as_str()).unwrap_or("10.0.0.1");
    let message = format!(
        "Get \"https://{ip}:10250/containerLogs/{}/{}/{container}\": dial tcp {ip}:10250: connect: no route to host",
        pod.key.namespace, pod.key.name
    );
    Err(Status::new(500, "", message))
}

/// The run that is meant, as the kubelet chooses it from the status. `None`: it wrote nothing.
fn run<'a>(world: &'a World, pod: &Stored, document: &Value, container: &str, previous: bool) -> Result<Option<&'a Run>, Status> {
    let name = &*pod.key.name;
    let refuse = |words: String| Err(Status::bad_request(words));
    let no_previous = || format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
    let mut runs = world.runs.of(&pod.uid, container);
    if world.life() == Life::Still {
        // Nobody keeps the statuses of a still world in step with its runs.
        let last = runs.next_back();
        return match (previous, runs.next_back()) {
            (true, None) => refuse(no_previous()),
            (true, before) => Ok(before),
            (false, _) => Ok(last),
        };
    }
    let statuses = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let status = statuses
        .iter()
        .flat_map(|list| document["status"][list].as_array().into_iter().flatten())
        .find(|status| status["name"] == container);
    let Some(status) = status else {
        return refuse(format!("container \"{container}\" in pod \"{name}\" is not available"));
    };
    let (state, last) = (&status["state"], &status["lastState"]["terminated"]);
    let last_id = last["containerID"].as_str().filter(|id| !id.is_empty());
    let id = if previous {
        match last_id {
            Some(id) => id,
            None => return refuse(no_previous()),
        }
    } else if state["running"].is_object() {
        status["containerID"].as_str().unwrap_or_default()
    } else if let Some(id) = state["terminated"]["containerID"].as_str().or(last_id) {
        id
    } else if state["terminated"].is_object() {
        return refuse(format!("container \"{container}\" in pod \"{name}\" is terminated"));
    } else {
        let why = match state["waiting"]["reason"].as_str() {
            Some("ErrImagePull") => "waiting to start: image can't be pulled".to_owned(),
            Some("ImagePullBackOff") => "waiting to start: trying and failing to pull image".to_owned(),
            Some(reason) => format!("waiting to start: {reason}"),
            None => "waiting to start - no logs yet".to_owned(),
        };
        return refuse(format!("container \"{container}\" in pod \"{name}\" is {why}"));
    };
    Ok(runs.find(|run| run.id == id))
}
