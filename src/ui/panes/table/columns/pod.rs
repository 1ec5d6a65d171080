//! Pods: how they are, why they last restarted, and what they use of what they were given.

use super::Column;
use super::common::{AGE, NAME, NAMESPACE, cell, images, percent, ratio_role, request_role, share, share_role};
use crate::model::{Container, Exit, Pod, Qos, Quantity, Usage, UsageSample};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

/// How long after its end a run still stands out (seconds).
const RECENT: i64 = 600;

pub(super) static PODS: [Column; 20] = [
    NAMESPACE,
    NAME,
    Column::ratio("READY", ready).keep(2).role(|row| ratio_role(&ready(row), row)),
    Column::text("STATUS", 28, cell!(Pod(p) => Value::text(&p.status))).status(),
    Column::number("RESTARTS", cell!(Pod(p) => Value::Count(p.restarts().into())))
        .keep(3)
        .role(|row| {
            row.pod()
                .map_or(Role::Muted, |p| restarts_role(p.restarts(), p.last_exit().map(|(_, e)| e), row))
        }),
    Column::new(
        "LAST",
        super::Content::Exit,
        24,
        cell!(Pod(p) => p.last_exit().map_or(Value::None, |(_, exit)| Value::Exit(exit))),
    )
    .keep(4)
    .role(|row| exit_role(row.pod().and_then(Pod::last_exit).map(|(_, e)| e), row)),
    Column::cpu("CPU", |row| row.usage.map_or(Value::None, |u| Value::Cpu(u.total.cpu))).keep(7),
    Column::memory("MEM", |row| row.usage.map_or(Value::None, |u| Value::Memory(u.total.memory))).keep(5),
    Column::percent("%CPU/R", cpu_of_request)
        .keep(11)
        .role(|row| request_role(percent(&cpu_of_request(row)))),
    Column::percent("%CPU/L", cpu_of_limit)
        .keep(9)
        .role(|row| share_role(percent(&cpu_of_limit(row)))),
    Column::percent("%MEM/R", memory_of_request)
        .keep(10)
        .role(|row| request_role(percent(&memory_of_request(row)))),
    Column::percent("%MEM/L", memory_of_limit)
        .keep(6)
        .role(|row| share_role(percent(&memory_of_limit(row)))),
    Column::text("NODE", 36, cell!(Pod(p) => Value::text(&p.node))).keep(8).muted(),
    Column::text("IP", 39, cell!(Pod(p) => Value::text(&p.ip))).wide(),
    Column::text("QOS", 10, cell!(Pod(p) => Value::text(qos(p.qos)))).wide(),
    Column::text("SERVICE-ACCOUNT", 30, cell!(Pod(p) => Value::text(&p.service_account))).wide(),
    Column::text("IMAGES", 50, cell!(Pod(p) => images(p.counted().map(|c| &*c.image)))).wide(),
    Column::text("NOMINATED", 36, cell!(Pod(p) => Value::text(&p.nominated))).wide(),
    Column::ratio("GATES", gates).wide().role(|row| ratio_role(&gates(row), row)),
    AGE,
];

fn ready<'a>(row: &Row<'a>) -> Value<'a> {
    row.pod().map_or(Value::None, |p| {
        let (have, want) = p.ready();
        Value::Ratio {
            have: have as u32,
            want: want as u32,
        }
    })
}

fn gates<'a>(row: &Row<'a>) -> Value<'a> {
    match row.pod().map(|p| p.gates) {
        None | Some((_, 0)) => Value::None,
        Some((have, want)) => Value::Ratio {
            have: have.into(),
            want: want.into(),
        },
    }
}

fn qos(qos: Qos) -> &'static str {
    match qos {
        Qos::Guaranteed => "Guaranteed",
        Qos::Burstable => "Burstable",
        Qos::BestEffort => "BestEffort",
    }
}

pub(super) fn restarts_role(restarts: u32, last: Option<&Exit>, row: &Row<'_>) -> Role {
    match last {
        _ if restarts == 0 => Role::Muted,
        Some(exit) if exit.finished.age(row.now) < RECENT => Role::Warning,
        _ => Role::Text,
    }
}

pub(super) fn exit_role(exit: Option<&Exit>, row: &Row<'_>) -> Role {
    match exit {
        Some(exit) if exit.code == 0 || exit.finished.age(row.now) >= RECENT => Role::Muted,
        Some(exit) if &*exit.reason == "OOMKilled" => Role::Bad,
        Some(_) => Role::Warning,
        None => Role::Muted,
    }
}

fn cpu_of_request<'a>(row: &Row<'a>) -> Value<'a> {
    of_request(row, |u| u.cpu, |c| c.cpu_request)
}

fn memory_of_request<'a>(row: &Row<'a>) -> Value<'a> {
    of_request(row, |u| u.memory, |c| c.memory_request)
}

fn cpu_of_limit<'a>(row: &Row<'a>) -> Value<'a> {
    of_limit(row, |u| u.cpu, |c| c.cpu_limit)
}

fn memory_of_limit<'a>(row: &Row<'a>) -> Value<'a> {
    of_limit(row, |u| u.memory, |c| c.memory_limit)
}

/// What all use of what all asked for: that is what the scheduler reserved.
fn of_request<'a>(row: &Row<'a>, used: fn(&Usage) -> Quantity, request: fn(&Container) -> Quantity) -> Value<'a> {
    row.pod()
        .map_or(Value::None, |p| share(row.usage.map(|u| used(&u.total)), p.total(request)))
}

/// What the container nearest to its limit uses of it: limits are enforced per container, so the sum
/// over a pod would hide the one that is about to be killed.
fn of_limit<'a>(row: &Row<'a>, used: fn(&Usage) -> Quantity, limit: fn(&Container) -> Quantity) -> Value<'a> {
    let (Some(pod), Some(sample)) = (row.pod(), row.usage) else {
        return Value::None;
    };
    let each = pod.counted().filter_map(|c| {
        let usage = container_usage(pod, sample, c)?;
        used(&usage).percent_of(limit(c))
    });
    match each.max() {
        Some(percent) => Value::Percent(Some(percent)),
        None => share(Some(used(&sample.total)), Quantity::NONE),
    }
}

/// What one container of the pod uses. A sample of a pod with a single container that runs need not name it.
pub(super) fn container_usage(pod: &Pod, sample: &UsageSample, container: &Container) -> Option<Usage> {
    match sample.containers.iter().find(|(name, _)| *name == container.name) {
        Some((_, usage)) => Some(*usage),
        None if sample.containers.is_empty() && pod.counted().count() == 1 && pod.counted().any(|c| c.name == container.name) => {
            Some(sample.total)
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Known, Role as ContainerRole};
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, cell, cells, usage};

    #[test]
    fn a_crashing_pod_says_why_and_when_it_last_ended() {
        let mut pod = samples::pod("backend-1");
        samples::crash(&mut pod, "OOMKilled", 137, 200);
        let row = Row::object(&pod, NOW);
        let columns = columns(&Known::Pod.into(), None);
        assert_eq!(
            cells(&columns, &row),
            "solia|backend-1|0/1|CrashLoopBackOff|4|OOMKilled 3m|||||||worker-1|2d"
        );
        assert_eq!(samples::role(&columns, "LAST", &row), Role::Bad);
        assert_eq!(samples::role(&columns, "STATUS", &row), Role::Bad);
        assert_eq!(samples::role(&columns, "RESTARTS", &row), Role::Warning);
        let later = Row::object(&pod, NOW + 3600);
        assert_eq!(cell(&columns, "LAST", &later), "OOMKilled 1h");
        assert_eq!(samples::role(&columns, "LAST", &later), Role::Muted);
        samples::crash(&mut pod, "Error", 1, 120);
        assert_eq!(cell(&columns, "LAST", &Row::object(&pod, NOW)), "exit 1 2m");
        samples::crash(&mut pod, "Error", 137, 18_000);
        assert_eq!(cell(&columns, "LAST", &Row::object(&pod, NOW)), "SIGKILL 5h");
    }

    #[test]
    fn a_calm_pod_says_nothing_it_need_not() {
        let pod = samples::pod("web-1");
        let columns = columns(&Known::Pod.into(), None);
        let row = Row::object(&pod, NOW);
        assert_eq!(cells(&columns, &row), "solia|web-1|1/1|Running|0||||||||worker-1|2d");
        assert_eq!(samples::role(&columns, "STATUS", &row), Role::Ok);
        assert_eq!(samples::role(&columns, "RESTARTS", &row), Role::Muted);
        let wide: Vec<_> = columns
            .iter()
            .filter(|c| c.wide())
            .map(|c| format!("{}={}", c.name(), c.value(&row).display(NOW)))
            .collect();
        assert_eq!(
            wide,
            [
                "IP=10.0.0.7",
                "QOS=Burstable",
                "SERVICE-ACCOUNT=default",
                "IMAGES=app:v1",
                "NOMINATED=",
                "GATES="
            ]
        );
    }

    #[test]
    fn usage_is_shown_as_a_share_where_there_is_something_to_measure_by() {
        let columns = columns(&Known::Pod.into(), None);
        let pod = samples::pod("web-1"); // requests 100m and 64Mi, limit 128Mi, no CPU limit
        let sample = usage("web-1", "110m", "120Mi");
        let row = Row::object(&pod, NOW).usage(Some(&sample));
        assert_eq!(
            cells(&columns, &row),
            "solia|web-1|1/1|Running|0||110m|120Mi|110%|-|188%|94%|worker-1|2d"
        );
        assert_eq!(samples::role(&columns, "%MEM/L", &row), Role::Bad);
        assert_eq!(samples::role(&columns, "%CPU/R", &row), Role::Warning);
        assert_eq!(samples::role(&columns, "%CPU/L", &row), Role::Muted);
    }

    #[test]
    fn the_container_nearest_to_its_limit_counts() {
        let columns = columns(&Known::Pod.into(), None);
        let mut pod = samples::pod("web-1");
        samples::containers(&mut pod, |list| {
            list.push(Container {
                name: "proxy".into(),
                role: ContainerRole::Sidecar,
                memory_limit: Quantity::parse("64Mi"),
                ready: true,
                ..Container::default()
            });
        });
        let mut sample = usage("web-1", "10m", "80Mi");
        let memory = |text| Usage {
            memory: Quantity::parse(text),
            ..Usage::default()
        };
        sample.containers = [("app".into(), memory("20Mi")), ("proxy".into(), memory("60Mi"))].into();
        let row = Row::object(&pod, NOW).usage(Some(&sample));
        assert_eq!(cell(&columns, "%MEM/L", &row), "94%");
        assert_eq!(cell(&columns, "READY", &row), "2/2");
    }
}
