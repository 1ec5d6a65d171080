//! The order of rows: by any column, always total, and cheap to keep up while little changes.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{ColumnRef, Content, Row, Value, natural};
use crate::model::{Kind, Known, Uid, UidMap};

/// What rows are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The header of the column.
    pub column: Cow<'static, str>,
    pub descending: bool,
}

impl Sort {
    /// Upwards by a column.
    pub fn ascending(column: impl Into<Cow<'static, str>>) -> Self {
        Self {
            column: column.into(),
            descending: false,
        }
    }

    /// By this column in the direction that is looked for first: names from the start, the youngest, the most.
    pub fn by(column: &ColumnRef) -> Self {
        Self {
            column: column.name().to_owned().into(),
            descending: match column.content() {
                Content::Text | Content::Exit | Content::Age | Content::Ratio => false,
                Content::Number | Content::Percent | Content::Cpu | Content::Memory => true,
            },
        }
    }

    /// The other direction.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.descending = !self.descending;
        self
    }
}

/// How a table is ordered before anybody asks: events by when they were last seen, latest first (which is
/// upwards by age); everything else by namespace and name.
pub fn default_sort(kind: &Kind) -> Sort {
    match kind.known() {
        Some(Known::Event) => Sort::ascending("LAST"),
        Some(k) if !k.info().namespaced => Sort::ascending("NAME"),
        _ => Sort::ascending("NAMESPACE"),
    }
}

/// A row's key: computed once per pass.
struct Keyed<'a> {
    key: Value<'a>,
    empty: bool,
    namespace: &'a str,
    name: &'a str,
    uid: Uid,
}

/// The uids of the rows, in order.
///
/// `previous` is the order of the pass before (or nothing): starting from it, there is little to do when little
/// changed. The result does not depend on it, nor on the order of `rows`: rows that are equal in the
/// column stand by namespace, name and uid. Rows without a value come last in both directions.
pub fn order<'a>(rows: impl IntoIterator<Item = (Uid, Row<'a>)>, sort: &Sort, columns: &[ColumnRef], previous: &[Uid]) -> Vec<Uid> {
    let column = columns.iter().find(|c| c.name() == sort.column);
    let keyed: Vec<Keyed<'a>> = rows
        .into_iter()
        .map(|(uid, row)| {
            let key = column.map_or(Value::None, |c| c.value(&row));
            Keyed {
                empty: key.is_none(),
                key,
                namespace: row.namespace(),
                name: row.name(),
                uid,
            }
        })
        .collect();
    let before = as_before(&keyed, previous);
    let sorted = if sort.descending {
        nearly_sorted(before, |a, b| by_key(b, a, a.empty.cmp(&b.empty)).then_with(|| by_name(a, b)))
    } else {
        nearly_sorted(before, |a, b| by_key(a, b, a.empty.cmp(&b.empty)).then_with(|| by_name(a, b)))
    };
    sorted.into_iter().map(|k| k.uid).collect()
}

/// Sorts what is mostly in order already: rows that contradict their neighbour are taken out, sorted and
/// merged back (Cook and Kim's method), so that a few changes among many rows cost one pass.
fn nearly_sorted<T: Copy>(rows: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut in_order: Vec<T> = Vec::with_capacity(rows.len());
    let mut displaced: Vec<T> = Vec::new();
    for row in rows {
        match in_order.pop_if(|last| compare(last, &row).is_gt()) {
            // Either of the two may be the one that moved.
            Some(last) => displaced.extend([last, row]),
            None => in_order.push(row),
        }
    }
    if displaced.is_empty() {
        return in_order;
    }
    displaced.sort_unstable_by(&compare);
    let mut out = Vec::with_capacity(in_order.len() + displaced.len());
    let mut displaced = displaced.into_iter().peekable();
    for row in in_order {
        while let Some(earlier) = displaced.next_if(|d| compare(d, &row).is_lt()) {
            out.push(earlier);
        }
        out.push(row);
    }
    out.extend(displaced);
    out
}

fn by_key(a: &Keyed<'_>, b: &Keyed<'_>, empty: Ordering) -> Ordering {
    empty.then_with(|| if a.empty { Ordering::Equal } else { a.key.compare(&b.key) })
}

fn by_name(a: &Keyed<'_>, b: &Keyed<'_>) -> Ordering {
    natural::compare(a.namespace, b.namespace)
        .then_with(|| natural::compare(a.name, b.name))
        .then_with(|| a.uid.cmp(&b.uid))
}

/// The rows as they stood before, then the new ones.
fn as_before<'k, 'a>(keyed: &'k [Keyed<'a>], previous: &[Uid]) -> Vec<&'k Keyed<'a>> {
    if previous.is_empty() {
        return keyed.iter().collect();
    }
    let mut places: UidMap<usize> = UidMap::with_capacity_and_hasher(previous.len(), Default::default());
    places.extend(previous.iter().enumerate().map(|(place, uid)| (*uid, place)));
    let mut slots: Vec<Option<&Keyed<'a>>> = vec![None; previous.len()];
    let mut new = Vec::new();
    for row in keyed {
        match places.get(&row.uid).and_then(|place| slots.get_mut(*place)) {
            Some(slot @ None) => *slot = Some(row),
            // New, or (from a misbehaving server) a second row of the same identity.
            _ => new.push(row),
        }
    }
    slots.into_iter().flatten().chain(new).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Object, Time};
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, usage};

    fn names(objects: &[Object], sort: &Sort, previous: &[Uid]) -> (Vec<String>, Vec<Uid>) {
        let columns = columns(&Known::Pod.into(), None);
        let uids = order(objects.iter().map(|o| (o.meta.uid, Row::object(o, NOW))), sort, &columns, previous);
        let name = |uid: &Uid| objects.iter().find(|o| o.meta.uid == *uid).map(|o| o.meta.name.to_string());
        (uids.iter().filter_map(name).collect(), uids)
    }

    fn restarted(name: &str, restarts: u32) -> Object {
        let mut pod = samples::pod(name);
        samples::containers(&mut pod, |list| list[0].restarts = restarts);
        pod
    }

    #[test]
    fn rows_that_are_equal_stand_by_name_in_both_directions() {
        let pods = [restarted("c", 1), restarted("web-10", 0), restarted("web-9", 0), restarted("a", 1)];
        let up = Sort::ascending("RESTARTS");
        assert_eq!(names(&pods, &up, &[]).0, ["web-9", "web-10", "a", "c"]);
        assert_eq!(names(&pods, &up.reversed(), &[]).0, ["a", "c", "web-9", "web-10"]);
        assert_eq!(
            names(&pods, &Sort::ascending("NO-SUCH-COLUMN"), &[]).0,
            ["a", "c", "web-9", "web-10"]
        );
    }

    #[test]
    fn rows_without_a_value_come_last_in_both_directions() {
        let (mut old, mut new) = (samples::pod("old"), samples::pod("new"));
        samples::crash(&mut old, "Error", 1, 9_000);
        samples::crash(&mut new, "Error", 1, 30);
        let pods = [samples::pod("calm"), old, new];
        let sort = Sort::ascending("LAST");
        assert_eq!(names(&pods, &sort, &[]).0, ["new", "old", "calm"]);
        assert_eq!(names(&pods, &sort.reversed(), &[]).0, ["old", "new", "calm"]);
    }

    #[test]
    fn usage_sorts_by_amount() {
        let columns = columns(&Known::Pod.into(), None);
        let pods = [samples::pod("a"), samples::pod("b"), samples::pod("c")];
        let samples = [Some(usage("a", "900m", "9Mi")), None, Some(usage("c", "2", "1Gi"))];
        let rows = pods
            .iter()
            .zip(&samples)
            .map(|(o, u)| (o.meta.uid, Row::object(o, NOW).usage(u.as_ref())));
        let cpu = columns.iter().find(|c| c.name() == "CPU").unwrap();
        let sorted = order(rows, &Sort::by(cpu), &columns, &[]);
        assert_eq!(sorted, ["c", "a", "b"].map(Uid::of), "most first, unknown last");
    }

    #[test]
    fn tables_start_in_a_useful_order() {
        assert_eq!(default_sort(&Known::Pod.into()).column, "NAMESPACE");
        assert_eq!(default_sort(&Known::Node.into()).column, "NAME");
        let events = [samples::event("a", "BackOff", 900), samples::event("b", "BackOff", 5)];
        let columns = columns(&Known::Event.into(), None);
        let rows = events.iter().map(|o| (o.meta.uid, Row::object(o, NOW)));
        let sorted = order(rows, &default_sort(&Known::Event.into()), &columns, &[]);
        assert_eq!(sorted, [events[1].meta.uid, events[0].meta.uid], "last seen first");
    }

    #[test]
    fn two_rows_of_one_identity_are_both_kept() {
        let pods = [samples::pod("a"), samples::pod("a")];
        let uid = pods[0].meta.uid;
        assert_eq!(names(&pods, &Sort::ascending("NAME"), &[uid]).1, [uid, uid]);
    }

    proptest! {
        // Rows never jump: what stood before and in which order rows arrive makes no difference.
        #[test]
        fn the_order_depends_on_the_rows_alone(
            rows in proptest::collection::vec((0_u32..4, 0_i64..3), 1..30),
            previous in proptest::collection::vec(0_usize..40, 0..40),
            column in prop_oneof![Just("NAME"), Just("RESTARTS"), Just("AGE"), Just("LAST"), Just("%CPU/R")],
            descending: bool,
        ) {
            let mut pods: Vec<Object> = rows.iter().enumerate().map(|(i, (restarts, age))| {
                let mut pod = restarted(&format!("pod-{i}"), *restarts);
                pod.meta.created = Time(NOW.0 - age * 100);
                pod
            }).collect();
            let sort = Sort { column: column.into(), descending };
            let fresh = names(&pods, &sort, &[]).1;
            let previous: Vec<Uid> = previous.iter().map(|i| Uid::of(&format!("pod-{i}"))).collect();
            pods.reverse();
            prop_assert_eq!(&names(&pods, &sort, &previous).1, &fresh);
            prop_assert_eq!(fresh.len(), rows.len());
        }
    }
}
