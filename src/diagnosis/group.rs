//! Pods with the same trouble and the same owner: three of them are one finding.

use std::collections::BTreeMap;

use super::fault::{Fault, PodFault};
use super::sight::Sight;
use crate::model::{Body, Condition, ConditionStatus, Event, Evidence, EvidenceKind, Finding, Known, Lead, Object, Severity};
use crate::model::{Subject, TailKey, Time, Uid, condition};

/// Pods of one owner with one fault.
pub struct Group<'s, 'a> {
    /// What stands at the top: a workload, a job, or the pod itself.
    pub top: (Known, &'a Object),
    /// The pods, by name.
    pub faults: Vec<&'s PodFault<'a>>,
    /// The pod to speak of: the one that is in trouble for longest is the one with most to tell.
    pub lead: &'s PodFault<'a>,
}

/// The groups of one sort of fault, by namespace and name of what owns them.
pub fn groups<'s, 'a>(sight: &'s Sight<'a>, fault: impl Fn(Fault) -> bool) -> Vec<Group<'s, 'a>> {
    groups_of(sight, |found| fault(found.fault))
}

/// The groups of the pods that count.
pub fn groups_of<'s, 'a>(sight: &'s Sight<'a>, counts: impl Fn(&PodFault<'a>) -> bool) -> Vec<Group<'s, 'a>> {
    let mut groups: BTreeMap<(&str, &str, Uid, Fault), Group<'s, 'a>> = BTreeMap::new();
    for found in sight.faults().iter().filter(|found| counts(found)) {
        let top = found.top(sight);
        let key = (&*top.1.meta.namespace, &*top.1.meta.name, top.1.meta.uid, found.fault);
        let group = groups.entry(key).or_insert_with(|| Group {
            top,
            faults: Vec::new(),
            lead: found,
        });
        if found.since < group.lead.since {
            group.lead = found;
        }
        group.faults.push(found);
    }
    groups.into_values().collect()
}

impl<'s, 'a> Group<'s, 'a> {
    /// Since when the first of them is in trouble.
    pub fn since(&self) -> Time {
        self.faults
            .iter()
            .map(|f| f.since)
            .filter(|t| t.is_known())
            .min()
            .unwrap_or_default()
    }

    /// Whether it is a pod that nothing owns.
    pub fn is_bare(&self) -> bool {
        self.top.0 == Known::Pod
    }

    /// `3 of 5 pods crash`, or for a single pod `crashes`.
    pub fn phrase(&self, many: &str, one: &str) -> String {
        if self.is_bare() {
            return one.to_owned();
        }
        let count = self.faults.len();
        let wanted = match &self.top.1.body {
            Body::Workload(w) => usize::try_from(w.desired).unwrap_or(0),
            _ => 0,
        };
        match (count, wanted) {
            (1, 0) => format!("a pod {one}"),
            (count, 0) => format!("{count} pods {many}"),
            // During a rollout there are more pods than are wanted.
            (1, wanted) => format!("1 of {} pods {one}", wanted.max(count)),
            (count, wanted) => format!("{count} of {} pods {many}", wanted.max(count)),
        }
    }

    /// How bad it is: nobody is served any more, or the rest still serves.
    pub fn severity(&self) -> Severity {
        match &self.top.1.body {
            Body::Workload(w) if w.desired > 0 && served(w.kind, w.available, w.ready) == 0 => Severity::Critical,
            _ => Severity::Warning,
        }
    }

    /// A finding about what owns them; its members are its pods, and what leads from them to it.
    pub fn finding(&self, sight: &Sight<'a>, severity: Severity, title: String) -> Finding {
        let (known, top) = self.top;
        let subject = if self.is_bare() {
            Subject::of(known, top)
        } else {
            sight.top_subject(known, top)
        };
        let pods = self.faults.iter().map(|f| f.object.meta.uid);
        let owners = self.faults.iter().filter_map(|f| Some(f.object.meta.owner.as_deref()?.uid));
        let mut finding = Finding::new(severity, subject, title)
            .since(self.since())
            .members(pods)
            .members(owners)
            .members([top.meta.uid]);
        finding.depends = self.faults.iter().map(|f| f.object.meta.uid).collect();
        for fault in &self.faults {
            let claims = fault.pod.claims.iter();
            let claims = claims.filter_map(|name| sight.named(Known::PersistentVolumeClaim, &fault.object.meta.namespace, name));
            finding.depends.extend(claims.map(|claim| claim.meta.uid));
        }
        for list in [&mut finding.members, &mut finding.depends] {
            list.sort();
            list.dedup();
        }
        finding
    }
}

/// How many pods of a workload take work.
pub fn served(kind: Known, available: u32, ready: u32) -> u32 {
    if matches!(kind, Known::Deployment | Known::DaemonSet) {
        available
    } else {
        ready
    }
}

impl<'a> PodFault<'a> {
    /// Which pod this is evidence from, where there are several.
    fn reference(&self) -> crate::model::ObjectRef {
        self.object.reference(&Known::Pod.into())
    }

    /// How the last run of its container ended.
    pub fn exit_evidence(&self) -> Option<Evidence> {
        let (container, exit) = (self.container?, self.exit?);
        let life = exit.finished - exit.started;
        let after = if exit.started.is_known() && life >= 0 {
            format!(" after {}", crate::model::short_age(life))
        } else {
            String::new()
        };
        let times = match container.restarts {
            0 => String::new(),
            1 => ", 1 restart".into(),
            n => format!(", {n} restarts"),
        };
        let message = if exit.message.trim().is_empty() {
            String::new()
        } else {
            format!(": {}", exit.message.trim())
        };
        let text = format!("container {} ended: {}{after}{times}{message}", container.name, exit.why());
        Some(Evidence::new(EvidenceKind::Exit, text, exit.finished).lead(Lead::Object(self.reference())))
    }

    /// The events, those that say why before those that only say that it goes on, the newest first.
    fn telling(&self) -> Vec<&'a Event> {
        let mut events = self.events.clone();
        events.sort_by_key(|event| is_vague(event));
        events
    }

    /// The event that says most.
    pub fn telling_event(&self) -> Option<&'a Event> {
        self.telling().first().copied()
    }

    /// What the cluster said, one event of each reason, at most so many.
    pub fn event_evidence(&self, most: usize) -> Vec<Evidence> {
        let mut seen = Vec::new();
        let mut found = Vec::new();
        for event in self.telling() {
            if seen.contains(&&event.reason) || found.len() >= most {
                continue;
            }
            seen.push(&event.reason);
            found.push(event_evidence(event, Lead::Events(self.reference())));
        }
        found
    }

    /// The run whose last lines say why, if one has ended.
    pub fn tail(&self) -> Option<TailKey> {
        let container = self.container.filter(|_| self.exit.is_some())?;
        let (run, _) = container.ended()?;
        Some(TailKey {
            namespace: self.object.meta.namespace.clone(),
            pod: (*self.object.meta.name).into(),
            uid: self.object.meta.uid,
            container: container.name.clone(),
            run,
            previous: !matches!(container.state, crate::model::State::Terminated(_)),
            look: 0,
        })
    }

    /// What the kubelet says of the container that waits.
    pub fn waiting_evidence(&self) -> Option<Evidence> {
        let container = self.container?;
        let crate::model::State::Waiting { reason, message } = &container.state else {
            return None;
        };
        let text = match &**message {
            "" => format!("container {} waits: {reason}", container.name),
            message => format!("container {} waits: {reason}: {message}", container.name),
        };
        Some(Evidence::new(EvidenceKind::Condition, text, self.since).lead(Lead::Object(self.reference())))
    }
}

/// The way to an object, described.
pub fn open(known: Known, object: &Object) -> Lead {
    Lead::Object(object.reference(&known.into()))
}

/// Whether an event only says that something goes on. The kubelet repeats these for as long as it lasts, and says why
/// only at first: the server then holds the reason as the older event of the same name.
fn is_vague(event: &Event) -> bool {
    const PHRASES: [&str; 4] = [
        "Back-off ",
        "Error: ErrImagePull",
        "Error: ImagePullBackOff",
        "Unable to attach or mount volumes",
    ];
    PHRASES.iter().any(|phrase| event.message.starts_with(phrase))
}

/// An event as evidence.
pub fn event_evidence(event: &Event, lead: Lead) -> Evidence {
    let times = if event.count > 1 {
        format!(" (×{})", event.count)
    } else {
        String::new()
    };
    Evidence::new(
        EvidenceKind::Event,
        format!("{}: {}{times}", event.reason, event.message.trim()),
        event.last,
    )
    .lead(lead)
}

/// A condition as evidence: its type, whether it holds, and what it says.
pub fn condition_evidence(c: &Condition, lead: Lead) -> Evidence {
    let status = match c.status {
        ConditionStatus::True => "yes",
        ConditionStatus::False => "no",
        ConditionStatus::Unknown => "unknown",
    };
    let reason = if c.reason.is_empty() {
        String::new()
    } else {
        format!(" ({})", c.reason)
    };
    let message = if c.message.trim().is_empty() {
        String::new()
    } else {
        format!(": {}", c.message.trim())
    };
    Evidence::new(EvidenceKind::Condition, format!("{}: {status}{reason}{message}", c.name), c.since).lead(lead)
}

/// A condition of this type with this status.
pub fn holds<'a>(conditions: &'a [Condition], name: &str, status: ConditionStatus) -> Option<&'a Condition> {
    condition(conditions, name).filter(|c| c.status == status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_says_why_is_told_from_one_that_only_goes_on() {
        let vague = |message: &str| {
            is_vague(&Event {
                message: message.into(),
                ..Event::default()
            })
        };
        for message in [
            r#"Back-off pulling image "127.0.0.1:5999/nope/app:2.0""#,
            "Back-off restarting failed container",
            "Error: ImagePullBackOff",
            "Unable to attach or mount volumes: unmounted volumes=[v]: timed out waiting for the condition",
        ] {
            assert!(vague(message), "{message}");
        }
        for message in [
            r#"MountVolume.SetUp failed for volume "v" : secret "does-not-exist" not found"#,
            "Failed to pull image: connection refused",
            "Error: ErrImageNeverPull",
            r#"Error: configmap "does-not-exist" not found"#,
        ] {
            assert!(!vague(message), "{message}");
        }
    }
}
