//! The records themselves: of a group through a filter, or of one stream forwards and backwards.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::CloudWatch;
use super::fault::Refusal;
use super::groups::{Group, Stream};
use super::pattern::Pattern;
use super::records::{Record, records};
use super::token::{self, Place};
use super::wish::Wish;
use crate::sim::world::World;

/// The most events of one answer, and the most of its text.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 1 << 20;
/// How many records are looked at for one answer: more are the next page's.
const MOST_LOOKED_AT: usize = 25_000;
/// How much time is looked at in one go.
const SLICE: SignedDuration = SignedDuration::from_mins(2);

/// Which streams are meant.
#[derive(Clone, Debug)]
struct Streams<'a> {
    names: Vec<&'a str>,
    prefix: Option<&'a str>,
}

impl Streams<'_> {
    fn has(&self, name: &str) -> bool {
        (self.names.is_empty() || self.names.contains(&name)) && self.prefix.is_none_or(|prefix| name.starts_with(prefix))
    }
}

pub(super) fn filter(cloud: &CloudWatch, input: &Value) -> Result<Value, Refusal> {
    let wish = Wish(input);
    let group = cloud.group(wish.group()?)?;
    let streams = Streams {
        names: wish.texts("logStreamNames")?,
        prefix: wish.text("logStreamNamePrefix")?,
    };
    if !streams.names.is_empty() && streams.prefix.is_some() {
        return Err(Refusal::invalid(
            "logStreamNames and logStreamNamePrefix cannot be specified together.",
        ));
    }
    let pattern = wish.text("filterPattern")?.unwrap_or_default();
    let filter = Pattern::read(pattern).map_err(|wrong| Refusal::invalid(format!("Invalid filter pattern: {wrong}")))?;
    let limit = wish.limit("limit", MOST)?;
    let (start, end) = (wish.time("startTime")?, wish.time("endTime")?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(Refusal::invalid("startTime must not be after endTime."));
    }
    let question = format!("filter {} {streams:?} {pattern} {start:?} {end:?}", group.name);
    let after = wish.text("nextToken")?.map(|token| token::read(token, &question)).transpose()?;
    let world = cloud.world.read();
    let known = group.streams(&world);
    if streams.names.iter().any(|name| !known.contains_key(*name)) {
        return Err(Refusal::no_stream());
    }
    let meant: BTreeMap<&String, &Stream<'_>> = known.iter().filter(|(name, _)| streams.has(name)).collect();
    let mut page = Page {
        group: &group,
        filter: &filter,
        limit,
        events: Vec::new(),
        bytes: 0,
        looked_at: 0,
    };
    let next = page.fill(&world, &meant, start, end, after);
    let searched: Vec<Value> = streams
        .names
        .iter()
        .map(|name| json!({"logStreamName": name, "searchedCompletely": next.is_none()}))
        .collect();
    let mut output = json!({"events": page.events, "searchedLogStreams": searched});
    if let Some(place) = next {
        output["nextToken"] = json!(token::write(&place, &question));
    }
    Ok(output)
}

/// One answer in the making.
struct Page<'a> {
    group: &'a Group,
    filter: &'a Pattern,
    limit: usize,
    events: Vec<Value>,
    bytes: usize,
    looked_at: usize,
}

impl Page<'_> {
    /// Looks at one slice of time after the other. Returns where the next page begins, if there may be one.
    fn fill(
        &mut self,
        world: &World,
        streams: &BTreeMap<&String, &Stream<'_>>,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
        after: Option<Place>,
    ) -> Option<Place> {
        let known_until = self.group.known_until(world);
        // The end of the time asked for belongs to it.
        let end = end.map_or(known_until, |end| {
            end.saturating_add(SignedDuration::from_millis(1)).unwrap_or(end).min(known_until)
        });
        let oldest = streams.values().filter_map(|stream| stream.began()).min();
        let oldest = oldest
            .unwrap_or_else(|| self.group.kept_from(world))
            .max(self.group.kept_from(world));
        let mut from = start.unwrap_or(oldest).max(oldest);
        if let Some(place) = &after {
            from = from.max(Timestamp::from_millisecond(place.at).unwrap_or(from));
        }
        while from < end {
            let to = (from + SLICE).min(end);
            let mut found: Vec<Record> = Vec::new();
            for (name, stream) in streams.iter().filter(|(_, stream)| stream.spans(from, to)) {
                found.extend(records(world, self.group, name, stream, from, to));
            }
            let (low, high) = (from.as_millisecond(), to);
            found.retain(|record| record.place.at >= low && Timestamp::from_millisecond(record.place.at).is_ok_and(|at| at < high));
            found.sort_by(|a, b| a.place.cmp(&b.place));
            for record in found {
                if after.as_ref().is_some_and(|after| record.place < *after) {
                    continue;
                }
                if self.is_full() {
                    return Some(record.place);
                }
                self.take(&record);
            }
            from = to;
            if self.is_full() && from < end {
                return Some(Place {
                    at: from.as_millisecond(),
                    ..Place::default()
                });
            }
        }
        None
    }

    fn is_full(&self) -> bool {
        self.events.len() >= self.limit || self.bytes >= MOST_BYTES || self.looked_at >= MOST_LOOKED_AT
    }

    fn take(&mut self, record: &Record) {
        self.looked_at += 1;
        if !self.filter.fits(&record.message) {
            return;
        }
        self.bytes += record.message.len() + 26;
        self.events.push(json!({
            "logStreamName": record.place.stream, "timestamp": record.place.at, "message": record.message,
            "ingestionTime": record.ingested, "eventId": record.id(self.group),
        }));
    }
}

pub(super) fn get(cloud: &CloudWatch, input: &Value) -> Result<Value, Refusal> {
    let wish = Wish(input);
    let group = cloud.group(wish.group()?)?;
    let Some(name) = wish.text("logStreamName")? else {
        return Err(Refusal::invalid(
            "1 validation error detected: Value at 'logStreamName' failed to satisfy constraint: Member must not be null",
        ));
    };
    let limit = wish.limit("limit", MOST)?;
    let (start, end) = (wish.time("startTime")?, wish.time("endTime")?);
    let question = format!("get {} {name}", group.name);
    let token = wish.text("nextToken")?;
    let world = cloud.world.read();
    let streams = group.streams(&world);
    let Some(stream) = streams.get(name) else {
        return Err(Refusal::no_stream());
    };
    let oldest = stream
        .began()
        .unwrap_or_else(|| group.kept_from(&world))
        .max(group.kept_from(&world));
    let known_until = group.known_until(&world);
    let low = start.unwrap_or(oldest).max(oldest);
    let high = end.unwrap_or(known_until).min(known_until);
    let read = |text: &str| token::read(text, &question);
    let (forwards, from) = match token.map(|token| token.split_once('/')) {
        None => (wish.flag("startFromHead")?, None),
        Some(Some(("f", place))) => (true, Some(read(place)?)),
        Some(Some(("b", place))) => (false, Some(read(place)?)),
        Some(_) => return Err(Refusal::invalid("The specified nextToken is invalid.")),
    };
    let walk = Walk {
        world: &world,
        group: &group,
        name,
        stream,
        low,
        high,
    };
    let found = if forwards {
        walk.forwards(from.as_ref(), limit)
    } else {
        walk.backwards(from.as_ref(), limit)
    };
    let told = |record: &Record| json!({"timestamp": record.place.at, "message": record.message, "ingestionTime": record.ingested});
    let events: Vec<Value> = found.iter().map(told).collect();
    // With nothing found both tokens lead back to where one stands.
    let here = from.unwrap_or_else(|| Place {
        at: if forwards { low } else { high }.as_millisecond(),
        ..Place::default()
    });
    let first = found.first().map_or_else(|| here.clone(), |record| record.place.clone());
    let next = found.last().map_or(here, |record| Place {
        nth: record.place.nth + 1,
        ..record.place.clone()
    });
    Ok(json!({
        "events": events,
        "nextForwardToken": format!("f/{}", token::write(&bare(next), &question)),
        "nextBackwardToken": format!("b/{}", token::write(&bare(first), &question)),
    }))
}

/// A place within one stream needs no name.
fn bare(place: Place) -> Place {
    Place {
        stream: String::new(),
        ..place
    }
}

/// Reads one stream.
struct Walk<'a> {
    world: &'a World,
    group: &'a Group,
    name: &'a str,
    stream: &'a Stream<'a>,
    low: Timestamp,
    high: Timestamp,
}

impl Walk<'_> {
    fn slice(&self, from: Timestamp, to: Timestamp) -> impl DoubleEndedIterator<Item = Record> {
        let (low, high) = (from.as_millisecond(), to);
        let all = records(self.world, self.group, self.name, self.stream, from, to).into_iter();
        all.filter(move |record| record.place.at >= low && Timestamp::from_millisecond(record.place.at).is_ok_and(|at| at < high))
    }

    fn forwards(&self, from: Option<&Place>, limit: usize) -> Vec<Record> {
        let (mut found, mut bytes) = (Vec::new(), 0);
        let mut at = from.map_or(self.low, |place| {
            Timestamp::from_millisecond(place.at).unwrap_or(self.low).max(self.low)
        });
        while at < self.high && found.len() < limit && bytes < MOST_BYTES {
            let to = (at + SLICE).min(self.high);
            for record in self.slice(at, to) {
                let before = from.is_some_and(|place| (record.place.at, record.place.nth) < (place.at, place.nth));
                if before || found.len() >= limit || bytes >= MOST_BYTES {
                    continue;
                }
                bytes += record.message.len() + 26;
                found.push(record);
            }
            at = to;
        }
        found
    }

    fn backwards(&self, from: Option<&Place>, limit: usize) -> Vec<Record> {
        let (mut found, mut bytes) = (Vec::new(), 0);
        let top = from.map_or(self.high, |place| {
            let after = Timestamp::from_millisecond(place.at.saturating_add(1)).unwrap_or(self.high);
            after.min(self.high)
        });
        let mut at = top;
        while at > self.low && found.len() < limit && bytes < MOST_BYTES {
            let to = at;
            at = (at - SLICE).max(self.low);
            for record in self.slice(at, to).rev() {
                let behind = from.is_some_and(|place| (record.place.at, record.place.nth) >= (place.at, place.nth));
                if behind || found.len() >= limit || bytes >= MOST_BYTES {
                    continue;
                }
                bytes += record.message.len() + 26;
                found.push(record);
            }
        }
        found.reverse();
        found
    }
}
