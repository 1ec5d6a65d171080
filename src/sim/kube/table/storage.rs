//! Volumes and claims, configuration and secrets, quotas.

use serde_json::{Value, json};

use super::text::{count, items, or, text};
use super::{AGE, Cells, Context, Known, NAME, age, name};

const ATTRIBUTES: Known = ("VolumeAttributesClass", "string", "VolumeAttributesClass of the volume.", 0);
const MODE: Known = ("VolumeMode", "string", "Whether it is a file system or a block device.", 1);
const MODES: Known = ("Access Modes", "string", "The ways in which it can be mounted.", 0);
const CAPACITY: Known = ("Capacity", "string", "The actual resources of the volume.", 0);
const CLASS: Known = ("StorageClass", "string", "StorageClass of the volume.", 0);

pub fn known(shelf: &str, minor: u32) -> Option<(Vec<Known>, Cells)> {
    let attributes = (minor > 28).then_some(ATTRIBUTES);
    Some(match shelf {
        "persistentvolumes" => {
            let mut columns = vec![
                NAME,
                CAPACITY,
                MODES,
                ("Reclaim Policy", "string", "What becomes of it once it is released.", 0),
                ("Status", "string", "The phase that it is in.", 0),
                ("Claim", "string", "The claim that it is bound to.", 0),
                CLASS,
            ];
            columns.extend(attributes);
            columns.extend([("Reason", "string", "Why it is in this phase.", 0), AGE, MODE]);
            (columns, volume)
        }
        "persistentvolumeclaims" => {
            let mut columns = vec![
                NAME,
                ("Status", "string", "The phase that it is in.", 0),
                ("Volume", "string", "The volume that it is bound to.", 0),
                CAPACITY,
                MODES,
                CLASS,
            ];
            columns.extend(attributes);
            columns.extend([AGE, MODE]);
            (columns, claim)
        }
        "storageclasses" => (
            vec![
                NAME,
                ("Provisioner", "string", "Provisioner indicates the type of the provisioner.", 0),
                ("ReclaimPolicy", "string", "What becomes of released volumes of this class.", 0),
                ("VolumeBindingMode", "string", "When claims of this class are bound.", 0),
                ("AllowVolumeExpansion", "string", "Whether volumes of this class can grow.", 0),
                AGE,
            ],
            class,
        ),
        "configmaps" => (vec![NAME, ("Data", "string", "The number of entries.", 0), AGE], |o, at| {
            vec![name(o), json!(count(&o["data"]) + count(&o["binaryData"])), age(o, at.now)]
        }),
        "secrets" => (
            vec![
                NAME,
                ("Type", "string", "Used to facilitate programmatic handling of secret data.", 0),
                ("Data", "string", "The number of entries.", 0),
                AGE,
            ],
            |o, at| vec![name(o), or(&o["type"], "Opaque"), json!(count(&o["data"])), age(o, at.now)],
        ),
        "resourcequotas" => (
            vec![
                NAME,
                AGE,
                (
                    "Request",
                    "string",
                    "Request represents a minimum amount of cpu/memory that a container may consume.",
                    0,
                ),
                (
                    "Limit",
                    "string",
                    "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
                    0,
                ),
            ],
            quota,
        ),
        _ => return None,
    })
}

fn modes(list: &Value) -> String {
    let has = |mode: &str| items(list).any(|m| m == mode);
    let all = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    super::text::joined(all.into_iter().filter(|(mode, _)| has(mode)).map(|(_, short)| short), ",")
}

fn phase(o: &Value) -> Value {
    match o["metadata"]["deletionTimestamp"].is_string() {
        true => json!("Terminating"),
        false => or(&o["status"]["phase"], ""),
    }
}

fn class_of(o: &Value) -> Value {
    let old = &o["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"];
    or(if old.is_string() { old } else { &o["spec"]["storageClassName"] }, "")
}

fn volume(o: &Value, at: Context) -> Vec<Value> {
    let (spec, claim) = (&o["spec"], &o["spec"]["claimRef"]);
    let claim = match text(&claim["name"]) {
        "" => String::new(),
        named => format!("{}/{named}", text(&claim["namespace"])),
    };
    let mut cells = vec![
        name(o),
        or(&spec["capacity"]["storage"], ""),
        json!(modes(&spec["accessModes"])),
        or(&spec["persistentVolumeReclaimPolicy"], "Retain"),
        phase(o),
        json!(claim),
        class_of(o),
    ];
    if at.minor > 28 {
        cells.push(or(&spec["volumeAttributesClassName"], "<unset>"));
    }
    cells.extend([or(&o["status"]["reason"], ""), age(o, at.now), or(&spec["volumeMode"], "<unset>")]);
    cells
}

fn claim(o: &Value, at: Context) -> Vec<Value> {
    let (spec, status) = (&o["spec"], &o["status"]);
    let bound = !text(&spec["volumeName"]).is_empty();
    let (capacity, modes) = match bound {
        true => (or(&status["capacity"]["storage"], "0"), modes(&status["accessModes"])),
        false => (json!(""), String::new()),
    };
    let mut cells = vec![name(o), phase(o), or(&spec["volumeName"], ""), capacity, json!(modes), class_of(o)];
    if at.minor > 28 {
        cells.push(or(&spec["volumeAttributesClassName"], "<unset>"));
    }
    cells.extend([age(o, at.now), or(&spec["volumeMode"], "<unset>")]);
    cells
}

fn class(o: &Value, at: Context) -> Vec<Value> {
    let standard = o["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true";
    let suffix = if standard { " (default)" } else { "" };
    vec![
        json!(format!("{}{suffix}", text(&o["metadata"]["name"]))),
        or(&o["provisioner"], ""),
        or(&o["reclaimPolicy"], "Delete"),
        or(&o["volumeBindingMode"], "Immediate"),
        json!(o["allowVolumeExpansion"] == true),
        age(o, at.now),
    ]
}

fn quota(o: &Value, at: Context) -> Vec<Value> {
    let status = &o["status"];
    let hard = status["hard"].as_object().into_iter().flatten();
    let mut all: Vec<(&String, String)> = hard
        .map(|(resource, hard)| {
            let used = status["used"][resource].as_str().unwrap_or("0");
            (resource, format!("{resource}: {used}/{}", text(hard)))
        })
        .collect();
    all.sort();
    let part = |limits: bool| {
        let part = all.iter().filter(|(resource, _)| resource.starts_with("limits") == limits);
        json!(super::text::joined(part.map(|(_, text)| text.as_str()), ", "))
    };
    vec![name(o), age(o, at.now), part(false), part(true)]
}
