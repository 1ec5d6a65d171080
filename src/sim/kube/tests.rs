//! The face as a whole, asked without a network, before a world whose containers ran.

use std::sync::Arc;

use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::sim::clock::{Clock, Pace};
use crate::sim::face::Scheme;
use crate::sim::face::Server;
use crate::sim::world::{Ending, Life, Run, World};

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// A face before an empty world of this life, with an administrator (token `admin`) and a reader (token `viewer`).
fn kube(life: Life, version: Version) -> Arc<Kube> {
    let clock = Arc::new(Clock::new(start(), Pace::Steps));
    let world = Arc::new(SharedWorld::new(World::new(1, start(), life), clock));
    let doors = Doors::default().with("admin", Identity::admin()).with("viewer", Identity::viewer());
    Kube::new(world, version, doors)
}

struct Client {
    server: Server<Kube>,
    client: reqwest::Client,
}

impl Client {
    async fn of(kube: &Arc<Kube>) -> Self {
        Self {
            server: Server::start(Arc::clone(kube), 0, Scheme::Http).await.unwrap(),
            client: reqwest::Client::new(),
        }
    }

    async fn send(&self, method: &str, path: &str, token: &str) -> (u16, String) {
        let method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.server.url()));
        let reply = request.bearer_auth(token).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.send("GET", path, "admin").await
    }

    async fn message(&self, method: &str, path: &str, token: &str) -> (u16, String) {
        let (code, text) = self.send(method, path, token).await;
        let status: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (status["kind"].as_str(), status["code"].as_u64()),
            (Some("Status"), Some(u64::from(code)))
        );
        (code, status["message"].as_str().unwrap_or_default().to_owned())
    }
}

#[tokio::test]
async fn a_reader_is_refused_in_a_servers_words_and_a_stranger_is_not_let_in() {
    let kube = kube(Life::Still, Version::V1_36);
    let client = Client::of(&kube).await;
    assert_eq!(client.send("GET", "/api/v1/pods", "viewer").await.0, 200);
    for (method, path, words) in [
        (
            "GET",
            "/api/v1/namespaces/shop/secrets",
            "secrets is forbidden: User \"viewer\" cannot list resource \"secrets\" in API group \"\" in the namespace \"shop\"",
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/shop/deployments/web",
            "deployments.apps \"web\" is forbidden: User \"viewer\" cannot delete resource \"deployments\" in API group \"apps\" in the namespace \"shop\"",
        ),
        (
            "GET",
            "/api/v1/namespaces/shop/pods/a/exec",
            "pods \"a\" is forbidden: User \"viewer\" cannot get resource \"pods/exec\" in API group \"\" in the namespace \"shop\"",
        ),
        (
            "PATCH",
            "/api/v1/nodes/n1",
            "nodes \"n1\" is forbidden: User \"viewer\" cannot patch resource \"nodes\" in API group \"\" at the cluster scope",
        ),
    ] {
        assert_eq!(client.message(method, path, "viewer").await, (403, words.to_owned()));
    }
    assert_eq!(
        client.message("GET", "/api/v1/pods", "stranger").await,
        (401, "Unauthorized".to_owned())
    );
}

#[tokio::test]
async fn what_nobody_knows_is_refused_and_counted() {
    let kube = kube(Life::Still, Version::V1_36);
    let client = Client::of(&kube).await;
    let lost = (404, "the server could not find the requested resource".to_owned());
    assert_eq!(client.message("GET", "/api/v1/things", "admin").await, lost);
    assert_eq!(client.message("GET", "/apis/apps/v9/deployments", "admin").await, lost);
    assert_eq!(
        client.get("/apis/nobody.io/v1/things").await,
        (404, "404 page not found\n".to_owned())
    );
    for (method, path) in [
        ("POST", "/api/v1/pods"),
        ("PUT", "/api/v1/namespaces/shop/pods"),
        ("POST", "/version"),
    ] {
        let words = "the server does not allow this method on the requested resource";
        assert_eq!(client.message(method, path, "admin").await, (405, words.to_owned()));
    }
    client.get("/api/v1/things").await;
    assert_eq!(
        kube.desk().unknown(),
        [
            ("GET /api/v1/things".to_owned(), 2),
            ("GET /apis/apps/v9/deployments".to_owned(), 1),
            ("GET /apis/nobody.io/v1/things".to_owned(), 1),
            ("POST /api/v1/pods".to_owned(), 1),
            ("POST /version".to_owned(), 1),
            ("PUT /api/v1/namespaces/shop/pods".to_owned(), 1),
        ]
    );
}

#[tokio::test]
async fn a_long_list_is_told_in_chunks_and_reads_as_json_in_every_shape() {
    let kube = kube(Life::Still, Version::V1_36);
    kube.world.change(|world| {
        for n in 0..600 {
            let name = format!("p{n:04}");
            world.put(
                "pods",
                json!({"metadata": {"namespace": "shop", "name": name, "annotations": {"blob": "x".repeat(2000)}}, "spec": {"containers": []}, "status": {}}),
            );
        }
    });
    let client = Client::of(&kube).await;
    for (accept, rows) in [
        ("application/json", "items"),
        ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "items"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io", "rows"),
    ] {
        let request = client.client.get(format!("{}/api/v1/pods", client.server.url()));
        let reply = request.bearer_auth("admin").header("accept", accept).send().await.unwrap();
        let list: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
        assert_eq!(list[rows].as_array().map(Vec::len), Some(600), "{accept}");
    }
    let (code, page) = client.get("/api/v1/pods?limit=10&fieldSelector=metadata.name!%3Dp0000").await;
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(
        (
            code,
            page["items"][0]["metadata"]["name"].as_str(),
            &page["metadata"]["remainingItemCount"]
        ),
        (200, Some("p0001"), &Value::Null),
        "with a selector nobody counts what is left"
    );
    let then = page["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    kube.world.change(|world| {
        let key = world.store.get("pods", "shop", "p0001").map(|pod| pod.key.clone()).unwrap();
        world.store.remove(&key, world.now());
    });
    let (_, exact) = client
        .get(&format!("/api/v1/pods?resourceVersion={then}&resourceVersionMatch=Exact"))
        .await;
    assert_eq!(
        serde_json::from_str::<Value>(&exact).unwrap()["items"].as_array().map(Vec::len),
        Some(600)
    );
}

/// A pod whose only container ended once with last words, and now waits (`state`) or runs.
fn pod_with_runs(kube: &Kube, state: &Value, restarted: bool) {
    kube.world.change(|world| {
        let began = start() - SignedDuration::from_mins(10);
        let last = json!({"terminated": {"containerID": "containerd://1", "exitCode": 1}});
        let pod = world.put(
            "pods",
            json!({"metadata": {"namespace": "shop", "name": "a"}, "spec": {"nodeName": "n1", "containers": [{"name": "app"}]},
                "status": {"phase": "Running", "containerStatuses": [{"name": "app", "containerID": "containerd://2", "state": state, "lastState": last}]}}),
        );
        for (id, minute) in [("containerd://1", 0), ("containerd://2", 5)].into_iter().take(1 + usize::from(restarted)) {
            let started = began + SignedDuration::from_mins(minute);
            let ended = started + SignedDuration::from_mins(1);
            world.runs.start(
                &pod.uid,
                "app",
                Run {
                    id: id.to_owned(),
                    image: Arc::from("nobody/knows:1"),
                    place: Arc::default(),
                    started,
                    ended: (id == "containerd://1" || !restarted).then_some(Ending {
                        at: ended,
                        code: 1,
                        reason: "Error",
                    }),
                    said: vec![(started, format!("hello from {id}").into()), (ended, format!("last words of {id}").into())],
                },
            );
        }
    });
}

#[tokio::test]
async fn the_log_of_a_living_pod_is_that_of_the_run_which_its_status_names() {
    let running = json!({"running": {"startedAt": "2027-01-15T08:00:00Z"}});
    let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
    const LOG: &str = "/api/v1/namespaces/shop/pods/a/log";
    for (state, restarted, query, expected) in [
        (&running, true, "", "containerd://2"),
        (&running, true, "?previous=true", "containerd://1"),
        (&waiting, false, "", "containerd://1"),
        (&waiting, false, "?previous=true", "containerd://1"),
    ] {
        let kube = kube(Life::Alive, Version::V1_36);
        pod_with_runs(&kube, state, restarted);
        let client = Client::of(&kube).await;
        let (code, text) = client.get(&format!("{LOG}{query}")).await;
        assert_eq!(code, 200);
        let said: Vec<&str> = text.lines().filter(|line| line.contains("containerd://")).collect();
        assert!(
            said.iter().all(|line| line.ends_with(expected)) && said.len() == 2,
            "{query}: {text}"
        );
        let (_, last) = client
            .get(&format!(
                "{LOG}{query}{}tailLines=1&limitBytes=10",
                if query.is_empty() { "?" } else { "&" }
            ))
            .await;
        assert_eq!(last, "last words");
    }
}

#[tokio::test]
async fn a_container_that_never_ran_says_why_it_has_no_log() {
    let kube = kube(Life::Alive, Version::V1_36);
    let client = Client::of(&kube).await;
    let log = "/api/v1/namespaces/shop/pods/a/log";
    for (spec, statuses, code, words) in [
        (
            json!({"nodeName": "n1", "containers": [{"name": "app"}]}),
            json!([{"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff"}}, "lastState": {}}]),
            400,
            "container \"app\" in pod \"a\" is waiting to start: trying and failing to pull image",
        ),
        (
            json!({"nodeName": "n1", "containers": [{"name": "app"}]}),
            json!([{"name": "app", "state": {"waiting": {"reason": "PodInitializing"}}, "lastState": {}}]),
            400,
            "container \"app\" in pod \"a\" is waiting to start: PodInitializing",
        ),
        (
            json!({"nodeName": "n1", "containers": [{"name": "app"}]}),
            json!([]),
            400,
            "container \"app\" in pod \"a\" is not available",
        ),
        (
            json!({"nodeName": "n1", "containers": [{"name": "app"}, {"name": "side"}], "initContainers": [{"name": "init"}]}),
            json!([]),
            400,
            "a container name must be specified for pod a, choose one of: [app side] or one of the init containers: [init]",
        ),
    ] {
        kube.world.change(|world| {
            world.put(
                "pods",
                json!({"metadata": {"namespace": "shop", "name": "a"}, "spec": spec, "status": {"containerStatuses": statuses}}),
            );
        });
        assert_eq!(client.message("GET", log, "admin").await, (code, words.to_owned()));
    }
    kube.world.change(|world| {
        world.put(
            "pods",
            json!({"metadata": {"namespace": "shop", "name": "a"}, "spec": {"containers": [{"name": "app"}]}, "status": {}}),
        );
    });
    assert_eq!(client.get(log).await, (204, String::new()), "a pod without a node has no log");
    for (query, words) in [
        ("tailLines=x", "strconv.ParseInt: parsing \"x\": invalid syntax"),
        (
            "limitBytes=0",
            "PodLogOptions \"a\" is invalid: limitBytes: Invalid value: 0: must be greater than 0",
        ),
    ] {
        assert_eq!(client.message("GET", &format!("{log}?{query}"), "admin").await.1, words);
    }
}

#[tokio::test]
async fn a_node_that_is_silent_tells_neither_logs_nor_usage() {
    let kube = kube(Life::Alive, Version::V1_36);
    pod_with_runs(&kube, &json!({"running": {}}), true);
    let node = |ready: &str| {
        json!({"metadata": {"name": "n1"}, "spec": {}, "status": {"conditions": [{"type": "Ready", "status": ready}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.11"}]}})
    };
    let client = Client::of(&kube).await;
    let metrics = "/apis/metrics.k8s.io/v1beta1";
    for (ready, count, code) in [("True", 1, 200), ("Unknown", 0, 500)] {
        kube.world.change(|world| world.put("nodes", node(ready)));
        for list in ["nodes", "namespaces/shop/pods"] {
            let (_, text) = client.get(&format!("{metrics}/{list}")).await;
            let list: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{text}");
        }
        assert_eq!(client.get("/api/v1/namespaces/shop/pods/a/log").await.0, code);
    }
    let words = "Get \"https://10.0.0.11:10250/containerLogs/shop/a/app\": dial tcp 10.0.0.11:10250: connect: no route to host";
    assert_eq!(client.message("GET", "/api/v1/namespaces/shop/pods/a/log", "admin").await.1, words);
}

#[test]
fn access_reviews_hear_of_faults_that_forbid() {
    let kube = kube(Life::Still, Version::V1_36);
    let ask = Ask {
        verb: "list",
        resource: "pods",
        ..Ask::default()
    };
    assert!(kube.allowed(&Identity::admin(), &ask));
    let route = crate::sim::face::Route::resource("pods").lists();
    kube.desk().fault(route, crate::sim::face::Fault::Status(403, "Forbidden"));
    assert!(!kube.allowed(&Identity::admin(), &ask));
    assert!(kube.allowed(&Identity::admin(), &Ask { verb: "get", ..ask }));
    // A request that nobody made is not a request.
    let probe = Request::of("GET", "/api/v1/pods", "", HeaderMap::new());
    assert!(kube.desk().requests().is_empty() && kube.subject(&probe).resource.as_deref() == Some("pods"));
}
