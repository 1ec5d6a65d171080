//! One question for events, and the walk through its pages.

use std::collections::VecDeque;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use tokio::time::Instant;

use super::follow::Follow;
use super::line::Event;
use super::problem::{self, Asked};
use super::tell::{Closed, now_ms};
use super::told::Sweep;
use crate::config::CloudWatch;
use crate::model::{GroupKey, LogFact, LogFrom, NoteKind, Problem, ProblemKind};

/// Most events of one answer.
const PAGE: i32 = 10_000;
/// How far the clocks of this machine and of CloudWatch may be apart, in milliseconds: it takes no requests from others.
pub(super) const SKEW: i64 = 300_000;
/// The last so many lines: found by looking back so far at first, each time so many times farther, until the beginning.
const LOOK: (i64, i64, i64) = (30_000, 8, 90 * 86_400_000);
/// Most lines that "the last so many" may be.
const TAIL: usize = 100_000;
/// Once told that CloudWatch asks to slow down, it is not told again for so long.
const QUIET: Duration = Duration::from_secs(60);

/// The times that are asked for, in milliseconds since 1970, both ends included.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub start: Option<i64>,
    pub end: Option<i64>,
}

struct Page {
    events: Vec<Event>,
    next: Option<String>,
}

/// A walk through the pages of a window.
struct Walk {
    window: Window,
    token: Option<String>,
    /// The newest event that was seen on it.
    reached: i64,
    sweep: Sweep,
}

impl Walk {
    fn through(window: Window) -> Self {
        Self {
            window,
            token: None,
            reached: window.start.unwrap_or(0),
            sweep: Sweep::default(),
        }
    }

    /// Begins anew where it was: tokens go stale in a long pause. What was told of the same moment is known.
    fn resume(&mut self) {
        self.token = None;
        self.window.start = Some(self.reached);
        self.sweep = Sweep::default();
    }

    fn turn(&mut self, page: &mut Page) {
        self.reached = page.events.iter().map(|event| event.at).fold(self.reached, i64::max);
        self.token = page.next.take();
    }
}

async fn ask(
    client: &Client,
    place: &CloudWatch,
    key: &GroupKey,
    begin: Option<String>,
    window: Window,
    token: Option<&str>,
) -> Result<Page, Problem> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    // Amazon orders events by time whether asked to or not; stand-ins have to be asked.
    #[allow(deprecated)]
    let request = client.filter_log_events().interleaved(true);
    let request = request
        .log_group_name(&*key.group)
        .set_log_stream_name_prefix(begin)
        .set_filter_pattern(text(&key.pattern))
        .set_start_time(window.start)
        .set_end_time(window.end)
        .set_next_token(token.map(str::to_owned))
        .limit(PAGE);
    let asked = Asked {
        action: "logs:FilterLogEvents",
        on: &key.group,
        place,
    };
    match request.send().await {
        Ok(answer) => Ok(Page {
            events: answer.events.unwrap_or_default().into_iter().map(Event::from).collect(),
            next: answer.next_token.filter(|next| Some(next.as_str()) != token),
        }),
        Err(error) => Err(problem::of(&error, &asked)),
    }
}

impl Follow {
    /// The next page of a walk, however long it takes: what waiting, a login or other rights can help is waited for, and
    /// told. The walk goes on where it was.
    async fn page(&mut self, walk: &mut Walk) -> Result<Page, Closed> {
        let mut pause = self.pace.pause.0;
        let mut silent = true;
        let mut trouble: Option<Instant> = None;
        loop {
            let client = self.client().await;
            let problem = match ask(
                &client,
                &self.place,
                &self.key,
                self.streams.clone(),
                walk.window,
                walk.token.as_deref(),
            )
            .await
            {
                Ok(mut page) => {
                    walk.turn(&mut page);
                    if let Some(since) = trouble {
                        self.recovered(since).await?;
                    }
                    return Ok(page);
                }
                Err(problem) => problem,
            };
            match problem.kind {
                ProblemKind::Config if walk.token.is_some() => {
                    walk.resume();
                    self.wait(pause).await?;
                    continue;
                }
                ProblemKind::Denied | ProblemKind::NotFound | ProblemKind::Config => {
                    trouble.get_or_insert_with(Instant::now);
                    self.teller.tell(LogFact::Failed(problem)).await?;
                    self.wait_for_bell().await?;
                    continue;
                }
                ProblemKind::Throttled => {
                    if self.throttled.is_none_or(|at| at.elapsed() > QUIET) {
                        let text = "CloudWatch asks to slow down: lines come later, none is lost";
                        self.teller.note(NoteKind::Throttled, text).await?;
                    }
                    self.throttled = Some(Instant::now());
                }
                // What breaks once is no news.
                ProblemKind::Unreachable | ProblemKind::TimedOut if std::mem::take(&mut silent) => continue,
                // Credentials may be new when they are read the next time.
                ProblemKind::Login => self.forget_client(),
                _ => {}
            }
            trouble.get_or_insert_with(Instant::now);
            self.teller.retrying(problem, pause).await?;
            self.wait(pause).await?;
            pause = (pause * 2).min(self.pace.pause.1);
        }
    }

    async fn recovered(&mut self, since: Instant) -> Result<(), Closed> {
        self.broken = None;
        if self.following {
            let seconds = since.elapsed().as_secs().max(1);
            let text = format!("CloudWatch answers again after {seconds} s; nothing is missing");
            self.teller.note(NoteKind::Reconnected, text).await?;
            self.teller.tell(LogFact::Following).await?;
        }
        Ok(())
    }

    /// Tells what is there already, from where the key says.
    pub(super) async fn history(&mut self) -> Result<(), Closed> {
        let now = now_ms();
        let end = self.end();
        let start = match self.key.from {
            LogFrom::Tail(lines) => return self.tail(usize::try_from(lines).unwrap_or(TAIL).clamp(1, TAIL)).await,
            LogFrom::Since(seconds) => end.unwrap_or(now).min(now).saturating_sub(i64::from(seconds) * 1000),
            LogFrom::Start => 0,
        };
        self.begin = start;
        self.walk(Window {
            start: Some(start).filter(|start| *start > 0),
            end,
        })
        .await?;
        self.advance(now);
        Ok(())
    }

    /// The last so many lines: CloudWatch tells oldest first only, so ever longer times are looked at, backwards.
    async fn tail(&mut self, lines: usize) -> Result<(), Closed> {
        let now = now_ms();
        let last = self.end().unwrap_or(i64::MAX).min(now);
        let (first, farther, farthest) = LOOK;
        let mut kept: VecDeque<Event> = VecDeque::new();
        let (mut reach, mut end) = (first, self.end());
        loop {
            let start = Some(last - reach).filter(|_| reach <= farthest);
            let mut walk = Walk::through(Window { start, end });
            let mut older: VecDeque<Event> = VecDeque::new();
            loop {
                older.extend(self.page(&mut walk).await?.events);
                let excess = (kept.len() + older.len()).saturating_sub(lines);
                older.drain(..excess.min(older.len()));
                if walk.token.is_none() {
                    break;
                }
            }
            older.append(&mut kept);
            kept = older;
            match start {
                Some(start) if kept.len() < lines => end = Some(start - 1),
                _ => break,
            }
            reach = reach.saturating_mul(farther);
        }
        // Late lines are looked for later on, but not from before the first that was asked for.
        self.begin = kept.front().map_or(last - SKEW, |event| event.at);
        let mut sweep = Sweep::default();
        let events: Vec<Event> = kept.into();
        self.note_times(&events);
        let events = events.into_iter().filter(|event| self.told.is_new(&mut sweep, event)).collect();
        self.teller.events(events).await?;
        self.advance(now);
        Ok(())
    }

    /// Walks through all pages of a window and tells what is new there. How many lines that was.
    pub(super) async fn walk(&mut self, window: Window) -> Result<usize, Closed> {
        let mut walk = Walk::through(window);
        let mut found = 0;
        loop {
            let events = self.page(&mut walk).await?.events;
            self.note_times(&events);
            let fresh = events.into_iter().filter(|event| self.told.is_new(&mut walk.sweep, event));
            let fresh: Vec<Event> = fresh.collect();
            found += fresh.len();
            self.teller.events(fresh).await?;
            if walk.token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Looks for new lines, and for late ones among those of the time before.
    pub(super) async fn look(&mut self) -> Result<usize, Closed> {
        let began = now_ms();
        let deep = self.deep.is_none_or(|at| at.elapsed() >= self.pace.deep);
        let back = if deep { self.pace.back.1 } else { self.pace.back.0 };
        let back = i64::try_from(back.as_millis()).unwrap_or(SKEW);
        let start = self.anchor.saturating_sub(back).max(self.begin).max(self.told.floor());
        let found = self
            .walk(Window {
                start: Some(start),
                end: self.end(),
            })
            .await?;
        if deep {
            self.deep = Some(Instant::now());
        }
        if self.broken.take().is_some() {
            let text = "the Live Tail session broke and stands again; nothing is missing";
            self.teller.note(NoteKind::Reconnected, text).await?;
        }
        self.advance(began);
        Ok(found)
    }

    /// All up to this moment is told; but clocks differ.
    fn advance(&mut self, now: i64) {
        self.anchor = self.anchor.max(now - SKEW);
        let deepest = i64::try_from(self.pace.back.1.as_millis()).unwrap_or(SKEW);
        self.told.forget_before(self.anchor - deepest);
    }

    /// The server's clock is where its newest event came in.
    pub(super) fn note_times(&mut self, events: &[Event]) {
        let newest = events.iter().map(|event| event.ingested).max();
        self.anchor = self.anchor.max(newest.unwrap_or(i64::MIN));
    }

    /// Follows by asking again and again, for so long, or until the end that was asked for.
    pub(super) async fn poll(&mut self, how_long: Duration) -> Result<(), Closed> {
        let until = Instant::now() + how_long;
        let mut every = self.pace.poll.0;
        while Instant::now() < until && !self.is_over() {
            let began = Instant::now();
            let found = self.look().await?;
            self.is_following().await?;
            every = match found {
                0 => (every * 3 / 2).min(self.pace.poll.1),
                _ => self.pace.poll.0,
            };
            // Whoever was asked to slow down does so for a while.
            if self.throttled.is_some_and(|at| at.elapsed() < QUIET) {
                every = every.max(self.pace.poll.0 * 4).min(self.pace.poll.1);
            }
            // A look that takes long is no reason to look more often.
            self.wait(every.max(began.elapsed())).await?;
        }
        Ok(())
    }
}
