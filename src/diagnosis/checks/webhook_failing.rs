//! The API server asks a webhook before it makes something, and gets no answer. (One that answers "no" does its work.)

use std::collections::BTreeMap;

use crate::diagnosis::group::open;
use crate::diagnosis::refusal::{self, Refusal, WEBHOOK, refusals};
use crate::diagnosis::sight::Sight;
use crate::model::{Evidence, EvidenceKind, Finding, Kind, Known, Severity, Subject, Time, Uid, shorten};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut webhooks: BTreeMap<&str, Vec<Refusal>> = BTreeMap::new();
    for refusal in refusals(sight, WEBHOOK) {
        if let Some(failure) = read(refusal.message) {
            webhooks.entry(failure.webhook).or_default().push(refusal);
        }
    }
    let found = webhooks.into_iter().map(|(webhook, refusals)| {
        let subject = Subject {
            kind: Kind::of("admissionregistration.k8s.io", "webhooks"),
            namespace: "".into(),
            name: webhook.into(),
            uid: Uid::of(&format!("webhook/{webhook}")),
        };
        let pods = refusals.iter().any(|r| r.pods);
        let (severity, effect) = if pods {
            (Severity::Critical, "no pod can be made")
        } else {
            (Severity::Warning, "changes are refused")
        };
        let failure = refusals.first().and_then(|r| read(r.message));
        let why = failure.as_ref().map_or_else(String::new, Failure::words);
        let title = format!("cannot be called · {effect}{why}");
        let finding = refusal::tell(sight, Finding::new(severity, subject, title), &refusals);
        finding.evidence(failure.and_then(|failure| behind(sight, &failure)))
    });
    found.collect()
}

/// A call that failed: of which webhook, at which address, and why.
struct Failure<'t> {
    webhook: &'t str,
    said: &'t str,
}

/// Reads `…failed calling webhook "NAME": Post "https://SERVICE.NAMESPACE.svc:443/…": WHY`.
fn read(message: &str) -> Option<Failure<'_>> {
    let (_, rest) = message.split_once(WEBHOOK)?;
    let (webhook, said) = rest.split_once('"')?;
    (!webhook.is_empty()).then_some(Failure { webhook, said })
}

impl Failure<'_> {
    /// ` · connection refused`: the end of the chain of errors is where it began.
    fn words(&self) -> String {
        match self.said.rsplit(": ").next().map(str::trim) {
            None | Some("" | ":") => String::new(),
            Some(why) => format!(" · {}", shorten(why, 80)),
        }
    }

    /// The namespace and name of the service that should answer.
    fn service(&self) -> Option<(&str, &str)> {
        let (_, rest) = self.said.split_once("https://")?;
        let host = rest.split(['/', ':', '?', '"']).next()?;
        let (service, rest) = host.split_once('.')?;
        let namespace = rest.strip_suffix(".svc")?;
        Some((namespace, service))
    }
}

/// Whether anything stands behind it.
fn behind(sight: &Sight<'_>, failure: &Failure<'_>) -> Option<Evidence> {
    let (namespace, name) = failure.service()?;
    if !sight.covers(Known::Service, namespace) {
        return None;
    }
    let Some(service) = sight.named(Known::Service, namespace, name) else {
        let text = format!("service {namespace}/{name}, which should answer, does not exist");
        return Some(Evidence::new(EvidenceKind::Condition, text, Time::NEVER));
    };
    if !sight.covers(Known::EndpointSlice, namespace) {
        return None;
    }
    let has = if sight.endpoints().is_ready(namespace, name) { "a" } else { "no" };
    let text = format!("service {namespace}/{name}, which should answer, has {has} ready endpoint");
    Some(Evidence::new(EvidenceKind::Condition, text, Time::NEVER).lead(open(Known::Service, service)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_sentence_is_taken_apart() {
        for (message, webhook, service, words) in [
            (
                r#"Error creating: Internal error occurred: failed calling webhook "validate.kyverno.svc": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/validate?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused"#,
                "validate.kyverno.svc",
                Some(("kyverno", "kyverno-svc")),
                " · connection refused",
            ),
            (
                r#"failed calling webhook "x": Post "https://hook.example.com/a": context deadline exceeded"#,
                "x",
                None,
                " · context deadline exceeded",
            ),
            (r#"failed calling webhook "x""#, "x", None, ""),
        ] {
            let failure = read(message).unwrap();
            assert_eq!(failure.webhook, webhook);
            assert_eq!(failure.service(), service, "{message}");
            assert_eq!(failure.words(), words);
        }
        assert!(read(r#"admission webhook "x" denied the request: no"#).is_none());
        assert!(read(r#"failed calling webhook ""#).is_none());
    }
}
