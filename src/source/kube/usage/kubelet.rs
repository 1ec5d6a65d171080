//! The kubelets' own summaries, through the API server's node proxy. Only where the configuration
//! allows it, because the right to `nodes/proxy` is nearly the right to run commands in any pod.

use std::sync::Arc;

use futures::{StreamExt, stream};
use serde::Deserialize;

use super::samples::sum;
use super::{Api, Failure, SILENCE, Scope, Target, UsageKey, UsageSample, each_item, open};
use crate::model::{Problem, ProblemKind, Quantity, Time, Usage};
use crate::source::kube::feed::request::encode;
use crate::source::kube::raw::{List, Maybe, RawMeta, Strings, Text, When};

/// Nodes asked at the same time.
const AT_ONCE: usize = 4;

/// The largest summary that is read; one of a hundred pods is some 300 kB.
const LARGEST: usize = 32 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Partial<'a> {
    #[serde(borrow)]
    metadata: Maybe<RawMeta<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary<'a> {
    #[serde(borrow)]
    node: Maybe<Part<'a>>,
    pods: List<Part<'a>>,
}

/// A node, a pod or a container of the summary.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    node_name: Text<'a>,
    pod_ref: Maybe<PodRef<'a>>,
    name: Text<'a>,
    cpu: Maybe<Cpu>,
    memory: Maybe<Memory>,
    containers: List<Part<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodRef<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    namespace: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Cpu {
    time: When,
    usage_nano_cores: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Memory {
    working_set_bytes: Option<u64>,
}

impl Part<'_> {
    fn usage(&self) -> Usage {
        let amount = |n: Option<u64>, of: fn(i64) -> Quantity| n.and_then(|n| i64::try_from(n).ok()).map_or(Quantity::NONE, of);
        Usage {
            cpu: amount(self.cpu.usage_nano_cores.map(|n| n.div_ceil(1_000_000)), Quantity::milli),
            memory: amount(self.memory.working_set_bytes, Quantity::whole),
        }
    }
}

/// Usage as all kubelets that answer tell it.
pub async fn usage(api: &Api, key: &UsageKey) -> Result<Vec<UsageSample>, Failure> {
    let mut strings = Strings::default();
    gather(api, |summary| read(summary, key, &mut strings)).await
}

/// What is read from the summaries of all kubelets that answer, each as it comes: they are large.
pub(super) async fn gather<T>(api: &Api, mut read: impl FnMut(&[u8]) -> Result<Vec<T>, Failure>) -> Result<Vec<T>, Failure> {
    let mut nodes: Vec<Box<str>> = Vec::new();
    let all = Target::at("/api/v1/nodes".to_owned(), "nodes");
    each_item(api, &all, |bytes| {
        if let Ok(Partial { metadata }) = serde_json::from_slice(bytes) {
            nodes.push((*metadata.name).into());
        }
    })
    .await?;
    let summaries = stream::iter(nodes).map(|node| async move { summary(api, &node).await });
    let mut answers = std::pin::pin!(summaries.buffer_unordered(AT_ONCE));
    let mut all = Vec::new();
    let (mut answered, mut failure) = (0, None);
    while let Some(answer) = answers.next().await {
        match answer.and_then(|body| read(&body)) {
            Ok(some) => {
                answered += 1;
                all.extend(some);
            }
            Err(problem) => failure = Some(problem),
        }
    }
    // A node that is down has no numbers; that is no reason to hide those of the others.
    match failure {
        Some(failure) if answered == 0 => Err(failure),
        _ => Ok(all),
    }
}

async fn summary(api: &Api, node: &str) -> Result<Vec<u8>, Failure> {
    let target = Target::at(format!("/api/v1/nodes/{}/proxy/stats/summary", encode(node)), "nodes/proxy");
    let mut chunks = open(&api.client, &target, "", "application/json", "get").await?;
    let mut body = Vec::new();
    loop {
        match tokio::time::timeout(SILENCE, chunks.next()).await {
            Ok(Ok(Some(chunk))) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(Ok(Some(_))) => return Err(garbled(node)),
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(failure)) => return Err(failure),
            Err(_) => return Err(Failure::silent("get", &target.resource, SILENCE)),
        }
    }
}

pub(super) fn garbled(node: &str) -> Failure {
    Failure::retry(Problem::new(
        ProblemKind::BadAnswer,
        format!("the summary of node {node} cannot be read"),
    ))
}

fn read(body: &[u8], key: &UsageKey, strings: &mut Strings) -> Result<Vec<UsageSample>, Failure> {
    let summary: Summary = serde_json::from_slice(body).map_err(|_| garbled("without a name"))?;
    let scope = match key {
        UsageKey::Nodes => {
            return Ok(vec![UsageSample {
                namespace: Arc::default(),
                name: summary.node.node_name.clean(),
                at: summary.node.cpu.time.0,
                total: summary.node.usage(),
                containers: Box::default(),
            }]);
        }
        UsageKey::Pods(scope) => scope,
    };
    let inside = |pod: &&Part<'_>| match scope {
        Scope::All => true,
        Scope::Namespace(name) => *pod.pod_ref.namespace == **name,
    };
    let sample = |pod: &Part<'_>| {
        let parts: Vec<_> = pod.containers.iter().map(|c| (strings.get(&c.name), c.usage())).collect();
        let whole = pod.usage();
        // Old kubelets tell containers only.
        let total = if whole.cpu.get().is_some() {
            whole
        } else {
            sum(parts.iter().map(|(_, usage)| *usage))
        };
        let at = pod
            .containers
            .iter()
            .map(|c| c.cpu.time.0)
            .max()
            .unwrap_or(Time::NEVER)
            .max(pod.cpu.time.0);
        UsageSample {
            namespace: strings.get(&pod.pod_ref.namespace),
            name: pod.pod_ref.name.clean(),
            at,
            total,
            containers: if parts.len() > 1 { parts.into() } else { Box::default() },
        }
    };
    Ok(summary.pods.iter().filter(inside).map(sample).collect())
}
