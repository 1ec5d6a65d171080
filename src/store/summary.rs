//! An environment in a few numbers, as the header counts them.

use super::{EnvStore, FeedState};
use crate::model::{Health, Kind, Known, Link, Object, Scope, Time, health};

/// Counts of one environment, from whatever feeds are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Nodes ready, of how many. `None`: not known (not listed yet, or not allowed).
    pub nodes: Option<(usize, usize)>,
    /// Pods that are as they should be, of how many that should run.
    pub pods: Option<(usize, usize)>,
    /// Deployments fully available, of how many.
    pub deployments: Option<(usize, usize)>,
}

impl Summary {
    /// Counts an environment's open feeds.
    pub fn of(env: &EnvStore, now: Time) -> Self {
        let mut summary = Self::default();
        summary.count_nodes(env, now);
        summary.count_deployments(env, now);
        summary.count_pods(env, now);
        summary
    }

    fn count_nodes(&mut self, env: &EnvStore, now: Time) {
        let Some(nodes) = objects(env, Known::Node) else { return };
        let bad = nodes.iter().filter(|node| health(node, now) == Health::Bad).count();
        self.nodes = Some((nodes.len() - bad, nodes.len()));
    }

    fn count_deployments(&mut self, env: &EnvStore, now: Time) {
        let Some(deployments) = objects(env, Known::Deployment) else {
            return;
        };
        let troubled = deployments.iter().filter(|object| health(object, now).is_fault()).count();
        self.deployments = Some((deployments.len() - troubled, deployments.len()));
    }

    fn count_pods(&mut self, env: &EnvStore, now: Time) {
        let Some(pods) = objects(env, Known::Pod) else { return };
        let (mut fine, mut expected) = (0, 0);
        for judged in pods
            .into_iter()
            .map(|pod| health(pod, now))
            .filter(|judged| *judged != Health::Done)
        {
            expected += 1;
            fine += usize::from(!judged.is_fault());
        }
        self.pods = Some((fine, expected));
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
