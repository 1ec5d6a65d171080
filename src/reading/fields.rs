//! What a line carries: its message, and its fields.
//!
//! Read when a line is looked at, not when it arrives. Nothing is lost: what is not time, level or message is a field,
//! and a line that is not understood is its own message.

mod logfmt;
mod object;
mod pretty;

use std::borrow::Cow;

use super::level::is_klog;
use super::{Level, level, time};
use crate::model::Time;

pub(super) use logfmt::message as logfmt_message;
pub(super) use object::is_message_key;
pub use pretty::pretty;

/// The longest line that is taken apart (bytes); a longer one is its own message.
const LONGEST: usize = 1 << 20;

/// The most fields of a line.
const FIELDS: usize = 256;

/// How a line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    Json,
    Logfmt,
    /// klog and glog of Kubernetes' own programs.
    Klog,
    #[default]
    Plain,
}

/// A line, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed<'a> {
    pub shape: Shape,
    /// When the line says it was written, in nanoseconds since 1970.
    pub time: Option<i64>,
    pub level: Level,
    /// What it says; with the message of its error, where that is a field of its own.
    pub message: Cow<'a, str>,
    /// The other fields in the order they stand there. One level of objects is flattened (`req.method`); what is deeper, and
    /// lists, are compact JSON.
    pub fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Takes a line apart. `near` is for times without a year, as in [`time`].
pub fn parse(line: &str, near: Time) -> Parsed<'_> {
    let text = line.trim();
    let parsed = match text.as_bytes().first() {
        _ if text.len() > LONGEST => None,
        Some(b'{') => object::parse(text),
        _ if is_klog(text.as_bytes()) => klog(text, near),
        _ => logfmt::parse(text),
    };
    let mut parsed = parsed.unwrap_or_else(|| Parsed {
        time: time(text, near),
        message: Cow::Borrowed(text),
        ..Parsed::default()
    });
    parsed.level = level(text);
    parsed
}

/// `E1128 03:00:00.000001       1 reflector.go:147] "watch failed" err="…"`.
fn klog(text: &str, near: Time) -> Option<Parsed<'_>> {
    let (head, message) = text.split_once("] ")?;
    let mut words = head.split_whitespace().skip(2);
    let (thread, source) = (words.next()?, words.next()?);
    let mut fields = vec![
        (Cow::Borrowed("thread"), Cow::Borrowed(thread)),
        (Cow::Borrowed("source"), Cow::Borrowed(source)),
    ];
    let mut said = Cow::Borrowed(message);
    // Structured klog quotes its message, and has pairs after it.
    if let Some((quoted, rest)) = logfmt::quoted(message) {
        let mut pairs = logfmt::pairs(rest);
        if rest.trim().is_empty() || !pairs.is_empty() {
            said = quoted;
            fields.append(&mut pairs);
        }
    }
    Some(Parsed {
        shape: Shape::Klog,
        time: time(text, near),
        level: Level::Unknown,
        message: said,
        fields,
    })
}

#[cfg(test)]
mod tests;
