//! Tables, as the server prints them: `get`, `events`, `top`.

use std::cmp::Ordering;

use serde_json::Value;

use super::object::{namespace_of, narrowed};
use super::{collection, jsonpath, kind, refused, shown, text, well};
use crate::action::ask::Heard;
use crate::action::{Events, Get, Output, Target, Top, TopOf, TopSort};
use crate::execute::send;
use crate::model::{Kind, Known, Problem, ProblemKind, Quantity};
use crate::source::kube::table::ACCEPT_ONLY;
use crate::source::kube::{Api, request};

/// Rows that are shown; more are counted.
const MOST: usize = 500;

/// One table: its columns and rows, the objects' metadata beside.
struct Table {
    kind: Kind,
    columns: Vec<(String, bool)>,
    rows: Vec<(Vec<String>, Value)>,
}

/// `get`.
pub async fn get(api: &Api, get: &Get, namespace: &str) -> Result<Heard, Problem> {
    let mut tables: Vec<Table> = Vec::new();
    // The whole object only where it is sorted by something that is in it, and never of a secret.
    let whole = |kind: &Kind| get.sort_by.is_some() && !kind.is(Known::Secret);
    match &get.target {
        Target::Open(_) => return Err(Problem::new(ProblemKind::Config, "a name is still to be filled in")),
        Target::Named(refs) => {
            for one in refs {
                let kind = kind(api, &one.kind)?;
                let path = collection(api, &kind, &namespace_of(api, &kind, namespace), &[])?;
                let path = format!("{path}/{}", request::encode(&text(&one.name)?));
                match read(api, &kind, &path, "get").await {
                    Ok(table) => match tables.iter_mut().find(|other| other.kind == kind) {
                        Some(other) => other.rows.extend(table.rows),
                        None => tables.push(table),
                    },
                    Err(problem) if get.ignore_not_found && problem.kind == ProblemKind::NotFound => {}
                    Err(problem) => return refused(&problem),
                }
            }
        }
        Target::Kinds { kinds, which } => {
            let (labels, fields) = narrowed(which)?;
            for name in kinds {
                let kind = kind(api, name)?;
                let include = if whole(&kind) { "Object" } else { "" };
                let which = [
                    ("labelSelector", labels.as_str()),
                    ("fieldSelector", &fields),
                    ("includeObject", include),
                ];
                let path = collection(api, &kind, namespace, &which)?;
                tables.push(read(api, &kind, &path, "list").await?);
            }
        }
    }
    if let Some(by) = &get.sort_by {
        let by = text(by)?;
        tables.iter_mut().for_each(|table| sort(table, &by));
    }
    let several = tables.len() > 1;
    let wide = get.output == Some(Output::Wide);
    let mut out = String::new();
    let mut none = true;
    for table in tables.iter().filter(|table| !table.rows.is_empty()) {
        if !none {
            out.push('\n');
        }
        none = false;
        let namespaced = namespace.is_empty() && table.rows.iter().any(|(_, meta)| meta["namespace"].is_string());
        out.push_str(&printed(table, wide, get.show_labels, namespaced, several, get.no_headers));
    }
    let mut heard = well(shown(out.as_bytes()));
    if none {
        heard.stderr = match namespace {
            "" => "no resources found".to_owned(),
            namespace => format!("no resources found in {namespace} namespace"),
        };
    }
    Ok(heard)
}

async fn read(api: &Api, kind: &Kind, path: &str, verb: &str) -> Result<Table, Problem> {
    let answer = send::read(&api.client, path, ACCEPT_ONLY, super::PATIENCE).await?;
    let value = answer.document(|| kind.resource().to_owned(), verb)?;
    let columns = value["columnDefinitions"].as_array().into_iter().flatten();
    let columns = columns.map(|column| {
        let name = column["name"].as_str().unwrap_or_default().to_uppercase();
        (name, column["priority"].as_i64().unwrap_or(0) > 0)
    });
    let cell = |cell: &Value| match cell {
        Value::String(text) => crate::model::clean(text).into_owned(),
        Value::Null => "<none>".to_owned(),
        other => other.to_string(),
    };
    let rows = value["rows"].as_array().into_iter().flatten().map(|row| {
        let cells = row["cells"].as_array().into_iter().flatten().map(cell).collect();
        (cells, row["object"].clone())
    });
    let rows: Vec<(Vec<String>, Value)> = rows.collect();
    Ok(Table {
        kind: kind.clone(),
        columns: columns.collect(),
        rows: rows.into_iter().map(|(cells, object)| (cells, keep(object))).collect(),
    })
}

/// Of the object behind a row: its metadata at the top, and the object itself.
fn keep(object: Value) -> Value {
    let mut meta = object["metadata"].clone();
    if let Value::Object(map) = &mut meta {
        map.insert("\u{0}".into(), object);
    }
    meta
}

fn sort(table: &mut Table, by: &str) {
    let kind = table.kind.clone();
    let key = |meta: &Value| {
        let object = &meta["\u{0}"];
        let found = jsonpath::first(by, object).filter(|text| !text.is_empty());
        // New events say when in another field.
        found.or_else(|| {
            let events = kind.is(Known::Event).then_some(["{.eventTime}", "{.metadata.creationTimestamp}"]);
            events
                .into_iter()
                .flatten()
                .find_map(|path| jsonpath::first(path, object).filter(|text| !text.is_empty()))
        })
    };
    table.rows.sort_by(|(_, a), (_, b)| {
        let (a, b) = (key(a).unwrap_or_default(), key(b).unwrap_or_default());
        match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => a.cmp(&b),
        }
    });
}

fn printed(table: &Table, wide: bool, labels: bool, namespaced: bool, several: bool, bare: bool) -> String {
    let shown: Vec<usize> = (0..table.columns.len())
        .filter(|at| wide || table.columns.get(*at).is_some_and(|(_, is_wide)| !is_wide))
        .collect();
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut head: Vec<String> = shown
        .iter()
        .filter_map(|at| table.columns.get(*at).map(|(name, _)| name.clone()))
        .collect();
    let name = head.iter().position(|name| name == "NAME");
    if namespaced {
        head.insert(0, "NAMESPACE".into());
    }
    if labels {
        head.push("LABELS".into());
    }
    if !bare {
        lines.push(head);
    }
    for (cells, meta) in table.rows.iter().take(MOST) {
        let mut line: Vec<String> = shown.iter().map(|at| cells.get(*at).cloned().unwrap_or_default()).collect();
        if let Some(cell) = name.filter(|_| several).and_then(|at| line.get_mut(at)) {
            *cell = format!("{}/{cell}", table.kind.resource());
        }
        if namespaced {
            line.insert(0, meta["namespace"].as_str().unwrap_or_default().to_owned());
        }
        if labels {
            let pairs = meta["labels"].as_object().into_iter().flatten();
            let pairs: Vec<String> = pairs
                .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
                .collect();
            line.push(if pairs.is_empty() { "<none>".into() } else { pairs.join(",") });
        }
        lines.push(line);
    }
    let mut out = aligned(&lines);
    if table.rows.len() > MOST {
        out.push_str(&format!("… and {} more\n", table.rows.len() - MOST));
    }
    out
}

/// Columns under each other, as kubectl sets them.
pub fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |at: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(at))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    let mut out = String::new();
    for line in lines {
        let mut text = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}   "));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// Events about something, the oldest first; empty where there are none.
pub async fn about(api: &Api, namespace: &str, fields: &str) -> Result<String, Problem> {
    let kind = Kind::Known(Known::Event);
    let which = [("fieldSelector", fields), ("includeObject", "Object")];
    let mut table = read(api, &kind, &collection(api, &kind, namespace, &which)?, "list").await?;
    sort(&mut table, "{.lastTimestamp}");
    match table.rows.is_empty() {
        true => Ok(String::new()),
        false => Ok(shown(printed(&table, false, false, false, false, false).as_bytes())),
    }
}

/// `events`.
pub async fn events(api: &Api, events: &Events, namespace: &str) -> Result<Heard, Problem> {
    let mut fields = Vec::new();
    if let Some(about) = &events.about {
        fields.push(format!("involvedObject.name={}", text(&about.name)?));
    }
    if let [only] = events.types.as_slice() {
        fields.push(format!("type={}", text(only)?));
    }
    let found = about(api, namespace, &fields.join(",")).await?;
    let none = found.is_empty();
    let mut heard = well(found);
    if none {
        heard.stderr = "no events".to_owned();
    }
    Ok(heard)
}

/// `top`.
pub async fn top(api: &Api, top: &Top, namespace: &str) -> Result<Heard, Problem> {
    let nodes = top.of == TopOf::Nodes;
    let mut path = "/apis/metrics.k8s.io/v1beta1".to_owned();
    if !nodes && !namespace.is_empty() {
        path.push_str(&format!("/namespaces/{}", request::encode(namespace)));
    }
    path.push_str(if nodes { "/nodes" } else { "/pods" });
    if let Some(labels) = &top.labels {
        path.push_str(&format!("?labelSelector={}", request::encode(&text(labels)?)));
    }
    let answer = send::read(&api.client, &path, "application/json", super::PATIENCE).await?;
    let list = answer
        .document(|| if nodes { "nodes" } else { "pods" }.to_owned(), "list")
        .map_err(|problem| problem.hint("is a metrics-server installed?"))?;
    let only = top.name.as_ref().map(text).transpose()?;
    let mut rows: Vec<(String, String, Quantity, Quantity)> = Vec::new();
    for item in list["items"].as_array().into_iter().flatten() {
        let of = |key: &str| crate::model::clean(item["metadata"][key].as_str().unwrap_or_default()).into_owned();
        if only.as_ref().is_some_and(|only| *only != of("name")) {
            continue;
        }
        let used = |usage: &Value, key: &str| Quantity::parse(usage[key].as_str().unwrap_or_default());
        let (mut cpu, mut memory) = (used(&item["usage"], "cpu"), used(&item["usage"], "memory"));
        for container in item["containers"].as_array().into_iter().flatten() {
            cpu = cpu.plus(used(&container["usage"], "cpu"));
            memory = memory.plus(used(&container["usage"], "memory"));
        }
        rows.push((of("namespace"), of("name"), cpu, memory));
    }
    let by = |quantity: Quantity| std::cmp::Reverse(quantity.get().unwrap_or(0));
    rows.sort_by(|a, b| match top.sort_by {
        Some(TopSort::Cpu) => by(a.2).cmp(&by(b.2)),
        Some(TopSort::Memory) => by(a.3).cmp(&by(b.3)),
        None => Ordering::Equal,
    });
    let spaced = !nodes && namespace.is_empty();
    let mut lines = Vec::new();
    if !top.no_headers {
        let head = ["NAMESPACE", "NAME", "CPU(cores)", "MEMORY(bytes)"];
        lines.push(head.iter().skip(usize::from(!spaced)).map(|name| (*name).to_owned()).collect());
    }
    for (namespace, name, cpu, memory) in rows {
        let all = [namespace, name, cpu.cpu(), memory.memory()];
        lines.push(all.into_iter().skip(usize::from(!spaced)).collect());
    }
    Ok(well(shown(aligned(&lines).as_bytes())))
}
