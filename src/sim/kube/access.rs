//! Who asks, and what they may do: bearer tokens, and a few rules in place of stored roles.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything.
    Admin,
    /// To read everything but secrets and roles; no shells, no tunnels.
    Viewer,
}

/// A user, as the server knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user: String,
    pub groups: Vec<String>,
    pub rights: Rights,
}

impl Identity {
    pub fn new(user: &str, groups: &[&str], rights: Rights) -> Self {
        Self {
            user: user.to_owned(),
            groups: groups.iter().chain(&["system:authenticated"]).map(|g| (*g).to_owned()).collect(),
            rights,
        }
    }

    /// The administrator of a cluster.
    pub fn admin() -> Self {
        Self::new("kubernetes-admin", &["system:masters"], Rights::Admin)
    }

    /// Somebody who may look, and nothing else.
    pub fn viewer() -> Self {
        Self::new("viewer", &["solia:viewers"], Rights::Viewer)
    }
}

/// Whom the server lets in.
#[derive(Clone, Debug, Default)]
pub struct Doors {
    /// Identities by bearer token.
    pub tokens: BTreeMap<String, Arc<Identity>>,
    /// Who everybody is that shows no known token; `None`: they are refused with 401.
    pub anyone: Option<Arc<Identity>>,
}

impl Doors {
    /// Who shows this token.
    pub fn who(&self, token: Option<&str>) -> Option<Arc<Identity>> {
        let known = token.and_then(|token| self.tokens.get(token));
        known.or(self.anyone.as_ref()).cloned()
    }

    #[must_use]
    pub fn with(mut self, token: &str, identity: Identity) -> Self {
        self.tokens.insert(token.to_owned(), Arc::new(identity));
        self
    }
}

/// What somebody wants to do, in the words of access rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask<'a> {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: &'a str,
    pub group: &'a str,
    /// Plural; `*` asks about all at once.
    pub resource: &'a str,
    pub subresource: Option<&'a str>,
    pub namespace: Option<&'a str>,
    pub name: Option<&'a str>,
}

const READING: &[&str] = &["get", "list", "watch"];

/// Subresources that reach into pods and nodes.
const REACHING_IN: &[&str] = &["exec", "attach", "portforward", "proxy"];

/// Everybody may ask what they may do and who they are.
const ABOUT_ONESELF: &[(&str, &str)] = &[
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "selfsubjectreviews"),
];

/// The rules.
pub fn allowed(identity: &Identity, ask: &Ask<'_>) -> bool {
    match identity.rights {
        Rights::Admin => true,
        Rights::Viewer => {
            let about_oneself = ask.verb == "create" && ABOUT_ONESELF.contains(&(ask.group, ask.resource));
            let hidden = ask.resource == "*"
                || (ask.group.is_empty() && ask.resource == "secrets")
                || matches!(ask.group, "rbac.authorization.k8s.io" | "*")
                || ask.subresource.is_some_and(|sub| REACHING_IN.contains(&sub));
            about_oneself || (READING.contains(&ask.verb) && !hidden)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_reads_all_but_secrets_and_touches_nothing() {
        let viewer = Identity::viewer();
        let ask = |verb, group, resource, subresource| {
            allowed(
                &viewer,
                &Ask {
                    verb,
                    group,
                    resource,
                    subresource,
                    ..Ask::default()
                },
            )
        };
        assert!(ask("list", "", "pods", None));
        assert!(ask("get", "", "pods", Some("log")));
        assert!(ask("watch", "apps", "deployments", None));
        assert!(ask("create", "authorization.k8s.io", "selfsubjectaccessreviews", None));
        for (verb, group, resource, sub) in [
            ("get", "", "secrets", None),
            ("list", "rbac.authorization.k8s.io", "clusterroles", None),
            ("get", "", "pods", Some("exec")),
            ("create", "", "pods", Some("portforward")),
            ("get", "", "nodes", Some("proxy")),
            ("delete", "", "pods", None),
            ("patch", "apps", "deployments", None),
            ("update", "apps", "deployments", Some("scale")),
            ("create", "authorization.k8s.io", "subjectaccessreviews", None),
            ("get", "*", "*", None),
            ("*", "", "pods", None),
        ] {
            assert!(!ask(verb, group, resource, sub), "{verb} {group} {resource} {sub:?}");
        }
    }

    #[test]
    fn tokens_open_doors_and_unknown_ones_do_not() {
        let doors = Doors::default().with("a", Identity::admin());
        assert_eq!(doors.who(Some("a")).unwrap().user, "kubernetes-admin");
        assert!(doors.who(Some("b")).is_none() && doors.who(None).is_none());
        let open = Doors {
            anyone: Some(Arc::new(Identity::viewer())),
            ..doors
        };
        assert_eq!(open.who(None).unwrap().user, "viewer");
    }
}
