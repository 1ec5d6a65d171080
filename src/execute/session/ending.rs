//! How a session ended, or why it did not begin, as one plain sentence.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::client::UpgradeConnectionError;

use super::Inside;
use super::command::is_shell;
use crate::model::{Problem, ProblemKind, clean, shorten};
use crate::source::kube::problem;

/// What to do where an image has no shell.
pub const NO_SHELL: &str = "a debug container beside it has one";

/// What was asked of the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// To start this program.
    Exec(&'a str),
    Attach,
}

impl Asked<'_> {
    fn resource(self) -> &'static str {
        match self {
            Self::Exec(_) => "pods/exec",
            Self::Attach => "pods/attach",
        }
    }
}

/// The exit code, from the last word of a session.
///
/// # Errors
/// The program could not be started, or what happened to it is not known.
pub(super) fn of_status(status: &Status, inside: &Inside, asked: Asked<'_>) -> Result<i32, Problem> {
    if status.status.as_deref() == Some("Success") {
        return Ok(0);
    }
    let causes = status.details.as_ref().and_then(|details| details.causes.as_ref());
    let code = causes
        .into_iter()
        .flatten()
        .find(|cause| cause.reason.as_deref() == Some("ExitCode"))
        .and_then(|cause| cause.message.as_deref()?.trim().parse().ok());
    match code {
        Some(code) => Ok(code),
        None => Err(said(status.message.as_deref().unwrap_or_default(), inside, asked)),
    }
}

/// Why a session could not be opened.
pub(super) fn of_refusal(error: &kube::Error, inside: &Inside, asked: Asked<'_>) -> Problem {
    match error {
        kube::Error::Api(status) if status.code == 403 => {
            let resource = asked.resource();
            let said = serde_json::json!({"kind": "Status", "code": 403, "message": status.message});
            let problem = problem::of_answer(
                http::StatusCode::FORBIDDEN,
                &serde_json::to_vec(&said).unwrap_or_default(),
                "get",
                resource,
            );
            problem.hint(format!(
                "a session needs the verb get on {resource}, on new servers create; kubectl needs create"
            ))
        }
        kube::Error::Api(status) if status.code == 404 => gone(inside, "the pod is gone"),
        kube::Error::Api(status) if status.code >= 500 || status.code == 400 => said(&status.message, inside, asked),
        kube::Error::UpgradeConnection(UpgradeConnectionError::GetPendingUpgrade(_)) => cut(),
        kube::Error::UpgradeConnection(_) => {
            let problem = Problem::new(ProblemKind::BadAnswer, "the server did not go over to a WebSocket");
            problem.hint("a proxy between here and the server may not pass WebSockets on")
        }
        other => problem::of(other),
    }
}

/// The connection ended and nobody said how the program did.
pub(super) fn cut() -> Problem {
    let problem = Problem::new(
        ProblemKind::Unreachable,
        "the connection was cut; what was started may still run in the container",
    );
    problem.hint("open it again once the server answers")
}

fn gone(inside: &Inside, why: &str) -> Problem {
    let problem = Problem::new(ProblemKind::NotFound, format!("{}: {why}", inside.name()));
    problem.hint("choose a pod that runs")
}

/// The server's or the container runtime's own words.
fn said(message: &str, inside: &Inside, asked: Asked<'_>) -> Problem {
    let has = |needle: &str| message.contains(needle);
    if let Asked::Exec(program) = asked
        && is_missing(message)
    {
        return missing(program, inside);
    }
    if has("permission denied")
        && has("exec")
        && let Asked::Exec(program) = asked
    {
        let text = format!("{} may not run {} (permission denied)", inside.name(), clean(program));
        return Problem::new(ProblemKind::NotFound, text).hint("its file is not executable for the container's user");
    }
    let away = [
        "container not found",
        "is not running",
        "not found in pod",
        "task not found",
        "cannot exec in a stopped",
        "CONTAINER_EXITED",
        "container is in",
        "No such container",
        "does not exist",
        "process does not exist",
    ];
    if away.iter().any(|words| has(words)) {
        return gone(inside, "the container does not run");
    }
    if has("error dialing backend") || has("No agent available") {
        let text = format!("the node of {} does not answer: {}", inside.pod, core(message));
        return Problem::new(ProblemKind::Unreachable, text).hint("the server cannot reach the node's kubelet");
    }
    if message.trim().is_empty() {
        return Problem::new(ProblemKind::Server, "the session ended, and the server did not say why");
    }
    Problem::new(ProblemKind::Server, format!("{}: {}", inside.name(), core(message)))
}

/// Whether a container runtime says that there is no such program.
pub(super) fn is_missing(message: &str) -> bool {
    message.contains("executable file not found")
        || (message.contains("exec") && message.contains("no such file or directory"))
        || message.contains("The system cannot find the file specified")
}

/// There is no such program in the image.
pub(super) fn missing(program: &str, inside: &Inside) -> Problem {
    if is_shell(program) {
        let image = if inside.image.is_empty() { "this image" } else { &inside.image };
        return Problem::new(ProblemKind::NotFound, format!("{}: there is no shell in {image}", inside.name())).hint(NO_SHELL);
    }
    let text = format!("{}: there is no program {}", inside.name(), clean(program));
    Problem::new(ProblemKind::NotFound, text).hint("another path, or a debug container beside it")
}

/// The runtime's sentence without the layers around it.
fn core(message: &str) -> String {
    let mut rest = message.trim();
    for layer in [
        "Internal error occurred: ",
        "error executing command in container: ",
        "failed to exec in container: ",
        "OCI runtime exec failed: ",
        "exec failed: ",
        "unable to start container process: ",
    ] {
        if let Some((_, inner)) = rest.split_once(layer) {
            rest = inner;
        }
    }
    shorten(&clean(rest.trim_end_matches(": unknown")), 200).into_owned()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{StatusCause, StatusDetails};

    use super::*;
    use crate::execute::session::place::Program;

    fn inside() -> Inside {
        Inside {
            namespace: "shop".into(),
            pod: "web".into(),
            uid: String::new(),
            container: "app".into(),
            image: "app:1".into(),
            program: Program::Silent,
        }
    }

    fn failure(message: &str) -> Status {
        Status {
            status: Some("Failure".into()),
            message: Some(message.into()),
            ..Status::default()
        }
    }

    #[test]
    fn the_exit_code_is_the_programs() {
        let success = Status {
            status: Some("Success".into()),
            ..Status::default()
        };
        assert_eq!(of_status(&success, &inside(), Asked::Attach), Ok(0));
        let mut three = failure("command terminated with non-zero exit code");
        three.details = Some(StatusDetails {
            causes: Some(vec![StatusCause {
                reason: Some("ExitCode".into()),
                message: Some("3".into()),
                ..StatusCause::default()
            }]),
            ..StatusDetails::default()
        });
        assert_eq!(of_status(&three, &inside(), Asked::Exec("sh")), Ok(3));
    }

    #[test]
    fn the_runtimes_words_become_sentences() {
        let start = "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec \"2dc7\": OCI runtime exec failed: exec failed: unable to start container process: ";
        let shell = format!("{start}exec: \"sh\": executable file not found in $PATH: unknown");
        let path = format!("{start}exec: \"/opt/x\": stat /opt/x: no such file or directory: unknown");
        let strange = format!("{start}seccomp: bad luck: unknown");
        let table = [
            (shell.as_str(), "sh", "web/app: there is no shell in app:1", NO_SHELL),
            (
                path.as_str(),
                "/opt/x",
                "web/app: there is no program /opt/x",
                "another path, or a debug container beside it",
            ),
            (strange.as_str(), "x", "web/app: seccomp: bad luck", ""),
            (
                "container not found (\"app\")",
                "x",
                "web/app: the container does not run",
                "choose a pod that runs",
            ),
            ("", "x", "the session ended, and the server did not say why", ""),
        ];
        for (message, program, text, hint) in table {
            let problem = of_status(&failure(message), &inside(), Asked::Exec(program)).unwrap_err();
            assert_eq!((&*problem.text, &*problem.hint), (text, hint), "{message}");
        }
    }

    #[test]
    fn a_refusal_names_verb_and_resource() {
        let message = r#"pods "web" is forbidden: User "u" cannot get resource "pods/exec" in API group "" in the namespace "shop""#;
        let status = kube::core::Status::failure(message, "Forbidden").with_code(403);
        let problem = of_refusal(&kube::Error::Api(status.boxed()), &inside(), Asked::Exec("sh"));
        assert_eq!(problem.kind, ProblemKind::Denied);
        assert_eq!(&*problem.text, "may not get pods/exec in namespace shop");
        assert!(problem.hint.contains("create"), "{}", problem.hint);
    }
}
