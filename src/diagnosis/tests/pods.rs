//! Pods: one trouble each, told once for all pods of an owner.

use crate::diagnosis::samples::{
    NOW, World, aged, ago, condition, crashing, deployment, event, evidence, exit, failed, lame, node, nothing, object, only, owned, pod,
    pods, replica_set, says, silent, unplaced, waiting, with_pod,
};
use crate::model::{Body, LogLine, Object, Phase, Quantity, Role, Seen, Severity, State, TailKey, Time};

#[test]
fn a_crash_loop_says_how_its_runs_end() {
    let found = only([crashing(pod("a"))]);
    assert_eq!(
        (found.id, found.title.as_str(), found.severity),
        ("pod-crashloop", "crashes again and again · exit 1", Severity::Warning)
    );
    assert_eq!(evidence(&found), ["exit: container app ended: exit 1 after 10s, 5 restarts"]);
    assert_eq!(found.tail.map(|t| (t.run, t.previous)), Some((5, true)));
}

#[test]
fn a_loop_of_good_ends_is_a_loop_also_while_it_runs() {
    let done = |state| {
        lame(pod("a"), 600, |c| {
            c.state = state;
            c.restarts = 6;
            c.last = Some(Box::new(exit(0, "Completed", 70)));
        })
    };
    assert_eq!(says([done(waiting("CrashLoopBackOff", ""))]).len(), 1);
    let mut runs = done(State::Running { since: ago(60) });
    if let Body::Pod(pod) = &mut runs.body {
        pod.containers[0].ready = true;
        pod.conditions = [condition("Ready", true, "", "", 60)].into();
    }
    assert_eq!(says([runs]), ["warning pod-crashloop Pod/a: crashes again and again · Completed"]);
}

#[test]
fn one_end_long_ago_is_forgiven_and_one_lately_is_told_quietly() {
    let restarted = |seconds, code| {
        with_pod(pod("a"), |pod| {
            pod.containers[0].restarts = 1;
            pod.containers[0].state = State::Running { since: ago(seconds - 5) };
            pod.containers[0].last = Some(Box::new(exit(code, "Error", seconds)));
        })
    };
    assert_eq!(says([restarted(120, 1)]), ["info pod-restarting Pod/a: was restarted · exit 1"]);
    nothing("an hour ago", [restarted(3600, 1)]);
}

#[test]
fn what_went_down_with_its_node_is_no_alarm_and_hides_no_probe() {
    let lost = |name: &str, ready: bool| {
        lame(pod(name), 200, |c| {
            c.ready = ready;
            c.restarts = 1;
            c.state = State::Running { since: ago(180) };
            c.last = Some(Box::new(exit(255, "Unknown", 200)));
        })
    };
    assert_eq!(says([lost("a", false)]), ["warning pod-probe-failing Pod/a: is not ready"]);
    let backend = deployment("backend", |_| {});
    let set = replica_set(&backend, 2, |_| {});
    let pods = ["a", "b"].map(|name| owned(lost(name, true), &set));
    let found = says([backend, set].into_iter().chain(pods));
    assert_eq!(
        found,
        ["info pod-restarting Deployment/backend: 2 of 3 pods were restarted · Unknown (255)"]
    );
}

#[test]
fn a_container_that_needs_more_memory_than_its_limit_says_so() {
    let killed = lame(pod("a"), 300, |c| {
        c.state = waiting("CrashLoopBackOff", "");
        c.restarts = 3;
        c.memory_limit = Quantity::parse("128Mi");
        c.last = Some(Box::new(exit(137, "OOMKilled", 30)));
    });
    assert_eq!(
        says([killed]),
        ["warning pod-oomkilled Pod/a: was killed: out of memory · limit 128Mi"]
    );
}

#[test]
fn an_image_that_cannot_be_had_is_named_with_the_registrys_answer() {
    let stuck = lame(pod("a"), 300, |c| c.state = waiting("ImagePullBackOff", "Back-off pulling image"));
    let told = event(&stuck, "Failed", "Failed to pull image: manifest unknown", 30);
    assert_eq!(
        says([stuck, told]),
        ["warning pod-image-pull Pod/a: cannot get image registry.example/solia/app:v1 · no such tag"]
    );
}

#[test]
fn configuration_that_is_not_there_is_named() {
    let stuck = lame(pod("a"), 300, |c| {
        c.state = waiting("CreateContainerConfigError", "secret \"stripe\" not found")
    });
    assert_eq!(
        says([stuck]),
        ["warning pod-config-error Pod/a: lacks its configuration · secret \"stripe\" not found"]
    );
}

#[test]
fn an_init_container_that_fails_or_goes_on_and_on_is_told() {
    let init = |state: State, last: bool| {
        with_pod(pod("a"), |pod| {
            pod.phase = Phase::Pending;
            pod.conditions = [condition("PodScheduled", true, "", "", 900)].into();
            let c = &mut pod.containers[0];
            (c.role, c.ready, c.state) = (Role::Init, false, state);
            (c.restarts, c.last) = (4, last.then(|| Box::new(exit(2, "Error", 60))));
        })
    };
    assert_eq!(
        says([init(waiting("CrashLoopBackOff", ""), true)]),
        ["warning pod-init-failing Pod/a: cannot start: init container app fails · exit 2"]
    );
    assert_eq!(
        says([init(State::Running { since: ago(900) }, false)]),
        ["info pod-init-failing Pod/a: waits for init container app to end"]
    );
    nothing("it has just begun", [init(State::Running { since: ago(30) }, false)]);
}

#[test]
fn a_probe_that_fails_says_what_it_was_answered() {
    let unready = lame(pod("a"), 300, |_| {});
    let told = event(
        &unready,
        "Unhealthy",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
        5,
    );
    assert_eq!(
        says([unready.clone(), told]),
        ["warning pod-probe-failing Pod/a: is not ready · HTTP 503"]
    );
    assert_eq!(
        only([unready]).confidence.word(),
        "medium",
        "the event is forgotten, the fact is not"
    );
    let fresh = lame(pod("a"), 20, |c| c.state = State::Running { since: ago(25) });
    nothing("programs need time to start", [fresh]);
}

#[test]
fn a_liveness_probe_that_kills_is_not_a_crash() {
    let killed = lame(pod("a"), 300, |c| {
        c.state = waiting("CrashLoopBackOff", "");
        c.restarts = 3;
        c.last = Some(Box::new(exit(137, "Error", 30)));
    });
    let told = event(&killed, "Killing", "Container app failed liveness probe, will be restarted", 35);
    assert_eq!(
        says([killed, told]),
        ["warning pod-probe-failing Pod/a: is restarted by its liveness probe"]
    );
}

#[test]
fn a_pod_that_no_node_takes_says_who_refused() {
    let pending = unplaced(pod("a"), "0/2 nodes are available: 2 Insufficient cpu.");
    assert_eq!(
        says([pending]),
        ["warning pod-unschedulable Pod/a: finds no node · 2× too little cpu"]
    );
    let fresh = with_pod(unplaced(pod("a"), "x"), |pod| {
        pod.conditions = [condition("PodScheduled", false, "Unschedulable", "x", 5)].into();
    });
    nothing("a cluster that grows needs a moment", [aged(fresh, 5)]);
    let gated = with_pod(unplaced(pod("a"), ""), |pod| {
        pod.conditions = [condition("PodScheduled", false, "SchedulingGated", "", 600)].into();
    });
    nothing("somebody holds it back on purpose", [gated]);
}

#[test]
fn a_pod_whose_volume_does_not_come_is_stuck_creating() {
    let creating = |seconds| {
        with_pod(
            lame(aged(pod("a"), seconds), seconds, |c| c.state = waiting("ContainerCreating", "")),
            |pod| {
                pod.phase = Phase::Pending;
                pod.conditions = [condition("PodScheduled", true, "", "", seconds)].into();
            },
        )
    };
    let told = event(
        &creating(60),
        "FailedMount",
        "MountVolume.SetUp failed for volume \"v\" : secret \"x\" not found",
        10,
    );
    assert_eq!(
        says([creating(60), told]),
        ["warning pod-stuck-creating Pod/a: does not start · volume: secret \"x\" not found"]
    );
    assert_eq!(says([creating(300)]), ["warning pod-stuck-creating Pod/a: does not start"]);
    nothing("images take a while", [creating(60)]);
}

#[test]
fn a_pod_that_was_deleted_and_stays_says_what_holds_it() {
    let deleted = |seconds: i64| {
        let mut pod = pod("a");
        (pod.meta.deleting, pod.meta.grace) = (ago(seconds), 30);
        pod
    };
    let mut held = deleted(600);
    held.meta.finalizers = ["solia.example/guard".into()].into();
    assert_eq!(
        says([held]),
        ["warning pod-stuck-terminating Pod/a: was deleted and does not go · held by finalizer solia.example/guard"]
    );
    nothing("it has its thirty seconds, and some", [deleted(60)]);
}

#[test]
fn a_pod_that_failed_or_was_thrown_out_is_told_and_quietly_where_others_took_its_place() {
    assert_eq!(says([failed(pod("a"), 300)]), ["warning pod-failed Pod/a: has failed · exit 1"]);
    let evicted = |object: Object| {
        with_pod(failed(object, 300), |pod| {
            (pod.reason, pod.message) = ("Evicted".into(), "The node was low on resource: memory.".into());
        })
    };
    assert_eq!(
        says([evicted(pod("a"))]),
        ["warning pod-evicted Pod/a: was evicted · The node was low on resource: memory."]
    );
    let backend = deployment("backend", |_| {});
    let set = replica_set(&backend, 2, |_| {});
    let gone = evicted(owned(pod("backend-gone"), &set));
    assert_eq!(
        says([backend, set, gone]),
        ["info pod-evicted Deployment/backend: 1 of 3 pods was evicted · The node was low on resource: memory."]
    );
}

#[test]
fn three_pods_of_one_deployment_are_one_finding() {
    let backend = deployment("backend", |w| (w.ready, w.available) = (0, 0));
    let set = replica_set(&backend, 2, |w| (w.ready, w.available) = (0, 0));
    let all = pods(&set, 3).into_iter().map(crashing);
    assert_eq!(
        says(all.chain([backend, set])),
        ["critical pod-crashloop Deployment/backend: 3 of 3 pods crash · exit 1 [replicas-unavailable]"]
    );
}

#[test]
fn what_a_silent_node_last_said_of_its_pods_no_longer_holds() {
    let found = says([crashing(pod("a")), silent("worker-1")]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("critical node-not-ready Node/worker-1"), "{found:?}");
    assert_eq!(says([crashing(pod("a")), node("worker-1", |_| {})]).len(), 1, "a node that is well");
}

#[test]
fn the_last_words_of_a_dead_container_stand_after_how_it_ended() {
    let mut world = World::new().with([crashing(pod("a"))]);
    let tail: TailKey = world.findings()[0].tail.clone().unwrap();
    let line = |text: &str| LogLine {
        nanos: 1_799_999_000_000_000_000,
        text: text.into(),
    };
    world.see(Seen::Tail(tail, Ok(vec![line("starting"), line("panic: no database")])));
    let found = world.findings().remove(0);
    assert_eq!(evidence(&found)[1], "log: panic: no database");
    assert_eq!(found.evidence[1].at, Time(1_799_999_000));
}

#[test]
fn a_pod_without_any_status_is_no_finding() {
    nothing("nothing is known of it", [object("a", Body::Pod(Box::default()))]);
    let future = aged(unplaced(pod("a"), ""), -600);
    let future = with_pod(future, |pod| pod.conditions = [].into());
    nothing("its server's clock is ahead", [future]);
    assert!(NOW.is_known());
}
