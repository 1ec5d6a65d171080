//! Claims, the volumes behind them, and the classes that make those.

use serde_json::Value;

use super::condition::conditions;
use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::read::{at, is_true, joined, list, map, one_line, plain, scalar, selector, text};
use super::volume::{node_terms, source_words};
use crate::model::{Known, Time};
use crate::ui::theme::Role;

/// A persistent volume claim.
pub fn claim(page: &mut Page, document: &Value, around: &Neighbours<'_>, now: Time) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Claim", |page| {
        let mut fields = Fields::default();
        let phase = text(status, "/phase");
        fields.add("Phase", Parts::of(phase_role(phase), phase));
        let asked = plain(spec, "/resources/requests/storage");
        let size = match plain(status, "/capacity/storage") {
            none if none.is_empty() => Parts::from(format!("{asked} asked for")),
            same if same == asked => same.into(),
            bound => Parts::from(bound).and(Role::Muted, format!(", {asked} asked for")),
        };
        fields.add("Size", if asked.is_empty() { Parts::default() } else { size });
        if let Some(volume) = around.volume {
            let percent = volume
                .used
                .percent_of(volume.capacity)
                .map_or_else(String::new, |p| format!(", {p}%"));
            let inodes = volume.inodes.map_or_else(String::new, |p| format!(" · {p}% of the inodes"));
            fields.add(
                "Used",
                format!("{} of {}{percent}{inodes}", volume.used.memory(), volume.capacity.memory()),
            );
        }
        class(&mut fields, spec);
        fields.add("Volume", text(spec, "/volumeName"));
        modes(&mut fields, spec);
        fields.add("Selector", selector(spec, "/selector"));
        let source = at(
            spec,
            if at(spec, "/dataSourceRef").is_null() {
                "/dataSource"
            } else {
                "/dataSourceRef"
            },
        );
        if !source.is_null() {
            fields.add("Filled from", format!("{}/{}", text(source, "/kind"), text(source, "/name")));
        }
        if let Some(pods) = &around.pods {
            let mut names: Vec<&str> = pods.iter().map(|pod| &*pod.meta.name).collect();
            names.sort_unstable();
            fields.add("Used by", if names.is_empty() { "no pod".to_owned() } else { names.join(", ") });
        }
        page.fields(fields);
    });
    conditions(page, &Known::PersistentVolumeClaim.into(), document, now);
}

/// A persistent volume.
pub fn volume(page: &mut Page, document: &Value) {
    let (spec, status) = (at(document, "/spec"), at(document, "/status"));
    page.section("Volume", |page| {
        let mut fields = Fields::default();
        let phase = text(status, "/phase");
        fields.add("Phase", Parts::of(phase_role(phase), phase));
        fields.add("Reason", Parts::of(Role::Warning, text(status, "/reason")));
        fields.add("Message", one_line(text(status, "/message"), 600));
        let claim = at(spec, "/claimRef");
        let gone = if phase == "Released" { " (is gone)" } else { "" };
        fields.add(
            "Claim",
            if claim.is_null() {
                Parts::of(Role::Muted, "none")
            } else {
                Parts::from(format!("{}/{}", text(claim, "/namespace"), text(claim, "/name"))).and(Role::Muted, gone)
            },
        );
        fields.add("Size", plain(spec, "/capacity/storage"));
        class(&mut fields, spec);
        fields.add("After its claim", reclaim(text(spec, "/persistentVolumeReclaimPolicy")));
        modes(&mut fields, spec);
        fields.add("Mount options", joined(spec, "/mountOptions"));
        let source = map(spec, "").find(|(key, value)| value.is_object() && !APART.contains(&key.as_str()));
        fields.add(
            "Source",
            source.map(|(kind, source)| source_words(kind, source)).unwrap_or_default(),
        );
        fields.lines("Only on nodes", node_terms(at(spec, "/nodeAffinity")));
        page.fields(fields);
    });
}

/// What of a volume's specification is an object, but not where the volume comes from.
const APART: &[&str] = &["capacity", "claimRef", "nodeAffinity"];

/// A storage class.
pub fn storage_class(page: &mut Page, document: &Value) {
    page.section("Storage class", |page| {
        let mut fields = Fields::default();
        fields.add("Provisioner", text(document, "/provisioner"));
        let notes = at(document, "/metadata/annotations");
        let default = ["", "beta."].iter().any(|version| {
            let key = format!("storageclass.{version}kubernetes.io/is-default-class");
            notes.get(&key).and_then(Value::as_str) == Some("true")
        });
        fields.add("Default", if default { "yes" } else { "no" });
        let binding = text(document, "/volumeBindingMode");
        let meaning = match binding {
            "Immediate" => ": a volume is made as soon as there is a claim",
            "WaitForFirstConsumer" => ": a volume is made when the first pod needs it",
            _ => "",
        };
        fields.add("Binding", Parts::from(binding).and(Role::Muted, meaning));
        fields.add("After its claim", reclaim(text(document, "/reclaimPolicy")));
        fields.add(
            "Volumes can grow",
            if is_true(document, "/allowVolumeExpansion") { "yes" } else { "no" },
        );
        fields.add("Mount options", joined(document, "/mountOptions"));
        let parameters = map(document, "/parameters").map(|(key, value)| Parts::from(format!("{key}={}", scalar(value))));
        fields.lines("Parameters", parameters.collect());
        let topologies = list(document, "/allowedTopologies").iter();
        let places = topologies.flat_map(|topology| list(topology, "/matchLabelExpressions"));
        let places = places.map(|place| Parts::from(format!("{} in ({})", text(place, "/key"), joined(place, "/values"))));
        fields.lines("Only in", places.collect());
        page.fields(fields);
    });
}

fn class(fields: &mut Fields, spec: &Value) {
    fields.add(
        "Class",
        match at(spec, "/storageClassName") {
            Value::String(class) if class.is_empty() => Parts::of(Role::Muted, "none: only volumes without a class fit"),
            Value::String(class) => class.as_str().into(),
            _ => Parts::of(Role::Muted, "not set"),
        },
    );
}

fn modes(fields: &mut Fields, spec: &Value) {
    let modes = list(spec, "/accessModes").iter().map(|mode| {
        match mode.as_str().unwrap_or_default() {
            "ReadWriteOnce" => "ReadWriteOnce (one node)",
            "ReadOnlyMany" => "ReadOnlyMany (any number of nodes, to read)",
            "ReadWriteMany" => "ReadWriteMany (any number of nodes)",
            "ReadWriteOncePod" => "ReadWriteOncePod (one pod)",
            other => other,
        }
        .to_owned()
    });
    fields.add("Access", modes.collect::<Vec<_>>().join(", "));
    fields.add("Mode", text(spec, "/volumeMode"));
}

/// What becomes of a volume when its claim is deleted.
fn reclaim(policy: &str) -> Parts {
    let meaning = match policy {
        "Retain" => ": it is kept, with its data",
        "Delete" => ": it is deleted, with its data",
        "Recycle" => ": its data are deleted and it is used again",
        _ => "",
    };
    Parts::from(policy).and(Role::Muted, meaning)
}

fn phase_role(phase: &str) -> Role {
    match phase {
        "Bound" | "Available" => Role::Ok,
        "Pending" => Role::Busy,
        "Lost" | "Failed" => Role::Bad,
        _ => Role::Warning,
    }
}
