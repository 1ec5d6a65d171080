//! The report as Markdown, for a chat or an issue. What comes from outside stands in code spans: there it is no markup,
//! no link, and wakes nobody who is called `@channel`.

use std::fmt::Write as _;

use super::account::Account;
use super::words::{self, EVIDENCE, WIDTH};
use crate::model::{Finding, Severity, Time, shorten};

/// The whole report.
pub fn write(account: &Account) -> String {
    let mut text = String::new();
    let environment = code(&account.environment);
    // Writing to a string cannot fail.
    if let Some(why) = words::silence(account) {
        let _ = writeln!(text, "**{environment} cannot be seen**: {}", code(why));
        return text;
    }
    let at = words::moment(account.at, account.at);
    let _ = writeln!(text, "### {environment}: {}\n", words::verdict(account));
    let _ = writeln!(text, "{}, {at}", code(&account.place));
    if let Some(why) = &account.why {
        let _ = writeln!(text, "{}", code(why));
    }
    text.push('\n');
    for found in &account.findings {
        finding(&mut text, found, account.at);
    }
    if !account.findings.is_empty() {
        text.push('\n');
    }
    if let Some(line) = words::alerts(account) {
        let _ = writeln!(
            text,
            "{}
",
            code(&line)
        );
    }
    if let Some(line) = words::health(account) {
        let _ = writeln!(
            text,
            "Services answer: {}
",
            code(line.trim_start_matches("health: "))
        );
    }
    for line in words::unseen(account) {
        let _ = writeln!(text, "Not all was seen: {}\n", code(&line));
    }
    let _ = writeln!(text, "{}", words::counts(account));
    text
}

fn finding(text: &mut String, finding: &Finding, now: Time) {
    let headline = format!("{}: {}", words::object(&finding.object), finding.title);
    let since = match words::since(finding.since, now) {
        empty if empty.is_empty() => empty,
        since => format!(", {since}"),
    };
    let _ = writeln!(text, "- **{}** {}{since}", finding.severity.word(), code(&headline));
    // What is only worth knowing takes one line.
    if finding.severity == Severity::Info {
        return;
    }
    let mut line = |word: &str, said: &str| {
        let _ = writeln!(text, "  - {word}: {}", code(&shorten(said, WIDTH)));
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

/// A code span; its fence is longer than any in the text.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    match longest {
        0 => format!("`{text}`"),
        longest => {
            let fence = "`".repeat(longest + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::triage::samples::{ill, unseen};

    #[test]
    fn the_report_reads_well_in_an_issue() {
        insta::assert_snapshot!("markdown", write(&ill()));
        let refused = "**`dev` cannot be seen**: `connection refused by localhost:1 (is the server up?)`\n";
        assert_eq!(write(&unseen()), refused);
    }

    #[test]
    fn foreign_text_is_never_markup() {
        assert_eq!(code("@channel *now* [x](http://y)"), "`@channel *now* [x](http://y)`");
        assert_eq!(code("a ``b`` c"), "``` a ``b`` c ```");
    }
}
