//! A line laid out to be read.

use super::LONGEST;
use crate::model::clean;
use crate::reading::json;

/// A line with an object or a list in it, in indented lines: what stands before it, it, what stands after. Nothing where
/// there is none. Strings of several lines (stack traces) are laid out in theirs.
pub fn pretty(text: &str) -> Option<Vec<String>> {
    if text.len() > LONGEST {
        return None;
    }
    // A line has few places where an object could begin; one with many is not made for this.
    let (start, end) = text
        .match_indices(['{', '['])
        .take(8)
        .filter(|(at, _)| matches!(text.get(at + 1..).map(str::trim_start), Some(rest) if rest.starts_with(['"', '{', '['])))
        .find_map(|(at, _)| Some((at, at + json::extent(text.get(at..)?)?)))?;
    let (before, object, after) = (text.get(..start)?.trim(), text.get(start..end)?, text.get(end..)?.trim());
    let mut lines = Vec::new();
    lines.extend((!before.is_empty()).then(|| before.to_owned()));
    lines.extend(json::lines(object).into_iter().map(|line| clean(&line).into_owned()));
    lines.extend((!after.is_empty()).then(|| after.to_owned()));
    Some(lines)
}
