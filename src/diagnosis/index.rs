//! Who may be ill, and which events speak of whom: kept from one look to the next, so that a look costs what changed.

use std::collections::{HashMap, HashSet};

use crate::model::{Body, FeedKey, Health, Kind, Known, Object, Scope, Time, Uid, UidMap, health};
use crate::store::{EnvStore, Feed};

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
    /// Replica sets by the deployment that owns them, and the owner of each.
    revisions: UidMap<Vec<Uid>>,
    revision_of: UidMap<Uid>,
}

/// How far the feeds of a kind were followed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Followed(Vec<(FeedKey, u64)>);

/// Kinds whose rows are remembered; the others are few, and looked at whole.
const FOLLOWED: [Known; 8] = [
    Known::Pod,
    Known::Deployment,
    Known::ReplicaSet,
    Known::StatefulSet,
    Known::DaemonSet,
    Known::Job,
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
            }
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
                let about = object.and_then(|o| match &o.body {
                    Body::Event(event) => Some(event.object_uid),
                    _ => None,
                });
                relate(&mut self.events, &mut self.about, uid, about);
                return;
            }
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

fn is_suspect(object: &Object, now: Time) -> bool {
    !matches!(health(object, now), Health::Ok | Health::Done)
}

/// The feeds that together hold what is watched of a kind, each object once, in a steady order. Empty: nothing is
/// known of the kind (yet).
pub fn feeds(seen: &EnvStore, known: Known) -> Vec<(&FeedKey, &Feed)> {
    let kind = Kind::Known(known);
    let mut all: Vec<_> = seen.feeds().filter(|(key, feed)| key.kind == kind && feed.complete).collect();
    if let Some(whole) = all.iter().position(|(key, _)| key.scope == Scope::All) {
        return vec![all.swap_remove(whole)];
    }
    all.sort_by(|a, b| a.0.cmp(b.0));
    all
}
