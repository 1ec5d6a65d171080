//! What a server checks before it keeps an object. Not all of it: what people get wrong, and what would break the
//! controllers.

mod change;
mod kinds;
mod meta;
mod pods;

use serde_json::Value;

use super::refuse::Cause;
use crate::sim::kube::{Served, Version};

/// What is wrong with an object, as it would be kept.
pub fn object(kind: &Served, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    meta::check(kind, &object["metadata"], &mut causes);
    kinds::check(&kind.kind, object, &mut causes);
    causes
}

/// What is wrong with changing one object into another.
pub fn change(version: Version, kind: &Served, before: &Value, after: &Value) -> Vec<Cause> {
    let mut causes = object(kind, after);
    change::check(version, &kind.kind, before, after, &mut causes);
    causes
}
