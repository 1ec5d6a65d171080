//! `qd triage`: what is wrong, since when and why, for scripts and chats. It connects as the cockpit does, waits for
//! what the clusters tell, judges, and prints; no terminal is needed.
//!
//! `gather` asks and waits, `account` is what there is to tell of one environment, `sources` how much of it could be
//! seen. Three ways to say it: `report` (JSON, the contract), `text` and `markdown`, with the `words` that both use.

mod account;
mod gather;
mod markdown;
mod report;
#[cfg(test)]
mod samples;
mod sources;
mod text;
mod words;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::account::{Account, exit_code};
use self::gather::Gather;
pub use self::report::CONTRACT;
use super::{Output, Place, Triage};
use crate::config::layers::Wanted;
use crate::config::{Chosen, Config, Environment, Loaded};
use crate::diagnosis::{Diagnosis, ELSEWHERE, IN_FRONT, Judgements, across};
use crate::model::{AlertsKnown, Demand, EnvId, Link, Problem, ProblemKind, Severity, Time};
use crate::store::{EnvStore, Store};

/// How long the choice of the worst environment waits for all of them, at most; as long as the cockpit does.
const CHOICE: Duration = Duration::from_secs(4);

/// How long metrics are waited for when all else is there: they only add to what is known.
const METRICS: Duration = Duration::from_secs(1);

/// How long the last words of dead containers are waited for, all together.
const TAILS: Duration = Duration::from_millis(1500);

/// How long health probes are waited for when all else is there.
const PUBLIC: Duration = Duration::from_secs(3);

/// How long who tells of alerts is waited for when all else is there: rules are many.
const ALERTS: Duration = Duration::from_secs(5);

/// How long a Prometheus is waited for when all else is there.
const SERIES: Duration = Duration::from_secs(5);

/// What was asked for.
#[derive(Debug)]
pub struct Asked {
    /// Its environments are those to look at, and no others.
    config: Config,
    choice: Choice,
}

/// Which of the environments are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// All of them: they were named.
    Named,
    /// The worst.
    Worst,
}

/// Finds the environments that the flags mean; `load` reads the configuration with one of them in front.
///
/// # Errors
/// The configuration cannot be read, or does not have them.
pub fn asked(wanted: &Triage, before: Place, load: impl Fn(Wanted) -> Result<Loaded, Problem>) -> Result<Asked, Problem> {
    let within = wanted.within.clone().over(before.within);
    let mut names: Vec<Option<String>> = wanted.env.iter().cloned().map(Some).collect();
    if names.is_empty() {
        names.push(before.env);
    }
    let mut asked: Option<Config> = None;
    for env in names {
        let place = Place {
            env,
            within: within.clone(),
        };
        let mut config = load(place.wanted())?.config;
        if config.chosen == Chosen::ByState && config.explicit {
            return Ok(Asked {
                config,
                choice: Choice::Worst,
            });
        }
        let environment = config.environments.swap_remove(config.default_environment);
        config.environments.clear();
        let all = &mut asked.get_or_insert(config).environments;
        if !all.iter().any(|other| other.name == environment.name) {
            all.push(environment);
        }
    }
    let config = asked.unwrap_or_default();
    Ok(Asked {
        config,
        choice: Choice::Named,
    })
}

/// Looks, prints, and tells by the exit code how it is.
///
/// # Errors
/// Where it cannot start, or standard output cannot be written.
pub fn run(asked: Asked, wanted: &Triage, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem::new(ProblemKind::Server, format!("cannot start: {error}")))?;
    let accounts = runtime.block_on(look(asked, wanted.timeout));
    // A plugin or a resolver that hangs must not keep the report back.
    runtime.shutdown_background();
    let text: Vec<String> = accounts
        .iter()
        .map(|account| match wanted.output {
            Output::Text => text::write(account),
            Output::Json => report::write(account),
            Output::Md => markdown::write(account),
        })
        .collect();
    let between = if wanted.output == Output::Json { "" } else { "\n" };
    super::report::print(out, &text.join(between))?;
    Ok(ExitCode::from(exit_code(&accounts)))
}

/// Connects, waits and judges: an account of each environment that is told of.
async fn look(asked: Asked, timeout: Duration) -> Vec<Account> {
    let deadline = Instant::now() + timeout;
    let last = now() + i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
    let config = Arc::new(asked.config);
    let mut gather = Gather::new(config.clone());
    let all: Vec<EnvId> = gather.store().iter().map(|(env, _)| env).collect();
    let (told, why) = if asked.choice == Choice::Worst && all.len() > 1 {
        all.iter().for_each(|env| gather.watch(*env, ELSEWHERE));
        let judged = |seen: &EnvStore| gather::is_unasked(seen) || seen.is_judged();
        let until = deadline.min(Instant::now() + CHOICE);
        gather.until(until, |store| store.iter().all(|(_, seen)| judged(seen))).await;
        let (worst, why) = worst(&config, &gather);
        (vec![worst], Some(why))
    } else {
        (all, None)
    };
    for env in &told {
        gather.watch(*env, IN_FRONT);
        gather.measure(*env);
        gather.probe(*env);
        gather.alert(*env);
        gather.vitals(*env);
    }
    let among_told = |env: &EnvId| told.contains(env);
    gather
        .until(deadline, |store| {
            let mut told = store.iter().filter(|(env, _)| among_told(env));
            told.all(|(_, seen)| gather::is_settled(seen, last))
        })
        .await;
    gather
        .until(deadline.min(Instant::now() + METRICS), |store| {
            let mut told = store.iter().filter(|(env, _)| among_told(env));
            told.all(|(_, seen)| gather::is_measured(seen))
        })
        .await;
    gather
        .until(deadline.min(Instant::now() + PUBLIC), |store| answered(store, &told))
        .await;
    gather
        .until(deadline.min(Instant::now() + ALERTS), |store| alerts_are_told(store, &told))
        .await;
    gather
        .until(deadline.min(Instant::now() + SERIES), |store| {
            let mut told = store.iter().filter(|(env, _)| among_told(env));
            told.all(|(_, seen)| gather::is_told(seen))
        })
        .await;
    let mut diagnoses: Vec<(EnvId, Diagnosis)> = told.iter().map(|env| (*env, Diagnosis::default())).collect();
    settle(&mut diagnoses, &gather);
    last_words(&mut gather, &diagnoses).await;
    settle(&mut diagnoses, &gather);
    ask_the_public(&mut gather, deadline).await;
    let network = across(gather.store(), now());
    let found = diagnoses.iter().filter_map(|(env, diagnosis)| {
        let environment = config.environments.get(usize::from(env.0))?;
        let mut findings = diagnosis.findings().to_vec();
        findings.splice(0..0, network.clone());
        let account = Account::of(environment, gather.store().env(*env)?, findings, now(), timeout);
        Some(account.because(why.clone()))
    });
    found.collect()
}

/// Whether it is known of these environments which alerts fire, or that nobody can tell.
fn alerts_are_told(store: &Store, envs: &[EnvId]) -> bool {
    let is_told = |seen: &EnvStore| seen.alerts.known(now()) != AlertsKnown::Waiting;
    envs.iter().filter_map(|env| store.env(*env)).all(is_told)
}

/// Whether the probes of these environments have told something.
fn answered(store: &Store, envs: &[EnvId]) -> bool {
    let probes = envs.iter().filter_map(|env| store.env(*env)).flat_map(|seen| seen.probes.all());
    probes.into_iter().all(|probe| probe.last.is_some())
}

/// Where a cluster does not answer, what other platforms answer the public tells on whose side the trouble is.
async fn ask_the_public(gather: &mut Gather, deadline: Instant) {
    /// Probes of one environment that are asked.
    const MOST: u16 = 3;
    let lost = |seen: &EnvStore| matches!(seen.link, Link::Lost { .. });
    if !gather.store().iter().any(|(_, seen)| lost(seen)) {
        return;
    }
    let probes = |seen: &EnvStore| u16::try_from(seen.probes.all().len()).unwrap_or(MOST).min(MOST);
    let asked: Vec<(EnvId, u16)> = gather
        .store()
        .iter()
        .flat_map(|(env, seen)| (0..probes(seen)).map(move |number| (env, number)))
        .collect();
    asked.iter().for_each(|(env, number)| gather.ask(Demand::Probe(*env, *number)));
    let until = deadline.min(Instant::now() + PUBLIC);
    let told = |store: &Store, (env, number): &(EnvId, u16)| {
        let probe = store.env(*env).and_then(|seen| seen.probes.get(*number));
        probe.is_none_or(|probe| probe.last.is_some())
    };
    gather.until(until, |store| asked.iter().all(|one| told(store, one))).await;
}

fn settle(diagnoses: &mut [(EnvId, Diagnosis)], gather: &Gather) {
    for (env, diagnosis) in diagnoses {
        if let Some(seen) = gather.store().env(*env) {
            diagnosis.settle(seen, now());
        }
    }
}

/// Fetches what dead containers said last, as far as it comes soon.
async fn last_words(gather: &mut Gather, diagnoses: &[(EnvId, Diagnosis)]) {
    let mut wanted = Vec::new();
    for (env, diagnosis) in diagnoses {
        // Of a server that does not answer nothing comes.
        let seen = gather.store().env(*env).filter(|seen| gather::is_connected(seen));
        wanted.extend(
            seen.into_iter()
                .flat_map(|seen| diagnosis.wanted_tails(seen, now()))
                .map(|key| (*env, key)),
        );
    }
    for (env, key) in &wanted {
        gather.ask(Demand::Tail(*env, key.clone()));
    }
    let until = Instant::now() + TAILS;
    gather
        .until(until, |store| {
            wanted
                .iter()
                .all(|(env, key)| store.env(*env).is_none_or(|seen| seen.tails.get(key).is_some()))
        })
        .await;
}

/// The environment that the cockpit would open, and why it is this one. Where nothing tells them apart, the first.
fn worst(config: &Config, gather: &Gather) -> (EnvId, String) {
    let now = now();
    let has_cluster = |env: EnvId| config.environments.get(usize::from(env.0)).is_some_and(|e| e.kubernetes.is_some());
    let name = |env: EnvId| config.environments.get(usize::from(env.0)).map_or("", |e: &Environment| &e.name);
    let candidates: BTreeSet<EnvId> = gather.store().iter().map(|(env, _)| env).filter(|env| has_cluster(*env)).collect();
    let mut judgements = Judgements::default();
    judgements.settle(gather.store(), &candidates, now);
    let env = candidates
        .into_iter()
        .max_by_key(|env| (judgements.badness(*env), std::cmp::Reverse(*env)))
        .unwrap_or_default();
    let names: Vec<&str> = config.environments.iter().map(|e| e.name.as_str()).collect();
    let reason = judgements
        .findings(env)
        .find(|finding| finding.severity > Severity::Info)
        .map_or_else(
            || "nothing is wrong in what answers".to_owned(),
            |f| format!("{} {}", f.object.name, f.title),
        );
    let silent: Vec<&str> = gather
        .store()
        .iter()
        .filter(|(other, seen)| *other != env && has_cluster(*other) && !gather::is_connected(seen))
        .map(|(other, _)| name(other))
        .collect();
    let silent = if silent.is_empty() {
        String::new()
    } else {
        format!("; no answer from {}", silent.join(", "))
    };
    (env, format!("the worst of {}: {reason}{silent}", names.join(", ")))
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}
