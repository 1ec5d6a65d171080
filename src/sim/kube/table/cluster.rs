//! Nodes, namespaces, events, leases, roles, priority classes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::text::{NONE, count, items, joined, number, or, text};
use super::{AGE, Cells, Context, Known, NAME, age, name};

pub fn known(shelf: &str, minor: u32) -> Option<(Vec<Known>, Cells)> {
    Some(match shelf {
        "nodes" => (
            vec![
                NAME,
                ("Status", "string", "The status of the node", 0),
                ("Roles", "string", "The roles of the node", 0),
                AGE,
                ("Version", "string", "Kubelet Version reported by the node.", 0),
                ("Internal-IP", "string", "An address inside the cluster.", 1),
                ("External-IP", "string", "An address outside the cluster.", 1),
                ("OS-Image", "string", "OS Image reported by the node from /etc/os-release.", 1),
                (
                    "Kernel-Version",
                    "string",
                    "Kernel Version reported by the node from 'uname -r'.",
                    1,
                ),
                (
                    "Container-Runtime",
                    "string",
                    "ContainerRuntime Version reported by the node through runtime remote API.",
                    1,
                ),
            ],
            node,
        ),
        "namespaces" => (vec![NAME, ("Status", "string", "The status of the namespace", 0), AGE], |o, at| {
            vec![name(o), or(&o["status"]["phase"], ""), age(o, at.now)]
        }),
        "serviceaccounts" => (vec![NAME, ("Secrets", "string", "The number of its secrets.", 0), AGE], |o, at| {
            vec![name(o), json!(count(&o["secrets"])), age(o, at.now)]
        }),
        "events" => (
            vec![
                ("Last Seen", "string", "When it was last seen.", 0),
                ("Type", "string", "Type of this event (Normal, Warning).", 0),
                ("Reason", "string", "A short word for what happened.", 0),
                ("Object", "string", "The object that it is about.", 0),
                ("Subobject", "string", "The part of the object that it is about.", 1),
                ("Source", "string", "Who reports it.", 1),
                ("Message", "string", "What happened, in words.", 0),
                ("First Seen", "string", "When it was first seen.", 1),
                ("Count", "string", "The number of times it was seen.", 1),
                ("Name", "string", "Name must be unique within a namespace.", 1),
            ],
            event,
        ),
        "leases" => (vec![NAME, ("Holder", "string", "Who holds the lease.", 0), AGE], |o, at| {
            vec![name(o), or(&o["spec"]["holderIdentity"], ""), age(o, at.now)]
        }),
        "rolebindings" | "clusterrolebindings" => (
            vec![
                NAME,
                ("Role", "string", "The role that is given.", 0),
                AGE,
                ("Users", "string", "Users in the binding", 1),
                ("Groups", "string", "Groups in the binding", 1),
                ("ServiceAccounts", "string", "ServiceAccounts in the binding", 1),
            ],
            binding,
        ),
        "priorityclasses" => {
            let mut columns = vec![
                NAME,
                ("Value", "integer", "The priority that pods receive.", 0),
                ("Global-Default", "boolean", "Whether it is that of pods that name none.", 0),
                AGE,
            ];
            if minor > 29 {
                columns.push(("PreemptionPolicy", "string", "Whether such pods displace others.", 0));
            }
            (columns, priority)
        }
        "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => {
            (vec![NAME, ("Webhooks", "integer", "How many webhooks it has.", 0), AGE], |o, at| {
                vec![name(o), json!(count(&o["webhooks"])), age(o, at.now)]
            })
        }
        _ => return None,
    })
}

fn node(o: &Value, at: Context) -> Vec<Value> {
    let (meta, status) = (&o["metadata"], &o["status"]);
    let ready = items(&status["conditions"]).find(|c| c["type"] == "Ready");
    let mut words = match ready.map(|c| c["status"] == "True") {
        Some(true) => "Ready",
        Some(false) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if o["spec"]["unschedulable"] == true {
        words.push_str(",SchedulingDisabled");
    }
    let labels = meta["labels"].as_object().into_iter().flatten();
    let roles: BTreeSet<&str> = labels
        .filter_map(|(label, value)| match label.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None => value.as_str().filter(|_| label == "kubernetes.io/role"),
        })
        .filter(|role| !role.is_empty())
        .collect();
    let address = |kind: &str| {
        let found = items(&status["addresses"]).find(|a| a["type"] == kind);
        or(found.map_or(&Value::Null, |a| &a["address"]), NONE)
    };
    let info = &status["nodeInfo"];
    vec![
        name(o),
        json!(words),
        super::text::or_none(joined(roles.into_iter(), ",")),
        age(o, at.now),
        or(&info["kubeletVersion"], ""),
        address("InternalIP"),
        address("ExternalIP"),
        or(&info["osImage"], "<unknown>"),
        or(&info["kernelVersion"], "<unknown>"),
        or(&info["containerRuntimeVersion"], "<unknown>"),
    ]
}

fn event(o: &Value, at: Context) -> Vec<Value> {
    let told = |stamp: &Value| super::age::time(stamp).map(|t| super::age::span(t, at.now));
    let first = told(&o["firstTimestamp"]).or_else(|| told(&o["eventTime"]));
    let first = first.unwrap_or_else(|| "<unknown>".to_owned());
    let series = &o["series"];
    let (last, count) = match series.is_object() {
        true => (told(&series["lastObservedTime"]), number(&series["count"])),
        false => (told(&o["lastTimestamp"]), number(&o["count"]).max(1)),
    };
    let about = &o["involvedObject"];
    let kind = text(&about["kind"]).to_lowercase();
    let object = match text(&about["name"]) {
        "" => kind,
        named => format!("{kind}/{named}"),
    };
    let either = |first: &Value, second: &Value| match text(first) {
        "" => text(second).to_owned(),
        some => some.to_owned(),
    };
    let component = either(&o["source"]["component"], &o["reportingComponent"]);
    let host = either(&o["source"]["host"], &o["reportingInstance"]);
    let source = if host.is_empty() {
        component
    } else {
        format!("{component}, {host}")
    };
    vec![
        json!(last.unwrap_or_else(|| first.clone())),
        or(&o["type"], ""),
        or(&o["reason"], ""),
        json!(object),
        or(&about["fieldPath"], ""),
        json!(source),
        json!(text(&o["message"]).trim()),
        json!(first),
        json!(count),
        name(o),
    ]
}

fn binding(o: &Value, at: Context) -> Vec<Value> {
    let role = &o["roleRef"];
    let of = |kind: &str| {
        let subjects = items(&o["subjects"]).filter(|s| s["kind"] == kind);
        let names: Vec<String> = subjects
            .map(|s| match text(&s["namespace"]) {
                namespace if kind == "ServiceAccount" => format!("{namespace}/{}", text(&s["name"])),
                _ => text(&s["name"]).to_owned(),
            })
            .collect();
        json!(names.join(", "))
    };
    vec![
        name(o),
        json!(format!("{}/{}", text(&role["kind"]), text(&role["name"]))),
        age(o, at.now),
        of("User"),
        of("Group"),
        of("ServiceAccount"),
    ]
}

fn priority(o: &Value, at: Context) -> Vec<Value> {
    let mut cells = vec![
        name(o),
        json!(number(&o["value"])),
        json!(o["globalDefault"] == true),
        age(o, at.now),
    ];
    if at.minor > 29 {
        cells.push(or(&o["preemptionPolicy"], "PreemptLowerPriority"));
    }
    cells
}
