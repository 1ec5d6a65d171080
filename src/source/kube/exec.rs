//! Exec credential plugins, run so that they can never touch the terminal: no stdin, stdout and
//! stderr captured, a process group of their own and a deadline. What they complain about becomes
//! the problem's sentence.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use kube::config::{Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::expiry;
use super::problem::LOGIN_HINT;
use crate::model::{Problem, ProblemKind, Time};

/// How long a plugin may take. A login that waits for a person would take for ever.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// More than this of an answer is not a credential (bytes).
const MAX_OUTPUT: usize = 1 << 20;
/// How much of the end of stderr is kept (bytes).
const MAX_STDERR: usize = 16 << 10;

/// What a plugin gave. Has no `Debug`: it must not be printed by accident.
#[derive(Default)]
pub struct Credential {
    pub token: Option<String>,
    /// Certificate and key, both PEM.
    pub certificate: Option<(String, String)>,
    /// When it ends, as the plugin, the token or the certificate says; never if none does.
    pub expires: Time,
}

#[derive(Deserialize)]
struct ExecCredential {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the plugin once.
///
/// # Errors
/// Kind `Login` where the plugin fails, hangs or gives nothing usable (the text has what it said
/// last), `Config` where it cannot be started.
pub async fn run(exec: &ExecConfig, cluster: &Cluster, deadline: Duration) -> Result<Credential, Problem> {
    let Some(program) = exec.command.as_deref().filter(|c| !c.is_empty()) else {
        return Err(Problem::new(
            ProblemKind::Config,
            "the exec plugin of the kubeconfig has no command",
        ));
    };
    let name = Path::new(program).file_name().map_or(program.into(), |n| n.to_string_lossy());
    let login = |text: String| Problem::new(ProblemKind::Login, text).hint(LOGIN_HINT);
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(login(format!("exec plugin `{name}` insists on a terminal")));
    }
    let mut command = Command::new(program);
    command
        .args(exec.args.iter().flatten())
        .env("KUBERNETES_EXEC_INFO", exec_info(exec, cluster)?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Out of the terminal's foreground group: neither its ctrl-c nor its keyboard reach the plugin.
    #[cfg(unix)]
    command.process_group(0);
    for variable in exec.env.iter().flatten() {
        if let (Some(key), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(key, value);
        }
    }
    let mut child = command.spawn().map_err(|error| unstartable(&error, exec, program, &name))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let all = async { tokio::join!(child.wait(), first(stdout, MAX_OUTPUT), last(stderr, MAX_STDERR)) };
    let Ok((exit, stdout, stderr)) = tokio::time::timeout(deadline, all).await else {
        return Err(login(format!(
            "exec plugin `{name}` gave no answer in {} s",
            deadline.as_secs().max(1)
        )));
    };
    let exit = exit.map_err(|error| login(format!("exec plugin `{name}`: {error}")))?;
    if !exit.success() {
        let complaint = complaint(&String::from_utf8_lossy(&stderr));
        return Err(login(match (complaint, exit.code()) {
            (Some(line), _) => format!("exec plugin `{name}`: {line}"),
            (None, Some(code)) => format!("exec plugin `{name}` failed with exit code {code}"),
            (None, None) => format!("exec plugin `{name}` was killed"),
        }));
    }
    read(&stdout, &name).map_err(|text| match complaint(&String::from_utf8_lossy(&stderr)) {
        Some(line) => login(format!("{text}: {line}")),
        None => login(text),
    })
}

fn unstartable(error: &io::Error, exec: &ExecConfig, program: &str, name: &str) -> Problem {
    let config = |text: String| Problem::new(ProblemKind::Config, text);
    if error.kind() != io::ErrorKind::NotFound {
        return config(format!(
            "exec plugin `{name}` cannot be started: {}",
            super::kubeconfig::plain(error)
        ));
    }
    let problem = if program.contains(std::path::MAIN_SEPARATOR) {
        config(format!("there is no exec plugin at {program}"))
    } else {
        config(format!("exec plugin `{name}` is not on PATH"))
    };
    let hint = exec
        .install_hint
        .as_deref()
        .and_then(|h| h.lines().map(str::trim).find(|l| !l.is_empty()));
    match hint {
        Some(hint) => problem.hint(crate::model::shorten(&crate::model::clean(hint), 120)),
        None => problem.hint("install it, or start qd with another PATH"),
    }
}

/// What the plugin is told: that nobody is there to ask, and where the credential is for.
fn exec_info(exec: &ExecConfig, cluster: &Cluster) -> Result<String, Problem> {
    let mut spec = serde_json::json!({ "interactive": false });
    if exec.provide_cluster_info {
        let cluster = ExecAuthCluster::try_from(cluster).map_err(|e| super::fault::of(&e))?;
        spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
    }
    let version = exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    Ok(serde_json::json!({ "apiVersion": version, "kind": "ExecCredential", "spec": spec }).to_string())
}

fn read(stdout: &[u8], name: &str) -> Result<Credential, String> {
    if stdout.len() > MAX_OUTPUT {
        return Err(format!("exec plugin `{name}` printed too much for a credential"));
    }
    // YAML is a superset of JSON, and kubectl takes both.
    let said: ExecCredential = serde_saphyr::from_slice(stdout).map_err(|_| format!("exec plugin `{name}` printed no ExecCredential"))?;
    let status = match said.status {
        Some(status) if said.kind == "ExecCredential" => status,
        _ => return Err(format!("exec plugin `{name}` printed no ExecCredential")),
    };
    let token = status.token.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let certificate = status
        .client_certificate_data
        .zip(status.client_key_data)
        .filter(|(c, k)| !c.is_empty() && !k.is_empty());
    if token.is_none() && certificate.is_none() {
        return Err(format!("exec plugin `{name}` gave neither a token nor a certificate"));
    }
    let stated = status.expiration_timestamp.as_deref().map_or(Time::NEVER, Time::parse);
    let own = expiry::earlier(
        token.as_deref().map_or(Time::NEVER, expiry::of_token),
        certificate
            .as_ref()
            .map_or(Time::NEVER, |(c, _)| expiry::of_certificate(c.as_bytes())),
    );
    let expires = if stated.is_known() { stated } else { own };
    Ok(Credential {
        token,
        certificate,
        expires,
    })
}

/// The line of stderr that says what is wrong: the last that reads like a complaint, else the last.
fn complaint(stderr: &str) -> Option<String> {
    const WORDS: [&str; 9] = [
        "error",
        "fail",
        "expired",
        "denied",
        "invalid",
        "cannot",
        "could not",
        "unable",
        "not found",
    ];
    let text = without_escapes(stderr);
    let mut lines = text.lines().map(str::trim).filter(|l| l.chars().any(char::is_alphanumeric)).rev();
    let last = lines.clone().next()?;
    let complains = |line: &&str| {
        let line = line.to_lowercase();
        WORDS.iter().any(|w| line.contains(w))
    };
    let line = lines.find(complains).unwrap_or(last);
    Some(crate::model::shorten(&crate::model::clean(line), 240).into_owned())
}

/// Colours and other terminal sequences (`ESC [ … letter`, `ESC ] … BEL`) taken out.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => {
                chars.find(|c| ('@'..='~').contains(c));
            }
            Some(']') => {
                chars.find(|c| *c == '\u{7}');
            }
            _ => {}
        }
    }
    out
}

/// Everything up to `max` bytes and one more (so that too much is noticed); the rest is thrown away.
async fn first(pipe: Option<impl AsyncRead + Unpin>, max: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    drain(pipe, |chunk| {
        let room = (max + 1).saturating_sub(kept.len());
        kept.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
    })
    .await;
    kept
}

/// The last `max` bytes.
async fn last(pipe: Option<impl AsyncRead + Unpin>, max: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    drain(pipe, |chunk| {
        kept.extend_from_slice(chunk);
        if kept.len() > 2 * max {
            kept.drain(..kept.len() - max);
        }
    })
    .await;
    kept.split_off(kept.len().saturating_sub(max))
}

async fn drain(pipe: Option<impl AsyncRead + Unpin>, mut take: impl FnMut(&[u8])) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 8192];
    while let Ok(n) = pipe.read(&mut buffer).await {
        if n == 0 {
            break;
        }
        take(buffer.get(..n).unwrap_or_default());
    }
}

#[cfg(test)]
#[path = "exec_tests.rs"]
mod tests;
