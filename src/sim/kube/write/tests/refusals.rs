//! What is refused, in the words that a real server of 1.20 used.

use serde_json::json;

use super::{Cluster, DEPLOYMENTS, PODS, deployment, pod};
use crate::sim::kube::Version;
use crate::sim::world::Life;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn bad_objects_are_refused_with_every_cause() {
    let cluster = Cluster::start(Version::V1_20).await;
    let (code, refused) = cluster.post(DEPLOYMENTS, &json!({"metadata": {"name": "a"}, "spec": {}})).await;
    assert_eq!(code, 422);
    assert_eq!(
        refused["message"],
        "Deployment.apps \"a\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: map[string]string(nil): `selector` does not match template `labels`, spec.template.spec.containers: Required value]"
    );
    assert_eq!(refused["details"]["causes"].as_array().unwrap().len(), 3);
    let (_, refused) = cluster.post(MAPS, &json!({"metadata": {"name": "A_b"}})).await;
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .starts_with("ConfigMap \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must")
    );
    let (_, refused) = cluster.post(MAPS, &json!({})).await;
    assert_eq!(
        refused["message"],
        "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required"
    );
    let (code, refused) = cluster.post(MAPS, &json!({"metadata": {"name": "a", "namespace": "b"}})).await;
    assert_eq!(code, 400);
    assert_eq!(
        refused["message"],
        "the namespace of the provided object does not match the namespace sent on the request"
    );
    let (_, refused) = cluster.ask("POST", MAPS, "application/json", "{\"metadata\":").await;
    assert_eq!(
        refused["message"],
        "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({\"metadata\":)"
    );
    let (_, refused) = cluster
        .post(MAPS, &json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}}))
        .await;
    assert_eq!(
        refused["message"],
        "Pod in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion"
    );
    assert_eq!(
        cluster
            .post(DEPLOYMENTS, &json!({"metadata": {"name": "a"}, "spec": {"replicas": "x"}}))
            .await
            .0,
        400
    );
    assert_eq!(cluster.ask("POST", MAPS, "text/plain", "{}").await.0, 415);
    let unknown = crate::sim::face::Face::desk(&*cluster.kube).unknown();
    assert_eq!(
        unknown,
        [(format!("POST {MAPS} as \"text/plain\""), 1)],
        "what cannot be read is counted"
    );
    let (code, refused) = cluster.merge(&format!("{MAPS}/a?dryRun=x"), &json!({})).await;
    assert_eq!(code, 422);
    assert_eq!(
        refused["message"],
        "PatchOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: []string{\"x\"}: supported values: \"All\""
    );
}

#[tokio::test]
async fn whoever_is_late_gets_a_conflict() {
    let cluster = Cluster::start(Version::V1_36).await;
    let (_, made) = cluster.post(DEPLOYMENTS, &deployment("web")).await;
    let (code, refused) = cluster.post(DEPLOYMENTS, &deployment("web")).await;
    assert_eq!(
        (code, &refused["message"]),
        (409, &json!("deployments.apps \"web\" already exists"))
    );
    let web = format!("{DEPLOYMENTS}/web");
    cluster.merge(&web, &json!({"spec": {"replicas": 2}})).await;
    let late = "Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please apply your changes to the latest version and try again";
    let (code, refused) = cluster.ask("PUT", &web, "application/json", made.to_string()).await;
    assert_eq!(
        (code, &refused["message"], &refused["reason"]),
        (409, &json!(late), &json!("Conflict"))
    );
    let patch = json!({"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}});
    assert_eq!(cluster.strategic(&web, &patch).await.0, 409);
    let (code, refused) = cluster.strategic(&web, &json!({"metadata": {"uid": "5"}})).await;
    assert_eq!(code, 422);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("metadata.uid: Invalid value: \"5\": field is immutable")
    );
    let (code, refused) = cluster.strategic(&format!("{web}x"), &json!({})).await;
    assert_eq!((code, &refused["message"]), (404, &json!("deployments.apps \"webx\" not found")));
}

#[tokio::test]
async fn what_is_fixed_stays_as_it_is() {
    let cluster = Cluster::start(Version::V1_36).await;
    cluster.post(DEPLOYMENTS, &deployment("web")).await;
    cluster.post(PODS, &pod("one")).await;
    let selector = json!({"spec": {"selector": {"matchLabels": {"x": "y"}}}});
    assert_eq!(cluster.merge(&format!("{DEPLOYMENTS}/web"), &selector).await.0, 422);
    let (code, refused) = cluster.strategic(&format!("{PODS}/one"), &json!({"spec": {"nodeName": "n"}})).await;
    assert_eq!(code, 422);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("spec: Forbidden: pod updates may not change fields other than")
    );
    let image = json!({"spec": {"containers": [{"name": "web", "image": "web:2"}]}});
    assert_eq!(cluster.strategic(&format!("{PODS}/one"), &image).await.0, 200);
}

#[tokio::test]
async fn a_living_cluster_has_namespaces_and_strict_clients_hear_of_unknown_fields() {
    let cluster = Cluster::with(Version::V1_36, Life::Alive, "admin").await;
    let (code, refused) = cluster
        .post("/api/v1/namespaces/nope/configmaps", &json!({"metadata": {"name": "a"}}))
        .await;
    assert_eq!((code, &refused["message"]), (404, &json!("namespaces \"nope\" not found")));
    let mut typo = deployment("web");
    typo["spec"]["replicsa"] = json!(3);
    let (code, refused) = cluster.post(&format!("{DEPLOYMENTS}?fieldValidation=Strict"), &typo).await;
    assert_eq!(code, 400);
    assert_eq!(
        refused["message"],
        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \"spec.replicsa\""
    );
    assert_eq!(cluster.post(DEPLOYMENTS, &typo).await.0, 201);
}

#[tokio::test]
async fn a_viewer_changes_nothing() {
    let cluster = Cluster::with(Version::V1_36, Life::Still, "viewer").await;
    assert_eq!(cluster.post(PODS, &pod("one")).await.0, 403);
    assert_eq!(cluster.ask("DELETE", PODS, "", "").await.0, 403);
    assert_eq!(cluster.get(&format!("{DEPLOYMENTS}/web/scale")).await.0, 404);
}
