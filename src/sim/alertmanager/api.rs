//! From a request to its answer. Refusals have two forms: `{"code":…,"message":…}` where the request is not as the
//! API describes it, a bare text where the server itself refuses.

use axum::body::Body;
use http::{HeaderValue, Response, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Alertmanager;
use super::matcher::Matcher;
use super::route::{CONFIG, RECEIVERS};
use super::silences::{Refusal, Wish, is_uuid};
use super::told::{self, Filter, millis};
use crate::sim::face::{self, Request};

/// Answers any request.
pub fn answer(server: &Alertmanager, request: &Request, body: &[u8]) -> Response<Body> {
    let segments = request.segments();
    let methods: &[&str] = match segments.as_slice() {
        ["-", "healthy" | "ready"] => return face::text(200, "OK"),
        ["api", "v2", "silences"] => &["GET", "POST"],
        ["api", "v2", "silence", _] => &["GET", "DELETE"],
        ["api", "v2", "alerts" | "status" | "receivers"] | ["api", "v2", "alerts", "groups"] => &["GET"],
        ["api", "v2", ..] => {
            server.desk.unknown_route(format!("{} {}", request.method, request.path));
            return problem(404, 404, format!("path {} was not found", request.path));
        }
        _ => {
            server.desk.unknown_route(format!("{} {}", request.method, request.path));
            return face::text(404, "404 page not found\n");
        }
    };
    if !methods.contains(&request.method.as_str()) {
        server.desk.unknown_route(format!("{} {}", request.method, request.path));
        let message = format!("method {} is not allowed, but [{}] are", request.method, methods.join(","));
        let mut response = problem(405, 405, message);
        if let Ok(allow) = HeaderValue::from_str(&methods.join(",")) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        return response;
    }
    match (segments.as_slice(), request.method.as_str()) {
        (["api", "v2", "silences"], "GET") => silences(server, request),
        (["api", "v2", "silences"], _) => post(server, request, body),
        (["api", "v2", "silence", id], _) if !is_uuid(id) => problem(422, 601, format!("silenceID in path must be of type uuid: {id:?}")),
        (["api", "v2", "silence", id], "GET") => {
            let now = server.now();
            match server.with_silences(|silences| silences.get(id).cloned()) {
                Some(silence) => face::json(200, &told::silence(&silence, now)),
                None => empty(404),
            }
        }
        (["api", "v2", "silence", id], _) => {
            let now = server.now();
            match server.with_silences(|silences| silences.expire(id, now)) {
                Ok(()) => empty(200),
                Err(_) => empty(404),
            }
        }
        (["api", "v2", "receivers"], _) => {
            let receivers: Value = RECEIVERS.iter().map(|name| json!({"name": name})).collect();
            face::json(200, &receivers)
        }
        (["api", "v2", "status"], _) => face::json(200, &status(server)),
        (parts, _) => match Filter::read(request) {
            Ok(filter) if parts.last() == Some(&"groups") => face::json(200, &told::groups(server, &filter)),
            Ok(filter) => face::json(200, &told::alerts(server, &filter)),
            Err(why) => face::json(400, &json!(why)),
        },
    }
}

fn problem(code: u16, kind: u16, message: String) -> Response<Body> {
    face::json(code, &json!({"code": kind, "message": message}))
}

fn empty(code: u16) -> Response<Body> {
    let mut response = face::text(code, Body::empty());
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

fn status(server: &Alertmanager) -> Value {
    json!({
        "cluster": {"name": "01K8ZC4R3JH8S9W2M5T7Q6X1VB", "peers": [], "status": "disabled"}, "config": {"original": CONFIG},
        "uptime": millis(server.started),
        "versionInfo": {"branch": "HEAD", "buildDate": "20251104-19:42:06", "buildUser": "root@alertmanager",
            "goVersion": "go1.25.3", "revision": "c7fb15f2fba13a9dcb4e6fd6f35a4f4a3a3e4c0e", "version": "0.29.0"},
    })
}

fn silences(server: &Alertmanager, request: &Request) -> Response<Body> {
    let filters: Result<Vec<Matcher>, String> = request.queries("filter").map(Matcher::read).collect();
    let filters = match filters {
        Ok(filters) => filters,
        Err(why) => return face::json(400, &json!(why)),
    };
    let now = server.now();
    let all = server.with_silences(|silences| silences.all(now));
    // A filter asks for silences with a matcher of that name whose value fits.
    let fits = |matchers: &[Matcher]| {
        filters
            .iter()
            .all(|f| matchers.iter().any(|m| m.name == f.name && f.fits(&m.value)))
    };
    let told: Value = all.iter().filter(|s| fits(&s.matchers)).map(|s| told::silence(s, now)).collect();
    face::json(200, &told)
}

fn post(server: &Alertmanager, request: &Request, body: &[u8]) -> Response<Body> {
    let kind = request.content_type();
    if !kind.is_empty() && !kind.starts_with("application/json") {
        let kind = kind.split(';').next().unwrap_or_default();
        return problem(
            415,
            415,
            format!("unsupported media type {kind:?}, only [application/json] are allowed"),
        );
    }
    let wish = match read(body) {
        Ok(wish) => wish,
        Err(response) => return *response,
    };
    let now = server.now();
    match server.with_silences(|silences| silences.set(wish, now)) {
        Ok(id) => face::json(200, &json!({"silenceID": id})),
        Err(Refusal::Unknown) => face::json(404, &json!(Refusal::Unknown.to_string())),
        Err(refusal) => face::json(400, &json!(refusal.to_string())),
    }
}

/// Reads a posted silence, or says what is wrong with it.
fn read(body: &[u8]) -> Result<Wish, Box<Response<Body>>> {
    let required = |what: &str| Box::new(problem(422, 602, format!("{what} in body is required")));
    let unreadable = |why: String| Box::new(problem(400, 400, format!("parsing silence body from \"\" failed, because {why}")));
    if body.is_empty() {
        return Err(required("silence"));
    }
    let silence: Value = serde_json::from_slice(body).map_err(|error| unreadable(error.to_string()))?;
    let text = |value: &Value| -> Result<Option<String>, Box<Response<Body>>> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            other => Err(unreadable(format!("json: cannot unmarshal {other} into a field of type string"))),
        }
    };
    let (comment, by) = (text(&silence["comment"])?, text(&silence["createdBy"])?);
    let time = |field: &str| -> Result<Option<Timestamp>, Box<Response<Body>>> {
        text(&silence[field])?
            .map(|stamp| {
                stamp.parse::<Timestamp>().map_err(|_| {
                    unreadable(format!(
                        "parsing time {stamp:?} as \"2006-01-02 15:04:05\": cannot parse {stamp:?} as \"2006\""
                    ))
                })
            })
            .transpose()
    };
    let (starts, ends) = (time("startsAt")?, time("endsAt")?);
    let comment = comment.ok_or_else(|| required("comment"))?;
    let by = by.ok_or_else(|| required("createdBy"))?;
    let ends = ends.ok_or_else(|| required("endsAt"))?;
    let list = silence["matchers"].as_array().ok_or_else(|| required("matchers"))?;
    if list.is_empty() {
        return Err(Box::new(problem(
            422,
            612,
            "matchers in body should have at least 1 items".to_owned(),
        )));
    }
    let mut matchers = Vec::new();
    for (i, matcher) in list.iter().enumerate() {
        let field = |name: &str| text(&matcher[name])?.ok_or_else(|| required(&format!("matchers.{i}.{name}")));
        let regex = matcher["isRegex"]
            .as_bool()
            .ok_or_else(|| required(&format!("matchers.{i}.isRegex")))?;
        let equal = matcher["isEqual"].as_bool().unwrap_or(true);
        let matcher = Matcher::new(&field("name")?, &field("value")?, regex, equal).map_err(|why| {
            let value = matcher["value"].as_str().unwrap_or_default();
            let message = format!("silence invalid: invalid label matcher {i}: invalid regular expression {value:?}: {why}");
            Box::new(face::json(400, &json!(message)))
        })?;
        matchers.push(matcher);
    }
    Ok(Wish {
        id: text(&silence["id"])?.filter(|id| !id.is_empty()),
        matchers,
        starts: starts.ok_or_else(|| required("startsAt"))?,
        ends,
        by,
        comment,
    })
}
