//! The API server answers slowly, or asks to be left alone: what is seen of the cluster is then seen late.

use std::sync::Arc;

use crate::diagnosis::sight::Sight;
use crate::model::{Evidence, EvidenceKind, Finding, Kind, Lead, Link, ProblemKind, Server, Severity, Subject, Time, Uid};
use crate::store::FeedState;

/// A heartbeat that takes longer is slow (milliseconds).
const SLOW: u32 = 1000;

/// Heartbeats that it takes to say so.
const FEW: usize = 3;

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    // While there is no connection at all, the header says so.
    let Link::Ready(server) = &sight.seen.link else {
        return Vec::new();
    };
    let (slow, held) = (Slow::of(sight), Held::of(sight));
    if slow.is_none() && held.is_none() {
        return Vec::new();
    }
    let mut words = Vec::new();
    words.extend(slow.as_ref().map(Slow::words));
    words.extend(held.as_ref().map(Held::words));
    let since = [slow.as_ref().map(|s| s.since), held.as_ref().map(|h| h.since)];
    let since = since.into_iter().flatten().filter(|t| t.is_known()).min().unwrap_or_default();
    let mut finding = Finding::new(Severity::Warning, subject(server), words.join(" · ")).since(since);
    finding.evidence.extend(slow.map(Slow::evidence));
    finding.evidence.extend(held.into_iter().flat_map(|held| held.evidence));
    vec![finding]
}

fn subject(server: &Server) -> Subject {
    Subject {
        kind: Kind::of("", "apiserver"),
        namespace: "".into(),
        name: Arc::from(&*server.host),
        uid: Uid::of(&server.host),
    }
}

/// Heartbeats that took too long.
struct Slow {
    /// Those of the last minute, the newest first.
    beats: Vec<(Time, u32)>,
    median: u32,
    since: Time,
}

impl Slow {
    fn of(sight: &Sight<'_>) -> Option<Self> {
        let beats: Vec<_> = sight.seen.beats().rev().take_while(|(at, _)| at.age(sight.now) <= 60).collect();
        if beats.len() < FEW {
            return None;
        }
        let mut sorted: Vec<u32> = beats.iter().map(|(_, millis)| *millis).collect();
        sorted.sort_unstable();
        let median = sorted.get(sorted.len() / 2).copied()?;
        let all = beats.iter().take(FEW).all(|(_, millis)| *millis > SLOW);
        if !all && median <= SLOW {
            return None;
        }
        // The newest may be a good one among bad ones.
        let run = sight.seen.beats().rev().skip_while(|(_, millis)| *millis <= SLOW);
        let first = run.take_while(|(_, millis)| *millis > SLOW).last();
        Some(Self {
            beats,
            median,
            since: first.map_or(Time::NEVER, |(at, _)| at),
        })
    }

    fn words(&self) -> String {
        format!("answers slowly · {}", seconds(self.median))
    }

    fn evidence(self) -> Evidence {
        let times: Vec<String> = self.beats.iter().map(|(_, millis)| seconds(*millis)).collect();
        let text = format!("heartbeats of the last minute, the newest first: {}", times.join(", "));
        let at = self.beats.first().map_or(Time::NEVER, |(at, _)| *at);
        Evidence::new(EvidenceKind::Metric, text, at).lead(Lead::Command("kubectl get --raw '/readyz?verbose'".into()))
    }
}

/// Watches that it does not let go on.
struct Held {
    watches: usize,
    throttled: bool,
    since: Time,
    evidence: Vec<Evidence>,
}

impl Held {
    fn of(sight: &Sight<'_>) -> Option<Self> {
        let mut held = Vec::new();
        for (key, feed) in sight.seen.feeds() {
            if let FeedState::Retrying { since, problem, .. } = &feed.state
                && matches!(problem.kind, ProblemKind::Throttled | ProblemKind::TimedOut | ProblemKind::Server)
            {
                held.push((key, *since, problem));
            }
        }
        held.sort_by(|a, b| a.0.cmp(b.0));
        let throttled = held.iter().any(|(_, _, problem)| problem.kind == ProblemKind::Throttled);
        // One failed request happens; being told to wait, or two failures, says more.
        if !throttled && held.len() < 2 {
            return None;
        }
        let line = |(key, since, problem): &(&crate::model::FeedKey, Time, &crate::model::Problem)| {
            let text = format!("the watch of {} is held up: {problem}", key.kind.resource());
            Evidence::new(EvidenceKind::Condition, text, *since)
        };
        Some(Self {
            watches: held.len(),
            throttled,
            since: held.iter().map(|(_, since, _)| *since).min().unwrap_or_default(),
            evidence: held.iter().take(FEW).map(line).collect(),
        })
    }

    fn words(&self) -> String {
        let watches = match self.watches {
            1 => "1 watch is held up".to_owned(),
            n => format!("{n} watches are held up"),
        };
        if self.throttled {
            format!("asks to slow down · {watches}")
        } else {
            watches
        }
    }
}

/// `2.4 s`, `80 ms`
fn seconds(millis: u32) -> String {
    if millis < 1000 {
        format!("{millis} ms")
    } else {
        format!("{:.1} s", f64::from(millis) / 1000.0)
    }
}
