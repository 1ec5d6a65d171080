//! The panes: what one view shows, its state, and how it is drawn, together.

pub mod alerts;
pub mod book;
pub mod compare;
pub mod describe;
pub mod explain;
pub mod frame;
pub mod health;
pub mod insights;
pub mod log;
pub mod metrics;
pub mod overview;
pub mod page;
pub mod table;
pub mod text;
pub mod yaml;
