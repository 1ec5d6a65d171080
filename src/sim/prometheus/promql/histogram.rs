//! Quantiles from the buckets of a histogram.

use std::collections::BTreeMap;

use super::data::{Grid, Labels, Line, NAME};

/// The quantile of each histogram at each step, as if values were spread evenly within a bucket.
pub fn quantiles(q: &[f64], lines: Vec<Line>, grid: &Grid) -> Vec<Line> {
    let mut histograms: BTreeMap<Labels, Vec<(f64, Line)>> = BTreeMap::new();
    for mut line in lines {
        line.labels.remove(NAME);
        let Some(bound) = line.labels.remove("le").and_then(|le| super::parse::float(&le)) else {
            continue;
        };
        histograms.entry(line.labels.clone()).or_default().push((bound, line));
    }
    let lines = histograms.into_iter().map(|(labels, mut buckets)| {
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut present: Vec<(f64, f64)> = Vec::with_capacity(buckets.len());
        let values = (0..grid.count).map(|step| {
            present.clear();
            for (bound, line) in &buckets {
                let Some(count) = line.values.get(step).copied().flatten() else {
                    continue;
                };
                match present.last_mut() {
                    // Two bounds that are written differently and are the same.
                    Some((last, held)) if last.total_cmp(bound).is_eq() => *held += count,
                    _ => present.push((*bound, count)),
                }
            }
            (!present.is_empty()).then(|| quantile(q.get(step).copied().unwrap_or(f64::NAN), &mut present))
        });
        Line {
            values: values.collect(),
            labels,
        }
    });
    lines.collect()
}

/// The quantile of one histogram: upper bounds and cumulative counts, by bound.
fn quantile(q: f64, buckets: &mut [(f64, f64)]) -> f64 {
    match () {
        () if q.is_nan() => return f64::NAN,
        () if q < 0.0 => return f64::NEG_INFINITY,
        () if q > 1.0 => return f64::INFINITY,
        () => {}
    }
    let Some((top, _)) = buckets.last() else { return f64::NAN };
    if *top != f64::INFINITY || buckets.len() < 2 {
        return f64::NAN;
    }
    // Buckets are scraped and rated one by one: small steps back are no news.
    let mut most = f64::NEG_INFINITY;
    for (_, count) in buckets.iter_mut() {
        most = most.max(*count);
        *count = most;
    }
    if most == 0.0 || most.is_nan() {
        return f64::NAN;
    }
    let rank = q * most;
    let at = buckets.partition_point(|(_, count)| *count < rank).min(buckets.len() - 1);
    let bucket = |i: usize| buckets.get(i).copied().unwrap_or((f64::NAN, f64::NAN));
    let (upper, count) = bucket(at);
    if at == buckets.len() - 1 {
        return bucket(at - 1).0;
    }
    if at == 0 && upper <= 0.0 {
        return upper;
    }
    let (lower, below) = if at == 0 { (0.0, 0.0) } else { bucket(at - 1) };
    lower + (upper - lower) * (rank - below) / (count - below)
}
