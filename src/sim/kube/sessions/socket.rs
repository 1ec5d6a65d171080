//! WebSockets: the handshake, and frames whose first byte says to which channel they belong.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderValue, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};

use crate::sim::face::{Call, Request};
use crate::sim::kube::Status;

/// How long the client's goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(2);

/// The answer to a client that may go over to a WebSocket.
#[derive(Debug)]
pub struct Handshake {
    pub protocol: &'static str,
    accept: String,
}

/// Agrees on one of these protocols, the client's preference first; or refuses.
pub fn handshake(request: &Request, spoken: &[&'static str]) -> Result<Handshake, Status> {
    let upgrade = request.header(&header::UPGRADE);
    if !upgrade.to_ascii_lowercase().contains("websocket") {
        if upgrade.is_empty() {
            return Err(Status::bad_request("Upgrade request required"));
        }
        return Err(Status::bad_request(format!(
            "this server speaks WebSocket only ({}); {upgrade} is not supported",
            spoken.join(", ")
        )));
    }
    let wanted: Vec<&str> = request
        .headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .collect();
    let Some(protocol) = wanted.iter().find_map(|w| spoken.iter().copied().find(|s| s == w)) else {
        return Err(Status::bad_request(format!(
            "unable to upgrade: unable to negotiate protocol: client supports {wanted:?}, server accepts {spoken:?}"
        )));
    };
    let key = request.header(&header::SEC_WEBSOCKET_KEY);
    if key.is_empty() {
        return Err(Status::bad_request("the Sec-WebSocket-Key header is missing"));
    }
    Ok(Handshake {
        protocol,
        accept: derive_accept_key(key.as_bytes()),
    })
}

impl Handshake {
    /// 101, and the connection that there will be.
    pub fn open(&self, call: &mut Call) -> (Response<Body>, OnUpgrade) {
        let connection = call.upgrade();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(self.protocol));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        (response, connection)
    }
}

/// An open connection with channels.
#[derive(Debug)]
pub struct Channels {
    socket: WebSocketStream<TokioIo<Upgraded>>,
}

impl Channels {
    /// The connection, once the client has gone over. `None`: it went away instead.
    pub async fn open(connection: OnUpgrade) -> Option<Self> {
        let upgraded = connection.await.ok()?;
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        Some(Self { socket })
    }

    /// The next frame: its channel and what it carries. `None`: the client is gone, or talks nonsense.
    pub async fn next(&mut self) -> Option<(u8, Bytes)> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Binary(mut bytes)) if !bytes.is_empty() => {
                    let channel = bytes.split_to(1).first().copied()?;
                    return Some((channel, bytes));
                }
                Ok(Message::Text(text)) => {
                    let mut bytes = Bytes::copy_from_slice(text.as_bytes());
                    // In text frames the channel is a digit.
                    let channel = bytes.first().copied()?.wrapping_sub(b'0');
                    return Some((channel, bytes.split_off(1)));
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                // Pings are answered by the library.
                Ok(_) => {}
            }
        }
    }

    /// Sends a frame. `false`: the client is gone.
    #[must_use]
    pub async fn send(&mut self, channel: u8, data: &[u8]) -> bool {
        let mut frame = Vec::with_capacity(data.len() + 1);
        frame.push(channel);
        frame.extend_from_slice(data);
        self.socket.send(Message::Binary(Bytes::from(frame))).await.is_ok()
    }

    /// Says goodbye in good order, and lets the client say it as well: who hangs up at once may cut off what was
    /// said last.
    pub async fn close(mut self) {
        let bye = CloseFrame {
            code: CloseCode::Normal,
            reason: Utf8Bytes::default(),
        };
        let _ = self.socket.close(Some(bye)).await;
        let heard = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = tokio::time::timeout(GOODBYE, heard).await;
    }
}
