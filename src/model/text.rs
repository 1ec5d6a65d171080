//! Text from outside, made harmless once, at the door.
//!
//! Names, messages, annotations and log lines are written by other people and other programs. A
//! control sequence in one of them could repaint the terminal, set its title or answer a prompt;
//! a bidirectional override could make `prod` read as something else. Everything that enters the
//! store as text goes through [`clean`] first, and the drawing code never has to think about it.

use std::borrow::Cow;

/// Replaces what a terminal would obey, or what would reorder the line, by a visible stand-in.
/// Newlines and tabs become a space. The common case (nothing to do) allocates nothing.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_unsafe(c) { stand_in(c) } else { c }).collect())
}

/// Like [`clean`], for text that is shown in several lines: newlines stay, tabs become four spaces.
pub fn clean_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            '\r' => {}
            '\t' => out.push_str("    "),
            c if is_unsafe(c) => out.push(stand_in(c)),
            c => out.push(c),
        }
    }
    out
}

/// The first `max` characters, with an ellipsis where something was cut.
pub fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(max.saturating_sub(1)) {
        Some((at, c)) if text.len() > at + c.len_utf8() => Cow::Owned(format!("{}…", &text[..at])),
        _ => Cow::Borrowed(text),
    }
}

/// C0 and C1 controls, line and paragraph separators, and every character that changes the
/// direction of the text around it (Unicode "Bidi_Control"), plus the byte-order mark and tags.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn stand_in(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('·'),
        _ => '·',
    }
}

/// Whether a name fits a pattern, in which `*` is any text.
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_become_visible_and_harmless() {
        assert_eq!(clean("\u{1b}[2Jgone\u{7}"), "␛[2Jgone␇");
        assert_eq!(clean("a\u{9b}31mb"), "a·31mb");
        assert_eq!(clean("safe\u{202e}dorp"), "safe·dorp");
        assert_eq!(clean("two\nlines\tand"), "two lines and");
        assert_eq!(clean_lines("a\r\n\tb\u{1b}c"), "a\n    b␛c");
        assert!(matches!(clean("plain é 日本 🚀"), Cow::Borrowed(_)));
    }

    #[test]
    fn shortening_counts_characters_and_keeps_short_text() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("日本語テスト", 4), "日本語…");
        assert_eq!(shorten("日本", 4), "日本");
        assert_eq!(shorten("", 0), "");
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, name, whether) in [
            ("/solia/*", "/solia/production/backend", true),
            ("/solia/*/backend", "/solia/production/backend", true),
            ("/solia/*/backend", "/solia/backend", false),
            ("/solia/*/backend", "/solia/production/backend/old", false),
            ("*backend*", "/solia/backend/x", true),
            ("/solia", "/solia/x", false),
            ("/solia", "/solia", true),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, name), whether, "{pattern} {name}");
        }
    }
}
