//! How a terminal calls for somebody who looks elsewhere: the bell, or a notification of the desktop.

use crate::config::Notify;
use crate::model::{clean, shorten};

/// The most of a sentence that is sent, in bytes.
const LONGEST: usize = 200;

/// What is written to the terminal; empty where nothing is wanted.
pub fn sequence(text: &str, ways: &[Notify], in_tmux: bool) -> Vec<u8> {
    // What a terminal would take for an end or a separator does not belong into the sentence.
    let text: String = clean(&shorten(text, LONGEST))
        .chars()
        .filter(|c| !c.is_control() && *c != ';')
        .collect();
    let mut out = String::new();
    for way in ways {
        let plain = match way {
            Notify::Bell => {
                out.push('\x07');
                continue;
            }
            Notify::Osc9 => format!("\x1b]9;{text}\x07"),
            Notify::Osc777 => format!("\x1b]777;notify;quarterdeck;{text}\x07"),
        };
        // tmux hands on what is wrapped, where `allow-passthrough` is on, and swallows it where it is not.
        match in_tmux {
            true => out.push_str(&format!("\x1bPtmux;\x1b{plain}\x1b\\")),
            false => out.push_str(&plain),
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_called_in_the_ways_that_are_wanted_and_text_cannot_end_the_sequence() {
        let text = "prod: backend \x1b]0;evil\x07 crashes; exit 1";
        assert_eq!(sequence(text, &[], false), b"");
        assert_eq!(sequence(text, &[Notify::Bell], true), b"\x07");
        let told = String::from_utf8(sequence(text, &[Notify::Osc9], false)).unwrap();
        assert!(
            told.starts_with("\x1b]9;prod: backend ") && told.ends_with(" exit 1\x07"),
            "{told:?}"
        );
        let count = |sign| told.matches(sign).count();
        assert_eq!((count('\x1b'), count('\x07'), count(';')), (1, 1, 1));
        let wrapped = String::from_utf8(sequence("x", &[Notify::Osc777], true)).unwrap();
        assert_eq!(wrapped, "\x1bPtmux;\x1b\x1b]777;notify;quarterdeck;x\x07\x1b\\");
    }
}
