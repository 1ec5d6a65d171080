//! Reads what Prometheus answers, keeping only what can be shown: the rest of a flood is counted while it is read.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use crate::model::{MOST_SERIES, Series, SeriesAnswer, Time, clean, shorten};

/// Points of one series at most; Prometheus itself refuses more than 11,000.
pub(super) const MOST_POINTS: u32 = 2_000;

/// The times of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub from: i64,
    pub step: u32,
    pub points: usize,
}

/// The server does not answer the question.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// `bad_data`, `execution`, `timeout` …
    pub kind: String,
    pub error: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    data: Option<T>,
    #[serde(default, rename = "errorType")]
    kind: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

#[derive(Deserialize)]
struct Data {
    result: Kept,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<(f64, String)>,
    /// A native histogram has none of the values above.
    #[serde(default)]
    histograms: Vec<serde::de::IgnoredAny>,
}

/// The series with the largest newest values, and how many more there were.
struct Kept {
    series: Vec<Told>,
    more: u32,
    histograms: bool,
}

impl Told {
    fn newest(&self) -> f64 {
        let value = self.values.last().and_then(|(_, value)| value.parse::<f64>().ok());
        value.filter(|value| !value.is_nan()).unwrap_or(f64::NEG_INFINITY)
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Series;
        impl<'de> Visitor<'de> for Series {
            type Value = Kept;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of series")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kept, A::Error> {
                let mut kept = Kept {
                    series: Vec::new(),
                    more: 0,
                    histograms: false,
                };
                while let Some(told) = list.next_element::<Told>()? {
                    kept.histograms |= !told.histograms.is_empty();
                    kept.series.push(told);
                    // What is least is let go as it comes, so that a flood never stands in memory.
                    if kept.series.len() >= 4 * MOST_SERIES {
                        kept.shed();
                    }
                }
                kept.shed();
                Ok(kept)
            }
        }
        deserializer.deserialize_seq(Series)
    }
}

impl Kept {
    fn shed(&mut self) {
        if self.series.len() > MOST_SERIES {
            self.series.sort_by(|a, b| b.newest().total_cmp(&a.newest()));
            self.more += u32::try_from(self.series.len() - MOST_SERIES).unwrap_or(u32::MAX);
            self.series.truncate(MOST_SERIES);
        }
    }
}

/// Reads the answer to a range query. The outer error: this is no answer of a Prometheus.
pub(super) fn matrix(body: &[u8], grid: Grid) -> Result<Result<SeriesAnswer, Refusal>, serde_json::Error> {
    let envelope: Envelope<Data> = serde_json::from_slice(body)?;
    let Some(data) = envelope.data.filter(|_| envelope.status == "success") else {
        return Ok(Err(Refusal {
            kind: envelope.kind,
            error: envelope.error,
        }));
    };
    let mut warnings: Vec<Box<str>> = Vec::new();
    for text in envelope.warnings.iter().chain(&envelope.infos).take(3) {
        warnings.push(shorten(&clean(text), 200).into());
    }
    let mut infinite = 0_usize;
    let mut series: Vec<Series> = data.result.series.iter().map(|told| placed(told, grid, &mut infinite)).collect();
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    if infinite > 0 {
        warnings.push(format!("{infinite} values are infinite and not drawn").into());
    }
    if data.result.histograms {
        warnings.push("native histograms are not drawn: ask for histogram_quantile of them".into());
    }
    Ok(Ok(SeriesAnswer {
        from: Time(grid.from),
        step: grid.step,
        series,
        query: 0,
        more: data.result.more,
        warnings,
        skew: 0,
    }))
}

/// The values of one series, each at its time of the grid.
fn placed(told: &Told, grid: Grid, infinite: &mut usize) -> Series {
    let mut points = vec![f64::NAN; grid.points];
    for (time, value) in &told.values {
        let at = ((time - grid.from as f64) / f64::from(grid.step)).round();
        let Ok(value) = value.parse::<f64>() else { continue };
        if value.is_infinite() {
            *infinite += 1;
        } else if at >= 0.0
            && let Some(point) = points.get_mut(at as usize)
        {
            *point = value;
        }
    }
    let labels = told.metric.iter().filter(|(name, _)| *name != "__name__");
    Series {
        labels: labels
            .map(|(name, value)| (clean(name).into(), shorten(&clean(value), 200).into()))
            .collect(),
        points: points.into(),
    }
}

/// Reads a list of names; the rest of a very long one is left out. `None`: this is no answer of a Prometheus.
pub(super) fn names(body: &[u8]) -> Option<Vec<Box<str>>> {
    let envelope: Envelope<Vec<String>> = serde_json::from_slice(body).ok()?;
    let names = envelope.data?;
    Some(names.iter().map(|name| clean(name).into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid {
        from: 1000,
        step: 15,
        points: 4,
    };

    fn read(body: &str) -> SeriesAnswer {
        matrix(body.as_bytes(), GRID).unwrap().unwrap()
    }

    #[test]
    fn gaps_stay_gaps_and_what_is_no_number_is_said() {
        let answer = read(
            r#"{"status":"success","warnings":["w\u001b[31m"],"data":{"resultType":"matrix","result":[
               {"metric":{"__name__":"up","pod":"a\u001b]0;x"},"values":[[1000,"1"],[1030.2,"NaN"],[1045,"+Inf"],[2000,"9"]]}]}}"#,
        );
        let [series] = &answer.series[..] else { panic!("{answer:?}") };
        let points: Vec<Option<f64>> = series.points.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
        assert_eq!(points, [Some(1.0), None, None, None]);
        assert!(!series.label("pod").contains('\u{1b}') && series.label("__name__").is_empty());
        assert_eq!(&*answer.warnings[1], "1 values are infinite and not drawn");
    }

    #[test]
    fn of_a_flood_the_largest_are_kept_and_the_rest_counted() {
        let one = |n: usize| format!(r#"{{"metric":{{"n":"{n:05}"}},"values":[[1000,"{n}"]]}}"#);
        let all: Vec<String> = (0..50_000).map(one).collect();
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
            all.join(",")
        );
        let answer = read(&body);
        assert_eq!((answer.series.len(), answer.more), (MOST_SERIES, 50_000 - MOST_SERIES as u32));
        assert_eq!(answer.series[0].label("n"), "49960");
        assert_eq!(answer.series[MOST_SERIES - 1].label("n"), "49999");
    }

    #[test]
    fn an_answer_with_more_points_than_were_asked_for_keeps_to_its_grid() {
        let values: Vec<String> = (0..11_000).map(|n| format!("[{},\"{n}\"]", 1000 + n)).collect();
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
            values.join(",")
        );
        let answer = read(&body);
        assert_eq!(answer.series[0].points.len(), GRID.points, "{answer:?}");
        assert!(answer.series[0].points.iter().all(|value| value.is_finite()), "{answer:?}");
        // Nothing at all is an answer, too.
        let none = read(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#);
        assert!(none.series.is_empty() && none.more == 0);
    }

    #[test]
    fn a_refusal_is_told_apart_from_garbage() {
        let refusal = matrix(br#"{"status":"error","errorType":"bad_data","error":"no"}"#, GRID).unwrap();
        assert_eq!(refusal.unwrap_err().kind, "bad_data");
        for body in [
            "",
            "<html>",
            "[]",
            "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":1}]}}",
        ] {
            assert!(matrix(body.as_bytes(), GRID).is_err(), "{body}");
        }
        assert_eq!(names(br#"{"status":"success","data":["up"]}"#), Some(vec!["up".into()]));
        assert_eq!(names(b"{}"), None);
    }
}
