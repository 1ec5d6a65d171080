//! What `qd open` was given: an alert's name, the address of a Prometheus, an Alertmanager or a Grafana, or an object; and which
//! environment it belongs to. What is not understood is said, never guessed.

use reqwest::Url;

use crate::action::silence::{How, Matcher};
use crate::config::{Endpoint, Environment};
use crate::model::{EnvId, KNOWN, Kind, Problem, ProblemKind, Time, clean, parse_duration, shorten};

/// The longest text that is read.
const LONGEST: usize = 16 << 10;
/// The longest range of a picture (seconds): that of the panels.
const WIDEST: i64 = 7 * 86_400;
/// What may be given, as the hint of every refusal says it.
const HINT: &str = "an alert's name, the address of a Prometheus, Alertmanager or Grafana page, or ENV/NAMESPACE/KIND/NAME";

/// Where to go.
#[derive(Clone, Debug, PartialEq)]
pub struct What {
    /// None: it does not say; what is looked for is looked for in all of them.
    pub env: Option<EnvId>,
    pub aim: Aim,
    /// What of it was not understood.
    pub remark: Option<String>,
}

/// What to show there.
#[derive(Clone, Debug, PartialEq)]
pub enum Aim {
    /// The environment as it opens by itself.
    Environment,
    /// All alerts.
    Alerts,
    /// An alert of this name, with these labels.
    Alert { name: String, labels: Vec<(String, String)> },
    /// All silences.
    Silences,
    /// The silence of this id.
    Silence(String),
    /// A question to the Prometheus.
    Query { query: String, range: Range },
    /// The panels of what a dashboard shows; `uid` is the dashboard's.
    Board {
        uid: String,
        namespace: String,
        workload: String,
        pod: String,
        range: Range,
    },
    /// An object; its namespace is empty where none was named.
    Object { namespace: String, kind: Kind, name: String },
}

/// A range of times; what is not said is as the panels begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Seconds.
    pub span: Option<u32>,
    /// None: up to now.
    pub until: Option<Time>,
}

/// The kind of server behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Prometheus,
    Alertmanager,
    Grafana,
}

/// Reads what was given. `asked` is the environment that a flag names.
///
/// # Errors
/// What of it is not understood.
pub fn read(text: &str, environments: &[Environment], asked: Option<EnvId>, now: Time) -> Result<What, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(not("nothing was given to open"));
    }
    if text.len() > LONGEST {
        return Err(not("what was given to open is too long to be an address or a name"));
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return address(text, environments, asked, now);
    }
    if text.contains("://") {
        return Err(not(format!("`{}` is no http address", shown(text))));
    }
    word(text, environments, asked)
}

fn not(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Config, text).hint(HINT)
}

/// A piece of what was given, harmless and short.
fn shown(text: &str) -> String {
    shorten(&clean(text), 80).into_owned()
}

fn named(name: &str, environments: &[Environment]) -> Option<EnvId> {
    (0..).map(EnvId).zip(environments).find(|(_, e)| e.goes_by(name)).map(|(id, _)| id)
}

/// An environment, an alert, or an object: what is no address.
fn word(text: &str, environments: &[Environment], asked: Option<EnvId>) -> Result<What, Problem> {
    let what = |env: Option<EnvId>, aim: Aim| Ok(What { env, aim, remark: None });
    // A matcher may hold a slash: what stands in braces is no path.
    let path = text.split('{').next().unwrap_or(text);
    let parts: Vec<&str> = path.split('/').collect();
    let braces = text.len() > path.len();
    match parts.as_slice() {
        [one] if !braces && named(one, environments).is_some() => what(named(one, environments), Aim::Environment),
        [_] => what(asked, alert(text)?),
        [env, _] if named(env, environments).is_some() => {
            let rest = text.split_once('/').map_or("", |(_, rest)| rest);
            what(named(env, environments), alert(rest)?)
        }
        _ if braces => Err(not(format!("`{}` is no alert with its labels", shown(text)))),
        [kind, name] => match known(kind) {
            Some(kind) => what(asked, object("", kind, name)?),
            None => Err(not(format!("`{}` is neither an environment nor a kind", shown(kind)))),
        },
        [env, kind, name] if named(env, environments).is_some() => what(named(env, environments), object("", kind_of(kind)?, name)?),
        [namespace, kind, name] if known(kind).is_some() => what(asked, object(namespace, kind_of(kind)?, name)?),
        [env, namespace, kind, name] => match named(env, environments) {
            Some(id) => what(Some(id), object(namespace, kind_of(kind)?, name)?),
            None => {
                let all: Vec<&str> = environments.iter().map(Environment::shown).collect();
                let problem = Problem::new(ProblemKind::Config, format!("there is no environment `{}`", shown(env)));
                Err(problem.hint(format!("there is {}", all.join(", "))))
            }
        },
        _ => Err(not(format!("`{}` is neither a name nor ENV/NAMESPACE/KIND/NAME", shown(text)))),
    }
}

/// `HighLatency`, `HighLatency{pod="backend-1"}`, `{alertname="HighLatency"}`
fn alert(text: &str) -> Result<Aim, Problem> {
    let wrong = || not(format!("`{}` is no alert's name", shown(text)));
    let (name, rest) = match text.split_once('{') {
        Some((name, rest)) => (name.trim(), Some(rest)),
        None => (text.trim(), None),
    };
    let labels = match rest {
        Some(rest) => labels(rest.trim_end().strip_suffix('}').ok_or_else(wrong)?).ok_or_else(wrong)?,
        None => Vec::new(),
    };
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | ' ' | '(' | ')' | '%' | '<' | '>');
    if !name.chars().all(fits) || name.chars().count() > 200 {
        return Err(wrong());
    }
    of_labels(name, labels).ok_or_else(wrong)
}

/// An alert by its labels, of which one may be its name.
fn of_labels(name: &str, labels: Vec<(String, String)>) -> Option<Aim> {
    let told = labels
        .iter()
        .find(|(label, _)| label == "alertname")
        .map(|(_, value)| value.clone());
    let name = if name.is_empty() { told? } else { name.to_owned() };
    let labels = labels.into_iter().filter(|(label, _)| label != "alertname").collect();
    Some(Aim::Alert { name, labels })
}

/// `alertname="A", pod="x"`: the labels that have to be so. `None`: it is none of that.
fn labels(text: &str) -> Option<Vec<(String, String)>> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        match c {
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            c => {
                quoted ^= c == '"' && !escaped;
                part.push(c);
            }
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(part);
    let mut labels = Vec::new();
    for part in parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()) {
        let matcher = Matcher::read(part)?;
        // What has to be otherwise does not say which alert is meant.
        if matcher.how == How::Equal {
            labels.push((matcher.name, matcher.value));
        }
    }
    Some(labels)
}

fn object(namespace: &str, kind: Kind, name: &str) -> Result<Aim, Problem> {
    let is_name = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':'))
    };
    let namespace = if matches!(namespace, "-" | "_") { "" } else { namespace };
    match (is_name(namespace), is_name(name) && !name.is_empty()) {
        (true, true) => Ok(Aim::Object {
            namespace: namespace.to_owned(),
            kind,
            name: name.to_owned(),
        }),
        (false, _) => Err(not(format!("`{}` is no namespace", shown(namespace)))),
        (_, false) => Err(not(format!("`{}` is no name of an object", shown(name)))),
    }
}

/// A kind by one of the words that kubectl has for it.
fn known(word: &str) -> Option<Kind> {
    let word = word.to_ascii_lowercase();
    let found = KNOWN
        .iter()
        .find(|known| known.resource == word || known.name.eq_ignore_ascii_case(&word) || known.short.contains(&word.as_str()));
    found.map(|found| Kind::Known(found.known))
}

/// The same, or a resource with its group that only the API server knows.
fn kind_of(word: &str) -> Result<Kind, Problem> {
    if let Some(kind) = known(word) {
        return Ok(kind);
    }
    let is_resource = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
    match word.split_once('.') {
        Some((resource, group)) if is_resource && !resource.is_empty() => Ok(Kind::of(group, resource)),
        _ => Err(not(format!("`{}` is no kind", shown(word)))),
    }
}

fn address(text: &str, environments: &[Environment], asked: Option<EnvId>, now: Time) -> Result<What, Problem> {
    let url = Url::parse(text).map_err(|error| not(format!("`{}` is no address: {error}", shown(text))))?;
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut owners = owners(&url, environments);
    // One Grafana for several environments: a variable, or the flag, says which.
    let variables = ["var-env", "var-environment", "var-stage", "var-cluster", "var-context"];
    let said = variables
        .iter()
        .filter_map(|name| value(name))
        .find_map(|name| named(name, environments));
    let wanted = asked.or(said);
    if let Some(wanted) = wanted.filter(|wanted| owners.iter().any(|(env, ..)| env == wanted)) {
        owners.retain(|(env, ..)| *env == wanted);
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = shown(&format!("{}{port}", url.host_str().unwrap_or_default()));
    let (env, server, base, remark) = match owners.as_slice() {
        [(env, server, base)] => (Some(*env), Some(*server), base.clone(), None),
        [(env, server, base), ..] => {
            let name = environments.get(usize::from(env.0)).map_or("", Environment::shown);
            let remark = format!("{host} belongs to several environments: this is {name}, --env names another");
            (Some(*env), Some(*server), base.clone(), Some(remark))
        }
        [] => {
            let remark = format!("no environment has the address {host}: --env says which one is meant");
            (wanted, None, String::new(), wanted.is_none().then_some(remark))
        }
    };
    let path = url.path().strip_prefix(base.as_str()).unwrap_or(url.path());
    let fragment = url.fragment().unwrap_or_default();
    let page = Page {
        path: path.trim_matches('/'),
        query: &query,
        fragment: fragment.trim_start_matches('/'),
        now,
    };
    let aim = match server {
        Some(Server::Prometheus) => page.prometheus(),
        Some(Server::Alertmanager) => page.alertmanager(),
        Some(Server::Grafana) => page.grafana(),
        // By what it looks like: the addresses that alerts bring are often those of inside the cluster.
        None => page.grafana().or_else(|| page.prometheus()).or_else(|| page.alertmanager()),
    };
    match (aim, server) {
        (Some((aim, more)), _) => Ok(What {
            env,
            aim,
            remark: remark.or(more),
        }),
        (None, Some(_)) if page.path.is_empty() && page.fragment.is_empty() => Ok(What {
            env,
            aim: if server == Some(Server::Alertmanager) {
                Aim::Alerts
            } else {
                Aim::Environment
            },
            remark,
        }),
        (None, _) => Err(not(format!("`{}` is no page that leads anywhere here", shown(text)))),
    }
}

/// Whose address it is, of which server, and the path that all of its pages begin with.
fn owners(url: &Url, environments: &[Environment]) -> Vec<(EnvId, Server, String)> {
    let mut found: Vec<(EnvId, Server, String)> = Vec::new();
    for (env, environment) in (0..).map(EnvId).zip(environments) {
        let servers = environment.prometheus.iter().map(|e| (Server::Prometheus, e));
        let servers = servers.chain(environment.alerting().map(|e| (Server::Alertmanager, e)));
        let servers = servers.chain(environment.grafana.iter().map(|e| (Server::Grafana, e)));
        let of_env = servers.filter_map(|(server, endpoint)| Some((server, base(url, endpoint)?)));
        // The longest path is the nearest: one host may have all three.
        if let Some((server, base)) = of_env.max_by_key(|(_, base)| base.len()) {
            found.push((env, server, base));
        }
    }
    let longest = found.iter().map(|(_, _, base)| base.len()).max().unwrap_or(0);
    found.retain(|(_, _, base)| base.len() == longest);
    found
}

/// The path of an endpoint, if an address lies below it. The scheme may differ: a proxy takes it off.
fn base(url: &Url, endpoint: &Endpoint) -> Option<String> {
    let own = Url::parse(&endpoint.url).ok()?;
    let same_host = own.host_str()? == url.host_str()?;
    let same_port = own.port_or_known_default() == url.port_or_known_default() || (own.port().is_none() && url.port().is_none());
    let path = own.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(path)?;
    (same_host && same_port && (rest.is_empty() || rest.starts_with('/'))).then(|| path.to_owned())
}

/// A page of a server.
struct Page<'a> {
    path: &'a str,
    query: &'a [(String, String)],
    fragment: &'a str,
    now: Time,
}

type Found = Option<(Aim, Option<String>)>;

impl Page<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn prometheus(&self) -> Found {
        let is_graph = matches!(self.path, "graph" | "query" | "new/graph" | "classic/graph") || self.path.ends_with("/graph");
        match self.path {
            _ if is_graph => {
                let query = self.value("g0.expr")?.to_owned();
                let span = self.value("g0.range_input").and_then(parse_span);
                let until = self
                    .value("g0.end_input")
                    .or_else(|| self.value("g0.moment_input"))
                    .and_then(moment);
                let range = ranged(span, until, self.now);
                Some((Aim::Query { query, range }, None))
            }
            "alerts" => Some((
                match self.value("search") {
                    Some(name) => alert(name).unwrap_or(Aim::Alerts),
                    None => Aim::Alerts,
                },
                None,
            )),
            "rules" | "targets" => Some((
                Aim::Alerts,
                Some(format!("there is no page of {} here: these are the alerts", self.path)),
            )),
            _ => None,
        }
    }

    fn alertmanager(&self) -> Found {
        let (path, query) = self.fragment.split_once('?').unwrap_or((self.fragment, ""));
        let query: Vec<(String, String)> = form(query);
        let filter = query.iter().find(|(key, _)| key == "filter").map(|(_, value)| value.trim());
        match path.trim_end_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["alerts"] => {
                let inner = filter.and_then(|filter| filter.strip_prefix('{')?.strip_suffix('}'));
                let found = inner.and_then(labels).and_then(|labels| of_labels("", labels));
                let lost = filter.is_some() && found.is_none();
                let remark = lost.then(|| "the filter of that page names no alert: these are all of them".to_owned());
                Some((found.unwrap_or(Aim::Alerts), remark))
            }
            ["silences", "new" | "edit", ..] | ["silences"] => Some((Aim::Silences, None)),
            ["silences", id] => Some((Aim::Silence((*id).to_owned()), None)),
            _ => None,
        }
    }

    fn grafana(&self) -> Found {
        let parts: Vec<&str> = self.path.split('/').collect();
        let parts = match parts.as_slice() {
            ["grafana", rest @ ..] => rest,
            all => all,
        };
        let range = || self.grafana_range(self.value("from"), self.value("to"));
        match parts {
            ["d" | "d-solo", uid, ..] if !uid.is_empty() => {
                let one = |names: &[&str]| -> String {
                    let value = names.iter().find_map(|name| self.value(&format!("var-{name}")));
                    let all = |value: &&str| !matches!(*value, "$__all" | "All" | "all" | ".*" | ".+");
                    value.filter(all).unwrap_or_default().to_owned()
                };
                Some((
                    Aim::Board {
                        uid: (*uid).to_owned(),
                        namespace: one(&["namespace", "ns", "kubernetes_namespace"]),
                        workload: one(&["workload", "deployment", "service", "app", "application"]),
                        pod: one(&["pod", "pod_name"]),
                        range: range(),
                    },
                    None,
                ))
            }
            ["explore", ..] => {
                let state = self.value("panes").or_else(|| self.value("left"))?;
                let state: serde_json::Value = serde_json::from_str(state).ok()?;
                let query = within(&state, "expr", 0)?.to_owned();
                let range = self.grafana_range(within(&state, "from", 0), within(&state, "to", 0));
                Some((Aim::Query { query, range }, None))
            }
            ["alerting", ..] => {
                let name = self.value("search").or_else(|| self.value("queryString"));
                let found = name.and_then(|name| alert(name.trim_start_matches("alertname=").trim_matches('"')).ok());
                let remark = found
                    .is_none()
                    .then(|| "that page of Grafana names no alert: these are all of them".to_owned());
                Some((found.unwrap_or(Aim::Alerts), remark))
            }
            _ => None,
        }
    }

    /// `now-6h` to `now`, or moments in milliseconds.
    fn grafana_range(&self, from: Option<&str>, to: Option<&str>) -> Range {
        let at = |text: &str| -> Option<Time> {
            let text = text.split('/').next().unwrap_or(text);
            match text.strip_prefix("now") {
                Some("") => Some(self.now),
                Some(back) => Some(self.now + -parse_span(back.strip_prefix('-')?)?),
                None => match text.parse::<i64>() {
                    Ok(millis) => Some(Time(millis / 1000)),
                    Err(_) => moment(text),
                },
            }
        };
        let until = to.and_then(at).unwrap_or(self.now);
        let span = from.and_then(at).and_then(|from| until.0.checked_sub(from.0));
        ranged(span, Some(until), self.now)
    }
}

/// What the panels can show of a range.
fn ranged(span: Option<i64>, until: Option<Time>, now: Time) -> Range {
    let until = until.filter(|until| until.0 > 0 && until.0 < now.0 - 30);
    let span = span.filter(|span| *span > 0).map(|span| span.clamp(300, WIDEST));
    Range {
        span: span.and_then(|span| u32::try_from(span).ok()),
        until,
    }
}

/// `1h`, `90m`, `2w`, `1h30m`: seconds.
fn parse_span(text: &str) -> Option<i64> {
    let mut all = 0_i64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, next) = behind.split_at_checked(end)?;
        let seconds = match unit {
            "w" => number.parse::<i64>().ok()?.checked_mul(7 * 86_400)?,
            "M" | "y" => WIDEST,
            unit => parse_duration(&format!("{number}{unit}"))?,
        };
        all = all.checked_add(seconds)?;
        rest = next;
    }
    Some(all)
}

/// `2026-11-28 03:00:00`, `2026-11-28T03:00:00Z`; without a zone it is UTC, as Prometheus has it.
fn moment(text: &str) -> Option<Time> {
    let text = text.trim().replace('T', " ");
    let text = text.trim_end_matches('Z');
    let text = text.split('.').next().unwrap_or(text);
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Time(zoned.timestamp().as_second()))
}

/// The pairs of a query that stands behind a `#`.
fn form(query: &str) -> Vec<(String, String)> {
    let url = Url::parse(&format!("http://form/?{query}"));
    url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}

/// The first text of this name in a document.
fn within<'a>(value: &'a serde_json::Value, name: &str, depth: usize) -> Option<&'a str> {
    /// No page of Grafana nests deeper.
    const DEEPEST: usize = 12;
    if depth > DEEPEST {
        return None;
    }
    match value {
        serde_json::Value::Object(map) => {
            let own = map.get(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
            own.or_else(|| map.values().find_map(|value| within(value, name, depth + 1)))
        }
        serde_json::Value::Array(all) => all.iter().find_map(|value| within(value, name, depth + 1)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "what_tests.rs"]
mod tests;
