//! All forwards of this run of the program.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::connection::Line;
use super::status::Shared;
use super::task;
use crate::action::forward::{ForwardId, ForwardSeen, ForwardState};
use crate::action::forward::{ForwardPort, ForwardSpec};
use crate::model::{Problem, ProblemKind};
use crate::source::Task;
use crate::source::kube::Apis;

/// Forwards at the same time.
pub const MOST: usize = 64;

/// The forwards that run. Dropping it ends them and their connections.
#[derive(Default)]
pub struct Forwards {
    running: BTreeMap<ForwardId, Running>,
    last: u32,
    bell: watch::Sender<u64>,
}

struct Running {
    line: Arc<Line>,
    _task: Task,
}

impl Forwards {
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a forward, on the current runtime, over the environment's connection. What becomes of it is told by its state.
    ///
    /// # Errors
    /// There are [`MOST`] already, or one of them has the port of this machine that is asked for.
    pub fn start(&mut self, spec: ForwardSpec, apis: Apis) -> Result<ForwardId, Problem> {
        // One that failed holds nothing, and makes room.
        if self.running.len() >= MOST {
            self.running
                .retain(|_, one| !matches!(one.line.shared.seen().state, ForwardState::Failed(_)));
        }
        if self.running.len() >= MOST {
            let text = format!("there are {MOST} forwards already");
            return Err(Problem::new(ProblemKind::Config, text).hint("end one that is not needed"));
        }
        if let Some(problem) = self.conflict(&spec) {
            return Err(problem);
        }
        self.last += 1;
        let id = ForwardId(self.last);
        let line = Arc::new(Line::new(apis, Arc::new(Shared::new(id, spec, self.bell.clone()))));
        let task = Task::spawn(task::run(Arc::clone(&line)));
        self.running.insert(id, Running { line, _task: task });
        self.bell.send_modify(|rung| *rung += 1);
        Ok(id)
    }

    /// That another forward has a port that this one wants.
    fn conflict(&self, spec: &ForwardSpec) -> Option<Problem> {
        let wanted: Vec<u16> = spec.ports.iter().filter_map(ForwardPort::number_here).collect();
        self.list().into_iter().find_map(|seen| {
            let mut ports = seen.ports.iter().map(|reached| reached.local);
            let clash = ports.find(|local| wanted.contains(&local.port()) && spec.addresses.contains(&local.ip()))?;
            let text = format!(
                "port {} of this machine is taken by the forward to {}",
                clash.port(),
                seen.spec.object()
            );
            Some(Problem::new(ProblemKind::Config, text).hint("end that one, or choose another port"))
        })
    }

    /// Ends a forward and its connections; how it stood at last. `None`: there is no such forward.
    pub fn stop(&mut self, id: ForwardId) -> Option<ForwardSeen> {
        let running = self.running.remove(&id)?;
        self.bell.send_modify(|rung| *rung += 1);
        Some(running.line.shared.seen())
    }

    /// All of them, the oldest first: copies of what is known, which wait for nothing.
    pub fn list(&self) -> Vec<ForwardSeen> {
        self.running.values().map(|one| one.line.shared.seen()).collect()
    }

    /// One of them.
    pub fn get(&self, id: ForwardId) -> Option<ForwardSeen> {
        self.running.get(&id).map(|one| one.line.shared.seen())
    }

    /// Rung when something happens to a forward; numbers alone ring no bell.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Whether the pod of a forward takes connections: for each of its ports how long it took until one could be made,
    /// or why there was none. Nothing is sent. `None`: there is no such forward.
    pub fn probe(&self, id: ForwardId) -> Option<impl Future<Output = Vec<(u16, Result<Duration, Problem>)>> + Send + use<>> {
        let line = Arc::clone(&self.running.get(&id)?.line);
        Some(async move { line.probe().await })
    }
}

impl std::fmt::Debug for Forwards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}
