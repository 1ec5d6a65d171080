//! What is known at this moment: of what is selected, and around it.

use super::standing::{self, Standing, standing};
use crate::app::palette::Offer;
use crate::app::{App, lead};
use crate::model::{Body, Finding, Known, Link, Namespaces, Object, ObjectRef};
use crate::runbook::library::Library;
use crate::runbook::suggest::{Firing, Shown, Situation, Suggestion, best, suggest};
use crate::runbook::value::{Facts, Origin, Role};

/// The findings that what is selected is about: the selected one, those of the object; of a view that stands on nothing, the worst.
fn findings(app: &App) -> Vec<Finding> {
    let env = app.env();
    if let Some(finding) = app.table().and_then(|table| table.selected_finding()) {
        return vec![finding.clone()];
    }
    match lead::subject(app) {
        Some((object, _)) => {
            let uid = app.store.env(env).and_then(|seen| seen.find(&object)).map(|found| found.meta.uid);
            let about = |finding: &&Finding| finding.object.reference() == object || uid.is_some_and(|uid| finding.members.contains(&uid));
            app.findings(env).filter(about).cloned().collect()
        }
        // What stands on an alert or a probe asks about that one, and not about what else is wrong.
        None if !matches!(standing(app), Standing::Other) => Vec::new(),
        None => app.troubles(env).take(1).cloned().collect(),
    }
}

/// The pages that may help, the best first.
pub fn suggestions<'l>(app: &App, library: &'l Library) -> Vec<Suggestion<'l>> {
    let env = app.env();
    let findings = findings(app);
    let subject = lead::subject(app).map(|(object, _)| object);
    let deployment = subject.as_ref().and_then(|object| deployment(app, object));
    let shown = subject.as_ref().and_then(|object| {
        Some(Shown {
            kind: object.kind.known()?,
            object: app.store.env(env)?.find(object)?,
            events: Vec::new(),
            now: app.now,
            deployment: deployment.as_deref(),
        })
    });
    let alerts = standing::alerts(app, &findings);
    let labels: Vec<Vec<(&str, &str)>> = alerts.iter().map(|alert| alert.labels.iter().collect()).collect();
    let annotations: Vec<[(&str, &str); 1]> = alerts.iter().map(|alert| [("runbook_url", &*alert.runbook)]).collect();
    let firing = alerts.iter().zip(&labels).zip(&annotations);
    let firing: Vec<Firing<'_>> = firing
        .map(|((alert, labels), annotations)| Firing {
            name: &alert.name,
            labels,
            annotations,
        })
        .collect();
    let situation = Situation {
        environment: app.environment(env),
        today: jiff::Timestamp::from_second(app.now.0)
            .ok()
            .map(|now| now.to_zoned(jiff::tz::TimeZone::UTC).date()),
        findings: &findings,
        object: shown.as_ref(),
        alerts: &firing,
        health: &standing::unwell(app, &findings),
        lines: &standing::lines(app),
        ..Situation::default()
    };
    suggest(library, &situation)
}

/// What `:runbook ` offers: the pages that help, with the reason, then all others by name.
pub fn offers(app: &App) -> Vec<(String, Offer)> {
    let library = app.books.library.clone();
    let suggestions = suggestions(app, &library);
    let close = best(&suggestions).len();
    let mut all: Vec<(String, Offer)> = Vec::new();
    for (nth, one) in suggestions.iter().enumerate() {
        let because = match &one.barred {
            Some(barred) => barred.clone(),
            None if nth < close => format!("because {}", one.reason),
            None => one.reason.clone(),
        };
        all.push(offer(&one.page.book.name, format!("{} · {because}", one.page.book.title)));
    }
    let mut rest: Vec<_> = library
        .iter()
        .filter(|page| !suggestions.iter().any(|one| one.page.book.name == page.book.name))
        .collect();
    rest.sort_by(|a, b| a.book.name.cmp(&b.book.name));
    all.extend(rest.into_iter().map(|page| offer(&page.book.name, page.book.title.clone())));
    all
}

fn offer(name: &str, about: String) -> (String, Offer) {
    let line = format!("runbook {name}");
    (name.to_owned(), Offer { line, about })
}

/// Everything that fills variables: what the suggestion knows, the selection, the pods behind it, the environment.
pub fn facts(app: &App, mut facts: Facts) -> Facts {
    if let Some((object, container)) = lead::subject(app) {
        about(app, &object, &mut facts);
        if let Some(container) = container {
            facts.add(Role::Container, &*container, Origin::Selection);
        }
    }
    if let Namespaces::Some(names) = app.workspace.front().view().namespaces()
        && let [one] = names.as_slice()
    {
        facts.add(Role::Namespace, &**one, Origin::Selection);
    }
    around(app, facts)
}

/// What fills variables wherever one stands: what the environment is.
pub fn around(app: &App, mut facts: Facts) -> Facts {
    let env = app.env();
    if let Namespaces::Some(names) = app.home(env)
        && let [one] = names.as_slice()
    {
        facts.add(Role::Namespace, &**one, Origin::Environment);
    }
    let Some(environment) = app.environment(env) else { return facts };
    facts.add(Role::Environment, environment.shown(), Origin::Environment);
    let context = environment.context().unwrap_or_default();
    facts.add(Role::Context, context, Origin::Environment);
    let cluster = if environment.identity.cluster.is_empty() {
        context
    } else {
        &environment.identity.cluster
    };
    facts.add(Role::Cluster, cluster, Origin::Environment);
    // Where the service answers, the probe of its health says.
    let base = environment.probes.iter().find_map(|probe| {
        let base = probe.url.strip_suffix("/health")?;
        Some(base.to_owned()).filter(|_| base.starts_with("http"))
    });
    if let Some(base) = base {
        facts.name("BASE_URL", base, Origin::Environment);
    }
    if let Some(Link::Ready(server)) = app.store.env(env).map(|seen| &seen.link) {
        facts.name("SERVER", server.host.to_string(), Origin::Environment);
    }
    facts
}

/// An object, and what belongs to it.
pub fn about(app: &App, object: &ObjectRef, facts: &mut Facts) {
    facts.add(Role::Namespace, &*object.namespace, Origin::Selection);
    if let Some(role) = Role::of(&object.kind) {
        facts.add(role, &*object.name, Origin::Selection);
    }
    match object.kind.known() {
        Some(Known::PersistentVolumeClaim) => facts.name("CLAIM", &*object.name, Origin::Selection),
        Some(Known::Job) => facts.name("JOB", &*object.name, Origin::Selection),
        Some(Known::CronJob) => facts.name("CRONJOB", &*object.name, Origin::Selection),
        Some(Known::HorizontalPodAutoscaler) => facts.name("HPA", &*object.name, Origin::Selection),
        Some(Known::Ingress) => facts.name("INGRESS", &*object.name, Origin::Selection),
        _ => {}
    }
    if let Some(deployment) = deployment(app, object) {
        facts.add(Role::Deployment, deployment, Origin::Selection);
    }
    let Some(seen) = app.store.env(app.env()) else { return };
    let pod = match object.kind.is(Known::Pod) {
        true => seen.find(object),
        false => seen.find(object).and_then(|owner| pod_of(app, owner)),
    };
    if let Some(pod) = pod {
        facts.add(Role::Pod, &*pod.meta.name, Origin::Selection);
        if let Some(body) = pod.body.pod() {
            facts.add(Role::Node, &*body.node, Origin::Selection);
            let failing = body.containers.iter().find(|container| !container.ready);
            if let Some(container) = failing.or_else(|| body.containers.first()) {
                facts.add(Role::Container, &*container.name, Origin::Selection);
            }
        }
    }
}

/// A pod of a workload: the worst of them, because that is the one to look at.
fn pod_of<'a>(app: &'a App, owner: &Object) -> Option<&'a Object> {
    let seen = app.store.env(app.env())?;
    let selector = owner.body.pod_selector().filter(|selector| !selector.is_empty())?;
    let scope = seen.covering(&Known::Pod.into(), &owner.meta.namespace);
    let feeds = seen.feeds_of(&Known::Pod.into(), &[scope]);
    let pods = feeds.iter().flat_map(|feed| feed.rows());
    let of = |pod: &&Object| pod.meta.namespace == owner.meta.namespace && pod.meta.labels.selected_by(selector);
    pods.filter(of).max_by_key(|pod| {
        let body = pod.body.pod();
        let unready = body.is_some_and(|body| body.containers.iter().any(|container| !container.ready));
        (unready, body.map_or(0, crate::model::Pod::restarts), pod.meta.created.0)
    })
}

/// The deployment that an object belongs to: by its owners, as far as they are seen.
fn deployment(app: &App, object: &ObjectRef) -> Option<String> {
    if object.kind.is(Known::Deployment) {
        return Some(object.name.to_string());
    }
    let seen = app.store.env(app.env())?;
    let found = seen.find(object)?;
    if let Body::Service(_) = &found.body {
        let pod = pod_of(app, found)?;
        return of_pod(pod);
    }
    of_pod(found)
}

fn of_pod(pod: &Object) -> Option<String> {
    let owner = pod.meta.owner.as_deref()?;
    match &*owner.kind {
        "Deployment" => Some(owner.name.to_string()),
        // A replica set is named after its deployment and the hash that its pods have, too.
        "ReplicaSet" => {
            let hash = pod.meta.labels.get("pod-template-hash")?;
            owner.name.strip_suffix(hash)?.strip_suffix('-').map(str::to_owned)
        }
        _ => None,
    }
}
