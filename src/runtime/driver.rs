//! Carries out what `update` asked for. Every answer comes back as a message.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::screen::Screen;
use super::{clipboard, editor};
use crate::action::guard::Confirmed;
use crate::action::stage::Identity;
use crate::app::books::Resumed;
use crate::app::{Copied, Effect, Msg};
use crate::config::Config;
use crate::execute::ask::Asking;
use crate::execute::forward::Keeper;
use crate::execute::{Brake, Executor, Looker};
use crate::ledger::audit::Audit;
use crate::ledger::{Ledger, Walks};
use crate::model::{EnvId, Fact, Problem};
use crate::source::Sources;
use crate::source::kube::Apis;

/// A session that wants the terminal.
#[derive(Debug)]
pub struct Session {
    pub hands: Executor,
    pub confirmed: Confirmed,
    pub identity: Identity,
    /// None where a program of this machine needs no cluster.
    pub apis: Option<Apis>,
}

/// What only the loop itself can do: the terminal is its own.
#[derive(Debug)]
pub enum Order {
    /// Lend the terminal to this session.
    Session(Box<Session>),
    /// Lend the terminal to the user's editor, with this text.
    Edit(crate::app::deeds::editing::Order),
    /// Settle once more after the frame that comes.
    Again,
    Repaint,
    Suspend,
    /// Say when the dialog of this draft has been on the screen for a moment.
    Arm(u64),
    /// Run this command in the terminal, for this environment.
    Child {
        env: EnvId,
        argv: Vec<String>,
    },
    Quit(u8),
}

/// The hands of the app.
pub struct Driver {
    sources: Sources,
    ledger: Ledger,
    config: Arc<Config>,
    in_tmux: bool,
    eyes: Looker,
    /// None where nothing may be changed.
    hands: Option<Executor>,
    /// Port-forwards; none where nothing may be opened.
    forwards: Option<Keeper>,
    /// What runs can be stopped.
    brakes: Vec<Brake>,
    audit: Audit,
    /// The files of walks through runbooks.
    walks: Walks,
    /// What a walk asks for now.
    asking: Option<(u64, Asking)>,
    /// Whether a failure to write the session was already told.
    silent: bool,
}

impl Driver {
    /// A driver whose sources tell facts into this channel.
    pub fn new(
        config: Arc<Config>,
        ledger: Ledger,
        facts: mpsc::Sender<Fact>,
        audit: Audit,
        (eyes, hands): (Looker, Option<Executor>),
        in_tmux: bool,
    ) -> Self {
        let sources = Sources::new(config.clone(), facts);
        // Who may change nothing opens no port-forward either.
        let sources = match hands {
            Some(_) => sources.forwarding(Arc::new(crate::execute::forward::ProbeForwards)),
            None => sources,
        };
        Self {
            forwards: hands.as_ref().map(Executor::keeper),
            eyes,
            hands,
            brakes: Vec::new(),
            audit,
            sources,
            walks: Walks::new(ledger.clone()),
            asking: None,
            ledger,
            config,
            in_tmux,
            silent: false,
        }
    }

    /// Carries out one effect. What must be told the app, and what the loop must do, comes back.
    pub fn carry_out(&mut self, effect: Effect, screen: Option<&mut Screen>) -> (Option<Msg>, Option<Order>) {
        match effect {
            Effect::Start(demand) => self.sources.start(demand),
            Effect::Stop(demand) => self.sources.stop(&demand),
            Effect::Reconnect(env) => self.sources.reconnect(env),
            Effect::Assume(env, who) => self.sources.assume(env, who),
            Effect::Copy(text) => return (Some(Msg::Copied(self.copy(&text, screen))), None),
            Effect::Save { name, text } => return (Some(Msg::Saved(self.ledger.export(&name, &text))), None),
            Effect::Notify(text) => {
                if let Some(screen) = screen {
                    // A terminal that cannot be written to is found out by the next frame.
                    let _ = screen.write(&super::call::sequence(&text, &self.config.ui.notify, self.in_tmux));
                }
            }
            // Once told is enough: the screen is for the trouble, not for the disk.
            Effect::Record { name, text } => {
                if let Err(problem) = self.ledger.keep_evidence(&name, &text)
                    && !std::mem::replace(&mut self.silent, true)
                {
                    return (
                        Some(Msg::Saved(Err(problem.hint("evidence of critical findings is not kept")))),
                        None,
                    );
                }
            }
            Effect::ListEvidence => return (Some(Msg::Evidence(self.ledger.evidence())), None),
            Effect::ReadEvidence(name) => {
                let text = self.ledger.evidence_text(&name);
                return (Some(Msg::Page { name, text }), None);
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
            Effect::Edit(order) => return (None, Some(Order::Edit(order))),
            Effect::ReadFile(path) => return (Some(Msg::File(editor::read(&path))), None),
            // One that is gone already is gone.
            Effect::Forget(path) => drop(std::fs::remove_file(path)),
            Effect::Rehearse(plan) => {
                if let (Some(hands), Some(apis)) = (&self.hands, self.sources.hands(plan.draft.env)) {
                    hands.rehearse(*plan, apis);
                }
            }
            Effect::Arm(draft) => return (None, Some(Order::Arm(draft))),
            Effect::CarryOut { confirmed, identity } if confirmed.plan().forward().is_some() => {
                let apis = self.sources.hands(confirmed.plan().draft.env);
                if let Some(keeper) = &mut self.forwards {
                    keeper.open(*confirmed, identity, apis);
                }
            }
            Effect::StopForward(id) => self.forwards.iter().for_each(|keeper| keeper.stop(id)),
            Effect::ProbeForward(id) => self.forwards.iter().for_each(|keeper| keeper.probe(id)),
            Effect::KeepForwards {
                environment,
                before,
                forwards,
            } => {
                if let Err(problem) = self.ledger.save_forwards(&environment, &before, &forwards)
                    && !std::mem::replace(&mut self.silent, true)
                {
                    return (Some(Msg::Saved(Err(problem.hint("forwards are not kept for the next time")))), None);
                }
            }
            Effect::CarryOut { confirmed, identity } if confirmed.plan().wants_terminal() => {
                let apis = self.sources.hands(confirmed.plan().draft.env);
                if let Some(hands) = &self.hands {
                    let session = Session {
                        hands: hands.clone(),
                        confirmed: *confirmed,
                        identity,
                        apis,
                    };
                    return (None, Some(Order::Session(Box::new(session))));
                }
            }
            Effect::CarryOut { confirmed, identity } => {
                let apis = self.sources.hands(confirmed.plan().draft.env);
                if let Some(hands) = &self.hands {
                    self.brakes.retain(Brake::is_of_use);
                    self.brakes.push(hands.carry_out(*confirmed, identity, apis));
                }
            }
            Effect::Brake => self.brakes.drain(..).for_each(|brake| brake.pull()),
            Effect::Drop(dropped) => {
                if let Some(hands) = &self.hands {
                    hands.drop(*dropped);
                }
            }
            Effect::ReadAudit => {
                let text = crate::cli::audit::page(&self.audit);
                let name = "audit".to_owned();
                return (Some(Msg::Page { name, text }), None);
            }
            Effect::WriteWalk { run, entry } => {
                if let Err(problem) = self.walks.write(run, &entry) {
                    return (Some(Msg::Unwritten { run, problem }), None);
                }
            }
            Effect::FindWalk { run, id } => {
                let found = self
                    .walks
                    .find(run, id.as_deref())
                    .map(|(walk, others)| Box::new(Resumed { run, walk, others }));
                return (Some(Msg::Walk(found)), None);
            }
            Effect::Ask { number, env, ask } => {
                let apis = self.sources.link(env);
                let prometheus = self
                    .config
                    .environments
                    .get(usize::from(env.0))
                    .and_then(|environment| environment.prometheus.clone());
                self.asking = Some((number, self.eyes.ask(number, *ask, apis, prometheus)));
            }
            Effect::StopAsking(number) => {
                if let Some((_, asking)) = self.asking.take_if(|(asked, _)| *asked == number) {
                    asking.stop();
                }
            }
            Effect::Remember(session) => {
                if let Err(problem) = self.ledger.remember(&session)
                    && !std::mem::replace(&mut self.silent, true)
                {
                    return (Some(Msg::Saved(Err(problem.hint("the session will not survive a hang-up")))), None);
                }
            }
            Effect::Login(env) => {
                return (
                    None,
                    Some(Order::Child {
                        env,
                        argv: login_command(&self.config, env),
                    }),
                );
            }
            Effect::Again => return (None, Some(Order::Again)),
            Effect::Suspend => return (None, Some(Order::Suspend)),
            Effect::Repaint => return (None, Some(Order::Repaint)),
            Effect::Quit(code) => return (None, Some(Order::Quit(code))),
        }
        (None, None)
    }

    /// The id of the file of this walk.
    pub fn walk_id(&self, run: u64) -> Option<&str> {
        self.walks.id(run)
    }

    /// Ends what would outlive the screen, and waits until that is written down.
    pub fn close(&self) {
        self.forwards.iter().for_each(Keeper::close);
    }

    fn copy(&self, text: &str, screen: Option<&mut Screen>) -> Result<Copied, Problem> {
        let kept = self.ledger.clip(text);
        match (clipboard::sequence(text, self.in_tmux), screen) {
            (Some(sequence), Some(screen)) => {
                let written = screen.write(&sequence);
                written
                    .map(|()| Copied::Clipboard)
                    .map_err(|e| Problem::new(crate::model::ProblemKind::Server, format!("cannot copy: {e}")))
            }
            _ => kept.map(Copied::File),
        }
    }
}

/// The environment's login command, else the one that most EKS users need.
fn login_command(config: &Config, env: EnvId) -> Vec<String> {
    let environment = config.environments.get(usize::from(env.0));
    if let Some(argv) = environment.map(|e| &e.login).filter(|argv| !argv.is_empty()) {
        return argv.clone();
    }
    let profile = environment.and_then(crate::source::kube::login_profile);
    let mut argv: Vec<String> = ["aws", "sso", "login", "--no-browser", "--use-device-code"]
        .map(String::from)
        .into();
    if let Some(profile) = profile {
        argv.extend(["--profile".into(), profile]);
    }
    argv
}
