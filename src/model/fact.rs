//! What the sources tell the store. Nothing else ever changes what the store knows of the world.

use std::sync::Arc;

use super::{
    AlertsFrom, AlertsTold, EnvId, InsightsFact, InsightsKey, Kind, LogFact, LogGroup, LogLine, Names, Object, ObjectRef, Probed, Problem,
    Right, Scope, SeriesFact, SeriesKey, ServedKind, Stream, TailKey, Time, Uid, UsageSample, Verdict, VolumeUsage,
};

/// One thing seen, of one environment, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub env: EnvId,
    pub at: Time,
    pub seen: Seen,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// The connection to the API server came, went or is being tried.
    Link(Link),
    /// The API server answered a heartbeat, after so many milliseconds.
    Beat { millis: u32 },
    /// What the server serves (discovery; sent again when it changes).
    Kinds(Vec<ServedKind>),
    /// News of one list-and-watch.
    Feed(FeedKey, FeedFact),
    /// A round of metrics.k8s.io. `Err`: there is none, or it is denied.
    Usage(UsageKey, Result<Vec<UsageSample>, Problem>),
    /// The full object that a view has open. `Ok(None)`: it is gone.
    Document(ObjectRef, Result<Option<Arc<Document>>, Problem>),
    /// News of a log.
    Log(Stream, LogFact),
    /// The last lines of a container's run that is over.
    Tail(TailKey, Result<Vec<LogLine>, Problem>),
    /// A round of the kubelets' volume statistics. `Err`: they may not be read.
    Volumes(Result<Vec<VolumeUsage>, Problem>),
    /// A round of the environment's health probe of this number.
    Probe(u16, Arc<Probed>),
    /// A round of alerts. `Err`: nothing is told.
    Alerts(AlertsFrom, Result<Arc<AlertsTold>, Problem>),
    /// A round of the log groups of the environment's CloudWatch place of this number, by name.
    LogGroups(u16, Result<Vec<LogGroup>, Problem>),
    /// News of a question to Logs Insights.
    Insights(InsightsKey, InsightsFact),
    /// Whether one has a right. `Err`: the server does not say.
    Right(Box<Right>, Result<Verdict, Problem>),
    /// The connection of whoever changes things came, went or is being tried.
    Hands(Link),
    /// News of values over time.
    Series(SeriesKey, SeriesFact),
    /// Which metrics and labels the Prometheus has.
    SeriesNames(Result<Names, Problem>),
}

/// The state of the connection to one API server.
#[derive(Clone, Debug, PartialEq)]
pub enum Link {
    /// Nobody asked for it yet.
    Idle,
    Connecting,
    Ready(Server),
    /// Not usable: since when, why, and when the next try is (never, if only a login helps).
    Lost {
        since: Time,
        problem: Problem,
        next: Time,
    },
}

/// The server at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// `v1.33.4-eks-…`
    pub version: Box<str>,
    /// Host (and port, if unusual).
    pub host: Box<str>,
    /// The kubeconfig's name for who we are.
    pub user: Box<str>,
    /// The kubeconfig's name for the cluster.
    pub cluster: Box<str>,
    /// The cloud account that the kubeconfig names; empty: it names none.
    pub account: Box<str>,
    /// When the credentials end; never, if they do not say.
    pub expires: Time,
}

/// One list-and-watch: a kind within a scope. All views share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedKey {
    pub kind: Kind,
    pub scope: Scope,
}

/// News of a feed. A list is a transaction: `Begin`, any number of `Put`s, `Listed`; rows of before
/// that were not put again are dropped at `Listed` and stay visible until then.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedFact {
    /// A list starts (the first, or again after a gap in the watch).
    Begin,
    /// These exist, as they are now (from the list or the watch).
    Put(Vec<Object>),
    /// These are gone.
    Gone(Vec<Uid>),
    /// The list is complete; from here on the watch tells. `unreadable`: objects that could not be read.
    Listed { unreadable: u32 },
    /// The feed cannot go on as it should.
    Trouble(FeedTrouble),
    /// The watch is (again) open and up to date.
    Live,
}

/// Why a feed is not live.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedTrouble {
    /// It will be tried again at `next`.
    Retrying { problem: Problem, next: Time },
    /// Not allowed: verb and resource are in the problem. Asked again only on reconnect.
    Denied(Problem),
    /// This server does not have the kind.
    Absent,
}

/// Which metrics are wanted: of pods in a scope, or of all nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UsageKey {
    Pods(Scope),
    Nodes,
}

/// The full object behind a row, as fetched: control characters made visible, secret values masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub value: serde_json::Value,
}
