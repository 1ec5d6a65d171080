//! How far a plan of several changes is: object by object, while it runs and after it has ended.

use std::collections::HashMap;

use super::Running;
use crate::action::Verb;
use crate::action::guard::MANY;
use crate::action::plan::{Change, Plan};
use crate::action::stage::{End, Phase};
use crate::model::{ConditionStatus, Demand, EnvId, FeedKey, Known, Object, ObjectRef, Scope, Time, condition};
use crate::store::EnvStore;

/// How far one object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not begun.
    Queued,
    Going(Phase),
    /// It has ended so; what was said of it.
    Ended(End, String),
}

/// In which group an object is shown: what wants to be read first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Failed,
    Held,
    Leaving,
    Going,
    Queued,
    Stopped,
    Done,
}

impl Standing {
    pub fn group(&self) -> Group {
        match self {
            Self::Queued => Group::Queued,
            Self::Going(Phase::Begun) => Group::Going,
            Self::Going(Phase::Held(_)) => Group::Held,
            Self::Going(Phase::Leaving) => Group::Leaving,
            Self::Ended(End::Done, _) => Group::Done,
            Self::Ended(End::NotDone(_) | End::Unknown(_), _) => Group::Failed,
            Self::Ended(End::Stopped, _) => Group::Stopped,
        }
    }

    /// The word for it.
    pub fn word(&self, is_drain: bool) -> &'static str {
        match self {
            Self::Queued => "waits",
            Self::Going(Phase::Begun) => "asked",
            Self::Going(Phase::Held(_)) => "held",
            Self::Going(Phase::Leaving) => "leaving",
            Self::Ended(End::Done, _) if is_drain => "gone",
            Self::Ended(End::Done, _) => "done",
            Self::Ended(End::NotDone(_), _) => "not done",
            Self::Ended(End::Unknown(_), _) => "unknown",
            Self::Ended(End::Stopped, _) => "stays",
        }
    }

    /// Why it is so, where there is more to say.
    pub fn why(&self) -> String {
        match self {
            Self::Going(Phase::Held(why)) => why.clone(),
            Self::Ended(End::NotDone(problem) | End::Unknown(problem), _) => problem.to_string(),
            Self::Ended(End::Done | End::Stopped, said) => said.clone(),
            Self::Queued | Self::Going(_) => String::new(),
        }
    }
}

/// Whether a plan is one that is watched object by object as soon as it runs.
pub fn is_shown_at_once(plan: &Plan) -> bool {
    matches!(plan.action.verb, Verb::Drain(_)) || plan.touched() > MANY
}

impl Running {
    /// Whether it empties nodes.
    pub fn is_drain(&self) -> bool {
        matches!(self.plan.action.verb, Verb::Drain(_))
    }

    /// The objects that are told of: of a drain its pods.
    pub fn objects(&self) -> impl Iterator<Item = (&Change, &Standing)> {
        self.plan.changes.iter().zip(&self.standing).skip(self.plan.leading())
    }

    /// The same, with a cordon that failed before them.
    pub fn shown(&self) -> impl Iterator<Item = (&Change, &Standing)> {
        let leading = self.plan.changes.iter().zip(&self.standing).take(self.plan.leading());
        leading
            .filter(|(_, standing)| standing.group() == Group::Failed)
            .chain(self.objects())
    }

    /// How many are in a group.
    pub fn count(&self, group: Group) -> usize {
        self.objects().filter(|(_, standing)| standing.group() == group).count()
    }

    /// `3 of 7 gone · 2 held by a budget · 1 leaving`
    pub fn summary(&self) -> String {
        let all = self.objects().count();
        let done = if self.is_drain() { "gone" } else { "done" };
        let mut told = vec![format!("{} of {all} {done}", self.count(Group::Done))];
        for (group, what) in [
            (Group::Failed, "failed"),
            (Group::Held, "held back"),
            (Group::Leaving, "leaving"),
            (Group::Going, "asked"),
            (Group::Queued, "to come"),
            (Group::Stopped, "not begun any more"),
        ] {
            match self.count(group) {
                0 => {}
                count => told.push(format!("{count} {what}")),
            }
        }
        told.join(" · ")
    }

    /// What is said when it is over, after its title.
    pub fn conclusion(&self) -> String {
        let (all, done) = (self.objects().count(), self.count(Group::Done));
        let rest = self.count(Group::Stopped);
        if !self.is_drain() {
            let failed = all - done - rest;
            return match (failed, rest) {
                (0, 0) => format!("all {all} done"),
                (0, rest) => format!("stopped, {done} done, {rest} not begun"),
                (failed, 0) => format!("{done} done, {failed} not · :progress tells which"),
                (failed, rest) => format!("stopped, {done} done, {failed} not, {rest} not begun"),
            };
        }
        let cordon = match self.standing.iter().take(self.plan.leading()).all(|s| s.group() == Group::Done) {
            true => "it stays cordoned: u uncordons it",
            false => "it is not cordoned",
        };
        match all - done {
            0 if all == 0 => format!("no pod had to go; {cordon}"),
            0 if all == 1 => format!("its pod is gone; {cordon}"),
            0 => format!("all {all} pods gone; {cordon}"),
            1 if rest > 0 => format!("stopped, {done} of {all} pods gone, 1 stays; {cordon}"),
            left if rest > 0 => format!("stopped, {done} of {all} pods gone, {left} stay; {cordon}"),
            left => format!("{done} of {all} pods gone, {left} not · :progress tells why; {cordon}"),
        }
    }

    /// The pods that were made for those that are gone, each for one of them.
    pub fn successors(&self, seen: &EnvStore) -> HashMap<ObjectRef, Successor> {
        let mut all = HashMap::new();
        if !self.is_drain() {
            return all;
        }
        let mut owners: HashMap<&ObjectRef, Vec<&ObjectRef>> = HashMap::new();
        for (change, standing) in self.objects() {
            if let (Some(owner), Group::Done) = (&change.owner, standing.group()) {
                owners.entry(owner).or_default().push(&change.object);
            }
        }
        for (owner, gone) in owners {
            let mut new = made_since(owner, self.since, seen);
            // Not one that was made there a moment before.
            new.retain(|pod| {
                pod.body
                    .pod()
                    .is_some_and(|pod| self.plan.draft.objects.iter().all(|node| *node.name != *pod.node))
            });
            new.sort_by(|a, b| (a.meta.created, &a.meta.name).cmp(&(b.meta.created, &b.meta.name)));
            for (old, pod) in gone.into_iter().zip(new) {
                all.insert(old.clone(), said(pod));
            }
        }
        all
    }

    /// The pods of these namespaces, so that it can be told what comes of them.
    pub fn demands(&self, seen: &EnvStore) -> Vec<Demand> {
        if !self.is_drain() {
            return Vec::new();
        }
        let env = self.plan.draft.env;
        let mut scopes: Vec<Scope> = Vec::new();
        for (change, _) in self.objects() {
            let scope = seen.covering(&Known::Pod.into(), &change.object.namespace);
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        let feed = |scope| {
            let kind = Known::Pod.into();
            Demand::Feed(env, FeedKey { kind, scope })
        };
        scopes.into_iter().map(feed).collect()
    }

    /// The environment it runs in.
    pub fn env(&self) -> EnvId {
        self.plan.draft.env
    }
}

/// Pods of an owner that were made since then.
fn made_since<'a>(owner: &ObjectRef, since: Time, seen: &'a EnvStore) -> Vec<&'a Object> {
    let Some(kind) = owner.kind.known().map(|known| known.info().name) else {
        return Vec::new();
    };
    let scope = seen.covering(&Known::Pod.into(), &owner.namespace);
    let feed = seen.feeds_of(&Known::Pod.into(), &[scope]).into_iter().next();
    feed.into_iter()
        .flat_map(crate::store::Feed::rows)
        .filter(|pod| pod.meta.namespace == owner.namespace && pod.meta.created >= since)
        .filter(|pod| pod.meta.owner.as_ref().is_some_and(|o| *o.kind == *kind && *o.name == *owner.name))
        .collect()
}

/// A pod that was made in place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    pub is_ready: bool,
    /// `a new one is ready on worker-2`
    pub text: String,
}

fn said(object: &Object) -> Successor {
    let pod = object.body.pod();
    let is_ready = pod.is_some_and(|pod| condition(&pod.conditions, "Ready").is_some_and(|ready| ready.status == ConditionStatus::True));
    let text = match pod.map(|pod| (&*pod.node, &*pod.status)) {
        Some((node, _)) if is_ready => format!("a new one is ready on {node}"),
        Some(("", _)) | None => "a new one finds no node yet".to_owned(),
        Some((node, status)) => format!("a new one is {status} on {node}"),
    };
    Successor { is_ready, text }
}
