//! Rollouts.

use proptest::prelude::*;

use super::*;

#[test]
fn a_deployment_becomes_available_and_says_so() {
    let mut world = world(1);
    world.put("deployments", deployment("backend", 3, "backend:v1"));
    pass(&mut world, 5);
    let d = doc(&world, "deployments", "backend");
    assert_eq!(d["status"]["availableReplicas"], 3);
    assert_eq!(d["status"]["observedGeneration"], 1);
    assert_eq!(d["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
    assert_eq!(condition(&d, "Available"), ("True".into(), "MinimumReplicasAvailable".into()));
    assert_eq!(condition(&d, "Progressing"), ("True".into(), "NewReplicaSetAvailable".into()));
    let sets: Vec<Value> = world.store.list("replicasets", Some(NS)).map(|s| s.value()).collect();
    let [set] = sets.as_slice() else {
        panic!("one replica set: {sets:?}")
    };
    let hash = set["metadata"]["labels"]["pod-template-hash"].as_str().unwrap();
    assert_eq!(set["metadata"]["name"], format!("backend-{hash}"));
    assert_eq!(set["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"], "4");
    assert_eq!(set["metadata"]["annotations"]["kubernetes.io/change-cause"], "first");
    for pod in pods(&world) {
        assert_eq!(pod["metadata"]["generateName"], format!("backend-{hash}-"));
        assert_eq!(pod["metadata"]["ownerReferences"][0]["kind"], "ReplicaSet");
        assert_eq!(pod["spec"]["serviceAccountName"], "default");
    }
    assert_eq!(
        said(&world, "ScalingReplicaSet"),
        [format!("Scaled up replica set backend-{hash} from 0 to 3")]
    );
    let quiet = world.store.rv();
    pass(&mut world, 60);
    assert_eq!(world.store.rv(), quiet, "a world at rest writes nothing");
}

/// The numbers that bound a rollout, as the documentation of deployments defines them.
fn bounds(replicas: i64, surge: &Value, unavailable: &Value) -> (i64, i64) {
    let share = |v: &Value, up: bool| match v.as_i64() {
        Some(n) => n,
        None => {
            let percent: i64 = v.as_str().unwrap().trim_end_matches('%').parse().unwrap();
            (replicas * percent + if up { 99 } else { 0 }) / 100
        }
    };
    let (surge, unavailable) = (share(surge, true), share(unavailable, false));
    (surge, if surge == 0 && unavailable == 0 { 1 } else { unavailable })
}

fn amount() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0..4_i64).prop_map(|n| json!(n)),
        (0..11_i64).prop_map(|n| json!(format!("{}%", n * 10)))
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_rollout_never_leaves_its_bounds(replicas in 1..7_i64, surge in amount(), unavailable in amount(), seed: u64) {
        let mut world = world(seed);
        let mut d = deployment("backend", replicas, "backend:v1");
        d["spec"]["strategy"]["rollingUpdate"] = json!({"maxSurge": surge, "maxUnavailable": unavailable});
        world.put("deployments", d);
        pass(&mut world, 4);
        let (surge, unavailable) = bounds(replicas, &surge, &unavailable);
        set_image(&mut world, "backend", "backend:v2");
        let mut worst = (0, i64::MAX);
        pass_and(&mut world, 30, |world| {
            let pods = pods(world);
            let working = pods.iter().filter(|p| ready(p)).count() as i64;
            worst = (worst.0.max(pods.len() as i64), worst.1.min(working));
        });
        prop_assert!(worst.0 <= replicas + surge, "{} pods of {replicas}+{surge}", worst.0);
        prop_assert!(worst.1 >= replicas - unavailable, "{} ready of {replicas}-{unavailable}", worst.1);
        let images: Vec<Value> = pods(&world).iter().map(|p| p["spec"]["containers"][0]["image"].clone()).collect();
        prop_assert_eq!(images, vec![json!("backend:v2"); replicas as usize]);
        let d = doc(&world, "deployments", "backend");
        prop_assert_eq!(condition(&d, "Progressing").1, "NewReplicaSetAvailable");
    }
}

#[test]
fn a_rollout_that_does_not_work_stops_runs_out_of_time_and_can_be_undone() {
    let mut world = world(3);
    let mut d = deployment("backend", 4, "backend:v1");
    d["spec"]["progressDeadlineSeconds"] = json!(30);
    world.put("deployments", d);
    pass(&mut world, 5);
    let first = doc(&world, "deployments", "backend")["spec"]["template"].clone();
    let old_name = world.store.list("replicasets", Some(NS)).next().unwrap().key.name.to_string();
    set_image(&mut world, "backend", "backend:bad");
    pass(&mut world, 20);
    let working = pods(&world).iter().filter(|p| ready(p)).count();
    assert_eq!((working, pods(&world).len()), (3, 5), "one may be missing, one may be too many");
    let d = doc(&world, "deployments", "backend");
    assert_eq!(condition(&d, "Progressing"), ("True".into(), "ReplicaSetUpdated".into()));
    pass(&mut world, 30);
    let d = doc(&world, "deployments", "backend");
    assert_eq!(condition(&d, "Progressing"), ("False".into(), "ProgressDeadlineExceeded".into()));
    assert_eq!(condition(&d, "Available").0, "True");
    assert_eq!(d["status"]["unavailableReplicas"], 2);

    change(&mut world, "deployments", "backend", |o| o["spec"]["template"] = first);
    pass(&mut world, 10);
    let d = doc(&world, "deployments", "backend");
    assert_eq!(condition(&d, "Progressing"), ("True".into(), "NewReplicaSetAvailable".into()));
    assert_eq!(d["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "3");
    let old = doc(&world, "replicasets", &old_name);
    assert_eq!(old["spec"]["replicas"], 4);
    assert_eq!(old["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "3");
    assert_eq!(old["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"], "1");
    assert_eq!(world.store.count("replicasets"), 2);
}

#[test]
fn recreate_waits_until_the_old_pods_are_gone() {
    let mut world = world(4);
    let mut d = deployment("backend", 2, "backend:v1");
    d["spec"]["strategy"] = json!({"type": "Recreate"});
    world.put("deployments", d);
    pass(&mut world, 4);
    set_image(&mut world, "backend", "backend:v2");
    pass_and(&mut world, 5, |world| {
        let images: std::collections::BTreeSet<String> = pods(world)
            .iter()
            .map(|p| p["spec"]["containers"][0]["image"].to_string())
            .collect();
        assert!(images.len() <= 1, "both at once: {images:?}");
    });
    assert_eq!(doc(&world, "deployments", "backend")["status"]["updatedReplicas"], 2);
}

#[test]
fn a_paused_deployment_keeps_its_template_but_follows_its_size() {
    let mut world = world(5);
    world.put("deployments", deployment("backend", 2, "backend:v1"));
    pass(&mut world, 4);
    change(&mut world, "deployments", "backend", |o| o["spec"]["paused"] = json!(true));
    set_image(&mut world, "backend", "backend:v2");
    change(&mut world, "deployments", "backend", |o| o["spec"]["replicas"] = json!(3));
    pass(&mut world, 4);
    assert_eq!(pods(&world).len(), 3);
    assert_eq!(world.store.count("replicasets"), 1);
    assert_eq!(
        condition(&doc(&world, "deployments", "backend"), "Progressing").1,
        "DeploymentPaused"
    );
    change(&mut world, "deployments", "backend", |o| o["spec"]["paused"] = json!(false));
    pass(&mut world, 6);
    assert_eq!(doc(&world, "deployments", "backend")["status"]["updatedReplicas"], 3);
}

#[test]
fn old_replica_sets_are_kept_to_the_limit() {
    let mut world = world(6);
    let mut d = deployment("backend", 1, "backend:v0");
    d["spec"]["revisionHistoryLimit"] = json!(2);
    world.put("deployments", d);
    for n in 1..6 {
        pass(&mut world, 5);
        set_image(&mut world, "backend", &format!("backend:v{n}"));
    }
    pass(&mut world, 5);
    assert_eq!(world.store.count("replicasets"), 3);
}
