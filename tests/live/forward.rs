//! Port-forwards to pods of a real cluster: HTTP, PostgreSQL, and pods that go.

use std::time::Duration;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, DeleteParams, PostParams};
use quarterdeck::action::{Verb, kubectl};
use quarterdeck::config::Kubernetes;
use quarterdeck::execute::forward::{ForwardId, ForwardSeen, ForwardSpec, ForwardState, Forwards};
use quarterdeck::model::EnvId;
use quarterdeck::source::kube::link::{self, LinkHandle};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{Access, Live, Sharing, begin};

/// How long a pod may take to come, and a connection to be answered.
const PATIENCE: Duration = Duration::from_secs(90);

/// Forwards over a connection of their own.
struct Lines {
    forwards: Forwards,
    link: LinkHandle,
}

impl Lines {
    fn of(live: &Live) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let settings = Kubernetes {
            kubeconfig: vec![live.kubeconfig.clone()],
            ..Kubernetes::default()
        };
        let link = live.block_on(async {
            let (tell, mut facts) = mpsc::channel(64);
            tokio::spawn(async move { while facts.recv().await.is_some() {} });
            link::spawn(EnvId(0), settings, tell)
        });
        Self {
            forwards: Forwards::new(),
            link,
        }
    }

    fn start(&mut self, live: &Live, namespace: &str, line: &str) -> ForwardId {
        let action = kubectl::parse(&format!("kubectl port-forward {line}")).unwrap();
        let Verb::PortForward(forward) = &action.verb else {
            panic!("{line}")
        };
        let spec = ForwardSpec::of(forward, "live", namespace).unwrap();
        live.block_on(async { self.forwards.start(spec, self.link.apis.clone()) }).unwrap()
    }

    #[track_caller]
    fn until(&self, live: &Live, id: ForwardId, what: &str, holds: impl Fn(&ForwardSeen) -> bool) -> ForwardSeen {
        let deadline = Instant::now() + PATIENCE;
        let mut changes = self.forwards.changes();
        loop {
            let seen = self.forwards.get(id).unwrap();
            if holds(&seen) {
                return seen;
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}: {seen:#?}");
            // Numbers ring no bell.
            let _ = live.block_on(async { timeout(Duration::from_millis(50), changes.changed()).await });
        }
    }

    #[track_caller]
    fn listening(&self, live: &Live, id: ForwardId) -> ForwardSeen {
        self.until(live, id, "it listens", |seen| seen.state == ForwardState::Listening)
    }
}

/// A page over a connection of its own, the head and all.
async fn page(seen: &ForwardSeen, path: &str) -> std::io::Result<String> {
    let exchange = async {
        let mut stream = TcpStream::connect(seen.ports[0].local).await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    };
    timeout(PATIENCE, exchange).await.expect("an answer in time")
}

/// A deployment `web` whose pods answer with their names, and a service for it.
pub fn web(live: &Live, namespace: &str) {
    let script = "mkdir /www && hostname > /www/name && exec httpd -f -p 8080 -h /www";
    let container = json!({"name": "web", "image": "solia.local/busybox:1.35", "command": ["sh", "-c", script],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/name", "port": 8080}, "periodSeconds": 1}});
    let deployment = json!({"metadata": {"name": "web"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"terminationGracePeriodSeconds": 1,
            // A new namespace has no token of its own for a moment.
            "automountServiceAccountToken": false, "containers": [container]}}}});
    let service = json!({"metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "main", "port": 80, "targetPort": "http"}]}});
    let (deployments, services): (Api<Deployment>, Api<Service>) =
        (Api::namespaced(live.client(), namespace), Api::namespaced(live.client(), namespace));
    live.block_on(async {
        let how = PostParams::default();
        deployments
            .create(&how, &serde_json::from_value(deployment).unwrap())
            .await
            .unwrap();
        services.create(&how, &serde_json::from_value(service).unwrap()).await.unwrap();
    });
}

#[test]
fn forwards_carry_http_and_follow_to_the_next_pod() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("forward");
    web(&live, &namespace);
    let mut lines = Lines::of(&live);
    let service = lines.start(&live, &namespace, "svc/web :main");
    let workload = lines.start(&live, &namespace, "deploy/web :http");
    let first = lines.listening(&live, service);
    let pod = first.pod.clone().unwrap();
    lines.listening(&live, workload);
    let named = lines.start(&live, &namespace, &format!("{pod} :8080"));
    let all = [service, workload, named];
    for id in all {
        let seen = lines.listening(&live, id);
        let answer = live.block_on(page(&seen, "/name")).unwrap();
        assert!(answer.ends_with(&format!("\r\n\r\n{pod}\n")), "{answer}");
    }
    // Several at once on one forward, each with an answer of its own.
    let seen = lines.listening(&live, service);
    let answers = live.block_on(futures::future::join_all((0..20).map(|_| page(&seen, "/name"))));
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().is_ok_and(|text| text.ends_with(&format!("{pod}\n"))))
    );
    let seen = lines.until(&live, service, "all have ended", |seen| seen.open == 0);
    assert_eq!((seen.total, seen.last_error), (21, None));

    let probed = live.block_on(lines.forwards.probe(service).unwrap());
    assert!(matches!(probed.as_slice(), [(8080, Ok(_))]), "{probed:?}");

    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    live.block_on(pods.delete(&pod, &DeleteParams::default())).unwrap();
    for id in all {
        let seen = lines.listening(&live, id);
        // The one that goes may answer once more, and the next may need longer than a client is kept waiting.
        let deadline = Instant::now() + PATIENCE;
        let answer = loop {
            match live.block_on(page(&seen, "/name")) {
                Ok(answer) if answer.contains("200 OK") && !answer.ends_with(&format!("{pod}\n")) => break answer,
                other => assert!(Instant::now() < deadline, "{other:?}"),
            }
        };
        let after = lines.listening(&live, id);
        let next = after.pod.clone().unwrap();
        assert_ne!(next, pod);
        assert!(answer.ends_with(&format!("\r\n\r\n{next}\n")), "{answer}");
        assert_eq!(after.moves, 1, "{after:?}");
    }
    let note = lines.forwards.get(named).unwrap().note.unwrap();
    assert!(note.starts_with(&format!("{pod} is gone; web-")), "{note}");
}

#[test]
fn what_no_container_listens_on_is_told() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("forwardno");
    web(&live, &namespace);
    let mut lines = Lines::of(&live);
    let id = lines.start(&live, &namespace, "deploy/web :4");
    let seen = lines.listening(&live, id);
    assert!(
        live.block_on(page(&seen, "/")).is_err(),
        "half an answer must not look like a whole one"
    );
    let seen = lines.until(&live, id, "it is told", |seen| seen.last_error.is_some());
    let (_, problem) = seen.last_error.unwrap();
    assert!(
        problem
            .text
            .starts_with("connection refused: nothing listens on port 4 in pod web-"),
        "{problem}"
    );
    let probed = live.block_on(lines.forwards.probe(id).unwrap());
    assert!(matches!(probed.as_slice(), [(4, Err(_))]), "{probed:?}");
}

/// A message of PostgreSQL's protocol: its letter, and what it says.
async fn message(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let letter = stream.read_u8().await?;
    let length = usize::try_from(stream.read_u32().await?).unwrap();
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await?;
    Ok((letter, body))
}

/// Asks a database as a client does, and leaves; the first value of the first row.
async fn ask(seen: &ForwardSeen, query: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(seen.ports[0].local).await?;
    // SSLRequest.
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await?;
    assert_eq!(stream.read_u8().await?, b'N', "this one has no TLS");
    let startup = b"\x00\x03\x00\x00user\0postgres\0database\0postgres\0\0";
    stream.write_u32(u32::try_from(startup.len() + 4).unwrap()).await?;
    stream.write_all(startup).await?;
    let (mut value, mut asked) = (String::new(), false);
    loop {
        match message(&mut stream).await? {
            // It may still be starting up.
            (b'E', body) => return Err(std::io::Error::other(String::from_utf8_lossy(&body).into_owned())),
            (b'D', body) => value = String::from_utf8_lossy(&body[6..]).into_owned(),
            (b'Z', _) if !asked => {
                asked = true;
                stream.write_u8(b'Q').await?;
                stream.write_u32(u32::try_from(query.len() + 5).unwrap()).await?;
                stream.write_all(query.as_bytes()).await?;
                stream.write_u8(0).await?;
            }
            (b'Z', _) => break,
            _ => {}
        }
    }
    stream.write_all(&[b'X', 0, 0, 0, 4]).await?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    assert!(rest.is_empty(), "{rest:?}");
    Ok(value)
}

/// A stateful set `db` of one database, which trusts whoever comes from its own pod, and a service for it.
fn database(live: &Live, namespace: &str) {
    let script = "initdb -A trust -U postgres -D /tmp/db >/dev/null && exec postgres -D /tmp/db -k /tmp";
    let container = json!({"name": "db", "image": "solia.local/postgres:15", "command": ["sh", "-c", script],
        "ports": [{"name": "pg", "containerPort": 5432}],
        "readinessProbe": {"exec": {"command": ["pg_isready", "-h", "127.0.0.1"]}, "periodSeconds": 1}});
    let set = json!({"metadata": {"name": "db"}, "spec": {"serviceName": "db", "replicas": 1, "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"terminationGracePeriodSeconds": 1,
            // A new namespace has no token of its own for a moment.
            "automountServiceAccountToken": false, "containers": [container]}}}});
    let service = json!({"metadata": {"name": "db"},
        "spec": {"clusterIP": "None", "selector": {"app": "db"}, "ports": [{"name": "pg", "port": 5432}]}});
    let (sets, services): (Api<StatefulSet>, Api<Service>) =
        (Api::namespaced(live.client(), namespace), Api::namespaced(live.client(), namespace));
    live.block_on(async {
        let how = PostParams::default();
        sets.create(&how, &serde_json::from_value(set).unwrap()).await.unwrap();
        services.create(&how, &serde_json::from_value(service).unwrap()).await.unwrap();
    });
}

#[test]
fn a_database_is_asked_through_forwards_and_through_the_pod_that_comes_next() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("forwarddb");
    database(&live, &namespace);
    let mut lines = Lines::of(&live);
    let ready = |seen: &ForwardSeen| seen.state == ForwardState::Listening && seen.note.is_none();
    let service = lines.start(&live, &namespace, "svc/db :pg");
    lines.until(&live, service, "the pod runs", |seen| seen.state == ForwardState::Listening);
    let query = "select repeat('x', 100000) || 41 + 1";
    for line in ["svc/db :pg", "sts/db :5432", "db-0 :pg"] {
        let id = lines.start(&live, &namespace, line);
        let seen = lines.listening(&live, id);
        assert_eq!((seen.pod.as_deref(), seen.ports[0].remote), (Some("db-0"), Some(5432)));
        let value = live.block_on(answered(&seen, query));
        assert_eq!((value.len(), &value[100_000..]), (100_002, "42"));
        let seen = lines.until(&live, id, "it has ended", |seen| seen.open == 0);
        assert!(seen.received > 100_000 && seen.sent > 50, "{seen:?}");
        if line != "db-0 :pg" {
            lines.forwards.stop(id);
            continue;
        }
        // A stateful set's pod comes back under its name, and is waited for.
        let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
        let uid = live.block_on(pods.delete("db-0", &DeleteParams::default())).unwrap();
        let uid = uid.left().and_then(|pod| pod.metadata.uid).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while live
            .block_on(pods.get_opt("db-0"))
            .unwrap()
            .is_none_or(|pod| pod.metadata.uid.as_ref() == Some(&uid))
        {
            assert!(Instant::now() < deadline, "no other pod came");
        }
        assert_eq!(live.block_on(answered(&seen, "select 6 * 7")), "42");
        let after = lines.until(&live, id, "it is ready", ready);
        assert_eq!((after.pod.as_deref(), after.moves), (Some("db-0"), 0));
    }
}

/// The answer, as soon as the database gives one.
async fn answered(seen: &ForwardSeen, query: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match timeout(PATIENCE, ask(seen, query)).await.expect("an answer in time") {
            Ok(value) => return value,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    }
}
