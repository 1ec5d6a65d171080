//! Nodes, namespaces, and what bounds workloads.

use super::Column;
use super::common::{AGE, NAME, NAMESPACE, cell, percent, ratio_role, share, share_role, unless_deleting};
use crate::model::cluster::{Autoscaler, DisruptionBudget};
use crate::model::{Body, ConditionStatus, Node, condition};
use crate::ui::panes::table::{Row, Value};
use crate::ui::theme::Role;

pub(super) static NODES: [Column; 19] = [
    NAME,
    Column::text("STATUS", 40, |row| match row.body() {
        Some(Body::Node(n)) => unless_deleting(row, node_status(n)),
        _ => Value::None,
    })
    .status(),
    Column::text("ROLES", 20, cell!(Node(n) => Value::text(&n.roles))).keep(9),
    Column::text("VERSION", 24, cell!(Node(n) => Value::text(&n.version)))
        .keep(8)
        .muted(),
    Column::ratio("PODS", pods).keep(4).role(|row| match pods(row) {
        Value::Ratio { have, want } if want > 0 => share_role(Some((u64::from(have) * 100 / u64::from(want)) as u32)),
        _ => Role::Muted,
    }),
    Column::cpu("CPU", |row| row.usage.map_or(Value::None, |u| Value::Cpu(u.total.cpu))).keep(7),
    Column::percent("%CPU", cpu).keep(3).role(|row| share_role(percent(&cpu(row)))),
    Column::memory("MEM", |row| row.usage.map_or(Value::None, |u| Value::Memory(u.total.memory))).keep(6),
    Column::percent("%MEM", memory)
        .keep(2)
        .role(|row| share_role(percent(&memory(row)))),
    Column::number("TAINTS", cell!(Node(n) => Value::Count(n.taints.len() as i64)))
        .keep(5)
        .muted(),
    Column::text("ZONE", 20, cell!(Node(n) => Value::text(&n.zone))).keep(10).muted(),
    Column::text("INSTANCE-TYPE", 16, cell!(Node(n) => Value::text(&n.instance_type)))
        .keep(11)
        .muted(),
    Column::text("INTERNAL-IP", 39, cell!(Node(n) => Value::text(&n.internal_ip))).wide(),
    Column::text("EXTERNAL-IP", 39, cell!(Node(n) => Value::text(&n.external_ip))).wide(),
    Column::text("RUNTIME", 24, cell!(Node(n) => Value::text(&n.runtime))).wide(),
    Column::text("KERNEL", 30, cell!(Node(n) => Value::text(&n.kernel))).wide(),
    Column::text("OS", 40, cell!(Node(n) => Value::text(&n.os_image))).wide(),
    Column::text("PROVIDER-ID", 50, cell!(Node(n) => Value::text(&n.provider_id))).wide(),
    AGE,
];

pub(super) static NAMESPACES: [Column; 3] = [
    NAME,
    Column::text("STATUS", 11, cell!(Namespace(n) => Value::text(&n.phase))).status(),
    AGE,
];

pub(super) static AUTOSCALERS: [Column; 9] = [
    NAMESPACE,
    NAME,
    Column::text("TARGET", 50, cell!(Autoscaler(h) => Value::text(&h.target))).keep(5),
    Column::text("METRICS", 40, cell!(Autoscaler(h) => Value::list(&h.metrics))).keep(2),
    Column::number("MIN", cell!(Autoscaler(h) => Value::Count(h.min.into())))
        .keep(4)
        .muted(),
    Column::number("MAX", cell!(Autoscaler(h) => Value::Count(h.max.into())))
        .keep(3)
        .muted(),
    Column::number("REPLICAS", cell!(Autoscaler(h) => Value::Change { from: h.current, to: h.desired })).keep(1),
    Column::text("STATUS", 40, cell!(Autoscaler(h) => autoscaler_status(h))).status(),
    AGE,
];

pub(super) static BUDGETS: [Column; 9] = [
    NAMESPACE,
    NAME,
    Column::text("MIN-AVAILABLE", 13, cell!(DisruptionBudget(b) => Value::text(&b.min_available))).keep(4),
    Column::text("MAX-UNAVAILABLE", 15, cell!(DisruptionBudget(b) => Value::text(&b.max_unavailable))).keep(5),
    Column::number("ALLOWED", cell!(DisruptionBudget(b) => Value::Count(b.allowed.into())))
        .keep(2)
        .role(|row| row.role()),
    Column::ratio("HEALTHY", healthy).keep(3).role(|row| ratio_role(&healthy(row), row)),
    Column::text("STATUS", 22, cell!(DisruptionBudget(b) => budget_status(b))).status(),
    Column::text(
        "SELECTOR",
        60,
        cell!(DisruptionBudget(b) => Value::owned(super::common::pairs(&b.selector))),
    )
    .wide(),
    AGE,
];

pub(super) static SERVICE_ACCOUNTS: [Column; 6] = [
    NAMESPACE,
    NAME,
    Column::number("SECRETS", cell!(ServiceAccount(s) => Value::Count(s.secrets.into())))
        .keep(3)
        .muted(),
    Column::number(
        "PULL-SECRETS",
        cell!(ServiceAccount(s) => Value::Count(s.image_pull_secrets.into())),
    )
    .keep(4)
    .muted(),
    Column::text("ROLE", 80, cell!(ServiceAccount(s) => Value::text(&s.role))).keep(2),
    AGE,
];

/// As kubectl prints it, with the pressures that kubectl leaves to `describe`.
fn node_status(node: &Node) -> Value<'_> {
    let ready = match node.ready {
        ConditionStatus::True => "Ready",
        ConditionStatus::False => "NotReady",
        // The kubelet has stopped reporting.
        ConditionStatus::Unknown => "NotReady,Unknown",
    };
    let pressures: Vec<&str> = node
        .conditions
        .iter()
        .filter(|c| &*c.name != "Ready" && c.status == ConditionStatus::True)
        .map(|c| &*c.name)
        .collect();
    if pressures.is_empty() && !node.unschedulable {
        return Value::text(ready);
    }
    let mut text = ready.to_owned();
    for word in pressures.into_iter().chain(node.unschedulable.then_some("SchedulingDisabled")) {
        text.push(',');
        text.push_str(word);
    }
    Value::owned(text)
}

fn pods<'a>(row: &Row<'a>) -> Value<'a> {
    match (row.body(), row.pods) {
        (Some(Body::Node(n)), Some(have)) => Value::Ratio { have, want: n.pods },
        _ => Value::None,
    }
}

fn cpu<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::Node(n)) => share(row.usage.map(|u| u.total.cpu), n.cpu),
        _ => Value::None,
    }
}

fn memory<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::Node(n)) => share(row.usage.map(|u| u.total.memory), n.memory),
        _ => Value::None,
    }
}

fn autoscaler_status(h: &Autoscaler) -> Value<'_> {
    let not = |name| condition(&h.conditions, name).filter(|c| c.status == ConditionStatus::False);
    match not("AbleToScale").or_else(|| not("ScalingActive")) {
        Some(c) if c.reason.is_empty() => Value::text("cannot scale"),
        Some(c) => Value::owned(format!("cannot scale: {}", c.reason)),
        None if h.desired >= h.max && h.current >= h.max && h.max > h.min => Value::text("at maximum"),
        None if h.current != h.desired => Value::text("scaling"),
        None => Value::text("ok"),
    }
}

fn healthy<'a>(row: &Row<'a>) -> Value<'a> {
    match row.body() {
        Some(Body::DisruptionBudget(b)) => Value::Ratio {
            have: b.healthy,
            want: b.desired,
        },
        _ => Value::None,
    }
}

/// What the budget means for somebody about to drain a node.
fn budget_status(b: &DisruptionBudget) -> Value<'_> {
    match () {
        () if b.expected == 0 => Value::text("no pods"),
        () if b.healthy < b.desired => Value::text("too few healthy"),
        () if b.allowed == 0 => Value::text("blocks eviction"),
        () => Value::text("ok"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Namespace, ServiceAccount};
    use crate::model::{Condition, Known, Quantity};
    use crate::ui::panes::table::columns::columns;
    use crate::ui::panes::table::samples::{self, NOW, cells, usage};

    fn row(kind: Known, body: Body) -> String {
        cells(&columns(&kind.into(), None), &Row::object(&samples::object("one", body), NOW))
    }

    #[test]
    fn nodes_say_what_is_wrong_and_how_full_they_are() {
        let node = Node {
            ready: ConditionStatus::True,
            unschedulable: true,
            conditions: [Condition {
                name: "MemoryPressure".into(),
                status: ConditionStatus::True,
                ..Condition::default()
            }]
            .into(),
            roles: "worker".into(),
            version: "v1.33.4".into(),
            taints: ["a=b:NoSchedule".into()].into(),
            cpu: Quantity::parse("4"),
            memory: Quantity::parse("8Gi"),
            pods: 110,
            zone: "eu-west-3a".into(),
            ..Node::default()
        };
        let object = samples::object("worker-1", Body::Node(Box::new(node)));
        let columns = columns(&Known::Node.into(), None);
        let sample = usage("worker-1", "1", "7.5Gi");
        let row = Row::object(&object, NOW).usage(Some(&sample)).pods(Some(84));
        assert_eq!(
            cells(&columns, &row),
            "worker-1|Ready,MemoryPressure,SchedulingDisabled|worker|v1.33.4|84/110|1|25%|7.5Gi|94%|1|eu-west-3a||2d"
        );
        let role = |name| samples::role(&columns, name, &row);
        assert_eq!(
            [role("STATUS"), role("%CPU"), role("%MEM"), role("PODS")],
            [Role::Warning, Role::Muted, Role::Bad, Role::Warning]
        );
        // Without metrics and without the pods' feed the cells are blank.
        assert_eq!(
            cells(&columns, &Row::object(&object, NOW)),
            "worker-1|Ready,MemoryPressure,SchedulingDisabled|worker|v1.33.4||||||1|eu-west-3a||2d"
        );
    }

    #[test]
    fn a_silent_kubelet_is_not_ready() {
        assert!(matches!(node_status(&Node::default()), Value::Text(t) if t == "NotReady,Unknown"));
    }

    #[test]
    fn autoscalers_and_budgets_say_what_they_hold_back() {
        let hpa = Autoscaler {
            target: "Deployment/web".into(),
            min: 2,
            max: 5,
            current: 3,
            desired: 5,
            metrics: ["cpu 91%/80%".into()].into(),
            ..Autoscaler::default()
        };
        let hpas = |h: Autoscaler| row(Known::HorizontalPodAutoscaler, Body::Autoscaler(Box::new(h)));
        assert_eq!(hpas(hpa.clone()), "solia|one|Deployment/web|cpu 91%/80%|2|5|3->5|scaling|2d");
        assert!(hpas(Autoscaler { current: 5, ..hpa.clone() }).contains("|5|at maximum|"));
        let conditions = [Condition {
            name: "ScalingActive".into(),
            status: ConditionStatus::False,
            reason: "FailedGetResourceMetric".into(),
            ..Condition::default()
        }];
        assert!(
            hpas(Autoscaler {
                conditions: conditions.into(),
                ..hpa
            })
            .contains("|cannot scale: FailedGetResourceMetric|")
        );
        let budget = DisruptionBudget {
            min_available: "2".into(),
            healthy: 2,
            desired: 2,
            expected: 3,
            ..DisruptionBudget::default()
        };
        assert_eq!(
            row(Known::PodDisruptionBudget, Body::DisruptionBudget(Box::new(budget))),
            "solia|one|2||0|2/2|blocks eviction|2d"
        );
    }

    #[test]
    fn the_rest_of_the_cluster() {
        assert_eq!(
            row(Known::Namespace, Body::Namespace(Namespace { phase: "Active".into() })),
            "one|Active|2d"
        );
        let account = ServiceAccount {
            secrets: 1,
            image_pull_secrets: 0,
            role: "arn:aws:iam::1:role/web".into(),
        };
        assert_eq!(
            row(Known::ServiceAccount, Body::ServiceAccount(account)),
            "solia|one|1|0|arn:aws:iam::1:role/web|2d"
        );
    }
}
