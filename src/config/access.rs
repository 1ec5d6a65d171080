//! How an HTTP service beside the cluster is reached: who we say we are, whom we trust, which way we go.
//!
//! A secret never stands in the file itself: it is read from another file, from the environment or from a command,
//! when it is needed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::fault::HINT;
use super::words;

/// How long an answer may take, unless the configuration says otherwise (milliseconds).
const PATIENCE: u32 = 10_000;

/// An HTTP endpoint, written as its URL or as a table with `url`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// Base URL, `http` or `https`; what stands behind the host (`/prometheus`) goes before every path.
    pub url: String,
    pub access: Access,
}

/// How an endpoint is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    pub auth: Auth,
    /// The authorities that may have signed its certificate; none: those that the machine knows.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key (PEM), for mTLS.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Sent with every request (`X-Scope-OrgID` of Mimir and Loki).
    pub headers: BTreeMap<String, String>,
    /// `http://…`, `https://…` or `socks5h://…`; empty: what the environment says (`HTTPS_PROXY`); `none`: straight there.
    pub proxy: String,
    /// How long an answer may take, in milliseconds.
    pub timeout: u32,
}

/// Who we say we are.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Auth {
    #[default]
    None,
    Basic {
        user: String,
        password: Secret,
    },
    Bearer(Secret),
    /// Signed as Amazon wants it.
    SigV4(SigV4),
}

/// As whom requests are signed (Signature Version 4), and for which service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigV4 {
    #[serde(deserialize_with = "words::word")]
    pub region: String,
    /// Profile in the AWS configuration; empty: the default chain.
    #[serde(default, deserialize_with = "words::word")]
    pub profile: String,
    /// `aps` is Amazon Managed Service for Prometheus.
    #[serde(default = "aps", deserialize_with = "words::word")]
    pub service: String,
}

fn aps() -> String {
    "aps".to_owned()
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq)]
pub enum Secret {
    /// The first line of a file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// The first line that a command prints.
    Command(Vec<String>),
}

impl Default for Access {
    fn default() -> Self {
        Self {
            auth: Auth::None,
            ca: None,
            identity: None,
            headers: BTreeMap::new(),
            proxy: String::new(),
            timeout: PATIENCE,
        }
    }
}

impl Access {
    /// Every path in it, to make them absolute.
    pub(super) fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let mut paths: Vec<&mut PathBuf> = self.ca.iter_mut().collect();
        if let Some((cert, key)) = &mut self.identity {
            paths.extend([cert, key]);
        }
        if let Auth::Basic {
            password: Secret::File(path),
            ..
        }
        | Auth::Bearer(Secret::File(path)) = &mut self.auth
        {
            paths.push(path);
        }
        paths
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct Table {
            file: Option<PathBuf>,
            env: Option<String>,
            #[serde(deserialize_with = "words::command_line")]
            command: Vec<String>,
        }
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Secret;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a table with file, env or command")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Secret, E> {
                let hint = "say where it is: { file = \"…\" }, { env = \"…\" } or { command = \"…\" }";
                Err(E::custom(format!("a secret does not stand in this file{HINT}{hint}")))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Secret, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                match (table.file, table.env, table.command.as_slice()) {
                    (Some(file), None, []) => Ok(Secret::File(file)),
                    (None, Some(name), []) => Ok(Secret::Env(name)),
                    (None, None, [_, ..]) => Ok(Secret::Command(table.command)),
                    _ => Err(A::Error::custom(format!(
                        "a secret is in one place{HINT}one of file, env and command"
                    ))),
                }
            }
        }
        deserializer.deserialize_any(Written)
    }
}

/// The table form. Serde cannot both flatten and refuse unknown keys, so all of them stand here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(deserialize_with = "words::url")]
    url: String,
    basic: Option<Basic>,
    bearer: Option<Secret>,
    sigv4: Option<SigV4>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    proxy: String,
    #[serde(default = "patience", deserialize_with = "words::milliseconds")]
    timeout: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Basic {
    user: String,
    password: Secret,
}

fn patience() -> u32 {
    PATIENCE
}

impl Table {
    fn checked(self) -> Result<Endpoint, String> {
        let auth = match (self.basic, self.bearer, self.sigv4) {
            (Some(_), Some(_), _) => return Err(format!("both basic and bearer{HINT}keep one of the two")),
            (Some(_), _, Some(_)) => return Err(format!("both basic and sigv4{HINT}keep one of the two")),
            (_, Some(_), Some(_)) => return Err(format!("both bearer and sigv4{HINT}keep one of the two")),
            (Some(Basic { user, password }), None, None) => Auth::Basic { user, password },
            (None, Some(token), None) => Auth::Bearer(token),
            (None, None, Some(of)) => Auth::SigV4(of),
            (None, None, None) => Auth::None,
        };
        let identity = match (self.cert, self.key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            (Some(_), None) => {
                return Err(format!(
                    "cert without its key{HINT}add key = \"…\", or name a file that holds both twice"
                ));
            }
            (None, Some(_)) => return Err(format!("key without its cert{HINT}add cert = \"…\"")),
        };
        for (name, value) in &self.headers {
            let good = name.parse::<http::HeaderName>().is_ok() && value.parse::<http::HeaderValue>().is_ok();
            if !good {
                return Err(format!("`{}` is not a header that can be sent", crate::model::clean(name)));
            }
            if name.eq_ignore_ascii_case("authorization") {
                return Err(format!(
                    "a secret does not stand in this file{HINT}use bearer or basic instead of the header"
                ));
            }
        }
        let schemes = ["http", "https", "socks5", "socks5h"];
        let good = reqwest::Url::parse(&self.proxy).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host());
        if !good && !matches!(self.proxy.as_str(), "" | "none") {
            let proxy = crate::model::clean(&self.proxy).into_owned();
            return Err(format!(
                "`{proxy}` is not a proxy{HINT}http://host:3128, socks5h://host:1080, or none"
            ));
        }
        Ok(Endpoint {
            url: self.url,
            access: Access {
                auth,
                ca: self.ca,
                identity,
                headers: self.headers,
                proxy: self.proxy,
                timeout: self.timeout.max(1),
            },
        })
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Endpoint;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a URL or a table with `url`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Endpoint, E> {
                let url = words::checked_url(text)?;
                Ok(Endpoint {
                    url,
                    access: Access::default(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Endpoint, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map))?
                    .checked()
                    .map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::file::{Base, parse};

    fn read(text: &str) -> Result<Endpoint, String> {
        let base = Base {
            file: Path::new("/etc/qd/config.toml"),
            home: Some(Path::new("/home/anna")),
        };
        let source = format!("[[environment]]\nname = \"a\"\nprometheus = {text}\n");
        let file = parse(&source, base, &[]).map_err(|problem| problem.to_string())?;
        Ok(file.environments[0].prometheus.clone().unwrap())
    }

    #[test]
    fn an_endpoint_says_who_we_are_and_where_the_secret_is() {
        let bearer = |secret| Auth::Bearer(secret);
        for (text, auth) in [
            (r#""https://p""#, Auth::None),
            (
                r#"{ url = "https://p", bearer = { file = "~/.prom" } }"#,
                bearer(Secret::File("/home/anna/.prom".into())),
            ),
            (
                r#"{ url = "https://p", bearer = { env = "TOKEN" } }"#,
                bearer(Secret::Env("TOKEN".into())),
            ),
            (
                r#"{ url = "https://p", bearer = { command = "op read 'a b'" } }"#,
                bearer(Secret::Command(vec!["op".into(), "read".into(), "a b".into()])),
            ),
            (
                r#"{ url = "https://p", sigv4 = { region = "eu-west-3", profile = "solia-prod" } }"#,
                Auth::SigV4(SigV4 {
                    region: "eu-west-3".into(),
                    profile: "solia-prod".into(),
                    service: "aps".into(),
                }),
            ),
            (
                r#"{ url = "https://p", basic = { user = "qd", password = { file = "pw" } } }"#,
                Auth::Basic {
                    user: "qd".into(),
                    password: Secret::File("/etc/qd/pw".into()),
                },
            ),
        ] {
            assert_eq!(read(text).unwrap().access.auth, auth, "{text}");
        }
        let all = r#"{ url = "https://p", ca = "ca.pem", cert = "c.pem", key = "~/k.pem", headers = { X-Scope-OrgID = "solia" }, proxy = "socks5h://b:1080", timeout = "2s" }"#;
        let access = read(all).unwrap().access;
        assert_eq!(access.ca, Some("/etc/qd/ca.pem".into()));
        assert_eq!(access.identity, Some(("/etc/qd/c.pem".into(), "/home/anna/k.pem".into())));
        assert_eq!((access.timeout, access.headers["X-Scope-OrgID"].as_str()), (2_000, "solia"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (text, part) in [
            (r#"{ url = "https://p", bearer = "abc" }"#, "a secret does not stand in this file"),
            (
                r#"{ url = "https://p", bearer = { file = "a", env = "B" } }"#,
                "a secret is in one place",
            ),
            (r#"{ url = "https://p", cert = "c.pem" }"#, "cert without its key"),
            (r#"{ url = "https://p", key = "c.pem" }"#, "key without its cert"),
            (r#"{ url = "https://p", headers = { "a b" = "c" } }"#, "`a b` is not a header"),
            (r#"{ url = "https://p", headers = { Authorization = "x" } }"#, "use bearer or basic"),
            (r#"{ url = "https://p", proxy = "bastion" }"#, "`bastion` is not a proxy"),
            (
                r#"{ url = "https://p", bearer = { env = "A" }, basic = { user = "u", password = { env = "B" } } }"#,
                "both basic and bearer",
            ),
            (
                r#"{ url = "https://p", bearer = { env = "A" }, sigv4 = { region = "eu-west-3" } }"#,
                "both bearer and sigv4",
            ),
            (r#"{ url = "https://p", beerer = { env = "A" } }"#, "did you mean `bearer`?"),
        ] {
            let problem = read(text).unwrap_err();
            assert!(
                problem.contains(part) && problem.starts_with("/etc/qd/config.toml:3: "),
                "{text}: {problem}"
            );
        }
    }
}
