//! A header that a probe sends. Its value is a secret, wherever it comes from: it is never shown.

use std::fmt;
use std::path::PathBuf;

use http::{HeaderName, HeaderValue};
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::config::fault::HINT;
use crate::model::clean;

/// Where the value of a header comes from.
#[derive(Clone, PartialEq)]
pub enum Source {
    /// As written in the configuration.
    Text(String),
    /// Of this environment variable, after a prefix.
    Env { name: String, prefix: String },
    /// The content of this file (without the line's end), after a prefix; read anew each time.
    File { path: PathBuf, prefix: String },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Env { name, .. } => write!(f, "Env({name})"),
            Self::File { path, .. } => write!(f, "File({})", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            env: Option<String>,
            file: Option<PathBuf>,
            #[serde(default)]
            prefix: String,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Source;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, { env = … } or { file = … }")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Source, E> {
                match HeaderValue::from_str(text) {
                    Ok(_) => Ok(Source::Text(text.to_owned())),
                    Err(_) => Err(E::custom("this cannot be the value of a header")),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Source, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                match (table.env, table.file, table.prefix) {
                    (Some(name), None, prefix) => Ok(Source::Env { name, prefix }),
                    (None, Some(path), prefix) => Ok(Source::File { path, prefix }),
                    _ => Err(A::Error::custom(format!(
                        "a header needs one source{HINT}{{ env = \"HEALTH_TOKEN\", prefix = \"Bearer \" }} or {{ file = \"~/token\" }}"
                    ))),
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A header's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match HeaderName::from_bytes(text.as_bytes()) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(D::Error::custom(format!("`{}` is not the name of a header", clean(&text)))),
        }
    }
}
