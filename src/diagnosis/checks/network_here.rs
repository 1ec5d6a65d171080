//! To come.

use crate::model::{Finding, Time};
use crate::store::Store;

/// What it is called.
pub const ID: &str = "network-here";

/// Looks at all environments at once.
pub fn across(_store: &Store, _now: Time) -> Option<Finding> {
    None
}
