//! A line of text whose parts have meanings.

use crate::ui::theme::Role;

/// The parts of one line, left to right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyledLine(pub Vec<(Role, String)>);

impl StyledLine {
    /// The text without its meanings.
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}
