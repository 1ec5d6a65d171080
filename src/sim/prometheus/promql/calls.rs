//! Functions, by name.

use jiff::tz::TimeZone;
use promql_parser::parser::{Call, Expr};

use super::data::{Grid, Labels, Line, Val, drop_name, is_stale, mapped, settle};
use super::{Engine, Fail, histogram, labels, range};

/// Changes one number into another.
type Change = fn(f64) -> f64;

fn elementwise(name: &str) -> Option<Change> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sgn" => |v| if v == 0.0 || v.is_nan() { v } else { v.signum() },
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "deg" => f64::to_degrees,
        "rad" => f64::to_radians,
        "minute" => |v| calendar(v, |t| t.minute().into()),
        "hour" => |v| calendar(v, |t| t.hour().into()),
        "day_of_month" => |v| calendar(v, |t| t.day().into()),
        "day_of_week" => |v| calendar(v, |t| t.weekday().to_sunday_zero_offset().into()),
        "month" => |v| calendar(v, |t| t.month().into()),
        "year" => |v| calendar(v, |t| t.year().into()),
        _ => return None,
    })
}

fn calendar(seconds: f64, part: impl Fn(&jiff::Zoned) -> f64) -> f64 {
    let time = (seconds.is_finite())
        .then(|| jiff::Timestamp::from_second(seconds as i64).ok())
        .flatten();
    time.map_or(f64::NAN, |time| part(&time.to_zoned(TimeZone::UTC)))
}

impl Engine<'_> {
    pub(super) fn call(&self, call: &Call, grid: &Grid) -> Result<Val, Fail> {
        let name = call.func.name;
        if let Some(make) = range::simple(name) {
            let keep = matches!(name, "last_over_time" | "first_over_time");
            return self.windows(self.arg(call, 0)?, grid, keep, |_, w| make(w)).map(Val::Vector);
        }
        if let Some(change) = elementwise(name) {
            let lines = match call.args.args.first() {
                Some(arg) => self.vector(arg, grid)?,
                None => vec![constant(times(grid))],
            };
            return Ok(Val::Vector(settle(drop_name(mapped(lines, change)))?));
        }
        match name {
            "quantile_over_time" | "predict_linear" | "absent_over_time" => self.range_call(call, grid),
            "label_replace" | "label_join" => self.label_call(call, grid),
            "clamp" | "clamp_min" | "clamp_max" | "round" => self.clamp(call, grid),
            "absent" | "scalar" | "vector" | "time" | "pi" | "timestamp" | "sort" | "sort_desc" | "histogram_quantile" => {
                self.other(call, grid)
            }
            _ => Err(Fail::Execution(format!("the function {name} is not known to this server"))),
        }
    }

    fn arg<'e>(&self, call: &'e Call, index: usize) -> Result<&'e Expr, Fail> {
        let arg = call.args.args.get(index).map(AsRef::as_ref);
        arg.ok_or_else(|| Fail::Bad(format!("too few arguments in call to {:?}", call.func.name)))
    }

    /// A number argument, or this for each step where it may be left out.
    fn number(&self, call: &Call, index: usize, otherwise: f64, grid: &Grid) -> Result<Vec<f64>, Fail> {
        match call.args.args.get(index) {
            Some(arg) => self.scalar(arg, grid),
            None => Ok(vec![otherwise; grid.count]),
        }
    }

    fn texts(&self, call: &Call, from: usize, grid: &Grid) -> Result<Vec<String>, Fail> {
        let args = call.args.args.iter().skip(from);
        args.map(|arg| match self.eval(arg, grid)? {
            Val::Text(text) => Ok(text),
            _ => Err(Fail::Bad(format!("expected type string in call to function {:?}", call.func.name))),
        })
        .collect()
    }

    fn range_call(&self, call: &Call, grid: &Grid) -> Result<Val, Fail> {
        let lines = match call.func.name {
            "quantile_over_time" => {
                let q = self.number(call, 0, f64::NAN, grid)?;
                let make = |step: usize, w: range::Window<'_>| Some(w.quantile(q.get(step).copied()?));
                self.windows(self.arg(call, 1)?, grid, false, make)?
            }
            "predict_linear" => {
                let ahead = self.number(call, 1, f64::NAN, grid)?;
                let make = |step: usize, w: range::Window<'_>| {
                    let (slope, now) = w.regression(w.to)?;
                    Some(now + slope * ahead.get(step).copied()?)
                };
                self.windows(self.arg(call, 0)?, grid, false, make)?
            }
            _ => {
                let arg = self.arg(call, 0)?;
                let lines = self.windows(arg, grid, true, |_, _| Some(1.0))?;
                vec![absence(&lines, labels::of_absent(arg), grid)]
            }
        };
        Ok(Val::Vector(lines))
    }

    fn label_call(&self, call: &Call, grid: &Grid) -> Result<Val, Fail> {
        let lines = self.vector(self.arg(call, 0)?, grid)?;
        let texts = self.texts(call, 1, grid)?;
        let lines = match (call.func.name, texts.as_slice()) {
            ("label_replace", [target, replacement, source, regex]) => labels::replace(lines, target, replacement, source, regex)?,
            ("label_join", [target, separator, sources @ ..]) => labels::join(lines, target, separator, sources)?,
            _ => return Err(Fail::Bad(format!("wrong number of arguments in call to {:?}", call.func.name))),
        };
        Ok(Val::Vector(lines))
    }

    fn clamp(&self, call: &Call, grid: &Grid) -> Result<Val, Fail> {
        let name = call.func.name;
        let mut lines = drop_name(self.vector(self.arg(call, 0)?, grid)?);
        let first = self.number(call, 1, 1.0, grid)?;
        let second = self.number(call, 2, f64::INFINITY, grid)?;
        for line in &mut lines {
            for ((value, first), second) in line.values.iter_mut().zip(&first).zip(&second) {
                *value = value.and_then(|v| match name {
                    "clamp_min" => Some(v.max(*first)),
                    "clamp_max" => Some(v.min(*first)),
                    // To the nearest multiple, halves going up; by the inverse, which keeps 0.1 exact.
                    "round" => Some((v / first + 0.5).floor() * first).map(|v| tidy(v, *first)),
                    _ => (first <= second).then(|| v.clamp(*first, *second)),
                });
            }
        }
        Ok(Val::Vector(settle(lines)?))
    }

    fn other(&self, call: &Call, grid: &Grid) -> Result<Val, Fail> {
        Ok(match call.func.name {
            "time" => Val::Scalar(times(grid)),
            "pi" => Val::Scalar(vec![std::f64::consts::PI; grid.count]),
            "vector" => Val::Vector(vec![constant(self.scalar(self.arg(call, 0)?, grid)?)]),
            "scalar" => {
                let lines = self.vector(self.arg(call, 0)?, grid)?;
                let values = (0..grid.count).map(|step| {
                    let mut there = lines.iter().filter_map(|l| l.values.get(step).copied().flatten());
                    match (there.next(), there.next()) {
                        (Some(only), None) => only,
                        _ => f64::NAN,
                    }
                });
                Val::Scalar(values.collect())
            }
            "absent" => {
                let arg = self.arg(call, 0)?;
                let lines = self.vector(arg, grid)?;
                Val::Vector(vec![absence(&lines, labels::of_absent(arg), grid)])
            }
            "timestamp" => {
                let lines = match bare(self.arg(call, 0)?) {
                    Expr::VectorSelector(selector) => self.select(selector, grid, |at, _| at as f64 / 1000.0)?,
                    arg => {
                        let (mut lines, times) = (self.vector(arg, grid)?, times(grid));
                        for line in &mut lines {
                            for (value, time) in line.values.iter_mut().zip(&times) {
                                *value = value.map(|_| *time);
                            }
                        }
                        lines
                    }
                };
                Val::Vector(settle(drop_name(lines))?)
            }
            "histogram_quantile" => {
                let q = self.number(call, 0, f64::NAN, grid)?;
                Val::Vector(histogram::quantiles(&q, self.vector(self.arg(call, 1)?, grid)?, grid))
            }
            name => {
                let mut lines = self.vector(self.arg(call, 0)?, grid)?;
                let first = |line: &Line| line.values.first().copied().flatten().unwrap_or(f64::NAN);
                lines.sort_by(|a, b| match name {
                    "sort" => first(a).total_cmp(&first(b)),
                    _ => first(b).total_cmp(&first(a)),
                });
                Val::Vector(lines)
            }
        })
    }
}

/// Takes away the dust that a multiplication by a fraction leaves.
fn tidy(value: f64, unit: f64) -> f64 {
    let inverse = (1.0 / unit).round();
    let whole = inverse.is_finite() && inverse >= 1.0 && (inverse * unit - 1.0).abs() < 1e-9;
    if whole { (value * inverse).round() / inverse } else { value }
}

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        other => other,
    }
}

fn times(grid: &Grid) -> Vec<f64> {
    grid.times().map(|time| time as f64 / 1000.0).collect()
}

fn constant(values: Vec<f64>) -> Line {
    Line {
        labels: Labels::new(),
        values: values.into_iter().map(Some).collect(),
    }
}

/// 1 at each step where none of these lines is.
fn absence(lines: &[Line], labels: Labels, grid: &Grid) -> Line {
    let there = |step: usize| {
        lines
            .iter()
            .any(|line| line.values.get(step).copied().flatten().is_some_and(|v| !is_stale(v)))
    };
    Line {
        labels,
        values: (0..grid.count).map(|step| (!there(step)).then_some(1.0)).collect(),
    }
}
