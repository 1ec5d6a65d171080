//! The HTTP services beside an environment's Kubernetes: metrics, alerts, dashboards and logs.

use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::words;

/// A CloudWatch place of an environment: an account and a region.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CloudWatch {
    #[serde(deserialize_with = "words::word")]
    pub region: String,
    /// Profile in the AWS configuration; empty: the default chain.
    #[serde(deserialize_with = "words::word")]
    pub profile: String,
    /// Instead of the region's own endpoint (a VPC endpoint, a local stand-in).
    #[serde(deserialize_with = "words::url")]
    pub endpoint_url: String,
    /// Log groups, with `*` for any text; none: all of them.
    #[serde(deserialize_with = "words::words")]
    pub groups: Vec<String>,
    /// `live_tail = false`: followed by asking again and again.
    pub live_tail: LiveTail,
    /// The log group that holds what all pods wrote; empty: none. A log goes on there when its pod is gone.
    #[serde(deserialize_with = "words::word")]
    pub pods: String,
}

/// Whether log groups are followed by Live Tail, which costs by the minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "bool")]
pub enum LiveTail {
    /// Where it is allowed.
    #[default]
    On,
    Off,
}

impl From<bool> for LiveTail {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl CloudWatch {
    /// What tells it from the environment's other places: `eu-west-3`, `solia-prod/eu-west-3`.
    pub fn label(&self) -> String {
        let place = [&self.region, &self.endpoint_url].into_iter().find(|text| !text.is_empty());
        let parts = [Some(&self.profile).filter(|profile| !profile.is_empty()), place];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
    }
}

/// Reads one place, written as a table, or several, as an array of tables.
pub(super) fn places<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CloudWatch>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<CloudWatch>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a table or an array of tables")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            CloudWatch::deserialize(MapAccessDeserializer::new(map)).map(|place| vec![place])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(place) = list.next_element()? {
                all.push(place);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}
