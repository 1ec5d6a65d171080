//! Variables of a page: what there is to be known, where it comes from, and what it may be.
//!
//! A value reaches a command as one word or as an environment variable, a query only inside of its texts. Values are frozen when a
//! walk begins: another selection does not change what runs.

mod bind;
mod declare;
mod process;
mod promql;
mod role;

pub use bind::{Bindings, Facts, Origin, Slot, Value, checked};
pub use declare::{Declared, Source, exports};
pub use process::Process;
pub use promql::{fill, variables as query_variables};
pub use role::{Role, role};

/// Whether a block of this name keeps what it prints, under its name: Runme's rule, in capitals, four letters or more.
pub fn is_capture(name: &str) -> bool {
    name.len() >= 3
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// What is kept of a block's output as a variable.
pub const MOST_CAPTURED: usize = 64 << 10;
