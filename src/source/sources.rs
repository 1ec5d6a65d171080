//! Demands into tasks: what the app wants to be told, and the tasks that tell it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::kube::link::{self, LinkHandle};
use super::kube::{Apis, document, feed, log, rights, tail, usage};
use super::{Task, alertmanager, cloudwatch, file, health, prometheus};
use crate::config::probe::Via;
use crate::config::{CloudWatch, Config, Environment, Kubernetes, Who};
use crate::model::{Ask, Demand, EnvId, Fact, Link, Seen, Stream};
use crate::redact::Mask;

/// All sources of all environments. Dropping it stops them.
pub struct Sources {
    config: Arc<Config>,
    facts: mpsc::Sender<Fact>,
    /// The user's own secrets, masked in whatever lines come.
    mask: Mask,
    links: HashMap<EnvId, LinkHandle>,
    /// As whom environments are read, where that is not as at the start.
    assumed: HashMap<EnvId, Who>,
    /// The connections of whoever changes things, where those are others than the ones that read.
    hands: HashMap<EnvId, Hands>,
    /// Questions for rights take turns.
    asking: HashMap<EnvId, rights::Turns>,
    /// Environments that are to stay connected although nothing is watched there.
    kept: HashSet<EnvId>,
    tasks: HashMap<Demand, Task>,
    /// The last words of dead containers are asked for a few at a time in each environment.
    turns: HashMap<EnvId, tail::Turns>,
    /// Logs that are followed share an environment's connections.
    logs: HashMap<EnvId, log::Turns>,
    /// Logs are read as far as they were written, and not followed.
    once: bool,
    /// Files are read whole, however large they are.
    whole: bool,
    /// What is asked of files of which only a part is kept.
    asks: HashMap<(EnvId, Arc<str>), watch::Sender<Option<Ask>>>,
    /// Rung when an environment is to be connected anew: what CloudWatch refused is asked again.
    bells: HashMap<EnvId, watch::Sender<u64>>,
    /// Questions to one Prometheus share what is known of it.
    prometheus: HashMap<EnvId, Arc<prometheus::Server>>,
    /// What health probes need.
    means: health::Means,
}

impl Sources {
    /// Sources that tell facts into this channel; nothing runs yet.
    pub fn new(config: Arc<Config>, facts: mpsc::Sender<Fact>) -> Self {
        Self {
            mask: Mask::new(&config.redact.secrets),
            config,
            facts,
            links: HashMap::new(),
            assumed: HashMap::new(),
            hands: HashMap::new(),
            asking: HashMap::new(),
            kept: HashSet::new(),
            tasks: HashMap::new(),
            turns: HashMap::new(),
            logs: HashMap::new(),
            once: false,
            whole: false,
            asks: HashMap::new(),
            bells: HashMap::new(),
            prometheus: HashMap::new(),
            means: health::Means::default(),
        }
    }

    /// The same, but logs are read as far as they were written, and not followed.
    #[must_use]
    pub fn reading_once(self) -> Self {
        Self { once: true, ..self }
    }

    /// The same, but files are read whole, however large they are: nobody asks for a part of one.
    #[must_use]
    pub fn reading_whole(self) -> Self {
        Self { whole: true, ..self }
    }

    /// The same, but the secrets in logs are told as they are.
    #[must_use]
    pub fn unmasked(self) -> Self {
        Self {
            mask: Mask::nothing(),
            ..self
        }
    }

    /// The same; health probes may open port-forwards.
    #[must_use]
    pub fn forwarding(mut self, forwards: Arc<dyn health::Forwards>) -> Self {
        self.means.forwards = Some(forwards);
        self
    }

    /// Starts what a demand needs, and the environment's link first. A demand that already stands
    /// changes nothing; neither does one for an environment without Kubernetes.
    pub fn start(&mut self, demand: Demand) {
        let env = demand.env();
        if self.tasks.contains_key(&demand) {
            return;
        }
        let facts = self.facts.clone();
        if let Demand::Probe(_, number) = demand {
            let probes = self.config.environments.get(usize::from(env.0)).map(|e| &e.probes);
            let probe = probes.and_then(|probes| probes.get(usize::from(number))).cloned();
            if let Some(probe) = probe {
                let apis = match probe.via {
                    Via::Api(_) | Via::Forward(_) => self.link(env),
                    Via::Environment | Via::Direct | Via::Proxy(_) => None,
                };
                let means = health::Means {
                    mask: self.mask.clone(),
                    ..self.means.clone()
                };
                self.tasks.insert(demand, health::spawn(env, number, probe, apis, means, facts));
            }
            return;
        }
        if let Demand::Log(_, Stream::File(path)) = &demand {
            let reading = match (self.once, self.whole) {
                (true, _) => file::Reading::Once,
                (false, true) => file::Reading::Followed,
                (false, false) => file::Reading::Windowed {
                    memory: self.config.logs.memory,
                    asks: self.asks_of(env, path).subscribe(),
                },
            };
            let task = file::spawn(env, path.clone(), reading, &self.mask, facts);
            self.tasks.insert(demand, task);
            return;
        }
        if let Demand::Alerts(_) = &demand {
            if let Some(task) = self.of_alerts(env) {
                self.tasks.insert(demand, task);
            }
            return;
        }
        if let Demand::Window(_, path, ask) = &demand {
            self.asks_of(env, path).send_replace(Some(ask.clone()));
            return;
        }
        if let Some(task) = self.of_cloudwatch(&demand) {
            self.tasks.insert(demand, task);
            return;
        }
        if let Demand::Hands(_) = demand {
            self.hands(env);
            return;
        }
        if let Demand::Series(..) | Demand::SeriesNames(_) = &demand {
            if let Some(task) = self.of_prometheus(&demand) {
                self.tasks.insert(demand, task);
            }
            return;
        }
        let Some(apis) = self.link(env) else { return };
        let task = match &demand {
            Demand::Link(_) => {
                self.kept.insert(env);
                return;
            }
            Demand::Feed(_, key) => feed::spawn(env, key.clone(), apis, facts),
            Demand::Usage(_, key) => usage::spawn(env, key.clone(), apis, self.fallback(env), facts),
            Demand::Document(_, object) => document::spawn(env, object.clone(), apis, &self.mask, facts),
            Demand::Log(_, Stream::Container(key)) => {
                let turns = self.logs.entry(env).or_insert_with(|| log::Turns::new(self.once)).clone();
                log::spawn(env, key.clone(), apis, turns, &self.mask, facts)
            }
            Demand::Right(_, right) => {
                let turns = self.asking.entry(env).or_default().clone();
                rights::spawn(env, (**right).clone(), apis, turns, facts)
            }
            Demand::Hands(_)
            | Demand::Alerts(_)
            | Demand::Probe(..)
            | Demand::Log(..)
            | Demand::Window(..)
            | Demand::LogGroups(..)
            | Demand::Insights(..)
            | Demand::Series(..)
            | Demand::SeriesNames(_) => return,
            Demand::Tail(_, key) => {
                let turns = self.turns.entry(env).or_default().clone();
                tail::spawn(env, key.clone(), apis, turns, self.mask.clone(), facts)
            }
            Demand::Volumes(_) => usage::volumes::spawn(env, apis, self.fallback(env), facts),
        };
        self.tasks.insert(demand, task);
    }

    /// Stops what a demand needed. The link stays as long as anything needs it.
    pub fn stop(&mut self, demand: &Demand) {
        let env = demand.env();
        self.tasks.remove(demand);
        match demand {
            Demand::Log(_, Stream::File(path)) => {
                self.asks.remove(&(env, path.clone()));
            }
            // Only where nothing else is asked by now.
            Demand::Window(_, path, ask) => {
                if let Some(asks) = self.asks.get(&(env, path.clone())) {
                    asks.send_if_modified(|asked| asked.take_if(|asked| asked == ask).is_some());
                }
            }
            _ => {}
        }
        if *demand == Demand::Hands(env) {
            self.hands.remove(&env);
        }
        if *demand == Demand::Link(env) {
            self.kept.remove(&env);
        }
        if !self.kept.contains(&env) && !self.tasks.keys().any(|d| d.env() == env) {
            self.links.remove(&env);
        }
    }

    /// Connects an environment anew, with credentials read again; its feeds go on where they were.
    pub fn reconnect(&mut self, env: EnvId) {
        if let Some(link) = self.links.get(&env) {
            link.reconnect();
        }
        if let Some(hands) = self.hands.get(&env) {
            hands.link.reconnect();
        }
        if let Some(bell) = self.bells.get(&env) {
            bell.send_modify(|rung| *rung += 1);
        }
        if let Some(server) = self.prometheus.get(&env) {
            server.hope();
        }
    }

    /// What a Prometheus tells, which needs no Kubernetes. `None`: the environment has none.
    fn of_prometheus(&mut self, demand: &Demand) -> Option<Task> {
        let env = demand.env();
        let endpoint = self.config.environments.get(usize::from(env.0))?.prometheus.clone()?;
        let server = self
            .prometheus
            .entry(env)
            .or_insert_with(|| prometheus::Server::new(endpoint))
            .clone();
        match demand {
            Demand::Series(_, key) => Some(prometheus::series(env, key.clone(), server, self.facts.clone())),
            Demand::SeriesNames(_) => Some(prometheus::names(env, server, self.facts.clone())),
            _ => None,
        }
    }

    /// What tells of alerts, which needs no Kubernetes. `None`: nobody does.
    fn of_alerts(&self, env: EnvId) -> Option<Task> {
        let environment = self.config.environments.get(usize::from(env.0))?;
        let prometheus = environment.prometheus.as_ref().map(alertmanager::Way::to);
        let managers: Vec<alertmanager::Way> = environment.alerting().map(alertmanager::Way::to).collect();
        let is_told = prometheus.is_some() || !managers.is_empty();
        is_told.then(|| alertmanager::spawn(env, prometheus, managers, self.facts.clone()))
    }

    /// What CloudWatch tells, which needs no Kubernetes. `None`: another tells it, or there is no such place.
    fn of_cloudwatch(&mut self, demand: &Demand) -> Option<Task> {
        let (Demand::Log(_, Stream::Group(_)) | Demand::LogGroups(..) | Demand::Insights(..)) = demand else {
            return None;
        };
        let env = demand.env();
        let bell = self.bells.entry(env).or_insert_with(|| watch::Sender::new(0)).subscribe();
        let place = |number: u16| -> Option<CloudWatch> {
            let environment = self.config.environments.get(usize::from(env.0))?;
            environment.cloudwatch.get(usize::from(number)).cloned()
        };
        let facts = self.facts.clone();
        match demand {
            Demand::Log(_, Stream::Group(key)) => {
                let place = place(key.place)?;
                Some(cloudwatch::follow::spawn(env, key.clone(), place, self.mask.clone(), bell, facts))
            }
            Demand::LogGroups(_, number) => Some(cloudwatch::groups::spawn(env, *number, place(*number)?, bell, facts)),
            Demand::Insights(_, key) => {
                let place = place(key.place)?;
                Some(cloudwatch::insights::spawn(env, key.clone(), place, bell, facts))
            }
            _ => None,
        }
    }

    /// The connection of whoever changes things in an environment: of a guarded one with an identity for reading a
    /// connection of its own, else the one that reads.
    pub fn hands(&mut self, env: EnvId) -> Option<Apis> {
        if let Some(hands) = self.hands.get(&env) {
            return Some(hands.link.apis.clone());
        }
        let settings = self.environment(env)?.as_whom(Who::Writer)?;
        if self.environment(env)?.as_whom(Who::Reader)? == settings {
            return self.link(env);
        }
        let hands = Hands::open(env, settings, self.facts.clone());
        let apis = hands.link.apis.clone();
        self.hands.insert(env, hands);
        Some(apis)
    }

    /// Reads an environment as somebody else from now on. What is on the screen stays.
    pub fn assume(&mut self, env: EnvId, who: Who) {
        self.assumed.insert(env, who);
        let settings = self.environment(env).and_then(|environment| environment.as_whom(who));
        if let (Some(link), Some(settings)) = (self.links.get(&env), settings) {
            link.assume(settings);
        }
    }

    fn environment(&self, env: EnvId) -> Option<&Environment> {
        self.config.environments.get(usize::from(env.0))
    }

    fn asks_of(&mut self, env: EnvId, path: &Arc<str>) -> &watch::Sender<Option<Ask>> {
        self.asks.entry((env, path.clone())).or_insert_with(|| watch::Sender::new(None))
    }

    /// The connection of whoever reads in an environment.
    pub fn link(&mut self, env: EnvId) -> Option<Apis> {
        if let Some(link) = self.links.get(&env) {
            return Some(link.apis.clone());
        }
        let who = self.assumed.get(&env).copied().unwrap_or_default();
        let settings = self.environment(env)?.as_whom(who)?;
        let link = link::spawn(env, settings, self.facts.clone());
        let apis = link.apis.clone();
        self.links.insert(env, link);
        Some(apis)
    }

    fn fallback(&self, env: EnvId) -> usage::Fallback {
        let settings = self.config.environments.get(usize::from(env.0)).and_then(|e| e.kubernetes.as_ref());
        match settings {
            Some(settings) if settings.kubelet_metrics => usage::Fallback::Kubelet,
            _ => usage::Fallback::None,
        }
    }
}

/// A connection for changes, of which only the state is told.
struct Hands {
    link: LinkHandle,
    /// Tells it.
    _task: Task,
}

impl Hands {
    fn open(env: EnvId, settings: Kubernetes, facts: mpsc::Sender<Fact>) -> Self {
        let (tell, mut told) = mpsc::channel::<Fact>(16);
        let link = link::spawn(env, settings, tell);
        let task = Task::spawn(async move {
            while let Some(fact) = told.recv().await {
                // What it serves and how fast it is, the other connection tells.
                let Seen::Link(link @ (Link::Ready(_) | Link::Lost { .. } | Link::Connecting)) = fact.seen else {
                    continue;
                };
                let seen = Seen::Hands(link);
                if facts.send(Fact { seen, ..fact }).await.is_err() {
                    return;
                }
            }
        });
        Self { link, _task: task }
    }
}
