//! The stub's own tests: it behaves as API servers do, seen with the clients that the program uses.

mod faults;
mod lists;
mod logs;
mod watches;

use std::time::Duration;

use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::{Stub, Version};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// No answer of a stub that is well takes this long.
const DEADLINE: Duration = Duration::from_secs(10);

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("an answer in time")
}

async fn send(stub: &Stub, path: &str, accept: &str) -> reqwest::Result<reqwest::Response> {
    within(
        reqwest::Client::new()
            .get(format!("{}{path}", stub.url))
            .header(ACCEPT, accept)
            .send(),
    )
    .await
}

async fn get_as(stub: &Stub, path: &str, accept: &str) -> (u16, Value) {
    let reply = send(stub, path, accept).await.unwrap();
    let code = reply.status().as_u16();
    let text = within(reply.text()).await.unwrap();
    (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn get(stub: &Stub, path: &str) -> (u16, Value) {
    get_as(stub, path, "application/json").await
}

/// The names of a list's items.
fn names(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["metadata"]["name"].as_str().unwrap())
        .collect()
}

/// A small pod.
fn pod(name: &str) -> Value {
    json!({"metadata": {"namespace": "shop", "name": name, "labels": {"app": name}}, "spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Running"}})
}

/// A stub with the pods a, b, c in namespace `shop`.
fn with_three(version: Version) -> Stub {
    let stub = Stub::start(version);
    for name in ["a", "b", "c"] {
        stub.put("pods", pod(name));
    }
    stub
}

/// A watch or a followed log, read line by line.
struct Lines {
    reply: reqwest::Response,
    rest: Vec<u8>,
}

impl Lines {
    async fn open(stub: &Stub, path: &str, accept: &str) -> Self {
        let reply = send(stub, path, accept).await.unwrap();
        assert_eq!(reply.status(), 200, "{path}");
        Self { reply, rest: Vec::new() }
    }

    /// The next line; `None` at the end; an error when the connection broke.
    async fn try_next(&mut self) -> reqwest::Result<Option<String>> {
        loop {
            if let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            match within(self.reply.chunk()).await? {
                Some(chunk) => self.rest.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }

    async fn next(&mut self) -> Option<String> {
        self.try_next().await.unwrap()
    }

    /// The next watch event: its type and its object.
    async fn event(&mut self) -> (String, Value) {
        let mut event: Value = serde_json::from_str(&self.next().await.expect("an event")).unwrap();
        (event["type"].as_str().unwrap().to_owned(), event["object"].take())
    }

    /// The next event as `ADDED a`.
    async fn brief(&mut self) -> String {
        let (kind, object) = self.event().await;
        format!("{kind} {}", object["metadata"]["name"].as_str().unwrap_or_default())
    }
}
