//! What could not be looked at although the checks of an object need it: silence of theirs means nothing then.

use std::collections::BTreeSet;

use super::{Line, Meaning};
use crate::diagnosis::CHECKS;
use crate::model::{FeedKey, Finding, Kind, Known, ObjectRef, Scope, Time, UsageKey, short_age};
use crate::store::{EnvStore, FeedState, UsageState};

/// Kinds that several checks judge together.
const WORKLOADS: [Known; 4] = [Known::Deployment, Known::ReplicaSet, Known::StatefulSet, Known::DaemonSet];

/// What was not seen, one line each.
pub fn unseen(seen: &EnvStore, object: &ObjectRef, finding: Option<&Finding>, now: Time) -> Vec<Line> {
    let mut lines = Vec::new();
    let note = |text: String| Line::new(Meaning::Note, text);
    if !seen.is_live(now) && seen.heard().is_known() {
        let text = format!(
            "anything newer than {}: the server does not answer",
            short_age(seen.heard().age(now))
        );
        lines.push(note(text));
    }
    let mut kinds: BTreeSet<Known> = BTreeSet::new();
    for check in CHECKS {
        let concerns = object.kind.known().is_some_and(|known| {
            let first = check.needs.first() == Some(&known);
            first || WORKLOADS.contains(&known) && check.needs.contains(&known)
        });
        if concerns || finding.is_some_and(|finding| finding.id == check.id) {
            kinds.extend(check.needs);
        }
    }
    // A check of all workloads needs only one sort of them for one object.
    let subjects = [object.kind.known(), finding.and_then(|finding| finding.object.kind.known())];
    kinds.retain(|known| {
        let revision = *known == Known::ReplicaSet && subjects.contains(&Some(Known::Deployment));
        !WORKLOADS.contains(known) || subjects.contains(&Some(*known)) || revision
    });
    if object.kind.is(Known::Pod) {
        kinds.insert(Known::Node);
    }
    lines.extend(kinds.into_iter().filter_map(|known| state(seen, known, object, now)).map(note));
    if object.kind.is(Known::Pod) {
        let scopes = [Scope::All, Scope::Namespace(object.namespace.clone())];
        let missing = scopes
            .into_iter()
            .find_map(|scope| match &seen.usage(&UsageKey::Pods(scope))?.state {
                UsageState::Missing(problem) => Some(problem),
                UsageState::Waiting | UsageState::Known => None,
            });
        lines.extend(missing.map(|problem| note(format!("what it uses: {}", problem.text))));
    }
    if object.kind.is(Known::PersistentVolumeClaim) {
        match &seen.volumes {
            None => lines.push(note("how full it is: the kubelets were not asked".into())),
            Some(Err(problem)) => lines.push(note(format!("how full it is: {}", problem.text))),
            Some(Ok(_)) => {}
        }
    }
    lines
}

/// Why a kind is not (wholly) known, if it is not.
fn state(seen: &EnvStore, known: Known, object: &ObjectRef, now: Time) -> Option<String> {
    let kind = Kind::Known(known);
    let name = kind.resource();
    let feed = |scope: Scope| seen.feed(&FeedKey { kind: kind.clone(), scope });
    // What cannot be read everywhere may be readable where the object is.
    let own = match &*object.namespace {
        "" => None,
        _ => feed(Scope::Namespace(object.namespace.clone())),
    };
    let usable = |state: &FeedState| !matches!(state, FeedState::Denied(_) | FeedState::Absent);
    let feed = feed(Scope::All).filter(|all| usable(&all.state) || own.is_none()).or(own);
    let Some(feed) = feed else {
        return Some(format!("{name}: not watched here"));
    };
    match &feed.state {
        FeedState::Denied(problem) => Some(format!("{name}: {}", problem.text)),
        FeedState::Absent => Some(format!("{name}: this server does not serve them")),
        FeedState::Retrying { since, problem, .. } => Some(format!(
            "{name}: not up to date for {}: {}",
            short_age(since.age(now)),
            problem.text
        )),
        _ if !feed.complete => Some(format!("{name}: not listed yet")),
        FeedState::Live | FeedState::Listing | FeedState::Starting => None,
    }
}
