//! The one line of a log that says why.

use crate::model::{LogLine, Time, shorten};
use crate::reading::{Level, Shape, parse};

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
        if text.is_empty() || is_frame(text) {
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
            Level::Warn => 2,
            _ => 3,
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

/// The level and message of a line in JSON; the message of its error with it, because `request failed` says less than what failed.
fn structured(text: &str) -> Option<(Level, String)> {
    if !text.starts_with('{') {
        return None;
    }
    let parsed = parse(text, Time::NEVER);
    (parsed.shape == Shape::Json && !parsed.message.is_empty()).then(|| (parsed.level, parsed.message.into_owned()))
}

/// What a program that goes on says goes wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// The lines that say so, of so many.
    pub count: usize,
    pub of: usize,
    /// When the first of them was written; never, if that is not known.
    pub first: Time,
    /// What they say, the most frequent first, and how often.
    pub said: Vec<(String, usize)>,
}

/// The lines that call themselves errors, or worse. A line that merely names one is not one of them.
pub fn errors(lines: &[LogLine]) -> Errors {
    let mut found = Errors::default();
    for line in lines {
        let text = line.text.trim();
        if text.is_empty() || is_frame(text) {
            continue;
        }
        found.of += 1;
        let Some(message) = error(text) else { continue };
        if found.count == 0 && line.nanos > 0 {
            found.first = Time(line.nanos / 1_000_000_000);
        }
        found.count += 1;
        let same = |(said, _): &&mut (String, usize)| shape(said) == shape(&message);
        match found.said.iter_mut().find(same) {
            Some((_, times)) => *times += 1,
            None => found.said.push((message, 1)),
        }
    }
    found.said.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    found
}

/// What a line says, if it is an error by its own account.
fn error(text: &str) -> Option<String> {
    if let Some((level, message)) = structured(text) {
        return level.is_error().then_some(message);
    }
    // `2026-11-28T03:00:00Z ERROR [main] …`, `level=error msg="…"`, `E1128 03:00:00.0 1 file.go:1] …`, `FATAL:  …`
    let mut words = text
        .split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | ':' | '|'))
        .take(6);
    let klog = text
        .strip_prefix(['E', 'F'])
        .is_some_and(|rest| rest.len() > 5 && rest.as_bytes()[..4].iter().all(u8::is_ascii_digit));
    let is_level = |word: &str| {
        matches!(
            word,
            "ERROR" | "FATAL" | "PANIC" | "CRITICAL" | "level=error" | "level=fatal" | "panic"
        )
    };
    (klog || words.any(is_level)).then(|| text.to_owned())
}

/// A message without its numbers: what is the same error with another id.
fn shape(message: &str) -> String {
    message.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The frames of a stack trace say where, not why.
fn is_frame(text: &str) -> bool {
    text.starts_with("at ") || text.starts_with("File \"") || text.starts_with("goroutine ")
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
        let nested = [r#"{"level":"error","msg":"request failed","err":{"message":"sorry, too many clients already"}}"#];
        assert_eq!(
            telling(&lines(&nested)).as_deref(),
            Some("request failed: sorry, too many clients already")
        );
        let pino = [r#"{"level":50,"msg":"too many clients already"}"#, r#"{"level":30,"msg":"bye"}"#];
        assert_eq!(telling(&lines(&pino)).as_deref(), Some("too many clients already"));
    }

    #[test]
    fn errors_are_the_lines_that_call_themselves_so() {
        let said = errors(&lines(&[
            r#"{"level":"info","msg":"0 errors in 3 files"}"#,
            "2026-11-28T03:00:00Z ERROR [main] cannot reach 10.0.0.7",
            "    at Socket.emit (node:events:519:28)",
            "2026-11-28T03:00:09Z ERROR [main] cannot reach 10.0.0.8",
            "E1128 03:00:00.000001       1 reflector.go:147] watch failed",
            "no error was found",
            "level=warn msg=\"error budget\"",
            "Everything is fine",
        ]));
        assert_eq!((said.count, said.of), (3, 7));
        assert_eq!(
            said.said[0],
            ("2026-11-28T03:00:00Z ERROR [main] cannot reach 10.0.0.7".to_owned(), 2)
        );
        assert_eq!(errors(&[]), Errors::default());
    }
}
