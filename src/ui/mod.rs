//! What the screen looks like: reads the app, changes nothing.
pub mod theme;
