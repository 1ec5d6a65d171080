//! What a program wrote, kept within bounds: its first part, its last part, and how much was between.

use std::collections::VecDeque;

use crate::{model, redact};

/// The first part that is kept, bytes.
const FIRST: usize = 256 << 10;
/// The last part that is kept, bytes.
const LAST: usize = 256 << 10;

/// Output of a program. At most half a mebibyte is held, however much was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    first: Vec<u8>,
    last: VecDeque<u8>,
    dropped: u64,
}

impl Kept {
    /// Adds what came.
    pub(in crate::execute) fn add(&mut self, bytes: &[u8]) {
        let room = FIRST.saturating_sub(self.first.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.first.extend_from_slice(first);
        // Of a piece that is larger than the room, only the end can stay.
        let (gone, rest) = rest.split_at(rest.len().saturating_sub(LAST));
        let over = (self.last.len() + rest.len()).saturating_sub(LAST).min(self.last.len());
        self.last.drain(..over);
        self.last.extend(rest);
        self.dropped += (gone.len() + over) as u64;
    }

    /// Bytes that were written.
    pub fn written(&self) -> u64 {
        (self.first.len() + self.last.len()) as u64 + self.dropped
    }

    /// Bytes between the first and the last part, which were not kept.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    pub fn is_empty(&self) -> bool {
        self.written() == 0
    }

    /// The bytes that were kept, as they came; without a sign where some are missing.
    pub fn bytes(&self) -> Vec<u8> {
        let mut all = self.first.clone();
        all.extend(&self.last);
        all
    }

    /// What was written, to read: harmless, secrets masked, and with a line that counts what is missing.
    pub fn text(&self) -> String {
        let readable = |bytes: &[u8]| {
            let text = model::clean_lines(&String::from_utf8_lossy(bytes));
            redact::mask_text(&text).into_owned()
        };
        if self.dropped == 0 {
            return readable(&self.bytes());
        }
        let last: Vec<u8> = self.last.iter().copied().collect();
        format!(
            "{}\n… {} bytes are left out …\n{}",
            readable(&self.first),
            self.dropped,
            readable(&last)
        )
    }

    /// The first line that says something; empty where there is none.
    pub(super) fn line(&self) -> String {
        let text = String::from_utf8_lossy(&self.first);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        model::shorten(&model::clean(line), 160).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_stay_and_what_is_between_is_counted() {
        let mut whole = Vec::new();
        let mut kept = Kept::default();
        for n in 0..200_000_u32 {
            let line = format!("line {n}\n");
            whole.extend_from_slice(line.as_bytes());
            kept.add(line.as_bytes());
        }
        assert_eq!(kept.written(), whole.len() as u64);
        assert_eq!(kept.dropped(), (whole.len() - FIRST - LAST) as u64);
        let bytes = kept.bytes();
        assert_eq!(bytes[..FIRST], whole[..FIRST]);
        assert_eq!(bytes[FIRST..], whole[whole.len() - LAST..]);
        let text = kept.text();
        assert!(text.starts_with("line 0\n") && text.ends_with("line 199999\n"));
        assert!(text.contains(&format!("… {} bytes are left out …", kept.dropped())));
        let mut at_once = Kept::default();
        at_once.add(&whole);
        assert_eq!(at_once, kept, "however it came in");
    }

    #[test]
    fn little_is_kept_whole_and_read_without_harm() {
        let mut kept = Kept::default();
        kept.add(b"one\r\n\x1b[31mtwo\nDB_PASSWORD=hunter2hunter2\n");
        assert_eq!(kept.dropped(), 0);
        let text = kept.text();
        assert!(text.starts_with("one\n␛[31mtwo\n"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(kept.line(), "one");
    }
}
