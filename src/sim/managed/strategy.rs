//! How the lists and maps of built-in kinds are merged: what the `patchStrategy` and `patchMergeKey` tags of the
//! API types say.

/// How a patch meets a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The patch's list takes its place.
    Replace,
    /// Elements are merged with those that have the same value under this key.
    ByKey(&'static str),
    /// Elements are plain values: a set.
    Primitives,
}

const CONTAINERS: &[&str] = &["containers", "initContainers", "ephemeralContainers"];

/// Of the list at this path of fields (names of lists and maps, without indices) in an object of this kind.
pub fn of(kind: &str, path: &[&str]) -> Strategy {
    let last = path.last().copied().unwrap_or_default();
    let parent = path.len().checked_sub(2).and_then(|i| path.get(i)).copied().unwrap_or_default();
    match last {
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "schedulingGates" => Strategy::ByKey("name"),
        "env" if CONTAINERS.contains(&parent) => Strategy::ByKey("name"),
        "volumeMounts" if CONTAINERS.contains(&parent) => Strategy::ByKey("mountPath"),
        "volumeDevices" if CONTAINERS.contains(&parent) => Strategy::ByKey("devicePath"),
        "ports" if CONTAINERS.contains(&parent) => Strategy::ByKey("containerPort"),
        "ports" if kind == "Service" && parent == "spec" => Strategy::ByKey("port"),
        "imagePullSecrets" if kind != "ServiceAccount" => Strategy::ByKey("name"),
        "secrets" if kind == "ServiceAccount" => Strategy::ByKey("name"),
        "hostAliases" => Strategy::ByKey("ip"),
        "podIPs" | "hostIPs" if parent == "status" => Strategy::ByKey("ip"),
        "topologySpreadConstraints" => Strategy::ByKey("topologyKey"),
        "resourceClaims" if parent == "spec" => Strategy::ByKey("name"),
        "conditions" if parent == "status" => Strategy::ByKey("type"),
        "addresses" if kind == "Node" && parent == "status" => Strategy::ByKey("type"),
        "ownerReferences" if parent == "metadata" => Strategy::ByKey("uid"),
        "finalizers" if parent == "metadata" => Strategy::Primitives,
        "podCIDRs" if kind == "Node" => Strategy::Primitives,
        _ => Strategy::Replace,
    }
}
