//! What the system asks of the program.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A request from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    HangUp,
    Terminate,
    /// `kill -TSTP`: the shell wants its terminal.
    Stop,
}

/// The signals, watched.
pub struct Signals {
    hang_up: Signal,
    terminate: Signal,
    stop: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Signals {
    /// Starts watching. While the terminal is ours it sends no SIGINT; while a child has it, `ctrl-c` is
    /// meant for the child, so SIGINT and SIGQUIT are taken and ignored.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            stop: signal(SignalKind::from_raw(signal_hook::consts::SIGTSTP))?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// The next request.
    pub async fn next(&mut self) -> Request {
        loop {
            tokio::select! {
                _ = self.hang_up.recv() => return Request::HangUp,
                _ = self.terminate.recv() => return Request::Terminate,
                _ = self.stop.recv() => return Request::Stop,
                _ = self.interrupt.recv() => {}
                _ = self.quit.recv() => {}
            }
        }
    }
}

/// Stops this process as the shell expects it; returns when it is continued.
pub fn stop_here() {
    // SIGSTOP cannot be caught: the shell sees a stopped job, `fg` continues right here.
    let _ = signal_hook::low_level::raise(signal_hook::consts::SIGSTOP);
}
