//! The loop without a screen: the same app, sources and hands, and somebody who reads and types lines.
//!
//! What the cockpit draws, a [`Front`] tells; what keys do there, it does through the same messages. So nothing that is walked
//! here goes another way than it goes on the screen.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::driver::{Driver, Order};
use super::{FACTS, Options, READ, at, now, open};
use crate::action::stage::News;
use crate::app::deeds::Mode;
use crate::app::{App, Effect, Msg, update};
use crate::execute::{Executor, Looker};
use crate::ledger::Ledger;
use crate::ledger::audit::Audit;
use crate::model::{Fact, Problem, ProblemKind};
use crate::redact::Mask;
use crate::runbook::library::Library;
use crate::runbook::walk::Entry;

/// A line that is longer is cut: nobody types so much.
const LONGEST: u64 = 64 << 10;
/// What still runs when the system ends the program is waited for so long.
const GRACE: Duration = Duration::from_secs(5);

/// What is to be done when all that is known was taken in.
#[derive(Debug)]
pub enum Turn {
    /// Something runs, or is waited for.
    Wait,
    Do(Vec<Effect>),
    /// Somebody has to type a line.
    Read,
    /// The end, with this exit code.
    Over(u8),
}

/// Whoever stands where otherwise the screen is.
pub trait Front {
    /// Something happened in the walk that is kept in the file of this id, and is on the disk.
    fn wrote(&mut self, app: &App, id: &str, entry: &Entry);
    /// What now?
    fn turn(&mut self, app: &mut App) -> Turn;
    /// A line was typed; none: there will be no more.
    fn line(&mut self, app: &mut App, line: Option<&str>) -> Vec<Effect>;
    /// ctrl-c; with `ends` the system ends the program.
    fn interrupt(&mut self, app: &mut App, ends: bool) -> Vec<Effect>;
}

/// Runs until the front says that it is over.
///
/// # Errors
/// What keeps it from starting.
pub fn run(options: Options, library: Library, front: &mut impl Front) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem::new(ProblemKind::Server, format!("cannot start: {error}")))?;
    let code = runtime.block_on(lines(options, library, front));
    // A plugin or a resolver that hangs must not keep the user from the shell.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code.map(ExitCode::from)
}

async fn lines(options: Options, library: Library, front: &mut impl Front) -> Result<u8, Problem> {
    let ledger = Ledger::new(options.paths.state.clone());
    let config = Arc::new(options.loaded.config.clone());
    let mut opening = open::opening(&options, &ledger);
    // The cockpit's session is the cockpit's.
    (opening.session, opening.resumable, opening.open_walk) = (None, false, None);
    opening.forwards.clear();
    opening.named = true;
    opening.process = open::process(&library);
    opening.library = Some(Arc::new(library));
    let (facts, mut seen) = mpsc::channel::<Fact>(FACTS);
    let (tell, mut came) = mpsc::channel::<News>(FACTS);
    let audit = Audit::of_process(&options.paths.state);
    let hands = (options.mode == Mode::Changing).then(|| {
        Executor::new(audit.clone(), tell.clone())
            .recording_in(ledger.clone(), Mask::new(&config.redact.secrets))
            .alerting(&config)
    });
    let eyes = Looker::new(tell);
    let mut app = App::new(config.clone(), opening, now());
    let mut driver = Driver::new(config, ledger, facts, audit, (eyes, hands), false);
    let no_signal = |error: std::io::Error| Problem::new(ProblemKind::Server, format!("signals cannot be heard: {error}"));
    let mut interrupted = signal(SignalKind::interrupt()).map_err(no_signal)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(no_signal)?;
    let mut hung_up = signal(SignalKind::hangup()).map_err(no_signal)?;
    let mut typed = Typed::new();
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut armed, mut ending) = (None::<(u64, Instant)>, None::<(u8, Instant)>);
    let mut messages = vec![Msg::Resize { width: 120, height: 40 }];
    let mut effects = Vec::new();
    let mut batch = Vec::new();
    loop {
        for message in messages.drain(..) {
            effects.extend(update(&mut app, message));
        }
        effects.extend(app.settle());
        for effect in std::mem::take(&mut effects) {
            let (message, order) = carry_out(&mut driver, effect, &app, front);
            messages.extend(message);
            match order {
                Some(Order::Arm(draft)) => armed = Some((draft, Instant::now() + READ)),
                Some(Order::Session(session)) => session.hands.hold(session.confirmed, session.identity, session.apis).await,
                Some(Order::Quit(code)) => {
                    driver.close();
                    return Ok(code);
                }
                // What only a screen has.
                Some(Order::Edit(_) | Order::Again | Order::Repaint | Order::Suspend | Order::Child { .. }) | None => {}
            }
        }
        if !messages.is_empty() {
            continue;
        }
        match front.turn(&mut app) {
            Turn::Do(wanted) => {
                effects = wanted;
                continue;
            }
            Turn::Over(code) => {
                driver.close();
                return Ok(ending.map_or(code, |(code, _)| code));
            }
            Turn::Read => typed.ask(),
            Turn::Wait => {}
        }
        if let Some((code, until)) = ending
            && Instant::now() >= until
        {
            driver.close();
            return Ok(code);
        }
        let wake = [armed.map(|(_, when)| when), ending.map(|(_, until)| until)];
        tokio::select! {
            _ = interrupted.recv() => effects = front.interrupt(&mut app, false),
            _ = terminated.recv() => {
                ending = Some((143, Instant::now() + GRACE));
                effects = front.interrupt(&mut app, true);
            }
            _ = hung_up.recv() => {
                ending = Some((129, Instant::now() + GRACE));
                effects = front.interrupt(&mut app, true);
            }
            line = typed.next() => effects = front.line(&mut app, line.as_deref()),
            _ = tick.tick() => messages.push(Msg::Tick(now())),
            count = seen.recv_many(&mut batch, FACTS) => {
                debug_assert!(count > 0, "the driver holds a sender");
                messages.extend(batch.drain(..).map(Msg::Fact));
            }
            Some(news) = came.recv() => messages.push(Msg::News(Box::new(news))),
            () = at(wake.into_iter().flatten().min()) => {
                if let Some((draft, _)) = armed.take_if(|(_, when)| Instant::now() >= *when) {
                    messages.push(Msg::Armed(draft));
                }
            }
        }
    }
}

/// Carries out what a walk needs; what belongs to the cockpit is left alone.
fn carry_out(driver: &mut Driver, effect: Effect, app: &App, front: &mut impl Front) -> (Option<Msg>, Option<Order>) {
    match effect {
        Effect::Remember(_) | Effect::KeepForwards { .. } | Effect::Notify(_) => (None, None),
        // What the walk itself keeps, and not what the cockpit records besides.
        Effect::Record { ref name, .. } if !name.starts_with("walk-") => (None, None),
        Effect::WriteWalk { run, entry } => {
            let told = entry.clone();
            let (message, order) = driver.carry_out(Effect::WriteWalk { run, entry }, None);
            if message.is_none() {
                front.wrote(app, driver.walk_id(run).unwrap_or_default(), &told);
            }
            (message, order)
        }
        effect => driver.carry_out(effect, None),
    }
}

/// Standard input, a line at a time, and only when one is wanted: what is typed before is nobody's answer.
struct Typed {
    ask: std::sync::mpsc::Sender<()>,
    lines: mpsc::Receiver<Option<String>>,
    is_asked: bool,
}

impl Typed {
    fn new() -> Self {
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let (tell, lines) = mpsc::channel(1);
        // A thread of its own, which nobody waits for: reading a terminal cannot be broken off.
        std::thread::spawn(move || {
            while asked.recv().is_ok() {
                let mut line = Vec::new();
                let read = std::io::stdin().lock().take(LONGEST).read_until(b'\n', &mut line);
                let line = match read {
                    Ok(1..) => Some(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned()),
                    Ok(0) | Err(_) => None,
                };
                if tell.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            ask,
            lines,
            is_asked: false,
        }
    }

    /// One line is wanted. What a terminal has taken before was typed before anybody was asked.
    fn ask(&mut self) {
        if std::mem::replace(&mut self.is_asked, true) {
            return;
        }
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            // Where it cannot be thrown away, it is read: a line that fits no question changes nothing.
            let _ = rustix::termios::tcflush(&stdin, rustix::termios::QueueSelector::IFlush);
        }
        // The thread lives as long as this does.
        let _ = self.ask.send(());
    }

    async fn next(&mut self) -> Option<String> {
        if !self.is_asked {
            return std::future::pending().await;
        }
        let line = self.lines.recv().await.flatten();
        self.is_asked = false;
        line
    }
}
