//! Live Tail: what comes in, as it comes in, until the session's time is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::Response;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::fault::Refusal;
use super::groups::Group;
use super::pattern::Pattern;
use super::records::records;
use super::wish::{Wish, group_of};
use super::{CloudWatch, eventstream};
use crate::sim::face::{Face as _, Request, Streaming, response};

/// A session says something so often, if only that there is nothing.
const EVERY: Duration = Duration::from_secs(1);

/// Begins a session.
pub(super) fn start(cloud: Arc<CloudWatch>, request: Request, input: &Value) -> Result<Response<Body>, Refusal> {
    let wish = Wish(input);
    let identifiers = wish.texts("logGroupIdentifiers")?;
    if identifiers.is_empty() || identifiers.iter().any(|name| !name.starts_with("arn:") || name.ends_with(":*")) {
        return Err(Refusal::invalid("logGroupIdentifiers must be ARNs of log groups."));
    }
    let groups = identifiers
        .iter()
        .map(|name| cloud.group(group_of(name)))
        .collect::<Result<Vec<_>, _>>()?;
    let texts = |name: &str| -> Result<Vec<String>, Refusal> { Ok(wish.texts(name)?.into_iter().map(str::to_owned).collect()) };
    let (names, prefixes) = (texts("logStreamNames")?, texts("logStreamNamePrefixes")?);
    let filter = wish.text("logEventFilterPattern")?.unwrap_or_default();
    let filter = Pattern::read(filter).map_err(|wrong| Refusal::invalid(format!("Invalid filter pattern: {wrong}")))?;
    let begin = json!({
        "requestId": "simulated", "sessionId": "simulated", "logGroupIdentifiers": identifiers,
        "logStreamNames": names, "logStreamNamePrefixes": prefixes, "logEventFilterPattern": wish.text("logEventFilterPattern")?,
    });
    let habits = cloud.habits();
    let bell = cloud.world.listen();
    let from = {
        let world = cloud.world.read();
        groups.iter().map(|group| (group.name.clone(), group.known_until(&world))).collect()
    };
    let session = Session {
        ends: Instant::now() + habits.session,
        most: habits.most,
        cloud,
        request,
        groups,
        names,
        prefixes,
        filter,
        bell,
        from,
        known: BTreeMap::new(),
        over: false,
        ready: vec![
            eventstream::event("sessionStart", &begin),
            eventstream::event("initial-response", &json!({})),
        ],
    };
    let pieces = futures::stream::unfold(session, |mut session| async move {
        let piece = session.next().await?;
        Some((Ok::<_, std::io::Error>(Bytes::from(piece)), session))
    });
    let mut reply = response(200, "application/vnd.amazon.eventstream", Body::from_stream(pieces));
    reply.extensions_mut().insert(Streaming);
    Ok(reply)
}

struct Session {
    cloud: Arc<CloudWatch>,
    request: Request,
    groups: Vec<Group>,
    names: Vec<String>,
    prefixes: Vec<String>,
    filter: Pattern,
    bell: watch::Receiver<u64>,
    ends: Instant,
    most: usize,
    /// Up to when each group's records had come in when the session began.
    from: BTreeMap<String, Timestamp>,
    /// Up to when those of a stream were sent.
    known: BTreeMap<(String, String), Timestamp>,
    over: bool,
    /// Messages to be sent first, the last of them at first.
    ready: Vec<Vec<u8>>,
}

impl Session {
    async fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(ready) = self.ready.pop() {
            return Some(ready);
        }
        if self.over {
            return None;
        }
        tokio::select! {
            _ = self.bell.changed() => {}
            () = tokio::time::sleep(EVERY) => {}
            () = tokio::time::sleep_until(self.ends) => {}
        }
        let subject = self.cloud.subject(&self.request);
        if let Some(code) = self.cloud.desk.refuses(&self.request, &subject) {
            self.over = true;
            let refusal = Refusal::for_status(code, "Refused");
            return Some(eventstream::exception(refusal.kind(), &refusal.body()));
        }
        if Instant::now() >= self.ends {
            self.over = true;
            let body = json!({"__type": "SessionTimeoutException", "message": "The Live Tail session has timed out."});
            return Some(eventstream::exception("SessionTimeoutException", &body));
        }
        let mut events = self.news();
        let sampled = events.len() > self.most;
        events.truncate(self.most);
        let update = json!({"sessionMetadata": {"sampled": sampled}, "sessionResults": events});
        Some(eventstream::event("sessionUpdate", &update))
    }

    /// What has come in since the last time.
    fn news(&mut self) -> Vec<Value> {
        let world = self.cloud.world.read();
        let mut events = Vec::new();
        for group in &self.groups {
            for (name, stream) in group.streams(&world) {
                let named = self.names.is_empty() || self.names.contains(&name);
                if !named || !self.prefixes.is_empty() && !self.prefixes.iter().any(|prefix| name.starts_with(prefix)) {
                    continue;
                }
                let to = group.known_until_of(&name, &world);
                let begun = self.from.get(&group.name).copied().unwrap_or(to) - (group.delay_of(&name) - group.delay());
                let from = self.known.insert((group.name.clone(), name.clone()), to).unwrap_or(begun);
                if from >= to || !stream.spans(from, to) {
                    continue;
                }
                for record in records(&world, group, &name, &stream, from, to) {
                    // Whole milliseconds are looked at: what belongs to the next time is left to it.
                    let within = Timestamp::from_millisecond(record.place.at).is_ok_and(|at| at >= floor(from) && at < floor(to));
                    if within && self.filter.fits(&record.message) {
                        events.push(json!({
                            "logStreamName": name, "logGroupIdentifier": group.arn(), "message": record.message,
                            "timestamp": record.place.at, "ingestionTime": record.ingested,
                        }));
                    }
                }
            }
        }
        events
    }
}

fn floor(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
