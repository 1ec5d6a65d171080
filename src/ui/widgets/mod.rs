//! Drawing routines that know nothing of Kubernetes: they take plain text, roles and a theme.
//!
//! All of them draw into a buffer, stay within the area given (whatever its size) and change nothing else.

pub mod chart;
mod input;
mod line;
mod paint;
mod spark;
pub mod text;
mod truncate;
mod yaml;

pub use input::{Edit, Input};
pub use line::StyledLine;
pub use paint::{clear, fill, put};
pub use spark::{Beat, level, spark};
pub use text::{Scroll, TextLine, TextView, Wrap};
pub use truncate::{Align, Cut, fit, grapheme_width, pad, width};
pub use yaml::yaml;
