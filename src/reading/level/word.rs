//! Words for levels, in all the spellings that programs have for them.

use super::Level;

/// The longest word here.
const LONGEST: usize = 13;

/// The level that a word names, in any case.
pub(super) fn named(word: &[u8]) -> Level {
    let mut lower = [0_u8; LONGEST];
    let Some(lower) = lower.get_mut(..word.len()) else {
        return Level::Unknown;
    };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    match &*lower {
        b"trace" | b"trc" | b"trce" | b"verbose" | b"vrb" | b"silly" | b"finest" | b"finer" | b"t" => Level::Trace,
        b"debug" | b"dbg" | b"dbug" | b"debu" | b"fine" | b"debug1" | b"debug2" | b"debug3" | b"debug4" | b"debug5" | b"d" | b"d1"
        | b"d2" | b"d3" | b"d4" | b"d5" => Level::Debug,
        b"info" | b"inf" | b"information" | b"informational" | b"notice" | b"note" | b"log" | b"config" | b"http" | b"i" | b"n" => {
            Level::Info
        }
        b"warn" | b"warning" | b"wrn" | b"warni" | b"w" => Level::Warn,
        b"error" | b"err" | b"erro" | b"eror" | b"severe" | b"fail" | b"e" => Level::Error,
        b"fatal" | b"ftl" | b"fata" | b"panic" | b"dpanic" | b"pani" | b"critical" | b"crit" | b"alert" | b"emerg" | b"emergency"
        | b"f" | b"c" => Level::Fatal,
        _ => Level::Unknown,
    }
}

/// The level of a value: a word or a number, as it stands after `level=` or `"level":`.
pub(super) fn value(value: &[u8]) -> Level {
    match value.first() {
        Some(b'0'..=b'9') => number(value).map_or(Level::Unknown, Level::numbered),
        // `log.level` of some libraries has blanks around it (`"WARN "`).
        _ => named(value.trim_ascii()),
    }
}

/// A whole number of a few digits.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.len() > 4 {
        return None;
    }
    bytes
        .iter()
        .try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
}
