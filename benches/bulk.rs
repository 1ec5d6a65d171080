//! Many marked objects at once: how soon the plan of 200 deletions stands on the screen, and how long they take.
//!
//! The whole program in a pseudo terminal, before the simulated platform's development environment. It needs `kubectl`, which
//! makes the pods. `cargo bench --bench bulk`; `QD_BENCH_ROUNDS` (3) says how often. See BENCHMARKS.md.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const QD: &str = env!("CARGO_BIN_EXE_qd");
const PATIENCE: Duration = Duration::from_secs(60);
const PODS: usize = 200;
const CONTEXT: &str = "solia-dev";

fn main() {
    let rounds = std::env::var("QD_BENCH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3);
    if cfg!(debug_assertions) {
        println!("a development build: only the dependencies are optimised, and not fully");
    }
    let home = tempfile::tempdir().unwrap();
    let _sim = simulator(home.path());
    for round in 1..=rounds {
        one(round, home.path());
    }
}

/// The simulated platform, which ends with the bench, also where that fails.
struct Simulator(Child);

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn simulator(home: &Path) -> Simulator {
    let mut child = Command::new(QD)
        .args(["sim", "--scenario", "calm", "--dir"])
        .arg(home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if line.starts_with("ready") {
            break;
        }
    }
    Simulator(child)
}

fn kubectl(home: &Path, arguments: &[&str], input: &str) {
    let mut child = Command::new("kubectl")
        .arg("--kubeconfig")
        .arg(home.join("kubeconfig"))
        .args(["--context", CONTEXT])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn one(round: usize, home: &Path) {
    let namespace = format!("bulk-{round}");
    let made = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
    kubectl(home, &["create", "--validate=false", "-f", "-"], &made.to_string());
    let pod = |n: usize| {
        serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("many-{n:03}"), "namespace": namespace},
            "spec": {"nodeSelector": {"none": "such"}, "containers": [{"name": "app", "image": "app:1"}]}})
    };
    let all = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": (0..PODS).map(pod).collect::<Vec<_>>()});
    kubectl(home, &["create", "--validate=false", "-f", "-"], &all.to_string());
    let state = home.join(format!("state-{round}"));
    let mut screen = Screen::open(home, &namespace, &state);
    screen.wait("many-000");
    screen.press(b"g");
    for _ in 0..PODS {
        screen.press(b" ");
    }
    screen.wait(&format!("{PODS} marked"));
    let begun = Instant::now();
    screen.press(b"\x04");
    screen.wait(&format!("DELETE {PODS} pods"));
    let planned = begun.elapsed();
    screen.wait("would take it");
    let tried = begun.elapsed();
    // Nothing that is typed before one could read it counts.
    std::thread::park_timeout(Duration::from_millis(400));
    let begun = Instant::now();
    screen.press(b"y");
    screen.wait(&format!("all {PODS} done"));
    let done = begun.elapsed();
    let (intended, outcomes) = audited(&state);
    println!(
        "{round}. the plan on the screen after {:.0} ms, the dry run of all {PODS} after {:.0} ms; deleted in {:.2} s; \
         {intended} lines intended, {outcomes} outcomes",
        planned.as_secs_f64() * 1000.0,
        tried.as_secs_f64() * 1000.0,
        done.as_secs_f64(),
    );
    assert_eq!((intended, outcomes), (PODS, PODS));
}

/// Lines of the audit: intents and outcomes.
fn audited(state: &Path) -> (usize, usize) {
    let directory = state.join("quarterdeck").join("audit");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
    let text: String = texts.map(|path: PathBuf| std::fs::read_to_string(path).unwrap()).collect();
    let of = |word: &str| {
        text.lines()
            .filter(|line| line.contains(&format!("\"type\":\"dev.quarterdeck.action.{word}\"")))
            .count()
    };
    (of("intended"), of("outcome"))
}

/// The program, and what it shows.
struct Screen {
    parser: Arc<Mutex<vt100::Parser>>,
    writer: Box<dyn std::io::Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Screen {
    fn open(home: &Path, namespace: &str, state: &Path) -> Self {
        let (rows, cols) = (40, 120);
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(QD);
        command.arg("--config");
        command.arg(home.join("qd.toml"));
        command.args(["--env", "development", "-n", namespace, "pods"]);
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", state);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(
            NonZero::new(rows).unwrap(),
            NonZero::new(cols).unwrap(),
            0,
        )));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shown = Arc::clone(&parser);
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                shown.lock().unwrap().process(&buffer[..n]);
            }
        });
        Self {
            parser,
            writer: pair.master.take_writer().unwrap(),
            child,
            _master: pair.master,
        }
    }

    fn press(&mut self, keys: &[u8]) {
        self.writer.write_all(keys).unwrap();
        self.writer.flush().unwrap();
    }

    fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    fn wait(&self, word: &str) {
        let begun = Instant::now();
        while !self.text().contains(word) {
            assert!(begun.elapsed() < PATIENCE, "waited in vain for {word:?}:\n{}", self.text());
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
