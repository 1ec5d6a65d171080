//! The whole program beside others, on a real cluster: how long until rows, how much memory, how much it writes
//! and works while nothing happens. See BENCHMARKS.md; run it with
//! `QD_LIVE_KUBECONFIG=… cargo bench --bench cockpit -- [PROGRAM …]`.

#![allow(clippy::disallowed_methods)]

mod measure;

use std::io::Read;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use measure::{count, cpu_seconds, raw, status};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const COLUMNS: u16 = 200;
const ROWS: u16 = 50;
/// A program that has not listed everything by then is reported as such.
const PATIENCE: Duration = Duration::from_secs(90);

fn main() {
    let Some(kubeconfig) = std::env::var_os("QD_LIVE_KUBECONFIG").map(PathBuf::from) else {
        println!("skipped: QD_LIVE_KUBECONFIG is not set");
        return;
    };
    let quiet = std::env::var("QD_BENCH_QUIET")
        .ok()
        .and_then(|s| s.parse().ok())
        .map_or(Duration::from_secs(60), Duration::from_secs);
    let programs: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let programs = if programs.is_empty() {
        vec![env!("CARGO_BIN_EXE_qd").to_owned()]
    } else {
        programs
    };
    let pods = list(&kubeconfig);
    println!(
        "{:<34} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9}",
        "program", "first s", "all s", "rss MiB", "peak MiB", "cpu %", "bytes/s"
    );
    for program in &programs {
        // A program that shows one namespace has that many rows to wait for.
        let namespace = program.split_whitespace().skip_while(|w| *w != "-n").nth(1);
        let expected = namespace.map_or(pods, |name| count(&raw(&kubeconfig, &format!("/api/v1/namespaces/{name}/pods")).1));
        match measure(program, &kubeconfig, expected, quiet) {
            Some(m) => println!(
                "{program:<34} {:>9} {:>9} {:>9.1} {:>9.1} {:>8.2} {:>9.1}",
                seconds(m.first),
                seconds(m.all),
                m.rss,
                m.peak,
                m.cpu,
                m.bytes
            ),
            None => println!("{program}: could not be started"),
        }
    }
}

/// Lists with kubectl: the figures to compare with. Gives the number of pods.
fn list(kubeconfig: &Path) -> usize {
    let (floor, _) = raw(kubeconfig, "/version");
    let (page, _) = raw(kubeconfig, "/api/v1/pods?limit=500");
    let (whole, body) = raw(kubeconfig, "/api/v1/pods?resourceVersion=0");
    println!(
        "kubectl get --raw: start and /version {:.2} s, first page of 500 {:.2} s, whole list {:.2} s, {:.1} MB",
        floor.as_secs_f64(),
        page.as_secs_f64(),
        whole.as_secs_f64(),
        body.len() as f64 / 1e6
    );
    count(&body)
}

struct Measured {
    first: Option<Duration>,
    all: Option<Duration>,
    rss: f64,
    peak: f64,
    cpu: f64,
    bytes: f64,
}

fn measure(program: &str, kubeconfig: &PathBuf, pods: usize, quiet: Duration) -> Option<Measured> {
    let home = std::env::temp_dir().join(format!("qd-bench-{}", std::process::id()));
    std::fs::create_dir_all(&home).ok()?;
    let pair = native_pty_system()
        .openpty(PtySize {
            rows: ROWS,
            cols: COLUMNS,
            ..PtySize::default()
        })
        .ok()?;
    let mut words = program.split_whitespace();
    let mut command = CommandBuilder::new(words.next()?);
    command.args(words);
    command.env("KUBECONFIG", kubeconfig);
    command.env("HOME", &home);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    let started = Instant::now();
    let mut child = pair.slave.spawn_command(command).ok()?;
    let pid = child.process_id()?;
    drop(pair.slave);
    let parser = Arc::new(Mutex::new(vt100::Parser::new(NonZero::new(ROWS)?, NonZero::new(COLUMNS)?, 0)));
    let written = Arc::new(AtomicU64::new(0));
    let mut reader = pair.master.try_clone_reader().ok()?;
    let _writer = pair.master.take_writer().ok()?;
    {
        let (parser, written) = (parser.clone(), written.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                written.fetch_add(n as u64, Ordering::Relaxed);
                if let Ok(mut parser) = parser.lock() {
                    parser.process(&buffer[..n]);
                }
            }
        });
    }
    let screen = || parser.lock().map(|p| p.screen().contents()).unwrap_or_default();
    // Pods are what a row of the screen shows; the count is in a title of either program.
    let rows = |text: &str| {
        text.lines()
            .filter(|l| {
                ["Running", "Pending", "CrashLoop", "Completed", "Error"]
                    .iter()
                    .any(|w| l.contains(w))
            })
            .count()
    };
    let counted = |text: &str| {
        (pods.saturating_sub(pods / 200)..=pods + pods / 200).any(|n| text.contains(&format!("({n})")) || text.contains(&format!("[{n}]")))
    };
    let (mut first, mut all) = (None, None);
    while started.elapsed() < PATIENCE && all.is_none() {
        let text = screen();
        if first.is_none() && rows(&text) > 5 {
            first = Some(started.elapsed());
        }
        if counted(&text) {
            all = Some(started.elapsed());
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    // What was loaded has settled; then a quiet stretch.
    std::thread::park_timeout(Duration::from_secs(15));
    let (cpu, bytes, at) = (cpu_seconds(pid), written.load(Ordering::Relaxed), Instant::now());
    while at.elapsed() < quiet {
        std::thread::park_timeout(Duration::from_millis(200));
    }
    let passed = at.elapsed().as_secs_f64();
    let measured = Measured {
        first,
        all,
        rss: status(pid, "VmRSS"),
        peak: status(pid, "VmHWM"),
        cpu: (cpu_seconds(pid) - cpu) / passed * 100.0,
        bytes: (written.load(Ordering::Relaxed) - bytes) as f64 / passed,
    };
    let _ = child.kill();
    let _ = child.wait();
    let _ = std::fs::remove_dir_all(&home);
    Some(measured)
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "never".to_owned(), |t| format!("{:.2}", t.as_secs_f64()))
}
