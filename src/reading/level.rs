//! How bad a line says it is, read without parsing it.
//!
//! A line is asked only for what it says of itself: a field named `level`, a word where programs put their levels,
//! the status of a request. One that merely mentions an error (`0 errors`, `no error was found`) is none.

mod access;
mod json;
mod pairs;
mod word;
pub(in crate::reading) mod words;

/// How bad a line is. Ordered: what is worse is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// The line does not say.
    #[default]
    Unknown,
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    /// All of them, from harmless to worst.
    pub const ALL: [Self; 7] = [
        Self::Unknown,
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// The word for it; nothing where the line does not say.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The level that a word names in any of the usual spellings (`warning`, `WRN`, `E`); unknown otherwise.
    pub fn named(word: &str) -> Self {
        word::named(word.as_bytes())
    }

    /// The level that a number stands for under the name `level`: pino's and bunyan's 10 to 60, or a severity of
    /// syslog (GELF) below 8.
    pub fn numbered(number: u64) -> Self {
        match number {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            7 => Self::Debug,
            8 | 9 => Self::Unknown,
            10..20 => Self::Trace,
            20..30 => Self::Debug,
            30..40 => Self::Info,
            40..50 => Self::Warn,
            50..60 => Self::Error,
            60..=1000 => Self::Fatal,
            _ => Self::Unknown,
        }
    }

    /// Whether a person on call stops at it with `e`: an error, or worse.
    pub fn is_error(self) -> bool {
        self >= Self::Error
    }
}

/// The level of a line. Allocates nothing; linear in the length of the line, and for most lines only its beginning is
/// looked at.
pub fn level(text: &str) -> Level {
    let bytes = text.trim_ascii_start().as_bytes();
    match bytes.first() {
        None => Level::Unknown,
        Some(b'{') => json::level(bytes),
        Some(b'<') if let Some(level) = syslog(bytes) => level,
        Some(b'I' | b'W' | b'E' | b'F' | b'D') if let Some(level) = klog(bytes) => level,
        _ => first_known([words::level, access::level, pairs::level, embedded], bytes),
    }
}

fn first_known<const N: usize>(ways: [fn(&[u8]) -> Level; N], bytes: &[u8]) -> Level {
    ways.into_iter()
        .map(|way| way(bytes))
        .find(|level| *level != Level::Unknown)
        .unwrap_or_default()
}

/// `E1128 03:00:00.000001       1 reflector.go:147] …`: how klog and glog begin.
fn klog(bytes: &[u8]) -> Option<Level> {
    if !is_klog(bytes) {
        return None;
    }
    Some(match bytes.first()? {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' => Level::Fatal,
        _ => Level::Debug,
    })
}

/// Whether a line begins as klog's do: a letter, month and day, and a time.
pub(super) fn is_klog(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I' | b'W' | b'E' | b'F' | b'D', a, b, c, d, b' ', e, f, b':', ..]
        if [a, b, c, d, e, f].iter().all(|x| x.is_ascii_digit()))
}

/// `<3>…`: the priority of syslog, whose last three bits are the severity (RFC 5424, 6.2.1).
fn syslog(bytes: &[u8]) -> Option<Level> {
    let end = bytes.iter().take(5).position(|b| *b == b'>')?;
    let number: u64 = std::str::from_utf8(bytes.get(1..end)?).ok()?.parse().ok()?;
    (number < 192).then(|| Level::numbered(number & 7))
}

/// JSON after something that was put before it: `web-1  | {"level":"warn"}`.
fn embedded(bytes: &[u8]) -> Level {
    memchr::memchr_iter(b'{', bytes)
        .find(|at| bytes.get(at + 1) == Some(&b'"'))
        .map_or(Level::Unknown, |at| json::level(bytes.get(at..).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
