//! The level of a line in JSON: its keys are walked over, its values skipped; nothing is parsed.

use memchr::{memchr, memchr2};

use super::{Level, word};

/// How deep a level may be: `{"log":{"level":"warn"}}` as the Elastic Common Schema has it.
const DEEPEST: u32 = 2;

/// The level of a text that begins with `{`. It need not be whole, or valid.
pub(super) fn level(bytes: &[u8]) -> Level {
    let mut walk = Walk { bytes, at: 0 };
    let mut depth = 0_u32;
    // Whether the next string is a key, as far as one can tell without a stack: it follows `{` or `,` and a `:` follows it.
    while let Some(byte) = walk.next_mark() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {
                let Some(key) = walk.string() else { break };
                if depth > DEEPEST || !walk.skip(b':') {
                    continue;
                }
                if let Some(kind) = kind(key, depth) {
                    let found = kind.level(walk.value());
                    if found != Level::Unknown {
                        return found;
                    }
                }
            }
        }
    }
    Level::Unknown
}

/// What the value of a key means.
#[derive(Clone, Copy)]
enum Kind {
    /// A word, or a number of pino, bunyan or GELF.
    Usual,
    /// `severityNumber` of OpenTelemetry: 1 to 24, four to a level.
    Otel,
    /// `levelno` of Python: 10 to 50.
    Python,
    /// `s` of MongoDB: one letter.
    Letter,
}

fn kind(key: &[u8], depth: u32) -> Option<Kind> {
    Some(match key {
        b"level" | b"Level" | b"LEVEL" | b"severity" | b"Severity" | b"SEVERITY" | b"lvl" | b"levelname" | b"log.level" | b"loglevel"
        | b"logLevel" | b"LogLevel" | b"log_level" | b"level_name" | b"severityText" | b"SeverityText" | b"severity_text" | b"@level"
        | b"@l" | b"PRIORITY" | b"levelName" => Kind::Usual,
        b"severityNumber" | b"SeverityNumber" | b"severity_number" => Kind::Otel,
        b"levelno" => Kind::Python,
        b"s" if depth == 1 => Kind::Letter,
        _ => return None,
    })
}

impl Kind {
    fn level(self, value: &[u8]) -> Level {
        match (self, value) {
            (Self::Usual, _) => word::value(value),
            (Self::Letter, [b'I' | b'W' | b'E' | b'F' | b'D'] | [b'D', b'1'..=b'5']) => word::named(value),
            (Self::Letter, _) => Level::Unknown,
            (Self::Otel, _) => match word::number(value) {
                Some(1..=4) => Level::Trace,
                Some(5..=8) => Level::Debug,
                Some(9..=12) => Level::Info,
                Some(13..=16) => Level::Warn,
                Some(17..=20) => Level::Error,
                Some(21..=24) => Level::Fatal,
                _ => Level::Unknown,
            },
            (Self::Python, _) => match word::number(value) {
                Some(1..20) => Level::Debug,
                Some(20..30) => Level::Info,
                Some(30..40) => Level::Warn,
                Some(40..50) => Level::Error,
                Some(50..=100) => Level::Fatal,
                _ => Level::Unknown,
            },
        }
    }
}

/// A place in the text.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
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
        let start = self.at;
        loop {
            let found = memchr2(b'"', b'\\', self.rest())?;
            let quote = self.rest().get(found) == Some(&b'"');
            let end = self.at + found;
            if quote {
                self.at = end + 1;
                return self.bytes.get(start..end);
            }
            self.at = end + 2;
        }
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

    /// A short value without its quotes; nothing where it is long, or an object.
    fn value(&self) -> &'a [u8] {
        let rest = self.rest().trim_ascii_start();
        match rest.first() {
            Some(b'"') => {
                let rest = rest.get(1..).unwrap_or_default();
                let near = rest.get(..24).unwrap_or(rest);
                memchr(b'"', near).and_then(|end| near.get(..end)).unwrap_or_default()
            }
            Some(b'0'..=b'9') => {
                let digits = rest.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
                rest.get(..digits).unwrap_or_default()
            }
            _ => &[],
        }
    }
}
