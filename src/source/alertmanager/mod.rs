//! Alerts: of the environment's Prometheus (its rules, with what is pending, and its targets) and of its Alertmanagers.
//!
//! Each is asked again and again by itself, so that one that hangs delays nothing else. What cannot be told is told as that:
//! the store knows since when nobody can say whether there are alerts.

mod told;
mod way;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Task;
use crate::model::{AlertsFrom, AlertsTold, EnvId, Fact, Problem, Seen, Time};
pub use told::peers;
pub use way::Way;

/// From one round to the next.
const EVERY: Duration = Duration::from_secs(15);
/// The longest pause after failures.
const PAUSE: Duration = Duration::from_secs(60);
/// A clock that differs by less is not worth a correction (seconds).
const SKEW: i64 = 5;

/// Asks a Prometheus and Alertmanagers until the task is dropped or nobody listens.
pub fn spawn(env: EnvId, prometheus: Option<Way>, alertmanagers: Vec<Way>, facts: mpsc::Sender<Fact>) -> Task {
    let voices = prometheus.map(|way| (AlertsFrom::Prometheus, way)).into_iter().chain(
        (0..)
            .zip(alertmanagers)
            .map(|(number, way)| (AlertsFrom::Alertmanager(number), way)),
    );
    let voices: Vec<(AlertsFrom, Way)> = voices.collect();
    Task::spawn(async move {
        let all = voices.into_iter().map(|(from, way)| listen(env, from, way, facts.clone()));
        futures::future::join_all(all).await;
    })
}

/// Asks one of them.
async fn listen(env: EnvId, from: AlertsFrom, way: Way, facts: mpsc::Sender<Fact>) {
    let mut pause = EVERY;
    loop {
        let told = match from {
            AlertsFrom::Prometheus => prometheus(&way).await,
            AlertsFrom::Alertmanager(_) => alertmanager(&way).await,
        };
        pause = if told.is_ok() { EVERY } else { (pause * 2).min(PAUSE) };
        let seen = Seen::Alerts(from, told.map(Arc::new));
        if facts.send(Fact { env, at: now(), seen }).await.is_err() {
            return;
        }
        // Several of them are not asked in the same moment.
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_millis(fastrand::u64(millis * 9 / 10..=millis))).await;
    }
}

async fn prometheus(way: &Way) -> Result<AlertsTold, Problem> {
    let rules = way.get("/api/v1/rules").await?;
    // Not everything that speaks like a Prometheus scrapes.
    let targets = way.get("/api/v1/targets?state=active").await.ok();
    let told = told::prometheus(&rules.body, targets.as_ref().map(|answer| &*answer.body), way.host())?;
    Ok(corrected(told, rules.ahead))
}

async fn alertmanager(way: &Way) -> Result<AlertsTold, Problem> {
    let answer = way.get("/api/v2/alerts").await?;
    let mut told = told::alertmanager(&answer.body, way.host())?;
    // Who shows alerts need not let us read these.
    let silences = way.get("/api/v2/silences").await.ok();
    told.silences = silences.and_then(|answer| told::silences(&answer.body));
    let status = way.get("/api/v2/status").await.ok();
    told.peers = status.map(|answer| told::peers(&answer.body)).unwrap_or_default();
    Ok(corrected(told, answer.ahead))
}

/// Times by our own clock, where that of the server is another.
fn corrected(mut told: AlertsTold, ahead: i64) -> AlertsTold {
    told.ahead = ahead;
    if ahead.abs() < SKEW {
        return told;
    }
    let correct = |time: &mut Time| {
        if time.is_known() {
            *time = *time + -ahead;
        }
    };
    told.alerts.iter_mut().for_each(|alert| correct(&mut alert.since));
    told.down.iter_mut().for_each(|target| correct(&mut target.at));
    told.failing.iter_mut().for_each(|rule| correct(&mut rule.at));
    correct(&mut told.evaluated);
    for silence in told.silences.iter_mut().flatten() {
        correct(&mut silence.starts);
        correct(&mut silence.ends);
    }
    told
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests;
