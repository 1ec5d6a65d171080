//! Values over time, as a Prometheus tells them.

use std::sync::Arc;

use super::{Problem, Time};

/// Series that are kept of one answer; the rest are counted.
pub const MOST_SERIES: usize = 40;

/// What is asked for, again and again, up to now. Equal questions are asked once, whoever looks at the answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// PromQL, in the order in which it is tried: the first that has series is the answer.
    pub queries: Arc<[Arc<str>]>,
    /// How far back, in seconds.
    pub span: u32,
    /// Seconds between two points.
    pub step: u32,
    /// How long before now it ends (seconds): a day for "the same time yesterday".
    pub shift: u32,
}

/// An answer: series on one grid of times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesAnswer {
    /// The time of the first point; each next one is a step later.
    pub from: Time,
    pub step: u32,
    pub series: Vec<Series>,
    /// Which of the queries was answered.
    pub query: u16,
    /// Series that were told and are not kept.
    pub more: u32,
    /// What the server remarks about its own answer.
    pub warnings: Vec<Box<str>>,
    /// By how many seconds the server's clock is ahead of ours; only where it is enough to matter.
    pub skew: i64,
}

/// One series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Labels by name, without the name of the metric.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// One value for each time of the grid; NaN where there is none.
    pub points: Arc<[f64]>,
}

/// News of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesFact {
    Told(Arc<SeriesAnswer>),
    /// Asked again at `next`; what was told before still stands.
    Retrying {
        problem: Problem,
        next: Time,
    },
    /// The question is wrong: asked again only when somebody changes it.
    Refused(Problem),
}

/// What a Prometheus has: for completion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub metrics: Vec<Box<str>>,
    pub labels: Vec<Box<str>>,
}

impl SeriesKey {
    /// One question with its alternatives.
    pub fn new(queries: impl IntoIterator<Item = impl Into<Arc<str>>>, span: u32, step: u32) -> Self {
        Self {
            queries: queries.into_iter().map(Into::into).collect(),
            span,
            step: step.max(1),
            shift: 0,
        }
    }

    /// The same, so many seconds earlier.
    #[must_use]
    pub fn earlier(&self, shift: u32) -> Self {
        Self { shift, ..self.clone() }
    }
}

impl SeriesAnswer {
    /// The time after the last point of the grid.
    pub fn until(&self) -> Time {
        let points = self.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
        self.from + i64::try_from(points).unwrap_or(0).saturating_sub(1).max(0) * i64::from(self.step)
    }
}

impl Series {
    /// The value of a label; empty where it has none.
    pub fn label(&self, name: &str) -> &str {
        self.labels
            .iter()
            .find(|(label, _)| &**label == name)
            .map_or("", |(_, value)| value)
    }

    /// The last value that there is, if it is among the newest few: what ended long ago is not what is now.
    pub fn last(&self) -> Option<f64> {
        /// Points in which a value still is the present one.
        const NEW: usize = 4;
        self.points.iter().rev().take(NEW).copied().find(|value| !value.is_nan())
    }

    /// Its values, without the gaps.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = f64> + '_ {
        self.points.iter().copied().filter(|value| !value.is_nan())
    }

    /// How much it grows in a second, by the least squares of its newest points; `None` for fewer than three.
    pub fn slope(&self, newest: usize, step: u32) -> Option<f64> {
        let start = self.points.len().saturating_sub(newest);
        let points = self.points.get(start..)?;
        let known: Vec<(f64, f64)> = points
            .iter()
            .enumerate()
            .filter(|(_, y)| y.is_finite())
            .map(|(x, y)| (x as f64, *y))
            .collect();
        if known.len() < 3 {
            return None;
        }
        let n = known.len() as f64;
        let (sx, sy) = known.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x, sy + y));
        let (mx, my) = (sx / n, sy / n);
        let (above, below) = known
            .iter()
            .fold((0.0, 0.0), |(a, b), (x, y)| (a + (x - mx) * (y - my), b + (x - mx) * (x - mx)));
        Some(above / below / f64::from(step.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(points: &[f64]) -> Series {
        Series {
            labels: vec![("pod".into(), "a".into())],
            points: points.into(),
        }
    }

    #[test]
    fn gaps_are_no_values() {
        let gap = f64::NAN;
        assert_eq!(of(&[1.0, gap, 3.0]).values().collect::<Vec<_>>(), [1.0, 3.0]);
        assert_eq!(of(&[1.0, 2.0, gap]).last(), Some(2.0));
        assert_eq!(of(&[1.0, gap, gap, gap, gap]).last(), None, "what ended is not what is");
        assert_eq!(of(&[0.0, 15.0, 30.0, gap, 60.0]).slope(10, 15), Some(1.0));
        assert_eq!(of(&[0.0, gap, 15.0]).slope(10, 15), None);
        assert_eq!((of(&[]).label("pod"), of(&[]).label("x")), ("a", ""));
    }

    #[test]
    fn an_answer_ends_with_its_last_point() {
        let answer = SeriesAnswer {
            from: Time(100),
            step: 15,
            series: vec![of(&[1.0, 2.0, 3.0])],
            ..SeriesAnswer::default()
        };
        assert_eq!(answer.until(), Time(130));
        assert_eq!(SeriesAnswer::default().until(), Time(0));
    }
}
