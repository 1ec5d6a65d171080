//! What metrics.k8s.io said last.

use std::collections::HashMap;

use crate::model::{Problem, Time, UsageSample};

/// Samples by namespace and name.
#[derive(Debug, Default)]
pub struct UsageTable {
    samples: HashMap<Box<str>, HashMap<Box<str>, UsageSample>>,
    pub state: UsageState,
    pub heard: Time,
    pub version: u64,
}

/// Whether there are metrics.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum UsageState {
    #[default]
    Waiting,
    Known,
    /// There are none, and why.
    Missing(Problem),
}

impl UsageTable {
    pub(super) fn apply(&mut self, at: Time, samples: Result<Vec<UsageSample>, Problem>) {
        self.version += 1;
        match samples {
            Ok(samples) => {
                self.heard = at;
                self.samples.clear();
                for sample in samples {
                    self.samples
                        .entry((*sample.namespace).into())
                        .or_default()
                        .insert(sample.name.clone(), sample);
                }
                self.state = UsageState::Known;
            }
            // Old figures would pass for present ones: better none.
            Err(problem) => {
                self.samples.clear();
                self.state = UsageState::Missing(problem);
            }
        }
    }

    /// The sample of one pod (or of one node, in the empty namespace).
    pub fn get(&self, namespace: &str, name: &str) -> Option<&UsageSample> {
        self.samples.get(namespace)?.get(name)
    }
}
