//! Which of several pods.

use super::answer::PodDoc;
use crate::model::{Problem, ProblemKind};

/// A pod that was chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    pub pod: PodDoc,
    pub is_ready: bool,
}

impl Choice {
    /// The one pod that was named.
    ///
    /// # Errors
    /// It does not run yet.
    pub fn only(pod: PodDoc) -> Result<Self, Problem> {
        if !pod.is_running() {
            let (name, phase) = (&pod.metadata.name, pod.status.phase.to_lowercase());
            return Err(Problem::new(ProblemKind::Unreachable, format!("pod {name} is {phase}")));
        }
        let is_ready = pod.is_ready();
        Ok(Self { pod, is_ready })
    }
}

/// The newest that is ready; where none is, the newest that runs. Those on their way out are none.
pub fn pick(pods: Vec<PodDoc>) -> Option<Choice> {
    let best = pods.into_iter().filter(PodDoc::is_running).max_by(|a, b| {
        let rank = |pod: &PodDoc| (pod.is_ready(), pod.metadata.creation_timestamp.clone());
        // Of equals the first by name, so that it is the same one each time.
        rank(a).cmp(&rank(b)).then_with(|| b.metadata.name.cmp(&a.metadata.name))
    })?;
    let is_ready = best.is_ready();
    Some(Choice { pod: best, is_ready })
}
