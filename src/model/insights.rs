//! Log groups of CloudWatch, and questions to its Logs Insights.

use std::sync::Arc;

use super::{Problem, Time};

/// A CloudWatch place of an environment (an account and a region), as far as it decides what is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudPlace {
    /// What tells it from the others: `solia-prod/eu-west-3`.
    pub label: Arc<str>,
    /// Patterns of the log groups that the configuration names; none: all.
    pub named: Vec<Arc<str>>,
    /// The log group of what all pods wrote.
    pub pods: Option<Arc<str>>,
}

/// A log group as CloudWatch lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    pub name: Arc<str>,
    /// How much is stored, as far as CloudWatch has counted it.
    pub bytes: u64,
    /// Days after which lines are deleted; 0: never.
    pub retention: u32,
    pub created: Time,
    /// Of the Infrequent Access class: only Insights can read it, nothing follows it.
    pub insights_only: bool,
}

/// A question to Logs Insights.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InsightsKey {
    /// Which of the environment's CloudWatch places, by its number in the configuration.
    pub place: u16,
    /// Names of the log groups that are searched.
    pub groups: Arc<[Arc<str>]>,
    /// In the language of Insights: `fields @timestamp, @message | filter …`.
    pub query: Arc<str>,
    pub from: Time,
    pub until: Time,
    /// Rows at most; 0: as many as the server gives.
    pub limit: u32,
}

/// News of a question to Logs Insights.
#[derive(Clone, Debug, PartialEq)]
pub enum InsightsFact {
    /// It is being answered; the rows so far may be a part.
    Running(Scanned, InsightsTable),
    /// The whole answer.
    Done(Scanned, InsightsTable),
    /// Asked again at `next`; what the server has done so far is not lost.
    Retrying { problem: Problem, next: Time },
    /// There will be no answer.
    Failed(Problem),
}

/// How much was looked at; bytes are what the query costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    pub matched: u64,
    pub records: u64,
    pub bytes: u64,
}

/// Rows of an answer, harmless to print, secrets masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsightsTable {
    /// Names of the fields, in the order in which the query names them.
    pub columns: Vec<Box<str>>,
    /// One cell for each column; empty where a record does not have the field.
    pub rows: Vec<Vec<Box<str>>>,
}
