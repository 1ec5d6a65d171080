//! What is wrong in the lab, and nothing else: each of its objects is ill in one way.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use quarterdeck::diagnosis::{Diagnosis, IN_FRONT};
use quarterdeck::model::{FeedKey, Finding, Scope, Severity, Time};
use quarterdeck::store::{EnvStore, FeedState};

use super::{Access, Sharing, begin};
use crate::twin::Twin;

/// The lab ripens: a pod must crash often enough to be in a loop, a mount be tried, a rollout miss its deadline.
const RIPE: Duration = Duration::from_secs(240);

/// The object, and the ids that it may be told under.
const EXPECTED: &[(&str, &[&str])] = &[
    ("Pod solia/crashloop", &["pod-crashloop"]),
    ("Pod solia/oom-killed", &["pod-oomkilled"]),
    ("Pod solia/unschedulable", &["pod-unschedulable"]),
    ("Pod solia-lab/bad-command", &["pod-crashloop"]),
    ("Pod solia-lab/half-crashing", &["pod-crashloop"]),
    // That it was the probe only events tell, and those are forgotten after an hour.
    ("Pod solia-lab/liveness-fails", &["pod-probe-failing", "pod-crashloop"]),
    ("Pod solia-lab/image-pull-backoff", &["pod-image-pull"]),
    ("Pod solia-lab/err-image-never-pull", &["pod-image-pull"]),
    ("Pod solia-lab/config-error", &["pod-config-error"]),
    ("Pod solia-lab/missing-volume", &["pod-stuck-creating"]),
    ("Pod solia-lab/not-ready", &["pod-probe-failing"]),
    ("Pod solia-lab/init-fails", &["pod-init-failing"]),
    ("Pod solia-lab/evicted", &["pod-evicted"]),
    ("Pod solia-lab/failed", &["pod-failed"]),
    ("Pod solia-lab/terminating-stuck", &["pod-stuck-terminating"]),
    ("Job solia-lab/failing-job", &["job-failed"]),
    ("Deployment solia-lab/stuck-rollout", &["rollout-stuck"]),
    ("PersistentVolumeClaim solia-lab/pvc-pending", &["pvc-pending"]),
    ("Node solia-node-dead", &["node-not-ready"]),
];

/// Whether the lab has it: other tests make namespaces of their own meanwhile. What is only worth knowing may be there
/// or not.
fn counts(finding: &Finding) -> bool {
    finding.severity > Severity::Info && matches!(&*finding.object.namespace, "" | "solia" | "solia-lab")
}

fn object(finding: &Finding) -> String {
    let object = &finding.object;
    match &*object.namespace {
        "" => format!("{} {}", object.kind_name(), object.name),
        namespace => format!("{} {namespace}/{}", object.kind_name(), object.name),
    }
}

/// What differs from what is expected, in words.
fn differences(findings: &[Finding]) -> Vec<String> {
    let found: BTreeSet<(String, &str)> = findings.iter().filter(|f| counts(f)).map(|f| (object(f), f.id)).collect();
    let missing = EXPECTED
        .iter()
        .filter(|(name, ids)| !ids.iter().any(|id| found.contains(&((*name).to_owned(), id))));
    let mut wrong: Vec<String> = missing
        .map(|(name, ids)| format!("{name} is not told as {}", ids.join(" or ")))
        .collect();
    let known = |name: &str, id: &str| EXPECTED.iter().any(|(object, ids)| *object == name && ids.contains(&id));
    for finding in findings.iter().filter(|f| counts(f) && !known(&object(f), f.id)) {
        wrong.push(format!("{} is told as {}: {}", object(finding), finding.id, finding.title));
    }
    wrong
}

#[test]
fn the_lab_is_found_as_it_is_and_nothing_else() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut twin = Twin::of(&live.kubeconfig);
    let keys: Vec<FeedKey> = IN_FRONT.iter().map(|known| twin.feed(*known, Scope::All)).collect();
    let settled = |seen: &EnvStore, key: &FeedKey| {
        let state = seen.feed(key).map(|feed| &feed.state);
        matches!(state, Some(FeedState::Live | FeedState::Denied(_) | FeedState::Absent))
    };
    twin.wait_until("everything was listed", |seen| keys.iter().all(|key| settled(seen, key)));
    let mut diagnosis = Diagnosis::default();
    let deadline = Instant::now() + RIPE;
    loop {
        diagnosis.settle(twin.seen(), Time(jiff::Timestamp::now().as_second()));
        let wrong = differences(diagnosis.findings());
        if wrong.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "{}", wrong.join("\n"));
        // Another second of the cluster's life.
        twin.comes(Duration::from_secs(1), |_| false);
    }
    for finding in diagnosis.findings() {
        println!(
            "{:8} {:22} {}: {}",
            finding.severity.word(),
            finding.id,
            object(finding),
            finding.title
        );
        assert!(!finding.evidence.is_empty(), "{finding:#?}");
        assert!(finding.since.is_known(), "{finding:#?}");
    }
}
