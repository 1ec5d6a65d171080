//! From the key to the plan on the screen: the real binary in a pseudo terminal, over the simulated platform on loopback.
//!
//! The server answers at once, and then each request only after 20 and 100 ms: how many round trips the plan takes, the difference tells.
//! Run it with `cargo bench --bench plan`; `QD_BENCH_ROUNDS` (50) says how often.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::face::{Fault, Route};
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
const PATIENCE: Duration = Duration::from_secs(30);

/// What the plan shows of what the server said, and what it shows before that.
const PLANNED: &str = "effect";
const ROW: &str = "backend-deployment";

fn main() {
    let rounds = std::env::var("QD_BENCH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(50);
    let wanted = Wanted {
        pace: Pace::Times(1.0),
        ..Wanted::new(scenario::load("calm").unwrap())
    };
    let platform = Platform::start(wanted).unwrap();
    let directory = tempfile::tempdir().unwrap();
    platform.write(directory.path(), Guide::Hidden).unwrap();
    let kubeconfig = directory.path().join("kubeconfig");
    let config = directory.path().join("plan.toml");
    let text = format!(
        "[[environment]]\nname = \"prod\"\ntier = \"open\"\nkubernetes = {{ kubeconfig = {kubeconfig:?}, context = \"solia-prod\", namespaces = [\"default\"] }}\n"
    );
    std::fs::write(&config, text).unwrap();
    let site = platform.site(Environment::Production).unwrap();
    let (_, desk) = site.desks.iter().find(|(name, _)| *name == "kubernetes").unwrap();

    let mut screen = Screen::start(&config, directory.path());
    screen.wait("the row", |text| text.contains(ROW) && text.contains("live"));
    println!(
        "{:<44} {:>9} {:>9} {:>9}",
        "from the key to the plan on the screen", "least", "median", "slowest"
    );
    for delay in [0, 20, 100] {
        let fault = (delay > 0).then(|| desk.fault(Route::any(), Fault::Delay(Duration::from_millis(delay))));
        let mut took: Vec<Duration> = (0..rounds).map(|_| screen.plan()).collect();
        took.sort_unstable();
        if let Some(fault) = fault {
            desk.lift(fault);
        }
        let at = |part: usize| took[(took.len() - 1) * part / 100].as_secs_f64() * 1000.0;
        let name = format!("each answer after {delay} ms");
        println!("{name:<44} {:>6.1} ms {:>6.1} ms {:>6.1} ms", at(0), at(50), at(100));
    }
    screen.type_keys(":q\r");
}

/// A program in a terminal, and what stands on it.
struct Screen {
    input: Box<dyn std::io::Write + Send>,
    seen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    _child: Box<dyn portable_pty::Child + Send + Sync>,
}

impl Screen {
    fn start(config: &Path, home: &Path) -> Self {
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_qd"));
        command.args(["--config", config.to_str().unwrap(), "deploy/backend-deployment"]);
        command.env("HOME", home);
        command.env("XDG_STATE_HOME", home.join("state"));
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let parser = vt100::Parser::new(NonZero::new(ROWS).unwrap(), NonZero::new(COLUMNS).unwrap(), 0);
        let seen = Arc::new((Mutex::new(parser), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let input = pair.master.take_writer().unwrap();
        let told = Arc::clone(&seen);
        std::thread::spawn(move || {
            // Held here: without its other end the terminal would hang up.
            let _master = pair.master;
            let mut buffer = [0; 65536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 {
                    return;
                }
                told.0.lock().unwrap().process(&buffer[..count]);
                told.1.notify_all();
            }
        });
        Self {
            input,
            seen,
            _child: child,
        }
    }

    fn type_keys(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    fn wait(&self, what: &str, such: impl Fn(&str) -> bool) {
        let parser = self.seen.0.lock().unwrap();
        let not_yet = |parser: &mut vt100::Parser| !such(&parser.screen().contents());
        let (parser, timeout) = self.seen.1.wait_timeout_while(parser, PATIENCE, not_yet).unwrap();
        assert!(!timeout.timed_out(), "waited in vain for {what}:\n{}", parser.screen().contents());
    }

    /// Presses the key, and gives how long it took until the plan stood there.
    fn plan(&mut self) -> Duration {
        let started = Instant::now();
        self.type_keys("r");
        self.wait("the plan", |text| text.contains(PLANNED));
        let took = started.elapsed();
        self.wait("the dry run", |text| text.contains("the server would take it"));
        self.type_keys("\u{1b}");
        self.wait("the table", |text| !text.contains(PLANNED) && text.contains(ROW));
        took
    }
}
