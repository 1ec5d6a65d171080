//! Annotations: templates in the labels and the value of an alert.

use super::super::promql::Labels;
use crate::sim::prometheus::answer::number;

/// The text with what its templates stand for. What is no template that is known stays as it is.
pub fn expand(text: &str, labels: &Labels, value: f64) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((inside, after)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        out.push_str(&one(inside.trim(), labels, value).unwrap_or_else(|| format!("{{{{{inside}}}}}")));
        rest = after;
    }
    out + rest
}

fn one(expression: &str, labels: &Labels, value: f64) -> Option<String> {
    if let Some(name) = expression.strip_prefix("$labels.") {
        return Some(labels.get(name).map_or("", |v| v).to_owned());
    }
    let mut parts = expression.split('|').map(str::trim);
    if parts.next()? != "$value" {
        return None;
    }
    Some(match parts.next() {
        None => number(value),
        Some("humanize") => format!("{value:.4}"),
        Some("humanizePercentage") => format!("{}%", significant(value * 100.0)),
        Some("humanizeDuration") if value < 1.0 => format!("{}ms", significant(value * 1000.0)),
        Some("humanizeDuration") => format!("{}s", significant(value)),
        Some(_) => return None,
    })
}

/// Four significant digits, without zeroes at the end.
fn significant(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return number(value);
    }
    let before = value.abs().log10().floor() as i32 + 1;
    let decimals = usize::try_from(4 - before).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::physics::series::labels;

    #[test]
    fn templates_tell_labels_and_values() {
        let labels = labels("x", &[("pod", "a")]);
        let told = |text: &str, value: f64| expand(text, &labels, value);
        assert_eq!(
            told("{{ $labels.pod }}{{$labels.no}}: {{ $value | humanizePercentage }}!", 0.070_912),
            "a: 7.091%!"
        );
        assert_eq!(told("{{ $value | humanizeDuration }} {{ $value }}", 1.25), "1.25s 1.25");
        assert_eq!(told("{{ $value | humanizeDuration }}", 0.18), "180ms");
        assert_eq!(told("{{ nonsense }} {{ open", 1.0), "{{ nonsense }} {{ open");
    }
}
