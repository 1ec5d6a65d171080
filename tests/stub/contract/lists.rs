//! Discovery, lists, tables, fixtures.

use kube::api::{Api, ListParams};
use kube::{Client, Config};
use serde_json::{Value, json};

use super::*;
use crate::stub::{Context, Gone, Metrics, write_kubeconfig};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

async fn client(stub: &Stub) -> Client {
    Client::try_from(Config::new(stub.url.parse().unwrap())).unwrap()
}

#[tokio::test]
async fn a_real_client_reads_the_platform_through_a_kubeconfig() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    write_kubeconfig(
        &path,
        &[Context::of(&stub, "prod", Some("solia")), Context::of(&stub, "other", None)],
    );
    let config = Config::from_custom_kubeconfig(kube::config::Kubeconfig::read_from(&path).unwrap(), &Default::default())
        .await
        .unwrap();
    assert_eq!(config.default_namespace, "solia");
    let client = Client::try_from(config).unwrap();
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::default_namespaced(client.clone());
    let pods = pods.list(&ListParams::default()).await.unwrap();
    assert_eq!(
        pods.items
            .iter()
            .filter(|p| p.metadata.name.as_ref().unwrap().starts_with("backend-deployment-"))
            .count(),
        3
    );
    let jobs: Api<k8s_openapi::api::batch::v1::CronJob> = Api::default_namespaced(client.clone());
    assert_eq!(jobs.get("cleanup").await.unwrap().spec.unwrap().schedule, "*/10 * * * *");
    let scalers: Api<k8s_openapi::api::autoscaling::v1::HorizontalPodAutoscaler> = Api::default_namespaced(client);
    let scaler = scalers.get("backend").await.unwrap();
    assert_eq!(scaler.spec.unwrap().target_cpu_utilization_percentage, Some(80));
    assert!(stub.requests().iter().all(|r| r.token() == Some("stub-token")));
}

#[tokio::test]
async fn owners_of_the_fixtures_are_there_and_have_those_uids() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    let mut owners = 0;
    for (resource, owner_resource) in [("replicasets", "deployments"), ("jobs", "cronjobs"), ("endpointslices", "services")] {
        for object in stub.list(resource, None) {
            for owner in object["metadata"]["ownerReferences"].as_array().into_iter().flatten() {
                let found = stub
                    .get(owner_resource, "solia", owner["name"].as_str().unwrap())
                    .expect("the owner");
                assert_eq!(found["metadata"]["uid"], owner["uid"]);
                owners += 1;
            }
        }
    }
    for pod in stub.list("pods", Some("solia")) {
        for owner in pod["metadata"]["ownerReferences"].as_array().into_iter().flatten() {
            let resource = format!("{}s", owner["kind"].as_str().unwrap().to_lowercase());
            let found = stub.get(&resource, "solia", owner["name"].as_str().unwrap()).expect("the owner");
            assert_eq!(found["metadata"]["uid"], owner["uid"]);
            owners += 1;
        }
    }
    assert!(owners > 15, "{owners}");
}

#[tokio::test]
async fn each_version_tells_its_own_groups() {
    let (old, new) = (Stub::start(Version::V1_20), Stub::start(Version::V1_36));
    for (stub, cronjobs, budgets, scalers) in [(&old, "v1beta1", "v1beta1", "v1"), (&new, "v1", "v1", "v2")] {
        let served = |version: &str, group: &str, resource: &str| {
            let path = format!("/apis/{group}/{version}");
            let resource = resource.to_owned();
            async move {
                get(stub, &path).await.1["resources"]
                    .as_array()
                    .is_some_and(|l| l.iter().any(|r| r["name"] == resource.as_str()))
            }
        };
        assert!(served(cronjobs, "batch", "cronjobs").await);
        assert!(served("v1", "batch", "jobs").await);
        assert!(served(budgets, "policy", "poddisruptionbudgets").await);
        let group = get(stub, "/apis/autoscaling").await.1;
        assert_eq!(group["preferredVersion"]["version"], scalers);
    }
    assert_eq!(get(&old, "/apis/batch/v1/cronjobs").await.0, 404);
    assert_eq!(get(&old, "/version").await.1["minor"], "20");
    // kube's own discovery reads the plain documents.
    let discovery = kube::Discovery::new(client(&old).await).run().await.unwrap();
    assert!(discovery.groups().any(|g| g.name() == "example.com"));
}

#[tokio::test]
async fn aggregated_discovery_is_the_newer_server_s_only() {
    let (old, new) = (Stub::start(Version::V1_20), Stub::start(Version::V1_36));
    assert_eq!(get_as(&old, "/apis", AGGREGATED).await.1["kind"], "APIGroupList");
    let document = get_as(&new, "/apis", AGGREGATED).await.1;
    assert_eq!(document["kind"], "APIGroupDiscoveryList");
    let batch = document["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["metadata"]["name"] == "batch")
        .unwrap();
    assert_eq!(batch["versions"][0]["resources"][0]["resource"], "cronjobs");
    assert_eq!(get_as(&new, "/api", AGGREGATED).await.1["items"][0]["versions"][0]["version"], "v1");
    let discovery = kube::Discovery::new(client(&new).await).run_aggregated().await.unwrap();
    assert!(discovery.groups().any(|g| g.name() == "policy"));
}

#[tokio::test]
async fn metrics_can_be_absent_or_broken() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    let list = "/apis/metrics.k8s.io/v1beta1/namespaces/solia/pods";
    assert_eq!(get(&stub, list).await.1["kind"], "PodMetricsList");
    stub.metrics(Metrics::Broken);
    assert_eq!(
        (get(&stub, list).await.0, get(&stub, "/apis/metrics.k8s.io/v1beta1").await.0),
        (503, 503)
    );
    assert!(get(&stub, "/apis").await.1.to_string().contains("metrics.k8s.io"));
    stub.metrics(Metrics::Absent);
    assert_eq!(get(&stub, list).await.0, 404);
    assert!(!get(&stub, "/apis").await.1.to_string().contains("metrics.k8s.io"));
}

#[tokio::test]
async fn pages_tell_one_moment_even_while_the_world_changes() {
    let stub = with_three(Version::V1_20);
    let (_, first) = get(&stub, "/api/v1/pods?limit=2").await;
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    stub.delete("pods", "shop", "c");
    stub.put("pods", pod("d"));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = get(&stub, &format!("/api/v1/pods?limit=2&continue={token}")).await;
    assert_eq!(names(&second), ["c"]);
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert_eq!(second["metadata"]["continue"], Value::Null);
    stub.compact(Gone::Event);
    let (code, gone) = get(&stub, &format!("/api/v1/pods?limit=2&continue={token}")).await;
    assert_eq!((code, gone["reason"].as_str()), (410, Some("Expired")));
}

#[tokio::test]
async fn lists_from_the_cache_ignore_the_limit_and_the_future_is_refused() {
    let stub = with_three(Version::V1_20);
    let (_, list) = get(&stub, "/api/v1/pods?limit=1&resourceVersion=0").await;
    assert_eq!(names(&list), ["a", "b", "c"]);
    assert_eq!(list["items"][0]["kind"], Value::Null, "items of built-in kinds carry no kind");
    assert_eq!(get(&stub, "/api/v1/pods?resourceVersion=99999999").await.0, 504);
}

#[tokio::test]
async fn selectors_and_namespaces_narrow_a_list() {
    let stub = with_three(Version::V1_20);
    stub.put(
        "pods",
        json!({"metadata": {"namespace": "other", "name": "a"}, "spec": {"nodeName": "n1"}}),
    );
    for (query, expected) in [
        ("/api/v1/pods?labelSelector=app%3Db", vec!["b"]),
        ("/api/v1/pods?labelSelector=app+in+(a,c)", vec!["a", "c"]),
        ("/api/v1/pods?labelSelector=app!%3Db,app", vec!["a", "c"]),
        ("/api/v1/pods?labelSelector=!app", vec!["a"]),
        ("/api/v1/pods?fieldSelector=metadata.name%3Da", vec!["a", "a"]),
        ("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", vec!["a"]),
        ("/api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3Da", vec!["a"]),
        ("/api/v1/namespaces/none/pods", vec![]),
    ] {
        assert_eq!(names(&get(&stub, query).await.1), expected, "{query}");
    }
    assert_eq!(get(&stub, "/api/v1/pods?fieldSelector=bogus%3D1").await.0, 400);
}

#[tokio::test]
async fn tables_have_the_custom_kind_s_columns_and_ages_in_words() {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    let (_, table) = get_as(&stub, "/apis/example.com/v1/namespaces/solia/widgets", TABLE).await;
    let columns: Vec<(&str, &str)> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["name"].as_str().unwrap(), c["type"].as_str().unwrap()))
        .collect();
    assert_eq!(columns[1], ("Size", "integer"));
    assert_eq!(columns[4], ("Last Sync", "date"));
    let row = &table["rows"][1];
    assert_eq!(
        row["cells"],
        json!(["crimson", 12, "red", false, "30h", "the far side refuses", "40d"])
    );
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    let (_, one) = get_as(&stub, "/apis/example.com/v1/namespaces/solia/widgets/blue", TABLE).await;
    assert_eq!(one["rows"].as_array().unwrap().len(), 1);
    let (_, bare) = get_as(&stub, "/apis/example.com/v1/widgets?includeObject=None", TABLE).await;
    assert_eq!(bare["rows"][0]["object"], Value::Null);
    // The metrics API has no tables: such a request gets the next media type that it accepts.
    assert_eq!(
        get_as(&stub, "/apis/metrics.k8s.io/v1beta1/pods", TABLE).await.1["kind"],
        "PodMetricsList"
    );
}

#[tokio::test]
async fn secrets_as_metadata_hold_no_values() {
    let stub = Stub::start(Version::V1_20);
    stub.seed_platform();
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let (_, list) = get_as(&stub, "/api/v1/secrets", accept).await;
    assert_eq!(names(&list), ["backend-secret"]);
    assert!(!list.to_string().contains("aHVudGVyMi1pcy1zZWNyZXQ"));
    let whole = get(&stub, "/api/v1/namespaces/solia/secrets/backend-secret").await.1;
    assert!(whole.to_string().contains("aHVudGVyMi1pcy1zZWNyZXQ"));
}

#[tokio::test]
async fn events_look_different_in_their_second_home() {
    let stub = Stub::start(Version::V1_20);
    stub.seed_platform();
    let core = get(&stub, "/api/v1/namespaces/solia/events").await.1;
    let other = get(&stub, "/apis/events.k8s.io/v1/namespaces/solia/events").await.1;
    assert_eq!(names(&core), names(&other));
    assert_eq!(core["items"][0]["message"], other["items"][0]["note"]);
    assert_eq!(core["items"][0]["involvedObject"], other["items"][0]["regarding"]);
}

#[tokio::test]
async fn a_recreated_object_is_another_one() {
    let stub = with_three(Version::V1_20);
    let first = stub.get("pods", "shop", "a").unwrap();
    let changed = stub.update("pods", "shop", "a", |pod| pod["status"]["phase"] = json!("Failed"));
    assert_eq!(changed["metadata"]["uid"], first["metadata"]["uid"]);
    assert_ne!(changed["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert!(stub.delete("pods", "shop", "a"));
    assert_eq!(get(&stub, "/api/v1/namespaces/shop/pods/a").await.0, 404);
    assert_ne!(stub.put("pods", pod("a"))["metadata"]["uid"], first["metadata"]["uid"]);
}
