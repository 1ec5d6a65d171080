//! Which way a probe takes: from here, through a proxy, through the cluster.

use std::fmt;

use serde::{Deserialize, Deserializer};

use crate::config::fault::HINT;
use crate::model::{Vantage, clean};

/// The way that a probe takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// As the environment variables say (`HTTPS_PROXY`, `NO_PROXY`).
    #[default]
    Environment,
    /// From here, whatever they say.
    Direct,
    /// Through this proxy (`http`, `https`, `socks5`, `socks5h`).
    Proxy(String),
    /// Through the API server's proxy to a service.
    Api(Inside),
    /// Through a port-forward.
    Forward(Inside),
}

/// A service's port in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Inside {
    pub namespace: String,
    pub service: String,
    /// Its number or name.
    pub port: String,
}

impl Via {
    /// Where the answer is seen from.
    pub fn vantage(&self) -> Vantage {
        match self {
            Self::Environment | Self::Direct => Vantage::Here,
            Self::Proxy(_) => Vantage::Proxy,
            Self::Api(_) => Vantage::Api,
            Self::Forward(_) => Vantage::Forward,
        }
    }
}

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/svc/{}:{}", self.namespace, self.service, self.port)
    }
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn read(text: &str) -> Result<Via, String> {
    if text == "direct" {
        return Ok(Via::Direct);
    }
    if let Some(place) = text.strip_prefix("api:") {
        return inside(place, "api").map(Via::Api);
    }
    if let Some(place) = text.strip_prefix("forward:") {
        return inside(place, "forward").map(Via::Forward);
    }
    let schemes = ["http", "https", "socks5", "socks5h"];
    match reqwest::Url::parse(text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() && clean(text) == text => Ok(Via::Proxy(text.to_owned())),
        _ => Err(format!(
            "`{}` is no way to a service{HINT}direct, http://proxy:3128, api:NAMESPACE/svc/NAME:PORT or forward:NAMESPACE/svc/NAME:PORT",
            clean(text)
        )),
    }
}

fn inside(text: &str, word: &str) -> Result<Inside, String> {
    let place = text.split_once("/svc/").and_then(|(namespace, rest)| {
        let (service, port) = rest.rsplit_once(':')?;
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        [namespace, service, port].into_iter().all(plain).then(|| Inside {
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            port: port.to_owned(),
        })
    });
    place.ok_or_else(|| format!("`{}` is no service{HINT}write it as {word}:NAMESPACE/svc/NAME:PORT", clean(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_or_the_sentence_says_how_to_write_it() {
        let place = Inside {
            namespace: "shop".into(),
            service: "web".into(),
            port: "http".into(),
        };
        for (text, via) in [
            ("direct", Via::Direct),
            ("http://proxy:3128", Via::Proxy("http://proxy:3128".into())),
            ("socks5h://localhost:1080", Via::Proxy("socks5h://localhost:1080".into())),
            ("api:shop/svc/web:http", Via::Api(place.clone())),
            ("forward:shop/svc/web:http", Via::Forward(place)),
        ] {
            assert_eq!(read(text), Ok(via), "{text}");
        }
        for (text, part) in [
            ("apis:shop/web", "is no way to a service"),
            ("api:shop/web:80", "write it as api:NAMESPACE/svc/NAME:PORT"),
            ("forward:shop/svc/web", "write it as forward:"),
            ("api:shop/svc/../secrets:80", "is no service"),
            ("ftp://proxy", "is no way"),
        ] {
            assert!(read(text).unwrap_err().contains(part), "{text}");
        }
    }
}
