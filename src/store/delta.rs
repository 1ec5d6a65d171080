//! What is other between an object as it was and as it is: the changes that a watch sees happen.

use crate::model::{Change, Kind, Object, Time};

/// What changed of this object; `old` is how it was, `None` if it has just come.
pub(super) fn between(_kind: &Kind, _old: Option<&Object>, _new: &Object, _at: Time) -> Vec<Change> {
    Vec::new()
}

/// An object went.
pub(super) fn gone(_kind: &Kind, _old: &Object, _at: Time) -> Option<Change> {
    None
}
