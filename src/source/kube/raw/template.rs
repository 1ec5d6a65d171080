//! Pod templates, read so that two revisions can be compared: what a person asks about by name, and fingerprints of
//! the rest. Values of variables are never kept.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::MapAccess;

use super::fields::{Amount, List, Maybe, Pairs, Text};
use super::fingerprint::{Fields, Fingerprint, Took, WithRest, of};
use super::strings::Strings;
use crate::model::{Bounds, Part, Template, Time, clean};

/// What `kubectl rollout restart` writes, for no other purpose than that the template is another one.
const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// What replica sets have on top of the deployment's template.
const HASH: &str = "pod-template-hash";

/// The pod template of a workload.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawTemplate<'a> {
    #[serde(borrow)]
    metadata: Maybe<Metadata<'a>>,
    spec: WithRest<Spec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    labels: Pairs<'a>,
    annotations: Pairs<'a>,
}

/// `spec` of a template.
#[derive(Debug, Default)]
pub struct Spec<'a> {
    init_containers: List<WithRest<Container<'a>>>,
    containers: List<WithRest<Container<'a>>>,
    volumes: List<WithRest<Volume<'a>>>,
    service_account: Text<'a>,
    node_selector: Pairs<'a>,
}

impl<'de: 'a, 'a> Fields<'de> for Spec<'a> {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "initContainers" => self.init_containers = map.next_value()?,
            "containers" => self.containers = map.next_value()?,
            "volumes" => self.volumes = map.next_value()?,
            "serviceAccountName" => self.service_account = map.next_value()?,
            // The old name of the same, which the server keeps equal.
            "serviceAccount" => drop(map.next_value::<Text>()?),
            "nodeSelector" => self.node_selector = map.next_value()?,
            _ => return Ok(Took::No),
        }
        Ok(Took::Yes)
    }
}

#[derive(Debug, Default)]
struct Container<'a> {
    name: Text<'a>,
    image: Text<'a>,
    env: List<Variable<'a>>,
    env_from: List<WithRest<Source<'a>>>,
    resources: WithRest<Resources>,
    command: Fingerprint,
    args: Fingerprint,
    /// Liveness, readiness, startup.
    probes: [Fingerprint; 3],
}

impl<'de: 'a, 'a> Fields<'de> for Container<'a> {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "name" => self.name = map.next_value()?,
            "image" => self.image = map.next_value()?,
            "env" => self.env = map.next_value()?,
            "envFrom" => self.env_from = map.next_value()?,
            "resources" => self.resources = map.next_value()?,
            "command" => self.command = map.next_value()?,
            "args" => self.args = map.next_value()?,
            "livenessProbe" => self.probes[0] = map.next_value()?,
            "readinessProbe" => self.probes[1] = map.next_value()?,
            "startupProbe" => self.probes[2] = map.next_value()?,
            _ => return Ok(Took::No),
        }
        Ok(Took::Yes)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Variable<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    value: Text<'a>,
    value_from: WithRest<Source<'a>>,
}

#[derive(Debug, Default)]
struct Resources {
    requests: WithRest<Amounts>,
    limits: WithRest<Amounts>,
}

impl<'de> Fields<'de> for Resources {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "requests" => self.requests = map.next_value()?,
            "limits" => self.limits = map.next_value()?,
            _ => return Ok(Took::No),
        }
        Ok(Took::Yes)
    }
}

#[derive(Debug, Default)]
struct Amounts {
    cpu: Amount,
    memory: Amount,
}

impl<'de> Fields<'de> for Amounts {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "cpu" => self.cpu = map.next_value()?,
            "memory" => self.memory = map.next_value()?,
            _ => return Ok(Took::No),
        }
        Ok(Took::Yes)
    }
}

/// Where variables or files come from: `envFrom`, `valueFrom`, a volume or a part of a projected one.
#[derive(Debug, Default)]
struct Source<'a> {
    config_map: WithRest<Named<'a>>,
    secret: WithRest<Named<'a>>,
    claim: WithRest<Named<'a>>,
}

impl<'de: 'a, 'a> Fields<'de> for Source<'a> {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "configMap" | "configMapRef" | "configMapKeyRef" => self.config_map = map.next_value()?,
            "secret" | "secretRef" | "secretKeyRef" => self.secret = map.next_value()?,
            "persistentVolumeClaim" => self.claim = map.next_value()?,
            _ => return Ok(Took::No),
        }
        Ok(Took::Yes)
    }
}

/// A volume: a source, or several that are projected into one.
#[derive(Debug, Default)]
struct Volume<'a> {
    own: Source<'a>,
    projected: WithRest<Projected<'a>>,
}

impl<'de: 'a, 'a> Fields<'de> for Volume<'a> {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "projected" => self.projected = map.next_value()?,
            field => return self.own.read(field, map),
        }
        Ok(Took::Yes)
    }
}

#[derive(Debug, Default)]
struct Projected<'a> {
    sources: List<WithRest<Source<'a>>>,
}

impl<'de: 'a, 'a> Fields<'de> for Projected<'a> {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "sources" => self.sources = map.next_value()?,
            _ => return Ok(Took::No),
        }
        Ok(Took::Yes)
    }
}

/// What another object is called, in the words of all the places where one is.
#[derive(Debug, Default)]
struct Named<'a>(Text<'a>);

impl<'de: 'a, 'a> Fields<'de> for Named<'a> {
    fn read<A: MapAccess<'de>>(&mut self, field: &str, map: &mut A) -> Result<Took, A::Error> {
        match field {
            "name" | "secretName" | "claimName" => self.0 = map.next_value()?,
            _ => return Ok(Took::No),
        }
        Ok(Took::Yes)
    }
}

/// The names of other objects that a template uses.
#[derive(Default)]
struct Used<'r> {
    config_maps: Vec<&'r str>,
    secrets: Vec<&'r str>,
    claims: Vec<&'r str>,
}

impl<'r> Used<'r> {
    /// Takes the names of a source; what else it says comes back as a fingerprint.
    fn take(&mut self, source: &'r Source<'_>) -> u64 {
        self.config_maps.push(&source.config_map.0);
        self.secrets.push(&source.secret.0);
        self.claims.push(&source.claim.0);
        of((source.config_map.rest, source.secret.rest, source.claim.rest))
    }
}

fn names(mut names: Vec<&str>, strings: &mut Strings) -> Box<[Arc<str>]> {
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| strings.get(name)).collect()
}

impl RawTemplate<'_> {
    /// Its images, in order.
    pub fn images(&self, strings: &mut Strings) -> Box<[Arc<str>]> {
        self.spec.containers.iter().map(|c| strings.get(&c.image)).collect()
    }

    /// Its node selector, `a=b,c=d`.
    pub fn node_selector(&self) -> Box<str> {
        let pairs: Vec<_> = self.spec.node_selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
        clean(&pairs.join(",")).into()
    }

    /// The template as the store keeps it.
    pub fn read(&self, strings: &mut Strings) -> Template {
        let spec = &self.spec;
        let mut used = Used::default();
        let mut parts = Vec::with_capacity(spec.init_containers.len() + spec.containers.len());
        // Sums, so that the order of labels does not matter; where an order does, it is hashed along.
        let mut rest = spec.rest;
        let mut add = |print: u64| rest = rest.wrapping_add(print);
        for (containers, init) in [(&spec.init_containers, true), (&spec.containers, false)] {
            for container in containers.iter() {
                parts.push(part(container, init, &mut used, strings));
                add(of((&*container.name, init, container.rest, container.resources.rest)));
                add(of((container.resources.requests.rest, container.resources.limits.rest)));
                for (at, from) in container.env_from.iter().enumerate() {
                    add(of((&*container.name, at, from.rest, used.take(from))));
                }
            }
        }
        for volume in spec.volumes.iter() {
            let own = used.take(&volume.own);
            let projected = volume.projected.sources.iter().map(|source| (used.take(source), source.rest));
            let projected: Vec<_> = projected.collect();
            add(of((volume.rest, own, volume.projected.rest, projected)));
        }
        for (key, value) in spec.node_selector.iter() {
            add(of(('n', key, value)));
        }
        let metadata = &self.metadata;
        for (key, value) in metadata.labels.iter().filter(|(key, _)| *key != HASH) {
            add(of(('l', key, value)));
        }
        for (key, value) in metadata.annotations.iter().filter(|(key, _)| *key != RESTARTED) {
            add(of(('a', key, value)));
        }
        Template {
            parts: parts.into(),
            config_maps: names(used.config_maps, strings),
            secrets: names(used.secrets, strings),
            claims: names(used.claims, strings),
            service_account: strings.get(&spec.service_account),
            rest,
            restarted: Time::parse(metadata.annotations.get(RESTARTED)),
        }
    }
}

fn part<'r>(container: &'r Container<'_>, init: bool, used: &mut Used<'r>, strings: &mut Strings) -> Part {
    let mut env: Vec<(Arc<str>, u64)> = Vec::with_capacity(container.env.len());
    for variable in container.env.iter() {
        let from = (variable.value_from.rest, used.take(&variable.value_from));
        let source = (&*variable.value_from.config_map.0, &*variable.value_from.secret.0);
        // With the name in it, two variables of the same value do not look alike.
        let print = of((&*variable.name, &*variable.value, source, from));
        env.push((strings.get(&variable.name), print));
    }
    // Of two variables of one name, the last one counts.
    env.sort_by(|a, b| a.0.cmp(&b.0));
    env.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 = later.1;
        }
        same
    });
    let (requests, limits) = (&container.resources.requests, &container.resources.limits);
    let bounds = |request: Amount, limit: Amount| Bounds {
        request: request.0,
        limit: limit.0,
    };
    Part {
        name: strings.get(&container.name),
        init,
        image: strings.get(&container.image),
        env: env.into(),
        cpu: bounds(requests.cpu, limits.cpu),
        memory: bounds(requests.memory, limits.memory),
        command: of((container.command, container.args)),
        probes: of(container.probes),
    }
}
