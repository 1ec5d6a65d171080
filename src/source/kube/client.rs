//! The HTTP client of one API server, and the one way to fetch a small document through it.

use std::time::Duration;

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;

use super::access::Access;
use super::{direct, fault, problem};
use crate::model::{Problem, ProblemKind};

/// How long a connection may take to stand (TCP, TLS and proxy together).
pub const CONNECT: Duration = Duration::from_secs(5);

/// A server that answers faster than this is near.
pub const NEAR: Duration = Duration::from_millis(5);

/// No small document is larger than this (bytes); aggregated discovery of a big cluster is some 2 MB.
const MAX_DOCUMENT: usize = 64 << 20;

/// Whether answers are asked for in gzip. Packing a list of 10 000 pods costs the server and us more
/// time than it saves on a fast line, and saves nine tenths of the bytes on a slow one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    On,
    Off,
}

impl Compression {
    /// The right choice for a round trip of this length.
    pub fn for_round_trip(time: Duration) -> Self {
        if time < NEAR { Self::Off } else { Self::On }
    }
}

/// What a server answered: any status, the whole body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
    /// The entity tag, for asking again cheaply.
    pub tag: Option<String>,
}

/// Builds a client. It asks again by itself where the server is busy (429, 503, 504). Compression stays off
/// where the kubeconfig says so.
///
/// # Errors
/// Certificates or keys that TLS cannot use.
pub fn build(access: &Access, compression: Compression) -> Result<kube::Client, Problem> {
    from(access, compression, true)
}

/// Builds a client for writes: it sends each request once.
///
/// # Errors
/// As [`build`].
pub fn writer(access: &Access) -> Result<kube::Client, Problem> {
    from(access, Compression::Off, false)
}

fn from(access: &Access, compression: Compression, retry: bool) -> Result<kube::Client, Problem> {
    let mut config = access.config.clone();
    config.default_retry = retry;
    config.disable_compression |= compression == Compression::Off;
    let built = match config.proxy_url {
        None => direct::client(&config),
        Some(_) => kube::client::ClientBuilder::try_from(config).map(kube::client::ClientBuilder::build),
    };
    match built {
        Ok(client) => Ok(client),
        Err(kube::Error::RustlsTls(error)) => {
            let words = error.to_string();
            Err(Problem::new(
                ProblemKind::Config,
                format!("the certificates of the kubeconfig cannot be used: {words}"),
            ))
        }
        Err(error) => Err(problem::of(&error)),
    }
}

/// Fetches a document within the deadline. Any HTTP status is an answer; failing to get one is a problem.
///
/// # Errors
/// No connection, no answer in time, or a body that ends early.
pub async fn get(client: &kube::Client, path: &str, accept: &str, tag: Option<&str>, deadline: Duration) -> Result<Answer, Problem> {
    let mut request = Request::get(path).header(header::ACCEPT, accept);
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let request = request
        .body(Body::empty())
        .map_err(|_| Problem::new(ProblemKind::Config, format!("{path} is not a path")))?;
    let exchange = async {
        let response = client.send(request).await.map_err(|e| problem::of(&e))?;
        let status = response.status();
        let tag = response
            .headers()
            .get(header::ETAG)
            .and_then(|t| t.to_str().ok())
            .map(str::to_owned);
        let body = Limited::new(response.into_body(), MAX_DOCUMENT)
            .collect()
            .await
            .map_err(|e| fault::of(&*e))?;
        Ok(Answer {
            status,
            body: body.to_bytes().to_vec(),
            tag,
        })
    };
    match tokio::time::timeout(deadline, exchange).await {
        Ok(result) => result,
        Err(_) => Err(Problem::new(ProblemKind::TimedOut, "no answer in time")),
    }
}
