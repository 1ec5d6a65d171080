//! What signals cost, and what a server that hangs costs those who look: the whole program in a terminal, over servers that this
//! bench plays in a process of its own. See BENCHMARKS.md; run it with `cargo bench --profile dev --bench signals [PART …]`, the
//! parts being `refresh`, `hung` and `overview`.

#![allow(clippy::disallowed_methods)]

#[allow(dead_code, reason = "other benches use the rest")]
mod measure;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use measure::{cpu_seconds, status};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const COLUMNS: u16 = 200;
const ROWS: u16 = 50;
/// Panels of each environment that are asked for, and environments.
const PANELS: usize = 50;
const ENVIRONMENTS: usize = 3;
/// Keys whose way to the screen is measured.
const KEYS: usize = 300;
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        serve();
        return;
    }
    let parts: Vec<String> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|given| given == part);
    let servers = Servers::start();
    if wanted("refresh") {
        refresh(&servers);
    }
    if wanted("hung") {
        hung(&servers);
    }
    if wanted("overview") {
        overview(&servers);
    }
}

/// 50 panels in each of three environments, asked every 15 s: three cockpits would be needed to look at them, so three run, each
/// with a board of 50, and their sum is told.
fn refresh(servers: &Servers) {
    let mut config = String::new();
    for number in 0..ENVIRONMENTS {
        let _ = writeln!(
            config,
            "[[environment]]\nname = \"e{number}\"\nprometheus = \"{}\"\n",
            servers.answers
        );
    }
    for number in 0..PANELS {
        let _ = writeln!(
            config,
            "[[panel]]\nname = \"p{number}\"\nboard = \"bench\"\nunit = \"per-second\"\nkind = \"stat\"\nquery = 'sum by (pod) (rate(m{number}[5m]))'\n"
        );
    }
    // The shipped ones would be asked as well.
    for name in shipped() {
        let _ = writeln!(config, "[[panel]]\nname = \"{name}\"\nhidden = true\n");
    }
    let home = Home::new("refresh", &config);
    let cockpits: Vec<Cockpit> = (0..ENVIRONMENTS)
        .map(|number| {
            let cockpit = Cockpit::start(&home, &["--env", &format!("e{number}")], (COLUMNS, 200));
            cockpit.wait("the cockpit", |screen| screen.contains("no cluster"));
            cockpit.keys(b":all-metrics\r");
            cockpit.wait("all panels", |screen| {
                (0..PANELS).all(|panel| screen.contains(&format!("p{panel} "))) && !screen.contains("asking")
            });
            cockpit
        })
        .collect();
    settle(Duration::from_secs(5));
    let before: f64 = cockpits.iter().map(|cockpit| cpu_seconds(cockpit.pid)).sum();
    let started = Instant::now();
    settle(Duration::from_secs(60));
    let passed = started.elapsed().as_secs_f64();
    let cpu = (cockpits.iter().map(|cockpit| cpu_seconds(cockpit.pid)).sum::<f64>() - before) / passed * 100.0;
    let idle = idle(&home);
    println!(
        "{PANELS} panels × {ENVIRONMENTS} environments, every 15 s: {cpu:.2} % of a core ({idle:.2} % of it without any), {:.1} MiB each at most",
        cockpits.iter().map(|cockpit| status(cockpit.pid, "VmHWM")).fold(0.0, f64::max)
    );
}

/// The same cockpits without panels.
fn idle(home: &Home) -> f64 {
    let cockpits: Vec<Cockpit> = (0..ENVIRONMENTS)
        .map(|number| {
            let cockpit = Cockpit::start(home, &["--env", &format!("e{number}")], (COLUMNS, 200));
            cockpit.wait("the cockpit", |screen| screen.contains("no cluster"));
            cockpit
        })
        .collect();
    settle(Duration::from_secs(5));
    let before: f64 = cockpits.iter().map(|cockpit| cpu_seconds(cockpit.pid)).sum();
    let started = Instant::now();
    settle(Duration::from_secs(30));
    (cockpits.iter().map(|cockpit| cpu_seconds(cockpit.pid)).sum::<f64>() - before) / started.elapsed().as_secs_f64() * 100.0
}

/// From a key to the frame that shows it, beside a Prometheus that answers and beside one that never does.
fn hung(servers: &Servers) {
    for (name, url) in [("answers", &servers.answers), ("never answers", &servers.hangs)] {
        let config = format!("[[environment]]\nname = \"e0\"\nprometheus = \"{url}\"\nalertmanager = \"{url}\"\n");
        let home = Home::new("hung", &config);
        let cockpit = Cockpit::start(&home, &[], (COLUMNS, ROWS));
        cockpit.wait("the cockpit", |screen| screen.contains("no cluster"));
        cockpit.keys(b":all-metrics\r");
        cockpit.wait("the board", |screen| screen.contains("Requests"));
        let mut took: Vec<Duration> = Vec::with_capacity(KEYS);
        for key in 0..KEYS {
            // The help opens and closes: a whole screen changes each time.
            let (sent, is_open) = if key % 2 == 0 { (&b"?"[..], true) } else { (&b"x"[..], false) };
            let started = Instant::now();
            cockpit.keys(sent);
            cockpit.wait("the help", |screen| screen.contains("any key closes") == is_open);
            if is_open {
                took.push(started.elapsed());
            }
        }
        took.sort();
        let at = |share: f64| took[((took.len() as f64 * share) as usize).min(took.len() - 1)].as_secs_f64() * 1e3;
        println!(
            "a Prometheus that {name}: key to frame p50 {:.1} ms, p99 {:.1} ms, of {} keys",
            at(0.5),
            at(0.99),
            took.len()
        );
    }
}

/// Twenty environments of which half never answer: from the start to a frame with all of them, and to one in which those that
/// answer have said how they are.
fn overview(servers: &Servers) {
    const MANY: usize = 20;
    let mut config = String::new();
    for number in 0..MANY {
        let url = if number % 2 == 0 { &servers.answers } else { &servers.hangs };
        let _ = writeln!(
            config,
            "[[environment]]\nname = \"platform-{number:02}\"\nlabel = \"p{number:02}\"\nprometheus = \"{url}\"\n\n[[environment.probe]]\nname = \"backend\"\nurl = \"{url}/health\"\n"
        );
    }
    let home = Home::new("overview", &config);
    let (mut frames, mut told) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let started = Instant::now();
        let cockpit = Cockpit::start(&home, &[], (COLUMNS, ROWS));
        cockpit.keys(b":overview\r");
        cockpit.wait("every tile", |screen| {
            screen.contains("20 environments") && (0..MANY).all(|number| screen.contains(&format!("P{number:02}")))
        });
        frames.push(started.elapsed());
        cockpit.wait("those that answer", |screen| screen.matches("health 1/1").count() >= MANY / 2);
        told.push(started.elapsed());
    }
    let median = |all: &mut Vec<Duration>| {
        all.sort();
        all[all.len() / 2].as_secs_f64() * 1e3
    };
    println!(
        "overview of {MANY} environments, half of which never answer: all tiles after {:.0} ms, all that answer after {:.0} ms (medians of 5 starts)",
        median(&mut frames),
        median(&mut told)
    );
}

/// The names of the panels that come with the program.
fn shipped() -> Vec<String> {
    let panels = quarterdeck::config::panels(&[]).unwrap_or_default();
    panels.into_iter().map(|panel| panel.name).collect()
}

fn settle(time: Duration) {
    let started = Instant::now();
    while started.elapsed() < time {
        std::thread::park_timeout(time.saturating_sub(started.elapsed()));
    }
}

/// A home of its own, with a configuration.
struct Home(PathBuf);

impl Home {
    fn new(name: &str, config: &str) -> Self {
        let path = std::env::temp_dir().join(format!("qd-bench-signals-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        std::fs::write(path.join("qd.toml"), config).expect("a configuration");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program in a terminal.
struct Cockpit {
    pid: u32,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    writer: Mutex<Box<dyn Write + Send>>,
    parser: Arc<Mutex<vt100::Parser>>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Cockpit {
    fn start(home: &Home, flags: &[&str], (cols, rows): (u16, u16)) -> Self {
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_qd"));
        command.args(["--config", home.path().join("qd.toml").to_str().unwrap_or_default()]);
        command.args(flags);
        command.env("HOME", home.path());
        command.env("XDG_STATE_HOME", home.path().join(format!("state-{}", flags.join(""))));
        command.env("TERM", "xterm-256color");
        command.env_remove("SSH_CONNECTION");
        command.env_remove("SSH_TTY");
        command.env_remove("SSH_CLIENT");
        let child = pair.slave.spawn_command(command).expect("the program");
        let pid = child.process_id().expect("its number");
        let (rows, cols) = (NonZero::new(rows).expect("rows"), NonZero::new(cols).expect("columns"));
        let parser = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
        let mut reader = pair.master.try_clone_reader().expect("what it writes");
        let writer = pair.master.take_writer().expect("what it reads");
        let screen = parser.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if let Ok(mut parser) = screen.lock() {
                    parser.process(&buffer[..n]);
                }
            }
        });
        Self {
            pid,
            child,
            writer: Mutex::new(writer),
            parser,
            _master: pair.master,
        }
    }

    fn keys(&self, keys: &[u8]) {
        if let Ok(mut writer) = self.writer.lock() {
            let _ = writer.write_all(keys);
            let _ = writer.flush();
        }
    }

    fn wait(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let started = Instant::now();
        loop {
            let screen = self.parser.lock().map(|parser| parser.screen().contents()).unwrap_or_default();
            if is_so(&screen) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{what} did not come:\n{screen}");
            std::thread::park_timeout(Duration::from_micros(500));
        }
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The servers, in a process of their own: what they cost is not counted.
struct Servers {
    child: Child,
    answers: String,
    hangs: String,
}

impl Servers {
    fn start() -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the servers");
        let mut lines = BufReader::new(child.stdout.take().expect("what they say")).lines();
        let mut next = || lines.next().and_then(Result::ok).expect("an address");
        let (answers, hangs) = (next(), next());
        Self { child, answers, hangs }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Plays them until the process is ended.
fn serve() {
    let answers = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hangs = TcpListener::bind("127.0.0.1:0").expect("a port");
    for listener in [&answers, &hangs] {
        println!("http://{}", listener.local_addr().expect("its address"));
    }
    std::thread::spawn(move || {
        // They are taken, and that is all.
        let held: Vec<TcpStream> = hangs.incoming().flatten().collect();
        drop(held);
    });
    for stream in answers.incoming().flatten() {
        std::thread::spawn(move || {
            let _ = converse(stream);
        });
    }
}

/// Answers one connection: questions over a range get five series, everything else a little.
fn converse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
            if head.is_empty() {
                head = line;
            }
        }
        let mut form = vec![0; length];
        reader.read_exact(&mut form)?;
        let path = head.split(' ').nth(1).unwrap_or_default();
        let body = match path {
            path if path.contains("query_range") => matrix(&String::from_utf8_lossy(&form)),
            path if path.contains("/rules") => r#"{"status":"success","data":{"groups":[]}}"#.to_owned(),
            path if path.contains("/targets") => r#"{"status":"success","data":{"activeTargets":[]}}"#.to_owned(),
            path if path.contains("/api/v2/alerts") || path.contains("/api/v2/silences") => "[]".to_owned(),
            _ => r#"{"status":"ok"}"#.to_owned(),
        };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

/// Five series on the grid that was asked for.
fn matrix(form: &str) -> String {
    let number = |name: &str| -> f64 {
        let found = form.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        found.and_then(|text| text.parse().ok()).unwrap_or(0.0)
    };
    let (start, end, step) = (number("start"), number("end"), number("step").max(1.0));
    let mut series = Vec::new();
    for pod in 0..5 {
        let mut values = Vec::new();
        let mut at = start;
        while at <= end {
            values.push(format!("[{at},\"{:.3}\"]", 400.0 + 30.0 * (at / 300.0 + f64::from(pod)).sin()));
            at += step;
        }
        series.push(format!(
            "{{\"metric\":{{\"pod\":\"backend-{pod}\"}},\"values\":[{}]}}",
            values.join(",")
        ));
    }
    format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{}]}}}}",
        series.join(",")
    )
}
