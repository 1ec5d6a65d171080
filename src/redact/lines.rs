//! What is masked with the user's own patterns, and masks that go over several lines.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::MASK;
use super::text::mask_with;

/// What is masked: the built-in shapes and names, and the patterns of the user (`[redact] secrets`).
#[derive(Clone, Debug, Default)]
pub struct Mask {
    hides: Hides,
}

#[derive(Clone, Debug)]
enum Hides {
    /// The built-in shapes, and these.
    Secrets(Arc<[Regex]>),
    /// Nothing at all.
    Nothing,
}

impl Default for Hides {
    fn default() -> Self {
        Self::Secrets(Arc::default())
    }
}

impl Mask {
    /// With these patterns besides the built-in ones: of each its first group is hidden, or all of it where it has none. One
    /// that is no regular expression is left out; the configuration has refused it before.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Self {
        let more = patterns
            .iter()
            .filter_map(|pattern| RegexBuilder::new(pattern.as_ref()).size_limit(1 << 20).build().ok())
            .collect();
        Self {
            hides: Hides::Secrets(more),
        }
    }

    /// One that hides nothing. Only for what is printed on request and audited; never for a screen.
    pub fn nothing() -> Self {
        Self { hides: Hides::Nothing }
    }

    /// A text, masked. The common case allocates nothing.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.hides {
            Hides::Secrets(more) => mask_with(text, more),
            Hides::Nothing => Cow::Borrowed(text),
        }
    }

    /// An object as the API server sends it: what [`super::mask_secret`] hides, and the patterns of the user in every text.
    pub fn document(&self, document: &mut Value) {
        super::mask_secret(document);
        if let Hides::Secrets(more) = &self.hides
            && !more.is_empty()
        {
            each_text(document, &mut |text| {
                if let Cow::Owned(masked) = mask_with(text, more) {
                    *text = masked;
                }
            });
        }
    }
}

fn each_text(value: &mut Value, with: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => with(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, with)),
        Value::Object(map) => map.values_mut().for_each(|item| each_text(item, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Masks the lines of a stream. A private key spans several lines, and is hidden over all of them.
#[derive(Clone, Debug, Default)]
pub struct LineMask {
    mask: Mask,
    /// How many more lines may belong to a key that has begun.
    left: u16,
}

/// What the first and the last line of a private key have.
static BLOCK: LazyLock<Finder> = LazyLock::new(|| Finder::new("PRIVATE KEY"));

/// A private key of 16,384 bits has 200 lines; after that many the end was lost, not late.
const KEY_LINES: u16 = 220;

impl LineMask {
    /// With the user's patterns.
    pub fn with(mask: &Mask) -> Self {
        Self {
            mask: mask.clone(),
            left: 0,
        }
    }

    /// The next line, masked.
    pub fn mask<'a>(&mut self, line: &'a str) -> Cow<'a, str> {
        if matches!(self.mask.hides, Hides::Nothing) {
            return Cow::Borrowed(line);
        }
        if BLOCK.find(line.as_bytes()).is_some() {
            if line.contains("-----END ") {
                self.left = 0;
            } else if line.contains("-----BEGIN ") {
                self.left = KEY_LINES;
            }
            return self.mask.text(line);
        }
        if self.left > 0 {
            self.left -= 1;
            let last = line.split_whitespace().next_back().unwrap_or_default();
            if !last.is_empty() && last.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
                return Cow::Borrowed(MASK);
            }
        }
        self.mask.text(line)
    }
}
