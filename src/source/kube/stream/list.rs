//! Lists: the elements of `items` (or a Table's `rows`) one by one, and the rest at the end.

use super::{MAX_ENVELOPE, MAX_ITEM, SplitError};

/// Which array of the envelope the elements are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Array {
    /// `items` of a plain list.
    Items,
    /// `rows` of a Table.
    Rows,
}

/// Takes a list apart while it arrives. Feed it chunks; it hands out each element of the top-level
/// array `items` or `rows` as complete bytes, and keeps everything else (the *envelope*), with the
/// array emptied, to be parsed at the end.
///
/// It finds boundaries and does not validate: that is the JSON parser's task, element by element, so
/// that one unreadable object costs one row and not the table.
#[derive(Debug)]
pub struct ListSplitter {
    at: At,
    /// The envelope so far.
    envelope: Vec<u8>,
    /// The element that began in an earlier chunk.
    item: Vec<u8>,
    /// Open brackets: of the envelope, or of the element while in one.
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// Where in the envelope the key of depth 1 begins that was read last.
    key: Key,
    array: Option<Array>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before the opening brace.
    Start,
    /// Within the envelope, outside the array.
    Envelope,
    /// In the array, before an element (or its end).
    Before,
    /// Within an element that is an object or an array.
    Nested,
    /// Within an element that is a string.
    Text,
    /// Within an element that is a number, `true`, `false` or `null`.
    Bare,
    /// After an element.
    After,
    /// After the closing brace.
    End,
}

/// What the envelope expects at depth 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// A key comes next.
    Next,
    /// Within a key that began here.
    Reading(usize),
    /// A key was read; its colon and value come next.
    Read(Option<Array>),
    /// Within a value.
    Value,
}

impl Default for ListSplitter {
    fn default() -> Self {
        Self {
            at: At::Start,
            envelope: Vec::new(),
            item: Vec::new(),
            depth: 0,
            in_string: false,
            escaped: false,
            key: Key::Next,
            array: None,
        }
    }
}

impl ListSplitter {
    /// Takes the next bytes and hands out each element that is complete now.
    ///
    /// # Errors
    /// When the bytes cannot be a JSON object, or a cap is exceeded; the splitter is of no use then.
    pub fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(&Self, &[u8])) -> Result<(), SplitError> {
        let mut at = 0;
        // Where the current element begins in this chunk (0: it began in an earlier one).
        let mut from = 0;
        while let Some(&byte) = chunk.get(at) {
            match self.at {
                At::Start | At::End if byte.is_ascii_whitespace() => {}
                At::Start if byte == b'{' => {
                    self.envelope.push(byte);
                    (self.at, self.depth) = (At::Envelope, 1);
                }
                At::Start => return Err(SplitError::NotJson),
                At::End => return Err(SplitError::Malformed),
                At::Envelope => self.envelope(byte)?,
                At::Before | At::After if byte.is_ascii_whitespace() => {}
                At::Before | At::After if byte == b']' => self.close_array(),
                At::After if byte == b',' => self.at = At::Before,
                At::After => return Err(SplitError::Malformed),
                At::Before => {
                    from = at;
                    match byte {
                        b'{' | b'[' => (self.at, self.depth, self.in_string) = (At::Nested, 1, false),
                        b'"' => self.at = At::Text,
                        b',' | b'}' | b':' => return Err(SplitError::Malformed),
                        _ => self.at = At::Bare,
                    }
                }
                At::Nested | At::Text | At::Bare => {
                    // Scans to the element's end or the chunk's, whichever is first.
                    let (next, ended) = self.scan(chunk, at);
                    if !ended {
                        break;
                    }
                    let piece = chunk.get(from..next).unwrap_or_default();
                    if self.item.len() + piece.len() > MAX_ITEM {
                        return Err(SplitError::ItemTooLarge);
                    }
                    self.at = At::After;
                    if self.item.is_empty() {
                        each(self, piece);
                    } else {
                        let mut item = std::mem::take(&mut self.item);
                        item.extend_from_slice(piece);
                        each(self, &item);
                        item.clear();
                        item.shrink_to(1 << 16);
                        self.item = item;
                    }
                    at = next;
                    continue;
                }
            }
            at += 1;
        }
        if matches!(self.at, At::Nested | At::Text | At::Bare) {
            self.item.extend_from_slice(chunk.get(from..).unwrap_or_default());
            if self.item.len() > MAX_ITEM {
                return Err(SplitError::ItemTooLarge);
            }
        }
        Ok(())
    }

    /// Moves on within an element; the position after it, or the end of the chunk.
    fn scan(&mut self, chunk: &[u8], mut at: usize) -> (usize, bool) {
        match self.at {
            At::Bare => match chunk
                .get(at..)
                .and_then(|c| c.iter().position(|b| matches!(b, b',' | b']') || b.is_ascii_whitespace()))
            {
                Some(n) => (at + n, true),
                None => (chunk.len(), false),
            },
            At::Text => match self.string_end(chunk, at) {
                Some(end) => (end, true),
                None => (chunk.len(), false),
            },
            _ => loop {
                if self.in_string {
                    match self.string_end(chunk, at) {
                        Some(end) => (at, self.in_string) = (end, false),
                        None => return (chunk.len(), false),
                    }
                }
                let Some(n) = chunk.get(at..).and_then(|c| c.iter().position(|b| STRUCTURE[usize::from(*b)])) else {
                    return (chunk.len(), false);
                };
                at += n + 1;
                match chunk.get(at - 1) {
                    Some(b'"') => self.in_string = true,
                    Some(b'{' | b'[') => self.depth = self.depth.saturating_add(1),
                    _ => {
                        self.depth -= 1;
                        if self.depth == 0 {
                            return (at, true);
                        }
                    }
                }
            },
        }
    }

    /// The position after the closing quote of the string that `at` is in.
    fn string_end(&mut self, chunk: &[u8], mut at: usize) -> Option<usize> {
        if self.escaped && at < chunk.len() {
            self.escaped = false;
            at += 1;
        }
        loop {
            at += memchr::memchr2(b'"', b'\\', chunk.get(at..)?)? + 1;
            if chunk.get(at - 1) == Some(&b'"') {
                return Some(at);
            }
            if at >= chunk.len() {
                self.escaped = true;
                return None;
            }
            at += 1;
        }
    }

    /// One byte outside the array.
    fn envelope(&mut self, byte: u8) -> Result<(), SplitError> {
        self.envelope.push(byte);
        if self.envelope.len() > MAX_ENVELOPE {
            return Err(SplitError::EnvelopeTooLarge);
        }
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    if let Key::Reading(from) = self.key {
                        self.key = Key::Read(match self.envelope.get(from..) {
                            Some(b"items\"") => Some(Array::Items),
                            Some(b"rows\"") => Some(Array::Rows),
                            _ => None,
                        });
                    }
                }
                _ => {}
            }
            return Ok(());
        }
        match byte {
            b'"' => {
                self.in_string = true;
                if self.depth == 1 && self.key == Key::Next {
                    self.key = Key::Reading(self.envelope.len());
                }
            }
            b'[' if self.depth == 1 && matches!(self.key, Key::Read(Some(_))) => {
                if let Key::Read(array) = self.key {
                    self.array = array;
                }
                (self.at, self.key) = (At::Before, Key::Value);
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.key = if self.depth == 2 { Key::Value } else { self.key };
            }
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.at = At::End;
                }
            }
            b',' if self.depth == 1 => self.key = Key::Next,
            _ => {}
        }
        Ok(())
    }

    fn close_array(&mut self) {
        self.envelope.push(b']');
        (self.at, self.depth) = (At::Envelope, 1);
    }

    /// The array that elements come from, once it has begun.
    pub fn array(&self) -> Option<Array> {
        self.array
    }

    /// The envelope as far as it has arrived, closed so that it parses: a Table's columns stand before
    /// its rows, and the rows cannot be read without them. Only of use while elements are handed out.
    pub fn head(&self) -> Vec<u8> {
        let mut head = self.envelope.clone();
        head.extend_from_slice(b"]}");
        head
    }

    /// The envelope, when the body has ended.
    ///
    /// # Errors
    /// [`SplitError::Truncated`] if the object is not closed, [`SplitError::NotJson`] if nothing came.
    pub fn finish(self) -> Result<Vec<u8>, SplitError> {
        match self.at {
            At::End => Ok(self.envelope),
            At::Start => Err(SplitError::NotJson),
            _ => Err(SplitError::Truncated),
        }
    }
}

/// The bytes that matter outside strings: quotes and brackets.
const STRUCTURE: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'{' as usize] = true;
    table[b'}' as usize] = true;
    table[b'[' as usize] = true;
    table[b']' as usize] = true;
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn split(text: &[u8], cuts: &[usize]) -> Result<(Vec<Value>, Value), SplitError> {
        let mut splitter = ListSplitter::default();
        let mut items = Vec::new();
        let mut left = text;
        for cut in cuts.iter().cycle() {
            let (now, later) = left.split_at((*cut).clamp(1, left.len().max(1)).min(left.len()));
            splitter.feed(now, |_, item| items.push(serde_json::from_slice(item).unwrap()))?;
            left = later;
            if left.is_empty() {
                break;
            }
        }
        Ok((items, serde_json::from_slice(&splitter.finish()?).unwrap()))
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "(\\PC|[\"\\\\{}\\[\\],\n]){0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec(("(items|rows|metadata|[\"\\\\{}\\[\\]]{1,4})", inner), 0..5)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_list_cut_anywhere_reads_as_the_whole_does(
            items in prop::collection::vec(any_json(), 0..8),
            before in any_json(),
            after in any_json(),
            cuts in prop::collection::vec(1_usize..40, 1..20),
            pretty in any::<bool>(),
            rows in any::<bool>(),
        ) {
            let array = if rows { "rows" } else { "items" };
            let list = json!({"apiVersion": before, array: items, "zebra": after});
            let text = if pretty { serde_json::to_vec_pretty(&list) } else { serde_json::to_vec(&list) }.unwrap();
            let (got, envelope) = split(&text, &cuts).unwrap();
            prop_assert_eq!(&got, &items);
            prop_assert_eq!(envelope, json!({"apiVersion": before, array: [], "zebra": after}));
            // Cut off before its end, it is never taken for a whole list.
            let short = &text[..text.len() - 1];
            prop_assert_eq!(split(short, &cuts).unwrap_err(), SplitError::Truncated);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), Just(b','), Just(b':'), any::<u8>()], 0..200), step in 1_usize..9) {
            let mut text = b"{\"items\":[".to_vec();
            text.extend(&bytes);
            for start in [&text[..], &bytes[..]] {
                let mut splitter = ListSplitter::default();
                for chunk in start.chunks(step) {
                    if splitter.feed(chunk, |_, _| ()).is_err() {
                        break;
                    }
                }
                let _ = splitter.finish();
            }
        }
    }

    #[test]
    fn odd_answers_are_told_apart() {
        let whole = [1 << 20];
        assert_eq!(split(b"<html>[]</html>", &whole).unwrap_err(), SplitError::NotJson);
        assert_eq!(split(b"", &whole).unwrap_err(), SplitError::NotJson);
        assert_eq!(split(b"{\"items\":[{}", &whole).unwrap_err(), SplitError::Truncated);
        assert_eq!(split(b"{\"items\":[{}]} trailing", &whole).unwrap_err(), SplitError::Malformed);
        assert_eq!(split(b"{\"items\":[{} {}]}", &whole).unwrap_err(), SplitError::Malformed);
        let (items, envelope) = split(b" {\"items\" : null, \"metadata\":{\"items\":[1]}}\n", &whole).unwrap();
        assert_eq!((items.len(), envelope), (0, json!({"items": null, "metadata": {"items": [1]}})));
        let status = split(br#"{"kind":"Status","code":403}"#, &[3]).unwrap();
        assert_eq!(status.1["code"], 403);
    }

    #[test]
    fn the_head_of_a_table_is_readable_while_rows_arrive() {
        let mut splitter = ListSplitter::default();
        let mut heads = Vec::new();
        let text = br#"{"kind":"Table","columnDefinitions":[{"name":"A"}],"rows":[{"cells":[1]},{"cells":[2]}],"x":1}"#;
        splitter
            .feed(text, |s, _| {
                heads.push((s.array(), serde_json::from_slice::<Value>(&s.head()).unwrap()))
            })
            .unwrap();
        assert_eq!(heads.len(), 2);
        assert_eq!(heads[0].0, Some(Array::Rows));
        assert_eq!(heads[1].1["columnDefinitions"][0]["name"], "A");
    }

    #[test]
    fn a_single_huge_item_is_refused() {
        let mut splitter = ListSplitter::default();
        splitter.feed(b"{\"items\":[\"", |_, _| ()).unwrap();
        let chunk = vec![b'x'; 1 << 20];
        let refused = (0..40).find_map(|_| splitter.feed(&chunk, |_, _| ()).err());
        assert_eq!(refused, Some(SplitError::ItemTooLarge));
    }
}
