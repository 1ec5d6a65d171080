//! The contract between the source of CloudWatch, through Amazon's own client, and the simulated service.

mod asked;
mod following;
mod trouble;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::config;
use quarterdeck::model::{EnvId, Fact, GroupKey, LogFact, LogFrom, LogNote, NoteKind, Problem, Seen, Time};
use quarterdeck::sim::clock::{Clock, Pace as WorldPace};
use quarterdeck::sim::cloudwatch::CloudWatch;
use quarterdeck::sim::face::{Desk, Face as _, Scheme, Server};
use quarterdeck::sim::seed::{self, Environment};
use quarterdeck::sim::shared::SharedWorld;
use quarterdeck::sim::world::{Life, World};
use quarterdeck::source::Task;
use quarterdeck::source::cloudwatch::{Pace, follow};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::twin::PATIENCE;

const BACKEND: &str = "/solia/production/backend";

/// Times by which a test does not take longer than it must.
fn quick() -> Pace {
    Pace {
        poll: (Duration::from_millis(30), Duration::from_millis(100)),
        pause: (Duration::from_millis(30), Duration::from_millis(100)),
        short: Duration::from_millis(20),
        deep: Duration::from_millis(200),
        insights: (Duration::from_millis(30), Duration::from_millis(60)),
        ..Pace::default()
    }
}

/// The log service of production, in a world whose time moves when it is told to.
pub struct Cloud {
    pub world: Arc<SharedWorld>,
    clock: Arc<Clock>,
    pub face: Arc<CloudWatch>,
    server: Server<CloudWatch>,
    bell: watch::Sender<u64>,
    began: Timestamp,
}

pub async fn cloud() -> Cloud {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let now = Timestamp::now();
    let mut world = World::new(5, now - SignedDuration::from_mins(30), Life::Still);
    seed::solia(&mut world, Environment::Production);
    world.advance(now);
    let clock = Arc::new(Clock::new(now, WorldPace::Steps));
    let world = Arc::new(SharedWorld::new(world, Arc::clone(&clock)));
    let face = CloudWatch::new(Arc::clone(&world), Environment::Production);
    let server = Server::start(Arc::clone(&face), 0, Scheme::Http).await.unwrap();
    Cloud {
        world,
        clock,
        face,
        server,
        bell: watch::Sender::new(0),
        began: now,
    }
}

impl Cloud {
    pub fn place(&self) -> config::CloudWatch {
        config::CloudWatch {
            region: "eu-west-3".into(),
            endpoint_url: self.server.url(),
            ..config::CloudWatch::default()
        }
    }

    pub fn desk(&self) -> &Arc<Desk> {
        self.server.face().desk()
    }

    /// How often an operation was asked for.
    pub fn asked(&self, operation: &str) -> usize {
        let target = format!("Logs_20140328.{operation}");
        self.desk()
            .count(|request| request.headers.get("x-amz-target").is_some_and(|t| *t == target))
    }

    /// Lets the world's time go on.
    pub fn step(&self, seconds: i64) {
        self.clock.step(SignedDuration::from_secs(seconds));
        self.world.tick();
    }

    fn ring(&self) {
        self.bell.send_modify(|n| *n += 1);
    }

    /// What the group holds from then on, asked without our source: time and stream of each record, with how many.
    async fn truth(&self, from: i64) -> BTreeMap<(i64, String), usize> {
        let mut all = BTreeMap::new();
        let mut input = json!({"logGroupName": BACKEND, "startTime": from});
        loop {
            let request = reqwest::Client::new().post(self.server.url());
            let request = request
                .header("x-amz-target", "Logs_20140328.FilterLogEvents")
                .body(input.to_string());
            let page: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
            for event in page["events"].as_array().unwrap_or_else(|| panic!("{page}")) {
                let at = event["timestamp"].as_i64().unwrap();
                *all.entry((at, event["logStreamName"].as_str().unwrap().to_owned())).or_default() += 1;
            }
            match page["nextToken"].as_str() {
                Some(token) => input["nextToken"] = json!(token),
                None => return all,
            }
        }
    }

    fn follow(&self, pace: Pace, change: impl FnOnce(&mut GroupKey)) -> Told {
        let mut key = GroupKey {
            place: 0,
            group: BACKEND.into(),
            streams: "".into(),
            pattern: "".into(),
            from: LogFrom::Since(120),
            until: Time::NEVER,
        };
        change(&mut key);
        let (tell, facts) = mpsc::channel(4);
        Told {
            _task: follow::spawn_at(pace, EnvId(0), key, self.place(), Default::default(), self.bell.subscribe(), tell),
            facts,
            lines: BTreeMap::new(),
            notes: Vec::new(),
        }
    }
}

/// What the source told so far.
struct Told {
    _task: Task,
    facts: mpsc::Receiver<Fact>,
    lines: BTreeMap<(i64, String), usize>,
    notes: Vec<LogNote>,
}

impl Told {
    /// The next fact; lines and notes are kept.
    async fn next(&mut self, what: &str) -> Option<LogFact> {
        let fact = tokio::time::timeout(PATIENCE, self.facts.recv()).await;
        let fact = fact.unwrap_or_else(|_| panic!("waited in vain for {what}; notes: {:?}", self.notes));
        let Seen::Log(_, news) = fact?.seen else { panic!("a log's fact") };
        match &news {
            LogFact::Branch(stream, lines) => {
                for line in lines {
                    *self.lines.entry((line.nanos / 1_000_000, stream.to_string())).or_default() += 1;
                }
            }
            LogFact::Note(note) => self.notes.push(note.clone()),
            _ => {}
        }
        Some(news)
    }

    async fn following(&mut self) {
        while self.next("the log to be followed").await.expect("it goes on") != LogFact::Following {}
    }

    async fn problem(&mut self) -> Problem {
        loop {
            match self.next("a problem").await.expect("it goes on") {
                LogFact::Retrying { problem, .. } | LogFact::Failed(problem) => return problem,
                _ => {}
            }
        }
    }

    async fn note(&mut self, kind: NoteKind) {
        while !self.notes.iter().any(|note| note.kind == kind) {
            self.next(kind.word()).await.expect("it goes on");
        }
    }

    fn count(&self) -> usize {
        self.lines.values().sum()
    }

    /// Waits until as many lines are told as there are from then on, and compares each.
    async fn all(&mut self, cloud: &Cloud, from: i64) {
        let truth = cloud.truth(from).await;
        let many: usize = truth.values().sum();
        while self.count() < many {
            self.next(&format!("{} of {many} lines", self.count())).await.expect("it goes on");
        }
        let told: BTreeMap<_, _> = self.lines.iter().filter(|((at, _), _)| *at >= from).collect();
        assert!(told.into_iter().eq(truth.iter()), "{} told, {many} there", self.count());
    }
}
