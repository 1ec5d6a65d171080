//! Queries of Insights: begun, asked after, stopped.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::CloudWatch;
use super::fault::Refusal;
use super::groups::Group;
use super::insights::{Entry, Query};
use super::records::records;
use super::wish::{Wish, group_of};
use crate::sim::seed::names::digits;

/// How many queries are remembered.
const MOST: usize = 50;
/// How many records one query looks at.
const MOST_LOOKED_AT: usize = 400_000;
const SLICE: SignedDuration = SignedDuration::from_mins(5);

/// The queries that were begun.
#[derive(Debug, Default)]
pub(super) struct Queries {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    begun: u64,
    queries: VecDeque<Begun>,
}

#[derive(Clone, Debug)]
struct Begun {
    id: String,
    query: Query,
    groups: Vec<Group>,
    from: Timestamp,
    to: Timestamp,
    /// When it was begun, or its answer was found.
    since: Instant,
    /// The whole answer, which is found at the first question after it and kept back for a while.
    outcome: Option<Value>,
    stopped: bool,
}

impl Queries {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) fn start(cloud: &CloudWatch, input: &Value) -> Result<Value, Refusal> {
    let wish = Wish(input);
    let mut names: Vec<&str> = wish.text("logGroupName")?.into_iter().collect();
    names.extend(wish.texts("logGroupNames")?);
    names.extend(wish.texts("logGroupIdentifiers")?.into_iter().map(group_of));
    if names.is_empty() {
        return Err(Refusal::invalid(
            "Either logGroupName, logGroupNames or logGroupIdentifiers must be specified.",
        ));
    }
    let groups = names.into_iter().map(|name| cloud.group(name)).collect::<Result<Vec<_>, _>>()?;
    let seconds = |name: &str| -> Result<Timestamp, Refusal> {
        let number = wish.number(name)?.ok_or_else(|| {
            Refusal::invalid(format!(
                "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must not be null"
            ))
        })?;
        // Seconds by the reference; milliseconds are understood as well, as by the real service.
        let read = if number > 100_000_000_000 {
            Timestamp::from_millisecond(number)
        } else {
            Timestamp::from_second(number)
        };
        read.map_err(|_| Refusal::invalid(format!("{name} is out of range")))
    };
    let (from, to) = (seconds("startTime")?, seconds("endTime")?);
    if from > to {
        return Err(Refusal::malformed("End time should not be before start time."));
    }
    let text = wish.text("queryString")?.unwrap_or_default();
    let mut query = Query::read(text).map_err(Refusal::malformed)?;
    if let Some(limit) = wish.number("limit")? {
        let limit = usize::try_from(limit).ok().filter(|n| (1..=10_000).contains(n));
        query.limit(limit.ok_or_else(|| Refusal::invalid("limit must be between 1 and 10000"))?);
    }
    let id = cloud.queries.with(|state| {
        state.begun += 1;
        let d = digits(&format!("query {}", state.begun), 32);
        let part = |from: usize, to: usize| d.get(from..to).unwrap_or_default().to_owned();
        let id = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
        state.queries.push_back(Begun {
            id: id.clone(),
            query,
            groups,
            from,
            to,
            since: Instant::now(),
            outcome: None,
            stopped: false,
        });
        if state.queries.len() > MOST {
            state.queries.pop_front();
        }
        id
    });
    Ok(json!({"queryId": id}))
}

pub(super) fn results(cloud: &CloudWatch, input: &Value) -> Result<Value, Refusal> {
    let id = Wish(input).text("queryId")?.unwrap_or_default().to_owned();
    let begun = cloud
        .queries
        .with(|state| state.queries.iter().find(|begun| begun.id == id).cloned());
    let begun = begun.ok_or_else(Refusal::no_query)?;
    let part = |status: &str, whole: &Value, share: f64| {
        let of = |name: &str| (whole["statistics"][name].as_f64().unwrap_or_default() * share).floor();
        json!({"status": status, "queryLanguage": "CWLI", "results": [], "statistics": {
            "recordsMatched": of("recordsMatched"), "recordsScanned": of("recordsScanned"), "bytesScanned": of("bytesScanned"),
        }})
    };
    if begun.stopped {
        return Ok(part("Cancelled", &Value::Null, 0.0));
    }
    let outcome = match &begun.outcome {
        Some(outcome) => outcome.clone(),
        None => {
            let outcome = run(cloud, &begun);
            cloud.queries.with(|state| {
                if let Some(begun) = state.queries.iter_mut().find(|begun| begun.id == id) {
                    begun.outcome = Some(outcome.clone());
                    begun.since = Instant::now();
                }
            });
            return Ok(part("Running", &outcome, 0.0));
        }
    };
    let share = begun.since.elapsed().as_secs_f64() / cloud.habits().query.as_secs_f64().max(0.001);
    if share < 1.0 {
        return Ok(part("Running", &outcome, share));
    }
    Ok(outcome)
}

pub(super) fn stop(cloud: &CloudWatch, input: &Value) -> Result<Value, Refusal> {
    let id = Wish(input).text("queryId")?.unwrap_or_default().to_owned();
    let runs = cloud.habits().query;
    cloud.queries.with(|state| {
        let begun = state
            .queries
            .iter_mut()
            .find(|begun| begun.id == id)
            .ok_or_else(Refusal::no_query)?;
        if begun.since.elapsed() >= runs || begun.stopped {
            return Err(Refusal::invalid("Provided query is already complete."));
        }
        begun.stopped = true;
        Ok(json!({"success": true}))
    })
}

/// Looks at the records slice by slice: the world must go on meanwhile.
fn run(cloud: &CloudWatch, begun: &Begun) -> Value {
    let mut entries = Vec::new();
    let (mut scanned, mut bytes) = (0_usize, 0_usize);
    for group in &begun.groups {
        let (oldest, newest) = {
            let world = cloud.world.read();
            let streams = group.streams(&world);
            let began = streams.values().filter_map(super::groups::Stream::began).min();
            let oldest = began.unwrap_or_else(|| group.kept_from(&world)).max(group.kept_from(&world));
            (oldest, group.known_until(&world))
        };
        // The newest first: they are what a query without an order tells.
        let (mut to, from) = (begun.to.min(newest), begun.from.max(oldest));
        while to > from && scanned < MOST_LOOKED_AT {
            let low = (to - SLICE).max(from);
            let world = cloud.world.read();
            for (name, stream) in group.streams(&world).iter().filter(|(_, stream)| stream.spans(low, to)) {
                for record in records(&world, group, name, stream, low, to) {
                    let within = Timestamp::from_millisecond(record.place.at).is_ok_and(|at| at >= low && at < to);
                    if !within {
                        continue;
                    }
                    scanned += 1;
                    bytes += record.message.len();
                    let entry = Entry::new(group, record);
                    if begun.query.keeps(&entry) {
                        entries.push(entry);
                    }
                }
            }
            to = low;
        }
    }
    let matched = entries.len();
    let results = begun.query.results(entries);
    json!({
        "status": "Complete", "queryLanguage": "CWLI", "results": results,
        "statistics": {"recordsMatched": matched as f64, "recordsScanned": scanned as f64, "bytesScanned": bytes as f64},
    })
}
