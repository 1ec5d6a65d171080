//! A line of small bars, one cell each: how high something was, moment by moment, with holes where nothing was told.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::theme::{Glyph, Glyphs, Role, Theme};
use crate::ui::widgets::put;

/// One cell of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// Nothing was told.
    Gap,
    /// It was told that nothing is known.
    Unknown,
    /// So high, from 1 to 8.
    Bar(u8),
    /// The same, and worth a warning.
    High(u8),
    /// It failed.
    Failed,
}

impl Beat {
    fn glyph(self) -> Option<Glyph> {
        match self {
            Self::Gap => None,
            Self::Unknown => Some(Glyph::Unknown),
            Self::Failed => Some(Glyph::Bad),
            Self::Bar(level) | Self::High(level) => Some(match level {
                0 | 1 => Glyph::Bar1,
                2 => Glyph::Bar2,
                3 => Glyph::Bar3,
                4 => Glyph::Bar4,
                5 => Glyph::Bar5,
                6 => Glyph::Bar6,
                7 => Glyph::Bar7,
                _ => Glyph::Bar8,
            }),
        }
    }

    /// What its colour means.
    pub fn role(self) -> Role {
        match self {
            Self::Gap => Role::Faint,
            Self::Unknown => Role::Muted,
            Self::Bar(_) => Role::Ok,
            Self::High(_) => Role::Warning,
            Self::Failed => Role::Bad,
        }
    }

    /// Its sign; a space for a hole.
    pub fn sign(self, glyphs: Glyphs) -> &'static str {
        self.glyph().map_or(" ", |glyph| glyph.draw(glyphs))
    }
}

/// How high a value stands among eight steps, of which the last is `most`.
pub fn level(value: f64, most: f64) -> u8 {
    if most <= 0.0 || !value.is_finite() {
        return 1;
    }
    ((value / most * 8.0).ceil()).clamp(1.0, 8.0) as u8
}

/// Draws the end of a line as far as there is room; `under` lays the style of each cell over that of the row.
pub fn spark(beats: &[Beat], area: Rect, buf: &mut Buffer, theme: &Theme, under: impl Fn(Style) -> Style) {
    let skip = beats.len().saturating_sub(usize::from(area.width));
    for (x, beat) in (area.x..).zip(beats.iter().skip(skip)) {
        let cell = Rect { x, width: 1, ..area };
        put(buf, cell, beat.sign(theme.glyphs()), under(theme.style(beat.role())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_a_hole_and_a_failure_has_a_sign_of_its_own() {
        let line = [Beat::Gap, Beat::Bar(1), Beat::High(8), Beat::Failed, Beat::Unknown];
        let text = |glyphs| line.iter().map(|beat| beat.sign(glyphs)).collect::<String>();
        assert_eq!(text(Glyphs::Unicode), " ▁█✖○");
        assert_eq!(text(Glyphs::Ascii), " .#X-");
        let levels = [0.0, 1.0, 50.0, 99.0, 100.0, 500.0].map(|value| level(value, 100.0));
        assert_eq!(levels, [1, 1, 4, 8, 8, 8]);
        assert_eq!(level(f64::NAN, 100.0), 1);
    }
}
