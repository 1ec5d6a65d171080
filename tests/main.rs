//! The one integration binary: what the tests stand on, and the tests that need the whole: files, the binary, other
//! processes, servers.

#![allow(clippy::disallowed_methods)]

mod cli;
mod config;
mod contract;
mod desk;
mod journey;
mod live;
mod pty;
mod sim;
mod stub;
mod twin;
