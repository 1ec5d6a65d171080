//! Reading a document as its type: wrong types are refused, unknown fields are found and dropped, as a server does
//! that decodes into structs. Kinds whose type is not known here pass as they are.

use k8s_openapi::api::{
    apps::v1 as apps, autoscaling::v2 as autoscaling, batch::v1 as batch, core::v1 as core, networking::v1 as networking,
    policy::v1 as policy,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A document as its type holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    pub object: Value,
    /// Paths of fields that the type does not have: `spec.template.spec.containers[0].imge`.
    pub unknown: Vec<String>,
}

/// Reads a document in the version in which it is stored. The error says what does not fit.
pub fn read(kind: &str, object: Value) -> Result<Typed, String> {
    let mut object = object;
    quantities(&mut object);
    let typed = match kind {
        "ConfigMap" => round::<core::ConfigMap>(&object),
        "LimitRange" => round::<core::LimitRange>(&object),
        "Namespace" => round::<core::Namespace>(&object),
        "Node" => round::<core::Node>(&object),
        "PersistentVolumeClaim" => round::<core::PersistentVolumeClaim>(&object),
        "Pod" => round::<core::Pod>(&object),
        "ResourceQuota" => round::<core::ResourceQuota>(&object),
        "Secret" => round::<core::Secret>(&object),
        "Service" => round::<core::Service>(&object),
        "ServiceAccount" => round::<core::ServiceAccount>(&object),
        "DaemonSet" => round::<apps::DaemonSet>(&object),
        "Deployment" => round::<apps::Deployment>(&object),
        "ReplicaSet" => round::<apps::ReplicaSet>(&object),
        "StatefulSet" => round::<apps::StatefulSet>(&object),
        "HorizontalPodAutoscaler" => round::<autoscaling::HorizontalPodAutoscaler>(&object),
        "CronJob" => round::<batch::CronJob>(&object),
        "Job" => round::<batch::Job>(&object),
        "Ingress" => round::<networking::Ingress>(&object),
        "NetworkPolicy" => round::<networking::NetworkPolicy>(&object),
        "PodDisruptionBudget" => round::<policy::PodDisruptionBudget>(&object),
        _ => metadata(&object).map(|()| object.clone()),
    }?;
    let mut unknown = Vec::new();
    compare(&mut String::new(), &object, &typed, &mut unknown);
    Ok(Typed { object: typed, unknown })
}

/// Every object has the metadata of objects.
fn metadata(object: &Value) -> Result<(), String> {
    let meta = object.get("metadata").filter(|m| !m.is_null());
    let Some(meta) = meta else { return Ok(()) };
    let read = serde_json::from_value::<k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta>(meta.clone());
    read.map(|_| ()).map_err(|e| e.to_string())
}

fn round<T: DeserializeOwned + Serialize>(object: &Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(object.clone()).map_err(|e| e.to_string())?;
    let mut back = serde_json::to_value(&typed).map_err(|e| e.to_string())?;
    if let Some(fields) = back.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    Ok(back)
}

/// Amounts may be written as numbers; they are kept as text.
fn quantities(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                let amounts = matches!(
                    key.as_str(),
                    "requests" | "limits" | "hard" | "used" | "capacity" | "allocatable" | "default" | "defaultRequest" | "min" | "max"
                );
                if let (true, Some(amounts)) = (amounts, inner.as_object_mut()) {
                    for amount in amounts.values_mut().filter(|a| a.is_number()) {
                        *amount = Value::String(amount.to_string());
                    }
                }
                quantities(inner);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(quantities),
        _ => {}
    }
}

fn compare(path: &mut String, given: &Value, kept: &Value, unknown: &mut Vec<String>) {
    let length = path.len();
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (key, value) in given {
                // Empty values may be left out on the way back; fields without a value say nothing.
                let empty =
                    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty) || *value == Value::Array(Vec::new());
                if empty || (length == 0 && matches!(key.as_str(), "kind" | "apiVersion")) {
                    continue;
                }
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                match kept.get(key) {
                    Some(kept) => compare(path, value, kept, unknown),
                    None => unknown.push(path.clone()),
                }
                path.truncate(length);
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            for (index, (given, kept)) in given.iter().zip(kept).enumerate() {
                path.push_str(&format!("[{index}]"));
                compare(path, given, kept, unknown);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_are_named_and_dropped_and_wrong_types_refused() {
        let spec = json!({"spec": {"replicas": 2, "selector": {}, "template": {"spec": {"containers": [
            {"name": "a", "imge": "b", "resources": {"limits": {"cpu": 1}}}]}}}});
        let typed = read("Deployment", spec).unwrap();
        assert_eq!(typed.unknown, ["spec.template.spec.containers[0].imge"]);
        let container = &typed.object["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["resources"]["limits"]["cpu"], "1");
        assert!(container.get("imge").is_none());
        assert!(read("Deployment", json!({"spec": {"replicas": "x"}})).is_err());
        assert!(read("Widget", json!({"metadata": {"labels": 5}})).is_err());
    }
}
