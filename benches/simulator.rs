//! The simulated platform: how soon the demo shows something, what the noisy world costs, and how fast it lists
//! 10,000 pods beside a real server. See BENCHMARKS.md; `cargo bench --bench simulator`, and with
//! `QD_LIVE_KUBECONFIG=…` the real one is listed in the same run.

#![allow(clippy::disallowed_methods)]

mod measure;

use std::io::{BufRead as _, BufReader, Read as _};
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use measure::{count, cpu_seconds, raw, status};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const QD: &str = env!("CARGO_BIN_EXE_qd");
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    for _ in 0..5 {
        match demo(&["demo"], "CrashLoopBackOff") {
            Some(time) => println!("qd demo to the crashing pods on the screen: {:.0} ms", time.as_secs_f64() * 1000.0),
            None => println!("qd demo: nothing useful came"),
        }
    }
    let home = std::env::temp_dir().join(format!("qd-bench-sim-{}", std::process::id()));
    let started = Instant::now();
    let child = Command::new(QD)
        .args(["sim", "--scenario", "noisy", "--dir"])
        .arg(&home)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("qd sim could not be started");
        return;
    };
    let mut lines = child.stdout.take().map(|out| BufReader::new(out).lines());
    while lines
        .as_mut()
        .and_then(Iterator::next)
        .is_some_and(|line| line.is_ok_and(|l| !l.starts_with("ready")))
    {}
    println!("qd sim --scenario noisy, ready after {:.2} s", started.elapsed().as_secs_f64());
    let pid = child.id();
    let quiet = Duration::from_secs(30);
    let (cpu, at) = (cpu_seconds(pid), Instant::now());
    while at.elapsed() < quiet {
        std::thread::park_timeout(Duration::from_millis(200));
    }
    println!(
        "noisy for {} s: {:.1} % of a core, {:.0} MiB resident, {:.0} MiB at most",
        quiet.as_secs(),
        (cpu_seconds(pid) - cpu) / at.elapsed().as_secs_f64() * 100.0,
        status(pid, "VmRSS"),
        status(pid, "VmHWM"),
    );
    let simulated = home.join("kubeconfig");
    for round in 1..=3 {
        println!("round {round}");
        list("simulated", &simulated);
        if let Some(real) = std::env::var_os("QD_LIVE_KUBECONFIG") {
            list("real", Path::new(&real));
        }
    }
    println!(
        "after the lists: {:.0} MiB resident, {:.0} MiB at most",
        status(pid, "VmRSS"),
        status(pid, "VmHWM")
    );
    let _ = child.kill();
    let _ = child.wait();
    let _ = std::fs::remove_dir_all(&home);
}

/// All pods with kubectl, which adds its own start: whole from the cache, and as a table.
fn list(name: &str, kubeconfig: &Path) {
    let (floor, _) = raw(kubeconfig, "/version");
    let (page, _) = raw(kubeconfig, "/api/v1/pods?limit=500");
    let (whole, body) = raw(kubeconfig, "/api/v1/pods?resourceVersion=0");
    let pods = count(&body);
    println!(
        "  {name:<10} kubectl's start {:.2} s, first page of 500 {:.2} s, all {pods} pods {:.2} s, {:.1} MB",
        floor.as_secs_f64(),
        page.as_secs_f64(),
        whole.as_secs_f64(),
        body.len() as f64 / 1e6
    );
}

/// How long until a word stands on the screen.
fn demo(arguments: &[&str], word: &str) -> Option<Duration> {
    let (rows, cols) = (40, 120);
    let pair = native_pty_system()
        .openpty(PtySize {
            rows,
            cols,
            ..PtySize::default()
        })
        .ok()?;
    let mut command = CommandBuilder::new(QD);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    let started = Instant::now();
    let mut child = pair.slave.spawn_command(command).ok()?;
    drop(pair.slave);
    let parser = Arc::new(Mutex::new(vt100::Parser::new(NonZero::new(rows)?, NonZero::new(cols)?, 0)));
    let mut reader = pair.master.try_clone_reader().ok()?;
    let mut writer = pair.master.take_writer().ok()?;
    {
        let parser = Arc::clone(&parser);
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if let Ok(mut parser) = parser.lock() {
                    parser.process(&buffer[..n]);
                }
            }
        });
    }
    let mut found = None;
    while started.elapsed() < PATIENCE && found.is_none() {
        if parser.lock().is_ok_and(|p| p.screen().contents().contains(word)) {
            found = Some(started.elapsed());
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    let _ = std::io::Write::write_all(&mut writer, b":quit\r");
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(3) && !matches!(child.try_wait(), Ok(Some(_))) {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    found
}
