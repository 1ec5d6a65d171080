//! Tails against a small API server that answers request by request.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::watch;

use super::*;
use crate::model::Uid;

type Answer = fn() -> Response;

#[derive(Clone)]
struct Stub {
    /// What is answered, request by request; the last answer stays.
    script: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Requests being answered, and the most of them at once.
    open: Arc<(AtomicUsize, AtomicUsize)>,
}

async fn answer(State(stub): State<Stub>, request: Request) -> Response {
    stub.asked.lock().unwrap().push(request.uri().to_string());
    let open = stub.open.0.fetch_add(1, Ordering::SeqCst) + 1;
    stub.open.1.fetch_max(open, Ordering::SeqCst);
    // Others that may ask have the time to.
    tokio::time::sleep(Duration::from_millis(20)).await;
    stub.open.0.fetch_sub(1, Ordering::SeqCst);
    let mut script = stub.script.lock().unwrap();
    let next = if script.len() > 1 { script.remove(0) } else { script[0] };
    next()
}

fn refused(code: u16, message: &str) -> Response {
    let body = json!({"kind": "Status", "code": code, "message": message});
    (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response()
}

async fn stub(script: &[Answer]) -> (Stub, watch::Sender<Option<Api>>) {
    let stub = Stub {
        script: Arc::new(Mutex::new(script.to_vec())),
        asked: Arc::default(),
        open: Arc::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(stub.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut config = ::kube::Config::new(format!("http://{address}").parse().unwrap());
    config.default_retry = false;
    let api = Api {
        client: ::kube::client::ClientBuilder::try_from(config.clone()).unwrap().build(),
        writer: ::kube::client::ClientBuilder::try_from(config.clone()).unwrap().build(),
        served: Arc::default(),
        minor: 33,
        outages: 0,
    };
    (stub, watch::channel(Some(api)).0)
}

fn key(run: u32, previous: bool) -> TailKey {
    TailKey {
        namespace: "solia".into(),
        pod: "backend".into(),
        uid: Uid(1),
        container: "app".into(),
        run,
        previous,
        look: 0,
    }
}

/// The one thing that is told; then the task must have ended.
async fn told(script: &[Answer], previous: bool) -> (Result<Vec<LogLine>, Problem>, Vec<String>) {
    let (stub, apis) = stub(script).await;
    let (tell, mut facts) = mpsc::channel(4);
    let _task = spawn(
        EnvId(0),
        key(3, previous),
        apis.subscribe(),
        Turns::default(),
        Mask::default(),
        tell,
    );
    let mut next = async || tokio::time::timeout(Duration::from_secs(20), facts.recv()).await.expect("in time");
    let Some(Seen::Tail(about, lines)) = next().await.map(|fact| fact.seen) else {
        panic!("no tail")
    };
    assert_eq!(about, key(3, previous));
    assert!(next().await.is_none(), "it is told once");
    let asked = stub.asked.lock().unwrap().clone();
    (lines, asked)
}

#[tokio::test]
async fn the_last_lines_are_told_once_and_harmless() {
    let script: [Answer; 1] = [|| {
        Body::from("2026-11-23T04:00:00Z password=hunter2\n2026-11-23T04:00:01Z \u{1b}[31mpanic\u{1b}[0m: no\u{7} database").into_response()
    }];
    for previous in [false, true] {
        let (lines, asked) = told(&script, previous).await;
        let lines: Vec<_> = lines.unwrap().iter().map(|l| l.text.to_string()).collect();
        assert_eq!(lines, ["password=••••••", "panic: no␇ database"]);
        let wanted = "/api/v1/namespaces/solia/pods/backend/log?container=app&tailLines=40&limitBytes=65536&timestamps=true";
        assert_eq!(asked, [format!("{wanted}{}", if previous { "&previous=true" } else { "" })]);
    }
}

#[tokio::test]
async fn a_log_that_is_not_there_is_told_as_such_and_not_asked_for_again() {
    let table: [(Answer, &str); 6] = [
        (
            || Body::from("unable to retrieve container logs for containerd://0a1b").into_response(),
            "unable to retrieve container logs for containerd://0a1b",
        ),
        (
            || refused(400, "previous terminated container \"app\" in pod \"backend\" not found"),
            "no previous run of container app",
        ),
        (
            || refused(400, "container \"app\" in pod \"backend\" is waiting to start"),
            "is waiting to start",
        ),
        (|| refused(404, "pods \"backend\" not found"), "there is no pod backend"),
        (
            || refused(404, "the requested file does not exist"),
            "the requested file does not exist",
        ),
        (
            || {
                refused(
                    403,
                    "pods \"backend\" is forbidden: User \"u\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"solia\"",
                )
            },
            "may not get pods/log in namespace solia",
        ),
    ];
    for (answer, want) in table {
        let (lines, asked) = told(&[answer], true).await;
        let problem = lines.unwrap_err();
        assert!(problem.text.contains(want), "{want}: {problem}");
        assert_eq!(asked.len(), 1, "{want}");
    }
}

#[tokio::test]
async fn trouble_on_the_way_is_waited_out() {
    let script: [Answer; 2] = [
        || refused(500, "dial tcp 10.0.0.7:10250: i/o timeout"),
        || Body::from("2026-11-23T04:00:00Z the end\n").into_response(),
    ];
    let (lines, asked) = told(&script, false).await;
    assert_eq!((lines.unwrap().len(), asked.len()), (1, 2));
}

#[tokio::test]
async fn without_a_connection_it_waits_for_one_and_of_many_only_a_few_ask_at_once() {
    let (stub, apis) = stub(&[|| Body::from("2026-11-23T04:00:00Z the end\n").into_response()]).await;
    let api = apis.send_replace(None);
    let (tell, mut facts) = mpsc::channel(32);
    let turns = Turns::default();
    let tasks: Vec<_> = (0..12)
        .map(|run| {
            spawn(
                EnvId(0),
                key(run, false),
                apis.subscribe(),
                turns.clone(),
                Mask::default(),
                tell.clone(),
            )
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(facts.try_recv().is_err());
    apis.send_replace(api);
    for _ in 0..tasks.len() {
        let fact = tokio::time::timeout(Duration::from_secs(20), facts.recv())
            .await
            .expect("in time")
            .unwrap();
        assert!(matches!(fact.seen, Seen::Tail(_, Ok(_))));
    }
    assert_eq!(stub.open.1.load(Ordering::SeqCst), AT_ONCE);
}
