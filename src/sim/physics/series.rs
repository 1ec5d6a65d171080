//! Samples by series, as a time series database keeps them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A series' name (`__name__`) and labels, sorted.
pub type Labels = BTreeMap<Arc<str>, Arc<str>>;

/// How many samples a series keeps: twelve hours at one in 15 s.
const MOST: usize = 2_880;

/// Milliseconds between two samples of a run.
const STEP: i64 = 15_000;

/// Samples of the same value in a row, one every [`STEP`]: most series of a calm cluster are one long run.
#[derive(Clone, Copy, Debug)]
struct Spell {
    first: i64,
    count: u32,
    value: Said,
}

/// What a series said.
#[derive(Clone, Copy, Debug)]
enum Said {
    Value(f64),
    /// It is no longer told: what it measured is gone. Prometheus calls that stale.
    Ended,
}

impl Spell {
    fn last(&self) -> i64 {
        self.first + STEP * (i64::from(self.count) - 1)
    }

    /// The same spell, having gone on until then.
    fn until(mut self, clock: i64) -> Self {
        self.count = u32::try_from((clock - self.first) / STEP + 1).unwrap_or(1).max(self.count);
        self
    }

    /// Its samples in the half-open time `(after, until]`.
    fn between(&self, after: i64, until: i64) -> impl DoubleEndedIterator<Item = (i64, f64)> + use<> {
        let Said::Value(value) = self.value else {
            return (0..0).map(sample(0, 0.0));
        };
        let from = (after - self.first).div_euclid(STEP) + 1;
        let to = (until - self.first).div_euclid(STEP) + 1;
        (from.max(0)..to.clamp(from.max(0), i64::from(self.count).max(from.max(0)))).map(sample(self.first, value))
    }
}

fn sample(first: i64, value: f64) -> impl Fn(i64) -> (i64, f64) {
    move |n| (first + n * STEP, value)
}

/// The samples of one series, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    spells: VecDeque<Spell>,
    count: usize,
    /// Whether the last value goes on until the clock: what does not change costs nothing.
    held: bool,
    /// The time of the newest sample of all series.
    clock: Arc<AtomicI64>,
}

impl Samples {
    /// The samples in the half-open time `(after, until]`, oldest first.
    pub fn between(&self, after: Timestamp, until: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, f64)> + '_ {
        let (after, until) = (after.as_millisecond(), until.as_millisecond());
        let from = self.spells.partition_point(|spell| spell.last() <= after);
        // The last one may have gone on for longer than is written.
        let from = from.min(self.spells.len().saturating_sub(1));
        let to = self.spells.partition_point(|spell| spell.first <= until);
        (from..to.max(from))
            .filter_map(|n| self.spell(n))
            .flat_map(move |spell| spell.between(after, until))
            .map(|(at, value)| (Timestamp::from_millisecond(at).unwrap_or_default(), value))
    }

    /// The same with the ends among them: `None` where the series ended.
    pub fn with_ends(&self, after: Timestamp, until: Timestamp) -> impl Iterator<Item = (Timestamp, Option<f64>)> + '_ {
        let (after, until) = (after.as_millisecond(), until.as_millisecond());
        let from = self.spells.partition_point(|spell| spell.last() <= after);
        // The last one may have gone on for longer than is written.
        let from = from.min(self.spells.len().saturating_sub(1));
        let to = self.spells.partition_point(|spell| spell.first <= until);
        (from..to.max(from))
            .filter_map(|n| self.spell(n))
            .flat_map(move |spell| {
                let ends = matches!(spell.value, Said::Ended) && spell.first > after;
                let end = ends.then_some((spell.first, None));
                end.into_iter()
                    .chain(spell.between(after, until).map(|(at, value)| (at, Some(value))))
            })
            .map(|(at, value)| (Timestamp::from_millisecond(at).unwrap_or_default(), value))
    }

    /// The value that an instant query finds: the newest at or before `at` that is not older than `lookback`, unless
    /// the series had ended by then.
    pub fn at(&self, at: Timestamp, lookback: SignedDuration) -> Option<(Timestamp, f64)> {
        let until = at.as_millisecond();
        let to = self.spells.partition_point(|spell| spell.first <= until);
        let newest = self.spell(to.checked_sub(1)?)?;
        let oldest = until.saturating_sub(i64::try_from(lookback.as_millis()).unwrap_or(i64::MAX));
        let (at, value) = newest.between(oldest, until).next_back()?;
        Some((Timestamp::from_millisecond(at).unwrap_or_default(), value))
    }

    /// The newest sample; `None` where the series has ended.
    pub fn last(&self) -> Option<(Timestamp, f64)> {
        let spell = self.spell(self.spells.len().checked_sub(1)?)?;
        match spell.value {
            Said::Value(value) => Some((Timestamp::from_millisecond(spell.last()).unwrap_or_default(), value)),
            Said::Ended => None,
        }
    }

    /// A spell as it is by now.
    fn spell(&self, n: usize) -> Option<Spell> {
        let spell = *self.spells.get(n)?;
        let held = self.held && n + 1 == self.spells.len();
        Some(if held {
            spell.until(self.clock.load(Ordering::Relaxed))
        } else {
            spell
        })
    }

    /// The last value has gone on until just before this time, and does no longer.
    fn release(&mut self, at: i64) {
        if self.held
            && let Some(last) = self.spells.back_mut()
        {
            let before = last.count;
            *last = last.until(at - STEP);
            self.count += (last.count - before) as usize;
        }
        self.held = false;
    }

    fn push(&mut self, at: i64, said: Said) {
        self.release(at);
        self.count += 1;
        if let (Some(spell), Said::Value(value)) = (self.spells.back_mut(), said)
            && matches!(spell.value, Said::Value(before) if before.to_bits() == value.to_bits())
            && at == spell.last() + STEP
        {
            spell.count += 1;
        } else {
            self.spells.push_back(Spell {
                first: at,
                count: 1,
                value: said,
            });
        }
        while self.count > MOST
            && let Some(oldest) = self.spells.front_mut()
        {
            let gone = (self.count - MOST).min(oldest.count as usize);
            self.count -= gone;
            oldest.first += STEP * gone as i64;
            oldest.count -= gone as u32;
            if oldest.count == 0 {
                self.spells.pop_front();
            }
        }
    }
}

/// All series.
#[derive(Debug, Default)]
pub struct Series {
    ids: HashMap<Labels, usize>,
    all: Vec<(Labels, Samples)>,
    /// The series of each name.
    names: BTreeMap<Arc<str>, Vec<usize>>,
    clock: Arc<AtomicI64>,
}

/// Names a series, to write to it often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeriesId(usize);

/// Labels from pairs, with the name.
pub fn labels(name: &str, pairs: &[(&str, &str)]) -> Labels {
    let name = ("__name__", name);
    let pairs = pairs.iter().chain(std::iter::once(&name));
    pairs.map(|(k, v)| (Arc::from(*k), Arc::from(*v))).collect()
}

impl Series {
    /// The series with exactly these labels (`__name__` among them), made if need be.
    pub fn id(&mut self, labels: Labels) -> SeriesId {
        if let Some(id) = self.ids.get(&labels) {
            return SeriesId(*id);
        }
        let id = self.all.len();
        let name = labels.get("__name__").cloned().unwrap_or_else(|| Arc::from(""));
        self.names.entry(name).or_default().push(id);
        self.ids.insert(labels.clone(), id);
        let samples = Samples {
            clock: Arc::clone(&self.clock),
            ..Samples::default()
        };
        self.all.push((labels, samples));
        SeriesId(id)
    }

    /// Adds a sample; samples come in the order of time.
    pub fn push(&mut self, id: SeriesId, at: Timestamp, value: f64) {
        if let Some((_, samples)) = self.all.get_mut(id.0) {
            samples.push(at.as_millisecond(), Said::Value(value));
        }
    }

    /// A sample of everything is taken now, [`STEP`] after the one before. Says so before the values are written.
    pub fn tick(&mut self, at: Timestamp) {
        self.clock.store(at.as_millisecond(), Ordering::Relaxed);
    }

    /// Adds a sample whose value goes on in each of the following samples, until another is pushed or the series ends.
    pub fn hold(&mut self, id: SeriesId, at: Timestamp, value: f64) {
        self.push(id, at, value);
        if let Some((_, samples)) = self.all.get_mut(id.0) {
            samples.held = true;
        }
    }

    /// What the series measured is gone: from now on instant queries do not find it.
    pub fn end(&mut self, id: SeriesId, at: Timestamp) {
        if let Some((_, samples)) = self.all.get_mut(id.0) {
            samples.push(at.as_millisecond(), Said::Ended);
        }
    }

    /// The last value of a series.
    pub fn last(&self, id: SeriesId) -> Option<f64> {
        self.all.get(id.0)?.1.last().map(|(_, value)| value)
    }

    /// The series of this name, or all of them.
    pub fn named(&self, name: Option<&str>) -> Box<dyn Iterator<Item = (&Labels, &Samples)> + '_> {
        match name {
            Some(name) => {
                let ids = self.names.get(name).into_iter().flatten();
                Box::new(ids.filter_map(|id| self.all.get(*id)).map(|(l, s)| (l, s)))
            }
            None => Box::new(self.all.iter().map(|(l, s)| (l, s))),
        }
    }

    /// The names that there are.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names.keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn told(values: &[(i64, f64)]) -> (Series, SeriesId) {
        let mut series = Series::default();
        let id = series.id(labels("up", &[("job", "backend")]));
        for (second, value) in values {
            series.push(id, at(*second), *value);
        }
        (series, id)
    }

    #[test]
    fn runs_of_the_same_value_read_as_the_samples_that_they_are() {
        let values = [(0, 1.0), (15, 1.0), (30, 1.0), (45, 2.0), (75, 2.0), (90, 2.0)];
        let (series, _) = told(&values);
        let (_, samples) = series.named(Some("up")).next().unwrap();
        for (after, until) in [(-1, 90), (0, 90), (15, 45), (14, 44), (30, 76), (90, 200), (200, 100)] {
            let read: Vec<(i64, f64)> = samples.between(at(after), at(until)).map(|(t, v)| (t.as_second(), v)).collect();
            let expected: Vec<(i64, f64)> = values.into_iter().filter(|(t, _)| *t > after && *t <= until).collect();
            assert_eq!(read, expected, "({after}, {until}]");
            let backwards: Vec<i64> = samples.between(at(after), at(until)).rev().map(|(t, _)| t.as_second()).collect();
            assert!(backwards.iter().rev().eq(expected.iter().map(|(t, _)| t)));
        }
    }

    #[test]
    fn a_series_that_ended_is_not_found_any_more_until_it_is_told_again() {
        let (mut series, id) = told(&[(0, 1.0), (15, 1.0)]);
        series.end(id, at(30));
        let lookback = SignedDuration::from_mins(5);
        let found = |series: &Series, second| {
            series
                .named(None)
                .next()
                .unwrap()
                .1
                .at(at(second), lookback)
                .map(|(t, _)| t.as_second())
        };
        assert_eq!(found(&series, 29), Some(15));
        assert_eq!(found(&series, 31), None);
        assert_eq!(series.last(id), None);
        series.push(id, at(60), 1.0);
        assert_eq!(found(&series, 100), Some(60));
        assert_eq!(found(&series, 361), None, "too old");
        let (_, samples) = series.named(None).next().unwrap();
        assert_eq!(samples.between(at(-1), at(100)).count(), 3, "an end is no sample");
    }

    #[test]
    fn a_value_that_is_held_is_there_in_every_sample() {
        let (mut series, id) = told(&[]);
        for second in (0..=300).step_by(15) {
            series.tick(at(second));
            match second {
                0 => series.hold(id, at(0), 1.0),
                120 => series.hold(id, at(120), 2.0),
                240 => series.end(id, at(240)),
                _ => {}
            }
            let (_, samples) = series.named(None).next().unwrap();
            let told: Vec<_> = samples.between(at(-1), at(1_000)).map(|(t, v)| (t.as_second(), v)).collect();
            let expected = (0..=second.min(225)).step_by(15).map(|t| (t, if t < 120 { 1.0 } else { 2.0 }));
            assert_eq!(told, expected.collect::<Vec<_>>(), "at {second}");
            assert_eq!(samples.between(at(second - 1), at(second)).count(), usize::from(second < 240));
            assert_eq!(samples.at(at(second + 7), SignedDuration::from_secs(30)).is_some(), second < 240);
        }
    }

    #[test]
    fn the_oldest_samples_make_room() {
        let (mut series, id) = told(&[]);
        for n in 0..MOST as i64 + 10 {
            series.push(id, at(n * 15), (n / 4) as f64);
        }
        let (_, samples) = series.named(None).next().unwrap();
        let all: Vec<_> = samples.between(at(-1), at(1_000_000)).collect();
        assert_eq!(all.len(), MOST);
        assert_eq!(all[0].0, at(150));
    }
}
