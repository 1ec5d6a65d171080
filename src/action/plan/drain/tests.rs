use serde_json::json;

use super::*;
use crate::action::kubectl::parse;
use crate::action::plan::{Around, Origin, right};
use crate::diagnosis::samples::{NOW, World, node};
use crate::model::EnvId;

fn machine(name: &str, ready: &str) -> Value {
    json!({"kind": "Node", "metadata": {"name": name, "uid": "n"}, "spec": {}, "status": {"conditions": [
        {"type": "Ready", "status": ready, "lastTransitionTime": Time(NOW.0 - 720).0.to_string()}]}})
}

fn pod(name: &str, owner: &str) -> Value {
    let owners = match owner {
        "" => json!([]),
        kind => json!([{"kind": kind, "name": format!("{}-set", name.split('-').next().unwrap()), "controller": true}]),
    };
    json!({"metadata": {"namespace": "solia", "name": name, "uid": format!("uid-{name}"), "ownerReferences": owners,
            "labels": {"app": name.split('-').next().unwrap()}},
        "spec": {"nodeName": "worker-1", "containers": [{"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn elsewhere(mut pod: Value, node: &str) -> Value {
    pod["spec"]["nodeName"] = json!(node);
    pod
}

fn with_data(mut pod: Value) -> Value {
    pod["spec"]["volumes"] = json!([{"name": "tmp", "emptyDir": {}}]);
    pod
}

fn budget(app: &str, allowed: i64, desired: i64, healthy: i64, expected: i64) -> Value {
    json!({"apiVersion": "policy/v1", "metadata": {"namespace": "solia", "name": app},
        "spec": {"selector": {"matchLabels": {"app": app}}},
        "status": {"disruptionsAllowed": allowed, "desiredHealthy": desired, "currentHealthy": healthy, "expectedPods": expected}})
}

fn service(app: &str) -> Value {
    json!({"metadata": {"namespace": "solia", "name": app}, "spec": {"selector": {"app": app}}})
}

/// A node `worker-1` that is to be drained, in a cluster with `worker-2`.
struct Scene {
    node: Value,
    around: Around,
    world: World,
}

impl Scene {
    fn of(here: Vec<Value>, others: Vec<Value>) -> Self {
        let crowd = here.iter().chain(&others).cloned().collect();
        Self {
            node: machine("worker-1", "True"),
            around: Around {
                pods: Ok(here),
                crowd: Ok(crowd),
                ..Around::default()
            },
            // Pods are not watched in all namespaces: what was read for the plan has to do.
            world: World::watching(&[Known::Node]).with([node("worker-2", |_| {})]),
        }
    }

    fn plan(&self, line: &str) -> Result<Plan, Problem> {
        let action = parse(line).unwrap();
        let object = ObjectRef {
            kind: Known::Node.into(),
            namespace: "".into(),
            name: "worker-1".into(),
        };
        let rights = right::needed(&action, std::slice::from_ref(&object));
        let found = Found {
            here: None,
            merged: None,
            objects: vec![(object.clone(), Ok(self.node.clone()))],
            history: Vec::new(),
            rights: rights.into_iter().map(|right| (right, Ok(Verdict::Allowed))).collect(),
            around: self.around.clone(),
            at: NOW,
        };
        let draft = Draft {
            least: None,
            floor: None,
            written: None,
            id: 1,
            env: EnvId(0),
            action,
            objects: vec![object],
            origin: Origin::Asked,
            at: NOW,
        };
        let sight = Sight {
            environment: "test",
            seen: self.world.store.env(EnvId(0)).unwrap(),
            read_commands: &[],
            now: NOW,
        };
        super::super::make(draft, found, sight)
    }
}

fn told(plan: &Plan) -> Vec<&str> {
    let lines = plan.blast.lines.iter().chain(&plan.notes);
    lines.map(|reach| reach.text.as_str()).collect()
}

const LINE: &str = "kubectl drain worker-1 --ignore-daemonsets --timeout=15m";

#[test]
fn the_node_is_cordoned_first_and_each_pod_is_evicted_by_its_uid() {
    let scene = Scene::of(
        vec![pod("web-1", "ReplicaSet"), pod("agent-1", "DaemonSet"), pod("db-0", "StatefulSet")],
        vec![elsewhere(pod("web-2", "ReplicaSet"), "worker-2")],
    );
    let plan = scene.plan(LINE).unwrap();
    assert_eq!(
        (plan.title.as_str(), plan.effect.as_str(), plan.number.as_deref(), plan.class),
        ("drain node/worker-1", "cordoned, then 2 pods are evicted", Some("2"), Class::W2)
    );
    assert_eq!(plan.leading(), 1);
    let Write::Patch { operations, .. } = &plan.changes[0].write else {
        panic!("{plan:?}")
    };
    assert_eq!(operations[0], json!({"op": "test", "path": "/metadata/uid", "value": "n"}));
    let rest: Vec<(&str, &str, &Write)> = plan.changes[1..]
        .iter()
        .map(|c| (&*c.object.name, c.uid.as_str(), &c.write))
        .collect();
    let evicted = Write::Evict { grace: None, waits: true };
    assert_eq!(rest, [("db-0", "uid-db-0", &evicted), ("web-1", "uid-web-1", &evicted)]);
    assert!(told(&plan).contains(&"1 pod of daemon sets stays"), "{:?}", told(&plan));
    assert_eq!(plan.deadline(), Some(std::time::Duration::from_secs(900)));
    assert_eq!(plan.inverse.unwrap().to_string(), "kubectl uncordon worker-1");
    // db has nothing ready afterwards: that is the least.
    assert_eq!(plan.blast.ready, Some((1, 0)));
}

#[test]
fn what_stands_in_the_way_is_told_with_its_flag_and_the_plan_with_it_is_offered() {
    let scene = Scene::of(vec![with_data(pod("web-1", "ReplicaSet")), pod("lonely", "")], Vec::new());
    let plan = scene.plan(LINE).unwrap();
    assert_eq!(
        plan.hurdle().unwrap().text,
        "solia/web-1 keeps data in an emptyDir, which would be lost: it wants --delete-emptydir-data"
    );
    let offer = plan.offer.clone().unwrap();
    assert_eq!(offer.text, "plan it with --delete-emptydir-data --force");
    let again = scene.plan(&offer.action.to_string()).unwrap();
    assert_eq!((again.hurdle(), again.offer.clone(), again.touched()), (None, None, 3));
    let remarks: Vec<&str> = again.changes[1..]
        .iter()
        .map(|c| c.remark.as_ref().unwrap().text.as_str())
        .collect();
    assert_eq!(remarks, ["no controller: it does not come back", "its emptyDir goes with it"]);
    let daemons = Scene::of(vec![pod("agent-1", "DaemonSet"), pod("agent-2", "DaemonSet")], Vec::new());
    assert_eq!(
        daemons.plan("kubectl drain worker-1").unwrap().hurdle().unwrap().text,
        "2 pods belong to daemon sets: they want --ignore-daemonsets · solia/agent-1, solia/agent-2"
    );
}

#[test]
fn budgets_are_told_by_name_with_what_they_let_go() {
    let here = || vec![pod("web-1", "ReplicaSet"), pod("web-2", "ReplicaSet")];
    for (budgets, expected, remark) in [
        (vec![], "", ""),
        (
            vec![budget("web", 2, 2, 4, 4)],
            "budget solia/web lets its 2 pods here go (it needs 2 healthy and has 4)",
            "budget web lets 2 go",
        ),
        (
            vec![budget("web", 1, 3, 4, 4)],
            "budget solia/web lets 1 of its 2 pods here go at a time (it needs 3 healthy and has 4)",
            "budget web lets 1 go",
        ),
        (
            vec![budget("web", 0, 3, 3, 4)],
            "budget solia/web lets none go now (it needs 3 healthy and has 3): the drain waits for it",
            "budget web needs 3 healthy pods and has 3",
        ),
        (
            vec![budget("web", 0, 2, 2, 2)],
            "budget solia/web never lets a pod go (it needs 2 healthy and has 2): the drain waits for ever",
            "budget web needs 2 healthy pods and has 2",
        ),
        (
            vec![budget("web", 1, 1, 2, 2), {
                let mut other = budget("web", 1, 1, 2, 2);
                other["metadata"]["name"] = json!("all");
                other
            }],
            "budget solia/all lets 1 of its 2 pods here go at a time (it needs 1 healthy and has 2)",
            "several budgets guard it: the server evicts no such pod",
        ),
    ] {
        let mut scene = Scene::of(here(), Vec::new());
        scene.around.budgets = Ok(budgets);
        let plan = scene.plan(LINE).unwrap();
        assert!(
            expected.is_empty() || told(&plan).contains(&expected),
            "{expected}: {:?}",
            told(&plan)
        );
        assert_eq!(plan.changes[1].remark.as_ref().unwrap().text, remark);
    }
    let mut blind = Scene::of(here(), Vec::new());
    blind.around.budgets = Err(Problem::new(ProblemKind::TimedOut, "no answer within 3 s"));
    assert_eq!(blind.plan(LINE).unwrap().raised, ["disruption budgets are not known"]);
    // Who deletes does not ask them.
    let plan = blind.plan("kubectl drain worker-1 --disable-eviction").unwrap();
    assert!(
        told(&plan).contains(&"the pods are deleted: no disruption budget is asked"),
        "{:?}",
        told(&plan)
    );
    assert_eq!(plan.raised, [""; 0]);
}

#[test]
fn room_on_the_other_nodes_is_counted_by_requests_and_services_that_lose_all_are_named() {
    let here = vec![pod("web-1", "ReplicaSet"), pod("web-2", "ReplicaSet")];
    // worker-2: 4 cores, of which so many halves are taken.
    let busy = |count: usize| {
        (0..count)
            .map(|n| elsewhere(pod(&format!("other-{n}"), "ReplicaSet"), "worker-2"))
            .collect()
    };
    let mut scene = Scene::of(here.clone(), busy(2));
    scene.around.services = Ok(vec![service("web"), service("other"), service("nothing")]);
    let plan = scene.plan(LINE).unwrap();
    assert!(
        told(&plan).contains(&"1 other node: free by requests cpu 3, memory 14Gi, 108 places; wanted cpu 1, memory 2Gi, 2"),
        "{:?}",
        told(&plan)
    );
    let lost: Vec<&str> = told(&plan).into_iter().filter(|text| text.starts_with("service")).collect();
    assert_eq!(lost, ["service solia/web has no ready endpoint until then"]);
    assert!(
        told(&plan).contains(&"ReplicaSet solia/web-set has nothing ready until new pods are"),
        "{:?}",
        told(&plan)
    );
    let mut both = Scene::of([here.clone(), vec![pod("db-0", "StatefulSet")]].concat(), Vec::new());
    both.around.services = Ok(vec![service("web"), service("db")]);
    let plan = both.plan(LINE).unwrap();
    let lost: Vec<&str> = told(&plan).into_iter().filter(|text| text.contains(" have no")).collect();
    assert_eq!(
        lost,
        [
            "2 workloads have nothing ready until new pods are: ReplicaSet solia/web-set, StatefulSet solia/db-set",
            "2 services have no ready endpoint until then: service solia/web, service solia/db"
        ]
    );
    let full = Scene::of(here.clone(), busy(7)).plan(LINE).unwrap();
    assert!(
        told(&full).contains(&"no room by requests for 1 of them: solia/web-2"),
        "{:?}",
        told(&full)
    );
    let mut alone = Scene::of(here, Vec::new());
    alone.world = World::watching(&[Known::Node]);
    let plan = alone.plan(LINE).unwrap();
    assert!(
        told(&plan).contains(&"no other node takes pods: 2 pods would wait"),
        "{:?}",
        told(&plan)
    );
}

#[test]
fn a_silent_node_is_not_drained_and_one_plan_that_deletes_its_pods_is_offered() {
    let mut scene = Scene::of(
        vec![
            with_data(pod("web-1", "ReplicaSet")),
            pod("db-0", "StatefulSet"),
            pod("agent-1", "DaemonSet"),
        ],
        Vec::new(),
    );
    for (status, how) in [("Unknown", "has been silent"), ("False", "has been not ready")] {
        scene.node = machine("worker-1", status);
        let plan = scene.plan(LINE).unwrap();
        assert!(plan.hurdle().unwrap().text.contains(how), "{:?}", plan.hurdle());
        let offer = plan.offer.unwrap();
        assert_eq!(offer.text, "plan to delete its 2 pods by force");
        let forced = scene.plan(&offer.action.to_string()).unwrap();
        assert_eq!((forced.hurdle(), &forced.offer), (None, &None));
        assert_eq!(forced.title, "force-delete 2 pods of node/worker-1");
        assert_eq!(forced.class, Class::W2);
        let at_once = Write::Delete {
            grace: Some(0),
            propagation: None,
        };
        let writes: Vec<(&str, &Write)> = forced.changes[1..].iter().map(|c| (&*c.object.name, &c.write)).collect();
        assert_eq!(writes, [("db-0", &at_once), ("web-1", &at_once)]);
        let remark = &forced.changes[1].remark.as_ref().unwrap().text;
        assert_eq!(remark, "it may still run there: two of it could write at once");
    }
}

#[test]
fn a_node_that_is_empty_and_cordoned_leaves_nothing_to_do() {
    let mut scene = Scene::of(vec![pod("agent-1", "DaemonSet")], Vec::new());
    let plan = scene.plan(LINE).unwrap();
    assert_eq!((plan.effect.as_str(), plan.touched()), ("cordoned, then no pod has to go", 1));
    scene.node["spec"]["unschedulable"] = json!(true);
    assert_eq!(scene.plan(LINE).unwrap_err().to_string(), "it is so already: nothing would change");
    scene.around.pods = Ok(vec![pod("web-1", "ReplicaSet")]);
    let plan = scene.plan(LINE).unwrap();
    assert_eq!(plan.effect, "1 pod is evicted (cordoned already)");
    assert_eq!((plan.leading(), plan.inverse.is_err()), (0, true), "who cordoned it may want it so");
}
