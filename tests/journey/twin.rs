//! The headless twin: the real app, sources and drawing, with a buffer for a terminal and the test for a user.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use quarterdeck::action::forward::ForwardSpec;
use quarterdeck::action::stage::News;
use quarterdeck::app::deeds::Mode;
use quarterdeck::app::keymap::Key;
use quarterdeck::app::session::Session;
use quarterdeck::app::start::Opening;
use quarterdeck::app::{App, Copied, Effect, Msg, update};
use quarterdeck::config::{CloudWatch, Config, Endpoint, Environment, Kubernetes, Plugin, Tier};
use quarterdeck::execute::ask::Asking;
use quarterdeck::execute::forward::Keeper;
use quarterdeck::execute::{Brake, Executor, Looker};
use quarterdeck::ledger::audit::{Actor, Audit};
use quarterdeck::ledger::{Ledger, Walks};
use quarterdeck::model::{
    EnvId, Evidenced, Fact, FeedFact, FeedTrouble, Known, Link, LogFact, Namespaces, Problem, ProblemKind, Seen, Time,
};
use quarterdeck::redact::Mask;
use quarterdeck::runtime::plain_look;
use quarterdeck::source::Sources;
use quarterdeck::ui::Look;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::stub::{Context, Stub, write_kubeconfig};

/// How long a wait lasts before it fails the test.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the app asked for, and the twin only wrote down.
#[derive(Debug, Default)]
pub struct Record {
    pub copied: Vec<String>,
    pub saved: Vec<String>,
    pub session: Option<Session>,
    pub quit: Option<u8>,
    pub logins: usize,
    pub evidence: BTreeMap<String, String>,
    pub forwards: BTreeMap<String, Vec<ForwardSpec>>,
}

/// What the twin starts with.
pub struct TwinOptions {
    config: Config,
    opening: Opening,
    size: (u16, u16),
    home: TempDir,
}

/// The running cockpit.
pub struct Twin {
    pub app: App,
    pub record: Record,
    terminal: Terminal<TestBackend>,
    look: Look,
    sources: Sources,
    facts: mpsc::Receiver<Fact>,
    messages: VecDeque<Msg>,
    /// What changes the world, as in the program: none where the mode is read-only.
    hands: Option<Executor>,
    eyes: Looker,
    /// The command of the user's editor.
    pub editor: String,
    /// Files that were edited and are to be forgotten.
    pub forgotten: Vec<std::path::PathBuf>,
    news: mpsc::Receiver<News>,
    /// The port-forwards, as the program keeps them.
    pub forwards: Option<Keeper>,
    /// What the hands wrote down.
    pub audit: Audit,
    brakes: Vec<Brake>,
    /// The files of walks through runbooks.
    pub walks: Walks,
    asking: Option<Asking>,
    /// The time that stands still, if it does.
    frozen: Option<Time>,
    /// Seconds by which the clock is ahead of the real one.
    ahead: i64,
    /// The last of what is asked for again and again.
    rounds: Vec<Fact>,
    /// When it was stopped: connections that are lost were lost then, however often that is told.
    stopped: Time,
    /// Every screen that was ever drawn and differed from the one before; for what must never be seen.
    pub screens: Vec<String>,
    _home: TempDir,
    runtime: Runtime,
}

fn environment(home: &Path, context: &Context) -> Environment {
    let path = home.join(format!("{}.yaml", context.name));
    write_kubeconfig(&path, std::slice::from_ref(context));
    Environment {
        name: context.name.clone(),
        label: context.name.clone(),
        kubernetes: Some(Kubernetes {
            kubeconfig: vec![path],
            context: context.name.clone(),
            namespaces: context.namespace.iter().cloned().collect(),
            ..Kubernetes::default()
        }),
        ..Environment::default()
    }
}

impl TwinOptions {
    /// One environment, as a kubeconfig and nothing else make it.
    pub fn of(stub: &Stub) -> Self {
        Self::with(&[Context::of(stub, "stub", None)])
    }

    /// These environments, each with a kubeconfig of its own; only the first is connected.
    pub fn with(contexts: &[Context]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let environments = contexts.iter().map(|c| environment(home.path(), c)).collect();
        Self {
            config: Config {
                environments,
                ..Config::default()
            },
            // As one who says what they came for: the cursor then starts on the table.
            opening: Opening {
                resource: Some((Known::Pod.into(), None)),
                ..Opening::default()
            },
            size: (120, 40),
            home,
        }
    }

    /// One environment that has these places of CloudWatch, and no cluster.
    pub fn cloud(places: Vec<CloudWatch>) -> Self {
        let mut options = Self::with(&[]);
        options.config.environments.push(Environment {
            name: "cloud".into(),
            label: "cloud".into(),
            cloudwatch: places,
            ..Environment::default()
        });
        options
    }

    /// The environment of a platform's kubeconfig with this context, and this place of CloudWatch.
    pub fn platform(kubeconfig: &Path, context: &str, place: CloudWatch) -> Self {
        let mut options = Self::cloud(vec![place]);
        options.config.environments[0].kubernetes = Some(Kubernetes {
            kubeconfig: vec![kubeconfig.to_owned()],
            context: context.into(),
            ..Kubernetes::default()
        });
        options
    }

    /// The first environment has these, which tell of alerts.
    pub fn alerting(mut self, prometheus: Endpoint, alertmanager: Endpoint) -> Self {
        self.config.environments[0].prometheus = Some(prometheus);
        self.config.environments[0].alertmanager = Some(alertmanager);
        self
    }

    /// The first environment has this Prometheus, and the shipped panels show it.
    pub fn prometheus(mut self, url: &str) -> Self {
        self.config.environments[0].prometheus = Some(Endpoint {
            url: url.to_owned(),
            ..Endpoint::default()
        });
        self.config.panels = quarterdeck::config::panels(&[]).unwrap();
        self
    }

    /// All environments are connected at the start, as those of a configuration file are.
    pub fn explicit(mut self) -> Self {
        self.config.explicit = true;
        self
    }

    pub fn namespace(mut self, name: &str) -> Self {
        self.opening.namespaces = Some(Namespaces::one(name));
        self
    }

    /// As one who was called and says nothing: the cursor starts on what is wrong.
    pub fn called(mut self) -> Self {
        self.opening.resource = None;
        self
    }

    /// How careful to be in the first environment.
    pub fn tier(mut self, tier: Tier) -> Self {
        self.config.environments[0].tier = tier;
        self
    }

    /// The context with which the first environment is read while it is locked.
    pub fn reading_as(mut self, context: &str) -> Self {
        if let Some(kubernetes) = &mut self.config.environments[0].kubernetes {
            kubernetes.read_only_context = context.into();
        }
        self
    }

    /// The account on this machine.
    pub fn user(mut self, name: &str) -> Self {
        self.opening.user = name.into();
        self
    }

    /// Changes the configuration.
    pub fn configured(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// As `qd open` was given it.
    pub fn opened(mut self, what: impl FnOnce(&Config) -> quarterdeck::app::open::What) -> Self {
        self.opening.what = Some(what(&self.config));
        self.opening.resource = None;
        self
    }

    /// As `[guard] max_objects` says.
    pub fn max_objects(mut self, most: u32) -> Self {
        self.config.guard.max_objects = Some(most);
        self
    }

    /// As with `--read-only`.
    pub fn read_only(mut self) -> Self {
        self.opening.mode = Mode::ReadOnly;
        self
    }

    /// Forwards that were open the last time.
    pub fn forwards(mut self, forwards: Vec<ForwardSpec>) -> Self {
        self.opening.forwards = forwards;
        self
    }

    /// A command of the team's own.
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.config.plugins.push(plugin);
        self
    }

    pub fn size(mut self, width: u16, height: u16) -> Self {
        self.size = (width, height);
        self
    }

    pub fn start(self) -> Twin {
        // As the program does; an error means that another test did.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (sender, facts) = mpsc::channel(256);
        let config = Arc::new(self.config);
        let (width, height) = self.size;
        let (tell, news) = mpsc::channel(64);
        let actor = Actor {
            host: "bastion".into(),
            user: "anna".into(),
            session: "1".into(),
        };
        let audit = Audit::new(self.home.path().join("audit"), None, actor);
        let hands = (self.opening.mode == Mode::Changing).then(|| {
            Executor::new(audit.clone(), tell.clone())
                .patient(Duration::from_secs(5))
                .paced(Duration::from_millis(500))
                .recording_in(Ledger::new(self.home.path().to_owned()), Mask::default())
                .with_programs(self.home.path().join("programs"))
                .alerting(&config)
        });
        Twin {
            forwards: hands.as_ref().map(Executor::keeper),
            eyes: Looker::new(tell.clone()),
            editor: "false".into(),
            forgotten: Vec::new(),
            hands,
            news,
            audit,
            app: App::new(config.clone(), self.opening, now()),
            record: Record::default(),
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
            look: plain_look(),
            sources: Sources::new(config, sender),
            facts,
            messages: VecDeque::from([Msg::Resize { width, height }]),
            brakes: Vec::new(),
            walks: Walks::new(Ledger::new(self.home.path().to_owned())),
            asking: None,
            frozen: None,
            ahead: 0,
            rounds: Vec::new(),
            stopped: Time::NEVER,
            screens: Vec::new(),
            _home: self.home,
            runtime,
        }
    }
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}

impl Twin {
    /// Presses keys, written as in the configuration: `j`, `enter`, `ctrl-w`.
    #[track_caller]
    pub fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let key = Key::parse(key).unwrap_or_else(|| panic!("{key} is not a key"));
            self.key(KeyEvent::new(key.code, key.modifiers));
        }
    }

    /// Types text; a line feed is Enter.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => self.press("enter"),
                ' ' => self.press("space"),
                c => self.press(&c.to_string()),
            }
        }
    }

    fn key(&mut self, key: KeyEvent) {
        self.messages.push_back(Msg::Key(key));
        self.frame();
    }

    /// The terminal gets another size.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.messages.push_back(Msg::Resize { width, height });
        self.frame();
    }

    /// From now on it is this moment, and everything that is heard is heard at it.
    pub fn freeze(&mut self, now: Time) {
        self.frozen = Some(now);
        self.stopped = now;
    }

    /// From now on the audit cannot be written: a file stands where its directory should be.
    pub fn break_audit(&mut self) {
        let place = self._home.path().join("audit");
        let _ = std::fs::remove_dir_all(&place);
        std::fs::write(place, "").unwrap();
    }

    /// Pastes text in one piece.
    pub fn paste(&mut self, text: &str) {
        self.messages.push_back(Msg::Paste(text.to_owned()));
        self.frame();
    }

    /// It is this much later (seconds); only of use after [`Twin::freeze`].
    pub fn pass(&mut self, seconds: i64) {
        self.frozen = self.frozen.map(|now| now + seconds);
        self.frame();
    }

    /// From now on it is this much later (seconds), and time goes on.
    pub fn later(&mut self, seconds: i64) {
        self.ahead += seconds;
        // What is asked for again and again was heard again meanwhile, too.
        for fact in self.rounds.clone() {
            self.tell(fact);
        }
        self.frame();
    }

    fn keep_round(&mut self, fact: &Fact) {
        let alike = |other: &Fact| match (&other.seen, &fact.seen) {
            (Seen::Beat { .. }, Seen::Beat { .. }) => true,
            (Seen::Probe(one, _), Seen::Probe(two, _)) => one == two,
            (Seen::Alerts(one, _), Seen::Alerts(two, _)) => one == two,
            _ => false,
        };
        if alike(fact) {
            self.rounds.retain(|other| other.env != fact.env || !alike(other));
            self.rounds.push(fact.clone());
        }
    }

    /// A program of this machine, before all others of its name: a script of the shell.
    pub fn program(&self, name: &str, script: &str) -> std::path::PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let place = self._home.path().join("programs");
        std::fs::create_dir_all(&place).unwrap();
        let path = place.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// One turn of the loop: what was told and typed, what follows from it, one frame.
    pub fn frame(&mut self) {
        self.messages
            .push_back(Msg::Tick(self.frozen.unwrap_or_else(|| now() + self.ahead)));
        while let Ok(fact) = self.facts.try_recv() {
            self.tell(fact);
        }
        while let Ok(news) = self.news.try_recv() {
            self.messages.push_back(Msg::News(Box::new(news)));
        }
        loop {
            let mut effects = Vec::new();
            while let Some(message) = self.messages.pop_front() {
                effects.extend(update(&mut self.app, message));
            }
            effects.extend(self.app.settle());
            for effect in effects {
                self.carry_out(effect);
            }
            if self.messages.is_empty() {
                break;
            }
        }
        self.terminal
            .draw(|frame| quarterdeck::ui::draw(&self.app, &self.look, frame))
            .unwrap();
        let screen = self.screen();
        if self.screens.last() != Some(&screen) {
            self.screens.push(screen);
        }
    }

    fn tell(&mut self, mut fact: Fact) {
        if let Some(now) = self.frozen {
            fact.at = now;
            match &mut fact.seen {
                Seen::Beat { millis } => *millis = 3,
                Seen::Link(Link::Lost { since, next, .. }) => (*since, *next) = (self.stopped, now),
                Seen::Feed(_, FeedFact::Trouble(FeedTrouble::Retrying { next, .. })) | Seen::Log(_, LogFact::Retrying { next, .. }) => {
                    *next = now
                }
                _ => {}
            }
        }
        self.keep_round(&fact);
        fact.at = fact.at + self.ahead;
        self.messages.push_back(Msg::Fact(fact));
    }

    fn carry_out(&mut self, effect: Effect) {
        let _inside = self.runtime.enter();
        match effect {
            Effect::Start(demand) => self.sources.start(demand),
            Effect::Stop(demand) => self.sources.stop(&demand),
            Effect::Reconnect(env) => self.sources.reconnect(env),
            Effect::Assume(env, who) => self.sources.assume(env, who),
            Effect::Copy(text) => {
                self.record.copied.push(text);
                self.messages.push_back(Msg::Copied(Ok(Copied::Clipboard)));
            }
            Effect::Save { name, text } => {
                self.record.saved.push(text);
                self.messages.push_back(Msg::Saved(Ok(name.into())));
            }
            Effect::Remember(session) => self.record.session = Some(session),
            Effect::Login(env) => {
                self.record.logins += 1;
                self.messages.push_back(Msg::Returned { env, result: Ok(()) });
            }
            Effect::Quit(code) => self.record.quit = Some(code),
            Effect::Notify(_) => {}
            Effect::Record { name, text } => {
                self.record.evidence.entry(name).or_insert(text);
            }
            Effect::ListEvidence => {
                let pages = self.record.evidence.iter().map(|(name, text)| Evidenced {
                    name: name.clone(),
                    path: format!("/state/evidence/{name}"),
                    at: Time::NEVER,
                    bytes: text.len() as u64,
                });
                self.messages.push_back(Msg::Evidence(Ok(pages.collect())));
            }
            Effect::ReadEvidence(name) => {
                let text = self.record.evidence.get(&name).cloned();
                let text = text.ok_or_else(|| Problem::new(ProblemKind::NotFound, "no such page"));
                self.messages.push_back(Msg::Page { name, text });
            }
            Effect::Prepare(draft) => {
                if let Some(hands) = &self.hands {
                    let apis = self.sources.hands(draft.env);
                    hands.prepare(*draft, apis);
                }
            }
            Effect::ReadHistory { env, object } => {
                if let Some(apis) = self.sources.link(env) {
                    self.eyes.history(object, apis);
                }
            }
            Effect::ReadObject { env, object } => {
                if let Some(apis) = self.sources.link(env) {
                    self.eyes.document(object, apis);
                }
            }
            Effect::Edit(order) => {
                let edited = quarterdeck::runtime::editor::run(&order, &self.editor);
                self.messages.push_back(Msg::Edited(edited));
            }
            Effect::ReadFile(path) => self.messages.push_back(Msg::File(quarterdeck::runtime::editor::read(&path))),
            Effect::Forget(path) => {
                let _ = std::fs::remove_file(&path);
                self.forgotten.push(path);
            }
            Effect::Rehearse(plan) => {
                if let (Some(hands), Some(apis)) = (&self.hands, self.sources.hands(plan.draft.env)) {
                    hands.rehearse(*plan, apis);
                }
            }
            // A test has read the dialog as soon as it is there.
            Effect::Arm(draft) => self.messages.push_back(Msg::Armed(draft)),
            Effect::CarryOut { confirmed, identity } if confirmed.plan().forward().is_some() => {
                let apis = self.sources.hands(confirmed.plan().draft.env);
                if let Some(keeper) = &mut self.forwards {
                    keeper.open(*confirmed, identity, apis);
                }
            }
            Effect::StopForward(id) => self.forwards.iter().for_each(|keeper| keeper.stop(id)),
            Effect::ProbeForward(id) => self.forwards.iter().for_each(|keeper| keeper.probe(id)),
            Effect::KeepForwards { environment, forwards, .. } => {
                self.record.forwards.insert(environment, forwards);
            }
            Effect::CarryOut { confirmed, identity } => {
                let apis = self.sources.hands(confirmed.plan().draft.env);
                if let Some(hands) = &self.hands {
                    self.brakes.push(hands.carry_out(*confirmed, identity, apis));
                }
            }
            Effect::Drop(dropped) => {
                if let Some(hands) = &self.hands {
                    hands.drop(*dropped);
                }
            }
            Effect::ReadAudit => {
                let text = quarterdeck::cli::audit::page(&self.audit);
                self.messages.push_back(Msg::Page {
                    name: "audit".into(),
                    text,
                });
            }
            Effect::Brake => self.brakes.drain(..).for_each(|brake| brake.pull()),
            // The next frame goes on with it.
            Effect::WriteWalk { run, entry } => {
                if let Err(problem) = self.walks.write(run, &entry) {
                    self.messages.push_back(Msg::Unwritten { run, problem });
                }
            }
            Effect::FindWalk { run, id } => {
                let found = self.walks.find(run, id.as_deref());
                let found = found.map(|(walk, others)| Box::new(quarterdeck::app::books::Resumed { run, walk, others }));
                self.messages.push_back(Msg::Walk(found));
            }
            Effect::Ask { number, env, ask } => {
                let apis = self.sources.link(env);
                let environment = &self.app.config.environments[usize::from(env.0)];
                let prometheus = environment.prometheus.clone();
                self.asking = Some(self.eyes.ask(number, *ask, apis, prometheus));
            }
            Effect::StopAsking(_) => self.asking.take().into_iter().for_each(|asking| asking.stop()),
            Effect::Suspend | Effect::Repaint | Effect::Again => {}
        }
    }

    /// Goes on until this holds; fails the test with the last screen after two minutes: only what goes wrong takes so long.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, such: impl Fn(&App, &str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.frame();
            let screen = self.screen();
            if such(&self.app, &screen) {
                return screen;
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}; the screen was:\n{screen}");
            // Woken by the next fact, or soon enough for what only time brings.
            let facts = &mut self.facts;
            let next = self
                .runtime
                .block_on(async { tokio::time::timeout(Duration::from_millis(100), facts.recv()).await });
            if let Ok(Some(fact)) = next {
                self.tell(fact);
            }
        }
    }

    /// Goes on until the app has asked for this.
    #[track_caller]
    pub fn wait_record(&mut self, what: &str, such: impl Fn(&Record) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !such(&self.record) {
            assert!(Instant::now() < deadline, "waited in vain until {what}: {:?}", self.record);
            self.go_on(Duration::from_millis(50));
        }
    }

    /// Waits until all of these stand on the screen.
    #[track_caller]
    pub fn wait_text(&mut self, texts: &[&str]) -> String {
        self.wait_until(&format!("{texts:?} is there"), |_, screen| texts.iter().all(|t| screen.contains(t)))
    }

    /// Waits until this stands on the screen no more.
    #[track_caller]
    pub fn wait_gone(&mut self, text: &str) -> String {
        self.wait_until(&format!("{text:?} is gone"), |_, screen| !screen.contains(text))
    }

    /// Goes on for a while in which nothing particular is to happen.
    pub fn go_on(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.frame();
            let facts = &mut self.facts;
            if let Ok(Some(fact)) = self.runtime.block_on(async { tokio::time::timeout(left, facts.recv()).await }) {
                self.tell(fact);
            }
        }
        self.frame();
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width);
        let lines = buffer.content.chunks(width.max(1)).map(|cells| {
            let mut line = String::new();
            let mut skip = 0;
            for cell in cells {
                // What a wide character covers is no character of its own.
                if skip == 0 {
                    line.push_str(cell.symbol());
                    skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
                } else {
                    skip -= 1;
                }
            }
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The screen as cells, in the colours of a theme.
    pub fn painted(&self, theme: &quarterdeck::ui::theme::Theme) -> Buffer {
        let area = self.buffer().area;
        let mut terminal = Terminal::new(TestBackend::new(area.width, area.height)).unwrap();
        let look = Look {
            theme: theme.clone(),
            zone: self.look.zone.clone(),
        };
        terminal.draw(|frame| quarterdeck::ui::draw(&self.app, &look, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as cells.
    pub fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// Name of the object under the cursor.
    pub fn selected(&self) -> String {
        selected(&self.app)
    }

    /// The environment in front.
    pub fn env(&self) -> EnvId {
        self.app.env()
    }
}

/// Name of the object under the cursor; empty without one.
pub fn selected(app: &App) -> String {
    app.object().map(|(_, object)| object.meta.name.to_string()).unwrap_or_default()
}

/// How many rows the focused table shows.
pub fn rows(app: &App) -> usize {
    app.table().map_or(0, |table| table.order().len())
}
