//! The colours of a line, kept as styles of its parts; everything else that a terminal would obey, made visible.
//!
//! Of all control sequences only SGR (ECMA-48, 8.3.117: `ESC [ … m`) is understood, and it is taken out of the text.
//! Cursor moves, titles, the clipboard's OSC 52, DCS, C1 controls and bidirectional overrides become the visible signs of
//! [`clean`], so that text and styles can be drawn without harm.

use std::borrow::Cow;

use crate::model::clean;

/// A colour, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// One of the sixteen of the terminal's palette: 0 to 7, and their bright ones 8 to 15.
    Named(u8),
    /// One of the 256.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// How a part of a line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    pub fg: Option<Colour>,
    pub bg: Option<Colour>,
    /// [`Style::BOLD`] and the others, together.
    pub bits: u8,
}

impl Style {
    pub const BOLD: u8 = 1;
    pub const DIM: u8 = 2;
    pub const ITALIC: u8 = 4;
    pub const UNDERLINE: u8 = 8;
    pub const REVERSE: u8 = 16;

    /// Whether one of these bits is set.
    pub fn has(self, bit: u8) -> bool {
        self.bits & bit != 0
    }
}

/// A part of the text (bytes) that is styled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub start: usize,
    pub end: usize,
    pub style: Style,
}

/// What a tab becomes. A line has no columns that it could move to.
const TAB: &str = "    ";

/// The text of a line without its colours, and the colours: runs in order and apart, none of them empty or without style.
pub fn split(raw: &str) -> (Cow<'_, str>, Vec<Run>) {
    if is_harmless(raw.as_bytes()) {
        return (Cow::Borrowed(raw), Vec::new());
    }
    if !raw.contains(['\u{1b}', '\t', '\u{9b}']) {
        return (clean(raw), Vec::new());
    }
    let mut out = Splitting::default();
    let mut rest = raw;
    while let Some(at) = rest.find(['\u{1b}', '\u{9b}', '\t']) {
        let (before, sequence) = rest.split_at(at);
        out.text.push_str(&clean(before));
        if let Some((codes, after)) = sgr(sequence) {
            out.turn(codes);
            rest = after;
            continue;
        }
        let mut chars = sequence.chars();
        let first = chars.next().unwrap_or_default();
        match first {
            '\t' => out.text.push_str(TAB),
            other => out.text.push_str(&clean(other.encode_utf8(&mut [0; 4]))),
        }
        rest = chars.as_str();
    }
    out.text.push_str(&clean(rest));
    out.close();
    (Cow::Owned(out.text), out.runs)
}

/// The text of a line without its colours. The common case (nothing to do) allocates nothing.
pub fn plain(raw: &str) -> Cow<'_, str> {
    split(raw).0
}

/// Whether these are printable ASCII characters only. Whole blocks at a time: this is asked of every line.
fn is_harmless(bytes: &[u8]) -> bool {
    bytes
        .chunks(64)
        .all(|block| block.iter().fold(true, |fine, b| fine & (0x20..0x7f).contains(b)))
}

/// The codes of a sequence that sets colours, and what comes after it.
fn sgr(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix("\u{1b}[").or_else(|| text.strip_prefix('\u{9b}'))?;
    let after = inside.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | ':'));
    let codes = inside.get(..inside.len() - after.len())?;
    Some((codes, after.strip_prefix('m')?))
}

#[derive(Default)]
struct Splitting {
    text: String,
    runs: Vec<Run>,
    style: Style,
    /// Where the style began.
    since: usize,
}

impl Splitting {
    /// A change of style, from here on.
    fn turn(&mut self, codes: &str) {
        let style = changed(self.style, codes);
        if style != self.style {
            self.close();
            self.style = style;
        }
    }

    fn close(&mut self) {
        let end = self.text.len();
        if self.style != Style::default() && self.since < end {
            self.runs.push(Run {
                start: self.since,
                end,
                style: self.style,
            });
        }
        self.since = end;
    }
}

/// The style after these codes. Codes that are not known change nothing.
fn changed(mut style: Style, codes: &str) -> Style {
    let mut codes = codes.split([';', ':']).map(|code| code.parse::<u16>().unwrap_or_default());
    while let Some(code) = codes.next() {
        match code {
            0 => style = Style::default(),
            1 => style.bits |= Style::BOLD,
            2 => style.bits |= Style::DIM,
            3 => style.bits |= Style::ITALIC,
            4 | 21 => style.bits |= Style::UNDERLINE,
            7 => style.bits |= Style::REVERSE,
            22 => style.bits &= !(Style::BOLD | Style::DIM),
            23 => style.bits &= !Style::ITALIC,
            24 => style.bits &= !Style::UNDERLINE,
            27 => style.bits &= !Style::REVERSE,
            30..=37 => style.fg = Some(Colour::Named((code - 30) as u8)),
            90..=97 => style.fg = Some(Colour::Named((code - 82) as u8)),
            39 => style.fg = None,
            40..=47 => style.bg = Some(Colour::Named((code - 40) as u8)),
            100..=107 => style.bg = Some(Colour::Named((code - 92) as u8)),
            49 => style.bg = None,
            38 => style.fg = colour(&mut codes).or(style.fg),
            48 => style.bg = colour(&mut codes).or(style.bg),
            _ => {}
        }
    }
    style
}

/// `5;n` or `2;r;g;b`, after 38 or 48.
fn colour(codes: &mut impl Iterator<Item = u16>) -> Option<Colour> {
    let mut byte = || codes.next().and_then(|code| u8::try_from(code).ok());
    match byte()? {
        5 => byte().map(|n| if n < 16 { Colour::Named(n) } else { Colour::Indexed(n) }),
        2 => Some(Colour::Rgb(byte()?, byte()?, byte()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fg(colour: Colour) -> Style {
        Style {
            fg: Some(colour),
            ..Style::default()
        }
    }

    #[test]
    fn colours_become_styles_and_all_else_becomes_visible() {
        let (text, runs) = split("\u{1b}[1;31mERROR\u{1b}[0m\tat\u{7} x\u{1b}[2J\u{1b}[38;5;200my\u{1b}[48;2;1;2;3mz");
        assert_eq!(text, "ERROR    at␇ x␛[2Jyz");
        let bold_red = Style {
            bits: Style::BOLD,
            ..fg(Colour::Named(1))
        };
        let last = Style {
            bg: Some(Colour::Rgb(1, 2, 3)),
            ..fg(Colour::Indexed(200))
        };
        assert_eq!(
            runs.iter().map(|run| (&text[run.start..run.end], run.style)).collect::<Vec<_>>(),
            [("ERROR", bold_red), ("y", fg(Colour::Indexed(200))), ("z", last)]
        );
        assert!(bold_red.has(Style::BOLD) && !bold_red.has(Style::DIM));
    }

    #[test]
    fn what_is_not_a_colour_is_shown() {
        for (raw, want) in [
            ("\u{1b}]52;c;aGk=\u{7}", "␛]52;c;aGk=␇"),
            ("\u{1b}]0;title\u{1b}\\x", "␛]0;title␛\\x"),
            ("\u{1b}P1$r0m\u{1b}\\", "␛P1$r0m␛\\"),
            ("\u{1b}[?25l", "␛[?25l"),
            ("\u{1b}[31", "␛[31"),
            ("\u{1b}", "␛"),
            ("a\u{0}b\r", "a␀b "),
            ("a\u{9b}31mb\u{9d}", "ab·"),
            ("safe\u{202e}dorp\u{2066}", "safe·dorp·"),
            ("日本 é", "日本 é"),
            ("\u{1b}\u{1b}[0mx", "␛x"),
        ] {
            assert_eq!(plain(raw), want, "{raw:?}");
        }
        assert!(matches!(plain("nothing to do"), Cow::Borrowed(_)));
    }

    #[test]
    fn styles_end_where_they_are_taken_back() {
        let styles = |raw: &str| {
            split(raw)
                .1
                .into_iter()
                .map(|run| (run.start, run.end, run.style))
                .collect::<Vec<_>>()
        };
        assert_eq!(styles("\u{1b}[96ma\u{1b}[39mb"), [(0, 1, fg(Colour::Named(14)))]);
        assert_eq!(styles("\u{1b}[31m\u{1b}[0mplain"), []);
        assert_eq!(styles("\u{1b}[31ma\u{1b}[31mb\u{1b}[mc"), [(0, 2, fg(Colour::Named(1)))]);
        assert_eq!(styles("\u{1b}[99999999;31ma"), [(0, 1, fg(Colour::Named(1)))]);
    }

    proptest! {
        #[test]
        fn the_text_holds_nothing_that_a_terminal_obeys(pieces in prop::collection::vec(prop_oneof![
            any::<String>(),
            any::<char>().prop_map(String::from),
            prop::sample::select(vec![
                "\u{1b}", "[", "\u{9b}", "\u{1b}[3", "1;", "38;5;", "2;255;0;0", "m", "0m", "\u{1b}]52;c;", "\u{7}", "\u{9d}", "\t", "\r",
                "\u{202e}", "\u{2068}", "\u{200f}", "\u{feff}", "\u{0}", "text", "é", "\u{1b}\\", "\u{e0041}", "\u{2028}",
            ]).prop_map(String::from),
        ], 0..12)) {
            let raw = pieces.concat();
            let (text, runs) = split(&raw);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(&clean(&text), &text, "nothing is left to clean");
            let mut done = 0;
            for run in &runs {
                prop_assert!(done <= run.start && run.start < run.end && text.get(run.start..run.end).is_some());
                prop_assert!(run.style != Style::default());
                done = run.end;
            }
        }
    }
}
