//! The command line behind `:`. It understands what k9s users type (`:pod kube-system`, `:dp /api`, `:pod @prod`,
//! `:ctx`, `:ns`) and every command by its name, and it completes as one types.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config as MatcherConfig, Matcher, Utf32Str};

use super::App;
use super::command::{COMMANDS, Row};
use crate::model::{CloudPlace, EnvId, KNOWN, Kind, LogGroup, Namespaces, Quantity};

/// What a typed line means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// Show a kind, perhaps elsewhere and narrowed.
    Show {
        kind: Kind,
        namespaces: Option<Namespaces>,
        filter: String,
        env: Option<EnvId>,
    },
    /// Go to an environment.
    Environment(EnvId),
    /// Show these namespaces in the view that is open.
    Namespaces(Namespaces),
    /// Run a command.
    Run(&'static Row),
    /// Read this container's log (in a log view).
    Container(String),
    /// Read the logs that these words mean.
    Logs(String),
    /// Go to a moment (in a log view).
    Moment(String),
    /// Do something: `scale 3`, `image app=web:2`, a whole kubectl line.
    Act(String),
    /// About a runbook: `runbook NAME`, `set POD web-1`, `skip REASON` …
    Walker(String),
    /// Ask Logs Insights.
    Insights(String),
    /// Ask the Prometheus.
    PromQl(String),
    /// Show these fields of structured log lines; none: all of them.
    Fields(Vec<String>),
    /// Nothing: close the line.
    Nothing,
    /// Not understood, and why.
    Unknown(String),
}

/// One offer of the completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What the line becomes when it is taken.
    pub line: String,
    /// What it is, in a few words.
    pub about: String,
}

/// Reads a line.
pub fn read(app: &App, line: &str) -> Meaning {
    if line.trim_start().starts_with('!') {
        return Meaning::Act(line.trim().to_owned());
    }
    let mut words = line.split_whitespace();
    let Some(verb) = words.next() else { return Meaning::Nothing };
    let rest: Vec<&str> = words.collect();
    match verb {
        "q" | "q!" | "qa" | "quit" | "exit" => return command("quit"),
        "ctx" | "context" | "contexts" | "env" | "environment" => {
            return match rest.as_slice() {
                [] => command("environments"),
                [name, ..] => environment(app, name),
            };
        }
        "ns" | "namespace" | "namespaces" if !rest.is_empty() => return Meaning::Namespaces(namespaces(&rest)),

        "container" if !rest.is_empty() => return Meaning::Container(rest[0].to_owned()),
        "logs" | "log" if !rest.is_empty() => return Meaning::Logs(rest.join(" ")),
        // A query keeps its spaces: they may stand in a pattern.
        "insights" => return Meaning::Insights(line.trim().strip_prefix(verb).unwrap_or_default().trim().to_owned()),
        "promql" => return Meaning::PromQl(line.trim().strip_prefix(verb).unwrap_or_default().trim().to_owned()),
        "kubectl" | "k" => return Meaning::Act(line.trim().to_owned()),
        // Two numbers are no namespaces.
        "hpa" if rest.len() == 2 && rest.iter().all(|word| word.parse::<u32>().is_ok()) => return Meaning::Act(line.trim().to_owned()),
        "scale" | "image" | "label" | "annotate" | "roll-back" | "drain" | "evict" | "resources" | "hpa-bounds" if !rest.is_empty() => {
            return Meaning::Act(line.trim().to_owned());
        }
        "runbook" | "runbooks" if !rest.is_empty() => return Meaning::Walker(format!("runbook {}", rest.join(" "))),
        "set" | "skip" | "note" | "step" if app.books.walking.is_some() => return Meaning::Walker(line.trim().to_owned()),
        "unlock" | "silence" | "extend-silence" if !rest.is_empty() => return Meaning::Act(line.trim().to_owned()),
        "at" | "time" => return Meaning::Moment(rest.join(" ")),
        "fields" => return Meaning::Fields(rest.iter().map(|field| (*field).to_owned()).collect()),
        "help" | "h" => return command("help"),
        "pf" | "portforward" | "port-forward" | "portforwards" => return command("forwards"),
        "debug" | "copy-out" | "copy-in" if !rest.is_empty() => return Meaning::Act(line.trim().to_owned()),
        "forward" if !rest.is_empty() => return Meaning::Act(line.trim().to_owned()),
        _ => {}
    }
    if let Some(kind) = kind(app, verb) {
        return show(app, kind, &rest);
    }
    match super::command::by_name(verb) {
        Some(row) => Meaning::Run(row),
        None if super::plugins::named(app, verb).is_some() => Meaning::Act(line.trim().to_owned()),
        None => {
            let near = offers(app, verb).into_iter().next();
            let hint = near
                .map(|offer| format!(", did you mean :{}?", offer.line.trim()))
                .unwrap_or_default();
            Meaning::Unknown(format!("no kind, namespace or command is called {verb}{hint}"))
        }
    }
}

fn command(name: &str) -> Meaning {
    super::command::by_name(name).map_or_else(|| Meaning::Unknown(format!("no command {name}")), Meaning::Run)
}

fn environment(app: &App, name: &str) -> Meaning {
    let fits = |e: &crate::config::Environment| e.name == name || e.label == name || e.aliases.iter().any(|a| a == name);
    let exact = app.config.environments.iter().position(fits);
    let prefix = || {
        let mut matching = app
            .config
            .environments
            .iter()
            .enumerate()
            .filter(|(_, e)| e.name.contains(name) || e.label.contains(name));
        match (matching.next(), matching.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    };
    match exact.or_else(prefix).and_then(|index| u16::try_from(index).ok()) {
        Some(index) => Meaning::Environment(EnvId(index)),
        None => Meaning::Unknown(format!("no environment is called {name}: :env lists them")),
    }
}

/// The kind of this name: plural, singular, short name, or with its group (`certificates.cert-manager.io`).
pub fn kind(app: &App, word: &str) -> Option<Kind> {
    let word = word.to_lowercase();
    let known = KNOWN.iter().find(|k| k.resource == word || k.short.contains(&word.as_str()));
    if let Some(known) = known {
        return Some(Kind::Known(known.known));
    }
    let served = &app.seen()?.kinds;
    let named = |s: &&crate::model::ServedKind| {
        let resource = s.kind.resource();
        resource == word
            || s.name.to_lowercase() == word
            || s.short.iter().any(|short| **short == *word)
            || word
                .strip_prefix(resource)
                .and_then(|w| w.strip_prefix('.'))
                .is_some_and(|group| s.kind.group() == group)
    };
    served.iter().find(named).map(|s| s.kind.clone())
}

fn namespaces(words: &[&str]) -> Namespaces {
    let names: Vec<_> = words.iter().flat_map(|w| w.split(',')).filter(|n| !n.is_empty()).collect();
    if names.is_empty() || names.iter().any(|n| matches!(*n, "all" | "*" | "-A" | "-")) {
        return Namespaces::All;
    }
    Namespaces::Some(names.into_iter().map(Into::into).collect())
}

fn show(app: &App, kind: Kind, words: &[&str]) -> Meaning {
    let mut filter = Vec::new();
    let mut names = Vec::new();
    let mut env = None;
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix('@') {
            match environment(app, name) {
                Meaning::Environment(id) => env = Some(id),
                other => return other,
            }
        } else if let Some(text) = word.strip_prefix('/') {
            filter.push(text.to_owned());
            filter.extend(words.by_ref().map(str::to_owned));
        } else if word == "-n" || word == "--namespace" {
            names.extend(words.next());
        } else if word == "-l" {
            filter.extend(words.next().map(|labels| format!("-l {labels}")));
        } else if word.contains('=') {
            filter.push(format!("-l {word}"));
        } else {
            names.push(word);
        }
    }
    let namespaces = (!names.is_empty()).then(|| namespaces(&names));
    Meaning::Show {
        kind,
        namespaces,
        filter: filter.join(" "),
        env,
    }
}

/// What the line could become, best first.
pub fn offers(app: &App, line: &str) -> Vec<Offer> {
    if let Some(offers) = metrics(app, line) {
        return offers;
    }
    let (head, word) = match line.rsplit_once(' ') {
        Some((head, word)) => (Some(head.trim()), word),
        None => (None, line.trim_start()),
    };
    let all = match head {
        None => first_words(app),
        Some(head) => next_words(app, head, word),
    };
    let word = match word.strip_prefix("cw:") {
        Some(group) if names_log_groups(line) => group,
        _ => word,
    };
    rank(all, word, head.is_none())
}

fn first_words(app: &App) -> Vec<(String, Offer)> {
    let mut all = Vec::new();
    let mut push = |name: String, about: String| all.push((name.clone(), Offer { line: name, about }));
    for known in &KNOWN {
        push(
            known.resource.to_owned(),
            known.short.first().map_or_else(String::new, |short| format!("kind · {short}")),
        );
    }
    for row in COMMANDS
        .iter()
        .filter(|row| (row.available)(app) && row.place.covers(app.view()) && !row.name.starts_with("favourite-"))
    {
        let key = app
            .keymap
            .labels(row)
            .into_iter()
            .next()
            .map_or_else(String::new, |key| format!(" · {key}"));
        push(row.name.to_owned(), format!("{}{key}", row.doc));
    }
    for plugin in super::plugins::offered(app) {
        let about = if plugin.description.is_empty() {
            "the team's own"
        } else {
            &plugin.description
        };
        let key = plugin.key.first().map_or_else(String::new, |key| format!(" · {key}"));
        push(plugin.name.clone(), format!("{about}{key}"));
    }
    push("env".into(), "environments, or :env NAME".into());
    push("ns".into(), "namespaces, or :ns NAME,NAME".into());
    for served in app.seen().map(|seen| seen.kinds.as_slice()).unwrap_or_default() {
        if served.kind.known().is_none() && served.list {
            let group = if served.kind.group().is_empty() {
                "core"
            } else {
                served.kind.group()
            };
            // Two groups may use one name: then the group is part of it.
            let taken = KNOWN.iter().any(|k| k.resource == served.kind.resource());
            let name = if taken {
                format!("{}.{group}", served.kind.resource())
            } else {
                served.kind.resource().to_owned()
            };
            push(name, format!("kind · {group}"));
        }
    }
    all
}

fn next_words(app: &App, head: &str, word: &str) -> Vec<(String, Offer)> {
    let verb = head.split_whitespace().next().unwrap_or_default();
    let offer = |name: &str, about: &str| {
        (
            name.to_owned(),
            Offer {
                line: format!("{head} {name}"),
                about: about.to_owned(),
            },
        )
    };
    let environments = |prefix: &str| {
        app.config
            .environments
            .iter()
            .map(|e| offer(&format!("{prefix}{}", e.name), "environment"))
            .collect::<Vec<_>>()
    };
    match verb {
        "ctx" | "context" | "env" | "environment" => environments(""),
        "runbook" | "runbooks" => super::books::offers(app),
        "step" => super::books::step_offers(app),
        "set" => super::books::set_offers(app, head),
        "container" => match app.view() {
            super::view::View::Log(log) => app
                .seen()
                .map(|seen| log.containers(seen))
                .unwrap_or_default()
                .iter()
                .map(|c| offer(c, "container"))
                .collect(),
            _ => Vec::new(),
        },
        "fields" => match app.view() {
            super::view::View::Log(log) => log.field_names(&app.store).iter().map(|name| offer(name, "field")).collect(),
            _ => Vec::new(),
        },
        "logs" | "log" | "insights" => log_groups(app)
            .into_iter()
            .map(|(name, about)| offer(&format!("cloudwatch:{name}"), &about))
            .collect(),
        _ if word.starts_with('@') => environments("@"),
        _ if verb == "ns" || verb == "namespace" || kind(app, verb).is_some() => {
            let names = app.seen().map(crate::store::EnvStore::namespace_names).unwrap_or_default();
            std::iter::once(offer("all", "every namespace"))
                .chain(names.iter().map(|name| offer(name, "namespace")))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the line is a question to the Prometheus: then somebody has to say which metrics there are.
pub fn asks_prometheus(line: &str) -> bool {
    line.trim_start().starts_with("promql ")
}

/// Names of metrics and labels that go on with the word at the end of a question. `None`: the line is none.
fn metrics(app: &App, line: &str) -> Option<Vec<Offer>> {
    /// Offers that are made at once.
    const MOST: usize = 200;
    if !asks_prometheus(line) {
        return None;
    }
    let Some(Ok(names)) = app.seen().and_then(|seen| seen.series_names.as_ref()) else {
        return Some(Vec::new());
    };
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let head = line.trim_end_matches(is_part);
    let word = line.get(head.len()..).unwrap_or_default();
    let within = head
        .rfind('{')
        .is_some_and(|open| !head.get(open..).unwrap_or_default().contains('}'));
    let grouped = ["by (", "without (", "on ("]
        .iter()
        .any(|word| head.rfind(word).is_some_and(|at| !head.get(at..).unwrap_or_default().contains(')')));
    let (all, about) = if within || grouped {
        (&names.labels, "label")
    } else {
        (&names.metrics, "metric")
    };
    if word.is_empty() && !(within || grouped) {
        return Some(Vec::new());
    }
    let offer = |name: &str| {
        let offer = Offer {
            line: format!("{head}{name}"),
            about: about.to_owned(),
        };
        (name.to_owned(), offer)
    };
    let mut offers = rank(all.iter().map(|name| offer(name)).collect(), word, false);
    offers.truncate(MOST);
    Some(offers)
}

/// Whether the line is one in which log groups may be named: then somebody has to say which there are.
pub fn names_log_groups(line: &str) -> bool {
    matches!(line.split_whitespace().next(), Some("logs" | "log" | "insights"))
}

/// The log groups of the environment in front, each with what is known of it.
fn log_groups(app: &App) -> Vec<(String, String)> {
    let Some(seen) = app.seen() else { return Vec::new() };
    let several = seen.clouds.len() > 1;
    let about = |group: &LogGroup, place: &CloudPlace| {
        let stored = Quantity::whole(i64::try_from(group.bytes).unwrap_or(i64::MAX)).memory();
        let kept = match group.retention {
            0 => String::new(),
            days => format!(" · {days} d"),
        };
        let place = if several { format!(" · {}", place.label) } else { String::new() };
        let rare = if group.insights_only { " · :insights only" } else { "" };
        format!("log group · {stored}{kept}{place}{rare}")
    };
    let names = crate::store::clouds::names(seen).into_iter();
    names.map(|(group, place)| (group.name.to_string(), about(group, place))).collect()
}

/// Keeps what the word matches, best first. A name that starts with the word comes before any other.
fn rank(all: Vec<(String, Offer)>, word: &str, complete_short: bool) -> Vec<Offer> {
    if word.is_empty() {
        return all.into_iter().map(|(_, offer)| offer).collect();
    }
    let mut matcher = Matcher::new(MatcherConfig::DEFAULT);
    let pattern = Pattern::parse(word, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let short = |name: &str| complete_short && KNOWN.iter().any(|k| k.resource == name && k.short.contains(&word));
    let mut scored: Vec<(u32, usize, Offer)> = all
        .into_iter()
        .filter_map(|(name, offer)| {
            let score = if short(&name) {
                u32::MAX
            } else {
                pattern.score(Utf32Str::new(&name, &mut buffer), &mut matcher)?
            };
            let bonus = if name.starts_with(word) { 1_000 } else { 0 };
            Some((score.saturating_add(bonus), name.len(), offer))
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().map(|(_, _, offer)| offer).collect()
}
