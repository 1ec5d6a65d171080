//! What an object shows, against what a page looks for.

use crate::model::{Body, Condition, ConditionStatus, Known, Object, Phase, State, Time, condition, fits};
use crate::runbook::page::Signs;
use crate::runbook::value::{Facts, Origin, Role};

/// An object, and what is known around it.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    pub kind: Known,
    pub object: &'a Object,
    /// Reasons of events about it.
    pub events: Vec<&'a str>,
    pub now: Time,
    /// The workload that owns it, where that is known.
    pub deployment: Option<&'a str>,
}

impl Shown<'_> {
    pub fn name(&self) -> &str {
        &self.object.meta.name
    }

    /// What of it fits, and the container that shows it; none, where something that is asked is not there.
    pub fn fits(&self, signs: &Signs) -> Option<(String, Option<String>)> {
        let meta = &self.object.meta;
        if !signs.kind.is_empty() && signs.kind != self.kind.info().name {
            return None;
        }
        if !signs.namespace.is_empty() && !fits(&signs.namespace, &meta.namespace) {
            return None;
        }
        if !signs
            .labels
            .iter()
            .all(|(key, value)| meta.labels.get(key).is_some_and(|found| fits(value, found)))
        {
            return None;
        }
        let mut why: Vec<String> = Vec::new();
        let mut container = None;
        let pod = self.object.body.pod();
        let containers = pod.map(|pod| &*pod.containers).unwrap_or_default();
        if !signs.waiting.is_empty() {
            let (name, reason) = containers.iter().find_map(|c| match &c.state {
                State::Waiting { reason, .. } if signs.waiting.iter().any(|wanted| **wanted == **reason) => Some((&c.name, reason)),
                _ => None,
            })?;
            why.push(format!("waiting={reason}"));
            container = Some(name.to_string());
        }
        let exits = || {
            containers.iter().filter_map(|c| match &c.state {
                State::Terminated(exit) => Some((c, &**exit)),
                _ => c.last.as_deref().map(|exit| (c, exit)),
            })
        };
        if !signs.terminated.is_empty() {
            let (name, exit) = exits().find(|(_, exit)| signs.terminated.iter().any(|wanted| **wanted == *exit.reason))?;
            why.push(format!("terminated={}", exit.reason));
            container.get_or_insert_with(|| name.name.to_string());
        }
        if !signs.exit_codes.is_empty() {
            let (name, exit) = exits().find(|(_, exit)| signs.exit_codes.contains(&exit.code))?;
            why.push(format!("exit {}", exit.code));
            container.get_or_insert_with(|| name.name.to_string());
        }
        if let Some((count, window)) = signs.restarts {
            // When each restart was, nobody keeps; that the last is within the time, the state tells.
            let restarts = pod.map_or(0, crate::model::Pod::restarts);
            let recent = exits().any(|(_, exit)| exit.finished.is_known() && exit.finished.age(self.now) <= window);
            if restarts < count || !recent {
                return None;
            }
            why.push(format!("{restarts} restarts"));
        }
        if !signs.phase.is_empty() {
            let phase = match &self.object.body {
                Body::Pod(pod) => phase(pod.phase),
                Body::Claim(claim) => &claim.phase,
                _ => return None,
            };
            if !signs.phase.iter().any(|wanted| wanted == phase) {
                return None;
            }
            why.push(phase.to_owned());
        }
        if !signs.condition.is_empty() {
            why.push(self.condition(&signs.condition)?);
        }
        if !signs.event.is_empty() {
            let reason = self
                .events
                .iter()
                .find(|reason| signs.event.iter().any(|wanted| fits(wanted, reason)))?;
            why.push(format!("the event {reason}"));
        }
        if why.is_empty() {
            // A kind or a label alone is no sign that anything is wrong.
            return None;
        }
        Some((why.join(", "), container))
    }

    /// `Type=Status[:Reason]`.
    fn condition(&self, wanted: &str) -> Option<String> {
        let (name, rest) = wanted.split_once('=')?;
        let (status, reason) = rest.split_once(':').map_or((rest, None), |(status, reason)| (status, Some(reason)));
        let found = condition(self.conditions(), name)?;
        let word = match found.status {
            ConditionStatus::True => "True",
            ConditionStatus::False => "False",
            ConditionStatus::Unknown => "Unknown",
        };
        let same = word.eq_ignore_ascii_case(status) && reason.is_none_or(|reason| fits(reason, &found.reason));
        same.then(|| wanted.to_owned())
    }

    fn conditions(&self) -> &[Condition] {
        match &self.object.body {
            Body::Pod(pod) => &pod.conditions,
            Body::Workload(workload) => &workload.conditions,
            Body::Node(node) => &node.conditions,
            Body::Job(job) => &job.conditions,
            Body::Autoscaler(scaler) => &scaler.conditions,
            _ => &[],
        }
    }

    /// What it fills in.
    pub fn facts(&self, origin: Origin) -> Facts {
        let mut facts = Facts::default();
        facts.add(Role::Namespace, &*self.object.meta.namespace, origin.clone());
        let role = match self.kind {
            Known::Pod => Some(Role::Pod),
            Known::Deployment => Some(Role::Deployment),
            Known::Service => Some(Role::Service),
            Known::Node => Some(Role::Node),
            _ => None,
        };
        if let Some(role) = role {
            facts.add(role, self.name(), origin.clone());
        }
        if let Some(deployment) = self.deployment {
            facts.add(Role::Deployment, deployment, origin.clone());
        }
        if let Some(pod) = self.object.body.pod() {
            facts.add(Role::Node, &*pod.node, origin);
        }
        facts
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "Pending",
        Phase::Running => "Running",
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
        Phase::Unknown => "Unknown",
    }
}
