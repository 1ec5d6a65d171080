//! What a path names.

use std::sync::Arc;

use super::access::Ask;
use super::kinds::{Catalog, Served};
use crate::sim::face::Request;

/// A resource that a path names.
#[derive(Clone, Debug)]
pub struct Target {
    pub kind: Arc<Served>,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub sub: Option<String>,
    /// What follows the subresource: the path behind `proxy`.
    pub rest: Vec<String>,
}

impl Target {
    /// What a path names among what is served. `None`: nothing that is served.
    pub fn read(catalog: &Catalog, segments: &[&str]) -> Option<Self> {
        let (group, version, mut rest) = match segments {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let mut namespace = None;
        if let ["namespaces", name, resource, ..] = rest
            && !(group.is_empty() && matches!(*resource, "status" | "finalize") && rest.len() == 3)
        {
            namespace = Some((*name).to_owned());
            rest = rest.get(2..)?;
        }
        let (resource, rest) = rest.split_first()?;
        let kind = catalog.find(group, version, resource)?;
        let part = |i: usize| rest.get(i).map(|p| (*p).to_owned());
        let target = Self {
            kind: Arc::clone(kind),
            name: part(0),
            sub: part(1),
            rest: rest.iter().skip(2).map(|p| (*p).to_owned()).collect(),
            namespace,
        };
        target.is_possible().then_some(target)
    }

    fn is_possible(&self) -> bool {
        let scoped = match (&self.namespace, &self.name) {
            (Some(_), _) => self.kind.namespaced,
            (None, Some(_)) => !self.kind.namespaced,
            (None, None) => true,
        };
        let sub = self.sub.as_deref();
        let known = sub.is_none_or(|sub| self.kind.subresource(sub).is_some());
        scoped && known && (self.rest.is_empty() || sub == Some("proxy"))
    }

    /// The verb of the server's access rules.
    pub fn verb(&self, request: &Request) -> &'static str {
        match (request.method.as_str(), &self.name) {
            ("GET" | "HEAD", None) if request.is_watch() => "watch",
            ("GET" | "HEAD", Some(_)) => "get",
            ("GET" | "HEAD", None) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", Some(_)) => "delete",
            ("DELETE", None) => "deletecollection",
            _ => "",
        }
    }

    /// The same as a question to the access rules.
    pub fn ask<'a>(&'a self, request: &Request) -> Ask<'a> {
        Ask {
            verb: self.verb(request),
            group: &self.kind.group,
            resource: &self.kind.resource,
            subresource: self.sub.as_deref(),
            namespace: self.namespace.as_deref(),
            name: self.name.as_deref(),
        }
    }

    /// The namespace, or the empty one of cluster-wide kinds: as the store keys objects.
    pub fn place(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::kinds::builtin;
    use super::super::version::Version;
    use super::*;

    fn read(path: &str) -> Option<Target> {
        let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
        Target::read(&Catalog(builtin(Version::V1_36)), &segments)
    }

    #[test]
    fn paths_name_what_they_name() {
        for (path, resource, namespace, name, sub) in [
            ("/api/v1/pods", "pods", None, None, None),
            ("/api/v1/namespaces/shop/pods", "pods", Some("shop"), None, None),
            ("/api/v1/namespaces/shop/pods/a/log", "pods", Some("shop"), Some("a"), Some("log")),
            ("/api/v1/namespaces", "namespaces", None, None, None),
            ("/api/v1/namespaces/shop", "namespaces", None, Some("shop"), None),
            ("/api/v1/namespaces/shop/status", "namespaces", None, Some("shop"), Some("status")),
            ("/api/v1/nodes/n1/proxy/stats/summary", "nodes", None, Some("n1"), Some("proxy")),
            (
                "/apis/apps/v1/namespaces/shop/deployments/web/scale",
                "deployments",
                Some("shop"),
                Some("web"),
                Some("scale"),
            ),
        ] {
            let target = read(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(
                (
                    target.kind.resource.as_str(),
                    target.namespace.as_deref(),
                    target.name.as_deref(),
                    target.sub.as_deref()
                ),
                (resource, namespace, name, sub),
                "{path}"
            );
        }
        for nothing in [
            "/",
            "/api",
            "/api/v1",
            "/api/v2/pods",
            "/api/v1/things",
            "/api/v1/pods/a",
            "/api/v1/namespaces/shop/nodes/n1",
            "/api/v1/namespaces/shop/pods/a/nosub",
            "/api/v1/namespaces/shop/pods/a/log/more",
            "/apis/apps/v1",
            "/apis/apps/v2/deployments",
        ] {
            assert!(read(nothing).is_none(), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn no_path_breaks_the_reader(parts in prop::collection::vec("api|apis|v1|apps|namespaces|pods|nodes|proxy|status|\\PC{0,5}", 0..9)) {
            let segments: Vec<&str> = parts.iter().map(String::as_str).collect();
            let _ = Target::read(&Catalog(builtin(Version::V1_20)), &segments);
        }
    }
}
