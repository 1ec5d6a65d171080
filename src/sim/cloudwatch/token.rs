//! Tokens: places in a list, in a form that clients cannot read much from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::fault::Refusal;
use crate::sim::seed::names::hash;

/// A place among the events of a group: by time, stream, and order within both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Milliseconds since 1970.
    pub at: i64,
    pub stream: String,
    pub nth: usize,
}

/// A place as a token that belongs to this question.
pub(super) fn write(place: &Place, question: &str) -> String {
    let text = format!("{:016x}|{}|{}|{}", hash(question), place.at, place.nth, place.stream);
    URL_SAFE_NO_PAD.encode(text)
}

/// Reads a token; one of another question, or of nobody's making, is refused.
pub(super) fn read(token: &str, question: &str) -> Result<Place, Refusal> {
    let place = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let mut parts = text.splitn(4, '|');
        let mark = parts.next()?;
        let (at, nth) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let stream = parts.next()?.to_owned();
        (mark == format!("{:016x}", hash(question))).then_some(Place { at, stream, nth })
    };
    place().ok_or_else(|| Refusal::invalid("The specified nextToken is invalid."))
}
