use super::*;
use crate::model::cluster::{Autoscaler, DisruptionBudget};
use crate::model::network::{Ingress, Service};
use crate::model::{Bounds, Cells, Condition, ConditionStatus, CronJob, Labels, Meta, Node, Part, Pod, Quantity, Template, Uid, Workload};

/// When the news comes in all of these tests.
const NOW: Time = Time(1000);

fn object(body: Body, writes: Vec<Write>) -> Object {
    Object {
        meta: Meta {
            uid: Uid(7),
            namespace: "solia".into(),
            name: "backend".into(),
            created: Time(10),
            writes: writes.into(),
            ..Meta::default()
        },
        body,
    }
}

fn write(manager: &str, at: i64, parts: &[WrittenPart], keys: &[&str]) -> Write {
    Write {
        manager: manager.into(),
        at: Time(at),
        parts: parts.into(),
        keys: keys.iter().map(|key| (*key).into()).collect(),
    }
}

fn workload(change: impl FnOnce(&mut Workload)) -> Body {
    let mut workload = Workload {
        kind: Known::Deployment,
        desired: 3,
        current: 3,
        updated: 3,
        ready: 3,
        available: 3,
        paused: false,
        observed: true,
        selector: Labels::default(),
        images: Box::default(),
        revision: 41,
        strategy: Box::default(),
        change_cause: Box::default(),
        template: Template {
            parts: [Part {
                name: "backend".into(),
                image: "ghcr.io/solia/backend:v1.8.2".into(),
                env: [("LOG".into(), 1)].into(),
                ..Part::default()
            }]
            .into(),
            ..Template::default()
        },
        node_selector: Box::default(),
        conditions: Box::default(),
    };
    change(&mut workload);
    Body::Workload(Box::new(workload))
}

fn image(workload: &mut Workload, image: &str) {
    workload.template.parts[0].image = image.into();
}

/// What is told: kind, words, who, when.
fn told(kind: Known, old: &Object, new: &Object) -> Vec<(ChangeKind, String, String, i64)> {
    let changes = between(&Kind::Known(kind), Some(old), new, NOW);
    assert!(changes.iter().all(|c| (&*c.object.name, c.object.uid) == ("backend", Uid(7))));
    let parts = |c: Change| (c.kind, c.what.to_string(), c.by.to_string(), c.at.0);
    changes.into_iter().map(parts).collect()
}

fn words(kind: Known, old: Body, new: Body) -> Vec<String> {
    let told = told(kind, &object(old, Vec::new()), &object(new, Vec::new()));
    told.into_iter().map(|(_, what, ..)| what).collect()
}

#[test]
fn a_rollout_says_what_went_out_who_did_it_and_when() {
    use WrittenPart::{Annotations, Spec, Template};
    let first = write("kubectl-client-side-apply", 100, &[Template, Spec], &[]);
    let old = object(workload(|_| {}), vec![first.clone()]);
    let mut new = object(
        workload(|w| image(w, "ghcr.io/solia/backend:v1.8.3")),
        vec![first, write("github-actions", 990, &[Template], &[])],
    );
    let rollout = |what: &str, by: &str, at| (ChangeKind::Rollout, what.to_owned(), by.to_owned(), at);
    let next = rollout("revision 41 → 42: image v1.8.2 → v1.8.3", "github-actions", 990);
    assert_eq!(
        told(Known::Deployment, &old, &new),
        std::slice::from_ref(&next),
        "its number is about to rise"
    );
    let change = between(&Kind::Known(Known::Deployment), Some(&old), &new, NOW).remove(0);
    assert_eq!(
        change.details.iter().map(|l| &**l).collect::<Vec<_>>(),
        ["~ image backend: v1.8.2 → v1.8.3"]
    );

    // Then the controller notes the revision.
    let mut noted = new.clone();
    noted.body = workload(|w| {
        image(w, "ghcr.io/solia/backend:v1.8.3");
        w.revision = 42;
        w.updated = 0;
    });
    noted.meta.writes = [&*new.meta.writes, &[write("kube-controller-manager", 991, &[Annotations], &[])]]
        .concat()
        .into();
    assert_eq!(told(Known::Deployment, &new, &noted), [], "that is the same change");
    assert_eq!(told(Known::Deployment, &old, &noted), [next], "seen at once, it is told once");

    // A clock that is ahead, and a write that is not news.
    new.meta.writes = [write("github-actions", 5000, &[Template], &[])].into();
    assert_eq!(told(Known::Deployment, &old, &new)[0].3, NOW.0);
    new.meta.writes = old.meta.writes.clone();
    assert_eq!(told(Known::Deployment, &old, &new)[0].2, "", "who wrote before did not do this");
}

#[test]
fn a_rollout_without_another_image_says_its_first_difference_and_how_many_more_there_are() {
    let set = |change: fn(&mut Workload)| {
        workload(|w| {
            (w.kind, w.revision) = (Known::StatefulSet, 0);
            change(w);
        })
    };
    assert_eq!(
        words(
            Known::StatefulSet,
            set(|_| {}),
            set(|w| {
                w.template.parts[0].env = [("LOG".into(), 2)].into();
                w.template.parts[0].memory = Bounds {
                    request: Quantity::NONE,
                    limit: Quantity::parse("1Gi"),
                };
                w.template.secrets = ["stripe".into()].into();
            })
        ),
        ["env backend: LOG has another value and 2 more"]
    );
    assert_eq!(
        words(
            Known::StatefulSet,
            set(|_| {}),
            set(|w| w.template.secrets = ["stripe".into()].into())
        ),
        ["new secret stripe"]
    );
    assert_eq!(
        words(
            Known::StatefulSet,
            set(|w| w.template.secrets = ["stripe".into()].into()),
            set(|_| {})
        ),
        ["without secret stripe"]
    );
    // What is paused gets no new revision yet.
    let paused = |change: fn(&mut Workload)| {
        workload(|w| {
            w.paused = true;
            change(w);
        })
    };
    assert_eq!(
        words(
            Known::Deployment,
            paused(|_| {}),
            paused(|w| w.template.parts[0].image = "other:1".into())
        ),
        ["image ghcr.io/solia/backend:v1.8.2 → other:1"]
    );
}

#[test]
fn a_restart_is_told_by_its_mark() {
    let old = object(workload(|_| {}), Vec::new());
    let restarted = object(
        workload(|w| w.template.restarted = Time(980)),
        vec![write("kubectl-rollout", 981, &[WrittenPart::Template], &[])],
    );
    let told = told(Known::Deployment, &old, &restarted);
    assert_eq!(told, [(ChangeKind::Rollout, "restarted".into(), "kubectl-rollout".into(), 981)]);
}

#[test]
fn scaling_pausing_and_marking_a_workload() {
    use WrittenPart::{Annotations, Labels as InLabels, Replicas, Spec};
    let old = object(workload(|_| {}), vec![write("helm", 100, &[Replicas, Spec], &[])]);
    let with = |body: Body, by: &str, parts: &[WrittenPart]| {
        object(body, vec![write("helm", 100, &[Replicas, Spec], &[]), write(by, 990, parts, &[])])
    };
    let scaled = with(workload(|w| w.desired = 5), "kubectl-scale", &[Replicas]);
    assert_eq!(
        told(Known::Deployment, &old, &scaled),
        [(ChangeKind::Scale, "replicas 3 → 5".into(), "kubectl-scale".into(), 990)]
    );
    assert_eq!(
        told(
            Known::DaemonSet,
            &old,
            &object(workload(|w| w.desired = 5), old.meta.writes.to_vec())
        ),
        []
    );
    let paused = with(workload(|w| w.paused = true), "kubectl", &[Spec]);
    assert_eq!(told(Known::Deployment, &old, &paused)[0].1, "paused");
    assert_eq!(told(Known::Deployment, &paused, &old)[0].1, "resumed");
    let noted = with(workload(|_| {}), "argocd-controller", &[Annotations]);
    assert_eq!(
        told(Known::Deployment, &old, &noted),
        [(ChangeKind::Other, "annotations written".into(), "argocd-controller".into(), 990)]
    );
    let mut labelled = with(workload(|_| {}), "kubectl-label", &[InLabels]);
    labelled.meta.labels = Labels::new([("tier", "web")]);
    assert_eq!(told(Known::Deployment, &old, &labelled)[0].1, "labels changed");
    let set = with(workload(|_| {}), "kubectl-patch", &[Spec, Annotations]);
    assert_eq!(told(Known::Deployment, &old, &set)[0].1, "other settings written");
    // The labels are said only where nothing else is.
    let mut both = scaled;
    both.meta.labels = Labels::new([("tier", "web")]);
    assert_eq!(told(Known::Deployment, &old, &both).len(), 1);
}

#[test]
fn data_that_was_written_is_told_with_its_keys() {
    use WrittenPart::{Annotations, Data};
    let map = |writes| object(Body::Cells(Cells::default()), writes);
    let helm = |keys: &[&str]| write("helm", 100, &[Data], keys);
    let old = map(vec![helm(&["A", "B", "C"])]);
    let table = [
        (
            vec![helm(&["A", "B", "C"]), write("me", 900, &[Data], &["D"])],
            "data changed: +D",
            "me",
            vec!["+ D"],
        ),
        (
            vec![write("helm", 900, &[Data], &["A", "B"])],
            "data changed: -C",
            "helm",
            vec!["- C"],
        ),
        (
            vec![helm(&["A", "C"]), write("me", 900, &[Data], &["B"])],
            "data changed",
            "me",
            vec!["~ B"],
        ),
        (vec![write("helm", 900, &[Data], &["A", "B", "C"])], "data changed", "helm", vec![]),
        (
            vec![write("helm", 900, &[Data], &["D", "E"])],
            "data changed: +D +E -A -B …",
            "helm",
            vec!["+ D", "+ E", "- A", "- B", "- C"],
        ),
    ];
    for (writes, what, by, details) in table {
        for kind in [Known::ConfigMap, Known::Secret] {
            let new = map(writes.clone());
            assert_eq!(told(kind, &old, &new), [(ChangeKind::Config, what.to_owned(), by.to_owned(), 900)]);
            let change = between(&Kind::Known(kind), Some(&old), &new, NOW).remove(0);
            assert_eq!(change.details.iter().map(|l| &**l).collect::<Vec<_>>(), details);
        }
    }
    let noted = map(vec![helm(&["A", "B", "C"]), write("leader", 900, &[Annotations], &[])]);
    assert_eq!(told(Known::ConfigMap, &old, &noted), [], "an annotation is no data");
    let many: Vec<String> = (0..Write::KEYS).map(|n| format!("K{n:02}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let full = map(vec![write("helm", 900, &[Data], &many)]);
    assert_eq!(told(Known::ConfigMap, &old, &full)[0].1, "data changed", "not all keys are known");
}

#[test]
fn nodes_come_go_fail_and_are_cordoned() {
    let node = |ready, unschedulable, since| {
        Body::Node(Box::new(Node {
            ready,
            unschedulable,
            conditions: [Condition {
                name: "Ready".into(),
                status: ready,
                since: Time(since),
                ..Condition::default()
            }]
            .into(),
            ..Node::default()
        }))
    };
    let well = object(node(ConditionStatus::True, false, 100), Vec::new());
    let silent = object(node(ConditionStatus::Unknown, false, 950), Vec::new());
    assert_eq!(
        told(Known::Node, &well, &silent),
        [(ChangeKind::Node, "not ready".into(), String::new(), 950)]
    );
    assert_eq!(
        told(Known::Node, &silent, &well),
        [(ChangeKind::Node, "ready".into(), String::new(), 100)]
    );
    let cordoned = object(
        node(ConditionStatus::True, true, 100),
        vec![write("kubectl-cordon", 990, &[WrittenPart::Spec], &[])],
    );
    assert_eq!(
        told(Known::Node, &well, &cordoned),
        [(ChangeKind::Node, "cordoned".into(), "kubectl-cordon".into(), 990)]
    );
    assert_eq!(told(Known::Node, &cordoned, &well)[0].1, "uncordoned");
    let came = between(&Kind::Known(Known::Node), None, &well, NOW).remove(0);
    assert_eq!((came.kind, &*came.what, came.at), (ChangeKind::Existence, "joined", Time(10)));
    let went = gone(&Kind::Known(Known::Node), &well, NOW).unwrap();
    assert_eq!((went.kind, &*went.what, went.at), (ChangeKind::Existence, "left", NOW));
}

#[test]
fn the_other_kinds_say_what_a_person_set() {
    let scaler = |min, max, desired| {
        Body::Autoscaler(Box::new(Autoscaler {
            min,
            max,
            desired,
            ..Autoscaler::default()
        }))
    };
    let kind = Known::HorizontalPodAutoscaler;
    assert_eq!(words(kind, scaler(1, 5, 3), scaler(2, 9, 3)), ["min 1 → 2, max 5 → 9"]);
    let scaled = told(kind, &object(scaler(1, 5, 3), Vec::new()), &object(scaler(1, 5, 5), Vec::new()));
    assert_eq!(
        scaled,
        [(
            ChangeKind::Scale,
            "hpa scaled 3 → 5".into(),
            "horizontal-pod-autoscaler".into(),
            NOW.0
        )]
    );
    assert!(words(kind, scaler(1, 5, 0), scaler(1, 5, 3)).is_empty(), "it has only begun");

    let budget = |min: &str, max: &str| {
        Body::DisruptionBudget(Box::new(DisruptionBudget {
            min_available: min.into(),
            max_unavailable: max.into(),
            ..DisruptionBudget::default()
        }))
    };
    assert_eq!(
        words(Known::PodDisruptionBudget, budget("2", ""), budget("", "50%")),
        ["min available 2 → none, max unavailable none → 50%"]
    );

    let cron = |schedule: &str, suspended, image: &str| {
        Body::CronJob(Box::new(CronJob {
            schedule: schedule.into(),
            suspended,
            images: [image.into()].into(),
            ..CronJob::default()
        }))
    };
    assert_eq!(
        words(
            Known::CronJob,
            cron("0 3 * * *", false, "report:1"),
            cron("0 4 * * *", true, "report:2")
        ),
        ["image 1 → 2", "suspended", "schedule 0 3 * * * → 0 4 * * *"]
    );
    assert_eq!(words(Known::CronJob, cron("", true, "a"), cron("", false, "a")), ["resumed"]);

    let service = |app: &str, port: &str| {
        Body::Service(Box::new(Service {
            selector: Labels::new([("app", app)]),
            ports: [port.into()].into(),
            ..Service::default()
        }))
    };
    assert_eq!(
        words(Known::Service, service("web", "80/TCP"), service("wbe", "8080/TCP")),
        ["selector app=web → app=wbe", "ports 80/TCP → 8080/TCP"]
    );
    let ingress = |host: &str, backend: &str, address: &str| {
        Body::Ingress(Box::new(Ingress {
            hosts: [host.into()].into(),
            backends: [backend.into()].into(),
            addresses: [address.into()].into(),
            ..Ingress::default()
        }))
    };
    assert_eq!(
        words(
            Known::Ingress,
            ingress("a.example", "web:80", "1.2.3.4"),
            ingress("b.example", "new:80", "5.6.7.8")
        ),
        ["backends web:80 → new:80", "hosts a.example → b.example"]
    );
}

#[test]
fn what_is_made_and_deleted_is_told_of_some_kinds_and_nothing_of_what_the_cluster_makes_itself() {
    let made = object(
        workload(|_| {}),
        vec![
            write("kube-controller-manager", 12, &[WrittenPart::Annotations], &[]),
            write("helm", 10, &[WrittenPart::Spec], &[]),
        ],
    );
    let mut told = 0;
    for known in crate::model::KNOWN.iter().map(|info| info.known) {
        let kind = Kind::Known(known);
        let came = between(&kind, None, &made, NOW);
        assert_eq!(came.len(), usize::from(gone(&kind, &made, NOW).is_some()), "{known:?}");
        if let Some(change) = came.first().filter(|_| known != Known::Node) {
            assert_eq!((&*change.what, &*change.by, change.at), ("created", "helm", Time(10)));
        }
        told += came.len();
    }
    assert_eq!(told, 12);
    let pods = Kind::Known(Known::Pod);
    let pod = |status: &str| {
        let pod = Pod {
            status: status.into(),
            ..Pod::default()
        };
        object(Body::Pod(Box::new(pod)), Vec::new())
    };
    assert!(between(&pods, Some(&pod("Pending")), &pod("Running"), NOW).is_empty());
    let sets = Kind::Known(Known::ReplicaSet);
    let scaled = object(workload(|w| w.desired = 0), Vec::new());
    assert!(between(&sets, Some(&object(workload(|_| {}), Vec::new())), &scaled, NOW).is_empty());
    let other = Kind::of("example.com", "widgets");
    assert!(between(&other, None, &made, NOW).is_empty() && gone(&other, &made, NOW).is_none());
}

#[test]
fn a_list_that_repeats_an_object_tells_nothing() {
    let same = object(workload(|_| {}), vec![write("helm", 10, &[WrittenPart::Template], &[])]);
    assert_eq!(told(Known::Deployment, &same, &same.clone()), []);
    // Nor does a status that moves.
    let moved = object(workload(|w| (w.ready, w.available) = (1, 1)), same.meta.writes.to_vec());
    assert_eq!(told(Known::Deployment, &same, &moved), []);
}
