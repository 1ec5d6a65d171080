//! quarterdeck: the terminal cockpit for the engineer on call.
pub mod config;
pub mod model;
pub mod source;
pub mod ui;
