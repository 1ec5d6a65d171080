//! `[[panel]]`: what is drawn of a Prometheus. The shipped ones are `assets/panels.toml`, read by the same code.

use std::path::Path;

use serde::{Deserialize, Deserializer, de::Error};

use super::fault::{self, HINT};
use super::words;
use crate::model::{Problem, Unit, clean};

/// The panels that come with the program.
const SHIPPED: &str = include_str!("../../assets/panels.toml");

/// One panel.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    #[serde(deserialize_with = "words::word")]
    pub name: String,
    #[serde(default)]
    pub title: String,
    /// The board that it is part of.
    #[serde(default)]
    pub board: String,
    #[serde(default, deserialize_with = "unit")]
    pub unit: Unit,
    #[serde(default)]
    pub kind: PanelKind,
    /// PromQL, in the order in which it is tried; or `lines`.
    #[serde(default, deserialize_with = "queries")]
    pub query: Vec<String>,
    #[serde(default)]
    pub legend: String,
    #[serde(default)]
    pub lines: Vec<PanelLine>,
    #[serde(default)]
    pub warn: Option<f64>,
    #[serde(default)]
    pub crit: Option<f64>,
    /// It is not well below the thresholds, instead of above them.
    #[serde(default)]
    pub below: bool,
    /// The top of the axis, where it is known.
    #[serde(default)]
    pub max: Option<f64>,
    /// Where it makes sense; empty: everywhere.
    #[serde(default)]
    pub scope: Vec<PanelScope>,
    /// Leaves out the shipped panel of this name.
    #[serde(default)]
    pub hidden: bool,
}

/// One or more series of a panel.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelLine {
    #[serde(default)]
    pub legend: String,
    #[serde(deserialize_with = "queries")]
    pub query: Vec<String>,
    /// A bound, not a series.
    #[serde(default)]
    pub limit: bool,
    /// Where it has thresholds of its own.
    #[serde(default)]
    pub warn: Option<f64>,
    #[serde(default)]
    pub crit: Option<f64>,
}

/// How a panel is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PanelKind {
    #[default]
    Line,
    /// The newest value, large.
    Stat,
    /// The newest value as a part of what there is.
    Gauge,
    /// The newest value of each series, as bars.
    Bar,
    /// The newest value of each series, as text.
    Table,
}

/// What is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PanelScope {
    Environment,
    Workload,
    Pod,
}

/// What the variables of a query stand for: patterns, and the window of rates in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bound {
    pub namespace: String,
    pub workload: String,
    pub pod: String,
    pub interval: u32,
}

impl Bound {
    /// Nothing is selected: all of everything.
    pub fn everything(interval: u32) -> Self {
        Self {
            namespace: ".*".into(),
            workload: ".*".into(),
            pod: ".*".into(),
            interval,
        }
    }

    /// A query with its variables filled in.
    pub fn fill(&self, query: &str) -> String {
        query
            .replace("$namespace", &self.namespace)
            .replace("$workload", &self.workload)
            .replace("$pod", &self.pod)
            .replace("$interval", &format!("{}s", self.interval))
    }
}

/// Where a board is to be seen in Grafana.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    pub title: String,
    /// Below the environment's `grafana`, with $namespace, $workload, $pod, $from and $to (milliseconds).
    pub path: String,
    /// The boards that it shows; the first dashboard is that of all others.
    #[serde(default, deserialize_with = "words::words")]
    pub boards: Vec<String>,
}

impl Dashboard {
    /// Its address for what is selected and a range of times (seconds); what is not selected stays `All` there.
    pub fn url(&self, grafana: &str, bound: &Bound, from: i64, until: i64) -> String {
        let plain = |pattern: &str| match pattern {
            ".*" => "$__all".to_owned(),
            text => text.replace("[.]", "."),
        };
        let path = self
            .path
            .replace("$namespace", &encoded(&plain(&bound.namespace)))
            .replace("$workload", &encoded(&plain(&bound.workload)))
            .replace("$pod", &encoded(&plain(&bound.pod)))
            .replace("$from", &(from * 1000).to_string())
            .replace("$to", &(until * 1000).to_string());
        format!("{}/{}", grafana.trim_end_matches('/'), path.trim_start_matches('/'))
    }
}

/// What a query of a URL may hold.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

impl Panel {
    /// What a question of the user's own is called.
    pub const AD_HOC: &'static str = "promql";

    /// A question of the user's own.
    pub fn ad_hoc(query: &str) -> Self {
        Self {
            name: Self::AD_HOC.into(),
            title: query.into(),
            board: String::new(),
            unit: Unit::None,
            kind: PanelKind::Line,
            query: vec![query.into()],
            legend: String::new(),
            lines: Vec::new(),
            warn: None,
            crit: None,
            below: false,
            max: None,
            scope: Vec::new(),
            hidden: false,
        }
    }

    /// Its lines, also where it is written as one query.
    pub fn all_lines(&self) -> Vec<PanelLine> {
        if !self.lines.is_empty() {
            return self.lines.clone();
        }
        vec![PanelLine {
            legend: self.legend.clone(),
            query: self.query.clone(),
            limit: false,
            warn: None,
            crit: None,
        }]
    }

    /// What stands above it.
    pub fn shown(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }

    /// Whether it makes sense for what is selected.
    pub fn is_for(&self, scope: PanelScope) -> bool {
        self.scope.is_empty() || self.scope.contains(&scope)
    }
}

/// The shipped panels, and the configured ones in their place or behind them.
///
/// # Errors
/// None in a build whose tests have run: the shipped file is tested.
pub fn with_shipped(own: &[Panel]) -> Result<Vec<Panel>, Problem> {
    let mut all = shipped()?;
    for panel in own {
        match all.iter_mut().find(|other| other.name == panel.name) {
            Some(other) => *other = panel.clone(),
            None => all.push(panel.clone()),
        }
    }
    all.retain(|panel| !panel.hidden);
    Ok(all)
}

fn shipped() -> Result<Vec<Panel>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Panels {
        panel: Vec<Panel>,
    }
    Ok(fault::read::<Panels>(SHIPPED, Path::new("assets/panels.toml"))?.panel)
}

fn unit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Unit, D::Error> {
    let name = String::deserialize(deserializer)?;
    let found = Unit::NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, unit)| *unit).ok_or_else(|| {
        let names: Vec<&str> = Unit::NAMES.iter().map(|(known, _)| *known).collect();
        D::Error::custom(format!("unknown unit `{}`{HINT}{}", clean(&name), fault::suggestion(&name, &names)))
    })
}

/// One query or a list of them; each is PromQL with variables that we know.
fn queries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let all = words::one_or_many(deserializer)?;
    if all.is_empty() {
        return Err(D::Error::custom("no query"));
    }
    for query in &all {
        check(query).map_err(D::Error::custom)?;
    }
    Ok(all)
}

/// What is wrong with a query, before anybody asks it.
pub fn check(query: &str) -> Result<(), String> {
    let filled = Bound::everything(60).fill(query);
    if let Some(at) = filled.find('$') {
        let name: String = filled
            .chars()
            .skip(filled.get(..at).map_or(0, |head| head.chars().count()))
            .take_while(|c| *c == '$' || c.is_alphanumeric() || *c == '_')
            .collect();
        if name.len() > 1 {
            return Err(format!(
                "unknown variable `{name}`{HINT}known here: $namespace, $workload, $pod, $interval"
            ));
        }
    }
    match promql_parser::parser::parse(&filled) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("not PromQL: {}", clean(error.trim()))),
    }
}

/// The names of the metrics that a query asks for, in order, each once.
pub fn metrics(query: &str) -> Vec<String> {
    use promql_parser::parser::Expr;
    fn walk(expr: &Expr, found: &mut Vec<String>) {
        match expr {
            Expr::VectorSelector(selector) => found.extend(selector.name.clone()),
            Expr::MatrixSelector(matrix) => found.extend(matrix.vs.name.clone()),
            Expr::Aggregate(aggregate) => walk(&aggregate.expr, found),
            Expr::Unary(unary) => walk(&unary.expr, found),
            Expr::Paren(paren) => walk(&paren.expr, found),
            Expr::Subquery(subquery) => walk(&subquery.expr, found),
            Expr::Binary(binary) => {
                walk(&binary.lhs, found);
                walk(&binary.rhs, found);
            }
            Expr::Call(call) => call.args.args.iter().for_each(|arg| walk(arg, found)),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(expr) = promql_parser::parser::parse(&Bound::everything(60).fill(query)) {
        walk(&expr, &mut found);
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::{Base, parse};

    fn read(text: &str) -> Result<Vec<Panel>, String> {
        let base = Base {
            file: Path::new("c.toml"),
            home: None,
        };
        let file = parse(text, base, &[]).map_err(|problem| problem.to_string())?;
        with_shipped(&file.panels).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_shipped_panels_are_read_and_each_asks_something() {
        let panels = read("").unwrap();
        assert!(panels.len() >= 25);
        for panel in &panels {
            assert!(
                panel
                    .all_lines()
                    .iter()
                    .all(|line| line.query.iter().all(|q| !metrics(q).is_empty())),
                "{}",
                panel.name
            );
            assert!(!panel.title.is_empty() && !panel.board.is_empty(), "{}", panel.name);
        }
    }

    #[test]
    fn a_configured_panel_takes_the_place_of_a_shipped_one_or_comes_last() {
        let text = "[[panel]]\nname = \"requests\"\nquery = \"up\"\n[[panel]]\nname = \"own\"\nquery = [\"a\", \"b\"]\n[[panel]]\nname = \"pool\"\nhidden = true\n";
        let panels = read(text).unwrap();
        assert_eq!(panels.iter().find(|p| p.name == "requests").unwrap().query, ["up"]);
        assert_eq!(panels.last().unwrap().query, ["a", "b"]);
        assert!(panels.iter().all(|p| p.name != "pool"));
    }

    #[test]
    fn what_is_wrong_with_a_panel_is_said_with_its_line() {
        for (text, part) in [
            ("query = \"sum(\"", "c.toml:3: query: not PromQL"),
            ("query = \"up{a=\\\"$node\\\"}\"", "unknown variable `$node`"),
            (
                "query = \"up\"\nunit = \"second\"",
                "c.toml:4: unit: unknown unit `second` (did you mean `seconds`?)",
            ),
            ("query = \"up\"\nkind = \"lien\"", "unknown value `lien` (did you mean `line`?)"),
            ("qurey = \"up\"", "c.toml:3: unknown key `qurey` (did you mean `query`?)"),
            ("title = \"x\"", "panel `a` has no query"),
            ("query = []", "no query"),
        ] {
            let problem = read(&format!("[[panel]]\nname = \"a\"\n{text}\n")).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
        let twice = read("[[panel]]\nname = \"a\"\nquery = \"up\"\n[[panel]]\nname = \"a\"\nquery = \"up\"\n").unwrap_err();
        assert!(twice.contains("c.toml:4: two panels are called `a`"), "{twice}");
    }

    #[test]
    fn a_dashboard_is_opened_at_what_is_selected_and_its_time() {
        let dashboard = Dashboard {
            title: "API".into(),
            path: "/d/api/api?var-namespace=$namespace&var-pod=$pod&from=$from&to=$to".into(),
            boards: Vec::new(),
        };
        let bound = Bound {
            namespace: "a|b".into(),
            ..Bound::everything(60)
        };
        let url = dashboard.url("https://g/", &bound, 10, 20);
        assert_eq!(url, "https://g/d/api/api?var-namespace=a%7Cb&var-pod=%24__all&from=10000&to=20000");
    }

    #[test]
    fn a_query_names_its_metrics_once() {
        let query = r#"(sum(rate(a{x="$pod"}[$interval])) or sum(b) * 0) / sum(rate(a[5m]))"#;
        assert_eq!(metrics(query), ["a", "b"]);
        assert_eq!(Bound::everything(90).fill("r[$interval] $pod"), "r[90s] .*");
    }
}
