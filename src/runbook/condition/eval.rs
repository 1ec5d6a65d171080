//! What a condition says of what was seen.

use std::borrow::Cow;

use super::{Compare, Condition, Literal, Name, Op, Tree, Unit};

/// What a step showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub exit: Option<i32>,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
    pub milliseconds: Option<u64>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// What a query answered; none: nothing, or it was none.
    pub series: Option<Series>,
}

/// What a PromQL query answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Series {
    pub count: usize,
    pub value: f64,
    pub min: f64,
    pub max: f64,
    pub average: f64,
    /// Seconds since the last sample.
    pub age: f64,
}

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    /// No data: nobody knows.
    Unknown,
}

impl Truth {
    fn of(answer: bool) -> Self {
        if answer { Self::True } else { Self::False }
    }

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Condition {
    /// What it says. `variable` has the values of variables.
    pub fn holds<'v>(&self, seen: &'v Seen, variable: &dyn Fn(&str) -> Option<&'v str>) -> Truth {
        tree(&self.tree, seen, variable)
    }
}

fn tree<'v>(tree_: &Tree, seen: &'v Seen, variable: &dyn Fn(&str) -> Option<&'v str>) -> Truth {
    match tree_ {
        Tree::Any(all) => {
            let answers = all.iter().map(|one| tree(one, seen, variable));
            fold(answers, Truth::True, Truth::False)
        }
        Tree::All(all) => {
            let answers = all.iter().map(|one| tree(one, seen, variable));
            fold(answers, Truth::False, Truth::True)
        }
        Tree::Not(one) => tree(one, seen, variable).not(),
        Tree::Compare(one) => compare(one, seen, variable),
    }
}

/// `decides` wherever it is there, `rest` where all are that, else unknown.
fn fold(mut answers: impl Iterator<Item = Truth>, decides: Truth, rest: Truth) -> Truth {
    let mut unknown = false;
    let decided = answers.any(|answer| {
        unknown |= answer == Truth::Unknown;
        answer == decides
    });
    match (decided, unknown) {
        (true, _) => decides,
        (false, true) => Truth::Unknown,
        (false, false) => rest,
    }
}

fn compare<'v>(one: &Compare, seen: &'v Seen, variable: &dyn Fn(&str) -> Option<&'v str>) -> Truth {
    match &one.right {
        Literal::Text(wanted) => match text(&one.left, seen, variable) {
            None => Truth::Unknown,
            Some(found) => match one.op {
                Op::Equal => Truth::of(found == wanted.as_str()),
                Op::Unequal => Truth::of(found != wanted.as_str()),
                Op::Contains => Truth::of(found.contains(wanted.as_str())),
                Op::Matches => pattern(wanted).map_or(Truth::Unknown, |p| Truth::of(p.is_match(&found))),
                Op::MatchesNot => pattern(wanted).map_or(Truth::Unknown, |p| Truth::of(!p.is_match(&found))),
                Op::Less | Op::AtMost | Op::More | Op::AtLeast => Truth::Unknown,
            },
        },
        Literal::Number { number: wanted, unit } => {
            let Some(found) = number(&one.left, seen, variable).filter(|found| !found.is_nan()) else {
                return Truth::Unknown;
            };
            let wanted = scaled(*wanted, *unit, one.left == Name::Milliseconds);
            match one.op {
                #[allow(clippy::float_cmp)]
                Op::Equal => Truth::of(found == wanted),
                #[allow(clippy::float_cmp)]
                Op::Unequal => Truth::of(found != wanted),
                Op::Less => Truth::of(found < wanted),
                Op::AtMost => Truth::of(found <= wanted),
                Op::More => Truth::of(found > wanted),
                Op::AtLeast => Truth::of(found >= wanted),
                Op::Matches | Op::MatchesNot | Op::Contains => Truth::Unknown,
            }
        }
    }
}

/// A regular expression, if it is one and of a bearable size.
pub(super) fn pattern(text: &str) -> Option<regex::Regex> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).build().ok()
}

#[allow(clippy::cast_precision_loss)]
fn scaled(number: f64, unit: Unit, in_milliseconds: bool) -> f64 {
    match unit {
        Unit::None => number,
        Unit::Milliseconds if in_milliseconds => number,
        Unit::Milliseconds => number / 1000.0,
        Unit::Seconds(seconds) if in_milliseconds => number * f64::from(seconds) * 1000.0,
        Unit::Seconds(seconds) => number * f64::from(seconds),
        Unit::Percent => number / 100.0,
        Unit::Bytes(bytes) => number * bytes as f64,
    }
}

fn text<'s>(name: &Name, seen: &'s Seen, variable: &dyn Fn(&str) -> Option<&'s str>) -> Option<Cow<'s, str>> {
    Some(match name {
        Name::Stdout => seen.stdout.as_deref()?.trim().into(),
        Name::Stderr => seen.stderr.as_deref()?.trim().into(),
        Name::Variable(name) => variable(name)?.into(),
        Name::Json(path) => match json(seen, path)? {
            serde_json::Value::String(text) => text.into(),
            other => other.to_string().into(),
        },
        other => number(other, seen, variable)?.to_string().into(),
    })
}

#[allow(clippy::cast_precision_loss)]
fn number<'v>(name: &Name, seen: &'v Seen, variable: &dyn Fn(&str) -> Option<&'v str>) -> Option<f64> {
    let of_text = |text: &str| text.trim().parse::<f64>().ok();
    match name {
        Name::Exit => seen.exit.map(f64::from),
        Name::Stdout => of_text(seen.stdout.as_deref()?),
        Name::Stderr => of_text(seen.stderr.as_deref()?),
        Name::Lines => Some(seen.stdout.as_deref()?.trim().lines().count() as f64),
        Name::Milliseconds => seen.milliseconds.map(|ms| ms as f64),
        Name::Status => seen.status.map(f64::from),
        Name::Json(path) => match json(seen, path)? {
            serde_json::Value::Number(number) => number.as_f64(),
            serde_json::Value::String(text) => of_text(&text),
            _ => None,
        },
        Name::Variable(name) => of_text(variable(name)?),
        Name::Series => seen.series.map(|series| series.count as f64),
        Name::Value => seen.series.filter(|s| s.count > 0).map(|s| s.value),
        Name::Min => seen.series.filter(|s| s.count > 0).map(|s| s.min),
        Name::Max => seen.series.filter(|s| s.count > 0).map(|s| s.max),
        Name::Average => seen.series.filter(|s| s.count > 0).map(|s| s.average),
        Name::Age => seen.series.filter(|s| s.count > 0).map(|s| s.age),
    }
}

fn json(seen: &Seen, path: &[String]) -> Option<serde_json::Value> {
    let mut value: serde_json::Value = serde_json::from_str(seen.stdout.as_deref()?).ok()?;
    for part in path {
        value = match &mut value {
            serde_json::Value::Object(map) => map.remove(part)?,
            serde_json::Value::Array(list) => list.get_mut(part.parse::<usize>().ok()?)?.take(),
            _ => return None,
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Condition;
    use super::*;

    fn seen() -> Seen {
        Seen {
            exit: Some(1),
            stdout: Some(" available\n".into()),
            milliseconds: Some(1500),
            series: Some(Series {
                count: 2,
                value: 0.9,
                min: 0.1,
                max: 0.95,
                average: 0.5,
                age: 70.0,
            }),
            ..Seen::default()
        }
    }

    fn holds(text: &str) -> Truth {
        let variable = |name: &str| match name {
            "REASON" => Some("OOMKilled"),
            "N" => Some("41"),
            _ => None,
        };
        Condition::read(text).unwrap().holds(&seen(), &variable)
    }

    #[test]
    fn what_holds_what_does_not_and_what_nobody_knows() {
        for text in [
            "exit == 1",
            "exit == 126 || exit == 1",
            "stdout == 'available'",
            "stdout =~ '^(avail|x)' && stdout contains 'lab'",
            "lines == 1",
            "ms > 1s && ms < 2000ms && ms >= 1500",
            "value > 80% && value < 1",
            "age > 1m",
            "series == 2",
            "REASON == 'OOMKilled' && N >= 41",
            "!(exit == 0)",
            "! exit == 0",
            "status == 200 || exit == 1",
        ] {
            assert_eq!(holds(text), Truth::True, "{text}");
        }
        for text in [
            "exit == 0",
            "stdout != 'available'",
            "value == 0",
            "REASON !~ 'OOM'",
            "status == 200 && exit == 0",
        ] {
            assert_eq!(holds(text), Truth::False, "{text}");
        }
        for text in [
            "status == 200",
            "stderr contains 'x'",
            "MISSING == 'x'",
            "REASON > 3",
            "!(status == 200)",
            "status == 200 && exit == 1",
            "stdout =~ '('",
            "json.a.b == 1",
        ] {
            assert_eq!(holds(text), Truth::Unknown, "{text}");
        }
    }

    #[test]
    fn an_empty_result_is_no_zero() {
        let empty = Seen {
            series: Some(Series::default()),
            ..Seen::default()
        };
        for (text, truth) in [
            ("value == 0", Truth::Unknown),
            ("value > 1", Truth::Unknown),
            ("series == 0", Truth::True),
        ] {
            assert_eq!(Condition::read(text).unwrap().holds(&empty, &|_| None), truth, "{text}");
        }
    }

    #[test]
    fn json_is_looked_into() {
        let seen = Seen {
            stdout: Some(r#"{"a":{"b":[1,{"c":"x"}]}}"#.into()),
            ..Seen::default()
        };
        for (text, truth) in [
            ("json.a.b.0 == 1", Truth::True),
            ("json.a.b.1.c == 'x'", Truth::True),
            ("json.a.b.2 == 1", Truth::Unknown),
            ("json.a contains 'x'", Truth::True),
        ] {
            assert_eq!(Condition::read(text).unwrap().holds(&seen, &|_| None), truth, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_told() {
        for (text, fault) in [
            ("", "a name is missing"),
            ("exit", "after the name stands"),
            ("exit == ", "a number, or text"),
            ("exit == 'a", "a quote is not closed"),
            ("stdot == 'a'", "`stdot` is not known; did you mean stdout?"),
            ("(exit == 0", "a `)` is missing"),
            ("exit == 0 and stdout == 'x'", "`and stdout"),
            ("value > 3parsecs", "a number has one of the units"),
            ("stdout < 'b'", "`<` wants a number"),
            ("stdout =~ 3", "`=~` wants text"),
            ("json. == 3", "`json.` has an empty part"),
        ] {
            let found = Condition::read(text).unwrap_err();
            assert!(found.starts_with(fault), "{text}: {found}");
        }
        assert!(Condition::read(&"(".repeat(100_000)).is_err());
        assert_eq!(Condition::read("stdout =~ '('").unwrap().bad_patterns(), ["("]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[ a-zA-Z_0-9.()!|&=<>~'%]{0,40}|\\PC{0,40}") {
            if let Ok(condition) = Condition::read(&text) {
                let _ = condition.holds(&seen(), &|_| Some("1"));
                prop_assert_eq!(Condition::read(condition.text()).unwrap(), condition);
            }
        }
    }
}
