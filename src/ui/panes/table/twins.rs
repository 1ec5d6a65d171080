//! Events that say the same of the same object, as one row.
//!
//! Kubernetes counts repetitions in one event only within a window and a source; after it, or from another
//! controller replica, the same sentence comes as a new event. Nobody on call wants to read it twelve times.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Row;
use crate::model::{Body, Event, Time, Uid};

/// Keeps the newest of each set of twins, with their counts added up.
pub fn fold<'a>(rows: Vec<(Uid, Row<'a>)>) -> Vec<(Uid, Row<'a>)> {
    let mut kept: Vec<(Uid, Row<'a>)> = Vec::with_capacity(rows.len());
    let mut seen: HashMap<(Uid, &str, &str, &str), usize> = HashMap::with_capacity(rows.len());
    for (uid, row) in rows {
        let Some(event) = event(&row) else {
            kept.push((uid, row));
            continue;
        };
        match seen.entry((event.object_uid, &event.object, &event.reason, &event.message)) {
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push((uid, row.count(event.count.max(1))));
            }
            Entry::Occupied(place) => {
                let twin = &mut kept[*place.get()];
                let count = twin.1.count.unwrap_or(1).saturating_add(event.count.max(1));
                if self::event(&twin.1).is_some_and(|other| last(other) < last(event)) {
                    *twin = (uid, row);
                }
                twin.1 = twin.1.count(count);
            }
        }
    }
    kept
}

fn event<'a>(row: &Row<'a>) -> Option<&'a Event> {
    match row.body() {
        Some(Body::Event(event)) => Some(event),
        _ => None,
    }
}

fn last(event: &Event) -> Time {
    event.last.max(event.first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::panes::table::samples::{self, NOW};

    #[test]
    fn twins_are_one_row_with_the_newest_time_and_the_sum_of_counts() {
        let mut older = samples::event("backend-1", "BackOff", 600);
        let mut newer = samples::event("backend-1", "BackOff", 60);
        let other = samples::event("backend-2", "BackOff", 60);
        for (object, count) in [(&mut older, 4), (&mut newer, 2)] {
            if let Body::Event(event) = &mut object.body {
                event.count = count;
            }
        }
        let rows = vec![
            (Uid(1), Row::object(&older, NOW)),
            (Uid(2), Row::object(&newer, NOW)),
            (Uid(3), Row::object(&other, NOW)),
        ];
        let folded = fold(rows);
        assert_eq!(
            folded.iter().map(|(uid, row)| (uid.0, row.count)).collect::<Vec<_>>()[0],
            (2, Some(6))
        );
        assert_eq!(folded.len(), 2);
    }
}
