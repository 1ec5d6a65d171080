//! One scalar out of a JSON text, without building the rest: selecting by a field out of 10,000 pods is quick.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The string, number or boolean at this path, as text. `None`: nothing is there, or something larger.
pub fn pick(json: &[u8], path: &[&str]) -> Option<String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(json);
    // An error is how the reading stops once the value is found.
    let _ = Seed { path, found: &mut found }.deserialize(&mut reader);
    found
}

struct Seed<'a> {
    path: &'a [&'a str],
    found: &'a mut Option<String>,
}

impl Seed<'_> {
    fn take<E: serde::de::Error>(self, text: impl fmt::Display) -> Result<(), E> {
        if self.path.is_empty() {
            *self.found = Some(text.to_string());
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.take(text)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.take(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.take(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.take(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.take(value)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == *first {
                let found = &mut *self.found;
                map.next_value_seed(Seed { path: rest, found })?;
                return Err(A::Error::custom("found"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_found_and_nothing_else() {
        let json = br#"{"a":{"x":[1,{"b":2}],"b":"two","c":true,"d":{"e":3.5}},"b":null}"#;
        let at = |path: &[&str]| pick(json, path);
        assert_eq!(at(&["a", "b"]).as_deref(), Some("two"));
        assert_eq!(at(&["a", "c"]).as_deref(), Some("true"));
        assert_eq!(at(&["a", "d", "e"]).as_deref(), Some("3.5"));
        for nothing in [&["a"][..], &["a", "x"], &["b"], &["b", "c"], &["z"], &[]] {
            assert_eq!(at(nothing), None, "{nothing:?}");
        }
        assert_eq!(pick(b"not json", &["a"]), None);
    }
}
