//! A service takes too long for one request in twenty.

use crate::diagnosis::sight::Sight;
use crate::diagnosis::vitals::{Vital, told};
use crate::model::{Evidence, EvidenceKind, Finding, Lead, Severity, Unit};

/// From here on clients give up (seconds).
const CRITICAL: f64 = 5.0;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = told(sight, Vital::Latency, false).into_iter().filter_map(|told| {
        let worst = told.worst()?;
        let severity = if worst.value > CRITICAL {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let p95 = Unit::Seconds.write(worst.value);
        let text = format!("p95 is {p95}, {}", told.lasts("over 1 s", sight.now));
        let evidence = Evidence::new(EvidenceKind::Metric, text, worst.at).lead(Lead::Metrics(told.subject.reference()));
        let finding = told.finding(severity, format!("one request in twenty takes more than {p95}"));
        Some(finding.measured(worst.value).depends(told.uids()).evidence([evidence]))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::samples::line;
    use crate::diagnosis::vitals::Vital;
    use crate::diagnosis::world::{World, tell_vital, workload};
    use crate::model::Known;

    #[test]
    fn a_slow_service_is_told_by_its_workload() {
        let mut world = World::new();
        world.list(
            Known::Deployment,
            vec![workload(Known::Deployment, "backend-deployment", 90_000, |_| {})],
        );
        let labels = [("namespace", "solia"), ("job", "backend")];
        tell_vital(&mut world, Vital::Latency, &labels, &[1.2; 61]);
        world.look();
        let found = &world.diagnosis.findings()[0];
        assert_eq!(
            line(found),
            "warning latency-high Deployment/backend-deployment: one request in twenty takes more than 1.2 s"
        );
        assert_eq!(&*found.evidence[0].text, "p95 is 1.2 s, over 1 s for more than 1h");
    }
}
