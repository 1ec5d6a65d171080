//! What containers did: each run of each, from start to end. Logs are computed from it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub at: Timestamp,
    /// Exit code; 137 for a kill, 143 for a termination.
    pub code: i32,
    /// `Error`, `OOMKilled`, `Completed`.
    pub reason: &'static str,
}

/// The pod of a run, as it was: it may be long gone when its log is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    pub namespace: String,
    pub pod: String,
    pub node: String,
    /// The pod's label `app`, or else its name.
    pub app: String,
}

/// One run of one container.
#[derive(Clone, Debug)]
pub struct Run {
    /// `containerd://` and 64 digits, as the status tells it.
    pub id: String,
    pub image: Arc<str>,
    pub place: Arc<Whereabouts>,
    pub started: Timestamp,
    pub ended: Option<Ending>,
    /// Lines that it wrote besides what its image writes in its state: a fatal message, the output of a command
    /// that was typed into it.
    pub said: Vec<(Timestamp, Bytes)>,
}

/// How many runs of a container are remembered. The kubelet serves the last two; a log service keeps more.
const MOST: usize = 64;

/// Identifies a container: the uid of its pod, and its name.
type Whose = (Arc<str>, Arc<str>);

/// All runs of all containers, of dead pods as well.
#[derive(Debug, Default)]
pub struct Runs {
    runs: HashMap<Whose, VecDeque<Run>>,
}

impl Runs {
    /// A container starts.
    pub fn start(&mut self, pod: &Arc<str>, container: &str, run: Run) {
        let runs = self.runs.entry((Arc::clone(pod), Arc::from(container))).or_default();
        runs.push_back(run);
        if runs.len() > MOST {
            runs.pop_front();
        }
    }

    /// The present run, or the last one.
    pub fn last_mut(&mut self, pod: &Arc<str>, container: &str) -> Option<&mut Run> {
        self.runs.get_mut(&(Arc::clone(pod), Arc::from(container)))?.back_mut()
    }

    /// All runs of a container, oldest first.
    pub fn of(&self, pod: &Arc<str>, container: &str) -> impl DoubleEndedIterator<Item = &Run> {
        self.runs.get(&(Arc::clone(pod), Arc::from(container))).into_iter().flatten()
    }

    /// Every run that is remembered, with the uid of its pod and the name of its container; in no order.
    pub fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, &Run)> {
        self.runs
            .iter()
            .flat_map(|((pod, container), runs)| runs.iter().map(move |run| (pod, container, run)))
    }

    /// Forgets a pod that nobody can ask about any more.
    pub fn forget(&mut self, pod: &str) {
        self.runs.retain(|(uid, _), _| &**uid != pod);
    }
}
