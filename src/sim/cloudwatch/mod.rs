//! CloudWatch Logs: groups and streams of what the containers and the database wrote, over Amazon's JSON 1.1
//! protocol. Records come from the runs that the world remembers, those of dead pods included, a few seconds late.

mod describe;
mod events;
mod eventstream;
mod fault;
mod groups;
mod insights;
mod live;
mod pattern;
mod queries;
mod records;
mod token;
mod wish;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http::{HeaderName, HeaderValue, Response};
use jiff::SignedDuration;
use serde_json::Value;

use crate::sim::face::{Call, Desk, Face, Request, Subject, response};
use crate::sim::seed::Environment;
use crate::sim::shared::SharedWorld;
use fault::Refusal;
use groups::Group;
use queries::Queries;

/// The largest request that is read.
const MOST_BODY: usize = 1 << 20;

/// The prefix of the operations' names in `X-Amz-Target`.
const SERVICE: &str = "Logs_20140328.";

/// The log service of one environment.
#[derive(Debug)]
pub struct CloudWatch {
    desk: Arc<Desk>,
    world: Arc<SharedWorld>,
    environment: Environment,
    queries: Queries,
    habits: Mutex<Habits>,
}

/// How the service behaves where the real one's limits would take a test too long.
#[derive(Clone, Debug, PartialEq)]
pub struct Habits {
    /// How long a Live Tail session may last.
    pub session: Duration,
    /// More events than these at once are sampled.
    pub most: usize,
    /// How long a query of Insights seems to run at least.
    pub query: Duration,
    /// Streams, by how their names begin, whose records come in later than the others', and by how much.
    pub late: Vec<(String, SignedDuration)>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            session: Duration::from_secs(3 * 3600),
            most: 500,
            query: Duration::from_millis(150),
            late: Vec::new(),
        }
    }
}

impl CloudWatch {
    pub fn new(world: Arc<SharedWorld>, environment: Environment) -> Arc<Self> {
        Arc::new(Self {
            desk: Desk::new(2_000),
            world,
            environment,
            queries: Queries::default(),
            habits: Mutex::default(),
        })
    }

    /// How it behaves now.
    pub fn habits(&self) -> Habits {
        self.habits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it behaves so; sessions that stand go on as they began.
    pub fn behave(&self, habits: Habits) {
        *self.habits.lock().unwrap_or_else(PoisonError::into_inner) = habits;
    }

    /// The group of this name.
    fn group(&self, name: &str) -> Result<Group, Refusal> {
        let mut group = groups::named(self.environment, name)?;
        group.late = self.habits().late;
        Ok(group)
    }

    /// Answers an operation.
    fn operate(&self, operation: &str, input: &Value) -> Result<Value, Refusal> {
        match operation {
            "DescribeLogGroups" => describe::groups(self, input),
            "DescribeLogStreams" => describe::streams(self, input),
            "FilterLogEvents" => events::filter(self, input),
            "GetLogEvents" => events::get(self, input),
            "StartQuery" => queries::start(self, input),
            "GetQueryResults" => queries::results(self, input),
            "StopQuery" => queries::stop(self, input),
            _ => Err(Refusal::unknown_operation()),
        }
    }
}

impl Face for CloudWatch {
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    async fn answer(self: Arc<Self>, mut call: Call) -> Response<Body> {
        let target = call.request.header(&HeaderName::from_static("x-amz-target")).to_owned();
        let known = call.request.method == "POST" && call.request.path == "/";
        let Some(operation) = target.strip_prefix(SERVICE).filter(|_| known).map(str::to_owned) else {
            let what = if target.is_empty() { String::new() } else { format!(" {target}") };
            self.desk
                .unknown_route(format!("{} {}{what}", call.request.method, call.request.path));
            return Refusal::unknown_operation().response();
        };
        let input = match call.body(MOST_BODY).await {
            Ok(body) if body.is_empty() => Value::Object(serde_json::Map::new()),
            Ok(body) => match serde_json::from_slice::<Value>(&body) {
                Ok(input) if input.is_object() => input,
                _ => return Refusal::serialization("the request is no JSON object").response(),
            },
            Err(_) => return Refusal::invalid("the request is too large").response(),
        };
        if operation == "StartLiveTail" {
            let begun = live::start(Arc::clone(&self), call.request.clone(), &input);
            return begun.unwrap_or_else(|refusal| refusal.response());
        }
        // Hours of lines are made when asked for: not on the threads that serve everybody else.
        let face = Arc::clone(&self);
        let name = operation.clone();
        let work = tokio::task::spawn_blocking(move || face.operate(&name, &input));
        match work.await {
            Ok(Ok(output)) => response(200, "application/x-amz-json-1.1", output.to_string()),
            Ok(Err(refusal)) => {
                if refusal.is_unknown_operation() {
                    self.desk.unknown_route(format!("POST / {target}"));
                }
                refusal.response()
            }
            Err(_) => Refusal::internal().response(),
        }
    }

    /// Faults may stand on one operation, by its name.
    fn subject(&self, request: &Request) -> Subject {
        let target = request.header(&HeaderName::from_static("x-amz-target"));
        Subject {
            resource: target.strip_prefix(SERVICE).map(str::to_owned),
            single: true,
        }
    }

    fn refuse(&self, _request: &Request, code: u16, reason: &str) -> Response<Body> {
        Refusal::for_status(code, reason).response()
    }
}

/// Sets the header by which Amazon's clients know an error.
fn with_error_type(mut reply: Response<Body>, kind: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(kind) {
        reply.headers_mut().insert(HeaderName::from_static("x-amzn-errortype"), value);
    }
    reply
}
