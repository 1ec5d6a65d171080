//! Bodies taken apart while they arrive: a list of ten thousand pods is fifty megabytes, and none of
//! it needs to be in memory at once.

mod lines;
mod list;

pub use lines::LineSplitter;
pub use list::{Array, ListSplitter};

/// Why a body cannot be taken apart. Each is one plain sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    #[error("the server's answer is not Kubernetes JSON")]
    NotJson,
    #[error("the server's answer is not well-formed JSON")]
    Malformed,
    #[error("the server's answer ended in the middle")]
    Truncated,
    #[error("an object in the server's answer is larger than {} MiB", MAX_ITEM >> 20)]
    ItemTooLarge,
    #[error("the server's answer is not a list")]
    EnvelopeTooLarge,
}

/// The largest single object (or watch event) that is accepted. etcd's own limit is 1.5 MiB.
pub const MAX_ITEM: usize = 32 << 20;

/// The largest part of a list beside its items. Column definitions with long descriptions come to some 10 kB.
pub const MAX_ENVELOPE: usize = 4 << 20;
