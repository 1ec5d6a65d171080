//! Programs that look at the network: what they find follows from services, endpoints and physics.

use jiff::SignedDuration;

use super::{Output, Shell};
use crate::sim::kube::sessions::http;
use crate::sim::store::Stored;
use crate::sim::world::World;

/// What is behind a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// Something accepts: a pod (namespace, name) and its port, if it is one.
    Open(String, Option<(String, String, u16)>),
    Refused(String),
    /// Nobody knows the name.
    Unresolved,
    /// Packets get lost.
    Silent(String),
}

/// Runs one of the programs. `None`: this container has none of this name.
pub fn run(shell: &Shell, world: &World, name: &str, arguments: &[String]) -> Option<Output> {
    Some(match name {
        "pg_isready" => pg_isready(shell, world, arguments),
        "nc" => nc(shell, world, arguments),
        "nslookup" | "getent" => lookup(shell, world, name, arguments),
        "wget" | "curl" => fetch(shell, world, name, arguments),
        "ping" => {
            let host = arguments.iter().rfind(|a| !a.starts_with('-')).map_or("", String::as_str);
            match address(shell, world, host) {
                None => Output::fails(1, format!("ping: bad address '{host}'\n")),
                Some(_) => Output::fails(1, "ping: permission denied (are you root?)\n"),
            }
        }
        "redis-cli" if shell.place.is("redis") => Output::says("PONG\n"),
        _ => return None,
    })
}

/// The value of `-h`, `-hVALUE` or `--host=VALUE`.
fn option<'a>(arguments: &'a [String], short: &str, long: &str) -> Option<&'a str> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == short || word == long {
            return words.next().map(String::as_str);
        }
        let joined = word.strip_prefix(long).and_then(|v| v.strip_prefix('='));
        let short = word.strip_prefix(short).filter(|_| !word.starts_with("--"));
        if let Some(value) = joined.or(short) {
            return Some(value);
        }
    }
    None
}

fn pg_isready(shell: &Shell, world: &World, arguments: &[String]) -> Output {
    let env = |name: &str| shell.env().get(name).map(String::as_str);
    let given = option(arguments, "-h", "--host")
        .or_else(|| option(arguments, "-d", "--dbname"))
        .or(env("PGHOST"));
    // A connection string names the host between `@` and the next mark.
    let given = given
        .map(|g| g.rsplit_once('@').map_or(g, |(_, rest)| rest))
        .map(|g| g.split(['/', '?']).next().unwrap_or(g));
    let (host, port) = given.map_or((None, None), |g| match g.split_once(':') {
        Some((host, port)) => (Some(host), Some(port)),
        None => (Some(g), None),
    });
    let port = option(arguments, "-p", "--port").or(port).or(env("PGPORT")).unwrap_or("5432");
    let Ok(number) = port.parse::<u16>() else {
        return Output::fails(3, format!("pg_isready: error: invalid port number: \"{port}\"\n"));
    };
    let quiet = arguments.iter().any(|a| a == "-q" || a == "--quiet");
    let shown = host.map_or_else(|| format!("/var/run/postgresql:{port}"), |host| format!("{host}:{port}"));
    let reach = match host {
        None if shell.place.is("postgres") => Reach::Open(String::new(), None),
        None => Reach::Unresolved,
        Some(host) => reach(shell, world, host, number),
    };
    let (words, code, takes) = match reach {
        Reach::Open(..) => ("accepting connections", 0, 0),
        Reach::Refused(_) | Reach::Unresolved => ("no response", 2, 0),
        Reach::Silent(_) => ("no response", 2, 3),
    };
    Output {
        code,
        takes: SignedDuration::from_secs(takes),
        ..Output::says(if quiet { String::new() } else { format!("{shown} - {words}\n") })
    }
}

fn nc(shell: &Shell, world: &World, arguments: &[String]) -> Output {
    let mut words: Vec<&String> = Vec::new();
    let (mut timeout, mut verbose, mut rest) = (None, false, arguments.iter());
    while let Some(word) = rest.next() {
        match word.strip_prefix('-') {
            Some(flags) => {
                verbose |= flags.contains('v');
                if flags.ends_with('w') {
                    timeout = rest.next().and_then(|t| t.parse::<i64>().ok());
                }
            }
            None => words.push(word),
        }
    }
    let [host, port, ..] = words.as_slice() else {
        return Output::fails(1, "BusyBox v1.37.0 multi-call binary.\n\nUsage: nc [OPTIONS] HOST PORT\n");
    };
    let Ok(number) = port.parse::<u16>() else {
        return Output::fails(1, format!("nc: bad port '{port}'\n"));
    };
    match reach(shell, world, host, number) {
        Reach::Open(ip, _) if verbose => Output::fails(0, format!("{host} ({ip}:{number}) open\n")),
        Reach::Open(..) => Output::default(),
        Reach::Refused(ip) if verbose => Output::fails(1, format!("nc: {host} ({ip}:{number}): Connection refused\n")),
        Reach::Refused(_) => Output::fails(1, ""),
        Reach::Unresolved => Output::fails(1, format!("nc: bad address '{host}'\n")),
        Reach::Silent(ip) => Output {
            takes: SignedDuration::from_secs(timeout.unwrap_or(127).clamp(0, 127)),
            ..Output::fails(1, format!("nc: {host} ({ip}:{number}): Operation timed out\n"))
        },
    }
}

fn lookup(shell: &Shell, world: &World, name: &str, arguments: &[String]) -> Output {
    let host = arguments.iter().rfind(|a| !a.starts_with('-')).map_or("", String::as_str);
    match (name, address(shell, world, host)) {
        ("getent", Some(ip)) => Output::says(format!("{ip}         {host}\n")),
        ("getent", None) => Output::fails(2, ""),
        (_, Some(ip)) => Output::says(format!(
            "Server:\t\t10.100.0.10\nAddress:\t10.100.0.10:53\n\nName:\t{host}\nAddress: {ip}\n\n"
        )),
        (_, None) => Output {
            stdout: b"Server:\t\t10.100.0.10\nAddress:\t10.100.0.10:53\n\n".to_vec(),
            ..Output::fails(1, format!("** server can't find {host}: NXDOMAIN\n"))
        },
    }
}

fn fetch(shell: &Shell, world: &World, name: &str, arguments: &[String]) -> Output {
    // No container of this platform has both; those with an own server have wget of busybox.
    let url = arguments.iter().rfind(|a| !a.starts_with('-')).map_or("", String::as_str);
    let plain = url.strip_prefix("http://").unwrap_or(url);
    let (authority, path) = plain.split_once('/').map_or((plain, "/".to_owned()), |(a, p)| (a, format!("/{p}")));
    let (host, port) = authority
        .split_once(':')
        .map_or((authority, Some(80)), |(h, p)| (h, p.parse::<u16>().ok()));
    let Some(port) = port.filter(|_| !plain.starts_with("https://")) else {
        return Output::fails(1, format!("{name}: not an http url: {url}\n"));
    };
    let (wget, failed) = (name == "wget", if name == "wget" { 1 } else { 7 });
    let answer = match reach(shell, world, host, port) {
        Reach::Open(_, Some((namespace, pod, port))) => {
            let pod = world.store.get("pods", &namespace, &pod);
            pod.and_then(|pod| http::answer(world, pod, port, &path))
        }
        Reach::Open(..) => None,
        Reach::Refused(ip) => {
            let why = if wget {
                format!("wget: can't connect to remote host ({ip}): Connection refused\n")
            } else {
                format!("curl: (7) Failed to connect to {host} port {port}: Connection refused\n")
            };
            return Output::fails(failed, why);
        }
        Reach::Unresolved => {
            let why = if wget {
                format!("wget: bad address '{authority}'\n")
            } else {
                format!("curl: (6) Could not resolve host: {host}\n")
            };
            return Output::fails(if wget { 1 } else { 6 }, why);
        }
        Reach::Silent(_) => {
            return Output {
                takes: SignedDuration::from_secs(10),
                ..Output::fails(if wget { 1 } else { 28 }, format!("{name}: download timed out\n"))
            };
        }
    };
    let Some(answer) = answer else {
        return Output::fails(failed, format!("{name}: error getting response\n"));
    };
    let spider = arguments.iter().any(|a| a == "--spider");
    let failing = wget && answer.code >= 400;
    Output {
        stdout: if failing || spider { Vec::new() } else { answer.body.into_bytes() },
        stderr: if failing {
            format!("wget: server returned error: HTTP/1.1 {}\n", answer.code).into_bytes()
        } else {
            Vec::new()
        },
        code: i32::from(failing),
        takes: answer.latency,
    }
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// The service that a name means from here: `backend`, `backend.default`, `backend.default.svc.cluster.local`.
fn service<'w>(shell: &Shell, world: &'w World, host: &str) -> Option<&'w Stored> {
    let mut parts = host.trim_end_matches('.').split('.');
    let name = parts.next()?;
    let namespace = parts.next().unwrap_or(&shell.place.namespace);
    let rest: Vec<&str> = parts.collect();
    if !matches!(rest.as_slice(), [] | ["svc"] | ["svc", "cluster", "local"]) {
        return None;
    }
    world.store.get("services", namespace, name).map(|s| &**s)
}

/// An address for a name outside of the cluster: always the same for the same name.
fn outside(host: &str) -> String {
    let hash = host.bytes().fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ u32::from(byte));
    format!("10.0.{}.{}", hash >> 8 & 0x7f, hash % 250 + 2)
}

/// Names outside of the cluster that exist.
fn exists_outside(host: &str) -> bool {
    [
        ".amazonaws.com",
        ".solia-invest.com",
        ".stripe.com",
        ".ghcr.io",
        "ghcr.io",
        "solia-invest.com",
    ]
    .iter()
    .any(|end| host.ends_with(end))
}

fn address(shell: &Shell, world: &World, host: &str) -> Option<String> {
    if is_local(host) {
        return Some("127.0.0.1".to_owned());
    }
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(host.to_owned());
    }
    if host == shell.place.pod {
        return Some(shell.place.ip.clone());
    }
    if let Some(service) = service(shell, world, host) {
        let service = service.value();
        return match service["spec"]["externalName"].as_str() {
            Some(name) => Some(outside(name)),
            None => service["spec"]["clusterIP"].as_str().filter(|ip| *ip != "None").map(str::to_owned),
        };
    }
    exists_outside(host).then(|| outside(host))
}

fn reach(shell: &Shell, world: &World, host: &str, port: u16) -> Reach {
    let Some(ip) = address(shell, world, host) else {
        return Reach::Unresolved;
    };
    let own = |namespace: &str, name: &str| match world.store.get("pods", namespace, name) {
        Some(pod) if http::listens(pod, port) => Reach::Open(ip.clone(), Some((namespace.to_owned(), name.to_owned(), port))),
        _ => Reach::Refused(ip.clone()),
    };
    if is_local(host) || ip == shell.place.ip {
        return own(&shell.place.namespace, &shell.place.pod);
    }
    if let Some(service) = service(shell, world, host) {
        let document = service.value();
        if document["spec"]["externalName"].is_string() {
            // A database without a free slot answers all the same: it is asked who comes, and says no then. So it is to
            // `pg_isready`, too, which takes any such no for an answer.
            return Reach::Open(ip, None);
        }
        return match http::behind(world, service, port) {
            http::Behind::Pod(namespace, name, port) => Reach::Open(ip, Some((namespace, name, port))),
            http::Behind::Nobody => Reach::Refused(ip),
            http::Behind::NoSuchPort => Reach::Silent(ip),
        };
    }
    if exists_outside(host) {
        return Reach::Open(ip, None);
    }
    let pod = world.store.list("pods", None).find(|p| p.value()["status"]["podIP"] == *ip);
    match pod {
        Some(pod) => own(&pod.key.namespace, &pod.key.name),
        None => Reach::Silent(ip),
    }
}
