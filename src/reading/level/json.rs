//! The level of a line in JSON.

use super::{Level, word};
use crate::reading::keys::Keys;

/// How deep a level may be: `{"log":{"level":"warn"}}` as the Elastic Common Schema has it.
const DEEPEST: u32 = 2;

/// The level of a text that begins with `{`. It need not be whole, or valid.
pub(super) fn level(bytes: &[u8]) -> Level {
    let mut keys = Keys::of(bytes);
    while let Some((depth, key)) = keys.next() {
        if depth > DEEPEST {
            continue;
        }
        if let Some(kind) = kind(key, depth) {
            let found = kind.level(keys.value());
            if found != Level::Unknown {
                return found;
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
