//! Access lines of web servers, by the status of the answer: `"GET /x HTTP/1.1" 502 …`, `GET /x 200 22ms`.

use super::{Level, word};

/// How far from the beginning the request may stand: there are addresses, names and a time before it.
const HEAD: usize = 512;

/// The level of an access line; unknown where it is none.
pub(super) fn level(bytes: &[u8]) -> Level {
    status(bytes).map_or(Level::Unknown, |status| match status {
        500.. => Level::Error,
        400.. => Level::Warn,
        _ => Level::Info,
    })
}

fn status(bytes: &[u8]) -> Option<u64> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let path = memchr::memchr_iter(b' ', head).find(|blank| ends_with_method(head.get(..*blank).unwrap_or_default()))? + 1;
    let rest = bytes.get(path..)?;
    if !rest.starts_with(b"/") && !rest.starts_with(b"http") && !rest.starts_with(b"*") {
        return None;
    }
    // After the path, and the protocol where there is one.
    let mut words = rest.split(|b| *b == b' ').skip(1).filter(|w| !w.is_empty()).take(3);
    let code = words.find(|word| word.len() == 3 && matches!(word, [b'1'..=b'5', ..]))?;
    word::number(code)
}

/// Whether this ends with the method of a request, and that stands for itself.
fn ends_with_method(before: &[u8]) -> bool {
    // Asked at every blank: the last letter says no at most of them.
    let methods: &[&[u8]] = match before.last() {
        Some(b'T') => &[b"GET", b"POST", b"PUT"],
        Some(b'H') => &[b"PATCH"],
        Some(b'E') => &[b"DELETE"],
        Some(b'D') => &[b"HEAD"],
        Some(b'S') => &[b"OPTIONS"],
        _ => return false,
    };
    methods.iter().any(|method| {
        before
            .strip_suffix(*method)
            .is_some_and(|head| matches!(head.last(), None | Some(b' ' | b'"' | b'\'' | b'[' | b'|')))
    })
}
