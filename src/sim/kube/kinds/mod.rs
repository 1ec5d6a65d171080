//! What is served: kinds in their groups and versions, those of the server itself and those that custom resource
//! definitions in the store add.

mod builtin;
mod custom;

use std::sync::Arc;

pub(super) use builtin::{metrics, served as builtin};
pub use custom::Column;
pub(super) use custom::Customs;

/// A subresource: `pods/log`, `deployments/scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sub {
    pub name: &'static str,
    /// Group and version of its kind where they differ from those of the resource; else empty.
    pub group: &'static str,
    pub version: &'static str,
    /// The kind that it speaks; empty: that of the resource.
    pub kind: &'static str,
    pub verbs: &'static [&'static str],
}

/// Who made a kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    Builtin,
    /// By a custom resource definition, with its additional printer columns.
    Custom(Vec<Column>),
    /// Computed by the metrics server, never stored.
    Metrics,
    /// Only ever posted: reviews.
    Review,
}

/// One kind in one API version of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    /// Plural, as in URLs.
    pub resource: String,
    pub kind: String,
    pub singular: String,
    pub short: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
    /// Shelf of the store: the same for all versions and homes of a kind.
    pub shelf: String,
    pub verbs: &'static [&'static str],
    pub subresources: Vec<Sub>,
    pub origin: Origin,
    /// Minor version of the server, which decides about columns; 0 for kinds that look the same everywhere.
    pub minor: u32,
}

impl Served {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, or `pods` for the core group.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() {
            self.resource.clone()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }

    /// Path of the collection, of one namespace or of all.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace {
            Some(ns) if self.namespaced => format!("{root}/namespaces/{ns}/{}", self.resource),
            _ => format!("{root}/{}", self.resource),
        }
    }

    pub fn subresource(&self, name: &str) -> Option<&Sub> {
        self.subresources.iter().find(|sub| sub.name == name)
    }

    pub fn is_custom(&self) -> bool {
        matches!(self.origin, Origin::Custom(_))
    }
}

/// Everything that is served at this moment, a group's preferred version first.
#[derive(Clone, Debug, Default)]
pub struct Catalog(pub Vec<Arc<Served>>);

impl Catalog {
    pub fn find(&self, group: &str, version: &str, resource: &str) -> Option<&Arc<Served>> {
        let mut all = self.0.iter();
        all.find(|k| k.group == group && k.version == version && k.resource == resource)
    }

    /// The preferred version of a resource, by its group.
    pub fn preferred(&self, group: &str, resource: &str) -> Option<&Arc<Served>> {
        self.0.iter().find(|k| k.group == group && k.resource == resource)
    }

    /// The kind that is named `pods`, `deployments`, `widgets.example.com`, `pods.metrics.k8s.io`.
    pub fn named(&self, name: &str) -> Option<&Arc<Served>> {
        let full = self.0.iter().find(|k| k.full_name() == name);
        full.or_else(|| self.0.iter().find(|k| k.resource == name))
    }

    /// Groups in the order that they are told, each with its versions in order.
    pub fn groups(&self) -> Vec<(&str, Vec<&str>)> {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for kind in &self.0 {
            match groups.iter_mut().find(|(name, _)| *name == kind.group) {
                Some((_, versions)) if versions.contains(&kind.version.as_str()) => {}
                Some((_, versions)) => versions.push(&kind.version),
                None => groups.push((&kind.group, vec![&kind.version])),
            }
        }
        groups
    }
}
