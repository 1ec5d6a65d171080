//! What is read once, because somebody asks for it by a line: the question, and what came. It changes nothing.

use serde_json::Value;

use super::Action;
use crate::model::ObjectRef;

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A reading line of kubectl, and the namespace where it names none.
    Kubectl {
        action: Box<Action>,
        namespace: String,
    },
    Fetch(Fetch),
    /// A query, and how far back it is looked at besides now (seconds).
    PromQl {
        query: String,
        range: i64,
    },
}

/// A web address that is fetched, as `curl` would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetch {
    pub url: String,
    /// Only the head of the answer.
    pub head: bool,
    /// Whether redirects are followed.
    pub follow: bool,
    /// Whether any certificate will do.
    pub insecure: bool,
    /// Whether an answer of 400 and above is a failure.
    pub fail: bool,
    pub headers: Vec<(String, String)>,
    /// Whether the body is shown.
    pub body: bool,
    /// What is written after it: `%{http_code}`.
    pub write_out: String,
    /// Seconds.
    pub timeout: Option<u64>,
}

/// What came. Harmless to show, secrets masked, and bounded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// As a program would have ended; none: it has no such thing.
    pub exit: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// Of a fetch.
    pub status: Option<u16>,
    /// Of a query: the series, with their last values.
    pub series: Option<Vec<Line>>,
    /// Objects that are to be described by whoever knows what is around them.
    pub objects: Vec<(ObjectRef, Value)>,
    pub milliseconds: u64,
}

/// One series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub labels: String,
    /// The last value.
    pub value: f64,
    /// When that was, in seconds before now.
    pub age: f64,
    /// The values before, the oldest first; empty where nobody asked for them.
    pub before: Vec<f64>,
}
