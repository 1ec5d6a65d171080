//! Reads for the screen what no watch tells. It changes nothing, and is there with `--read-only`, too.

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::prepare::{PATIENCE, connected, one};
use super::{path, send};
use crate::action::plan::history::History;
use crate::action::stage::News;
use crate::model::{Kind, Known, ObjectRef, Problem};
use crate::source::kube::{Api, Apis, request};

/// The label by which a pod says which revision of its stateful or daemon set it is of.
const HASH: &str = "controller-revision-hash";

/// The eyes.
#[derive(Clone, Debug)]
pub struct Looker {
    pub(super) tell: mpsc::Sender<News>,
}

impl Looker {
    /// Eyes that tell what they see.
    pub fn new(tell: mpsc::Sender<News>) -> Self {
        Self { tell }
    }

    /// Reads the revisions of a workload.
    pub fn history(&self, object: ObjectRef, apis: Apis) {
        let tell = self.tell.clone();
        tokio::spawn(async move {
            let history = history(&object, apis).await.map(Box::new);
            let _ = tell.send(News::History { object, history }).await;
        });
    }

    /// Reads an object as it is, to be edited.
    pub fn document(&self, object: ObjectRef, apis: Apis) {
        let tell = self.tell.clone();
        tokio::spawn(async move {
            let document = match connected(apis).await {
                Ok(api) => one(&api, &object).await.map(Box::new),
                Err(problem) => Err(problem),
            };
            let _ = tell.send(News::Document { object, document }).await;
        });
    }
}

async fn history(object: &ObjectRef, apis: Apis) -> Result<History, Problem> {
    let api = connected(apis).await?;
    let (workload, items) = tokio::join!(one(&api, object), revisions(&api, object));
    Ok(History::of(object.clone(), &workload?, &items?, request::now()))
}

/// The revisions in a workload's namespace, each with how many of its pods are ready.
///
/// # Errors
/// They cannot be listed.
pub async fn revisions(api: &Api, object: &ObjectRef) -> Result<Vec<Value>, Problem> {
    let namespace = &object.namespace;
    if object.kind.is(Known::Deployment) {
        let path = path::collection(api, &Kind::Known(Known::ReplicaSet), namespace)?;
        return list(api, &path, "replicasets", "ReplicaSet").await;
    }
    let revisions = match path::collection(api, &Kind::of("apps", "controllerrevisions"), namespace) {
        Ok(path) => path,
        // Not listed among what can be shown, and there all the same.
        Err(_) => format!("/apis/apps/v1/namespaces/{}/controllerrevisions", request::encode(namespace)),
    };
    let pods = path::collection(api, &Kind::Known(Known::Pod), namespace)?;
    let pods = format!("{pods}?labelSelector={HASH}");
    let (items, pods) = tokio::join!(
        list(api, &revisions, "controllerrevisions", "ControllerRevision"),
        list(api, &pods, "pods", "Pod")
    );
    let mut items = items?;
    // Without the pods one does not know which are ready: the age of a revision still tells whether it served.
    let pods = pods.unwrap_or_default();
    for item in &mut items {
        let ready = pods.iter().filter(|pod| is_of(pod, item) && is_ready(pod)).count();
        item["status"] = json!({"readyReplicas": ready});
    }
    Ok(items)
}

/// Whether a pod is of a revision: a stateful set's pods have its name, a daemon set's its hash.
fn is_of(pod: &Value, revision: &Value) -> bool {
    let label = &pod["metadata"]["labels"][HASH];
    let meta = &revision["metadata"];
    let owner = |item: &Value| item["metadata"]["ownerReferences"][0]["uid"].clone();
    (*label == meta["name"] || *label == meta["labels"][HASH]) && owner(pod) == owner(revision)
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.is_some_and(|all| all.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
}

async fn list(api: &Api, path: &str, resource: &str, kind: &str) -> Result<Vec<Value>, Problem> {
    let answer = send::read(&api.client, path, "application/json", PATIENCE).await?;
    let list = answer.document(|| resource.to_owned(), "list")?;
    let items = list["items"].as_array().into_iter().flatten();
    // Items of a list do not say what they are.
    let named = |item: &Value| {
        let mut item = item.clone();
        item["kind"] = json!(kind);
        item
    };
    Ok(items.map(named).collect())
}
