//! Operators between two expressions: arithmetic, comparisons, sets; and which series meet which.

use std::collections::BTreeMap;
use std::sync::Arc;

use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_MOD, T_MUL, T_NEQ, T_POW, T_SUB, TokenId,
};
use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::data::{Grid, Labels, Line, NAME, Val, settle, told};
use super::{Engine, Fail};

impl Engine<'_> {
    pub(super) fn binary(&self, binary: &BinaryExpr, grid: &Grid) -> Result<Val, Fail> {
        let (left, right) = (self.eval(&binary.lhs, grid)?, self.eval(&binary.rhs, grid)?);
        let op = Op {
            token: binary.op.id(),
            bool: binary.return_bool(),
        };
        Ok(match (left, right) {
            (Val::Scalar(left), Val::Scalar(right)) => Val::Scalar(left.into_iter().zip(right).map(|(l, r)| op.number(l, r)).collect()),
            (Val::Vector(lines), Val::Scalar(numbers)) => Val::Vector(with_scalar(lines, &numbers, |v, n| op.apply(v, n, v), op)?),
            (Val::Scalar(numbers), Val::Vector(lines)) => Val::Vector(with_scalar(lines, &numbers, |v, n| op.apply(n, v, v), op)?),
            (Val::Vector(left), Val::Vector(right)) => {
                self.pay((left.len() + right.len()).saturating_mul(grid.count))?;
                let modifier = binary.modifier.as_ref();
                Val::Vector(match op.token {
                    T_LAND | T_LOR | T_LUNLESS => set(op.token, left, right, modifier, grid),
                    _ => Pairing { op, modifier, grid }.pair(left, right)?,
                })
            }
            _ => {
                return Err(Fail::Bad(
                    "binary expression must contain only scalar and instant vector types".to_owned(),
                ));
            }
        })
    }
}

#[derive(Clone, Copy)]
struct Op {
    token: TokenId,
    /// Comparisons give 0 or 1 instead of filtering.
    bool: bool,
}

impl Op {
    fn compares(self) -> bool {
        matches!(self.token, T_EQLC | T_NEQ | T_GTR | T_LSS | T_GTE | T_LTE)
    }

    /// Whether the result is still the metric it was made of.
    fn keeps_name(self) -> bool {
        self.compares() && !self.bool
    }

    #[allow(clippy::float_cmp, reason = "this is what the operator means")]
    fn holds(self, left: f64, right: f64) -> bool {
        match self.token {
            T_EQLC => left == right,
            T_NEQ => left != right,
            T_GTR => left > right,
            T_LSS => left < right,
            T_GTE => left >= right,
            _ => left <= right,
        }
    }

    fn number(self, left: f64, right: f64) -> f64 {
        match self.token {
            T_ADD => left + right,
            T_SUB => left - right,
            T_MUL => left * right,
            T_DIV => left / right,
            T_MOD => left % right,
            T_POW => left.powf(right),
            T_ATAN2 => left.atan2(right),
            _ => f64::from(u8::from(self.holds(left, right))),
        }
    }

    /// The result; a comparison that filters lets `kept` through, or nothing.
    fn apply(self, left: f64, right: f64, kept: f64) -> Option<f64> {
        match self.keeps_name() {
            true => self.holds(left, right).then_some(kept),
            false => Some(self.number(left, right)),
        }
    }
}

fn with_scalar(mut lines: Vec<Line>, numbers: &[f64], apply: impl Fn(f64, f64) -> Option<f64>, op: Op) -> Result<Vec<Line>, Fail> {
    for line in &mut lines {
        for (value, number) in line.values.iter_mut().zip(numbers) {
            *value = value.and_then(|value| apply(value, *number));
        }
        if !op.keeps_name() {
            line.labels.remove(NAME);
        }
    }
    if op.keeps_name() { Ok(lines) } else { settle(lines) }
}

/// The labels by which two series meet.
fn signature(labels: &Labels, modifier: Option<&BinModifier>) -> Labels {
    match modifier.and_then(|m| m.matching.as_ref()) {
        Some(LabelModifier::Include(on)) => {
            let found = on.labels.iter().filter_map(|name| labels.get_key_value(name.as_str()));
            found.map(|(k, v)| (Arc::clone(k), Arc::clone(v))).collect()
        }
        other => {
            let mut labels = labels.clone();
            labels.remove(NAME);
            if let Some(LabelModifier::Exclude(ignored)) = other {
                for name in &ignored.labels {
                    labels.remove(name.as_str());
                }
            }
            labels
        }
    }
}

/// Lines by signature.
fn grouped<'a>(lines: &'a [Line], modifier: Option<&BinModifier>) -> BTreeMap<Labels, Vec<&'a Line>> {
    let mut groups: BTreeMap<Labels, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        groups.entry(signature(&line.labels, modifier)).or_default().push(line);
    }
    groups
}

fn value(line: &Line, step: usize) -> Option<f64> {
    line.values.get(step).copied().flatten()
}

/// `and`, `or`, `unless`: which lines stay, step by step.
fn set(op: TokenId, mut left: Vec<Line>, mut right: Vec<Line>, modifier: Option<&BinModifier>, grid: &Grid) -> Vec<Line> {
    // Where the other side has something, for each signature.
    let presence = |lines: &[Line]| -> BTreeMap<Labels, Vec<bool>> {
        let groups = grouped(lines, modifier).into_iter();
        groups
            .map(|(labels, lines)| {
                (
                    labels,
                    (0..grid.count).map(|i| lines.iter().any(|l| value(l, i).is_some())).collect(),
                )
            })
            .collect()
    };
    let keep = |lines: &mut Vec<Line>, other: &BTreeMap<Labels, Vec<bool>>, where_present: bool| {
        for line in lines {
            let there = other.get(&signature(&line.labels, modifier));
            for (step, value) in line.values.iter_mut().enumerate() {
                if there.is_some_and(|there| there.get(step) == Some(&true)) != where_present {
                    *value = None;
                }
            }
        }
    };
    match op {
        T_LAND => keep(&mut left, &presence(&right), true),
        T_LUNLESS => keep(&mut left, &presence(&right), false),
        _ => {
            keep(&mut right, &presence(&left), false);
            // A series of both sides goes on as one line: at each step it is there once at most.
            let mut known: BTreeMap<Labels, usize> = left.iter().enumerate().map(|(i, l)| (l.labels.clone(), i)).collect();
            for line in right {
                match known.get(&line.labels).and_then(|i| left.get_mut(*i)) {
                    Some(held) => {
                        for (held, value) in held.values.iter_mut().zip(line.values) {
                            *held = held.or(value);
                        }
                    }
                    None => {
                        known.insert(line.labels.clone(), left.len());
                        left.push(line);
                    }
                }
            }
        }
    }
    left
}

/// Arithmetic and comparisons between two vectors.
struct Pairing<'a> {
    op: Op,
    modifier: Option<&'a BinModifier>,
    grid: &'a Grid,
}

/// One line of the result while it is made.
struct Made {
    values: Vec<Option<f64>>,
}

impl Pairing<'_> {
    fn pair(&self, left: Vec<Line>, right: Vec<Line>) -> Result<Vec<Line>, Fail> {
        let card = self.modifier.map(|m| &m.card);
        let swapped = matches!(card, Some(VectorMatchCardinality::OneToMany(_)));
        let one_to_one = !swapped && !matches!(card, Some(VectorMatchCardinality::ManyToOne(_)));
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        let ones = grouped(&one, self.modifier);
        self.check(&ones, if swapped { "left" } else { "right" })?;
        if one_to_one {
            self.check_many(&grouped(&many, self.modifier), &ones)?;
        }
        let mut made: BTreeMap<Labels, Made> = BTreeMap::new();
        for line in &many {
            let Some(partners) = ones.get(&signature(&line.labels, self.modifier)) else {
                continue;
            };
            for partner in partners {
                let labels = self.labels(line, partner, one_to_one);
                let target = made.entry(labels).or_insert_with(|| Made {
                    values: vec![None; self.grid.count],
                });
                for (step, slot) in target.values.iter_mut().enumerate() {
                    let (Some(many), Some(one)) = (value(line, step), value(partner, step)) else {
                        continue;
                    };
                    let (l, r) = if swapped { (one, many) } else { (many, one) };
                    let Some(result) = self.op.apply(l, r, l) else { continue };
                    if slot.replace(result).is_some() {
                        return Err(Fail::Execution(
                            "multiple matches for labels: grouping labels must ensure unique matches".to_owned(),
                        ));
                    }
                }
            }
        }
        let lines = made.into_iter().map(|(labels, made)| Line {
            labels,
            values: made.values,
        });
        Ok(lines.collect())
    }

    /// On the side where there must be one, there must not be two.
    fn check(&self, ones: &BTreeMap<Labels, Vec<&Line>>, side: &str) -> Result<(), Fail> {
        for (group, lines) in ones.iter().filter(|(_, lines)| lines.len() > 1) {
            for step in 0..self.grid.count {
                let mut there = lines.iter().filter(|line| value(line, step).is_some());
                if let (Some(first), Some(second)) = (there.next(), there.next()) {
                    return Err(Fail::Execution(format!(
                        "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, {}];\
                         many-to-many matching not allowed: matching labels must be unique on one side",
                        told(group),
                        told(&second.labels),
                        told(&first.labels)
                    )));
                }
            }
        }
        Ok(())
    }

    /// Nor on the other, when one meets one.
    fn check_many(&self, many: &BTreeMap<Labels, Vec<&Line>>, ones: &BTreeMap<Labels, Vec<&Line>>) -> Result<(), Fail> {
        for (group, lines) in many.iter().filter(|(_, lines)| lines.len() > 1) {
            let Some(partners) = ones.get(group) else { continue };
            for step in 0..self.grid.count {
                let there = lines.iter().filter(|line| value(line, step).is_some()).count();
                if there > 1 && partners.iter().any(|line| value(line, step).is_some()) {
                    return Err(Fail::Execution(
                        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)".to_owned(),
                    ));
                }
            }
        }
        Ok(())
    }

    fn labels(&self, many: &Line, one: &Line, one_to_one: bool) -> Labels {
        let mut labels = many.labels.clone();
        if !self.op.keeps_name() {
            labels.remove(NAME);
        }
        if one_to_one {
            match self.modifier.and_then(|m| m.matching.as_ref()) {
                Some(LabelModifier::Include(on)) => labels.retain(|name, _| on.labels.iter().any(|l| **l == **name)),
                Some(LabelModifier::Exclude(ignored)) => labels.retain(|name, _| !ignored.labels.iter().any(|l| **l == **name)),
                None => {}
            }
        }
        let brought = self.modifier.and_then(|m| m.card.labels());
        for name in brought.into_iter().flat_map(|l| &l.labels) {
            match one.labels.get_key_value(name.as_str()) {
                Some((name, value)) => labels.insert(Arc::clone(name), Arc::clone(value)),
                None => labels.remove(name.as_str()),
            };
        }
        labels
    }
}
