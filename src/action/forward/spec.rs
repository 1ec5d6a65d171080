//! What is asked of a forward, as plain data: what is saved, and what kubectl's line says.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::action::{Action, Given, KindName, LocalPort, Place, Port, PortForward, Ref, Scope, Verb, Word};
use crate::model::{Known, Problem, ProblemKind};

/// What is reached by forwards: pods, and what selects pods.
pub const KINDS: [Known; 7] = [
    Known::Pod,
    Known::Service,
    Known::Deployment,
    Known::StatefulSet,
    Known::DaemonSet,
    Known::ReplicaSet,
    Known::Job,
];

/// More ports than this in one forward are a mistake.
const MOST_PORTS: usize = 32;

/// A forward that somebody wants. Names in it are fit to stand in a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub struct ForwardSpec {
    /// The environment's name.
    pub environment: String,
    pub namespace: String,
    /// One of the kinds that lead to pods.
    pub kind: Known,
    pub name: String,
    /// Never empty.
    pub ports: Vec<ForwardPort>,
    /// Where it listens on this machine. Never empty; loopback unless somebody said otherwise.
    pub addresses: Vec<IpAddr>,
}

/// A port here that leads to a port there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardPort {
    pub local: Local,
    pub remote: Remote,
}

/// The port on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// The number of the remote port, as the service or the pod calls it.
    Same,
    /// Any that is free.
    Any,
    Number(u16),
}

/// The port over there: of a service its port, of all others a container's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    Number(u16),
    Name(String),
}

impl ForwardSpec {
    /// The forward that an action asks for.
    ///
    /// # Errors
    /// Something in it is still to be filled in, or is nothing that can be forwarded to.
    pub fn of(action: &PortForward, environment: &str, namespace: &str) -> Result<Self, Problem> {
        let KindName::Known(kind) = action.object.kind else {
            return Err(no_way(&action.object.kind.singular().said()));
        };
        let spec = Self {
            environment: environment.to_owned(),
            namespace: namespace.to_owned(),
            kind,
            name: plain(&action.object.name)?.to_owned(),
            ports: action.ports.iter().map(ForwardPort::of).collect::<Result<_, _>>()?,
            addresses: addresses(action.address.iter().map(plain))?,
        };
        spec.checked()
    }

    fn checked(self) -> Result<Self, Problem> {
        if !KINDS.contains(&self.kind) {
            return Err(no_way(&self.kind.info().name.to_lowercase()));
        }
        for name in [&self.namespace, &self.name] {
            if !is_name(name) {
                return Err(wrong(format!("{name:?} is no name of an object")));
            }
        }
        if self.ports.is_empty() || self.ports.len() > MOST_PORTS {
            return Err(wrong(format!("a forward has 1 to {MOST_PORTS} ports, not {}", self.ports.len())));
        }
        Ok(self)
    }

    /// The object, as kubectl names it: `service/backend`, `pod/web-0`.
    pub fn object(&self) -> String {
        self.reference().word().said()
    }

    fn reference(&self) -> Ref {
        Ref::new(self.kind, self.name.as_str())
    }

    /// Whether somebody else on the network could reach it.
    pub fn is_open_to_others(&self) -> bool {
        self.addresses.iter().any(|address| !address.is_loopback())
    }

    /// The action, to be printed, audited and planned; in this context where one is given.
    pub fn action(&self, context: Option<&str>) -> Action {
        let default = self.addresses == [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let address = self.addresses.iter().filter(|_| !default);
        Action {
            place: Place {
                context: context.map(Word::from),
                scope: Scope::Namespace(self.namespace.as_str().into()),
            },
            verb: Verb::PortForward(PortForward {
                object: self.reference(),
                ports: self.ports.iter().map(ForwardPort::action).collect(),
                address: address.map(|address| address.to_string().into()).collect(),
            }),
        }
    }
}

/// kubectl's line.
impl fmt::Display for ForwardSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action(None).fmt(f)
    }
}

impl ForwardPort {
    fn of(port: &Port) -> Result<Self, Problem> {
        let local = match &port.local {
            LocalPort::Same => Local::Same,
            LocalPort::Any | LocalPort::Number(Given::Value(0)) => Local::Any,
            LocalPort::Number(Given::Value(number)) => Local::Number(*number),
            LocalPort::Number(Given::Open(word)) => return Err(open(word)),
        };
        let remote = plain(&port.remote)?.parse()?;
        Ok(Self { local, remote })
    }

    /// The number to listen on, where that is known before the cluster was asked; 0 is any that is free.
    pub fn number_here(&self) -> Option<u16> {
        match (self.local, &self.remote) {
            (Local::Any, _) => Some(0),
            (Local::Number(number), _) => Some(number),
            (Local::Same, Remote::Number(number)) => Some(*number),
            (Local::Same, Remote::Name(_)) => None,
        }
    }

    fn action(&self) -> Port {
        Port {
            local: match self.local {
                Local::Same => LocalPort::Same,
                Local::Any => LocalPort::Any,
                Local::Number(number) => LocalPort::Number(Given::Value(number)),
            },
            remote: self.remote.to_string().into(),
        }
    }
}

impl FromStr for Remote {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let named = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && text.bytes().any(|b| b.is_ascii_alphabetic());
        match text.parse::<u16>() {
            Ok(number) if number > 0 => Ok(Self::Number(number)),
            Err(_) if named && text.len() <= 63 => Ok(Self::Name(text.to_owned())),
            _ => {
                Err(wrong(format!("{text:?} is no port")).hint("a number up to 65535, or the name that a service or a container gives it"))
            }
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// `8080:http`, `:80`, `80`.
impl fmt::Display for ForwardPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.local {
            Local::Same => self.remote.fmt(f),
            Local::Any => write!(f, ":{}", self.remote),
            Local::Number(number) => write!(f, "{number}:{}", self.remote),
        }
    }
}

impl FromStr for ForwardPort {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (local, remote) = match text.split_once(':') {
            None => (Local::Same, text),
            Some(("" | "0", remote)) => (Local::Any, remote),
            Some((local, remote)) => {
                let number = local.parse().map_err(|_| wrong(format!("{local:?} is no port of this machine")))?;
                (Local::Number(number), remote)
            }
        };
        let remote = remote.parse()?;
        Ok(Self { local, remote })
    }
}

/// As it stands in the file.
#[derive(Clone, Serialize, Deserialize)]
struct Saved {
    environment: String,
    namespace: String,
    object: String,
    ports: Vec<String>,
    #[serde(default)]
    addresses: Vec<String>,
}

impl From<ForwardSpec> for Saved {
    fn from(spec: ForwardSpec) -> Self {
        Self {
            object: spec.object(),
            ports: spec.ports.iter().map(ToString::to_string).collect(),
            addresses: spec.addresses.iter().map(ToString::to_string).collect(),
            environment: spec.environment,
            namespace: spec.namespace,
        }
    }
}

impl TryFrom<Saved> for ForwardSpec {
    type Error = Problem;

    fn try_from(saved: Saved) -> Result<Self, Problem> {
        let (kind, name) = saved
            .object
            .split_once('/')
            .ok_or_else(|| wrong(format!("{:?} is not kind/name", saved.object)))?;
        let KindName::Known(kind) = KindName::of(kind.into()) else {
            return Err(no_way(kind));
        };
        let spec = Self {
            kind,
            name: name.to_owned(),
            ports: saved.ports.iter().map(|port| port.parse()).collect::<Result<_, _>>()?,
            addresses: addresses(saved.addresses.iter().map(|address| Ok(address.as_str())))?,
            environment: saved.environment,
            namespace: saved.namespace,
        };
        spec.checked()
    }
}

/// Loopback where none is named.
fn addresses<'a>(named: impl Iterator<Item = Result<&'a str, Problem>>) -> Result<Vec<IpAddr>, Problem> {
    let mut all = Vec::new();
    for name in named {
        let address = match name?.trim_matches(['[', ']']) {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            text => text
                .parse()
                .map_err(|_| wrong(format!("{text:?} is no address of this machine")).hint("an IP address, or localhost"))?,
        };
        if !all.contains(&address) {
            all.push(address);
        }
    }
    if all.is_empty() {
        all.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    Ok(all)
}

/// Whether an API server would take it as a name: then it is harmless in a path.
fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    (1..=253).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with(['.', '-']) && !text.ends_with(['.', '-'])
}

fn plain(word: &Word) -> Result<&str, Problem> {
    word.plain().ok_or_else(|| open(word))
}

fn open(word: &Word) -> Problem {
    wrong(format!("{} is still to be filled in", word.said()))
}

fn no_way(kind: &str) -> Problem {
    wrong(format!("no port leads to {kind}")).hint("pod, service, deployment, statefulset, daemonset, replicaset or job")
}

fn wrong(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Config, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::kubectl;

    fn read(line: &str) -> Result<ForwardSpec, Problem> {
        let action = kubectl::parse(&format!("kubectl port-forward {line}")).unwrap();
        let Verb::PortForward(forward) = &action.verb else {
            panic!("{line}")
        };
        ForwardSpec::of(forward, "prod", "solia")
    }

    #[test]
    fn what_kubectl_says_is_what_is_wanted_saved_and_printed() {
        for (line, printed) in [
            ("svc/backend 8080:http", "kubectl -n solia port-forward service/backend 8080:http"),
            ("web-0 :80 5432", "kubectl -n solia port-forward web-0 :80 5432"),
            (
                "deploy/web 8080:80 --address localhost",
                "kubectl -n solia port-forward deployment/web 8080:80",
            ),
            (
                "sts/db 5432 --address 0.0.0.0,::1",
                "kubectl -n solia port-forward statefulset/db 5432 --address=0.0.0.0,::1",
            ),
        ] {
            let spec = read(line).unwrap();
            assert_eq!(spec.to_string(), printed);
            let saved = toml::to_string(&spec).unwrap();
            assert_eq!(toml::from_str::<ForwardSpec>(&saved).unwrap(), spec, "{saved}");
        }
    }

    #[test]
    fn the_port_here_is_known_unless_only_the_service_knows_it() {
        for (port, number) in [
            ("80", Some(80)),
            ("http", None),
            (":http", Some(0)),
            ("0:80", Some(0)),
            ("8080:http", Some(8080)),
        ] {
            assert_eq!(port.parse::<ForwardPort>().unwrap().number_here(), number, "{port}");
        }
    }

    #[test]
    fn it_listens_on_loopback_unless_asked() {
        assert!(!read("web 80").unwrap().is_open_to_others());
        assert!(!read("web 80 --address ::1").unwrap().is_open_to_others());
        assert!(read("web 80 --address 0.0.0.0").unwrap().is_open_to_others());
    }

    #[test]
    fn what_is_no_forward_is_told_in_a_sentence() {
        for (line, said) in [
            ("$POD 80", "$POD is still to be filled in"),
            ("svc/backend $PORT:80", "$PORT is still to be filled in"),
            ("ingress/web 80", "no port leads to ingress"),
            ("certificates/web 80", "no port leads to certificates"),
            ("web 80 --address example.com", "\"example.com\" is no address of this machine"),
        ] {
            assert_eq!(&*read(line).unwrap_err().text, said, "{line}");
        }
    }

    #[test]
    fn a_saved_forward_that_somebody_wrote_cannot_lead_elsewhere() {
        let saved = |object: &str, port: &str| {
            toml::from_str::<ForwardSpec>(&format!(
                "environment = 'prod'\nnamespace = 'solia'\nobject = '{object}'\nports = ['{port}']"
            ))
        };
        assert!(saved("pod/web", "80").is_ok());
        for (object, port) in [
            ("pod/../secrets/x", "80"),
            ("pod/web?x", "80"),
            ("secret/web", "80"),
            ("web", "80"),
            ("pod/web", "0"),
            ("pod/web", "99999"),
            ("pod/web", "x:80"),
            ("pod/web", "a/b"),
        ] {
            assert!(saved(object, port).is_err(), "{object} {port}");
        }
    }
}
