//! Walks over the keys of a line in JSON. Nothing is parsed, nothing is allocated, and the text need not be whole: lines
//! are cut, and most of what they hold is of no interest.

use memchr::{memchr, memchr2};

/// The keys of a text that begins with `{`, in the order they stand there.
#[derive(Clone, Debug)]
pub(super) struct Keys<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Keys<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// The next key, with how deep it stands (1 is the object itself). Ask [`Keys::value`] before going on.
    pub(super) fn next(&mut self) -> Option<(u32, &'a [u8])> {
        while let Some(byte) = self.next_mark() {
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return None;
                    }
                }
                _ => {
                    let string = self.string()?;
                    // A string before a colon is a key, any other one a value.
                    if self.skip(b':') {
                        return Some((self.depth, string));
                    }
                }
            }
        }
        None
    }

    /// The value of the key that was just passed: the inside of its quotes (escapes as they are), or a number. Nothing
    /// where it is an object, a list or a word. A string without an end is taken as far as it goes.
    pub(super) fn value(&self) -> &'a [u8] {
        let rest = self.rest().trim_ascii_start();
        match rest.first() {
            Some(b'"') => {
                let inside = rest.get(1..).unwrap_or_default();
                inside.get(..end_of_string(inside).unwrap_or(inside.len())).unwrap_or_default()
            }
            Some(b'0'..=b'9' | b'-') => {
                let end = rest
                    .iter()
                    .take(40)
                    .position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
                    .unwrap_or(rest.len().min(40));
                rest.get(..end).unwrap_or_default()
            }
            _ => &[],
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next brace, bracket or quote; the place is after it.
    fn next_mark(&mut self) -> Option<u8> {
        let found = self.rest().iter().position(|b| matches!(b, b'"' | b'{' | b'}' | b'[' | b']'))?;
        let byte = self.rest().get(found).copied();
        self.at += found + 1;
        byte
    }

    /// The rest of a string whose first quote was passed, without its last one.
    fn string(&mut self) -> Option<&'a [u8]> {
        let inside = self.rest();
        let end = end_of_string(inside)?;
        self.at += end + 1;
        inside.get(..end)
    }

    /// Passes this byte, and blanks before it, if it is what comes next.
    fn skip(&mut self, byte: u8) -> bool {
        let blanks = self.rest().iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let is = self.bytes.get(self.at + blanks) == Some(&byte);
        if is {
            self.at += blanks + 1;
        }
        is
    }
}

/// Where the quote is that ends a string.
pub(super) fn end_of_string(inside: &[u8]) -> Option<usize> {
    // Most strings hold nothing that is escaped.
    let first = memchr(b'"', inside)?;
    if memchr(b'\\', inside.get(..first)?).is_none() {
        return Some(first);
    }
    let mut at = 0;
    loop {
        let found = at + memchr2(b'"', b'\\', inside.get(at..)?)?;
        if inside.get(found) == Some(&b'"') {
            return Some(found);
        }
        at = found + 2;
    }
}
