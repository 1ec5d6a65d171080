//! One row of a table: what it stands for, and what else is known of it at this moment.

use super::forwards::ForwardRow;
use crate::config::Tier;
use crate::model::{
    Body, Container, Evidenced, Finding, Health, Labels, Link, Object, Pod, Role as ContainerRole, Severity, State, Time, UsageSample,
    health,
};
use crate::store::{Spoken, StandingSilence};
use crate::ui::panes::health::rows::HealthRow;
use crate::ui::theme::Role;

/// What a row stands for.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    Object(&'a Object),
    /// A container of a pod.
    Container(&'a Object, &'a Container),
    Environment(&'a EnvRow),
    /// Something that is wrong.
    Finding(&'a Finding),
    /// A page of evidence.
    Evidence(&'a Evidenced),
    Forward(&'a ForwardRow),
    /// A health probe.
    Health(&'a HealthRow),
    Alert(&'a Spoken),
    Silence(&'a StandingSilence),
}

/// An environment as its table shows it.
#[derive(Clone, Debug, Default)]
pub struct EnvRow {
    pub name: String,
    pub tier: Tier,
    pub link: Option<Link>,
    /// `live`, `unreachable 3m`, `not connected`.
    pub state: String,
    /// How long the API server took for its last answer, in coarse steps: `20 ms`.
    pub beat: String,
    pub health: Health,
    /// Nodes ready / deployments available / pods well, of how many.
    pub nodes: Option<(u32, u32)>,
    pub deployments: Option<(u32, u32)>,
    pub pods: Option<(u32, u32)>,
    /// What is wrong, in words.
    pub wrong: String,
}

/// A row. Cheap to make and to copy: rows are made anew for each pass over a table.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub subject: Subject<'a>,
    /// What the pod (also for a container's row) or the node uses; `None` where there are no metrics.
    pub usage: Option<&'a UsageSample>,
    /// Pods on a node, where they are watched.
    pub pods: Option<u32>,
    /// How often an event was seen, counting its twins (the same thing said of the same object).
    pub count: Option<u32>,
    pub now: Time,
}

impl<'a> Row<'a> {
    /// The row of an object.
    pub fn object(object: &'a Object, now: Time) -> Self {
        Self::new(Subject::Object(object), now)
    }

    /// The row of a container of this pod.
    pub fn container(pod: &'a Object, container: &'a Container, now: Time) -> Self {
        Self::new(Subject::Container(pod, container), now)
    }

    /// The row of an environment.
    pub fn environment(environment: &'a EnvRow, now: Time) -> Self {
        Self::new(Subject::Environment(environment), now)
    }

    /// The row of a finding.
    pub fn finding(finding: &'a Finding, now: Time) -> Self {
        Self::new(Subject::Finding(finding), now)
    }

    /// The row of a page of evidence.
    pub fn evidence(page: &'a Evidenced, now: Time) -> Self {
        Self::new(Subject::Evidence(page), now)
    }

    /// The row of a forward.
    pub fn forward(forward: &'a ForwardRow, now: Time) -> Self {
        Self::new(Subject::Forward(forward), now)
    }

    /// The row of a health probe.
    pub fn probe(probe: &'a HealthRow, now: Time) -> Self {
        Self::new(Subject::Health(probe), now)
    }

    /// The row of an alert.
    pub fn alert(alert: &'a Spoken, now: Time) -> Self {
        Self::new(Subject::Alert(alert), now)
    }

    /// The row of a silence.
    pub fn silence(silence: &'a StandingSilence, now: Time) -> Self {
        Self::new(Subject::Silence(silence), now)
    }

    fn new(subject: Subject<'a>, now: Time) -> Self {
        Self {
            subject,
            usage: None,
            pods: None,
            count: None,
            now,
        }
    }

    /// The same row with what it uses.
    #[must_use]
    pub fn usage(mut self, usage: Option<&'a UsageSample>) -> Self {
        self.usage = usage;
        self
    }

    /// The same row with the pods on the node.
    #[must_use]
    pub fn pods(mut self, pods: Option<u32>) -> Self {
        self.pods = pods;
        self
    }

    /// The same row with how often it was seen in all.
    #[must_use]
    pub fn count(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }

    /// The object, or the pod of a container.
    pub fn of(&self) -> Option<&'a Object> {
        match self.subject {
            Subject::Object(object) | Subject::Container(object, _) => Some(object),
            Subject::Environment(_)
            | Subject::Finding(_)
            | Subject::Evidence(_)
            | Subject::Forward(_)
            | Subject::Health(_)
            | Subject::Alert(_)
            | Subject::Silence(_) => None,
        }
    }

    /// What differs between kinds; none for an environment.
    pub fn body(&self) -> Option<&'a Body> {
        self.of().map(|o| &o.body)
    }

    /// The pod, if it is one or a container of one.
    pub fn pod(&self) -> Option<&'a Pod> {
        self.body().and_then(Body::pod)
    }

    /// Empty outside namespaces.
    pub fn namespace(&self) -> &'a str {
        match self.subject {
            Subject::Finding(finding) => &finding.object.namespace,
            Subject::Forward(forward) => &forward.namespace,
            _ => self.of().map_or("", |o| &o.meta.namespace),
        }
    }

    /// The name of the object, container or environment.
    pub fn name(&self) -> &'a str {
        match self.subject {
            Subject::Object(object) => &object.meta.name,
            Subject::Container(_, container) => &container.name,
            Subject::Environment(environment) => &environment.name,
            Subject::Finding(finding) => &finding.object.name,
            Subject::Evidence(page) => &page.name,
            Subject::Forward(forward) => &forward.name,
            Subject::Health(probe) => &probe.name,
            Subject::Alert(spoken) => &spoken.alert.name,
            Subject::Silence(standing) => &standing.silence.id,
        }
    }

    /// `namespace/name`, or the name alone outside namespaces.
    pub fn full_name(&self) -> String {
        match self.namespace() {
            "" => self.name().to_owned(),
            namespace => format!("{namespace}/{}", self.name()),
        }
    }

    /// The name that a word of the filter is searched in: for an event, what it is about (its own
    /// name is that and a number).
    pub(super) fn searched_name(&self) -> &'a str {
        match self.body() {
            Some(Body::Event(event)) => &event.object,
            _ => self.name(),
        }
    }

    /// The labels of the object (of the pod for a container).
    pub fn labels(&self) -> Option<&'a Labels> {
        self.of().map(|o| &o.meta.labels)
    }

    /// How it is.
    pub fn health(&self) -> Health {
        match self.subject {
            Subject::Object(object) => health(object, self.now),
            Subject::Container(_, container) => container_health(container),
            Subject::Environment(environment) => environment.health,
            Subject::Evidence(_) => Health::Ok,
            Subject::Forward(forward) => forward.health,
            Subject::Health(probe) => probe.state.health(),
            Subject::Alert(spoken) => crate::ui::panes::alerts::health(&spoken.alert),
            Subject::Silence(standing) => crate::ui::panes::alerts::silences::health(standing),
            Subject::Finding(finding) => match finding.severity {
                Severity::Critical => Health::Bad,
                Severity::Warning => Health::Warning,
                Severity::Info => Health::Done,
            },
        }
    }

    /// The colour meaning of the row as a whole: of its status cell, and of its badge.
    pub fn role(&self) -> Role {
        match self.health() {
            Health::Ok => Role::Ok,
            Health::Done => Role::Done,
            Health::Busy => Role::Busy,
            Health::Warning => Role::Warning,
            Health::Bad => Role::Bad,
        }
    }
}

fn container_health(container: &Container) -> Health {
    match &container.state {
        State::Waiting { reason, .. } => match &**reason {
            "" | "ContainerCreating" | "PodInitializing" => Health::Busy,
            _ => Health::Bad,
        },
        State::Terminated(exit) if exit.code != 0 => Health::Bad,
        State::Terminated(_) => Health::Done,
        State::Running { .. } if !container.ready && matches!(container.role, ContainerRole::Main | ContainerRole::Sidecar) => {
            Health::Warning
        }
        State::Running { .. } => Health::Ok,
        State::Unknown => Health::Busy,
    }
}
