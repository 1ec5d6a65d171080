//! Reads what a plan needs, all at once: one round trip between the key and the plan.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use super::{around, look, path, send};
use crate::action::plan::held::{self, Here, Is};
use crate::action::plan::{Draft, Found, Right, Verdict, Written, right};
use crate::action::{CopyPath, Rollout, Selection, Verb};
use crate::model::{Kind, Known, ObjectRef, Problem, ProblemKind};
use crate::source::kube::{Api, Apis, request, rights};

/// What does not answer in so long is told as silent.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// Requests that are under way at once.
const AT_ONCE: usize = 16;
/// Objects that a selector may fit.
const MOST: usize = 1_000;

/// Reads it.
pub async fn read(draft: &Draft, apis: Apis) -> Result<Found, Problem> {
    let api = connected(apis).await?;
    let mut draft = Cow::Borrowed(draft);
    let mut read = None;
    // What a selector fits must be known before what is around it can be asked for.
    if draft.objects.iter().any(|object| object.name.is_empty()) {
        let found = objects(&api, &draft).await?;
        draft.to_mut().objects = found.iter().map(|(object, _)| object.clone()).collect();
        read = Some(found);
    }
    let draft = &*draft;
    let objects = async {
        match read {
            Some(found) => Ok(found),
            None => objects(&api, draft).await,
        }
    };
    let (objects, history, merged, answers, around) = tokio::join!(
        objects,
        history(&api, draft),
        merged(&api, draft),
        asked(&api, draft),
        around::read(&api, draft)
    );
    Ok(Found {
        objects: objects?,
        history: history?,
        merged,
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

/// The objects, read one by one where they are named, else as lists.
async fn objects(api: &Api, draft: &Draft) -> Result<Vec<(ObjectRef, Result<Value, Problem>)>, Problem> {
    let (lists, named): (Vec<&ObjectRef>, Vec<&ObjectRef>) = draft.objects.iter().partition(|object| object.name.is_empty());
    let mut all = each(api, named.into_iter().cloned().collect()).await;
    let which = draft.action.selection().unwrap_or_default();
    for list in lists {
        all.extend(selected(api, list, &which).await?);
    }
    Ok(all)
}

/// The objects of a kind, in a namespace, that a selector fits: the server says which.
async fn selected(api: &Api, list: &ObjectRef, which: &Selection) -> Result<Vec<(ObjectRef, Result<Value, Problem>)>, Problem> {
    let mut path = format!("{}?limit={MOST}", path::collection(api, &list.kind, &list.namespace)?);
    for (name, text) in [("labelSelector", &which.labels), ("fieldSelector", &which.fields)] {
        if !text.is_empty() {
            path.push_str(&format!("&{name}={}", request::encode(text)));
        }
    }
    let answer = send::read(&api.client, &path, accept(&list.kind, "List"), PATIENCE).await?;
    let document = answer.document(|| list.kind.resource().to_owned(), "list")?;
    if document["metadata"]["continue"].as_str().is_some_and(|more| !more.is_empty()) {
        let text = format!("more than {MOST} {} fit {which}", list.kind.resource());
        return Err(Problem::new(ProblemKind::Config, text).hint("a narrower selector, please"));
    }
    // Items of a list do not say what they are.
    let kind = document["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_owned();
    let items = document["items"].as_array().into_iter().flatten();
    let found = items.map(|item| {
        let mut item = item.clone();
        item["kind"] = json!(kind);
        item["apiVersion"] = document["apiVersion"].clone();
        let object = ObjectRef {
            name: item["metadata"]["name"].as_str().unwrap_or_default().into(),
            ..list.clone()
        };
        (object, Ok(item))
    });
    Ok(found.collect())
}

/// What the server would make of a file: its own merge (server-side apply), tried and not kept.
async fn merged(api: &Api, draft: &Draft) -> Option<Result<Value, Problem>> {
    let (Some(Written::Manifest(manifest)), Verb::Apply(apply), Some(object)) =
        (draft.written.as_deref(), &draft.action.verb, draft.objects.first())
    else {
        return None;
    };
    // kubectl's own way of old knows no owners of fields.
    let force = apply.force_conflicts || !apply.server_side;
    let path = match path::object(api, object) {
        Ok(path) => path,
        Err(problem) => return Some(Err(problem)),
    };
    let path = format!("{path}?fieldManager={}&force={force}&dryRun=All", super::write::MANAGER);
    let request = send::Request::new(http::Method::PATCH, path)
        .content("application/apply-patch+yaml")
        .json(manifest);
    let told = async {
        let answer = request.send(&api.writer, PATIENCE).await?;
        answer.document(|| object.label(), "patch")
    };
    let refused = |problem: Problem| match apply.server_side && !apply.force_conflicts && problem.text.contains("onflict") {
        true => problem.hint("--force-conflicts takes the fields over"),
        false => problem,
    };
    Some(told.await.map_err(refused))
}

async fn each(api: &Api, objects: Vec<ObjectRef>) -> Vec<(ObjectRef, Result<Value, Problem>)> {
    stream::iter(objects)
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
    let answer = send::read(&api.client, &path, accept(&object.kind, ""), PATIENCE).await?;
    answer.document(|| format!("{}/{}", object.kind.resource(), object.name), "get")
}

/// How much of objects of a kind is asked for.
fn accept(kind: &Kind, list: &str) -> &'static str {
    match (kind.is(Known::Secret), list) {
        (true, "") => "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        (true, _) => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        (false, _) => "application/json",
    }
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
        all.extend(look::revisions(api, object).await?);
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
