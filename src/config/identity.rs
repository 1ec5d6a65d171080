//! Whether the cluster behind a context is the one that the configuration means: a context is only a name.

use super::{Environment, Identity, Kubernetes, Tier};
use crate::model::Server;

/// A part of the identity that is another than the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// `API server`, `cluster`, `account`.
    pub part: &'static str,
    pub found: String,
    pub wanted: String,
}

impl std::fmt::Display for Mismatch {
    /// `the cluster is solia-staging, not the solia-prod that the configuration names`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { part, found, wanted } = self;
        write!(f, "the {part} is {found}, not the {wanted} that the configuration names")
    }
}

impl Identity {
    /// The first part that is another. Nothing is compared before there is a connection, nor what the configuration or
    /// the kubeconfig leaves out.
    pub fn mismatch(&self, server: &Server) -> Option<Mismatch> {
        let differs = |part, wanted: &str, found: &str, same: fn(&str, &str) -> bool| {
            let other = !wanted.is_empty() && !found.is_empty() && !same(wanted, found);
            other.then(|| Mismatch {
                part,
                found: found.to_owned(),
                wanted: wanted.to_owned(),
            })
        };
        differs("API server", self.server.trim_end_matches('/'), &server.host, same_host)
            .or_else(|| differs("cluster", &self.cluster, &server.cluster, same_cluster))
            .or_else(|| differs("account", &self.account, &server.account, |wanted, found| wanted == found))
    }

    /// A part that the configuration demands and the kubeconfig does not tell.
    pub fn untold(&self, server: &Server) -> Option<&'static str> {
        let untold = |wanted: &str, found: &str| !server.host.is_empty() && !wanted.is_empty() && found.is_empty();
        match (untold(&self.cluster, &server.cluster), untold(&self.account, &server.account)) {
            (true, _) => Some("cluster"),
            (false, true) => Some("account"),
            (false, false) => None,
        }
    }
}

/// As whom an environment's cluster is talked to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// Who reads: while a guarded environment is locked, the context for reading.
    #[default]
    Reader,
    /// Who changes things.
    Writer,
}

impl Environment {
    /// Whether it is read as somebody who may change nothing, for as long as it is locked.
    pub fn has_reader(&self) -> bool {
        let has_context = |k: &Kubernetes| !k.read_only_context.is_empty() && k.read_only_context != k.context;
        self.tier == Tier::Guarded && self.kubernetes.as_ref().is_some_and(has_context)
    }

    /// How its cluster is reached as this one; `None` without Kubernetes.
    pub fn as_whom(&self, who: Who) -> Option<Kubernetes> {
        let mut settings = self.kubernetes.clone()?;
        if who == Who::Reader && self.has_reader() {
            settings.context.clone_from(&settings.read_only_context);
        }
        Some(settings)
    }

    /// Whether the server is that of another environment; see [`Identity::mismatch`].
    pub fn mismatch(&self, server: &Server) -> Option<Mismatch> {
        self.identity.mismatch(server)
    }
}

/// The same address, however it is written.
fn same_host(wanted: &str, found: &str) -> bool {
    let bare = |text: &str| {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        text.trim_end_matches('/').trim_end_matches(":443").to_lowercase()
    };
    bare(wanted) == bare(found)
}

/// The same name; of an EKS cluster, whose name in a kubeconfig is its ARN, also the name at its end.
fn same_cluster(wanted: &str, found: &str) -> bool {
    let name = found.rsplit_once(":cluster/").map_or(found, |(_, name)| name);
    wanted == found || wanted == name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, cluster: &str, account: &str) -> Server {
        Server {
            host: host.into(),
            cluster: cluster.into(),
            account: account.into(),
            ..Server::default()
        }
    }

    fn identity(server: &str, cluster: &str, account: &str) -> Identity {
        Identity {
            server: server.into(),
            cluster: cluster.into(),
            account: account.into(),
        }
    }

    #[test]
    fn each_part_that_is_named_is_compared() {
        const ARN: &str = "arn:aws:eks:eu-west-3:123456789012:cluster/solia-prod";
        let here = server("abc.gr7.eu-west-3.eks.amazonaws.com", ARN, "123456789012");
        for (wanted, mismatch) in [
            (identity("", "", ""), None),
            (
                identity("https://ABC.gr7.eu-west-3.eks.amazonaws.com:443/", "solia-prod", "123456789012"),
                None,
            ),
            (identity("", ARN, ""), None),
            (
                identity("https://10.0.0.1:6443", "", ""),
                Some("the API server is abc.gr7.eu-west-3.eks.amazonaws.com, not the https://10.0.0.1:6443 that the configuration names"),
            ),
            (
                identity("", "solia-staging", ""),
                Some(
                    "the cluster is arn:aws:eks:eu-west-3:123456789012:cluster/solia-prod, not the solia-staging that the configuration names",
                ),
            ),
            (identity("", "prod", ""), Some("the cluster is")),
            (
                identity("", "solia-prod", "999999999999"),
                Some("the account is 123456789012, not the 999999999999 that the configuration names"),
            ),
        ] {
            let found = wanted.mismatch(&here).map(|mismatch| mismatch.to_string());
            match mismatch {
                None => assert_eq!(found, None, "{wanted:?}"),
                Some(text) => assert!(
                    found.as_deref().is_some_and(|found| found.starts_with(text)),
                    "{wanted:?}: {found:?}"
                ),
            }
        }
    }

    #[test]
    fn what_is_not_told_is_no_mismatch_and_is_known_to_be_untold() {
        let wanted = identity("", "solia-prod", "123456789012");
        assert_eq!(wanted.mismatch(&Server::default()), None, "nothing is connected");
        assert_eq!(wanted.untold(&Server::default()), None);
        let here = server("10.0.0.1:6443", "solia-prod", "");
        assert_eq!(wanted.mismatch(&here), None);
        assert_eq!(wanted.untold(&here), Some("account"));
        assert_eq!(identity("", "", "").untold(&here), None);
    }
}
