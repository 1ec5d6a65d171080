//! A service answers too many of its requests with 5xx.

use crate::diagnosis::sight::Sight;
use crate::diagnosis::vitals::{Vital, told};
use crate::model::{Evidence, EvidenceKind, Finding, Lead, Severity, Unit};

/// From here on users notice (share of requests).
const CRITICAL: f64 = 0.05;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = told(sight, Vital::Errors, false).into_iter().filter_map(|told| {
        let worst = told.worst()?;
        let severity = if worst.value > CRITICAL {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let share = Unit::Ratio.write(worst.value);
        let text = format!("5xx are {share} of the requests, {}", told.lasts("over 1 %", sight.now));
        let evidence = Evidence::new(EvidenceKind::Metric, text, worst.at).lead(Lead::Metrics(told.subject.reference()));
        let finding = told.finding(severity, format!("{share} of the requests fail"));
        Some(finding.measured(worst.value).depends(told.uids()).evidence([evidence]))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::samples::line;
    use crate::diagnosis::vitals::Vital;
    use crate::diagnosis::world::{World, ago, bad_rollout, tell_vital, workload};
    use crate::model::Known;

    #[test]
    fn a_service_that_fails_is_told_by_its_workload_with_the_rollout_before() {
        let mut world = World::new();
        world.list(Known::Deployment, vec![workload(Known::Deployment, "backend", 90_000, |_| {})]);
        let labels = [("namespace", "solia"), ("service", "backend")];
        tell_vital(&mut world, Vital::Errors, &labels, &[f64::NAN, 0.02, 0.06, 0.071]);
        world.look();
        let found = &world.diagnosis.findings()[0];
        assert_eq!(
            line(found),
            "critical error-rate-high Deployment/backend: 7.1 % of the requests fail"
        );
        assert_eq!((found.since, found.runbook), (ago(120), "high-error-rate"));
        assert_eq!(&*found.evidence[0].text, "5xx are 7.1 % of the requests, over 1 % for 2m");
    }

    #[test]
    fn a_rollout_whose_pods_crash_explains_it() {
        let mut world = bad_rollout();
        let labels = [("namespace", "solia"), ("service", "backend")];
        tell_vital(&mut world, Vital::Errors, &labels, &[0.04, 0.04]);
        world.look();
        let findings = world.diagnosis.findings();
        assert!(
            findings[0].folded.iter().any(|folded| folded.id == "error-rate-high"),
            "{findings:?}"
        );
        assert!(findings.iter().all(|finding| finding.id != "error-rate-high"));
    }

    #[test]
    fn what_belongs_to_nothing_that_is_known_stands_for_itself() {
        let mut world = World::new();
        tell_vital(&mut world, Vital::Errors, &[("job", "checkout")], &[0.02, 0.02, 0.02]);
        world.look();
        assert_eq!(
            line(&world.diagnosis.findings()[0]),
            "warning error-rate-high metrics/checkout: 2 % of the requests fail"
        );
    }
}
