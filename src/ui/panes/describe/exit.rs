//! How a container is, and how its runs ended.

use serde_json::Value;

use super::page::Parts;
use super::read::{at, date, number, one_line, plain, text, when};
use crate::model::{Exit, Time, short_age, signal_name};
use crate::ui::theme::Role;

/// A state of a container: waiting, running or ended; empty where there is none.
pub fn state(state: &Value, container: &Value, now: Time) -> Vec<Parts> {
    let (waiting, terminated, running) = (at(state, "/waiting"), at(state, "/terminated"), at(state, "/running"));
    if !waiting.is_null() {
        let mut lines = vec![waits(text(waiting, "/reason"))];
        lines.extend(message(waiting));
        lines
    } else if !terminated.is_null() {
        ended(terminated, container, now)
    } else if !running.is_null() {
        vec![Parts::of(Role::Ok, "Running").and(Role::Text, format!(" since {}", when(running, "/startedAt", now)))]
    } else {
        Vec::new()
    }
}

fn message(value: &Value) -> Option<Parts> {
    let message = one_line(text(value, "/message"), 600);
    (!message.is_empty()).then(|| Parts::of(Role::Text, message))
}

/// `Waiting: CrashLoopBackOff`, with what that means.
fn waits(reason: &str) -> Parts {
    let (role, meaning) = match reason {
        "ContainerCreating" => (Role::Busy, "the kubelet prepares it"),
        "PodInitializing" => (Role::Busy, "the init containers come first"),
        "" => (Role::Busy, ""),
        "CrashLoopBackOff" => (Role::Bad, "it keeps ending, the next start comes after a pause"),
        "ImagePullBackOff" => (Role::Bad, "its image cannot be pulled, the next try comes after a pause"),
        "ErrImagePull" => (Role::Bad, "its image cannot be pulled"),
        "ErrImageNeverPull" => (Role::Bad, "its image is not on the node and may not be pulled"),
        "InvalidImageName" => (Role::Bad, "its image has no valid name"),
        "CreateContainerConfigError" => (Role::Bad, "its settings cannot be put together"),
        "RunContainerError" | "CreateContainerError" => (Role::Bad, "it cannot be started"),
        _ => (Role::Bad, ""),
    };
    let colon = if reason.is_empty() { "" } else { ": " };
    let meaning = if meaning.is_empty() {
        String::new()
    } else {
        format!(", {meaning}")
    };
    Parts::of(role, format!("Waiting{colon}{reason}")).and(Role::Muted, meaning)
}

/// What ended a run, then when and after how long, then what it left as its last message.
fn ended(terminated: &Value, container: &Value, now: Time) -> Vec<Parts> {
    let exit = read(terminated);
    let role = if exit.code == 0 && exit.signal == 0 {
        Role::Done
    } else {
        Role::Bad
    };
    let limit = plain(container, "/resources/limits/memory");
    let mut lines = vec![Parts::of(role, words(&exit, &limit)).and(Role::Muted, raw(&exit))];
    if exit.finished.is_known() {
        let mut line = Parts::from(format!("ended {}", date(exit.finished, now)));
        if exit.started.is_known() {
            line = line.and(Role::Muted, format!(", after {}", lasted(exit.finished - exit.started)));
        }
        lines.push(line);
    }
    lines.extend(message(terminated));
    lines
}

fn read(terminated: &Value) -> Exit {
    let small = |pointer| number(terminated, pointer).and_then(|n| i32::try_from(n).ok()).unwrap_or_default();
    Exit {
        reason: text(terminated, "/reason").into(),
        code: small("/exitCode"),
        signal: small("/signal"),
        started: Time::parse(text(terminated, "/startedAt")),
        finished: Time::parse(text(terminated, "/finishedAt")),
        message: "".into(),
    }
}

/// The signal that ended it, where one did: the runtime's word, or a shell's way to put it (128 and the number).
fn signal(exit: &Exit) -> i32 {
    if exit.signal > 0 {
        exit.signal
    } else {
        exit.code.saturating_sub(128)
    }
}

/// What happened, in a sentence. `limit` is the container's limit of memory, if it has one.
fn words(exit: &Exit, limit: &str) -> String {
    match (&*exit.reason, exit.code) {
        ("OOMKilled", _) if limit.is_empty() => return "Killed: out of memory".into(),
        ("OOMKilled", _) => return format!("Killed: out of memory, limit {limit}"),
        ("StartError" | "ContainerCannotRun", _) => return "Could not be started".into(),
        (_, 0) if exit.signal == 0 => return "Ended well".into(),
        (_, 126) => return "Failed: a command could not be executed".into(),
        (_, 127) => return "Failed: a command was not found".into(),
        _ => {}
    }
    match signal(exit) {
        2 => "Ended: it was interrupted".into(),
        4 => "Crashed: an instruction that the processor does not know".into(),
        6 => "Crashed: it aborted itself".into(),
        7 | 11 => "Crashed: it reached for memory that it may not".into(),
        8 => "Crashed: an arithmetic error".into(),
        9 => "Killed".into(),
        15 => "Ended: it was asked to stop".into(),
        other if signal_name(other).is_some() => "Ended by a signal".into(),
        _ => "Failed".into(),
    }
}

/// ` (OOMKilled, exit code 137, SIGKILL)`: the same as the server says it.
fn raw(exit: &Exit) -> String {
    let mut parts = Vec::new();
    // `Error` stands for every code that is not 0.
    if !matches!(&*exit.reason, "" | "Error") {
        parts.push(exit.reason.to_string());
    }
    parts.push(format!("exit code {}", exit.code));
    parts.extend(signal_name(signal(exit)).map(str::to_owned));
    format!(" ({})", parts.join(", "))
}

/// How long a run lasted: to the second while that tells something.
fn lasted(seconds: i64) -> String {
    if seconds < 300 {
        format!("{} s", seconds.max(0))
    } else {
        short_age(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_a_sentence_with_the_servers_words_after_it() {
        for (reason, code, signal, limit, sentence) in [
            (
                "OOMKilled",
                137,
                0,
                "32Mi",
                "Killed: out of memory, limit 32Mi (OOMKilled, exit code 137, SIGKILL)",
            ),
            ("OOMKilled", 0, 0, "", "Killed: out of memory (OOMKilled, exit code 0)"),
            ("Error", 137, 0, "32Mi", "Killed (exit code 137, SIGKILL)"),
            ("Error", 143, 0, "", "Ended: it was asked to stop (exit code 143, SIGTERM)"),
            (
                "Error",
                139,
                0,
                "",
                "Crashed: it reached for memory that it may not (exit code 139, SIGSEGV)",
            ),
            ("Error", 134, 0, "", "Crashed: it aborted itself (exit code 134, SIGABRT)"),
            ("Error", 126, 0, "", "Failed: a command could not be executed (exit code 126)"),
            ("Error", 127, 0, "", "Failed: a command was not found (exit code 127)"),
            ("StartError", 128, 0, "", "Could not be started (StartError, exit code 128)"),
            ("Completed", 0, 0, "", "Ended well (Completed, exit code 0)"),
            ("", 0, 15, "", "Ended: it was asked to stop (exit code 0, SIGTERM)"),
            ("Error", 1, 0, "", "Failed (exit code 1)"),
            ("Error", 255, 0, "", "Failed (exit code 255)"),
            ("Odd", i32::MIN, 0, "", "Failed (Odd, exit code -2147483648)"),
        ] {
            let exit = Exit {
                reason: reason.into(),
                code,
                signal,
                ..Exit::default()
            };
            assert_eq!(words(&exit, limit) + &raw(&exit), sentence);
        }
    }
}
