//! What comes out is compared with what a real Prometheus (2.42) answered over the same samples.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::sim::physics::series::{Series, labels};
use crate::sim::prometheus::answer;

const REAL: &str = include_str!("real.json");

/// `100+2x240` is 100, 102, … 580.
fn values(notation: &str) -> Vec<f64> {
    let parts = notation.split(' ').flat_map(|part| {
        let (line, more) = part.split_once('x').unwrap();
        let sign = line.rfind(['+', '-']).unwrap();
        let (first, slope): (f64, f64) = (line[..sign].parse().unwrap(), line[sign..].parse().unwrap());
        (0..=more.parse::<u32>().unwrap()).map(move |i| first + slope * f64::from(i))
    });
    parts.collect()
}

fn series(real: &Value) -> Series {
    let mut series = Series::default();
    let start = real["start"].as_i64().unwrap();
    for pair in real["series"].as_array().unwrap() {
        let (metric, notation) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        let (name, rest) = metric.split_once('{').unwrap();
        let pairs = rest.trim_end_matches('}').split("\",");
        let pairs: Vec<(&str, &str)> = pairs
            .map(|p| p.split_once("=\"").unwrap())
            .map(|(k, v)| (k, v.trim_end_matches('"')))
            .collect();
        let id = series.id(labels(name, &pairs));
        for (i, value) in values(notation).into_iter().enumerate() {
            series.push(id, Timestamp::from_second(start + 15 * i as i64).unwrap(), value);
        }
    }
    series
}

fn instant(text: &str, series: &Series, time: i64) -> Result<Value, Fail> {
    let expr = parse(text)?;
    let grid = Grid {
        start: time,
        step: 1,
        count: 1,
    };
    let data = Data::fetch(&expr, &[series], &grid)?;
    let outcome = at(&expr, &data, time)?;
    Ok(serde_json::from_str(&format!("{{{}}}", answer::instant(&outcome, time))).unwrap())
}

fn range(text: &str, series: &Series, grid: &Grid) -> Result<Value, Fail> {
    let expr = parse(text)?;
    let data = Data::fetch(&expr, &[series], grid)?;
    let outcome = over(&expr, &data, grid)?;
    Ok(serde_json::from_str(&format!("{{{}}}", answer::range(&outcome, grid))).unwrap())
}

/// Whether two answers say the same, but for the last digits of numbers.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w))),
        (Value::String(x), Value::String(y)) if x != y => match (x.parse::<f64>(), y.parse::<f64>()) {
            (Ok(x), Ok(y)) => (x - y).abs() <= 1e-9 * x.abs().max(y.abs()).max(1.0),
            _ => false,
        },
        _ => a == b,
    }
}

/// Series in the order of their labels, where the order says nothing.
fn sorted(answer: &mut Value) {
    if let Some(result) = answer["result"].as_array_mut() {
        result.sort_by_key(|series| series["metric"].to_string());
    }
}

#[test]
fn answers_are_those_of_a_real_server() {
    let real: Value = serde_json::from_str(REAL).unwrap();
    let series = series(&real);
    let time = real["time"].as_i64().unwrap() * 1000;
    let grid = Grid {
        start: time - 2_400_000,
        step: 120_000,
        count: 21,
    };
    let mut wrong = Vec::new();
    for (form, case) in ["instant", "range"]
        .iter()
        .flat_map(|form| real[form].as_array().unwrap().iter().map(move |c| (form, c)))
    {
        let query = case["query"].as_str().unwrap();
        let told = &case["answer"];
        let ours = match *form {
            "instant" => instant(query, &series, time),
            _ => range(query, &series, &grid),
        };
        match ours {
            Ok(mut ours) => {
                let mut expected = told["data"].clone();
                let ordered = query.starts_with("sort") || query.contains("topk(2");
                if !ordered && ours["resultType"] != "scalar" && ours["resultType"] != "string" {
                    sorted(&mut ours);
                    sorted(&mut expected);
                }
                if !same(&ours, &expected) {
                    wrong.push(format!("{form} {query}\n  ours: {ours}\n  real: {expected}"));
                }
            }
            Err(fail) => {
                if told["errorType"] != "execution" || !matches!(fail, Fail::Execution(_)) {
                    wrong.push(format!("{form} {query}\n  ours: {fail}\n  real: {told}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n").chars().take(9000).collect::<String>()
    );
}

#[test]
fn what_is_no_expression_is_refused() {
    let real: Value = serde_json::from_str(REAL).unwrap();
    let series = series(&real);
    for case in real["bad"].as_array().unwrap() {
        let query = case["query"].as_str().unwrap();
        let fail = instant(query, &series, 0).unwrap_err();
        assert!(matches!(fail, Fail::Bad(_)), "{query}: {fail}");
    }
    let told = |query: &str| instant(query, &series, 0).unwrap_err().to_string();
    for (query, expected) in [
        ("sum(up", "1:7: parse error: unclosed left parenthesis"),
        ("up)", "1:4: parse error: unexpected right parenthesis ')'"),
        ("\"abc", "1:1: parse error: unterminated quoted string"),
        ("", "1:1: parse error: no expression found in input"),
    ] {
        assert_eq!(told(query), expected);
    }
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    for query in [deep, "-".repeat(5000) + "1", "1+".repeat(5000) + "1", "a ".repeat(50_000)] {
        assert!(instant(&query, &series, 0).is_err());
    }
}

#[test]
fn a_series_ends_at_once_when_its_end_is_marked() {
    let mut series = Series::default();
    let id = series.id(labels("x", &[]));
    for (second, value) in [(0, 1.0), (15, 2.0)] {
        series.push(id, Timestamp::from_second(second).unwrap(), value);
    }
    series.end(id, Timestamp::from_second(30).unwrap());
    let count = |query: &str, second: i64| instant(query, &series, second * 1000).unwrap()["result"].as_array().unwrap().len();
    assert_eq!((count("x", 29), count("x", 30), count("x", 299)), (1, 0, 0));
    assert_eq!(
        instant("sum_over_time(x[1m])", &series, 40_000).unwrap()["result"][0]["value"][1],
        "3"
    );
}

#[test]
fn a_question_that_is_too_large_is_refused() {
    let mut series = Series::default();
    for i in 0..1000 {
        let id = series.id(labels("x", &[("i", &i.to_string())]));
        for second in 0..100 {
            series.push(id, Timestamp::from_second(second * 15).unwrap(), 1.0);
        }
    }
    let grid = Grid {
        start: 0,
        step: 100,
        count: 11_000,
    };
    let fail = range("sum(rate(x[25m])) + sum(rate(x[24m]))", &series, &grid).unwrap_err();
    assert!(fail.to_string().contains("too many samples"), "{fail}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_breaks_the_evaluator(text in r#"([a-z_]{0,3}|[0-9]{1,3}[smhdwy]?|\[|\]|\(|\)|\{|\}|"x"|,|=~?|!=|by|offset|@|[-+*/%^<>]|rate|sum|topk|and|on|bool| ){0,14}"#) {
        let real: Value = serde_json::from_str(REAL).unwrap();
        let _ = instant(&text, &series(&real), 1_700_000_500_000);
    }

    #[test]
    fn nor_does_any_other(text in ".*") {
        let _ = parse(&text);
        let _ = duration(&text);
    }

    #[test]
    fn functions_take_what_they_are_given(call in "(rate|deriv|predict_linear|quantile_over_time|label_replace|label_join|clamp|round|histogram_quantile|absent_over_time|scalar|hour|sort)",
        args in prop::collection::vec(prop::sample::select(vec!["temp", "temp[5m]", "1", "-1", "\"a\"", "\"(\"", "NaN", "Inf", "temp[1h:1s]", "temp[5m] offset 300y", "temp @ 1e18"]), 0..5)) {
        let real: Value = serde_json::from_str(REAL).unwrap();
        let _ = instant(&format!("{call}({})", args.join(", ")), &series(&real), 1_700_000_500_000);
    }
}
