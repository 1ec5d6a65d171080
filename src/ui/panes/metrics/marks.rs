//! What happened while the range of a board lasted: it stands below the lines, at its time.

use std::sync::Arc;

use super::Target;
use crate::model::{Alert, AlertState, ChangeKind, Finding, Known, Namespaces, ObjectRef, Severity, Time};
use crate::store::EnvStore;

/// Marks that are kept, the newest.
const MOST: usize = 60;
/// Two reports of one thing lie within so many seconds.
const SAME: i64 = 60;

/// Where it is known from.
pub struct Past<'a> {
    pub seen: Option<&'a EnvStore>,
    pub findings: &'a [Finding],
    /// What was done from here: when, what, to which object.
    pub done: Vec<(Time, &'static str, &'a ObjectRef)>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Marked {
    pub at: Time,
    pub what: What,
    pub text: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Rollout,
    Change,
    /// A container began anew.
    Restart,
    Finding,
    /// An alert began to fire.
    Alert,
    /// Done from here.
    Own,
}

/// What happened to the target within the range, oldest first.
pub(super) fn of(past: &Past<'_>, target: &Target, (from, until): (Time, Time)) -> Vec<Marked> {
    let mut found: Vec<Marked> = Vec::new();
    let mut add = |at: Time, what: What, namespace: &str, name: &str, text: String| {
        if from <= at && at <= until && concerns(target, namespace, name) {
            let text = text.into();
            found.push(Marked { at, what, text });
        }
    };
    let remembered = past.findings.iter().flat_map(|finding| &finding.changes);
    let seen_happening = past.seen.into_iter().flat_map(EnvStore::changes);
    for change in seen_happening.chain(remembered) {
        let what = match change.kind {
            ChangeKind::Rollout => What::Rollout,
            ChangeKind::Config | ChangeKind::Scale | ChangeKind::Node => What::Change,
            ChangeKind::Existence | ChangeKind::Other => continue,
        };
        let by = if change.by.is_empty() {
            String::new()
        } else {
            format!(" by {}", change.by)
        };
        let object = &change.object;
        add(
            change.at,
            what,
            &object.namespace,
            &object.name,
            format!("{} {}{by}", object.name, change.what),
        );
    }
    for finding in past.findings.iter().filter(|finding| finding.severity > Severity::Info) {
        let object = &finding.object;
        add(
            finding.since,
            What::Finding,
            &object.namespace,
            &object.name,
            format!("{} {}", object.name, finding.title),
        );
    }
    if let Some(seen) = past.seen {
        let fires = |alert: &&Alert| alert.state == AlertState::Firing && !alert.is_watchdog();
        let fresh = |alert: &&Alert| from <= alert.since && alert.since <= until;
        for alert in seen.alerts.all().iter().filter(fires).filter(fresh).take(MOST) {
            let about = seen.spoken(&alert.labels);
            let (namespace, name) = about.as_ref().map_or(("", ""), |about| (&*about.namespace, &*about.name));
            // Those of one name that begin together are one.
            let text = format!("alert {} fires", alert.name);
            add(alert.since, What::Alert, namespace, name, text);
        }
    }
    for (at, verb, object) in &past.done {
        let text = format!("you: {verb} {}", object.name);
        add(*at, What::Own, &object.namespace, &object.name, text);
    }
    // Of a whole environment there would be too many to say anything.
    if !matches!(target, Target::Environment(_)) {
        let feeds = past.seen.into_iter().flat_map(EnvStore::feeds);
        for object in feeds.filter(|(key, _)| key.kind.is(Known::Pod)).flat_map(|(_, feed)| feed.rows()) {
            let ended = object.body.pod().into_iter().flat_map(|pod| &pod.containers);
            for exit in ended.filter_map(|container| container.last.as_deref()) {
                let name = &*object.meta.name;
                let text = format!("{name} began anew: {} {}", exit.reason, exit.code);
                add(exit.finished, What::Restart, &object.meta.namespace, name, text);
            }
        }
    }
    found.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.text.cmp(&b.text)));
    found.dedup_by(|a, b| a.text == b.text && a.at.age(b.at) < SAME && a.what == b.what);
    let excess = found.len().saturating_sub(MOST);
    found.drain(..excess);
    found
}

/// Whether an object is what the board is about, owns it, or is owned by it.
fn concerns(target: &Target, namespace: &str, name: &str) -> bool {
    match target {
        Target::Environment(Namespaces::All) => true,
        Target::Environment(Namespaces::Some(names)) => namespace.is_empty() || names.iter().any(|n| **n == *namespace),
        Target::Workload(object) | Target::Pod(object) => {
            !name.is_empty() && *object.namespace == *namespace && (is_of(&object.name, name) || is_of(name, &object.name))
        }
    }
}

/// Whether the first name is the second, or that of something which it made: `NAME-HASH`.
fn is_of(made: &str, maker: &str) -> bool {
    made.strip_prefix(maker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::world::{NOW, World, ago, crashing, pod, reference};

    #[test]
    fn restarts_and_own_deeds_stand_at_their_time_and_those_of_others_do_not() {
        let mut world = World::new();
        world.list(
            Known::Pod,
            vec![
                crashing(pod("backend-1-a", 900), "Error", 1, 3, 120),
                crashing(pod("frontend-1-a", 900), "Error", 1, 3, 100),
                crashing(pod("backend-1-b", 9_000), "Error", 1, 3, 8_000),
            ],
        );
        let (own, other) = (reference(Known::Deployment, "backend"), reference(Known::Deployment, "backender"));
        let past = Past {
            seen: Some(world.seen()),
            findings: &[],
            done: vec![(ago(60), "restart", &own), (ago(50), "restart", &other)],
        };
        let target = Target::of(&own).unwrap();
        let marks = of(&past, &target, (ago(3_600), NOW));
        let said: Vec<(Time, What, &str)> = marks.iter().map(|mark| (mark.at, mark.what, &*mark.text)).collect();
        assert_eq!(
            said,
            [
                (ago(120), What::Restart, "backend-1-a began anew: Error 1"),
                (ago(60), What::Own, "you: restart backend"),
            ]
        );
    }
}
