//! Signs of one cell, in two sets: one for terminals that draw Unicode and one for those that do not.
//!
//! Only characters that common fonts have and that no terminal draws two cells wide.

use ratatui::symbols::border;

/// Which characters the terminal can draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Glyphs {
    #[default]
    Unicode,
    Ascii,
}

impl Glyphs {
    /// Judges by the locale (`LC_ALL`, `LC_CTYPE`, `LANG`: the first that is set) and `TERM`.
    /// No locale at all says nothing (containers and SSH sessions have none), so it counts as Unicode.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        // The console's font holds 256 characters or 512; most of ours are not among them.
        if matches!(env("TERM").as_deref(), Some("linux" | "dumb")) {
            return Self::Ascii;
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| env(name).filter(|value| !value.is_empty()));
        match locale.map(|l| l.to_ascii_lowercase()) {
            Some(l) if !l.contains("utf-8") && !l.contains("utf8") => Self::Ascii,
            _ => Self::Unicode,
        }
    }

    /// The frame of panes and popups: thin single lines.
    pub fn border(self) -> border::Set<'static> {
        let g = |glyph: Glyph| glyph.draw(self);
        border::Set {
            top_left: g(Glyph::TopLeft),
            top_right: g(Glyph::TopRight),
            bottom_left: g(Glyph::BottomLeft),
            bottom_right: g(Glyph::BottomRight),
            vertical_left: g(Glyph::VLine),
            vertical_right: g(Glyph::VLine),
            horizontal_top: g(Glyph::HLine),
            horizontal_bottom: g(Glyph::HLine),
        }
    }
}

/// A cell of dots, two across and four down, by the bits that braille gives them.
pub fn braille(dots: u8) -> char {
    char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' ')
}

/// Declares the glyphs: the variant, its Unicode sign, its ASCII sign.
macro_rules! glyphs {
    ($( $(#[$doc:meta])+ $glyph:ident $unicode:literal $ascii:literal; )+) => {
        /// A sign of one cell.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Glyph {
            $( $(#[$doc])+ $glyph, )+
        }

        impl Glyph {
            /// Every glyph.
            pub const ALL: &'static [Glyph] = &[$(Glyph::$glyph),+];

            /// The sign in one of the sets.
            pub const fn draw(self, set: Glyphs) -> &'static str {
                match (self, set) {
                    $( (Glyph::$glyph, Glyphs::Unicode) => $unicode, (Glyph::$glyph, Glyphs::Ascii) => $ascii, )+
                }
            }
        }
    };
}

glyphs! {
    /// As it should be.
    Ok "●" "o";
    /// Not as it should be.
    Warning "▲" "!";
    /// Broken.
    Bad "✖" "X";
    /// On its way.
    Busy "◐" ":";
    /// Finished, and well.
    Done "✓" "+";
    /// Not known, not applicable.
    Unknown "○" "-";
    /// No longer fresh.
    Stale "◌" "~";
    /// In front of the selected row.
    Selected "▸" ">";
    /// In front of a marked row.
    Marked "◆" "*";
    /// Sorted, smallest first.
    SortUp "↑" "^";
    /// Sorted, largest first.
    SortDown "↓" "v";
    /// Text was cut here.
    Ellipsis "…" "~";
    /// There is more to the left, to the right.
    MoreLeft "‹" "<";
    /// There is more to the right.
    MoreRight "›" ">";
    /// Fresh, and kept so by a watch.
    Live "•" "*";
    /// From one thing to another: `v1 → v2`.
    Arrow "→" ">";
    /// Between parts of a line.
    Dot "·" "|";
    /// A line from left to right.
    HLine "─" "-";
    /// A line from top to bottom.
    VLine "│" "|";
    /// Corners of a frame.
    TopLeft "┌" "+";
    /// Upper right corner.
    TopRight "┐" "+";
    /// Lower left corner.
    BottomLeft "└" "+";
    /// Lower right corner.
    BottomRight "┘" "+";
    /// A bar of height 1 of 8.
    Bar1 "▁" ".";
    /// A bar of height 2 of 8.
    Bar2 "▂" "_";
    /// A bar of height 3 of 8.
    Bar3 "▃" "-";
    /// A bar of height 4 of 8.
    Bar4 "▄" "=";
    /// A bar of height 5 of 8.
    Bar5 "▅" "+";
    /// A bar of height 6 of 8.
    Bar6 "▆" "*";
    /// A bar of height 7 of 8.
    Bar7 "▇" "%";
    /// A bar of height 8 of 8.
    Bar8 "█" "#";
    /// A branch of a tree with more below it.
    BranchMore "├" "|";
    /// The last branch of a tree.
    BranchLast "└" "`";
    /// A faint line across a picture, and what is left of a whole.
    Grid "·" ".";
    /// A bound across a picture.
    Dash "╌" "-";
    /// Done from here.
    Own "◆" "+";
    /// A container began anew.
    Restarted "◇" "o";
    /// Something new went out.
    Rollout "▼" "V";
    /// The part of a scroll bar that is in view.
    ScrollThumb "┃" "#";
    /// The rest of the scroll bar.
    ScrollTrack "│" "|";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn every_glyph_is_one_cell_and_the_ascii_set_is_ascii() {
        for glyph in Glyph::ALL {
            assert_eq!(glyph.draw(Glyphs::Unicode).width(), 1, "{glyph:?}");
            let ascii = glyph.draw(Glyphs::Ascii);
            assert!(ascii.len() == 1 && ascii.is_ascii(), "{glyph:?}");
        }
    }

    #[test]
    fn states_differ_by_shape_alone() {
        use Glyph::{Bad, Busy, Done, Ok, Stale, Unknown, Warning};
        for set in [Glyphs::Unicode, Glyphs::Ascii] {
            let shapes: HashSet<_> = [Ok, Warning, Bad, Busy, Done, Unknown, Stale].iter().map(|g| g.draw(set)).collect();
            assert_eq!(shapes.len(), 7, "{set:?}");
        }
    }

    #[test]
    fn the_locale_decides_the_set() {
        let table: &[(&[(&str, &str)], Glyphs)] = &[
            (&[], Glyphs::Unicode),
            (&[("LANG", "en_US.UTF-8")], Glyphs::Unicode),
            (&[("LANG", "C.utf8")], Glyphs::Unicode),
            (&[("LANG", "C")], Glyphs::Ascii),
            (&[("LANG", "fr_FR.ISO-8859-1")], Glyphs::Ascii),
            (&[("LANG", "C"), ("LC_ALL", "en_GB.UTF-8")], Glyphs::Unicode),
            (&[("LANG", "en_GB.UTF-8"), ("LC_CTYPE", "POSIX")], Glyphs::Ascii),
            (&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "")], Glyphs::Unicode),
            (&[("LANG", "en_GB.UTF-8"), ("TERM", "linux")], Glyphs::Ascii),
        ];
        for (variables, set) in table {
            let env = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string());
            assert_eq!(Glyphs::detect(env), *set, "{variables:?}");
        }
    }
}
