//! Which logs are read: what a person writes, and what that means.
//!
//! ```text
//! deploy/backend              every pod of a workload
//! pod/backend-7f9c-x2x1q      one pod
//! backend                     pods whose names match the pattern
//! app=backend,tier!=batch     pods with these labels
//! !istio !^linkerd            … but none whose pod or container matches
//! c:app                       only containers that match
//! -n solia,solia-jobs  -A     these namespaces, or all, instead of those in front
//! cloudwatch:/solia/prod/*    log groups of CloudWatch
//! file:/tmp/saved.log         a file; `file:-` is standard input
//! ```
//!
//! Words of several picks add up; all of them together is what is read, merged in the order of time.

use std::fmt;
use std::sync::Arc;

use super::{KNOWN, Known, LogFrom, Namespaces};

/// Which logs are read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogQuery {
    pub namespaces: Namespaces,
    /// What is read; a log need only be meant by one of them.
    pub picks: Vec<Pick>,
    /// Patterns of pods and containers that are not.
    pub not: Vec<Arc<str>>,
    /// Patterns of the containers that are read; none: all.
    pub containers: Vec<Arc<str>>,
    /// Only the runs before the last restart.
    pub previous: bool,
    pub from: LogFrom,
}

/// One way to say what is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pick {
    /// A pod by its name.
    Pod(Arc<str>),
    /// The pods of a workload, a job or a service.
    Owner(Known, Arc<str>),
    /// Pods with these labels, as kubectl writes selectors.
    Labels(Arc<str>),
    /// Pods whose names match.
    Pattern(Arc<str>),
    /// Log groups of CloudWatch, `*` for anything.
    Group(Arc<str>),
    /// A file; `-` is standard input.
    File(Arc<str>),
}

impl LogQuery {
    /// The logs of some pods of one namespace.
    pub fn pods(namespace: &str, pods: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self::of(Namespaces::one(namespace), pods.into_iter().map(Pick::Pod).collect())
    }

    /// What these picks mean.
    pub fn of(namespaces: Namespaces, picks: Vec<Pick>) -> Self {
        Self {
            namespaces,
            picks,
            not: Vec::new(),
            containers: Vec::new(),
            previous: false,
            from: LogFrom::Tail(1000),
        }
    }

    /// Reads what a person wrote.
    ///
    /// # Errors
    ///
    /// Says in a sentence what a word lacks.
    pub fn parse(words: &str, namespaces: Namespaces) -> Result<Self, String> {
        let mut query = Self::of(namespaces, Vec::new());
        let mut words = words.split_whitespace();
        while let Some(word) = words.next() {
            if word == "-A" || word == "--all-namespaces" {
                query.namespaces = Namespaces::All;
            } else if let Some(names) = namespace_flag(word) {
                let names = match names {
                    "" => words.next().ok_or_else(|| format!("{word}: which namespace?"))?,
                    names => names,
                };
                query.namespaces = Namespaces::Some(names.split(',').filter(|name| !name.is_empty()).map(Into::into).collect());
            } else if let Some(pattern) = word.strip_prefix('!') {
                query.not.push(checked(pattern)?);
            } else if let Some(pattern) = word.strip_prefix("c:").or_else(|| word.strip_prefix("container:")) {
                query.containers.push(checked(pattern)?);
            } else {
                query.picks.push(pick(word)?);
            }
        }
        if query.picks.is_empty() {
            query.picks.push(Pick::Pattern("".into()));
        }
        Ok(query)
    }

    /// The one pod that is read, where it is one.
    pub fn single_pod(&self) -> Option<(&str, &Arc<str>)> {
        match (self.picks.as_slice(), &self.namespaces) {
            ([Pick::Pod(name)], Namespaces::Some(names)) => Some((names.first()?, name)),
            _ => None,
        }
    }

    /// Whether nothing but files is read.
    pub fn is_of_files(&self) -> bool {
        self.picks.iter().all(|pick| matches!(pick, Pick::File(_)))
    }

    /// Whether a cluster is asked at all.
    pub fn asks_cluster(&self) -> bool {
        self.picks.iter().any(|pick| !matches!(pick, Pick::Group(_) | Pick::File(_)))
    }

    /// `solia/deploy/backend`, for a title.
    pub fn title(&self) -> String {
        let what = self.to_string();
        match &self.namespaces {
            Namespaces::Some(names) if self.asks_cluster() => format!("{}/{what}", names.join(",")),
            _ => what,
        }
    }
}

/// The names that stand in the same word as the flag, or nothing where they are the next word.
fn namespace_flag(word: &str) -> Option<&str> {
    let names = word.strip_prefix("--namespace").or_else(|| word.strip_prefix("-n"))?;
    Some(names.strip_prefix('=').unwrap_or(names))
}

fn pick(word: &str) -> Result<Pick, String> {
    if let Some(group) = word.strip_prefix("cloudwatch:").or_else(|| word.strip_prefix("cw:")) {
        return Ok(Pick::Group(group.into()));
    }
    if let Some(path) = word.strip_prefix("file:") {
        return Ok(Pick::File(path.into()));
    }
    if let Some((kind, name)) = word.split_once('/') {
        // No name of a pod or container has a slash: such a pattern would never match.
        let Some(known) = kind_of(kind) else {
            return Err(format!("{word}: there is no kind {kind:?}; a namespace is chosen with -n {kind}"));
        };
        if name.is_empty() {
            return Err(format!("{word}: which {kind}?"));
        }
        return match known {
            Known::Pod => Ok(Pick::Pod(name.into())),
            Known::Deployment
            | Known::ReplicaSet
            | Known::StatefulSet
            | Known::DaemonSet
            | Known::Job
            | Known::Service
            | Known::PodDisruptionBudget => Ok(Pick::Owner(known, name.into())),
            _ => Err(format!("{word}: a {} has no pods of its own", known.info().name)),
        };
    }
    if word.contains('=') || word.contains(" in ") {
        return Ok(Pick::Labels(word.into()));
    }
    checked(word).map(Pick::Pattern)
}

/// A kind as kubectl spells it: `deploy`, `deployments`, `deployment.apps`.
fn kind_of(word: &str) -> Option<Known> {
    let word = word.split_once('.').map_or(word, |(first, _)| first).to_lowercase();
    let fits = |info: &&super::KnownInfo| info.resource == word || info.short.contains(&word.as_str()) || info.name.to_lowercase() == word;
    KNOWN.iter().find(fits).map(|info| info.known)
}

fn checked(pattern: &str) -> Result<Arc<str>, String> {
    match regex::Regex::new(pattern) {
        Ok(_) => Ok(pattern.into()),
        Err(_) => Err(format!("{pattern:?} is no pattern: a regular expression is meant")),
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(name) => write!(f, "pod/{name}"),
            Self::Owner(known, name) => {
                let info = known.info();
                write!(f, "{}/{name}", info.short.first().copied().unwrap_or(info.resource))
            }
            Self::Labels(text) | Self::Pattern(text) => f.write_str(text),
            Self::Group(name) => write!(f, "cloudwatch:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

/// The words that mean it: [`LogQuery::parse`] reads them back.
impl fmt::Display for LogQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let picks = self.picks.iter().map(ToString::to_string);
        let containers = self.containers.iter().map(|c| format!("c:{c}"));
        let not = self.not.iter().map(|n| format!("!{n}"));
        let words: Vec<String> = picks.chain(containers).chain(not).filter(|word| !word.is_empty()).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> LogQuery {
        LogQuery::parse(words, Namespaces::one("solia")).unwrap()
    }

    #[test]
    fn what_a_person_writes_is_read_and_written_back() {
        for words in [
            "deploy/backend",
            "pod/backend-7f9c-x2x1q c:^app$",
            "backend c:app !istio",
            "app=backend,tier!=batch !^linkerd",
            "cloudwatch:/solia/prod/* file:/tmp/a.log",
            "sts/postgres svc/redis job/migrate",
        ] {
            assert_eq!(parse(words).to_string(), words);
        }
        assert_eq!(parse("deployment.apps/backend"), parse("deployments/backend"));
        assert_eq!(parse("po/x").picks, [Pick::Pod("x".into())]);
        assert_eq!(parse("").picks, [Pick::Pattern("".into())]);
        for words in [
            "-n team,jobs deploy/backend",
            "deploy/backend --namespace=team,jobs",
            "-nteam,jobs deploy/backend",
        ] {
            let query = parse(words);
            assert_eq!(query.namespaces, Namespaces::Some(vec!["team".into(), "jobs".into()]), "{words}");
            assert_eq!(query.to_string(), "deploy/backend");
        }
        assert_eq!(parse("-A backend").namespaces, Namespaces::All);
    }

    #[test]
    fn what_makes_no_sense_is_told_in_a_sentence() {
        for (words, want) in [
            ("deploy/", "deploy/: which deploy?"),
            (
                "team/backend",
                "team/backend: there is no kind \"team\"; a namespace is chosen with -n team",
            ),
            ("backend -n", "-n: which namespace?"),
            ("node/worker-1", "node/worker-1: a Node has no pods of its own"),
            ("back(end", "\"back(end\" is no pattern: a regular expression is meant"),
        ] {
            assert_eq!(LogQuery::parse(words, Namespaces::All), Err(want.to_owned()));
        }
    }

    #[test]
    fn a_title_names_the_namespace_where_there_is_one() {
        assert_eq!(parse("deploy/backend").title(), "solia/deploy/backend");
        assert_eq!(parse("cw:/a").title(), "cloudwatch:/a");
    }
}
