//! Containers: of a pod, with how they are; of a pod template, without.

use serde_json::Value;

use super::page::{Fields, Page, Parts};
use super::read::{at, date, is_true, list, map, number, one_line, plain, scalar, text, when};
use crate::model::{Exit, Time, short_age, signal_name};
use crate::ui::theme::Role;

/// All containers of a pod specification; `status` is the pod's, `null` for a template.
pub fn containers(page: &mut Page, spec: &Value, status: &Value, now: Time) {
    for (title, list_at, status_at) in [
        ("Init containers", "/initContainers", "/initContainerStatuses"),
        ("Containers", "/containers", "/containerStatuses"),
        ("Ephemeral containers", "/ephemeralContainers", "/ephemeralContainerStatuses"),
    ] {
        page.section(title, |page| {
            for container in list(spec, list_at) {
                let name = text(container, "/name");
                let status = list(status, status_at).iter().find(|s| text(s, "/name") == name);
                page.line(Parts::of(Role::Accent, name));
                page.inside(|page| one(page, container, status, now));
            }
        });
    }
}

fn one(page: &mut Page, container: &Value, status: Option<&Value>, now: Time) {
    let mut fields = Fields::default();
    fields.add("Image", text(container, "/image"));
    if let Some(status) = status {
        running(&mut fields, status, now);
    }
    fields.add("Command", command(container, "/command"));
    fields.add("Arguments", command(container, "/args"));
    fields.add("Working directory", text(container, "/workingDir"));
    let ports = list(container, "/ports").iter().map(|port| {
        let protocol = plain(port, "/protocol");
        let host = number(port, "/hostPort").map_or_else(String::new, |p| format!(", host port {p}"));
        let name = text(port, "/name");
        let gap = if name.is_empty() { "" } else { " " };
        format!("{name}{gap}{}/{protocol}{host}", plain(port, "/containerPort"))
    });
    fields.add("Ports", ports.collect::<Vec<_>>().join(", "));
    fields.add("Requests", amounts(container, "/resources/requests"));
    fields.add("Limits", amounts(container, "/resources/limits"));
    for (name, pointer) in [
        ("Startup probe", "/startupProbe"),
        ("Readiness probe", "/readinessProbe"),
        ("Liveness probe", "/livenessProbe"),
    ] {
        fields.add(name, probe(at(container, pointer)));
    }
    fields.lines("Environment", environment(container));
    let mounts = list(container, "/volumeMounts").iter().map(|mount| {
        let mut notes = String::new();
        if is_true(mount, "/readOnly") {
            notes.push_str(", read-only");
        }
        if !text(mount, "/subPath").is_empty() {
            notes.push_str(&format!(", only {}", text(mount, "/subPath")));
        }
        Parts::from(text(mount, "/mountPath")).and(Role::Muted, format!(" from volume {}{notes}", text(mount, "/name")))
    });
    fields.lines("Mounts", mounts.collect());
    page.fields(fields);
}

/// State, last run, restarts.
fn running(fields: &mut Fields, status: &Value, now: Time) {
    fields.lines("State", state(at(status, "/state"), now));
    fields.lines("Last run", state(at(status, "/lastState"), now));
    let ready = is_true(status, "/ready");
    let finished = !at(status, "/state/terminated").is_null();
    fields.add(
        "Ready",
        Parts::of(
            if ready {
                Role::Ok
            } else if finished {
                Role::Muted
            } else {
                Role::Warning
            },
            if ready { "yes" } else { "no" },
        ),
    );
    let restarts = number(status, "/restartCount").unwrap_or_default();
    fields.add(
        "Restarts",
        Parts::of(if restarts > 0 { Role::Warning } else { Role::Text }, restarts.to_string()),
    );
}

fn state(state: &Value, now: Time) -> Vec<Parts> {
    let mut lines = Vec::new();
    let message = |value: &Value, lines: &mut Vec<Parts>| {
        let message = one_line(text(value, "/message"), 600);
        if !message.is_empty() {
            lines.push(Parts::of(Role::Text, message));
        }
    };
    let (waiting, terminated, running) = (at(state, "/waiting"), at(state, "/terminated"), at(state, "/running"));
    if !waiting.is_null() {
        let reason = text(waiting, "/reason");
        let role = if matches!(reason, "" | "ContainerCreating" | "PodInitializing") {
            Role::Busy
        } else {
            Role::Bad
        };
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        lines.push(Parts::of(role, format!("Waiting{why}")));
        message(waiting, &mut lines);
    } else if !terminated.is_null() {
        let exit = exit(terminated);
        let role = if exit.code == 0 { Role::Done } else { Role::Bad };
        let mut line = Parts::of(role, format!("Ended: {}", reason_of(&exit)));
        if exit.finished.is_known() {
            line = line.and(Role::Text, format!(", {}", date(exit.finished, now)));
        }
        if exit.started.is_known() && exit.finished.is_known() {
            line = line.and(Role::Muted, format!(", after {}", lasted(exit.finished - exit.started)));
        }
        lines.push(line);
        message(terminated, &mut lines);
    } else if !running.is_null() {
        lines.push(Parts::of(Role::Ok, "Running").and(Role::Text, format!(" since {}", when(running, "/startedAt", now))));
    }
    lines
}

/// How long a run lasted: to the second while that tells something.
fn lasted(seconds: i64) -> String {
    if seconds < 300 {
        format!("{} s", seconds.max(0))
    } else {
        short_age(seconds)
    }
}

fn exit(terminated: &Value) -> Exit {
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

/// `OOMKilled, exit code 137 (SIGKILL)`, without saying anything twice.
fn reason_of(exit: &Exit) -> String {
    let why = exit.why();
    let code = exit.code.to_string();
    if exit.code == 0 || why.contains(&code) {
        return why;
    }
    match signal_name(exit.code - 128) {
        Some(signal) if signal != why => format!("{why}, exit code {code} ({signal})"),
        _ => format!("{why}, exit code {code}"),
    }
}

/// A command as one would type it: arguments with blanks in quotes.
fn command(container: &Value, pointer: &str) -> String {
    let words = list(container, pointer).iter().map(|word| {
        let word = scalar(word);
        if word.is_empty() || word.contains([' ', '\n', '"', '\'', '$', '`', ';', '|', '&', '<', '>']) {
            format!("'{}'", one_line(&word, 400).replace('\'', "'\\''"))
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `cpu 20m, memory 16Mi`
pub fn amounts(value: &Value, pointer: &str) -> String {
    let amounts: Vec<_> = map(value, pointer)
        .map(|(name, amount)| format!("{name} {}", scalar(amount)))
        .collect();
    amounts.join(", ")
}

/// A probe in words.
fn probe(probe: &Value) -> String {
    if probe.is_null() {
        return String::new();
    }
    let (http, tcp, exec, grpc) = (
        at(probe, "/httpGet"),
        at(probe, "/tcpSocket"),
        at(probe, "/exec"),
        at(probe, "/grpc"),
    );
    let what = if !http.is_null() {
        let scheme = match text(http, "/scheme") {
            "HTTPS" => "https",
            _ => "http",
        };
        format!(
            "GET {scheme}://{}:{}{}",
            text(http, "/host"),
            plain(http, "/port"),
            text(http, "/path")
        )
    } else if !tcp.is_null() {
        format!("TCP connection to {}:{}", text(tcp, "/host"), plain(tcp, "/port"))
    } else if !grpc.is_null() {
        format!("gRPC health check on port {} {}", plain(grpc, "/port"), text(grpc, "/service"))
            .trim_end()
            .to_owned()
    } else {
        format!("runs {}", command(exec, "/command"))
    };
    let or = |pointer, default| number(probe, pointer).unwrap_or(default);
    let count = |n: i64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let mut text = format!(
        "{what}, every {} s, timeout {} s",
        or("/periodSeconds", 10),
        or("/timeoutSeconds", 1)
    );
    text.push_str(&format!(", fails after {}", count(or("/failureThreshold", 3), "miss", "misses")));
    if or("/successThreshold", 1) > 1 {
        text.push_str(&format!(", passes after {}", count(or("/successThreshold", 1), "hit", "hits")));
    }
    if or("/initialDelaySeconds", 0) > 0 {
        text.push_str(&format!(", first after {} s", or("/initialDelaySeconds", 0)));
    }
    text
}

/// Variables and where they come from.
fn environment(container: &Value) -> Vec<Parts> {
    let mut lines = Vec::new();
    for from in list(container, "/envFrom") {
        let prefix = text(from, "/prefix");
        let prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!(", prefixed {prefix}")
        };
        for (kind, pointer) in [("config map", "/configMapRef"), ("secret", "/secretRef")] {
            let source = at(from, pointer);
            if !source.is_null() {
                let optional = if is_true(source, "/optional") { ", optional" } else { "" };
                lines.push(
                    Parts::of(Role::Muted, format!("all keys of {kind} "))
                        .and(Role::Text, format!("{}{prefix}{optional}", text(source, "/name"))),
                );
            }
        }
    }
    for variable in list(container, "/env") {
        let name = Parts::of(Role::SyntaxKey, text(variable, "/name"));
        let from = at(variable, "/valueFrom");
        lines.push(if from.is_null() {
            name.and(Role::SyntaxPunctuation, "=")
                .and(Role::SyntaxText, one_line(text(variable, "/value"), 300))
        } else {
            name.and(Role::Muted, format!(" from {}", source(from)))
        });
    }
    lines
}

fn source(from: &Value) -> String {
    let optional = |value: &Value| if is_true(value, "/optional") { ", optional" } else { "" };
    for (kind, pointer) in [("secret", "/secretKeyRef"), ("config map", "/configMapKeyRef")] {
        let key = at(from, pointer);
        if !key.is_null() {
            return format!("{kind} {}, key {}{}", text(key, "/name"), text(key, "/key"), optional(key));
        }
    }
    let field = text(from, "/fieldRef/fieldPath");
    if !field.is_empty() {
        return format!("field {field}");
    }
    let resource = text(from, "/resourceFieldRef/resource");
    if !resource.is_empty() {
        return format!("its {resource}");
    }
    from.as_object().and_then(|map| map.keys().next()).cloned().unwrap_or_default()
}
