//! What is asked: which log groups, how far back, and in the language of Logs Insights what for.

use std::sync::Arc;

use crate::model::{parse_duration, short_age};
use crate::reading::Pattern;

/// How far back is looked unless something else is said (seconds).
pub const SPAN: i64 = 3600;
/// Rows of a question that nobody has worded.
const ROWS: u32 = 200;

/// A question as a person means it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Names and patterns of log groups.
    pub groups: Vec<Arc<str>>,
    /// Seconds until now.
    pub span: i64,
    pub query: Arc<str>,
}

impl Wish {
    /// Reads what stands after `:insights`: log groups and a time first, then the query. What is not said is as in
    /// `usual`.
    pub fn read(words: &str, usual: Self) -> Self {
        let mut groups: Vec<Arc<str>> = Vec::new();
        let mut wish = usual;
        let mut rest = words.trim();
        while let Some(word) = rest.split_whitespace().next() {
            if let Some(group) = word.strip_prefix("cloudwatch:").or_else(|| word.strip_prefix("cw:")) {
                groups.push(group.into());
            } else if let Some(span) = parse_duration(word).filter(|span| *span > 0) {
                wish.span = span;
            } else {
                break;
            }
            rest = rest.get(word.len()..).unwrap_or_default().trim_start();
        }
        if !groups.is_empty() {
            wish.groups = groups;
        }
        if !rest.is_empty() {
            wish.query = rest.into();
        }
        wish
    }

    /// The words that mean it: [`Wish::read`] reads them back.
    pub fn words(&self) -> String {
        let groups: String = self.groups.iter().map(|group| format!("cloudwatch:{group} ")).collect();
        format!("{groups}{} {}", exactly(self.span), self.query)
    }

    /// `last 1h`
    pub fn when(&self) -> String {
        format!("last {}", short_age(self.span))
    }
}

/// Seconds as [`parse_duration`] reads them back.
fn exactly(seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// The newest records, or those that fit all of these conditions.
pub fn newest(conditions: &[String]) -> Arc<str> {
    let filters: String = conditions.iter().map(|condition| format!("| filter {condition} ")).collect();
    format!("fields @timestamp, @message {filters}| sort @timestamp desc | limit {ROWS}").into()
}

/// What the log view looks for, as Logs Insights writes it; `None` where nothing is looked for.
pub fn condition(typed: &str) -> Option<String> {
    if typed.is_empty() {
        return None;
    }
    let (inverse, pattern) = Pattern::spelled(typed);
    let not = if inverse { "not " } else { "" };
    Some(format!("@message {not}like /{}/", slashed(&pattern)))
}

/// The streams of one pod.
pub fn of_pod(namespace: &str, pod: &str) -> String {
    format!("@logStream like /{}_{}_/", slashed(&regex::escape(pod)), regex::escape(namespace))
}

/// A pattern that may stand between slashes. A name has dashes, which mean nothing outside of brackets.
fn slashed(pattern: &str) -> String {
    pattern.replace("\\-", "-").replace("\\/", "/").replace('/', "\\/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Wish {
        Wish {
            groups: vec!["/a".into()],
            span: SPAN,
            query: newest(&[]),
        }
    }

    #[test]
    fn groups_and_time_come_first_and_the_rest_is_the_query() {
        assert_eq!(Wish::read("", usual()), usual());
        let wish = Wish::read("cw:/b/* cloudwatch:/c 3h  stats count(*)  by bin(5m)", usual());
        assert_eq!(wish.groups, ["/b/*".into(), "/c".into()]);
        assert_eq!((wish.span, &*wish.query), (3 * 3600, "stats count(*)  by bin(5m)"));
        assert_eq!(Wish::read(&wish.words(), usual()), wish);
        assert_eq!(Wish::read("90s", usual()).span, 90);
        assert_eq!(wish.when(), "last 3h");
    }

    #[test]
    fn what_is_looked_for_in_a_log_is_a_condition() {
        for (typed, want) in [
            ("", None),
            ("timeout", Some("@message like /(?i)timeout/")),
            ("!Timeout", Some("@message not like /Timeout/")),
            ("/api/items", Some(r"@message like /(?i)\/api\/items/")),
            ("order-17", Some("@message like /(?i)order-17/")),
            ("5[0-9]{2} ", Some("@message like /5[0-9]{2} /")),
        ] {
            assert_eq!(condition(typed).as_deref(), want, "{typed}");
        }
        assert_eq!(
            &*newest(&["a".into(), of_pod("solia", "b-1")]),
            "fields @timestamp, @message | filter a | filter @logStream like /b-1_solia_/ | sort @timestamp desc | limit 200"
        );
    }
}
