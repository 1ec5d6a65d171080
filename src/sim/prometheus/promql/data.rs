//! What expressions are made of while they are evaluated.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use promql_parser::parser::{AtModifier, Offset};

use super::Fail;

pub use crate::sim::physics::series::Labels;

/// The label that holds a series' name.
pub const NAME: &str = "__name__";

/// The value that ends a series: what a scrape writes when a series is gone.
pub const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Whether a sample only says that its series has ended.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE.to_bits()
}

/// The steps of a query: times in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub start: i64,
    /// Above 0.
    pub step: i64,
    pub count: usize,
}

impl Grid {
    pub fn times(self) -> impl Iterator<Item = i64> {
        (0..self.count).map(move |i| self.start + self.step * i as i64)
    }

    /// The last step.
    pub fn end(&self) -> i64 {
        self.start + self.step * self.count.saturating_sub(1) as i64
    }
}

/// A series of values, one or none for each step.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub labels: Labels,
    pub values: Vec<Option<f64>>,
}

/// A series of samples: time in milliseconds since 1970, value.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    pub labels: Labels,
    pub points: Vec<(i64, f64)>,
}

/// What a node of an expression gives.
#[derive(Clone, Debug)]
pub enum Val {
    /// A number for each step.
    Scalar(Vec<f64>),
    Vector(Vec<Line>),
    Text(String),
}

/// How `offset` and `@` move a selector in time.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    fixed: Option<i64>,
    back: i64,
}

impl Shift {
    pub fn of(offset: Option<&Offset>, at: Option<&AtModifier>, (start, end): (i64, i64)) -> Self {
        let millis = |duration: &std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4);
        Self {
            fixed: at.map(|at| match at {
                AtModifier::Start => start,
                AtModifier::End => end,
                AtModifier::At(time) => match time.duration_since(UNIX_EPOCH) {
                    Ok(after) => millis(&after),
                    Err(before) => -millis(&before.duration()),
                },
            }),
            back: match offset {
                None => 0,
                Some(Offset::Pos(duration)) => millis(duration).min(i64::MAX / 4),
                Some(Offset::Neg(duration)) => -millis(duration).min(i64::MAX / 4),
            },
        }
    }

    pub fn apply(self, time: i64) -> i64 {
        self.fixed.unwrap_or(time).saturating_sub(self.back)
    }
}

/// Lines with each value changed.
pub fn mapped(mut lines: Vec<Line>, change: impl Fn(f64) -> f64) -> Vec<Line> {
    for value in lines.iter_mut().flat_map(|line| &mut line.values).flatten() {
        *value = change(*value);
    }
    lines
}

/// Lines without their names: what is computed is not the metric any more.
pub fn drop_name(mut lines: Vec<Line>) -> Vec<Line> {
    for line in &mut lines {
        line.labels.remove(NAME);
    }
    lines
}

/// Puts lines with the same labels together. Two values at one step are an error.
pub fn settle(lines: Vec<Line>) -> Result<Vec<Line>, Fail> {
    let mut all: Vec<Line> = Vec::with_capacity(lines.len());
    let mut known: BTreeMap<Labels, usize> = BTreeMap::new();
    for line in lines {
        let Some(before) = known.get(&line.labels).and_then(|i| all.get_mut(*i)) else {
            known.insert(line.labels.clone(), all.len());
            all.push(line);
            continue;
        };
        for (held, value) in before.values.iter_mut().zip(line.values) {
            match (&held, value) {
                (Some(_), Some(_)) => {
                    return Err(Fail::Execution("vector cannot contain metrics with the same labelset".to_owned()));
                }
                (None, Some(_)) => *held = value,
                _ => {}
            }
        }
    }
    Ok(all)
}

/// The value at rank `q` (0 to 1) of some values, between neighbours where it falls between.
pub fn quantile(q: f64, values: &mut [f64]) -> f64 {
    match () {
        () if values.is_empty() || q.is_nan() => return f64::NAN,
        () if q < 0.0 => return f64::NEG_INFINITY,
        () if q > 1.0 => return f64::INFINITY,
        () => {}
    }
    values.sort_unstable_by(f64::total_cmp);
    let rank = q * (values.len() - 1) as f64;
    let value = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
    let (low, weight) = (rank.floor(), rank - rank.floor());
    let low = low as usize;
    value(low) * (1.0 - weight) + value((low + 1).min(values.len() - 1)) * weight
}

/// The labels of this one, as an error message tells them: `{a="1", b="2"}`.
pub fn told(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// One label from texts.
pub fn label(name: &str, value: &str) -> (Arc<str>, Arc<str>) {
    (Arc::from(name), Arc::from(value))
}
