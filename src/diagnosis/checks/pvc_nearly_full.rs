//! To come.

use crate::diagnosis::sight::Sight;
use crate::model::Finding;

pub(super) fn check(_sight: &Sight<'_>) -> Vec<Finding> {
    Vec::new()
}
