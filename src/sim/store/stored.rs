//! One object at one version.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

/// Where an object lies. The namespace of cluster-wide objects is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub shelf: Arc<str>,
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl Key {
    pub fn new(shelf: &str, namespace: &str, name: &str) -> Self {
        Self {
            shelf: Arc::from(shelf),
            namespace: Arc::from(namespace),
            name: Arc::from(name),
        }
    }

    /// The key of a document on this shelf.
    pub fn of(shelf: &str, object: &Value) -> Self {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        Self::new(shelf, text("namespace"), text("name"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.shelf, self.namespace, self.name)
    }
}

/// One object at one version, as JSON, with what is asked of it often.
#[derive(Debug)]
pub struct Stored {
    pub key: Key,
    pub rv: u64,
    pub uid: Arc<str>,
    /// Sorted by name.
    pub labels: Box<[(Arc<str>, Arc<str>)]>,
    /// Uids of its owners.
    pub owners: Box<[Arc<str>]>,
    /// The node that a pod is bound to.
    pub node: Option<Arc<str>>,
    /// Whether it is being deleted.
    pub leaving: bool,
    /// RFC 3339.
    pub(super) created: Box<str>,
    /// Compact JSON without `kind` and `apiVersion`: `{"metadata":…}`.
    pub json: Bytes,
}

impl Stored {
    /// A document as it would be held: what is not in the store (metrics, a made-up list) is told in the same way.
    pub fn new(key: Key, rv: u64, object: &Value) -> Self {
        let meta = &object["metadata"];
        let mut labels: Vec<(Arc<str>, Arc<str>)> = meta["labels"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(k, v)| Some((Arc::from(k.as_str()), Arc::from(v.as_str()?))))
            .collect();
        labels.sort_unstable();
        let owners = meta["ownerReferences"].as_array().into_iter().flatten();
        let node = object["spec"]["nodeName"]
            .as_str()
            .filter(|n| !n.is_empty() && &*key.shelf == "pods");
        Self {
            rv,
            uid: Arc::from(meta["uid"].as_str().unwrap_or_default()),
            labels: labels.into_boxed_slice(),
            owners: owners.filter_map(|o| o["uid"].as_str().map(Arc::from)).collect(),
            node: node.map(Arc::from),
            leaving: meta["deletionTimestamp"].is_string(),
            created: Box::from(meta["creationTimestamp"].as_str().unwrap_or_default()),
            json: Bytes::from(object.to_string()),
            key,
        }
    }

    /// The document, without `kind` and `apiVersion`.
    pub fn value(&self) -> Value {
        // What was written by `to_string` reads back.
        serde_json::from_slice(&self.json).unwrap_or_default()
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| &**k == name).map(|(_, v)| &**v)
    }

    /// Whether all these labels stand on it.
    pub fn has_labels<'a>(&self, wanted: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
        wanted.into_iter().all(|(k, v)| self.label(k) == Some(v))
    }

    /// The document with kind and version before it, as a client reads a single object.
    pub fn told_as(&self, kind: &str, api_version: &str) -> Bytes {
        let rest = self.json.get(1..).unwrap_or_default();
        let mut text = Vec::with_capacity(rest.len() + kind.len() + api_version.len() + 32);
        text.extend_from_slice(format!(r#"{{"kind":"{kind}","apiVersion":"{api_version}","#).as_bytes());
        text.extend_from_slice(rest);
        Bytes::from(text)
    }
}
