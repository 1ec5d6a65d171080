//! The columns of every kind: one table per kind, in one small file per family.
//!
//! A column is data: a name, how wide it may be, when it falls away, and two functions from the row
//! to what the cell holds and what its colour means. The server's own columns look the same from outside.

mod alert;
mod batch;
mod cells;
mod cluster;
mod common;
mod container;
mod env;
mod event;
mod evidence;
mod finding;
mod forward;
mod health;
mod network;
mod pod;
mod storage;
mod workload;

use std::sync::Arc;

pub use alert::{alerts, silences};
pub use cells::ServerCell;
pub use container::containers;
pub use env::environments;
pub use evidence::evidence;
pub use finding::findings;
pub use forward::forwards;
pub use health::health;

use super::{Row, Value};
use crate::model::{Kind, Known, Object};
use crate::ui::theme::Role;

/// From the row to what the cell holds.
pub type CellFn = for<'a> fn(&Row<'a>) -> Value<'a>;

/// From the row to what the colour of the cell means.
pub type RoleFn = fn(&Row<'_>) -> Role;

/// A column of a kind that we know.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The header, upper case.
    pub name: &'static str,
    pub content: Content,
    pub width: Width,
    pub align: Align,
    /// Shown only in wide mode.
    pub wide: bool,
    /// When it falls away in a narrow pane: the highest number first, 0 never (name, status, age).
    pub keep: u8,
    pub value: CellFn,
    pub role: RoleFn,
}

/// What the cells of a column hold: what can be compared with them, and how they sort first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Text,
    /// How a container run ended: a reason and an age.
    Exit,
    Number,
    Ratio,
    Percent,
    Cpu,
    Memory,
    /// Ages and durations.
    Age,
}

/// How many terminal cells a column takes; never fewer than its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// As wide as its widest cell, within bounds.
    Fit { min: u16, max: u16 },
    /// At least this; takes what others leave.
    Flex { min: u16 },
}

impl Width {
    /// The fewest terminal cells it can do with.
    pub fn min(self) -> u16 {
        match self {
            Self::Fit { min, .. } | Self::Flex { min } => min,
        }
    }
}

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

impl Column {
    const fn new(name: &'static str, content: Content, max: u16, value: CellFn) -> Self {
        let head = name.len() as u16;
        Self {
            name,
            content,
            width: Width::Fit {
                min: head,
                max: if max > head { max } else { head },
            },
            align: match content {
                Content::Text | Content::Exit => Align::Left,
                _ => Align::Right,
            },
            wide: false,
            keep: 5,
            value,
            role: |_| Role::Text,
        }
    }

    /// A column of text, at most so wide.
    const fn text(name: &'static str, max: u16, value: CellFn) -> Self {
        Self::new(name, Content::Text, max, value)
    }

    const fn number(name: &'static str, value: CellFn) -> Self {
        Self::new(name, Content::Number, 8, value)
    }

    const fn ratio(name: &'static str, value: CellFn) -> Self {
        Self::new(name, Content::Ratio, 9, value)
    }

    const fn percent(name: &'static str, value: CellFn) -> Self {
        Self::new(name, Content::Percent, 6, value)
    }

    const fn cpu(name: &'static str, value: CellFn) -> Self {
        Self::new(name, Content::Cpu, 6, value).role(|_| Role::Muted)
    }

    const fn memory(name: &'static str, value: CellFn) -> Self {
        Self::new(name, Content::Memory, 6, value).role(|_| Role::Muted)
    }

    const fn age(name: &'static str, value: CellFn) -> Self {
        Self::new(name, Content::Age, 5, value).role(|_| Role::Muted)
    }

    const fn keep(mut self, keep: u8) -> Self {
        self.keep = keep;
        self
    }

    const fn role(mut self, role: RoleFn) -> Self {
        self.role = role;
        self
    }

    const fn muted(self) -> Self {
        self.role(|_| Role::Muted)
    }

    /// Coloured by how the row is, and never dropped.
    const fn status(mut self) -> Self {
        self.role = |row| row.role();
        self.keep = 0;
        self
    }

    /// Only in wide mode; the first to fall away again.
    const fn wide(mut self) -> Self {
        self.wide = true;
        self.keep = 50;
        self.muted()
    }

    const fn flex(mut self, min: u16) -> Self {
        self.width = Width::Flex { min };
        self
    }
}

/// A column of a table: one of ours, or one of the server's.
#[derive(Clone, Debug)]
pub enum ColumnRef {
    Fixed(&'static Column),
    Server(Arc<ServerCell>),
}

impl ColumnRef {
    /// The header, upper case.
    pub fn name(&self) -> &str {
        match self {
            Self::Fixed(c) => c.name,
            Self::Server(c) => c.name(),
        }
    }

    /// What its cells hold.
    pub fn content(&self) -> Content {
        match self {
            Self::Fixed(c) => c.content,
            Self::Server(c) => c.content(),
        }
    }

    /// How wide it may be.
    pub fn width(&self) -> Width {
        match self {
            Self::Fixed(c) => c.width,
            Self::Server(c) => c.width(),
        }
    }

    /// On which side its cells stand.
    pub fn align(&self) -> Align {
        match self {
            Self::Fixed(c) => c.align,
            Self::Server(c) => c.align(),
        }
    }

    /// Whether it is shown only in wide mode.
    pub fn wide(&self) -> bool {
        match self {
            Self::Fixed(c) => c.wide,
            Self::Server(c) => c.wide(),
        }
    }

    /// When it falls away in a narrow pane: the highest number first, 0 never.
    pub fn keep(&self) -> u8 {
        match self {
            Self::Fixed(c) => c.keep,
            Self::Server(c) => c.keep(),
        }
    }

    /// What the cell of this row holds.
    pub fn value<'a>(&self, row: &Row<'a>) -> Value<'a> {
        match self {
            Self::Fixed(c) => (c.value)(row),
            Self::Server(c) => c.value(row),
        }
    }

    /// What the colour of the cell means.
    pub fn role(&self, row: &Row<'_>) -> Role {
        match self {
            Self::Fixed(c) => (c.role)(row),
            Self::Server(c) => c.role(row),
        }
    }

    /// Whether this is the column of namespaces, which a view of one namespace need not show.
    pub fn is_namespace(&self) -> bool {
        matches!(self, Self::Fixed(c) if c.name == common::NAMESPACE.name)
    }
}

/// All columns of a kind, wide ones included, in order. `sample` is any row of the table: kinds that are
/// shown with the server's columns take them from there (no row, no columns but name and age).
pub fn columns(kind: &Kind, sample: Option<&Object>) -> Vec<ColumnRef> {
    let fixed: &'static [Column] = match kind.known() {
        Some(Known::Pod) => &pod::PODS,
        Some(Known::Deployment) => &workload::DEPLOYMENTS,
        Some(Known::ReplicaSet) => &workload::REPLICA_SETS,
        Some(Known::StatefulSet) => &workload::STATEFUL_SETS,
        Some(Known::DaemonSet) => &workload::DAEMON_SETS,
        Some(Known::Job) => &batch::JOBS,
        Some(Known::CronJob) => &batch::CRON_JOBS,
        Some(Known::Service) => &network::SERVICES,
        Some(Known::EndpointSlice) => &network::ENDPOINT_SLICES,
        Some(Known::Ingress) => &network::INGRESSES,
        Some(Known::NetworkPolicy) => &network::POLICIES,
        Some(Known::PersistentVolumeClaim) => &storage::CLAIMS,
        Some(Known::PersistentVolume) => &storage::VOLUMES,
        Some(Known::Node) => &cluster::NODES,
        Some(Known::Namespace) => &cluster::NAMESPACES,
        Some(Known::HorizontalPodAutoscaler) => &cluster::AUTOSCALERS,
        Some(Known::PodDisruptionBudget) => &cluster::BUDGETS,
        Some(Known::ServiceAccount) => &cluster::SERVICE_ACCOUNTS,
        Some(Known::Event) => &event::EVENTS,
        Some(Known::ConfigMap | Known::Secret) | None => return cells::columns(kind, sample),
    };
    fixed.iter().map(ColumnRef::Fixed).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::model::KNOWN;

    fn tables() -> Vec<(String, Vec<ColumnRef>)> {
        let known = KNOWN.iter().map(|k| (k.resource.to_owned(), columns(&k.known.into(), None)));
        known
            .chain([
                ("containers".to_owned(), containers()),
                ("environments".to_owned(), environments()),
                ("forwards".to_owned(), forwards()),
                ("health".to_owned(), health()),
            ])
            .collect()
    }

    #[test]
    fn every_table_can_be_drawn_narrow_and_named_in_a_filter() {
        for (kind, columns) in tables() {
            let mut names = HashSet::new();
            for column in &columns {
                let name = column.name();
                assert!(names.insert(name.to_owned()), "{kind}: {name} twice");
                assert_eq!(name, name.to_uppercase(), "{kind}");
                assert!(
                    name.len() <= column.width().min() as usize,
                    "{kind}: {name} does not fit its column"
                );
                if let Width::Fit { min, max } = column.width() {
                    assert!(min <= max, "{kind}: {name}");
                }
            }
            // What never falls away must fit a pane of 60 cells beside another of the same terminal.
            let kept: u16 = columns
                .iter()
                .filter(|c| c.keep() == 0 && !c.wide())
                .map(|c| c.width().min() + 1)
                .sum();
            assert!((1..=56).contains(&kept), "{kind}: {kept} cells are never dropped");
        }
    }

    #[test]
    fn tables_start_with_where_and_end_with_when() {
        for k in &KNOWN {
            let columns = columns(&k.known.into(), None);
            assert_eq!(columns[0].is_namespace(), k.namespaced, "{}", k.resource);
            if k.known != Known::Event {
                assert_eq!(columns[usize::from(k.namespaced)].name(), "NAME", "{}", k.resource);
                assert_eq!(columns.last().unwrap().name(), "AGE", "{}", k.resource);
            }
        }
    }
}
