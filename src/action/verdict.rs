//! Whether it helped: the symptom before and after, with a deadline.
//!
//! That the server took a change says nothing. What counts is what was wrong: whether the findings about the object are
//! gone, its rollout is complete, as many pods are ready as are wanted, and the health probes pass: those of the
//! object; where none is known to be, those of the environment that passed before.

use std::sync::Arc;

use crate::action::Verb;
use crate::action::plan::Plan;
use crate::model::{Body, EnvId, Finding, Known, Link, Object, ObjectRef, ProbeState, Scope, Severity, Time, Uid};
use crate::store::{EnvStore, FeedState, Watched};

/// How long (seconds) a symptom may take to go.
const DEADLINE: i64 = 5 * 60;
/// How long (seconds) it must stay away: what crashes a moment later did not help.
const HOLD: i64 = 15;

/// By how much a number must have grown to be called worse: less is chance.
const GROWTH: f64 = 1.1;

/// How an object is: what is wrong with it, and its numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Symptom {
    /// What is wrong with it.
    pub findings: Vec<Ill>,
    /// What of that, and of what follows from it, has a number of its own.
    pub numbers: Vec<Ill>,
    /// Pods ready, and wanted. `None`: not a workload, or not seen.
    pub ready: Option<(u32, u32)>,
    /// Whether all pods are of the newest template and none is left over.
    pub is_complete: bool,
    /// Whether it is there.
    pub exists: bool,
    /// How the health probes are that tell of it: by the state that holds, or by the last answer where that is worse.
    pub health: Vec<Tested>,
}

/// Something that is wrong with an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Ill {
    /// Which check says so.
    pub id: &'static str,
    /// What it is about: the object, or what depends on it.
    pub about: ObjectRef,
    pub title: String,
    /// How bad it is by a number of its own, the more the worse.
    pub measure: Option<f64>,
}

/// A health probe among the symptoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    pub name: Arc<str>,
    pub state: ProbeState,
    /// Whether it asks this very object.
    pub is_own: bool,
    /// When it was asked.
    pub at: Time,
    /// What is not well.
    pub wrong: String,
}

/// A change whose effect is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    pub draft: u64,
    pub env: EnvId,
    /// `restart deployment/backend`
    pub title: String,
    /// What is looked at: the object, or the owner of pods that were deleted.
    pub object: ObjectRef,
    pub kind: Expect,
    /// Of pods that had to leave a node: the workloads that make them anew.
    pub owners: Vec<ObjectRef>,
    pub before: Symptom,
    pub since: Time,
    /// Since when it has looked well.
    pub well: Option<Time>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The workload is complete, and what was wrong is gone.
    Healthy,
    /// The object is gone.
    Gone,
    /// The workload has no pods any more.
    Empty,
    /// All workloads that lost pods have them again.
    Whole,
}

/// What is said of a change in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub effect: EffectWord,
    pub text: String,
}

/// The words of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectWord {
    Worked,
    NoEffect,
    Worse,
    /// It could not be seen.
    Unseen,
}

/// How an object is now.
pub fn symptom<'a>(object: &ObjectRef, seen: &EnvStore, findings: impl Iterator<Item = &'a Finding>, now: Time) -> Symptom {
    let found = seen.find(object);
    let mut symptom = Symptom {
        exists: found.is_some(),
        health: tested(object, seen, now),
        ..Symptom::default()
    };
    if let Some(Body::Workload(workload)) = found.map(|object| &object.body) {
        symptom.ready = Some((workload.ready, workload.desired));
        symptom.is_complete = workload.observed
            && workload.ready == workload.desired
            && workload.current == workload.desired
            && workload.updated >= workload.desired;
    }
    let uid = found.map(|object| object.meta.uid);
    let about = |finding: &&Finding| {
        finding.severity > Severity::Info
            && (finding.object.reference() == *object || uid.is_some_and(|uid: Uid| finding.members.contains(&uid)))
    };
    for finding in findings.filter(about) {
        let own = Ill {
            id: finding.id,
            about: finding.object.reference(),
            title: finding.title.clone(),
            measure: finding.measure,
        };
        let folded = finding.folded.iter().map(|folded| Ill {
            id: folded.id,
            about: folded.object.reference(),
            title: folded.title.clone(),
            measure: folded.measure,
        });
        let numbers = folded.chain([own.clone()]).filter(|ill| ill.measure.is_some());
        symptom.numbers.extend(numbers);
        symptom.findings.push(own);
    }
    symptom
}

/// A title without the words at its end that the other one has as well; never empty.
fn unlike<'t>(title: &'t str, other: &str) -> &'t str {
    let mut left = title;
    for word in other.rsplit(' ') {
        match left.strip_suffix(word).and_then(|rest| rest.strip_suffix(' ')) {
            Some(rest) => left = rest,
            None => break,
        }
    }
    left
}

/// Why nothing can be said of an object now: what is not watched is not gone.
fn blind(object: &ObjectRef, seen: &EnvStore, now: Time) -> Option<String> {
    if !seen.is_live(now) {
        return Some(match &seen.link {
            Link::Lost { problem, .. } => problem.text.to_string(),
            Link::Idle | Link::Connecting | Link::Ready(_) => "the API server does not answer".into(),
        });
    }
    let scopes = [Scope::All, Scope::Namespace(object.namespace.clone())];
    let feeds = seen.feeds_of(&object.kind, &scopes);
    if feeds.iter().any(|feed| feed.state == FeedState::Live) {
        return None;
    }
    let denied = feeds.iter().find_map(|feed| match &feed.state {
        FeedState::Denied(problem) | FeedState::Retrying { problem, .. } => Some(problem.text.to_string()),
        _ => None,
    });
    Some(denied.unwrap_or_else(|| format!("{} are not watched", object.kind.resource())))
}

/// The health probes that tell of an object; of the whole environment, where none asks the object itself.
fn tested(object: &ObjectRef, seen: &EnvStore, now: Time) -> Vec<Tested> {
    let one = |probe: &Watched| {
        let (at, answer) = probe.last.as_ref()?;
        let is_own = seen
            .probed_workload(&probe.place)
            .is_some_and(|(known, found)| found.reference(&known.into()) == *object);
        let fresh = if probe.is_stale(now) { ProbeState::Unknown } else { answer.state() };
        Some(Tested {
            name: probe.place.name.clone(),
            state: probe.state(now).max(fresh),
            is_own,
            at: *at,
            wrong: answer.wrong(),
        })
    };
    let mut all: Vec<Tested> = seen.probes.all().iter().filter_map(one).collect();
    if all.iter().any(|tested| tested.is_own) {
        all.retain(|tested| tested.is_own);
    }
    all
}

/// What to wait for after a plan was carried out; `None`: nothing, its being done is all.
pub fn watch<'a>(plan: &Plan, seen: &EnvStore, findings: impl Iterator<Item = &'a Finding>, now: Time) -> Option<Watch> {
    if matches!(plan.action.verb, Verb::Drain(_)) {
        return moved(plan, seen, now);
    }
    let [change] = plan.changes.as_slice() else { return None };
    let found = seen.find(&change.object);
    let is_workload = |object: &ObjectRef| {
        matches!(
            object.kind.known(),
            Some(Known::Deployment | Known::StatefulSet | Known::DaemonSet | Known::ReplicaSet)
        )
    };
    let (object, kind) = match &plan.action.verb {
        Verb::Delete(_) | Verb::Evict(_) => match found.and_then(|pod| owner(pod, seen)).filter(|_| change.object.kind.is(Known::Pod)) {
            Some(owner) => (owner, Expect::Healthy),
            None => (change.object.clone(), Expect::Gone),
        },
        Verb::Scale(scale) if scale.replicas.value() == Some(0) => (change.object.clone(), Expect::Empty),
        _ if is_workload(&change.object) => (change.object.clone(), Expect::Healthy),
        _ => return None,
    };
    Some(Watch {
        draft: plan.draft.id,
        env: plan.draft.env,
        title: plan.title.clone(),
        before: symptom(&object, seen, findings, now),
        object,
        kind,
        owners: Vec::new(),
        since: now,
        well: None,
    })
}

/// Of a drain: that the workloads whose pods had to go are whole again elsewhere.
fn moved(plan: &Plan, seen: &EnvStore, now: Time) -> Option<Watch> {
    let mut owners: Vec<ObjectRef> = Vec::new();
    for set in plan.changes.iter().filter_map(|change| change.owner.clone()) {
        let owner = above(set, seen);
        let is_kept = matches!(owner.kind.known(), Some(Known::Deployment | Known::StatefulSet | Known::ReplicaSet));
        // Of one that was not whole before nothing can be said.
        let was_whole = seen.find(&owner).is_some() && symptom(&owner, seen, std::iter::empty(), now).is_complete;
        if is_kept && was_whole && !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    let object = plan.draft.objects.first()?.clone();
    (!owners.is_empty()).then(|| Watch {
        draft: plan.draft.id,
        env: plan.draft.env,
        title: plan.title.clone(),
        object,
        kind: Expect::Whole,
        owners,
        before: Symptom::default(),
        since: now,
        well: None,
    })
}

fn reference(object: &Object, owner: &crate::model::Owner) -> Option<ObjectRef> {
    Some(ObjectRef {
        kind: Known::of_kind(&owner.kind)?.into(),
        namespace: object.meta.namespace.clone(),
        name: (*owner.name).into(),
    })
}

/// Of a replica set its deployment.
fn above(set: ObjectRef, seen: &EnvStore) -> ObjectRef {
    let above = seen.find(&set).and_then(|object| reference(object, object.meta.owner.as_deref()?));
    above.filter(|_| set.kind.is(Known::ReplicaSet)).unwrap_or(set)
}

/// The workload that makes the pod anew: of a replica set its deployment.
fn owner(pod: &Object, seen: &EnvStore) -> Option<ObjectRef> {
    reference(pod, pod.meta.owner.as_deref()?).map(|set| above(set, seen))
}

impl Watch {
    /// Looks again. `None`: it is not decided yet.
    pub fn judge<'a>(&mut self, seen: &EnvStore, findings: impl Iterator<Item = &'a Finding>, now: Time) -> Option<Judgement> {
        let is_late = self.since.age(now) >= DEADLINE;
        if let Some(why) = blind(&self.object, seen, now) {
            self.well = None;
            return is_late.then(|| Judgement {
                effect: EffectWord::Unseen,
                text: format!("{}: whether it helped could not be seen: {why}", self.title),
            });
        }
        if self.kind == Expect::Whole {
            return self.whole(seen, now, is_late);
        }
        let after = symptom(&self.object, seen, findings, now);
        let is_well = match self.kind {
            Expect::Gone => !after.exists,
            Expect::Empty => after.ready == Some((0, 0)) && after.is_complete,
            Expect::Healthy => after.exists && after.is_complete && after.findings.is_empty() && self.failing(&after).is_empty(),
            Expect::Whole => false,
        };
        if !is_well {
            self.well = None;
            return is_late.then(|| self.late(&after));
        }
        let well = *self.well.get_or_insert(now);
        // What is gone or empty stays so; what runs has to show that it does.
        (self.kind != Expect::Healthy || well.age(now) >= HOLD).then(|| Judgement {
            effect: EffectWord::Worked,
            text: format!("{}: {}", self.title, self.worked(&after)),
        })
    }

    /// Whether all of the workloads have their pods again.
    fn whole(&mut self, seen: &EnvStore, now: Time, is_late: bool) -> Option<Judgement> {
        let lame = |owner: &&ObjectRef| !symptom(owner, seen, std::iter::empty(), now).is_complete;
        let lame: Vec<&ObjectRef> = self.owners.iter().filter(lame).collect();
        let judged = |effect, text: String| {
            Some(Judgement {
                effect,
                text: format!("{}: {text}", self.title),
            })
        };
        if lame.is_empty() {
            let well = *self.well.get_or_insert(now);
            let text = match self.owners.len() {
                1 => "the workload whose pods left is whole again".to_owned(),
                many => format!("the {many} workloads whose pods left are whole again"),
            };
            return (well.age(now) >= HOLD).then(|| judged(EffectWord::Worked, text)).flatten();
        }
        self.well = None;
        if !is_late {
            return None;
        }
        let told = lame.iter().map(|owner| {
            let ready = symptom(owner, seen, std::iter::empty(), now).ready;
            let ready = ready.map_or_else(String::new, |(ready, desired)| format!(" {ready} of {desired} ready"));
            format!("{}{ready}", owner.label())
        });
        let told: Vec<String> = told.take(3).collect();
        judged(
            EffectWord::Worse,
            format!("{} not whole again after {} min: {}", lame.len(), DEADLINE / 60, told.join(", ")),
        )
    }

    /// The health probes that do not pass, as far as this change can be the reason. What was asked before it says nothing.
    fn failing<'s>(&self, after: &'s Symptom) -> Vec<&'s Tested> {
        let was_down = |name: &str| {
            let mut before = self.before.health.iter();
            before.any(|tested| *tested.name == *name && tested.state == ProbeState::Down)
        };
        let counts = |tested: &&Tested| tested.is_own || !was_down(&tested.name);
        let fails = |tested: &&Tested| tested.state == ProbeState::Down || tested.is_own && tested.at < self.since;
        after.health.iter().filter(counts).filter(fails).collect()
    }

    /// What the health probes say in the end: `health passes`; nothing where there are none.
    fn passes(after: &Symptom) -> &'static str {
        match after.health.iter().map(|tested| tested.state).collect::<Vec<_>>().as_slice() {
            [] => "",
            states if states.iter().all(|state| matches!(state, ProbeState::Up | ProbeState::Warning)) => ", health passes",
            states if states.contains(&ProbeState::Down) => "",
            _ => ", health could not be seen",
        }
    }

    fn worked(&self, after: &Symptom) -> String {
        let health = Self::passes(after);
        let gone: Vec<&str> = self.before.findings.iter().map(|ill| ill.title.as_str()).collect();
        match (self.kind, after.ready) {
            (Expect::Gone, _) => "gone".into(),
            (Expect::Empty, _) => "no pods are left".into(),
            (Expect::Healthy, Some((ready, desired))) if gone.is_empty() => format!("done, {ready} of {desired} ready{health}"),
            (Expect::Healthy, Some((ready, desired))) => {
                format!("worked, {ready} of {desired} ready{health}; gone: {}", gone.join("; "))
            }
            (Expect::Healthy | Expect::Whole, _) => "done".into(),
        }
    }

    /// What was wrong already, and is more so by its own number: `142 requests wait (before: 31)`. Of two numbers
    /// one may fall because the other rises: requests that fail at once do not wait.
    fn grown(&self, after: &Symptom) -> Vec<String> {
        let worse = |ill: &Ill| {
            let before = self
                .before
                .numbers
                .iter()
                .find(|before| before.id == ill.id && before.about == ill.about)?;
            let is_more = ill.measure? > before.measure? * GROWTH;
            is_more.then(|| format!("{} (before: {})", ill.title, unlike(&before.title, &ill.title)))
        };
        after.numbers.iter().filter_map(worse).collect()
    }

    /// What is to say when the time is over.
    fn late(&self, after: &Symptom) -> Judgement {
        let minutes = DEADLINE / 60;
        let numbers = |symptom: &Symptom| {
            symptom
                .ready
                .map_or_else(String::new, |(ready, desired)| format!("{ready} of {desired} ready"))
        };
        let (before, now) = (
            self.before.ready.map_or(0, |(ready, _)| ready),
            after.ready.map_or(0, |(ready, _)| ready),
        );
        let new: Vec<&str> = after
            .findings
            .iter()
            .filter(|ill| !self.before.findings.iter().any(|before| before.id == ill.id))
            .map(|ill| ill.title.as_str())
            .collect();
        let grown = self.grown(after);
        let mut still: Vec<String> = after.findings.iter().map(|ill| ill.title.clone()).collect();
        let failing = self.failing(after);
        still.extend(failing.iter().map(|tested| match tested.wrong.as_str() {
            "" => format!("{} was not asked since", tested.name),
            wrong => format!("health of {}: {wrong}", tested.name),
        }));
        let (effect, text) = match self.kind {
            Expect::Gone => (
                EffectWord::NoEffect,
                format!("still there after {minutes} min: does a finalizer hold it?"),
            ),
            Expect::Empty => (EffectWord::NoEffect, format!("after {minutes} min {}", numbers(after))),
            Expect::Healthy if !after.exists => (EffectWord::Unseen, "it is gone: nothing to judge".into()),
            Expect::Healthy if !new.is_empty() || now < before && self.before.is_complete => (
                EffectWord::Worse,
                format!(
                    "worse: {} ({} before); new: {}",
                    numbers(after),
                    numbers(&self.before),
                    new.join("; ")
                ),
            ),
            Expect::Healthy if !grown.is_empty() => (EffectWord::Worse, format!("worse: {}", grown.join("; "))),
            Expect::Healthy if after.is_complete => (
                EffectWord::NoEffect,
                format!("rollout done, still: {}: no effect yet", still.join("; ")),
            ),
            Expect::Healthy | Expect::Whole => (
                EffectWord::NoEffect,
                format!("not complete after {minutes} min: {}", numbers(after)),
            ),
        };
        Judgement {
            effect,
            text: format!("{}: {}", self.title, text.trim_end_matches("; new: ")),
        }
    }
}

#[cfg(test)]
mod tests;
