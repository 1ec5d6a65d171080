//! What a log line says: how bad it is, when it was written, what it carries, where it belongs.
//!
//! Programs write as they please, so everything here is a guess from the text alone, made fast (the level and the
//! time of every line that arrives are read) and never wrong at the cost of the line: what is not recognised stays
//! as it was written. One question a file; none of them knows where a line came from.
//!
//! | file | question |
//! |---|---|
//! | [`level`] | how bad is it? |
//! | [`time`] | when was it written? |
//! | [`sgr`] | which colours does it have? |
//! | [`line`] | all of that at once, for each line that arrives |
//! | [`fields`] | what does it say, and which fields does it carry? |
//! | [`join`] | does it go on with the line before? |
//! | [`ids`] | which trace or request does it belong to? |
//! | [`template`] | what is it an instance of? |
//! | [`search`] | is what the user looks for in it? |

pub mod fields;
pub mod ids;
pub mod join;
mod json;
mod keys;
pub mod level;
pub mod line;
pub mod search;
pub mod sgr;
pub mod template;
pub mod time;
mod trial;

pub use fields::{Parsed, Shape, parse, pretty};
pub use ids::{Id, IdKind, ids};
pub use join::{Join, continues};
pub use level::{Level, level};
pub use line::{Line, decode, line};
pub use search::Pattern;
pub use sgr::{Colour, Run, Style};
pub use template::{Cluster, ClusterId, Templates};
pub use time::{stamp, time};
#[doc(hidden)]
pub use trial::trial;
