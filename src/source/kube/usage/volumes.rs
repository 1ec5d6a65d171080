//! How full volumes are. Only the kubelet that mounts a volume knows; its summary says it.

use std::collections::BTreeMap;

use serde::Deserialize;
use tokio::sync::mpsc;

use super::kubelet::{garbled, gather};
use super::{ASK_AGAIN, Apis, Fact, Failure, Fallback, KUBELET_PERIOD, Seen, Then, now};
use crate::model::{EnvId, Problem, ProblemKind, Quantity, VolumeUsage};
use crate::source::Task;
use crate::source::kube::raw::{List, Maybe, Strings, Text, When};

/// Starts telling how full the volumes are. It ends when the task is dropped.
pub fn spawn(env: EnvId, apis: Apis, fallback: Fallback, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(run(env, apis, fallback, facts))
}

async fn run(env: EnvId, mut apis: Apis, fallback: Fallback, facts: mpsc::Sender<Fact>) {
    let tell = async |usage| {
        let fact = Fact {
            env,
            at: now(),
            seen: Seen::Volumes(usage),
        };
        facts.send(fact).await.is_ok()
    };
    if fallback == Fallback::None {
        let problem = Problem::new(ProblemKind::Denied, "the kubelets' statistics are not asked for").hint("kubelet_metrics = true");
        tell(Err(problem)).await;
        return;
    }
    loop {
        let api = match apis.wait_for(Option::is_some).await.map(|api| api.clone()) {
            Ok(Some(api)) => api,
            Ok(None) => continue,
            Err(_) => return,
        };
        let mut strings = Strings::default();
        let answer = gather(&api, |summary| read(summary, &mut strings)).await.map(newest);
        let denied = matches!(&answer, Err(Failure { then: Then::Denied, .. }));
        if !tell(answer.map_err(|failure| failure.problem)).await {
            return;
        }
        if denied {
            let _ = tokio::time::timeout(ASK_AGAIN, apis.changed()).await;
        } else {
            tokio::time::sleep(KUBELET_PERIOD).await;
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary<'a> {
    #[serde(borrow)]
    pods: List<Pod<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pod<'a> {
    #[serde(borrow)]
    volume: List<Volume<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Volume<'a> {
    #[serde(borrow)]
    pvc_ref: Maybe<Claim<'a>>,
    time: When,
    used_bytes: Option<u64>,
    capacity_bytes: Option<u64>,
    inodes: Option<u64>,
    inodes_used: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Claim<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    namespace: Text<'a>,
}

impl Volume<'_> {
    /// `None` for what is no claim's: a config map, a temporary directory.
    fn usage(&self, strings: &mut Strings) -> Option<VolumeUsage> {
        let bytes = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok()).map_or(Quantity::NONE, Quantity::whole);
        let inodes = bytes(self.inodes_used).percent_of(bytes(self.inodes));
        (!self.pvc_ref.name.is_empty()).then(|| VolumeUsage {
            namespace: strings.get(&self.pvc_ref.namespace),
            claim: strings.get(&self.pvc_ref.name),
            used: bytes(self.used_bytes),
            capacity: bytes(self.capacity_bytes),
            inodes,
            at: self.time.0,
        })
    }
}

fn read(body: &[u8], strings: &mut Strings) -> Result<Vec<VolumeUsage>, Failure> {
    let summary: Summary = serde_json::from_slice(body).map_err(|_| garbled("without a name"))?;
    let volumes = summary.pods.iter().flat_map(|pod| pod.volume.iter());
    Ok(volumes.filter_map(|volume| volume.usage(strings)).collect())
}

/// The newest of each claim, by namespace and name: several nodes may mount it.
fn newest(all: Vec<VolumeUsage>) -> Vec<VolumeUsage> {
    let mut kept = BTreeMap::new();
    for usage in all {
        let key = (usage.namespace.clone(), usage.claim.clone());
        let old = kept.get(&key).map(|old: &VolumeUsage| old.at);
        if old.is_none_or(|old| old < usage.at) {
            kept.insert(key, usage);
        }
    }
    kept.into_values().collect()
}
