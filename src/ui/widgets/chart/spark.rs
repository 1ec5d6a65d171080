//! A line of bars, one cell for each value.

use crate::ui::theme::{Glyph, Theme};

/// The newest values as bars between nothing and the largest, or `top` where that is known. A gap is a space.
pub fn spark(values: &[f64], cells: usize, top: Option<f64>, theme: &Theme) -> String {
    const BARS: [Glyph; 8] = [
        Glyph::Bar1,
        Glyph::Bar2,
        Glyph::Bar3,
        Glyph::Bar4,
        Glyph::Bar5,
        Glyph::Bar6,
        Glyph::Bar7,
        Glyph::Bar8,
    ];
    let merged = merge(values, cells);
    let largest = merged.iter().copied().filter(|value| value.is_finite()).fold(0.0_f64, f64::max);
    let top = top.unwrap_or(largest).max(largest);
    let bar = |value: &f64| {
        if !value.is_finite() {
            return " ";
        }
        let share = if top > 0.0 { (value / top).clamp(0.0, 1.0) } else { 0.0 };
        let at = ((share * 8.0).ceil() as usize).clamp(1, 8) - 1;
        BARS.get(at).map_or(" ", |glyph| theme.glyph(*glyph))
    };
    merged.iter().map(bar).collect()
}

/// As many values as there are cells: of those that share a cell the largest, so that no peak is lost.
fn merge(values: &[f64], cells: usize) -> Vec<f64> {
    if values.len() <= cells || cells == 0 {
        return values.iter().copied().take(if cells == 0 { 0 } else { values.len() }).collect();
    }
    let of = |n: usize| {
        let (from, until) = (
            n * values.len() / cells,
            ((n + 1) * values.len() / cells).max(n * values.len() / cells + 1),
        );
        let part = values.get(from..until).unwrap_or_default();
        part.iter().copied().filter(|value| !value.is_nan()).fold(f64::NAN, f64::max)
    };
    (0..cells).map(of).collect()
}
