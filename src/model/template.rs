//! What pods are made from, as far as two revisions of it are compared. Values of variables are not kept: only
//! whether they differ can be told.

use std::sync::Arc;

use super::{Quantity, Time};

/// A pod template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Init containers and containers, in order.
    pub parts: Box<[Part]>,
    /// Config maps, secrets and claims that it uses, each once, sorted.
    pub config_maps: Box<[Arc<str>]>,
    pub secrets: Box<[Arc<str>]>,
    pub claims: Box<[Arc<str>]>,
    pub service_account: Arc<str>,
    /// A fingerprint of everything else that decides how pods run (affinity, security, volumes …).
    pub rest: u64,
    /// When new pods were last asked for without anything else being changed (`kubectl rollout restart`); no part of
    /// a difference.
    pub restarted: Time,
}

/// A container of a template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    pub name: Arc<str>,
    pub init: bool,
    pub image: Arc<str>,
    /// Variables by name, sorted, each with a fingerprint of its value or of where it comes from.
    pub env: Box<[(Arc<str>, u64)]>,
    pub cpu: Bounds,
    pub memory: Bounds,
    /// Fingerprints of command and arguments, and of the probes.
    pub command: u64,
    pub probes: u64,
}

/// A request and a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    pub request: Quantity,
    pub limit: Quantity,
}

impl Template {
    /// What is other in `new`, one line each: `~ image backend: v1.8.2 → v1.8.3`, `+ env backend: STRIPE_KEY`.
    pub fn difference(&self, new: &Self) -> Vec<Box<str>> {
        let mut lines: Vec<String> = Vec::new();
        let find = |parts: &[Part], name: &str| parts.iter().position(|p| &*p.name == name);
        for old in self.parts.iter().filter(|old| find(&new.parts, &old.name).is_none()) {
            lines.push(format!("- container {}", old.name));
        }
        for part in &new.parts {
            match find(&self.parts, &part.name).and_then(|at| self.parts.get(at)) {
                Some(old) => old.difference(part, &mut lines),
                None => lines.push(format!("+ container {}: {}", part.name, part.image)),
            }
        }
        let names = [
            ("config map", &self.config_maps, &new.config_maps),
            ("secret", &self.secrets, &new.secrets),
            ("volume claim", &self.claims, &new.claims),
        ];
        for (what, old, new) in names {
            lines.extend(old.iter().filter(|n| !new.contains(n)).map(|n| format!("- {what} {n}")));
            lines.extend(new.iter().filter(|n| !old.contains(n)).map(|n| format!("+ {what} {n}")));
        }
        if self.service_account != new.service_account {
            let name = |n: &str| if n.is_empty() { "default".to_owned() } else { n.to_owned() };
            lines.push(format!(
                "~ service account: {} → {}",
                name(&self.service_account),
                name(&new.service_account)
            ));
        }
        if self.rest != new.rest {
            lines.push("~ other settings of the pod".into());
        }
        lines.into_iter().map(String::into_boxed_str).collect()
    }
}

impl Part {
    fn difference(&self, new: &Self, lines: &mut Vec<String>) {
        let name = &self.name;
        if self.image != new.image {
            let (old, new) = short_images(&self.image, &new.image);
            lines.push(format!("~ image {name}: {old} → {new}"));
        }
        let value = |env: &[(Arc<str>, u64)], key: &str| env.iter().find(|(k, _)| &**k == key).map(|(_, v)| *v);
        for (key, _) in self.env.iter().filter(|(key, _)| value(&new.env, key).is_none()) {
            lines.push(format!("- env {name}: {key}"));
        }
        for (key, now) in &new.env {
            match value(&self.env, key) {
                None => lines.push(format!("+ env {name}: {key}")),
                Some(before) if before != *now => lines.push(format!("~ env {name}: {key} has another value")),
                Some(_) => {}
            }
        }
        for (what, old, new) in [
            ("cpu request", self.cpu.request.cpu(), new.cpu.request.cpu()),
            ("cpu limit", self.cpu.limit.cpu(), new.cpu.limit.cpu()),
            ("memory request", self.memory.request.memory(), new.memory.request.memory()),
            ("memory limit", self.memory.limit.memory(), new.memory.limit.memory()),
        ] {
            if old != new {
                let stated = |text: String| if text.is_empty() { "none".to_owned() } else { text };
                lines.push(format!("~ {what} {name}: {} → {}", stated(old), stated(new)));
            }
        }
        if self.command != new.command {
            lines.push(format!("~ command {name}"));
        }
        if self.probes != new.probes {
            lines.push(format!("~ probes {name}"));
        }
    }
}

/// Two images without what they share: the tags where only they differ, else both whole.
pub fn short_images<'a>(old: &'a str, new: &'a str) -> (&'a str, &'a str) {
    fn split(image: &str) -> Option<(&str, &str)> {
        let slash = image.rfind('/').map_or(0, |at| at + 1);
        let colon = image.get(slash..)?.find([':', '@'])? + slash;
        Some((image.get(..colon)?, image.get(colon + 1..)?))
    }
    match (split(old), split(new)) {
        (Some((a, old_tag)), Some((b, new_tag))) if a == b => (old_tag, new_tag),
        _ => (old, new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(image: &str, env: &[(&str, u64)]) -> Part {
        Part {
            name: "backend".into(),
            image: image.into(),
            env: env.iter().map(|(k, v)| ((*k).into(), *v)).collect(),
            ..Part::default()
        }
    }

    fn template(parts: Vec<Part>) -> Template {
        Template {
            parts: parts.into(),
            ..Template::default()
        }
    }

    #[test]
    fn two_revisions_differ_in_lines_that_a_person_can_read() {
        let old = template(vec![part("ghcr.io/solia/backend:v1.8.2", &[("LOG", 1), ("OLD", 1)])]);
        let mut new = template(vec![
            part("ghcr.io/solia/backend:v1.8.3", &[("LOG", 2), ("STRIPE", 1)]),
            Part {
                name: "proxy".into(),
                image: "envoy:1".into(),
                ..Part::default()
            },
        ]);
        new.secrets = ["stripe".into()].into();
        let lines = old.difference(&new);
        assert_eq!(
            lines.iter().map(|l| &**l).collect::<Vec<_>>(),
            [
                "~ image backend: v1.8.2 → v1.8.3",
                "- env backend: OLD",
                "~ env backend: LOG has another value",
                "+ env backend: STRIPE",
                "+ container proxy: envoy:1",
                "+ secret stripe",
            ]
        );
        assert!(new.difference(&new).is_empty());
    }

    #[test]
    fn images_are_shortened_only_where_the_tag_alone_differs() {
        assert_eq!(short_images("r:5000/a:1", "r:5000/a:2"), ("1", "2"));
        assert_eq!(short_images("a:1", "b:1"), ("a:1", "b:1"));
        assert_eq!(short_images("a", "a:2"), ("a", "a:2"));
        assert_eq!(short_images("r:5000/a", "r:5000/b"), ("r:5000/a", "r:5000/b"));
    }
}
