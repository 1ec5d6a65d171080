//! Secrets that are recognised by their shape: key blocks, tokens, passwords inside URLs.
//!
//! Each rule finds a stretch of text and names the part of it to mask, or lets it be.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::is_secret_name;

/// Names the part of a find that is secret; `None`: nothing, it was something else.
type Part = fn(&Captures) -> Option<Range<usize>>;

/// A shape, and which part of what it found is secret.
pub(super) struct Rule {
    pub find: Regex,
    pub part: Part,
}

/// Whether a text can hold a secret at all: most log lines do not, and stop here.
pub(super) static SUSPICIOUS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(concat!(
        r"(?i)pass|pwd|secret|token|credential|key|jwt|cookie|authorization|bearer|eyJ|://",
        r"|A[KS]IA|A3T|A[BC][IC]A|signature|xox|gh[pousr]_|github_pat|glpat|[sr]k_|AIza|hvs\.|npm_|hooks\.slack"
    ))
});

pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rules: [(&str, Part); COUNT] = [
        // A private key, whole; to the end of the text where its last line is missing.
        (
            r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
            whole,
        ),
        // JSON web tokens, signed or encrypted.
        (r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}", whole),
        // AWS access key ids (not the ids of roles and users, which are no secret).
        (r"\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b", whole),
        // Tokens that say what they are: Slack, GitHub, GitLab, Stripe, Google, Vault, npm.
        (
            r"\b(?:xox[abeprs]-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|[sr]k_(?:live|test)_\w{10,}|AIza[\w-]{30,}|hvs\.[\w-]{20,}|npm_[A-Za-z0-9]{30,})",
            whole,
        ),
        (r"hooks\.slack\.com/services/([A-Za-z0-9/_-]+)", first),
        // `scheme://user:password@host`, up to the last `@` of the authority.
        (r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"'<>]*:([^\s/"'<>]+)@"#, first),
        (
            r#"(?i)\bauthorization\\*["']?\s*[=:]\s*\\*["']?(?:[a-z0-9-]+\s+)?([^\s"'\\,;]+)"#,
            authorization,
        ),
        (r"(?i)\bbearer\s+([A-Za-z0-9._~+/=-]{8,})", bearer),
        (r"--([A-Za-z0-9][A-Za-z0-9-]*)[ \t]+([^\s-]\S*)", flag),
        // A variable in JSON (`"name":"DB_PASSWORD","value":"…"`), in JSON within JSON, and in YAML.
        (r#""name"\s*:\s*"([^"\\]*)"\s*,\s*"value"\s*:\s*"((?:[^"\\]|\\.)*)"#, flag),
        (
            r#"\\+"name\\+"\s*:\s*\\+"([^"\\]*)\\+"\s*,\s*\\+"value\\+"\s*:\s*\\+"([^"\\]*(?:\\+[^"\\][^"\\]*)*)"#,
            flag,
        ),
        (r#"(?m)\bname:[ \t]*["']?([\w.-]+)["']?[ \t]*\n[ \t]*value:[ \t]*(\S[^\n]*)"#, flag),
        (r"<([\w:.-]+)>([^<]+)</", flag),
    ];
    rules
        .into_iter()
        .filter_map(|(pattern, part)| {
            Some(Rule {
                find: compile(pattern)?,
                part,
            })
        })
        .collect()
});

/// How many rules there are. A test sees to it that none is lost to a mistake in its pattern.
pub(super) const COUNT: usize = 13;

/// A name and what binds it to a value: `password=`, `"apiKey":`, `token: `.
pub(super) static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| compile(r#"([A-Za-z0-9_./-]+)(\\*["'])?([ \t]?[=:])"#));

fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

fn whole(found: &Captures) -> Option<Range<usize>> {
    found.get(0).map(|m| m.range())
}

fn first(found: &Captures) -> Option<Range<usize>> {
    found.get(1).map(|m| m.range())
}

fn authorization(found: &Captures) -> Option<Range<usize>> {
    // `authorization: failed` is a sentence, not a header.
    found
        .get(1)
        .filter(|m| m.len() >= 8 && !m.as_str().bytes().all(|b| b.is_ascii_lowercase()))
        .map(|m| m.range())
}

fn bearer(found: &Captures) -> Option<Range<usize>> {
    found
        .get(1)
        .filter(|m| m.len() >= 20 || m.as_str().bytes().any(|b| b.is_ascii_digit()))
        .map(|m| m.range())
}

/// The second group, if the first is the name of a secret.
fn flag(found: &Captures) -> Option<Range<usize>> {
    let (name, value) = (found.get(1)?, found.get(2)?);
    (is_secret_name(name.as_str()) && !super::text::is_trivial(value.as_str())).then(|| value.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(RULES.len(), COUNT);
        assert!(SUSPICIOUS.is_some() && NAME.is_some());
    }
}
