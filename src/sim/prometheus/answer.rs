//! Results as Prometheus writes them: JSON in which values are strings.

use http::Response;

use super::promql::{Fail, Grid, Labels, Outcome};

/// A number as text: `NaN`, `+Inf`, never an exponent.
pub fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => value.to_string(),
    }
}

/// The answer to a query at one time.
pub fn instant(outcome: &Outcome, time: i64) -> String {
    let mut out = String::new();
    let at = |value: f64| format!("[{},\"{}\"]", seconds(time), number(value));
    match outcome {
        Outcome::Scalar(values) => {
            let value = values.first().copied().unwrap_or(f64::NAN);
            out.push_str(&format!(r#""resultType":"scalar","result":{}"#, at(value)));
        }
        Outcome::Text(text) => {
            let text = serde_json::Value::from(text.as_str());
            out.push_str(&format!(r#""resultType":"string","result":[{},{text}]"#, seconds(time)));
        }
        Outcome::Vector(lines) => {
            out.push_str(r#""resultType":"vector","result":["#);
            let there = lines
                .iter()
                .filter_map(|line| Some((line, line.values.first().copied().flatten()?)));
            for (i, (line, value)) in there.enumerate() {
                comma(&mut out, i);
                metric(&mut out, &line.labels);
                out.push_str(&format!(r#""value":{}}}"#, at(value)));
            }
            out.push(']');
        }
        Outcome::Matrix(streams) => {
            out.push_str(r#""resultType":"matrix","result":["#);
            for (i, stream) in streams.iter().enumerate() {
                comma(&mut out, i);
                series(&mut out, &stream.labels, stream.points.iter().copied());
            }
            out.push(']');
        }
    }
    out
}

/// The answer to a query over a time.
pub fn range(outcome: &Outcome, grid: &Grid) -> String {
    let mut out = String::from(r#""resultType":"matrix","result":["#);
    match outcome {
        Outcome::Scalar(values) => series(&mut out, &Labels::new(), grid.times().zip(values.iter().copied())),
        Outcome::Vector(lines) => {
            for (i, line) in lines.iter().enumerate() {
                comma(&mut out, i);
                let points = grid.times().zip(&line.values).filter_map(|(time, value)| Some((time, (*value)?)));
                series(&mut out, &line.labels, points);
            }
        }
        Outcome::Text(_) | Outcome::Matrix(_) => {}
    }
    out.push(']');
    out
}

fn comma(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

/// `{"metric":{…},`: the caller goes on.
fn metric(out: &mut String, labels: &Labels) {
    out.push_str(r#"{"metric":{"#);
    for (i, (name, value)) in labels.iter().enumerate() {
        comma(out, i);
        out.push_str(&serde_json::Value::from(&**name).to_string());
        out.push(':');
        out.push_str(&serde_json::Value::from(&**value).to_string());
    }
    out.push_str("},");
}

fn series(out: &mut String, labels: &Labels, points: impl Iterator<Item = (i64, f64)>) {
    metric(out, labels);
    out.push_str(r#""values":["#);
    for (i, (time, value)) in points.enumerate() {
        comma(out, i);
        out.push_str(&format!("[{},\"{}\"]", seconds(time), number(value)));
    }
    out.push_str("]}");
}

/// Milliseconds as seconds with as many decimals as are needed.
fn seconds(millis: i64) -> String {
    match millis.rem_euclid(1000) {
        0 => (millis / 1000).to_string(),
        _ => format!("{:.3}", millis as f64 / 1000.0),
    }
}

/// Labels as a JSON object.
pub fn object(labels: &Labels) -> serde_json::Value {
    let pairs = labels.iter().map(|(k, v)| ((**k).to_owned(), serde_json::Value::from(&**v)));
    serde_json::Value::Object(pairs.collect())
}

/// A refusal: its kind decides the status.
pub fn refusal(fail: &Fail) -> Response<axum::body::Body> {
    let (code, kind) = match fail {
        Fail::Bad(_) => (400, "bad_data"),
        Fail::Execution(_) => (422, "execution"),
    };
    let document = serde_json::json!({"status": "error", "errorType": kind, "error": fail.to_string()});
    crate::sim::face::json(code, &document)
}
