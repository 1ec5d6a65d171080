//! `qd forward` beside `kubectl port-forward`, through a real cluster: bytes a second, and what a round trip costs.
//!
//! `QD_LIVE_KUBECONFIG` names the cluster's kubeconfig; without it nothing is measured. A pod of its own is made in a namespace of its own,
//! which goes at the end. The two take turns, so that a busy moment of the machine hits both. Run it with
//! `cargo bench --bench forward`; `QD_BENCH_MEGABYTES` (200) and `QD_BENCH_ROUNDS` (5) say how much.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Round trips over one connection.
const TRIPS: usize = 500;
/// Connections, each with one round trip.
const CONNECTIONS: usize = 50;

/// A file to be read, and a port that sends back what it gets.
const SCRIPT: &str = "mkdir /www && dd if=/dev/zero of=/www/big bs=1048576 count=MEGABYTES 2>/dev/null && echo ok > /www/small && \
     nc -ll -p 7001 -e cat & while [ ! -e /www/small ]; do sleep 0.1; done; \
     exec httpd -f -p 8080 -h /www";

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn kubectl(kubeconfig: &str, arguments: &[&str]) -> bool {
    let command = Command::new("kubectl")
        .args(["--kubeconfig", kubeconfig])
        .args(arguments)
        .stdout(Stdio::null())
        .status();
    command.is_ok_and(|status| status.success())
}

/// The namespace, for as long as it is needed.
struct Stage {
    kubeconfig: String,
    namespace: String,
}

impl Stage {
    fn new(kubeconfig: String, megabytes: usize) -> Self {
        let namespace = format!("qd-bench-forward-{}", std::process::id());
        assert!(kubectl(&kubeconfig, &["create", "namespace", &namespace]));
        let stage = Self { kubeconfig, namespace };
        let script = SCRIPT.replace("MEGABYTES", &megabytes.to_string());
        let overrides = serde_json::json!({"spec": {"automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "web", "image": "solia.local/busybox:1.35", "command": ["sh", "-c", script],
                "readinessProbe": {"httpGet": {"path": "/small", "port": 8080}, "periodSeconds": 1}}]}});
        let overrides = format!("--overrides={overrides}");
        assert!(stage.kubectl(&["run", "web", "--image=solia.local/busybox:1.35", "--restart=Never", &overrides]));
        assert!(stage.kubectl(&["wait", "--for=condition=Ready", "pod/web", "--timeout=120s"]));
        stage
    }

    fn kubectl(&self, arguments: &[&str]) -> bool {
        kubectl(&self.kubeconfig, &[&["-n", &self.namespace], arguments].concat())
    }

    fn by_kubectl(&self) -> Line {
        let mut command = Command::new("kubectl");
        command.args([
            "--kubeconfig",
            &self.kubeconfig,
            "-n",
            &self.namespace,
            "port-forward",
            "web",
            ":8080",
            ":7001",
        ]);
        Line::open("kubectl port-forward", command)
    }

    fn by_qd(&self, home: &str) -> Line {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command
            .args([
                "forward",
                "--kubeconfig",
                &self.kubeconfig,
                "-n",
                &self.namespace,
                "--yes",
                "web",
                ":8080",
                ":7001",
            ])
            .env("XDG_STATE_HOME", home);
        Line::open("qd forward", command)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        kubectl(&self.kubeconfig, &["delete", "namespace", &self.namespace, "--wait=false"]);
    }
}

/// A forward of two ports.
struct Line {
    name: &'static str,
    process: Child,
    web: String,
    echo: String,
}

impl Line {
    fn open(name: &'static str, mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut addresses = lines.by_ref().filter_map(|line| {
            let address = line.strip_prefix("Forwarding from ")?.split(' ').next()?.to_owned();
            address.starts_with("127.").then_some(address)
        });
        let mut next = || addresses.next().unwrap();
        let (web, echo) = (next(), next());
        // kubectl tells each connection: somebody must read it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { name, process, web, echo }
    }

    /// Megabytes a second that come from the pod.
    fn down(&self, megabytes: usize) -> f64 {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(&self.web).unwrap();
        stream.write_all(b"GET /big HTTP/1.0\r\n\r\n").unwrap();
        let (mut total, mut piece) = (0, vec![0; 1 << 16]);
        while let Ok(count @ 1..) = stream.read(&mut piece) {
            total += count;
        }
        assert!(total >= megabytes << 20, "{}: only {total} bytes came", self.name);
        total as f64 / 1e6 / begun.elapsed().as_secs_f64()
    }

    /// Megabytes a second that go to the pod and back, in both directions at once.
    fn both(&self, megabytes: usize) -> f64 {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(&self.echo).unwrap();
        let mut reader = stream.try_clone().unwrap();
        let total = megabytes << 20;
        let reading = std::thread::spawn(move || {
            let (mut left, mut piece) = (total, vec![0; 1 << 16]);
            while left > 0 {
                left -= reader.read(&mut piece).unwrap();
            }
        });
        let piece = vec![7; 1 << 16];
        (0..total / piece.len()).for_each(|_| stream.write_all(&piece).unwrap());
        reading.join().unwrap();
        total as f64 / 1e6 / begun.elapsed().as_secs_f64()
    }

    /// Round trips of 64 bytes over one connection.
    fn trips(&self) -> Vec<Duration> {
        let mut stream = TcpStream::connect(&self.echo).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut piece = [1; 64];
        let trip = |_| {
            let begun = Instant::now();
            stream.write_all(&piece).unwrap();
            stream.read_exact(&mut piece).unwrap();
            begun.elapsed()
        };
        // The first opens the way.
        (0..=TRIPS).map(trip).skip(1).collect()
    }

    /// From nothing to the first answer.
    fn connections(&self) -> Vec<Duration> {
        let connect = |_| {
            let begun = Instant::now();
            let mut stream = TcpStream::connect(&self.echo).unwrap();
            stream.write_all(&[1]).unwrap();
            stream.read_exact(&mut [0]).unwrap();
            begun.elapsed()
        };
        (0..CONNECTIONS).map(connect).collect()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn millis(values: &[Duration]) -> Vec<f64> {
    values.iter().map(|value| value.as_secs_f64() * 1000.0).collect()
}

fn main() {
    let Some(kubeconfig) = std::env::var("QD_LIVE_KUBECONFIG").ok().filter(|path| !path.is_empty()) else {
        println!("skipped: QD_LIVE_KUBECONFIG is not set");
        return;
    };
    let (megabytes, rounds) = (number("QD_BENCH_MEGABYTES", 200), number("QD_BENCH_ROUNDS", 5));
    let home = tempfile::tempdir().unwrap();
    let stage = Stage::new(kubeconfig, megabytes);
    let lines = [stage.by_kubectl(), stage.by_qd(home.path().to_str().unwrap())];
    if cfg!(debug_assertions) {
        println!("a development build: only the dependencies are optimised, and not fully");
    }
    let mut all = [const { Vec::new() }; 2];
    for round in 1..=rounds {
        for (line, all) in lines.iter().zip(&mut all) {
            let (down, both) = (line.down(megabytes), line.both(megabytes / 2));
            let (trips, connections) = (middle(millis(&line.trips())), middle(millis(&line.connections())));
            println!(
                "{round}. {:<21} {down:7.1} MB/s down, {both:7.1} MB/s both ways, {trips:6.3} ms a trip, {connections:6.2} ms a connection",
                line.name
            );
            all.push([down, both, trips, connections]);
        }
    }
    let of = |which: usize, what: usize| middle(all[which].iter().map(|figures| figures[what]).collect());
    println!(
        "qd beside kubectl, medians: {:.2} of its bytes down, {:.2} both ways; a trip {:+.3} ms, a connection {:+.2} ms",
        of(1, 0) / of(0, 0),
        of(1, 1) / of(0, 1),
        of(1, 2) - of(0, 2),
        of(1, 3) - of(0, 3)
    );
    drop(lines);
}
