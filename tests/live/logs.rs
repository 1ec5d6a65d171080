//! Logs that do not lie: every line that was written is there once, or inside a note that counts it.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use quarterdeck::model::{LogFrom, LogQuery, Namespaces, NoteKind, Stream};
use quarterdeck::store::book::{Book, Entry, RowKind};
use serde_json::{Value, json};

use super::{Access, Live, Sharing, begin};
use crate::twin::Twin;

/// A pod whose container prints `line N` fast, and ends after so many; 0: never.
fn spec(lines: u32) -> Value {
    let end = if lines == 0 {
        String::new()
    } else {
        format!("[ $n -ge {lines} ] && exit 3; ")
    };
    let script = format!("n=0; while true; do n=$((n+1)); echo line $n; {end}usleep 50000; done");
    let container = json!({"name": "app", "image": "solia.local/busybox:1.35", "command": ["sh", "-c", script]});
    // A new namespace has no token of its own for a moment.
    json!({"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "containers": [container]})
}

fn query(words: &str, namespace: &str) -> LogQuery {
    LogQuery::parse(words, Namespaces::one(namespace)).unwrap()
}

fn number(text: &str) -> u64 {
    let number = text.strip_prefix("line ").and_then(|rest| rest.split(' ').next());
    number
        .and_then(|n| n.parse().ok())
        .unwrap_or_else(|| panic!("{text:?} has no number"))
}

fn pod_of(book: &Book, entry: &quarterdeck::store::book::Entry<'_>) -> String {
    match &book.source(entry.source).unwrap().stream {
        Stream::Container(key) => key.pod.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The numbers that each pod wrote, in the order in which they stand.
fn numbers(book: &Book) -> BTreeMap<String, Vec<u64>> {
    let mut all: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for entry in book.lines() {
        all.entry(pod_of(book, &entry)).or_default().push(number(entry.text));
    }
    all
}

/// How often lines of this sort stand between the others.
fn notes(book: &Book, kind: NoteKind) -> usize {
    book.entries().filter(|entry| entry.kind == RowKind::Note(kind)).count()
}

/// Each number once and in order, but for as many as are said to be lost.
fn assert_honest(numbers: &[u64], lost: u64) {
    assert!(!numbers.is_empty());
    let wrong: Vec<_> = numbers.windows(2).filter(|pair| pair[1] <= pair[0]).collect();
    assert!(wrong.is_empty(), "twice, or out of order: {wrong:?}");
    let missing = numbers[numbers.len() - 1] - numbers[0] + 1 - numbers.len() as u64;
    assert_eq!(missing, lost, "missing in {} lines", numbers.len());
}

fn assert_in_time(book: &Book) {
    let times: Vec<i64> = book.entries().map(|entry| entry.nanos).collect();
    assert!(times.is_sorted(), "the rows are in the order of time");
}

fn total(book: &Book) -> u64 {
    book.sources().iter().map(|source| source.lines).sum()
}

#[test]
fn every_line_is_there_once_through_a_pause_a_filter_and_a_restart_of_the_server() {
    let Some(mut live) = begin(Access::Admin, Sharing::Alone) else {
        return;
    };
    let namespace = live.namespace("logone");
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    let mut twin = Twin::of(&live.kubeconfig);
    let mut wanted = query("pod/printer", &namespace);
    wanted.from = LogFrom::Tail(50);
    twin.open(wanted);
    // A pod of its own: one of the lab's may have restarted, and then its run before is read too.
    let pod = json!({"metadata": {"name": "printer"}, "spec": spec(0)});
    live.block_on(pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()))
        .unwrap();
    twin.wait_book("lines come", |book| total(book) >= 80);

    // A pause: what comes meanwhile is counted, and kept.
    twin.view(|view, store| view.toggle_follow(store));
    let before = total(twin.book());
    twin.wait_book("lines come while it stays", |book| total(book) >= before + 60);
    let unseen = twin.view(|view, store| view.unseen(view.book(store).unwrap()));
    assert_eq!(unseen, total(twin.book()) - before);

    // A filter hides, and loses nothing.
    twin.view(|view, _| view.filter_by("line \\d*7$"));
    let shown = twin.view(|view, store| view.content(store));
    let sevens = twin.book().lines().filter(|entry| number(entry.text) % 10 == 7).count();
    // What happened to the stream is not hidden.
    let happened = twin.book().entries().filter(Entry::is_note).count();
    assert_eq!(shown.lines().count() - happened, sevens, "{shown}");

    let Some(stopped) = live.stop_api_server() else { return };
    let last = total(twin.book());
    drop(stopped);
    twin.wait_book("lines come again", |book| total(book) >= last + 100);
    twin.view(|view, store| {
        view.filter_by("");
        view.toggle_follow(store);
    });
    twin.wait_book("and go on", |book| total(book) >= last + 200);
    let book = twin.book();
    let mut all = numbers(book);
    assert_honest(&all.remove("printer").unwrap(), book.lost());
    assert_in_time(book);
    assert!(book.evicted().0 == 0);
    assert!(twin.view(|view, _| view.follows()));
}

#[test]
fn a_crash_loop_reads_run_by_run() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("logrun");
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    let mut twin = Twin::of(&live.kubeconfig);
    twin.open(query("crashing", &namespace));
    let pod = json!({"metadata": {"name": "crashing"}, "spec": spec(40)});
    live.block_on(pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()))
        .unwrap();
    twin.wait_book("three runs were read", |book| {
        total(book) >= 120 && notes(book, NoteKind::Restarted) >= 2
    });
    let book = twin.book();
    assert_in_time(book);
    let mut runs: Vec<Vec<u64>> = Vec::new();
    // What ended a run stands between its last line and the first of the next.
    let mut between = true;
    for entry in book.entries() {
        match entry.kind {
            RowKind::Note(NoteKind::Restarted) => between = true,
            RowKind::Note(_) => {}
            _ => {
                let n = number(entry.text);
                if n == 1 {
                    assert!(between, "run {} begins without a note", runs.len() + 1);
                    runs.push(Vec::new());
                    between = false;
                }
                runs.last_mut().expect("the first line of the first run").push(n);
            }
        }
    }
    let whole: Vec<u64> = (1..=40).collect();
    assert!(runs.len() >= 3, "{runs:?}");
    assert!(runs[..3].iter().all(|run| *run == whole), "{runs:?}");
    assert_eq!(book.lost(), 0);
}

fn deployment(live: &Live, namespace: &str, replicas: u32) -> Api<Deployment> {
    let deployments: Api<Deployment> = Api::namespaced(live.client(), namespace);
    let labels = json!({"app": "printer"});
    let deployment = json!({
        "metadata": {"name": "printer"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": spec(0),
            },
        },
    });
    live.block_on(deployments.create(&PostParams::default(), &serde_json::from_value(deployment).unwrap()))
        .unwrap();
    deployments
}

#[test]
fn pods_of_a_deployment_are_merged_new_ones_are_read_from_their_first_line_and_lines_of_the_dead_stay() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("logmany");
    let deployments = deployment(&live, &namespace, 2);
    let mut twin = Twin::of(&live.kubeconfig);
    twin.open(query("deploy/printer", &namespace));
    let of = |count: usize, least: usize| {
        move |book: &Book| {
            let all = numbers(book);
            all.len() >= count && all.values().filter(|lines| lines.len() >= least).count() >= count
        }
    };
    twin.wait_book("both pods are read", of(2, 40));
    let old: Vec<String> = numbers(twin.book()).into_keys().collect();

    let more = Patch::Merge(json!({"spec": {"replicas": 3}}));
    live.block_on(deployments.patch("printer", &PatchParams::default(), &more)).unwrap();
    twin.wait_book("a third pod is read", of(3, 20));

    let gone = &old[0];
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    let before = numbers(twin.book())[gone].len();
    live.block_on(pods.delete(gone, &DeleteParams::default())).unwrap();
    twin.wait_book("the pod in its place is read", of(4, 20));
    let all = numbers(twin.book());
    assert!(all[gone].len() >= before, "lines of a pod that is gone stay");
    for (pod, lines) in &all {
        assert_honest(lines, 0);
        assert_eq!(lines[0], 1, "{pod} is read from its first line");
    }
    assert_in_time(twin.book());
    let switches = twin
        .book()
        .lines()
        .map(|entry| entry.source)
        .collect::<Vec<_>>()
        .windows(2)
        .filter(|pair| pair[0] != pair[1])
        .count();
    assert!(switches > 20, "{switches}: the lines of several pods stand between each other");
}
