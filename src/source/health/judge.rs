//! An answer compared with what is expected. Pure.

use serde_json::Value;

use super::{Answer, KEPT};
use crate::config::Probe;
use crate::model::{Probed, Time, Unmet};

/// Puts an answer into the record, with what it should say and does not.
pub(super) fn judge(probe: &Probe, answer: Option<&Answer>, record: &mut Probed) {
    let total = record.timings.total;
    if probe.latency > 0 && total > probe.latency {
        record
            .warnings
            .push(format!("slow: {total} ms, more than {} ms", probe.latency).into());
    }
    let Some(answer) = answer else { return };
    record.code = Some(answer.status);
    record.headers = answer
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
        .collect();
    record.bytes = answer.body.len() as u64;
    record.is_cut = answer.is_cut;
    let text = String::from_utf8_lossy(&answer.body);
    if !probe.expect.holds(answer.status) {
        record
            .failed
            .push(unmet("the status", probe.expect.to_string(), status(answer, &text)));
    }
    for part in &probe.contains {
        if !text.contains(part.as_str()) {
            record
                .failed
                .push(unmet("the body", format!("to hold {part:?}"), beginning(answer, &text)));
        }
    }
    for pattern in &probe.matches {
        // The configuration has read it before.
        if regex::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(&text)) {
            record
                .failed
                .push(unmet("the body", format!("to match {pattern}"), beginning(answer, &text)));
        }
    }
    if !probe.json.is_empty() {
        match json(answer) {
            Ok(value) => {
                let failed = probe.json.iter().filter_map(|assertion| assertion.check(&value).err());
                record
                    .failed
                    .extend(failed.map(|failed| unmet(&failed.place, failed.expected, failed.actual)));
            }
            // An error page is no news beside the error.
            Err(_) if !record.failed.is_empty() => {}
            Err(actual) => record.failed.push(unmet("the body", "JSON".into(), actual)),
        }
    }
    record.body = text.into_owned().into();
}

/// What is to say of the certificate, however the rest went.
pub(super) fn certificate(probe: &Probe, record: &mut Probed, now: Time) {
    let Some(certificate) = &record.certificate else { return };
    let days = certificate.days_left(now);
    let warning = match &certificate.fault {
        // Where it was refused, that is why there is no answer.
        Some(fault) if probe.tls.insecure => Some(format!("its certificate is not trusted: {fault}")),
        Some(_) => None,
        None if days > i64::from(probe.tls.warning_days) => None,
        None if days == 1 => Some("its certificate ends in 1 day".to_owned()),
        None if days < 1 => Some("its certificate ends today".to_owned()),
        None => Some(format!("its certificate ends in {days} days")),
    };
    record.warnings.extend(warning.map(Into::into));
}

fn unmet(what: &str, expected: String, actual: String) -> Unmet {
    Unmet {
        what: what.into(),
        expected: expected.into(),
        actual: actual.into(),
    }
}

/// `503 Service Unavailable`, and what the answer says of why.
fn status(answer: &Answer, body: &str) -> String {
    let code = answer.status;
    let header = |name: &str| {
        answer
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    let reason = http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
    let known = match reason {
        Some(reason) => format!("{code} {reason}"),
        None => code.to_string(),
    };
    let more = match code {
        300..400 => answer.location.as_ref().map(|to| format!("a redirect to {to}, not followed")),
        400 if body.contains("plain HTTP request was sent to HTTPS port") => Some("it speaks https on this port".into()),
        400 if body.contains("SSL certificate") => Some("it asks for a client certificate".into()),
        401 => header("www-authenticate").map(|asks| format!("it asks for {}", asks.split(',').next().unwrap_or_default())),
        429 | 503 => {
            header("retry-after").map(|after| format!("retry after {after}{}", if after.parse::<u32>().is_ok() { " s" } else { "" }))
        }
        _ => None,
    };
    match more {
        Some(more) => format!("{known} ({more})"),
        None => known,
    }
}

/// How a body begins, in a few words.
fn beginning(answer: &Answer, text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match () {
        () if answer.body.is_empty() => "empty".into(),
        () if is_page(text) => format!("an HTML page{}", title(text)),
        () if line.len() > 60 => format!("{:?}…", crate::model::shorten(&line, 60)),
        () => format!("{line:?}"),
    }
}

fn is_page(text: &str) -> bool {
    let start = text.trim_start().get(..15).unwrap_or(text.trim_start()).to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head")
}

/// What a page calls itself, which tells a login page from an error page.
fn title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let found = lower.find("<title>").and_then(|at| {
        let end = lower.get(at..)?.find("</title>")?;
        text.get(at + 7..at + end)
    });
    match found.map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => format!(" ({:?})", crate::model::shorten(title, 40)),
        None => String::new(),
    }
}

/// The body as JSON; else what it is instead.
fn json(answer: &Answer) -> Result<Value, String> {
    let encoding = answer
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    if let Some((_, encoding)) = encoding.filter(|(_, encoding)| encoding != "identity") {
        return Err(format!("said to be {encoding}, which was not asked for"));
    }
    if answer.is_cut {
        return Err(format!("larger than {} KiB: only its beginning is read", KEPT >> 10));
    }
    let text = match std::str::from_utf8(&answer.body) {
        Ok(text) => text,
        Err(error) => return Err(format!("not UTF-8 from byte {} on", error.valid_up_to())),
    };
    match () {
        () if text.trim().is_empty() => Err("empty".into()),
        () if text.trim_start().starts_with('<') => Err(beginning(answer, text)),
        () => serde_json::from_str(text).map_err(|error| format!("not JSON ({error})")),
    }
}
