//! Why an object counts as well, kind by kind: what was looked at, and what it was found to be.

use super::{Line, Meaning};
use crate::diagnosis::group::served;
use crate::diagnosis::sight::Sight;
use crate::model::{
    Body, Condition, ConditionStatus, Exit, Job, Known, Labels, Lead, Node, Object, ObjectRef, Phase, Pod, Quantity, Workload, condition,
    network, short_age, storage,
};

/// A restart within this time is recent (seconds).
const RECENT: i64 = 600;

/// Workloads that are named as users of something.
const USERS: usize = 6;

/// Whether anything is checked for objects of a kind.
pub fn is_judged(known: Option<Known>) -> bool {
    use Known::*;
    matches!(
        known,
        Some(
            Pod | Deployment
                | ReplicaSet
                | StatefulSet
                | DaemonSet
                | Job
                | CronJob
                | Service
                | Ingress
                | PersistentVolumeClaim
                | Node
                | HorizontalPodAutoscaler
                | PodDisruptionBudget
        )
    )
}

/// How an object is, in a few words.
pub fn state(object: &Object) -> String {
    if object.meta.deleting.is_known() {
        return "it is being deleted".into();
    }
    match &object.body {
        Body::Pod(pod) => pod_state(pod),
        Body::Workload(w) => format!("{} of {} pods are {}", have(w), w.desired, at_work(w)),
        Body::Job(job) => format!("{} pods succeeded, {} failed", job.succeeded, job.failed),
        Body::Node(node) if node.ready != ConditionStatus::True => "it is not ready".into(),
        Body::Node(node) if node.unschedulable => "it is cordoned".into(),
        Body::Node(_) => "it is ready".into(),
        Body::Claim(claim) if claim.phase.is_empty() => "it has no phase".into(),
        Body::Claim(claim) => format!("it is {}", claim.phase),
        Body::Autoscaler(scaler) => format!(
            "{} replicas, of {} to {}, {} wanted",
            scaler.current, scaler.min, scaler.max, scaler.desired
        ),
        Body::DisruptionBudget(budget) => format!(
            "{} of {} pods are healthy, {} needed; {} may go",
            budget.healthy, budget.expected, budget.desired, budget.allowed
        ),
        Body::Namespace(namespace) if !namespace.phase.is_empty() => format!("it is {}", namespace.phase),
        Body::Volume(volume) if !volume.phase.is_empty() => format!("it is {}", volume.phase),
        _ => "it is not as it should be".into(),
    }
}

fn pod_state(pod: &Pod) -> String {
    let (ready, all) = pod.ready();
    let mut words = vec![match &*pod.status {
        "" => phase(pod.phase).to_owned(),
        status => status.to_owned(),
    }];
    if ready < all && pod.phase == Phase::Running {
        words.push(format!("{ready} of {all} containers ready"));
    }
    if let Some((container, exit)) = pod.last_exit() {
        words.push(format!("container {} ended: {}", container.name, exit.why()));
    }
    match pod.restarts() {
        0 => {}
        1 => words.push("1 restart".into()),
        n => words.push(format!("{n} restarts")),
    }
    words.join(" · ")
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

fn well(text: impl Into<String>) -> Line {
    Line::new(Meaning::Well, text)
}

fn note(text: impl Into<String>) -> Line {
    Line::new(Meaning::Note, text)
}

/// A line that is good news or not.
fn judged(good: bool, text: impl Into<String>) -> Line {
    if good { well(text) } else { note(text) }
}

/// What was looked at, and what it was found to be.
pub fn reasons(sight: &Sight<'_>, reference: &ObjectRef, object: &Object) -> Vec<Line> {
    let mut lines = match &object.body {
        Body::Pod(pod) => of_pod(sight, pod),
        Body::Workload(w) => of_workload(sight, object, w),
        Body::Job(job) => of_job(job),
        Body::CronJob(job) => {
            let mut lines = vec![if job.suspended {
                note("it is suspended: it starts no jobs")
            } else {
                well(format!("it runs at {}", job.schedule))
            }];
            if job.last_scheduled.is_known() {
                lines.push(well("it was last started").at(job.last_scheduled));
            }
            if job.last_succeeded.is_known() {
                lines.push(well("a job of it last succeeded").at(job.last_succeeded));
            }
            lines
        }
        Body::Node(node) => of_node(sight, object, node),
        Body::Service(service) => of_service(sight, object, service),
        Body::Ingress(ingress) => of_ingress(sight, object, ingress),
        Body::Claim(claim) => of_claim(sight, object, claim),
        Body::Autoscaler(_) | Body::DisruptionBudget(_) | Body::Namespace(_) | Body::Volume(_) => vec![well(state(object))],
        Body::Cells(_) => users(sight, reference),
        Body::EndpointSlice(_) | Body::NetworkPolicy(_) | Body::ServiceAccount(_) | Body::Event(_) => Vec::new(),
    };
    if let Body::Autoscaler(scaler) = &object.body {
        lines.extend(scaler.conditions.iter().map(of_condition));
    }
    if let Some(write) = object.meta.writes.iter().max_by_key(|write| write.at).filter(|w| w.at.is_known()) {
        lines.push(note(format!("last written by {}", write.manager)).at(write.at));
    }
    lines
}

fn of_pod(sight: &Sight<'_>, pod: &Pod) -> Vec<Line> {
    if pod.phase == Phase::Succeeded {
        let ended = pod.containers.iter().filter_map(|c| c.ended()).map(|(_, exit)| exit.finished).max();
        return vec![well("phase Succeeded: its containers came to their end without an error").at(ended.unwrap_or_default())];
    }
    let mut lines = vec![judged(pod.phase == Phase::Running, format!("phase {}", phase(pod.phase)))];
    let (ready, all) = pod.ready();
    let condition = pod.condition("Ready");
    let good = ready == all && condition.is_none_or(|c| c.status == ConditionStatus::True);
    let since = condition.map(|c| c.since).unwrap_or_default();
    lines.push(judged(good, format!("{ready} of {all} containers are ready")).at(since));
    lines.push(match pod.last_exit() {
        None => well("no container of it was restarted"),
        Some((container, exit)) => restarted(sight, &container.name, exit),
    });
    lines.extend(match (&*pod.node, sight.node(&pod.node)) {
        ("", _) => Some(note("it has no node")),
        (name, Some((object, node))) => Some(
            judged(
                node.ready == ConditionStatus::True,
                match node.ready {
                    ConditionStatus::True => format!("its node {name} is ready"),
                    _ => format!("its node {name} is not ready"),
                },
            )
            .lead(Lead::Object(object.reference(&Known::Node.into()))),
        ),
        (name, None) if sight.knows(Known::Node) => Some(note(format!("its node {name} is gone"))),
        _ => None,
    });
    lines
}

fn restarted(sight: &Sight<'_>, container: &str, exit: &Exit) -> Line {
    let recent = exit.finished.age(sight.now) < RECENT;
    let text = if recent {
        format!("container {container} ended within the last 10 min: {}", exit.why())
    } else {
        format!(
            "no restarts in the last 10 min; container {container} ended {} ago: {}",
            short_age(exit.finished.age(sight.now)),
            exit.why()
        )
    };
    judged(!recent, text).at(exit.finished)
}

/// How many pods of a workload are at work.
fn have(w: &Workload) -> u32 {
    served(w.kind, w.available, w.ready)
}

fn at_work(w: &Workload) -> &'static str {
    if matches!(w.kind, Known::Deployment | Known::DaemonSet) {
        "available"
    } else {
        "ready"
    }
}

fn of_workload(sight: &Sight<'_>, object: &Object, w: &Workload) -> Vec<Line> {
    if w.desired == 0 {
        let text = match w.kind {
            Known::ReplicaSet if object.meta.owner.is_some() => "an earlier revision: no pods are wanted of it",
            _ => "no pods are wanted: it is scaled to 0",
        };
        return vec![well(text)];
    }
    let available = have(w);
    let mut lines = vec![judged(
        available >= w.desired,
        format!("{available} of {} pods are {}", w.desired, at_work(w)),
    )];
    if w.kind != Known::ReplicaSet {
        let complete = w.observed && w.updated >= w.desired && w.current <= w.updated;
        let newest = sight.revisions(object).first().map(|(set, _)| set.meta.created).unwrap_or_default();
        let revision = if w.revision > 0 {
            format!(", revision {}", w.revision)
        } else {
            String::new()
        };
        lines.push(
            judged(
                complete,
                if complete {
                    format!("the rollout is complete{revision}")
                } else {
                    format!("a rollout is under way: {} of {} pods are new{revision}", w.updated, w.desired)
                },
            )
            .at(newest),
        );
    }
    if w.paused {
        lines.push(note("its rollouts are paused"));
    }
    lines
}

fn of_job(job: &Job) -> Vec<Line> {
    let complete = condition(&job.conditions, "Complete").is_some_and(|c| c.status == ConditionStatus::True);
    let wanted = job.completions.map_or_else(String::new, |n| format!(" of {n}"));
    if complete {
        return vec![well(format!("it is complete: {}{wanted} pods succeeded", job.succeeded)).at(job.finished)];
    }
    let mut lines = vec![if job.suspended {
        note("it is suspended")
    } else {
        note(format!("it runs: {} active, {}{wanted} succeeded", job.active, job.succeeded)).at(job.started)
    }];
    if job.failed > 0 {
        lines.push(note(format!("{} of its pods failed", job.failed)));
    }
    lines
}

fn of_node(sight: &Sight<'_>, object: &Object, node: &Node) -> Vec<Line> {
    let ready = node.ready == ConditionStatus::True;
    let since = condition(&node.conditions, "Ready").map(|c| c.since).unwrap_or_default();
    let mut lines = vec![judged(ready, if ready { "it is ready" } else { "it is not ready" }).at(since)];
    let pressed = node
        .conditions
        .iter()
        .filter(|c| &*c.name != "Ready" && c.status == ConditionStatus::True);
    let pressed: Vec<Line> = pressed.map(|c| note(format!("{}: {}", c.name, c.message)).at(c.since)).collect();
    if pressed.is_empty() {
        lines.push(well("no pressure on memory, disk or process ids"));
    }
    lines.extend(pressed);
    if node.unschedulable {
        lines.push(note("it is cordoned: no new pods come to it"));
    }
    if sight.knows(Known::Pod) {
        let here = |pod: &Pod| *pod.node == *object.meta.name && matches!(pod.phase, Phase::Pending | Phase::Running);
        let pods = sight.all(Known::Pod).filter(|o| o.body.pod().is_some_and(here)).count();
        let room = if node.pods > 0 {
            format!(" of {} that fit", node.pods)
        } else {
            String::new()
        };
        lines.push(well(format!("{pods} pods run on it{room}")));
    }
    lines
}

/// Endpoints of a service that take traffic, of how many; `None` where slices are not watched.
fn endpoints(sight: &Sight<'_>, namespace: &str, service: &str) -> Option<(usize, usize)> {
    if !sight.knows(Known::EndpointSlice) {
        return None;
    }
    let slices = sight.all(Known::EndpointSlice).filter_map(|o| match &o.body {
        Body::EndpointSlice(slice) if *o.meta.namespace == *namespace && *slice.service == *service => Some(slice),
        _ => None,
    });
    let mut counts = (0, 0);
    for endpoint in slices.flat_map(|slice| slice.endpoints.iter()) {
        counts = (counts.0 + usize::from(endpoint.ready), counts.1 + 1);
    }
    Some(counts)
}

fn of_service(sight: &Sight<'_>, object: &Object, service: &network::Service) -> Vec<Line> {
    if &*service.kind == "ExternalName" {
        return vec![well(format!("it is another name for {}", service.external))];
    }
    let mut lines = Vec::new();
    match endpoints(sight, &object.meta.namespace, &object.meta.name) {
        Some((ready, all)) => lines.push(judged(ready > 0, format!("{ready} of {all} endpoints are ready"))),
        None => lines.push(note("its endpoints are not watched")),
    }
    if service.selector.is_empty() {
        lines.push(note("it selects no pods: its endpoints are made by something else"));
    } else {
        lines.extend(behind(sight, object, &service.selector));
    }
    lines
}

/// The workloads that a service leads to.
fn behind(sight: &Sight<'_>, object: &Object, selector: &Labels) -> Vec<Line> {
    let mut lines = Vec::new();
    for known in [Known::Deployment, Known::StatefulSet, Known::DaemonSet] {
        let fits = |other: &&Object| {
            other.meta.namespace == object.meta.namespace && other.body.pod_selector().is_some_and(|labels| labels.selected_by(selector))
        };
        lines.extend(sight.all(known).filter(fits).map(|other| {
            let reference = other.reference(&known.into());
            let text = format!("it leads to the pods of {}", named(known, &reference.name));
            well(text).lead(Lead::Object(reference))
        }));
    }
    lines.sort_by(|a, b| a.text.cmp(&b.text));
    lines.truncate(USERS);
    lines
}

fn of_ingress(sight: &Sight<'_>, object: &Object, ingress: &network::Ingress) -> Vec<Line> {
    let backends = ingress.backends.iter().map(|backend| {
        let name = backend.split(':').next().unwrap_or_default();
        match endpoints(sight, &object.meta.namespace, name) {
            Some((ready, all)) => judged(ready > 0, format!("service {name}: {ready} of {all} endpoints are ready")),
            None => note(format!("it leads to service {name}")),
        }
        .lead(Lead::Object(ObjectRef {
            kind: Known::Service.into(),
            namespace: object.meta.namespace.clone(),
            name: name.into(),
        }))
    });
    backends.collect()
}

fn of_claim(sight: &Sight<'_>, object: &Object, claim: &storage::Claim) -> Vec<Line> {
    let bound = &*claim.phase == "Bound";
    let size = if claim.capacity == Quantity::NONE {
        String::new()
    } else {
        format!(", {}", claim.capacity.memory())
    };
    let mut lines = vec![judged(
        bound,
        match bound {
            true => format!("it is bound to volume {}{size}", claim.volume),
            false => state(object),
        },
    )];
    if let Some(Ok(volumes)) = &sight.seen.volumes
        && let Some(usage) = volumes
            .iter()
            .find(|v| v.namespace == object.meta.namespace && *v.claim == *object.meta.name)
        && let Some(percent) = usage.used.percent_of(usage.capacity)
    {
        lines.push(judged(percent < 85, format!("it is {percent} % full")).at(usage.at));
    }
    lines
}

/// Of config maps and secrets: the workloads whose templates name them.
fn users(sight: &Sight<'_>, reference: &ObjectRef) -> Vec<Line> {
    let mut lines = Vec::new();
    for known in [Known::Deployment, Known::StatefulSet, Known::DaemonSet] {
        for object in sight.all(known).filter(|o| o.meta.namespace == reference.namespace) {
            let Body::Workload(w) = &object.body else { continue };
            let names = match reference.kind.known() {
                Some(Known::ConfigMap) => &w.template.config_maps,
                Some(Known::Secret) => &w.template.secrets,
                _ => return Vec::new(),
            };
            if names.contains(&reference.name) {
                let user = object.reference(&known.into());
                lines.push(note(format!("{} uses it", named(known, &user.name))).lead(Lead::Object(user)));
            }
        }
    }
    lines.sort_by(|a, b| a.text.cmp(&b.text));
    lines.truncate(USERS);
    lines
}

fn named(known: Known, name: &str) -> String {
    let kind = match known {
        Known::Deployment => "deployment",
        Known::StatefulSet => "stateful set",
        Known::DaemonSet => "daemon set",
        _ => known.info().name,
    };
    format!("{kind} {name}")
}

fn of_condition(c: &Condition) -> Line {
    let (status, good) = match c.status {
        ConditionStatus::True => ("yes", true),
        ConditionStatus::False => ("no", false),
        ConditionStatus::Unknown => ("unknown", false),
    };
    // Being limited is the one of an autoscaler's conditions that is bad news when it holds.
    let good = if c.name.contains("Limited") { !good } else { good };
    let message = match c.message.trim() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    judged(good, format!("{}: {status}{message}", c.name)).at(c.since)
}
