//! What an API server fills into a pod, whoever wrote it: a client or a controller.
//!
//! Everything here may meet any JSON at all: what has the wrong type is left alone.

mod pod;
mod token;

use serde_json::{Map, Value};

pub use pod::{pod, pod_spec, qos_class};
pub use token::Token;

/// Sets a field that is not there, or is null.
pub fn or(map: &mut Map<String, Value>, field: &str, value: impl Into<Value>) {
    let slot = map.entry(field).or_insert(Value::Null);
    if slot.is_null() {
        *slot = value.into();
    }
}

/// The map under this field, made if it is not there; `None` if something else is.
pub fn within<'a>(map: &'a mut Map<String, Value>, field: &str) -> Option<&'a mut Map<String, Value>> {
    or(map, field, Map::new());
    map.get_mut(field)?.as_object_mut()
}

/// The maps in the list under this field.
pub fn each<'a>(map: &'a mut Map<String, Value>, field: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = map.get_mut(field).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}
