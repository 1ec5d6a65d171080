//! Fixtures: a small platform in the state in which people look at it, which is not all well.

mod cluster;
mod events;
mod odd;
mod pods;
mod shop;

use serde_json::{Value, json};

use super::Stub;
use super::clock::seconds_ago;

pub use cluster::widget_definition;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl Stub {
    /// A small platform. Namespace `solia`: `backend-deployment` (3 pods, one crash looping after exit 1, one that was
    /// killed for memory), `frontend-deployment` (2 revisions), `postgres`, `redis`, and the things around them; three
    /// nodes, one NotReady; events; usage; logs. Namespace `odd`: names and texts that try to break a screen.
    pub fn seed_platform(&self) {
        cluster::seed(self);
        shop::seed(self);
        events::seed(self);
        odd::seed(self);
    }

    /// `count` healthy pods `load-00000`… over ten namespaces `load-0`…`load-9`.
    pub fn seed_pods(&self, count: usize) {
        for n in 0..count {
            let (namespace, name) = (format!("load-{}", n % 10), format!("load-{n:05}"));
            let pod = pods::PodSeed {
                node: "node-1",
                ..pods::PodSeed::new(&namespace, &name, "load")
            };
            self.put("pods", pod.object());
        }
    }
}

/// Metadata of an object that is `age` seconds old.
fn meta(namespace: Option<&str>, name: &str, age: i64, labels: Value) -> Value {
    let mut meta = json!({"name": name, "creationTimestamp": seconds_ago(age), "labels": labels});
    if let Some(namespace) = namespace {
        meta["namespace"] = json!(namespace);
    }
    meta
}

/// Writes on `meta` that `owner`, of this kind, controls the object.
fn owned_by(meta: &mut Value, api_version: &str, kind: &str, owner: &Value) {
    meta["ownerReferences"] = json!([{
        "apiVersion": api_version, "kind": kind, "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    }]);
}

/// A condition as most kinds have it.
fn condition(kind: &str, status: &str, reason: &str, message: &str, age: i64) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": seconds_ago(age), "lastUpdateTime": seconds_ago(age)})
}
