//! Events of the core API. Components that use the new recorder leave `count` and the two timestamps
//! empty and fill in `series` and `eventTime` instead; both are read.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Count, Maybe, Text, When};
use super::meta::{HasMeta, RawMeta};
use super::strings::Strings;
use crate::model::{Body, Event, Uid};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Raw<'a> {
    #[serde(borrow)]
    pub metadata: Maybe<RawMeta<'a>>,
    #[serde(rename = "type")]
    pub kind: Text<'a>,
    pub reason: Text<'a>,
    pub message: Text<'a>,
    pub involved_object: Maybe<About<'a>>,
    pub count: Count,
    pub first_timestamp: When,
    pub last_timestamp: When,
    pub event_time: When,
    pub series: Maybe<Series>,
    pub source: Maybe<Source<'a>>,
    pub reporting_component: Text<'a>,
    pub reporting_instance: Text<'a>,
}

impl<'a> HasMeta<'a> for Raw<'a> {
    type Managed = IgnoredAny;
    fn meta(&self) -> &RawMeta<'a> {
        &self.metadata
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct About<'a> {
    #[serde(borrow)]
    pub kind: Text<'a>,
    pub name: Text<'a>,
    pub uid: Text<'a>,
    pub field_path: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Series {
    pub count: Count,
    pub last_observed_time: When,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Source<'a> {
    #[serde(borrow)]
    pub component: Text<'a>,
    pub host: Text<'a>,
}

pub fn body(raw: &Raw<'_>, strings: &mut Strings) -> Body {
    let about = &*raw.involved_object;
    let component = raw.source.component.or(&raw.reporting_component);
    let host = raw.source.host.or(&raw.reporting_instance);
    let source = match (&**component, &**host) {
        (component, "") => strings.get(component),
        // The new recorder's instance often repeats the component (`kubelet-node1`, `kubelet`).
        (component, host) if component == host => strings.get(component),
        (component, host) => strings.get(&format!("{component}, {host}")),
    };
    let first = raw.first_timestamp.or(raw.event_time).or(raw.metadata.creation_timestamp);
    Body::Event(Box::new(Event {
        warning: &*raw.kind == "Warning",
        reason: strings.get(&raw.reason),
        message: raw.message.message(),
        kind: strings.get(&about.kind),
        object: about.name.clean(),
        object_uid: if about.uid.is_empty() {
            Uid::default()
        } else {
            Uid::parse(&about.uid)
        },
        field: about.field_path.clean(),
        count: raw.series.count.0.or(raw.count.0).unwrap_or(1).max(1),
        first: first.0,
        last: raw.series.last_observed_time.or(raw.last_timestamp).or(first).0,
        source,
    }))
}
