//! One request as it came in, without its body.

use std::time::Instant;

use http::request::Parts;
use http::{HeaderMap, HeaderName, header};

/// What was asked, decoded.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Percent-decoded; see [`Request::segments`] for names that contain a slash.
    pub path: String,
    /// Decoded pairs, in order; a name may come several times.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub at: Instant,
    segments: Vec<String>,
}

impl Request {
    /// Reads the head of a request.
    pub fn read(parts: &Parts) -> Self {
        Self::of(
            parts.method.as_str(),
            parts.uri.path(),
            parts.uri.query().unwrap_or_default(),
            parts.headers.clone(),
        )
    }

    /// A request that nobody sent, to ask what would become of it.
    pub fn of(method: &str, path: &str, query: &str, headers: HeaderMap) -> Self {
        Self {
            method: method.to_owned(),
            path: decode(path, Plus::IsPlus),
            query: pairs(query),
            headers,
            at: Instant::now(),
            segments: path.split('/').filter(|s| !s.is_empty()).map(|s| decode(s, Plus::IsPlus)).collect(),
        }
    }

    /// The parts of the path between its slashes, each decoded for itself.
    pub fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The first query parameter of this name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All query parameters of this name: `command` of an exec, `match[]` of a metrics query.
    pub fn queries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A query parameter as servers read booleans: `true` or `1`.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.query(name), Some("true" | "1"))
    }

    pub fn is_watch(&self) -> bool {
        self.flag("watch")
    }

    pub fn accept(&self) -> &str {
        self.header(&header::ACCEPT)
    }

    pub fn content_type(&self) -> &str {
        self.header(&header::CONTENT_TYPE)
    }

    pub fn user_agent(&self) -> &str {
        self.header(&header::USER_AGENT)
    }

    /// The bearer token, without the word `Bearer`.
    pub fn token(&self) -> Option<&str> {
        self.header(&header::AUTHORIZATION).strip_prefix("Bearer ")
    }

    /// A header as text; empty where it is missing or no text.
    pub fn header(&self, name: &HeaderName) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Plus {
    IsPlus,
    IsSpace,
}

/// The pairs of a query or of a form.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, Plus::IsSpace), decode(value, Plus::IsSpace))
        })
        .collect()
}

/// Percent-decodes; what is no escape stays as it is.
fn decode(text: &str, plus: Plus) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail
            .get(..2)
            .and_then(|h| std::str::from_utf8(h).ok())
            .filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        rest = tail;
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) if plus == Plus::IsSpace => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        let request = Request::of("GET", "/api/v1/a%2Fb/c+d", "x=1%2C2&y=a+b&x=%zz&flag=true&bare", HeaderMap::new());
        assert_eq!(request.path, "/api/v1/a/b/c+d");
        assert_eq!(request.segments(), ["api", "v1", "a/b", "c+d"]);
        assert_eq!(request.queries("x").collect::<Vec<_>>(), ["1,2", "%zz"]);
        assert_eq!((request.query("y"), request.query("bare")), (Some("a b"), Some("")));
        assert!(request.flag("flag") && !request.flag("none"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(path in ".*", query in ".*") {
            let request = Request::of("GET", &path, &query, HeaderMap::new());
            prop_assert!(request.segments().len() <= path.len());
        }
    }
}
