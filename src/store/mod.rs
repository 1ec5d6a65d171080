//! The world as last seen. Facts go in through [`Store::apply`]; everything else only reads.

mod alerts;
pub mod book;
pub mod clouds;
mod delta;
mod exits;
mod feed;
mod health;
mod insights;
mod rights;
mod series;
pub mod signals;
mod spoken;
pub mod streams;
mod summary;
mod tails;
mod usage;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

pub use alerts::{AlertCount, Alerts, PastAlert, StandingSilence};
pub use book::{Book, LogState};
pub use exits::{Ended, Exits};
pub use feed::{Feed, FeedState};
pub use health::{HealthCount, Probes, Round, Watched};
pub use insights::{Insights, InsightsState};
pub use rights::Rights;
pub use series::{SeriesBook, SeriesState, Told};
pub use spoken::Spoken;
pub use summary::Summary;
pub use tails::Tails;
pub use usage::{UsageState, UsageTable};

use crate::model::{
    AlertsFrom, Change, CloudPlace, Demand, Document, EnvId, Fact, FeedKey, InsightsKey, Kind, Known, Link, LogGroup, LogQuery, Names,
    Object, ObjectRef, ProbePlace, Problem, Right, Scope, Seen, ServedKind, Stream, Time, UsageKey, UsageSample, VolumeUsage,
};

/// A heartbeat older than this means that the data on the screen may be older, too (seconds).
/// The link beats every ten seconds and gives each beat five.
pub const BEAT_OVERDUE: i64 = 17;

/// Heartbeats that are remembered: five minutes of them.
const BEATS: usize = 30;

/// Changes that are remembered. Those of pods are not among them: a cluster has a hundred of these a second.
const CHANGES: usize = 1000;

/// Everything known, by environment.
#[derive(Debug)]
pub struct Store {
    envs: Vec<EnvStore>,
    book_bytes: usize,
}

/// What a book is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Reading {
    Query(LogQuery),
    Stream(Stream),
}

/// What is known of one environment.
#[derive(Debug)]
pub struct EnvStore {
    pub link: Link,
    /// The last heartbeat: when, and how long it took (milliseconds).
    pub beat: Option<(Time, u32)>,
    pub kinds: Vec<ServedKind>,
    feeds: HashMap<FeedKey, Feed>,
    /// More changes than any feed had that was given up.
    spent: u64,
    usage: HashMap<UsageKey, UsageTable>,
    documents: HashMap<ObjectRef, Result<Option<Arc<Document>>, Problem>>,
    /// What is read, each as one book; a stream alone has a book of its own.
    books: HashMap<Reading, Book>,
    /// The last words of containers, kept although nobody asks any more: the node keeps them only for one run.
    pub tails: Tails,
    /// How runs of containers ended that qd saw end.
    pub exits: Exits,
    /// How full the volumes are; `None`: not told (yet, or not allowed).
    pub volumes: Option<Result<Vec<VolumeUsage>, Problem>>,
    /// The health probes that are configured, and what they told.
    pub probes: Probes,
    /// Its alerts, and whether they are known.
    pub alerts: Alerts,
    /// The log groups of the CloudWatch places, by the places' numbers; an error after a good list keeps the list.
    pub log_groups: BTreeMap<u16, (Time, Result<Vec<LogGroup>, Problem>)>,
    /// Grows with every list of groups.
    pub groups_version: u64,
    /// The CloudWatch places that are configured, by their numbers.
    pub clouds: Vec<CloudPlace>,
    insights: HashMap<InsightsKey, Insights>,
    /// What the server said of the user's rights.
    pub rights: Rights,
    /// The connection of whoever changes things, where that is another than the one that reads.
    pub hands: Link,
    /// What the Prometheus told.
    pub series: SeriesBook,
    /// Which metrics and labels the Prometheus has, once somebody asked.
    pub series_names: Option<Result<Names, Problem>>,
    /// The last heartbeats, oldest first.
    beats: VecDeque<(Time, u32)>,
    /// What the watches saw change, oldest first.
    changes: VecDeque<Change>,
}

impl Default for EnvStore {
    fn default() -> Self {
        Self {
            link: Link::Idle,
            beat: None,
            kinds: Vec::new(),
            feeds: HashMap::new(),
            spent: 0,
            usage: HashMap::new(),
            documents: HashMap::new(),
            books: HashMap::new(),
            tails: Tails::default(),
            exits: Exits::default(),
            volumes: None,
            probes: Probes::default(),
            alerts: Alerts::default(),
            log_groups: BTreeMap::new(),
            groups_version: 0,
            clouds: Vec::new(),
            insights: HashMap::new(),
            rights: Rights::default(),
            hands: Link::Idle,
            series: SeriesBook::default(),
            series_names: None,
            beats: VecDeque::new(),
            changes: VecDeque::new(),
        }
    }
}

impl Store {
    /// An empty store for so many environments.
    pub fn new(environments: usize) -> Self {
        Self {
            envs: (0..environments).map(|_| EnvStore::default()).collect(),
            book_bytes: book::BOOK_BYTES,
        }
    }

    /// The same; one book of log lines keeps so many bytes.
    #[must_use]
    pub fn keeping(self, book_bytes: usize) -> Self {
        Self { book_bytes, ..self }
    }

    /// A book with nothing in it.
    pub fn empty_book(&self) -> Book {
        Book::new(self.book_bytes)
    }

    /// Says which CloudWatch places an environment has.
    pub fn set_clouds(&mut self, env: EnvId, clouds: Vec<CloudPlace>) {
        if let Some(env) = self.envs.get_mut(usize::from(env.0)) {
            env.clouds = clouds;
        }
    }

    /// Says which health probes an environment has.
    pub fn set_probes(&mut self, env: EnvId, places: Vec<ProbePlace>) {
        if let Some(env) = self.envs.get_mut(usize::from(env.0)) {
            env.probes = Probes::of(places);
        }
    }

    /// Says who tells of an environment's alerts.
    pub fn set_alerts(&mut self, env: EnvId, from: Vec<AlertsFrom>) {
        if let Some(env) = self.envs.get_mut(usize::from(env.0)) {
            env.alerts = Alerts::of(from);
        }
    }

    /// What is known of an environment.
    pub fn env(&self, env: EnvId) -> Option<&EnvStore> {
        self.envs.get(usize::from(env.0))
    }

    /// All environments with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (EnvId, &EnvStore)> {
        self.envs
            .iter()
            .enumerate()
            .map(|(i, env)| (EnvId(u16::try_from(i).unwrap_or(u16::MAX)), env))
    }

    /// Takes one fact in. A fact of an unknown environment or of something no longer asked for is ignored.
    pub fn apply(&mut self, fact: Fact) {
        let Some(env) = self.envs.get_mut(usize::from(fact.env.0)) else {
            return;
        };
        env.apply(fact.at, fact.seen);
    }

    /// Asks for a right anew: what was said of it may be wrong by now.
    pub fn doubt(&mut self, env: EnvId, right: &Right) {
        if let Some(env) = self.envs.get_mut(usize::from(env.0)) {
            env.rights.doubt(right);
        }
    }

    /// Makes room for what a demand will tell, so that late facts of an older demand find no place.
    pub fn expect(&mut self, demand: &Demand) {
        let Some(env) = self.envs.get_mut(usize::from(demand.env().0)) else {
            return;
        };
        match demand {
            Demand::Link(_) => {}
            Demand::Feed(_, key) => {
                let spent = env.spent;
                env.feeds.entry(key.clone()).or_insert_with(|| Feed::after(spent));
            }
            Demand::Usage(_, key) => {
                env.usage.entry(key.clone()).or_default();
            }
            Demand::Document(_, key) => {
                env.documents.remove(key);
            }
            // Lines go to whichever book asked for the stream; one that no book has gets its own.
            Demand::Log(_, stream) => {
                if !env.books.values().any(|book| book.has(stream)) {
                    let mut book = Book::new(self.book_bytes);
                    book.attach(stream);
                    env.books.insert(Reading::Stream(stream.clone()), book);
                }
            }
            Demand::Insights(_, key) => {
                env.insights.insert(key.clone(), Insights::default());
            }
            Demand::Series(_, key) => env.series.expect(key),
            Demand::Hands(_)
            | Demand::Right(..)
            | Demand::Alerts(_)
            | Demand::Tail(..)
            | Demand::Window(..)
            | Demand::Volumes(_)
            | Demand::Probe(..)
            | Demand::LogGroups(..)
            | Demand::SeriesNames(_) => {}
        }
    }

    /// The book of what a view reads, made if it is not there yet.
    pub fn open_book(&mut self, env: EnvId, query: &LogQuery) -> Option<&mut Book> {
        let books = &mut self.envs.get_mut(usize::from(env.0))?.books;
        let bytes = self.book_bytes;
        Some(books.entry(Reading::Query(query.clone())).or_insert_with(|| Book::new(bytes)))
    }

    /// Lends a book out, so that it can be changed while the rest is read. Made if it is not there yet.
    pub fn take_book(&mut self, env: EnvId, query: &LogQuery) -> Option<Book> {
        self.open_book(env, query).map(std::mem::take)
    }

    /// Takes a book back that was lent out.
    pub fn put_book(&mut self, env: EnvId, query: &LogQuery, book: Book) {
        if let Some(place) = self.open_book(env, query) {
            *place = book;
        }
    }

    /// Closes the books that no view reads any more.
    pub fn close_books(&mut self, read: impl Fn(EnvId, &LogQuery) -> bool) {
        for (at, env) in self.envs.iter_mut().enumerate() {
            let id = EnvId(u16::try_from(at).unwrap_or(u16::MAX));
            env.books.retain(|reading, _| match reading {
                Reading::Query(query) => read(id, query),
                Reading::Stream(_) => true,
            });
        }
    }

    /// Drops what a demand told: nobody asks for it any more.
    pub fn forget(&mut self, demand: &Demand) {
        let Some(env) = self.envs.get_mut(usize::from(demand.env().0)) else {
            return;
        };
        match demand {
            Demand::Link(_) => {}
            Demand::Feed(_, key) => {
                if let Some(feed) = env.feeds.remove(key) {
                    env.spent = env.spent.max(feed.changed() + 1);
                }
            }
            Demand::Usage(_, key) => {
                env.usage.remove(key);
            }
            Demand::Document(_, key) => {
                env.documents.remove(key);
            }
            Demand::Log(_, stream) => {
                env.books.remove(&Reading::Stream(stream.clone()));
            }
            Demand::Tail(..) | Demand::Window(..) | Demand::Right(..) => {}
            Demand::Hands(_) => env.hands = Link::Idle,
            Demand::Volumes(_) => env.volumes = None,
            // What was told goes on being known until it is too old.
            Demand::Probe(..) | Demand::Alerts(_) => {}
            Demand::LogGroups(_, number) => {
                env.log_groups.remove(number);
            }
            Demand::Insights(_, key) => {
                env.insights.remove(key);
            }
            Demand::Series(_, key) => env.series.forget(key),
            // What there was is still good for completion.
            Demand::SeriesNames(_) => {}
        }
    }
}

impl EnvStore {
    fn apply(&mut self, at: Time, seen: Seen) {
        match seen {
            Seen::Link(link) => {
                if matches!(link, Link::Ready(_)) && !matches!(self.link, Link::Ready(_)) {
                    self.beat = Some((at, self.beat.map_or(0, |(_, ms)| ms)));
                }
                if let Link::Ready(server) = &link {
                    self.rights.belong_to(server);
                }
                self.link = link;
            }
            Seen::Hands(link) => self.hands = link,
            Seen::Right(right, answer) => self.rights.keep(at, *right, answer),
            Seen::Beat { millis } => {
                self.beat = Some((at, millis));
                self.beats.push_back((at, millis));
                if self.beats.len() > BEATS {
                    self.beats.pop_front();
                }
            }
            Seen::Kinds(kinds) => self.kinds = kinds,
            Seen::Feed(key, fact) => {
                if let Some(feed) = self.feeds.get_mut(&key) {
                    let gleaned = feed.apply(&key.kind, at, fact);
                    self.changes.extend(gleaned.changes);
                    for ended in gleaned.exits {
                        self.exits.keep(ended);
                    }
                    let excess = self.changes.len().saturating_sub(CHANGES);
                    self.changes.drain(..excess);
                }
            }
            Seen::Usage(key, samples) => {
                if let Some(table) = self.usage.get_mut(&key) {
                    table.apply(at, samples);
                }
            }
            Seen::Document(key, document) => {
                // An error after a good answer keeps the good answer: the pane says how old it is.
                let keep = document.is_err() && matches!(self.documents.get(&key), Some(Ok(Some(_))));
                if !keep {
                    self.documents.insert(key, document);
                }
            }
            Seen::Log(stream, fact) => {
                let mut books: Vec<&mut Book> = self.books.values_mut().filter(|book| book.has(&stream)).collect();
                if let Some(last) = books.pop() {
                    books.into_iter().for_each(|book| book.apply(at, &stream, fact.clone()));
                    last.apply(at, &stream, fact);
                }
            }
            Seen::Tail(key, lines) => self.tails.keep(key, lines),
            Seen::Volumes(usage) => self.volumes = Some(usage),
            Seen::Alerts(from, told) => self.alerts.apply(from, at, told),
            Seen::Probe(number, probed) => self.probes.apply(number, at, probed),
            Seen::LogGroups(number, groups) => {
                self.groups_version += 1;
                let keep = groups.is_err() && matches!(self.log_groups.get(&number), Some((_, Ok(_))));
                if !keep {
                    self.log_groups.insert(number, (at, groups));
                }
            }
            Seen::Insights(key, fact) => {
                if let Some(insights) = self.insights.get_mut(&key) {
                    insights.apply(at, fact);
                }
            }
            Seen::Series(key, fact) => self.series.apply(at, &key, fact),
            Seen::SeriesNames(names) => {
                // An error after a good answer keeps the good answer.
                if names.is_ok() || !matches!(self.series_names, Some(Ok(_))) {
                    self.series_names = Some(names);
                }
            }
        }
    }

    /// The answer of Logs Insights to a question, if anybody asked it.
    pub fn insights(&self, key: &InsightsKey) -> Option<&Insights> {
        self.insights.get(key)
    }

    /// The last heartbeats, oldest first: when, and how long each took (milliseconds).
    pub fn beats(&self) -> impl DoubleEndedIterator<Item = (Time, u32)> {
        self.beats.iter().copied()
    }

    /// What the watches saw change since they stand, oldest first.
    pub fn changes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter()
    }

    /// The feed of a kind in a scope, if anybody asked for it.
    pub fn feed(&self, key: &FeedKey) -> Option<&Feed> {
        self.feeds.get(key)
    }

    /// All feeds of this environment.
    pub fn feeds(&self) -> impl Iterator<Item = (&FeedKey, &Feed)> {
        self.feeds.iter()
    }

    /// The feeds of a kind that together hold these namespaces.
    pub fn feeds_of(&self, kind: &Kind, scopes: &[Scope]) -> Vec<&Feed> {
        scopes
            .iter()
            .filter_map(|scope| {
                self.feeds.get(&FeedKey {
                    kind: kind.clone(),
                    scope: scope.clone(),
                })
            })
            .collect()
    }

    /// The scope whose feed covers a namespace: the cluster-wide one where it is already open (one list
    /// and one watch serve all views), else the namespace's own.
    pub fn covering(&self, kind: &Kind, namespace: &Arc<str>) -> Scope {
        let all = FeedKey {
            kind: kind.clone(),
            scope: Scope::All,
        };
        let open = self
            .feeds
            .get(&all)
            .is_some_and(|feed| !matches!(feed.state, FeedState::Denied(_) | FeedState::Absent));
        if open || namespace.is_empty() {
            Scope::All
        } else {
            Scope::Namespace(namespace.clone())
        }
    }

    /// One object, from whichever feed has it.
    pub fn find(&self, object: &ObjectRef) -> Option<&Object> {
        let scopes = [Scope::All, Scope::Namespace(object.namespace.clone())];
        self.feeds_of(&object.kind, &scopes).into_iter().find_map(|feed| {
            feed.rows()
                .find(|row| *row.meta.name == *object.name && row.meta.namespace == object.namespace)
        })
    }

    /// The full object, as far as it came. `None`: not yet.
    pub fn document(&self, object: &ObjectRef) -> Option<&Result<Option<Arc<Document>>, Problem>> {
        self.documents.get(object)
    }

    /// The book that holds a stream; of several the one that heard of it last.
    pub fn log(&self, stream: &Stream) -> Option<&Book> {
        self.books
            .values()
            .filter(|book| book.has(stream))
            .max_by_key(|book| book.heard(stream))
    }

    /// The book of what a view reads.
    pub fn book(&self, query: &LogQuery) -> Option<&Book> {
        self.books.get(&Reading::Query(query.clone()))
    }

    /// The metrics that were asked for.
    pub fn usage(&self, key: &UsageKey) -> Option<&UsageTable> {
        self.usage.get(key)
    }

    /// The newest sample of a pod, whichever scope brought it.
    pub fn pod_usage(&self, namespace: &str, name: &str) -> Option<&UsageSample> {
        let in_scope = |scope: Scope| self.usage.get(&UsageKey::Pods(scope)).and_then(|t| t.get(namespace, name));
        in_scope(Scope::All).or_else(|| in_scope(Scope::Namespace(namespace.into())))
    }

    /// The newest sample of a node.
    pub fn node_usage(&self, name: &str) -> Option<&UsageSample> {
        self.usage.get(&UsageKey::Nodes)?.get("", name)
    }

    /// Whether the server is answering at this moment. What a watch tells is only as fresh as its connection.
    pub fn is_live(&self, now: Time) -> bool {
        matches!(self.link, Link::Ready(_)) && self.beat.is_some_and(|(at, _)| at.age(now) <= BEAT_OVERDUE)
    }

    /// When the server was last heard; never, if it never was.
    pub fn heard(&self) -> Time {
        self.beat.map_or(Time::NEVER, |(at, _)| at)
    }

    /// How the server serves a kind, if it does.
    pub fn served(&self, kind: &Kind) -> Option<&ServedKind> {
        self.kinds.iter().find(|served| served.kind == *kind)
    }

    /// Whether objects of a kind live in namespaces, as far as is known.
    pub fn namespaced(&self, kind: &Kind) -> bool {
        match (self.served(kind), kind) {
            (Some(served), _) => served.namespaced,
            (None, Kind::Known(known)) => known.info().namespaced,
            (None, Kind::Other(_)) => true,
        }
    }

    /// Names of the namespaces, if they may be listed.
    pub fn namespace_names(&self) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = self
            .feeds_of(&Kind::Known(Known::Namespace), &[Scope::All])
            .into_iter()
            .flat_map(Feed::rows)
            .map(|row| (*row.meta.name).into())
            .collect();
        names.sort();
        names
    }
}
