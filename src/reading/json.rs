//! Objects in JSON, taken apart as text: keys keep their order, numbers their digits, and nothing is built.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// A key and its value as it is written.
pub(super) type Pair<'a> = (Cow<'a, str>, &'a str);

/// How deep an object is laid out in lines; what is deeper stays in one.
const DEEPEST: usize = 32;

/// The end of the value that a text begins with; nothing where that is no JSON.
pub(super) fn extent(text: &str) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// The pairs of a valid object, at most so many. Nothing for what is no object.
pub(super) fn pairs(object: &str, most: usize) -> Option<Vec<Pair<'_>>> {
    let inside = object.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut pairs = Vec::new();
    let mut rest = inside.trim_start();
    while !rest.is_empty() && pairs.len() < most {
        let (key, after) = rest.split_at_checked(value_end(rest))?;
        let after = after.trim_start().strip_prefix(':')?.trim_start();
        let (value, after) = after.split_at_checked(value_end(after))?;
        pairs.push((string(key)?, value));
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    Some(pairs)
}

/// A string without quotes and escapes; nothing where the value is none.
pub(super) fn string(value: &str) -> Option<Cow<'_, str>> {
    let inside = value.strip_prefix('"')?.strip_suffix('"')?;
    if !inside.contains('\\') {
        return Some(Cow::Borrowed(inside));
    }
    serde_json::from_str(value).ok().map(Cow::Owned)
}

/// How far a value of a valid text goes.
fn value_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                at += super::keys::end_of_string(bytes.get(at..).unwrap_or_default()).unwrap_or(bytes.len());
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' | b':' if depth == 0 => return at.min(bytes.len()),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 && matches!(byte, b'"' | b'}' | b']') {
            break;
        }
    }
    let end = at.min(bytes.len());
    text.get(..end).map_or(end, |value| value.trim_end().len())
}

/// A value without the blanks between its parts.
pub(super) fn compact(value: &str) -> Cow<'_, str> {
    let mut out = String::new();
    tokens(value, |token| out.push_str(token));
    if out == value { Cow::Borrowed(value) } else { Cow::Owned(out) }
}

/// The parts of a valid value, one by one: brackets, commas, colons, strings, words.
fn tokens<'a>(value: &'a str, mut each: impl FnMut(&'a str)) {
    let bytes = value.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'"' => {
                let inside = bytes.get(at + 1..).unwrap_or_default();
                at += 1 + super::keys::end_of_string(inside).map_or(inside.len(), |end| end + 1);
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => at += 1,
            _ => {
                at += bytes
                    .get(at..)
                    .and_then(|rest| {
                        rest.iter()
                            .position(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"'))
                    })
                    .unwrap_or(bytes.len() - at);
            }
        }
        if let Some(token) = value.get(start..at) {
            each(token);
        }
    }
}

/// A valid value in lines, indented by two blanks. A string of several lines (a stack trace) is laid out in them.
pub(super) fn lines(value: &str) -> Vec<String> {
    let mut out = Layout {
        lines: Vec::new(),
        line: String::new(),
        depth: 0,
        fresh: false,
    };
    tokens(value, |token| out.token(token));
    out.end();
    out.lines
}

struct Layout {
    lines: Vec<String>,
    line: String,
    depth: usize,
    /// A bracket was opened, and nothing came after it yet.
    fresh: bool,
}

impl Layout {
    fn token(&mut self, token: &str) {
        match token {
            "}" | "]" => {
                self.depth = self.depth.saturating_sub(1);
                if !std::mem::take(&mut self.fresh) && self.depth < DEEPEST {
                    self.end();
                }
            }
            _ if std::mem::take(&mut self.fresh) && self.depth <= DEEPEST => self.end(),
            _ => {}
        }
        match token {
            ":" => self.line.push_str(": "),
            "{" | "[" => {
                self.line.push_str(token);
                self.depth += 1;
                self.fresh = true;
            }
            "," => {
                self.line.push(',');
                if self.depth <= DEEPEST {
                    self.end();
                } else {
                    self.line.push(' ');
                }
            }
            _ => self.value(token),
        }
    }

    fn value(&mut self, token: &str) {
        // After a colon only: a key is never laid out.
        match string(token).filter(|text| text.contains('\n') && self.line.ends_with(": ")) {
            Some(text) => {
                let indent = "  ".repeat(self.depth.min(DEEPEST) + 1);
                for part in text.lines() {
                    self.lines.push(std::mem::take(&mut self.line));
                    self.line.push_str(&indent);
                    self.line.push_str(part);
                }
            }
            None => self.line.push_str(token),
        }
    }

    /// Ends the line; the next one is indented as deep as it stands.
    fn end(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.lines.push(line);
        }
        self.line = "  ".repeat(self.depth.min(DEEPEST));
    }
}
