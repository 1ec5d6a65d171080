//! A table as the user has set it up: what it shows, how it is narrowed and sorted, where the cursor is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::forwards::{self, ForwardRow};
use super::sort::{self, Sort};
use super::{ColumnRef, Detail, EnvRow, Filter, Row, Scratch, columns, environments};
use crate::app::forwards::Board;
use crate::config::Config;
use crate::diagnosis::Judgements;
use crate::model::{
    Body, Demand, EnvId, Evidenced, FeedKey, Finding, Kind, Known, Labels, Namespaces, Object, ObjectRef, Phase, Scope, Time, Uid, UsageKey,
};
use crate::store::{EnvStore, Feed, FeedState, Spoken, StandingSilence, Store, UsageState};
use crate::ui::panes::health::{self, rows::HealthRow};
use crate::ui::widgets::{Align, Cut, pad, width};

/// What the rows are.
#[derive(Clone, Debug, PartialEq)]
pub enum RowSource {
    /// Objects of a kind.
    Kind(Kind),
    /// The containers of a pod.
    Containers(ObjectRef),
    /// All environments.
    Environments,
    /// What is wrong in the environment.
    Findings,
    /// Pages of evidence, as they were when they were asked for.
    Evidence,
    /// Port-forwards of all environments.
    Forwards,
    /// The health probes of all environments.
    Health,
    /// The alerts of the environment.
    Alerts,
    /// The silences of the environment's Alertmanagers that are not over.
    Silences,
}

/// What a table is made from.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    pub store: &'a Store,
    pub config: &'a Config,
    pub judgements: &'a Judgements,
    pub forwards: &'a Board,
    pub now: Time,
}

/// What a walk down the tree narrowed the table to, beside the user's own filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Narrow {
    None,
    /// What a workload or service selects.
    Selector {
        labels: Labels,
        of: String,
    },
    /// What an object owns.
    Owned {
        by: Uid,
        of: String,
    },
    /// Pods on a node.
    OnNode(Arc<str>),
    /// Events about an object that carry its uid.
    About {
        uid: Uid,
        of: String,
    },
    /// Events about an object that events name without its uid (nodes).
    AboutNamed {
        kind: Arc<str>,
        name: Arc<str>,
    },
}

impl Narrow {
    fn keeps(&self, object: &Object) -> bool {
        match self {
            Self::None => true,
            Self::Selector { labels, .. } => object.meta.labels.selected_by(labels),
            Self::Owned { by, .. } => object.meta.owner.as_ref().is_some_and(|owner| owner.uid == *by),
            Self::OnNode(node) => object.body.pod().is_some_and(|pod| pod.node == *node),
            Self::About { uid, .. } => matches!(&object.body, Body::Event(event) if event.object_uid == *uid),
            Self::AboutNamed { kind, name } => {
                matches!(&object.body, Body::Event(event) if event.kind == *kind && *event.object == **name)
            }
        }
    }

    /// ` of deployments/backend`, for the title.
    pub fn label(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Selector { of, .. } | Self::Owned { of, .. } => Some(format!("of {of}")),
            Self::OnNode(node) => Some(format!("on {node}")),
            Self::About { of, .. } => Some(format!("about {of}")),
            Self::AboutNamed { kind, name } => Some(format!("about {}/{name}", kind.to_lowercase())),
        }
    }
}

/// A table view.
#[derive(Debug)]
pub struct TableView {
    pub env: EnvId,
    pub source: RowSource,
    pub namespaces: Namespaces,
    pub narrow: Narrow,
    /// The filter as typed.
    pub filter: String,
    /// The user's sort; `None`: the kind's own.
    pub sort: Option<Sort>,
    pub faults_only: bool,
    pub wide: bool,
    pub selected: Option<Uid>,
    /// Whether the user has moved the cursor. Until then it stands on the first row, whichever that is.
    moved: bool,
    pub marks: HashSet<Uid>,
    /// First row on screen.
    pub offset: usize,
    /// Columns scrolled away to the left.
    pub shift: usize,
    /// A row to select as soon as it appears (`namespace/name`): a resumed or freshly opened view.
    pub wanted: Option<String>,
    parsed: Filter,
    columns: Vec<ColumnRef>,
    order: Vec<Uid>,
    /// Rows before the filter.
    total: usize,
    settled: Option<Settled>,
    /// The rows that are not objects of a cluster.
    environments: Vec<EnvRow>,
    findings: Vec<Finding>,
    evidence: Vec<Evidenced>,
    forwards: Vec<ForwardRow>,
    health: Vec<HealthRow>,
    alerts: Vec<(Uid, Spoken)>,
    /// Where rows are silences.
    silences: Vec<(Uid, StandingSilence)>,
    /// Pods by node, where the rows are nodes and pods of all namespaces are watched anyway.
    pods_by_node: HashMap<Arc<str>, u32>,
}

/// What the order was computed from.
#[derive(Clone, Debug, PartialEq)]
struct Settled {
    versions: u64,
    filter: String,
    sort: Option<Sort>,
    faults_only: bool,
    wide: bool,
    at: Time,
}

impl TableView {
    /// A table of a kind.
    pub fn new(env: EnvId, kind: impl Into<Kind>, namespaces: Namespaces) -> Self {
        Self::of(env, RowSource::Kind(kind.into()), namespaces)
    }

    /// A table of whatever rows.
    pub fn of(env: EnvId, source: RowSource, namespaces: Namespaces) -> Self {
        Self {
            env,
            source,
            namespaces,
            narrow: Narrow::None,
            filter: String::new(),
            sort: None,
            faults_only: false,
            wide: false,
            selected: None,
            moved: false,
            marks: HashSet::new(),
            offset: 0,
            shift: 0,
            wanted: None,
            parsed: Filter::default(),
            columns: Vec::new(),
            order: Vec::new(),
            total: 0,
            settled: None,
            environments: Vec::new(),
            findings: Vec::new(),
            evidence: Vec::new(),
            forwards: Vec::new(),
            health: Vec::new(),
            alerts: Vec::new(),
            silences: Vec::new(),
            pods_by_node: HashMap::new(),
        }
    }

    /// The same, narrowed.
    #[must_use]
    pub fn narrowed(mut self, narrow: Narrow) -> Self {
        self.narrow = narrow;
        self
    }

    /// The same, with these pages for rows.
    #[must_use]
    pub fn with_evidence(mut self, pages: Vec<Evidenced>) -> Self {
        self.evidence = pages;
        self
    }

    /// The page under the cursor, where rows are pages of evidence.
    pub fn selected_evidence(&self) -> Option<&Evidenced> {
        let selected = self.selected?;
        self.evidence.iter().find(|page| Uid::of(&page.name) == selected)
    }

    /// The probe under the cursor, where rows are health probes.
    pub fn selected_probe(&self) -> Option<&HealthRow> {
        let selected = self.selected?;
        self.health.iter().find(|probe| probe.uid() == selected)
    }

    /// The alert under the cursor, where rows are alerts.
    pub fn selected_alert(&self) -> Option<&Spoken> {
        self.alert(self.selected?)
    }

    /// The silence under the cursor, where rows are silences.
    pub fn selected_silence(&self) -> Option<&StandingSilence> {
        let selected = self.selected?;
        self.silences.iter().find(|(own, _)| *own == selected).map(|(_, one)| one)
    }

    fn alert(&self, uid: Uid) -> Option<&Spoken> {
        self.alerts.iter().find(|(own, _)| *own == uid).map(|(_, alert)| alert)
    }

    /// The kind of the rows' objects (containers are part of a pod).
    pub fn kind(&self) -> Option<Kind> {
        match &self.source {
            RowSource::Kind(kind) => Some(kind.clone()),
            RowSource::Containers(_) => Some(Known::Pod.into()),
            RowSource::Environments
            | RowSource::Findings
            | RowSource::Evidence
            | RowSource::Forwards
            | RowSource::Health
            | RowSource::Alerts
            | RowSource::Silences => None,
        }
    }

    /// The kind of the object under the cursor.
    pub fn selected_kind(&self) -> Option<Kind> {
        match &self.source {
            RowSource::Findings => Some(self.selected_finding()?.object.kind.clone()),
            RowSource::Alerts => Some(self.selected_alert()?.object.as_ref()?.kind.clone()),
            _ => self.kind(),
        }
    }

    /// The finding under the cursor, where rows are findings.
    pub fn selected_finding(&self) -> Option<&Finding> {
        let selected = self.selected?;
        self.findings.iter().find(|finding| identity(finding) == selected)
    }

    /// The finding of a row.
    pub fn finding(&self, uid: Uid) -> Option<&Finding> {
        self.findings.iter().find(|finding| identity(finding) == uid)
    }

    /// Whether the rows are objects of this kind.
    pub fn shows(&self, known: Known) -> bool {
        matches!(&self.source, RowSource::Kind(kind) if kind.is(known))
    }

    /// Whether its rows are pods, or the containers of one.
    pub fn shows_pods(&self) -> bool {
        self.shows(Known::Pod) || matches!(self.source, RowSource::Containers(_))
    }

    /// The feeds that hold the rows.
    pub fn scopes(&self, env: &EnvStore) -> Vec<Scope> {
        let kind = match &self.source {
            RowSource::Kind(kind) => kind.clone(),
            RowSource::Containers(pod) => return vec![env.covering(&Known::Pod.into(), &pod.namespace)],
            RowSource::Environments
            | RowSource::Findings
            | RowSource::Evidence
            | RowSource::Forwards
            | RowSource::Health
            | RowSource::Alerts
            | RowSource::Silences => {
                return Vec::new();
            }
        };
        if !env.namespaced(&kind) {
            return vec![Scope::All];
        }
        match &self.namespaces {
            Namespaces::All => vec![Scope::All],
            Namespaces::Some(names) => {
                let mut scopes: Vec<Scope> = names.iter().map(|name| env.covering(&kind, name)).collect();
                scopes.sort();
                scopes.dedup();
                scopes
            }
        }
    }

    /// What must be told for this view to be true.
    pub fn demands(&self, env: &EnvStore) -> Vec<Demand> {
        let Some(kind) = self.kind() else { return Vec::new() };
        let scopes = self.scopes(env);
        let mut demands: Vec<Demand> = scopes
            .iter()
            .map(|scope| {
                Demand::Feed(
                    self.env,
                    FeedKey {
                        kind: kind.clone(),
                        scope: scope.clone(),
                    },
                )
            })
            .collect();
        if kind.is(Known::Pod) {
            demands.extend(scopes.into_iter().map(|scope| Demand::Usage(self.env, UsageKey::Pods(scope))));
        }
        if kind.is(Known::Node) {
            demands.push(Demand::Usage(self.env, UsageKey::Nodes));
        }
        demands
    }

    /// The feeds of this view that are there.
    pub fn feeds<'a>(&self, env: &'a EnvStore) -> Vec<&'a Feed> {
        match self.kind() {
            Some(kind) => env.feeds_of(&kind, &self.scopes(env)),
            None => Vec::new(),
        }
    }

    /// Whether pods (or nodes) are shown without metrics, and why.
    pub fn metrics<'a>(&self, env: &'a EnvStore) -> Option<&'a UsageState> {
        let key = match self.kind()? {
            Kind::Known(Known::Pod) => UsageKey::Pods(self.scopes(env).into_iter().next()?),
            Kind::Known(Known::Node) => UsageKey::Nodes,
            _ => return None,
        };
        env.usage(&key).map(|table| &table.state)
    }

    /// Brings columns, order and selection up to date with the store. Cheap when nothing changed.
    pub fn settle(&mut self, world: &World<'_>) {
        let World { store, now, .. } = *world;
        let Some(env) = store.env(self.env) else { return };
        let settled = Settled {
            versions: self.versions(world, env),
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            faults_only: self.faults_only,
            wide: self.wide,
            // Ages decide about faults and `age<2h`: a look every ten seconds is enough.
            at: Time(now.0 / 10),
        };
        if self.settled.as_ref() == Some(&settled) && self.wanted.is_none() {
            return;
        }
        let refilter = self
            .settled
            .as_ref()
            .is_none_or(|old| (&old.filter, old.wide) != (&settled.filter, settled.wide));
        self.settled = Some(settled);

        self.environments = match &self.source {
            RowSource::Environments => environments::rows(world),
            _ => Vec::new(),
        };
        self.findings = match &self.source {
            RowSource::Findings => world.judgements.findings(self.env).cloned().collect(),
            _ => Vec::new(),
        };
        self.forwards = match &self.source {
            RowSource::Forwards => forwards::rows(world),
            _ => Vec::new(),
        };
        self.health = match &self.source {
            RowSource::Health => health::rows::rows(world),
            _ => Vec::new(),
        };
        self.silences = match &self.source {
            RowSource::Silences => env.alerts.silences().into_iter().map(|one| (one.uid(), one)).collect(),
            _ => Vec::new(),
        };
        self.alerts = match &self.source {
            RowSource::Alerts => env.all_spoken().into_iter().map(|alert| (alert.uid(), alert)).collect(),
            _ => Vec::new(),
        };
        self.pods_by_node = if self.shows(Known::Node) {
            pods_by_node(env)
        } else {
            HashMap::new()
        };
        let sample = self.feeds(env).into_iter().find_map(|feed| feed.rows().next());
        let columns = match &self.source {
            RowSource::Kind(kind) => columns::columns(kind, sample),
            RowSource::Containers(_) => columns::containers(),
            RowSource::Environments => columns::environments(),
            RowSource::Findings => columns::findings(),
            RowSource::Evidence => columns::evidence(),
            RowSource::Forwards => columns::forwards(),
            RowSource::Health => columns::health(),
            RowSource::Alerts => columns::alerts(),
            RowSource::Silences => columns::silences(),
        };
        if refilter || columns.len() != self.columns.len() {
            self.parsed = Filter::parse(&self.filter, &columns, if self.wide { Detail::Wide } else { Detail::Usual });
        }
        self.columns = columns;

        let sort = self.sort.clone().unwrap_or_else(|| self.default_sort());
        let rows = self.rows(env, now);
        let total = rows.len();
        let mut scratch = Scratch::default();
        let mut faults = HashSet::new();
        let kept: Vec<(Uid, Row<'_>)> = rows
            .into_iter()
            .filter(|(uid, row)| {
                let fault = row.health().is_fault();
                let keep = (fault || !self.faults_only) && self.parsed.matches(row, &mut scratch);
                if keep && fault {
                    faults.insert(*uid);
                }
                keep
            })
            .collect();
        // Findings come worst first, the cause before its effects: nobody but the diagnosis knows that order.
        let judged = matches!(
            self.source,
            RowSource::Findings | RowSource::Health | RowSource::Alerts | RowSource::Silences
        ) && self.sort.is_none();
        let mut order = if judged {
            kept.iter().map(|(uid, _)| *uid).collect()
        } else {
            sort::order(kept, &sort, &self.columns, &self.order)
        };
        if self.faults_first() {
            order.sort_by_key(|uid| !faults.contains(uid));
        }
        self.total = total;
        let previous = std::mem::replace(&mut self.order, order);
        self.settle_selection(store, now, &previous);
    }

    /// What is wrong comes first until the user asks for an order. Events are news, not states: newest first.
    pub fn faults_first(&self) -> bool {
        self.sort.is_none() && matches!(&self.source, RowSource::Kind(kind) if !kind.is(Known::Event))
    }

    fn default_sort(&self) -> Sort {
        match &self.source {
            RowSource::Kind(kind) => sort::default_sort(kind),
            // As the pod's specification and the configuration list them; the worst first.
            RowSource::Containers(_)
            | RowSource::Environments
            | RowSource::Findings
            | RowSource::Evidence
            | RowSource::Forwards
            | RowSource::Health
            | RowSource::Alerts
            | RowSource::Silences => Sort::ascending(""),
        }
    }

    fn versions(&self, world: &World<'_>, env: &EnvStore) -> u64 {
        let usage = |demand: &Demand| match demand {
            Demand::Usage(_, key) => env.usage(key).map_or(0, |table| table.version),
            _ => 0,
        };
        match self.source {
            RowSource::Findings => world.judgements.version,
            RowSource::Evidence => 0,
            // How long one waits is counted, too.
            RowSource::Forwards => (world.forwards.version << 32) + world.now.0.unsigned_abs(),
            RowSource::Health => world.store.iter().map(|(_, env)| env.probes.version).sum(),
            RowSource::Alerts | RowSource::Silences => world.store.env(self.env).map_or(0, |env| env.alerts.version),
            RowSource::Environments => world
                .store
                .iter()
                .map(|(_, env)| env.feeds().map(|(_, feed)| feed.version).sum::<u64>() + env.heard().0.unsigned_abs())
                .sum(),
            // The number of feeds is in it, because a feed that is dropped and asked for again starts at zero.
            RowSource::Kind(_) | RowSource::Containers(_) => {
                let feeds = self.feeds(env);
                let own: u64 = feeds.iter().map(|feed| feed.version).sum();
                own + (self.demands(env).iter().map(usage).sum::<u64>() << 32) + ((feeds.len() as u64) << 56)
            }
        }
    }

    /// Every row before filtering.
    fn rows<'a>(&'a self, env: &'a EnvStore, now: Time) -> Vec<(Uid, Row<'a>)> {
        match &self.source {
            RowSource::Kind(kind) => {
                let feeds = self.feeds(env);
                let mut rows = Vec::with_capacity(feeds.iter().map(|feed| feed.len()).sum());
                for object in feeds.into_iter().flat_map(Feed::rows) {
                    if self.namespaces.contains(&object.meta.namespace) && self.narrow.keeps(object) {
                        rows.push((object.meta.uid, self.object_row(env, kind, object, now)));
                    }
                }
                if kind.is(Known::Event) { super::twins::fold(rows) } else { rows }
            }
            RowSource::Containers(pod) => {
                let Some(object) = env.find(pod) else { return Vec::new() };
                let usage = env.pod_usage(&object.meta.namespace, &object.meta.name);
                let containers = object.body.pod().map_or(&[][..], |pod| &pod.containers);
                containers
                    .iter()
                    .map(|c| (Uid::of(&c.name), Row::container(object, c, now).usage(usage)))
                    .collect()
            }
            RowSource::Findings => self.findings.iter().map(|f| (identity(f), Row::finding(f, now))).collect(),
            RowSource::Evidence => self.evidence.iter().map(|p| (Uid::of(&p.name), Row::evidence(p, now))).collect(),
            RowSource::Forwards => self.forwards.iter().map(|f| (f.uid, Row::forward(f, now))).collect(),
            RowSource::Alerts => self.alerts.iter().map(|(uid, alert)| (*uid, Row::alert(alert, now))).collect(),
            RowSource::Silences => self.silences.iter().map(|(uid, one)| (*uid, Row::silence(one, now))).collect(),
            RowSource::Health => self.health.iter().map(|probe| (probe.uid(), Row::probe(probe, now))).collect(),
            RowSource::Environments => self
                .environments
                .iter()
                .map(|e| (Uid::of(&e.name), Row::environment(e, now)))
                .collect(),
        }
    }

    fn object_row<'a>(&self, env: &'a EnvStore, kind: &Kind, object: &'a Object, now: Time) -> Row<'a> {
        let row = Row::object(object, now);
        match kind {
            Kind::Known(Known::Pod) => row.usage(env.pod_usage(&object.meta.namespace, &object.meta.name)),
            Kind::Known(Known::Node) => {
                let pods = self.pods_by_node.get(&*object.meta.name).copied();
                row.usage(env.node_usage(&object.meta.name))
                    .pods(pods.or_else(|| (!self.pods_by_node.is_empty()).then_some(0)))
            }
            _ => row,
        }
    }

    /// The row with this identity, ready to be drawn.
    pub fn row<'a>(&'a self, env: &'a EnvStore, uid: Uid, now: Time) -> Option<Row<'a>> {
        match &self.source {
            RowSource::Kind(kind) => self.object(env, uid).map(|object| self.object_row(env, kind, object, now)),
            RowSource::Containers(_)
            | RowSource::Environments
            | RowSource::Findings
            | RowSource::Evidence
            | RowSource::Forwards
            | RowSource::Health
            | RowSource::Alerts
            | RowSource::Silences => self.rows(env, now).into_iter().find(|(id, _)| *id == uid).map(|(_, row)| row),
        }
    }

    /// The object of a row; for a container, its pod.
    pub fn object<'a>(&'a self, env: &'a EnvStore, uid: Uid) -> Option<&'a Object> {
        match &self.source {
            RowSource::Kind(_) => self.feeds(env).into_iter().find_map(|feed| feed.get(uid)),
            RowSource::Containers(pod) => env.find(pod),
            RowSource::Environments | RowSource::Evidence | RowSource::Forwards | RowSource::Health | RowSource::Silences => None,
            RowSource::Findings => env.find(&self.finding(uid)?.object.reference()),
            RowSource::Alerts => env.find(self.alert(uid)?.object.as_ref()?),
        }
    }

    /// The object under the cursor.
    pub fn selected_object<'a>(&'a self, env: &'a EnvStore) -> Option<&'a Object> {
        self.object(env, self.selected?)
    }

    /// The container under the cursor, where rows are containers.
    pub fn selected_container(&self, env: &EnvStore) -> Option<Arc<str>> {
        let RowSource::Containers(pod) = &self.source else { return None };
        let pod = env.find(pod)?.body.pod()?;
        pod.containers
            .iter()
            .find(|c| Some(Uid::of(&c.name)) == self.selected)
            .map(|c| c.name.clone())
    }

    /// The selection follows the object. Only when that is gone does the cursor stay at its line.
    fn settle_selection(&mut self, store: &Store, now: Time, previous: &[Uid]) {
        let Some(env) = store.env(self.env) else { return };
        if let Some(wanted) = self.wanted.clone() {
            let is_wanted = |uid: &&Uid| self.row(env, **uid, now).is_some_and(|row| row.full_name() == wanted);
            if let Some(uid) = self.order.iter().find(is_wanted) {
                self.selected = Some(*uid);
                self.moved = true;
                self.wanted = None;
            }
        }
        if !self.moved {
            self.selected = self.order.first().copied();
        }
        if !self.selected.is_some_and(|uid| self.order.contains(&uid)) {
            let line = self.selected.and_then(|uid| previous.iter().position(|p| *p == uid)).unwrap_or(0);
            self.selected = self.order.get(line.min(self.order.len().saturating_sub(1))).copied();
        }
        if !self.marks.is_empty() {
            let feeds = self.feeds(env);
            let there = |uid: &Uid| !matches!(self.source, RowSource::Kind(_)) || feeds.iter().any(|feed| feed.get(*uid).is_some());
            let gone: Vec<Uid> = self.marks.iter().copied().filter(|uid| !there(uid)).collect();
            for uid in gone {
                self.marks.remove(&uid);
            }
        }
    }

    /// The marked objects, in the order of the rows; of a table of objects only.
    pub fn marked_objects(&self, seen: &crate::store::EnvStore) -> Vec<crate::model::ObjectRef> {
        let RowSource::Kind(kind) = &self.source else { return Vec::new() };
        let feeds = self.feeds(seen);
        let find = |uid: &Uid| feeds.iter().find_map(|feed| feed.get(*uid));
        let shown = self.order.iter().filter(|uid| self.marks.contains(uid));
        // What the filter hides is marked all the same: the plan lists every object.
        let hidden = self.marks.iter().filter(|uid| !self.order.contains(uid));
        shown.chain(hidden).filter_map(find).map(|object| object.reference(kind)).collect()
    }

    /// The rows that are shown, in order.
    pub fn order(&self) -> &[Uid] {
        &self.order
    }

    /// How many rows there are before filter and "only faults".
    pub fn total(&self) -> usize {
        self.total
    }

    /// All columns of the rows, wide ones too.
    pub fn all_columns(&self) -> &[ColumnRef] {
        &self.columns
    }

    /// The filter as understood.
    pub fn parsed(&self) -> &Filter {
        &self.parsed
    }

    /// The order in force.
    pub fn sorting(&self) -> Sort {
        self.sort.clone().unwrap_or_else(|| self.default_sort())
    }

    /// The line of the cursor.
    pub fn line(&self) -> usize {
        self.selected
            .and_then(|uid| self.order.iter().position(|other| *other == uid))
            .unwrap_or(0)
    }

    /// Moves the cursor by so many lines, within the rows.
    pub fn step(&mut self, by: isize) {
        let last = self.order.len().saturating_sub(1);
        let line = self.line().saturating_add_signed(by).min(last);
        self.selected = self.order.get(line).copied();
        self.moved = true;
        self.wanted = None;
    }

    /// Puts the cursor on the n-th row.
    pub fn select(&mut self, line: usize) {
        if let Some(uid) = self.order.get(line) {
            self.selected = Some(*uid);
            self.moved = true;
        }
    }

    /// Keeps the cursor within a window of so many rows.
    pub fn scroll_into_view(&mut self, height: usize) {
        let line = self.line();
        let height = height.max(1);
        self.offset = self
            .offset
            .min(line)
            .max((line + 1).saturating_sub(height))
            .min(self.order.len().saturating_sub(height));
    }

    /// Sorts by a column; by the same column again, the other way round. `false`: there is no such column.
    pub fn sort_by(&mut self, column: &str) -> bool {
        let Some(found) = self.columns.iter().find(|c| c.name() == column) else {
            return false;
        };
        self.sort = Some(match self.sort.take() {
            Some(sort) if sort.column == column => sort.reversed(),
            _ => Sort::by(found),
        });
        true
    }

    /// Sorts by the column beside the one in force.
    pub fn sort_beside(&mut self, by: isize) {
        let current = self.sorting();
        let shown: Vec<&ColumnRef> = self.columns.iter().filter(|c| self.wide || !c.wide()).collect();
        let at = shown.iter().position(|c| c.name() == current.column).unwrap_or(0);
        if let Some(column) = shown.get((at.saturating_add_signed(by)).min(shown.len().saturating_sub(1))) {
            self.sort = Some(Sort::by(column));
        }
    }

    /// Reverses the order in force.
    pub fn reverse(&mut self) {
        self.sort = Some(self.sorting().reversed());
    }

    /// The state of the worst of its feeds: what the title must say.
    pub fn state<'a>(&self, env: &'a EnvStore) -> Option<&'a FeedState> {
        let rank = |state: &FeedState| match state {
            FeedState::Live => 0,
            FeedState::Listing => 1,
            FeedState::Starting => 2,
            FeedState::Absent => 3,
            FeedState::Denied(_) => 4,
            FeedState::Retrying { .. } => 5,
        };
        self.feeds(env).into_iter().map(|feed| &feed.state).max_by_key(|state| rank(state))
    }
}

/// What a finding is recognised by, from one look to the next.
fn identity(finding: &Finding) -> Uid {
    Uid::of(&format!("{}/{:x}/{}", finding.id, finding.object.uid.0, finding.object.name))
}

/// How many pods stand on each node; nothing where not all pods are watched, because a part would mislead.
fn pods_by_node(env: &EnvStore) -> HashMap<Arc<str>, u32> {
    let mut counts = HashMap::new();
    let all = env.feeds_of(&Known::Pod.into(), &[Scope::All]);
    for pod in all.into_iter().flat_map(Feed::rows).filter_map(|object| object.body.pod()) {
        if !matches!(pod.phase, Phase::Succeeded | Phase::Failed) && !pod.node.is_empty() {
            *counts.entry(pod.node.clone()).or_insert(0) += 1;
        }
    }
    counts
}

/// The table as text, columns aligned, as `kubectl get` would print it.
pub fn as_text(view: &TableView, store: &Store, now: Time) -> String {
    let Some(env) = store.env(view.env) else { return String::new() };
    let columns: Vec<&ColumnRef> = view.columns.iter().filter(|c| view.wide || !c.wide()).collect();
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|c| c.name().to_owned()).collect()];
    let rows = view.order.iter().filter_map(|uid| view.row(env, *uid, now));
    lines.extend(rows.map(|row| columns.iter().map(|c| c.value(&row).display(now).into_owned()).collect()));
    let widths: Vec<usize> = (0..columns.len())
        .map(|i| lines.iter().map(|line| width(&line[i])).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, room)| pad(cell, *room, Cut::End, Align::Left, ""))
            .collect();
        out.push_str(cells.join("   ").trim_end());
        out.push('\n');
    }
    out
}
