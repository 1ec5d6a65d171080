//! Watch streams: one JSON object per line, cut anywhere by the network.

use super::{MAX_ITEM, SplitError};

/// Cuts a stream of newline-separated JSON into its lines.
#[derive(Debug, Default)]
pub struct LineSplitter {
    /// The beginning of a line whose end has not arrived.
    rest: Vec<u8>,
}

impl LineSplitter {
    /// Takes the next bytes and hands out each line that is complete now, without its line ending.
    /// Blank lines are skipped (some proxies send them to keep a connection alive).
    ///
    /// # Errors
    /// [`SplitError::ItemTooLarge`] for a line above [`MAX_ITEM`].
    pub fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), SplitError> {
        let mut from = 0;
        for at in memchr::memchr_iter(b'\n', chunk) {
            let end = chunk.get(from..at).unwrap_or_default();
            from = at + 1;
            if self.rest.is_empty() {
                emit(end, &mut each);
            } else {
                self.rest.extend_from_slice(end);
                emit(&self.rest, &mut each);
                self.rest.clear();
                // One huge event must not hold its memory for as long as the watch lives.
                self.rest.shrink_to(1 << 16);
            }
        }
        self.rest.extend_from_slice(chunk.get(from..).unwrap_or_default());
        if self.rest.len() > MAX_ITEM {
            Err(SplitError::ItemTooLarge)
        } else {
            Ok(())
        }
    }

    /// What has arrived of a line without its end.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }
}

fn emit(line: &[u8], each: &mut impl FnMut(&[u8])) {
    let line = line.trim_ascii();
    if !line.is_empty() {
        each(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_come_out_whole_wherever_they_are_cut(lines in prop::collection::vec("[a-z{}\"]{0,40}", 0..20), cuts in prop::collection::vec(1_usize..30, 1..40)) {
            let text = lines.iter().map(|l| format!("{l}\r\n")).collect::<String>() + "{\"cut";
            let mut splitter = LineSplitter::default();
            let mut out = Vec::new();
            let mut left = text.as_bytes();
            for cut in cuts.iter().cycle() {
                let (now, later) = left.split_at((*cut).min(left.len()));
                splitter.feed(now, |line| out.push(String::from_utf8(line.to_vec()).unwrap())).unwrap();
                left = later;
                if left.is_empty() {
                    break;
                }
            }
            let wanted: Vec<_> = lines.into_iter().filter(|l| !l.is_empty()).collect();
            prop_assert_eq!(out, wanted);
            prop_assert_eq!(splitter.rest(), b"{\"cut");
        }
    }

    #[test]
    fn a_line_that_never_ends_is_refused() {
        let mut splitter = LineSplitter::default();
        let chunk = vec![b'x'; 1 << 20];
        let refused = (0..40).find_map(|_| splitter.feed(&chunk, |_| ()).err());
        assert_eq!(refused, Some(SplitError::ItemTooLarge));
    }
}
