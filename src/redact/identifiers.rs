//! Identifiers: e-mail addresses, IP addresses, account numbers, and what `[redact] identifiers` names.
//!
//! They are no secrets: who works needs them. They are covered where a text is presented while others look on (the screen,
//! copies, files, what the headless commands print), never on the way in: the store keeps them.

use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex, RegexBuilder};

use super::MASK;

/// What is covered: the built-in shapes, and these patterns.
#[derive(Clone, Debug, Default)]
pub struct Identifiers {
    more: Arc<[Regex]>,
}

/// Whether what a shape has found is meant.
type Judge = fn(&str, &Captures) -> bool;

/// How many shapes there are. A test sees to it that none is lost to a mistake in its pattern.
const COUNT: usize = 6;
const CUT_COUNT: usize = 5;

static SHAPES: LazyLock<Vec<(Regex, Judge)>> = LazyLock::new(|| {
    let shapes: [(&str, Judge); COUNT] = [
        // Also without a dot after the sign: `anna@oncall` is who somebody is to a cluster.
        (r"[\p{L}\p{N}._%+-]+@(\p{L}[\p{L}\p{N}-]*)(?:\.[\p{L}\p{N}-]+)*", |_, found| {
            // An image by its digest.
            !found.get(1).is_some_and(|host| matches!(host.as_str(), "sha256" | "sha512"))
        }),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}\b", |_, found| {
            let text = found.get(0).map_or("", |found| found.as_str());
            // This machine is everybody's.
            text.split('.').all(|part| part.parse::<u8>().is_ok()) && !matches!(text, "127.0.0.1" | "0.0.0.0")
        }),
        (r"(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}", is_ipv6),
        // The names that AWS gives to machines hold their addresses.
        (r"\bip-\d{1,3}(?:-\d{1,3}){3}\b", |_, _| true),
        (r"\b\d{12}\b", |_, _| true),
        (r"\b\d{4}-\d{4}-\d{4}\b", |_, _| true),
    ];
    shapes
        .into_iter()
        .filter_map(|(pattern, judge)| Some((Regex::new(pattern).ok()?, judge)))
        .collect()
});

/// The same where a screen is too narrow for them: a sign stands where the text was cut.
static CUT: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let shapes: [&str; CUT_COUNT] = [
        r"([\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]*)[…›>~]",
        r"\b(\d{1,3}(?:\.\d{1,3}){1,2}\.?)[…›>~]",
        r"\b(ip-\d[\d-]*)[…›>~]",
        r"\b(\d{6,11})[…›>~]",
        r"[…‹]([\d.]{0,11}\.\d{1,3})\b",
    ];
    shapes.into_iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

fn is_ipv6(text: &str, found: &Captures) -> bool {
    let Some(found) = found.get(0) else { return false };
    let joins = |c: char| c.is_alphanumeric() || c == ':';
    let before = text.get(..found.start()).and_then(|before| before.chars().next_back());
    let after = text.get(found.end()..).and_then(|after| after.chars().next());
    if before.is_some_and(joins) || after.is_some_and(joins) {
        return false;
    }
    let address = found.as_str().parse::<Ipv6Addr>();
    address.is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}

impl Identifiers {
    /// With these patterns besides the built-in ones: of each its first group is covered, or all of it where it has none. One
    /// that is no regular expression is left out; the configuration has refused it before.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Self {
        let more = patterns
            .iter()
            .filter_map(|pattern| RegexBuilder::new(pattern.as_ref()).size_limit(1 << 20).build().ok());
        Self { more: more.collect() }
    }

    /// Where they stand in a text (bytes), in order and apart.
    pub fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        merged(self.found(text))
    }

    /// The same for a line of a screen, on which texts are cut.
    pub fn ranges_cut(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = self.found(text);
        let parts = CUT.iter().flat_map(|shape| shape.captures_iter(text));
        found.extend(parts.filter_map(|part| part.get(1)).map(|part| part.range()));
        merged(found)
    }

    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (shape, judge) in SHAPES.iter() {
            let all = shape.captures_iter(text).filter(|found| judge(text, found));
            ranges.extend(all.filter_map(|found| found.get(0)).map(|found| found.range()));
        }
        for pattern in self.more.iter() {
            let all = pattern.captures_iter(text);
            ranges.extend(all.filter_map(|found| found.get(1).or(found.get(0))).map(|found| found.range()));
        }
        ranges
    }

    /// A text without them. A number that JSON has as a value becomes a text, so that it stays JSON.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let ranges = self.ranges(text);
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for range in ranges {
            let before = text.get(from..range.start).unwrap_or_default();
            out.push_str(before);
            let key = before.trim_end_matches(' ');
            if key.ends_with("\":") && !key.ends_with("\\\":") {
                out.push_str(&format!("\"{MASK}\""));
            } else {
                out.push_str(MASK);
            }
            from = range.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }
}

fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(text: &str) -> String {
        Identifiers::new(&[r"FR\d{2}[A-Z0-9]{23}", r"user=(\w+)"]).mask(text).into_owned()
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!((SHAPES.len(), CUT.len()), (COUNT, CUT_COUNT));
    }

    #[test]
    fn what_names_somebody_or_something_is_covered() {
        let table = [
            ("login of anna.b+x@solia-invest.com failed", "login of •••••• failed"),
            ("as anna@oncall-ro", "as ••••••"),
            ("from 10.0.3.12:51432 to [2a01:cb00::12]:443", "from ••••••:51432 to [••••••]:443"),
            ("ip-10-0-3-12.eu-west-1.compute.internal", "••••••.eu-west-1.compute.internal"),
            ("arn:aws:iam::123456789012:role/ops", "arn:aws:iam::••••••:role/ops"),
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x",
                "••••••.dkr.ecr.eu-west-1.amazonaws.com/x",
            ),
            ("account 1234-5678-9012", "account ••••••"),
            ("iban FR7630006000011234567890189 ok", "iban •••••• ok"),
            ("user=anna role=x", "user=•••••• role=x"),
            (r#"{"account":123456789012,"a":1}"#, r#"{"account":"••••••","a":1}"#),
            (r#"{"text":"{\"account\":123456789012}"}"#, r#"{"text":"{\"account\":••••••}"}"#),
        ];
        for (text, covered) in table {
            assert_eq!(mask(text), covered, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        for text in [
            "02:03:19.123 GET /api 200",
            "2026-11-28T03:00:00.123456789Z",
            "1795834800123",
            "127.0.0.1:8080 and 0.0.0.0 and ::1 and localhost",
            "ghcr.io/solia/backend@sha256:0123456789abcdef",
            "express@4.18.2 kube::client std::fs dead::beef::x",
            "v1.8.2 1.2.3 300.1.2.999",
            "SHA1 AA:BB:CC:DD:EE:FF:00:11:22:33",
            "mac aa:bb:cc:dd:ee:ff",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn what_was_cut_is_covered_as_far_as_it_stands_there() {
        let cut = |text: &str| {
            let ranges = Identifiers::default().ranges_cut(text);
            ranges.into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(cut("anna@so… 3"), ["anna@so"]);
        assert_eq!(cut("10.0.3… 3"), ["10.0.3"]);
        assert_eq!(cut("10.0.3.1…"), ["10.0.3.1"]);
        assert_eq!(cut("ip-10-0… Ready"), ["ip-10-0"]);
        assert_eq!(cut("12345678› x"), ["12345678"]);
        assert_eq!(cut("‹0.3.12 x"), ["0.3.12"]);
        assert_eq!(cut("backend-6f… 1.5 s"), Vec::<String>::new());
    }

    proptest! {
        /// Whatever the text: ranges are in order, apart and at characters, and nothing is found once it is covered.
        #[test]
        fn nothing_is_left(text in "[a-c0-9.:@ \u{e9}…-]{0,60}") {
            let identifiers = Identifiers::new(&["a.b"]);
            let mut end = 0;
            for range in identifiers.ranges_cut(&text) {
                prop_assert!(range.start >= end && text.get(range.clone()).is_some());
                end = range.end;
            }
            let covered = identifiers.mask(&text).into_owned();
            prop_assert!(identifiers.ranges(&covered).is_empty(), "{} → {}", text, covered);
        }
    }
}
