//! One workload as it is in every environment, side by side: what differs is marked. Values of variables are never known
//! here: only whether they are the same.

mod rates;

use crate::model::{Body, Demand, EnvId, FeedKey, Object, ObjectRef, Part, Template, Workload, WrittenPart, short_age};
use crate::store::{EnvStore, Feed};
use crate::ui::panes::frame::Freshness;
use crate::ui::panes::table::World;
use crate::ui::theme::Role;
use crate::ui::widgets::{Align, Cut, TextLine, pad, width};

/// The widest column.
const WIDEST: usize = 34;
/// What stands where there is nothing.
const NOTHING: &str = "-";

/// A row: what is compared, and what it is in each environment.
struct Row {
    name: String,
    cells: Vec<Cell>,
}

/// What stands in a row under one environment.
#[derive(Clone, Debug, PartialEq)]
struct Cell {
    text: String,
    /// How well it is, where it is told and not compared: a rate differs anyway.
    role: Option<Role>,
}

impl Cell {
    fn told(text: impl Into<String>, role: Role) -> Self {
        Self {
            text: text.into(),
            role: Some(role),
        }
    }

    fn nothing() -> Self {
        String::new().into()
    }

    fn is_nothing(&self) -> bool {
        self.text == NOTHING
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        let text = if text.is_empty() { NOTHING.to_owned() } else { text };
        Self { text, role: None }
    }
}

impl Row {
    /// Whether it differs among the environments that have the workload.
    fn differs(&self, there: &[bool]) -> bool {
        let cells = self.cells.iter().zip(there).filter(|(_, there)| **there).map(|(cell, _)| cell);
        let mut compared = cells.filter(|cell| cell.role.is_none());
        compared.next().is_some_and(|first| compared.any(|cell| cell != first))
    }
}

/// The page, as lines. `envs` are the environments that have a cluster, in the order of the configuration.
pub fn lines(object: &ObjectRef, envs: &[EnvId], world: &World<'_>) -> Vec<TextLine> {
    let labels: Vec<&str> = envs
        .iter()
        .map(|env| world.config.environments.get(usize::from(env.0)).map_or("", |e| e.shown()))
        .collect();
    let found = found(object, envs, world);
    let there: Vec<bool> = found.iter().map(Option::is_some).collect();
    let mut out = vec![TextLine::of([(
        Role::Muted,
        "~ stands before what differs; values of variables are compared, and not known",
    )])];
    let mut sections: Vec<(String, Vec<Row>)> = vec![(String::new(), general(object, envs, &found, world))];
    sections.push(("now".into(), rates::rows(object, envs, &found, world)));
    sections.extend(parts(&found));
    sections.retain(|(_, rows)| !rows.is_empty());
    let first = sections
        .iter()
        .flat_map(|(_, rows)| rows)
        .map(|row| width(&row.name))
        .max()
        .unwrap_or(0)
        .min(WIDEST)
        // The sign before it, and room behind it.
        + 4;
    let columns: Vec<usize> = (0..envs.len())
        .map(|at| {
            let cells = sections
                .iter()
                .flat_map(|(_, rows)| rows)
                .filter_map(|row| row.cells.get(at))
                .map(|cell| width(&cell.text));
            cells
                .chain([labels.get(at).map_or(0, |label| width(label))])
                .max()
                .unwrap_or(0)
                .min(WIDEST)
        })
        .collect();
    let place = |text: &str, column: usize| pad(text, column + 2, Cut::Middle, Align::Left, "…");
    let mut head = pad("", first, Cut::End, Align::Left, "…");
    for (label, column) in labels.iter().zip(&columns) {
        head.push_str(&place(label, *column));
    }
    out.push(TextLine::of([(Role::Title, head.trim_end())]));
    for (title, rows) in &sections {
        if !title.is_empty() {
            out.push(TextLine::plain(""));
            out.push(TextLine::of([(Role::Title, title.as_str())]));
        }
        for row in rows {
            let differs = row.differs(&there);
            let sign = if differs { "~ " } else { "  " };
            let role = if differs { Role::Warning } else { Role::Text };
            let mut parts = vec![(role, pad(&format!("{sign}{}", row.name), first, Cut::End, Align::Left, "…"))];
            let cells = row.cells.iter().zip(&columns);
            parts.extend(cells.map(|(cell, column)| (cell.role.unwrap_or(role), place(&cell.text, *column))));
            if let Some((_, last)) = parts.last_mut() {
                last.truncate(last.trim_end().len());
            }
            out.push(TextLine::of(parts.iter().map(|(role, text)| (*role, text.as_str()))));
        }
    }
    out
}

/// The workload in each environment.
fn found<'a>(object: &ObjectRef, envs: &[EnvId], world: &World<'a>) -> Vec<Option<&'a Object>> {
    envs.iter().map(|env| find(world.store.env(*env), object)).collect()
}

/// What has to be told beside the workloads themselves: how much they do.
pub fn demands(object: &ObjectRef, envs: &[EnvId], world: &World<'_>) -> Vec<Demand> {
    rates::demands(object, envs, &found(object, envs, world), world)
}

/// The workload in an environment: of its own namespace, else the only one of its name.
fn find<'a>(seen: Option<&'a EnvStore>, object: &ObjectRef) -> Option<&'a Object> {
    let seen = seen?;
    let feeds = seen.feeds().filter(|(key, _)| key.kind == object.kind);
    let all: Vec<&Object> = feeds
        .flat_map(|(_, feed)| feed.rows())
        .filter(|row| *row.meta.name == *object.name)
        .collect();
    let same = all.iter().find(|row| row.meta.namespace == object.namespace).copied();
    same.or_else(|| {
        all.first()
            .copied()
            .filter(|only| all.iter().all(|other| other.meta.uid == only.meta.uid))
    })
}

fn workload(object: Option<&Object>) -> Option<&Workload> {
    match object.map(|object| &object.body) {
        Some(Body::Workload(workload)) => Some(workload),
        _ => None,
    }
}

fn row(name: &str, found: &[Option<&Object>], cell: impl Fn(&Object, &Workload) -> String) -> Row {
    let cell = |object: &Option<&Object>| {
        let text = object.zip(workload(*object)).map(|(object, workload)| cell(object, workload));
        Cell::from(text.unwrap_or_default())
    };
    Row {
        name: name.to_owned(),
        cells: found.iter().map(cell).collect(),
    }
}

fn general(object: &ObjectRef, envs: &[EnvId], found: &[Option<&Object>], world: &World<'_>) -> Vec<Row> {
    let absent = |env: &EnvId| {
        let seen = world.store.env(*env);
        let feeds: Vec<_> = seen
            .map(|seen| seen.feeds().filter(|(key, _)| key.kind == object.kind).collect())
            .unwrap_or_default();
        match feeds.is_empty() || feeds.iter().any(|(_, feed)| !feed.complete) {
            true => "not seen yet",
            false => "not there",
        }
    };
    let namespaces = envs.iter().zip(found).map(|(env, object)| match object {
        Some(object) => object.meta.namespace.to_string(),
        None => absent(env).to_owned(),
    });
    let names = |names: &[std::sync::Arc<str>]| names.join(", ");
    let fresh = |(env, found): (&EnvId, &Option<&Object>)| match (world.store.env(*env), found) {
        (Some(seen), Some(found)) => {
            let key = |(key, feed): &(&FeedKey, &Feed)| key.kind == object.kind && feed.get(found.meta.uid).is_some();
            let state = seen.feeds().find(key).map(|(_, feed)| (&feed.state, feed.complete));
            let fresh = Freshness::of_feed(state.map(|(state, _)| state), state.is_some_and(|(_, all)| all), seen, world.now);
            Cell::told(fresh.text, fresh.role)
        }
        _ => Cell::nothing(),
    };
    vec![
        Row {
            name: "namespace".into(),
            cells: namespaces.map(Cell::from).collect(),
        },
        Row {
            name: "seen".into(),
            cells: envs.iter().zip(found).map(fresh).collect(),
        },
        row("replicas", found, |_, w| w.desired.to_string()),
        row("ready", found, |_, w| format!("{}/{}", w.ready, w.desired)),
        row("template written", found, |object, _| {
            let writes = object.meta.writes.iter().filter(|write| write.wrote(WrittenPart::Template));
            writes.max_by_key(|write| write.at).map_or_else(String::new, |write| {
                format!("{} ago by {}", short_age(write.at.age(world.now)), write.manager)
            })
        }),
        row("strategy", found, |_, w| w.strategy.to_string()),
        row("service account", found, |_, w| w.template.service_account.to_string()),
        row("config maps", found, |_, w| names(&w.template.config_maps)),
        row("secrets", found, |_, w| names(&w.template.secrets)),
        row("volume claims", found, |_, w| names(&w.template.claims)),
        alike("other settings", found, |template| Some(template.rest)),
    ]
}

/// Fingerprints, told as letters: the same letter is the same content.
fn alike(name: &str, found: &[Option<&Object>], print: impl Fn(&Template) -> Option<u64>) -> Row {
    let prints: Vec<Option<u64>> = found
        .iter()
        .map(|object| workload(*object).and_then(|w| print(&w.template)))
        .collect();
    Row {
        name: name.to_owned(),
        cells: letters(&prints),
    }
}

fn letters(prints: &[Option<u64>]) -> Vec<Cell> {
    let mut seen: Vec<u64> = Vec::new();
    let mut letter = |print: u64| {
        let at = seen.iter().position(|other| *other == print).unwrap_or_else(|| {
            seen.push(print);
            seen.len() - 1
        });
        let sign = char::from_digit(10 + u32::try_from(at).unwrap_or(25).min(25), 36).unwrap_or('z');
        sign.to_ascii_uppercase().to_string()
    };
    prints
        .iter()
        .map(|print| Cell::from(print.map_or_else(String::new, &mut letter)))
        .collect()
}

/// Each container that any of them has.
fn parts(found: &[Option<&Object>]) -> Vec<(String, Vec<Row>)> {
    let templates: Vec<Option<&Template>> = found.iter().map(|object| workload(*object).map(|w| &w.template)).collect();
    let mut names: Vec<(bool, &str)> = Vec::new();
    for part in templates.iter().flatten().flat_map(|template| &template.parts) {
        if !names.contains(&(part.init, &part.name)) {
            names.push((part.init, &part.name));
        }
    }
    let of = |name: (bool, &str)| {
        let find = |template: &&Template| {
            let mut parts = template.parts.iter();
            parts.position(|part| (part.init, &*part.name) == name)
        };
        let parts: Vec<Option<&Part>> = templates
            .iter()
            .map(|template| template.as_ref().and_then(|t| find(t).and_then(|at| t.parts.get(at))))
            .collect();
        let title = if name.0 {
            format!("init container {}", name.1)
        } else {
            format!("container {}", name.1)
        };
        (title, container(&parts))
    };
    names.into_iter().map(of).collect()
}

fn container(parts: &[Option<&Part>]) -> Vec<Row> {
    let stated = |name: &str, cell: &dyn Fn(&Part) -> String| Row {
        name: name.to_owned(),
        cells: parts.iter().map(|part| Cell::from(part.map(cell).unwrap_or_default())).collect(),
    };
    let print = |name: &str, of: &dyn Fn(&Part) -> u64| Row {
        name: name.to_owned(),
        cells: letters(&parts.iter().map(|part| part.map(of)).collect::<Vec<_>>()),
    };
    let mut rows = vec![
        stated("image", &|part| image(&part.image).to_owned()),
        stated("cpu request", &|part| part.cpu.request.cpu()),
        stated("cpu limit", &|part| part.cpu.limit.cpu()),
        stated("memory request", &|part| part.memory.request.memory()),
        stated("memory limit", &|part| part.memory.limit.memory()),
        print("probes", &|part| part.probes),
        print("command", &|part| part.command),
    ];
    let mut keys: Vec<&str> = parts
        .iter()
        .flatten()
        .flat_map(|part| part.env.iter().map(|(key, _)| &**key))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let there: Vec<bool> = parts.iter().map(Option::is_some).collect();
    let variables = keys.iter().map(|key| Row {
        name: format!("env {key}"),
        cells: letters(
            &parts
                .iter()
                .map(|part| part.and_then(|part| part.env.iter().find(|(name, _)| **name == **key).map(|(_, print)| *print)))
                .collect::<Vec<_>>(),
        ),
    });
    let (different, same): (Vec<Row>, Vec<Row>) = variables.partition(|row| row.differs(&there));
    rows.extend(different);
    if !same.is_empty() {
        rows.push(Row {
            name: format!("{} variables alike", same.len()),
            cells: Vec::new(),
        });
    }
    rows
}

/// The image without the registry, whose name is long and says little.
fn image(image: &str) -> &str {
    image.rsplit('/').next().unwrap_or(image)
}
