//! Who may be ill, and which events speak of whom: kept from one look to the next, so that a look costs what changed.

use std::collections::{HashMap, HashSet};

use super::PATIENCE;
use super::due::Due;
use super::fault::FORGIVEN;
use super::marks::{Marked, Marks};
use super::refusal;
use crate::model::{Body, Event, FeedKey, Health, Kind, Known, Object, Scope, Time, Uid, UidMap, health};
use crate::store::{EnvStore, Feed, FeedState};

/// What is remembered between two looks at an environment.
#[derive(Debug, Default)]
pub struct Index {
    kinds: HashMap<Known, Followed>,
    /// Rows that are not as they should be, or are still on their way, by kind.
    suspects: HashMap<Known, HashSet<Uid>>,
    /// Events by the object that they are about.
    events: UidMap<Vec<Uid>>,
    /// The object of each of these events, to find its place again.
    about: UidMap<Uid>,
    /// Events that tell of something that the API server refused.
    refused: HashSet<Uid>,
    /// Replica sets by the deployment that owns them, and the owner of each.
    revisions: UidMap<Vec<Uid>>,
    revision_of: UidMap<Uid>,
    /// Pods by what one looks for them by.
    pods: Marked,
    /// When each cron job should have started a job after the last time it did.
    due: UidMap<Time>,
}

/// How far the feeds of a kind were followed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Followed(Vec<(FeedKey, u64)>);

/// Kinds whose rows are remembered; the others are few, and looked at whole.
const FOLLOWED: [Known; 9] = [
    Known::Pod,
    Known::Deployment,
    Known::ReplicaSet,
    Known::StatefulSet,
    Known::DaemonSet,
    Known::Job,
    Known::CronJob,
    Known::PersistentVolumeClaim,
    Known::Event,
];

impl Index {
    /// Brings it up to date.
    pub fn settle(&mut self, seen: &EnvStore, now: Time) {
        for known in FOLLOWED {
            self.follow(known, seen, now);
        }
        // What was only a matter of time may be over by now, without a word from the cluster.
        for (known, suspects) in &mut self.suspects {
            let feeds = feeds(seen, *known);
            suspects.retain(|uid| {
                feeds
                    .iter()
                    .find_map(|(_, feed)| feed.get(*uid))
                    .is_some_and(|o| is_suspect(o, now))
            });
        }
    }

    fn follow(&mut self, known: Known, seen: &EnvStore, now: Time) {
        let feeds = feeds(seen, known);
        let followed = self.kinds.remove(&known).unwrap_or_default();
        let same = followed.0.len() == feeds.len() && followed.0.iter().zip(&feeds).all(|((old, _), (new, _))| old == *new);
        let news: Option<Vec<Uid>> = if same {
            let news = followed.0.iter().zip(&feeds).map(|((_, at), (_, feed))| feed.changed_since(*at));
            news.collect::<Option<Vec<_>>>().map(|news| news.into_iter().flatten().collect())
        } else {
            None
        };
        match news {
            Some(news) => {
                let news: HashSet<Uid> = news.into_iter().collect();
                for uid in news {
                    self.take_up(known, uid, feeds.iter().find_map(|(_, feed)| feed.get(uid)), now);
                }
            }
            None => {
                self.drop_kind(known);
                for object in feeds.iter().flat_map(|(_, feed)| feed.rows()) {
                    self.take_up(known, object.meta.uid, Some(object), now);
                }
            }
        }
        let at = feeds.iter().map(|(key, feed)| ((*key).clone(), feed.changed())).collect();
        self.kinds.insert(known, Followed(at));
    }

    fn drop_kind(&mut self, known: Known) {
        self.suspects.remove(&known);
        match known {
            Known::Event => {
                self.events.clear();
                self.about.clear();
                self.refused.clear();
            }
            Known::Pod => self.pods.clear(),
            Known::CronJob => self.due.clear(),
            Known::ReplicaSet => {
                self.revisions.clear();
                self.revision_of.clear();
            }
            _ => {}
        }
    }

    /// One row, as it is now; `None`: it is gone.
    fn take_up(&mut self, known: Known, uid: Uid, object: Option<&Object>, now: Time) {
        match known {
            Known::Event => {
                let event = object.and_then(event);
                let about = event.map(|event| event.object_uid).filter(|about| *about != Uid(0));
                relate(&mut self.events, &mut self.about, uid, about);
                if event.is_some_and(refusal::tells) {
                    self.refused.insert(uid);
                } else {
                    self.refused.remove(&uid);
                }
                return;
            }
            Known::CronJob => {
                match object.and_then(Due::of).and_then(|due| due.first()) {
                    Some(due) => self.due.insert(uid, due),
                    None => self.due.remove(&uid),
                };
                return;
            }
            Known::Pod => self.pods.put(uid, object),
            Known::ReplicaSet => {
                let owner = object.and_then(|o| o.meta.owner.as_deref()).filter(|o| &*o.kind == "Deployment");
                relate(&mut self.revisions, &mut self.revision_of, uid, owner.map(|o| o.uid));
            }
            _ => {}
        }
        let suspects = self.suspects.entry(known).or_default();
        if object.is_some_and(|o| is_suspect(o, now)) {
            suspects.insert(uid);
        } else {
            suspects.remove(&uid);
        }
    }

    /// Rows of a kind that may be ill, in no order.
    pub fn suspects(&self, known: Known) -> impl Iterator<Item = Uid> {
        self.suspects.get(&known).into_iter().flatten().copied()
    }

    /// Events about an object.
    pub fn events(&self, about: Uid) -> &[Uid] {
        self.events.get(&about).map_or(&[], Vec::as_slice)
    }

    /// Events that tell of something that the API server refused, in no order.
    pub fn refused(&self) -> impl Iterator<Item = Uid> {
        self.refused.iter().copied()
    }

    /// When a cron job should have started a job after the last time it did.
    pub fn due(&self, cron: Uid) -> Option<Time> {
        self.due.get(&cron).copied()
    }

    /// Pods of a namespace that may have all of this.
    pub fn pods(&self, namespace: &str, marks: Marks) -> impl Iterator<Item = Uid> {
        self.pods.maybe(namespace, marks)
    }

    /// Replica sets of a deployment.
    pub fn revisions(&self, deployment: Uid) -> &[Uid] {
        self.revisions.get(&deployment).map_or(&[], Vec::as_slice)
    }
}

/// Keeps both directions of a relation: `many` by their `one`.
fn relate(many: &mut UidMap<Vec<Uid>>, one: &mut UidMap<Uid>, uid: Uid, to: Option<Uid>) {
    let before = match to {
        Some(to) => one.insert(uid, to),
        None => one.remove(&uid),
    };
    if before == to {
        return;
    }
    if let Some(before) = before
        && let Some(list) = many.get_mut(&before)
    {
        list.retain(|other| *other != uid);
        if list.is_empty() {
            many.remove(&before);
        }
    }
    if let Some(to) = to {
        many.entry(to).or_default().push(uid);
    }
}

fn event(object: &Object) -> Option<&Event> {
    match &object.body {
        Body::Event(event) => Some(event),
        _ => None,
    }
}

fn is_suspect(object: &Object, now: Time) -> bool {
    if !matches!(health(object, now), Health::Ok | Health::Done) {
        return true;
    }
    match &object.body {
        // The kubelet holds the end of a run against a container for a while, even if it was a good one.
        Body::Pod(pod) => pod
            .containers
            .iter()
            .filter_map(|c| c.last.as_deref())
            .any(|exit| exit.finished.age(now) < FORGIVEN + PATIENCE),
        // Where new pods are made before old ones go, nothing is missing while the new ones fail.
        Body::Workload(w) => w.kind == Known::Deployment && w.desired > 0 && (w.updated < w.desired || w.current > w.updated),
        _ => false,
    }
}

/// The feeds that together hold what is watched of a kind, each object once, in a steady order. Empty: nothing is
/// known of the kind (yet).
pub fn feeds(seen: &EnvStore, known: Known) -> Vec<(&FeedKey, &Feed)> {
    let kind = Kind::Known(known);
    // What may no longer be read, or is no longer there, says nothing of what is so now.
    let told = |feed: &Feed| feed.complete && !matches!(feed.state, FeedState::Denied(_) | FeedState::Absent);
    let mut all: Vec<_> = seen.feeds().filter(|(key, feed)| key.kind == kind && told(feed)).collect();
    if let Some(whole) = all.iter().position(|(key, _)| key.scope == Scope::All) {
        return vec![all.swap_remove(whole)];
    }
    all.sort_by(|a, b| a.0.cmp(b.0));
    all
}
