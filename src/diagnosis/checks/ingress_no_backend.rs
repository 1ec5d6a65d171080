//! An ingress leads to a service that is not there, or that nothing answers for.

use super::service_no_endpoints::{SLOW, behind};
use crate::diagnosis::PATIENCE;
use crate::diagnosis::group::open;
use crate::diagnosis::sight::Sight;
use crate::diagnosis::traffic::Backing;
use crate::model::network::Ingress;
use crate::model::{Body, Evidence, EvidenceKind, Finding, Known, Object, Severity, Subject, Time, Uid};

pub(super) fn check(sight: &Sight<'_>) -> Vec<Finding> {
    sight.each(Known::Ingress, |object| match &object.body {
        Body::Ingress(ingress) if !object.meta.deleting.is_known() && object.meta.created.age(sight.now) > SLOW => {
            finding(sight, object, ingress)
        }
        _ => None,
    })
}

/// What is wrong with one of the services that an ingress leads to.
struct Broken {
    severity: Severity,
    title: String,
    since: Time,
    evidence: Vec<Evidence>,
    depends: Vec<Uid>,
}

fn finding(sight: &Sight<'_>, object: &Object, ingress: &Ingress) -> Option<Finding> {
    let mut broken: Vec<Broken> = services(ingress)
        .into_iter()
        .filter_map(|service| look(sight, object, service))
        .collect();
    broken.sort_by_key(|b| std::cmp::Reverse(b.severity));
    let worst = broken.first()?;
    let more = match broken.len() {
        1 => String::new(),
        n => format!(" · and {} more that nothing answers for", n - 1),
    };
    let title = format!("{}{more}", worst.title);
    let mut finding = Finding::new(worst.severity, Subject::of(Known::Ingress, object), title).since(worst.since);
    let hosts: Vec<&str> = ingress.hosts.iter().map(|host| &**host).collect();
    let leads = format!("{} leads to {}", hosts.join(", "), ingress.backends.join(", "));
    let own = Evidence::new(EvidenceKind::Condition, leads, Time::NEVER).lead(open(Known::Ingress, object));
    // One that something else explains explains the others only where it explains all of them.
    if broken.iter().all(|b| !b.depends.is_empty()) {
        finding.depends = broken.iter().flat_map(|b| b.depends.iter().copied()).collect();
    }
    finding.evidence.extend(broken.into_iter().flat_map(|b| b.evidence));
    Some(finding.evidence([own]))
}

/// The names of the services it leads to, each once.
fn services(ingress: &Ingress) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for backend in &ingress.backends {
        // `Kind/name` is a resource of another sort, and a port of this name an instruction to AWS's load balancer.
        if backend.contains('/') || backend.ends_with(":use-annotation") {
            continue;
        }
        let name = backend.split_once(':').map_or(&**backend, |(name, _)| name);
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn look(sight: &Sight<'_>, object: &Object, name: &str) -> Option<Broken> {
    let namespace = &object.meta.namespace;
    if !sight.covers(Known::Service, namespace) {
        return None;
    }
    let Some(target) = sight.named(Known::Service, namespace, name) else {
        return Some(Broken {
            severity: Severity::Critical,
            title: format!("leads to service {name}, which does not exist"),
            since: Time::NEVER,
            evidence: vec![Evidence::new(
                EvidenceKind::Condition,
                format!("there is no service {name} in {namespace}"),
                Time::NEVER,
            )],
            depends: Vec::new(),
        });
    };
    let told = |text: String, since| Evidence::new(EvidenceKind::Condition, text, since).lead(open(Known::Service, target));
    let unserved = sight.unserved().iter().find(|u| u.object.meta.uid == target.meta.uid)?;
    match &unserved.backing {
        Backing::Unready(unready) if unready.since.age(sight.now) > SLOW => {
            let mut depends = unready.depends(sight);
            depends.push(target.meta.uid);
            Some(Broken {
                severity: Severity::Critical,
                title: format!("leads to service {name}, which has no ready endpoint"),
                since: unready.since,
                evidence: std::iter::once(told(format!("no endpoint of service {name} takes traffic"), unready.since))
                    .chain(behind(unready))
                    .collect(),
                depends,
            })
        }
        Backing::Nothing if target.meta.created.age(sight.now) > PATIENCE => Some(Broken {
            severity: Severity::Critical,
            title: format!("leads to service {name}, which selects nothing"),
            since: Time::NEVER,
            evidence: vec![told(format!("no pod has the labels that service {name} selects"), Time::NEVER)],
            depends: vec![target.meta.uid],
        }),
        // Somebody wanted it so.
        Backing::Idle(known, maker) if target.meta.created.age(sight.now) > PATIENCE => {
            let maker = format!("{} {}", known.info().name.to_lowercase(), maker.meta.name);
            Some(Broken {
                severity: Severity::Info,
                title: format!("leads to service {name}, whose {maker} is scaled to 0"),
                since: Time::NEVER,
                evidence: vec![told(
                    format!("service {name} selects {maker}, which is to have 0 pods"),
                    Time::NEVER,
                )],
                depends: vec![target.meta.uid],
            })
        }
        _ => None,
    }
}
