//! Who wrote what.

use serde_json::{Value, json};

use super::object;
use crate::model::{Known, Time, Write, WrittenPart};

fn entry(manager: &str, operation: &str, sub: Option<&str>, fields: &Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "apps/v1", "time": "1970-01-01T00:01:00Z", "subresource": sub,
        "fieldsType": "FieldsV1", "fieldsV1": fields})
}

fn writes(known: Known, entries: &Value) -> Vec<Write> {
    let raw = json!({"metadata": {"name": "x", "managedFields": entries}});
    object(known, &raw).meta.writes.into()
}

#[test]
fn each_manager_has_written_the_parts_that_matter_and_the_rest_is_left_out() {
    use WrittenPart::{Annotations, Data, Labels, Replicas, Spec, Template};
    let container = json!({"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {"f:image": {}}}}});
    let table = [
        (json!({"f:spec": {"f:replicas": {}}}), vec![Replicas]),
        (json!({"f:spec": {"f:template": container}}), vec![Template]),
        (
            json!({"f:spec": {".": {}, "f:replicas": {}, "f:template": container, "f:strategy": {"f:type": {}}}}),
            vec![Replicas, Template, Spec],
        ),
        (json!({"f:spec": {"f:unschedulable": {}}, "f:status": {"f:phase": {}}}), vec![Spec]),
        (json!({"f:metadata": {"f:labels": {"f:app": {}}}}), vec![Labels]),
        (
            json!({"f:metadata": {"f:annotations": {".": {}, "f:a": {}}, "f:finalizers": {}}}),
            vec![Annotations],
        ),
        (json!({"f:binaryData": {"f:k": {}}}), vec![Data]),
        (json!({"f:status": {"f:replicas": {}}}), vec![]),
        (json!({"f:metadata": {"f:ownerReferences": {}}}), vec![]),
        (
            json!({"f:metadata": null, "f:spec": null, "f:data": null, "f:other": [1, "x"]}),
            vec![],
        ),
        (json!(null), vec![]),
    ];
    for (fields, parts) in table {
        let got = writes(Known::Deployment, &json!([entry("kubectl-edit", "Update", None, &fields)]));
        let got: Vec<_> = got.iter().map(|w| (&*w.manager, w.at, w.parts.to_vec())).collect();
        let want: Vec<_> = Some(("kubectl-edit", Time(60), parts))
            .into_iter()
            .filter(|w| !w.2.is_empty())
            .collect();
        assert_eq!(got, want, "{fields}");
    }
}

#[test]
fn an_entry_counts_that_was_written_at_a_known_time_and_not_to_the_status() {
    let fields = json!({"f:spec": {"f:replicas": {}}});
    let mut timeless = entry("timeless", "Update", None, &fields);
    timeless["time"] = Value::Null;
    let got = writes(
        Known::StatefulSet,
        &json!([
            entry("argocd-controller", "Apply", None, &fields),
            entry("kube-controller-manager", "Update", Some("status"), &fields),
            entry("kubectl\u{1b}[2J", "Update", Some("scale"), &fields),
            timeless,
            entry("odd", "Other", None, &fields),
        ]),
    );
    let managers: Vec<_> = got.iter().map(|w| &*w.manager).collect();
    assert_eq!(managers, ["argocd-controller", "kubectl␛[2J"]);
    assert!(writes(Known::Service, &json!(null)).is_empty());
}

#[test]
fn only_the_kinds_whose_changes_matter_are_read_and_the_others_do_not_even_look() {
    let fields = json!({"f:metadata": {"f:labels": {}}});
    let entries = json!([entry("me", "Update", None, &fields)]);
    for known in [
        Known::Deployment,
        Known::StatefulSet,
        Known::DaemonSet,
        Known::CronJob,
        Known::HorizontalPodAutoscaler,
        Known::PodDisruptionBudget,
        Known::Service,
        Known::Ingress,
        Known::Node,
    ] {
        assert_eq!(writes(known, &entries).len(), 1, "{known:?}");
    }
    for known in [Known::Pod, Known::Event, Known::EndpointSlice, Known::ReplicaSet, Known::Job] {
        assert!(writes(known, &entries).is_empty(), "{known:?}");
        // What would be refused where it is read.
        assert!(writes(known, &json!([{"fieldsV1": "odd", "time": []}])).is_empty(), "{known:?}");
    }
}
