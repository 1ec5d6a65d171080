//! Front matter: read as a tree first, so that one wrong key costs that key and not the page.

use serde_json::{Map, Value};

use super::super::flaw::{Flaw, Rule};
use super::super::page::{AlertSigns, Escalate, Front, HealthSigns, Matcher, Signs};
use super::super::value::{Declared, Source};
use crate::config::{Level, nearest};
use crate::model::parse_duration;

/// What front matter said.
#[derive(Debug, Default)]
pub struct Fronted {
    pub title: String,
    pub description: String,
    pub front: Front,
    pub variables: Vec<Declared>,
}

/// The front matter of a page: its text, and where the page goes on. None where it does not begin with one.
///
/// # Errors
///
/// It begins with one that does not end.
pub fn cut(text: &str) -> Result<Option<(&str, usize)>, ()> {
    let Some(rest) = text.strip_prefix("---\n") else { return Ok(None) };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            let yaml = rest.get(..at).unwrap_or_default();
            return Ok(Some((yaml, 4 + at + line.len())));
        }
        at += line.len();
    }
    Err(())
}

/// Larger front matter is none: it is read as a tree.
const MOST: usize = 64 << 10;

/// Reads it. Lines count from the `---` before it.
pub fn read(yaml: &str, flaws: &mut Vec<Flaw>) -> Fronted {
    if yaml.len() > MOST {
        flaws.push(Flaw::new(1, Rule::Front, "the front matter is longer than 64 KiB: it is not read"));
        return Fronted::default();
    }
    let tree: Value = match serde_saphyr::from_str(yaml) {
        Ok(tree) => tree,
        Err(error) => {
            let line = error.location().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1) + 1);
            let said = error.to_string();
            let first = said.lines().next().unwrap_or_default().to_owned();
            flaws.push(Flaw::new(line, Rule::Front, format!("the front matter is no YAML: {first}")));
            return Fronted::default();
        }
    };
    let mut reader = Reader { yaml, flaws };
    match tree {
        Value::Object(map) => reader.page(&map),
        Value::Null => Fronted::default(),
        _ => {
            reader.flaw(1, "the front matter is no list of keys");
            Fronted::default()
        }
    }
}

struct Reader<'a> {
    yaml: &'a str,
    flaws: &'a mut Vec<Flaw>,
}

/// Runme's own keys, of which these have to be strings.
const STRINGS: [&str; 5] = ["shell", "cwd", "tag", "category", "terminalRows"];
const ONCALL: [&str; 10] = [
    "version", "owner", "reviewed", "bind", "vars", "env", "confirm", "budget", "match", "escalate",
];
const K8S: [&str; 11] = [
    "kind",
    "namespace",
    "labels",
    "waiting",
    "terminated",
    "exitCode",
    "restarts",
    "phase",
    "condition",
    "event",
    "for",
];
const KINDS: [&str; 15] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Node",
    "Job",
    "CronJob",
    "PVC",
    "PersistentVolumeClaim",
    "HPA",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Service",
    "Namespace",
];

impl Reader<'_> {
    fn flaw(&mut self, line: usize, text: impl AsRef<str>) {
        self.flaws.push(Flaw::new(line, Rule::Front, text));
    }

    /// The line where a key stands first, of the file.
    fn line(&self, key: &str) -> usize {
        self.line_after(key, 0)
    }

    /// The first line, from this one of the front matter on, that has a key; as a line of the file.
    fn line_after(&self, key: &str, from: usize) -> usize {
        let has = |line: &str| {
            let mut rest = line;
            while let Some(at) = rest.find(key) {
                let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + key.len()..).unwrap_or_default());
                let begins = before.chars().next_back().is_none_or(|c| c.is_whitespace() || "{,-\"'".contains(c));
                if begins && after.trim_start_matches(['"', '\'']).trim_start().starts_with(':') {
                    return true;
                }
                rest = after;
            }
            false
        };
        let found = self.yaml.lines().enumerate().skip(from).find(|(_, line)| has(line));
        found.map_or(1, |(nth, _)| nth + 2)
    }

    /// The lines of the items of a list, of the file.
    fn items(&self, key: &str) -> Vec<usize> {
        let start = self.line(key).saturating_sub(1);
        let mut indent = None;
        let mut all = Vec::new();
        for (nth, line) in self.yaml.lines().enumerate().skip(start) {
            let depth = line.len() - line.trim_start().len();
            if line.trim().is_empty() {
                continue;
            }
            if line.trim_start().starts_with("- ") && indent.is_none_or(|indent| indent == depth) {
                indent = Some(depth);
                all.push(nth + 2);
            } else if indent.is_none_or(|indent| depth <= indent) {
                break;
            }
        }
        all
    }

    fn unknown(&mut self, map: &Map<String, Value>, known: &[&str], what: &str) {
        for key in map.keys().filter(|key| !known.contains(&key.as_str()) && !key.starts_with("x-")) {
            let line = self.line(key);
            let text = match nearest(key, known) {
                Some(near) => format!("{what} has no `{key}`; did you mean {near}?"),
                None => format!("{what} has no `{key}`"),
            };
            self.flaw(line, text);
        }
    }

    fn text(&mut self, map: &Map<String, Value>, key: &str) -> String {
        match map.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => crate::model::clean(text).into_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => {
                let line = self.line(key);
                self.flaw(line, format!("`{key}` is a text"));
                String::new()
            }
        }
    }

    /// One text or a list of them.
    fn texts(&mut self, map: &Map<String, Value>, key: &str) -> Vec<String> {
        match map.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => vec![crate::model::clean(text).into_owned()],
            Some(Value::Array(all)) => {
                let texts: Vec<String> = all
                    .iter()
                    .filter_map(|one| match one {
                        Value::String(text) => Some(crate::model::clean(text).into_owned()),
                        Value::Number(number) => Some(number.to_string()),
                        _ => None,
                    })
                    .collect();
                if texts.len() < all.len() {
                    let line = self.line(key);
                    self.flaw(line, format!("`{key}` is a list of texts"));
                }
                texts
            }
            Some(_) => {
                let line = self.line(key);
                self.flaw(line, format!("`{key}` is a list of texts"));
                Vec::new()
            }
        }
    }

    fn seconds(&mut self, map: &Map<String, Value>, key: &str) -> Option<i64> {
        let text = self.text(map, key);
        if text.is_empty() {
            return None;
        }
        let seconds = parse_duration(&text).filter(|seconds| *seconds > 0);
        if seconds.is_none() {
            let line = self.line(key);
            self.flaw(line, format!("`{key}` is a time, as in 30s, 10m or 2h: `{text}` is none"));
        }
        seconds
    }

    fn table<'m>(&mut self, map: &'m Map<String, Value>, key: &str) -> Option<&'m Map<String, Value>> {
        match map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::Object(table)) => Some(table),
            Some(_) => {
                let line = self.line(key);
                self.flaw(line, format!("`{key}` has keys of its own"));
                None
            }
        }
    }

    fn list<'m>(&mut self, map: &'m Map<String, Value>, key: &str) -> &'m [Value] {
        match map.get(key) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(all)) => all,
            Some(_) => {
                let line = self.line(key);
                self.flaw(line, format!("`{key}` is a list"));
                &[]
            }
        }
    }

    fn labels(&mut self, map: &Map<String, Value>) -> Vec<(String, String)> {
        let Some(table) = self.table(map, "labels") else {
            return Vec::new();
        };
        let pair = |(key, value): (&String, &Value)| match value {
            Value::String(text) => (key.clone(), text.clone()),
            other => (key.clone(), other.to_string()),
        };
        table.iter().map(pair).collect()
    }

    fn page(&mut self, map: &Map<String, Value>) -> Fronted {
        for key in STRINGS {
            if map.get(key).is_some_and(|value| !value.is_string()) {
                let line = self.line(key);
                self.flaw(
                    line,
                    format!("`{key}` is a text for Runme: anything else makes all of the front matter invalid there"),
                );
            }
        }
        // Other tools have keys of their own here; only what is almost ours is told.
        for key in map.keys().filter(|key| !["title", "description", "oncall"].contains(&key.as_str())) {
            if strsim::osa_distance(key, "oncall") <= 1 || strsim::osa_distance(key, "title") == 1 {
                let line = self.line(key);
                let meant = nearest(key, &["title", "oncall"]).unwrap_or("oncall");
                self.flaw(line, format!("`{key}` is not known; did you mean {meant}?"));
            }
        }
        let mut fronted = Fronted {
            title: self.text(map, "title"),
            description: self.text(map, "description"),
            ..Fronted::default()
        };
        if let Some(oncall) = self.table(map, "oncall") {
            self.oncall(oncall, &mut fronted);
            if fronted.title.is_empty() {
                self.flaw(1, "`title` is missing");
            }
        }
        fronted
    }

    fn oncall(&mut self, map: &Map<String, Value>, fronted: &mut Fronted) {
        self.unknown(map, &ONCALL, "oncall");
        match map.get("version") {
            Some(Value::Number(one)) if one.as_u64() == Some(1) => {}
            None => {
                let line = self.line("oncall");
                self.flaw(line, "`version: 1` is missing");
            }
            Some(_) => {
                let line = self.line("version");
                self.flaw(line, "only version 1 is known");
            }
        }
        let reviewed = self.text(map, "reviewed");
        let reviewed_line = self.line("reviewed");
        let date = reviewed.parse::<jiff::civil::Date>().ok();
        if date.is_none() && !reviewed.is_empty() {
            self.flaw(
                reviewed_line,
                format!("`reviewed` is a day, as in 2026-11-08: `{reviewed}` is none"),
            );
        }
        let environments = match self.table(map, "env") {
            Some(env) => {
                self.unknown(env, &["allow"], "env");
                self.texts(env, "allow")
            }
            None => Vec::new(),
        };
        let confirm = self.text(map, "confirm");
        let confirm = match level(&confirm) {
            Ok(level) => level,
            Err(text) => {
                let line = self.line("confirm");
                self.flaw(line, text);
                None
            }
        };
        fronted.front = Front {
            owner: self.text(map, "owner"),
            reviewed: date,
            reviewed_line,
            bind: self.texts(map, "bind"),
            environments,
            confirm,
            budget: self.seconds(map, "budget"),
            matchers: self.matchers(map),
            escalate: self.escalations(map),
            is_oncall: true,
        };
        if let Some(vars) = self.table(map, "vars") {
            fronted.variables = vars.iter().filter_map(|(name, value)| self.variable(name, value)).collect();
        }
    }

    fn variable(&mut self, name: &str, value: &Value) -> Option<Declared> {
        let line = self.line(name);
        let map = match value {
            Value::Object(map) => map,
            Value::String(default) => {
                return Some(Declared {
                    name: name.to_owned(),
                    line,
                    default: Some(default.clone()),
                    ..Declared::default()
                });
            }
            _ => {
                self.flaw(
                    line,
                    format!("the variable `{name}` has keys of its own: default, prompt, pattern, enum, secret, from"),
                );
                return None;
            }
        };
        self.unknown(map, &["default", "prompt", "pattern", "enum", "secret", "from"], name);
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let from = self.text(map, "from");
        let from = match from.as_str() {
            "" => None,
            text => match Source::read(text) {
                Ok(source) => Some(source),
                Err(fault) => {
                    self.flaw(line, fault);
                    None
                }
            },
        };
        Some(Declared {
            name: name.to_owned(),
            line,
            default: some(self.text(map, "default")),
            prompt: some(self.text(map, "prompt")),
            pattern: some(self.text(map, "pattern")),
            one_of: self.texts(map, "enum"),
            secret: map.get("secret").and_then(Value::as_bool).unwrap_or(false),
            from,
        })
    }

    fn matchers(&mut self, map: &Map<String, Value>) -> Vec<Matcher> {
        let lines = self.items("match");
        let mut all = Vec::new();
        for (nth, value) in self.list(map, "match").iter().enumerate() {
            let line = lines.get(nth).copied().unwrap_or_else(|| self.line("match"));
            let Value::Object(one) = value else {
                self.flaw(line, "a matcher has one of the keys k8s, alert, health, block");
                continue;
            };
            let before = self.flaws.len();
            self.unknown(one, &["k8s", "alert", "health", "block"], "a matcher");
            let matcher = Matcher {
                line,
                k8s: self.table(one, "k8s").map(|k8s| self.signs(k8s, line)),
                alert: self.table(one, "alert").map(|alert| self.alert(alert)),
                health: self.table(one, "health").map(|health| self.health(health, line)),
                block: Some(self.text(one, "block")).filter(|block| !block.is_empty()),
            };
            // The search for a key's line knows the first of its name only.
            for flaw in self.flaws.get_mut(before..).unwrap_or_default() {
                flaw.line = line;
            }
            all.push(matcher);
        }
        all
    }

    fn signs(&mut self, map: &Map<String, Value>, line: usize) -> Signs {
        self.unknown(map, &K8S, "k8s");
        let kind = self.text(map, "kind");
        if !kind.is_empty() && !KINDS.contains(&kind.as_str()) {
            let text = match nearest(&kind, &KINDS) {
                Some(near) => format!("`{kind}` is no kind; did you mean {near}?"),
                None => format!("`{kind}` is no kind that a matcher knows"),
            };
            self.flaw(line, text);
        }
        let restarts = self.text(map, "restarts");
        let read = || {
            let (number, window) = restarts.strip_prefix(">=")?.split_once('/')?;
            Some((number.trim().parse().ok()?, parse_duration(window)?))
        };
        let parsed = read();
        if parsed.is_none() && !restarts.is_empty() {
            self.flaw(line, format!("`restarts` is written \">=3/10m\": `{restarts}` is not"));
        }
        Signs {
            kind: match kind.as_str() {
                "PVC" => "PersistentVolumeClaim".to_owned(),
                "HPA" => "HorizontalPodAutoscaler".to_owned(),
                _ => kind,
            },
            namespace: self.text(map, "namespace"),
            labels: self.labels(map),
            waiting: self.texts(map, "waiting"),
            terminated: self.texts(map, "terminated"),
            exit_codes: self.texts(map, "exitCode").iter().filter_map(|code| code.parse().ok()).collect(),
            restarts: parsed,
            phase: self.texts(map, "phase"),
            condition: self.text(map, "condition"),
            event: self.texts(map, "event"),
            hold: self.seconds(map, "for").unwrap_or(0),
        }
    }

    fn alert(&mut self, map: &Map<String, Value>) -> AlertSigns {
        self.unknown(map, &["name", "labels", "severity"], "alert");
        let names = self.text(map, "name");
        AlertSigns {
            names: names
                .split('|')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            labels: self.labels(map),
            severity: self.texts(map, "severity"),
        }
    }

    fn health(&mut self, map: &Map<String, Value>, line: usize) -> HealthSigns {
        self.unknown(map, &["target", "path", "not", "for"], "health");
        let not = map.get("not").and_then(Value::as_u64).and_then(|not| u16::try_from(not).ok());
        if map.contains_key("not") && not.is_none() {
            self.flaw(line, "`not` is an HTTP status, as in 200");
        }
        HealthSigns {
            target: self.text(map, "target"),
            path: self.text(map, "path"),
            not: not.unwrap_or(200),
            hold: self.seconds(map, "for").unwrap_or(0),
        }
    }

    fn escalations(&mut self, map: &Map<String, Value>) -> Vec<Escalate> {
        let lines = self.items("escalate");
        let mut all = Vec::new();
        for (nth, value) in self.list(map, "escalate").iter().enumerate() {
            let line = lines.get(nth).copied().unwrap_or_else(|| self.line("escalate"));
            let Value::Object(one) = value else {
                self.flaw(line, "an escalation has the keys after, to, via");
                continue;
            };
            let before = self.flaws.len();
            self.unknown(one, &["after", "to", "via"], "an escalation");
            let after = self.seconds(one, "after");
            let escalate = Escalate {
                after: after.unwrap_or(0),
                to: self.text(one, "to"),
                via: self.text(one, "via"),
            };
            if !one.contains_key("after") || escalate.to.is_empty() {
                self.flaw(line, "an escalation says after how long, and to whom");
            }
            for flaw in self.flaws.get_mut(before..).unwrap_or_default() {
                flaw.line = line;
            }
            if after.is_some() {
                all.push(escalate);
            }
        }
        all.sort_by_key(|one| one.after);
        all
    }
}

/// The level of a word; none for `none`.
///
/// # Errors
///
/// It is no level.
pub fn level(word: &str) -> Result<Option<Level>, String> {
    match word {
        "" | "none" => Ok(None),
        "key" => Ok(Some(Level::Key)),
        "token" => Ok(Some(Level::Token)),
        "full" => Ok(Some(Level::Full)),
        other => Err(match nearest(other, &["none", "key", "token", "full"]) {
            Some(near) => format!("`{other}` is no level; did you mean {near}?"),
            None => format!("`{other}` is no level: none, key, token or full"),
        }),
    }
}
