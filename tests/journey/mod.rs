//! Journeys through the whole program but its terminal: keys in, screens out, a still world of the simulator behind it,
//! which speaks as a server of today and as one of yesterday.

/// A journey, made on both versions of the API. Pictures are taken on one: it stands in their header.
macro_rules! on_both {
    ($journey:ident) => {
        mod $journey {
            use crate::stub::Version;

            #[test]
            fn on_today() {
                super::$journey(Version::V1_36);
            }

            #[test]
            fn on_yesterday() {
                super::$journey(Version::V1_20);
            }
        }
    };
}

pub mod acts;
mod alerts;
pub mod books;
mod cloud;
mod envs;
mod fault_table;
mod faults;
mod findings;
mod guard;
mod held;
mod logs;
mod look;
mod metrics;
mod nodes;
mod objects;
mod pages;
mod signals;
mod silences;
mod tables;
pub mod twin;
mod walk;

use twin::{Twin, TwinOptions, rows, selected};

use crate::stub::{Stub, Version};

/// A stub with the platform in it.
pub fn platform(version: Version) -> Stub {
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
