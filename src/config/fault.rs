//! From a parser's error to what a person needs: file, line, one sentence and what to do.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::model::{Problem, ProblemKind};

/// Between an error's sentence and its hint, in what a reader of one value says.
pub(crate) const HINT: &str = "\nhint: ";

/// What the reader could not do with a file.
#[derive(Clone, Copy)]
enum Reading {
    /// It is not TOML.
    Syntax,
    /// It is TOML, but not a configuration.
    Schema,
}

/// Reads a TOML file into values.
///
/// # Errors
/// What is wrong first, with its line and a hint.
pub(crate) fn read<T: DeserializeOwned>(source: &str, file: &Path) -> Result<T, Problem> {
    let wrong = |reading| move |error| from_toml(reading, &error, source, file);
    toml::from_str::<toml::Table>(source).map_err(wrong(Reading::Syntax))?;
    toml::from_str(source).map_err(wrong(Reading::Schema))
}

/// An error of the TOML reader, as one sentence with its place.
fn from_toml(reading: Reading, error: &toml::de::Error, source: &str, file: &Path) -> Problem {
    let line = error.span().map(|span| line_of(source, span.start));
    let key = line.and_then(|line| key_on(source, line));
    let (sentence, hint) = match reading {
        Reading::Syntax => syntax(error.message(), key),
        Reading::Schema => schema(error.message(), key),
    };
    at(file, line, &sentence, hint)
}

/// A problem at a place in a file: `config.toml:12: sentence`.
pub(crate) fn at(file: &Path, line: Option<usize>, sentence: &str, hint: String) -> Problem {
    let file = file.display();
    let text = match line {
        Some(line) => format!("{file}:{line}: {sentence}"),
        None => format!("{file}: {sentence}"),
    };
    Problem::new(ProblemKind::Config, text).hint(crate::model::clean(&hint).as_ref())
}

/// What to suggest for a name that is not known: the one meant, or all there are.
pub(crate) fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => String::new(),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The known name that somebody who wrote `name` most likely meant; `None` where nothing is close.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    let close = known.iter().filter_map(|candidate| {
        let distance = strsim::osa_distance(&name, &candidate.to_lowercase());
        // One letter is always forgiven, more only in longer names.
        let close = distance <= 1.max(length / 3);
        let begins = length >= 3 && (candidate.starts_with(name.as_str()) || (candidate.len() >= 3 && name.starts_with(candidate)));
        (length > 1 && (close || begins)).then_some((distance, *candidate))
    });
    close.min().map(|(_, candidate)| candidate)
}

/// What is wrong with the TOML, and the hint.
fn syntax(message: &str, key: Option<&str>) -> (String, String) {
    if message.starts_with("duplicate key") {
        let hint = "a table may be written once; a list of them as [[name]]".to_owned();
        return (with_key(key, "written twice"), hint);
    }
    let hint = match ["quot", "string", "value"].iter().any(|part| message.contains(part)) {
        true => "text stands in quotes, as in name = \"prod\"",
        false => "the format is TOML: key = value, [section], [[list]]",
    };
    let sentence = message.split_whitespace().collect::<Vec<_>>().join(" ");
    (format!("not valid TOML: {sentence}"), hint.to_owned())
}

/// Rewrites the reader's message in the words of the file; the second part is the hint.
fn schema(message: &str, key: Option<&str>) -> (String, String) {
    for (start, what) in [("unknown field `", "key"), ("unknown variant `", "value")] {
        if let Some((name, rest)) = message.strip_prefix(start).and_then(|rest| rest.split_once('`')) {
            let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
            return (format!("unknown {what} `{name}`"), suggestion(name, &known));
        }
    }
    // What the reader says of the keys of a table that stands for one of several things.
    if let Some((names, known)) = message
        .strip_prefix("unexpected keys in table: ")
        .and_then(|rest| rest.split_once(", available keys: "))
    {
        let name = names.split(',').next().unwrap_or_default().trim();
        let known: Vec<&str> = known.split(',').map(str::trim).collect();
        return (format!("unknown key `{name}`"), suggestion(name, &known));
    }
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return (format!("`{name}` is missing"), format!("add a line `{name} = …` to this section"));
    }
    if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.rsplit_once(", expected "))
    {
        return (with_key(key, &format!("expected {expected}, found {found}")), String::new());
    }
    let (sentence, hint) = message.split_once(HINT).unwrap_or((message, ""));
    (with_key(key, sentence), hint.to_owned())
}

fn with_key(key: Option<&str>, sentence: &str) -> String {
    match key {
        Some(key) => format!("{key}: {sentence}"),
        None => sentence.to_owned(),
    }
}

/// The line, from 1, that holds byte `at`.
pub(super) fn line_of(source: &str, at: usize) -> usize {
    1 + source.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// The key that a line gives a value to.
fn key_on(source: &str, line: usize) -> Option<&str> {
    let (key, _) = source.lines().nth(line.checked_sub(1)?)?.split_once('=')?;
    let key = key.trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | ' ');
    (!key.is_empty() && key.chars().all(plain)).then_some(key)
}

/// The line of the `nth` (from 0) header such as `[[environment]]`, for checks that run after reading.
pub(crate) fn header_line(source: &str, header: &str, nth: usize) -> Option<usize> {
    let headers = source.lines().enumerate().filter(|(_, text)| {
        let text = text.split('#').next().unwrap_or_default();
        text.split_whitespace().collect::<String>() == header
    });
    headers.map(|(at, _)| at + 1).nth(nth)
}

/// The line on which a key before all sections gets its value.
pub(crate) fn top_line(source: &str, key: &str) -> Option<usize> {
    let top = source.lines().take_while(|line| !line.trim_start().starts_with('['));
    let mut keys = top.map(|line| line.split('=').next().unwrap_or_default().trim());
    keys.position(|name| name == key).map(|at| at + 1)
}

/// The line on which `[section]` gives `key` a value.
pub(super) fn key_line(source: &str, section: &str, key: &str) -> Option<usize> {
    let start = header_line(source, &format!("[{section}]"), 0)?;
    let mut body = source.lines().enumerate().skip(start);
    let found = body.find(|(_, text)| {
        let name = text.split('=').next().unwrap_or_default().trim();
        name.trim_matches('"') == key
    });
    found.map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_meant_is_found_and_a_stranger_is_not() {
        let known = ["name", "label", "kubernetes", "prometheus", "alertmanager", "probe", "tier"];
        for (written, meant) in [
            ("prometeus", Some("prometheus")),
            ("kuberentes", Some("kubernetes")),
            ("probes", Some("probe")),
            ("Tier", Some("tier")),
            ("alert", Some("alertmanager")),
            ("nmae", Some("name")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(written, &known), meant, "{written}");
        }
        assert_eq!(suggestion("colour", &["dark", "light"]), "known here: dark, light");
    }
}
