//! `metadata.managedFields`: who wrote which part of an object, and when. Read only for the kinds whose changes
//! matter; of all others it is skipped while parsing, because it is the larger half of a small object.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::fields::{List, Maybe, Present, Text, When};
use super::strings::Strings;
use crate::model::{Write, WrittenPart};

/// How much of `managedFields` is read.
pub trait Managed {
    /// Who last wrote what, as the store keeps it.
    fn writes(&self, strings: &mut Strings) -> Box<[Write]>;
}

/// Nothing of it.
impl Managed for IgnoredAny {
    fn writes(&self, _: &mut Strings) -> Box<[Write]> {
        Box::default()
    }
}

/// All of it that says something about a change.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct ManagedFields<'a>(#[serde(borrow)] List<Entry<'a>>);

impl Managed for ManagedFields<'_> {
    fn writes(&self, strings: &mut Strings) -> Box<[Write]> {
        self.0.iter().filter_map(|entry| entry.read(strings)).collect()
    }
}

/// The fields of one manager.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    manager: Text<'a>,
    operation: Text<'a>,
    subresource: Text<'a>,
    time: When,
    fields_v1: Maybe<Fields<'a>>,
}

impl Entry<'_> {
    /// What it wrote of that which matters; `None` where that is nothing.
    fn read(&self, strings: &mut Strings) -> Option<Write> {
        if !matches!(&*self.operation, "Update" | "Apply") || &*self.subresource == "status" || !self.time.0.is_known() {
            return None;
        }
        let parts = self.fields_v1.parts();
        if parts.is_empty() {
            return None;
        }
        Some(Write {
            manager: strings.get(&self.manager),
            at: self.time.0,
            parts,
            keys: self.fields_v1.keys(),
        })
    }
}

/// `fieldsV1`: a tree of `f:field`. What else it may hold is skipped.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(rename = "f:metadata")]
    metadata: Maybe<MetaFields>,
    #[serde(rename = "f:spec")]
    spec: SpecFields,
    #[serde(borrow, rename = "f:data")]
    data: Keys<'a>,
    #[serde(rename = "f:stringData")]
    string_data: Keys<'a>,
    #[serde(rename = "f:binaryData")]
    binary_data: Keys<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MetaFields {
    #[serde(rename = "f:labels")]
    labels: Present,
    #[serde(rename = "f:annotations")]
    annotations: Present,
}

impl Fields<'_> {
    fn data(&self) -> [&Keys<'_>; 3] {
        [&self.data, &self.string_data, &self.binary_data]
    }

    fn parts(&self) -> Box<[WrittenPart]> {
        let written = [
            (WrittenPart::Replicas, self.spec.replicas),
            (WrittenPart::Template, self.spec.template),
            (WrittenPart::Spec, self.spec.other),
            (WrittenPart::Data, self.data().iter().any(|data| data.0.is_some())),
            (WrittenPart::Labels, self.metadata.labels.0),
            (WrittenPart::Annotations, self.metadata.annotations.0),
        ];
        written.into_iter().filter(|(_, written)| *written).map(|(part, _)| part).collect()
    }

    fn keys(&self) -> Box<[Box<str>]> {
        let all = self.data().into_iter().filter_map(|data| data.0.as_ref()).flatten();
        let mut keys: Vec<Box<str>> = all.map(Text::clean).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(Write::KEYS);
        keys.into()
    }
}

/// Which fields of a specification.
#[derive(Clone, Copy, Debug, Default)]
struct SpecFields {
    replicas: bool,
    template: bool,
    other: bool,
}

struct SpecVisitor;

impl<'de> Visitor<'de> for SpecVisitor {
    type Value = SpecFields;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields of a specification")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = SpecFields::default();
        while let Some((key, IgnoredAny)) = map.next_entry::<Text<'de>, IgnoredAny>()? {
            match &*key {
                // The specification itself, as opposed to what is in it.
                "." => {}
                "f:replicas" => fields.replicas = true,
                "f:template" => fields.template = true,
                _ => fields.other = true,
            }
        }
        Ok(fields)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(SpecFields::default())
    }
}

impl<'de> Deserialize<'de> for SpecFields {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(SpecVisitor)
    }
}

/// The keys of data that were written; `None`: the data was not. Data that was written and has no keys was emptied.
#[derive(Debug, Default)]
struct Keys<'a>(Option<Vec<Text<'a>>>);

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the keys of data")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<Text<'de>, IgnoredAny>()? {
            if let Some(name) = key.strip_prefix("f:") {
                keys.push(Text(name.to_owned().into()));
            }
        }
        Ok(Keys(Some(keys)))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Keys::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Keys<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(KeysVisitor)
    }
}
