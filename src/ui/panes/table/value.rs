//! What a cell holds: a value that knows how to print itself and how to stand in order.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use super::natural;
use crate::model::{Exit, Quantity, Time, short_age};
use crate::ui::theme::Glyphs;
use crate::ui::widgets::Beat;

/// The value of one cell. Kept apart from its text, so that sorting and filtering see the quantity.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// Nothing to say; drawn blank, and last in any order.
    #[default]
    None,
    Text(Cow<'a, str>),
    /// How a container run ended, and how long ago: `OOMKilled 3m`. In order of time, latest first.
    Exit(&'a Exit),
    Count(i64),
    Number(f64),
    /// So many of so many: `2/3`. In order of the share.
    Ratio {
        have: u32,
        want: u32,
    },
    /// A number on its way to another: `3->5`, or `3` where it is there.
    Change {
        from: u32,
        to: u32,
    },
    Cpu(Quantity),
    Memory(Quantity),
    /// A share; `Percent(None)` is drawn `-`: there is usage, but nothing stated to measure it by.
    Percent(Option<u32>),
    /// A moment, drawn as how long ago it was. In order of age, youngest first.
    Age(Time),
    /// A length of time in seconds.
    Duration(i64),
    /// How high something was, moment by moment.
    Line(&'a [Beat]),
}

impl<'a> Value<'a> {
    /// Text, or nothing where it is empty.
    pub fn text(text: &'a str) -> Self {
        if text.is_empty() {
            Self::None
        } else {
            Self::Text(Cow::Borrowed(text))
        }
    }

    /// Text made for this cell, or nothing where it is empty.
    pub fn owned(text: String) -> Self {
        if text.is_empty() {
            Self::None
        } else {
            Self::Text(Cow::Owned(text))
        }
    }

    /// The texts, separated by commas.
    pub fn list<T: AsRef<str> + 'a>(texts: &'a [T]) -> Self {
        match texts {
            [] => Self::None,
            [one] => Self::text(one.as_ref()),
            many => Self::owned(many.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",")),
        }
    }

    /// Whether there is no value to compare: such cells come last in both directions.
    pub fn is_none(&self) -> bool {
        match self {
            Self::None | Self::Percent(None) => true,
            Self::Text(text) => text.is_empty(),
            Self::Cpu(q) | Self::Memory(q) => q.get().is_none(),
            Self::Age(time) => !time.is_known(),
            _ => false,
        }
    }

    /// The text of the cell at this moment.
    pub fn display(&self, now: Time) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            _ => {
                let mut out = String::new();
                self.write(now, &mut out);
                Cow::Owned(out)
            }
        }
    }

    /// Appends the text of the cell at this moment.
    pub fn write(&self, now: Time, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::None => Ok(()),
            Self::Text(text) => out.write_str(text),
            Self::Exit(exit) if !exit.finished.is_known() => out.write_str(&exit.why()),
            Self::Exit(exit) => write!(out, "{} {}", exit.why(), short_age(exit.finished.age(now))),
            Self::Count(n) => write!(out, "{n}"),
            Self::Number(n) => write!(out, "{n}"),
            Self::Ratio { have, want } => write!(out, "{have}/{want}"),
            Self::Change { from, to } if from == to => write!(out, "{from}"),
            Self::Change { from, to } => write!(out, "{from}->{to}"),
            Self::Cpu(q) => out.write_str(&q.cpu()),
            Self::Memory(q) => out.write_str(&q.memory()),
            Self::Percent(Some(p)) => write!(out, "{p}%"),
            Self::Percent(None) => out.write_char('-'),
            Self::Age(time) if !time.is_known() => Ok(()),
            Self::Age(time) => out.write_str(&short_age(time.age(now))),
            Self::Duration(seconds) => out.write_str(&short_age(*seconds)),
            Self::Line(beats) => beats.iter().try_for_each(|beat| out.write_str(beat.sign(Glyphs::Unicode))),
        };
    }

    /// Appends what a word of the filter is searched in: texts, not numbers and ages.
    pub fn write_searchable(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Exit(exit) => out.push_str(&exit.why()),
            _ => {}
        }
    }

    /// Where this stands in ascending order; the caller puts [`Value::is_none`] last.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => natural::compare(a, b),
            (Self::Exit(a), Self::Exit(b)) => b.finished.cmp(&a.finished),
            (Self::Count(a), Self::Count(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Ratio { have: a, want: m }, Self::Ratio { have: b, want: n }) => share(*a, *m).total_cmp(&share(*b, *n)).then(m.cmp(n)),
            (Self::Change { from: a, to: m }, Self::Change { from: b, to: n }) => (a, m).cmp(&(b, n)),
            (Self::Cpu(a), Self::Cpu(b)) | (Self::Memory(a), Self::Memory(b)) => a.cmp(b),
            (Self::Percent(a), Self::Percent(b)) => a.cmp(b),
            (Self::Age(a), Self::Age(b)) => b.cmp(a),
            (Self::Duration(a), Self::Duration(b)) => a.cmp(b),
            // A server may print a number in one row and a word in the next.
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Count(_) => 0,
            Self::Number(_) => 1,
            Self::Ratio { .. } => 2,
            Self::Change { .. } => 3,
            Self::Cpu(_) => 4,
            Self::Memory(_) => 5,
            Self::Percent(_) => 6,
            Self::Age(_) => 7,
            Self::Duration(_) => 8,
            Self::Exit(_) => 9,
            Self::Text(_) => 10,
            Self::Line(_) => 11,
            Self::None => 12,
        }
    }
}

/// A ratio as a share; none of none is all.
pub(super) fn share(have: u32, want: u32) -> f64 {
    if want == 0 { 1.0 } else { f64::from(have) / f64::from(want) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_a_person_reads_them() {
        let now = Time(10_000);
        let oom = Exit {
            reason: "OOMKilled".into(),
            code: 137,
            finished: Time(9_800),
            ..Exit::default()
        };
        for (value, text) in [
            (Value::None, ""),
            (Value::text("Running"), "Running"),
            (Value::list(&["a", "b"]), "a,b"),
            (Value::Exit(&oom), "OOMKilled 3m"),
            (Value::Count(-1), "-1"),
            (Value::Number(3.0), "3"),
            (Value::Number(0.5), "0.5"),
            (Value::Ratio { have: 1, want: 2 }, "1/2"),
            (Value::Change { from: 3, to: 3 }, "3"),
            (Value::Change { from: 3, to: 5 }, "3->5"),
            (Value::Cpu(Quantity::NONE), ""),
            (Value::Memory(Quantity::parse("128Mi")), "128Mi"),
            (Value::Percent(Some(91)), "91%"),
            (Value::Percent(None), "-"),
            (Value::Age(Time::NEVER), ""),
            (Value::Age(Time(2_800)), "2h"),
            (Value::Duration(125), "2m"),
        ] {
            assert_eq!(value.display(now), text, "{value:?}");
        }
    }

    #[test]
    fn order_is_by_quantity_not_by_text() {
        let less =
            |a: Value<'_>, b: Value<'_>| assert_eq!((a.compare(&b), b.compare(&a)), (Ordering::Less, Ordering::Greater), "{a:?} {b:?}");
        less(Value::Count(9), Value::Count(10));
        less(Value::text("web-9"), Value::text("web-10"));
        less(Value::Ratio { have: 1, want: 3 }, Value::Ratio { have: 1, want: 2 });
        less(Value::Cpu(Quantity::parse("900m")), Value::Cpu(Quantity::parse("2")));
        less(Value::Memory(Quantity::parse("900Ki")), Value::Memory(Quantity::parse("1Mi")));
        // The younger, the smaller its age.
        less(Value::Age(Time(200)), Value::Age(Time(100)));
        less(Value::Number(1.0), Value::text("a"));
    }
}
