//! An event of CloudWatch as lines.

use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, LiveTailSessionLogEvent};

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
    pub fn lines(&self, mask: &mut LineMask) -> impl Iterator<Item = LogLine> {
        let nanos = self.at.saturating_mul(1_000_000);
        let whole = self.message.trim_end_matches(['\n', '\r']);
        whole.split('\n').map(move |line| LogLine {
            nanos,
            text: text(line.trim_end_matches('\r'), mask),
        })
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
        let lines: Vec<LogLine> = event.lines(&mut LineMask::default()).collect();
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

    proptest! {
        #[test]
        fn no_line_carries_a_control_character(message in any::<String>()) {
            prop_assert!(lines(&message).iter().all(|line| !line.chars().any(char::is_control)));
        }
    }
}
