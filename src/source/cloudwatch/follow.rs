//! A log group, read back and followed through everything that can happen to it.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::live::Ended;
use super::pace::Pace;
use super::tell::{Closed, Teller, now};
use super::told::Told;
use crate::config::{CloudWatch, LiveTail};
use crate::model::{EnvId, Fact, GroupKey, LogFact, ProblemKind, Streams};
use crate::redact::Mask;
use crate::source::Task;

/// How long after its end a window is looked at once more: lines come in late (seconds).
const GRACE: i64 = 30;
/// Sessions that end at once, one after the other, after which Live Tail is let alone.
const SHORT: u32 = 2;

/// Tells a log group until the task is dropped, or until its window is over. When the bell rings (somebody logged in, or
/// asked to connect anew), what failed is tried again at once.
pub fn spawn(env: EnvId, key: GroupKey, place: CloudWatch, mask: Mask, bell: watch::Receiver<u64>, facts: mpsc::Sender<Fact>) -> Task {
    spawn_at(Pace::default(), env, key, place, mask, bell, facts)
}

/// The same at another pace.
pub fn spawn_at(
    pace: Pace,
    env: EnvId,
    key: GroupKey,
    place: CloudWatch,
    mask: Mask,
    bell: watch::Receiver<u64>,
    facts: mpsc::Sender<Fact>,
) -> Task {
    let teller = Teller::new(env, key.clone(), mask, facts);
    let follow = Follow {
        pace,
        key,
        place: place.into(),
        teller,
        streams: None,
        bell,
        client: None,
        told: Told::default(),
        anchor: i64::MIN,
        begin: 0,
        following: false,
        throttled: None,
        deep: None,
        broken: None,
        arn: None,
    };
    Task::spawn(async move {
        // An error means that nobody listens any more.
        let _ = follow.run().await;
    })
}

/// A log group being followed.
pub(super) struct Follow {
    pub pace: Pace,
    pub key: GroupKey,
    pub place: Arc<CloudWatch>,
    pub teller: Teller,
    /// How the names of the streams begin that are read; `None`: all of them.
    pub streams: Option<String>,
    bell: watch::Receiver<u64>,
    client: Option<Client>,
    pub told: Told,
    /// Up to here all is told that has come in (milliseconds since 1970, by the server's clock as far as it is known).
    pub anchor: i64,
    /// Nothing from before this is asked for.
    pub begin: i64,
    /// Whether it was told that the log is followed.
    pub following: bool,
    /// When CloudWatch last asked to slow down.
    pub throttled: Option<Instant>,
    /// When late lines were last looked for far back.
    pub deep: Option<Instant>,
    /// When the session broke whose lines are still to be asked for.
    pub broken: Option<Instant>,
    /// The group's full name, once it is known.
    pub arn: Option<String>,
}

impl Follow {
    async fn run(mut self) -> Result<(), Closed> {
        self.streams = match self.key.streams.clone() {
            Streams::All => None,
            Streams::Begin(begin) => Some(begin.to_string()),
            Streams::Pod(pod) => Some(self.streams_of(&pod).await?),
        };
        self.history().await?;
        if self.key.until.is_known() {
            // A window has an end; its last lines come in a little later.
            while !self.is_over() {
                self.poll(Duration::from_secs(3600)).await?;
            }
            return self.teller.tell(LogFact::Ended).await;
        }
        if self.place.live_tail == LiveTail::Off {
            loop {
                self.poll(self.pace.again).await?;
            }
        }
        let mut short = 0;
        loop {
            let began = Instant::now();
            let ended = self.live().await?;
            if self.following && matches!(ended, Ended::Broken | Ended::Trouble(_)) {
                self.broken = Some(began);
            }
            match ended {
                Ended::Capped | Ended::Broken if began.elapsed() >= self.pace.short => short = 0,
                Ended::Capped | Ended::Broken if short + 1 < SHORT => {
                    short += 1;
                    self.look().await?;
                    self.wait(self.pace.pause.0).await?;
                }
                // The question tells what is the matter, waits for it to end, and closes the gap.
                Ended::Trouble(kind) => {
                    if kind == ProblemKind::Login {
                        self.forget_client();
                    }
                    self.look().await?;
                    self.wait(self.pace.pause.0).await?;
                }
                Ended::Capped | Ended::Broken | Ended::Refused => {
                    short = 0;
                    self.poll(self.pace.again).await?;
                }
            }
        }
    }

    /// The client; made anew after credentials failed.
    pub async fn client(&mut self) -> Client {
        match &self.client {
            Some(client) => client.clone(),
            None => {
                let client = super::connect(&self.place).await;
                self.client = Some(client.clone());
                client
            }
        }
    }

    pub fn forget_client(&mut self) {
        self.client = None;
    }

    /// Says once that the log is followed.
    pub async fn is_following(&mut self) -> Result<(), Closed> {
        if std::mem::replace(&mut self.following, true) {
            return Ok(());
        }
        self.teller.tell(LogFact::Following).await
    }

    /// The last moment that is asked for, in milliseconds since 1970.
    pub fn end(&self) -> Option<i64> {
        self.key
            .until
            .is_known()
            .then(|| self.key.until.0.saturating_mul(1000).saturating_add(999))
    }

    /// Whether the window that was asked for has passed.
    pub fn is_over(&self) -> bool {
        self.key.until.is_known() && now().0 > self.key.until.0.saturating_add(GRACE)
    }

    /// Waits so long, or until the bell rings.
    pub async fn wait(&mut self, how_long: Duration) -> Result<(), Closed> {
        let rung = tokio::select! {
            () = tokio::time::sleep(how_long) => false,
            () = ring(&mut self.bell) => true,
            () = self.teller.closed() => return Err(Closed),
        };
        if rung {
            self.client = None;
        }
        Ok(())
    }

    /// Waits until the bell rings; only other rights, or another name, can help.
    pub async fn wait_for_bell(&mut self) -> Result<(), Closed> {
        self.wait(Duration::from_secs(365 * 86_400)).await
    }
}

async fn ring(bell: &mut watch::Receiver<u64>) {
    if bell.changed().await.is_err() {
        // There is no bell any more: nothing to wake for.
        std::future::pending::<()>().await;
    }
}
