use proptest::prelude::*;

use super::*;
use crate::diagnosis::world::{NOW, World, ago, bad_rollout, condition, event, node, object, pod, reference, template, uid, workload};
use crate::model::{
    Body, Cells, ConditionStatus, Container, CronJob, Evidence, Exit, FeedFact, FeedKey, FeedTrouble, Finding, Folded, Job, KNOWN, Labels,
    Meta, Object, Phase, Pod, Problem, ProblemKind, Quantity, Scope, Seen, State, Subject, Uid, VolumeUsage, Workload, cluster, network,
    storage,
};

fn of(world: &World, known: Known, name: &str) -> Explanation {
    explain(&world.diagnosis, world.seen(), &reference(known, name), NOW)
}

fn lines(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{}: {}", line.role.word(), line.text)).collect()
}

#[test]
fn the_chain_of_what_is_ill_leads_to_what_changed() {
    let world = bad_rollout();
    let told = of(&world, Known::Deployment, "backend");
    assert_eq!(told.verdict, Verdict::Ill(Severity::Critical));
    assert_eq!(told.runbook, "bad-deployment");
    assert_eq!(told.since, world.diagnosis.findings()[0].since);
    let why = lines(&told.why);
    assert_eq!(
        why[0],
        "symptom: rollout of revision 42 stuck · 1 new pod crashes · exit 1 · 2 of 3 serve"
    );
    assert!(
        why[1].starts_with("likely: it began ")
            && why[1].ends_with(" after revision 41 → 42: image v1.8.2 → v1.8.3 and 1 other (by kubectl-edit)"),
        "{why:?}"
    );
    assert_eq!(told.evidence[0].role, Meaning::Shown(EvidenceKind::Exit));
    assert_eq!(told.changes.len(), 1);
}

#[test]
fn a_pod_of_it_leads_to_it_and_tells_of_its_restarts() {
    let world = bad_rollout();
    let told = of(&world, Known::Pod, "backend-42-x");
    let why = lines(&told.why);
    assert_eq!(
        why[0],
        "symptom: CrashLoopBackOff · 0 of 1 containers ready · container backend ended: exit 1 · 7 restarts"
    );
    assert_eq!(why[1], "through: it is a pod of deployment backend");
    assert!(
        why[2].starts_with("cause: deployment backend: rollout of revision 42 stuck"),
        "{why:?}"
    );
    assert!(why[3].starts_with("likely: it began "), "{why:?}");
    assert_eq!(told.why[2].lead, Some(Lead::Object(reference(Known::Deployment, "backend"))));
    let forensics = told.forensics.unwrap();
    assert_eq!((&*forensics.container, forensics.restarts), ("backend", 7));
    assert_eq!(told.tail, forensics.tail);
}

#[test]
fn what_follows_from_a_finding_leads_to_it_and_the_finding_names_it() {
    let service = Subject {
        kind: Known::Service.into(),
        namespace: "solia".into(),
        name: "web".into(),
        uid: uid(Known::Service, "web"),
    };
    let cause = Subject {
        kind: Known::Deployment.into(),
        name: "backend".into(),
        uid: uid(Known::Deployment, "backend"),
        ..service.clone()
    };
    let mut finding = Finding::new(Severity::Critical, cause, "0 of 3 pods are available").since(ago(300));
    for n in 0..7 {
        finding.folded.push(Folded {
            id: "service-no-endpoints",
            object: service.clone(),
            title: format!("has no endpoints {n}"),
            measure: None,
        });
    }
    let findings = [finding];
    let mut world = World::new();
    let body = network::Service {
        selector: Labels::new([("app", "backend")]),
        ..Default::default()
    };
    world.list(
        Known::Service,
        vec![object(Known::Service, "web", 900, Body::Service(Box::new(body)))],
    );
    world.look();
    let sight = world.diagnosis.sight(world.seen(), NOW);
    let of = |known, name: &str| {
        let object = reference(known, name);
        let found = world.seen().find(&object);
        let part = chain::part(&findings, &object, found).unwrap();
        lines(&chain::chain(&sight, &findings, &part, &object, found))
    };
    assert_eq!(
        of(Known::Service, "web"),
        [
            "symptom: has no endpoints 0",
            "through: its pods are those of deployment backend",
            "cause: deployment backend: 0 of 3 pods are available",
        ]
    );
    let told = of(Known::Deployment, "backend");
    assert_eq!(told[1], "effect: service web: has no endpoints 0");
    assert_eq!(told.last().map(String::as_str), Some("effect: and 2 more"));
}

#[test]
fn what_is_well_says_why_it_counts_as_well() {
    let mut world = World::new();
    let deployment = workload(Known::Deployment, "backend", 90_000, |w| w.revision = 7);
    let mut restarted = pod("backend-2", 90_000);
    if let Body::Pod(pod) = &mut restarted.body {
        pod.containers[0].restarts = 1;
        pod.containers[0].last = Some(Box::new(crate::diagnosis::world::exit("OOMKilled", 137, 7_200)));
    }
    let slice = network::EndpointSlice {
        service: "web".into(),
        endpoints: [true, true, false]
            .map(|ready| network::Endpoint {
                ready,
                ..Default::default()
            })
            .into(),
        ..Default::default()
    };
    let service = network::Service {
        selector: Labels::new([("app", "backend")]),
        ..Default::default()
    };
    let claim = storage::Claim {
        phase: "Bound".into(),
        volume: "pv-1".into(),
        capacity: Quantity::parse("10Gi"),
        ..Default::default()
    };
    let job = Job {
        completions: Some(1),
        succeeded: 1,
        finished: ago(3_000),
        conditions: [condition("Complete", ConditionStatus::True, 3_000)].into(),
        ..Job::default()
    };
    let scaler = cluster::Autoscaler {
        min: 2,
        max: 10,
        current: 3,
        desired: 3,
        conditions: [condition("ScalingLimited", ConditionStatus::False, 100)].into(),
        ..Default::default()
    };
    let of_kind = |known, name, body| vec![object(known, name, 90_000, body)];
    world
        .list(Known::Deployment, vec![deployment])
        .list(Known::Pod, vec![pod("backend-1", 90_000), restarted])
        .list(Known::Node, vec![node("node-1", 90_000, ConditionStatus::True, 80_000)])
        .list(
            Known::EndpointSlice,
            of_kind(Known::EndpointSlice, "web-x", Body::EndpointSlice(Box::new(slice))),
        )
        .list(Known::Service, of_kind(Known::Service, "web", Body::Service(Box::new(service))))
        .list(
            Known::PersistentVolumeClaim,
            of_kind(Known::PersistentVolumeClaim, "data", Body::Claim(Box::new(claim))),
        )
        .list(Known::Job, of_kind(Known::Job, "migrate", Body::Job(Box::new(job))))
        .list(
            Known::HorizontalPodAutoscaler,
            of_kind(Known::HorizontalPodAutoscaler, "web", Body::Autoscaler(Box::new(scaler))),
        );
    world.tell(
        NOW,
        Seen::Volumes(Ok(vec![VolumeUsage {
            namespace: "solia".into(),
            claim: "data".into(),
            used: Quantity::parse("6Gi"),
            capacity: Quantity::parse("10Gi"),
            inodes: None,
            at: NOW,
        }])),
    );
    world.look();
    let table: &[(Known, &str, &[&str])] = &[
        (
            Known::Pod,
            "backend-1",
            &[
                "well: phase Running",
                "well: 1 of 1 containers are ready",
                "well: no container of it was restarted",
                "well: its node node-1 is ready",
            ],
        ),
        (
            Known::Pod,
            "backend-2",
            &[
                "well: phase Running",
                "well: 1 of 1 containers are ready",
                "well: no restarts in the last 10 min; container backend ended 2h ago: OOMKilled",
                "well: its node node-1 is ready",
            ],
        ),
        (
            Known::Deployment,
            "backend",
            &["well: 3 of 3 pods are available", "well: the rollout is complete, revision 7"],
        ),
        (
            Known::Node,
            "node-1",
            &[
                "well: it is ready",
                "well: no pressure on memory, disk or process ids",
                "well: 2 pods run on it",
            ],
        ),
        (
            Known::Service,
            "web",
            &[
                "well: 2 of 3 endpoints are ready",
                "well: it leads to the pods of deployment backend",
            ],
        ),
        (
            Known::PersistentVolumeClaim,
            "data",
            &["well: it is bound to volume pv-1, 10Gi", "well: it is 60 % full"],
        ),
        (Known::Job, "migrate", &["well: it is complete: 1 of 1 pods succeeded"]),
        (
            Known::HorizontalPodAutoscaler,
            "web",
            &["well: 3 replicas, of 2 to 10, 3 wanted", "well: ScalingLimited: no"],
        ),
    ];
    for (known, name, why) in table {
        let told = of(&world, *known, name);
        assert_eq!(told.verdict, Verdict::Well, "{known:?}");
        assert_eq!(lines(&told.why), *why, "{known:?}");
    }
}

#[test]
fn of_kinds_that_nobody_judges_it_says_so_and_who_uses_them() {
    let mut world = World::new();
    let map = object(Known::ConfigMap, "backend-config", 90_000, Body::Cells(Cells::default()));
    world
        .list(Known::ConfigMap, vec![map])
        .list(
            Known::Deployment,
            vec![workload(Known::Deployment, "backend", 90_000, |w| w.template = template("v1", &[]))],
        )
        .look();
    let told = of(&world, Known::ConfigMap, "backend-config");
    assert_eq!(told.verdict, Verdict::Unjudged);
    assert_eq!(
        lines(&told.why),
        ["note: nothing is checked for this kind", "note: deployment backend uses it"]
    );
    let nobody = of(&world, Known::ConfigMap, "nobody");
    assert_eq!(lines(&nobody.why), ["note: there is no such object (any more)"]);
    let unknown = of(&world, Known::Pod, "nobody");
    assert_eq!(lines(&unknown.why), ["note: its kind has not been listed here (yet)"]);
    assert_eq!(unknown.verdict, Verdict::Absent);
}

#[test]
fn what_could_not_be_seen_is_told_for_what_the_checks_of_the_object_need() {
    let mut world = World::new();
    world.list(Known::Pod, vec![pod("backend-1", 90_000)]);
    let key = FeedKey {
        kind: Known::Event.into(),
        scope: Scope::All,
    };
    world.store.expect(&crate::model::Demand::Feed(crate::model::EnvId(0), key.clone()));
    let problem = Problem::new(ProblemKind::Denied, "mara may not list events");
    world.tell(NOW, Seen::Feed(key, FeedFact::Trouble(FeedTrouble::Denied(problem))));
    world.look();
    let told = of(&world, Known::Pod, "backend-1");
    let unseen: Vec<&str> = told.unseen.iter().map(|line| &*line.text).collect();
    assert_eq!(unseen, ["nodes: not watched here", "events: mara may not list events"]);
    assert!(
        of(&world, Known::ConfigMap, "x").unseen.is_empty(),
        "no check needs anything for it"
    );
}

#[test]
fn a_healthy_object_above_or_below_trouble_says_so() {
    let world = bad_rollout();
    let told = of(&world, Known::Pod, "backend-41-a");
    assert_eq!(told.verdict, Verdict::Well);
    let last = lines(&told.why).pop().unwrap();
    assert!(
        last.starts_with("note: but it belongs to deployment backend critical: rollout of revision 42 stuck"),
        "{last}"
    );
}

#[test]
fn an_event_about_nothing_that_is_watched_is_still_explained() {
    let mut world = World::new();
    world
        .list(
            Known::Event,
            vec![event(Known::Pod, "gone", "Killing", 5, "Stopping container app")],
        )
        .look();
    let told = of(&world, Known::Event, "gone.Killing.5");
    assert_eq!(told.verdict, Verdict::Unjudged);
}

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![
        Just(Time::NEVER),
        (-100_i64..200_000).prop_map(ago),
        Just(Time(i64::from(i32::MAX))),
        Just(Time(1)),
    ]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-zé日:/ ·{}-]{0,12}",
        Just("Running".into()),
        Just("app".into())
    ]
}

fn container() -> impl Strategy<Value = Container> {
    (word(), time(), time(), -2_i32..300, 0_u32..9, any::<bool>(), 0_u8..4).prop_map(|(name, a, b, code, restarts, ready, state)| {
        let exit = Exit {
            reason: name.as_str().into(),
            code,
            started: a,
            finished: b,
            ..Exit::default()
        };
        Container {
            name: name.as_str().into(),
            state: match state {
                0 => State::Waiting {
                    reason: name.as_str().into(),
                    message: "".into(),
                },
                1 => State::Running { since: a },
                2 => State::Terminated(Box::new(exit.clone())),
                _ => State::Unknown,
            },
            last: (code % 2 == 0).then(|| Box::new(exit)),
            restarts,
            ready,
            ..Container::default()
        }
    })
}

/// Half-filled bodies of every sort.
fn body() -> impl Strategy<Value = (Known, Body)> {
    let conditions = prop::collection::vec((word(), time(), 0_u8..3), 0..3).prop_map(|all| {
        let made = all.into_iter().map(|(name, since, status)| crate::model::Condition {
            name: if name.is_empty() { "Ready".into() } else { name.as_str().into() },
            status: match status {
                0 => ConditionStatus::True,
                1 => ConditionStatus::False,
                _ => ConditionStatus::Unknown,
            },
            since,
            ..Default::default()
        });
        made.collect::<Vec<_>>()
    });
    let numbers = (0_u32..4, 0_u32..4, 0_u32..4, any::<bool>());
    (
        0_usize..KNOWN.len(),
        conditions,
        prop::collection::vec(container(), 0..3),
        word(),
        time(),
        numbers,
    )
        .prop_map(|(kind, conditions, containers, word, at, (a, b, c, flag))| {
            use Known::*;
            let known = KNOWN[kind].known;
            let labels = Labels::new([("app", "backend")]);
            let text: Box<str> = word.as_str().into();
            let body = match known {
                Pod => Body::Pod(Box::new(self::Pod {
                    phase: [Phase::Pending, Phase::Running, Phase::Succeeded, Phase::Failed][a as usize],
                    status: word.as_str().into(),
                    node: word.as_str().into(),
                    started: at,
                    containers: containers.into(),
                    conditions: conditions.into(),
                    claims: [word.as_str().into()].into(),
                    ..Default::default()
                })),
                Deployment | ReplicaSet | StatefulSet | DaemonSet => {
                    let object = workload(known, "any", 1, |w: &mut Workload| {
                        (w.desired, w.available, w.updated, w.ready, w.revision) = (a, b, c, b, c);
                        w.observed = flag;
                        w.paused = !flag;
                        w.template = template(&word, &[&word]);
                        w.change_cause.clone_from(&text);
                        w.conditions = conditions.into();
                    });
                    object.body
                }
                self::Known::Job => Body::Job(Box::new(self::Job {
                    failed: a,
                    suspended: flag,
                    finished: at,
                    conditions: conditions.into(),
                    ..Default::default()
                })),
                self::Known::CronJob => Body::CronJob(Box::new(self::CronJob {
                    suspended: flag,
                    last_scheduled: at,
                    ..Default::default()
                })),
                Service => Body::Service(Box::new(network::Service {
                    kind: text,
                    selector: if flag { labels } else { Labels::default() },
                    ..Default::default()
                })),
                EndpointSlice => Body::EndpointSlice(Box::new(network::EndpointSlice {
                    service: text,
                    endpoints: (0..a).map(|_| network::Endpoint::default()).collect(),
                    ..Default::default()
                })),
                Ingress => Body::Ingress(Box::new(network::Ingress {
                    backends: [text].into(),
                    ..Default::default()
                })),
                NetworkPolicy => Body::NetworkPolicy(Box::default()),
                PersistentVolumeClaim => Body::Claim(Box::new(storage::Claim {
                    phase: text,
                    ..Default::default()
                })),
                PersistentVolume => Body::Volume(Box::new(storage::Volume {
                    phase: text,
                    ..Default::default()
                })),
                Node => Body::Node(Box::new(cluster::Node {
                    unschedulable: flag,
                    conditions: conditions.into(),
                    ..Default::default()
                })),
                Namespace => Body::Namespace(cluster::Namespace { phase: text }),
                HorizontalPodAutoscaler => Body::Autoscaler(Box::new(cluster::Autoscaler {
                    target: text,
                    min: a,
                    max: b,
                    current: c,
                    desired: c,
                    conditions: conditions.into(),
                    ..Default::default()
                })),
                PodDisruptionBudget => Body::DisruptionBudget(Box::new(cluster::DisruptionBudget {
                    selector: labels,
                    healthy: a,
                    desired: b,
                    ..Default::default()
                })),
                ServiceAccount => Body::ServiceAccount(Default::default()),
                Event => Body::Event(Box::new(crate::model::Event {
                    reason: ["NodeNotReady", "SuccessfulRescale", "Unhealthy", "FailedScheduling"][a as usize].into(),
                    kind: KNOWN[(b * 3) as usize].name.into(),
                    object: text,
                    object_uid: Uid(u128::from(c)),
                    last: at,
                    ..Default::default()
                })),
                ConfigMap | Secret => Body::Cells(Cells::default()),
            };
            (known, body)
        })
}

fn anything() -> impl Strategy<Value = (Known, Object)> {
    (body(), 0_u128..6, 0_u128..6, word(), time(), time(), any::<bool>()).prop_map(
        |((known, body), uid, owner, name, created, deleting, owned)| {
            let owner = owned.then(|| {
                Box::new(crate::model::Owner {
                    kind: KNOWN[(owner as usize * 3) % KNOWN.len()].name.into(),
                    name: name.as_str().into(),
                    uid: Uid(owner),
                    ..Default::default()
                })
            });
            let writes = [
                crate::model::WrittenPart::Template,
                crate::model::WrittenPart::Replicas,
                crate::model::WrittenPart::Data,
            ]
            .map(|part| crate::model::Write {
                manager: name.as_str().into(),
                at: created,
                parts: [part].into(),
                keys: Box::default(),
            });
            let meta = Meta {
                // A few identities for many objects: they meet, and own themselves.
                uid: Uid(uid),
                namespace: if known.info().namespaced { "solia" } else { "" }.into(),
                name: name.as_str().into(),
                created,
                deleting,
                owner,
                labels: Labels::new([("app", "backend")]),
                writes: writes.into(),
                ..Meta::default()
            };
            (known, Object { meta, body })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_is_there_is_explained_without_a_panic(objects in prop::collection::vec(anything(), 1..12), width in 1_u16..90, height in 1_u16..30) {
        let mut world = World::new();
        let mut kinds: Vec<Known> = objects.iter().map(|(known, _)| *known).collect();
        kinds.sort();
        kinds.dedup();
        for known in kinds {
            let own = objects.iter().filter(|(other, _)| *other == known).map(|(_, object)| object.clone());
            world.list(known, own.collect());
        }
        for (known, object) in &objects {
            let mut later = object.clone();
            if let Body::Pod(pod) = &mut later.body {
                for c in &mut pod.containers {
                    c.restarts += 1;
                    c.last = Some(Box::new(Exit { finished: NOW, ..Exit::default() }));
                }
            }
            world.put(*known, later);
        }
        world.look();
        for (known, object) in &objects {
            let reference = object.reference(&(*known).into());
            let told = explain(&world.diagnosis, world.seen(), &reference, NOW);
            prop_assert!(!told.why.is_empty() || told.verdict == Verdict::Well || told.verdict == Verdict::Busy, "{told:?}");
            let container = object.body.pod().and_then(|pod| pod.containers.first()).map(|c| c.name.clone());
            let mut pane = crate::ui::panes::explain::ExplainPane::new(crate::model::EnvId(0), reference, container);
            let area = ratatui::layout::Rect::new(0, 0, width, height);
            pane.settle(&world.store, Some(&world.diagnosis), area, NOW);
            pane.search("a");
            pane.travel(crate::app::Command::Bottom, 5);
            let mut buf = ratatui::buffer::Buffer::empty(area);
            crate::ui::panes::explain::draw(&pane, &world.store, NOW, true, area, &mut buf, &crate::ui::theme::Theme::default());
        }
    }
}

#[test]
fn evidence_keeps_its_kind_time_and_lead() {
    let evidence = Evidence::new(EvidenceKind::Log, "panic: no database", ago(5)).lead(Lead::Command("kubectl get pods".into()));
    let line = shown(&evidence);
    assert_eq!((line.role.word(), line.at), ("log", ago(5)));
    assert!(matches!(line.lead, Some(Lead::Command(_))));
}
