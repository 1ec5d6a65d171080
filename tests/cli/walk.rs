//! `qd runbook run` and `resume` in plain lines: what is told, what is typed, and what comes of it; and a draft of all that.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quarterdeck::sim::seed::Environment;

use super::runbook::{Stage, stage};

/// A walk under way, as somebody at a plain terminal has it.
struct Talk {
    child: Child,
    told: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Talk {
    fn of(stage: &Stage, arguments: &[&str]) -> Self {
        Self::with(stage, &[], &[], arguments)
    }

    /// With flags of the program before the command, and variables in its environment.
    fn with(stage: &Stage, flags: &[&str], variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(flags)
            .arg("runbook")
            .args(arguments)
            .args(["--config", stage.config()])
            .env_clear()
            .env("HOME", stage.home.path())
            .env("USER", "ann")
            .env("NO_PROXY", "*")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::new(Mutex::new(String::new()));
        let mut out = child.stdout.take().unwrap();
        let into = told.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut bytes) {
                into.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        Self {
            child,
            told,
            reader: Some(reader),
        }
    }

    fn told(&self) -> String {
        self.told.lock().unwrap().clone()
    }

    /// Waits until this was told, after what was waited for before.
    fn wait(&self, from: &mut usize, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let told = self.told();
            if let Some(at) = told.get(*from..).and_then(|rest| rest.find(text)) {
                *from += at + text.len();
                return;
            }
            assert!(Instant::now() < until, "{text:?} never comes after {from} of:\n{told}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn types(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
        stdin.flush().unwrap();
    }

    /// Sends it a signal, as the terminal does for ctrl-c.
    fn interrupt(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }

    /// Nothing more is typed; its exit code, and all that it told.
    fn ends(mut self) -> (i32, String, String) {
        drop(self.child.stdin.take());
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        let code = self.child.wait().unwrap().code().unwrap();
        self.reader.take().unwrap().join().unwrap();
        (code, self.told(), errors)
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // One that has ended needs none.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page of the team's, trusted.
fn page(stage: &Stage, text: &str) -> String {
    let file = stage.home.path().join("ours.md");
    std::fs::write(&file, text).unwrap();
    let at = file.to_str().unwrap().to_owned();
    assert_eq!(stage.qd(&["trust", &at]).0, 0);
    at
}

/// How many pods the backend of an environment should have.
fn replicas(stage: &Stage, environment: Environment) -> i64 {
    let site = stage.platform.site(environment).unwrap();
    site.world.change(|world| {
        let found = world.store.list("deployments", Some("default")).map(|one| one.value());
        let backend = found
            .into_iter()
            .find(|one| one["metadata"]["name"] == "backend-deployment")
            .unwrap();
        backend["spec"]["replicas"].as_i64().unwrap()
    })
}

const SCALES: &str = "# Ours\n\n## Look\n\n```sh\nkubectl get deploy backend-deployment\n```\n\n## Act\n\n```sh\nkubectl scale deploy/backend-deployment --replicas=4\n```\n\n## Then\n\n- [ ] the phone was answered\n";

#[test]
fn a_page_is_walked_from_its_first_line_to_its_end() {
    let stage = stage("calm");
    let at = page(&stage, SCALES);
    let mut talk = Talk::of(&stage, &["run", &at, "--env", "staging"]);
    let mut from = 0;
    talk.wait(&mut from, "Ours in staging");
    talk.wait(&mut from, "$ kubectl get deploy backend-deployment");
    // It only reads: it runs by itself.
    talk.wait(&mut from, "passed");
    talk.types("");
    talk.wait(&mut from, "$ kubectl scale deploy/backend-deployment --replicas=4");
    talk.wait(&mut from, "changes, asks first");
    talk.types("+ more people than usual");
    talk.wait(&mut from, "noted");
    talk.types("");
    talk.wait(&mut from, "effect");
    talk.wait(&mut from, "leaves it:");
    assert_eq!(replicas(&stage, Environment::Staging), 2, "nothing is done before it is answered");
    answer(&mut talk, &mut from);
    talk.wait(&mut from, "passed");
    assert_eq!(replicas(&stage, Environment::Staging), 4);
    talk.types("");
    talk.wait(&mut from, "[ ] the phone was answered");
    talk.types("");
    talk.wait(&mut from, "1 checks are open");
    talk.types("x");
    talk.wait(&mut from, "[x] the phone was answered");
    talk.types("");
    talk.wait(&mut from, "Ours: done");
    let (code, told, errors) = talk.ends();
    assert_eq!((code, errors.as_str()), (0, ""), "{told}");
    let (_, audit, _) = super::Run::new(stage.home.path(), &["audit"]).output(stage.home.path());
    assert!(audit.contains("scale") && audit.contains("--replicas=4"), "{audit}");
    // What was done is the draft of a page that keeps the rules.
    let file = stage.home.path().join("more-pods.md");
    let (code, out, errors) = stage.qd(&["new", file.to_str().unwrap(), "--from-session"]);
    assert_eq!((code, errors.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("wrote ~/more-pods.md (2 steps)"), "{out}");
    let text = std::fs::read_to_string(&file).unwrap();
    for part in [
        "# More pods",
        "- more people than usual",
        "kubectl get deploy \"$DEPLOYMENT\"",
        "## Mitigation",
        "scale \"deployment/$DEPLOYMENT\" --replicas=4",
        "\"action\":\"k8s.scale\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(
        stage.qd(&["lint", "--strict", file.to_str().unwrap()]),
        (0, String::new(), String::new()),
        "{text}"
    );
    let (code, _, errors) = stage.qd(&["new", file.to_str().unwrap()]);
    assert_eq!(
        (code, errors.as_str()),
        (
            2,
            "qd: ~/more-pods.md is already there and stays as it is\nhint: name another file\n"
        )
    );
}

/// Answers a plan with what it asks for.
fn answer(talk: &mut Talk, from: &mut usize) {
    let told = talk.told();
    let last = told.lines().last().unwrap_or_default().to_owned();
    if last.starts_with("Unlocks") {
        talk.types("it is broken");
        talk.wait(from, "leaves it:");
        return answer(talk, from);
    }
    match regex::Regex::new(r"Type (.+?) to do it").unwrap().captures(&last) {
        Some(token) => talk.types(&token[1]),
        None => talk.types("y"),
    }
}

#[test]
fn a_change_that_is_not_answered_is_not_made() {
    let stage = stage("calm");
    let at = page(
        &stage,
        "# Ours\n\n```sh\nkubectl scale deploy/backend-deployment --replicas=4\n```\n",
    );
    let mut talk = Talk::of(&stage, &["run", &at, "--env", "production"]);
    let mut from = 0;
    talk.wait(&mut from, "ready: enter runs it");
    let before = replicas(&stage, Environment::Production);
    talk.types("");
    talk.wait(&mut from, "Why? Nothing leaves it:");
    talk.types("load");
    talk.wait(&mut from, "Type ");
    talk.wait(&mut from, "leaves it:");
    talk.types("yes");
    talk.wait(&mut from, "that is not it");
    talk.wait(&mut from, "leaves it:");
    talk.types("");
    talk.wait(&mut from, "nothing was changed");
    talk.types("q");
    talk.wait(
        &mut from,
        "left at \"kubectl scale deploy/backend-deployment --replicas=4\": qd runbook resume ",
    );
    let (code, told, errors) = talk.ends();
    assert_eq!((code, errors.as_str()), (1, ""), "{told}");
    assert_eq!(replicas(&stage, Environment::Production), before);
    // Nor where nothing may be changed.
    let mut talk = Talk::with(&stage, &["--read-only"], &[], &["run", &at, "--env", "production"]);
    let mut from = 0;
    talk.wait(&mut from, "ready: enter runs it");
    talk.types("");
    talk.wait(&mut from, "read-only");
    let (code, told, _) = talk.ends();
    assert_eq!(code, 1, "{told}");
    assert_eq!(replicas(&stage, Environment::Production), before);
}

#[test]
fn a_walk_that_was_left_is_gone_on_with() {
    let stage = stage("calm");
    let at = page(&stage, SCALES);
    let mut talk = Talk::of(&stage, &["run", &at, "--env", "staging"]);
    let mut from = 0;
    talk.wait(&mut from, "passed");
    talk.types("");
    talk.wait(&mut from, "ready: enter runs it");
    // The line is gone in the middle of it.
    let (code, told, _) = talk.ends();
    assert_eq!(code, 1, "{told}");
    let (_, list, _) = stage.qd(&["resume", "--list"]);
    let id = list.split_whitespace().next().unwrap().to_owned();
    assert!(
        list.contains("ours in staging at act") && told.contains(&format!("qd runbook resume {id}")),
        "{list}{told}"
    );
    let mut talk = Talk::of(&stage, &["resume", &id[..12]]);
    let mut from = 0;
    talk.wait(&mut from, "Ours in staging");
    talk.wait(&mut from, "kubectl get deploy backend-deployment · passed");
    talk.wait(&mut from, "$ kubectl scale deploy/backend-deployment");
    talk.wait(&mut from, "on with the walk where it was left");
    talk.types("> done elsewhere");
    talk.wait(&mut from, "skipped: done elsewhere");
    talk.types("x");
    talk.wait(&mut from, "[x]");
    talk.types("");
    talk.wait(&mut from, "Ours: done");
    assert_eq!(talk.ends().0, 0);
    let (code, list, _) = stage.qd(&["resume", "--list"]);
    assert_eq!((code, list.as_str()), (0, ""));
    let (code, _, errors) = stage.qd(&["resume"]);
    assert_eq!(
        (code, errors.as_str()),
        (2, "qd: no walk is open\nhint: qd runbook run NAME begins one\n")
    );
    let (code, _, errors) = stage.qd(&["resume", &id]);
    assert_eq!(code, 2);
    assert!(errors.starts_with("qd: the walk of ours is over"), "{errors}");
    let (code, _, errors) = stage.qd(&["resume", "nowhere"]);
    assert_eq!(code, 2);
    assert!(errors.starts_with("qd: there is no walk nowhere"), "{errors}");
}

#[test]
fn what_a_step_needs_is_asked_and_a_value_is_only_a_value() {
    let stage = stage("calm");
    let at = page(&stage, "# Ours\n\n```sh\nkubectl get pod $POD\n```\n");
    let mut talk = Talk::of(&stage, &["run", &at, "--env", "staging"]);
    let mut from = 0;
    talk.wait(&mut from, "POD =");
    for hostile in ["--all", "$(reboot)", "a;reboot"] {
        talk.types(hostile);
        talk.wait(&mut from, "POD =");
    }
    // What there is to choose from.
    talk.types("");
    talk.wait(&mut from, "  backend-deployment-");
    talk.types(":?");
    talk.wait(&mut from, "whom to call");
    talk.types("nowhere");
    talk.wait(&mut from, "POD = nowhere (typed)");
    talk.wait(&mut from, "not found");
    talk.types("!");
    talk.wait(&mut from, "POD nowhere");
    talk.types("what");
    talk.wait(&mut from, "what: ? says what can be typed");
    talk.types("t");
    talk.wait(&mut from, "| POD | nowhere | typed |");
    talk.types("b");
    talk.wait(&mut from, "there is no step before");
    let (code, told, _) = talk.ends();
    assert_eq!(code, 1, "{told}");
}

#[test]
fn a_secret_reaches_a_program_by_the_environment_alone() {
    let stage = stage("calm");
    let at = page(
        &stage,
        "---\ntitle: Ours\noncall:\n  version: 1\n  vars:\n    TOKEN: {secret: true, prompt: \"The word\"}\n---\n\n# Ours\n\n## Mitigation\n\n### Knock\n\n```sh {\"kind\":\"run\",\"confirm\":\"key\",\"excludeFromRunAll\":\"true\"}\ntest \"$TOKEN\" = sesame && echo knocked; echo over\n```\n\n- **Pass** → done\n- **Fail** → [Ask](#ask)\n\n### Ask\n\n```sh {\"kind\":\"query\",\"interactive\":\"false\"}\nredis-cli -a \"$TOKEN\" info\n```\n",
    );
    let arguments = ["run", &at, "--env", "staging"];
    // Where it is not, a person does it.
    let mut talk = Talk::of(&stage, &arguments);
    let mut from = 0;
    talk.wait(&mut from, "TOKEN is a secret, and not in the environment of qd");
    talk.types("set TOKEN sesame");
    talk.wait(&mut from, "it is not typed here");
    talk.types("step ask");
    talk.wait(&mut from, "TOKEN is a secret, and is put into no command line");
    let (code, told, _) = talk.ends();
    assert_eq!(code, 1, "{told}");
    let mut talk = Talk::with(&stage, &[], &[("TOKEN", "sesame")], &arguments);
    let mut from = 0;
    talk.wait(&mut from, "ready: enter runs it");
    talk.types("");
    talk.wait(&mut from, "leaves it:");
    answer(&mut talk, &mut from);
    talk.wait(&mut from, "  knocked");
    talk.wait(&mut from, "passed");
    let (_, told, _) = talk.ends();
    let shown = told.replace("= sesame &&", "").replace("= sesame", "");
    assert!(!shown.contains("sesame"), "{told}");
    // Nor is it in any file, but where the page itself has the word.
    let state = stage.home.path().join(".local/state/quarterdeck");
    for file in files(&state) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let text = text.replace("= sesame", "");
        assert!(!text.contains("sesame"), "{}: {text}", file.display());
    }
}

/// All files below a directory.
fn files(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files(&path),
            path => vec![path],
        })
        .collect()
}

/// A walk whose first step goes on until it is stopped, and has written something.
fn endless(stage: &Stage) -> (Talk, usize) {
    let at = page(
        stage,
        "# Ours\n\n```sh\nwhile :; do echo again | tee -a \"$HOME/wrote\"; sleep 0.1; done\n```\n\n## Then\n\n- [ ] seen\n",
    );
    let mut talk = Talk::of(stage, &["run", &at, "--env", "staging"]);
    let mut from = 0;
    talk.wait(&mut from, "ready: enter runs it");
    talk.types("");
    talk.wait(&mut from, "leaves it:");
    answer(&mut talk, &mut from);
    let wrote = stage.home.path().join("wrote");
    let until = Instant::now() + PATIENCE;
    while !std::fs::read_to_string(&wrote).is_ok_and(|text| text.contains("again")) {
        assert!(Instant::now() < until, "it never runs:\n{}", talk.told());
        std::thread::sleep(Duration::from_millis(20));
    }
    (talk, from)
}

#[test]
fn a_step_that_never_ends_is_stopped_and_what_it_wrote_stays() {
    let stage = stage("calm");
    let (mut talk, mut from) = endless(&stage);
    talk.interrupt();
    talk.wait(&mut from, "again");
    talk.wait(&mut from, "stopped: r runs it again");
    talk.types("> it was enough");
    talk.wait(&mut from, "[ ] seen");
    let (code, told, _) = talk.ends();
    assert_eq!(code, 1, "{told}");
}

#[test]
fn of_a_gigabyte_the_beginning_and_the_end_are_told() {
    let stage = stage("calm");
    let at = page(
        &stage,
        "# Ours\n\n```sh\necho first; head -c 1000000000 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo; echo last\n```\n",
    );
    let mut talk = Talk::of(&stage, &["run", &at, "--env", "staging"]);
    let mut from = 0;
    talk.wait(&mut from, "ready: enter runs it");
    talk.types("");
    talk.wait(&mut from, "leaves it:");
    answer(&mut talk, &mut from);
    talk.wait(&mut from, "  first");
    talk.wait(&mut from, "lines are not shown");
    talk.wait(&mut from, "  last");
    talk.wait(&mut from, "passed");
    let (_, told, _) = talk.ends();
    assert!(told.len() < 2 << 20, "{} bytes were told", told.len());
}

#[test]
fn a_page_that_is_not_trusted_is_not_walked_and_a_draft_needs_something_done() {
    let stage = stage("calm");
    let file = stage.home.path().join("theirs.md");
    std::fs::write(&file, SCALES).unwrap();
    let (code, out, errors) = Talk::of(&stage, &["run", file.to_str().unwrap()]).ends();
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(errors.contains("is not trusted: nothing of it runs"), "{errors}");
    let (code, _, errors) = stage.qd(&["new", "--from-session"]);
    assert_eq!(
        (code, errors.as_str()),
        (
            2,
            "qd: nothing was done from here yet\nhint: without --from-session the page is empty\n"
        )
    );
    let (code, text, _) = stage.qd(&["new", "--title", "Disk full"]);
    assert_eq!(code, 0);
    assert!(text.contains("# Disk full") && text.contains("### What is wrong?"), "{text}");
}

#[test]
fn who_is_ended_by_the_system_ends_what_runs_and_can_go_on() {
    let stage = stage("calm");
    let (talk, mut from) = endless(&stage);
    let pid = rustix::process::Pid::from_child(&talk.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    talk.wait(&mut from, "goes on with it");
    let (code, told, _) = talk.ends();
    assert_eq!(code, 143, "{told}");
    // What was begun has its end in the audit, and the walk is open.
    let (_, audit, _) = super::Run::new(stage.home.path(), &["audit", "-o", "json"]).output(stage.home.path());
    assert_eq!(
        audit.matches("action.intended").count(),
        audit.matches("action.outcome").count(),
        "{audit}"
    );
    assert!(stage.qd(&["resume", "--list"]).1.contains("ours in staging"));
}
