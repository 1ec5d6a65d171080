//! Why an object is not well, or why it counts as well.

use super::Diagnosis;
use crate::model::{ObjectRef, Time};
use crate::store::EnvStore;

/// The explanation of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {}

/// Explains an object.
pub fn explain(_diagnosis: &Diagnosis, _seen: &EnvStore, _object: &ObjectRef, _now: Time) -> Explanation {
    Explanation::default()
}
