//! Access lines of web servers, by the status of the answer: `"GET /x HTTP/1.1" 502 …`, `GET /x 200 22ms`.

use memchr::memmem;

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
    let path = METHODS.iter().find_map(|method| {
        // The method of most lines is `GET`; which one it is costs a look at the beginning for each that it is not.
        let at = memmem::find(head, method)?;
        let before = at.checked_sub(1).and_then(|i| head.get(i));
        matches!(before, None | Some(b' ' | b'"' | b'\'' | b'[' | b'|')).then_some(at + method.len())
    })?;
    let rest = bytes.get(path..)?;
    if !rest.starts_with(b"/") && !rest.starts_with(b"http") && !rest.starts_with(b"*") {
        return None;
    }
    // After the path, and the protocol where there is one.
    let mut words = rest.split(|b| *b == b' ').skip(1).filter(|w| !w.is_empty()).take(3);
    let code = words.find(|word| word.len() == 3 && matches!(word, [b'1'..=b'5', ..]))?;
    word::number(code)
}

const METHODS: [&[u8]; 7] = [b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"HEAD ", b"OPTIONS "];
