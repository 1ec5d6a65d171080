//! Which streams a query means at this moment: pods come and go, and what was read once stays in the book.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use regex::Regex;

use super::{Book, EnvStore, Feed, clouds};
use crate::model::{
    Demand, EnvId, FeedKey, GroupKey, Known, LogFrom, LogKey, LogQuery, Namespaces, Object, ObjectRef, Pick, Pod, Role, Scope, Selector,
    State,
};
use crate::model::{PodKey, Stream, Streams, Time};

/// More streams than this are not opened without being asked for: each is a connection.
pub const MOST: usize = 500;
/// What a pod wrote at last is in CloudWatch after so many seconds.
const LAST_WORDS: i64 = 30;
/// More log groups than this are not followed: each asks again and again, and an account may ask but a few times a second.
const GROUPS: usize = 20;

/// A query whose patterns are ready to be used.
#[derive(Debug)]
pub struct Picker {
    not: Vec<Regex>,
    containers: Vec<Regex>,
    picks: Vec<Ready>,
}

#[derive(Debug)]
enum Ready {
    Pod(Arc<str>),
    Owner(Known, Arc<str>),
    Labels(Selector),
    Pattern(Regex),
    Elsewhere,
}

impl Picker {
    /// Makes a query ready. Patterns that are none match nothing: the query was checked when it was read.
    pub fn new(query: &LogQuery) -> Self {
        let regexes = |texts: &[Arc<str>]| texts.iter().filter_map(|text| Regex::new(text).ok()).collect();
        let ready = |pick: &Pick| match pick {
            Pick::Pod(name) => Ready::Pod(name.clone()),
            Pick::Owner(known, name) => Ready::Owner(*known, name.clone()),
            Pick::Labels(text) => Ready::Labels(Selector::read(text)),
            Pick::Pattern(text) => Regex::new(text).map_or(Ready::Elsewhere, Ready::Pattern),
            Pick::Group(_) | Pick::File(_) => Ready::Elsewhere,
        };
        Self {
            not: regexes(&query.not),
            containers: regexes(&query.containers),
            picks: query.picks.iter().map(ready).collect(),
        }
    }

    fn means_pod(&self, owners: &Owners<'_>, pod: &Object) -> bool {
        let name = &*pod.meta.name;
        let means = |ready: &Ready| match ready {
            Ready::Pod(other) => **other == *name,
            Ready::Owner(known, owner) => owners.own(*known, owner, pod),
            Ready::Labels(selector) => selector.matches(&pod.meta.labels),
            Ready::Pattern(pattern) => pattern.is_match(name),
            Ready::Elsewhere => false,
        };
        self.picks.iter().any(means) && !self.not.iter().any(|not| not.is_match(name))
    }

    fn means_container(&self, name: &str) -> bool {
        (self.containers.is_empty() || self.containers.iter().any(|c| c.is_match(name))) && !self.not.iter().any(|not| not.is_match(name))
    }
}

/// The workloads, jobs and services that a query names, looked up once: pods are many.
struct Owners<'a>(Vec<(Known, &'a Object)>);

impl<'a> Owners<'a> {
    fn of(seen: &'a EnvStore, query: &LogQuery, scopes: &[Scope]) -> Self {
        let mut found = Vec::new();
        for pick in &query.picks {
            let Pick::Owner(known, name) = pick else { continue };
            let rows = seen.feeds_of(&(*known).into(), scopes).into_iter().flat_map(Feed::rows);
            let named = rows.filter(|object| *object.meta.name == **name && query.namespaces.contains(&object.meta.namespace));
            found.extend(named.map(|object| (*known, object)));
        }
        Self(found)
    }

    /// Whether one of this kind and name owns or selects a pod.
    fn own(&self, known: Known, name: &str, pod: &Object) -> bool {
        self.0.iter().any(|(kind, owner)| {
            let meant = *kind == known && *owner.meta.name == *name && owner.meta.namespace == pod.meta.namespace;
            let selector = owner.body.pod_selector().filter(|selector| meant && !selector.is_empty());
            selector.is_some_and(|selector| pod.meta.labels.selected_by(selector))
        })
    }
}

/// The feeds by which the streams are found.
pub fn feeds(env: EnvId, query: &LogQuery, seen: &EnvStore) -> Vec<Demand> {
    // The lists tell what a pattern means, how much there is, and what is called nearly so.
    let lists = (0..).zip(&seen.clouds).map(|(number, _)| Demand::LogGroups(env, number));
    let lists: Vec<Demand> = lists.filter(|_| query.groups().next().is_some()).collect();
    if !query.asks_cluster() {
        return lists;
    }
    let owners = query.picks.iter().filter_map(|pick| match pick {
        Pick::Owner(known, _) => Some(*known),
        _ => None,
    });
    let kinds: HashSet<Known> = owners.chain([Known::Pod]).collect();
    let mut demands = lists;
    for known in kinds {
        let scopes = match &query.namespaces {
            Namespaces::All => query.namespaces.scopes(),
            Namespaces::Some(names) => names.iter().map(|name| seen.covering(&known.into(), name)).collect(),
        };
        demands.extend(
            scopes
                .into_iter()
                .map(|scope| Demand::Feed(env, FeedKey { kind: known.into(), scope })),
        );
    }
    demands
}

/// What is known of them: each kind with its feed, where that is there.
pub fn feeds_of<'a>(env: EnvId, query: &LogQuery, seen: &'a EnvStore) -> Vec<(Known, Option<&'a Feed>)> {
    let of = |demand: Demand| match demand {
        Demand::Feed(_, key) => Some((key.kind.known()?, seen.feed(&key))),
        _ => None,
    };
    feeds(env, query, seen).into_iter().filter_map(of).collect()
}

/// Takes into the book whatever the query means now. Gives how many streams there would be without a limit.
pub fn attach(book: &mut Book, query: &LogQuery, picker: &Picker, seen: &EnvStore, opened: Time, gone: &mut Gone) -> usize {
    let (mut count, mut groups, mut unread) = (0, 0, 0);
    let mut take = |book: &mut Book, stream: Stream| {
        count += 1;
        let is_new = !book.has(&stream);
        if is_new && book.sources().len() < MOST {
            book.attach(&stream);
        }
        is_new
    };
    for pick in &query.picks {
        match pick {
            Pick::File(path) => {
                take(book, Stream::File(path.clone()));
            }
            Pick::Group(pattern) => {
                for (place, group) in clouds::find(pattern, clouds::Use::Followed, seen).groups {
                    groups += 1;
                    if groups > GROUPS {
                        unread += 1;
                        continue;
                    }
                    let key = GroupKey {
                        place,
                        group,
                        streams: "".into(),
                        pattern: "".into(),
                        from: query.from,
                        until: Time::NEVER,
                    };
                    take(book, Stream::Group(key));
                }
            }
            _ => {}
        }
    }
    if !query.asks_cluster() {
        return count + unread;
    }
    unread += continued(book, query, seen, opened, gone);
    // One pod can be read before, or though, pods may be listed.
    if let (Some((namespace, pod)), None) = (query.single_pod(), single(seen, query)) {
        let key = |container: &str| LogKey {
            namespace: namespace.into(),
            pod: pod.clone(),
            container: container.into(),
            previous: query.previous,
            from: query.from,
        };
        let named = query.containers.iter().map(|c| c.trim_start_matches('^').trim_end_matches('$'));
        let plain: Vec<&str> = named.filter(|c| !c.contains(|c: char| !c.is_alphanumeric() && c != '-')).collect();
        if let (false, [name]) = (is_listed(seen, query), plain.as_slice()) {
            take(book, key(name).into());
        }
        return count + unread;
    }
    let scopes = query.namespaces.scopes();
    let mut scopes: Vec<_> = scopes.into_iter().chain([Scope::All]).collect();
    scopes.dedup();
    let mut met = HashSet::new();
    let owners = Owners::of(seen, query, &scopes);
    let pods = seen.feeds_of(&Known::Pod.into(), &scopes).into_iter().flat_map(Feed::rows);
    let mut pods: Vec<&Object> = pods
        .filter(|pod| query.namespaces.contains(&pod.meta.namespace) && met.insert(pod.meta.uid))
        .filter(|pod| picker.means_pod(&owners, pod))
        .collect();
    pods.sort_by(|a, b| (&a.meta.namespace, &a.meta.name).cmp(&(&b.meta.namespace, &b.meta.name)));
    for object in pods {
        let Some(pod) = object.body.pod() else { continue };
        for container in pod.containers.iter().filter(|c| picker.means_container(&c.name)) {
            let key = |previous: bool, from: LogFrom| {
                Stream::Container(LogKey {
                    namespace: object.meta.namespace.clone(),
                    pod: (*object.meta.name).into(),
                    container: container.name.clone(),
                    previous,
                    from,
                })
            };
            if !has_log(pod, container, query) {
                continue;
            }
            if query.previous {
                if container.restarts > 0 {
                    take(book, key(true, query.from));
                }
                continue;
            }
            // What began after the view is read from its beginning: nothing of it may be missing.
            let young = object.meta.created > opened;
            let from = if young { LogFrom::Start } else { query.from };
            let is_new = take(book, key(false, from));
            // The run before, so that a crash loop reads as one story; once: from then on each run is followed.
            if is_new && container.restarts > 0 && !matches!(query.from, LogFrom::Since(_)) {
                take(book, key(true, from));
            }
        }
    }
    count + unread
}

/// Pods whose logs were read and that are gone, by namespace and name.
pub type Gone = BTreeSet<(Arc<str>, Arc<str>)>;

/// Takes in, for each pod that is gone, the log group in which its lines are kept. Gives how many there are.
fn continued(book: &mut Book, query: &LogQuery, seen: &EnvStore, opened: Time, gone: &mut Gone) -> usize {
    let place = (0..)
        .zip(&seen.clouds)
        .find_map(|(number, place)| Some((number, place.pods.clone()?)));
    let Some((place, group)) = place.filter(|_| !query.previous && is_listed(seen, query)) else {
        return 0;
    };
    let mut read: Gone = gone.clone();
    read.extend(book.streams().filter_map(|stream| match stream {
        Stream::Container(key) => Some((key.namespace.clone(), key.pod.clone())),
        _ => None,
    }));
    read.extend(query.single_pod().map(|(namespace, pod)| (namespace.into(), pod.clone())));
    if read.is_empty() {
        return 0;
    }
    let scopes: Vec<_> = query.namespaces.scopes().into_iter().chain([Scope::All]).collect();
    for object in seen.feeds_of(&Known::Pod.into(), &scopes).into_iter().flat_map(Feed::rows) {
        read.remove(&(object.meta.namespace.clone(), (*object.meta.name).into()));
    }
    gone.extend(read.iter().cloned());
    // Only what names one container says which streams are meant; of patterns all are read.
    let container = match query.containers.as_slice() {
        [one] => one.strip_prefix('^').and_then(|one| one.strip_suffix('$')).unwrap_or_default(),
        _ => "",
    };
    let until = Time(seen.heard().0.max(opened.0) + LAST_WORDS);
    for (namespace, pod) in &read {
        let streams = Streams::Pod(PodKey {
            namespace: namespace.clone(),
            pod: pod.clone(),
            container: container.replace('\\', "").into(),
        });
        let is_read = |stream: &Stream| matches!(stream, Stream::Group(key) if key.streams == streams);
        if book.streams().any(is_read) || book.sources().len() >= MOST {
            continue;
        }
        book.attach(&Stream::Group(GroupKey {
            place,
            group: group.clone(),
            streams,
            pattern: "".into(),
            from: query.from,
            until,
        }));
    }
    read.len()
}

/// The pod that is meant, where it is one and is known.
fn single<'a>(seen: &'a EnvStore, query: &LogQuery) -> Option<&'a Object> {
    let (namespace, name) = query.single_pod()?;
    seen.find(&ObjectRef {
        kind: Known::Pod.into(),
        namespace: namespace.into(),
        name: name.clone(),
    })
}

/// Whether the pods that are asked for were listed.
fn is_listed(seen: &EnvStore, query: &LogQuery) -> bool {
    let scopes: Vec<_> = query.namespaces.scopes().into_iter().chain([Scope::All]).collect();
    let feeds = seen.feeds_of(&Known::Pod.into(), &scopes);
    feeds.iter().any(|feed| feed.complete)
}

/// Whether a container wrote something, or will. Init containers that are long done are read only where they are meant.
fn has_log(pod: &Pod, container: &crate::model::Container, query: &LogQuery) -> bool {
    let done = |state: &State| matches!(state, State::Terminated(exit) if exit.code == 0);
    match container.role {
        Role::Init => !done(&container.state) || !query.containers.is_empty() || pod.containers.len() == 1,
        Role::Main | Role::Sidecar | Role::Ephemeral => true,
    }
}
