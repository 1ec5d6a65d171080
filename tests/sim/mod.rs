//! The simulated platform as strangers meet it: a stock kubectl, a plain HTTP client, a user at a terminal.

mod demo;
mod kubectl;
pub mod platform;
