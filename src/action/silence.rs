//! Silences of alerts: who does not want to hear what, for how long, and why. The line that does the same by hand is amtool's.

use super::Word;
use crate::model::Time;
pub use crate::model::{How, Matcher};

/// The longest silence (minutes): a week. What is to be quiet for longer is a rule to be changed.
pub const LONGEST: u32 = 7 * 24 * 60;

/// Something that is done to an environment's Alertmanagers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Silence {
    /// The URLs of those that it is done to.
    pub at: Vec<String>,
    pub act: SilenceAct,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SilenceAct {
    /// A new one.
    Add(Hush),
    /// Those of these ids get another end.
    Extend { ids: Vec<String>, ends: Ends },
    /// Those of these ids end now.
    Expire { ids: Vec<String> },
}

/// A silence that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hush {
    /// All of them have to fit an alert.
    pub matchers: Vec<Matcher>,
    pub minutes: u32,
    /// Why.
    pub comment: String,
    pub author: String,
}

/// When a silence ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ends {
    /// So many minutes after it is sent.
    In(u32),
    At(Time),
}

impl Silence {
    /// The same at the one of this host.
    #[must_use]
    pub fn only(&self, host: &str) -> Self {
        Self {
            at: self.at.iter().filter(|url| host_of(url) == host).cloned().collect(),
            act: self.act.clone(),
        }
    }

    /// The words of amtool's line.
    pub fn words(&self) -> Vec<String> {
        let quoted = |text: &str| Word::from(text).to_string();
        let mut words = vec!["amtool".to_owned(), "silence".to_owned()];
        match &self.act {
            SilenceAct::Add(hush) => {
                words.push("add".into());
                words.push(format!("--duration={}", duration(hush.minutes)));
                words.push(format!("--author={}", quoted(&hush.author)));
                words.push(format!("--comment={}", quoted(&hush.comment)));
                let plain = |matcher: &Matcher| quoted(&format!("{}{}{}", matcher.name, matcher.how.sign(), matcher.value));
                words.extend(hush.matchers.iter().map(plain));
            }
            SilenceAct::Extend { ids, ends } => {
                words.push("update".into());
                words.push(match ends {
                    Ends::In(minutes) => format!("--duration={}", duration(*minutes)),
                    Ends::At(time) => format!("--end={time}"),
                });
                words.extend(ids.iter().map(|id| quoted(id)));
            }
            SilenceAct::Expire { ids } => {
                words.push("expire".into());
                words.extend(ids.iter().map(|id| quoted(id)));
            }
        }
        // amtool speaks to one of them.
        if let [one] = self.at.as_slice() {
            words.push(format!("--alertmanager.url={}", quoted(one)));
        }
        words
    }
}

/// `alertmanager.example.com:9093`
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or(rest);
    rest.rsplit_once('@').map_or(rest, |(_, host)| host)
}

/// `30m`, `2h`, `1d`: minutes. `None`: it is no duration of a silence.
pub fn minutes(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits)?;
    let number: u32 = digits.parse().ok()?;
    let minutes = match unit {
        "m" | "min" => number,
        "h" => number.checked_mul(60)?,
        "d" => number.checked_mul(24 * 60)?,
        _ => return None,
    };
    (1..=LONGEST).contains(&minutes).then_some(minutes)
}

/// `30m`, `2h`
pub fn duration(minutes: u32) -> String {
    match minutes {
        whole if whole % 60 == 0 => format!("{}h", whole / 60),
        other => format!("{other}m"),
    }
}

/// The words of a typed line; a quoted value keeps its spaces.
pub fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            '"' if !escaped => {
                quoted = !quoted;
                word.push(c);
            }
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_with_their_unit() {
        for (text, expected) in [
            ("30m", Some(30)),
            ("2h", Some(120)),
            ("1d", Some(1_440)),
            ("7d", Some(10_080)),
            ("8d", None),
            ("0m", None),
            ("30", None),
            ("m", None),
            ("99999999999h", None),
            ("1w", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
        assert_eq!([duration(30), duration(90), duration(120)], ["30m", "90m", "2h"]);
    }

    #[test]
    fn the_line_is_amtools() {
        let hush = Hush {
            matchers: vec![Matcher::equal("alertname", "A"), Matcher::read("note=\"two words\"").unwrap()],
            minutes: 30,
            comment: "the fix is out".into(),
            author: "anna".into(),
        };
        let add = Silence {
            at: vec!["http://am:9093".into(), "https://other/am".into()],
            act: SilenceAct::Add(hush),
        };
        assert_eq!(
            add.only("am:9093").words().join(" "),
            "amtool silence add --duration=30m --author=anna --comment='the fix is out' alertname=A 'note=two words' --alertmanager.url=http://am:9093"
        );
        let extend = Silence {
            at: Vec::new(),
            act: SilenceAct::Extend {
                ids: vec!["x".into()],
                ends: Ends::At(Time::parse("2026-11-28T03:00:00Z")),
            },
        };
        assert_eq!(extend.words().join(" "), "amtool silence update --end=2026-11-28T03:00:00Z x");
    }

    #[test]
    fn a_quoted_value_keeps_its_spaces() {
        assert_eq!(
            split(r#"silence 30m a=b note="two \" words" why so"#),
            ["silence", "30m", "a=b", r#"note="two \" words""#, "why", "so"]
        );
    }
}
