//! Records: the lines of a stream, as the log service keeps them.

use jiff::Timestamp;
use serde_json::json;

use super::groups::{Group, Kind, Stream};
use super::token::Place;
use crate::sim::logs::{self, Line};
use crate::sim::seed::names::digits;
use crate::sim::store::nanos;
use crate::sim::world::{Run, World};

/// One record of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub place: Place,
    pub message: String,
    /// Milliseconds since 1970.
    pub ingested: i64,
}

impl Record {
    /// Its number: 56 digits, the same whenever it is asked.
    pub fn id(&self, group: &Group) -> String {
        let place = &self.place;
        let text = digits(&format!("{}{}{}", group.name, place.stream, place.nth), 18);
        let tail: String = text.chars().map(|c| char::from(b'0' + (c as u8) % 10)).collect();
        // As with the real ones, larger is later.
        format!("{:020}{tail}{:018}", place.at, place.nth)
    }
}

/// The records of a stream in this time that have come in, in order.
pub(super) fn records(world: &World, group: &Group, name: &str, stream: &Stream<'_>, from: Timestamp, to: Timestamp) -> Vec<Record> {
    let from = from.max(group.kept_from(world));
    let to = to.min(group.known_until_of(name, world));
    if from >= to {
        return Vec::new();
    }
    // Places count within whole milliseconds: they are the same only if milliseconds are made whole.
    let (from, to) = (floor(from), ceil(to));
    let mut found: Vec<(i64, String)> = Vec::new();
    if group.kind == Kind::Database {
        let lines = logs::database_lines(world, from, to);
        found.extend(lines.iter().map(|line| (line.at.as_millisecond(), text(line))));
    }
    for (container, run) in &stream.runs {
        let lines = logs::lines(world, container, run, from, to);
        found.extend(lines.iter().map(|line| {
            let message = if group.kind == Kind::Everything {
                wrapped(line, container, run)
            } else {
                text(line)
            };
            (line.at.as_millisecond(), message)
        }));
    }
    found.sort_by_key(|(at, _)| *at);
    let delay = group.delay_of(name).as_millis();
    let (mut last, mut nth) = (i64::MIN, 0);
    found
        .into_iter()
        .map(|(at, message)| {
            nth = if at == last { nth + 1 } else { 0 };
            last = at;
            Record {
                place: Place {
                    at,
                    stream: name.to_owned(),
                    nth,
                },
                message,
                ingested: at.saturating_add(i64::try_from(delay).unwrap_or(0)),
            }
        })
        .collect()
}

fn floor(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_nanosecond().div_euclid(1_000_000) as i64).unwrap_or(at)
}

fn ceil(at: Timestamp) -> Timestamp {
    let down = floor(at);
    if down == at {
        return at;
    }
    Timestamp::from_millisecond(down.as_millisecond().saturating_add(1)).unwrap_or(at)
}

fn text(line: &Line) -> String {
    String::from_utf8_lossy(&line.text).into_owned()
}

/// A line as Fluent Bit sends it: with what the cluster knows about its container.
fn wrapped(line: &Line, container: &str, run: &Run) -> String {
    let id = run.id.trim_start_matches("containerd://");
    let place = &run.place;
    json!({
        "time": nanos(line.at), "stream": "stdout", "_p": "F", "log": text(line),
        "kubernetes": {
            "pod_name": place.pod, "namespace_name": place.namespace, "host": place.node, "labels": {"app": place.app},
            "container_name": container, "docker_id": id, "container_image": &*run.image,
        },
    })
    .to_string()
}
