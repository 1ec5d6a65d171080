//! A container uses nearly all the memory that it may: it is about to be killed.

use crate::diagnosis::sight::Sight;
use crate::diagnosis::vitals::{Vital, told};
use crate::model::{Evidence, EvidenceKind, Finding, Lead, Severity, Unit};

/// Containers that are named.
const MOST: usize = 3;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = told(sight, Vital::Memory, false).into_iter().filter_map(|told| {
        let worst = told.worst()?;
        let share = Unit::Ratio.write(worst.value);
        let each = told.breaches.iter().take(MOST).map(|breach| {
            let text = format!(
                "container {} of pod {} uses {} of its memory limit",
                breach.series.label("container"),
                breach.series.label("pod"),
                Unit::Ratio.write(breach.value)
            );
            Evidence::new(EvidenceKind::Metric, text, breach.at).lead(Lead::Metrics(told.subject.reference()))
        });
        let evidence: Vec<Evidence> = each.collect();
        let (who, uses) = match told.pods.len() {
            0 | 1 => ("a pod".to_owned(), "uses"),
            n => (format!("{n} pods"), "use up to"),
        };
        let finding = told.finding(Severity::Warning, format!("{who} {uses} {share} of the memory limit"));
        Some(finding.depends(told.uids()).evidence(evidence))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::samples::line;
    use crate::diagnosis::vitals::Vital;
    use crate::diagnosis::world::{World, owned, pod, tell_vitals, workload};
    use crate::model::Known;

    #[test]
    fn pods_near_their_limit_are_one_finding_of_what_made_them() {
        let mut world = World::new();
        world
            .list(Known::StatefulSet, vec![workload(Known::StatefulSet, "backend", 90_000, |_| {})])
            .list(
                Known::Pod,
                vec![
                    owned(pod("backend-0", 300), Known::StatefulSet, "backend"),
                    owned(pod("backend-1", 300), Known::StatefulSet, "backend"),
                ],
            );
        let of = |pod: &'static str| [("namespace", "solia"), ("pod", pod), ("container", "backend")];
        tell_vitals(
            &mut world,
            Vital::Memory,
            &[(&of("backend-0"), &[0.91, 0.92]), (&of("backend-1"), &[0.93, 0.97])],
        );
        world.look();
        let found = &world.diagnosis.findings()[0];
        assert_eq!(
            line(found),
            "warning memory-near-limit StatefulSet/backend: 2 pods use up to 97 % of the memory limit"
        );
        assert_eq!(
            &*found.evidence[0].text,
            "container backend of pod backend-1 uses 97 % of its memory limit"
        );
    }
}
