//! Nodes of a real cluster: a budget holds an eviction and a drain, and both are told by its name. The node is restored.
//!
//! Nothing but the pods of the test's own namespace is moved: the drain has a selector that only they fit. The node
//! is cordoned for as long as the test runs, which is why it runs alone.

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use quarterdeck::config::{CloudWatch, Tier};
use quarterdeck::ledger::audit::{AuditKind, AuditOutcome};
use serde_json::json;

use super::{Access, Live, Sharing, begin};
use crate::journey::twin::{Twin, TwinOptions, rows};

const ACCEPTED: &str = "the server would take it";

/// The node as it was; when this goes, so it is again.
struct Restored<'a> {
    live: &'a Live,
    node: String,
}

impl Drop for Restored<'_> {
    fn drop(&mut self) {
        let nodes: Api<Node> = Api::all(self.live.client());
        let patch = Patch::Merge(json!({"spec": {"unschedulable": null}}));
        let done = self.live.block_on(nodes.patch(&self.node, &PatchParams::default(), &patch));
        assert!(done.is_ok() || std::thread::panicking(), "{done:?}");
    }
}

/// Nodes that are ready and take pods; none: there is nothing to test with.
fn nodes(live: &Live) -> Vec<String> {
    let nodes: Api<Node> = Api::all(live.client());
    let all = live.block_on(nodes.list(&ListParams::default())).unwrap();
    let is_usable = |node: &Node| {
        let conditions = node
            .status
            .as_ref()
            .and_then(|status| status.conditions.clone())
            .unwrap_or_default();
        let spec = node.spec.clone().unwrap_or_default();
        let is_ready = conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True");
        is_ready && spec.unschedulable != Some(true) && spec.taints.unwrap_or_default().is_empty()
    };
    all.items
        .into_iter()
        .filter(is_usable)
        .filter_map(|node| node.metadata.name)
        .collect()
}

/// A pod on this node.
fn pod(live: &Live, namespace: &str, name: &str, node: &str) {
    let pods: Api<Pod> = Api::namespaced(live.client(), namespace);
    let container = json!({"name": "app", "image": "solia.local/postgres:15", "command": ["sh", "-c", "sleep 100000"]});
    let made = json!({"metadata": {"name": name, "labels": {"app": namespace}}, "spec": {"nodeName": node,
        "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "containers": [container]}});
    live.block_on(pods.create(&PostParams::default(), &serde_json::from_value(made).unwrap()))
        .unwrap();
}

/// Budgets of this server, of whichever version.
fn budgets(live: &Live, namespace: &str) -> Api<DynamicObject> {
    let version = live.block_on(live.client().apiserver_version()).unwrap();
    let minor: u32 = version.minor.trim_end_matches('+').parse().unwrap();
    let version = if minor < 21 { "v1beta1" } else { "v1" };
    let kind = GroupVersionKind::gvk("policy", version, "PodDisruptionBudget");
    Api::namespaced_with(
        live.client(),
        namespace,
        &ApiResource::from_gvk_with_plural(&kind, "poddisruptionbudgets"),
    )
}

fn budget(live: &Live, namespace: &str, least: u32) {
    let budgets = budgets(live, namespace);
    let document = json!({"apiVersion": budgets.resource_url().split('/').skip(2).take(2).collect::<Vec<_>>().join("/"),
        "kind": "PodDisruptionBudget", "metadata": {"name": "own"},
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": namespace}}}});
    live.block_on(budgets.patch("own", &PatchParams::apply("qd-test").force(), &Patch::Apply(document)))
        .unwrap();
    wait(live, "the budget is counted", || {
        let own = live.block_on(budgets.get("own")).unwrap();
        own.data["status"]["desiredHealthy"] == least && own.data["status"]["observedGeneration"] == own.metadata.generation.unwrap_or(0)
    });
}

fn wait(live: &Live, what: &str, such: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !such() {
        assert!(std::time::Instant::now() < deadline, "waited in vain until {what}");
        live.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(200)).await });
    }
}

fn cockpit(live: &Live, namespace: &str) -> Twin {
    let options = TwinOptions::platform(&live.kubeconfig, "", CloudWatch::default());
    let mut twin = options.namespace(namespace).tier(Tier::Open).start();
    twin.wait_text(&["pods", " live "]);
    twin
}

fn is_cordoned(live: &Live, node: &str) -> bool {
    let nodes: Api<Node> = Api::all(live.client());
    let node = live.block_on(nodes.get(node)).unwrap();
    node.spec.unwrap_or_default().unschedulable == Some(true)
}

#[test]
fn a_budget_stops_an_eviction_and_a_drain_waits_for_it_and_goes_on() {
    let Some(mut live) = begin(Access::Admin, Sharing::Alone) else {
        return;
    };
    let Some(node) = nodes(&live).into_iter().next() else {
        println!("skipped: no node takes pods");
        return;
    };
    let namespace = live.namespace("drain");
    pod(&live, &namespace, "one", &node);
    pod(&live, &namespace, "two", &node);
    budget(&live, &namespace, 2);
    let live = &live;
    let restored = Restored { live, node: node.clone() };
    let mut twin = cockpit(live, &namespace);
    twin.wait_until("both run", |app, screen| rows(app) == 2 && screen.matches("Running").count() >= 2);
    wait(live, "the budget has counted both", || {
        live.block_on(budgets(live, &namespace).get("own")).unwrap().data["status"]["currentHealthy"] == 2
    });

    // One pod: the server says beforehand that it would not.
    twin.type_text("/one\n");
    twin.wait_until("it is alone", |app, _| rows(app) == 1);
    twin.type_text(":evict\n");
    twin.wait_text(&["budget own needs 2 healthy pods and has 2", "it lets no pod go now"]);
    twin.press("y esc");

    // The node: only the test's own pods, and they wait.
    twin.type_text(&format!(
        ":kubectl drain {node} --force --ignore-daemonsets --delete-emptydir-data --pod-selector=app={namespace}\n"
    ));
    twin.wait_text(&[
        &format!("DRAIN node/{node}"),
        "never lets a pod go",
        "cordoned, then 2 pods are evicted",
        ACCEPTED,
        "y do it",
    ]);
    twin.press("y");
    twin.wait_text(&["held", "budget own needs 2 healthy pods and has 2 currently"]);
    assert!(is_cordoned(live, &node));
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    assert_eq!(live.block_on(pods.list(&ListParams::default())).unwrap().items.len(), 2);

    // The brake: what is done stays done, and is said.
    twin.press("ctrl-c");
    twin.wait_text(&["stopped, 0 of 2 pods gone, 2 stay; it stays cordoned: u uncordons it"]);
    assert_eq!(live.block_on(pods.list(&ListParams::default())).unwrap().items.len(), 2);
    twin.press("esc");

    // Again, and now one after the other may go.
    twin.type_text(&format!(
        ":kubectl drain {node} --force --ignore-daemonsets --delete-emptydir-data --pod-selector=app={namespace}\n"
    ));
    let screen = twin.wait_text(&["2 pods are evicted (cordoned already)", ACCEPTED, "Type "]);
    let token = screen.lines().find_map(|line| {
        line.split_once("Type ")?
            .1
            .split_once(" and enter")
            .map(|(token, _)| token.to_owned())
    });
    twin.type_text(&token.unwrap());
    twin.press("enter");
    twin.wait_text(&["held"]);
    budget(live, &namespace, 0);
    twin.wait_text(&["all 2 pods gone"]);
    wait(live, "they are gone", || {
        live.block_on(pods.list(&ListParams::default())).unwrap().items.is_empty()
    });

    let placed = twin.audit.read().unwrap();
    let lines: Vec<(AuditKind, Option<AuditOutcome>)> = placed
        .into_iter()
        .map(|line| line.event.unwrap())
        .map(|e| (e.kind, e.data.outcome))
        .collect();
    let count = |kind, outcome| lines.iter().filter(|line| **line == (kind, outcome)).count();
    // The cordon and four evictions, of which two were stopped.
    assert_eq!(count(AuditKind::Intended, None), 5, "{lines:?}");
    assert_eq!(count(AuditKind::Outcome, Some(AuditOutcome::Succeeded)), 3, "{lines:?}");
    assert_eq!(count(AuditKind::Outcome, Some(AuditOutcome::Cancelled)), 2, "{lines:?}");
    drop(restored);
    assert!(!is_cordoned(live, &node));
}

#[test]
fn a_node_whose_kubelet_is_silent_is_not_drained_and_its_pods_are_deleted_by_force_in_one_plan() {
    let Some(mut live) = begin(Access::Admin, Sharing::Alone) else {
        return;
    };
    let all: Api<Node> = Api::all(live.client());
    let listed = live.block_on(all.list(&ListParams::default())).unwrap();
    let is_silent = |node: &&Node| {
        let conditions = node
            .status
            .as_ref()
            .and_then(|status| status.conditions.clone())
            .unwrap_or_default();
        conditions.iter().any(|c| c.type_ == "Ready" && c.status != "True")
    };
    let Some(node) = listed.items.iter().find(is_silent).and_then(|node| node.metadata.name.clone()) else {
        println!("skipped: every node answers");
        return;
    };
    let was_cordoned = is_cordoned(&live, &node);
    let namespace = live.namespace("silent");
    pod(&live, &namespace, "lost", &node);
    let live = &live;
    let restored = (!was_cordoned).then(|| Restored { live, node: node.clone() });
    let mut twin = cockpit(live, &namespace);
    twin.wait_until("the pod is there", |app, _| rows(app) == 1);
    twin.type_text(&format!(
        ":kubectl drain {node} --ignore-daemonsets --pod-selector=app={namespace}\n"
    ));
    twin.wait_text(&[
        "refused",
        &format!("the kubelet of {node} has been"),
        "f plan to delete its 1 pod by force",
    ]);
    twin.press("f");
    twin.wait_text(&[
        &format!("FORCE-DELETE 1 POD OF node/{node}"),
        "--disable-eviction --grace-period=0",
        "deleted at once",
        ACCEPTED,
        "y do it",
    ]);
    twin.press("y");
    twin.wait_text(&["gone", "stays cordoned"]);
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    assert!(live.block_on(pods.list(&ListParams::default())).unwrap().items.is_empty());
    drop(restored);
    assert_eq!(is_cordoned(live, &node), was_cordoned);
}
