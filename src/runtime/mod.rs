//! The loop: wait for a message, take what else is there, change the app, draw at most one frame.

mod call;
mod clipboard;
mod driver;
pub mod editor;
pub mod escape;
pub mod gate;
mod input;
pub mod lines;
mod link;
pub mod open;
mod screen;
mod signals;
mod trace;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::action::stage::News;
use crate::app::deeds::Mode;
use crate::app::{App, Ending, Msg, update};
use crate::execute::{Executor, Looker};
use crate::ledger::Ledger;
use crate::ledger::audit::Audit;
use crate::model::{Fact, Problem, ProblemKind, Time};
use crate::redact::Mask;
use crate::ui::Look;
use driver::{Driver, Order};
use gate::Gate;
use input::Input;
pub use open::Options;
use screen::Screen;
use signals::{Request, Signals};

/// Facts that may wait for the loop; when they are this many, the sources wait, too.
const FACTS: usize = 256;

/// Keys typed before a dialog has been on the screen for so long were not meant for it.
const READ: Duration = Duration::from_millis(300);

/// Runs the cockpit until the user leaves it.
///
/// # Errors
/// What keeps it from starting, before the terminal is taken.
pub fn run(options: Options) -> Result<ExitCode, Problem> {
    // Standard input may be a log; keys come from the terminal all the same.
    if options.logs.is_none() || !std::io::stdout().is_terminal() {
        needs_a_terminal()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Problem::new(ProblemKind::Server, format!("cannot start: {error}")))?;
    let code = runtime.block_on(cockpit(options));
    // A plugin or a resolver that hangs must not keep the user from the shell.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code.map(ExitCode::from)
}

/// Whether there is a terminal to draw on and to read keys from.
///
/// # Errors
/// There is none.
pub fn needs_a_terminal() -> Result<(), Problem> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return Ok(());
    }
    let problem = Problem::new(ProblemKind::Config, "the cockpit needs a terminal for input and output");
    Err(problem.hint("`qd triage` and `qd config check` work without one"))
}

async fn cockpit(options: Options) -> Result<u8, Problem> {
    let gone = |error: std::io::Error| Problem::new(ProblemKind::Server, format!("the terminal is gone: {error}"));
    let ledger = Ledger::new(options.paths.state.clone());
    let config = Arc::new(options.loaded.config.clone());
    let look = open::look(&config, &options.paths)?;
    let opening = open::opening(&options, &ledger);
    let low_bandwidth = config.ui.low_bandwidth;
    let (facts, mut news) = mpsc::channel::<Fact>(FACTS);
    let mut signals = Signals::new().map_err(gone)?;
    let (tell, mut came) = mpsc::channel::<News>(FACTS);
    let audit = Audit::of_process(&options.paths.state);
    // Where nothing may be changed there is nothing that could.
    let hands = (options.mode == Mode::Changing).then(|| {
        Executor::new(audit.clone(), tell.clone())
            .recording_in(ledger.clone(), Mask::new(&config.redact.secrets))
            .alerting(&config)
    });
    let eyes = Looker::new(tell.clone());
    if hands.is_some() {
        open::tell_open_intents(audit.clone(), tell.clone());
    }
    let mut app = App::new(config.clone(), opening, now());
    let mut driver = Driver::new(
        config.clone(),
        ledger,
        facts,
        audit,
        (eyes, hands),
        std::env::var_os("TMUX").is_some(),
    );
    let (mut arming, mut armed) = (None, None::<(u64, Instant)>);
    trace::start(&options.paths.state);
    screen::install_panic_hook();
    let mut screen = Screen::take(config.ui.mouse).map_err(gone)?;
    let over_ssh = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let mut input = Input::new(over_ssh);
    let mut gate = Gate::new(low_bandwidth);
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (width, height) = crossterm::terminal::size().map_err(gone)?;
    let mut messages = vec![Msg::Resize { width, height }];
    let mut batch = Vec::new();
    loop {
        let (mut effects, mut again) = (Vec::new(), false);
        for message in messages.drain(..) {
            match message {
                Msg::Fact(_) | Msg::Tick(_) => gate.changed(),
                _ => gate.input(),
            }
            effects.extend(update(&mut app, message));
        }
        if gate.open(Instant::now()) {
            effects.extend(app.settle());
        }
        for effect in effects {
            let (message, order) = driver.carry_out(effect, Some(&mut screen));
            messages.extend(message);
            match order {
                Some(Order::Quit(code)) => {
                    driver.close();
                    return Ok(code);
                }
                Some(Order::Again) => again = true,
                Some(Order::Arm(draft)) => arming = Some(draft),
                Some(order) => messages.extend(obey(order, &mut screen, &mut input).await.map_err(gone)?),
                None => {}
            }
        }
        if !messages.is_empty() {
            continue;
        }
        if gate.open(Instant::now()) {
            // A terminal that is gone ends the program as a hang-up does: the signal may come late.
            if screen.draw(&app, &look).is_err() {
                messages.push(Msg::End(Ending::HangUp));
                continue;
            }
            gate.drawn(Instant::now());
            if let Some(draft) = arming.take() {
                armed = Some((draft, Instant::now() + READ));
            }
            if again {
                gate.again();
            }
        }
        let wake = [input.deadline(), gate.wake(), armed.map(|(_, when)| when)]
            .into_iter()
            .flatten()
            .min();
        tokio::select! {
            biased;
            request = signals.next() => match request {
                Request::HangUp => messages.push(Msg::End(Ending::HangUp)),
                Request::Terminate => messages.push(Msg::End(Ending::Terminate)),
                Request::Stop => messages.extend(obey(Order::Suspend, &mut screen, &mut input).await.map_err(gone)?),
            },
            keys = input.next() => match keys {
                Some(keys) => messages.extend(keys),
                None => messages.push(Msg::End(Ending::HangUp)),
            },
            _ = tick.tick() => messages.push(Msg::Tick(now())),
            count = news.recv_many(&mut batch, FACTS) => {
                debug_assert!(count > 0, "the driver holds a sender");
                messages.extend(batch.drain(..).map(Msg::Fact));
            }
            Some(news) = came.recv() => messages.push(Msg::News(Box::new(news))),
            () = at(wake) => {
                messages.extend(input.due(Instant::now()));
                if let Some((draft, _)) = armed.take_if(|(_, when)| Instant::now() >= *when) {
                    messages.push(Msg::Armed(draft));
                }
            }
        }
    }
}

/// Does what only the owner of the terminal can do.
async fn obey(order: Order, screen: &mut Screen, input: &mut Input) -> std::io::Result<Vec<Msg>> {
    match order {
        Order::Repaint => screen.repaint()?,
        Order::Suspend => {
            input.release();
            screen.release();
            signals::stop_here();
            screen.retake()?;
            input.retake();
            let (width, height) = crossterm::terminal::size()?;
            return Ok(vec![Msg::Resize { width, height }]);
        }
        Order::Session(session) => {
            input.release();
            screen.release();
            session.hands.hold(session.confirmed, session.identity, session.apis).await;
            screen.retake()?;
            input.retake();
            let (width, height) = crossterm::terminal::size()?;
            return Ok(vec![Msg::Resize { width, height }]);
        }
        Order::Edit(order) => {
            input.release();
            screen.release();
            let edited = tokio::task::spawn_blocking(move || editor::run(&order, &editor::named())).await;
            screen.retake()?;
            input.retake();
            let (width, height) = crossterm::terminal::size()?;
            let gone = |_| Problem::new(ProblemKind::Server, "the editor was lost");
            return Ok(vec![
                Msg::Resize { width, height },
                Msg::Edited(edited.map_err(gone).and_then(|edited| edited)),
            ]);
        }
        Order::Child { env, argv } => {
            input.release();
            screen.release();
            let result = open::child(&argv).await;
            screen.retake()?;
            input.retake();
            return Ok(vec![Msg::Returned { env, result }]);
        }
        Order::Quit(_) | Order::Again | Order::Arm(_) => {}
    }
    Ok(Vec::new())
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when.into()).await,
        None => std::future::pending().await,
    }
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_second())
}

/// What the loop needs of the look, in one place for the tests.
pub fn plain_look() -> Look {
    Look {
        theme: crate::ui::theme::Theme::plain(crate::ui::theme::Glyphs::Unicode),
        zone: jiff::tz::TimeZone::UTC,
    }
}
