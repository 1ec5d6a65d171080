//! Parameters of requests: times, durations, steps.

use jiff::Timestamp;

use super::promql::{Fail, Grid, duration};
use crate::sim::face::Request;

/// How many points a series of an answer may have.
const MOST_POINTS: i64 = 11_000;

fn invalid(name: &str, why: impl std::fmt::Display) -> Fail {
    Fail::Bad(format!("invalid parameter \"{name}\": {why}"))
}

/// A time as clients write it: seconds since 1970, with a fraction, or RFC 3339.
fn time(text: &str) -> Result<i64, String> {
    let wrong = || format!("cannot parse {text:?} to a valid timestamp");
    if let Ok(seconds) = text.parse::<f64>() {
        // Beyond this, it is no time of any calendar.
        return match seconds.is_finite() && seconds.abs() < 2.0e11 {
            true => Ok((seconds * 1000.0).round() as i64),
            false => Err(wrong()),
        };
    }
    text.parse::<Timestamp>().map(Timestamp::as_millisecond).map_err(|_| wrong())
}

/// The parameter `time`, or else now.
pub fn instant(request: &Request, now: i64) -> Result<i64, Fail> {
    match request.query("time").filter(|t| !t.is_empty()) {
        None => Ok(now),
        Some(text) => time(text).map_err(|why| invalid("time", format!("Invalid time value for 'time': {why}"))),
    }
}

/// The steps that a range query asks for.
pub fn grid(request: &Request) -> Result<Grid, Fail> {
    let text = |name: &str| request.query(name).unwrap_or_default().to_owned();
    let start = time(&text("start")).map_err(|why| invalid("start", why))?;
    let end = time(&text("end")).map_err(|why| invalid("end", why))?;
    if end < start {
        return Err(invalid("end", "end timestamp must not be before start time"));
    }
    let step = text("step");
    let millis = match step.parse::<f64>() {
        Ok(seconds) if seconds.abs() < 9.0e12 => Some((seconds * 1000.0) as i64),
        Ok(_) => None,
        Err(_) => duration(&step),
    };
    let millis = millis.ok_or_else(|| invalid("step", format!("cannot parse {step:?} to a valid duration")))?;
    if millis <= 0 {
        return Err(invalid(
            "step",
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ));
    }
    let points = (end - start) / millis;
    if points > MOST_POINTS {
        return Err(Fail::Bad(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)".to_owned(),
        ));
    }
    Ok(Grid {
        start,
        step: millis,
        count: usize::try_from(points + 1).unwrap_or(1),
    })
}

/// `start` and `end` of a question about series; everything where they are missing.
pub fn span(request: &Request) -> Result<(i64, i64), Fail> {
    let one = |name: &str, otherwise: i64| match request.query(name) {
        None | Some("") => Ok(otherwise),
        Some(text) => time(text).map_err(|why| invalid(name, why)),
    };
    Ok((one("start", i64::MIN / 4)?, one("end", i64::MAX / 4)?))
}
