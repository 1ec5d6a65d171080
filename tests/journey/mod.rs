//! Journeys through the whole program but its terminal: keys in, screens out, a stub of an API server behind it.

mod envs;
mod faults;
mod look;
mod tables;
mod twin;
mod walk;

use twin::{Twin, TwinOptions, rows, selected};

use crate::stub::{Stub, Version};

/// A stub with the platform in it.
fn platform(version: Version) -> Stub {
    let stub = Stub::start(version);
    stub.seed_platform();
    stub
}

/// The cockpit in namespace `solia`, its pods on screen and live.
fn in_solia(stub: &Stub) -> Twin {
    let mut twin = TwinOptions::of(stub).namespace("solia").start();
    twin.wait_text(&["backend-deployment-6d9f7c5b8d-4xk2p", "postgres-0", " live "]);
    twin
}
