//! A pod.

use serde_json::Value;

use super::condition::conditions;
use super::container::containers;
use super::page::{Fields, Page, Parts};
use super::read::{at, list, one_line, pairs, plain, scalar, span_at, text, when};
use super::volume::volumes;
use crate::model::{Known, Time};
use crate::ui::theme::Role;

/// Everything about a pod that is not in its header.
pub fn pod(page: &mut Page, document: &Value, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Pod", |page| {
        let mut fields = Fields::default();
        fields.add("Phase", Parts::of(phase_role(text(status, "/phase")), text(status, "/phase")));
        fields.add("Reason", Parts::of(Role::Warning, text(status, "/reason")));
        fields.add("Message", one_line(text(status, "/message"), 600));
        let host = text(status, "/hostIP");
        let host = if host.is_empty() { String::new() } else { format!(" ({host})") };
        match text(spec, "/nodeName") {
            "" => fields.add("Node", Parts::of(Role::Warning, "none yet")),
            node => fields.add("Node", Parts::from(node).and(Role::Muted, host)),
        };
        fields.add("Waits for node", text(status, "/nominatedNodeName"));
        let ips: Vec<_> = list(status, "/podIPs").iter().map(|ip| text(ip, "/ip")).collect();
        let ips = if ips.is_empty() {
            text(status, "/podIP").to_owned()
        } else {
            ips.join(", ")
        };
        fields.add("IP", ips);
        fields.add("Started", when(status, "/startTime", now));
        fields.add("QoS class", text(status, "/qosClass"));
        common(&mut fields, spec);
        page.fields(fields);
    });
    conditions(page, &Known::Pod.into(), document, now);
    containers(page, spec, status, now);
    volumes(page, spec);
}

/// What pods and pod templates both say about themselves.
pub fn common(fields: &mut Fields, spec: &Value) {
    fields.add("Service account", text(spec, "/serviceAccountName"));
    let class = match text(spec, "/priorityClassName") {
        "" => String::new(),
        name => format!("{name} "),
    };
    let priority = plain(spec, "/priority");
    if !class.is_empty() || !matches!(priority.as_str(), "" | "0") {
        fields.add("Priority", format!("{class}{priority}"));
    }
    fields.add("Restart policy", text(spec, "/restartPolicy"));
    fields.add("Time to stop", span_at(spec, "/terminationGracePeriodSeconds"));
    fields.add("May run for", span_at(spec, "/activeDeadlineSeconds"));
    fields.add("Runtime class", text(spec, "/runtimeClassName"));
    if !matches!(text(spec, "/schedulerName"), "" | "default-scheduler") {
        fields.add("Scheduler", text(spec, "/schedulerName"));
    }
    if at(spec, "/hostNetwork") == &Value::Bool(true) {
        fields.add("Network", Parts::of(Role::Warning, "the node's own"));
    }
    fields.add("Node selector", pairs(spec, "/nodeSelector"));
    if !at(spec, "/affinity").is_null() {
        let kinds: Vec<_> = at(spec, "/affinity")
            .as_object()
            .into_iter()
            .flatten()
            .map(|(kind, _)| kind.as_str())
            .collect();
        fields.add("Affinity", format!("{} (see the YAML)", kinds.join(", ")));
    }
    fields.lines("Spread", spread(spec));
    fields.lines("Tolerations", tolerations(spec));
    let waits: Vec<_> = list(spec, "/schedulingGates").iter().map(|gate| text(gate, "/name")).collect();
    fields.add("Scheduling gates", Parts::of(Role::Busy, waits.join(", ")));
    let gates: Vec<_> = list(spec, "/readinessGates")
        .iter()
        .map(|gate| scalar(at(gate, "/conditionType")))
        .collect();
    fields.add("Readiness gates", gates.join(", "));
    let pulls: Vec<_> = list(spec, "/imagePullSecrets").iter().map(|secret| text(secret, "/name")).collect();
    fields.add("Image pull secrets", pulls.join(", "));
}

fn phase_role(phase: &str) -> Role {
    match phase {
        "Running" => Role::Ok,
        "Succeeded" => Role::Done,
        "Pending" => Role::Busy,
        "Failed" => Role::Bad,
        _ => Role::Warning,
    }
}

/// How pods are spread: `topology.kubernetes.io/zone: at most 1 more than elsewhere, else it is not placed`.
fn spread(spec: &Value) -> Vec<Parts> {
    let constraints = list(spec, "/topologySpreadConstraints").iter();
    constraints
        .map(|constraint| {
            let otherwise = match text(constraint, "/whenUnsatisfiable") {
                "DoNotSchedule" => ", else it is not placed",
                "ScheduleAnyway" => ", where that can be",
                _ => "",
            };
            let (key, skew) = (text(constraint, "/topologyKey"), plain(constraint, "/maxSkew"));
            format!("{key}: at most {skew} more than elsewhere{otherwise}").into()
        })
        .collect()
}

/// Tolerations, one per line: `node.kubernetes.io/not-ready:NoExecute for 5m`.
fn tolerations(spec: &Value) -> Vec<Parts> {
    list(spec, "/tolerations")
        .iter()
        .map(|toleration| {
            let key = match text(toleration, "/key") {
                "" => "every taint",
                key => key,
            };
            let value = match text(toleration, "/operator") {
                "Exists" => String::new(),
                _ => format!("={}", text(toleration, "/value")),
            };
            let effect = match text(toleration, "/effect") {
                "" => String::new(),
                effect => format!(":{effect}"),
            };
            let time = match span_at(toleration, "/tolerationSeconds") {
                time if time.is_empty() => time,
                time => format!(" for {time}"),
            };
            format!("{key}{value}{effect}{time}").into()
        })
        .collect()
}
