//! What is wrong with an object and makes a change of it a bad idea: the plan says so.

use crate::action::Verb;
use crate::action::plan::{Plan, Reach, Weight};
use crate::model::{Body, Finding, Known};
use crate::store::EnvStore;

/// More pods where the database has no connections left: each of them wants as many again.
pub fn of<'a>(plan: &Plan, seen: &EnvStore, mut findings: impl Iterator<Item = &'a Finding>) -> Option<Reach> {
    let Verb::Scale(scale) = &plan.action.verb else { return None };
    let wanted = scale.replicas.value()?;
    let grows = plan.changes.iter().find_map(|change| {
        let object = seen.find(&change.object).filter(|_| change.object.kind.is(Known::Deployment))?;
        match &object.body {
            Body::Workload(workload) if workload.desired < wanted => Some(object),
            _ => None,
        }
    })?;
    let finding = findings.find(|finding| finding.id == "db-pool-exhausted" && finding.members.contains(&grows.meta.uid))?;
    Some(Reach::new(
        Weight::Warn,
        format!("{}: each new pod wants connections of its own, and it may get worse", finding.title),
    ))
}
