//! What tells of trouble is in trouble itself: alerts are not known, do not arrive, or rules and targets fail.

use std::collections::BTreeMap;

use super::alert_firing::about;
use crate::diagnosis::sight::Sight;
use crate::model::{AlertsKnown, DownTarget, Evidence, EvidenceKind, Finding, Kind, Severity, Subject, Time, Uid};

/// Targets and rules that are told one by one.
const FEW: usize = 5;

/// Nobody can say whether alerts fire.
pub(super) fn unknown(sight: &Sight<'_>) -> Vec<Finding> {
    let alerts = &sight.seen.alerts;
    let (since, what) = match alerts.known(sight.now) {
        AlertsKnown::Unknown { since, problem } => (since, format!("unknown: {}", problem.text)),
        AlertsKnown::Yes => match alerts.silent_manager() {
            Some((since, problem)) => (since, format!("an Alertmanager does not answer: {}", problem.text)),
            None => return Vec::new(),
        },
        AlertsKnown::Off | AlertsKnown::Waiting => return Vec::new(),
    };
    vec![Finding::new(Severity::Warning, subject("alerts", "alerts"), what).since(since)]
}

/// The alert that always fires is missing: others may not arrive, either.
pub(super) fn watchdog(sight: &Sight<'_>) -> Vec<Finding> {
    let why = sight.seen.alerts.watchdog_is_missing();
    let finding = why.map(|why| {
        Finding::new(
            Severity::Warning,
            subject("alert", "Watchdog"),
            format!("{why}: alerts may not be sent"),
        )
    });
    finding.into_iter().collect()
}

/// Rules that cannot be evaluated alert nobody.
pub(super) fn rules(sight: &Sight<'_>) -> Vec<Finding> {
    let failing = sight.seen.alerts.failing();
    let Some(first) = failing.first() else { return Vec::new() };
    let title = match failing.len() {
        1 => format!("rule {} cannot be evaluated: {}", first.name, first.error),
        many => format!("{many} rules cannot be evaluated · {}: {}", first.name, first.error),
    };
    let evidence = failing.iter().take(FEW).map(|rule| {
        let text = format!("{}/{}: {}", rule.group, rule.name, rule.error);
        Evidence::new(EvidenceKind::Metric, text, rule.at)
    });
    vec![Finding::new(Severity::Warning, subject("prometheus", "rules"), title).evidence(evidence)]
}

/// Targets that cannot be scraped: what they would tell is not known.
pub(super) fn targets(sight: &Sight<'_>) -> Vec<Finding> {
    let (down, _) = sight.seen.alerts.down();
    let mut by_job: BTreeMap<&str, Vec<&DownTarget>> = BTreeMap::new();
    for target in down {
        by_job.entry(&target.job).or_default().push(target);
    }
    let finding = |(job, targets): (&str, Vec<&DownTarget>)| {
        let first = targets.first()?;
        let title = match targets.len() {
            1 => format!("target {} cannot be scraped: {}", first.instance, first.error),
            many => format!("{many} targets cannot be scraped · {}: {}", first.instance, first.error),
        };
        let evidence = targets.iter().take(FEW).map(|target| {
            let text = format!("{}: {}", target.instance, target.error);
            Evidence::new(EvidenceKind::Metric, text, target.at)
        });
        let finding = Finding::new(Severity::Warning, subject("target", if job.is_empty() { "?" } else { job }), title);
        // What is ill is not scraped: its own findings say more.
        let spoken: Vec<Uid> = targets
            .iter()
            .filter_map(|target| sight.seen.spoken(&target.labels))
            .filter_map(|object| about(sight, &object))
            .collect();
        Some(finding.since(Time::NEVER).evidence(evidence).depends(spoken))
    };
    by_job.into_iter().filter_map(finding).collect()
}

fn subject(kind: &str, name: &str) -> Subject {
    Subject {
        kind: Kind::of("", kind),
        namespace: "".into(),
        name: name.into(),
        uid: Uid::of(&format!("{kind}/{name}")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::diagnosis::samples::line;
    use crate::diagnosis::world::{World, ago};
    use crate::model::{AlertLabels, AlertsFrom, AlertsTold, DownTarget, EnvId, FailingRule, Problem, ProblemKind, Seen, Time};

    fn lines(world: &mut World) -> Vec<String> {
        world.look();
        world.diagnosis.findings().iter().map(line).collect()
    }

    #[test]
    fn what_tells_of_trouble_and_is_in_trouble_is_told() {
        let mut world = World::new();
        world
            .store
            .set_alerts(EnvId(0), vec![AlertsFrom::Prometheus, AlertsFrom::Alertmanager(0)]);
        assert_eq!(lines(&mut world), Vec::<String>::new(), "nothing was told yet");
        let down = |n: u16, job: &str| DownTarget {
            job: job.into(),
            instance: format!("h:{n}").into(),
            error: "connection refused".into(),
            at: ago(3),
            labels: AlertLabels::default(),
        };
        let told = AlertsTold {
            down: vec![down(1, "backend"), down(2, "backend"), down(3, "node")],
            targets: 9,
            failing: vec![FailingRule {
                group: "app".into(),
                name: "HighLatency".into(),
                error: "many-to-many matching".into(),
                at: Time::NEVER,
            }],
            has_watchdog: true,
            ..AlertsTold::default()
        };
        world.tell(ago(40), Seen::Alerts(AlertsFrom::Prometheus, Ok(Arc::new(told))));
        let found = lines(&mut world);
        assert_eq!(
            found,
            [
                "warning watchdog-absent alert/Watchdog: it does not fire in Prometheus: alerts may not be sent",
                "warning rules-failing prometheus/rules: rule HighLatency cannot be evaluated: many-to-many matching",
                "warning target-down target/backend: 2 targets cannot be scraped · h:1: connection refused",
                "warning target-down target/node: target h:3 cannot be scraped: connection refused",
            ]
        );
        let refused = || Err(Problem::new(ProblemKind::Unreachable, "connection refused by p:9090"));
        world.tell(ago(20), Seen::Alerts(AlertsFrom::Prometheus, refused()));
        world.look();
        let findings = world.diagnosis.findings();
        assert_eq!(findings.len(), 1, "what it said before is not known to be so any more");
        assert_eq!(
            line(&findings[0]),
            "warning alerts-unknown alerts/alerts: unknown: connection refused by p:9090"
        );
        assert_eq!(findings[0].since, ago(40));
    }
}
