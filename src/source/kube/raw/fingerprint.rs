//! Fingerprints of values that must not be kept: whether two of them differ can be told, what they are cannot.
//!
//! They are made under a key that is drawn once per process and leaves it nowhere. Without it the fingerprint of a
//! short password could be looked up by trying all short passwords.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::OnceLock;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::fields::Text;

/// The fingerprint of anything that can be hashed.
pub fn of(value: impl Hash) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(value)
}

/// The fingerprint of a JSON value, whatever it holds: the order of keys does not matter. Missing and `null` are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub u64);

struct Fingerprinting;

impl<'de> Visitor<'de> for Fingerprinting {
    type Value = Fingerprint;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Fingerprint(of(('b', v))))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Fingerprint(of(('n', v))))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Fingerprint(of(('u', v))))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Fingerprint(of(('f', v.to_bits()))))
    }
    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Fingerprint(of(('s', v))))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Fingerprint::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut all = of('[');
        while let Some(item) = seq.next_element::<Fingerprint>()? {
            all = of((all, item));
        }
        Ok(Fingerprint(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = of('{');
        while let Some((key, value)) = map.next_entry::<Text<'de>, Fingerprint>()? {
            all = all.wrapping_add(of((&*key, value)));
        }
        Ok(Fingerprint(all))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Fingerprinting)
    }
}

/// A structure of which some fields are read.
pub trait Fields<'de>: Default {
    /// Reads the value of this field, if it is one of those; else leaves it alone.
    ///
    /// # Errors
    /// When the value is not what the field holds.
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error>;
}

/// Whether a field was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    Yes,
    No,
}

/// A structure, and one fingerprint of all its fields that are not read. `null` is empty.
#[derive(Clone, Debug, Default)]
pub struct WithRest<T> {
    pub read: T,
    /// 0 where everything was read.
    pub rest: u64,
}

impl<T> std::ops::Deref for WithRest<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.read
    }
}

struct RestVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Fields<'de>> Visitor<'de> for RestVisitor<T> {
    type Value = WithRest<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a structure")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = WithRest::<T>::default();
        while let Some(field) = map.next_key::<Text<'de>>()? {
            if all.read.read(&field, &mut map)? == Took::No {
                let value = map.next_value::<Fingerprint>()?;
                all.rest = all.rest.wrapping_add(of((&*field, value)));
            }
        }
        Ok(all)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(WithRest::default())
    }
}

impl<'de, T: Fields<'de>> Deserialize<'de> for WithRest<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(RestVisitor(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(json: &str) -> Fingerprint {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_fingerprint_tells_values_apart_and_does_not_mind_the_order_of_keys() {
        let one = print(r#"{"a": [1, true, null, "x"], "b": {"c": -1.5}}"#);
        assert_eq!(one, print(r#"{"b": {"c": -1.5}, "a": [1, true, null, "x"]}"#));
        for other in [
            r#"{"a": [true, 1, null, "x"], "b": {"c": -1.5}}"#,
            r#"{"a": [1, true, null, "x"], "b": {"d": -1.5}}"#,
            r#"{"a": [1, true, null, "x"]}"#,
            r#"{"a": [1, true, null, "y"], "b": {"c": -1.5}}"#,
            r#"[{"a": [1, true, null, "x"], "b": {"c": -1.5}}]"#,
        ] {
            assert_ne!(one, print(other), "{other}");
        }
        assert_eq!(print("null"), Fingerprint::default());
        let kinds = ["1", "\"1\"", "true", "\"true\"", "[]", "{}", "\"\""];
        let prints: std::collections::HashSet<_> = kinds.iter().map(|json| print(json).0).collect();
        assert_eq!(prints.len(), kinds.len(), "a number is not its text");
    }
}
