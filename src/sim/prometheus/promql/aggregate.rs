//! Aggregations: many series made one for each group, or the first few of each group.

use std::collections::BTreeMap;
use std::sync::Arc;

use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_LIMITK, T_MAX, T_MIN, T_QUANTILE, T_STDDEV, T_STDVAR, T_SUM, T_TOPK,
};
use promql_parser::parser::{AggregateExpr, LabelModifier};

use super::data::{Grid, Labels, Line, NAME, Val, quantile};
use super::{Engine, Fail};

impl Engine<'_> {
    pub(super) fn aggregate(&self, aggregate: &AggregateExpr, grid: &Grid) -> Result<Val, Fail> {
        let lines = self.vector(&aggregate.expr, grid)?;
        self.pay(lines.len().saturating_mul(grid.count))?;
        let mut groups: BTreeMap<Labels, Vec<Line>> = BTreeMap::new();
        for line in lines {
            groups
                .entry(group_of(&line.labels, aggregate.modifier.as_ref()))
                .or_default()
                .push(line);
        }
        let param = match &aggregate.param {
            None => Vec::new(),
            Some(param) => match self.eval(param, grid)? {
                Val::Scalar(values) => values,
                Val::Text(label) if aggregate.op.id() == T_COUNT_VALUES => return Ok(Val::Vector(count_values(groups, &label, grid))),
                _ => return Err(Fail::Bad("expected type scalar in aggregation parameter".to_owned())),
            },
        };
        let op = aggregate.op.id();
        if matches!(op, T_TOPK | T_BOTTOMK | T_LIMITK) {
            return Ok(Val::Vector(
                groups.into_values().flat_map(|lines| first(op, lines, &param, grid)).collect(),
            ));
        }
        let lines = groups.into_iter().map(|(labels, lines)| {
            let mut present = Vec::with_capacity(lines.len());
            let values = (0..grid.count).map(|step| {
                present.clear();
                present.extend(lines.iter().filter_map(|line| line.values.get(step).copied().flatten()));
                combine(op, &mut present, param.get(step).copied().unwrap_or(f64::NAN))
            });
            Line {
                values: values.collect(),
                labels,
            }
        });
        Ok(Val::Vector(lines.collect()))
    }
}

fn group_of(labels: &Labels, modifier: Option<&LabelModifier>) -> Labels {
    match modifier {
        None => Labels::new(),
        Some(LabelModifier::Include(kept)) => {
            let kept = kept.labels.iter().filter_map(|name| labels.get_key_value(name.as_str()));
            kept.map(|(k, v)| (Arc::clone(k), Arc::clone(v))).collect()
        }
        Some(LabelModifier::Exclude(gone)) => {
            let mut labels = labels.clone();
            labels.retain(|name, _| &**name != NAME && !gone.labels.iter().any(|g| **g == **name));
            labels
        }
    }
}

/// One value of all that are there at a step.
fn combine(op: promql_parser::parser::token::TokenId, values: &mut [f64], param: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
    let variance = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n
    };
    Some(match op {
        T_SUM => values.iter().sum(),
        T_AVG => mean(values),
        T_COUNT => n,
        T_GROUP => 1.0,
        // These pass over what is no number, unless there is nothing else.
        T_MIN => values.iter().copied().fold(f64::NAN, f64::min),
        T_MAX => values.iter().copied().fold(f64::NAN, f64::max),
        T_STDVAR => variance(values),
        T_STDDEV => variance(values).sqrt(),
        T_QUANTILE => quantile(param, values),
        _ => return None,
    })
}

/// The largest, smallest or first of a group at each step.
fn first(op: promql_parser::parser::token::TokenId, mut lines: Vec<Line>, param: &[f64], grid: &Grid) -> Vec<Line> {
    for step in 0..grid.count {
        let wanted = param.get(step).copied().filter(|k| *k >= 1.0).unwrap_or(0.0) as usize;
        let mut present: Vec<(usize, f64)> = lines
            .iter()
            .enumerate()
            .filter_map(|(i, line)| Some((i, (*line.values.get(step)?)?)))
            .collect();
        rank(op, &mut present);
        for (gone, _) in present.into_iter().skip(wanted) {
            if let Some(value) = lines.get_mut(gone).and_then(|line| line.values.get_mut(step)) {
                *value = None;
            }
        }
    }
    lines.retain(|line| line.values.iter().any(Option::is_some));
    if grid.count == 1 {
        let mut order: Vec<(Line, f64)> = lines
            .into_iter()
            .map(|line| {
                let value = line.values.first().copied().flatten().unwrap_or(f64::NAN);
                (line, value)
            })
            .collect();
        rank(op, &mut order);
        lines = order.into_iter().map(|(line, _)| line).collect();
    }
    lines
}

/// The best first; what is no number is always last.
fn rank<T>(op: promql_parser::parser::token::TokenId, values: &mut [(T, f64)]) {
    values.sort_by(|(_, a), (_, b)| match op {
        T_LIMITK => std::cmp::Ordering::Equal,
        _ if a.is_nan() || b.is_nan() => a.is_nan().cmp(&b.is_nan()),
        T_TOPK => b.total_cmp(a),
        _ => a.total_cmp(b),
    });
}

fn count_values(groups: BTreeMap<Labels, Vec<Line>>, label: &str, grid: &Grid) -> Vec<Line> {
    let mut counts: BTreeMap<Labels, Vec<Option<f64>>> = BTreeMap::new();
    for (labels, lines) in groups {
        for line in lines {
            for (step, value) in line.values.into_iter().enumerate() {
                let Some(value) = value else { continue };
                let mut labels = labels.clone();
                labels.insert(Arc::from(label), Arc::from(crate::sim::prometheus::answer::number(value).as_str()));
                let counted = counts.entry(labels).or_insert_with(|| vec![None; grid.count]);
                if let Some(count) = counted.get_mut(step) {
                    *count = Some(count.unwrap_or(0.0) + 1.0);
                }
            }
        }
    }
    counts.into_iter().map(|(labels, values)| Line { labels, values }).collect()
}
