//! Reads what a plan needs, all at once: one round trip between the key and the plan.

use std::path::PathBuf;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use super::{around, path, send};
use crate::action::plan::held::{self, Here, Is};
use crate::action::plan::{Draft, Found, Right, Verdict, right};
use crate::action::{CopyPath, Rollout, Verb};
use crate::model::{Kind, Known, ObjectRef, Problem, ProblemKind};
use crate::source::kube::{Api, Apis, request, rights};

/// What does not answer in so long is told as silent.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// Requests that are under way at once.
const AT_ONCE: usize = 16;

/// Reads it.
pub async fn read(draft: &Draft, apis: Apis) -> Result<Found, Problem> {
    let api = connected(apis).await?;
    let (objects, history, answers, around) = tokio::join!(
        objects(&api, draft),
        history(&api, draft),
        asked(&api, draft),
        around::read(&api, draft)
    );
    Ok(Found {
        objects,
        history: history?,
        rights: answers,
        here: here(&draft.action.verb).await,
        around,
        at: request::now(),
    })
}

/// The connection, once there is one.
///
/// # Errors
/// There is none.
pub async fn connected(mut apis: Apis) -> Result<Api, Problem> {
    let wait = tokio::time::timeout(PATIENCE, apis.wait_for(Option::is_some));
    let none = || Problem::new(ProblemKind::Unreachable, "there is no connection to the cluster").hint("nothing was changed");
    match wait.await {
        Ok(Ok(api)) => (*api).clone().ok_or_else(none),
        _ => Err(none()),
    }
}

async fn objects(api: &Api, draft: &Draft) -> Vec<(ObjectRef, Result<Value, Problem>)> {
    stream::iter(draft.objects.clone())
        .map(|object| {
            let api = api.clone();
            async move {
                let answer = one(&api, &object).await;
                (object, answer)
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// One object as it is. Of a secret only its metadata: its values are nobody's business here.
pub async fn one(api: &Api, object: &ObjectRef) -> Result<Value, Problem> {
    let path = path::object(api, object)?;
    let accept = match object.kind.is(Known::Secret) {
        true => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        false => "application/json",
    };
    let answer = send::read(&api.client, &path, accept, PATIENCE).await?;
    answer.document(|| format!("{}/{}", object.kind.resource(), object.name), "get")
}

/// The revisions of a workload that is to be rolled back: all of its namespace, because its selector is not known yet.
async fn history(api: &Api, draft: &Draft) -> Result<Vec<Value>, Problem> {
    let Verb::Rollout {
        rollout: Rollout::Undo { .. },
        ..
    } = &draft.action.verb
    else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for object in &draft.objects {
        let kind = match object.kind.known() {
            Some(Known::Deployment) => Kind::Known(Known::ReplicaSet),
            _ => Kind::of("apps", "controllerrevisions"),
        };
        let path = match path::collection(api, &kind, &object.namespace) {
            Ok(path) => path,
            // Not listed among what can be shown, and there all the same.
            Err(_) => format!(
                "/apis/apps/v1/namespaces/{}/controllerrevisions",
                request::encode(&object.namespace)
            ),
        };
        let answer = send::read(&api.client, &path, "application/json", PATIENCE).await?;
        let list = answer.document(|| kind.resource().to_owned(), "list")?;
        // Items of a list do not say what they are.
        let name = if kind.is(Known::ReplicaSet) {
            "ReplicaSet"
        } else {
            "ControllerRevision"
        };
        for item in list["items"].as_array().into_iter().flatten() {
            let mut item = item.clone();
            item["kind"] = json!(name);
            all.push(item);
        }
    }
    Ok(all)
}

/// What stands on this machine where a copy leads from or to.
async fn here(verb: &Verb) -> Option<Here> {
    let Verb::Cp(copy) = verb else { return None };
    let is = |path: PathBuf| async move {
        let is = match tokio::fs::metadata(&path).await {
            Ok(found) if found.is_dir() => Is::Directory,
            Ok(found) => Is::File(found.len()),
            Err(_) => Is::Nothing,
        };
        Here { path, is }
    };
    match (&copy.from, &copy.to) {
        (CopyPath::Local(from), _) => Some(is(from.plain()?.into()).await),
        (_, CopyPath::Local(to)) => {
            let at = is(to.plain()?.into()).await;
            match held::lands(copy, at.is == Is::Directory) {
                Some(path) if path != at.path => Some(is(path).await),
                _ => Some(at),
            }
        }
        _ => None,
    }
}

async fn asked(api: &Api, draft: &Draft) -> Vec<(Right, Result<Verdict, Problem>)> {
    stream::iter(right::needed(&draft.action, &draft.objects))
        .map(|right| {
            let api = api.clone();
            async move {
                let verdict = rights::ask(&api, &right).await;
                (right, verdict)
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}
