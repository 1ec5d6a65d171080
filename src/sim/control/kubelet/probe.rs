//! Startup, readiness and liveness probes. A probe is asked only while its answer is news or a failure.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::command::{self, Serves};
use super::health::{Answer, Health};
use super::record::Container;

/// The three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Startup,
    Readiness,
    Liveness,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Startup, Self::Readiness, Self::Liveness];

    pub fn field(self) -> &'static str {
        match self {
            Self::Startup => "startupProbe",
            Self::Readiness => "readinessProbe",
            Self::Liveness => "livenessProbe",
        }
    }

    /// As events and messages call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Readiness => "Readiness",
            Self::Liveness => "Liveness",
        }
    }
}

/// How one probe stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// When it is asked next; `None`: nothing new is expected.
    pub next: Option<Timestamp>,
    pub fails: u32,
    pub passes: u32,
    /// What was concluded last.
    pub passed: bool,
}

/// The probes of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    pub startup: Probe,
    pub readiness: Probe,
    pub liveness: Probe,
}

impl Probes {
    pub fn get(&self, kind: Kind) -> &Probe {
        match kind {
            Kind::Startup => &self.startup,
            Kind::Readiness => &self.readiness,
            Kind::Liveness => &self.liveness,
        }
    }

    pub fn get_mut(&mut self, kind: Kind) -> &mut Probe {
        match kind {
            Kind::Startup => &mut self.startup,
            Kind::Readiness => &mut self.readiness,
            Kind::Liveness => &mut self.liveness,
        }
    }

    pub fn due(&self) -> Option<Timestamp> {
        Kind::ALL.iter().filter_map(|kind| self.get(*kind).next).min()
    }
}

/// What asking came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing has been concluded.
    Open,
    Passed,
    Failed,
}

/// The container's own word on a probe, in seconds or times.
fn number(container: &Container, kind: Kind, field: &str, default: i64) -> i64 {
    container.spec[kind.field()][field].as_i64().unwrap_or(default)
}

/// When a probe is asked next, at or after a time: it is asked in the rhythm that began with the container.
pub fn tick(container: &Container, kind: Kind, since: Timestamp, now: Timestamp) -> Timestamp {
    let period = number(container, kind, "periodSeconds", 10).max(1) * 1000;
    // The first answer comes a moment after the start, even without a delay.
    let base = since + SignedDuration::from_millis(number(container, kind, "initialDelaySeconds", 0).max(0) * 1000 + 700);
    let passed = now.duration_since(base).as_millis();
    if passed <= 0 {
        return base;
    }
    let ticks = i64::try_from(passed).unwrap_or(0).div_euclid(period) + 1;
    base + SignedDuration::from_millis(ticks * period)
}

/// A probe has this answer: what is concluded, and when it is asked again.
pub fn asked(container: &mut Container, kind: Kind, passes: bool, now: Timestamp) -> Verdict {
    let period = number(container, kind, "periodSeconds", 10).max(1);
    let (enough_passes, enough_fails) = (
        number(container, kind, "successThreshold", 1).max(1),
        number(container, kind, "failureThreshold", 3).max(1),
    );
    let probe = container.probes.get_mut(kind);
    if passes {
        (probe.passes, probe.fails) = (probe.passes + 1, 0);
        if i64::from(probe.passes) >= enough_passes {
            (probe.passes, probe.passed, probe.next) = (0, true, None);
            return Verdict::Passed;
        }
        probe.next = Some(now + SignedDuration::from_secs(period));
        return Verdict::Open;
    }
    (probe.fails, probe.passes) = (probe.fails + 1, 0);
    // What fails for long is told of less often: the thousandth event says no more than the tenth.
    let pause = if probe.fails > 10 { period.max(30) } else { period };
    probe.next = Some(now + SignedDuration::from_secs(pause));
    if i64::from(probe.fails) >= enough_fails {
        probe.passed = false;
        return Verdict::Failed;
    }
    Verdict::Open
}

/// What a probe of a running container meets: `Err` with the words of the failure.
pub fn ask(container: &Container, kind: Kind, health: Health, ip: &str) -> Result<(), String> {
    let spec = &container.spec[kind.field()];
    let answer = match kind {
        Kind::Liveness => health.liveness,
        Kind::Startup | Kind::Readiness => health.readiness,
    };
    if let Some(command) = spec["exec"]["command"].as_array() {
        let words: Vec<String> = command.iter().filter_map(|w| w.as_str().map(str::to_owned)).collect();
        command::probe(&words)?;
        return match answer {
            Answer::Well => Ok(()),
            Answer::Status(code) if code < 400 => Ok(()),
            Answer::Status(_) | Answer::Refuses => Err(String::new()),
            Answer::Hangs => Err(format!("command {:?} timed out", words.join(" "))),
        };
    }
    if spec["httpGet"].is_object() {
        return http(container, &spec["httpGet"], answer, ip);
    }
    if spec["tcpSocket"].is_object() {
        let port = port(container, &spec["tcpSocket"]["port"]);
        return match answer {
            Answer::Refuses => Err(refused(ip, port)),
            Answer::Hangs => Err(format!("dial tcp {ip}:{port}: i/o timeout")),
            _ if !listens(container, port) => Err(refused(ip, port)),
            _ => Ok(()),
        };
    }
    match answer {
        Answer::Well => Ok(()),
        Answer::Status(code) if code < 400 => Ok(()),
        _ => Err("service unhealthy (responded with \"NOT_SERVING\")".to_owned()),
    }
}

fn http(container: &Container, spec: &Value, answer: Answer, ip: &str) -> Result<(), String> {
    let port = port(container, &spec["port"]);
    let path = spec["path"].as_str().unwrap_or("/");
    let scheme = spec["scheme"].as_str().unwrap_or("HTTP").to_ascii_lowercase();
    let url = format!("Get \"{scheme}://{ip}:{port}{path}\"");
    if answer == Answer::Refuses || !listens(container, port) {
        return Err(format!("{url}: {}", refused(ip, port)));
    }
    match answer {
        Answer::Hangs => Err(format!(
            "{url}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        )),
        Answer::Status(code) if code >= 400 => Err(format!("HTTP probe failed with statuscode: {code}")),
        _ if !answers(path) => Err("HTTP probe failed with statuscode: 404".to_owned()),
        _ => Ok(()),
    }
}

fn refused(ip: &str, port: i64) -> String {
    format!("dial tcp {ip}:{port}: connect: connection refused")
}

/// A port by number or by name; 0 if there is no such name.
fn port(container: &Container, port: &Value) -> i64 {
    let ports = || container.spec["ports"].as_array().into_iter().flatten();
    match port.as_str() {
        Some(name) => {
            let named = ports().find(|p| p["name"] == *name);
            named
                .and_then(|p| p["containerPort"].as_i64())
                .or_else(|| name.parse().ok())
                .unwrap_or(0)
        }
        None => port.as_i64().unwrap_or(0),
    }
}

/// Whether the container listens there: on the ports that it declares, or anywhere if it declares none.
fn listens(container: &Container, port: i64) -> bool {
    if container.course.serves == Serves::Nothing || port == 0 {
        return false;
    }
    match container.spec["ports"].as_array() {
        Some(ports) if !ports.is_empty() => ports.iter().any(|p| p["containerPort"] == port),
        _ => true,
    }
}

/// Paths under which the platform's applications answer; any other is not found.
fn answers(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    let known = [
        "health",
        "ready",
        "readiness",
        "live",
        "liveness",
        "ping",
        "status",
        "metrics",
        "startup",
        "api",
        "login",
    ];
    let known_part = |part: &str| part.is_empty() || known.iter().any(|word| part.trim_start_matches('-').starts_with(word));
    path == "/" || path.split('/').skip(1).any(|part| !part.is_empty() && known_part(part))
}
