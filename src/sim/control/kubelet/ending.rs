//! How containers and pods come to an end: by themselves, by crashes and their back-off, by memory, by deletion.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::command::End;
use super::machine::{between, settle, stop, take};
use super::record::{Container, Doing, Record, Role, Stage};
use super::scene::{Manners, Scene};
use super::status;
use crate::sim::store::{Key, seconds};
use crate::sim::world::{Ending, Tone, World};

/// How often the waiting of a crashing container is told.
const TOLD_EVERY: SignedDuration = SignedDuration::from_secs(20);

/// A container ends as its course has it.
pub fn ends(world: &mut World, scene: &Scene, container: &mut Container) {
    let (code, reason) = match container.course.end {
        End::Exits { code, reason, .. } => (code, reason),
        End::Never | End::CannotStart(_) => (0, "Completed"),
    };
    exited(world, scene, container, code, reason, &[]);
}

/// A container's process has ended.
pub fn exited(world: &mut World, scene: &Scene, container: &mut Container, code: i32, reason: &'static str, last_words: &[String]) {
    let now = world.now();
    let since = match container.doing {
        Doing::Running { since, .. } => since,
        _ => status::time(&container.state["running"]["startedAt"]).unwrap_or(now),
    };
    let end = json!({"containerID": container.id, "exitCode": code, "finishedAt": seconds(now), "reason": reason,
        "startedAt": seconds(since)});
    container.state = json!({"terminated": end});
    container.ended = Some(end);
    (container.started, container.ready) = (false, false);
    container.doing = Doing::Ended {
        notice: now + between(world, 400, 1300),
    };
    close(
        world,
        &scene.stored.uid,
        &container.name,
        Ending { at: now, code, reason },
        last_words,
    );
}

/// Closes the run: what it would have said later, it has not said.
fn close(world: &mut World, uid: &Arc<str>, container: &str, ending: Ending, last_words: &[String]) {
    if let Some(run) = world.runs.last_mut(uid, container).filter(|run| run.ended.is_none()) {
        run.said.retain(|(at, _)| *at <= ending.at);
        run.said
            .extend(last_words.iter().map(|words| (ending.at, Bytes::from(words.clone()))));
        run.ended = Some(ending);
    }
}

/// The runs of a pod that has gone without its kubelet's doing are over.
pub fn killed(world: &mut World, uid: &Arc<str>, containers: &[String]) {
    let at = world.now();
    for name in containers {
        let ending = Ending {
            at,
            code: 137,
            reason: "Error",
        };
        close(world, uid, name, ending, &[]);
    }
}

/// The kubelet notices the end: it is final, or the container is started again, at once or later.
pub fn noticed(world: &mut World, scene: &Scene, container: &mut Container) -> bool {
    let now = world.now();
    let code = container.code().unwrap_or(0);
    let again = match (container.role, scene.policy()) {
        (Role::Init, _) if code == 0 => false,
        (Role::Init, "Never") | (Role::Main, "Never") => false,
        (Role::Main, "OnFailure") => code != 0,
        _ => true,
    };
    if !again || scene.stored.leaving {
        container.doing = Doing::Done;
        container.ready = container.role == Role::Init && code == 0;
        if let Some(end) = container.ended.clone().filter(|_| container.state["waiting"].is_object()) {
            // It could not be started, and will not be tried again.
            container.state = json!({"terminated": end});
            container.last = json!({});
        }
        return true;
    }
    let ended = container
        .ended
        .as_ref()
        .and_then(|end| status::time(&end["finishedAt"]))
        .unwrap_or(now);
    match container.wait(ended).filter(|wait| ended + *wait > now) {
        Some(wait) => {
            let ended_doc = container.ended.clone().unwrap_or_default();
            container.last = json!({"terminated": ended_doc});
            let text = status_text(wait);
            let message = format!(
                "back-off {text} restarting failed container={} pod={}",
                container.name,
                scene.title()
            );
            container.state = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
            tell_back_off(world, scene, container);
            container.doing = Doing::BackOff {
                until: ended + wait,
                told: now + TOLD_EVERY,
            };
            true
        }
        None => {
            container.grow(now);
            super::starting::begin(world, scene, container)
        }
    }
}

/// `10s`, `2m40s`, `5m0s`.
fn status_text(wait: SignedDuration) -> String {
    let seconds = wait.as_secs();
    if seconds < 60 {
        format!("{seconds}s")
    } else {
        format!("{}m{}s", seconds / 60, seconds % 60)
    }
}

fn tell_back_off(world: &mut World, scene: &Scene, container: &Container) {
    let message = match scene.manners {
        Manners::Old => "Back-off restarting failed container".to_owned(),
        Manners::Today => format!("Back-off restarting failed container {} in pod {}", container.name, scene.title()),
    };
    scene.container_event(world, container, Tone::Warning, "BackOff", message);
}

/// The wait goes on or is over.
pub fn backs_off(world: &mut World, scene: &Scene, container: &mut Container, until: Timestamp) -> bool {
    let now = world.now();
    if now < until {
        tell_back_off(world, scene, container);
        let told = now + TOLD_EVERY;
        container.doing = Doing::BackOff { until, told };
        return false;
    }
    container.grow(now);
    super::starting::begin(world, scene, container)
}

/// The pod is being deleted: its containers are told to stop, once; a shorter grace shortens theirs.
pub fn leave(world: &mut World, scene: &Scene, record: &mut Record) {
    let now = world.now();
    let deadline = status::time(&scene.pod["metadata"]["deletionTimestamp"]).unwrap_or(now);
    if record.stopping.is_none() {
        record.stopping = Some(now);
        for container in &mut record.containers {
            match container.doing {
                Doing::Running { .. } => {
                    let message = format!("Stopping container {}", container.name);
                    scene.container_event(world, container, Tone::Normal, "Killing", message);
                    stop(world, container, deadline);
                }
                Doing::Stopping { .. } => {}
                _ => container.doing = Doing::Done,
            }
        }
        if record.stage != Stage::Over {
            record.stage = Stage::Up;
        }
    }
    let last = deadline.max(now + SignedDuration::from_millis(200));
    for container in &mut record.containers {
        if let Doing::Stopping { until, code } = &mut container.doing
            && *until > last
        {
            (*until, *code) = (last, 137);
        }
    }
}

/// A pod that is being deleted and has stopped goes; one that a finalizer holds stays, without grace. Whether
/// nothing more is to be done.
pub fn gone(world: &mut World, scene: &Scene, record: &Record) -> bool {
    let waits = |c: &Container| c.runs() || matches!(c.doing, Doing::Ended { .. });
    if record.stopping.is_none() || record.containers.iter().any(waits) {
        return false;
    }
    let key = &scene.stored.key;
    let Some(pod) = world.store.find(key).map(|stored| stored.value()) else {
        return true;
    };
    world.control.kubelet.records.remove(&scene.stored.uid);
    world.control.kubelet.health.remove(&scene.stored.uid);
    let held = pod["metadata"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
    if !held {
        let now = world.now();
        world.store.remove(key, now);
        return true;
    }
    world.update(key, |pod| {
        let meta = &mut pod["metadata"];
        let grace = meta["deletionGracePeriodSeconds"].as_i64().unwrap_or(0);
        if grace > 0 {
            if let Some(at) = status::time(&meta["deletionTimestamp"]) {
                meta["deletionTimestamp"] = json!(seconds(at - SignedDuration::from_secs(grace)));
            }
            meta["deletionGracePeriodSeconds"] = json!(0);
        }
    });
    true
}

/// The container's memory is used up: the kernel kills it (137, `OOMKilled`). Nothing if it does not run.
pub fn oom_kill(world: &mut World, pod: &Key, container: &str) {
    end(world, pod, container, 137, "OOMKilled", &[]);
}

/// The container's process ends now, with this code, reason (`Error`, `Completed`) and these last words. Nothing
/// if it does not run.
pub fn end(world: &mut World, pod: &Key, container: &str, code: i32, reason: &'static str, last_words: &[String]) {
    let Some(stored) = world.store.find(pod).cloned() else { return };
    let Some(scene) = Scene::open(world, &stored) else { return };
    let mut record = take(world, &scene);
    if let Some(container) = record.containers.iter_mut().find(|c| c.name == container && c.runs()) {
        exited(world, &scene, container, code, reason, last_words);
        record.changed = true;
    }
    settle(world, &scene, record);
}

/// The kubelet puts a pod out of the node, for this reason (`The node was low on resource: memory. `).
pub fn evict(world: &mut World, pod: &Key, message: &str) {
    let Some(stored) = world.store.find(pod).cloned() else { return };
    let Some(scene) = Scene::open(world, &stored) else { return };
    let record = take(world, &scene);
    if record.stage == Stage::Over {
        return;
    }
    scene.pod_event(world, Tone::Warning, "Evicted", message.to_owned());
    for container in record.containers.iter().filter(|c| c.runs()) {
        let words = format!("Stopping container {}", container.name);
        scene.container_event(world, container, Tone::Normal, "Killing", words);
    }
    let running: Vec<String> = record.containers.iter().filter(|c| c.runs()).map(|c| c.name.clone()).collect();
    killed(world, &stored.uid, &running);
    world.control.kubelet.health.remove(&stored.uid);
    world.update(pod, |pod| {
        let since = pod["status"]["startTime"].clone();
        pod["status"] = json!({"message": message, "phase": "Failed", "reason": "Evicted", "startTime": since});
    });
}

/// The machine has died and come back: what ran there has ended at that time, nobody knows how, and is started
/// again in new sandboxes.
pub fn kill_all(world: &mut World, node: &str, died: Timestamp) {
    for stored in world.store.pods_on(node) {
        let Some(scene) = Scene::open(world, &stored) else { continue };
        let mut record = take(world, &scene);
        if matches!(record.stage, Stage::Over | Stage::New) {
            settle(world, &scene, record);
            continue;
        }
        let mut ran = false;
        for container in record.containers.iter_mut().filter(|c| c.runs()) {
            ran = true;
            lost(world, &scene, container, died);
        }
        if ran && !stored.leaving {
            let message = "Pod sandbox changed, it will be killed and re-created.".to_owned();
            scene.pod_event(world, Tone::Normal, "SandboxChanged", message);
        }
        record.changed |= ran;
        settle(world, &scene, record);
        super::look_after(world, SignedDuration::from_millis(300), &stored.key);
    }
}

fn lost(world: &mut World, scene: &Scene, container: &mut Container, died: Timestamp) {
    let since: Value = container.state["running"]["startedAt"].clone();
    let end = json!({"containerID": container.id, "exitCode": 255, "finishedAt": seconds(died), "reason": "Unknown", "startedAt": since});
    container.state = json!({"terminated": end});
    container.ended = Some(end);
    (container.started, container.ready) = (false, false);
    // The kubelet's memory of crashes went with the machine.
    container.patience = None;
    container.doing = Doing::Ended {
        notice: world.now() + between(world, 900, 2500),
    };
    let ending = Ending {
        at: died,
        code: 255,
        reason: "Unknown",
    };
    close(world, &scene.stored.uid, &container.name, ending, &[]);
}
