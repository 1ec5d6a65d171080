//! What a probe sends and must not show: values of headers, read where they are kept; and what is masked of an answer.

use http::{HeaderName, HeaderValue};

use crate::config::Probe;
use crate::config::probe::HeaderSource;
use crate::model::{Probed, Problem, ProblemKind, clean, clean_lines, shorten};
use crate::redact::{MASK, Mask, is_secret_name};

/// A value shorter than this is no secret: masking it would hide half of the answer.
const SHORT: usize = 6;
/// The most that is shown of one header of an answer, in bytes.
const HEADER: usize = 300;

/// A header as it is sent.
pub(super) type Header = (HeaderName, HeaderValue);

/// The headers of a probe, their values read anew.
///
/// # Errors
/// A variable that is not set, a file that cannot be read.
pub(super) fn read(probe: &Probe) -> Result<Vec<Header>, Problem> {
    let one = |(name, source): (&crate::config::probe::HeaderName, &HeaderSource)| {
        let text = value(source)?;
        let wrong = || Problem::new(ProblemKind::Config, format!("the value of header {} cannot be sent", name.0));
        let name = HeaderName::from_bytes(name.0.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(&text).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok((name, value))
    };
    probe.headers.iter().map(one).collect()
}

fn value(source: &HeaderSource) -> Result<String, Problem> {
    match source {
        HeaderSource::Text(text) => Ok(text.clone()),
        HeaderSource::Env { name, prefix } => match std::env::var(name) {
            Ok(value) => Ok(format!("{prefix}{}", value.trim())),
            Err(_) => {
                let text = format!("the environment variable {name} is not set: a header of the probe needs it");
                Err(Problem::new(ProblemKind::Config, text))
            }
        },
        HeaderSource::File { path, prefix } => match std::fs::read_to_string(path) {
            Ok(value) => Ok(format!("{prefix}{}", value.trim())),
            Err(error) => {
                let text = format!("{}: {error}: a header of the probe is in it", path.display());
                Err(Problem::new(ProblemKind::Config, text))
            }
        },
    }
}

/// Masks what an answer must not tell, and cleans all of it: a server may send back what it was sent.
pub(super) fn clean_up(record: &mut Probed, sent: &[Header], mask: &Mask) {
    let sent: Vec<&str> = sent
        .iter()
        .filter_map(|(_, value)| value.to_str().ok())
        .flat_map(|value| std::iter::once(value).chain(value.split_whitespace().filter(move |part| *part != value)))
        .filter(|part| part.len() >= SHORT && !matches!(part.to_ascii_lowercase().as_str(), "bearer" | "application/json"))
        .collect();
    let masked = |text: &str| {
        let mut text = mask.text(text).into_owned();
        for secret in &sent {
            if text.contains(secret) {
                text = text.replace(secret, MASK);
            }
        }
        text
    };
    for (name, value) in &mut record.headers {
        let hidden = is_secret_name(name) || name.eq_ignore_ascii_case("set-cookie") || name.eq_ignore_ascii_case("www-authenticate");
        *value = match hidden && !name.eq_ignore_ascii_case("www-authenticate") {
            true => MASK.into(),
            false => clean(&shorten(&masked(value), HEADER)).into_owned().into(),
        };
        *name = clean(name).into_owned().into();
    }
    record.body = body(&record.body, mask, masked).into();
    for hop in &mut record.hops {
        *hop = clean(&masked(hop)).into_owned().into();
    }
    for unmet in &mut record.failed {
        unmet.actual = clean(&shorten(&masked(&unmet.actual), HEADER)).into_owned().into();
    }
    if let Some(silence) = &mut record.silence {
        silence.problem.text = clean(&masked(&silence.problem.text)).into_owned().into();
    }
}

/// A body as it is shown: JSON in lines, with what its names give away masked; anything else as it came.
fn body(text: &str, mask: &Mask, masked: impl Fn(&str) -> String) -> String {
    let text = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(mut value @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => {
            mask.document(&mut value);
            serde_json::to_string_pretty(&value).unwrap_or_default()
        }
        _ => text.to_owned(),
    };
    clean_lines(&masked(&text))
}
