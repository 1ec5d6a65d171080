use std::convert::Infallible;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::watch as cell;

use super::*;
use crate::model::{Kind, Known, ServedKind};

/// A server with one secret: what it is now, and the events of its watch as the test makes them.
#[derive(Clone)]
struct Stub {
    object: Arc<Mutex<Option<Value>>>,
    events: Arc<Mutex<Option<mpsc::Receiver<String>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

fn refused(code: u16, message: &str) -> Response {
    let body = json!({"kind": "Status", "code": code, "message": message});
    (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response()
}

async fn answer(State(stub): State<Stub>, request: Request) -> Response {
    stub.asked.lock().unwrap().push(request.uri().to_string());
    if request.uri().query().is_some_and(|q| q.contains("watch=true")) {
        let Some(events) = stub.events.lock().unwrap().take() else {
            return refused(403, "secrets is forbidden: User \"u\" cannot watch resource \"secrets\"");
        };
        let stream = futures::stream::unfold(events, async |mut events| Some((Ok::<_, Infallible>(events.recv().await?), events)));
        return Body::from_stream(stream).into_response();
    }
    match &*stub.object.lock().unwrap() {
        Some(object) => axum::Json(object.clone()).into_response(),
        None => refused(404, "secrets \"backend\" not found"),
    }
}

fn secret(version: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "backend", "resourceVersion": version, "labels": {"note": "a\u{1b}[2Jb"}},
        "data": {"url": "aHVudGVyMg=="}})
}

struct Bench {
    facts: mpsc::Receiver<Fact>,
    events: mpsc::Sender<String>,
    stub: Stub,
    _apis: cell::Sender<Option<Api>>,
    _task: Task,
}

async fn bench(object: Option<Value>) -> Bench {
    let (events, events_in) = mpsc::channel(4);
    let stub = Stub {
        object: Arc::new(Mutex::new(object)),
        events: Arc::new(Mutex::new(Some(events_in))),
        asked: Arc::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(stub.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = ::kube::Config::new(format!("http://{address}").parse().unwrap());
    let served = ServedKind {
        kind: Known::Secret.into(),
        version: "v1".into(),
        name: "Secret".into(),
        short: Vec::new(),
        namespaced: true,
        list: true,
        watch: true,
    };
    let (apis, apis_in) = cell::channel(Some(Api {
        client: ::kube::Client::try_from(config.clone()).unwrap(),
        writer: ::kube::Client::try_from(config.clone()).unwrap(),
        served: Arc::new(vec![served]),
        minor: 33,
        outages: 0,
    }));
    let (facts_out, facts) = mpsc::channel(4);
    let object = ObjectRef {
        kind: Kind::Known(Known::Secret),
        namespace: "solia".into(),
        name: "backend".into(),
    };
    Bench {
        _task: spawn(EnvId(0), object, apis_in, &Mask::default(), facts_out),
        facts,
        events,
        stub,
        _apis: apis,
    }
}

impl Bench {
    async fn next(&mut self) -> News {
        let fact = tokio::time::timeout(Duration::from_secs(20), self.facts.recv())
            .await
            .expect("a fact in time")
            .unwrap();
        match fact.seen {
            Seen::Document(_, news) => news,
            other => panic!("{other:?}"),
        }
    }

    async fn event(&self, kind: &str, object: Value) {
        let text = json!({"type": kind, "object": object}).to_string() + "\n";
        // In two pieces: events do not arrive whole.
        let (a, b) = text.split_at(text.len() / 2);
        self.events.send(a.to_owned()).await.unwrap();
        self.events.send(b.to_owned()).await.unwrap();
    }
}

#[tokio::test]
async fn an_open_secret_shows_no_value_and_stays_true() {
    let mut bench = bench(Some(secret("5"))).await;
    let first = bench.next().await.unwrap().unwrap();
    let text = first.value.to_string();
    assert!(!text.contains("aHVudGVyMg") && !text.contains("hunter2"), "{text}");
    assert_eq!(first.value["data"]["url"], "•••••• 7 bytes");
    assert_eq!(first.value["metadata"]["labels"]["note"], "a␛[2Jb");

    let mut changed = secret("6");
    changed["data"]["new"] = "QQ==".into();
    bench.event("MODIFIED", changed).await;
    let second = bench.next().await.unwrap().unwrap();
    assert_eq!(second.value["data"]["new"], "•••••• 1 byte");

    bench.event("DELETED", secret("7")).await;
    assert_eq!(bench.next().await, Ok(None));
    bench.event("ADDED", secret("8")).await;
    let again = bench.next().await.unwrap().unwrap();
    assert_eq!(again.value["metadata"]["resourceVersion"], "8");

    let asked = bench.stub.asked.lock().unwrap().clone();
    assert_eq!(asked[0], "/api/v1/namespaces/solia/secrets/backend");
    assert!(
        asked[1].contains("fieldSelector=metadata.name%3Dbackend") && asked[1].contains("resourceVersion=5"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn an_object_that_is_not_there_yet_appears() {
    let mut bench = bench(None).await;
    assert_eq!(bench.next().await, Ok(None));
    bench.event("ADDED", secret("9")).await;
    assert!(bench.next().await.unwrap().is_some());
    let asked = bench.stub.asked.lock().unwrap().clone();
    assert!(!asked[1].contains("resourceVersion"), "{asked:?}");
}

#[tokio::test]
async fn a_version_that_is_too_old_means_looking_again() {
    let mut bench = bench(Some(secret("5"))).await;
    assert!(bench.next().await.unwrap().is_some());
    *bench.stub.object.lock().unwrap() = Some(secret("50"));
    bench
        .event(
            "ERROR",
            json!({"kind": "Status", "code": 410, "message": "too old resource version"}),
        )
        .await;
    let again = bench.next().await.unwrap().unwrap();
    assert_eq!(again.value["metadata"]["resourceVersion"], "50");
}

#[tokio::test]
async fn a_kind_that_is_not_served_is_said_so() {
    let mut bench = bench(Some(secret("5"))).await;
    assert!(bench.next().await.unwrap().is_some());
    bench._apis.send_modify(|api| {
        if let Some(api) = api {
            api.served = Arc::default();
        }
    });
    let problem = bench.next().await.unwrap_err();
    assert_eq!(&*problem.text, "this server has no secrets");
}
