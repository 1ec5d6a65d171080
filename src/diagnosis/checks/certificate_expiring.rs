//! A certificate ends soon. What serves several probes is told once.

use super::health_down::subject;
use crate::diagnosis::sight::Sight;
use crate::model::{Certificate, Evidence, EvidenceKind, Finding, Lead, Severity, Time};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let mut told: Vec<(&str, Time)> = Vec::new();
    let mut findings = Vec::new();
    for (number, probe) in (0..).zip(sight.seen.probes.all()) {
        let Some((at, answer)) = probe.last.as_ref().filter(|_| !probe.is_stale(sight.now)) else {
            continue;
        };
        let Some(certificate) = answer.certificate.as_ref().filter(|certificate| certificate.until.is_known()) else {
            continue;
        };
        let days = certificate.days_left(sight.now);
        let key = (&*certificate.subject, certificate.until);
        // One that is refused for its age is why there is no answer at all: that is told already.
        let refused = certificate.fault.is_some() && !answer.is_answered();
        if refused || days > i64::from(probe.place.warning_days) || told.contains(&key) {
            continue;
        }
        told.push(key);
        let severity = if days <= i64::from(probe.place.critical_days) {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let text = format!(
            "{} for {}, by {}",
            certificate.subject,
            certificate.names.join(", "),
            certificate.issuer
        );
        findings.push(
            Finding::new(severity, subject(&probe.place.name, number), title(certificate, days)).evidence([Evidence::new(
                EvidenceKind::Condition,
                text,
                *at,
            )
            .lead(Lead::Probe(number))]),
        );
    }
    findings
}

fn title(certificate: &Certificate, days: i64) -> String {
    let day = certificate.until.to_string();
    let day = day.get(..10).unwrap_or_default();
    match days {
        ..0 => format!("its certificate ended on {day}"),
        0 => "its certificate ends today".into(),
        1 => format!("its certificate ends in 1 day, on {day}"),
        days => format!("its certificate ends in {days} days, on {day}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::diagnosis::samples::line;
    use crate::diagnosis::world::{NOW, World};
    use crate::model::{Certificate, EnvId, ProbePlace, Probed, Seen};

    fn lines(world: &World) -> Vec<String> {
        world.diagnosis.findings().iter().map(line).collect()
    }

    #[test]
    fn the_days_that_are_left_decide() {
        let place = |name: &str| ProbePlace {
            name: name.into(),
            every: 15,
            after: 2,
            warning_days: 21,
            critical_days: 3,
            ..ProbePlace::default()
        };
        for (days, said) in [
            (30, vec![]),
            (
                21,
                vec!["warning certificate-expiring health/backend: its certificate ends in 21 days, on 2027-02-05"],
            ),
            (
                3,
                vec!["critical certificate-expiring health/backend: its certificate ends in 3 days, on 2027-01-18"],
            ),
            (0, vec!["critical certificate-expiring health/backend: its certificate ends today"]),
            (
                -2,
                vec!["critical certificate-expiring health/backend: its certificate ended on 2027-01-13"],
            ),
        ] {
            let mut world = World::new();
            world.store.set_probes(EnvId(0), vec![place("backend"), place("frontend")]);
            let probed = Probed {
                certificate: Some(Certificate {
                    subject: "solia-invest.com".into(),
                    until: NOW + days * 86_400,
                    ..Certificate::default()
                }),
                ..Probed::default()
            };
            for number in [0, 1] {
                world.tell(NOW, Seen::Probe(number, Arc::new(probed.clone())));
            }
            world.look();
            assert_eq!(lines(&world), said, "{days} days, one certificate of two services");
        }
    }
}
