//! The cache does not have what it is asked for: the database has to carry it.

use crate::diagnosis::sight::Sight;
use crate::diagnosis::vitals::{Vital, told};
use crate::model::{Evidence, EvidenceKind, Finding, Lead, Severity, Unit};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let found = told(sight, Vital::CacheHits, true).into_iter().filter_map(|told| {
        let worst = told.worst()?;
        let share = Unit::Ratio.write(worst.value);
        let text = format!("{share} of the look-ups hit, {}", told.lasts("below 80 %", sight.now));
        let evidence = Evidence::new(EvidenceKind::Metric, text, worst.at).lead(Lead::Metrics(told.subject.reference()));
        let finding = told.finding(Severity::Warning, format!("only {share} of the look-ups hit the cache"));
        Some(finding.depends(told.uids()).evidence([evidence]))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::samples::line;
    use crate::diagnosis::vitals::Vital;
    use crate::diagnosis::world::{World, tell_vital};

    #[test]
    fn a_cold_cache_is_told_by_its_exporter() {
        let mut world = World::new();
        tell_vital(
            &mut world,
            Vital::CacheHits,
            &[("job", "redis"), ("instance", "redis:9121")],
            &[0.61, 0.58],
        );
        world.look();
        let found = &world.diagnosis.findings()[0];
        assert_eq!(
            line(found),
            "warning cache-hit-low metrics/redis: only 58 % of the look-ups hit the cache"
        );
        assert_eq!(found.runbook, "cache-hit-ratio-low");
    }
}
