//! Copies what an expression's selectors need out of the series, so that the world need not stay locked.

use std::collections::HashMap;

use jiff::Timestamp;
use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::{AtModifier, Expr, Offset, VectorSelector};

use super::data::{Grid, Labels, NAME, STALE, Shift, Stream};
use super::{Fail, LOOKBACK};
use crate::sim::physics::series::Series;

/// How many samples are copied at most: 16 bytes each.
const MOST_COPIED: usize = 5_000_000;

/// Where series come from: several stores, as if they were one.
pub type Source<'a> = [&'a Series];

/// The samples that an expression needs, by selector.
#[derive(Debug, Default)]
pub struct Data {
    /// By the place of the selector in the expression: it must not move.
    streams: HashMap<usize, Vec<Stream>>,
}

impl Data {
    /// Copies what this expression needs for these steps. The expression must stay where it is until it is evaluated.
    ///
    /// # Errors
    /// It needs too much.
    pub fn fetch(expr: &Expr, source: &Source<'_>, grid: &Grid) -> Result<Self, Fail> {
        let mut fetching = Fetching {
            source,
            span: (grid.start, grid.end()),
            left: MOST_COPIED,
            data: Self::default(),
        };
        fetching.walk(expr, grid.start, grid.end())?;
        Ok(fetching.data)
    }

    pub(super) fn of(&self, selector: &VectorSelector) -> &[Stream] {
        self.streams.get(&place(selector)).map_or(&[], Vec::as_slice)
    }
}

fn place(selector: &VectorSelector) -> usize {
    std::ptr::from_ref(selector).addr()
}

struct Fetching<'a> {
    source: &'a Source<'a>,
    span: (i64, i64),
    left: usize,
    data: Data,
}

impl Fetching<'_> {
    fn walk(&mut self, expr: &Expr, from: i64, to: i64) -> Result<(), Fail> {
        match expr {
            Expr::Aggregate(a) => {
                if let Some(param) = &a.param {
                    self.walk(param, from, to)?;
                }
                self.walk(&a.expr, from, to)
            }
            Expr::Unary(u) => self.walk(&u.expr, from, to),
            Expr::Paren(p) => self.walk(&p.expr, from, to),
            Expr::Binary(b) => {
                self.walk(&b.lhs, from, to)?;
                self.walk(&b.rhs, from, to)
            }
            Expr::Call(call) => call.args.args.iter().try_for_each(|arg| self.walk(arg, from, to)),
            Expr::Subquery(sub) => {
                let (from, to) = self.shifted(sub.offset.as_ref(), sub.at.as_ref(), from, to);
                self.walk(&sub.expr, from.saturating_sub(millis(sub.range)), to)
            }
            Expr::VectorSelector(selector) => self.take(selector, from, to, LOOKBACK),
            Expr::MatrixSelector(matrix) => self.take(&matrix.vs, from, to, millis(matrix.range)),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Ok(()),
        }
    }

    fn shifted(&self, offset: Option<&Offset>, at: Option<&AtModifier>, from: i64, to: i64) -> (i64, i64) {
        let shift = Shift::of(offset, at, self.span);
        (shift.apply(from), shift.apply(to))
    }

    fn take(&mut self, selector: &VectorSelector, from: i64, to: i64, back: i64) -> Result<(), Fail> {
        let (from, to) = self.shifted(selector.offset.as_ref(), selector.at.as_ref(), from, to);
        let (after, until) = (time(from.saturating_sub(back)), time(to));
        let fits = Selection::of(selector);
        let mut streams = Vec::new();
        for series in self.source {
            for (labels, samples) in series.named(fits.name.as_deref()) {
                if !fits.fits(labels) {
                    continue;
                }
                let told = samples.with_ends(after, until);
                let points: Vec<(i64, f64)> = told.map(|(at, v)| (at.as_millisecond(), v.unwrap_or(STALE))).collect();
                if points.is_empty() {
                    continue;
                }
                self.left = self.left.checked_sub(points.len()).ok_or_else(Fail::too_much)?;
                streams.push(Stream {
                    labels: labels.clone(),
                    points,
                });
            }
        }
        self.data.streams.insert(place(selector), streams);
        Ok(())
    }
}

/// Which series a selector means.
#[derive(Debug)]
pub struct Selection<'a> {
    /// The name, where it is given outright: series are found by it.
    pub name: Option<String>,
    matchers: &'a Matchers,
}

impl<'a> Selection<'a> {
    pub fn of(selector: &'a VectorSelector) -> Self {
        let named = |m: &&Matcher| m.name == NAME && m.op == MatchOp::Equal;
        let name = selector.name.clone();
        let name = name.or_else(|| selector.matchers.matchers.iter().find(named).map(|m| m.value.clone()));
        Self {
            name,
            matchers: &selector.matchers,
        }
    }

    /// Whether a series is one of them. A label that is missing is an empty one.
    pub fn fits(&self, labels: &Labels) -> bool {
        if self.name.as_deref().is_some_and(|name| labels.get(NAME).map_or("", |n| n) != name) {
            return false;
        }
        let all = |matchers: &[Matcher]| matchers.iter().all(|m| m.is_match(labels.get(m.name.as_str()).map_or("", |v| v)));
        match self.matchers.or_matchers.as_slice() {
            [] => all(&self.matchers.matchers),
            either => all(&self.matchers.matchers) && either.iter().any(|matchers| all(matchers)),
        }
    }
}

pub(super) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// A time that the calendar knows: the first or the last one where it does not reach.
pub fn time(millis: i64) -> Timestamp {
    let (least, most) = (Timestamp::MIN.as_second() * 1000, Timestamp::MAX.as_second() * 1000);
    Timestamp::from_millisecond(millis.clamp(least, most)).unwrap_or_default()
}
