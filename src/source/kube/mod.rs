//! Kubernetes: one link per environment, one task per feed on top of it.

use crate::model::ServedKind;

/// A usable connection to an API server, as the link publishes it and the feeds use it.
#[derive(Clone)]
pub struct Api {
    pub client: ::kube::Client,
    /// What the server serves.
    pub served: std::sync::Arc<Vec<ServedKind>>,
    /// Minor version of the server (`1.20` → 20).
    pub minor: u32,
}

/// Where feeds wait for a connection: `None` while there is none.
pub type Apis = tokio::sync::watch::Receiver<Option<Api>>;
