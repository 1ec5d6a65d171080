//! What a request says besides the object: dry run, field manager, strictness; and reading its body.

use http::header;
use serde_json::Value;

use super::refuse::{self, Cause};
use crate::sim::face::Request;
use crate::sim::kube::{Served, Status, protobuf};

/// Whether the world changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    Real,
    /// `dryRun=All`: the answer tells what would have been.
    Dry,
}

/// What becomes of fields that a kind does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    Ignored,
    Warned,
    Refused,
}

/// The parameters of a write.
#[derive(Clone, Debug)]
pub struct Options {
    pub run: Run,
    /// Empty where the client gives none.
    pub manager: String,
    /// The manager, or else what the client calls itself.
    pub writer: String,
    pub unknown: Unknown,
    /// Server-side apply takes fields from their managers.
    pub force: bool,
}

impl Options {
    /// Reads the parameters; `options`: `PatchOptions`, `CreateOptions` …
    pub fn read(request: &Request, options: &str) -> Result<Self, Status> {
        let wrong = |cause| refuse::invalid("meta.k8s.io", options, "", &[cause]);
        let dry: Vec<&str> = request.queries("dryRun").filter(|v| !v.is_empty()).collect();
        if dry.iter().any(|v| *v != "All") {
            return Err(wrong(Cause::unsupported(
                "dryRun",
                format!("[]string{{{:?}}}", dry.join(",")),
                &["All"],
            )));
        }
        let unknown = match request.query("fieldValidation") {
            None | Some("" | "Warn") => Unknown::Warned,
            Some("Ignore") => Unknown::Ignored,
            Some("Strict") => Unknown::Refused,
            Some(other) => {
                let known = ["Ignore", "Strict", "Warn"];
                return Err(wrong(Cause::unsupported("fieldValidation", format!("{other:?}"), &known)));
            }
        };
        let manager = request.query("fieldManager").unwrap_or_default().to_owned();
        if manager.chars().count() > 128 {
            return Err(wrong(Cause::invalid(
                "fieldManager",
                format!("{manager:?}"),
                "may not be longer than 128 characters",
            )));
        }
        let agent = request.header(&header::USER_AGENT).split('/').next().unwrap_or_default();
        let writer = if manager.is_empty() { agent } else { &manager };
        Ok(Self {
            run: if dry.is_empty() { Run::Real } else { Run::Dry },
            writer: if writer.is_empty() {
                "unknown".to_owned()
            } else {
                writer.to_owned()
            },
            manager,
            unknown,
            force: request.flag("force"),
        })
    }

    pub fn is_dry(&self) -> bool {
        self.run == Run::Dry
    }
}

/// Reads a body that holds an object of this kind, in JSON or YAML.
pub fn object(request: &Request, kind: &str, body: &[u8]) -> Result<Value, Status> {
    let media = request.content_type().split(';').next().unwrap_or_default().trim();
    let read = match media {
        "" | "application/json" | "*/*" => serde_json::from_slice(body).map_err(|e| go_error(&e)),
        "application/yaml" => yaml(body),
        protobuf::MEDIA => return protobuf::read(body).ok_or_else(unsupported),
        _ => return Err(unsupported()),
    };
    let object: Value = read.map_err(|why| {
        let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
        Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {why} ({text})"
        ))
    })?;
    if !object.is_object() {
        let why = format!(
            "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value",
            name_of(&object)
        );
        return Err(Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): {why}"
        )));
    }
    Ok(object)
}

fn unsupported() -> Status {
    Status::unsupported_media(&["application/json", "application/yaml"])
}

/// Reads YAML, of which JSON is a part.
pub fn yaml(body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|e| e.to_string())?;
    serde_saphyr::from_str(text).map_err(|e| e.to_string())
}

fn go_error(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Eof => "unexpected end of JSON input".to_owned(),
        _ => error.to_string(),
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a body is of the kind that its path names.
pub fn of_kind(object: &Value, kind: &Served) -> Result<(), Status> {
    let (own, version) = (
        object["kind"].as_str().unwrap_or_default(),
        object["apiVersion"].as_str().unwrap_or_default(),
    );
    let expected = kind.api_version();
    if !own.is_empty() && own != kind.kind {
        let short = version.rsplit('/').next().unwrap_or_default();
        return Err(Status::bad_request(format!(
            "{own} in version {short:?} cannot be handled as a {}: converting ({short}.{own}) to ({}.{}): unknown conversion",
            kind.kind,
            if kind.group.is_empty() { "core" } else { &kind.group },
            kind.kind
        )));
    }
    if !version.is_empty() && version != expected {
        let message = format!("the API version in the data ({version}) does not match the expected API version ({expected})");
        return Err(Status::bad_request(message));
    }
    Ok(())
}
