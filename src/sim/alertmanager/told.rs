//! Alerts, groups and silences as the API tells them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde_json::{Map, Value, json};

use super::Alertmanager;
use super::matcher::{Matcher, anchored};
use super::route::{GROUPED_BY, receivers};
use super::silences::Silence;
use crate::sim::face::Request;
use crate::sim::prometheus::promql::Labels;
use crate::sim::prometheus::rules::{Alert, State};

/// Prometheus repeats what fires; without a repetition an alert ends after this long.
const UNTIL: SignedDuration = SignedDuration::from_mins(4);

/// RFC 3339 in milliseconds.
pub fn millis(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Which alerts are asked for.
#[derive(Debug)]
pub struct Filter {
    active: bool,
    silenced: bool,
    matchers: Vec<Matcher>,
    receiver: Option<Regex>,
}

impl Filter {
    /// Reads the parameters; the error is the whole message.
    pub fn read(request: &Request) -> Result<Self, String> {
        let receiver = match request.query("receiver").filter(|r| !r.is_empty()) {
            None => None,
            Some(pattern) => Some(anchored(pattern).map_err(|why| format!("failed to parse receiver param: {why}"))?),
        };
        Ok(Self {
            active: request.query("active") != Some("false"),
            silenced: request.query("silenced") != Some("false"),
            matchers: request.queries("filter").map(Matcher::read).collect::<Result<_, _>>()?,
            receiver,
        })
    }

    fn takes(&self, firing: &Firing) -> bool {
        let wanted = if firing.silenced.is_empty() { self.active } else { self.silenced };
        wanted
            && self.matchers.iter().all(|m| m.fits_labels(&firing.labels))
            && self
                .receiver
                .as_ref()
                .is_none_or(|wanted| receivers(&firing.labels).iter().any(|r| wanted.is_match(r)))
    }
}

/// An alert that has arrived here.
pub struct Firing {
    pub labels: Labels,
    silenced: Vec<String>,
    alert: Alert,
    url: String,
}

impl Firing {
    fn told(&self) -> Value {
        let annotations = self.alert.annotations().into_iter();
        let annotations: Map<String, Value> = annotations.map(|(name, text)| (name.to_owned(), json!(text))).collect();
        let state = if self.silenced.is_empty() { "active" } else { "suppressed" };
        let started = self.alert.fired.unwrap_or(self.alert.active);
        json!({
            "annotations": annotations, "endsAt": millis(self.alert.seen + UNTIL), "fingerprint": format!("{:016x}", fingerprint(&self.labels)),
            "receivers": named(receivers(&self.labels)), "startsAt": millis(started),
            "status": {"inhibitedBy": [], "silencedBy": self.silenced, "state": state},
            "updatedAt": millis(self.alert.seen), "generatorURL": self.url, "labels": object(&self.labels),
        })
    }
}

fn named(receivers: &[&str]) -> Value {
    let mut sorted = receivers.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().map(|name| json!({"name": name})).collect()
}

fn object(labels: &Labels) -> Value {
    Value::Object(labels.iter().map(|(k, v)| ((**k).to_owned(), json!(**v))).collect())
}

/// The hash by which alerts are known everywhere: FNV-1a over sorted names and values, each followed by 0xff.
pub fn fingerprint(labels: &Labels) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in labels.iter().flat_map(|(name, value)| [name, value]) {
        for byte in part.bytes().chain(std::iter::once(0xff)) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

impl Alertmanager {
    /// What fires, by its fingerprint.
    pub(super) fn firing(&self) -> Vec<Firing> {
        let now = self.now();
        let alerts = self.rules.alerts();
        let site = &self.rules.site;
        let mut firing: Vec<Firing> = alerts
            .iter()
            .filter(|alert| alert.state == State::Firing)
            .map(|alert| {
                let mut labels = alert.labels.clone();
                for (name, value) in &site.external {
                    labels.entry(Arc::from(name.as_str())).or_insert_with(|| Arc::from(value.as_str()));
                }
                Firing {
                    silenced: self.with_silences(|silences| silences.on(&labels, now)),
                    url: format!("{}/graph?g0.expr={}&g0.tab=1", site.url, escaped(alert.rule.expr)),
                    labels,
                    alert: alert.clone(),
                }
            })
            .collect();
        firing.sort_by_key(|f| fingerprint(&f.labels));
        firing
    }
}

/// `/api/v2/alerts`
pub fn alerts(server: &Alertmanager, filter: &Filter) -> Value {
    server
        .firing()
        .iter()
        .filter(|firing| filter.takes(firing))
        .map(Firing::told)
        .collect()
}

/// `/api/v2/alerts/groups`
pub fn groups(server: &Alertmanager, filter: &Filter) -> Value {
    let mut groups: BTreeMap<(Labels, &str), Vec<Value>> = BTreeMap::new();
    for firing in server.firing().iter().filter(|firing| filter.takes(firing)) {
        let by = GROUPED_BY.iter().filter_map(|name| firing.labels.get_key_value(*name));
        let by: Labels = by.map(|(k, v)| (Arc::clone(k), Arc::clone(v))).collect();
        for receiver in receivers(&firing.labels) {
            if filter.receiver.as_ref().is_none_or(|wanted| wanted.is_match(receiver)) {
                groups.entry((by.clone(), receiver)).or_default().push(firing.told());
            }
        }
    }
    let told = groups
        .into_iter()
        .map(|((labels, receiver), alerts)| json!({"alerts": alerts, "labels": object(&labels), "receiver": {"name": receiver}}));
    told.collect()
}

/// One silence.
pub fn silence(silence: &Silence, now: Timestamp) -> Value {
    json!({
        "id": silence.id, "status": {"state": silence.standing(now).word()}, "updatedAt": millis(silence.updated), "comment": silence.comment,
        "createdBy": silence.by, "endsAt": millis(silence.ends), "matchers": silence.matchers.iter().map(Matcher::told).collect::<Vec<_>>(),
        "startsAt": millis(silence.starts),
    })
}

/// Percent-encodes what may not stand in a query.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
