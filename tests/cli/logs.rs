//! `qd logs` as a process, against the simulator's API and on files.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Run;
use crate::stub::{Context, Fault, Route, Stub, Version, write_kubeconfig};

const SECOND: &str = "backend-deployment-6d9f7c5b8d-9qwzr";
const THIRD: &str = "backend-deployment-6d9f7c5b8d-tm5hn";

/// A server with the platform in it, and a home with a kubeconfig that leads to it.
struct Stage {
    stub: Stub,
    home: tempfile::TempDir,
}

fn stage() -> Stage {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    let home = tempfile::tempdir().unwrap();
    stub.kubeconfig(&home.path().join("kubeconfig"), &[("stub", Some("solia"))]);
    let stage = Stage { stub, home };
    for (seconds, pod, text) in [
        (235, SECOND, "GET /api/items 200"),
        (230, THIRD, "Authorization: Bearer abcdefghijklmnopqrstuvwxyz012345"),
        (225, SECOND, "ERROR cannot reach postgres"),
        (20, THIRD, "GET /api/users 200"),
    ] {
        stage.wrote(seconds, pod, text);
    }
    stage
}

impl Stage {
    fn wrote(&self, seconds_ago: i64, pod: &str, text: &str) {
        let time = Timestamp::now() - SignedDuration::from_secs(seconds_ago);
        self.stub.log_at(time, "solia", pod, "backend", text);
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["logs"];
        all.extend(arguments);
        let kubeconfig = self.home.path().join("kubeconfig");
        Run::new(self.home.path(), &all).variable("KUBECONFIG", kubeconfig.to_str().unwrap())
    }

    fn logs(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run(arguments).output(self.home.path())
    }

    /// What it prints where all goes well.
    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        let (code, out, err) = self.logs(arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}: {out}");
        out.lines().map(str::to_owned).collect()
    }
}

/// What it makes of bytes that it is given on standard input.
fn piped(arguments: &[&str], bytes: &[u8]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("input");
    std::fs::write(&file, bytes).unwrap();
    let mut run = Run::new(home.path(), &[&["logs", "--file", "-"], arguments].concat());
    run.command.stdin(std::fs::File::open(&file).unwrap());
    run.output(home.path())
}

#[test]
fn pods_of_a_workload_are_merged_in_time_and_prefixed() {
    let stage = stage();
    let lines = stage.lines(&["deploy/backend-deployment"]);
    let short: Vec<String> = lines
        .iter()
        .map(|l| l.replace("solia/backend-deployment-6d9f7c5b8d-", ""))
        .collect();
    assert_eq!(
        short,
        [
            r#"4xk2p/backend {"level":"info","msg":"starting","version":"1.4.2"}"#,
            r#"4xk2p/backend {"level":"error","msg":"connect postgres: connection refused"}"#,
            r#"4xk2p/backend {"level":"info","msg":"starting","version":"1.4.2"}"#,
            r#"4xk2p/backend {"level":"error","msg":"connect postgres: connection refused"}"#,
            "4xk2p/backend panic: no database",
            "9qwzr/backend GET /api/items 200",
            "tm5hn/backend Authorization: Bearer ••••••",
            "9qwzr/backend ERROR cannot reach postgres",
            "tm5hn/backend GET /api/users 200",
        ]
    );
    let everywhere = stage.lines(&["-A", "deploy/backend-deployment"]);
    assert_eq!(everywhere, lines);
    let one = stage.lines(&[&format!("pod/{SECOND}")]);
    assert_eq!(
        one,
        ["GET /api/items 200", "ERROR cannot reach postgres"],
        "no prefix for one alone"
    );
}

#[test]
fn programs_get_objects_or_the_bare_lines() {
    let stage = stage();
    let objects: Vec<Value> = stage
        .lines(&["deploy/backend-deployment", "-o", "json"])
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let times: Vec<&str> = objects.iter().map(|o| o["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let error = objects.iter().find(|o| o["text"] == "ERROR cannot reach postgres").unwrap();
    assert_eq!(error["level"], "error");
    assert_eq!(error["source"], format!("solia/{SECOND}/backend"));
    let notes: Vec<&Value> = objects.iter().filter(|o| o["note"] == "restarted").collect();
    assert_eq!(notes.len(), 1, "{objects:#?}");
    let raw = stage.lines(&["-n", "solia", "deploy/backend-deployment", "-o", "raw", "--tail", "1"]);
    assert_eq!(raw.last().map(String::as_str), Some("GET /api/users 200"));
    let dated = stage.lines(&[&format!("pod/{SECOND}"), "--timestamps", "--tail", "1"]);
    let (time, text) = dated[0].split_once(' ').unwrap();
    assert!(
        time.parse::<Timestamp>().is_ok() && text == "ERROR cannot reach postgres",
        "{dated:?}"
    );
}

#[test]
fn less_can_be_asked_for() {
    let stage = stage();
    let pods = "deploy/backend-deployment";
    let texts = |arguments: &[&str]| stage.lines(&[&[pods, "-o", "raw"], arguments].concat());
    assert_eq!(texts(&["--since", "1m"]), ["GET /api/users 200"]);
    assert_eq!(texts(&["--grep", "get /API"]), [""; 0], "capitals are meant");
    assert_eq!(texts(&["--grep", "get /api"]), ["GET /api/items 200", "GET /api/users 200"]);
    let others = texts(&["--grep", "!GET|level|Bearer"]);
    assert_eq!(others, ["panic: no database", "ERROR cannot reach postgres"]);
    let previous = stage.lines(&["pod/backend-deployment-6d9f7c5b8d-4xk2p", "--previous"]);
    assert_eq!(previous.len(), 2, "{previous:?}");
    assert!(previous[1].contains("connection refused"));
    let (code, _, err) = stage.logs(&[pods, "--grep", "(["]);
    assert_eq!(code, 2);
    assert!(err.starts_with("qd: --grep: not a regular expression: "), "{err}");
    let (code, _, err) = stage.logs(&["back(end"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("qd: \"back(end\" is no pattern"), "{err}");
}

#[test]
fn what_cannot_be_read_is_said_in_a_sentence_with_an_exit_code() {
    let stage = stage();
    let nothing = stage.logs(&["deploy/backend"]);
    let expected = "qd: no pod or container fits solia/deploy/backend\nhint: did you mean deploy/backend-deployment?\n";
    assert_eq!(nothing, (2, String::new(), expected.into()));
    let (code, out, err) = stage.logs(&["frontent"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.ends_with("hint: did you mean frontend?\n"), "{err}");

    // One log is refused: the others are printed all the same.
    let path = format!("/api/v1/namespaces/solia/pods/{SECOND}/log");
    let denied = stage.stub.fault(Route::path(&path), Fault::Status(403, "Forbidden"));
    let (code, out, err) = stage.logs(&["deploy/backend-deployment"]);
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("panic: no database") && !out.contains(SECOND), "{out}");
    assert!(err.starts_with(&format!("qd: solia/{SECOND}/backend: ")), "{err}");
    assert_eq!(err.lines().filter(|line| line.starts_with("qd: ")).count(), 1, "{err}");
    stage.stub.lift(denied);

    // Servers of today are asked for a list by a watch.
    for route in [Route::resource("pods").lists(), Route::resource("pods").watches()] {
        stage.stub.fault(route, Fault::Status(403, "Forbidden"));
    }
    let (code, out, err) = stage.logs(&["deploy/backend-deployment"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("pods"), "{err}");
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stage = stage();
    let path = stage.home.path().join("nowhere");
    let mut context = Context::of(&stage.stub, "nowhere", None);
    context.server = format!("http://{closed}");
    write_kubeconfig(&path, &[context]);
    let run = Run::new(stage.home.path(), &["logs", "deploy/x"]).variable("KUBECONFIG", path.to_str().unwrap());
    let (code, out, err) = run.output(stage.home.path());
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("refused"), "{err}");
}

#[test]
fn following_ends_quietly_when_nobody_reads_any_more() {
    let stage = stage();
    let mut run = stage.run(&["-f", &format!("pod/{SECOND}")]);
    run.command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = run.command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        line
    };
    assert_eq!(next(), "GET /api/items 200\n");
    assert_eq!(next(), "ERROR cannot reach postgres\n");
    stage.stub.log("solia", SECOND, "backend", "a later line");
    assert_eq!(next(), "a later line\n");
    drop(out);
    // It notices though the log is silent.
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(err, "");
}

#[test]
fn files_and_standard_input_are_read_whatever_is_in_them() {
    let mut odd = b"first\r\nnul \0 and \xff\xfe\n\x1b]0;owned\x07\npassword=hunter2\n".to_vec();
    odd.resize(odd.len() + (10 << 20), b'y');
    odd.extend(b"\nlast");
    let (code, out, err) = piped(&[], &odd);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0], "first");
    assert_eq!(lines[1], "nul \u{2400} and \u{fffd}\u{fffd}");
    assert!(
        !out.contains('\u{1b}') && !out.contains('\u{7}') && !out.contains('\0'),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3], "password=••••••");
    assert!(lines[4].len() <= 1 << 20, "a line that does not end is cut: {}", lines[4].len());
    assert_eq!(lines[5], "last");

    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("saved.log");
    let mut saved = std::fs::File::create(&file).unwrap();
    for n in 1..=5 {
        writeln!(saved, "2026-11-28T03:00:0{n}Z line {n}").unwrap();
    }
    let file = file.to_str().unwrap();
    let read = |arguments: &[&str]| Run::new(home.path(), &[&["logs", "-o", "raw"], arguments].concat()).output(home.path());
    assert_eq!(read(&["--file", file, "--tail", "2"]).1, "line 4\nline 5\n");
    assert_eq!(read(&["--file", file, "--since", "1s"]).1, "", "all of it is older");
    assert_eq!(read(&[&format!("file:{file}"), "--grep", "line [23]"]).1, "line 2\nline 3\n");
    let missing = read(&["--file", "/nowhere/at.log"]);
    assert_eq!(missing, (1, String::new(), "qd: /nowhere/at.log: there is no such file\n".into()));
    assert_eq!(piped(&["--tail", "1"], b"one\ntwo\n").1, "two\n");
    assert_eq!(piped(&[], b""), (0, String::new(), String::new()));
}

#[test]
fn what_is_printed_while_others_look_on_names_nobody() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.log"), "anna@solia.fr from 10.1.2.3 account 210987654321\n").unwrap();
    let file = format!("file:{}", home.path().join("a.log").display());
    let run = |arguments: &[&str], variable: &str| {
        let arguments: Vec<&str> = arguments
            .iter()
            .map(|word| if *word == "file:a.log" { &*file } else { word })
            .collect();
        let run = Run::new(home.path(), &arguments).variable("QD_SCREEN_SHARE", variable);
        run.output(home.path())
    };
    for (arguments, variable) in [(&["--screen-share", "logs", "file:a.log"][..], ""), (&["logs", "file:a.log"], "1")] {
        let (code, out, _) = run(arguments, variable);
        assert_eq!((code, out.as_str()), (0, "•••••• from •••••• account ••••••\n"), "{arguments:?}");
    }
    let (code, out, err) = run(&["--screen-share", "logs", "file:a.log", "-o", "json"], "");
    let line: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, line["text"].as_str()),
        (0, Some("•••••• from •••••• account ••••••")),
        "{err}"
    );
    let (code, out, err) = run(&["--screen-share", "logs", "file:a.log", "--no-redact"], "");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("not while others look on"), "{err}");
    let (code, _, err) = run(&["--screen-share", "logs", "file:anna@solia.fr"], "");
    assert!(code != 0 && !err.contains("anna"), "{err}");
}
