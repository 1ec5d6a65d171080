//! The one line of a log that says why.

use serde_json::Value;

use crate::model::{LogLine, shorten};

/// Words that programs use when they give up, strongest first.
const LAST_WORDS: [&[&str]; 3] = [
    &[
        "panic",
        "fatal",
        "uncaught",
        "unhandled",
        "traceback",
        "segfault",
        "out of memory",
        "critical",
    ],
    &[
        "error",
        "exception",
        "cannot",
        "could not",
        "failed",
        "refused",
        "denied",
        "not found",
        "is not set",
        "no such",
    ],
    &[
        "warn",
        "timeout",
        "timed out",
        "killed",
        "abort",
        "invalid",
        "missing",
        "unable",
        "too many",
    ],
];

/// The line that most likely says why a program ended: the last of the strongest ones, without its wrapping.
pub fn telling(lines: &[LogLine]) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for line in lines {
        let text = line.text.trim();
        // The frames of a stack trace say where, not why.
        if text.is_empty() || text.starts_with("at ") || text.starts_with("File \"") || text.starts_with("goroutine ") {
            continue;
        }
        let (rank, words) = weigh(text);
        if best.as_ref().is_none_or(|(before, _)| rank <= *before) {
            best = Some((rank, words));
        }
    }
    best.map(|(_, words)| shorten(&words, 160).into_owned())
}

/// How telling a line is (0 is most), and what it says.
fn weigh(text: &str) -> (usize, String) {
    if let Some((level, message)) = structured(text) {
        let rank = match level {
            Level::Fatal => 0,
            Level::Error => 1,
            Level::Warning => 2,
            Level::Other => 3,
        };
        return (rank.min(rank_of(&message).saturating_add(1)), message);
    }
    (rank_of(text), text.to_owned())
}

fn rank_of(text: &str) -> usize {
    let lower = text.to_lowercase();
    LAST_WORDS
        .iter()
        .position(|words| words.iter().any(|word| lower.contains(word)))
        .unwrap_or(LAST_WORDS.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Fatal,
    Error,
    Warning,
    Other,
}

/// The level and message of a line in JSON.
fn structured(text: &str) -> Option<(Level, String)> {
    if !text.starts_with('{') {
        return None;
    }
    let Value::Object(fields) = serde_json::from_str(text).ok()? else {
        return None;
    };
    let field = |names: &[&str]| names.iter().find_map(|name| fields.get(*name));
    let message = field(&["msg", "message", "error", "err", "log"]).and_then(|m| match m {
        Value::String(text) => Some(text.clone()),
        Value::Object(inner) => inner.get("message")?.as_str().map(str::to_owned),
        _ => None,
    })?;
    let level = match field(&["level", "severity", "lvl", "levelname"]) {
        Some(Value::String(word)) => match word.to_lowercase().as_str() {
            "fatal" | "panic" | "critical" | "emerg" | "alert" => Level::Fatal,
            "error" | "err" => Level::Error,
            "warn" | "warning" => Level::Warning,
            _ => Level::Other,
        },
        // The numbers of pino and bunyan.
        Some(Value::Number(n)) => match n.as_u64() {
            Some(60..) => Level::Fatal,
            Some(50..) => Level::Error,
            Some(40..) => Level::Warning,
            _ => Level::Other,
        },
        _ => Level::Other,
    };
    Some((level, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<LogLine> {
        texts
            .iter()
            .map(|text| LogLine {
                nanos: 0,
                text: (*text).into(),
            })
            .collect()
    }

    #[test]
    fn the_line_that_says_why_is_found_among_the_others() {
        let node = [
            r#"{"level":"info","msg":"starting"}"#,
            r#"{"level":"fatal","logger":"config","msg":"STRIPE_KEY is not set"}"#,
            "Error: STRIPE_KEY is not set",
            "    at requireEnv (/app/dist/config/env.js:14:11)",
        ];
        assert_eq!(telling(&lines(&node)).as_deref(), Some("STRIPE_KEY is not set"));
        let shell = ["starting", "panic: cannot reach database at postgres:5432"];
        assert_eq!(
            telling(&lines(&shell)).as_deref(),
            Some("panic: cannot reach database at postgres:5432")
        );
        assert_eq!(telling(&lines(&["allocating 200M"])).as_deref(), Some("allocating 200M"));
        assert_eq!(
            telling(&lines(&["one", "two", ""])).as_deref(),
            Some("two"),
            "nothing better: the last"
        );
        assert_eq!(telling(&[]), None);
        let pino = [r#"{"level":50,"msg":"too many clients already"}"#, r#"{"level":30,"msg":"bye"}"#];
        assert_eq!(telling(&lines(&pino)).as_deref(), Some("too many clients already"));
    }
}
