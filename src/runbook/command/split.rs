//! A line at its pipes. Whether the parts are words, the reader of `action` says.

/// The parts between the pipes that stand outside of quotes. `||` is no pipe and stays, for the reader to refuse.
pub fn pipeline(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut quote = None;
    let mut bytes = text.bytes().enumerate().peekable();
    let mut start_of_word = true;
    while let Some((at, byte)) = bytes.next() {
        let word_begins = std::mem::replace(&mut start_of_word, byte.is_ascii_whitespace());
        match (quote, byte) {
            (Some(b'"') | None, b'\\') => {
                bytes.next();
            }
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            // A comment: nothing in it is a pipe.
            (None, b'#') if word_begins => while bytes.next_if(|(_, byte)| *byte != b'\n').is_some() {},
            (None, b'|') => {
                if bytes.next_if(|(_, next)| matches!(next, b'|' | b'&')).is_some() {
                    continue;
                }
                parts.push(text.get(from..at).unwrap_or_default());
                from = at + 1;
                start_of_word = true;
            }
            (None, _) => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_are_those_outside_of_quotes() {
        for (line, parts) in [
            ("a | b", &["a ", " b"] as &[&str]),
            ("a 'x|y' \"x|\\\"|y\" | b", &["a 'x|y' \"x|\\\"|y\" ", " b"]),
            ("a || b", &["a || b"]),
            ("a |& b", &["a |& b"]),
            ("a \\| b", &["a \\| b"]),
            ("a # x | y", &["a # x | y"]),
            ("a#|b", &["a#", "b"]),
            ("", &[""]),
        ] {
            assert_eq!(pipeline(line), parts, "{line}");
        }
    }
}
