//! The pods of a cluster, as far as a plan asks about them: where they are, whose they are, what they ask for.
//!
//! They come from the watches where these see all namespaces, else from a list that was read for the plan.

use serde_json::Value;

use super::room::Ask;
use crate::model::{ConditionStatus, Kind, Known, Labels, Object, Phase, Pod, Problem, Quantity, Role, Scope, condition};
use crate::store::{EnvStore, FeedState};

/// One pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Lodger {
    pub namespace: String,
    pub name: String,
    /// Empty: on none yet.
    pub node: String,
    pub labels: Labels,
    /// Kind and name of its controller.
    pub owner: Option<(String, String)>,
    pub is_ready: bool,
    /// Whether it has ended: it takes no room any more.
    pub is_over: bool,
    pub ask: Ask,
}

/// All pods of the cluster: of the watches, else those that were read. `None`: not known.
pub fn all(seen: &EnvStore, read: &Result<Vec<Value>, Problem>) -> Option<Vec<Lodger>> {
    watched(seen).or_else(|| read.as_ref().ok().map(|all| all.iter().map(of_document).collect()))
}

/// The pods of all namespaces, where they are watched.
pub fn watched(seen: &EnvStore) -> Option<Vec<Lodger>> {
    let feed = seen.feeds_of(&Kind::Known(Known::Pod), &[Scope::All]).into_iter().next()?;
    (feed.state == FeedState::Live).then(|| feed.rows().filter_map(of_object).collect())
}

fn of_object(object: &Object) -> Option<Lodger> {
    let pod = object.body.pod()?;
    let is_ready = condition(&pod.conditions, "Ready").is_some_and(|ready| ready.status == ConditionStatus::True);
    Some(Lodger {
        namespace: object.meta.namespace.to_string(),
        name: object.meta.name.to_string(),
        node: pod.node.to_string(),
        labels: object.meta.labels.clone(),
        owner: object
            .meta
            .owner
            .as_ref()
            .map(|owner| (owner.kind.to_string(), owner.name.to_string())),
        is_ready: is_ready && !object.meta.deleting.is_known(),
        is_over: matches!(pod.phase, Phase::Succeeded | Phase::Failed),
        ask: asked(pod),
    })
}

/// What the scheduler counts: all that run side by side, or the hungriest of those that run before them.
fn asked(pod: &Pod) -> Ask {
    let of = |get: fn(&crate::model::Container) -> Quantity| {
        let beside = pod.total(get).get().unwrap_or(0);
        let before = pod.containers.iter().filter(|c| c.role == Role::Init);
        beside.max(before.filter_map(|c| get(c).get()).max().unwrap_or(0))
    };
    Ask {
        cpu: of(|c| c.cpu_request),
        memory: of(|c| c.memory_request),
    }
}

/// A pod as the server tells it.
pub fn of_document(pod: &Value) -> Lodger {
    let (meta, spec, status) = (&pod["metadata"], &pod["spec"], &pod["status"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pairs = meta["labels"].as_object();
    let pairs = pairs.into_iter().flatten();
    let is_ready = |c: &Value| c["type"] == "Ready" && c["status"] == "True";
    let ready = status["conditions"].as_array().is_some_and(|all| all.iter().any(is_ready));
    Lodger {
        namespace: text(&meta["namespace"]),
        name: text(&meta["name"]),
        node: text(&spec["nodeName"]),
        labels: Labels::new(pairs.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))),
        owner: controller(pod).map(|owner| (text(&owner["kind"]), text(&owner["name"]))),
        is_ready: ready && meta["deletionTimestamp"].is_null(),
        is_over: is_over(pod),
        ask: Ask {
            cpu: requested(spec, "cpu"),
            memory: requested(spec, "memory"),
        },
    }
}

/// The owner that is the controller of an object.
pub fn controller(object: &Value) -> Option<&Value> {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.into_iter().flatten().find(|owner| owner["controller"] == true)
}

/// Whether a pod has ended.
pub fn is_over(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

fn requested(spec: &Value, resource: &str) -> i64 {
    let of = |container: &Value| {
        let text = container["resources"]["requests"][resource].as_str().unwrap_or_default();
        Quantity::parse(text).get().unwrap_or(0)
    };
    let list = |name: &str| spec[name].as_array().into_iter().flatten();
    let stays = |container: &&Value| container["restartPolicy"] == "Always";
    let beside: i64 = list("containers").map(of).sum::<i64>() + list("initContainers").filter(stays).map(of).sum::<i64>();
    let before = list("initContainers").filter(|c| !stays(c)).map(of).max().unwrap_or(0);
    beside.max(before)
}
