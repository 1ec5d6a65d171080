//! The report for a tired person at a terminal or in a chat: worst first, a headline for each finding, what shows it below.

use std::fmt::Write as _;

use super::account::Account;
use super::words::{self, EVIDENCE, WIDTH};
use crate::model::{Finding, Severity, Time, shorten};

/// The whole report; one sentence where nothing could be seen.
pub fn write(account: &Account) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if let Some(why) = words::silence(account) {
        let _ = writeln!(text, "{} cannot be seen: {why}", account.environment);
        return text;
    }
    let at = words::moment(account.at, account.at);
    let _ = writeln!(text, "{}, {}, {at}", account.environment, account.place);
    if let Some(why) = &account.why {
        let _ = writeln!(text, "{why}");
    }
    for found in &account.findings {
        text.push('\n');
        finding(&mut text, found, account.at);
    }
    text.push('\n');
    for line in words::health(account)
        .into_iter()
        .chain(words::alerts(account))
        .chain(words::unseen(account))
    {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "{}", words::counts(account));
    text
}

fn finding(text: &mut String, finding: &Finding, now: Time) {
    let (severity, object) = (finding.severity.word(), words::object(&finding.object));
    let since = match words::since(finding.since, now) {
        empty if empty.is_empty() => empty,
        since => format!(", {since}"),
    };
    let _ = writeln!(text, "{severity:8}  {object}: {}{since}", finding.title);
    // What is only worth knowing takes one line.
    if finding.severity == Severity::Info {
        return;
    }
    let mut line = |word: &str, said: &str| {
        let _ = writeln!(text, "  {word:9} {}", shorten(said, WIDTH));
    };
    for evidence in finding.evidence.iter().take(EVIDENCE) {
        line(evidence.kind.word(), &evidence.text);
    }
    if let Some(change) = words::likeliest_change(finding, now) {
        line("changed", &change);
    }
    if !finding.runbook.is_empty() {
        line("runbook", finding.runbook);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::triage::samples::{ill, unseen};
    use crate::model::AlertsKnown;

    #[test]
    fn the_worst_comes_first_with_what_shows_it_and_what_was_not_seen_is_said() {
        insta::assert_snapshot!("text", write(&ill()));
    }

    #[test]
    fn nothing_seen_is_one_sentence_and_all_well_is_two_lines() {
        let refused = "dev cannot be seen: connection refused by localhost:1 (is the server up?)\n";
        assert_eq!(write(&unseen()), refused);
        let well = Account {
            findings: Vec::new(),
            sources: Vec::new(),
            why: None,
            health: Vec::new(),
            alerts: Vec::new(),
            alerts_known: AlertsKnown::Off,
            ..ill()
        };
        assert_eq!(
            write(&well),
            "production, namespace default, 02:03Z\n\nall is well · nodes 2/3 ready, pods 3/5 well, deployments 1/2 available\n"
        );
    }
}
