//! What things are called: small values that are cheap to copy, compare and hash.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// An environment, by its position in the configuration (or in the kubeconfig, where there is none).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvId(pub u16);

/// The identity of an object: what stays the same while its name is free to be taken by another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u128);

impl Uid {
    /// Reads the UUID that the API server gives. Some aggregated APIs give other text or none:
    /// that is hashed, so that such rows still have an identity within this process.
    pub fn parse(text: &str) -> Self {
        let hex = text.bytes().filter(|b| *b != b'-');
        if text.len() == 36 && hex.clone().all(|b| b.is_ascii_hexdigit()) && hex.clone().count() == 32 {
            return Self(hex.fold(0, |n, b| n << 4 | u128::from((b as char).to_digit(16).unwrap_or(0))));
        }
        Self::of(text)
    }

    /// An identity made from a name, for things that have no UUID (a container, an environment).
    pub fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let low = hasher.finish();
        "qd".hash(&mut hasher);
        Self(u128::from(hasher.finish()) << 64 | u128::from(low))
    }
}

/// As the API server writes it: `6f0c1c3e-0f4b-4b52-9a0f-3f1d2c4b5a69`.
impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            n >> 96,
            n >> 80 & 0xffff,
            n >> 64 & 0xffff,
            n >> 48 & 0xffff,
            n & 0xffff_ffff_ffff
        )
    }
}

/// A map by identity.
pub type UidMap<T> = HashMap<Uid, T, BuildHasherDefault<UidHasher>>;

/// The hasher of [`UidMap`]: a uid is random already, hashing it again would only cost time.
#[derive(Clone, Copy, Debug, Default)]
pub struct UidHasher(u64);

impl Hasher for UidHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, n: u128) {
        // Not the raw halves: test clusters number their objects 1, 2, 3 …
        self.0 = ((n as u64) ^ ((n >> 64) as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Which namespaces one list-and-watch covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The whole cluster; also the only scope of kinds that live outside namespaces.
    All,
    /// One namespace.
    Namespace(Arc<str>),
}

/// Which namespaces a view shows: all, or a chosen few (each has a feed of its own).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Namespaces {
    /// Every namespace, through one cluster-wide list.
    All,
    /// These namespaces, in the order the user gave them. Never empty.
    Some(Vec<Arc<str>>),
}

impl Namespaces {
    /// One namespace.
    pub fn one(name: &str) -> Self {
        Self::Some(vec![name.into()])
    }

    /// The scopes whose feeds together hold what this selection shows.
    pub fn scopes(&self) -> Vec<Scope> {
        match self {
            Self::All => vec![Scope::All],
            Self::Some(names) => names.iter().cloned().map(Scope::Namespace).collect(),
        }
    }

    /// Whether an object of this namespace belongs to the selection (cluster-wide objects always do).
    pub fn contains(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(names) => namespace.is_empty() || names.iter().any(|n| &**n == namespace),
        }
    }

    /// `all`, `solia` or `solia,solia-lab`, as the header shows it.
    pub fn label(&self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Some(names) => names.join(","),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_its_number_and_other_text_is_still_an_identity() {
        assert_eq!(Uid::parse("00000000-0000-0000-0000-0000000000ff"), Uid(255));
        let uuid = "6f0c1c3e-0f4b-4b52-9a0f-3f1d2c4b5a69";
        assert_eq!(Uid::parse(uuid).to_string(), uuid);
        assert_ne!(Uid::parse("solia/backend"), Uid::parse("solia/backend2"));
        assert_eq!(Uid::parse("x"), Uid::parse("x"));
        assert_ne!(Uid::parse(&"é".repeat(18)), Uid(0));
    }
}
