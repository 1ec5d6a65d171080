//! Secrets that are recognised by their shape: key blocks, tokens, passwords inside URLs.
//!
//! Each rule finds a stretch of text and names the part of it to mask, or lets it be.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use regex::{Captures, Regex};

use super::is_secret_name;
use super::triggers::{self, Signs};

/// Names the part of a find that is secret; `None`: nothing, it was something else.
type Part = fn(&Captures) -> Option<Range<usize>>;

/// A shape, and which part of what it found is secret.
pub(super) struct Rule {
    pub find: Regex,
    pub part: Part,
    /// Without one of these it finds nothing.
    pub signs: Signs,
    /// Nor without this.
    pub needs: Option<Finder<'static>>,
}

impl Rule {
    /// Whether it can find something in a text with these signs.
    pub(super) fn applies(&self, text: &str, signs: Signs) -> bool {
        self.signs & signs != 0 && self.needs.as_ref().is_none_or(|needs| needs.find(text.as_bytes()).is_some())
    }
}

pub(super) static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rules: [(Signs, &'static str, &str, Part); COUNT] = [
        // A private key, whole; to the end of the text where its last line is missing.
        (
            triggers::KEY,
            "PRIVATE KEY",
            r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
            whole,
        ),
        // JSON web tokens, signed or encrypted.
        (
            triggers::JWT,
            "eyJ",
            r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}",
            whole,
        ),
        // The secret key of AWS has no mark of its own, but often stands beside its id.
        (
            triggers::AWS,
            "",
            r#"\b(?:AKIA|ASIA)[A-Z0-9]{16}\\*["']?[\s:,;|/]{1,3}\\*["']?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|$)"#,
            first,
        ),
        // AWS access key ids (not the ids of roles and users, which are no secret), and session tokens.
        (triggers::AWS, "", r"\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b", whole),
        (
            triggers::AWS,
            "",
            r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9/+=%]{20,}",
            whole,
        ),
        // Tokens that say what they are: Slack, GitHub, GitLab, Grafana, Stripe, Google, Vault, npm, PyPI, Docker, DigitalOcean,
        // SendGrid, Shopify, New Relic, age, and the keys of language models.
        (
            triggers::TOKEN,
            "",
            r"\b(?:xox[abeprs]-[A-Za-z0-9-]{10,}|xoxe\.[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|gl(?:pat|dt|rt)-[A-Za-z0-9_-]{16,}|glsa_[A-Za-z0-9_]{20,}|[sr]k_(?:live|test)_[A-Za-z0-9_]{10,}|whsec_[A-Za-z0-9+/=]{16,}|sk-[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|hv[sb]\.[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|dckr_pat_[A-Za-z0-9_-]{20,}|dop_v1_[0-9a-f]{30,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|shpat_[0-9a-f]{20,}|NRAK-[A-Z0-9]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{20,})",
            whole,
        ),
        (
            triggers::HOOK,
            "hooks.slack",
            r"hooks\.slack\.com/services/([A-Za-z0-9/_-]+)",
            first,
        ),
        // `scheme://user:password@host`, up to the last `@` of the authority.
        (
            triggers::URL,
            "@",
            r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"'<>]*:([^\s/"'<>]+)@"#,
            first,
        ),
        (
            triggers::AUTHORIZATION,
            "",
            r#"(?i)\bauthorization\\*["']?\s*[=:]\s*\\*["']?(?:[a-z0-9-]+\s+)?([^\s"'\\,;]+)"#,
            authorization,
        ),
        (triggers::BEARER, "", r"(?i)\bbearer\s+([A-Za-z0-9._~+/=-]{8,})", bearer),
        // `Cookie: a=1; b=2` and `Set-Cookie: a=1; Path=/`: all the pairs, not only the first.
        (
            triggers::COOKIE,
            "=",
            r#"(?i)\bcookies?\\*["']?\s*[=:]\s*\[?\s*\\*["']?([^\s;,=:"'\\\[\]{}]+=[^\s;,"'\\]*(?:;\s?[^\s;,=:"'\\]+(?:=[^\s;,"'\\]*)?)*)"#,
            first,
        ),
        // The further ones of a list of them, by what only cookies have.
        (
            triggers::COOKIE,
            "=",
            r#"(?i)[^\s;,=:"'\\\[\]{}]+=([^\s;,"'\\]+);\s?(?:path|expires|max-age|domain|samesite|httponly|secure)\b"#,
            first,
        ),
        (triggers::NAME, "--", r"--([A-Za-z0-9][A-Za-z0-9-]*)[ \t]+([^\s-]\S*)", flag),
        // A variable in JSON (`"name":"DB_PASSWORD","value":"…"`), in JSON within JSON, and in YAML.
        (
            triggers::NAME,
            "value",
            r#""name"\s*:\s*"([^"\\]*)"\s*,\s*"value"\s*:\s*"((?:[^"\\]|\\.)*)"#,
            flag,
        ),
        (
            triggers::NAME,
            "value",
            r#"\\+"name\\+"\s*:\s*\\+"([^"\\]*)\\+"\s*,\s*\\+"value\\+"\s*:\s*\\+"([^"\\]*(?:\\+[^"\\][^"\\]*)*)"#,
            flag,
        ),
        (
            triggers::NAME,
            "value",
            r#"(?m)\bname:[ \t]*["']?([\w.-]+)["']?[ \t]*\n[ \t]*value:[ \t]*(\S[^\n]*)"#,
            flag,
        ),
        (triggers::NAME, "</", r"<([\w:.-]+)>([^<]+)</", flag),
    ];
    rules
        .into_iter()
        .filter_map(|(signs, needs, pattern, part)| {
            Some(Rule {
                find: compile(pattern)?,
                part,
                signs,
                needs: (!needs.is_empty()).then(|| Finder::new(needs)),
            })
        })
        .collect()
});

/// How many rules there are. A test sees to it that none is lost to a mistake in its pattern.
pub(super) const COUNT: usize = 17;

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
    }
}
