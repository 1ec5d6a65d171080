//! What a server fills in where a client said nothing.
//!
//! Everything here may meet any JSON at all: what has the wrong type is left alone.

mod kinds;
mod network;

use serde_json::Value;

use crate::sim::kube::Version;

pub(in crate::sim::kube::write) use crate::sim::defaults::{each, or, pod, pod_spec, qos_class, within};
pub use kinds::own_labels;

/// Fills in the defaults of a kind. The same again changes nothing.
pub fn apply(version: Version, kind: &str, object: &mut Value) {
    let Some(object) = object.as_object_mut() else { return };
    match kind {
        "Pod" => {
            pod(object);
            if version == Version::V1_36
                && let Some(meta) = within(object, "metadata")
            {
                or(meta, "generation", 1);
            }
        }
        "Service" => network::service(version, object),
        "Ingress" => network::ingress(object),
        "NetworkPolicy" => network::policy(object),
        _ => kinds::apply(version, kind, object),
    }
}
