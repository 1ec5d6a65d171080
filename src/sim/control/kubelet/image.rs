//! Images: which are on a node, what pulling one comes to, and how the runtime names them.

use jiff::SignedDuration;
use memchr::memmem;

use crate::sim::scenario::{self, Pull};
use crate::sim::store::Key;
use crate::sim::world::World;

/// 64 hexadecimal digits that follow from a text.
fn digest(text: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut digits = String::with_capacity(64);
    for round in 0..4_u8 {
        for byte in text.bytes().chain([round]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            hash ^= hash >> 29;
        }
        digits.push_str(&format!("{hash:016x}"));
    }
    digits
}

/// The name without tag and digest.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    match name.rfind(':') {
        Some(at) if !name[at..].contains('/') => &name[..at],
        _ => name,
    }
}

/// The `imageID` of a container: the digest in its repository, or the bare one of an image that no registry has.
pub fn image_id(image: &str) -> String {
    if let Some((_, digest)) = image.split_once('@') {
        return format!("{}@{digest}", repository(image));
    }
    let host = image.split('/').next().unwrap_or_default();
    if host.ends_with(".local") {
        return format!("sha256:{}", digest(image));
    }
    format!("{}@sha256:{}", repository(image), digest(image))
}

/// The policy of pulling, as the API server would have set it.
pub fn policy<'a>(container: &'a serde_json::Value, image: &str) -> &'a str {
    let latest = image.ends_with(":latest") || (repository(image) == image && !image.contains('@'));
    let default = if latest { "Always" } else { "IfNotPresent" };
    container["imagePullPolicy"].as_str().unwrap_or(default)
}

/// Whether a node has an image.
pub fn present(world: &mut World, node: &str, image: &str) -> bool {
    let known = world.control.kubelet.images.get(node);
    if known.is_some_and(|images| images.contains(image)) {
        return true;
    }
    let found = listed(world, node, image) || used(world, node, image);
    if found {
        keep(world, node, image);
    }
    found
}

/// A node has an image from now on.
pub fn keep(world: &mut World, node: &str, image: &str) {
    let images = world.control.kubelet.images.entry(node.into()).or_default();
    images.insert(image.to_owned());
}

/// Whether the node object lists it.
fn listed(world: &World, node: &str, image: &str) -> bool {
    let Some(stored) = world.store.find(&Key::new("nodes", "", node)) else {
        return false;
    };
    let quoted = serde_json::Value::from(image).to_string();
    memmem::find(&stored.json, quoted.as_bytes()).is_some()
}

/// Whether a container on the node was made from it: its status has an image id next to the image.
fn used(world: &World, node: &str, image: &str) -> bool {
    let wanted = format!("\"image\":{},\"imageID\":\"", serde_json::Value::from(image));
    let finder = memmem::Finder::new(wanted.as_bytes());
    world.store.pods_on(node).iter().any(|pod| {
        let mut hits = finder.find_iter(&pod.json);
        hits.any(|at| pod.json.get(at + wanted.len()).is_some_and(|next| *next != b'"'))
    })
}

/// What pulling comes to: how long it takes, or the runtime's answer. Addresses that nobody serves are refused
/// whatever the scenario.
pub fn pull(world: &World, image: &str) -> Result<SignedDuration, String> {
    let host = image.split('/').next().unwrap_or_default();
    let loopback = ["127.0.0.1:", "localhost:"].iter().any(|h| host.starts_with(h));
    let unknown = host.ends_with(".invalid") || host.ends_with(".example") || host.ends_with(".test");
    if loopback || unknown {
        let rest = image.split_once('/').map_or("", |(_, rest)| rest);
        let tag = image.strip_prefix(repository(image)).unwrap_or_default().trim_start_matches(':');
        let tag = if tag.is_empty() { "latest" } else { tag };
        let path = repository(rest);
        let (scheme, why) = if loopback {
            ("http", format!("dial tcp {host}: connect: connection refused"))
        } else {
            ("https", format!("dial tcp: lookup {host}: no such host"))
        };
        return Err(format!(
            "rpc error: code = Unknown desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": \
             failed to do request: Head \"{scheme}://{host}/v2/{path}/manifests/{tag}\": {why}"
        ));
    }
    match scenario::pull(world, image) {
        Pull::Works { takes } => Ok(takes),
        Pull::Fails { message } => Err(message),
    }
}

/// Bytes of an image, the same every time.
pub fn size(image: &str) -> u64 {
    let number = u64::from_str_radix(digest(image).get(..8).unwrap_or_default(), 16).unwrap_or_default();
    38_000_000 + number % 140_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_named_as_registries_and_local_stores_name_them() {
        assert!(image_id("solia.local/backend:v1").starts_with("sha256:"));
        let id = image_id("ghcr.io/solia-invest/backend:v1.8.2");
        assert!(id.starts_with("ghcr.io/solia-invest/backend@sha256:"), "{id}");
        assert_eq!(id.rsplit(':').next().unwrap().len(), 64);
        assert_eq!(policy(&serde_json::json!({}), "redis"), "Always");
        assert_eq!(policy(&serde_json::json!({}), "localhost:5000/redis:7"), "IfNotPresent");
    }
}
