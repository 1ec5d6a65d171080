//! What changed before it began, the likeliest cause first.

use super::sight::Sight;
use crate::model::{Change, Finding};

/// The changes that may have led to a finding.
pub fn before(_sight: &Sight<'_>, _finding: &Finding) -> Vec<Change> {
    Vec::new()
}
