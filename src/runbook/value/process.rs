//! What pages take from the environment of this process.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use crate::runbook::page::Runbook;

/// Values that pages name as `env.NAME`; and of the secrets that they name, which are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    pub values: BTreeMap<String, String>,
    /// Names alone: a secret stays in the environment, from where programs have it.
    pub secrets: BTreeSet<String>,
}

impl Process {
    /// What a page asks for. `variable` gives the variables of this process.
    pub fn add(&mut self, book: &Runbook, variable: &dyn Fn(&str) -> Option<String>) {
        for declared in &book.variables {
            if declared.secret {
                let is_there = variable(&declared.name).is_some_and(|value| !value.is_empty());
                self.secrets.extend(is_there.then(|| declared.name.clone()));
            } else if let Some(Source::Environment(name)) = &declared.from
                && let Some(value) = variable(name)
            {
                self.values.insert(name.clone(), value);
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }
}
