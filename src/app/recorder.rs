//! The flight recorder: when something critical is new, what will vanish is kept: the last words of containers, events,
//! the object as it is, its revisions. Nobody has to think of it while there is other work to do.

use std::collections::HashSet;

use super::{App, Effect};
use crate::diagnosis::record;
use crate::model::{Demand, EnvId, Finding, Severity, Time, Uid};
use crate::ui::panes::yaml::yaml;

/// How long a record waits for what is still on its way (seconds).
const PATIENCE: i64 = 10;

/// Records that are under way at the same time.
const AT_ONCE: usize = 4;

/// What was recorded, and what is being recorded.
#[derive(Debug, Default)]
pub struct Recorder {
    known: HashSet<(EnvId, &'static str, Uid)>,
    open: Vec<Open>,
}

/// A record under way.
#[derive(Debug)]
struct Open {
    env: EnvId,
    finding: Finding,
    begun: Time,
}

impl Recorder {
    /// What it needs to be told.
    pub(super) fn demands(&self) -> impl Iterator<Item = Demand> {
        self.open
            .iter()
            .map(|open| Demand::Document(open.env, open.finding.object.reference()))
    }
}

/// Begins records of what is new, and ends those that have all they wait for.
pub(super) fn settle(app: &mut App) -> Vec<Effect> {
    let mut recorder = std::mem::take(&mut app.recorder);
    for env in app.connected.iter().copied() {
        for finding in app.findings(env).filter(|f| f.severity == Severity::Critical) {
            let key = (env, finding.id, finding.object.uid);
            if let Some(open) = recorder
                .open
                .iter_mut()
                .find(|o| (o.env, o.finding.id, o.finding.object.uid) == key)
            {
                open.finding = finding.clone();
            } else if recorder.open.len() < AT_ONCE && recorder.known.insert(key) {
                recorder.open.push(Open {
                    env,
                    finding: finding.clone(),
                    begun: app.now,
                });
            }
        }
    }
    let mut effects = Vec::new();
    recorder.open.retain(|open| {
        let done = is_complete(app, open) || open.begun.age(app.now) >= PATIENCE;
        if done {
            effects.extend(effect(app, open));
        }
        !done
    });
    app.recorder = recorder;
    effects
}

fn is_complete(app: &App, open: &Open) -> bool {
    let Some(seen) = app.store.env(open.env) else { return true };
    let tail = open.finding.tail.as_ref().is_none_or(|key| seen.tails.get(key).is_some());
    tail && seen.document(&open.finding.object.reference()).is_some()
}

fn effect(app: &App, open: &Open) -> Option<Effect> {
    let (seen, diagnosis) = (app.store.env(open.env)?, app.diagnosis(open.env)?);
    let environment = app.environment(open.env).map(|e| e.name.clone()).unwrap_or_default();
    let object = match seen.document(&open.finding.object.reference()) {
        Some(Ok(Some(document))) => Some(yaml(&document.value, false)),
        _ => None,
    };
    Some(Effect::Record {
        name: name(&environment, &open.finding),
        text: record(diagnosis, seen, &open.finding, &environment, object.as_deref(), app.now),
    })
}

/// The name of its file: the same trouble has the same name, so that it is written once, whoever looks at it how often.
fn name(environment: &str, finding: &Finding) -> String {
    let since = jiff::Timestamp::from_second(finding.since.0).map_or_else(|_| String::new(), |t| t.strftime("%Y%m%dT%H%M%SZ").to_string());
    let parts = [&since, environment, finding.id, &finding.object.namespace, &finding.object.name];
    let words = parts.into_iter().filter(|part| !part.is_empty()).map(|part| {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') {
                c
            } else {
                '_'
            }
        };
        part.chars().map(plain).take(80).collect::<String>()
    });
    format!("{}.md", words.collect::<Vec<_>>().join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Known, Subject};

    #[test]
    fn the_same_trouble_has_the_same_name_and_no_name_leaves_its_directory() {
        let subject = Subject {
            kind: Known::Deployment.into(),
            namespace: "solia".into(),
            name: "../../etc/x".into(),
            uid: Uid(1),
        };
        let mut finding = Finding::new(Severity::Critical, subject, "is down").since(Time(1_800_000_000));
        finding.id = "rollout-stuck";
        let name = name("prod", &finding);
        assert_eq!(name, "20270115T080000Z_prod_rollout-stuck_solia_.._.._etc_x.md");
        assert!(!name.contains('/'));
    }
}
