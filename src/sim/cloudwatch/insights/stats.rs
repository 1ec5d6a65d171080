//! `stats`: counts and figures of groups of records.

use std::collections::BTreeMap;

use super::{Entry, number, stamp};

/// What is worked out of a group.
#[derive(Clone, Debug)]
pub(super) enum Figure {
    /// Of all, or of those that have a field.
    Count(Option<String>),
    CountDistinct(String),
    Sum(String),
    Average(String),
    Least(String),
    Most(String),
    /// Percentile.
    Percentile(String, f64),
}

/// By what records are grouped.
#[derive(Clone, Debug)]
pub(super) enum By {
    Field(String),
    /// Milliseconds.
    Bin(String, i64),
}

/// A `stats` command: figures with their names, and groups.
#[derive(Clone, Debug)]
pub(super) struct Stats {
    pub figures: Vec<(String, Figure)>,
    pub by: Vec<By>,
}

impl Stats {
    /// A row for each group.
    pub fn rows(&self, entries: &[Entry]) -> Vec<Vec<(String, String)>> {
        let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            let key = self.by.iter().map(|by| match by {
                By::Field(field) => entry.field(field),
                By::Bin(_, width) => Some(stamp(entry.at.div_euclid(*width).saturating_mul(*width))),
            });
            groups.entry(key.collect()).or_default().push(entry);
        }
        if groups.is_empty() && self.by.is_empty() {
            groups.insert(Vec::new(), Vec::new());
        }
        groups.iter().map(|(key, entries)| self.row(key, entries)).collect()
    }

    fn row(&self, key: &[Option<String>], entries: &[&Entry]) -> Vec<(String, String)> {
        let names = self.by.iter().map(|by| match by {
            By::Field(name) | By::Bin(name, _) => name.clone(),
        });
        let groups = names.zip(key).filter_map(|(name, value)| Some((name, value.clone()?)));
        let figures = self
            .figures
            .iter()
            .filter_map(|(name, figure)| Some((name.clone(), figure.of(entries)?)));
        groups.chain(figures).collect()
    }
}

impl Figure {
    fn of(&self, entries: &[&Entry]) -> Option<String> {
        let numbers = |field: &str| -> Vec<f64> { entries.iter().filter_map(|e| number(e.field(field).as_deref())).collect() };
        let told = |n: f64| {
            if n.fract() == 0.0 { format!("{n:.0}") } else { format!("{n:.4}") }
        };
        match self {
            Self::Count(None) => Some(entries.len().to_string()),
            Self::Count(Some(field)) => Some(entries.iter().filter(|e| e.field(field).is_some()).count().to_string()),
            Self::CountDistinct(field) => {
                let all: std::collections::BTreeSet<String> = entries.iter().filter_map(|e| e.field(field)).collect();
                Some(all.len().to_string())
            }
            Self::Sum(field) => Some(told(numbers(field).iter().sum())),
            Self::Average(field) => {
                let all = numbers(field);
                (!all.is_empty()).then(|| told(all.iter().sum::<f64>() / all.len() as f64))
            }
            Self::Least(field) => numbers(field).into_iter().min_by(f64::total_cmp).map(told),
            Self::Most(field) => numbers(field).into_iter().max_by(f64::total_cmp).map(told),
            Self::Percentile(field, part) => {
                let mut all = numbers(field);
                all.sort_by(f64::total_cmp);
                let at = (part / 100.0 * all.len() as f64).ceil() as usize;
                all.get(at.saturating_sub(1).min(all.len().saturating_sub(1))).copied().map(told)
            }
        }
    }
}
