//! Semantic roles and the themes that give them colours: the only place where colours and glyphs are named.

mod colour;
mod depth;
mod glyph;
mod load;
mod role;
mod source;
#[cfg(test)]
mod tests;

use ratatui::style::Style;
use ratatui::symbols::border;

pub use depth::Depth;
pub use glyph::{Glyph, Glyphs, braille};
pub use role::Role;
pub use source::{BUILT_IN, Source};

use crate::model::Problem;

/// How everything looks on this terminal. Made once (and when the theme changes); looking up is an index.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: [Style; Role::COUNT],
    glyphs: Glyphs,
}

impl Theme {
    /// The theme on a terminal of this depth and character set.
    pub fn new(source: &Source, depth: Depth, glyphs: Glyphs) -> Self {
        let mut styles = [Style::new(); Role::COUNT];
        for (style, role) in styles.iter_mut().zip(Role::ALL) {
            *style = source.style(*role, depth);
        }
        Self { styles, glyphs }
    }

    /// Loads and makes a theme in one step; see [`Source::load`].
    ///
    /// # Errors
    /// There is no such theme, or its file has a mistake.
    pub fn load(name: &str, user_text: Option<&str>, depth: Depth, glyphs: Glyphs) -> Result<Self, Problem> {
        Ok(Self::new(&Source::load(name, user_text)?, depth, glyphs))
    }

    /// Needs no file and no colours: what remains when even the default theme cannot be had.
    pub fn plain(glyphs: Glyphs) -> Self {
        let mut styles = [Style::new(); Role::COUNT];
        for (style, role) in styles.iter_mut().zip(Role::ALL) {
            *style = Style::new().add_modifier(role.mono());
        }
        Self { styles, glyphs }
    }

    /// How a role looks. A style without a background keeps the one that is there, so that a cell's
    /// colour and the selected row's background go together.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// A sign of one cell.
    pub fn glyph(&self, glyph: Glyph) -> &'static str {
        glyph.draw(self.glyphs)
    }

    /// Which set of signs is drawn.
    pub fn glyphs(&self) -> Glyphs {
        self.glyphs
    }

    /// The frame of panes and popups.
    pub fn border(&self) -> border::Set<'static> {
        self.glyphs.border()
    }
}

impl Default for Theme {
    /// The default theme in full colour.
    fn default() -> Self {
        Self::load("deck", None, Depth::True, Glyphs::Unicode).unwrap_or_else(|_| Self::plain(Glyphs::Unicode))
    }
}
