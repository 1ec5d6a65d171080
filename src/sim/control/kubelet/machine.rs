//! One look at a pod: what is due is done, step by step, until nothing is due any more.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::command::OnTerm;
use super::ending;
use super::ephemeral;
use super::probe::{self, Kind, Verdict};
use super::record::{Container, Doing, Record, Role, Stage};
use super::scene::Scene;
use super::{look_after, refs, starting, status};
use crate::sim::store::Key;
use crate::sim::world::{Tone, World};

/// More than a pod can have to do at one time.
const MOST_STEPS: usize = 64;

/// A time between two numbers of milliseconds, as chance has it.
pub fn between(world: &mut World, least: i64, most: i64) -> SignedDuration {
    SignedDuration::from_millis(world.chance.i64(least..=most))
}

/// Looks at a pod.
pub fn look(world: &mut World, key: &Key) {
    let Some(stored) = world.store.find(key).cloned() else { return };
    let Some(scene) = Scene::open(world, &stored) else { return };
    let mut record = take(world, &scene);
    if stored.leaving {
        ending::leave(world, &scene, &mut record);
    } else {
        redefined(world, &scene, &mut record);
    }
    for _ in 0..MOST_STEPS {
        if !step(world, &scene, &mut record) {
            break;
        }
    }
    settle(world, &scene, record);
    ephemeral::start(world, &scene);
}

/// What is remembered of a pod, or else read from its status.
pub fn take(world: &mut World, scene: &Scene) -> Record {
    match world.control.kubelet.records.remove(&scene.stored.uid) {
        Some(record) => record,
        None => status::adopt(world, scene),
    }
}

/// Writes what has changed, plans the next look, and forgets a pod that needs none.
pub fn settle(world: &mut World, scene: &Scene, mut record: Record) {
    let now = world.now();
    if std::mem::take(&mut record.changed) {
        world.update(&scene.stored.key, |pod| {
            let before = pod["status"].clone();
            pod["status"] = status::render(&record, scene, &before, now);
        });
    }
    if ending::gone(world, scene, &record) {
        return;
    }
    if let Some(due) = record.due() {
        look_after(world, due.duration_since(now), &scene.stored.key);
    }
    if !record.settled() {
        world.control.kubelet.records.insert(Arc::clone(&scene.stored.uid), record);
    }
}

/// Does one thing that is due; whether there was one.
fn step(world: &mut World, scene: &Scene, record: &mut Record) -> bool {
    let now = world.now();
    match record.stage {
        Stage::Over => false,
        Stage::New => {
            record.changed = true;
            let next = now + between(world, 500, 1100);
            record.stage = Stage::Preparing {
                since: now,
                next,
                tries: 0,
            };
            true
        }
        Stage::Preparing { next, .. } if next > now => false,
        Stage::Preparing { since, tries, .. } => {
            prepare(world, scene, record, since, tries);
            true
        }
        Stage::Up => containers(world, scene, record),
    }
}

/// Mounts the volumes and makes the sandbox. What is missing is told with growing pauses.
fn prepare(world: &mut World, scene: &Scene, record: &mut Record, since: Timestamp, tries: u32) {
    let now = world.now();
    let Some(missing) = refs::volumes(world, &scene.stored.key.namespace, &scene.pod) else {
        if record.ip.is_none() {
            record.ip = Some(starting::address(world, scene));
        }
        record.stage = Stage::Up;
        return;
    };
    let message = format!("MountVolume.SetUp failed for volume \"{}\" : {}", missing.volume, missing.why);
    scene.pod_event(world, Tone::Warning, "FailedMount", message);
    // The pod's worker gives up after two minutes each time, and begins again.
    if tries >= 8 {
        let message = format!(
            "Unable to attach or mount volumes: unmounted volumes=[{}], unattached volumes={}: timed out waiting for the condition",
            missing.volume,
            refs::unattached(&scene.pod)
        );
        scene.pod_event(world, Tone::Warning, "FailedMount", message);
    }
    let pause = SignedDuration::from_millis((500_i64 << tries.min(8)).min(122_000));
    record.stage = Stage::Preparing {
        since,
        next: now + pause,
        tries: tries + 1,
    };
}

/// Lets the containers go on; whether any did.
fn containers(world: &mut World, scene: &Scene, record: &mut Record) -> bool {
    let mut done = false;
    let ip = record.ip.clone().unwrap_or_default();
    for at in 0..record.containers.len() {
        let may_start = record.stopping.is_none() && allowed(record, at);
        let Some(container) = record.containers.get_mut(at) else { break };
        let (moved, changed) = container_step(world, scene, container, may_start, &ip);
        done |= moved;
        record.changed |= changed;
    }
    if !done {
        finish(world, scene, record);
    }
    done
}

/// Whether a container may begin: init containers one after the other, the others when those are done.
fn allowed(record: &Record, at: usize) -> bool {
    let Some(container) = record.containers.get(at) else { return false };
    let before = |c: &&Container| c.role != Role::Main;
    match container.role {
        Role::Main => record.containers.iter().filter(before).all(Container::initialized),
        Role::Init | Role::Sidecar => record.containers.iter().take(at).all(Container::initialized),
    }
}

/// Does one thing that is due with a container: whether there was one, and whether the status shows it.
fn container_step(world: &mut World, scene: &Scene, container: &mut Container, may_start: bool, ip: &str) -> (bool, bool) {
    let now = world.now();
    if container.doing == Doing::Idle {
        if !may_start {
            return (false, false);
        }
        return (true, starting::begin(world, scene, container));
    }
    if let Doing::Running { since, .. } = container.doing {
        wake(world, scene, container, since, ip);
    }
    if container.due().is_none_or(|due| due > now) {
        return (false, false);
    }
    let changed = match container.doing.clone() {
        Doing::Pulling { since, result, .. } => starting::pulled(world, scene, container, since, result),
        Doing::PullFailed { shown, until } => starting::pull_waits(world, scene, container, shown, until),
        Doing::Blocked { .. } => starting::begin(world, scene, container),
        Doing::Starting { .. } => starting::start(world, scene, container),
        Doing::Running { since, ends } => {
            if ends.is_some_and(|ends| ends <= now) {
                ending::ends(world, scene, container);
                true
            } else {
                probes(world, scene, container, since, ip)
            }
        }
        Doing::Stopping { code, .. } => {
            ending::exited(world, scene, container, code, super::command::reason(code), &[]);
            true
        }
        Doing::Ended { .. } => ending::noticed(world, scene, container),
        Doing::BackOff { until, .. } => ending::backs_off(world, scene, container, until),
        Doing::Idle | Doing::Done => return (false, false),
    };
    (true, changed)
}

/// Probes whose answer would be another one now are asked at their next turn.
fn wake(world: &World, scene: &Scene, container: &mut Container, since: Timestamp, ip: &str) {
    let now = world.now();
    let health = super::health(world, &scene.stored.uid, &container.name);
    for kind in Kind::ALL {
        if !container.spec[kind.field()].is_object() {
            continue;
        }
        // Readiness and liveness wait for the startup probe, which is over once it has succeeded.
        let active = if kind == Kind::Startup {
            !container.started
        } else {
            container.started
        };
        if !active {
            continue;
        }
        let passes = probe::ask(container, kind, health, ip).is_ok();
        let turn = probe::tick(container, kind, since, now);
        let probe = container.probes.get_mut(kind);
        match probe.next {
            None if passes != probe.passed => probe.next = Some(turn),
            Some(next) if passes && probe.fails > 0 && next > turn => probe.next = Some(turn),
            _ => {}
        }
    }
}

/// Asks the probes that are due; whether the status shows it.
fn probes(world: &mut World, scene: &Scene, container: &mut Container, since: Timestamp, ip: &str) -> bool {
    let now = world.now();
    let health = super::health(world, &scene.stored.uid, &container.name);
    let mut changed = false;
    for kind in Kind::ALL {
        if container.probes.get(kind).next.is_none_or(|next| next > now) {
            continue;
        }
        let answer = probe::ask(container, kind, health, ip);
        let verdict = probe::asked(container, kind, answer.is_ok(), now);
        if let Err(words) = answer {
            let message = format!("{} probe failed: {words}", kind.word());
            scene.container_event(world, container, Tone::Warning, "Unhealthy", message);
        }
        match (kind, verdict) {
            (_, Verdict::Open) | (Kind::Liveness, Verdict::Passed) => {}
            (Kind::Startup, Verdict::Passed) => {
                started(container, since, now);
                changed = true;
            }
            (Kind::Readiness, verdict) => {
                let ready = verdict == Verdict::Passed;
                changed |= container.ready != ready;
                container.ready = ready;
            }
            (Kind::Startup | Kind::Liveness, Verdict::Failed) => {
                let word = kind.word().to_ascii_lowercase();
                let message = format!("Container {} failed {word} probe, will be restarted", container.name);
                scene.container_event(world, container, Tone::Normal, "Killing", message);
                let grace = scene.pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
                stop(world, container, now + SignedDuration::from_secs(grace));
                return changed;
            }
        }
    }
    changed
}

/// The startup is over: the other probes begin, and without a readiness probe it is ready.
pub fn started(container: &mut Container, since: Timestamp, now: Timestamp) {
    container.started = true;
    container.ready = !container.spec["readinessProbe"].is_object();
    container.probes.liveness.passed = true;
    for kind in [Kind::Readiness, Kind::Liveness] {
        if container.spec[kind.field()].is_object() {
            let turn = probe::tick(container, kind, since, now);
            container.probes.get_mut(kind).next = Some(turn);
        }
    }
}

/// Tells a container to stop; by the deadline it is killed.
pub fn stop(world: &mut World, container: &mut Container, deadline: Timestamp) {
    let now = world.now();
    let soon = now + between(world, 700, 2400);
    container.doing = match container.course.on_term {
        OnTerm::Exits if soon < deadline => Doing::Stopping { until: soon, code: 0 },
        OnTerm::Exits | OnTerm::Ignores => Doing::Stopping {
            until: deadline.max(now + SignedDuration::from_millis(300)),
            code: 137,
        },
    };
}

/// When the work is done, what goes on beside it is stopped, and the pod is over.
fn finish(world: &mut World, scene: &Scene, record: &mut Record) {
    if record.stopping.is_some() {
        return;
    }
    let failed = |c: &Container| c.role == Role::Init && c.doing == Doing::Done && c.code() != Some(0);
    let failed = record.containers.iter().any(failed);
    let mains = || record.containers.iter().filter(|c| c.role == Role::Main);
    if !failed && !mains().all(|c| c.doing == Doing::Done) {
        return;
    }
    let now = world.now();
    let grace = scene.pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    for container in &mut record.containers {
        if matches!(container.doing, Doing::Running { .. }) {
            stop(world, container, now + SignedDuration::from_secs(grace));
        }
    }
    if !record.containers.iter().any(Container::runs) {
        record.changed |= record.stage != Stage::Over;
        record.stage = Stage::Over;
    }
}

/// A container whose image was changed in the spec is made anew.
fn redefined(world: &mut World, scene: &Scene, record: &mut Record) {
    if record.stage == Stage::Over {
        return;
    }
    let grace = scene.pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    for container in &mut record.containers {
        let list = if container.role == Role::Main {
            "containers"
        } else {
            "initContainers"
        };
        let specs = scene.pod["spec"][list].as_array().into_iter().flatten();
        let Some(spec) = specs.into_iter().find(|c| c["name"] == *container.name) else {
            continue;
        };
        if spec["image"] == container.spec["image"] {
            continue;
        }
        container.spec = spec.clone();
        match container.doing {
            Doing::Running { .. } => {
                let message = format!("Container {} definition changed, will be restarted", container.name);
                scene.container_event(world, container, Tone::Normal, "Killing", message);
                let deadline = world.now() + SignedDuration::from_secs(grace);
                stop(world, container, deadline);
            }
            Doing::Pulling { .. } | Doing::PullFailed { .. } | Doing::Blocked { .. } | Doing::BackOff { .. } => {
                container.pulls = 0;
                container.doing = Doing::Idle;
                record.changed = true;
            }
            _ => {}
        }
    }
}
