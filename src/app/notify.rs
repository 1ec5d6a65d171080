//! When something critical is new, somebody who looks elsewhere is called: once for each finding, and not for what was
//! already so when the program was started. Not while the screen is shared: it would name what is covered there.

use std::collections::{HashMap, HashSet};

use super::{App, Effect};
use crate::diagnosis::NETWORK_HERE;
use crate::model::{EnvId, Severity, Time, Uid};

/// What is found within so many seconds after an environment was first judged was so before.
const BEFORE: i64 = 20;

/// What is known to be critical, by environment.
#[derive(Debug, Default)]
pub struct Notifier {
    first: HashMap<EnvId, Time>,
    known: HashSet<(EnvId, &'static str, Uid)>,
}

/// Calls for what is new.
pub(super) fn settle(app: &mut App) -> Vec<Effect> {
    let mut notifier = std::mem::take(&mut app.notifier);
    let mut new = Vec::new();
    for (env, seen) in app.store.iter() {
        let told = seen.is_judged() || seen.probes.all().iter().any(|probe| probe.last.is_some());
        if !told {
            continue;
        }
        let first = *notifier.first.entry(env).or_insert(app.now);
        let critical = || {
            let findings = app.findings(env);
            findings.filter(|finding| finding.severity == Severity::Critical && finding.id != NETWORK_HERE)
        };
        for finding in critical() {
            let is_new = notifier.known.insert((env, finding.id, finding.object.uid));
            if is_new && first.age(app.now) > BEFORE {
                let label = app.environment(env).map_or("", |e| e.shown());
                new.push(format!("{label}: {} {}", finding.object.name, finding.title));
            }
        }
        let still: HashSet<_> = critical().map(|finding| (env, finding.id, finding.object.uid)).collect();
        notifier.known.retain(|key| key.0 != env || still.contains(key));
    }
    app.notifier = notifier;
    match new.as_slice() {
        [] => Vec::new(),
        _ if app.is_shared => Vec::new(),
        [one] => vec![Effect::Notify(one.clone())],
        [first, rest @ ..] => vec![Effect::Notify(format!("{first}, and {} more", rest.len()))],
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::start::Opening;
    use crate::app::{Msg, update};
    use crate::config::{Config, Environment, Probe};
    use crate::model::{Blame, Fact, Probed, Problem, ProblemKind, Seen, Silence};

    const NOW: Time = Time(1_800_000_000);

    fn cockpit() -> App {
        let environment = Environment {
            name: "prod".into(),
            probes: vec![Probe {
                name: "backend".into(),
                url: "https://solia-invest.com/health".into(),
                ..Probe::default()
            }],
            ..Environment::default()
        };
        let config = Config {
            environments: vec![environment],
            explicit: true,
            ..Config::default()
        };
        App::new(Arc::new(config), Opening::default(), NOW)
    }

    /// What is called out after a round at that moment.
    fn round(app: &mut App, seconds: i64, is_down: bool) -> Vec<String> {
        let at = NOW + seconds;
        let silence = Silence {
            problem: Problem::new(ProblemKind::Unreachable, "connection refused"),
            blame: Blame::There,
        };
        let probed = Probed {
            silence: is_down.then_some(silence),
            ..Probed::default()
        };
        let seen = Seen::Probe(0, Arc::new(probed));
        update(app, Msg::Tick(at));
        update(app, Msg::Fact(Fact { env: EnvId(0), at, seen }));
        let effects = app.settle();
        let told = effects.into_iter().filter_map(|effect| match effect {
            Effect::Notify(text) => Some(text),
            _ => None,
        });
        told.collect()
    }

    #[test]
    fn nobody_is_called_while_the_screen_is_shared() {
        let mut app = cockpit();
        app.is_shared = true;
        for (seconds, is_down) in [(0, false), (30, true), (45, true)] {
            assert!(round(&mut app, seconds, is_down).is_empty());
        }
        assert_eq!(app.troubles(EnvId(0)).count(), 1, "though there is something");
    }

    #[test]
    fn what_is_new_is_called_out_once_and_what_was_so_before_is_not() {
        let mut app = cockpit();
        assert!(round(&mut app, 0, true).is_empty(), "it was down before we came");
        assert!(round(&mut app, 30, true).is_empty());
        for seconds in [45, 60, 75] {
            assert!(round(&mut app, seconds, false).is_empty());
        }
        assert!(round(&mut app, 90, true).is_empty(), "one bad answer is nothing yet");
        assert_eq!(
            round(&mut app, 105, true),
            ["prod: backend health check fails · connection refused"]
        );
        assert!(round(&mut app, 120, true).is_empty(), "once is enough");
    }
}
