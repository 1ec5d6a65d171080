//! Kubernetes: one link per environment, one task per feed on top of it.

mod access;
mod account;
pub mod check;
pub mod client;
mod direct;
pub mod discovery;
mod discovery_text;
pub mod document;
mod exec;
mod expiry;
mod fault;
pub mod feed;
pub mod kubeconfig;
pub mod link;
pub mod log;
mod login;
pub mod problem;
mod proxy;
pub mod raw;
pub mod request;
pub mod rights;
mod session;
pub mod stream;
pub mod table;
pub mod tail;
pub mod usage;

pub use access::named;
pub use login::login_profile;
pub(crate) use request::encode;

use crate::model::ServedKind;

/// A usable connection to an API server, as the link publishes it and the feeds use it.
#[derive(Clone)]
pub struct Api {
    pub client: ::kube::Client,
    /// The same, for what must not be sent twice: the other asks again by itself where the server is busy.
    pub writer: ::kube::Client,
    /// What the server serves.
    pub served: std::sync::Arc<Vec<ServedKind>>,
    /// Minor version of the server (`1.20` → 20).
    pub minor: u32,
    /// How often the server was away and came back: what was opened before may lead nowhere.
    pub outages: u64,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Api {{ {} kinds, 1.{} }}", self.served.len(), self.minor)
    }
}

/// Where feeds wait for a connection: `None` while there is none.
pub type Apis = tokio::sync::watch::Receiver<Option<Api>>;
