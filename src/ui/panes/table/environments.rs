//! The rows of the environments table.

use super::{EnvRow, World};
use crate::config::Environment;
use crate::model::{EnvId, Health, Link, Severity, Time, short_age};
use crate::store::EnvStore;

/// One row for each environment of the configuration.
pub fn rows(world: &World<'_>) -> Vec<EnvRow> {
    let environments = world.config.environments.iter().zip(world.store.iter());
    environments
        .map(|(environment, (env, seen))| row(environment, env, seen, world))
        .collect()
}

fn row(environment: &Environment, env: EnvId, seen: &EnvStore, world: &World<'_>) -> EnvRow {
    let now = world.now;
    let summary = world.judgements.summary(env);
    let small = |pair: Option<(usize, usize)>| {
        pair.map(|(have, all)| (u32::try_from(have).unwrap_or(u32::MAX), u32::try_from(all).unwrap_or(u32::MAX)))
    };
    let (health, wrong) = match &seen.link {
        Link::Lost { problem, .. } => (Health::Bad, problem.to_string()),
        Link::Idle => (Health::Done, String::new()),
        Link::Connecting => (Health::Busy, String::new()),
        Link::Ready(server) if environment.mismatch(server).is_some() => {
            let why = environment.mismatch(server).map(|mismatch| mismatch.to_string());
            (Health::Bad, why.unwrap_or_default())
        }
        Link::Ready(_) => {
            let wrong: Vec<_> = world.judgements.findings(env).filter(|f| f.severity > Severity::Info).collect();
            let health = match wrong.iter().map(|f| f.severity).max() {
                Some(Severity::Critical) => Health::Bad,
                Some(_) => Health::Warning,
                None => Health::Ok,
            };
            let words = wrong.iter().map(|f| format!("{} {}", f.object.name, f.title));
            (health, words.collect::<Vec<_>>().join(", "))
        }
    };
    EnvRow {
        name: environment.name.clone(),
        tier: environment.tier,
        state: if environment.kubernetes.is_none() {
            "no cluster".into()
        } else {
            state(seen, now)
        },
        link: Some(seen.link.clone()),
        beat: seen.beat.map_or_else(String::new, |(_, millis)| format!("{} ms", coarse(millis))),
        health,
        nodes: small(summary.nodes),
        deployments: small(summary.deployments),
        pods: small(summary.pods),
        wrong,
    }
}

/// The state of a connection in one or two words.
fn state(env: &EnvStore, now: Time) -> String {
    match &env.link {
        Link::Idle => "not connected".into(),
        Link::Connecting => "connecting".into(),
        Link::Lost { problem, since, .. } => format!("{} {}", problem.word(), short_age(since.age(now))),
        Link::Ready(_) if env.is_live(now) => "live".into(),
        Link::Ready(_) => format!("stale {}", short_age(env.heard().age(now))),
    }
}

/// Milliseconds in coarse steps, so that jitter does not repaint the line every ten seconds.
pub fn coarse(millis: u32) -> String {
    const STEPS: [u32; 10] = [5, 10, 25, 50, 100, 200, 300, 500, 1000, 2000];
    match STEPS.iter().find(|step| millis <= **step) {
        Some(5) => "<5".into(),
        Some(step) => step.to_string(),
        None => ">2000".into(),
    }
}
