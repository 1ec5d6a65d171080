//! What containers of a stub wrote: lines that a test puts in.

use std::sync::Arc;

use jiff::Timestamp;
use quarterdeck::sim::world::{Ending, Run, World};

use super::Stub;

impl Stub {
    /// A container writes a line, now.
    pub fn log(&self, namespace: &str, pod: &str, container: &str, line: impl AsRef<[u8]>) {
        self.log_at(Timestamp::now(), namespace, pod, container, line);
    }

    /// A container wrote a line at this time. Lines are told in the order of these calls.
    pub fn log_at(&self, time: Timestamp, namespace: &str, pod: &str, container: &str, line: impl AsRef<[u8]>) {
        let line = line.as_ref().to_vec().into();
        self.world.change(|world| {
            let uid = uid(world, namespace, pod);
            if world.runs.last_mut(&uid, container).is_none() {
                start(world, &uid, container);
            }
            let run = world.runs.last_mut(&uid, container).expect("it was started");
            run.said.push((time, line));
        });
    }

    /// A container ends and starts again: its followers are let go, and its lines become those of the run before.
    pub fn log_restart(&self, namespace: &str, pod: &str, container: &str) {
        self.world.change(|world| {
            let (uid, now) = (uid(world, namespace, pod), world.now());
            if let Some(run) = world.runs.last_mut(&uid, container) {
                run.ended = Some(Ending {
                    at: now,
                    code: 1,
                    reason: "Error",
                });
            }
            start(world, &uid, container);
        });
    }
}

fn uid(world: &World, namespace: &str, pod: &str) -> Arc<str> {
    let pod = world.store.get("pods", namespace, pod);
    Arc::clone(&pod.unwrap_or_else(|| panic!("no such pod in {namespace}")).uid)
}

fn start(world: &mut World, uid: &Arc<str>, container: &str) {
    let number = world.runs.of(uid, container).count();
    let run = Run {
        id: format!("containerd://{number}"),
        image: Arc::from(""),
        place: Arc::default(),
        started: Timestamp::MIN,
        ended: None,
        said: Vec::new(),
    };
    world.runs.start(uid, container, run);
}
