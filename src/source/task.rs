//! A running source: stops when its owner lets go of it.

use tokio::task::JoinHandle;

/// A spawned task that is aborted when this value is dropped, so that a demand that nobody has any
/// more cannot keep a connection open.
#[derive(Debug)]
pub struct Task(JoinHandle<()>);

impl Task {
    /// Starts a future on the current runtime.
    pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
