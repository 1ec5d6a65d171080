//! An environment in a few numbers: what the header counts, what the summary line says, which environment is worst.

use std::collections::BTreeMap;

use super::{EnvStore, FeedState};
use crate::model::{Body, Health, Kind, Known, Link, Object, Scope, Time, Workload, health, short_age};

/// Counts and troubles of one environment, from whatever feeds are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Nodes ready, of how many. `None`: not known (not listed yet, or not allowed).
    pub nodes: Option<(usize, usize)>,
    /// Pods that are as they should be, of how many that should run.
    pub pods: Option<(usize, usize)>,
    /// Deployments fully available, of how many.
    pub deployments: Option<(usize, usize)>,
    /// What is wrong, worst first.
    pub troubles: Vec<Trouble>,
}

/// One line of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub health: Health,
    /// `2 pods CrashLoopBackOff`, `node solia-node-dead NotReady 3h`.
    pub text: String,
    pub kind: Known,
    /// How many objects.
    pub count: usize,
}

impl Summary {
    /// Counts an environment's open feeds.
    pub fn of(env: &EnvStore, now: Time) -> Self {
        let mut summary = Self::default();
        summary.count_nodes(env, now);
        summary.count_deployments(env, now);
        summary.count_pods(env, now);
        summary.troubles.sort_by(|a, b| {
            b.health
                .cmp(&a.health)
                .then(rank(a.kind).cmp(&rank(b.kind)))
                .then(b.count.cmp(&a.count))
        });
        summary
    }

    fn count_nodes(&mut self, env: &EnvStore, now: Time) {
        let Some(nodes) = objects(env, Known::Node) else { return };
        let bad: Vec<&Object> = nodes.iter().copied().filter(|node| health(node, now) == Health::Bad).collect();
        self.nodes = Some((nodes.len() - bad.len(), nodes.len()));
        match bad.as_slice() {
            [] => {}
            [node] => {
                let since = match &node.body {
                    Body::Node(n) => n.conditions.iter().find(|c| &*c.name == "Ready").map(|c| c.since),
                    _ => None,
                };
                let since = since
                    .filter(|s| s.is_known())
                    .map_or(String::new(), |s| format!(" {}", short_age(s.age(now))));
                self.push(Health::Bad, format!("node {} NotReady{since}", node.meta.name), Known::Node, 1);
            }
            many => self.push(Health::Bad, format!("{} nodes NotReady", many.len()), Known::Node, many.len()),
        }
    }

    fn count_deployments(&mut self, env: &EnvStore, now: Time) {
        let Some(deployments) = objects(env, Known::Deployment) else {
            return;
        };
        let mut troubled = Vec::new();
        for object in &deployments {
            let judged = health(object, now);
            if let Body::Workload(w) = &object.body
                && judged.is_fault()
            {
                troubled.push((judged, *object, &**w));
            }
        }
        self.deployments = Some((deployments.len() - troubled.len(), deployments.len()));
        troubled.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.meta.name.cmp(&b.1.meta.name)));
        let line = |(_, object, w): &(Health, &Object, &Workload)| match w.available < w.desired {
            true => format!("{} {}/{}", object.meta.name, w.available, w.desired),
            // The old pods still serve, the new ones do not come up.
            false => format!("{} rollout stuck", object.meta.name),
        };
        match troubled.as_slice() {
            [] => {}
            few if few.len() <= 2 => {
                for one in few {
                    self.push(one.0, line(one), Known::Deployment, 1);
                }
            }
            many => {
                let text = format!("{} deployments in trouble", many.len());
                self.push(many[0].0, text, Known::Deployment, many.len());
            }
        }
    }

    fn count_pods(&mut self, env: &EnvStore, now: Time) {
        let Some(pods) = objects(env, Known::Pod) else { return };
        let (mut fine, mut expected) = (0, 0);
        let mut by_status: BTreeMap<String, (Health, usize)> = BTreeMap::new();
        for object in pods {
            let judged = health(object, now);
            if judged == Health::Done {
                continue;
            }
            expected += 1;
            if !judged.is_fault() {
                fine += 1;
                continue;
            }
            let Body::Pod(pod) = &object.body else { continue };
            // "Running" says nothing about a pod that is in trouble: say what the trouble is.
            let (ready, all) = pod.ready();
            let why = match (&*pod.status, pod.last_exit()) {
                ("Running", Some((_, exit))) if ready == all => format!("restarted ({})", exit.why()),
                ("Running", _) if ready < all => "not ready".to_owned(),
                ("", _) => "without a state".to_owned(),
                (status, _) => status.to_owned(),
            };
            let entry = by_status.entry(why).or_insert((judged, 0));
            *entry = (entry.0.max(judged), entry.1 + 1);
        }
        self.pods = Some((fine, expected));
        for (why, (judged, count)) in by_status {
            let noun = if count == 1 { "pod" } else { "pods" };
            self.push(judged, format!("{count} {noun} {why}"), Known::Pod, count);
        }
    }

    fn push(&mut self, health: Health, text: String, kind: Known, count: usize) {
        self.troubles.push(Trouble { health, text, kind, count });
    }

    /// How bad it is, to compare environments: nodes weigh most, then workloads, then pods.
    pub fn badness(&self) -> (usize, usize, usize, usize) {
        let of = |kind: Known, health: Health| {
            self.troubles
                .iter()
                .filter(|t| t.kind == kind && t.health == health)
                .map(|t| t.count)
                .sum::<usize>()
        };
        (
            of(Known::Node, Health::Bad),
            of(Known::Deployment, Health::Bad),
            of(Known::Pod, Health::Bad) + of(Known::Deployment, Health::Warning),
            of(Known::Pod, Health::Warning),
        )
    }

    /// The first trouble in words, for "opened because …".
    pub fn worst(&self) -> Option<&str> {
        self.troubles.first().map(|t| t.text.as_str())
    }
}

/// Nodes carry workloads, workloads carry pods: the cause is said before its effects.
fn rank(kind: Known) -> u8 {
    match kind {
        Known::Node => 0,
        Known::Deployment => 1,
        _ => 2,
    }
}

/// The rows of every open feed of a kind, each object once; `None` before the first list is complete.
fn objects(env: &EnvStore, known: Known) -> Option<Vec<&Object>> {
    let kind = Kind::Known(known);
    let all: Vec<_> = env.feeds().filter(|(key, feed)| key.kind == kind && feed.complete).collect();
    if let Some((_, feed)) = all.iter().find(|(key, _)| key.scope == Scope::All) {
        return Some(feed.rows().collect());
    }
    (!all.is_empty()).then(|| all.into_iter().flat_map(|(_, feed)| feed.rows()).collect())
}

impl EnvStore {
    /// Whether enough was seen to judge this environment, or it is clear that it cannot be.
    pub fn is_judged(&self) -> bool {
        let settled = |known| {
            let mut feeds = self.feeds().filter(|(key, _)| key.kind.is(known)).peekable();
            feeds.peek().is_some() && feeds.all(|(_, f)| f.complete || matches!(f.state, FeedState::Denied(_) | FeedState::Absent))
        };
        matches!(self.link, Link::Lost { .. }) || (settled(Known::Pod) && settled(Known::Deployment) && settled(Known::Node))
    }
}
