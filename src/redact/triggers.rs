//! Whether a text can hold a secret at all, and of which sort: asked of every line, so it has to be quick.
//!
//! Every rule has words or signs without which it finds nothing. All of them are looked for at once, in the text in
//! lower case; a rule whose signs are not there does not run. Most lines have none of them.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// Sorts of signs, one bit each.
pub(super) type Signs = u16;

/// A part of a name that can be a secret's.
pub(super) const NAME: Signs = 1;
pub(super) const KEY: Signs = 2;
pub(super) const JWT: Signs = 4;
pub(super) const AWS: Signs = 8;
/// The prefix of a token that says what it is.
pub(super) const TOKEN: Signs = 16;
pub(super) const HOOK: Signs = 32;
pub(super) const URL: Signs = 64;
pub(super) const AUTHORIZATION: Signs = 128;
pub(super) const BEARER: Signs = 256;
pub(super) const COOKIE: Signs = 512;

/// In lower case; none begins with another, so that at every place there is at most one.
const SIGNS: &[(&str, Signs)] = &[
    ("pass", NAME),
    ("pwd", NAME),
    ("secret", NAME | TOKEN),
    ("token", NAME),
    ("credential", NAME),
    ("key", NAME | KEY),
    ("jwt", NAME),
    ("signature", NAME),
    ("cookie", NAME | COOKIE),
    ("authorization", NAME | AUTHORIZATION),
    ("bearer", BEARER),
    ("eyj", JWT),
    ("akia", AWS),
    ("asia", AWS),
    ("abia", AWS),
    ("acca", AWS),
    ("a3t", AWS),
    ("iqojb3", AWS),
    ("fwogzx", AWS),
    ("fqogzx", AWS),
    ("xox", TOKEN),
    ("xapp-", TOKEN),
    ("ghp_", TOKEN),
    ("gho_", TOKEN),
    ("ghu_", TOKEN),
    ("ghs_", TOKEN),
    ("ghr_", TOKEN),
    ("github_pat_", TOKEN),
    ("glpat-", TOKEN),
    ("gldt-", TOKEN),
    ("glrt-", TOKEN),
    ("glsa_", TOKEN),
    ("sk_", TOKEN),
    ("rk_", TOKEN),
    ("sk-", TOKEN),
    ("whsec_", TOKEN),
    ("aiza", TOKEN),
    ("ya29.", TOKEN),
    ("hvs.", TOKEN),
    ("hvb.", TOKEN),
    ("npm_", TOKEN),
    ("pypi-", TOKEN),
    ("dckr_pat_", TOKEN),
    ("dop_v1_", TOKEN),
    ("sg.", TOKEN),
    ("shpat_", TOKEN),
    ("nrak-", TOKEN),
    ("hooks.slack", HOOK),
    ("://", URL),
];

/// Only letters, so that the search is one for plain words.
static FIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words: Vec<_> = SIGNS.iter().map(|(word, _)| regex::escape(word)).collect();
    Regex::new(&format!("(?-u){}", words.join("|"))).ok()
});

/// How much is looked at at once, and how much of it again with what follows.
const BLOCK: usize = 512;
const OVERLAP: usize = 16;

/// The signs that are in a text. All of them where they cannot be looked for.
pub(super) fn signs(text: &str) -> Signs {
    let Some(find) = FIND.as_ref() else { return Signs::MAX };
    let mut found = 0;
    let mut rest = text.as_bytes();
    let mut lower = [0_u8; BLOCK];
    loop {
        let length = rest.len().min(BLOCK);
        if let (Some(block), Some(source)) = (lower.get_mut(..length), rest.get(..length)) {
            block.copy_from_slice(source);
            block.make_ascii_lowercase();
            found |= within(find, block);
        }
        if length < BLOCK {
            return found;
        }
        rest = rest.get(BLOCK - OVERLAP..).unwrap_or_default();
    }
}

fn within(find: &Regex, block: &[u8]) -> Signs {
    let (mut found, mut at) = (0, 0);
    while let Some(word) = find.find_at(block, at) {
        let sort = SIGNS.iter().find(|(sign, _)| sign.as_bytes() == word.as_bytes());
        found |= sort.map_or(Signs::MAX, |(_, sort)| *sort);
        // One after the other, overlapping: `tokeyJ` has two.
        at = word.start() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_found_wherever_they_stand() {
        assert_eq!(signs("GET /api/items/621 200 22ms"), 0);
        assert_eq!(signs("dbPassWord"), NAME);
        assert_eq!(signs("tokeyJ"), NAME | KEY | JWT);
        for at in 490..530 {
            let text = format!("{}https://x{}", "-".repeat(at), "-".repeat(300));
            assert_eq!(signs(&text), URL, "{at}");
        }
        assert!(FIND.is_some());
    }

    #[test]
    fn no_sign_hides_another() {
        for (i, (sign, _)) in SIGNS.iter().enumerate() {
            assert!(sign.len() < OVERLAP && *sign == sign.to_ascii_lowercase(), "{sign}");
            assert!(
                SIGNS
                    .iter()
                    .skip(i + 1)
                    .all(|(other, _)| !other.starts_with(sign) && !sign.starts_with(other)),
                "{sign}"
            );
        }
    }
}
