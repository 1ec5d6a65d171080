//! The containers of one pod.

use super::common::{percent, request_role, share, share_role};
use super::pod::{container_usage, exit_role, restarts_role};
use super::{Column, ColumnRef, Content};
use crate::model::{Container, Exit, Probes, Quantity, Role as ContainerRole, State, Usage};
use crate::ui::panes::table::{Row, Subject, Value};
use crate::ui::theme::Role;

/// The columns of the containers of a pod; rows are made by [`Row::container`].
pub fn containers() -> Vec<ColumnRef> {
    CONTAINERS.iter().map(ColumnRef::Fixed).collect()
}

static CONTAINERS: [Column; 16] = [
    Column::text("NAME", 40, |row| Value::text(row.name())).keep(0).flex(10),
    Column::text("ROLE", 9, |row| with(row, |c| Value::text(role(c.role))))
        .keep(8)
        .muted(),
    Column::text("STATE", 26, |row| with(row, state)).status(),
    Column::text("READY", 5, |row| with(row, ready))
        .keep(2)
        .role(|row| match with(row, ready).display(row.now).as_ref() {
            "no" => row.role(),
            _ => Role::Text,
        }),
    Column::number("RESTARTS", |row| with(row, |c| Value::Count(c.restarts.into())))
        .keep(3)
        .role(|row| container(row).map_or(Role::Muted, |c| restarts_role(c.restarts, last(c), row))),
    Column::new("LAST", Content::Exit, 24, |row| {
        with(row, |c| last(c).map_or(Value::None, Value::Exit))
    })
    .keep(4)
    .role(|row| exit_role(container(row).and_then(last), row)),
    Column::cpu("CPU", |row| usage(row).map_or(Value::None, |u| Value::Cpu(u.cpu))).keep(7),
    Column::memory("MEM", |row| usage(row).map_or(Value::None, |u| Value::Memory(u.memory))).keep(5),
    Column::percent("%CPU/R", cpu_of_request)
        .keep(12)
        .role(|row| request_role(percent(&cpu_of_request(row)))),
    Column::percent("%CPU/L", cpu_of_limit)
        .keep(10)
        .role(|row| share_role(percent(&cpu_of_limit(row)))),
    Column::percent("%MEM/R", memory_of_request)
        .keep(11)
        .role(|row| request_role(percent(&memory_of_request(row)))),
    Column::percent("%MEM/L", memory_of_limit)
        .keep(6)
        .role(|row| share_role(percent(&memory_of_limit(row)))),
    Column::text("IMAGE", 80, |row| with(row, |c| Value::text(&c.image)))
        .keep(9)
        .flex(16)
        .muted(),
    Column::text("PORTS", 30, |row| with(row, |c| Value::list(&c.ports)))
        .keep(13)
        .muted(),
    Column::text("PROBES", 18, |row| with(row, |c| Value::owned(probes(c.probes))))
        .keep(14)
        .muted(),
    Column::age("AGE", |row| with(row, |c| since(&c.state))).keep(0),
];

fn container<'a>(row: &Row<'a>) -> Option<&'a Container> {
    match row.subject {
        Subject::Container(_, container) => Some(container),
        _ => None,
    }
}

fn with<'a>(row: &Row<'a>, value: impl FnOnce(&'a Container) -> Value<'a>) -> Value<'a> {
    container(row).map_or(Value::None, value)
}

fn role(role: ContainerRole) -> &'static str {
    match role {
        ContainerRole::Main => "main",
        ContainerRole::Init => "init",
        ContainerRole::Sidecar => "sidecar",
        ContainerRole::Ephemeral => "ephemeral",
    }
}

fn state(c: &Container) -> Value<'_> {
    match &c.state {
        State::Waiting { reason, .. } if reason.is_empty() => Value::text("Waiting"),
        State::Waiting { reason, .. } => Value::text(reason),
        State::Running { .. } => Value::text("Running"),
        State::Terminated(exit) => Value::owned(exit.why()),
        State::Unknown => Value::text("Unknown"),
    }
}

/// Only containers that run beside others are ever ready or not.
fn ready(c: &Container) -> Value<'_> {
    match c.role {
        ContainerRole::Main | ContainerRole::Sidecar => Value::text(if c.ready { "yes" } else { "no" }),
        ContainerRole::Init | ContainerRole::Ephemeral => Value::None,
    }
}

/// How its last run ended: the current one if it is over, else the one before.
fn last(c: &Container) -> Option<&Exit> {
    match &c.state {
        State::Terminated(exit) => Some(exit),
        _ => c.last.as_deref(),
    }
}

/// Since when it is in its state, where the kubelet says.
fn since(state: &State) -> Value<'_> {
    match state {
        State::Running { since } => Value::Age(*since),
        State::Terminated(exit) => Value::Age(exit.finished),
        State::Waiting { .. } | State::Unknown => Value::None,
    }
}

fn probes(probes: Probes) -> String {
    let set = [(probes.readiness, "ready"), (probes.liveness, "live"), (probes.startup, "startup")];
    set.iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| *name)
        .collect::<Vec<_>>()
        .join(",")
}

fn usage(row: &Row<'_>) -> Option<Usage> {
    container_usage(row.pod()?, row.usage?, container(row)?)
}

fn of<'a>(row: &Row<'a>, used: fn(&Usage) -> Quantity, amount: fn(&Container) -> Quantity) -> Value<'a> {
    with(row, |c| share(usage(row).map(|u| used(&u)), amount(c)))
}

fn cpu_of_request<'a>(row: &Row<'a>) -> Value<'a> {
    of(row, |u| u.cpu, |c| c.cpu_request)
}

fn cpu_of_limit<'a>(row: &Row<'a>) -> Value<'a> {
    of(row, |u| u.cpu, |c| c.cpu_limit)
}

fn memory_of_request<'a>(row: &Row<'a>) -> Value<'a> {
    of(row, |u| u.memory, |c| c.memory_request)
}

fn memory_of_limit<'a>(row: &Row<'a>) -> Value<'a> {
    of(row, |u| u.memory, |c| c.memory_limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;
    use crate::ui::panes::table::samples::{self, NOW, cells, usage};

    #[test]
    fn containers_say_what_they_are_and_how_they_are() {
        let mut pod = samples::pod("web-1");
        samples::containers(&mut pod, |list| {
            list.insert(
                0,
                Container {
                    name: "migrate".into(),
                    image: "registry.example/solia/migrate:v3".into(),
                    role: ContainerRole::Init,
                    state: State::Terminated(Box::new(Exit {
                        reason: "Completed".into(),
                        finished: Time(NOW.0 - 7_200),
                        ..Exit::default()
                    })),
                    ..Container::default()
                },
            );
        });
        let columns = containers();
        let sample = usage("web-1", "50m", "32Mi");
        let rows: Vec<_> = pod
            .body
            .pod()
            .unwrap()
            .containers
            .iter()
            .map(|c| cells(&columns, &Row::container(&pod, c, NOW).usage(Some(&sample))))
            .collect();
        assert_eq!(
            rows,
            [
                "migrate|init|Completed||0|Completed 2h|||||||registry.example/solia/migrate:v3|||2h",
                "app|main|Running|yes|0||50m|32Mi|50%|-|50%|25%|registry.example/solia/app:v1|http:8080/TCP|ready,live|2d",
            ]
        );
    }
}
