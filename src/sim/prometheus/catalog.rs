//! What there is to ask for: series, labels, metrics with their types, targets.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::VectorSelector;
use serde_json::{Map, Value, json};

use super::promql::{self, Fail, LOOKBACK, Labels, Selection};
use super::{Prometheus, answer, params};
use crate::sim::face::Request;

/// How many series one answer may name.
const MOST_SERIES: usize = 50_000;

fn selectors(request: &Request) -> Result<Vec<VectorSelector>, Fail> {
    let read = |text: &str| promql::selector(text).map_err(|fail| Fail::Bad(format!("invalid parameter \"match[]\": {fail}")));
    request.queries("match[]").map(read).collect()
}

/// The series that any of these selectors means and that have samples in the asked time; all without selectors.
fn each(server: &Prometheus, request: &Request, mut take: impl FnMut(&Labels) -> Result<(), Fail>) -> Result<(), Fail> {
    let selectors = selectors(request)?;
    let (start, end) = params::span(request)?;
    let (after, until) = (promql::time(start.saturating_sub(LOOKBACK)), promql::time(end));
    let alerts = server.rules.alerts();
    let world = server.world.read();
    for source in [&world.physics.series, alerts.series()] {
        let all = [None];
        let wanted: Vec<Option<Selection<'_>>> = match selectors.is_empty() {
            true => all.into_iter().collect(),
            false => selectors.iter().map(|s| Some(Selection::of(s))).collect(),
        };
        for selection in wanted {
            let name = selection.as_ref().and_then(|s| s.name.as_deref());
            for (labels, samples) in source.named(name) {
                let fits = selection.as_ref().is_none_or(|s| s.fits(labels));
                if fits && samples.between(after, until).next().is_some() {
                    take(labels)?;
                }
            }
        }
    }
    Ok(())
}

/// `/api/v1/series`
pub fn series(server: &Prometheus, request: &Request) -> Result<Value, Fail> {
    if request.query("match[]").is_none() {
        return Err(Fail::Bad("no match[] parameter provided".to_owned()));
    }
    let mut found = BTreeSet::new();
    each(server, request, |labels| {
        if found.len() >= MOST_SERIES {
            return Err(Fail::Execution("the question names too many series".to_owned()));
        }
        found.insert(labels.clone());
        Ok(())
    })?;
    Ok(limited(request, found.iter().map(answer::object)))
}

/// `/api/v1/labels`
pub fn labels(server: &Prometheus, request: &Request) -> Result<Value, Fail> {
    let mut found = BTreeSet::new();
    each(server, request, |labels| {
        for name in labels.keys() {
            if !found.contains(name) {
                found.insert(name.clone());
            }
        }
        Ok(())
    })?;
    Ok(limited(request, found.iter().map(|text| json!(**text))))
}

/// `/api/v1/label/NAME/values`
pub fn values(server: &Prometheus, request: &Request, name: &str) -> Result<Value, Fail> {
    if !promql::is_name(name) {
        return Err(Fail::Bad(format!("invalid label name: {name:?}")));
    }
    let mut found = BTreeSet::new();
    each(server, request, |labels| {
        found.extend(labels.get(name).cloned());
        Ok(())
    })?;
    Ok(limited(request, found.iter().map(|text| json!(**text))))
}

fn limited(request: &Request, all: impl Iterator<Item = Value>) -> Value {
    let limit = request.query("limit").and_then(|text| text.parse().ok()).filter(|n| *n > 0);
    all.take(limit.unwrap_or(usize::MAX)).collect()
}

/// `/api/v1/metadata`: types follow from the names, as they should.
pub fn metadata(server: &Prometheus, request: &Request) -> Value {
    let names: Vec<String> = {
        let world = server.world.read();
        world.physics.series.names().map(|n| (**n).to_owned()).collect()
    };
    let buckets: BTreeSet<&str> = names.iter().filter_map(|name| name.strip_suffix("_bucket")).collect();
    let mut told: BTreeMap<&str, (&str, String)> = BTreeMap::new();
    for name in &names {
        let parts = ["_bucket", "_count", "_sum"];
        let base = parts
            .iter()
            .find_map(|part| name.strip_suffix(part).filter(|base| buckets.contains(base)));
        let (metric, kind) = match base {
            Some(base) => (base, "histogram"),
            None if name.ends_with("_total") || name.ends_with("_count") || name.ends_with("_sum") => (name.as_str(), "counter"),
            None => (name.as_str(), "gauge"),
        };
        told.entry(metric).or_insert_with(|| (kind, help(metric)));
    }
    let wanted = request.query("metric").filter(|m| !m.is_empty());
    let limit = request
        .query("limit")
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(usize::MAX);
    let chosen = told
        .into_iter()
        .filter(|(metric, _)| wanted.is_none_or(|w| w == *metric))
        .take(limit);
    let chosen: Map<String, Value> = chosen
        .map(|(metric, (kind, help))| (metric.to_owned(), json!([{"type": kind, "help": help, "unit": ""}])))
        .collect();
    Value::Object(chosen)
}

/// What a metric is, from its name.
fn help(metric: &str) -> String {
    let words = metric.trim_end_matches("_total").replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str() + "."
    })
}

/// `/api/v1/targets`: whatever has an `up`.
pub fn targets(server: &Prometheus, request: &Request) -> Value {
    let world = server.world.read();
    let now = world.now();
    let mut active = Vec::new();
    for (labels, samples) in world.physics.series.named(Some("up")) {
        let lookback = jiff::SignedDuration::from_millis(LOOKBACK);
        let Some((at, value)) = samples.at(now, lookback) else { continue };
        let label = |name: &str| labels.get(name).map_or("", |v| v).to_owned();
        let (job, instance, up) = (label("job"), label("instance"), value > 0.0);
        if request.query("scrapePool").is_some_and(|pool| pool != job) {
            continue;
        }
        let path = Some(label("metrics_path"))
            .filter(|p| !p.is_empty())
            .unwrap_or_else(|| "/metrics".to_owned());
        let url = format!("http://{instance}{path}");
        let mut own = labels.clone();
        own.remove(promql::NAME);
        let error = match up {
            true => String::new(),
            false => format!("Get \"{url}\": context deadline exceeded"),
        };
        active.push(json!({
            "discoveredLabels": {"__address__": instance, "__metrics_path__": path, "__scheme__": "http", "job": job,
                "__scrape_interval__": "15s", "__scrape_timeout__": "10s"},
            "labels": answer::object(&own), "scrapePool": job, "scrapeUrl": url, "globalUrl": url, "lastError": error,
            "lastScrape": at.to_string(), "lastScrapeDuration": if up { 0.012 } else { 10.0 }, "health": if up { "up" } else { "down" },
            "scrapeInterval": "15s", "scrapeTimeout": "10s",
        }));
    }
    active.sort_by_key(|target| (target["scrapePool"].to_string(), target["scrapeUrl"].to_string()));
    match request.query("state") {
        Some("dropped") => json!({"activeTargets": [], "droppedTargets": []}),
        _ => json!({"activeTargets": active, "droppedTargets": [], "droppedTargetCounts": {}}),
    }
}
