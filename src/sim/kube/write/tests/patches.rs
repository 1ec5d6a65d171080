//! Patches in all forms.

use serde_json::json;

use super::{Cluster, DEPLOYMENTS, deployment};
use crate::sim::kube::Version;

#[tokio::test]
async fn each_form_of_patch_is_understood() {
    let cluster = Cluster::start(Version::V1_36).await;
    cluster.post(DEPLOYMENTS, &deployment("web")).await;
    let web = format!("{DEPLOYMENTS}/web");
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}});
    let (code, after) = cluster.strategic(&format!("{web}?fieldManager=kubectl-set"), &image).await;
    assert_eq!(code, 200, "{after}");
    assert_eq!(after["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"], 80);
    assert_eq!(after["metadata"]["generation"], 2);
    assert_eq!(
        after["metadata"]["managedFields"][1]["fieldsV1"],
        json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {"f:image": {}}}}}}})
    );
    let steps = json!([{"op": "test", "path": "/spec/replicas", "value": 1}, {"op": "replace", "path": "/spec/replicas", "value": 3}]);
    let (code, after) = cluster.ask("PATCH", &web, "application/json-patch+json", steps.to_string()).await;
    assert_eq!((code, &after["spec"]["replicas"]), (200, &json!(3)));
    // The same again: the test fails.
    let (code, refused) = cluster.ask("PATCH", &web, "application/json-patch+json", steps.to_string()).await;
    assert_eq!(
        (code, &refused["message"]),
        (422, &json!("the server rejected our request due to an error in our request"))
    );
    assert_eq!(cluster.ask("PATCH", &web, "text/plain", "{}").await.0, 415);
}

#[tokio::test]
async fn applying_meets_the_fields_of_others_with_a_conflict() {
    let cluster = Cluster::start(Version::V1_36).await;
    cluster.post(&format!("{DEPLOYMENTS}?fieldManager=other"), &deployment("web")).await;
    let web = format!("{DEPLOYMENTS}/web");
    let apply = |manager: &str, more: &str, patch: serde_json::Value| {
        let path = format!("{web}?fieldManager={manager}{more}");
        let cluster = &cluster;
        async move { cluster.ask("PATCH", &path, "application/apply-patch+yaml", patch.to_string()).await }
    };
    let wanted = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"team": "a"}}, "spec": {"replicas": 7}});
    let (code, refused) = apply("me", "", wanted.clone()).await;
    assert_eq!(code, 409, "{refused}");
    assert_eq!(
        refused["message"],
        "Apply failed with 1 conflict: conflict with \"other\" using apps/v1: .spec.replicas"
    );
    let (code, after) = apply("me", "&force=true", wanted).await;
    assert_eq!((code, &after["spec"]["replicas"]), (200, &json!(7)));
    // What is left out the next time goes.
    let less = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 7}});
    let (_, after) = apply("me", "&force=true", less).await;
    assert!(after["metadata"]["labels"].get("team").is_none(), "{after}");
    let new = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}});
    let path = "/api/v1/namespaces/default/configmaps/c?fieldManager=me";
    assert_eq!(
        cluster.ask("PATCH", path, "application/apply-patch+yaml", new.to_string()).await.0,
        201
    );
}

#[tokio::test]
async fn older_versions_of_a_kind_are_written_and_read_alike() {
    let cluster = Cluster::start(Version::V1_20).await;
    let job = json!({"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "x", "image": "y"}]}}}});
    let cron = json!({"metadata": {"name": "c"}, "spec": {"schedule": "* * * * *", "jobTemplate": job}});
    let (code, made) = cluster.post("/apis/batch/v1beta1/namespaces/default/cronjobs", &cron).await;
    assert_eq!(
        (code, &made["apiVersion"], &made["spec"]["failedJobsHistoryLimit"]),
        (201, &json!("batch/v1beta1"), &json!(1))
    );
    let scaler = json!({"metadata": {"name": "h"}, "spec": {"maxReplicas": 5, "targetCPUUtilizationPercentage": 60,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    let (code, made) = cluster
        .post("/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers", &scaler)
        .await;
    assert_eq!((code, &made["spec"]["targetCPUUtilizationPercentage"]), (201, &json!(60)), "{made}");
    let stored = cluster
        .kube
        .world
        .read()
        .store
        .get("horizontalpodautoscalers", "default", "h")
        .unwrap()
        .value();
    assert_eq!(stored["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 60);
    let path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/h";
    let (_, after) = cluster.merge(path, &json!({"spec": {"maxReplicas": 9}})).await;
    assert_eq!(
        (&after["spec"]["maxReplicas"], &after["spec"]["targetCPUUtilizationPercentage"]),
        (&json!(9), &json!(60))
    );
}
