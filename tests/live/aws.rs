//! CloudWatch before third-party servers: `QD_LIVE_AWS` (all of AWS, pages, no Live Tail that lasts), `QD_LIVE_AWS_LIVETAIL`
//! (a Live Tail that lives, Insights) and `QD_LIVE_AWS_FAULTS` (throttles one question in five). A test writes its own
//! groups with Amazon's client and reads them with our source.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use quarterdeck::config;
use quarterdeck::model::{EnvId, Fact, GroupKey, InsightsFact, InsightsKey, LogFact, LogFrom, LogNote, NoteKind, Seen, Time};
use quarterdeck::source::Task;
use quarterdeck::source::cloudwatch::{self, Pace, check, follow, groups, insights};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Report;

/// How long a fact may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One test at a time: one of the servers mixes up the groups of its sessions.
static SERVERS: Mutex<()> = Mutex::new(());

/// A server and a group of the test's own in it.
struct Aws {
    runtime: tokio::runtime::Runtime,
    place: config::CloudWatch,
    group: String,
    report: Report,
    bell: watch::Sender<u64>,
    _alone: MutexGuard<'static, ()>,
}

/// Begins a test. `None`, said and reported, where the variable is not set.
fn begin(variable: &str, purpose: &str) -> Option<Aws> {
    let report = Report::of_this_test();
    let Some(url) = std::env::var(variable).ok().filter(|url| !url.is_empty()) else {
        println!("skipped: {variable} is not set");
        report.write("skipped");
        return None;
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let alone = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let place = config::CloudWatch {
        region: "us-east-1".into(),
        endpoint_url: url,
        ..config::CloudWatch::default()
    };
    let group = format!("/qd-live/{purpose}/{}", std::process::id());
    let aws = Aws {
        runtime,
        place,
        group,
        report,
        bell: watch::Sender::new(0),
        _alone: alone,
    };
    aws.runtime.block_on(async {
        let client = aws.client().await;
        client.create_log_group().log_group_name(&aws.group).send().await.unwrap();
        for stream in ["one", "two"] {
            let request = client.create_log_stream().log_group_name(&aws.group);
            request.log_stream_name(stream).send().await.unwrap();
        }
    });
    Some(aws)
}

impl Drop for Aws {
    fn drop(&mut self) {
        let request = async {
            self.client()
                .await
                .delete_log_group()
                .log_group_name(&self.group)
                .send()
                .await
                .is_ok()
        };
        if !self.runtime.block_on(request) {
            println!("log group {} was not deleted", self.group);
        }
        self.report.write(if std::thread::panicking() { "failed" } else { "passed" });
    }
}

impl Aws {
    /// A client to write with.
    async fn client(&self) -> Client {
        cloudwatch::connect(&self.place).await
    }

    /// Writes lines, a millisecond apart, the first of them so many milliseconds ago.
    async fn write(&self, stream: &str, ago: i64, lines: impl Iterator<Item = String>) {
        let begin = now_ms() - ago;
        let events: Vec<InputLogEvent> = (begin..)
            .zip(lines)
            .map(|(at, line)| InputLogEvent::builder().timestamp(at).message(line).build().unwrap())
            .collect();
        let client = self.client().await;
        for batch in events.chunks(5_000) {
            let request = client.put_log_events().log_group_name(&self.group).log_stream_name(stream);
            request.set_log_events(Some(batch.to_vec())).send().await.unwrap();
        }
    }

    fn follow(&self, pace: Pace) -> Told {
        let key = GroupKey {
            place: 0,
            group: self.group.as_str().into(),
            streams: "".into(),
            pattern: "".into(),
            from: LogFrom::Since(3_600),
            until: Time::NEVER,
        };
        let (tell, facts) = mpsc::channel(4);
        Told {
            _task: follow::spawn_at(
                pace,
                EnvId(0),
                key,
                self.place.clone(),
                Default::default(),
                self.bell.subscribe(),
                tell,
            ),
            facts,
            lines: BTreeMap::new(),
            notes: Vec::new(),
        }
    }
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// What the source told: each line with how often.
struct Told {
    _task: Task,
    facts: mpsc::Receiver<Fact>,
    lines: BTreeMap<String, usize>,
    notes: Vec<LogNote>,
}

impl Told {
    async fn next(&mut self, what: &str) -> LogFact {
        let fact = tokio::time::timeout(PATIENCE, self.facts.recv()).await;
        let fact = fact.unwrap_or_else(|_| panic!("waited in vain for {what}: {} lines", self.lines.len()));
        let Seen::Log(_, news) = fact.expect("it goes on").seen else {
            panic!("a log's fact")
        };
        match &news {
            LogFact::Branch(stream, lines) => {
                for line in lines {
                    *self.lines.entry(format!("{stream}: {}", line.text)).or_default() += 1;
                }
            }
            LogFact::Note(note) => self.notes.push(note.clone()),
            _ => {}
        }
        news
    }

    async fn following(&mut self) {
        while self.next("the log to be followed").await != LogFact::Following {}
    }

    /// Waits for so many lines; each must have been told once.
    async fn lines(&mut self, many: usize) {
        while self.lines.len() < many {
            self.next(&format!("{many} lines")).await;
        }
        assert!(self.lines.len() == many && self.lines.values().all(|count| *count == 1));
    }
}

fn quick() -> Pace {
    Pace {
        poll: (Duration::from_millis(100), Duration::from_millis(300)),
        pause: (Duration::from_millis(50), Duration::from_millis(200)),
        ..Pace::default()
    }
}

fn numbered(name: &str, numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(move |n| format!("{name} {n}"))
}

#[test]
fn pages_are_read_and_where_sessions_do_not_last_lines_still_come_once() {
    let Some(aws) = begin("QD_LIVE_AWS", "pages") else { return };
    aws.runtime.block_on(async {
        aws.write("one", 600_000, numbered("early", 0..7_000)).await;
        aws.write("two", 590_000, numbered("early", 0..5_500)).await;
        let mut told = aws.follow(quick());
        told.following().await;
        told.lines(12_500).await;
        for round in 0..5 {
            aws.write("one", 0, numbered("later", round * 10..round * 10 + 10)).await;
            told.lines(12_510 + round * 10).await;
        }
        // From before what was told already, but come in only now.
        aws.write("two", 15_000, numbered("late", 0..3)).await;
        told.lines(12_553).await;
    });
}

#[test]
fn groups_are_found_among_others_by_pattern() {
    let Some(aws) = begin("QD_LIVE_AWS", "groups") else { return };
    aws.runtime.block_on(async {
        check(&aws.place).await.unwrap();
        let client = aws.client().await;
        let pattern = format!("/qd-live/*/{}", std::process::id());
        let found = groups::list(&client, &aws.place, &[pattern]).await.unwrap();
        assert!(found.iter().any(|group| *group.name == *aws.group), "{found:?}");
        assert!(groups::list(&client, &aws.place, &["/nobody/*".into()]).await.unwrap().is_empty());
    });
}

#[test]
fn a_live_session_brings_lines_as_they_are_written() {
    let Some(aws) = begin("QD_LIVE_AWS_LIVETAIL", "live") else { return };
    // Nothing but the session may bring them.
    let pace = Pace {
        poll: (PATIENCE * 10, PATIENCE * 10),
        deep: PATIENCE * 10,
        ..quick()
    };
    aws.runtime.block_on(async {
        aws.write("one", 60_000, numbered("early", 0..100)).await;
        let mut told = aws.follow(pace);
        told.following().await;
        told.lines(100).await;
        for round in 0..20 {
            let written = Instant::now();
            aws.write("two", 0, numbered("later", round..round + 1)).await;
            told.lines(101 + round).await;
            assert!(written.elapsed() < Duration::from_secs(20));
        }
        assert!(told.notes.is_empty(), "{:?}", told.notes);
    });
}

#[test]
fn insights_answers_with_rows_and_what_it_cost() {
    let Some(aws) = begin("QD_LIVE_AWS_LIVETAIL", "insights") else {
        return;
    };
    aws.runtime.block_on(async {
        aws.write("one", 60_000, numbered("line", 0..50)).await;
        let key = InsightsKey {
            place: 0,
            groups: std::sync::Arc::new([aws.group.as_str().into()]),
            query: "fields @timestamp, @message | filter @message like /line 1/ | limit 100".into(),
            from: Time(now_ms() / 1000 - 600),
            until: Time(now_ms() / 1000 + 1),
            limit: 0,
        };
        let (tell, mut facts) = mpsc::channel(4);
        let _task = insights::spawn_at(quick(), EnvId(0), key, aws.place.clone(), aws.bell.subscribe(), tell);
        let (scanned, table) = loop {
            let fact = tokio::time::timeout(PATIENCE, facts.recv()).await.expect("an answer in time");
            match fact.expect("an answer").seen {
                Seen::Insights(_, InsightsFact::Done(scanned, table)) => break (scanned, table),
                Seen::Insights(_, InsightsFact::Running(..)) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(table.rows.len(), 11, "{table:?}");
        assert!(table.columns.iter().any(|column| &**column == "@message"));
        assert!(scanned.records > 0, "{scanned:?}");
    });
}

#[test]
fn a_server_that_throttles_is_borne_with_and_no_line_is_lost() {
    let Some(aws) = begin("QD_LIVE_AWS_FAULTS", "throttled") else {
        return;
    };
    aws.runtime.block_on(async {
        aws.write("one", 60_000, numbered("early", 0..100)).await;
        let mut told = aws.follow(Pace {
            poll: (Duration::from_millis(10), Duration::from_millis(20)),
            ..quick()
        });
        told.following().await;
        let mut written = 100;
        let deadline = Instant::now() + PATIENCE * 2;
        while !told.notes.iter().any(|note| note.kind == NoteKind::Throttled) {
            assert!(Instant::now() < deadline, "it never throttled");
            aws.write("two", 0, numbered("later", written..written + 1)).await;
            written += 1;
            told.lines(written).await;
        }
        aws.write("two", 0, numbered("last", 0..10)).await;
        told.lines(written + 10).await;
    });
}

#[test]
fn roles_are_taken_on_with_a_profile_and_with_a_web_identity() {
    let Some(aws) = begin("QD_LIVE_AWS", "roles") else { return };
    crate::cli::aws::roles(&aws.place.endpoint_url);
}
