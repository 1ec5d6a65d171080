//! PromQL over the world's series.
//!
//! Text becomes an expression ([`parse`]); what its selectors need is copied out of the series while the world is
//! locked ([`fetch`]); then it is evaluated without the world, for all steps of a query at once: each node of
//! the expression gives lines, and a line is one value, or none, for each step.

mod aggregate;
mod binary;
mod calls;
mod data;
mod fetch;
mod histogram;
mod labels;
mod parse;
mod range;

use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Expr, UnaryExpr, VectorSelector};

pub use data::{Grid, Labels, Line, NAME, Stream};
pub use fetch::{Data, Selection, Source, time};
pub use labels::is_name;
pub use parse::{duration, parse, selector};

use data::{Val, drop_name, settle};

/// A sample stands for this long unless another follows, in milliseconds.
pub const LOOKBACK: i64 = 300_000;

/// How many samples one query may touch. It keeps the largest question to a fraction of a second.
const MOST_SAMPLES: usize = 30_000_000;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fail {
    /// The question is wrong: what Prometheus calls `bad_data`.
    #[error("{0}")]
    Bad(String),
    /// The question cannot be answered with these series: `execution`.
    #[error("{0}")]
    Execution(String),
}

impl Fail {
    fn too_much() -> Self {
        Self::Execution("query processing would load too many samples into memory in query execution".to_owned())
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A number for each step.
    Scalar(Vec<f64>),
    Text(String),
    /// Lines; whether their order says something.
    Vector(Vec<Line>),
    /// The samples of a range, from an instant query for one.
    Matrix(Vec<Stream>),
}

/// Evaluates an expression at one time, in milliseconds since 1970.
pub fn at(expr: &Expr, data: &Data, time: i64) -> Result<Outcome, Fail> {
    let grid = Grid {
        start: time,
        step: 1,
        count: 1,
    };
    let engine = Engine::new(data, &grid);
    if let Some(ranges) = engine.ranges(expr, &grid)? {
        let streams = ranges.streams.iter().map(|stream| Stream {
            labels: stream.labels.clone(),
            points: ranges.window(stream, time).points.to_vec(),
        });
        return Ok(Outcome::Matrix(streams.filter(|s| !s.points.is_empty()).collect()));
    }
    engine.finish(expr, &grid)
}

/// Evaluates an expression at each step.
pub fn over(expr: &Expr, data: &Data, grid: &Grid) -> Result<Outcome, Fail> {
    match expr.value_type() {
        ValueType::Vector | ValueType::Scalar => Engine::new(data, grid).finish(expr, grid),
        other => Err(Fail::Bad(format!(
            "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
            match other {
                ValueType::Matrix => "range vector",
                _ => "string",
            }
        ))),
    }
}

/// The evaluation of one query.
struct Engine<'a> {
    data: &'a Data,
    /// First and last step of the whole query, which `@ start()` and `@ end()` mean.
    span: (i64, i64),
    left: std::cell::Cell<usize>,
}

impl<'a> Engine<'a> {
    fn new(data: &'a Data, grid: &Grid) -> Self {
        Self {
            data,
            span: (grid.start, grid.end()),
            left: std::cell::Cell::new(MOST_SAMPLES),
        }
    }

    fn finish(&self, expr: &Expr, grid: &Grid) -> Result<Outcome, Fail> {
        Ok(match self.eval(expr, grid)? {
            Val::Scalar(values) => Outcome::Scalar(values),
            Val::Text(text) => Outcome::Text(text),
            Val::Vector(mut lines) => {
                lines.retain(|line| line.values.iter().any(Option::is_some));
                if grid.count > 1 || !orders(expr) {
                    lines.sort_by(|a, b| a.labels.cmp(&b.labels));
                }
                Outcome::Vector(lines)
            }
        })
    }

    /// Pays for samples that are looked at or made.
    fn pay(&self, samples: usize) -> Result<(), Fail> {
        let left = self.left.get().checked_sub(samples).ok_or_else(Fail::too_much)?;
        self.left.set(left);
        Ok(())
    }

    fn eval(&self, expr: &Expr, grid: &Grid) -> Result<Val, Fail> {
        match expr {
            Expr::Paren(inner) => self.eval(&inner.expr, grid),
            Expr::NumberLiteral(number) => Ok(Val::Scalar(vec![number.val; grid.count])),
            Expr::StringLiteral(text) => Ok(Val::Text(text.val.clone())),
            Expr::VectorSelector(selector) => self.select(selector, grid, |_, value| value).map(Val::Vector),
            Expr::Unary(unary) => self.unary(unary, grid),
            Expr::Binary(binary) => self.binary(binary, grid),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, grid),
            Expr::Call(call) => self.call(call, grid),
            Expr::MatrixSelector(_) | Expr::Subquery(_) | Expr::Extension(_) => {
                Err(Fail::Bad("a range vector is not expected here".to_owned()))
            }
        }
    }

    fn vector(&self, expr: &Expr, grid: &Grid) -> Result<Vec<Line>, Fail> {
        match self.eval(expr, grid)? {
            Val::Vector(lines) => Ok(lines),
            _ => Err(Fail::Bad("expected type instant vector".to_owned())),
        }
    }

    fn scalar(&self, expr: &Expr, grid: &Grid) -> Result<Vec<f64>, Fail> {
        match self.eval(expr, grid)? {
            Val::Scalar(values) => Ok(values),
            _ => Err(Fail::Bad("expected type scalar".to_owned())),
        }
    }

    fn unary(&self, unary: &UnaryExpr, grid: &Grid) -> Result<Val, Fail> {
        // The parser keeps no sign: a unary plus leaves no node.
        Ok(match self.eval(&unary.expr, grid)? {
            Val::Scalar(values) => Val::Scalar(values.into_iter().map(|v| -v).collect()),
            Val::Vector(lines) => Val::Vector(settle(drop_name(data::mapped(lines, |v| -v)))?),
            text @ Val::Text(_) => text,
        })
    }

    /// The newest sample of each series at each step, as `what` makes a value of its time and value.
    fn select(&self, selector: &VectorSelector, grid: &Grid, what: impl Fn(i64, f64) -> f64) -> Result<Vec<Line>, Fail> {
        let streams = self.data.of(selector);
        let shift = data::Shift::of(selector.offset.as_ref(), selector.at.as_ref(), self.span);
        self.pay(streams.len().saturating_mul(grid.count))?;
        let lines = streams.iter().map(|stream| {
            let mut next = 0;
            let values = grid.times().map(|time| {
                let time = shift.apply(time);
                // Times never go back within a grid; a fixed time stays.
                while stream.points.get(next).is_some_and(|(at, _)| *at <= time) {
                    next += 1;
                }
                let (at, value) = *stream.points.get(next.checked_sub(1)?)?;
                (at > time - LOOKBACK && !data::is_stale(value)).then(|| what(at, value))
            });
            Line {
                values: values.collect(),
                labels: stream.labels.clone(),
            }
        });
        Ok(lines.collect())
    }
}

/// Whether the order of the result is part of it.
fn orders(expr: &Expr) -> bool {
    use promql_parser::parser::token::{T_BOTTOMK, T_TOPK};
    match expr {
        Expr::Paren(inner) => orders(&inner.expr),
        Expr::Call(call) => call.func.name.starts_with("sort"),
        Expr::Aggregate(aggregate) => matches!(aggregate.op.id(), T_TOPK | T_BOTTOMK),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
