//! Reads what stands around pods that are to leave: the pods of their nodes, budgets, services, the rest of the cluster.

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use super::prepare::PATIENCE;
use super::{path, send};
use crate::action::plan::{Around, Draft};
use crate::action::{Drain, Verb};
use crate::model::{Kind, Known, Problem, ProblemKind};
use crate::source::kube::{Api, request};

/// More pods than these are not read for a plan: what the watches know has to do.
const CROWD: usize = 1000;

/// Reads it, all at once; nothing where the action needs nothing.
pub async fn read(api: &Api, draft: &Draft) -> Around {
    match &draft.action.verb {
        Verb::Drain(drain) => {
            let crowd = format!("?limit={CROWD}");
            let (pods, crowd, budgets, services) = tokio::join!(
                on_nodes(api, draft, drain),
                list(api, Known::Pod, "", &crowd),
                list(api, Known::PodDisruptionBudget, "", ""),
                list(api, Known::Service, "", "")
            );
            Around {
                pods,
                crowd,
                budgets,
                services,
            }
        }
        Verb::Evict(_) => {
            let mut namespaces: Vec<&str> = draft.objects.iter().map(|object| &*object.namespace).collect();
            namespaces.dedup();
            let mut budgets = Vec::new();
            for namespace in namespaces {
                match list(api, Known::PodDisruptionBudget, namespace, "").await {
                    Ok(more) => budgets.extend(more),
                    Err(problem) => {
                        return Around {
                            budgets: Err(problem),
                            ..Around::default()
                        };
                    }
                }
            }
            Around {
                budgets: Ok(budgets),
                ..Around::default()
            }
        }
        _ => Around::default(),
    }
}

/// The pods on the nodes that the drain's selector fits: the server reads it.
async fn on_nodes(api: &Api, draft: &Draft, drain: &Drain) -> Result<Vec<Value>, Problem> {
    let labels = match &drain.pod_selector {
        None => String::new(),
        Some(word) => {
            let open = || Problem::new(ProblemKind::Config, "the line still has places to be filled in");
            format!("&labelSelector={}", request::encode(word.plain().ok_or_else(open)?))
        }
    };
    let nodes: Vec<String> = draft.objects.iter().map(|object| object.name.to_string()).collect();
    let asked: Vec<Result<Vec<Value>, Problem>> = stream::iter(nodes)
        .map(|node| {
            let query = format!("?fieldSelector={}{labels}", request::encode(&format!("spec.nodeName={node}")));
            async move { list(api, Known::Pod, "", &query).await }
        })
        .buffered(4)
        .collect()
        .await;
    let mut all = Vec::new();
    for pods in asked {
        all.extend(pods?);
    }
    Ok(all)
}

/// A list as a whole. Its items do not say what they are: the version of the list is put in.
async fn list(api: &Api, known: Known, namespace: &str, query: &str) -> Result<Vec<Value>, Problem> {
    let path = path::collection(api, &Kind::Known(known), namespace)?;
    let answer = send::read(&api.client, &format!("{path}{query}"), "application/json", PATIENCE).await?;
    let mut list = answer.document(|| known.info().resource.to_owned(), "list")?;
    if list["metadata"]["continue"].as_str().is_some_and(|more| !more.is_empty()) {
        let text = format!(
            "there are more than {CROWD} {}, and they are not all watched",
            known.info().resource
        );
        return Err(Problem::new(ProblemKind::Config, text));
    }
    let version = list["apiVersion"].take();
    let items = match list["items"].take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let told = |mut item: Value| {
        item["apiVersion"] = version.clone();
        item["kind"] = json!(known.info().name);
        item
    };
    Ok(items.into_iter().map(told).collect())
}
