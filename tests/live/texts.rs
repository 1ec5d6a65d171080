//! Logs and whole objects.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, PostParams};
use quarterdeck::model::{Body, Known, LogFrom, LogKey, Scope};
use quarterdeck::store::{EnvStore, LogState};
use serde_json::json;

use super::{Access, Sharing, begin};
use crate::twin::{PATIENCE, Twin};

fn lines(seen: &EnvStore, key: &LogKey) -> usize {
    seen.log(&key.clone().into()).map_or(0, |log| log.lines().count())
}

#[test]
fn a_busy_log_is_followed_without_loss() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut twin = Twin::of(&live.kubeconfig);
    let key = twin.log("solia-lab", "fast-logger", false, LogFrom::Tail(20));
    twin.wait_until("the log is followed", |seen| {
        seen.log(&key.clone().into())
            .is_some_and(|log| log.sources()[0].state == LogState::Following)
            && lines(seen, &key) >= 20
    });
    twin.wait_at_most(Duration::from_secs(90), "200 lines more", |seen| lines(seen, &key) >= 220);
    let log = twin.seen().log(&key.clone().into()).unwrap();
    let numbers: Vec<u64> = log
        .lines()
        .map(|line| line.text.split(' ').nth(1).and_then(|n| n.parse().ok()).expect(line.text))
        .collect();
    let breaks: Vec<_> = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).collect();
    assert!(breaks.is_empty(), "{breaks:?} in {} lines", numbers.len());
    assert!(log.lines().all(|line| line.nanos > 0), "each line has its time");
}

#[test]
fn the_log_of_the_run_before_is_complete() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    // A pod of its own: of one that stood while the test bed was stopped the node has thrown the log away.
    let namespace = live.namespace("runbefore");
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    let script = "echo starting; echo 'panic: cannot reach database at postgres:5432' >&2; sleep 1; exit 3";
    let container = json!({"name": "app", "image": "solia.local/busybox:1.35", "command": ["sh", "-c", script]});
    let pod = json!({"metadata": {"name": "crashing"}, "spec": {"terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": false, "containers": [container]}});
    live.block_on(pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()))
        .unwrap();
    let mut twin = Twin::of(&live.kubeconfig);
    let rows = twin.feed(Known::Pod, Scope::Namespace(namespace.as_str().into()));
    twin.wait_until("it has run before", |seen| {
        let restarts = |pod: &Body| pod.pod().is_some_and(|pod| pod.containers.iter().any(|c| c.restarts > 0));
        seen.feed(&rows).is_some_and(|feed| feed.rows().any(|row| restarts(&row.body)))
    });
    let key = twin.log(&namespace, "crashing", true, LogFrom::Start);
    // Between the end of a run and its back-off the kubelet names a run whose log it has thrown away already.
    twin.wait_at_most(PATIENCE * 3, "the log has ended", |seen| {
        seen.log(&key.clone().into())
            .is_some_and(|log| log.sources()[0].state == LogState::Ended)
    });
    let mut texts: Vec<_> = twin
        .seen()
        .log(&key.clone().into())
        .unwrap()
        .lines()
        .map(|l| l.text.to_string())
        .collect();
    // One line went to each of the two outputs, which have no order between them.
    texts.sort();
    assert_eq!(texts, ["panic: cannot reach database at postgres:5432", "starting"]);
}

#[test]
fn the_values_of_a_secret_never_reach_the_store() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("secret");
    let value = "correct-horse-battery";
    let mut secret = Secret::default();
    secret.metadata.name = Some("mine".into());
    secret.string_data = Some([("password".to_owned(), value.to_owned())].into());
    // What `kubectl apply` leaves behind holds the value once more.
    let applied = format!(r#"{{"kind":"Secret","stringData":{{"password":"{value}"}}}}"#);
    secret.metadata.annotations = Some([("kubectl.kubernetes.io/last-applied-configuration".to_owned(), applied)].into());
    let secrets: Api<Secret> = Api::namespaced(live.client(), &namespace);
    live.block_on(secrets.create(&PostParams::default(), &secret)).unwrap();

    let mut twin = Twin::of(&live.kubeconfig);
    let rows = twin.feed(Known::Secret, Scope::Namespace(namespace.as_str().into()));
    twin.wait_live(&rows);
    let object = twin.document(Known::Secret, &namespace, "mine");
    twin.wait_until("the secret is read", |seen| matches!(seen.document(&object), Some(Ok(Some(_)))));
    assert!(twin.object(&object).unwrap().contains("password"), "the key is shown");
    let everything = format!("{:?}", twin.seen());
    assert!(everything.contains("mine"));
    for form in [value.to_owned(), STANDARD.encode(value)] {
        assert!(!everything.contains(&form), "{form} is in the store");
    }
}

#[test]
fn an_open_pod_follows_the_server_and_its_events_are_known() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut twin = Twin::of(&live.kubeconfig);
    let pod = twin.document(Known::Pod, "solia", "crashloop");
    let events = twin.feed(Known::Event, Scope::Namespace("solia".into()));
    twin.wait_live(&events);
    twin.wait_until("the pod is read", |seen| matches!(seen.document(&pod), Some(Ok(Some(_)))));
    assert!(twin.object(&pod).unwrap().contains("\"restartCount\""));
    let about = |seen: &EnvStore| {
        seen.feed(&events).is_some_and(|feed| {
            feed.rows()
                .any(|row| matches!(&row.body, Body::Event(e) if &*e.object == "crashloop" && &*e.kind == "Pod" && &*e.reason == "BackOff"))
        })
    };
    twin.wait_until("its back-off is an event", about);
}
