//! Requests wait for a connection to the database: the pools are empty.

use crate::diagnosis::sight::Sight;
use crate::diagnosis::vitals::{Told, Vital, breaches, told};
use crate::model::{Evidence, EvidenceKind, Finding, Lead, Severity, Unit};

/// Requests of one pod that wait: from here on they run into their timeouts.
const CRITICAL: f64 = 5.0;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    told(sight, Vital::Waiting, false)
        .iter()
        .filter_map(|told| finding(sight, told))
        .collect()
}

fn finding(sight: &Sight<'_>, told: &Told<'_>) -> Option<Finding> {
    let worst = told.worst()?;
    let open = || Lead::Metrics(told.subject.reference());
    let waiting: f64 = told.breaches.iter().map(|breach| breach.value).sum();
    let count = Unit::Count.write(waiting);
    let severity = if worst.value > CRITICAL {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let pods = match told.breaches.len() {
        1 => "in 1 pod".to_owned(),
        n => format!("in {n} pods"),
    };
    let mut evidence = vec![
        Evidence::new(
            EvidenceKind::Metric,
            format!("{count} requests wait {pods}, {}", told.lasts("some", sight.now)),
            worst.at,
        )
        .lead(open()),
    ];
    let used: Vec<_> = breaches(sight.seen, Vital::PoolUsed, sight.now)
        .into_iter()
        .filter(|full| told.breaches.iter().any(|other| is_same(full.series, other.series)))
        .collect();
    if let Some(fullest) = used.iter().max_by(|a, b| a.value.total_cmp(&b.value)) {
        let text = format!(
            "{} of the connections of the fullest pool are in use",
            Unit::Ratio.write(fullest.value)
        );
        evidence.push(Evidence::new(EvidenceKind::Metric, text, fullest.at).lead(open()));
    }
    // More pods would want more connections than there are: worth knowing before somebody scales up.
    if let Some(over) = breaches(sight.seen, Vital::Overbooked, sight.now).first() {
        let text = format!(
            "all pools together may open {} of the connections that the database has: more pods make it worse",
            Unit::Ratio.write(over.value)
        );
        evidence.push(Evidence::new(EvidenceKind::Metric, text, over.at));
    }
    let title = format!("{count} requests wait for a database connection");
    Some(
        told.finding(severity, title)
            .measured(waiting)
            .depends(told.uids())
            .evidence(evidence),
    )
}

/// Whether both speak of the same pod, or of the same job where no pod is named.
fn is_same(a: &crate::model::Series, b: &crate::model::Series) -> bool {
    ["namespace", "pod", "service", "job"]
        .iter()
        .all(|label| a.label(label) == b.label(label))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::samples::line;
    use crate::diagnosis::vitals::Vital;
    use crate::diagnosis::world::{World, ago, owned, pod, revision, tell_vitals, template, workload};
    use crate::model::{Known, Severity};

    #[test]
    fn full_pools_are_one_finding_of_the_workload_after_its_rollout_and_explain_slow_answers() {
        let mut world = World::new();
        let deployment = workload(Known::Deployment, "backend", 90_000, |w| {
            w.revision = 42;
            w.template = template("v1.8.4", &[]);
        });
        world
            .list(Known::Deployment, vec![deployment])
            .list(
                Known::ReplicaSet,
                vec![
                    revision(41, 90_000, template("v1.8.2", &[]), 0),
                    revision(42, 300, template("v1.8.4", &[]), 2),
                ],
            )
            .list(
                Known::Pod,
                vec![
                    owned(pod("backend-42-a", 300), Known::ReplicaSet, "backend-42"),
                    owned(pod("backend-42-b", 300), Known::ReplicaSet, "backend-42"),
                ],
            );
        let a = [("namespace", "solia"), ("pod", "backend-42-a")];
        let b = [("namespace", "solia"), ("pod", "backend-42-b")];
        tell_vitals(
            &mut world,
            Vital::Waiting,
            &[(&a, &[f64::NAN, 4.0, 80.0, 139.0]), (&b, &[3.0, 3.0])],
        );
        tell_vitals(&mut world, Vital::PoolUsed, &[(&a, &[1.0, 1.0])]);
        tell_vitals(&mut world, Vital::Overbooked, &[(&[], &[1.03, 1.03])]);
        let service = [("namespace", "solia"), ("job", "backend")];
        tell_vitals(&mut world, Vital::Latency, &[(&service, &[8.0, 8.6])]);
        world.look();
        let [found] = world.diagnosis.findings() else {
            panic!("{:?}", world.diagnosis.findings())
        };
        assert_eq!(
            line(found),
            "critical db-pool-exhausted Deployment/backend: 142 requests wait for a database connection [latency-high]"
        );
        assert_eq!(
            (found.since, found.runbook, found.severity),
            (ago(120), "database-connection", Severity::Critical)
        );
        let said: Vec<&str> = found.evidence.iter().map(|evidence| &*evidence.text).collect();
        assert_eq!(
            said,
            [
                "142 requests wait in 2 pods, some for 2m",
                "100 % of the connections of the fullest pool are in use",
                "all pools together may open 103 % of the connections that the database has: more pods make it worse",
            ]
        );
        assert!(found.folded.iter().any(|folded| folded.id == "latency-high"), "{found:?}");
        assert!(
            found.changes.iter().any(|change| change.what.contains("v1.8.4")),
            "{:?}",
            found.changes
        );
    }
}
