//! Where an object is on the server.

use crate::model::{Kind, ObjectRef, Problem, ProblemKind, ServedKind};
use crate::source::kube::{Api, request};

/// The path of a kind in a namespace, without the object's name.
///
/// # Errors
/// The server does not have the kind.
pub fn collection(api: &Api, kind: &Kind, namespace: &str) -> Result<String, Problem> {
    Ok(request::collection(served(api, kind)?, namespace))
}

/// The path of an object.
///
/// # Errors
/// As [`collection`].
pub fn object(api: &Api, object: &ObjectRef) -> Result<String, Problem> {
    let collection = collection(api, &object.kind, &object.namespace)?;
    Ok(format!("{collection}/{}", request::encode(&object.name)))
}

/// How the server has a kind.
pub fn served<'a>(api: &'a Api, kind: &Kind) -> Result<&'a ServedKind, Problem> {
    let found = api.served.iter().find(|served| served.kind == *kind);
    found.ok_or_else(|| Problem::new(ProblemKind::NotFound, format!("this server has no {}", kind.resource())))
}

/// `group/version`, as documents say it.
pub fn api_version(served: &ServedKind) -> String {
    match served.kind.group() {
        "" => served.version.to_string(),
        group => format!("{group}/{}", served.version),
    }
}
