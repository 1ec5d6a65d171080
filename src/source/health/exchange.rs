//! The question and its answer over a connection that stands, within time and bounds.

use std::io::ErrorKind;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use reqwest::Url;
use tokio::time::{Instant, timeout_at};

use super::secrets::Header;
use super::ways::Proxy;
use super::wire::{Place, Walk, millis};
use super::{Answer, Pipe, Stop};
use crate::model::ProblemKind;
use crate::source::Task;

/// The most that the headers of an answer may be, in bytes.
const HEADERS: usize = 256 << 10;

/// Asks, and reads what comes.
pub(super) async fn ask(
    walk: &mut Walk<'_>,
    pipe: Box<dyn Pipe>,
    url: &Url,
    proxy: Option<&Proxy>,
    secrets: &[Header],
    place: &Place,
) -> Result<Answer, Stop> {
    let request = request(walk, url, proxy, secrets, place)?;
    let patience = walk.patience();
    let made = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HEADERS)
        .handshake(TokioIo::new(pipe))
        .await;
    let (mut sender, connection) = made.map_err(|error| broken(&error, place))?;
    let _running = Task::spawn(async move {
        // What goes wrong is told to who waits for the answer.
        let _ = connection.await;
    });
    let started = Instant::now();
    let mut answer = match timeout_at(walk.deadline, sender.send_request(request)).await {
        Ok(answer) => answer.map_err(|error| broken(&error, place))?,
        Err(_) => {
            let text = format!("{place} took the question and did not answer within {patience}");
            return Err(Stop::there(ProblemKind::TimedOut, text));
        }
    };
    walk.record.timings.first = Some(millis(started));
    let mut told = Answer::begun(&answer);
    walk.record.code = Some(told.status);
    loop {
        let came = told.body.len();
        let part = match timeout_at(walk.deadline, answer.body_mut().frame()).await {
            Err(_) => {
                walk.record.bytes = came as u64;
                let text = format!(
                    "{place} answers {}, but its body did not end within {patience} ({came} bytes came)",
                    told.status
                );
                return Err(Stop::there(ProblemKind::TimedOut, text));
            }
            Ok(None) => break,
            Ok(Some(Err(error))) => {
                walk.record.bytes = came as u64;
                let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
                let why = match cause.map(std::io::Error::kind) {
                    Some(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => "was cut off",
                    Some(ErrorKind::InvalidData | ErrorKind::InvalidInput) => "is garbled",
                    _ => "broke off",
                };
                let text = format!("{place} answers {}, but its body {why} after {came} bytes", told.status);
                return Err(Stop::there(ProblemKind::BadAnswer, text));
            }
            Ok(Some(Ok(part))) => part,
        };
        if part.into_data().is_ok_and(|data| told.take(&data).is_break()) {
            break;
        }
    }
    Ok(told)
}

fn request(walk: &Walk<'_>, url: &Url, proxy: Option<&Proxy>, secrets: &[Header], place: &Place) -> Result<Request<Empty<Bytes>>, Stop> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let standard = url.port().is_none();
    let host = match (standard, url.host_str()) {
        (true, Some(host)) => host.to_owned(),
        _ => place.to_string(),
    };
    // A proxy is told the whole address.
    let target = match proxy {
        Some(_) => format!("{}://{host}{path}", url.scheme()),
        None => path,
    };
    let mut request = Request::builder()
        .method(walk.probe.method.word())
        .uri(target)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "application/json, */*;q=0.5")
        .header(header::CONNECTION, "close");
    if let Some(auth) = proxy.and_then(|proxy| proxy.auth.clone()) {
        request = request.header(header::PROXY_AUTHORIZATION, auth);
    }
    let mut request = request.body(Empty::new()).map_err(|_| super::wire::misread(url.as_str()))?;
    for (name, value) in secrets {
        request.headers_mut().insert(name, value.clone());
    }
    Ok(request)
}

fn broken(error: &hyper::Error, place: &Place) -> Stop {
    let text = match () {
        () if error.is_parse_too_large() => format!("{place} answers with more than {} KiB of headers", HEADERS >> 10),
        () if error.is_parse() => format!("what {place} answers is not HTTP"),
        () if error.is_incomplete_message() || error.is_closed() || error.is_canceled() => {
            format!("{place} closed the connection without an answer")
        }
        () => {
            let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
            match cause.contains("reset") {
                true => format!("{place} cut the connection without an answer"),
                false => format!("{place} answers nothing usable: {cause}"),
            }
        }
    };
    Stop::there(ProblemKind::BadAnswer, text)
}
