//! Functions over a stretch of time: rates, changes, `*_over_time`.

use std::borrow::Cow;

use promql_parser::parser::{Expr, SubqueryExpr};

use super::data::{Grid, Line, Shift, Stream, Val, drop_name, is_stale, quantile, settle};
use super::fetch::millis;
use super::{Engine, Fail};

/// The step of a subquery that names none, in milliseconds.
const SUBQUERY_STEP: i64 = 60_000;

/// Samples, and how far back each step looks.
pub struct Ranges<'a> {
    pub streams: Cow<'a, [Stream]>,
    range: i64,
    shift: Shift,
}

/// The samples of one series that one step sees: after `from`, up to `to`.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    pub points: &'a [(i64, f64)],
    pub from: i64,
    pub to: i64,
}

impl Ranges<'_> {
    pub fn window<'s>(&self, stream: &'s Stream, time: i64) -> Window<'s> {
        let to = self.shift.apply(time);
        let from = to.saturating_sub(self.range);
        let begin = stream.points.partition_point(|(at, _)| *at <= from);
        let end = stream.points.partition_point(|(at, _)| *at <= to);
        Window {
            points: stream.points.get(begin..end).unwrap_or_default(),
            from,
            to,
        }
    }
}

impl<'a> Engine<'a> {
    /// The ranges that an expression gives; `None` if it is not of that type.
    pub(super) fn ranges(&self, expr: &Expr, grid: &Grid) -> Result<Option<Ranges<'a>>, Fail> {
        match expr {
            Expr::Paren(inner) => self.ranges(&inner.expr, grid),
            Expr::MatrixSelector(matrix) => {
                let streams = self.data.of(&matrix.vs);
                let ended = streams.iter().any(|s| s.points.iter().any(|(_, v)| is_stale(*v)));
                Ok(Some(Ranges {
                    streams: match ended {
                        false => Cow::Borrowed(streams),
                        true => Cow::Owned(streams.iter().map(without_ends).collect()),
                    },
                    range: millis(matrix.range),
                    shift: Shift::of(matrix.vs.offset.as_ref(), matrix.vs.at.as_ref(), self.span),
                }))
            }
            Expr::Subquery(sub) => self.subquery(sub, grid).map(Some),
            _ => Ok(None),
        }
    }

    /// An expression at its own steps, which lie on multiples of the step.
    fn subquery(&self, sub: &SubqueryExpr, grid: &Grid) -> Result<Ranges<'a>, Fail> {
        let shift = Shift::of(sub.offset.as_ref(), sub.at.as_ref(), self.span);
        let range = millis(sub.range);
        let step = sub.step.map_or(SUBQUERY_STEP, millis).max(1);
        let (from, to) = (shift.apply(grid.start).saturating_sub(range), shift.apply(grid.end()));
        let first = from.div_euclid(step).saturating_add(1).saturating_mul(step);
        let count = (to.saturating_sub(first)).div_euclid(step).saturating_add(1).max(0);
        let count = usize::try_from(count).map_err(|_| Fail::too_much())?;
        self.pay(count)?;
        let inner = Grid { start: first, step, count };
        let lines = match self.eval(&sub.expr, &inner)? {
            Val::Vector(lines) => lines,
            Val::Scalar(values) => vec![Line {
                labels: Default::default(),
                values: values.into_iter().map(Some).collect(),
            }],
            Val::Text(_) => Vec::new(),
        };
        let streams = lines.into_iter().map(|line| Stream {
            points: inner.times().zip(line.values).filter_map(|(t, v)| Some((t, v?))).collect(),
            labels: line.labels,
        });
        Ok(Ranges {
            streams: Cow::Owned(streams.collect()),
            range,
            shift,
        })
    }

    /// One value, or none, for each series and step, made of what the step sees. Names go, unless they are to stay.
    pub(super) fn windows(
        &self,
        expr: &Expr,
        grid: &Grid,
        keep_name: bool,
        mut make: impl FnMut(usize, Window<'_>) -> Option<f64>,
    ) -> Result<Vec<Line>, Fail> {
        let Some(ranges) = self.ranges(expr, grid)? else {
            return Err(Fail::Bad("expected type range vector".to_owned()));
        };
        let mut lines = Vec::with_capacity(ranges.streams.len());
        for stream in ranges.streams.iter() {
            let mut values = Vec::with_capacity(grid.count);
            for (step, time) in grid.times().enumerate() {
                let window = ranges.window(stream, time);
                self.pay(window.points.len() + 1)?;
                values.push(if window.points.is_empty() { None } else { make(step, window) });
            }
            lines.push(Line {
                labels: stream.labels.clone(),
                values,
            });
        }
        if keep_name { Ok(lines) } else { settle(drop_name(lines)) }
    }
}

fn without_ends(stream: &Stream) -> Stream {
    Stream {
        labels: stream.labels.clone(),
        points: stream.points.iter().filter(|(_, v)| !is_stale(*v)).copied().collect(),
    }
}

/// The function of this name, if it takes a range and nothing else.
pub fn simple(name: &str) -> Option<fn(Window<'_>) -> Option<f64>> {
    Some(match name {
        "rate" => |w| Some(w.extrapolated(Kind::Counter)? / w.seconds()),
        "increase" => |w| w.extrapolated(Kind::Counter),
        "delta" => |w| w.extrapolated(Kind::Gauge),
        "irate" => |w| w.instant(Kind::Counter).map(|(change, seconds)| change / seconds),
        "idelta" => |w| w.instant(Kind::Gauge).map(|(change, _)| change),
        "deriv" => |w| w.regression(w.from).map(|(slope, _)| slope),
        "changes" => |w| Some(w.pairs().filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan())).count() as f64),
        "resets" => |w| Some(w.pairs().filter(|(a, b)| b < a).count() as f64),
        "avg_over_time" => |w| Some(w.values().sum::<f64>() / w.points.len() as f64),
        "sum_over_time" => |w| Some(w.values().sum()),
        "count_over_time" => |w| Some(w.points.len() as f64),
        "present_over_time" => |_| Some(1.0),
        "last_over_time" => |w| w.values().next_back(),
        "first_over_time" => |w| w.values().next(),
        "min_over_time" => |w| w.values().reduce(f64::min),
        "max_over_time" => |w| w.values().reduce(f64::max),
        "stdvar_over_time" => |w| Some(w.variance()),
        "stddev_over_time" => |w| Some(w.variance().sqrt()),
        _ => return None,
    })
}

/// Whether a value that falls has been reset, or has just fallen.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Counter,
    Gauge,
}

impl Window<'_> {
    fn values(&self) -> impl DoubleEndedIterator<Item = f64> {
        self.points.iter().map(|(_, value)| *value)
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.values().zip(self.values().skip(1))
    }

    fn seconds(&self) -> f64 {
        (self.to - self.from) as f64 / 1000.0
    }

    fn variance(&self) -> f64 {
        let n = self.points.len() as f64;
        let mean = self.values().sum::<f64>() / n;
        self.values().map(|v| (v - mean).powi(2)).sum::<f64>() / n
    }

    pub fn quantile(&self, q: f64) -> f64 {
        quantile(q, &mut self.values().collect::<Vec<_>>())
    }

    /// The change over the whole window: that between the first and the last sample, stretched to the window's ends
    /// where the samples reach close enough to them, or else by half of their usual distance. A counter is
    /// not stretched below zero.
    fn extrapolated(&self, kind: Kind) -> Option<f64> {
        let (&(first_at, first), &(last_at, last)) = (self.points.first()?, self.points.last()?);
        let covered = (last_at - first_at) as f64 / 1000.0;
        if self.points.len() < 2 || covered <= 0.0 {
            return None;
        }
        let mut change = last - first;
        if kind == Kind::Counter {
            change += self.pairs().filter(|(a, b)| b < a).map(|(a, _)| a).sum::<f64>();
        }
        let usual = covered / (self.points.len() - 1) as f64;
        let stretch = |gap: i64| {
            let gap = gap as f64 / 1000.0;
            if gap >= usual * 1.1 { usual / 2.0 } else { gap }
        };
        let mut before = stretch(first_at - self.from);
        if kind == Kind::Counter && change > 0.0 && first >= 0.0 {
            before = before.min(covered * first / change);
        }
        Some(change * (covered + before + stretch(self.to - last_at)) / covered)
    }

    /// The change between the last two samples, and the seconds between them.
    fn instant(&self, kind: Kind) -> Option<(f64, f64)> {
        let [.., (before_at, before), (last_at, last)] = self.points else {
            return None;
        };
        let seconds = (last_at - before_at) as f64 / 1000.0;
        let reset = kind == Kind::Counter && last < before;
        (seconds > 0.0).then_some((if reset { *last } else { last - before }, seconds))
    }

    /// The straight line through the samples: slope per second, and its value at a time.
    pub fn regression(&self, at: i64) -> Option<(f64, f64)> {
        if self.points.len() < 2 {
            return None;
        }
        let n = self.points.len() as f64;
        let seconds = |t: i64| (t - at) as f64 / 1000.0;
        let mean_x = self.points.iter().map(|(t, _)| seconds(*t)).sum::<f64>() / n;
        let mean_y = self.values().sum::<f64>() / n;
        let covariance: f64 = self.points.iter().map(|(t, v)| (seconds(*t) - mean_x) * (v - mean_y)).sum();
        let variance: f64 = self.points.iter().map(|(t, _)| (seconds(*t) - mean_x).powi(2)).sum();
        let slope = covariance / variance;
        Some((slope, mean_y - slope * mean_x))
    }
}
