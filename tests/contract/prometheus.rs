//! The shipped panels against the simulator's Prometheus, over HTTP: what they ask is understood, and most of it is there.

use quarterdeck::config::{self, Bound, Endpoint};
use quarterdeck::model::{EnvId, Fact, Seen, SeriesFact, SeriesKey};
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::platform::{Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;
use quarterdeck::source::prometheus::{Server, series};
use tokio::sync::mpsc;

/// Panels whose exporters the simulated platform does not have.
const ABSENT: [&str; 4] = ["pg-locks", "node-cpu", "node-memory", "node-disk"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shipped_panel_is_understood_and_has_series() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let wanted = Wanted {
        pace: Pace::Times(1.0),
        ..Wanted::new(scenario::load("calm").unwrap())
    };
    let platform = tokio::task::spawn_blocking(|| Platform::start(wanted).unwrap()).await.unwrap();
    let url = platform.site(Environment::Production).unwrap().place.prometheus.clone();
    let server = Server::new(Endpoint {
        url,
        ..Endpoint::default()
    });
    let bound = Bound::everything(120);
    let mut empty = Vec::new();
    for panel in config::panels(&[]).unwrap() {
        let mut told = false;
        for line in panel.all_lines() {
            let key = SeriesKey::new(line.query.iter().map(|query| bound.fill(query)), 3_600, 60);
            let (tell, mut facts) = mpsc::channel::<Fact>(1);
            let _task = series(EnvId(0), key.clone(), server.clone(), tell);
            let Seen::Series(_, fact) = facts.recv().await.unwrap().seen else {
                panic!()
            };
            let SeriesFact::Told(answer) = fact else {
                panic!("{}: {fact:?}", panel.name)
            };
            told |= answer.series.iter().any(|series| series.last().is_some());
        }
        if !told {
            empty.push(panel.name.clone());
        }
    }
    empty.retain(|name| !ABSENT.contains(&name.as_str()));
    assert!(empty.is_empty(), "no series for {empty:?}");
    tokio::task::spawn_blocking(move || drop(platform)).await.unwrap();
}
