//! What a server serves: its version, and every kind that can be listed.
//!
//! One aggregated answer per half (`/api`, `/apis`) where the server has it (1.26 and later), the
//! plain documents, one per group and version, where it has not. A group whose server is down keeps
//! what it had before; it never hides the others.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use http::StatusCode;
use serde::Deserialize;

use super::client::{Answer, get};
use super::{discovery_text as text, problem};
use crate::model::{Kind, Known, Problem, ProblemKind, ServedKind, clean};

/// How many documents are asked for at once.
const AT_ONCE: usize = 8;

/// Aggregated first; servers that do not know it answer the last one.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
     application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const PLAIN: &str = "application/json";

/// The server's own version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// `v1.33.4-eks-…`
    pub git: Box<str>,
    /// `20` of `1.20`; 0 where it cannot be read.
    pub minor: u32,
}

/// Asks for the version.
///
/// # Errors
/// No answer within the deadline, or another one than a version.
pub async fn version(client: &kube::Client, deadline: Duration) -> Result<Version, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Said {
        git_version: String,
        #[serde(default)]
        minor: String,
    }
    let answer = get(client, "/version", PLAIN, None, deadline).await?;
    match serde_json::from_slice::<Said>(&answer.body) {
        Ok(said) if answer.status == StatusCode::OK => {
            let digits: String = said.minor.chars().take_while(char::is_ascii_digit).collect();
            Ok(Version {
                git: clean(&said.git_version).into(),
                minor: digits.parse().unwrap_or(0),
            })
        }
        _ => Err(problem::of_answer(answer.status, &answer.body, "get", "/version")),
    }
}

/// The kinds of one group in one version. `None`: its server does not answer.
pub(super) type Versioned = (String, Option<Vec<ServedKind>>);

/// A group with its versions, the server's favourite first.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub name: String,
    pub versions: Vec<Versioned>,
}

/// Asks again and again what a server serves, as cheaply as it can.
#[derive(Default)]
pub struct Discoverer {
    /// Aggregated answers by path, with the tag to ask again by.
    known: HashMap<&'static str, (String, Vec<Group>)>,
    last: Vec<ServedKind>,
}

impl Discoverer {
    /// All kinds that can be listed now, in the server's order: core first, one version each.
    ///
    /// # Errors
    /// The server does not tell even its groups (a group that fails alone is no error).
    pub async fn discover(&mut self, client: &kube::Client, deadline: Duration) -> Result<Vec<ServedKind>, Problem> {
        let (core, named) = tokio::join!(
            half(client, "/api", self.known.get("/api"), deadline),
            half(client, "/apis", self.known.get("/apis"), deadline)
        );
        let mut groups = Vec::new();
        for (path, half) in [("/api", core?), ("/apis", named?)] {
            if let Some(tag) = half.tag {
                self.known.insert(path, (tag, half.groups.clone()));
            } else {
                self.known.remove(path);
            }
            groups.extend(half.groups);
        }
        self.last = choose(groups, &self.last);
        Ok(self.last.clone())
    }
}

/// One half of what is served.
struct Half {
    groups: Vec<Group>,
    /// Set where asking again by tag saves the answer.
    tag: Option<String>,
}

async fn half(
    client: &kube::Client,
    path: &'static str,
    known: Option<&(String, Vec<Group>)>,
    deadline: Duration,
) -> Result<Half, Problem> {
    let answer = get(client, path, ACCEPT, known.map(|(tag, _)| tag.as_str()), deadline).await?;
    if let (StatusCode::NOT_MODIFIED, Some((tag, groups))) = (answer.status, known) {
        return Ok(Half {
            groups: groups.clone(),
            tag: Some(tag.clone()),
        });
    }
    if let Some(groups) = text::aggregated(&ok(&answer, path)?).filter(|g| !g.is_empty()) {
        // A group that was down must be asked for again, whatever its tag says.
        let whole = groups.iter().all(|g| g.versions.iter().all(|(_, kinds)| kinds.is_some()));
        return Ok(Half {
            groups,
            tag: answer.tag.filter(|_| whole),
        });
    }
    // Either this is the plain answer already, or an empty aggregated one.
    let names = match text::groups(path, &answer.body) {
        Some(names) => names,
        None => {
            let answer = get(client, path, PLAIN, None, deadline).await?;
            text::groups(path, &ok(&answer, path)?).ok_or_else(|| problem::of_answer(answer.status, &answer.body, "get", path))?
        }
    };
    let wanted: Vec<(usize, String, String)> = names
        .iter()
        .enumerate()
        .flat_map(|(at, (group, versions))| versions.iter().map(move |v| (at, group.clone(), v.clone())))
        .collect();
    let mut groups: Vec<Group> = names
        .into_iter()
        .map(|(name, _)| Group {
            name,
            versions: Vec::new(),
        })
        .collect();
    let fetches = wanted.into_iter().map(|(at, group, version)| {
        let client = client.clone();
        async move {
            let path = if group.is_empty() {
                format!("/api/{version}")
            } else {
                format!("/apis/{group}/{version}")
            };
            let answer = get(&client, &path, PLAIN, None, deadline).await;
            (at, group, version, answer)
        }
    });
    let mut answers = futures::stream::iter(fetches).buffered(AT_ONCE);
    while let Some((at, group, version, answer)) = answers.next().await {
        let kinds = match answer {
            Ok(answer) if answer.status == StatusCode::NOT_FOUND => Some(Vec::new()),
            Ok(answer) if answer.status == StatusCode::OK => text::resources(&group, &version, &answer.body),
            // Refused credentials concern everything, not this group.
            Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {
                return Err(problem::of_answer(answer.status, &answer.body, "get", path));
            }
            Ok(_) | Err(_) => None,
        };
        if let Some(group) = groups.get_mut(at) {
            group.versions.push((version, kinds));
        }
    }
    let nothing = !groups.is_empty() && groups.iter().all(|g| g.versions.iter().all(|(_, kinds)| kinds.is_none()));
    if nothing && path == "/api" {
        return Err(Problem::new(ProblemKind::Server, "the server does not tell what it serves"));
    }
    Ok(Half { groups, tag: None })
}

fn ok(answer: &Answer, path: &str) -> Result<Vec<u8>, Problem> {
    if answer.status == StatusCode::OK && serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_ok() {
        return Ok(answer.body.clone());
    }
    Err(problem::of_answer(answer.status, &answer.body, "get", path))
}

/// One version per resource: the first, in the server's order, that can list it. What a silent
/// group had before stays; second homes of events and ingresses go.
fn choose(groups: Vec<Group>, before: &[ServedKind]) -> Vec<ServedKind> {
    let mut all: Vec<ServedKind> = Vec::new();
    for Group { name, versions } in groups {
        let start = all.len();
        for (version, kinds) in versions {
            let kinds = kinds.unwrap_or_else(|| {
                let same = |k: &&ServedKind| k.kind.group() == name && *k.version == *version;
                before.iter().filter(same).cloned().collect()
            });
            for kind in kinds.into_iter().filter(|k| k.list) {
                if !all.iter().skip(start).any(|have| have.kind == kind.kind) {
                    all.push(kind);
                }
            }
        }
    }
    let has = |known: Known| all.iter().any(|k| k.kind.is(known));
    let (events, ingresses) = (has(Known::Event), has(Known::Ingress));
    all.retain(|k| match &k.kind {
        Kind::Other(gr) => match (&*gr.group, &*gr.resource) {
            ("events.k8s.io", "events") => !events,
            ("extensions", "ingresses") => !ingresses,
            _ => true,
        },
        Kind::Known(_) => true,
    });
    all
}

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;
