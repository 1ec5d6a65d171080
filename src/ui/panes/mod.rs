//! The panes: what one view shows, its state, and how it is drawn, together.

pub mod describe;
pub mod explain;
pub mod frame;
pub mod insights;
pub mod log;
pub mod page;
pub mod table;
pub mod text;
pub mod yaml;
