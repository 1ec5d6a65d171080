//! Volumes of a pod: what each is, where it comes from, which containers mount it where.

use serde_json::Value;

use super::container::{PLACES, how};
use super::page::{Fields, Page, Parts};
use super::read::{is_true, joined, list, map, number, one_line, plain, scalar, span, text};
use crate::ui::theme::Role;

/// The volumes of a pod specification.
pub fn volumes(page: &mut Page, spec: &Value) {
    let mut fields = Fields::default();
    for volume in list(spec, "/volumes") {
        let name = text(volume, "/name");
        let mut lines = vec![Parts::from(words(volume))];
        match mounts(spec, name) {
            none if none.is_empty() => lines.push(Parts::of(Role::Muted, "mounted by no container")),
            mounts => lines.extend(mounts.into_iter().map(|mount| Parts::of(Role::Muted, mount))),
        }
        fields.lines(name, lines);
    }
    page.section("Volumes", |page| page.fields(fields));
}

/// `at /data in postgres, read-only`, one for each mount.
fn mounts(spec: &Value, volume: &str) -> Vec<String> {
    let containers = PLACES.iter().flat_map(|(_, place, _)| list(spec, place));
    let mut lines = Vec::new();
    for container in containers {
        let name = text(container, "/name");
        let mounts = list(container, "/volumeMounts")
            .iter()
            .filter(|mount| text(mount, "/name") == volume);
        lines.extend(mounts.map(|mount| format!("at {} in {name}{}", text(mount, "/mountPath"), how(mount))));
        let devices = list(container, "/volumeDevices")
            .iter()
            .filter(|device| text(device, "/name") == volume);
        lines.extend(devices.map(|device| format!("device {} in {name}", text(device, "/devicePath"))));
    }
    lines
}

fn words(volume: &Value) -> String {
    match volume.as_object().and_then(|map| map.iter().find(|(key, _)| *key != "name")) {
        Some((kind, source)) => source_words(kind, source),
        None => "empty directory".into(),
    }
}

/// Where a volume (of a pod, or a persistent one) comes from: `secret tls, only tls.crt`.
pub fn source_words(kind: &str, source: &Value) -> String {
    let optional = if is_true(source, "/optional") { " (optional)" } else { "" };
    let read_only = if is_true(source, "/readOnly") { ", read-only" } else { "" };
    match kind {
        "secret" => format!("secret {}{}{optional}", text(source, "/secretName"), items(source, "/key")),
        "configMap" => format!("config map {}{}{optional}", text(source, "/name"), items(source, "/key")),
        "emptyDir" => {
            let medium = if text(source, "/medium") == "Memory" { ", in memory" } else { "" };
            let limit = plain(source, "/sizeLimit");
            let limit = if limit.is_empty() { limit } else { format!(", at most {limit}") };
            format!("empty directory{medium}{limit}, gone with the pod")
        }
        "hostPath" => {
            let kind = text(source, "/type");
            let kind = if kind.is_empty() { String::new() } else { format!(" ({kind})") };
            format!("{} on the node{kind}", text(source, "/path"))
        }
        "local" => format!("{} on the node", text(source, "/path")),
        "persistentVolumeClaim" => format!("claim {}{read_only}", text(source, "/claimName")),
        "ephemeral" => {
            let size = plain(source, "/volumeClaimTemplate/spec/resources/requests/storage");
            let size = if size.is_empty() { size } else { format!(", {size}") };
            let class = text(source, "/volumeClaimTemplate/spec/storageClassName");
            let class = if class.is_empty() {
                String::new()
            } else {
                format!(", class {class}")
            };
            format!("claim made for this pod, gone with it{size}{class}")
        }
        "projected" => {
            let parts: Vec<_> = list(source, "/sources").iter().map(projected).collect();
            format!("projected: {}", parts.join(", "))
        }
        "downwardAPI" => format!("fields of this pod{}", items(source, "/fieldRef/fieldPath")),
        "nfs" => format!("NFS {}:{}{read_only}", text(source, "/server"), text(source, "/path")),
        "csi" => {
            let handle = text(source, "/volumeHandle");
            let handle = if handle.is_empty() {
                String::new()
            } else {
                format!(", volume {handle}")
            };
            let system = text(source, "/fsType");
            let system = if system.is_empty() { String::new() } else { format!(", {system}") };
            let attributes: Vec<_> = map(source, "/volumeAttributes")
                .map(|(key, value)| format!("{key}={}", scalar(value)))
                .collect();
            let attributes = if attributes.is_empty() {
                String::new()
            } else {
                format!(" ({})", one_line(&attributes.join(", "), 200))
            };
            format!("CSI driver {}{handle}{system}{read_only}{attributes}", text(source, "/driver"))
        }
        "image" => format!("files of image {}", text(source, "/reference")),
        other => {
            let told: Vec<_> = map(source, "")
                .filter(|(_, value)| !value.is_object() && !value.is_array())
                .map(|(key, value)| format!("{key}={}", scalar(value)))
                .collect();
            let gap = if told.is_empty() { "" } else { " " };
            format!("{other}{gap}{}", told.join(", "))
        }
    }
}

/// `, only a, b`: which parts of the source are there; empty where it is all of them.
fn items(source: &Value, name: &str) -> String {
    let names: Vec<_> = list(source, "/items")
        .iter()
        .map(|item| text(item, name))
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(", only {}", names.join(", "))
    }
}

fn projected(source: &Value) -> String {
    let Some((kind, from)) = source.as_object().and_then(|map| map.iter().next()) else {
        return String::new();
    };
    match kind.as_str() {
        // Here a secret is called by its name, not by its secret name.
        "secret" => format!("secret {}{}", text(from, "/name"), items(from, "/key")),
        "serviceAccountToken" => {
            let audience = match text(from, "/audience") {
                "" => String::new(),
                audience => format!(" of {audience}"),
            };
            match number(from, "/expirationSeconds") {
                Some(seconds) => format!("service account token{audience}, renewed every {}", span(seconds)),
                None => format!("service account token{audience}"),
            }
        }
        other => source_words(other, from),
    }
}

/// What a persistent volume needs of a node, one term each: `topology.kubernetes.io/zone in (a,b)`.
pub fn node_terms(affinity: &Value) -> Vec<Parts> {
    let terms = list(affinity, "/required/nodeSelectorTerms").iter();
    terms
        .map(|term| {
            let wants = list(term, "/matchExpressions").iter().map(|want| {
                let (key, values) = (text(want, "/key"), joined(want, "/values"));
                match text(want, "/operator") {
                    "In" => format!("{key} in ({values})"),
                    other => format!("{key} {other} ({values})"),
                }
            });
            wants.collect::<Vec<_>>().join(" and ").into()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_volume_says_what_it_is_and_where_it_comes_from() {
        for (volume, sentence) in [
            (
                json!({"secret": {"secretName": "tls", "optional": true, "items": [{"key": "tls.crt"}]}}),
                "secret tls, only tls.crt (optional)",
            ),
            (json!({"configMap": {"name": "c"}}), "config map c"),
            (json!({"emptyDir": {}}), "empty directory, gone with the pod"),
            (
                json!({"emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}),
                "empty directory, in memory, at most 64Mi, gone with the pod",
            ),
            (
                json!({"hostPath": {"path": "/var/log", "type": "Directory"}}),
                "/var/log on the node (Directory)",
            ),
            (
                json!({"persistentVolumeClaim": {"claimName": "data-0", "readOnly": true}}),
                "claim data-0, read-only",
            ),
            (
                json!({"ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "gp3", "resources": {"requests": {"storage": "1Gi"}}}}}}),
                "claim made for this pod, gone with it, 1Gi, class gp3",
            ),
            (
                json!({"projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "audience": "vault"}}, {"configMap": {"name": "ca", "items": [{"key": "ca.crt"}]}},
                    {"secret": {"name": "s"}}, {"downwardAPI": {"items": [{"fieldRef": {"fieldPath": "metadata.namespace"}}]}}]}}),
                "projected: service account token of vault, renewed every 1h7s, config map ca, only ca.crt, secret s, fields of this pod, only metadata.namespace",
            ),
            (
                json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1", "fsType": "ext4", "volumeAttributes": {"a": "b"}}}),
                "CSI driver ebs.csi.aws.com, volume vol-1, ext4 (a=b)",
            ),
            (
                json!({"awsElasticBlockStore": {"volumeID": "vol-1", "fsType": "ext4"}}),
                "awsElasticBlockStore fsType=ext4, volumeID=vol-1",
            ),
            (json!({"nfs": {"server": "10.0.0.1", "path": "/x"}}), "NFS 10.0.0.1:/x"),
            (json!({"name": "x"}), "empty directory"),
            (json!({"odd": null}), "odd"),
            (json!("odd"), "empty directory"),
        ] {
            assert_eq!(words(&volume), sentence, "{volume}");
        }
    }

    #[test]
    fn a_volume_says_who_mounts_it() {
        let spec = json!({
            "initContainers": [{"name": "chown", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "containers": [
                {"name": "app", "volumeMounts": [{"name": "data", "mountPath": "/var/data", "readOnly": true, "subPath": "x"}]},
                {"name": "raw", "volumeDevices": [{"name": "data", "devicePath": "/dev/xvda"}]},
            ],
        });
        assert_eq!(
            mounts(&spec, "data"),
            [
                "at /data in chown",
                "at /var/data in app, read-only, only x",
                "device /dev/xvda in raw"
            ]
        );
        assert!(mounts(&spec, "other").is_empty());
    }
}
