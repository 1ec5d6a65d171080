//! What is not allowed is said in words, and takes nothing else down.

use quarterdeck::model::{KNOWN, Known, ProblemKind, Scope};
use quarterdeck::store::{EnvStore, FeedState};

use super::{Access, Sharing, begin};
use crate::twin::{Twin, live as is_live};

#[test]
fn a_reader_is_told_which_right_is_missing_and_sees_the_rest() {
    let Some(live) = begin(Access::ReadOnly, Sharing::Shared) else {
        return;
    };
    let mut twin = Twin::of(&live.kubeconfig);
    let secrets = twin.feed(Known::Secret, Scope::All);
    let others: Vec<_> = KNOWN
        .iter()
        .filter(|info| info.known != Known::Secret)
        .map(|info| twin.feed(info.known, Scope::All))
        .collect();
    let problem = twin.wait_denied(&secrets);
    assert_eq!(problem.kind, ProblemKind::Denied);
    assert!(problem.text.contains("list") && problem.text.contains("secrets"), "{problem}");
    assert!(twin.rows(&secrets).is_empty());
    let client = live.client_under_test();
    let mut denied = Vec::new();
    for key in &others {
        let settled = |seen: &EnvStore| is_live(seen, key) || matches!(seen.feed(key).unwrap().state, FeedState::Denied(_));
        twin.wait_until("it is live or denied", settled);
        if !is_live(twin.seen(), key) {
            denied.push(key.kind.known().unwrap());
        }
    }
    // Servers of before 1.21 do not let their readers see endpoint slices.
    assert!(denied.iter().all(|known| *known == Known::EndpointSlice), "{denied:?}");
    live.wait_same(&client, &mut twin, &others[0]);
}

#[test]
fn a_user_of_one_namespace_is_refused_the_cluster_and_sees_the_namespace() {
    let Some(live) = begin(Access::Namespaced, Sharing::Shared) else {
        return;
    };
    let mut twin = Twin::of(&live.kubeconfig);
    let everywhere = twin.feed(Known::Pod, Scope::All);
    let here = twin.feed(Known::Pod, Scope::Namespace("solia".into()));
    let elsewhere = twin.feed(Known::Pod, Scope::Namespace("solia-lab".into()));
    let namespaces = twin.feed(Known::Namespace, Scope::All);
    for (key, resource) in [(&everywhere, "pods"), (&elsewhere, "pods"), (&namespaces, "namespaces")] {
        let problem = twin.wait_denied(key);
        assert_eq!(problem.kind, ProblemKind::Denied);
        assert!(problem.text.contains("list") && problem.text.contains(resource), "{problem}");
    }
    twin.wait_live(&here);
    live.wait_same(&live.client_under_test(), &mut twin, &here);
    assert!(!twin.rows(&here).is_empty());
}
