//! Volumes of a pod, each in a few words, and what else places a pod: tolerations, node selectors.

use serde_json::Value;

use super::page::{Fields, Page};
use super::read::{at, is_true, list, number, plain, scalar, text};

/// The volumes of a pod specification.
pub fn volumes(page: &mut Page, spec: &Value) {
    let mut fields = Fields::default();
    for volume in list(spec, "/volumes") {
        fields.add(text(volume, "/name"), words(volume));
    }
    page.section("Volumes", |page| page.fields(fields));
}

fn words(volume: &Value) -> String {
    let Some((kind, source)) = volume.as_object().and_then(|map| map.iter().find(|(key, _)| *key != "name")) else {
        return "empty directory".into();
    };
    let optional = if is_true(source, "/optional") { ", optional" } else { "" };
    let read_only = if is_true(source, "/readOnly") { ", read-only" } else { "" };
    match kind.as_str() {
        "secret" => format!("secret {}{optional}", text(source, "/secretName")),
        "configMap" => format!("config map {}{optional}", text(source, "/name")),
        "emptyDir" => {
            let medium = if text(source, "/medium") == "Memory" { ", in memory" } else { "" };
            let limit = plain(source, "/sizeLimit");
            let limit = if limit.is_empty() { limit } else { format!(", at most {limit}") };
            format!("empty directory{medium}{limit}")
        }
        "hostPath" => format!("{} on the node", text(source, "/path")),
        "persistentVolumeClaim" => format!("claim {}{read_only}", text(source, "/claimName")),
        "ephemeral" => "claim made for this pod".into(),
        "projected" => {
            let parts: Vec<_> = list(source, "/sources").iter().map(projected).collect();
            format!("projected: {}", parts.join(", "))
        }
        "downwardAPI" => "fields of this pod".into(),
        "nfs" => format!("NFS {}:{}{read_only}", text(source, "/server"), text(source, "/path")),
        "csi" => format!("CSI driver {}{read_only}", text(source, "/driver")),
        other => other.to_owned(),
    }
}

fn projected(source: &Value) -> String {
    let Some((kind, from)) = source.as_object().and_then(|map| map.iter().next()) else {
        return String::new();
    };
    match kind.as_str() {
        "secret" => format!("secret {}", text(from, "/name")),
        "configMap" => format!("config map {}", text(from, "/name")),
        "serviceAccountToken" => match number(from, "/expirationSeconds") {
            Some(seconds) => format!("service account token for {seconds} s"),
            None => "service account token".into(),
        },
        "downwardAPI" => "fields of this pod".into(),
        other => other.to_owned(),
    }
}

/// Tolerations, one per line: `node.kubernetes.io/not-ready:NoExecute for 300 s`.
pub fn tolerations(spec: &Value) -> Vec<super::page::Parts> {
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
            let time = at(toleration, "/tolerationSeconds");
            let time = if time.is_null() {
                String::new()
            } else {
                format!(" for {} s", scalar(time))
            };
            format!("{key}{value}{effect}{time}").into()
        })
        .collect()
}
