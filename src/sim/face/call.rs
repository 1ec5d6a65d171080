//! A request that is being answered.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use hyper::upgrade::OnUpgrade;
use tokio_util::sync::CancellationToken;

use super::{Fault, Opened, Request};

/// The body is larger than the face takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body of the request is larger than {most} bytes, or broke off")]
pub struct TooLarge {
    pub most: usize,
}

/// A request with its body, its connection and its entry among the open requests.
#[derive(Debug)]
pub struct Call {
    pub request: Request,
    /// The request as HTTP has it: its body, and the connection for an upgrade among its extensions.
    pub http: http::Request<Body>,
    /// The faults that stand on it and that the face itself must act on.
    pub faults: Vec<Fault>,
    opened: Arc<Opened>,
    down: CancellationToken,
}

impl Call {
    pub(super) fn new(
        request: Request,
        http: http::Request<Body>,
        faults: Vec<Fault>,
        opened: Arc<Opened>,
        down: CancellationToken,
    ) -> Self {
        Self {
            request,
            http,
            faults,
            opened,
            down,
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// It is larger than `most` bytes, or breaks off.
    pub async fn body(&mut self, most: usize) -> Result<Bytes, TooLarge> {
        let body = std::mem::take(self.http.body_mut());
        axum::body::to_bytes(body, most).await.map_err(|_| TooLarge { most })
    }

    /// The connection, once the response with status 101 is on its way: for WebSockets.
    pub fn upgrade(&mut self) -> OnUpgrade {
        hyper::upgrade::on(&mut self.http)
    }

    /// Runs something that outlives the response: a session over an upgraded connection. The request counts as open
    /// until it ends; it is dropped when the server goes down.
    pub fn spawn(&self, session: impl Future<Output = ()> + Send + 'static) {
        let (opened, down) = (Arc::clone(&self.opened), self.down.clone());
        tokio::spawn(async move {
            let _opened = opened;
            tokio::select! {
                () = session => {}
                () = down.cancelled() => {}
            }
        });
    }

    /// Whether a list is to have no end.
    pub fn is_endless(&self) -> bool {
        self.faults.contains(&Fault::EndlessList)
    }
}
