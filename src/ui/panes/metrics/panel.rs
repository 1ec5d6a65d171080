//! From what was told to what is drawn: named lines, bounds, how well it is, and why there is nothing.

use std::sync::Arc;

use crate::config::{Panel, PanelLine, metrics};
use crate::model::{MOST_SERIES, Series, SeriesKey, Time, short_age};
use crate::store::{EnvStore, SeriesState};
use crate::ui::theme::{Glyph, Role};

/// Lines that are drawn of a panel on the board; the rest are counted.
pub(super) const ON_BOARD: usize = 6;
/// The share of its bound from which on something comes near it.
const NEAR: f64 = 0.95;

/// A line to draw.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub name: String,
    pub points: Arc<[f64]>,
    pub from: Time,
    pub step: u32,
    /// A bound: drawn across, at its newest value.
    pub limit: bool,
    /// Whether its name is its panel's word for it, not that of a label.
    pub fixed: bool,
    warn: Option<f64>,
    crit: Option<f64>,
}

impl Drawn {
    /// The newest value, or that of a time.
    pub fn value(&self, at: Option<Time>) -> Option<f64> {
        match at {
            None => series(&self.points).last(),
            Some(at) => {
                let step = i64::from(self.step.max(1));
                let index = usize::try_from((at - self.from + step / 2).div_euclid(step)).ok()?;
                self.points.get(index).copied().filter(|value| !value.is_nan())
            }
        }
    }
}

fn series(points: &Arc<[f64]>) -> Series {
    Series {
        labels: Vec::new(),
        points: points.clone(),
    }
}

/// The lines of a panel, the largest first; bounds last.
pub(super) fn lines(panel: &Panel, keys: &[SeriesKey], seen: &EnvStore) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    for (line, key) in panel.all_lines().iter().zip(keys) {
        let Some(answer) = seen.series.get(key).and_then(|told| told.answer.as_ref()) else {
            continue;
        };
        for series in &answer.series {
            drawn.push(Drawn {
                name: name(line, series),
                points: series.points.clone(),
                from: answer.from,
                step: answer.step,
                limit: line.limit,
                fixed: !line.legend.is_empty() && !line.legend.contains("{{"),
                warn: line.warn.or(panel.warn),
                crit: line.crit.or(panel.crit),
            });
        }
    }
    // What has a bound and no thresholds is not well when it comes near the bound.
    let bound = drawn.iter().rev().find(|line| line.limit).and_then(|line| line.value(None));
    if let Some(bound) = bound.filter(|bound| *bound > 0.0) {
        for line in drawn.iter_mut().filter(|line| line.warn.is_none() && line.crit.is_none()) {
            line.warn = Some(bound * NEAR);
        }
    }
    // What its panel has words for keeps its order.
    if drawn.iter().any(|line| !line.fixed && !line.limit) {
        let newest = |line: &Drawn| line.value(None).unwrap_or(f64::NEG_INFINITY);
        drawn.sort_by(|a, b| newest(b).total_cmp(&newest(a)).then_with(|| a.name.cmp(&b.name)));
    }
    drawn.sort_by_key(|line| line.limit);
    drawn
}

/// What a series is called.
fn name(line: &PanelLine, series: &Series) -> String {
    let mut out = String::new();
    let mut rest = line.legend.as_str();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((label, behind)) = after.split_once("}}") else { break };
        out.push_str(before);
        out.push_str(series.label(label.trim()));
        rest = behind;
    }
    out.push_str(rest);
    if out.trim().is_empty() {
        let labels = series.labels.iter().map(|(name, value)| format!("{name}={value}"));
        out = labels.collect::<Vec<_>>().join(" ");
    }
    out
}

/// How well a value of a line is.
pub(super) fn judge(panel: &Panel, line: &Drawn, value: f64) -> Role {
    let beyond = |bound: Option<f64>| {
        bound.is_some_and(|bound| {
            if panel.below {
                value < bound
            } else {
                value > bound || (panel.unit == crate::model::Unit::Count && value >= bound)
            }
        })
    };
    match (beyond(line.crit), beyond(line.warn)) {
        (true, _) => Role::Bad,
        (false, true) => Role::Warning,
        _ => Role::Text,
    }
}

/// The sign beside a value that is not well.
pub(super) fn sign(role: Role) -> Option<Glyph> {
    match role {
        Role::Bad => Some(Glyph::Bad),
        Role::Warning => Some(Glyph::Warning),
        _ => None,
    }
}

/// The line whose newest value says most about the panel, with it: the worst; where all are well, the first of named
/// lines, else the largest (or smallest, where little is bad).
pub(super) fn worst<'a>(panel: &Panel, drawn: &'a [Drawn]) -> Option<(&'a Drawn, f64, Role)> {
    let values = drawn.iter().filter(|line| !line.limit).filter_map(|line| {
        let value = line.value(None)?;
        Some((line, value, judge(panel, line, value)))
    });
    let rank = |role: Role| match role {
        Role::Bad => 2,
        Role::Warning => 1,
        _ => 0,
    };
    values.reduce(|best, next| {
        let beyond = match (best.0.fixed && next.0.fixed, panel.below) {
            (true, _) => false,
            (false, true) => next.1 < best.1,
            (false, false) => next.1 > best.1,
        };
        let (of_best, of_next) = (rank(best.2), rank(next.2));
        if of_next > of_best || (of_next == of_best && beyond) {
            next
        } else {
            best
        }
    })
}

/// What stands at the right of a panel's title: the value that says most, and of how much.
pub(super) fn headline(panel: &Panel, drawn: &[Drawn]) -> Option<(String, Role)> {
    let (line, value, role) = worst(panel, drawn)?;
    let several = drawn.iter().filter(|line| !line.limit).count() > 1;
    let name = if line.fixed && several {
        format!("{} ", line.name)
    } else {
        String::new()
    };
    let first = drawn.first().is_some_and(|first| std::ptr::eq(first, line));
    let bound = drawn.iter().rev().find(|line| line.limit).and_then(|line| line.value(None));
    let of = bound
        .filter(|_| first)
        .map_or(String::new(), |bound| format!(" of {}", panel.unit.write(bound)));
    Some((format!("{name}{}{of}", panel.unit.write(value)), role))
}

/// Why there is nothing to be seen of a panel, or what is wrong with what is seen; with how bad that is.
pub(super) fn silence(panel: &Panel, keys: &[SeriesKey], seen: &EnvStore, now: Time) -> Option<(String, Role)> {
    let told: Vec<_> = keys.iter().map(|key| seen.series.get(key)).collect();
    for state in told.iter().flatten().map(|told| &told.state) {
        match state {
            SeriesState::Refused(problem) => return Some((problem.to_string(), Role::Bad)),
            SeriesState::Retrying { since, problem, .. } => {
                let since = short_age(since.age(now));
                return Some((format!("stale {since}: {problem}"), Role::Stale));
            }
            SeriesState::Asked | SeriesState::Live => {}
        }
    }
    let answers: Vec<_> = told.iter().flatten().filter_map(|told| told.answer.as_ref()).collect();
    if answers.len() < keys.len() {
        return answers.is_empty().then(|| ("asking …".to_owned(), Role::Muted));
    }
    if answers.iter().any(|answer| !answer.series.is_empty()) {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for query in panel.all_lines().iter().filter(|line| !line.limit).flat_map(|line| &line.query) {
        for metric in metrics(query) {
            if !names.contains(&metric) {
                names.push(metric);
            }
        }
    }
    Some((format!("no series: looked for {}", names.join(", ")), Role::Muted))
}

/// What the server remarks, and what of its answer is not kept.
pub(super) fn remarks(keys: &[SeriesKey], seen: &EnvStore) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for answer in keys.iter().filter_map(|key| seen.series.get(key)?.answer.as_ref()) {
        if answer.more > 0 {
            let all = answer.more as usize + MOST_SERIES;
            out.push(format!("{all} series: the {MOST_SERIES} largest are kept"));
        }
        if answer.skew != 0 {
            let ahead = if answer.skew > 0 { "ahead" } else { "behind" };
            out.push(format!("its clock is {} {ahead}", short_age(answer.skew.abs())));
        }
        out.extend(answer.warnings.iter().map(|text| text.to_string()));
    }
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_called_as_its_panel_says_or_by_its_labels() {
        let series = Series {
            labels: vec![("job".into(), "backend".into()), ("pod".into(), "a-1".into())],
            points: Arc::new([]),
        };
        for (legend, expected) in [
            ("{{pod}}", "a-1"),
            ("{{service}}{{job}}", "backend"),
            ("p95", "p95"),
            ("{{ pod }} of {{job}}", "a-1 of backend"),
            ("", "job=backend pod=a-1"),
            ("{{none}}", "job=backend pod=a-1"),
        ] {
            let line = PanelLine {
                legend: legend.into(),
                query: Vec::new(),
                limit: false,
                warn: None,
                crit: None,
            };
            assert_eq!(name(&line, &series), expected, "{legend}");
        }
    }

    #[test]
    fn the_value_under_the_cursor_is_that_of_its_time() {
        let line = Drawn {
            name: String::new(),
            points: [1.0, f64::NAN, 3.0].as_slice().into(),
            from: Time(100),
            step: 30,
            limit: false,
            fixed: false,
            warn: None,
            crit: None,
        };
        assert_eq!(line.value(Some(Time(108))), Some(1.0));
        assert_eq!(line.value(Some(Time(130))), None);
        assert_eq!(line.value(Some(Time(161))), Some(3.0));
        assert_eq!((line.value(Some(Time(900))), line.value(None)), (None, Some(3.0)));
    }
}
