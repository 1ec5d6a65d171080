//! What every HTTP face of the simulated platform shares: a listener on loopback, with or without TLS, a memory
//! of what was asked, and faults on demand.
//!
//! ```text
//!   Server ── per connection ──► record (Desk) ──► faults ──► Face::answer ──► faults that spoil bodies
//! ```
//!
//! A face says what it answers; everything else is here, so that each face can be asked what it was asked, and
//! can be made to hang, stall, lie, refuse or go away in the same words.

mod authority;
mod call;
mod desk;
mod fault;
mod reply;
mod request;
mod route;
mod server;

use std::sync::Arc;

use axum::body::Body;
use http::Response;

pub use authority::{Authority, TlsFault};
pub use call::{Call, TooLarge};
pub use desk::{Desk, FaultId, Opened};
pub use fault::Fault;
pub use reply::{Streaming, json, response, text};
pub use request::Request;
pub use route::{Route, Subject};
pub use server::{PortFault, Scheme, Server};

/// An API that is served over HTTP.
pub trait Face: Send + Sync + 'static {
    /// Where its requests are noted, and where its faults stand.
    fn desk(&self) -> &Arc<Desk>;

    /// Answers. The future is dropped when the client goes away or the server goes down.
    fn answer(self: Arc<Self>, call: Call) -> impl Future<Output = Response<Body>> + Send;

    /// What a request is about, for faults that stand on a resource.
    fn subject(&self, request: &Request) -> Subject {
        let _ = request;
        Subject::default()
    }

    /// A refusal in this API's words. `reason` is one CamelCase word such as `Forbidden`.
    fn refuse(&self, request: &Request, code: u16, reason: &str) -> Response<Body> {
        let _ = request;
        text(code, format!("{reason}\n"))
    }
}
