//! `status:crash`, `restarts>3`, `age<2h`: a word that asks one column.

use std::cmp::Ordering;

use super::pattern::Pattern;
use crate::model::{Quantity, parse_duration};
use crate::ui::panes::table::value::share;
use crate::ui::panes::table::{ColumnRef, Content, Row, Value, natural};

/// How a cell is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `:`: text has it, a number is it.
    Has,
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Operator {
    /// As typed, the longer ones first.
    const SIGNS: [(&'static str, Self); 8] = [
        ("!=", Self::NotEqual),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        (":", Self::Has),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::More),
    ];

    /// A word taken apart: column, operator, operand. `None` where it does not start like one.
    pub(super) fn split(word: &str) -> Option<(&str, Self, &str)> {
        let head = word.find(|c: char| !(c.is_alphanumeric() || matches!(c, '%' | '/' | '-' | '_')))?;
        let (name, rest) = word.split_at(head);
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '%') {
            return None;
        }
        let (sign, operator) = Self::SIGNS.iter().find(|(sign, _)| rest.starts_with(sign))?;
        Some((name, *operator, rest.get(sign.len()..)?))
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Has | Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::More => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A test of one column.
#[derive(Clone, Debug)]
pub(super) struct ColumnTest {
    column: ColumnRef,
    operator: Operator,
    operand: Operand,
}

/// What was typed after the operator, read in every way that a cell may ask for.
#[derive(Clone, Debug)]
struct Operand {
    pattern: Pattern,
    /// In lower case.
    text: String,
    number: Option<f64>,
    /// `80%`, or `2/3` as a share.
    share: Option<f64>,
    cpu: Option<i64>,
    memory: Option<i64>,
    seconds: Option<i64>,
}

impl Operand {
    fn parse(text: &str, pattern: Pattern) -> Self {
        let (per_cent, is_share) = text.strip_suffix('%').map_or((text, false), |t| (t, true));
        let number = per_cent.parse::<f64>().ok().filter(|n| n.is_finite());
        let ratio = text
            .split_once('/')
            .and_then(|(a, b)| Some(share(a.parse().ok()?, b.parse().ok()?)));
        Self {
            pattern,
            text: text.to_lowercase(),
            number,
            share: ratio.or(number.filter(|_| is_share).map(|n| n / 100.0)),
            cpu: Quantity::parse(text).get(),
            memory: memory(text).get(),
            seconds: parse_duration(text),
        }
    }

    /// Whether a cell of such a column can be compared with it by size.
    fn suits(&self, content: Content) -> bool {
        match content {
            Content::Text => true,
            Content::Exit | Content::Age => self.seconds.is_some(),
            Content::Number | Content::Percent => self.number.is_some(),
            Content::Ratio => self.number.is_some() || self.share.is_some(),
            Content::Cpu => self.cpu.is_some(),
            Content::Memory => self.memory.is_some(),
        }
    }
}

/// `512mi`, `1g`: nobody means thousandths of a byte, and few mean powers of ten.
fn memory(text: &str) -> Quantity {
    let lower = text.to_lowercase();
    let lower = lower.strip_suffix('b').unwrap_or(&lower);
    let lower = lower.strip_suffix('i').unwrap_or(lower);
    match lower.strip_suffix(['k', 'm', 'g', 't']) {
        Some(number) => {
            let unit = lower.get(number.len()..).unwrap_or_default().to_uppercase();
            Quantity::parse(&format!("{number}{unit}i"))
        }
        None => Quantity::parse(text),
    }
}

impl ColumnTest {
    /// A test, or what is wrong with its operand.
    pub(super) fn new(column: ColumnRef, operator: Operator, text: &str, pattern: Pattern) -> Result<Self, String> {
        let operand = Operand::parse(text, pattern);
        let by_size = !matches!(operator, Operator::Has | Operator::Equal | Operator::NotEqual);
        if by_size && !operand.suits(column.content()) {
            let example = match column.content() {
                Content::Text => "text",
                Content::Exit | Content::Age => "an age such as 90s, 10m, 2h or 3d",
                Content::Number => "a number",
                Content::Percent => "a percentage such as 80",
                Content::Ratio => "a number, or a share such as 100% or 2/3",
                Content::Cpu => "an amount such as 250m or 1.5",
                Content::Memory => "an amount such as 512Mi or 1Gi",
            };
            return Err(format!("{} compares with {example}, not \"{text}\"", column.name()));
        }
        Ok(Self { column, operator, operand })
    }

    /// Whether it asks for a part of the name.
    pub(super) fn is_name(&self) -> bool {
        self.column.name() == "NAME" && self.operator == Operator::Has
    }

    pub(super) fn pattern(&self) -> &Pattern {
        &self.operand.pattern
    }

    pub(super) fn matches(&self, row: &Row<'_>) -> bool {
        let value = self.column.value(row);
        match self.operator {
            Operator::NotEqual => !self.equals(&value, row),
            Operator::Equal => self.equals(&value, row),
            Operator::Has => match &value {
                Value::Text(text) => self.operand.pattern.matches(text),
                Value::Exit(_) | Value::Change { .. } => self.operand.pattern.matches(&value.display(row.now)),
                _ if self.operand.pattern.is_regex() => self.operand.pattern.matches(&value.display(row.now)),
                _ => self.equals(&value, row),
            },
            by_size => self.order(&value, row).is_some_and(|order| by_size.holds(order)),
        }
    }

    /// As it is shown, or as an amount (`cpu=0.5` where `500m` is shown).
    fn equals(&self, value: &Value<'_>, row: &Row<'_>) -> bool {
        let shown = value.display(row.now);
        shown.to_lowercase() == self.operand.text
            || (!matches!(value, Value::Text(_)) && self.order(value, row).is_some_and(Ordering::is_eq))
    }

    /// How the cell stands to the operand; `None` where there is nothing to compare.
    fn order(&self, value: &Value<'_>, row: &Row<'_>) -> Option<Ordering> {
        let operand = &self.operand;
        let number = |n: f64| n.partial_cmp(&operand.number?);
        match value {
            _ if value.is_none() => None,
            Value::Text(text) => Some(natural::compare(&text.to_lowercase(), &operand.text)),
            Value::Count(n) => number(*n as f64),
            Value::Number(n) => number(*n),
            Value::Ratio { have, want } => match operand.share {
                Some(limit) => share(*have, *want).partial_cmp(&limit),
                None => number(f64::from(*have)),
            },
            Value::Change { from, .. } => number(f64::from(*from)),
            Value::Percent(percent) => number(f64::from((*percent)?)),
            Value::Cpu(q) => Some(q.get()?.cmp(&operand.cpu?)),
            Value::Memory(q) => Some(q.get()?.cmp(&operand.memory?)),
            Value::Age(time) => Some(time.age(row.now).cmp(&operand.seconds?)),
            Value::Exit(exit) if !exit.finished.is_known() => None,
            Value::Exit(exit) => Some(exit.finished.age(row.now).cmp(&operand.seconds?)),
            Value::Duration(seconds) => Some(seconds.cmp(&operand.seconds?)),
            Value::None | Value::Line(_) => None,
        }
    }
}

/// The column that a word names, or why there is none.
pub(super) fn find<'c>(name: &str, columns: &'c [ColumnRef]) -> Result<&'c ColumnRef, String> {
    let wanted = fold(name);
    let mut close: Vec<&ColumnRef> = Vec::new();
    for column in columns {
        let folded = fold(column.name());
        if folded == wanted {
            return Ok(column);
        }
        if folded.starts_with(&wanted) {
            close.push(column);
        }
    }
    let usual: Vec<&ColumnRef> = close.iter().copied().filter(|c| !c.wide()).collect();
    match (usual.as_slice(), close.as_slice()) {
        ([one], _) | (_, [one]) => Ok(one),
        (_, []) => Err(match nearest(&wanted, columns) {
            Some(near) => format!("no column \"{name}\" (did you mean {near}?); searched as plain text"),
            None => format!("no column \"{name}\" (labels: -l {name}=…); searched as plain text"),
        }),
        (_, several) => {
            let names: Vec<&str> = several.iter().map(|c| c.name()).collect();
            Err(format!("\"{name}\" could be {}; searched as plain text", names.join(" or ")))
        }
    }
}

/// How a name is compared: `uptodate` and `up_to_date` are `UP-TO-DATE`.
fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The column whose name is a slip or two away, but not another word.
fn nearest<'c>(wanted: &str, columns: &'c [ColumnRef]) -> Option<&'c str> {
    let near = columns
        .iter()
        .map(|c| (strsim::levenshtein(wanted, &fold(c.name())), c.name()))
        .min()?;
    (near.0 <= 2 && near.0 * 3 <= wanted.chars().count()).then_some(near.1)
}
