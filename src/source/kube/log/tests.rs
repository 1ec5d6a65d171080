//! The log against a small API server that misbehaves as real ones do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::model::LogFrom;

/// What the stub answers, request by request; the last answer stays.
type Script = Arc<Mutex<Vec<fn() -> Response>>>;

#[derive(Clone)]
struct Stub {
    log: Script,
    pod: Arc<Mutex<Value>>,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(stub): State<Stub>, request: Request) -> Response {
    if !request.uri().path().ends_with("/log") {
        return axum::Json(stub.pod.lock().unwrap().clone()).into_response();
    }
    stub.asked
        .lock()
        .unwrap()
        .push(request.uri().query().unwrap_or_default().to_owned());
    let mut script = stub.log.lock().unwrap();
    let next = if script.len() > 1 { script.remove(0) } else { script[0] };
    next()
}

fn refused(code: u16, message: &str) -> Response {
    let body = json!({"kind": "Status", "code": code, "message": message});
    (StatusCode::from_u16(code).unwrap(), axum::Json(body)).into_response()
}

/// A stream of these pieces that then breaks off without an end.
fn cut(pieces: &[&str]) -> Response {
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = pieces.iter().map(|p| Ok(p.as_bytes().to_vec())).collect();
    let broken = futures::stream::once(async {
        // The pieces must be on their way before the connection goes.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::other("cut"))
    });
    let stream = futures::StreamExt::chain(futures::stream::iter(pieces), broken);
    Body::from_stream(stream).into_response()
}

struct Bench {
    facts: mpsc::Receiver<Fact>,
    stub: Stub,
    _apis: watch::Sender<Option<Api>>,
    _task: Task,
}

fn running() -> Value {
    json!({"spec": {"containers": [{"name": "first"}, {"name": "app"}]},
        "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "app"}},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "state": {"running": {}}}]}})
}

fn finished() -> Value {
    json!({"status": {"phase": "Succeeded"}})
}

async fn bench(script: &[fn() -> Response], pod: Value, change: impl FnOnce(&mut LogKey)) -> Bench {
    bench_with(Turns::new(false), script, pod, change).await
}

async fn bench_with(turns: Turns, script: &[fn() -> Response], pod: Value, change: impl FnOnce(&mut LogKey)) -> Bench {
    let stub = Stub {
        log: Arc::new(Mutex::new(script.to_vec())),
        pod: Arc::new(Mutex::new(pod)),
        asked: Arc::default(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(stub.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = ::kube::Config::new(format!("http://{address}").parse().unwrap());
    let api = Api {
        client: ::kube::Client::try_from(config.clone()).unwrap(),
        writer: ::kube::Client::try_from(config.clone()).unwrap(),
        served: Arc::default(),
        minor: 33,
        outages: 0,
    };
    let mut key = LogKey {
        namespace: "solia".into(),
        pod: "backend".into(),
        container: "app".into(),
        previous: false,
        from: LogFrom::Start,
    };
    change(&mut key);
    let (apis, apis_in) = watch::channel(Some(api));
    let (facts_out, facts) = mpsc::channel(4);
    Bench {
        _task: spawn(EnvId(0), key, apis_in, turns, &Mask::default(), facts_out),
        facts,
        stub,
        _apis: apis,
    }
}

impl Bench {
    async fn next(&mut self) -> Option<LogFact> {
        let fact = tokio::time::timeout(Duration::from_secs(20), self.facts.recv())
            .await
            .expect("a fact in time")?;
        match fact.seen {
            Seen::Log(_, news) => Some(news),
            other => panic!("{other:?}"),
        }
    }

    /// All lines until the log is over, and the last thing told.
    async fn all(&mut self) -> (Vec<String>, Option<LogFact>) {
        let (mut lines, mut last) = (Vec::new(), None);
        while let Some(news) = self.next().await {
            match news {
                LogFact::Lines(new) => lines.extend(new.iter().map(|l| l.text.to_string())),
                other => last = Some(other),
            }
        }
        (lines, last)
    }
}

const T: &str = "2026-11-23T04:00:00.000000001Z";

#[tokio::test]
async fn a_log_that_breaks_mid_line_goes_on_with_nothing_lost_or_doubled() {
    let script: [fn() -> Response; 3] = [
        || cut(&[&format!("{T} a\n{T} same\n{T} same\n2026-11-23T04:00:00.5Z half of")]),
        // The server begins again at the whole second: what was sent, one more `same`, the half line whole.
        || {
            cut(&[
                &format!("{T} a\n{T} same\n{T} same\n{T} same\n2026-11-23T04:00:00.5Z half "),
                "of a line\n",
            ])
        },
        || {
            Body::from(format!(
                "{T} a\n{T} same\n{T} same\n{T} same\n2026-11-23T04:00:00.5Z half of a line\n2026-11-23T04:00:02Z the end"
            ))
            .into_response()
        },
    ];
    let mut bench = bench(&script, finished(), |_| {}).await;
    let (lines, last) = bench.all().await;
    assert_eq!(lines, ["a", "same", "same", "same", "half of a line", "the end"]);
    assert_eq!(last, Some(LogFact::Ended));
    let asked = bench.stub.asked.lock().unwrap().clone();
    assert!(!asked[0].contains("sinceTime"), "{asked:?}");
    assert!(
        asked[1..].iter().all(|q| q.contains("sinceTime=2026-11-23T04%3A00%3A00Z")),
        "{asked:?}"
    );
}

/// A stream of this text that stays open, and tells nothing more.
fn hung(text: &str) -> Response {
    let first = futures::stream::once(futures::future::ready(Ok::<_, std::io::Error>(text.as_bytes().to_vec())));
    Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending())).into_response()
}

/// Turns in which silence is looked into at once.
fn impatient() -> Turns {
    Turns {
        stall: Duration::from_millis(50),
        ..Turns::new(false)
    }
}

/// The log with its newest line alone, as it is asked for where a stream is silent.
fn looks(bench: &Bench) -> usize {
    let asked = bench.stub.asked.lock().unwrap();
    asked
        .iter()
        .filter(|query| query.contains("tailLines=1&") && !query.contains("follow"))
        .count()
}

#[tokio::test]
async fn a_stream_that_is_silent_while_the_log_goes_on_is_opened_again() {
    let script: [fn() -> Response; 4] = [
        || hung(&format!("{T} before the rotation\n")),
        // The kubelet follows the old file; the new one has this by now.
        || "2026-11-23T04:00:09Z after\n".into_response(),
        || {
            hung(&format!(
                "{T} before the rotation\n2026-11-23T04:00:05Z while nobody saw\n2026-11-23T04:00:09Z after\n"
            ))
        },
        || "2026-11-23T04:00:09Z after\n".into_response(),
    ];
    let mut bench = bench_with(impatient(), &script, running(), |_| {}).await;
    let (mut lines, mut notes) = (Vec::new(), Vec::new());
    while lines.len() < 3 {
        match bench.next().await.unwrap() {
            LogFact::Lines(new) => lines.extend(new.iter().map(|line| line.text.to_string())),
            LogFact::Note(note) => notes.push((lines.len(), note.kind, note.lost, note.text.to_string())),
            _ => {}
        }
    }
    assert_eq!(lines, ["before the rotation", "while nobody saw", "after"]);
    let [(1, NoteKind::Rotated, 0, text)] = notes.as_slice() else {
        panic!("{notes:?}")
    };
    assert!(text.contains("the log went on and its stream did not"), "{text}");
}

#[tokio::test]
async fn a_stream_that_is_silent_because_its_log_is_stays_open() {
    let script: [fn() -> Response; 2] = [|| hung(&format!("{T} all of it\n")), || format!("{T} all of it\n").into_response()];
    let mut bench = bench_with(impatient(), &script, running(), |_| {}).await;
    let mut lines = 0;
    while looks(&bench) < 3 {
        let news = tokio::time::timeout(Duration::from_millis(10), bench.facts.recv()).await;
        match news.map(|fact| fact.unwrap().seen) {
            Ok(Seen::Log(_, LogFact::Lines(new))) => lines += new.len(),
            Ok(Seen::Log(_, LogFact::Note(note))) => panic!("{note:?}"),
            _ => {}
        }
    }
    let opened = bench
        .stub
        .asked
        .lock()
        .unwrap()
        .iter()
        .filter(|query| query.contains("follow=true"))
        .count();
    assert_eq!((lines, opened), (1, 1));
}

#[tokio::test]
async fn a_container_that_waits_is_asked_again_until_it_starts() {
    let script: [fn() -> Response; 2] = [
        || {
            refused(
                400,
                "container \"app\" in pod \"backend\" is waiting to start: trying and failing to pull image",
            )
        },
        || Body::from(format!("{T} hello\n")).into_response(),
    ];
    let mut bench = bench(&script, running(), |_| {}).await;
    let Some(LogFact::Waiting(problem)) = bench.next().await else {
        panic!("it does not wait")
    };
    *bench.stub.pod.lock().unwrap() = finished();
    assert!(
        problem.text.ends_with("is waiting to start: trying and failing to pull image"),
        "{}",
        problem.text
    );
    let (lines, last) = bench.all().await;
    assert_eq!((lines, last), (vec!["hello".to_owned()], Some(LogFact::Ended)));
}

#[tokio::test]
async fn after_its_end_the_log_goes_on_with_the_next_run() {
    let script: [fn() -> Response; 2] = [
        || Body::from(format!("{T} one\n")).into_response(),
        || cut(&["2026-11-23T04:00:09Z two\n"]),
    ];
    let crashed = json!({"status": {"phase": "Running", "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}});
    let mut bench = bench(&script, crashed, |_| {}).await;
    let mut seen = Vec::new();
    while seen.len() < 3 {
        match bench.next().await {
            Some(LogFact::Lines(new)) => seen.extend(new.iter().map(|l| l.text.to_string())),
            Some(LogFact::Ended) => {
                seen.push("(ended)".into());
                *bench.stub.pod.lock().unwrap() = running();
            }
            Some(LogFact::Following) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, ["one", "(ended)", "two"]);
}

#[tokio::test]
async fn a_pod_without_a_node_says_so_though_its_log_is_empty() {
    let script: [fn() -> Response; 1] = [|| Body::empty().into_response()];
    let mut bench = bench(&script, json!({"status": {"phase": "Pending"}}), |_| {}).await;
    let problem = loop {
        match bench.next().await {
            Some(LogFact::Waiting(problem)) => break problem,
            Some(LogFact::Following) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(&*problem.text, "pod backend has not been started on a node yet");
}

#[tokio::test]
async fn a_rotated_file_is_no_end() {
    let script: [fn() -> Response; 2] = [
        || Body::from(format!("{T} one\n")).into_response(),
        || cut(&["2026-11-23T04:00:09Z two\n"]),
    ];
    let mut bench = bench(&script, running(), |_| {}).await;
    let mut lines = Vec::new();
    while lines.len() < 2 {
        match bench.next().await {
            Some(LogFact::Lines(new)) => lines.extend(new.iter().map(|l| l.text.to_string())),
            Some(LogFact::Following) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(lines, ["one", "two"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_one_plain_sentence() {
    let previous: [fn() -> Response; 1] = [|| refused(400, "previous terminated container \"app\" in pod \"backend\" not found")];
    let thrown: [fn() -> Response; 1] = [|| Body::from("unable to retrieve container logs for containerd://0a1b").into_response()];
    let denied: [fn() -> Response; 1] = [|| {
        refused(
            403,
            "pods \"backend\" is forbidden: User \"u\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"solia\"",
        )
    }];
    let gone: [fn() -> Response; 1] = [|| refused(404, "pods \"backend\" not found")];
    let other: [fn() -> Response; 1] = [|| refused(400, "container app is not valid for pod backend")];
    for (script, is_previous, want) in [
        (previous, true, "no previous run of container app"),
        (thrown, true, "unable to retrieve container logs for containerd://0a1b"),
        (thrown, false, "unable to retrieve container logs for containerd://0a1b"),
        (denied, false, "pods/log"),
        (gone, false, "there is no pod backend"),
        (other, false, "pod backend has no container app"),
    ] {
        let mut bench = bench(&script, finished(), |key| key.previous = is_previous).await;
        let problem = loop {
            match bench.next().await {
                Some(LogFact::Failed(problem)) => break problem,
                Some(LogFact::Following) => {}
                other => panic!("{want}: {other:?}"),
            }
        };
        assert!(problem.text.contains(want), "{want}: {problem}");
    }
}

#[tokio::test]
async fn without_a_name_the_default_container_is_read() {
    let script: [fn() -> Response; 1] = [|| cut(&["2026-11-23T04:00:09Z one\n"])];
    let mut bench = bench(&script, running(), |key| key.container = "".into()).await;
    while !matches!(bench.next().await, Some(LogFact::Lines(_))) {}
    assert!(bench.stub.asked.lock().unwrap()[0].contains("container=app"));
}

#[tokio::test]
async fn a_flood_waits_for_its_reader_and_nothing_is_dropped() {
    let script: [fn() -> Response; 1] = [|| {
        let text: String = (0..20_000).map(|i| format!("2026-11-23T04:00:00.{i:09}Z line {i}\n")).collect();
        Body::from(text).into_response()
    }];
    let mut bench = bench(&script, finished(), |_| {}).await;
    let (lines, _) = bench.all().await;
    assert_eq!(lines.len(), 20_000);
    assert!(lines.iter().enumerate().all(|(i, l)| *l == format!("line {i}")));
}

/// All that is told until this sentence, lines and notes.
async fn told_until(bench: &mut Bench, end: &str) -> Vec<String> {
    let mut told = Vec::new();
    while told.last().is_none_or(|last: &String| !last.contains(end)) {
        match bench.next().await {
            Some(LogFact::Lines(lines)) => told.extend(lines.iter().map(|line| line.text.to_string())),
            Some(LogFact::Note(note)) => told.push(format!("({}: {})", note.kind.word(), note.text)),
            Some(_) => {}
            None => panic!("{told:?}"),
        }
    }
    told
}

fn in_run(restarts: u64, state: Value) -> Value {
    json!({"status": {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": restarts, "state": state}]}})
}

#[tokio::test]
async fn a_crash_loop_is_read_run_by_run_and_what_was_missed_is_told() {
    let script: [fn() -> Response; 3] = [
        || Body::from("2026-11-23T04:00:01Z run three\n").into_response(),
        // The run that began and ended unseen, as the node's previous one; then the newest.
        || Body::from("2026-11-23T04:00:08Z run five\n").into_response(),
        || Body::from("2026-11-23T04:00:09Z run six\n").into_response(),
    ];
    let waiting = || json!({"waiting": {"reason": "CrashLoopBackOff"}});
    let mut bench = bench(&script, in_run(3, waiting()), |_| {}).await;
    assert_eq!(told_until(&mut bench, "three").await, ["run three"]);
    while bench.next().await != Some(LogFact::Ended) {}
    *bench.stub.pod.lock().unwrap() = in_run(6, waiting());
    assert_eq!(
        told_until(&mut bench, "run six").await,
        [
            "run five",
            "(gap: 1 runs began and ended between two looks; the node keeps only the last of their logs)",
            "(restarted: the container was started anew, for the 6. time)",
            "run six",
        ]
    );
    let asked = bench.stub.asked.lock().unwrap().clone();
    assert!(asked[1].contains("previous=true"), "{asked:?}");
}

#[tokio::test]
async fn a_connection_that_comes_back_says_for_how_long_it_was_gone() {
    let script: [fn() -> Response; 4] = [
        || cut(&["2026-11-23T04:00:01Z one\n"]),
        || refused(500, "apiserver is shutting down"),
        || refused(500, "apiserver is shutting down"),
        || cut(&["2026-11-23T04:00:01Z one\n2026-11-23T04:00:02Z two\n"]),
    ];
    let mut bench = bench(&script, running(), |_| {}).await;
    let told = told_until(&mut bench, "two").await;
    assert_eq!((told.len(), told[0].as_str(), told[2].as_str()), (3, "one", "two"), "{told:?}");
    assert!(
        told[1].starts_with("(reconnected: after ") && told[1].ends_with("nothing is missing)"),
        "{told:?}"
    );
}

#[tokio::test]
async fn where_all_connections_are_taken_a_log_is_read_in_turns() {
    let stub = bench(&[|| Body::from("2026-11-23T04:00:01Z one\n").into_response()], finished(), |_| {});
    let bench = stub.await;
    let mut key = LogKey {
        namespace: "solia".into(),
        pod: "backend".into(),
        container: "app".into(),
        previous: false,
        from: LogFrom::Start,
    };
    key.container = "other".into();
    let (facts_out, mut facts) = mpsc::channel(4);
    let turns = Turns::of(0, false);
    let _task = spawn(EnvId(0), key, bench._apis.subscribe(), turns, &Mask::default(), facts_out);
    let mut lines = Vec::new();
    while let Ok(Some(fact)) = tokio::time::timeout(Duration::from_secs(20), facts.recv()).await {
        match fact.seen {
            Seen::Log(_, LogFact::Lines(new)) => lines.extend(new),
            Seen::Log(_, LogFact::Ended) => break,
            _ => {}
        }
    }
    assert_eq!(lines.len(), 1);
    let asked = bench.stub.asked.lock().unwrap().clone();
    assert!(
        asked
            .iter()
            .any(|query| query.contains("container=other") && !query.contains("follow")),
        "{asked:?}"
    );
}
