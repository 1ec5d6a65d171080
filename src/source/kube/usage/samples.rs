//! PodMetrics and NodeMetrics as `metrics.k8s.io` writes them.

use serde::Deserialize;

use crate::model::{Usage, UsageSample};
use crate::source::kube::raw::{Amount, List, Maybe, RawMeta, Strings, Text, When};

/// Reads samples; shares the names of namespaces and containers.
#[derive(Debug, Default)]
pub struct Shape {
    strings: Strings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Raw<'a> {
    #[serde(borrow)]
    metadata: Maybe<RawMeta<'a>>,
    timestamp: When,
    /// Of a node.
    usage: Option<RawUsage>,
    /// Of a pod.
    containers: List<RawContainer<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawContainer<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    usage: Maybe<RawUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawUsage {
    cpu: Amount,
    memory: Amount,
}

impl RawUsage {
    fn read(&self) -> Usage {
        Usage {
            cpu: self.cpu.0,
            memory: self.memory.0,
        }
    }
}

impl Shape {
    /// Reads one element; what cannot be read is left out: a missing number is shown as missing.
    pub fn sample(&mut self, bytes: &[u8]) -> Option<UsageSample> {
        let raw: Raw = serde_json::from_slice(bytes).ok()?;
        if raw.metadata.name.is_empty() {
            return None;
        }
        let parts: Vec<_> = raw.containers.iter().map(|c| (self.strings.get(&c.name), c.usage.read())).collect();
        let total = match raw.usage {
            Some(usage) => usage.read(),
            None => sum(parts.iter().map(|(_, usage)| *usage)),
        };
        Some(UsageSample {
            namespace: self.strings.get(&raw.metadata.namespace),
            name: raw.metadata.name.clean(),
            at: raw.timestamp.0,
            total,
            containers: if parts.len() > 1 { parts.into() } else { Box::default() },
        })
    }
}

/// All of them together.
pub fn sum(parts: impl Iterator<Item = Usage>) -> Usage {
    parts.fold(Usage::default(), |all, part| Usage {
        cpu: all.cpu.plus(part.cpu),
        memory: all.memory.plus(part.memory),
    })
}
