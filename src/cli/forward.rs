//! `qd forward`: port-forwards without the screen. It goes on until ctrl-c, through pods that go and servers that restart.

use std::io::{BufRead as _, IsTerminal as _, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::{Forward, Place, report};
use crate::action::{Verb, Word, guard, kubectl};
use crate::config::{Config, Environment, Kubernetes, Level, Loaded};
use crate::execute::forward::{ForwardId, ForwardSeen, ForwardSpec, ForwardState, Forwards, account};
use crate::ledger::audit::{Audit, AuditKind, AuditOutcome, Deed};
use crate::model::{EnvId, Fact, Link, Namespaces, Problem, ProblemKind, Seen, Server};
use crate::redact;
use crate::source::kube::Api;
use crate::source::kube::link::{self, LinkHandle};

/// How long the API server may take at the start. Later it is waited for as long as it takes.
const PATIENCE: Duration = Duration::from_secs(15);

/// Forwards until the user or the system ends it.
///
/// # Errors
/// What was asked for makes no sense, nobody said yes where somebody must, a port is taken, or nothing can be reached.
pub fn run(wanted: &Forward, loaded: &Loaded, place: &Place, audit: &Audit, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let (environment, kubernetes) = environment(&loaded.config)?;
    let spec = spec(wanted, environment, place)?;
    let deed = Deed {
        environment: environment.name.clone(),
        context: kubernetes.context.clone(),
        action: "port-forward".to_owned(),
        command: redact::mask_text(&line(&spec, kubernetes)).into_owned(),
        ..Deed::default()
    };
    let asked = is_the_one(environment, kubernetes).and_then(|()| permit(wanted, &loaded.config, environment, &spec));
    if let Err(problem) = &asked
        && problem.kind == ProblemKind::Denied
    {
        let deed = Deed {
            outcome: Some(AuditOutcome::Refused),
            said: problem.text.to_string(),
            ..deed.clone()
        };
        audit.append(AuditKind::Dropped, deed, jiff::Timestamp::now())?;
    }
    let confirmation = match asked? {
        Permit::Given(how) => how.to_owned(),
        Permit::Refused => {
            let outcome = Some(AuditOutcome::Cancelled);
            audit.append(AuditKind::Dropped, Deed { outcome, ..deed }, jiff::Timestamp::now())?;
            report::warn(&Problem::new(ProblemKind::Config, "nobody said yes: nothing is forwarded"));
            return Ok(ExitCode::from(super::FINDINGS));
        }
    };
    let deed = Deed { confirmation, ..deed };
    let intent = audit.append(AuditKind::Intended, deed.clone(), jiff::Timestamp::now())?.id;
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem::new(ProblemKind::Server, format!("cannot start: {error}")));
    let ended = runtime.and_then(|runtime| {
        let ended = runtime.block_on(Session::run(spec, environment, kubernetes.clone(), out));
        // A plugin or a resolver that hangs must not keep what ends.
        runtime.shutdown_background();
        ended
    });
    let (outcome, said) = match &ended {
        Ok(last) => (AuditOutcome::Succeeded, account(last)),
        Err(problem) => (AuditOutcome::Failed, problem.text.to_string()),
    };
    let deed = Deed {
        intent: Some(intent),
        outcome: Some(outcome),
        said: redact::mask_text(&said).into_owned(),
        duration_ms: u64::try_from(begun.elapsed().as_millis()).ok(),
        ..deed
    };
    // That it cannot be written down any more undoes nothing.
    if let Err(problem) = audit.append(AuditKind::Outcome, deed, jiff::Timestamp::now()) {
        report::warn(&problem);
    }
    report::print(out, &format!("ended: {}\n", account(&ended?)))
}

/// Where it is done.
fn environment(config: &Config) -> Result<(&Environment, &Kubernetes), Problem> {
    let none = || Problem::new(ProblemKind::Config, "there is no environment to forward to").hint("`qd config check` says why");
    let environment = config.environments.get(config.default_environment).ok_or_else(none)?;
    let kubernetes = environment.kubernetes.as_ref().ok_or_else(|| {
        let text = format!("{} has no Kubernetes", environment.name);
        Problem::new(ProblemKind::Config, text).hint("--env chooses another environment")
    })?;
    Ok((environment, kubernetes))
}

/// What the arguments mean, read as kubectl reads them.
fn spec(wanted: &Forward, environment: &Environment, place: &Place) -> Result<ForwardSpec, Problem> {
    let usage = |text: String| Problem::new(ProblemKind::Config, text).hint("as in qd forward svc/backend 8080:http");
    if place.within.all_namespaces {
        return Err(usage("a forward leads to one namespace, not to all".to_owned()));
    }
    let namespace = match environment.home() {
        Namespaces::All => "default".to_owned(),
        Namespaces::Some(names) => match names.as_slice() {
            [one] => one.to_string(),
            several => {
                let names = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(usage(format!("which namespace: {names}?")).hint("-n NAMESPACE says it"));
            }
        },
    };
    let flags = wanted
        .address
        .iter()
        .map(|address| format!("--address={}", Word::from(address.as_str())));
    let words = [&wanted.object]
        .into_iter()
        .chain(&wanted.ports)
        .map(|word| Word::from(word.as_str()).to_string());
    let line: Vec<String> = ["kubectl".to_owned(), "port-forward".to_owned()]
        .into_iter()
        .chain(words)
        .chain(flags)
        .collect();
    let action = kubectl::parse(&line.join(" ")).map_err(|fault| {
        let problem = usage(fault.message);
        match fault.hint {
            Some(hint) => problem.hint(crate::model::clean(&hint).as_ref()),
            None => problem,
        }
    })?;
    match &action.verb {
        Verb::PortForward(forward) => ForwardSpec::of(forward, &environment.name, &namespace),
        _ => Err(usage(format!("{} is no forward", line.join(" ")))),
    }
}

fn line(spec: &ForwardSpec, kubernetes: &Kubernetes) -> String {
    let context = Some(kubernetes.context.as_str()).filter(|context| !context.is_empty());
    spec.action(context).to_string()
}

/// Whether the kubeconfig leads to the cluster that the configuration means.
fn is_the_one(environment: &Environment, kubernetes: &Kubernetes) -> Result<(), Problem> {
    match environment.mismatch(&crate::source::kube::named(kubernetes)?) {
        None => Ok(()),
        Some(mismatch) => Err(Problem::new(ProblemKind::Denied, mismatch.to_string()).hint("is the context the right one?")),
    }
}

/// Whether it may be done.
enum Permit {
    /// And how that was said.
    Given(&'static str),
    Refused,
}

/// Asks what the guard wants asked.
fn permit(wanted: &Forward, config: &Config, environment: &Environment, spec: &ForwardSpec) -> Result<Permit, Problem> {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let label = environment.shown();
    // What has to be typed, and how the audit calls it.
    let (answers, hint, how) = match guard::forward(config, environment, &user)? {
        None => return Ok(Permit::Given("")),
        Some(Level::Key) if wanted.yes => return Ok(Permit::Given("flag")),
        Some(Level::Key) => (["y", "Y", "yes"].map(str::to_owned).to_vec(), "[y/N]".to_owned(), "key"),
        Some(Level::Token) => (vec![format!("{label} forward")], format!("type `{label} forward`:"), "token"),
        Some(Level::Full) => (
            vec![format!("{label}/{}", spec.object())],
            format!("type `{label}/{}`:", spec.object()),
            "full",
        ),
    };
    if !std::io::stdin().is_terminal() {
        let text = format!("somebody has to agree to a forward in {label}");
        return Err(
            Problem::new(ProblemKind::Config, text).hint("at a terminal you are asked; where y is enough, --yes says it in a script")
        );
    }
    let others = match spec.is_open_to_others() {
        true => ", open to other machines",
        false => "",
    };
    let mut stderr = std::io::stderr().lock();
    let question = format!("forward to {} in {label}{others}? {hint} ", spec.object());
    let _ = stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read.is_ok() && answers.iter().any(|wanted| wanted == answer.trim()) {
        true => Ok(Permit::Given(how)),
        false => Ok(Permit::Refused),
    }
}

/// A forward that runs, and what was said of it.
struct Session<'a, W> {
    forwards: Forwards,
    id: ForwardId,
    link: LinkHandle,
    /// What the forward gets of the connection: nothing before it is known to be that of the environment.
    gate: Gate<'a>,
    out: &'a mut W,
    said: Said,
}

/// Lets a connection through once its server is the one that the configuration names.
struct Gate<'a> {
    environment: &'a Environment,
    is_the_one: bool,
    through: watch::Sender<Option<Api>>,
}

impl Gate<'_> {
    /// A server answers: is it the one?
    fn met(&mut self, server: &Server) -> Result<(), Problem> {
        self.is_the_one = false;
        guard::is_the_one(self.environment, server)?;
        self.is_the_one = true;
        Ok(())
    }

    fn pass(&self, api: Option<Api>) {
        if self.is_the_one {
            self.through.send_replace(api);
        }
    }
}

/// What was told last, so that it is told once.
#[derive(Default)]
struct Said {
    lines: Vec<String>,
    pod: Option<std::sync::Arc<str>>,
    why: Option<Problem>,
    note: Option<std::sync::Arc<str>>,
    error: Option<Problem>,
    /// Whether it ever led somewhere.
    stood: bool,
}

impl<'a, W: Write> Session<'a, W> {
    /// Runs until a signal comes; how it stood then.
    async fn run(spec: ForwardSpec, environment: &'a Environment, kubernetes: Kubernetes, out: &'a mut W) -> Result<ForwardSeen, Problem> {
        let mut ends = Ends::new().map_err(|error| Problem::new(ProblemKind::Server, format!("signals cannot be waited for: {error}")))?;
        if spec.is_open_to_others() {
            let addresses: Vec<String> = spec.addresses.iter().map(ToString::to_string).collect();
            let text = format!("other machines can reach this forward: it listens on {}", addresses.join(", "));
            report::warn(&Problem::new(ProblemKind::Config, text));
        }
        let (tell, mut facts) = mpsc::channel(64);
        let link = link::spawn(EnvId(0), kubernetes, tell);
        let mut forwards = Forwards::new();
        let mut changes = forwards.changes();
        let (through, apis) = watch::channel(None);
        let id = forwards.start(spec, apis)?;
        let mut connections = link.apis.clone();
        let mut session = Self {
            forwards,
            id,
            link,
            gate: Gate {
                environment,
                is_the_one: false,
                through,
            },
            out,
            said: Said::default(),
        };
        let patience = tokio::time::sleep(PATIENCE);
        tokio::pin!(patience);
        let mut lost = None;
        loop {
            tokio::select! {
                () = ends.any() => return session.end(),
                changed = changes.changed() => if changed.is_err() { return session.end() },
                Some(fact) = facts.recv() => session.link(fact, &mut lost)?,
                changed = connections.changed() => if changed.is_err() { return session.end() },
                () = &mut patience, if !session.said.stood && session.link.apis.borrow().is_none() => {
                    let slow = || Problem::new(ProblemKind::TimedOut, format!("no answer within {} s", PATIENCE.as_secs()));
                    return Err(lost.unwrap_or_else(slow));
                }
            }
            session.gate.pass(session.link.apis.borrow().clone());
            session.tell()?;
        }
    }

    fn end(mut self) -> Result<ForwardSeen, Problem> {
        let gone = || Problem::new(ProblemKind::Server, "the forward is gone");
        self.forwards.stop(self.id).ok_or_else(gone)
    }

    /// What the connection to the API server tells. At the start, what waiting does not mend ends it.
    fn link(&mut self, fact: Fact, lost: &mut Option<Problem>) -> Result<(), Problem> {
        let Seen::Link(state) = fact.seen else { return Ok(()) };
        match state {
            Link::Lost { problem, .. } => {
                let waiting = matches!(
                    problem.kind,
                    ProblemKind::Unreachable
                        | ProblemKind::TimedOut
                        | ProblemKind::Throttled
                        | ProblemKind::Server
                        | ProblemKind::BadAnswer
                );
                if !self.said.stood && !waiting {
                    return Err(problem);
                }
                // Each try tells it anew.
                if lost.as_ref() != Some(&problem) {
                    report::warn(&problem);
                }
                *lost = Some(problem);
            }
            Link::Ready(server) => {
                self.gate.met(&server)?;
                *lost = None;
            }
            Link::Idle | Link::Connecting => {}
        }
        Ok(())
    }

    /// Tells what is new.
    fn tell(&mut self) -> Result<(), Problem> {
        let Some(seen) = self.forwards.get(self.id) else { return Ok(()) };
        match &seen.state {
            ForwardState::Failed(problem) => return Err(problem.clone()),
            ForwardState::Starting => {}
            ForwardState::Waiting { why, .. } => {
                if self.said.why.as_ref() != Some(why) {
                    report::warn(&Problem::new(why.kind, format!("waiting: {}", why.text)).hint(&*why.hint));
                    self.said.why = Some(why.clone());
                }
            }
            ForwardState::Listening => {
                self.said.stood = true;
                self.said.why = None;
                if seen.note.is_some() && seen.note != self.said.note {
                    report::warn(&Problem::new(ProblemKind::NotFound, seen.note.as_deref().unwrap_or_default()));
                } else if let (Some(before), Some(pod)) = (&self.said.pod, &seen.pod)
                    && before != pod
                {
                    report::warn(&Problem::new(
                        ProblemKind::NotFound,
                        format!("{before} is gone; {pod} took its place"),
                    ));
                }
                (self.said.note, self.said.pod) = (seen.note.clone(), seen.pod.clone());
                let lines = lines(&seen);
                if lines != self.said.lines {
                    report::print(self.out, &lines.concat())?;
                    self.said.lines = lines;
                }
            }
        }
        let error = seen.last_error.map(|(_, problem)| problem);
        if error != self.said.error {
            error.iter().for_each(report::warn);
            self.said.error = error;
        }
        Ok(())
    }
}

/// Where each port leads.
fn lines(seen: &ForwardSeen) -> Vec<String> {
    let pod = seen.pod.as_deref().unwrap_or("?");
    let line = |reached: &crate::execute::forward::Reached| {
        let remote = reached.remote.map_or_else(String::new, |port| format!(":{port}"));
        format!("Forwarding from {} -> {pod}{remote}\n", reached.local)
    };
    seen.ports.iter().map(line).collect()
}

/// What ends it.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Ends {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
