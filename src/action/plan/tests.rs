use serde_json::json;

use super::*;
use crate::action::kubectl::parse;
use crate::diagnosis::samples::{NOW, World, autoscaler, budget, deployment, pods, replica_set, service};
use crate::model::{Known, Object, ProblemKind};

fn reference(kind: Known, name: &str) -> ObjectRef {
    ObjectRef {
        kind: kind.into(),
        namespace: if kind.info().namespaced { "solia".into() } else { "".into() },
        name: name.into(),
    }
}

fn backend() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "backend", "namespace": "solia", "uid": "d"},
        "spec": {"replicas": 3, "template": {"metadata": {"labels": {"app": "backend"}},
            "spec": {"containers": [{"name": "app", "image": "a:2"}]}}}})
}

fn allowed(action: &Action, objects: &[ObjectRef]) -> Vec<(Right, Result<Verdict, Problem>)> {
    right::needed(action, objects)
        .into_iter()
        .map(|right| (right, Ok(Verdict::Allowed)))
        .collect()
}

/// The plan of a line on these objects, in a world.
fn plan_in(world: &World, line: &str, objects: Vec<(ObjectRef, Value)>, history: Vec<Value>) -> Result<Plan, Problem> {
    let action = parse(line).unwrap();
    let references: Vec<ObjectRef> = objects.iter().map(|(object, _)| object.clone()).collect();
    let found = Found {
        rights: allowed(&action, &references),
        objects: objects.into_iter().map(|(object, document)| (object, Ok(document))).collect(),
        history,
        merged: None,
        here: None,
        around: Around::default(),
        at: NOW,
    };
    let draft = Draft {
        id: 1,
        env: EnvId(0),
        action,
        objects: references,
        written: None,
        origin: Origin::Asked,
        least: None,
        floor: None,
        at: NOW,
    };
    let sight = Sight {
        seen: world.store.env(EnvId(0)).unwrap(),
        environment: "prod",
        read_commands: &[],
        now: NOW,
    };
    make(draft, found, sight)
}

fn of_backend(world: &World, line: &str) -> Result<Plan, Problem> {
    plan_in(world, line, vec![(reference(Known::Deployment, "backend"), backend())], Vec::new())
}

fn told(plan: &Plan) -> Vec<&str> {
    plan.blast
        .lines
        .iter()
        .chain(&plan.notes)
        .map(|reach| reach.text.as_str())
        .collect()
}

/// Three pods of a deployment, a service in front of them, an autoscaler and a budget.
fn platform() -> (World, Vec<Object>) {
    let deployment = deployment("backend", |_| {});
    let set = replica_set(&deployment, 2, |_| {});
    let pods = pods(&set, 3);
    let mut objects = vec![deployment, set, service("backend", &[("app", "backend")]), autoscaler(|_| {})];
    objects.push(budget(|pdb| pdb.allowed = 0));
    objects.extend(pods.clone());
    (World::new().with(objects), pods)
}

#[test]
fn a_scale_names_the_autoscaler_and_the_services_that_are_left_with_nothing() {
    let (world, _) = platform();
    let up = of_backend(&world, "kubectl -n solia scale deploy/backend --replicas=5").unwrap();
    assert_eq!(
        (up.effect.as_str(), up.number.as_deref(), up.class),
        ("replicas 3 → 5", Some("5"), Class::W1)
    );
    assert!(
        told(&up).contains(&"autoscaler backend (2 to 10) decides by its metrics, and may undo this"),
        "{:?}",
        told(&up)
    );
    assert!(
        told(&up).contains(&"by requests the nodes have room for 2 more (nothing requested)"),
        "{:?}",
        told(&up)
    );
    let far = of_backend(&world, "kubectl -n solia scale deploy/backend --replicas=20").unwrap();
    assert!(
        told(&far).contains(&"autoscaler backend will lower it to 10 again"),
        "{:?}",
        told(&far)
    );
    let none = of_backend(&world, "kubectl -n solia scale deploy/backend --replicas=0").unwrap();
    assert!(
        told(&none).contains(&"service backend has nothing behind it afterwards"),
        "{:?}",
        told(&none)
    );
    assert_eq!((none.class, none.blast.ready), (Class::W2, Some((3, 0))));
    let inverse = none.inverse.unwrap().to_string();
    assert_eq!(inverse, "kubectl -n solia scale deployment/backend --replicas=3");
}

#[test]
fn what_is_said_of_many_stands_in_one_line_and_the_worst_off_counts() {
    let bare = crate::diagnosis::samples::pod("loner");
    let (world, kept) = platform();
    let world = world.with(vec![bare]);
    let document = |name: &str| json!({"kind": "Pod", "metadata": {"name": name, "namespace": "solia", "uid": name}});
    let names = ["loner", &*kept[0].meta.name];
    let objects = names.iter().map(|name| (reference(Known::Pod, name), document(name))).collect();
    let plan = plan_in(&world, "kubectl -n solia delete pod x", objects, Vec::new()).unwrap();
    let lines: Vec<String> = plan.blast.lines.iter().map(|reach| reach.told(false).into_owned()).collect();
    assert!(
        lines.contains(&"loner: no controller makes a new one: gone for good".to_owned()),
        "{lines:?}"
    );
    let mut lines = Vec::new();
    for name in ["a", "b", "c"] {
        super::reach::add(&mut lines, name, Weight::Warn, "gone");
    }
    super::reach::add(&mut lines, "d", Weight::Warn, "moved");
    let told = |all: bool| lines.iter().map(|line| line.told(all).into_owned()).collect::<Vec<_>>();
    assert_eq!(told(false), ["a and 2 more: gone", "d: moved"]);
    assert_eq!(told(true), ["a, b, c: gone", "d: moved"]);
    // Two deployments at once: one keeps its pods, one loses them all.
    let second = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "solia", "uid": "w"},
        "spec": {"replicas": 2}});
    let web = crate::diagnosis::samples::deployment("web", |_| {});
    let world = world.with(vec![web]);
    let objects = vec![
        (reference(Known::Deployment, "backend"), backend()),
        (reference(Known::Deployment, "web"), second),
    ];
    let plan = plan_in(&world, "kubectl -n solia delete deploy backend web", objects, Vec::new()).unwrap();
    assert_eq!(plan.blast.ready.map(|(_, after)| after), Some(0));
    assert!(
        plan.blast.lines.iter().all(|line| !line.of.is_empty()),
        "each says of which it is: {:?}",
        plan.blast.lines
    );
}

#[test]
fn what_is_sent_tests_the_very_object_and_what_it_had() {
    let (world, _) = platform();
    let plan = of_backend(&world, "kubectl -n solia scale deploy/backend --replicas=5").unwrap();
    let Write::Patch { operations, subresource } = &plan.changes[0].write else {
        panic!("{plan:?}")
    };
    assert_eq!(*subresource, "scale");
    assert_eq!(
        operations[..2],
        [
            json!({"op": "test", "path": "/metadata/uid", "value": "d"}),
            json!({"op": "test", "path": "/spec/replicas", "value": 3}),
        ]
    );
}

#[test]
fn one_pod_that_is_replaced_while_others_serve_is_no_disruption() {
    let (world, pods) = platform();
    let document = |name: &str| json!({"kind": "Pod", "metadata": {"name": name, "namespace": "solia", "uid": name}});
    let objects = |many: usize| -> Vec<(ObjectRef, Value)> {
        let names = pods.iter().take(many).map(|pod| &*pod.meta.name);
        names.map(|name| (reference(Known::Pod, name), document(name))).collect()
    };
    let line = "kubectl -n solia delete pod x";
    let one = plan_in(&world, line, objects(1), Vec::new()).unwrap();
    assert_eq!(one.class, Class::W1);
    assert!(
        told(&one).contains(&"ReplicaSet backend-2 makes new ones: 3 ready now, 2 until then"),
        "{:?}",
        told(&one)
    );
    assert!(
        told(&one).contains(&"budget backend allows no disruption now; a deletion does not ask it"),
        "{:?}",
        told(&one)
    );
    let all = plan_in(&world, line, objects(3), Vec::new()).unwrap();
    assert_eq!((all.class, all.blast.ready, all.touched()), (Class::W2, Some((3, 0)), 3));
    assert_eq!(
        told(&all).len(),
        told(&one).len(),
        "what holds for all is said once: {:?}",
        told(&all)
    );
    // Where nothing was seen, nothing is proven.
    let blind = plan_in(&World::watching(&[]), line, objects(1), Vec::new()).unwrap();
    assert_eq!(blind.class, Class::W2);
}

#[test]
fn a_scale_up_is_told_how_many_pods_find_room_by_what_they_request() {
    let part = crate::model::Part {
        cpu: crate::model::Bounds {
            request: crate::model::Quantity::parse("1500m"),
            ..Default::default()
        },
        ..Default::default()
    };
    let hungry = deployment("backend", |workload| workload.template.parts = [part].into());
    // worker-1 has 4 cores, of which nobody has asked for any: two fit.
    let (world, _) = platform();
    let world = world.with([hungry.clone()]);
    let plan = of_backend(&world, "kubectl -n solia scale deploy/backend --replicas=6").unwrap();
    assert!(
        told(&plan).contains(&"3 more pods are wanted (cpu 1.5 each); by requests the ready nodes have room for 2"),
        "{:?}",
        told(&plan)
    );
    let seen_only_here = World::watching(&[Known::Node, Known::Deployment]).with([hungry]);
    let plan = of_backend(&seen_only_here, "kubectl -n solia scale deploy/backend --replicas=6").unwrap();
    assert!(
        told(&plan).contains(&"whether the nodes have room is not seen: pods of other namespaces are not watched"),
        "{:?}",
        told(&plan)
    );
}

fn revision(number: u64, image: &str, ready: u64) -> Value {
    json!({"kind": "ReplicaSet", "metadata": {"name": image, "creationTimestamp": format!("2026-01-0{number}T00:00:00Z"),
        "annotations": {"deployment.kubernetes.io/revision": number.to_string()}, "ownerReferences": [{"uid": "d"}]},
        "spec": {"template": {"metadata": {"labels": {"app": "backend", "pod-template-hash": image}},
            "spec": {"containers": [{"name": "app", "image": image}]}}}, "status": {"readyReplicas": ready}})
}

#[test]
fn a_roll_back_is_bound_to_its_revision_and_puts_the_whole_template_back() {
    let (world, _) = platform();
    let mut now = backend();
    now["spec"]["template"]["metadata"]["creationTimestamp"] = Value::Null;
    let object = vec![(reference(Known::Deployment, "backend"), now.clone())];
    let history = vec![revision(1, "a:1", 3), revision(2, "a:2", 0)];
    let plan = plan_in(&world, "kubectl -n solia rollout undo deploy/backend", object, history).unwrap();
    assert_eq!(plan.line(), "kubectl -n solia rollout undo deployment/backend --to-revision=1");
    assert_eq!((plan.effect.as_str(), plan.number.as_deref()), ("revision 2 → 1", Some("1")));
    assert_eq!(
        plan.inverse.as_ref().unwrap().to_string(),
        "kubectl -n solia rollout undo deployment/backend --to-revision=2"
    );
    let steps: Vec<&str> = plan.changes[0].steps.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(
        steps,
        ["spec.template.spec.containers[app].image"],
        "an empty time is no difference"
    );
    let Write::Patch { operations, .. } = &plan.changes[0].write else {
        panic!("{plan:?}")
    };
    let of = |op: &str, path: &str| {
        operations
            .iter()
            .find(|o| o["op"] == op && o["path"] == path)
            .unwrap_or_else(|| panic!("{operations:?}"))
    };
    assert_eq!(of("test", "/spec/template")["value"], now["spec"]["template"]);
    assert_eq!(of("replace", "/spec/template")["value"]["spec"]["containers"][0]["image"], "a:1");
    // Why, as the history will tell it.
    assert!(
        operations.iter().any(|o| o["value"].to_string().contains("rollout undo")),
        "{operations:?}"
    );
}

#[test]
fn what_would_change_nothing_or_is_not_done_from_here_is_no_plan() {
    let (world, _) = platform();
    let why = |line: &str| of_backend(&world, line).unwrap_err().to_string();
    assert_eq!(
        why("kubectl -n solia scale deploy/backend --replicas=3"),
        "it is so already: nothing would change"
    );
    assert_eq!(
        why("kubectl -n solia scale deploy/backend --replicas=5 --dry-run=server"),
        "a dry run is what every plan shows (leave --dry-run out)"
    );
    assert_eq!(
        why("kubectl -n solia autoscale deploy/backend --max=5"),
        "autoscaler backend (2 to 10) decides over it already (:hpa MIN MAX changes its bounds)"
    );
}

#[test]
fn who_else_writes_it_is_told_and_a_right_that_is_not_known_asks_for_more() {
    let (world, _) = platform();
    let mut document = backend();
    document["metadata"]["annotations"] = json!({"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:solia/backend"});
    let at = jiff::Timestamp::from_second(NOW.0 - 60).unwrap().to_string();
    document["metadata"]["managedFields"] = json!([{"manager": "github-actions", "time": at}]);
    let object = reference(Known::Deployment, "backend");
    let action = parse("kubectl -n solia rollout restart deploy/backend").unwrap();
    let silent = Problem::new(ProblemKind::TimedOut, "no answer within 3 s");
    let rights = right::needed(&action, std::slice::from_ref(&object))
        .into_iter()
        .map(|right| (right, Err(silent.clone())));
    let found = Found {
        rights: rights.collect(),
        objects: vec![(object.clone(), Ok(document))],
        history: Vec::new(),
        merged: None,
        here: None,
        around: Around::default(),
        at: NOW,
    };
    let draft = Draft {
        id: 1,
        env: EnvId(0),
        action,
        objects: vec![object],
        written: None,
        origin: Origin::Asked,
        least: None,
        floor: None,
        at: NOW,
    };
    let sight = Sight {
        seen: world.store.env(EnvId(0)).unwrap(),
        environment: "prod",
        read_commands: &[],
        now: NOW,
    };
    let plan = make(draft, found, sight).unwrap();
    assert!(told(&plan).contains(&"changed by github-actions 1m ago"), "{:?}", told(&plan));
    assert!(
        told(&plan)
            .iter()
            .any(|text| text.starts_with("Argo CD keeps it (application shop)")),
        "{:?}",
        told(&plan)
    );
    assert_eq!(
        plan.raised,
        ["whether you may patch deployments.apps in solia is not known: no answer within 3 s"]
    );
}

#[test]
fn the_fingerprint_is_of_what_is_sent() {
    let (world, _) = platform();
    let digest = |line: &str| of_backend(&world, line).unwrap().digest();
    let five = digest("kubectl -n solia scale deploy/backend --replicas=5");
    assert_eq!(five, digest("kubectl -n solia scale deploy/backend --replicas=5"));
    assert_ne!(five, digest("kubectl -n solia scale deploy/backend --replicas=6"));
    assert_eq!(five.len(), 64);
}

/// The plan of what is held: with a pod, and what stands on this machine.
fn held_plan(line: &str, is: held::Is, least: Option<Class>) -> Result<Plan, Problem> {
    let (world, _) = platform();
    let action = parse(line).unwrap();
    let pod = reference(Known::Pod, "web");
    let found = Found {
        around: Around::default(),
        rights: allowed(&action, std::slice::from_ref(&pod)),
        objects: vec![(
            pod.clone(),
            Ok(json!({"metadata": {"name": "web", "namespace": "solia", "uid": "p"}})),
        )],
        history: Vec::new(),
        merged: None,
        here: Some(held::Here { path: "a".into(), is }),
        at: NOW,
    };
    let draft = Draft {
        id: 1,
        env: EnvId(0),
        action,
        objects: vec![pod],
        written: None,
        origin: Origin::Asked,
        least,
        floor: None,
        at: NOW,
    };
    let sight = Sight {
        seen: world.store.env(EnvId(0)).unwrap(),
        environment: "prod",
        read_commands: &[],
        now: NOW,
    };
    make(draft, found, sight)
}

#[test]
fn what_is_held_is_a_plan_of_its_own_class_that_nobody_tries() {
    use held::Is;
    for (line, is, class, effect) in [
        (
            "kubectl port-forward web 8080:80",
            Is::Nothing,
            Class::T,
            "8080:80 of 127.0.0.1 leads to pod/web",
        ),
        (
            "kubectl port-forward web 80 --address 0.0.0.0",
            Is::Nothing,
            Class::T,
            "80 of 0.0.0.0 leads to pod/web, open to other machines",
        ),
        (
            "kubectl cp web:/etc/hosts a",
            Is::Nothing,
            Class::T,
            "/etc/hosts to a on this machine",
        ),
        (
            "kubectl cp web:/etc/hosts a",
            Is::File(4),
            Class::W1,
            "/etc/hosts over what stands at a on this machine",
        ),
        (
            "kubectl cp web:/etc a",
            Is::Directory,
            Class::W1,
            "/etc over what stands at a on this machine",
        ),
        (
            "kubectl cp a web:/tmp/a",
            Is::File(4),
            Class::W2,
            "a of this machine to /tmp/a in the container",
        ),
        (
            "kubectl debug web -it --image=busybox",
            Is::Nothing,
            Class::T,
            "a container of busybox in the pod, and this terminal at it; ctrl-] leaves it",
        ),
    ] {
        let plan = held_plan(line, is, None).unwrap();
        assert_eq!((plan.class, plan.effect.as_str()), (class, effect), "{line}");
        assert!(!plan.can_be_tried() && !plan.is_local(), "{line}");
        assert_eq!(plan.wants_terminal(), line.contains("-it"), "{line}");
        assert_eq!(plan.forward().is_some(), line.contains("port-forward"), "{line}");
    }
    let more = held_plan("kubectl exec web -- npm run cache:clear", Is::Nothing, Some(Class::W2)).unwrap();
    assert_eq!(more.class, Class::W2, "as bad as somebody says");
    for (line, said) in [
        ("kubectl cp a web:/tmp/a", "there is no a on this machine"),
        (
            "kubectl debug web --image=busybox --copy-to=x",
            "a copy of the pod is understood, and not done from here",
        ),
    ] {
        assert_eq!(&*held_plan(line, Is::Nothing, None).unwrap_err().text, said);
    }
}

#[test]
fn a_program_of_this_machine_is_a_plan_without_a_cluster() {
    let (world, _) = platform();
    let run = crate::action::Run {
        plugin: None,
        argv: ["sh", "-c", "echo it's"].map(str::to_owned).to_vec(),
        variables: Vec::new(),
        class: Class::X,
        at_terminal: false,
    };
    let action = Action {
        place: crate::action::Place {
            context: None,
            scope: crate::action::Scope::Current,
        },
        verb: crate::action::Verb::Run(Box::new(run)),
    };
    let draft = Draft {
        id: 1,
        env: EnvId(0),
        action,
        objects: Vec::new(),
        written: None,
        origin: Origin::Asked,
        least: None,
        floor: None,
        at: NOW,
    };
    let found = Found {
        around: Around::default(),
        objects: Vec::new(),
        history: Vec::new(),
        rights: Vec::new(),
        merged: None,
        here: None,
        at: NOW,
    };
    let sight = Sight {
        seen: world.store.env(EnvId(0)).unwrap(),
        environment: "prod",
        read_commands: &[],
        now: NOW,
    };
    let plan = make(draft, found, sight).unwrap();
    assert!(plan.is_local() && !plan.can_be_tried());
    assert_eq!(
        (plan.class, plan.verb, plan.title.as_str()),
        (Class::X, "shell", "run a shell command")
    );
    assert_eq!(plan.line(), r"sh -c 'echo it'\''s'");
}

#[test]
fn a_scale_against_an_autoscaler_names_the_command_for_its_bounds() {
    let (world, _) = platform();
    for (replicas, bounds) in [(20, ":hpa 2 20"), (1, ":hpa 1 10"), (5, ":hpa 5 10")] {
        let plan = of_backend(&world, &format!("kubectl -n solia scale deploy/backend --replicas={replicas}")).unwrap();
        let line = format!("{bounds} changes its bounds instead");
        assert!(told(&plan).contains(&line.as_str()), "{:?}", told(&plan));
    }
}

#[test]
fn what_a_selector_fits_is_named_object_by_object() {
    let (world, pods) = platform();
    let action = parse("kubectl -n solia delete pods -l app=backend").unwrap();
    let kind = reference(Known::Pod, "");
    let rights = allowed(&action, std::slice::from_ref(&kind));
    assert_eq!(rights[0].0.to_string(), "delete pods in solia");
    let plan = |names: &[&str]| {
        let document = |name: &&str| {
            let document = json!({"kind": "Pod", "metadata": {"name": name, "namespace": "solia", "uid": name}});
            (reference(Known::Pod, name), Ok(document))
        };
        let found = Found {
            rights: rights.clone(),
            objects: names.iter().map(document).collect(),
            history: Vec::new(),
            merged: None,
            here: None,
            around: Around::default(),
            at: NOW,
        };
        let draft = Draft {
            id: 1,
            env: EnvId(0),
            action: action.clone(),
            objects: vec![kind.clone()],
            written: None,
            origin: Origin::Asked,
            least: None,
            floor: None,
            at: NOW,
        };
        let sight = Sight {
            seen: world.store.env(EnvId(0)).unwrap(),
            environment: "prod",
            read_commands: &[],
            now: NOW,
        };
        make(draft, found, sight)
    };
    let names: Vec<&str> = pods.iter().map(|pod| &*pod.meta.name).collect();
    let all = plan(&names).unwrap();
    assert_eq!(
        (all.touched(), all.class, all.effect.as_str()),
        (3, Class::W2, "3 objects are deleted")
    );
    let line = all.line();
    assert!(
        names.iter().all(|name| line.contains(&format!("pod/{name}"))) && !line.contains("-l"),
        "{line}"
    );
    // One of several that serve is as if its name had been typed.
    assert_eq!(plan(&names[..1]).unwrap().class, Class::W1);
    assert_eq!(
        plan(&[]).unwrap_err().to_string(),
        "nothing there fits app=backend: there is nothing to do it to"
    );
}

#[test]
fn resources_are_told_from_before_to_after_and_put_back() {
    let (world, _) = platform();
    let plan = of_backend(&world, "kubectl -n solia set resources deploy/backend --limits=memory=512Mi").unwrap();
    assert_eq!(
        (plan.title.as_str(), plan.effect.as_str(), plan.class),
        ("set resources of deployment/backend", "app: memory limit none → 512Mi", Class::W1)
    );
    assert_eq!(
        plan.inverse.unwrap().to_string(),
        r#"kubectl -n solia patch deployment/backend --type=json -p '[{"op":"remove","path":"/spec/template/spec/containers/0/resources"}]'"#
    );
}

fn edited(world: &World, now: Value, change: impl Fn(&mut Value)) -> Result<Plan, Problem> {
    let action = parse("kubectl -n solia edit deploy/backend").unwrap();
    let object = reference(Known::Deployment, "backend");
    let base = written::own(&backend());
    let mut document = base.clone();
    change(&mut document);
    let found = Found {
        rights: allowed(&action, std::slice::from_ref(&object)),
        objects: vec![(object.clone(), Ok(now))],
        history: Vec::new(),
        merged: None,
        here: None,
        around: Around::default(),
        at: NOW,
    };
    let draft = Draft {
        id: 1,
        env: EnvId(0),
        action,
        objects: vec![object],
        written: Some(Box::new(Written::Edited { base, document })),
        origin: Origin::Asked,
        least: None,
        floor: None,
        at: NOW,
    };
    let sight = Sight {
        seen: world.store.env(EnvId(0)).unwrap(),
        environment: "prod",
        read_commands: &[],
        now: NOW,
    };
    make(draft, found, sight)
}

#[test]
fn an_edit_is_the_patch_of_its_changes_and_its_class_is_theirs() {
    let (world, _) = platform();
    let image = |document: &mut Value| document["spec"]["template"]["spec"]["containers"][0]["image"] = json!("a:3");
    let plan = edited(&world, backend(), image).unwrap();
    assert_eq!(
        (plan.title.as_str(), plan.verb, plan.class),
        ("edit deployment/backend", "edit", Class::W1)
    );
    assert_eq!(plan.effect, "spec.template.spec.containers[app].image a:2 → a:3");
    assert_eq!(
        plan.line(),
        r#"kubectl -n solia patch deployment/backend --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"a:3"}]'"#
    );
    let Write::Patch { operations, .. } = &plan.changes[0].write else {
        panic!("{plan:?}")
    };
    assert!(operations.contains(&json!({"op": "test", "path": "/spec/template/spec/containers/0/image", "value": "a:2"})));
    assert!(
        told(&plan).contains(&"3 of 3 pods are ready now; all are replaced, a few at a time"),
        "{:?}",
        told(&plan)
    );
    // The history says who asked, not what was sent.
    assert!(
        operations
            .iter()
            .any(|o| o["value"].to_string().contains("kubectl -n solia edit deployment/backend"))
    );
    for harm in ["serviceAccountName", "volumes"] {
        let plan = edited(&world, backend(), |document| {
            document["spec"]["template"]["spec"][harm] = json!("x")
        })
        .unwrap();
        assert_eq!(plan.class, Class::W2, "{harm}");
    }
    assert_eq!(
        edited(&world, backend(), |_| {}).unwrap_err().to_string(),
        "it is so already: nothing would change"
    );
    let mut moved = backend();
    moved["spec"]["template"]["spec"]["containers"][0]["image"] = json!("a:9");
    let why = edited(&world, moved, image).unwrap_err().to_string();
    assert!(
        why.starts_with("it changed meanwhile: spec.template.spec.containers[app].image"),
        "{why}"
    );
}

#[test]
fn a_secret_of_an_edit_stands_in_no_line() {
    let (world, _) = platform();
    let password = |document: &mut Value| {
        document["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{"name": "DB_PASSWORD", "value": "hunter2"}]);
    };
    let plan = edited(&world, backend(), password).unwrap();
    assert_eq!(plan.told(), "kubectl -n solia edit deployment/backend");
    let shown = format!(
        "{} {:?} {}",
        plan.effect,
        plan.changes[0].steps[0].values(),
        plan.told_inverse().unwrap()
    );
    assert!(!shown.contains("hunter2"), "{shown}");
}
