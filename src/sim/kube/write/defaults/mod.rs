//! What a server fills in where a client said nothing.
//!
//! Everything here may meet any JSON at all: what has the wrong type is left alone.

mod kinds;
mod network;
mod pod;

use serde_json::{Map, Value};

use crate::sim::kube::Version;

pub use kinds::own_labels;
pub use pod::{pod, pod_spec, qos_class};

/// Fills in the defaults of a kind. The same again changes nothing.
pub fn apply(version: Version, kind: &str, object: &mut Value) {
    let Some(object) = object.as_object_mut() else { return };
    match kind {
        "Pod" => pod(version, object),
        "Service" => network::service(version, object),
        "Ingress" => network::ingress(object),
        "NetworkPolicy" => network::policy(object),
        _ => kinds::apply(version, kind, object),
    }
}

/// Sets a field that is not there, or is null.
pub(in crate::sim::kube::write) fn or(map: &mut Map<String, Value>, field: &str, value: impl Into<Value>) {
    let slot = map.entry(field).or_insert(Value::Null);
    if slot.is_null() {
        *slot = value.into();
    }
}

/// The map under this field, made if it is not there; `None` if something else is.
pub(in crate::sim::kube::write) fn within<'a>(map: &'a mut Map<String, Value>, field: &str) -> Option<&'a mut Map<String, Value>> {
    or(map, field, Map::new());
    map.get_mut(field)?.as_object_mut()
}

/// The maps in the list under this field.
pub(in crate::sim::kube::write) fn each<'a>(
    map: &'a mut Map<String, Value>,
    field: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = map.get_mut(field).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}
