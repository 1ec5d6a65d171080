//! Lists of groups and streams.

use serde_json::{Value, json};

use super::CloudWatch;
use super::fault::Refusal;
use super::groups::{Group, Stream};
use super::records::records;
use super::token::{self, Place};
use super::wish::Wish;
use crate::sim::logs;
use crate::sim::world::World;

/// How many groups or streams one answer lists at most.
const MOST: usize = 50;

pub(super) fn groups(cloud: &CloudWatch, input: &Value) -> Result<Value, Refusal> {
    let wish = Wish(input);
    let prefix = wish.text("logGroupNamePrefix")?;
    let pattern = wish.text("logGroupNamePattern")?;
    if prefix.is_some() && pattern.is_some() {
        return Err(Refusal::invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let limit = wish.limit("limit", MOST)?;
    let question = format!("groups {prefix:?} {pattern:?}");
    let start = start(wish, &question)?;
    let now = cloud.world.read().now();
    let all = super::groups::groups(cloud.environment);
    let lower = pattern.map(str::to_lowercase);
    let fits = |group: &&Group| {
        prefix.is_none_or(|prefix| group.name.starts_with(prefix))
            && lower.as_ref().is_none_or(|part| group.name.to_lowercase().contains(part.as_str()))
    };
    let fitting: Vec<&Group> = all.iter().filter(fits).collect();
    let created = now - jiff::SignedDuration::from_hours(24 * 214);
    let page: Vec<Value> = fitting
        .iter()
        .skip(start)
        .take(limit)
        .map(|group| {
            json!({
                "logGroupName": group.name, "arn": format!("{}:*", group.arn()), "logGroupArn": group.arn(),
                "creationTime": created.as_millisecond(), "retentionInDays": group.retention, "metricFilterCount": 0,
                "storedBytes": 1_000_000 + crate::sim::seed::names::hash(&group.name) % 9_000_000_000, "logGroupClass": "STANDARD",
            })
        })
        .collect();
    let mut output = json!({"logGroups": page});
    next(&mut output, start + limit, fitting.len(), &question);
    Ok(output)
}

pub(super) fn streams(cloud: &CloudWatch, input: &Value) -> Result<Value, Refusal> {
    let wish = Wish(input);
    let group = cloud.group(wish.group()?)?;
    let prefix = wish.text("logStreamNamePrefix")?;
    let by_time = match wish.text("orderBy")? {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") => true,
        Some(other) => {
            return Err(Refusal::invalid(format!(
                "1 validation error detected: Value '{other}' at 'orderBy' failed to satisfy constraint: \
                 Member must satisfy enum value set: [LogStreamName, LastEventTime]"
            )));
        }
    };
    if by_time && prefix.is_some() {
        return Err(Refusal::invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let descending = wish.flag("descending")?;
    let limit = wish.limit("limit", MOST)?;
    let question = format!("streams {} {prefix:?} {by_time} {descending}", group.name);
    let start = start(wish, &question)?;
    let world = cloud.world.read();
    let streams = group.streams(&world);
    let mut listed: Vec<(&String, &Stream<'_>, i64)> = streams
        .iter()
        .filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)))
        .map(|(name, stream)| (name, stream, if by_time { end(&world, &group, stream) } else { 0 }))
        .collect();
    listed.sort_by(|(a, _, x), (b, _, y)| (x, a).cmp(&(y, b)));
    if descending {
        listed.reverse();
    }
    let total = listed.len();
    let page = listed.into_iter().skip(start).take(limit);
    let page: Vec<Value> = page.map(|(name, stream, _)| described(&world, &group, name, stream)).collect();
    let mut output = json!({"logStreams": page});
    next(&mut output, start + limit, total, &question);
    Ok(output)
}

/// About when a stream's last record came: its end, or now.
fn end(world: &World, group: &Group, stream: &Stream<'_>) -> i64 {
    let now = group.known_until(world);
    let last = stream
        .runs
        .iter()
        .map(|(_, run)| run.ended.as_ref().map_or(now, |end| end.at))
        .max();
    last.unwrap_or(now).min(now).as_millisecond()
}

fn described(world: &World, group: &Group, name: &str, stream: &Stream<'_>) -> Value {
    let began = stream.began().unwrap_or_else(|| group.kept_from(world));
    let mut described = json!({
        "logStreamName": name, "arn": format!("{}:log-stream:{name}", group.arn()), "storedBytes": 0,
        "creationTime": began.as_millisecond(), "firstEventTimestamp": began.as_millisecond(),
    });
    if let Some(last) = last(world, group, name, stream) {
        described["lastEventTimestamp"] = json!(last);
        let delay = i64::try_from(group.delay().as_millis()).unwrap_or(0);
        described["lastIngestionTime"] = json!(last.saturating_add(delay));
        described["uploadSequenceToken"] = json!(crate::sim::seed::names::digits(name, 40));
    }
    described
}

/// The time of a stream's last record that has come in.
fn last(world: &World, group: &Group, name: &str, stream: &Stream<'_>) -> Option<i64> {
    let until = group.known_until(world);
    match stream.runs.last() {
        None => {
            let found = records(world, group, name, stream, until - jiff::SignedDuration::from_mins(10), until);
            found.last().map(|record| record.place.at)
        }
        Some((container, run)) => {
            let line = logs::tail(world, container, run, until, 1).pop()?;
            Some(line.at.as_millisecond())
        }
    }
}

/// Where a page begins.
fn start(wish: Wish<'_>, question: &str) -> Result<usize, Refusal> {
    let token = wish.text("nextToken")?;
    Ok(token
        .map(|token| token::read(token, question))
        .transpose()?
        .map_or(0, |place| place.nth))
}

/// Tells where the next page begins, if there is one.
fn next(output: &mut Value, from: usize, total: usize, question: &str) {
    if from < total {
        let place = Place {
            nth: from,
            ..Place::default()
        };
        output["nextToken"] = json!(token::write(&place, question));
    }
}
