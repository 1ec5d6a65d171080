//! The small vocabulary of the configuration file: how a name, a URL, a duration or a command is written.
//!
//! Each function reads one value and refuses what would only fail later. Because the refusal happens while the value
//! is read, the error carries its line. A message may hold a hint after [`HINT`].

use std::fmt;
use std::path::PathBuf;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Tier;
use super::fault::HINT;
use crate::model::{Quantity, clean, parse_duration};

/// A name: one word, and nothing in it that a terminal would obey.
pub(super) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked_word(String::deserialize(deserializer)?)
}

/// A name that may hold spaces (kubeconfig allows them in contexts), but nothing that a terminal would obey.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match clean(&text) == text && !text.trim().is_empty() {
        true => Ok(text),
        false => Err(D::Error::custom(format!("`{}` is not a name", clean(&text)))),
    }
}

/// One word or a list of them.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    one_or_many(deserializer)?.into_iter().map(checked_word).collect()
}

fn checked_word<E: Error>(text: String) -> Result<String, E> {
    if text.trim().is_empty() {
        return Err(E::custom(format!("empty value{HINT}leave the key out instead")));
    }
    if clean(&text) != text || text.contains(char::is_whitespace) {
        return Err(E::custom(format!("`{}` is not one word", clean(&text))));
    }
    Ok(text)
}

/// One path or a list of them, as written (`~` and relative paths are resolved later).
pub(super) fn path_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
    Ok(one_or_many(deserializer)?.into_iter().map(PathBuf::from).collect())
}

/// One text or a list of texts.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a list of strings")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(text) = list.next_element()? {
                all.push(text);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

/// A URL that an HTTP client can use.
pub(super) fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked_url(&String::deserialize(deserializer)?)
}

pub(super) fn checked_url<E: Error>(text: &str) -> Result<String, E> {
    let good = reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if good && clean(text) == text {
        return Ok(text.to_owned());
    }
    Err(E::custom(format!(
        "`{}` is not a URL{HINT}write it with its scheme, as in https://host:9090",
        clean(text)
    )))
}

/// A duration in milliseconds: `"500ms"`, `"2s"`, `"1m"`.
pub(super) fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    let amount = match text.trim().strip_suffix("ms") {
        Some(number) => number.trim().parse().ok(),
        None => parse_duration(&text).and_then(|seconds| u32::try_from(seconds.checked_mul(1_000)?).ok()),
    };
    amount.ok_or_else(|| D::Error::custom(format!("`{}` is not a duration{HINT}as in \"500ms\" or \"2s\"", clean(&text))))
}

/// A duration in seconds: `"90s"`, `"20m"`, `"1h30m"`.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or_else(|| {
            D::Error::custom(format!(
                "`{}` is not a duration{HINT}as in \"90s\", \"20m\" or \"1h\"",
                clean(&text)
            ))
        })
}

/// An amount of memory: `"64Mi"`, `"1Gi"`, `"500M"`; at least a mebibyte, because less is a slip.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let text = String::deserialize(deserializer)?;
    let amount = Quantity::parse(text.trim()).get().map(|milli| milli / 1_000);
    amount
        .filter(|bytes| *bytes >= 1 << 20)
        .and_then(|bytes| usize::try_from(bytes).ok())
        .ok_or_else(|| D::Error::custom(format!("`{}` is no amount of memory{HINT}as in \"64Mi\" or \"1Gi\"", clean(&text))))
}

/// Regular expressions that compile.
pub(super) fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let all = one_or_many(deserializer)?;
    for pattern in &all {
        if let Err(error) = regex::Regex::new(pattern) {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            return Err(D::Error::custom(format!(
                "`{}` is not a regular expression: {reason}",
                clean(pattern)
            )));
        }
    }
    Ok(all)
}

/// A command, as argv or as one line that is split at spaces (quotes hold words together). No shell reads it.
pub(super) fn command_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct CommandLine;
    impl<'de> Visitor<'de> for CommandLine {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a command line or a list of its words")
        }

        fn visit_str<E: Error>(self, line: &str) -> Result<Self::Value, E> {
            split_command(line).map_err(E::custom)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut argv: Vec<String> = Vec::new();
            while let Some(word) = list.next_element()? {
                argv.push(word);
            }
            if argv.first().is_none_or(String::is_empty) {
                return Err(A::Error::custom("the command is empty"));
            }
            Ok(argv)
        }
    }
    deserializer.deserialize_any(CommandLine)
}

fn split_command(line: &str) -> Result<Vec<String>, String> {
    let mut argv = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '&' | ';' | '<' | '>' | '`') => {
                return Err(format!(
                    "`{c}` needs a shell, and none reads this command{HINT}write [\"sh\", \"-c\", \"…\"]"
                ));
            }
            (None, c) if c.is_whitespace() => argv.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote in the command is not closed".into());
    }
    argv.extend(word);
    if argv.is_empty() {
        return Err("the command is empty".into());
    }
    Ok(argv)
}

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.as_str() {
            "open" | "development" => Ok(Self::Open),
            "confirm" | "staging" => Ok(Self::Confirm),
            "guarded" | "production" => Ok(Self::Guarded),
            _ => Err(D::Error::unknown_variant(
                &word,
                &["open", "confirm", "guarded", "development", "staging", "production"],
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_split_as_a_person_means_it() {
        assert_eq!(
            split_command("aws sso login --profile 'on call' \"\"").unwrap(),
            ["aws", "sso", "login", "--profile", "on call", ""]
        );
        for (line, part) in [
            ("a | b", "needs a shell"),
            ("say 'x", "not closed"),
            ("  ", "is empty"),
            ("x > y", "sh"),
        ] {
            assert!(split_command(line).unwrap_err().contains(part), "{line}");
        }
        assert_eq!(split_command("echo 'a | b'").unwrap(), ["echo", "a | b"]);
    }
}
