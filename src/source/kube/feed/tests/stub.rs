//! An API server that answers by a script, and a feed on it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::model::{EnvId, Fact, FeedFact, FeedKey, FeedTrouble, Kind, Known, Scope, Seen, ServedKind};
use crate::source::Task;
use crate::source::kube::Api;

/// How the stub answers one request.
pub enum Answer {
    /// A whole answer.
    Whole(u16, String),
    /// A whole answer with `Retry-After`.
    Later(u16, u32),
    /// Chunks, and then the connection stays open.
    Open(Vec<String>),
    /// Chunks, and then a proper end.
    Ends(Vec<String>),
    /// Chunks, and then the connection breaks.
    Breaks(Vec<String>),
}

/// The stub and the feed on it.
pub struct Stage {
    script: Arc<Mutex<VecDeque<Answer>>>,
    asked: mpsc::UnboundedReceiver<(String, String)>,
    facts: mpsc::Receiver<Fact>,
    publish: watch::Sender<Option<Api>>,
    api: Api,
    _feed: Task,
}

const PATIENCE: Duration = Duration::from_secs(20);

/// What the stub serves: pods, nodes and a custom resource, secrets without `watch`.
fn served() -> Vec<ServedKind> {
    let kind = |group: &str, resource: &str, namespaced, watch| ServedKind {
        kind: Kind::of(group, resource),
        version: "v1".into(),
        name: resource.into(),
        short: Vec::new(),
        namespaced,
        list: true,
        watch,
    };
    vec![
        kind("", "pods", true, true),
        kind("", "secrets", true, true),
        kind("", "nodes", false, true),
        kind("example.org", "widgets", true, true),
        kind("example.org", "statics", false, false),
    ]
}

fn answer(answer: Answer) -> Response {
    let chunks = |chunks: Vec<String>| stream::iter(chunks).map(Ok::<_, std::io::Error>);
    let body = |body: Body| Response::builder().body(body).unwrap();
    match answer {
        Answer::Whole(status, text) => Response::builder()
            .status(StatusCode::from_u16(status).unwrap())
            .body(text.into())
            .unwrap(),
        Answer::Later(status, seconds) => Response::builder()
            .status(status)
            .header("retry-after", seconds)
            .body(Body::empty())
            .unwrap(),
        Answer::Open(list) => body(Body::from_stream(chunks(list).chain(stream::pending()))),
        Answer::Ends(list) => body(Body::from_stream(chunks(list))),
        Answer::Breaks(list) => {
            let broken = stream::once(async { Err(std::io::Error::other("broken")) });
            // Apart from the last chunk, which the server would otherwise never send.
            body(Body::from_stream(
                chunks(list)
                    .chain(stream::once(async {
                        tokio::task::yield_now().await;
                        Ok(String::new())
                    }))
                    .filter(|c| std::future::ready(c.as_ref().map_or(true, |c| !c.is_empty())))
                    .chain(broken),
            ))
        }
    }
}

impl Stage {
    /// Starts a feed of pods in all namespaces, on a server of this minor version.
    pub async fn pods(minor: u32, script: Vec<Answer>) -> Self {
        Self::start(Known::Pod.into(), Scope::All, minor, script).await
    }

    pub async fn start(kind: Kind, scope: Scope, minor: u32, script: Vec<Answer>) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let (ask, asked) = mpsc::unbounded_channel();
        let steps = script.clone();
        let handler = move |uri: Uri, headers: HeaderMap| {
            let accept = headers.get("accept").and_then(|a| a.to_str().ok()).unwrap_or_default().to_owned();
            let _ = ask.send((uri.to_string(), accept));
            let step = steps.lock().unwrap().pop_front();
            async move {
                match step {
                    Some(step) => answer(step),
                    None => std::future::pending().await,
                }
            }
        };
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
        let mut config = kube::Config::new(format!("http://{address}").parse().unwrap());
        config.default_retry = false;
        let api = Api {
            client: kube::client::ClientBuilder::try_from(config.clone()).unwrap().build(),
            writer: kube::client::ClientBuilder::try_from(config.clone()).unwrap().build(),
            served: Arc::new(served()),
            minor,
            outages: 0,
        };
        let (publish, apis) = watch::channel(Some(api.clone()));
        let (tell, facts) = mpsc::channel(64);
        let feed = super::super::spawn(EnvId(0), FeedKey { kind, scope }, apis, tell);
        Self {
            script,
            asked,
            facts,
            publish,
            api,
            _feed: feed,
        }
    }

    /// The next fact.
    pub async fn fact(&mut self) -> FeedFact {
        let fact = tokio::time::timeout(PATIENCE, self.facts.recv())
            .await
            .expect("a fact in time")
            .unwrap();
        match fact.seen {
            Seen::Feed(_, fact) => fact,
            other => panic!("{other:?}"),
        }
    }

    /// Waits for facts that read so.
    pub async fn expect(&mut self, wanted: &[&str]) {
        for (i, wanted) in wanted.iter().enumerate() {
            let got = show(&self.fact().await);
            assert_eq!(got, *wanted, "fact {i}");
        }
    }

    /// The path and query of the next request.
    pub async fn asked(&mut self) -> String {
        self.asked_with().await.0
    }

    /// The same, with its `Accept` header.
    pub async fn asked_with(&mut self) -> (String, String) {
        tokio::time::timeout(PATIENCE, self.asked.recv())
            .await
            .expect("a request in time")
            .unwrap()
    }

    /// Goes on with the script.
    pub fn then(&self, answer: Answer) {
        self.script.lock().unwrap().push_back(answer);
    }

    /// The link publishes a connection again, as it does after a login.
    pub fn republish(&self) {
        self.publish.send_replace(Some(self.api.clone()));
    }

    /// From the next connection on, discovery finds nothing.
    pub fn serve_nothing(&mut self) {
        self.api.served = Arc::default();
    }

    /// The link publishes its connection again, after an outage.
    pub fn republish_after_outage(&mut self) {
        self.api.outages += 1;
        self.republish();
    }

    /// The link takes its connection away.
    pub fn withdraw(&self) {
        self.publish.send_replace(None);
    }
}

/// A fact in a few words.
pub fn show(fact: &FeedFact) -> String {
    match fact {
        FeedFact::Begin => "begin".into(),
        FeedFact::Put(objects) => {
            let mut names: Vec<_> = objects.iter().map(|o| &*o.meta.name).collect();
            names.sort_unstable();
            format!("put {}", names.join(" "))
        }
        FeedFact::Gone(uids) => format!("gone {}", uids.iter().map(|u| u.0.to_string()).collect::<Vec<_>>().join(" ")),
        FeedFact::Listed { unreadable } => format!("listed {unreadable}"),
        FeedFact::Live => "live".into(),
        FeedFact::Trouble(FeedTrouble::Absent) => "absent".into(),
        FeedFact::Trouble(FeedTrouble::Denied(problem)) => format!("denied: {}", problem.text),
        FeedFact::Trouble(FeedTrouble::Retrying { problem, .. }) => format!("retrying: {}", problem.word()),
    }
}

/// Pod `p<n>` at a version.
pub fn pod(n: u32, version: u32) -> Value {
    json!({"metadata": {"name": format!("p{n}"), "namespace": "solia", "uid": format!("00000000-0000-0000-0000-{n:012x}"), "resourceVersion": version.to_string()},
        "spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Running"}})
}

/// A list of these pods.
pub fn list(version: &str, pods: &[Value], token: &str) -> String {
    json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": version, "continue": token}, "items": pods}).to_string()
}

/// A line of a watch.
pub fn event(kind: &str, object: &Value) -> String {
    format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")
}

/// A `Status`.
pub fn status(code: u16, message: &str) -> String {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code, "message": message}).to_string()
}

/// A bookmark at a version.
pub fn bookmark(version: u32, annotations: Value) -> String {
    event(
        "BOOKMARK",
        &json!({"kind": "Pod", "metadata": {"resourceVersion": version.to_string(), "annotations": annotations}}),
    )
}
