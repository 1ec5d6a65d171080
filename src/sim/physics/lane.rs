//! Series that are written together: once every sample, always in the same order, so that no label is looked up twice.

use jiff::Timestamp;

use super::series::{Labels, Series, SeriesId};

/// The series of one thing that is measured (a pod, a node, the database).
#[derive(Debug, Default)]
pub struct Lane {
    slots: Vec<Slot>,
    at: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    id: Option<SeriesId>,
    /// What the last sample wrote to it, if it did.
    live: Option<f64>,
    /// Whether that value stays until another is written.
    held: bool,
}

impl Lane {
    /// A new sample begins: the next value is that of the first series.
    pub fn rewind(&mut self) {
        self.at = 0;
    }

    /// The next series' value; `None` where there is none now, which ends it until there is one again.
    pub fn put(&mut self, series: &mut Series, at: Timestamp, value: Option<f64>, labels: impl FnOnce() -> Labels) {
        if self.at >= self.slots.len() {
            self.slots.push(Slot::default());
        }
        let Some(slot) = self.slots.get_mut(self.at) else { return };
        self.at += 1;
        match value {
            Some(value) => {
                let same = slot.live.is_some_and(|before| before.to_bits() == value.to_bits());
                if same && slot.held {
                    return;
                }
                let id = *slot.id.get_or_insert_with(|| series.id(labels()));
                // What stays the same twice may do so for long; what moves need not be held.
                slot.held = same;
                if same {
                    series.hold(id, at, value);
                } else {
                    series.push(id, at, value);
                }
                slot.live = Some(value);
            }
            None => slot.end(series, at),
        }
    }

    /// Nothing follows in this sample: the series that would, end.
    pub fn rest_ends(&mut self, series: &mut Series, at: Timestamp) {
        for slot in self.slots.iter_mut().skip(self.at) {
            slot.end(series, at);
        }
        self.at = self.slots.len();
    }

    /// The thing is gone, and all its series end.
    pub fn end(&mut self, series: &mut Series, at: Timestamp) {
        for slot in &mut self.slots {
            slot.end(series, at);
        }
    }
}

impl Slot {
    fn end(&mut self, series: &mut Series, at: Timestamp) {
        if let (Some(_), Some(id)) = (self.live, self.id) {
            series.end(id, at);
        }
        self.live = None;
        self.held = false;
    }
}
