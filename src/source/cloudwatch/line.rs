//! An event of CloudWatch as lines.

use std::borrow::Cow;

use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, LiveTailSessionLogEvent};

use jiff::Timestamp;
use serde_json::Value;

use crate::model::LogLine;
use crate::reading::sgr::plain;
use crate::redact::LineMask;
use crate::source::lines::{CUT, LONGEST};

/// An event as it came, with everything in it that a terminal would obey: never to be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    pub stream: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub ingested: i64,
    pub message: String,
    /// Empty where it came through a session.
    pub id: String,
}

impl From<FilteredLogEvent> for Event {
    fn from(event: FilteredLogEvent) -> Self {
        Self {
            stream: event.log_stream_name.unwrap_or_default(),
            at: event.timestamp.unwrap_or_default(),
            ingested: event.ingestion_time.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
            id: event.event_id.unwrap_or_default(),
        }
    }
}

impl From<LiveTailSessionLogEvent> for Event {
    fn from(event: LiveTailSessionLogEvent) -> Self {
        Self {
            stream: event.log_stream_name.unwrap_or_default(),
            at: event.timestamp.unwrap_or_default(),
            ingested: event.ingestion_time.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
            id: String::new(),
        }
    }
}

impl Event {
    /// Its lines as they may be shown: colours out, controls visible, secrets masked. A stack trace is one event.
    pub fn lines(&self, wrapping: Wrapping, mask: &mut LineMask) -> impl Iterator<Item = LogLine> {
        let nanos = self.at.saturating_mul(1_000_000);
        let wrapped = Some(&self.message)
            .filter(|_| wrapping == Wrapping::Off)
            .and_then(|text| unwrap(text));
        let (nanos, message) = match wrapped {
            // A time of its own is finer, unless it is that of something else.
            Some((own, log)) if own.abs_diff(nanos) < 1_000_000_000 => (own, Cow::Owned(log)),
            Some((_, log)) => (nanos, Cow::Owned(log)),
            None => (nanos, Cow::Borrowed(self.message.as_str())),
        };
        let lines = message.trim_end_matches(['\n', '\r']).split('\n');
        let lines: Vec<LogLine> = lines
            .map(|line| LogLine {
                nanos,
                text: text(line.trim_end_matches('\r'), mask),
            })
            .collect();
        lines.into_iter()
    }
}

/// Whether what Fluent Bit puts around a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapping {
    Kept,
    Off,
}

/// The line that Fluent Bit has wrapped in what the cluster knows of its container, and its time.
fn unwrap(message: &str) -> Option<(i64, String)> {
    let mut fields: serde_json::Map<String, Value> = serde_json::from_str(message).ok()?;
    fields.get("kubernetes")?.as_object()?;
    let time = fields
        .get("time")
        .and_then(Value::as_str)
        .and_then(|time| time.parse::<Timestamp>().ok());
    let nanos = time.and_then(|time| i64::try_from(time.as_nanosecond()).ok()).unwrap_or(0);
    match fields.remove("log")? {
        Value::String(log) => Some((nanos, log)),
        _ => None,
    }
}

fn text(line: &str, mask: &mut LineMask) -> Box<str> {
    let (line, cut) = match line.len() > LONGEST {
        true => (line.get(..line.floor_char_boundary(LONGEST)).unwrap_or_default(), CUT),
        false => (line, ""),
    };
    let mut text = mask.mask(&plain(line)).into_owned();
    text.push_str(cut);
    text.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(message: &str) -> Vec<String> {
        let event = Event {
            stream: "s".into(),
            at: 1_795_406_481_925,
            ingested: 0,
            message: message.into(),
            id: String::new(),
        };
        let lines: Vec<LogLine> = event.lines(Wrapping::Kept, &mut LineMask::default()).collect();
        assert!(lines.iter().all(|line| line.nanos == 1_795_406_481_925_000_000));
        lines.into_iter().map(|line| line.text.into()).collect()
    }

    #[test]
    fn an_event_is_its_lines_harmless_and_masked() {
        assert_eq!(lines("\u{1b}[31mError\u{1b}[0m: x\r\n\tat y\u{7}\n"), ["Error: x", "    at y␇"]);
        assert_eq!(lines("password=hunter2"), ["password=••••••"]);
        assert_eq!(lines(""), [""]);
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\nMIIE\n-----END RSA PRIVATE KEY-----\nafter";
        assert!(!lines(key).join("\n").contains("MIIE"));
        let long = lines(&"é".repeat(LONGEST));
        assert!(long[0].ends_with(CUT) && long[0].len() <= LONGEST + CUT.len());
    }

    #[test]
    fn a_line_that_fluent_bit_has_wrapped_reads_as_it_was_written() {
        let lines = |message: &str, wrapping| {
            let event = Event {
                stream: "s".into(),
                at: 1_795_406_481_925,
                ingested: 0,
                message: message.into(),
                id: String::new(),
            };
            let lines: Vec<LogLine> = event.lines(wrapping, &mut LineMask::default()).collect();
            lines
                .into_iter()
                .map(|line| (line.nanos, line.text.into()))
                .collect::<Vec<(i64, String)>>()
        };
        let wrapped = r#"{"log":"password=hunter2\n","time":"2026-11-23T04:01:21.925123456Z","kubernetes":{"pod_name":"a"}}"#;
        assert_eq!(
            lines(wrapped, Wrapping::Off),
            [(1_795_406_481_925_123_456, "password=••••••".to_owned())]
        );
        assert!(lines(wrapped, Wrapping::Kept)[0].1.starts_with('{'));
        for own in [r#"{"log":"x"}"#, r#"{"kubernetes":{}}"#, "plain"] {
            assert_eq!(lines(own, Wrapping::Off), [(1_795_406_481_925_000_000, own.to_owned())]);
        }
        let odd = r#"{"log":"x","time":"2020-01-01T00:00:00Z","kubernetes":{}}"#;
        assert_eq!(lines(odd, Wrapping::Off), [(1_795_406_481_925_000_000, "x".to_owned())]);
    }

    proptest! {
        #[test]
        fn no_line_carries_a_control_character(message in any::<String>()) {
            prop_assert!(lines(&message).iter().all(|line| !line.chars().any(char::is_control)));
        }
    }
}
