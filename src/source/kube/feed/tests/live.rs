//! The same on a real cluster (`QD_LIVE_KUBECONFIG`): every kind, compared with what the server itself
//! lists and prints. Reads only. Skipped, saying so, where there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

use super::super::request::{Target, open};
use super::super::{Feed, now, spawn};
use super::stub::show;
use crate::config::Kubernetes;
use crate::model::{Body, EnvId, FeedFact, FeedKey, KNOWN, Kind, Known, Object, Scope, Seen, Time, Uid, UsageKey};
use crate::source::kube::{Api, link, table, usage};

const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the cluster, and what keeps it.
async fn connect() -> Option<(Api, watch::Receiver<Option<Api>>, link::LinkHandle)> {
    let Some(path) = std::env::var_os("QD_LIVE_KUBECONFIG") else {
        eprintln!("skipped: QD_LIVE_KUBECONFIG is not set");
        return None;
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings = Kubernetes {
        kubeconfig: vec![path.into()],
        ..Kubernetes::default()
    };
    let (tell, mut facts) = mpsc::channel(16);
    tokio::spawn(async move { while facts.recv().await.is_some() {} });
    let link = link::spawn(EnvId(0), settings, tell);
    let mut apis = link.apis.clone();
    let api = timeout(PATIENCE, apis.wait_for(Option::is_some))
        .await
        .expect("a connection")
        .unwrap()
        .clone();
    Some((api.unwrap(), link.apis.clone(), link))
}

/// The rows of a feed by uid, once it is live.
async fn rows(key: FeedKey, apis: watch::Receiver<Option<Api>>) -> BTreeMap<Uid, Object> {
    let (tell, mut facts) = mpsc::channel(64);
    let _feed = spawn(EnvId(0), key.clone(), apis, tell);
    let mut rows = BTreeMap::new();
    loop {
        let fact = timeout(PATIENCE, facts.recv())
            .await
            .unwrap_or_else(|_| panic!("{key:?} is not live in time"));
        match fact.unwrap().seen {
            Seen::Feed(_, FeedFact::Put(objects)) => rows.extend(objects.into_iter().map(|o| (o.meta.uid, o))),
            Seen::Feed(_, FeedFact::Gone(uids)) => uids.iter().for_each(|uid| drop(rows.remove(uid))),
            Seen::Feed(_, FeedFact::Live) => return rows,
            Seen::Feed(_, FeedFact::Begin | FeedFact::Listed { unreadable: 0 }) => {}
            other => panic!("{key:?}: {other:?}"),
        }
    }
}

/// What the server itself answers.
async fn get(api: &Api, kind: &Kind, accept: &str) -> Value {
    let served = api.served.iter().find(|s| s.kind == *kind).unwrap();
    let mut chunks = open(&api.client, &Target::new(served, &Scope::All), "", accept, "list")
        .await
        .unwrap();
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await.unwrap() {
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).unwrap()
}

fn uids(list: &Value) -> BTreeSet<Uid> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|i| Uid::parse(i["metadata"]["uid"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_every_kind_has_the_rows_that_the_server_lists() {
    let Some((api, apis, _link)) = connect().await else { return };
    let known = KNOWN.iter().map(|k| Kind::Known(k.known));
    let others = api
        .served
        .iter()
        .filter(|s| s.kind.known().is_none() && s.list && s.watch)
        .map(|s| s.kind.clone());
    for kind in known.chain(others) {
        let deadline = Instant::now() + PATIENCE;
        let count = loop {
            let rows = rows(
                FeedKey {
                    kind: kind.clone(),
                    scope: Scope::All,
                },
                apis.clone(),
            )
            .await;
            // The cluster lives: rows may come and go between the two answers, but not for long.
            let wanted = uids(&get(&api, &kind, "application/json").await);
            if rows.keys().copied().collect::<BTreeSet<_>>() == wanted {
                let known = rows
                    .values()
                    .all(|o| o.body.known().is_none_or(|k| kind.is(k)) && o.meta.created.is_known());
                assert!(known, "{kind:?}: {rows:?}");
                break wanted.len();
            }
            assert!(
                Instant::now() < deadline,
                "{kind:?}: {} rows, the server lists {}",
                rows.len(),
                wanted.len()
            );
        };
        eprintln!("{:<50} {count} rows", kind.resource());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_pods_read_as_the_server_prints_them() {
    let Some((api, apis, _link)) = connect().await else { return };
    let kind = Kind::from(Known::Pod);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let rows = rows(
            FeedKey {
                kind: kind.clone(),
                scope: Scope::All,
            },
            apis.clone(),
        )
        .await;
        let printed = get(&api, &kind, table::ACCEPT_ONLY).await;
        let ours: BTreeSet<_> = rows
            .values()
            .map(|o| {
                let pod = o.body.pod().unwrap();
                let (ready, all) = pod.ready();
                format!("{}/{} {ready}/{all} {}", o.meta.namespace, o.meta.name, pod.status)
            })
            .collect();
        let row = |r: &Value| {
            let meta = &r["object"]["metadata"];
            format!(
                "{}/{} {} {}",
                meta["namespace"].as_str().unwrap(),
                meta["name"].as_str().unwrap(),
                r["cells"][1].as_str().unwrap(),
                r["cells"][2].as_str().unwrap()
            )
        };
        let theirs: BTreeSet<_> = printed["rows"].as_array().unwrap().iter().map(row).collect();
        if ours == theirs {
            ours.iter().for_each(|line| eprintln!("{line}"));
            return;
        }
        let differ: Vec<_> = ours.symmetric_difference(&theirs).collect();
        assert!(Instant::now() < deadline, "{differ:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_secrets_come_as_metadata_and_printed_cells() {
    let Some((_, apis, _link)) = connect().await else { return };
    let key = FeedKey {
        kind: Known::Secret.into(),
        scope: Scope::All,
    };
    let rows = rows(key, apis).await;
    assert!(!rows.is_empty());
    for secret in rows.values() {
        let Body::Cells(cells) = &secret.body else { panic!("{secret:?}") };
        let names: Vec<_> = cells.columns.0.iter().map(|c| &*c.name).collect();
        assert_eq!(names, ["Type", "Data", "Age"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_a_version_too_old_is_listed_again() {
    let Some((_, apis, _link)) = connect().await else { return };
    let (tell, mut facts) = mpsc::channel(64);
    let mut feed = Feed::new(
        EnvId(0),
        FeedKey {
            kind: Known::Pod.into(),
            scope: Scope::All,
        },
        apis,
        tell,
    );
    feed.version = Some("1".into());
    let _task = crate::source::Task::spawn(feed.run());
    let mut seen = Vec::new();
    while !seen.contains(&"listed 0".to_owned()) {
        match timeout(PATIENCE, facts.recv()).await.expect("a fact in time").unwrap().seen {
            Seen::Feed(_, FeedFact::Put(_)) => {}
            Seen::Feed(_, fact) => seen.push(show(&fact)),
            other => panic!("{other:?}"),
        }
    }
    seen.retain(|s| s != "live");
    assert_eq!(seen, ["begin", "listed 0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_usage_of_pods_and_nodes() {
    let Some((_, apis, _link)) = connect().await else { return };
    for (key, fallback) in [
        (UsageKey::Nodes, usage::Fallback::None),
        (UsageKey::Pods(Scope::All), usage::Fallback::None),
    ] {
        let (tell, mut facts) = mpsc::channel(4);
        let _task = usage::spawn(EnvId(0), key.clone(), apis.clone(), fallback, tell);
        match timeout(PATIENCE, facts.recv()).await.expect("a fact in time").unwrap().seen {
            Seen::Usage(_, Ok(samples)) => {
                assert!(samples.iter().any(|s| s.total.memory.get() > Some(0)), "{samples:?}");
                assert!(samples.iter().all(|s| s.at == Time::NEVER || s.at.age(now()) < 3600), "{samples:?}");
                eprintln!("{key:?}: {} samples", samples.len());
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Some columns of a row as the server prints them, made from our own fields.
fn printed(object: &Object) -> Vec<(&'static str, String)> {
    let or_none = |text: &str| if text.is_empty() { "<none>".to_owned() } else { text.to_owned() };
    match &object.body {
        Body::Workload(w) => match w.kind {
            Known::Deployment => vec![
                ("Ready", format!("{}/{}", w.ready, w.desired)),
                ("Up-to-date", w.updated.to_string()),
                ("Available", w.available.to_string()),
                ("Images", w.images.join(",")),
            ],
            Known::StatefulSet => vec![("Ready", format!("{}/{}", w.ready, w.desired))],
            Known::ReplicaSet => vec![
                ("Desired", w.desired.to_string()),
                ("Current", w.current.to_string()),
                ("Ready", w.ready.to_string()),
            ],
            _ => vec![
                ("Desired", w.desired.to_string()),
                ("Current", w.current.to_string()),
                ("Up-to-date", w.updated.to_string()),
                ("Available", w.available.to_string()),
                ("Node Selector", or_none(&w.node_selector)),
            ],
        },
        Body::Job(j) => vec![("Completions", format!("{}/{}", j.succeeded, j.completions.unwrap_or(1)))],
        Body::CronJob(c) => vec![
            ("Schedule", c.schedule.to_string()),
            ("Suspend", if c.suspended { "True" } else { "False" }.into()),
            ("Active", c.active.to_string()),
        ],
        Body::Service(s) => vec![("Type", s.kind.to_string()), ("Port(s)", or_none(&s.ports.join(",")))],
        Body::Ingress(i) => vec![("Hosts", i.hosts.join(",")), ("Address", i.addresses.join(","))],
        Body::Claim(c) => vec![
            ("Status", c.phase.to_string()),
            ("Volume", c.volume.to_string()),
            (
                "Access Modes",
                if c.volume.is_empty() { String::new() } else { c.modes.to_string() },
            ),
        ],
        Body::Volume(v) => vec![
            ("Status", v.phase.to_string()),
            ("Claim", v.claim.to_string()),
            ("Access Modes", v.modes.to_string()),
            ("Reclaim Policy", v.reclaim.to_string()),
        ],
        Body::Node(n) => vec![
            ("Roles", or_none(&n.roles)),
            ("Version", n.version.to_string()),
            (
                "OS-Image",
                if n.os_image.is_empty() {
                    "<unknown>".into()
                } else {
                    n.os_image.to_string()
                },
            ),
            ("Internal-IP", or_none(&n.internal_ip)),
        ],
        Body::Namespace(n) => vec![("Status", n.phase.to_string())],
        Body::Autoscaler(h) => vec![
            ("Reference", h.target.to_string()),
            ("MinPods", h.min.to_string()),
            ("MaxPods", h.max.to_string()),
            ("Replicas", h.current.to_string()),
            // `cpu 7%/80%` for the server's `7%/80%`, `?` for its `<unknown>`.
            (
                "Targets",
                h.metrics
                    .iter()
                    .filter_map(|m| m.split_once(' '))
                    .map(|(_, m)| m.replace('?', "<unknown>"))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ],
        Body::DisruptionBudget(b) => vec![("Allowed Disruptions", b.allowed.to_string())],
        Body::ServiceAccount(a) => vec![("Secrets", a.secrets.to_string())],
        Body::Event(e) => vec![
            ("Reason", e.reason.to_string()),
            ("Type", if e.warning { "Warning" } else { "Normal" }.into()),
        ],
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_known_kinds_read_as_the_server_prints_them() {
    let Some((api, apis, _link)) = connect().await else { return };
    for known in KNOWN.iter().map(|k| k.known) {
        let kind = Kind::from(known);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rows = rows(
                FeedKey {
                    kind: kind.clone(),
                    scope: Scope::All,
                },
                apis.clone(),
            )
            .await;
            let table = get(&api, &kind, table::ACCEPT_ONLY).await;
            let place = |name: &str| {
                table["columnDefinitions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .position(|c| c["name"] == name)
            };
            let mut differ = Vec::new();
            for row in table["rows"].as_array().unwrap() {
                let uid = Uid::parse(row["object"]["metadata"]["uid"].as_str().unwrap());
                let Some(object) = rows.get(&uid) else {
                    differ.push(format!("no row for {row}"));
                    continue;
                };
                for (column, ours) in printed(object) {
                    let place = place(column).unwrap_or_else(|| panic!("{kind:?} has no column {column}: {}", table["columnDefinitions"]));
                    let cell = &row["cells"][place];
                    let theirs = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
                    if ours != theirs {
                        differ.push(format!("{} {column}: {ours:?}, the server prints {theirs:?}", object.meta.name));
                    }
                }
            }
            if differ.is_empty() {
                break;
            }
            assert!(Instant::now() < deadline, "{kind:?}: {differ:#?}");
        }
    }
}
