//! One connection to a port of a pod: a WebSocket to the API server, which hands it on to the pod's node.
//!
//! The protocol is Kubernetes' `v4.channel.k8s.io`: the first byte of a frame says what it carries, 0 the port's bytes and
//! 1 an error in words; the first frame of each is the port's number. It knows no half-closed connections: who
//! has said all is kept listening for as long as the pod goes on answering.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::status::Tally;
use crate::model::{Problem, ProblemKind, clean};
use crate::source::kube::problem;

/// How long the API server and the node may take to open it.
const OPEN: Duration = Duration::from_secs(10);
/// The most that is read from this machine at once (bytes).
const PIECE: usize = 128 << 10;
/// While nothing comes, it is asked so often whether the other side is there: what stands between would drop an idle line.
const PING: Duration = Duration::from_secs(30);
/// So long the pod may be silent after the client has said all.
const LINGER: Duration = Duration::from_secs(10);
/// So long what a client still sends is read after the pod has closed: else it might lose what it has not read yet.
const DRAIN: Duration = Duration::from_secs(1);

const DATA: u8 = 0;
const ERROR: u8 = 1;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// An open connection to a port.
pub struct Tunnel {
    socket: Socket,
    pod: String,
    port: u16,
}

/// When the other side was heard last.
struct Heard {
    begun: Instant,
    /// Milliseconds later.
    after: AtomicU64,
}

impl Heard {
    fn now() -> Self {
        Self {
            begun: Instant::now(),
            after: AtomicU64::new(0),
        }
    }

    fn mark(&self) {
        let after = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.after.store(after, Relaxed);
    }

    fn last(&self) -> Instant {
        self.begun + Duration::from_millis(self.after.load(Relaxed))
    }
}

/// What came out of the socket.
enum Came {
    Data(Bytes),
    /// The pod's side cannot go on, and says why.
    Error(Problem),
    /// Nothing of meaning, but somebody is there.
    Life,
    /// The end, in good order.
    End,
}

impl Tunnel {
    /// Opens one. That the pod takes the connection is not known yet: it says so only when it does not.
    ///
    /// # Errors
    /// No way to the API server; no such pod, or one that does not run; not allowed.
    pub async fn open(client: &kube::Client, namespace: &str, pod: &str, port: u16) -> Result<Self, Problem> {
        let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/portforward?ports={port}");
        let request = http::Request::get(&path)
            .body(Vec::new())
            .map_err(|_| Problem::new(ProblemKind::Config, format!("{path} is not a path")))?;
        match tokio::time::timeout(OPEN, client.connect(request)).await {
            Ok(Ok(connection)) => Ok(Self {
                socket: connection.into_stream(),
                pod: pod.to_owned(),
                port,
            }),
            Ok(Err(error)) => Err(problem::of(&error)),
            Err(_) => Err(Problem::new(
                ProblemKind::TimedOut,
                format!("no way to pod {pod} within {} s", OPEN.as_secs()),
            )),
        }
    }

    /// Whether the pod takes the connection: it is closed again after a moment.
    ///
    /// # Errors
    /// What it said instead.
    pub async fn probe(mut self, moment: Duration) -> Result<(), Problem> {
        let mut channels = Channels::new(&self.pod, self.port);
        let wait = async {
            loop {
                match channels.read(self.socket.next().await)? {
                    Came::Data(_) => return Ok(()),
                    Came::Error(problem) => return Err(problem),
                    Came::Life => {}
                    Came::End => {
                        let text = format!("pod {} closed port {} at once", self.pod, self.port);
                        return Err(Problem::new(ProblemKind::Unreachable, text));
                    }
                }
            }
        };
        // Silence is consent.
        let said = tokio::time::timeout(moment, wait).await.unwrap_or(Ok(()));
        let _ = tokio::time::timeout(moment, self.socket.close(None)).await;
        said
    }

    /// Carries bytes both ways until both sides have said all, or one of them is gone.
    ///
    /// # Errors
    /// What the pod's side said, or that it went away in the middle. A client that goes away is no error.
    pub async fn carry(self, local: &mut TcpStream, tally: &Tally) -> Result<(), Problem> {
        let channels = Channels::new(&self.pod, self.port);
        let (sink, stream) = self.socket.split();
        let (read, write) = local.split();
        let heard = Heard::now();
        let up = up(read, sink, tally, &heard);
        let down = down(write, stream, channels, tally, &heard);
        tokio::pin!(up, down);
        let said_all = tokio::select! {
            end = &mut down => return end,
            end = &mut up => end?,
        };
        let Some(mut sink) = said_all else { return Ok(()) };
        loop {
            let quiet = heard.last() + LINGER;
            tokio::select! {
                end = &mut down => return end,
                () = tokio::time::sleep_until(quiet) => {
                    if heard.last() + LINGER <= Instant::now() {
                        let _ = tokio::time::timeout(DRAIN, sink.close()).await;
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// From this machine to the pod, until the client has said all. `None`: it is gone.
async fn up(
    mut read: ReadHalf<'_>,
    mut sink: SplitSink<Socket, Message>,
    tally: &Tally,
    heard: &Heard,
) -> Result<Option<SplitSink<Socket, Message>>, Problem> {
    let mut buffer = BytesMut::with_capacity(PIECE);
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // When it was pinged last, if nothing has come since; and whether it ever answered.
    let (mut asked, mut answers) = (None::<Instant>, false);
    loop {
        buffer.reserve(PIECE);
        if buffer.is_empty() {
            buffer.extend_from_slice(&[DATA]);
        }
        tokio::select! {
            count = read.read_buf(&mut buffer) => match count {
                Ok(0) => return Ok(Some(sink)),
                Ok(count) => {
                    let piece = buffer.split().freeze();
                    sink.send(Message::Binary(piece)).await.map_err(|error| lost(&error))?;
                    tally.sent(count);
                }
                Err(_) => return Ok(None),
            },
            _ = ping.tick() => {
                if let Some(at) = asked.take() {
                    let answered = heard.last() + Duration::from_millis(1) > at;
                    if answers && !answered {
                        return Err(Problem::new(ProblemKind::TimedOut, "the line to the pod went dead"));
                    }
                    answers |= answered;
                }
                if heard.last().elapsed() >= PING || answers {
                    asked = Some(Instant::now());
                    sink.send(Message::Ping(Bytes::new())).await.map_err(|error| lost(&error))?;
                }
            }
        }
    }
}

/// From the pod to this machine, until the pod has said all.
async fn down(
    mut write: WriteHalf<'_>,
    mut stream: SplitStream<Socket>,
    mut channels: Channels,
    tally: &Tally,
    heard: &Heard,
) -> Result<(), Problem> {
    loop {
        let came = channels.read(stream.next().await)?;
        heard.mark();
        match came {
            Came::Data(bytes) => {
                // Who does not read any more has gone, which is no trouble.
                if write.write_all(&bytes).await.is_err() {
                    return Ok(());
                }
                tally.received(bytes.len());
            }
            Came::Error(problem) => return Err(problem),
            Came::Life => {}
            Came::End => {
                let _ = write.shutdown().await;
                return Ok(());
            }
        }
    }
}

/// Reads what a client still sends, for a moment, and throws it away.
pub async fn drain(local: &mut TcpStream) {
    let mut waste = vec![0; 4 << 10];
    let rest = async { while local.read(&mut waste).await.is_ok_and(|count| count > 0) {} };
    let _ = tokio::time::timeout(DRAIN, rest).await;
}

/// The channels of one port.
struct Channels {
    pod: String,
    port: u16,
    /// Which of them have told their number.
    begun: [bool; 2],
}

impl Channels {
    fn new(pod: &str, port: u16) -> Self {
        Self {
            pod: pod.to_owned(),
            port,
            begun: [false; 2],
        }
    }

    fn read(&mut self, message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>) -> Result<Came, Problem> {
        let mut bytes = match message {
            None | Some(Ok(Message::Close(_))) => return Ok(Came::End),
            Some(Err(error)) => return Err(lost(&error)),
            Some(Ok(Message::Binary(bytes))) if !bytes.is_empty() => bytes,
            Some(Ok(_)) => return Ok(Came::Life),
        };
        let channel = bytes.split_to(1).first().copied().unwrap_or_default();
        let Some(begun) = self.begun.get_mut(usize::from(channel)) else {
            return Err(Problem::new(
                ProblemKind::BadAnswer,
                format!("the server speaks on channel {channel}, which is none"),
            ));
        };
        if !std::mem::replace(begun, true) {
            return match <[u8; 2]>::try_from(&bytes[..]) {
                Ok(number) if u16::from_le_bytes(number) == self.port => Ok(Came::Life),
                _ => Err(Problem::new(
                    ProblemKind::BadAnswer,
                    "the server did not begin with the port's number",
                )),
            };
        }
        Ok(match channel {
            ERROR => Came::Error(self.refused(&String::from_utf8_lossy(&bytes))),
            _ => Came::Data(bytes),
        })
    }

    /// What the pod's side says, in short: a node's own words are long.
    fn refused(&self, said: &str) -> Problem {
        let (pod, port) = (&self.pod, self.port);
        if said.contains("connection refused") {
            let text = format!("connection refused: nothing listens on port {port} in pod {pod}");
            return Problem::new(ProblemKind::Unreachable, text);
        }
        if said.contains("network namespace for sandbox") && said.contains("is closed") {
            return Problem::new(ProblemKind::NotFound, format!("pod {pod} has gone"));
        }
        let short = said.rsplit("uid : ").next().unwrap_or(said);
        Problem::new(ProblemKind::Server, format!("port {port} of pod {pod}: {}", clean(short.trim())))
    }
}

fn lost(error: &tokio_tungstenite::tungstenite::Error) -> Problem {
    use tokio_tungstenite::tungstenite::Error as Ws;
    match error {
        Ws::Io(error) => problem::of_io(error),
        Ws::ConnectionClosed | Ws::AlreadyClosed | Ws::Protocol(_) => Problem::new(ProblemKind::Unreachable, "the connection was cut"),
        other => Problem::new(ProblemKind::BadAnswer, format!("the line to the pod broke: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(bytes: &'static [u8]) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
        Some(Ok(Message::Binary(Bytes::from_static(bytes))))
    }

    #[test]
    fn frames_begin_with_the_port_and_then_carry_bytes_or_an_error() {
        let mut channels = Channels::new("web", 4000);
        assert!(matches!(channels.read(binary(b"\x00\xa0\x0f")), Ok(Came::Life)));
        assert!(matches!(channels.read(binary(b"\x00hello")), Ok(Came::Data(bytes)) if &bytes[..] == b"hello"));
        assert!(matches!(channels.read(binary(b"\x01\xa0\x0f")), Ok(Came::Life)));
        let Ok(Came::Error(problem)) = channels.read(binary(
            b"\x01error forwarding port 4000 to pod 1f, uid : failed to execute: dial tcp4 127.0.0.1:4000: connect: connection refused ",
        )) else {
            panic!("no error")
        };
        assert_eq!(&*problem.text, "connection refused: nothing listens on port 4000 in pod web");
        assert!(matches!(channels.read(None), Ok(Came::End)));
    }

    #[test]
    fn what_is_no_forward_is_not_taken_for_one() {
        let mut channels = Channels::new("web", 4000);
        assert!(channels.read(binary(b"\x00\x50\x00")).is_err(), "another port");
        assert!(channels.read(binary(b"\x07x")).is_err(), "another channel");
        let Came::Error(problem) = ({
            let mut channels = Channels::new("web", 4000);
            channels.read(binary(b"\x01\xa0\x0f")).unwrap();
            channels.read(binary(b"\x01\x1b[2Jno such thing")).unwrap()
        }) else {
            panic!("no error")
        };
        assert_eq!(&*problem.text, "port 4000 of pod web: ␛[2Jno such thing");
    }
}
