//! The report for programs: one JSON object for each environment, one a line.
//!
//! ```text
//! {"version":1,
//!  "environment":"production","at":TIME,
//!  "sources":[{"id","freshness","detail"}],
//!  "findings":[{"id","severity","object":OBJECT,"title","evidence":[{"kind","text","at":TIME}],
//!               "since":TIME,"confidence","runbook"}],
//!  "changes":[{"at":TIME,"object":OBJECT,"what","by"}],
//!  "health":[{"target","url","state","code","latency_ms","since":TIME,"detail"}],
//!  "alerts":[{"name","severity","state","since":TIME,"labels":{},"object":OBJECT or null,"runbook"}]}
//! ```
//!
//! | what | values |
//! |---|---|
//! | TIME | RFC 3339 in UTC, to the second; `null` where it is not known |
//! | OBJECT | `{"kind","namespace","name","uid"}`; `namespace` is empty outside namespaces; that of an alert has no `uid` |
//! | `uid` | the UUID that the API server gave; `null` for what has none. An API that names its objects by something else than a UUID has that hashed into the form of one: the same for the same text, but not to be found in the cluster |
//! | `sources.id` | `kubernetes` (the connection), the plural resource of a kind (`pods`), `namespace NAME` (only one that is not there), `metrics`, `health`, `prometheus`, `alerts`; more are to come |
//! | `freshness` | `live`, `stale`, `denied`, `unreachable`, `off` (there is no such thing here) |
//! | `findings.id` | which check says so: stable, and what to match on. Titles and texts are for people and may change. `network-here` says that nothing can be reached from this machine, and does not make the exit code 1 |
//! | `severity` | `critical`, `warning`, `info`; the worst finding comes first |
//! | `confidence` | `high`, `medium`, `low` |
//! | `evidence.kind` | `condition`, `event`, `exit`, `log`, `metric`, `node`; the strongest comes first |
//! | `runbook` | the name of the runbook that helps; `null` where there is none |
//! | `by` | who did it, as far as the cluster says; empty where it does not |
//!
//! `health` holds `{target, url, state, code, latency_ms, since, detail}` with the states `ok`, `degraded`, `down` and
//! `unknown` (it could not be asked from here, or was not asked yet); `alerts` hold `{name, severity, state, since, labels, object, runbook}` with the states `firing`,
//! `pending` and `suppressed`. No alerts mean that there are none only where the source `alerts` is `live`.
//!
//! Fields are added without another `version`; one that goes, or means something else, makes it 2.

use std::collections::BTreeMap;

use serde::Serialize;

use super::account::Account;
use super::sources::Source;
use crate::model::{Change, Evidence, Finding, ObjectRef, Probed, Subject, Time, Uid};
use crate::store::{Spoken, Watched};

const VERSION: u32 = 1;

/// The contract in short, for `qd triage --help`.
pub const CONTRACT: &str = "\
Exit status:
  0  all is well: nothing was found, or only what is worth knowing
  1  a finding is a warning or critical
  2  pods, nodes or workloads could not be seen, so that nobody can tell; or wrong usage

JSON (-o json), one object a line for each environment; fields may be added, none goes:
  {\"version\":1, \"environment\", \"at\",
   \"sources\":  [{\"id\", \"freshness\", \"detail\"}],
   \"findings\": [{\"id\", \"severity\", \"object\": {\"kind\", \"namespace\", \"name\", \"uid\"}, \"title\",
                 \"evidence\": [{\"kind\", \"text\", \"at\"}], \"since\", \"confidence\", \"runbook\"}],
   \"changes\":  [{\"at\", \"object\", \"what\", \"by\"}],
   \"health\":   [{\"target\", \"url\", \"state\", \"code\", \"latency_ms\", \"since\", \"detail\"}],
   \"alerts\":   [{\"name\", \"severity\", \"state\", \"since\", \"labels\", \"object\", \"runbook\"}]}
  freshness   live, stale, denied, unreachable, off
  severity    critical, warning, info
  confidence  high, medium, low
  state       ok, degraded, down, unknown (of health); firing, pending, suppressed (of alerts)
  evidence    condition, event, exit, log, metric, node
  Times are RFC 3339 in UTC, or null. Match on the id of a finding: titles and texts are for people.";

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    environment: &'a str,
    at: Option<String>,
    sources: Vec<SourceRow<'a>>,
    findings: Vec<FindingRow<'a>>,
    changes: Vec<ChangeRow<'a>>,
    health: Vec<HealthRow<'a>>,
    alerts: Vec<AlertRow<'a>>,
}

#[derive(Serialize)]
struct SourceRow<'a> {
    id: &'a str,
    freshness: &'static str,
    detail: &'a str,
}

#[derive(Serialize)]
struct FindingRow<'a> {
    id: &'static str,
    severity: &'static str,
    object: ObjectRow<'a>,
    title: &'a str,
    evidence: Vec<EvidenceRow<'a>>,
    since: Option<String>,
    confidence: &'static str,
    runbook: Option<&'static str>,
}

#[derive(Serialize)]
struct ObjectRow<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    uid: Option<String>,
}

#[derive(Serialize)]
struct HealthRow<'a> {
    target: &'a str,
    url: &'a str,
    state: &'static str,
    code: Option<u16>,
    latency_ms: Option<u32>,
    since: Option<String>,
    detail: String,
}

#[derive(Serialize)]
struct AlertRow<'a> {
    name: &'a str,
    severity: &'a str,
    state: &'static str,
    since: Option<String>,
    labels: BTreeMap<&'a str, &'a str>,
    object: Option<AboutRow>,
    runbook: &'a str,
}

/// What an alert speaks of, by its labels; it may not be there any more.
#[derive(Serialize)]
struct AboutRow {
    kind: String,
    namespace: String,
    name: String,
}

#[derive(Serialize)]
struct EvidenceRow<'a> {
    kind: &'static str,
    text: &'a str,
    at: Option<String>,
}

#[derive(Serialize)]
struct ChangeRow<'a> {
    at: Option<String>,
    object: ObjectRow<'a>,
    what: &'a str,
    by: &'a str,
}

/// The object and its line ending.
pub fn write(account: &Account) -> String {
    // Maps with odd keys and failing writers are what this can fail on; there are none.
    let mut line = serde_json::to_string(&report(account)).unwrap_or_default();
    line.push('\n');
    line
}

fn report(account: &Account) -> Report<'_> {
    Report {
        version: VERSION,
        environment: &account.environment,
        at: time(account.at),
        sources: account.sources.iter().map(source).collect(),
        findings: account.findings.iter().map(finding).collect(),
        changes: account.changes.iter().map(change).collect(),
        health: account.health.iter().map(|probe| health(probe, account.at)).collect(),
        alerts: account.alerts.iter().map(alert).collect(),
    }
}

fn source(source: &Source) -> SourceRow<'_> {
    SourceRow {
        id: &source.id,
        freshness: source.freshness.word(),
        detail: &source.detail,
    }
}

fn finding(finding: &Finding) -> FindingRow<'_> {
    FindingRow {
        id: finding.id,
        severity: finding.severity.word(),
        object: object(&finding.object),
        title: &finding.title,
        evidence: finding.evidence.iter().map(evidence).collect(),
        since: time(finding.since),
        confidence: finding.confidence.word(),
        runbook: Some(finding.runbook).filter(|name| !name.is_empty()),
    }
}

fn evidence(evidence: &Evidence) -> EvidenceRow<'_> {
    EvidenceRow {
        kind: evidence.kind.word(),
        text: &evidence.text,
        at: time(evidence.at),
    }
}

fn health(probe: &Watched, now: Time) -> HealthRow<'_> {
    let answer = probe.answer();
    HealthRow {
        target: &probe.place.name,
        url: &probe.place.url,
        state: probe.state(now).word(),
        code: answer.and_then(|answer| answer.code),
        latency_ms: answer.filter(|answer| answer.is_answered()).map(|answer| answer.timings.total),
        since: time(probe.since()),
        detail: answer.map_or_else(|| "no answer yet".to_owned(), Probed::wrong),
    }
}

fn alert(spoken: &Spoken) -> AlertRow<'_> {
    let alert = &spoken.alert;
    let about = |object: &ObjectRef| AboutRow {
        kind: object
            .kind
            .known()
            .map_or_else(|| object.kind.resource(), |known| known.info().name)
            .to_owned(),
        namespace: object.namespace.to_string(),
        name: object.name.to_string(),
    };
    AlertRow {
        name: &alert.name,
        severity: &alert.severity,
        state: alert.state.word(),
        since: time(alert.since),
        labels: alert.labels.iter().collect(),
        object: spoken.object.as_ref().map(about),
        runbook: &alert.runbook,
    }
}

fn change(change: &Change) -> ChangeRow<'_> {
    ChangeRow {
        at: time(change.at),
        object: object(&change.object),
        what: &change.what,
        by: &change.by,
    }
}

fn object(subject: &Subject) -> ObjectRow<'_> {
    ObjectRow {
        kind: subject.kind_name(),
        namespace: &subject.namespace,
        name: &subject.name,
        uid: Some(subject.uid).filter(|uid| *uid != Uid(0)).map(|uid| uid.to_string()),
    }
}

fn time(at: Time) -> Option<String> {
    at.is_known().then(|| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::triage::samples::{ill, unseen};

    #[test]
    fn the_report_has_every_field_of_version_1_in_the_order_of_the_contract() {
        insta::assert_snapshot!("report", serde_json::to_string_pretty(&report(&ill())).unwrap());
    }

    #[test]
    fn a_report_is_one_line_whatever_stands_in_it() {
        let mut account = ill();
        account.findings[0].title = "two\nlines".into();
        for account in [account, unseen()] {
            let line = write(&account);
            assert_eq!((line.matches('\n').count(), line.ends_with("]}\n")), (1, true), "{line}");
        }
    }
}
