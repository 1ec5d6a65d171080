//! Kubeconfig files: which ones count, how several merge, and what a context resolves to.
//!
//! The types are the client library's; finding, merging and judging are done here, because kubectl
//! skips files of the list that do not exist, ignores empty values, and names file and line of a mistake.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Kubeconfig};

use crate::config::{Environment, Kubernetes, Source, Tier};
use crate::model::{Problem, ProblemKind, clean};

/// The merged kubeconfig and where it came from.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// All contexts, in the order of the files.
    pub contexts: Vec<ContextInfo>,
    /// The current context, if one is set (it may not exist).
    pub current: Option<String>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    merged: Kubeconfig,
}

/// One context, as far as a person needs to tell it from the others. Missing parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextInfo {
    pub name: String,
    pub cluster: String,
    pub server: String,
    pub user: String,
    pub namespace: String,
}

/// What a context resolves to: where to go and as whom.
#[derive(Clone, Debug)]
pub struct Target {
    pub cluster: Cluster,
    pub user: AuthInfo,
    /// The kubeconfig's name for the user.
    pub user_name: String,
    /// The kubeconfig's names for the cluster and for both together.
    pub cluster_name: String,
    pub context_name: String,
}

/// The files that `KUBECONFIG` lists, else `~/.kube/config`.
pub fn default_paths() -> Vec<PathBuf> {
    let listed = listed(&env::var_os("KUBECONFIG").unwrap_or_default());
    if !listed.is_empty() {
        return listed;
    }
    directories::BaseDirs::new()
        .map(|dirs| vec![dirs.home_dir().join(".kube").join("config")])
        .unwrap_or_default()
}

fn listed(value: &std::ffi::OsStr) -> Vec<PathBuf> {
    env::split_paths(value).filter(|p| !p.as_os_str().is_empty()).collect()
}

/// Whether this process runs in a pod with a service account (then no kubeconfig is needed).
pub fn in_cluster() -> bool {
    env::var_os("KUBERNETES_SERVICE_HOST").is_some_and(|v| !v.is_empty()) && env::var_os("KUBERNETES_SERVICE_PORT").is_some()
}

/// Reads and merges kubeconfig files: of each name the first one wins whole, of each single value
/// the first that is not empty. Files that do not exist are skipped.
///
/// # Errors
/// A file that cannot be read or is not a kubeconfig, named with the line.
pub fn load(paths: &[PathBuf]) -> Result<Found, Problem> {
    let mut found = Found::default();
    for path in paths {
        let text = match fs::read(path) {
            Ok(bytes) => {
                String::from_utf8(bytes).map_err(|_| Problem::new(ProblemKind::Config, format!("{} is not UTF-8 text", path.display())))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Problem::new(
                    ProblemKind::Config,
                    format!("cannot read {}: {}", path.display(), plain(&error)),
                ));
            }
        };
        for document in parse(path, &text)? {
            merge(&mut found.merged, document);
        }
        found.files.push(path.clone());
    }
    found.current = found.merged.current_context.clone();
    found.contexts = found.merged.contexts.iter().map(|c| describe(&found.merged, c)).collect();
    Ok(found)
}

/// What the settings of an environment name: their files, else the default ones.
///
/// # Errors
/// As [`load`]; also when the settings name files and none of them exists.
pub fn load_for(settings: &Kubernetes) -> Result<Found, Problem> {
    if settings.kubeconfig.is_empty() {
        return load(&default_paths());
    }
    let found = load(&settings.kubeconfig)?;
    match settings.kubeconfig.first() {
        Some(first) if found.files.is_empty() => Err(Problem::new(
            ProblemKind::Config,
            format!("there is no kubeconfig at {}", first.display()),
        )),
        _ => Ok(found),
    }
}

/// The environments of a start without a configuration: every context is one, and guarded, because
/// nothing says which of them is production. Second: the position of the current context.
/// `files` is what the user named explicitly (empty: the default files).
pub fn environments(found: &Found, files: &[PathBuf]) -> (Vec<Environment>, usize) {
    let make = |name: &str, context: &str, namespace: &str| Environment {
        name: name.to_owned(),
        label: name.to_owned(),
        tier: Tier::Guarded,
        source: Source::Kubeconfig,
        kubernetes: Some(Kubernetes {
            kubeconfig: files.to_vec(),
            context: context.to_owned(),
            namespaces: if namespace.is_empty() {
                Vec::new()
            } else {
                vec![namespace.to_owned()]
            },
            ..Kubernetes::default()
        }),
        ..Environment::default()
    };
    if found.contexts.is_empty() && in_cluster() {
        return (vec![make("in-cluster", "", "")], 0);
    }
    let all = found.contexts.iter().map(|c| make(&c.name, &c.name, &c.namespace)).collect();
    let current = found.contexts.iter().position(|c| Some(&c.name) == found.current.as_ref());
    (all, current.unwrap_or(0))
}

impl Found {
    /// Whether there is nothing to connect with.
    pub fn is_empty(&self) -> bool {
        self.contexts.is_empty() && self.merged.clusters.is_empty() && self.merged.auth_infos.is_empty()
    }

    /// The context of this name; the current one for an empty name.
    ///
    /// # Errors
    /// There is no such context (the hint names one that is spelled alike), or none is current.
    pub fn context(&self, name: &str) -> Result<&ContextInfo, Problem> {
        let config = |text: String| Problem::new(ProblemKind::Config, text);
        let wanted = match (name, &self.current) {
            ("", Some(current)) => current,
            ("", None) => {
                let known = self.contexts.iter().map(|c| c.name.as_str());
                return Err(config("the kubeconfig has no current context".into()).hint(one_of(known)));
            }
            (name, _) => name,
        };
        self.contexts.iter().find(|c| c.name == wanted).ok_or_else(|| {
            let known = || self.contexts.iter().map(|c| c.name.as_str());
            let hint = match closest(wanted, known()) {
                Some(near) => format!("did you mean {}?", clean(near)),
                None => one_of(known()),
            };
            config(format!("there is no context {wanted}")).hint(hint)
        })
    }

    /// What a context (empty: the current one) resolves to, with empty values taken as absent.
    ///
    /// # Errors
    /// As [`Found::context`]; also when the context names a cluster or user that is not there.
    pub fn target(&self, name: &str) -> Result<Target, Problem> {
        let context = self.context(name)?;
        let config = |text: String| Problem::new(ProblemKind::Config, text);
        let cluster = self
            .merged
            .clusters
            .iter()
            .find(|c| c.name == context.cluster)
            .and_then(|c| c.cluster.clone())
            .ok_or_else(|| {
                config(format!(
                    "context {} names the cluster {}, which is not in the kubeconfig",
                    context.name, context.cluster
                ))
            })?;
        let user = match context.user.as_str() {
            "" => AuthInfo::default(),
            wanted => self
                .merged
                .auth_infos
                .iter()
                .find(|u| u.name == wanted)
                .map(|u| u.auth_info.clone().unwrap_or_default())
                .ok_or_else(|| {
                    config(format!(
                        "context {} names the user {wanted}, who is not in the kubeconfig",
                        context.name
                    ))
                })?,
        };
        Ok(Target {
            cluster,
            user,
            user_name: context.user.clone(),
            cluster_name: context.cluster.clone(),
            context_name: context.name.clone(),
        })
    }
}

/// The candidate that is spelled most like `wanted`, if any is close enough to be a slip of the finger.
pub fn closest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    candidates
        .map(|c| (strsim::damerau_levenshtein(&wanted, &c.to_lowercase()), c))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, c)| *distance <= (wanted.chars().count().max(c.chars().count()) / 3).max(1))
        .map(|(_, c)| c)
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> = names.map(|n| clean(n).into_owned()).collect();
    match names.len() {
        0 => "it has no contexts at all".into(),
        1..=6 => format!("it has {}", names.join(", ")),
        n => {
            names.truncate(5);
            format!("it has {}, and {} more", names.join(", "), n - 5)
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Vec<Kubeconfig>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut documents = serde_saphyr::from_multiple::<Kubeconfig>(text).map_err(|error| {
        let place = match error.location() {
            Some(at) => format!("{}, line {}", path.display(), at.line()),
            None => path.display().to_string(),
        };
        // The parser adds the place and an excerpt (which may hold a secret) after the first sentence.
        let words = error.without_snippet().to_string();
        let words = words.lines().next().unwrap_or_default();
        let words = words.split(" at line ").next().unwrap_or(words).trim_start_matches("error: ");
        Problem::new(ProblemKind::Config, format!("{place}: {words}")).hint("not a kubeconfig?")
    })?;
    let folder = std::path::absolute(path)
        .ok()
        .and_then(|p| p.parent().map(Path::to_path_buf))
        .unwrap_or_default();
    for document in &mut documents {
        resolve_paths(document, &folder);
    }
    Ok(documents)
}

/// Relative paths are relative to the file that they are written in. A plugin is one only with a
/// slash; a bare name is looked up in `PATH`.
fn resolve_paths(config: &mut Kubeconfig, folder: &Path) {
    let place = |value: &mut Option<String>| {
        if value.as_ref().is_some_and(String::is_empty) {
            *value = None;
        }
        if let Some(path) = value.as_mut().filter(|p| Path::new(p).is_relative()) {
            *path = folder.join(&path).to_string_lossy().into_owned();
        }
    };
    for cluster in config.clusters.iter_mut().filter_map(|c| c.cluster.as_mut()) {
        place(&mut cluster.certificate_authority);
        for text in [
            &mut cluster.certificate_authority_data,
            &mut cluster.server,
            &mut cluster.proxy_url,
            &mut cluster.tls_server_name,
        ] {
            text.take_if(|t| t.is_empty());
        }
    }
    for user in config.auth_infos.iter_mut().filter_map(|u| u.auth_info.as_mut()) {
        place(&mut user.client_certificate);
        place(&mut user.client_key);
        place(&mut user.token_file);
        for text in [&mut user.client_certificate_data, &mut user.username, &mut user.impersonate] {
            text.take_if(|t| t.is_empty());
        }
        if let Some(exec) = &mut user.exec
            && exec.command.as_ref().is_some_and(|c| c.contains(std::path::MAIN_SEPARATOR))
        {
            place(&mut exec.command);
        }
    }
}

fn merge(into: &mut Kubeconfig, next: Kubeconfig) {
    fn add<T>(into: &mut Vec<T>, next: Vec<T>, name: impl Fn(&T) -> &str) {
        for item in next {
            if !into.iter().any(|have| name(have) == name(&item)) {
                into.push(item);
            }
        }
    }
    add(&mut into.clusters, next.clusters, |c| &c.name);
    add(&mut into.auth_infos, next.auth_infos, |u| &u.name);
    add(&mut into.contexts, next.contexts, |c| &c.name);
    if into.current_context.is_none() {
        into.current_context = next.current_context.filter(|c| !c.is_empty());
    }
}

fn describe(merged: &Kubeconfig, named: &kube::config::NamedContext) -> ContextInfo {
    let context = named.context.clone().unwrap_or_default();
    let server = merged
        .clusters
        .iter()
        .find(|c| c.name == context.cluster)
        .and_then(|c| c.cluster.as_ref()?.server.clone());
    ContextInfo {
        name: named.name.clone(),
        cluster: context.cluster,
        server: server.unwrap_or_default(),
        user: context.user.unwrap_or_default(),
        namespace: context.namespace.unwrap_or_default(),
    }
}

/// An IO error without the operating system's number.
pub(super) fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::IsADirectory => "it is a directory".into(),
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
#[path = "kubeconfig_tests.rs"]
mod tests;
