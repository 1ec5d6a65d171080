//! What there is to tell of one environment.

use std::time::Duration;

use super::sources::{self, Source};
use crate::cli::{FINDINGS, UNAVAILABLE};
use crate::config::Environment;
use crate::diagnosis::NETWORK_HERE;
use crate::model::{AlertsKnown, Change, Finding, Namespaces, Severity, Time, clean};
use crate::store::{EnvStore, Spoken, Summary, Watched};

/// An environment at one moment, as it is reported.
#[derive(Clone, Debug)]
pub struct Account {
    pub environment: String,
    /// Where was looked: `all namespaces`, `namespace default`.
    pub place: String,
    pub at: Time,
    /// Why this environment, where it was not named.
    pub why: Option<String>,
    pub sources: Vec<Source>,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// What changed before the findings began, and while this looked; the newest first.
    pub changes: Vec<Change>,
    pub summary: Summary,
    /// What the health probes told.
    pub health: Vec<Watched>,
    /// The alerts, the worst first, and whether they are known.
    pub alerts: Vec<Spoken>,
    pub alerts_known: AlertsKnown,
}

impl Account {
    /// Puts together what was seen and what was found.
    pub fn of(environment: &Environment, seen: &EnvStore, findings: Vec<Finding>, at: Time, timeout: Duration) -> Self {
        let mut changes: Vec<Change> = Vec::new();
        for change in findings.iter().flat_map(|f| &f.changes).chain(seen.changes()) {
            if !changes.contains(change) {
                changes.push(change.clone());
            }
        }
        changes.sort_by_key(|change| std::cmp::Reverse(change.at));
        let place = match environment.home() {
            Namespaces::All => "all namespaces".to_owned(),
            Namespaces::Some(names) if names.len() > 1 => format!("namespaces {}", names.join(", ")),
            Namespaces::Some(names) => format!("namespace {}", names.join("")),
        };
        Self {
            environment: clean(&environment.name).into_owned(),
            place: clean(&place).into_owned(),
            at,
            why: None,
            sources: sources::of(environment, seen, timeout, at),
            findings,
            changes,
            summary: Summary::of(seen, at),
            health: seen.probes.all().to_vec(),
            alerts: seen.all_spoken(),
            alerts_known: seen.alerts.known(at),
        }
    }

    /// The same, with the reason why this environment was chosen.
    #[must_use]
    pub fn because(mut self, why: Option<String>) -> Self {
        self.why = why.map(|why| clean(&why).into_owned());
        self
    }

    /// Whether a person has something to do here. That nothing can be reached from this machine says nothing about
    /// the environment.
    pub fn is_ill(&self) -> bool {
        self.findings
            .iter()
            .any(|f| f.severity >= Severity::Warning && f.id != NETWORK_HERE)
    }

    /// Whether enough was seen to say that all is well.
    pub fn is_known(&self) -> bool {
        self.sources.iter().all(|source| !source.needed || source.was_seen())
    }

    fn exit_code(&self) -> u8 {
        match (self.is_ill(), self.is_known()) {
            (true, _) => FINDINGS,
            (false, true) => 0,
            (false, false) => UNAVAILABLE,
        }
    }
}

/// The exit code of several: what was found counts most, then what could not be seen.
pub fn exit_code(accounts: &[Account]) -> u8 {
    let codes: Vec<u8> = accounts.iter().map(Account::exit_code).collect();
    match codes.as_slice() {
        [] => UNAVAILABLE,
        codes if codes.contains(&FINDINGS) => FINDINGS,
        codes => codes.iter().copied().max().unwrap_or(UNAVAILABLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::triage::samples::{ill, unseen};

    #[test]
    fn findings_count_more_than_what_was_not_seen_and_that_more_than_health() {
        let well = Account {
            findings: Vec::new(),
            ..ill()
        };
        let with = |account: Account, severity| {
            let mut account = account;
            account.findings = ill().findings;
            account.findings.truncate(1);
            account.findings.iter_mut().for_each(|f| f.severity = severity);
            account
        };
        let code = |account: &Account| exit_code(std::slice::from_ref(account));
        assert_eq!(code(&well), 0, "a denied kind that is not needed is only a line");
        assert_eq!(code(&unseen()), 2);
        assert_eq!(code(&with(well.clone(), Severity::Info)), 0);
        assert_eq!(code(&with(well.clone(), Severity::Warning)), 1);
        assert_eq!(code(&with(unseen(), Severity::Critical)), 1, "what was found was seen");
        let mut network = with(unseen(), Severity::Critical);
        network.findings[0].id = NETWORK_HERE;
        assert_eq!(code(&network), 2, "this machine's network is nobody's incident");
        assert_eq!(exit_code(&[well.clone(), unseen()]), 2);
        assert_eq!(exit_code(&[unseen(), ill(), well]), 1);
    }
}
