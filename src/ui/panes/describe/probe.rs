//! Probes and hooks of a container as sentences.

use serde_json::Value;

use super::container::command;
use super::read::{at, count, list, number, plain, span, text};

/// Which question a probe asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Whether the container has started; the others wait for it.
    Startup,
    /// Whether it takes traffic.
    Readiness,
    /// Whether it must be started again.
    Liveness,
}

/// `GET http://:4000/health every 3 s, fails after 3 misses in a row (9 s), waits 1 s for an answer`; empty where
/// there is no such probe.
pub fn probe(container: &Value, which: Probe) -> String {
    let probe = at(
        container,
        match which {
            Probe::Startup => "/startupProbe",
            Probe::Readiness => "/readinessProbe",
            Probe::Liveness => "/livenessProbe",
        },
    );
    if probe.is_null() {
        return String::new();
    }
    // What a server leaves out has these values.
    let or = |pointer, default: i64| number(probe, pointer).unwrap_or(default);
    let (period, misses, delay) = (or("/periodSeconds", 10), or("/failureThreshold", 3), or("/initialDelaySeconds", 0));
    let whole = period.saturating_mul(misses);
    let mut text = format!("{} every {}", action(container, probe), span(period));
    if which == Probe::Startup {
        let patience = span(delay.saturating_add(whole));
        text.push_str(&format!(", gives the container up to {patience} to start"));
    } else if misses == 1 {
        text.push_str(", fails after 1 miss");
    } else {
        text.push_str(&format!(", fails after {misses} misses in a row ({})", span(whole)));
    }
    if or("/successThreshold", 1) > 1 {
        text.push_str(&format!(
            ", passes after {} in a row",
            count(or("/successThreshold", 1), "answer", "answers")
        ));
    }
    text.push_str(&format!(", waits {} for an answer", span(or("/timeoutSeconds", 1))));
    if delay > 0 {
        text.push_str(&format!(", first after {}", span(delay)));
    }
    text
}

/// What a hook does; empty where there is none.
pub fn hook(container: &Value, pointer: &str) -> String {
    match at(container, pointer) {
        Value::Null => String::new(),
        hook => action(container, hook),
    }
}

/// What a probe or a hook does.
fn action(container: &Value, handler: &Value) -> String {
    let [http, tcp, exec, grpc, sleep] = ["/httpGet", "/tcpSocket", "/exec", "/grpc", "/sleep"].map(|kind| at(handler, kind));
    if !http.is_null() {
        let scheme = match text(http, "/scheme") {
            "HTTPS" => "https",
            _ => "http",
        };
        let path = text(http, "/path");
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("GET {scheme}://{}:{}{slash}{path}", text(http, "/host"), port(container, http))
    } else if !tcp.is_null() {
        format!("TCP connection to {}:{}", text(tcp, "/host"), port(container, tcp))
    } else if !grpc.is_null() {
        let service = match text(grpc, "/service") {
            "" => String::new(),
            service => format!(" of {service}"),
        };
        format!("gRPC health check{service} on port {}", port(container, grpc))
    } else if !exec.is_null() {
        format!("runs {}", command(exec, "/command"))
    } else if !sleep.is_null() {
        format!("sleeps {}", span(number(sleep, "/seconds").unwrap_or_default()))
    } else {
        "something else (see the YAML)".into()
    }
}

/// The port that is asked: its number, where the container declares one by that name.
fn port(container: &Value, handler: &Value) -> String {
    let name = text(handler, "/port");
    let declared = list(container, "/ports")
        .iter()
        .find(|port| !name.is_empty() && text(port, "/name") == name);
    match declared.map(|port| plain(port, "/containerPort")) {
        Some(number) if !number.is_empty() => number,
        _ => plain(handler, "/port"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(which: Probe, value: Value) -> String {
        let key = match which {
            Probe::Startup => "startupProbe",
            Probe::Readiness => "readinessProbe",
            Probe::Liveness => "livenessProbe",
        };
        let mut container = json!({"ports": [{"name": "web", "containerPort": 4000}, {"containerPort": 1}]});
        container[key] = value;
        probe(&container, which)
    }

    #[test]
    fn a_probe_is_a_sentence() {
        for (which, value, sentence) in [
            (
                Probe::Readiness,
                json!({"httpGet": {"path": "/health", "port": "web", "scheme": "HTTP"}, "periodSeconds": 3, "failureThreshold": 3, "timeoutSeconds": 1}),
                "GET http://:4000/health every 3 s, fails after 3 misses in a row (9 s), waits 1 s for an answer",
            ),
            (
                Probe::Liveness,
                json!({"httpGet": {"path": "live", "port": "unknown", "scheme": "HTTPS", "host": "h"}, "failureThreshold": 1, "initialDelaySeconds": 90}),
                "GET https://h:unknown/live every 10 s, fails after 1 miss, waits 1 s for an answer, first after 1m30s",
            ),
            (
                Probe::Startup,
                json!({"tcpSocket": {"port": 6379}, "failureThreshold": 30}),
                "TCP connection to :6379 every 10 s, gives the container up to 5m to start, waits 1 s for an answer",
            ),
            (
                Probe::Readiness,
                json!({"exec": {"command": ["cat", "/a b"]}, "successThreshold": 2}),
                "runs cat '/a b' every 10 s, fails after 3 misses in a row (30 s), passes after 2 answers in a row, waits 1 s for an answer",
            ),
            (
                Probe::Readiness,
                json!({"grpc": {"port": 9000, "service": "db"}}),
                "gRPC health check of db on port 9000 every 10 s, fails after 3 misses in a row (30 s), waits 1 s for an answer",
            ),
            (Probe::Liveness, Value::Null, ""),
        ] {
            assert_eq!(told(which, value), sentence);
        }
    }

    #[test]
    fn numbers_that_no_server_sends_do_no_harm() {
        let value = json!({"exec": {}, "periodSeconds": i64::MAX, "failureThreshold": i64::MAX, "initialDelaySeconds": i64::MAX});
        assert!(told(Probe::Startup, value).starts_with("runs"));
        assert_eq!(
            told(Probe::Startup, json!({})),
            "something else (see the YAML) every 10 s, gives the container up to 30 s to start, waits 1 s for an answer"
        );
    }

    #[test]
    fn a_hook_says_what_it_does() {
        let container = json!({"lifecycle": {"preStop": {"sleep": {"seconds": 5}}, "postStart": {"exec": {"command": ["warm"]}}}});
        assert_eq!(hook(&container, "/lifecycle/preStop"), "sleeps 5 s");
        assert_eq!(hook(&container, "/lifecycle/postStart"), "runs warm");
        assert_eq!(hook(&json!({}), "/lifecycle/preStop"), "");
    }
}
