//! The contract between the sources and servers of different ages and tempers: the stub (or the simulated CloudWatch) as
//! a server, the real sources as its client, and what the store comes to know.

pub mod cloudwatch;
mod forward;
mod logs;
mod prometheus;
mod sessions;
mod tempers;
mod versions;

use tempfile::TempDir;

use crate::stub::Stub;
use crate::twin::Twin;

/// A twin on a stub. The folder holds its kubeconfig.
fn twin_of(stub: &Stub) -> (Twin, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    stub.kubeconfig(&path, &[("stub", None)]);
    (Twin::of(&path), folder)
}
