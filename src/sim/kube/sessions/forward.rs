//! `portforward` over a WebSocket: for each port a channel of data and one of errors, leading to the pod's own HTTP.

use std::sync::Arc;
use std::time::Duration;

use ::http::Response;
use axum::body::Body;

use super::http;
use super::socket::{self, Channels};
use crate::sim::face::Call;
use crate::sim::kube::{Kube, Status, Target};
use crate::sim::physics::Answer;
use crate::sim::shared::SharedWorld;
use crate::sim::store::Key;

/// The longest request that a forwarded port takes.
const MOST: usize = 1 << 20;

/// One forwarded port.
#[derive(Debug)]
struct Port {
    number: u16,
    /// What came in and is no whole request yet.
    pending: Vec<u8>,
    /// It is over: an error was told, or the pod's end was closed.
    over: bool,
}

/// Opens a forward.
pub(super) fn open(kube: &Arc<Kube>, target: &Target, call: &mut Call) -> Result<Response<Body>, Status> {
    let name = target.name.as_deref().unwrap_or_default();
    let found = kube.world.read().store.get("pods", target.place(), name).cloned();
    let pod = found.ok_or_else(|| Status::not_found(&target.kind, name))?;
    let phase = pod.value()["status"]["phase"].as_str().unwrap_or_default().to_owned();
    if pod.node.is_none() {
        return Err(Status::bad_request(format!("pod {name} does not have a host assigned")));
    }
    if phase != "Running" {
        let message = format!("unable to forward port because pod is not running. Current status={phase}");
        return Err(Status::new(500, "InternalError", message));
    }
    let handshake = socket::handshake(&call.request, &["v4.channel.k8s.io", "portforward.k8s.io"])?;
    let mut ports = Vec::new();
    for text in call.request.queries("ports").flat_map(|p| p.split(',')) {
        let number = text.parse::<u16>().ok().filter(|p| *p > 0);
        let Some(number) = number else {
            return Err(Status::bad_request(format!(
                "unable to parse {text:?} as a port: it must be between 1 and 65535"
            )));
        };
        ports.push(Port {
            number,
            pending: Vec::new(),
            over: false,
        });
    }
    if ports.is_empty() || ports.len() > 100 {
        return Err(Status::bad_request("query parameter \"ports\" is required"));
    }
    let (response, connection) = handshake.open(call);
    let forward = Forward {
        world: Arc::clone(&kube.world),
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
    };
    call.spawn(async move {
        if let Some(channels) = Channels::open(connection).await {
            forward.run(channels, ports).await;
        }
    });
    Ok(response)
}

struct Forward {
    world: Arc<SharedWorld>,
    pod: Key,
    uid: Arc<str>,
}

impl Forward {
    /// Serves until the client leaves, or every port is over.
    async fn run(&self, mut channels: Channels, mut ports: Vec<Port>) {
        // Each channel begins with the number of its port.
        for (index, port) in (0u8..).zip(&ports) {
            for channel in [index * 2, index * 2 + 1] {
                if !channels.send(channel, &port.number.to_le_bytes()).await {
                    return;
                }
            }
        }
        // A node connects at once, and not only when something is sent.
        for (index, port) in (0u8..).zip(&mut ports) {
            if let Some(why) = self.refusal(port.number) {
                port.over = true;
                if !channels.send(index * 2 + 1, why.as_bytes()).await {
                    return;
                }
            }
        }
        while !ports.iter().all(|p| p.over)
            && let Some((channel, bytes)) = channels.next().await
        {
            let Some(port) = ports.get_mut(usize::from(channel / 2)).filter(|_| channel.is_multiple_of(2)) else {
                continue;
            };
            if port.over || bytes.is_empty() {
                continue;
            }
            port.pending.extend_from_slice(&bytes);
            if !self.serve(&mut channels, channel, port).await {
                return;
            }
        }
        channels.close().await;
    }

    /// Why nobody takes a connection to this port, where that is so; in the words of a node.
    fn refusal(&self, number: u16) -> Option<String> {
        let id = self.uid.replace('-', "");
        let world = self.world.read();
        let Some(pod) = world.store.find(&self.pod).filter(|pod| pod.uid == self.uid) else {
            return Some(format!(
                "error forwarding port {number} to pod {id}, uid : network namespace for sandbox \"{id}\" is closed"
            ));
        };
        (!http::listens(pod, number)).then(|| {
            format!(
                "error forwarding port {number} to pod {id}, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-{}\": failed to connect to localhost:{number} inside namespace \"{id}\", IPv4: dial tcp4 127.0.0.1:{number}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found ",
                self.uid
            )
        })
    }

    /// Answers every whole request that came in. `false`: the client has left.
    async fn serve(&self, channels: &mut Channels, channel: u8, port: &mut Port) -> bool {
        loop {
            let request = match read(&mut port.pending) {
                Read::Whole(request) => request,
                Read::Partly if port.pending.len() <= MOST => return true,
                Read::Partly | Read::Nonsense => {
                    port.over = true;
                    let text = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                    return channels.send(channel, text).await;
                }
            };
            let answer = {
                let world = self.world.read();
                let pod = world.store.find(&self.pod).filter(|pod| pod.uid == self.uid);
                pod.and_then(|pod| http::answer(&world, pod, port.number, &request.path))
            };
            let Some(answer) = answer else {
                port.over = true;
                let why = self.refusal(port.number).unwrap_or_default();
                return channels.send(channel + 1, why.as_bytes()).await;
            };
            tokio::time::sleep(Duration::try_from(answer.latency).unwrap_or_default()).await;
            if !channels.send(channel, &told(&answer, &request)).await {
                return false;
            }
            port.over |= request.closes;
            if request.closes {
                return true;
            }
        }
    }
}

/// A request as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    head: bool,
    path: String,
    closes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Read {
    Whole(Request),
    /// More is to come.
    Partly,
    Nonsense,
}

/// Takes one HTTP/1 request out of what came in.
fn read(pending: &mut Vec<u8>) -> Read {
    let Some(end) = memchr::memmem::find(pending, b"\r\n\r\n") else {
        return if pending.first().is_some_and(|b| !b.is_ascii_alphabetic()) {
            Read::Nonsense
        } else {
            Read::Partly
        };
    };
    let head = String::from_utf8_lossy(pending.get(..end).unwrap_or_default()).into_owned();
    let mut lines = head.split("\r\n");
    let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, path, version] = first.as_slice() else {
        return Read::Nonsense;
    };
    if !version.starts_with("HTTP/1.") {
        return Read::Nonsense;
    }
    let (mut length, mut closes) = (0_usize, *version == "HTTP/1.0");
    for (name, value) in lines.filter_map(|l| l.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => match value.trim().parse() {
                Ok(told) if told <= MOST => length = told,
                _ => return Read::Nonsense,
            },
            "connection" => closes = value.trim().eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let whole = end + 4 + length;
    if pending.len() < whole {
        return Read::Partly;
    }
    pending.drain(..whole);
    Read::Whole(Request {
        head: *method == "HEAD",
        path: (*path).to_owned(),
        closes,
    })
}

fn told(answer: &Answer, request: &Request) -> Vec<u8> {
    let kind = match answer.body.chars().next() {
        Some('{' | '[') => "application/json; charset=utf-8",
        Some('<') => "text/html; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    let reason = ::http::StatusCode::from_u16(answer.code)
        .ok()
        .and_then(|c| c.canonical_reason())
        .unwrap_or_default();
    let connection = if request.closes { "close" } else { "keep-alive" };
    let mut text = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: {connection}\r\n\r\n",
        answer.code,
        answer.body.len()
    );
    if !request.head {
        text.push_str(&answer.body);
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_are_taken_one_after_the_other_and_in_pieces() {
        let mut pending =
            b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nab".to_vec();
        let Read::Whole(first) = read(&mut pending) else {
            panic!("{pending:?}")
        };
        assert_eq!((first.path.as_str(), first.closes), ("/health", false));
        assert_eq!(read(&mut pending), Read::Partly);
        pending.push(b'c');
        let Read::Whole(second) = read(&mut pending) else {
            panic!("{pending:?}")
        };
        assert!(second.closes && pending.is_empty());
    }

    proptest! {
        #[test]
        fn nothing_that_comes_in_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut pending = bytes;
            let _ = read(&mut pending);
        }
    }
}
