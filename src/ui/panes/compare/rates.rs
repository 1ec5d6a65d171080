//! How much the workload does in each environment, and how well: the panels that say it in one value.

use super::{Cell, Row};
use crate::config::Panel;
use crate::model::{Demand, EnvId, Object, ObjectRef};
use crate::ui::panes::metrics::{Target, glance, questions};
use crate::ui::panes::table::World;
use crate::ui::theme::Role;

/// The panels, by their names in the configuration.
const PANELS: [&str; 9] = [
    "requests",
    "errors-5xx",
    "latency",
    "event-loop",
    "pool",
    "cpu",
    "throttled",
    "memory",
    "restarts",
];

fn panels<'a>(world: &World<'a>) -> impl Iterator<Item = &'a Panel> {
    let all = &world.config.panels;
    PANELS.into_iter().filter_map(|name| all.iter().find(|panel| panel.name == name))
}

fn has_prometheus(world: &World<'_>, env: EnvId) -> bool {
    let environment = world.config.environments.get(usize::from(env.0));
    environment.is_some_and(|environment| environment.prometheus.is_some())
}

/// The workload where it really is: in another environment its namespace may be another one.
fn target(object: &ObjectRef, found: &Object) -> Option<Target> {
    Target::of(&ObjectRef {
        namespace: found.meta.namespace.clone(),
        ..object.clone()
    })
}

/// What has to be asked of the Prometheus of each environment that has the workload.
pub(super) fn demands(object: &ObjectRef, envs: &[EnvId], found: &[Option<&Object>], world: &World<'_>) -> Vec<Demand> {
    let mut demands = Vec::new();
    for (env, found) in envs.iter().zip(found) {
        let Some(target) = found
            .and_then(|found| target(object, found))
            .filter(|_| has_prometheus(world, *env))
        else {
            continue;
        };
        let asked = panels(world).flat_map(|panel| questions(panel, &target));
        demands.extend(asked.map(|key| Demand::Series(*env, key)));
    }
    demands
}

/// A row for each panel that any of them has a value of.
pub(super) fn rows(object: &ObjectRef, envs: &[EnvId], found: &[Option<&Object>], world: &World<'_>) -> Vec<Row> {
    let cell = |panel: &Panel, env: EnvId, found: Option<&Object>| {
        let (Some(target), Some(seen)) = (found.and_then(|found| target(object, found)), world.store.env(env)) else {
            return Cell::nothing();
        };
        if !has_prometheus(world, env) {
            return Cell::told("no Prometheus", Role::Muted);
        }
        let (text, role) = glance(panel, &target, seen, world.now);
        Cell::told(text, role)
    };
    let row = |panel: &Panel| Row {
        name: panel.shown().to_owned(),
        cells: envs.iter().zip(found).map(|(env, found)| cell(panel, *env, *found)).collect(),
    };
    let says_something = |row: &Row| {
        let mut cells = row.cells.iter();
        cells.any(|cell| !matches!(cell.role, Some(Role::Muted)) && !cell.is_nothing())
    };
    let mut rows: Vec<Row> = panels(world).map(row).collect();
    // Nobody has series of it, or not yet: one line says so for all.
    match rows.iter().any(says_something) {
        true => rows.retain(says_something),
        false => rows.truncate(1),
    }
    rows
}
