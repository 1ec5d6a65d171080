//! A real Prometheus: `QD_LIVE_PROMETHEUS`. Every shipped panel whose metrics exist there must give series.

use std::sync::Arc;

use quarterdeck::config::{self, Bound, Endpoint};
use quarterdeck::model::{EnvId, Fact, Names, Seen, SeriesAnswer, SeriesFact, SeriesKey};
use quarterdeck::source::prometheus::{Server, names, series};
use tokio::sync::mpsc;

use super::Report;

struct Live {
    runtime: tokio::runtime::Runtime,
    server: Arc<Server>,
    report: Report,
}

fn begin() -> Option<Live> {
    let report = Report::of_this_test();
    let Some(url) = std::env::var("QD_LIVE_PROMETHEUS").ok().filter(|url| !url.is_empty()) else {
        println!("skipped: QD_LIVE_PROMETHEUS is not set");
        report.write("skipped");
        return None;
    };
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let server = Server::new(Endpoint {
        url,
        ..Endpoint::default()
    });
    Some(Live { runtime, server, report })
}

impl Live {
    fn first(&self, key: &SeriesKey) -> SeriesFact {
        self.runtime.block_on(async {
            let (tell, mut facts) = mpsc::channel::<Fact>(1);
            let _task = series(EnvId(0), key.clone(), self.server.clone(), tell);
            match facts.recv().await.unwrap().seen {
                Seen::Series(_, fact) => fact,
                other => panic!("{other:?}"),
            }
        })
    }

    fn told(&self, key: &SeriesKey) -> Arc<SeriesAnswer> {
        match self.first(key) {
            SeriesFact::Told(answer) => answer,
            other => panic!("{key:?}: {other:?}"),
        }
    }

    fn names(&self) -> Names {
        self.runtime.block_on(async {
            let (tell, mut facts) = mpsc::channel::<Fact>(1);
            let _task = names(EnvId(0), self.server.clone(), tell);
            match facts.recv().await.unwrap().seen {
                Seen::SeriesNames(Ok(names)) => names,
                other => panic!("{other:?}"),
            }
        })
    }
}

#[test]
fn every_shipped_panel_whose_metrics_are_there_has_series() {
    let Some(live) = begin() else { return };
    let known = live.names();
    assert!(known.labels.iter().any(|label| &**label == "instance"));
    let bound = Bound::everything(120);
    let mut shown = Vec::new();
    for panel in config::panels(&[]).unwrap() {
        for line in panel.all_lines() {
            let there = |query: &String| {
                config::metrics(query)
                    .iter()
                    .all(|name| known.metrics.iter().any(|metric| **metric == **name))
            };
            let askable = line.query.iter().any(there);
            let key = SeriesKey::new(line.query.iter().map(|query| bound.fill(query)), 3_600, 60);
            let answer = live.told(&key);
            // What is compared with nothing may be there and not be beyond it.
            let compares = line.query.iter().any(|query| query.contains(" > 0") || query.contains("== 0"));
            if askable && !compares {
                assert!(!answer.series.is_empty(), "{} {}: {:?}", panel.name, line.legend, line.query);
                // Where nobody looks anything up, the share of hits is that of nothing.
                let is_new = panel.name == "cache-hits" || answer.series.iter().any(|series| series.last().is_some());
                assert!(is_new, "{}: nothing new", panel.name);
                shown.push(panel.name.clone());
            }
        }
    }
    shown.dedup();
    println!("{} panels have series: {}", shown.len(), shown.join(", "));
    for panel in [
        "requests",
        "errors-5xx",
        "latency",
        "pool",
        "pg-connections",
        "cache-hits",
        "redis-memory",
        "node-cpu",
    ] {
        assert!(shown.iter().any(|name| name == panel), "{panel} is not among {shown:?}");
    }
    live.report.write("passed");
}

#[test]
fn what_the_server_refuses_is_said_with_its_place() {
    let Some(live) = begin() else { return };
    let SeriesFact::Refused(problem) = live.first(&SeriesKey::new(["sum(up"], 3_600, 60)) else {
        panic!()
    };
    assert!(
        problem.text.starts_with("1:") && problem.text.contains("unclosed left parenthesis"),
        "{problem}"
    );
    let SeriesFact::Refused(problem) = live.first(&SeriesKey::new(["up + on() up"], 3_600, 60)) else {
        panic!()
    };
    assert!(!problem.text.is_empty());
    live.report.write("passed");
}
