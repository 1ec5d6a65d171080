//! Which moment a reader asks about: `resourceVersion` and `resourceVersionMatch`.

use serde_json::json;

use crate::sim::face::Request;
use crate::sim::kube::Status;

/// The moment that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The present.
    Latest,
    /// Whatever the cache of the server holds (`resourceVersion=0`): the present here, without pages.
    Any,
    /// Not before this version.
    NotOlderThan(u64),
    /// Exactly as it was at this version.
    Exact(u64),
}

/// 422 for the options of a list, as the server words it.
pub fn invalid_option(field: &str, kind: &str, message: &str) -> Status {
    Status::new(
        422,
        "Invalid",
        format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {message}"),
    )
    .with_details(json!({
        "group": "meta.k8s.io", "kind": "ListOptions", "causes": [{"reason": kind, "message": message, "field": field}],
    }))
}

/// A version as a client writes it. A real server answers 500, without a reason, to what is none.
pub fn version(text: &str) -> Result<u64, Status> {
    text.parse().map_err(|_| {
        let message = format!("resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");
        Status::new(500, "", message)
    })
}

impl Moment {
    /// What a list or a get asks for.
    ///
    /// # Errors
    /// Options that contradict each other, or a version that is none.
    pub fn read(request: &Request) -> Result<Self, Status> {
        let text = request.query("resourceVersion").unwrap_or_default();
        let matching = request.query("resourceVersionMatch").unwrap_or_default();
        let pages = request.query("limit").is_some_and(|l| l.parse::<u64>().is_ok_and(|l| l > 0));
        let goes_on = request.query("continue").is_some_and(|c| !c.is_empty());
        let forbidden = |why: &str| {
            let message = format!("Forbidden: {why}");
            Err(invalid_option("resourceVersionMatch", "FieldValueForbidden", &message))
        };
        if !matching.is_empty() {
            if text.is_empty() {
                return forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided");
            }
            if goes_on {
                return forbidden("resourceVersionMatch is forbidden when continue is provided");
            }
            match matching {
                "Exact" if text == "0" => return forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""),
                "Exact" | "NotOlderThan" => {}
                other => {
                    let message = format!("Unsupported value: \"{other}\": supported values: \"Exact\", \"NotOlderThan\", \"\"");
                    return Err(invalid_option("resourceVersionMatch", "FieldValueNotSupported", &message));
                }
            }
        }
        if goes_on {
            if !matches!(text, "" | "0") {
                return Err(Status::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            return Ok(Self::Latest);
        }
        if text.is_empty() {
            return Ok(Self::Latest);
        }
        let asked = version(text)?;
        Ok(match (asked, matching) {
            (0, _) => Self::Any,
            // Without a word about it, pages are exact.
            (rv, "") if pages => Self::Exact(rv),
            (rv, "Exact") => Self::Exact(rv),
            (rv, _) => Self::NotOlderThan(rv),
        })
    }

    /// Refuses a version that is still to come.
    pub fn is_reached(self, current: u64) -> Result<(), Status> {
        match self {
            Self::NotOlderThan(rv) | Self::Exact(rv) if rv > current => Err(Status::too_large(rv, current)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn versions_mean_what_the_documentation_says() {
        let of = |query: &str| Moment::read(&Request::of("GET", "/api/v1/pods", query, HeaderMap::new()));
        for (query, expected) in [
            ("", Moment::Latest),
            ("resourceVersion=0&limit=5", Moment::Any),
            ("resourceVersion=7", Moment::NotOlderThan(7)),
            ("resourceVersion=7&limit=5", Moment::Exact(7)),
            (
                "resourceVersion=7&limit=5&resourceVersionMatch=NotOlderThan",
                Moment::NotOlderThan(7),
            ),
            ("resourceVersion=7&resourceVersionMatch=Exact", Moment::Exact(7)),
            ("continue=x", Moment::Latest),
        ] {
            assert_eq!(of(query), Ok(expected), "{query}");
        }
        for (query, code) in [
            ("resourceVersion=abc", 500),
            ("resourceVersionMatch=Exact", 422),
            ("resourceVersionMatch=Exact&resourceVersion=0", 422),
            ("resourceVersionMatch=Foo&resourceVersion=5", 422),
            ("continue=x&resourceVersion=5", 400),
        ] {
            assert_eq!(of(query).unwrap_err().code, code, "{query}");
        }
        assert_eq!(Moment::Exact(8).is_reached(7).unwrap_err().code, 504);
    }
}
