//! The application: all state, and the pure function that changes it.
//!
//! `update(&mut App, Msg) -> Vec<Effect>` never waits, reads no clock, no disk and no environment: the same
//! messages always lead to the same screen. That is what makes it testable without a terminal, and what
//! lets nothing on the screen block the screen.

pub mod areas;
pub mod books;
pub mod command;
pub mod deeds;
pub mod demand;
pub mod effect;
pub mod forwards;
pub mod guide;
pub mod keymap;
pub mod lead;
pub mod msg;
mod notify;
pub mod open;
pub mod overlay;
pub mod palette;
pub mod plugins;
mod recorder;
pub mod rights;
pub mod session;
mod silences;
pub mod start;
mod update;
pub mod view;
pub mod walk;

use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::layout::Rect;

pub use command::{COMMANDS, Command};
pub use effect::Effect;
pub use msg::{Copied, Ending, MouseAction, Msg};
pub use update::update;

use crate::config::{Config, Environment, Mismatch, Tier};
use crate::diagnosis::{Diagnosis, Judgements};
use crate::model::{EnvId, Finding, Kind, Known, Link, Namespaces, Object, ObjectRef, Time};
use crate::redact::Identifiers;
use crate::store::{EnvStore, Store, Summary};
use crate::ui::panes::log::LogView;
use crate::ui::panes::table::{TableView, World};
use areas::{Areas, Shape, areas};
use demand::Demands;
use guide::Guide;
use keymap::Keymap;
use overlay::Overlay;
use session::Session;
use start::Choice;
use view::{View, Workspace};

/// Everything that the screen shows and the keys change.
#[derive(Debug)]
pub struct App {
    pub config: Arc<Config>,
    pub store: Store,
    /// The time of the last tick.
    pub now: Time,
    /// Width and height of the screen in cells.
    pub size: (u16, u16),
    pub workspace: Workspace,
    pub overlay: Option<Overlay>,
    pub flash: Option<Flash>,
    pub keymap: Keymap,
    /// What a newcomer is shown next, if that is wanted.
    pub guide: Guide,
    /// Environments that are (to be) connected.
    pub connected: BTreeSet<EnvId>,
    /// Whether the environment in front was chosen by the user, or may still be by its state.
    pub choice: Choice,
    /// Namespaces used last, newest first.
    pub recent_namespaces: Vec<Arc<str>>,
    /// The process id, for the session file.
    pub pid: u32,
    /// What is being done to the world, and what was.
    pub deeds: deeds::Deeds,
    /// Others look on: identifiers are covered on the screen, in copies and in files.
    pub is_shared: bool,
    /// What is covered then.
    pub identifiers: Identifiers,
    /// Port-forwards.
    pub forwards: forwards::Board,
    /// Runbooks, and the one that is walked.
    pub books: books::Books,
    /// The kubectl line that was refused or shown last, to be copied.
    pub line: Option<String>,
    demands: Demands,
    /// What the session file says now.
    remembered: Option<Session>,
    /// How each connected environment is, brought up to date by `settle`.
    judgements: Judgements,
    recorder: recorder::Recorder,
    notifier: notify::Notifier,
    /// The lists of log groups that the palette's offers are made of.
    offered: u64,
    /// The alert that it was opened for and that nobody has told of yet.
    sought: Option<open::Sought>,
    quitting: Option<Time>,
}

/// A sentence in the footer that goes away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    pub text: String,
    pub tone: Tone,
    pub until: Time,
    /// The address that it speaks of: a terminal that can opens it.
    pub link: Option<String>,
}

/// How a flash is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Info,
    Problem,
}

/// How long a flash stays, in seconds.
const FLASH: i64 = 8;
/// The same for an address, which somebody may want to click.
const LINK: i64 = 30;

impl App {
    /// The application before it has seen anything. Warnings (of the configuration) are shown at once.
    pub fn new(config: Arc<Config>, opening: start::Opening, now: Time) -> Self {
        let (keymap, problems) = Keymap::new(&config.keys);
        let mut store = Store::new(config.environments.len()).keeping(config.logs.memory);
        for (number, environment) in (0..).zip(&config.environments) {
            store.set_clouds(EnvId(number), environment.clouds());
            store.set_probes(EnvId(number), environment.probed());
            store.set_alerts(EnvId(number), environment.alerts_from());
        }
        let env = opening.env;
        let first = start::first_view(&config, &opening);
        let mut connected: BTreeSet<EnvId> = BTreeSet::from([env]);
        if config.explicit {
            connected.extend(store.iter().map(|(id, _)| id));
        }
        let connected = connected.into_iter().filter(|id| has_cluster(&config, *id)).collect();
        let recent_namespaces = opening
            .session
            .as_ref()
            .map_or_else(Vec::new, |s| s.recent_namespaces.iter().map(|n| n.as_str().into()).collect());
        let mut workspace = Workspace::new(match opening.logs.clone() {
            Some(query) => View::Log(Box::new(LogView::new(env, query, now))),
            None => View::Table(Box::new(first)),
        });
        // The cursor starts on what is wrong, unless the user came for something.
        workspace.follow_findings(opening.resource.is_none() && opening.logs.is_none());
        let tiers = (0..).map(EnvId).zip(config.environments.iter().map(|e| e.tier));
        let locks = crate::action::guard::Locks::new(tiers);
        let was_shared = opening.resumable && opening.session.as_ref().is_some_and(|session| session.shared);
        let mut app = Self {
            store,
            now,
            size: (80, 24),
            workspace,
            overlay: None,
            flash: None,
            keymap,
            guide: Guide::new(config.ui.guide),
            connected,
            choice: opening.choice(now, config.explicit),
            recent_namespaces,
            pid: opening.pid,
            deeds: deeds::Deeds::new(
                locks,
                opening.mode,
                opening.user.clone(),
                opening.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC),
            ),
            is_shared: config.ui.screen_share || was_shared,
            identifiers: Identifiers::new(&config.redact.identifiers),
            forwards: forwards::Board::new(match opening.mode {
                deeds::Mode::Changing => opening.forwards.clone(),
                // Nothing is opened from here.
                deeds::Mode::ReadOnly => Vec::new(),
            }),
            books: books::Books::new(&opening.by(), &config.redact.secrets),
            line: None,
            demands: Demands::default(),
            remembered: None,
            judgements: Judgements::default(),
            recorder: recorder::Recorder::default(),
            notifier: notify::Notifier::default(),
            offered: 0,
            sought: None,
            quitting: None,
            config,
        };
        if let Some(what) = &opening.what {
            open::begin(&mut app, what);
        }
        if let Some(library) = opening.library.clone() {
            app.books.library = library;
            app.books.process = opening.process.clone();
        }
        if let Some(book) = &opening.open_walk {
            app.flash(Tone::Info, format!("a walk of {book} was left open: :resume-walk goes on with it"));
        }
        forwards::offer(&mut app);
        if let Some(session) = opening.session.filter(|_| opening.resumable) {
            app.overlay = Some(Overlay::Resume(Box::new(session)));
        }
        let problems = problems.into_iter().chain(plugins::problems(&app.config.plugins));
        if let Some(problem) = problems.into_iter().next() {
            app.flash(Tone::Problem, problem);
        }
        app
    }

    /// Brings everything that is derived up to date: demands, order of rows, selection, counts. Called once
    /// before each frame, after any number of updates.
    pub fn settle(&mut self) -> Vec<Effect> {
        self.judgements.settle(&self.store, &self.connected, self.now);
        let mut effects = start::choose(self);
        open::settle(self);
        effects.extend(recorder::settle(self));
        effects.extend(notify::settle(self));
        effects.extend(deeds::settle(self));
        effects.extend(books::settle(self));
        effects.extend(forwards::settle(self));
        forwards::form::settle(self);
        effects.extend(demand::settle(self));
        self.settle_offers();
        self.workspace.settle_strip();
        let areas = self.areas();
        let world = World {
            store: &self.store,
            config: &self.config,
            judgements: &self.judgements,
            forwards: &self.forwards,
            now: self.now,
        };
        let strip = std::iter::once((&mut self.workspace.strip, &areas.strip));
        strip.for_each(|(strip, area)| {
            if let View::Table(table) = strip.view_mut() {
                table.settle(&world);
                table.scroll_into_view(crate::ui::strip::rows(area.height));
            }
        });
        let judgements = &self.judgements;
        for (pane, area) in self.workspace.panes_mut().iter_mut().zip(&areas.panes) {
            let height = usize::from(area.height.saturating_sub(3));
            match pane.view_mut() {
                View::Table(table) => {
                    table.settle(&world);
                    table.scroll_into_view(height);
                }
                View::Text(text) => text.settle(&self.store, *area, self.now),
                View::Log(log) => {
                    log.settle(&self.store, *area);
                    if log.is_busy() {
                        effects.push(Effect::Again);
                    }
                }
                View::Page(page) => {
                    page.renew(&world);
                    page.settle(*area);
                }
                View::Insights(pane) => pane.settle(&self.store, *area, self.now),
                View::Book(_) => {}
                View::Overview(pane) => {
                    let connected = &self.connected;
                    pane.settle(&world, |env| connected.contains(&env), *area);
                }
                View::Explain(pane) => {
                    let diagnosis = judgements.diagnosis(pane.env);
                    pane.settle(&self.store, diagnosis, *area, self.now);
                }
                View::Metrics(pane) => {
                    let diagnosis = judgements.diagnosis(pane.env);
                    let past = crate::ui::panes::metrics::Past {
                        seen: self.store.env(pane.env),
                        findings: diagnosis.map_or(&[], crate::diagnosis::Diagnosis::findings),
                        done: self.deeds.done(pane.env).collect(),
                    };
                    pane.settle(&past, *area, self.now);
                    // What it asks depends on its size, which is known only now.
                    if pane.asks_anew() {
                        effects.push(Effect::Again);
                    }
                }
            }
        }
        self.workspace.settle_focus();
        if self.flash.as_ref().is_some_and(|flash| self.now > flash.until) {
            self.flash = None;
        }
        let session = session::of(self, session::Ended::Open);
        if self.remembered.as_ref() != Some(&session) {
            self.remembered = Some(session.clone());
            effects.push(Effect::Remember(session));
        }
        effects
    }

    /// What the palette offers is made anew where it names log groups, and these have come.
    fn settle_offers(&mut self) {
        let heard = self.seen().map_or(0, |seen| {
            2 * seen.groups_version + u64::from(matches!(seen.series_names, Some(Ok(_))))
        });
        if std::mem::replace(&mut self.offered, heard) == heard {
            return;
        }
        if let Some(Overlay::Palette { input, .. }) = &self.overlay {
            let made = palette::offers(self, input.text());
            if let Some(Overlay::Palette { offers, chosen, .. }) = &mut self.overlay {
                *chosen = chosen.filter(|at| offers.get(*at) == made.get(*at));
                *offers = made;
            }
        }
    }

    /// How an environment is, in numbers.
    pub fn summary(&self, env: EnvId) -> &Summary {
        self.judgements.summary(env)
    }

    /// What is wrong in an environment, worst first.
    pub fn findings(&self, env: EnvId) -> impl Iterator<Item = &Finding> {
        self.judgements.findings(env)
    }

    /// What is wrong in an environment and needs somebody: without what is only worth knowing.
    pub fn troubles(&self, env: EnvId) -> impl Iterator<Item = &Finding> {
        self.findings(env).filter(|finding| finding.severity > crate::model::Severity::Info)
    }

    /// The diagnosis of an environment, once it was looked at.
    pub fn diagnosis(&self, env: EnvId) -> Option<&Diagnosis> {
        self.judgements.diagnosis(env)
    }

    /// The judgement of all environments.
    pub fn judgements(&self) -> &Judgements {
        &self.judgements
    }

    /// What is covered on the screen now, if anything.
    pub fn covered(&self) -> Option<&Identifiers> {
        self.is_shared.then_some(&self.identifiers)
    }

    /// The environment in front: that of the focused pane.
    pub fn env(&self) -> EnvId {
        self.view().env()
    }

    /// All that is known, as panes read it.
    pub fn world(&self) -> World<'_> {
        World {
            store: &self.store,
            config: &self.config,
            judgements: &self.judgements,
            forwards: &self.forwards,
            now: self.now,
        }
    }

    /// What is known of the environment in front.
    pub fn seen(&self) -> Option<&EnvStore> {
        self.store.env(self.env())
    }

    /// How an environment is configured.
    pub fn environment(&self, env: EnvId) -> Option<&crate::config::Environment> {
        self.config.environments.get(usize::from(env.0))
    }

    /// The connection of whoever changes things in an environment: the one that reads, unless it has one of its own.
    pub fn hands(&self, env: EnvId) -> Option<&Link> {
        let seen = self.store.env(env)?;
        let has_own = self.environment(env).is_some_and(Environment::has_reader);
        Some(if has_own { &seen.hands } else { &seen.link })
    }

    /// Why the cluster that an environment is connected to is not the one that is meant.
    pub fn mismatch(&self, env: EnvId) -> Option<Mismatch> {
        match &self.store.env(env)?.link {
            Link::Ready(server) => self.environment(env)?.mismatch(server),
            Link::Idle | Link::Connecting | Link::Lost { .. } => None,
        }
    }

    /// How carefully an environment is treated: as production where the cluster is not the one that is meant.
    pub fn tier(&self, env: EnvId) -> Tier {
        match (self.environment(env), self.mismatch(env)) {
            (Some(environment), None) => environment.tier,
            (None, _) | (_, Some(_)) => Tier::Guarded,
        }
    }

    /// The focused view.
    pub fn view(&self) -> &View {
        self.workspace.pane().view()
    }

    /// The focused view, if it is a table.
    pub fn table(&self) -> Option<&TableView> {
        match self.view() {
            View::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The parts of the screen now.
    pub fn areas(&self) -> Areas {
        let (width, height) = self.size;
        areas(
            Rect::new(0, 0, width, height),
            Shape {
                panes: self.workspace.panes().len(),
                focus: self.workspace.focus,
                zoomed: self.workspace.zoomed,
                left: self.workspace.left,
                strip: crate::ui::strip::height(self),
                guide: u16::from(guide::next(self).is_some()),
            },
        )
    }

    /// Says something in the footer.
    pub fn flash(&mut self, tone: Tone, text: impl Into<String>) {
        self.flash_for(FLASH, tone, text);
    }

    /// The same for so many seconds.
    pub fn flash_for(&mut self, seconds: i64, tone: Tone, text: impl Into<String>) {
        self.flash = Some(Flash {
            text: text.into(),
            tone,
            until: self.now + seconds,
            link: None,
        });
    }

    /// Says an address in the footer, as a link where the terminal knows them.
    pub fn flash_link(&mut self, text: impl Into<String>, url: &str) {
        self.flash_for(LINK, Tone::Info, text);
        if let Some(flash) = &mut self.flash {
            flash.link = Some(url.to_owned());
        }
    }

    /// Whether the focused table has a row under the cursor.
    pub fn has_row(&self) -> bool {
        self.table().is_some_and(|table| table.selected.is_some())
    }

    /// The object under the cursor, with its kind.
    pub fn object(&self) -> Option<(Kind, &Object)> {
        let table = self.table()?;
        Some((table.selected_kind()?, table.selected_object(self.store.env(table.env)?)?))
    }

    /// Whether there is an object under the cursor.
    pub fn has_object(&self) -> bool {
        self.object().is_some()
    }

    /// Whether something under the cursor can be described: an object, or an alert.
    pub fn has_description(&self) -> bool {
        let told = |table: &TableView| table.selected_alert().is_some() || table.selected_silence().is_some();
        self.has_object() || self.table().is_some_and(told)
    }

    /// Whether an alert is under the cursor.
    pub fn has_alert(&self) -> bool {
        self.table().is_some_and(|table| table.selected_alert().is_some())
    }

    /// Whether a silence is under the cursor, or covers the alert there.
    pub fn has_silence(&self) -> bool {
        let covered = |table: &TableView| table.selected_alert().is_some_and(|spoken| !spoken.alert.silenced.is_empty());
        self.table()
            .is_some_and(|table| table.selected_silence().is_some() || covered(table))
    }

    /// Whether the object under the cursor is a pod (or a container of one), or leads to pods.
    pub fn has_pod(&self) -> bool {
        self.object()
            .is_some_and(|(kind, object)| kind.is(Known::Pod) || object.body.pod_selector().is_some_and(|s| !s.is_empty()))
    }

    /// Whether the view stands on something that can be explained.
    pub fn has_subject(&self) -> bool {
        lead::subject(self).is_some()
    }

    /// Whether the line under the cursor of an explanation leads somewhere.
    pub fn has_lead(&self) -> bool {
        matches!(self.view(), View::Explain(pane) if pane.lead().is_some())
    }

    /// Whether what is selected is of one of these kinds.
    fn has_kind(&self, kinds: &[Known]) -> bool {
        let reference = self.reference();
        reference.is_some_and(|r| r.kind.known().is_some_and(|known| kinds.contains(&known)))
    }

    /// Whether what is selected has a number of replicas.
    pub fn has_scale(&self) -> bool {
        self.has_kind(&[Known::Deployment, Known::StatefulSet, Known::ReplicaSet])
    }

    /// Whether an autoscaler, or what one may scale, is selected.
    pub fn has_bounds(&self) -> bool {
        self.has_scale() || self.has_kind(&[Known::HorizontalPodAutoscaler])
    }

    /// Whether what is selected rolls out its pods.
    pub fn has_rollout(&self) -> bool {
        self.has_kind(&[Known::Deployment, Known::StatefulSet, Known::DaemonSet])
    }

    /// Whether a deployment is selected.
    pub fn has_deployment(&self) -> bool {
        self.has_kind(&[Known::Deployment])
    }

    /// Whether a cron job is selected.
    pub fn has_cron_job(&self) -> bool {
        self.has_kind(&[Known::CronJob])
    }

    /// Whether ports lead to what is selected.
    pub fn leads_to_pods(&self) -> bool {
        self.reference().is_some_and(|reference| forwards::form::leads(&reference.kind))
    }

    /// Whether a pod itself is selected.
    pub fn has_exactly_pods(&self) -> bool {
        self.has_kind(&[Known::Pod])
    }

    /// Whether the environment in front has a Prometheus.
    pub fn has_prometheus(&self) -> bool {
        self.has_prometheus_at(self.env())
    }

    /// Whether an environment has a Prometheus.
    pub fn has_prometheus_at(&self, env: EnvId) -> bool {
        self.environment(env).is_some_and(|e| e.prometheus.is_some())
    }

    /// Whether a node is selected.
    pub fn has_node(&self) -> bool {
        self.has_kind(&[Known::Node])
    }

    /// Whether something is selected that could be changed.
    pub fn has_target(&self) -> bool {
        self.reference().is_some()
    }

    /// Whether the object under the cursor has an owner.
    pub fn has_owner(&self) -> bool {
        self.object().is_some_and(|(_, object)| object.meta.owner.is_some())
    }

    /// The reference of the object under the cursor.
    pub fn reference(&self) -> Option<ObjectRef> {
        // What a finding is about may not be watched itself, and can still be opened.
        if let Some(finding) = self.table().and_then(TableView::selected_finding) {
            return Some(finding.object.reference());
        }
        // Nor what an alert speaks of.
        if let Some(alert) = self.table().and_then(TableView::selected_alert) {
            return alert.object.clone();
        }
        let (kind, object) = self.object()?;
        Some(object.reference(&kind))
    }

    /// The namespaces that a new view of this environment starts with.
    pub fn home(&self, env: EnvId) -> Namespaces {
        self.environment(env).map_or(Namespaces::All, Environment::home)
    }
}

/// Whether an environment has a cluster at all.
fn has_cluster(config: &Config, env: EnvId) -> bool {
    config.environments.get(usize::from(env.0)).is_some_and(|e| e.kubernetes.is_some())
}
