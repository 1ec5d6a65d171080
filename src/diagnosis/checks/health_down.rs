//! A service does not answer its health probe as it should, several times in a row.

use crate::diagnosis::sight::Sight;
use crate::model::{Evidence, EvidenceKind, Finding, Kind, Lead, ProbeState, Severity, Subject, Uid};
use crate::store::Watched;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    let down = (0..)
        .zip(sight.seen.probes.all())
        .filter(|(_, probe)| probe.state(sight.now) == ProbeState::Down);
    down.filter_map(|(number, probe)| finding(sight, number, probe)).collect()
}

fn finding(sight: &Sight<'_>, number: u16, probe: &Watched) -> Option<Finding> {
    let (at, answer) = probe.last.as_ref()?;
    // The last answer may already be a good one.
    let wrong = match answer.wrong() {
        nothing if nothing.is_empty() => "it wavers: the last answer was good".to_owned(),
        wrong => wrong,
    };
    let place = &probe.place;
    let workload = sight.seen.probed_workload(place);
    let object = match workload {
        Some((known, object)) => Subject::of(known, object),
        None => subject(&place.name, number),
    };
    let said = match answer.code {
        Some(code) => format!(
            "{} answers {code} after {} ms, {}",
            place.url,
            answer.timings.total,
            place.vantage.words()
        ),
        None => format!("{} gives no answer, {}", place.url, place.vantage.words()),
    };
    let mut evidence = vec![Evidence::new(EvidenceKind::Condition, said, *at).lead(Lead::Probe(number))];
    evidence.extend(
        probe
            .last_ok
            .is_known()
            .then(|| Evidence::new(EvidenceKind::Condition, "it was last well then", probe.last_ok)),
    );
    let finding = Finding::new(Severity::Critical, object, format!("health check fails · {wrong}"))
        .since(probe.since())
        .evidence(evidence)
        .depends(workload.map(|(_, object)| object.meta.uid));
    Some(finding)
}

/// A probe as something that can be wrong by itself.
pub(super) fn subject(name: &str, number: u16) -> Subject {
    Subject {
        kind: Kind::of("", "health"),
        namespace: "".into(),
        name: name.into(),
        uid: Uid::of(&format!("health/{number}/{name}")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::diagnosis::samples::line;
    use crate::diagnosis::world::{World, ago, bad_rollout};
    use crate::model::{Blame, EnvId, Known, ProbePlace, Probed, Problem, ProblemKind, Seen, Silence, Unmet};

    fn watched(mut world: World) -> World {
        let place = ProbePlace {
            name: "backend".into(),
            url: "https://solia-invest.com/health".into(),
            every: 15,
            patience: 5,
            after: 2,
            ..ProbePlace::default()
        };
        world.store.set_probes(EnvId(0), vec![place]);
        world
    }

    fn status(code: u16) -> Probed {
        Probed {
            code: Some(code),
            failed: vec![Unmet {
                what: "the status".into(),
                expected: "200".into(),
                actual: code.to_string().into(),
            }],
            ..Probed::default()
        }
    }

    fn silent(blame: Blame) -> Probed {
        Probed {
            silence: Some(Silence {
                problem: Problem::new(ProblemKind::Unreachable, "no such host: solia-invest.com"),
                blame,
            }),
            ..Probed::default()
        }
    }

    fn tell(world: &mut World, rounds: &[(i64, Probed)]) {
        for (seconds, probed) in rounds {
            world.tell(ago(*seconds), Seen::Probe(0, Arc::new(probed.clone())));
        }
        world.look();
    }

    fn lines(world: &World) -> Vec<String> {
        world.diagnosis.findings().iter().map(line).collect()
    }

    #[test]
    fn two_bad_answers_in_a_row_are_a_finding_and_one_is_none() {
        let mut world = watched(World::new());
        tell(&mut world, &[(40, Probed::default()), (25, status(503))]);
        assert_eq!(lines(&world), Vec::<String>::new());
        tell(&mut world, &[(10, status(503))]);
        let found = &world.diagnosis.findings()[0];
        assert_eq!(
            line(found),
            "critical health-down health/backend: health check fails · the status is 503, expected 200"
        );
        assert_eq!((found.since, found.runbook), (ago(25), "health-check-failing"));
        assert_eq!(found.evidence[1].at, ago(40), "when it was last well");
    }

    #[test]
    fn what_cannot_be_asked_from_here_is_no_finding() {
        let mut world = watched(World::new());
        tell(&mut world, &[(25, silent(Blame::Here)), (10, silent(Blame::Here))]);
        assert_eq!(lines(&world), Vec::<String>::new());
        let mut world = watched(World::new());
        tell(&mut world, &[(500, silent(Blame::There)), (485, silent(Blame::There))]);
        assert_eq!(lines(&world), Vec::<String>::new(), "too long ago to say so of now");
    }

    #[test]
    fn a_rollout_that_explains_it_has_it_as_its_effect() {
        let mut world = watched(bad_rollout());
        tell(&mut world, &[(25, status(503)), (10, status(503))]);
        let findings = world.diagnosis.findings();
        let cause = findings
            .iter()
            .find(|f| f.folded.iter().any(|folded| folded.id == "health-down"))
            .unwrap();
        assert_eq!((cause.id, &*cause.object.name), ("rollout-stuck", "backend"));
        assert!(cause.object.kind.is(Known::Deployment) && findings.iter().all(|f| f.id != "health-down"));
        assert!(!cause.changes.is_empty(), "the rollout before it: {:?}", cause.title);
    }
}
