//! Live Tail: a session that the server ends after three hours, and that sends a part only when there is too much.

use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatchlogs::types::{LogGroupClass, StartLiveTailResponseStream as Part};
use tokio::time::{Instant, timeout};

use super::client::without_prefix;
use super::follow::Follow;
use super::line::Event;
use super::problem::{self, Asked};
use super::tell::Closed;
use super::told::Sweep;
use crate::model::{NoteKind, Problem, ProblemKind};

/// How a session ended.
pub(super) enum Ended {
    /// After its time, as every session does.
    Capped,
    /// In the middle.
    Broken,
    /// Something is wrong that a question will tell of and that may pass: the way there, the credentials.
    Trouble(ProblemKind),
    /// It is not allowed, not known, or not for this group.
    Refused,
}

/// What a failure to begin means for what is done next.
fn meaning(problem: &Problem) -> Ended {
    match problem.kind {
        ProblemKind::Unreachable | ProblemKind::TimedOut | ProblemKind::Login => Ended::Trouble(problem.kind),
        _ => Ended::Refused,
    }
}

impl Follow {
    /// One session, from its begin to its end. The time before it is looked at once it stands, so that no line falls
    /// between the two.
    pub(super) async fn live(&mut self) -> Result<Ended, Closed> {
        let arn = match self.arn().await {
            Ok(arn) => arn,
            Err(ended) => return Ok(ended),
        };
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let place = self.place.clone();
        let request = self
            .client()
            .await
            .start_live_tail()
            .log_group_identifiers(arn)
            .set_log_stream_name_prefixes(self.streams.clone().map(|begin| vec![begin]))
            .set_log_event_filter_pattern(text(&self.key.pattern))
            .customize()
            .mutate_request(move |request| {
                if let Some(uri) = without_prefix(request.uri(), &place) {
                    // It was an address with the prefix; it is one without.
                    let _ = request.set_uri(uri);
                }
            });
        let place = self.place.clone();
        let group = self.key.group.clone();
        let asked = Asked {
            action: "logs:StartLiveTail",
            on: &group,
            place: &place,
        };
        let mut session = match timeout(self.pace.stall, request.send()).await {
            Ok(Ok(answer)) => answer.response_stream,
            Ok(Err(error)) => return Ok(meaning(&problem::of(&error, &asked))),
            Err(_) => return Ok(Ended::Trouble(ProblemKind::TimedOut)),
        };
        let mut sweep = Sweep::default();
        // What had come in before is known, or was not asked for; a session brings what comes in from now on.
        let before = self.anchor;
        let mut stands = false;
        let mut sampled = false;
        let mut filled = Instant::now();
        loop {
            let part = tokio::select! {
                part = timeout(self.pace.stall, session.recv()) => part,
                () = self.teller.closed() => return Err(Closed),
            };
            let update = match part {
                Err(_) | Ok(Ok(None)) => return Ok(Ended::Broken),
                Ok(Ok(Some(Part::SessionUpdate(update)))) => Some(update),
                Ok(Ok(Some(_))) => None,
                Ok(Err(error)) if error.code() == Some("SessionTimeoutException") => return Ok(Ended::Capped),
                Ok(Err(error)) => {
                    let problem = problem::of_stream(&error, &asked);
                    return Ok(match problem.kind {
                        ProblemKind::Login => Ended::Trouble(problem.kind),
                        _ => Ended::Broken,
                    });
                }
            };
            if !std::mem::replace(&mut stands, true) {
                self.look().await?;
                self.is_following().await?;
            }
            let Some(update) = update else { continue };
            let part_only = update.session_metadata.is_some_and(|metadata| metadata.sampled);
            let events: Vec<Event> = update.session_results.unwrap_or_default().into_iter().map(Event::from).collect();
            let old = |event: &Event| event.ingested <= before && event.at < self.told.floor();
            let events: Vec<Event> = events.into_iter().filter(|event| !old(event)).collect();
            if !part_only {
                self.note_times(&events);
            }
            let events = events.into_iter().filter(|event| self.told.is_new(&mut sweep, event)).collect();
            self.teller.events(events).await?;
            if part_only && !sampled {
                let text = "Live Tail sends only a part of more than 500 lines a second: the rest is asked for";
                self.teller.note(NoteKind::Sampled, text).await?;
            }
            let due = filled.elapsed() >= self.pace.poll.0;
            // After the last sampled part, too, its rest has still to come in.
            if (part_only || sampled) && due || filled.elapsed() >= self.pace.deep {
                self.look().await?;
                sweep.forget_before(self.told.floor());
                filled = Instant::now();
            }
            sampled = part_only || sampled && !due;
        }
    }

    /// The group's full name, which Live Tail wants; the list of groups tells it.
    async fn arn(&mut self) -> Result<String, Ended> {
        if let Some(arn) = &self.arn {
            return Ok(arn.clone());
        }
        let client = self.client().await;
        let mut token = None;
        loop {
            let request = client.describe_log_groups().log_group_name_prefix(&*self.key.group);
            let answer = request.set_next_token(token.clone()).send().await;
            let answer = answer.map_err(|error| {
                let asked = Asked {
                    action: "logs:DescribeLogGroups",
                    on: &self.key.group,
                    place: &self.place,
                };
                meaning(&problem::of(&error, &asked))
            })?;
            let named = |name: Option<&str>| name == Some(&*self.key.group);
            if let Some(group) = answer.log_groups().iter().find(|group| named(group.log_group_name())) {
                if matches!(
                    group.log_group_class(),
                    Some(LogGroupClass::InfrequentAccess | LogGroupClass::Delivery)
                ) {
                    return Err(Ended::Refused);
                }
                let arn = group.log_group_arn().or(group.arn()).ok_or(Ended::Refused)?;
                let arn = arn.trim_end_matches(":*").to_owned();
                self.arn = Some(arn.clone());
                return Ok(arn);
            }
            if answer.next_token.is_none() || answer.next_token == token {
                return Err(Ended::Refused);
            }
            token = answer.next_token;
        }
    }
}
