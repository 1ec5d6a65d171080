//! What stands around something that is not well, and so may have to do with it.

use std::collections::HashSet;
use std::sync::Arc;

use super::moment::{Moment, target, template};
use super::workload;
use crate::diagnosis::sight::Sight;
use crate::model::{Body, ChangeKind, Finding, Known, Labels, Object, Uid};

/// How a change relates to a finding, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The object itself, one that is part of the trouble, or what owns it.
    Itself,
    /// What it cannot do without: a config map, a secret, a claim; the pods behind a service.
    Used,
    /// What aims at it: an autoscaler, a disruption budget, a service.
    Aimed,
    /// The node that its pods run on; for a node, what runs on it.
    Beneath,
    /// Something else in its namespace.
    Namespace,
    /// A node anywhere.
    Cluster,
}

/// The surroundings of a finding.
pub struct Scene<'a> {
    namespace: Arc<str>,
    own: HashSet<Uid>,
    used: HashSet<Uid>,
    beneath: HashSet<Uid>,
    /// Config maps, secrets, claims and services that it uses, by namespace and name.
    names: HashSet<(Known, Arc<str>, Arc<str>)>,
    /// Labels of its pods: what selects them aims at it.
    labels: Vec<(Arc<str>, &'a Labels)>,
}

impl<'a> Scene<'a> {
    pub fn of(sight: &Sight<'a>, finding: &Finding) -> Self {
        let mut scene = Self {
            namespace: finding.object.namespace.clone(),
            own: HashSet::from([finding.object.uid]),
            used: HashSet::new(),
            beneath: HashSet::new(),
            names: HashSet::new(),
            labels: Vec::new(),
        };
        let known = finding.object.kind.known();
        let members = finding.members.iter().copied().filter(|uid| *uid != Uid(0));
        if known == Some(Known::Node) {
            // What runs on a node may be what is too much for it, but a node does not fall ill with its pods.
            let guests: Vec<Uid> = members.filter(|uid| *uid != finding.object.uid).collect();
            for uid in &guests {
                if let Some(pod) = sight.get(Known::Pod, *uid) {
                    scene.beneath.insert(sight.top(Known::Pod, pod).1.meta.uid);
                }
            }
            scene.beneath.extend(guests);
            return scene;
        }
        for uid in members {
            scene.own.insert(uid);
            if let Some(pod) = sight.get(Known::Pod, uid) {
                scene.pod(sight, pod);
            }
        }
        let object = known.and_then(|known| Some((known, sight.get(known, finding.object.uid)?)));
        if let Some((known, object)) = object {
            scene.subject(sight, known, object);
        }
        scene.own.remove(&Uid(0));
        scene.used.retain(|uid| !scene.own.contains(uid));
        scene
    }

    /// A pod that is part of the trouble.
    fn pod(&mut self, sight: &Sight<'a>, object: &'a Object) {
        let (_, top) = sight.top(Known::Pod, object);
        self.own.insert(top.meta.uid);
        self.uses(top);
        self.labels.push((object.meta.namespace.clone(), &object.meta.labels));
        if let Some(pod) = object.body.pod() {
            let claims = pod.claims.iter().cloned();
            self.names
                .extend(claims.map(|name| (Known::PersistentVolumeClaim, object.meta.namespace.clone(), name)));
            self.beneath.extend(sight.node(&pod.node).map(|(node, _)| node.meta.uid));
        }
    }

    /// What it is about.
    fn subject(&mut self, sight: &Sight<'a>, known: Known, object: &'a Object) {
        self.own.extend(object.meta.owner.as_deref().map(|owner| owner.uid));
        self.own.insert(sight.top(known, object).1.meta.uid);
        match &object.body {
            Body::Pod(_) => self.pod(sight, object),
            Body::Workload(w) => {
                self.uses(object);
                self.labels.push((object.meta.namespace.clone(), &w.selector));
            }
            Body::Service(service) => self.behind(sight, object, &service.selector),
            Body::DisruptionBudget(budget) => self.behind(sight, object, &budget.selector),
            Body::Ingress(ingress) => {
                for backend in &ingress.backends {
                    let name = backend.split(':').next().unwrap_or_default();
                    self.names.insert((Known::Service, object.meta.namespace.clone(), name.into()));
                    if let Some(service) = sight.named(Known::Service, &object.meta.namespace, name)
                        && let Body::Service(body) = &service.body
                    {
                        self.behind(sight, service, &body.selector);
                    }
                }
            }
            Body::Autoscaler(_) => self.used.extend(target(sight, object).map(|(_, target)| target.meta.uid)),
            _ => {}
        }
    }

    /// The workloads whose pods something selects.
    fn behind(&mut self, sight: &Sight<'a>, object: &Object, selector: &Labels) {
        for known in [Known::Deployment, Known::StatefulSet, Known::DaemonSet] {
            for other in sight.all(known).filter(|other| other.meta.namespace == object.meta.namespace) {
                if workload(other).is_some_and(|w| w.selector.selected_by(selector)) {
                    self.used.insert(other.meta.uid);
                    self.uses(other);
                }
            }
        }
    }

    /// What the template of a workload names.
    fn uses(&mut self, object: &Object) {
        let Some(template) = template(object) else { return };
        for (known, names) in [
            (Known::ConfigMap, &template.config_maps),
            (Known::Secret, &template.secrets),
            (Known::PersistentVolumeClaim, &template.claims),
        ] {
            let namespace = &object.meta.namespace;
            self.names.extend(names.iter().map(|name| (known, namespace.clone(), name.clone())));
        }
    }

    /// How a change relates to it; `None`: not at all, as far as can be told.
    pub fn relation(&self, sight: &Sight<'a>, moment: &Moment<'_>) -> Option<Relation> {
        let (known, uid) = moment.about();
        let (namespace, name) = moment.place();
        if uid != Uid(0) && self.own.contains(&uid) || moment.made().is_some_and(|set| self.own.contains(&set)) {
            return Some(Relation::Itself);
        }
        let named = known.is_some_and(|known| {
            let nameable = matches!(
                known,
                Known::ConfigMap | Known::Secret | Known::PersistentVolumeClaim | Known::Service
            );
            nameable && self.names.contains(&(known, namespace.into(), name.into()))
        });
        if named || self.used.contains(&uid) {
            return Some(Relation::Used);
        }
        if known.is_some_and(|known| self.is_aimed_at(sight, known, uid)) {
            return Some(Relation::Aimed);
        }
        if self.beneath.contains(&uid) {
            return Some(Relation::Beneath);
        }
        if known == Some(Known::Node) {
            return Some(Relation::Cluster);
        }
        let near = !namespace.is_empty() && *namespace == *self.namespace;
        (near && moment.kind != ChangeKind::Other).then_some(Relation::Namespace)
    }

    /// Whether this autoscaler, budget or service aims at it.
    fn is_aimed_at(&self, sight: &Sight<'a>, known: Known, uid: Uid) -> bool {
        if !matches!(known, Known::HorizontalPodAutoscaler | Known::PodDisruptionBudget | Known::Service) {
            return false;
        }
        let Some(object) = sight.get(known, uid) else { return false };
        match &object.body {
            Body::Autoscaler(_) => target(sight, object).is_some_and(|(_, target)| self.own.contains(&target.meta.uid)),
            body => body.pod_selector().is_some_and(|selector| {
                let mut labels = self.labels.iter();
                labels.any(|(namespace, labels)| *namespace == object.meta.namespace && labels.selected_by(selector))
            }),
        }
    }
}
