//! Field types that forgive: Kubernetes leaves out what is empty, writes `null` for empty lists, and
//! has fields that are a number or a text. One odd field must not cost the row.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{Labels, Quantity, Time, clean, shorten};
use crate::redact::mask_text;

/// Text, borrowed from the input where it holds no escapes. Missing and `null` are empty; numbers and
/// booleans are their text (`IntOrString`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text, harmless to print.
    pub fn clean(&self) -> Box<str> {
        clean(&self.0).into()
    }

    /// The text of a message: harmless, without secrets, and cut to about a kilobyte.
    pub fn message(&self) -> Box<str> {
        shorten(&mask_text(&shorten(&clean(&self.0), 1024)), 1024).into()
    }

    /// The first of two that says anything.
    pub fn or<'b>(&'b self, other: &'b Self) -> &'b Self {
        if self.is_empty() { other } else { self }
    }
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }
    fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(v)))
    }
    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(v.to_owned())))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(v.to_string())))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(v.to_string())))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(v.to_string())))
    }
    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(if v { "true" } else { "false" })))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(TextVisitor)
    }
}

/// A list; `null` is empty.
#[derive(Clone, Debug)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(List(list))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(List::default())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(ListVisitor(PhantomData))
    }
}

/// A map of texts, in the order of the input.
#[derive(Clone, Debug, Default)]
pub struct Pairs<'a>(pub Vec<(Text<'a>, Text<'a>)>);

impl Pairs<'_> {
    /// Packed, and harmless to print.
    pub fn labels(&self) -> Labels {
        Labels::new(self.iter())
    }

    /// The value of a key, empty where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.iter().find(|(k, _)| *k == key).map_or("", |(_, v)| v)
    }

    /// The pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (&**k, &**v))
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Text(key), Text(value))) = map.next_entry::<Text<'de>, Text<'de>>()? {
            let safe = |text: Cow<'de, str>| match clean(&text) {
                Cow::Borrowed(_) => Text(text),
                Cow::Owned(cleaned) => Text(Cow::Owned(cleaned)),
            };
            pairs.push((safe(key), safe(value)));
        }
        Ok(Pairs(pairs))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Pairs::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(PairsVisitor)
    }
}

/// A structure that may be `null`.
#[derive(Clone, Debug, Default)]
pub struct Maybe<T>(pub T);

impl<T> Deref for Maybe<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(d).map(|value| Self(value.unwrap_or_default()))
    }
}

/// Whether something is there, whatever it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Present(pub bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Option::<IgnoredAny>::deserialize(d).map(|value| Self(value.is_some()))
    }
}

/// A moment; what is no RFC 3339 text is never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When(pub Time);

impl When {
    /// This moment, or another where it is not known.
    pub fn or(self, other: Self) -> Self {
        if self.0.is_known() { self } else { other }
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Text::deserialize(d).map(|text| Self(if text.is_empty() { Time::NEVER } else { Time::parse(&text) }))
    }
}

/// An amount of CPU or memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount(pub Quantity);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Text::deserialize(d).map(|text| Self(Quantity::parse(&text)))
    }
}

/// A count: missing, `null`, negative and nonsense are "not stated".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(pub Option<u32>);

impl Count {
    /// The count, or 0.
    pub fn get(self) -> u32 {
        self.0.unwrap_or(0)
    }

    /// The count, or another where it is not stated.
    pub fn or(self, other: u32) -> u32 {
        self.0.unwrap_or(other)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Text::deserialize(d).map(|text| Self(text.parse().ok()))
    }
}

/// Yes or no; missing and `null` are neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub Option<bool>);

impl Flag {
    /// Whether it says yes.
    pub fn yes(self) -> bool {
        self.0 == Some(true)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Text::deserialize(d).map(|text| {
            Self(match &*text {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            })
        })
    }
}
