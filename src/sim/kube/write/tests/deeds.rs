//! What writes do.

use serde_json::{Value, json};

use super::{Cluster, DEPLOYMENTS, PODS, deployment, pod};
use crate::sim::kube::Version;
use crate::sim::world::Life;

#[tokio::test]
async fn a_new_object_gets_what_a_server_gives_it() {
    let cluster = Cluster::start(Version::V1_20).await;
    let (code, made) = cluster.post(&format!("{DEPLOYMENTS}?fieldManager=me"), &deployment("web")).await;
    assert_eq!(code, 201, "{made}");
    assert_eq!((&made["kind"], &made["apiVersion"]), (&json!("Deployment"), &json!("apps/v1")));
    // As a real server of 1.20 answered.
    assert_eq!(
        made["spec"],
        json!({"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"creationTimestamp": null, "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80, "protocol": "TCP"}], "resources": {},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"}],
                "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "securityContext": {},
                "schedulerName": "default-scheduler"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    );
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(made["metadata"]["managedFields"][0]["manager"], "me");
    let (_, pod) = cluster
        .post(PODS, &json!({"metadata": {"generateName": "a-"}, "spec": pod("x")["spec"]}))
        .await;
    assert!(pod["metadata"]["name"].as_str().unwrap().len() == 7, "{pod}");
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    assert_eq!(pod["spec"]["tolerations"].as_array().unwrap().len(), 2);
    let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "web"}}});
    let (_, service) = cluster.post("/api/v1/namespaces/default/services", &service).await;
    assert!(service["spec"]["clusterIP"].as_str().unwrap().starts_with("10.100."), "{service}");
    assert_eq!(service["spec"]["ports"], json!([{"port": 80, "protocol": "TCP", "targetPort": 80}]));
}

#[tokio::test]
async fn what_is_tried_changes_nothing_and_tells_what_would_be() {
    let cluster = Cluster::start(Version::V1_36).await;
    cluster.post(DEPLOYMENTS, &deployment("web")).await;
    cluster.post(PODS, &pod("one")).await;
    let before = cluster.version();
    let web = format!("{DEPLOYMENTS}/web");
    let (code, made) = cluster.post(&format!("{DEPLOYMENTS}?dryRun=All"), &deployment("other")).await;
    assert_eq!(code, 201);
    assert!(made["metadata"]["uid"].is_string() && made["metadata"].get("resourceVersion").is_none());
    let (_, patched) = cluster.merge(&format!("{web}?dryRun=All"), &json!({"spec": {"replicas": 9}})).await;
    assert_eq!(
        (&patched["spec"]["replicas"], &patched["metadata"]["generation"]),
        (&json!(9), &json!(2))
    );
    assert_eq!(
        patched["metadata"]["resourceVersion"],
        cluster.get(&web).await.1["metadata"]["resourceVersion"]
    );
    let (_, scaled) = cluster
        .merge(&format!("{web}/scale?dryRun=All"), &json!({"spec": {"replicas": 4}}))
        .await;
    assert_eq!(scaled["spec"]["replicas"], 4);
    for (path, body) in [
        (format!("{web}?dryRun=All"), "".to_owned()),
        (format!("{PODS}/one"), json!({"dryRun": ["All"]}).to_string()),
    ] {
        assert_eq!(cluster.ask("DELETE", &path, "application/json", body).await.0, 200);
    }
    let eviction = json!({"metadata": {"name": "one"}, "deleteOptions": {"dryRun": ["All"]}});
    assert_eq!(cluster.post(&format!("{PODS}/one/eviction"), &eviction).await.0, 201);
    assert_eq!(cluster.version(), before);
}

#[tokio::test]
async fn replicas_are_set_through_scale_and_status_through_status_only() {
    let cluster = Cluster::start(Version::V1_36).await;
    cluster.post(DEPLOYMENTS, &deployment("web")).await;
    let web = format!("{DEPLOYMENTS}/web");
    let (code, scale) = cluster.merge(&format!("{web}/scale"), &json!({"spec": {"replicas": 5}})).await;
    assert_eq!(
        (code, &scale["spec"]["replicas"], &scale["status"]["selector"]),
        (200, &json!(5), &json!("app=web"))
    );
    cluster.merge(&web, &json!({"status": {"replicas": 7}})).await;
    assert_eq!(cluster.get(&web).await.1["status"], json!({}));
    cluster
        .merge(
            &format!("{web}/status"),
            &json!({"status": {"replicas": 7}, "spec": {"replicas": 1}}),
        )
        .await;
    let (_, now) = cluster.get(&web).await;
    assert_eq!((&now["spec"]["replicas"], &now["status"]["replicas"]), (&json!(5), &json!(7)));
    assert_eq!(now["metadata"]["generation"], 2);
    let before = cluster.version();
    cluster.merge(&web, &json!({"spec": {"replicas": 5}})).await;
    assert_eq!(cluster.version(), before, "what changes nothing writes nothing");
}

#[tokio::test]
async fn budgets_hold_evictions_back_in_a_servers_words() {
    let cluster = Cluster::start(Version::V1_36).await;
    cluster.post(PODS, &pod("one")).await;
    let status = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    cluster.merge(&format!("{PODS}/one/status"), &status).await;
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let budget = json!({"metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}});
    cluster.post(budgets, &budget).await;
    let status =
        json!({"status": {"observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}});
    cluster.merge(&format!("{budgets}/web/status"), &status).await;
    let eviction = json!({"metadata": {"name": "one", "namespace": "default"}});
    let (code, refused) = cluster.post(&format!("{PODS}/one/eviction"), &eviction).await;
    assert_eq!((code, &refused["reason"]), (429, &json!("TooManyRequests")));
    assert_eq!(
        refused["message"],
        "Cannot evict pod as it would violate the pod's disruption budget."
    );
    assert_eq!(
        refused["details"]["causes"][0],
        json!({"reason": "DisruptionBudget", "message": "The disruption budget web needs 1 healthy pods and has 1 currently"})
    );
    cluster
        .merge(&format!("{budgets}/web/status"), &json!({"status": {"disruptionsAllowed": 1}}))
        .await;
    assert_eq!(cluster.post(&format!("{PODS}/one/eviction"), &eviction).await.0, 201);
    assert_eq!(cluster.get(&format!("{PODS}/one")).await.0, 404);
    let (_, budget) = cluster.get(&format!("{budgets}/web")).await;
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
}

#[tokio::test]
async fn an_eviction_that_cannot_be_is_refused_as_a_real_server_refuses_it() {
    let cluster = Cluster::start(Version::V1_20).await;
    cluster.post(PODS, &pod("one")).await;
    let status = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    cluster.merge(&format!("{PODS}/one/status"), &status).await;
    let path = format!("{PODS}/one/eviction");
    let eviction = |version: &str, options: Value| json!({"apiVersion": version, "kind": "Eviction", "metadata": {"name": "one", "namespace": "default"}, "deleteOptions": options});
    let (code, refused) = cluster.post(&path, &eviction("policy/v1", json!({}))).await;
    assert_eq!((code, &refused["reason"]), (400, &json!("BadRequest")));
    let wrong = json!({"preconditions": {"uid": "nope"}});
    let (code, refused) = cluster.post(&path, &eviction("policy/v1beta1", wrong)).await;
    assert_eq!((code, &refused["details"]), (409, &json!({"name": "one", "kind": "Pod"})));
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.starts_with("Operation cannot be fulfilled on Pod \"one\": the UID in the precondition (nope) does not match"),
        "{message}"
    );
    for name in ["a", "b"] {
        let budget = json!({"metadata": {"name": name}, "spec": {"minAvailable": 0, "selector": {"matchLabels": {"app": "web"}}}});
        cluster
            .post("/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets", &budget)
            .await;
    }
    let (code, refused) = cluster.post(&path, &eviction("policy/v1beta1", json!({}))).await;
    assert_eq!((code, refused.get("reason")), (500, None), "{refused}");
}

#[tokio::test]
async fn quotas_and_limit_ranges_have_their_say() {
    let cluster = Cluster::start(Version::V1_36).await;
    let limits = json!({"metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", "default": {"memory": "64Mi"}, "defaultRequest": {"cpu": "100m"}}]}});
    cluster.post("/api/v1/namespaces/default/limitranges", &limits).await;
    let quota = json!({"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1", "limits.memory": "100Mi"}}});
    cluster.post("/api/v1/namespaces/default/resourcequotas", &quota).await;
    let (_, first) = cluster.post(PODS, &pod("one")).await;
    assert_eq!(
        first["spec"]["containers"][0]["resources"],
        json!({"limits": {"memory": "64Mi"}, "requests": {"cpu": "100m"}})
    );
    let (code, refused) = cluster.post(PODS, &pod("two")).await;
    assert_eq!(code, 403);
    assert_eq!(
        refused["message"],
        "pods \"two\" is forbidden: exceeded quota: q, requested: limits.memory=64Mi,pods=1, used: limits.memory=64Mi,pods=1, limited: limits.memory=100Mi,pods=1"
    );
}

#[tokio::test]
async fn objects_go_with_the_answers_that_a_server_gives() {
    let cluster = Cluster::start(Version::V1_36).await;
    let (_, made) = cluster.post(DEPLOYMENTS, &deployment("web")).await;
    let wrong = json!({"preconditions": {"uid": "other"}}).to_string();
    let web = format!("{DEPLOYMENTS}/web");
    let (code, refused) = cluster.ask("DELETE", &web, "application/json", wrong).await;
    assert_eq!((code, &refused["reason"]), (409, &json!("Conflict")));
    let (code, gone) = cluster
        .ask(
            "DELETE",
            &web,
            "application/json",
            json!({"propagationPolicy": "Background"}).to_string(),
        )
        .await;
    assert_eq!(code, 200);
    assert_eq!(
        gone,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": "web", "group": "apps", "kind": "deployments", "uid": made["metadata"]["uid"]}})
    );
    for name in ["a", "b"] {
        cluster.post(PODS, &pod(name)).await;
    }
    let (code, list) = cluster
        .ask("DELETE", &format!("{PODS}?fieldSelector=metadata.name%3Da"), "", "")
        .await;
    assert_eq!(
        (code, &list["kind"], list["items"].as_array().unwrap().len()),
        (200, &json!("PodList"), 1)
    );
    assert_eq!(cluster.get(&format!("{PODS}/b")).await.0, 200);
}

#[tokio::test]
async fn a_held_object_goes_when_its_last_finalizer_does() {
    let cluster = Cluster::start(Version::V1_36).await;
    let maps = "/api/v1/namespaces/default/configmaps";
    cluster.post(maps, &json!({"metadata": {"name": "a", "finalizers": ["x/y"]}})).await;
    let (_, held) = cluster.ask("DELETE", &format!("{maps}/a"), "", "").await;
    assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
    let (code, _) = cluster
        .merge(&format!("{maps}/a"), &json!({"metadata": {"finalizers": null}}))
        .await;
    assert_eq!((code, cluster.get(&format!("{maps}/a")).await.0), (200, 404));
}

#[tokio::test]
async fn people_learn_what_they_may_do() {
    let cluster = Cluster::with(Version::V1_36, Life::Still, "viewer").await;
    let review =
        |verb: &str, resource: &str| json!({"spec": {"resourceAttributes": {"verb": verb, "resource": resource, "namespace": "default"}}});
    let access = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    for (verb, resource, allowed) in [("get", "pods", true), ("delete", "pods", false), ("get", "secrets", false)] {
        let (code, answer) = cluster.post(access, &review(verb, resource)).await;
        assert_eq!((code, &answer["status"]["allowed"]), (201, &json!(allowed)), "{verb} {resource}");
    }
    let rules = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let (_, answer) = cluster.post(rules, &json!({"spec": {"namespace": "default"}})).await;
    let all = answer["status"]["resourceRules"].to_string();
    assert!(
        all.contains("\"deployments\"") && !all.contains("\"secrets\"") && !all.contains("\"delete\""),
        "{all}"
    );
    let (_, me) = cluster.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &json!({})).await;
    assert_eq!(me["status"]["userInfo"]["username"], "viewer");
}
