//! A container has to wait for its CPU limit: it is slow, however idle its node is.

use crate::diagnosis::sight::Sight;
use crate::diagnosis::vitals::{Vital, told};
use crate::model::{Evidence, EvidenceKind, Finding, Lead, Severity, Unit};

/// From here on it is slow enough to be felt (share of periods); below it is worth knowing.
const FELT: f64 = 0.5;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = told(sight, Vital::Throttled, false).into_iter().filter_map(|told| {
        let worst = told.worst()?;
        let severity = if worst.value > FELT { Severity::Warning } else { Severity::Info };
        let share = Unit::Ratio.write(worst.value);
        let text = format!(
            "container {} of pod {} was held back in {share} of the periods, {}",
            worst.series.label("container"),
            worst.series.label("pod"),
            told.lasts("over 25 %", sight.now)
        );
        let evidence = Evidence::new(EvidenceKind::Metric, text, worst.at).lead(Lead::Metrics(told.subject.reference()));
        let finding = told.finding(severity, format!("held back by its CPU limit in {share} of the time"));
        Some(finding.depends(told.uids()).evidence([evidence]))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::samples::line;
    use crate::diagnosis::vitals::Vital;
    use crate::diagnosis::world::{World, pod, tell_vital};
    use crate::model::Known;

    #[test]
    fn what_is_held_back_a_little_is_worth_knowing_and_much_is_a_warning() {
        for (share, expected) in [
            (0.3, "info cpu-throttled Pod/lonely: held back by its CPU limit in 30 % of the time"),
            (
                0.6,
                "warning cpu-throttled Pod/lonely: held back by its CPU limit in 60 % of the time",
            ),
        ] {
            let mut world = World::new();
            world.list(Known::Pod, vec![pod("lonely", 300)]);
            let labels = [("namespace", "solia"), ("pod", "lonely"), ("container", "backend")];
            tell_vital(&mut world, Vital::Throttled, &labels, &[share, share]);
            world.look();
            assert_eq!(line(&world.diagnosis.findings()[0]), expected);
        }
    }
}
