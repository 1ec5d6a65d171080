//! What the screen needs to be told. The app says which demands stand; the driver starts and stops
//! the sources, so that nothing is watched that nobody looks at and nothing is watched twice.

use std::sync::Arc;

use super::{Ask, EnvId, FeedKey, InsightsKey, ObjectRef, Right, SeriesKey, Stream, TailKey, UsageKey};

/// One thing that a source should keep telling about, in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Demand {
    /// A connection to the API server (everything below implies it).
    Link(EnvId),
    Feed(EnvId, FeedKey),
    Usage(EnvId, UsageKey),
    Document(EnvId, ObjectRef),
    Log(EnvId, Stream),
    /// Another part of a file (by its path) whose log is read and that is larger than what is kept of it.
    Window(EnvId, Arc<str>, Ask),
    /// The last lines of a run that is over, once.
    Tail(EnvId, TailKey),
    /// How full volumes are, from the kubelets (only where the configuration allows it).
    Volumes(EnvId),
    /// Whether the environment's health probe of this number answers.
    Probe(EnvId, u16),
    /// The alerts of the environment's Prometheus and Alertmanagers.
    Alerts(EnvId),
    /// The log groups of the environment's CloudWatch place of this number: those that its configuration names, else all.
    LogGroups(EnvId, u16),
    /// The answer to a question to Logs Insights. Who lets go of it stops the query.
    Insights(EnvId, InsightsKey),
    /// Whether one has a right, once.
    Right(EnvId, Box<Right>),
    /// The connection of whoever changes things, where that is another than the one that reads.
    Hands(EnvId),
    /// Values over time, from the environment's Prometheus, up to now.
    Series(EnvId, SeriesKey),
    /// Which metrics and labels the environment's Prometheus has, once.
    SeriesNames(EnvId),
}

impl Demand {
    /// The environment that it concerns.
    pub fn env(&self) -> EnvId {
        match self {
            Self::Link(env)
            | Self::Feed(env, _)
            | Self::Usage(env, _)
            | Self::Document(env, _)
            | Self::Log(env, _)
            | Self::Window(env, ..)
            | Self::Tail(env, _)
            | Self::Volumes(env)
            | Self::Probe(env, _)
            | Self::Alerts(env)
            | Self::LogGroups(env, _)
            | Self::Insights(env, _)
            | Self::Right(env, _)
            | Self::Hands(env)
            | Self::Series(env, _)
            | Self::SeriesNames(env) => *env,
        }
    }
}
