//! What the API server answers instead of what was asked, as one plain sentence.
//!
//! Failures of the transport (no route, no certificate, no answer) are in [`super::fault`]; both end
//! up as a [`Problem`]. Nothing here ever prints an error's debug form.

use http::StatusCode;
use serde::Deserialize;

use super::fault;
use crate::model::{Problem, ProblemKind};

/// What to do about refused or missing credentials.
pub const LOGIN_HINT: &str = ":login";

/// The parts of a Kubernetes `Status` that matter here. Everything is optional: proxies and
/// aggregated APIs leave out what they like.
#[derive(Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    code: u16,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
}

/// What was asked, as far as the caller knows (both may be empty).
#[derive(Clone, Copy)]
struct Asked<'a> {
    verb: &'a str,
    resource: &'a str,
}

/// A failed request of the client library.
pub fn of(error: &kube::Error) -> Problem {
    match error {
        kube::Error::Api(status) => {
            let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            of_status(code, &status.reason, &status.message, Asked { verb: "", resource: "" })
        }
        kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => garbled(),
        other => fault::of(other),
    }
}

/// A failed read or write below HTTP.
pub fn of_io(error: &std::io::Error) -> Problem {
    fault::of(error)
}

/// An HTTP answer that is not the one hoped for. `verb` and `resource` (`list`, `secrets` or
/// `deployments.apps`) are what was asked; they name what is denied when the server does not.
pub fn of_answer(status: StatusCode, body: &[u8], verb: &str, resource: &str) -> Problem {
    let asked = Asked { verb, resource };
    match serde_json::from_slice::<Status>(body) {
        Ok(said) if said.kind == "Status" => {
            let code = StatusCode::from_u16(said.code).ok().filter(|c| c.as_u16() >= 400).unwrap_or(status);
            of_status(code, &said.reason, &said.message, asked)
        }
        _ if status == StatusCode::BAD_REQUEST && contains(body, b"HTTP request to an HTTPS server") => {
            Problem::new(ProblemKind::BadAnswer, "the server speaks HTTPS, but the address says http://")
                .hint("write https:// in the kubeconfig")
        }
        // These mean the same whoever says them; a gateway's page adds nothing.
        _ if matches!(status.as_u16(), 401 | 403 | 407 | 429) => of_status(status, "", "", asked),
        _ if is_html(body) => Problem::new(ProblemKind::BadAnswer, "the server answered HTML, not Kubernetes JSON")
            .hint("is the URL a proxy or a login page?"),
        _ if !status.is_success() => of_status(status, "", &plain(body), asked),
        _ => garbled(),
    }
}

/// Whether an answer says that the resource version asked for is too old: the caller lists again.
pub fn is_gone(status: StatusCode, body: &[u8]) -> bool {
    status == StatusCode::GONE
        || serde_json::from_slice::<Status>(body)
            .is_ok_and(|s| s.kind == "Status" && (s.code == 410 || s.reason == "Expired" || s.reason == "Gone"))
}

fn of_status(code: StatusCode, reason: &str, message: &str, asked: Asked) -> Problem {
    let or = |fallback: &str| {
        if message.trim().is_empty() {
            fallback.to_owned()
        } else {
            message.to_owned()
        }
    };
    match code.as_u16() {
        401 => Problem::new(ProblemKind::Login, "credentials refused (401)").hint(LOGIN_HINT),
        403 => denied(message, asked),
        404 if asked.resource.is_empty() => Problem::new(ProblemKind::NotFound, or("not found (404)")),
        404 if message.starts_with("the server could not find the requested resource") => {
            Problem::new(ProblemKind::NotFound, format!("this server has no {}", asked.resource))
        }
        404 => Problem::new(ProblemKind::NotFound, or(&format!("{} not found (404)", asked.resource))),
        407 => Problem::new(ProblemKind::Unreachable, "the proxy wants a login (407)").hint("put the credentials into the proxy URL"),
        408 | 504 => Problem::new(
            ProblemKind::TimedOut,
            or(&format!("the server ran out of time ({})", code.as_u16())),
        ),
        429 => Problem::new(ProblemKind::Throttled, "the server asks us to slow down (429)"),
        500.. => {
            let detail = if message.trim().is_empty() { reason } else { message };
            let detail = if detail.is_empty() {
                code.canonical_reason().unwrap_or("server error")
            } else {
                detail
            };
            Problem::new(ProblemKind::Server, format!("the server failed ({}): {detail}", code.as_u16()))
        }
        // What a webhook or a validation says is for whoever asked.
        n => Problem::whole(ProblemKind::Server, or(&format!("the server refused the request ({n})"))),
    }
}

/// `may not list secrets in namespace solia`. The server's own sentence tells the namespace and the
/// group (`secrets is forbidden: User "u" cannot list resource "secrets" in API group "" in the
/// namespace "solia"`); an admission webhook's refusal is told as it is.
fn denied(message: &str, asked: Asked) -> Problem {
    let said = message.split_once(" cannot ").map(|(_, rest)| rest);
    let verb = said.and_then(|s| s.split_whitespace().next()).unwrap_or(asked.verb);
    let resource = said.and_then(|s| quoted(s, "resource ")).unwrap_or(asked.resource);
    if said.is_none() && !message.trim().is_empty() {
        return Problem::whole(ProblemKind::Denied, message);
    }
    if let Some(path) = said.and_then(|s| quoted(s, "path ")) {
        return Problem::new(ProblemKind::Denied, format!("may not {verb} {path}"));
    }
    if verb.is_empty() || resource.is_empty() {
        return Problem::new(ProblemKind::Denied, "not allowed (403)");
    }
    let mut text = format!("may not {verb} {resource}");
    match said.and_then(|s| quoted(s, "API group ")) {
        Some(group) if !group.is_empty() && !resource.contains('.') => {
            text.push('.');
            text.push_str(group);
        }
        _ => {}
    }
    match said.and_then(|s| quoted(s, "in the namespace ")) {
        Some(namespace) => {
            text.push_str(" in namespace ");
            text.push_str(namespace);
        }
        None if message.contains("at the cluster scope") => text.push_str(" at the cluster scope"),
        None => {}
    }
    Problem::new(ProblemKind::Denied, text).hint("ask for the right, or choose a namespace")
}

/// The text between the quotes that follow `label`.
fn quoted<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(label)?;
    Some(rest.strip_prefix('"')?.split_once('"')?.0)
}

fn garbled() -> Problem {
    Problem::new(ProblemKind::BadAnswer, "the server's answer is not Kubernetes JSON").hint("is the URL a proxy or another service?")
}

fn is_html(body: &[u8]) -> bool {
    let start = body.trim_ascii_start();
    start.first() == Some(&b'<')
}

fn contains(body: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(body, needle).is_some()
}

/// The first line of a body that is not JSON.
fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(1024)).unwrap_or_default());
    let text = text.trim();
    // JSON of another shape is not a sentence.
    if text.starts_with('{') {
        return String::new();
    }
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str) -> Vec<u8> {
        serde_json::to_vec(&serde_json::json!({"kind": "Status", "apiVersion": "v1", "code": code, "message": message})).unwrap()
    }

    #[test]
    fn answers_become_one_plain_sentence() {
        use ProblemKind::*;
        let html = b"<!DOCTYPE html><html>Sign in</html>".to_vec();
        let list = r#"secrets is forbidden: User "u" cannot list resource "secrets" in API group "" in the namespace "solia""#;
        let cluster =
            r#"deployments.apps is forbidden: User "u" cannot watch resource "deployments" in API group "apps" at the cluster scope"#;
        let path = r#"forbidden: User "u" cannot get path "/apis""#;
        let webhook = "admission webhook \"policy.example\" denied the request: no latest tags";
        let table = [
            (401, status(401, "Unauthorized"), Login, "credentials refused (401)"),
            (401, html.clone(), Login, "credentials refused (401)"),
            (403, status(403, list), Denied, "may not list secrets in namespace solia"),
            (
                403,
                status(403, cluster),
                Denied,
                "may not watch deployments.apps at the cluster scope",
            ),
            (403, status(403, path), Denied, "may not get /apis"),
            (403, status(403, webhook), Denied, webhook),
            (403, html.clone(), Denied, "may not list pods"),
            (404, status(404, "pods \"a\" not found"), NotFound, "pods \"a\" not found"),
            (
                404,
                status(404, "the server could not find the requested resource"),
                NotFound,
                "this server has no pods",
            ),
            (429, status(429, "too many"), Throttled, "the server asks us to slow down (429)"),
            (
                500,
                status(500, "etcdserver: leader changed"),
                Server,
                "the server failed (500): etcdserver: leader changed",
            ),
            (
                503,
                b"upstream connect error\n".to_vec(),
                Server,
                "the server failed (503): upstream connect error",
            ),
            (502, html.clone(), BadAnswer, "the server answered HTML, not Kubernetes JSON"),
            (200, html, BadAnswer, "the server answered HTML, not Kubernetes JSON"),
            (
                200,
                b"{\"items\": [".to_vec(),
                BadAnswer,
                "the server's answer is not Kubernetes JSON",
            ),
            (
                400,
                b"Client sent an HTTP request to an HTTPS server.\n".to_vec(),
                BadAnswer,
                "the server speaks HTTPS, but the address says http://",
            ),
            // A watch is answered 200 and then says in a Status that it failed.
            (
                200,
                status(500, "storage is (re)initializing"),
                Server,
                "the server failed (500): storage is (re)initializing",
            ),
        ];
        for (code, body, kind, text) in table {
            let problem = of_answer(StatusCode::from_u16(code).unwrap(), &body, "list", "pods");
            assert_eq!((problem.kind, &*problem.text), (kind, text), "{code}");
        }
        assert_eq!(&*of_answer(StatusCode::UNAUTHORIZED, b"", "list", "pods").hint, ":login");
    }

    #[test]
    fn a_message_with_control_characters_is_harmless_and_short() {
        let long = "\u{1b}[2J".repeat(2000);
        let problem = of_answer(StatusCode::INTERNAL_SERVER_ERROR, &status(500, &long), "list", "pods");
        assert!(!problem.text.contains('\u{1b}'));
        assert!(problem.text.chars().count() <= 300);
    }

    #[test]
    fn too_old_a_version_is_told_apart() {
        assert!(is_gone(StatusCode::GONE, b""));
        assert!(is_gone(StatusCode::OK, &status(410, "too old resource version: 1 (2)")));
        assert!(!is_gone(StatusCode::OK, &status(500, "")));
        assert!(!is_gone(StatusCode::OK, b"{\"kind\":\"PodList\"}"));
    }
}
