//! Lines of the AWS command line: the service, what is asked of it, and what that does.

use crate::action::variables::Line;
use crate::action::{Class, Word};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub class: Class,
    pub names: &'static [&'static str],
    pub endless: bool,
}

/// Flags before the service that take a value.
const GLOBAL: [&str; 9] = [
    "--region",
    "--profile",
    "--output",
    "--query",
    "--endpoint-url",
    "--color",
    "--cli-read-timeout",
    "--cli-connect-timeout",
    "--ca-bundle",
];

/// What begins as reading, and is not: it shows a secret, or writes a file here.
const SHOWS_A_SECRET: [&str; 11] = [
    "get-secret-value",
    "batch-get-secret-value",
    "get-parameter",
    "get-parameters",
    "get-parameters-by-path",
    "get-token",
    "get-login-password",
    "get-session-token",
    "get-federation-token",
    "get-role-credentials",
    "get-password-data",
];
const WRITES_A_FILE: [&str; 6] = [
    "get-object",
    "get-object-torrent",
    "get-export",
    "get-sdk",
    "get-job-output",
    "get-usage-export",
];

/// Reads one.
///
/// # Errors
///
/// Why nobody can say what it does.
pub fn read(line: &Line) -> Result<Call, String> {
    let mut words = line.words().skip(1);
    let mut named = Vec::new();
    let mut rest = Vec::new();
    while let Some(word) = words.next() {
        let text = word.plain();
        match text {
            Some(text) if text.starts_with("--") && named.len() < 2 => {
                if GLOBAL.contains(&text) {
                    words.next();
                }
            }
            Some(text) if named.len() < 2 => named.push(text),
            None if named.len() < 2 => return Err("which service or operation it is, is left to fill in".to_owned()),
            _ => rest.push(word),
        }
    }
    let [service, operation] = named.as_slice() else {
        return Err("it names no service and operation".to_owned());
    };
    let (class, names) = judged(service, operation, &rest)?;
    let endless = *service == "logs" && *operation == "tail" && rest.iter().any(|word| matches!(word.plain(), Some("--follow")));
    Ok(Call { class, names, endless })
}

/// What a line asks of CloudWatch Logs, where the log view can answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    pub group: String,
    /// As CloudWatch reads it; empty: every line.
    pub pattern: String,
    /// Seconds; 0: not said.
    pub since: i64,
}

/// `aws logs tail` and `aws logs filter-log-events`, with nothing in them that the log view does not know.
pub fn logs(line: &Line) -> Option<Logs> {
    let words: Vec<&str> = line.words().map(Word::plain).collect::<Option<_>>()?;
    let rest = match words.as_slice() {
        ["aws", "logs", "tail" | "filter-log-events", rest @ ..] => rest,
        _ => return None,
    };
    let is_tail = words.get(2) == Some(&"tail");
    let (mut group, mut pattern, mut since) = (None, String::new(), 0);
    let mut all = rest.iter();
    while let Some(word) = all.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ => (*word, None),
        };
        let mut value = || value.or_else(|| all.next().copied());
        match flag {
            "--follow" if is_tail => {}
            "--log-group-name" if !is_tail => group = Some(value()?),
            "--filter-pattern" => pattern = value()?.to_owned(),
            "--since" if is_tail => since = seconds(value()?)?,
            flag if flag.starts_with('-') => return None,
            name if is_tail && group.is_none() => group = Some(name),
            _ => return None,
        }
    }
    Some(Logs {
        group: group.filter(|group| !group.is_empty())?.to_owned(),
        pattern,
        since,
    })
}

/// `10m` as the AWS command line reads it.
fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn judged(service: &str, operation: &str, rest: &[&Word]) -> Result<(Class, &'static [&'static str]), String> {
    let names: &[&str] = match (service, operation) {
        ("rds", "describe-db-instances" | "describe-db-clusters") => &["rds.describe", "rds.wait-available"],
        ("rds", "wait") => &["rds.wait-available"],
        ("rds", "describe-events") => &["rds.events"],
        ("rds", "describe-db-snapshots" | "describe-db-cluster-snapshots") => &["rds.snapshots"],
        ("rds", "restore-db-instance-from-db-snapshot" | "restore-db-instance-to-point-in-time") => &["rds.restore-snapshot"],
        ("rds", "failover-db-cluster") => &["rds.failover"],
        ("rds", "reboot-db-instance") if rest.iter().any(|word| word.plain() == Some("--force-failover")) => &["rds.failover"],
        ("logs", "filter-log-events" | "get-log-events" | "tail") => &["logs.query"],
        ("secretsmanager", "rotate-secret") => &["secrets.rotate"],
        _ => &[],
    };
    let reads = ["describe-", "list-", "get-", "lookup-", "filter-", "batch-get-", "head-", "search-"];
    let class = match operation {
        op if SHOWS_A_SECRET.contains(&op) => Class::T,
        op if WRITES_A_FILE.contains(&op) => return Err(format!("`{service} {op}` writes a file here")),
        "tail" if service == "logs" => Class::R,
        "ls" if service == "s3" => Class::R,
        "wait" | "help" => Class::R,
        op if reads.iter().any(|start| op.starts_with(start)) => Class::R,
        op if service == "rds"
            && ["restore-", "delete-", "failover-", "reboot-", "promote-", "switchover-"]
                .iter()
                .any(|start| op.starts_with(start)) =>
        {
            Class::D
        }
        "rotate-secret" | "flush-stage-cache" => Class::D,
        op if op.starts_with("delete-") || op.starts_with("terminate-") => Class::D,
        op => return Err(format!("`{service} {op}` is not known to read only")),
    };
    Ok((class, names))
}

#[cfg(test)]
mod tests {
    use super::super::{Command, Program};
    use super::*;

    #[test]
    fn what_is_asked_of_logs_is_a_view_where_all_of_it_is_known() {
        let told = |group: &str, pattern: &str, since| {
            Some(Logs {
                group: group.into(),
                pattern: pattern.into(),
                since,
            })
        };
        for (line, expected) in [
            ("aws logs tail /aws/app --since 10m", told("/aws/app", "", 600)),
            (
                "aws logs tail /aws/app --follow --filter-pattern '?ERROR ?FATAL'",
                told("/aws/app", "?ERROR ?FATAL", 0),
            ),
            (
                "aws logs filter-log-events --log-group-name=/aws/app --filter-pattern too",
                told("/aws/app", "too", 0),
            ),
            ("aws logs tail $GROUP", None),
            ("aws logs tail /aws/app --since 2026-11-29", None),
            ("aws logs tail /aws/app --profile prod", None),
            ("aws logs filter-log-events --log-group-name /a --start-time 1", None),
            ("aws logs get-log-events --log-group-name /a --log-stream-name b", None),
            ("aws rds describe-events", None),
        ] {
            let Program::Aws(read) = Command::read(line, 1).program else {
                panic!("{line} is aws's");
            };
            assert_eq!(logs(&read), expected, "{line}");
        }
    }
}
