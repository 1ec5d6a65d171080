//! The audit as a shell sees it, and what is written into it by the one command that prints secrets.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::Run;
use crate::stub::{Stub, Version};

const SECRET: &str = "abcdefghijklmnopqrstuvwxyz012345";

/// A server with a secret in a log, and a home with a configuration that leads to it.
struct Stage {
    _stub: Stub,
    home: tempfile::TempDir,
}

fn stage(more: &str) -> Stage {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    let home = tempfile::tempdir().unwrap();
    stub.kubeconfig(&home.path().join("kubeconfig"), &[("stub", Some("solia"))]);
    let pod = "backend-deployment-6d9f7c5b8d-9qwzr";
    let time = Timestamp::now() - SignedDuration::from_secs(10);
    stub.log_at(time, "solia", pod, "backend", format!("Authorization: Bearer {SECRET}"));
    let config = format!("[[environment]]\nname = \"prod\"\nkubernetes = {{ kubeconfig = \"~/kubeconfig\", context = \"stub\" }}\n{more}");
    fs::write(home.path().join("qd.toml"), config).unwrap();
    Stage { _stub: stub, home }
}

impl Stage {
    fn qd(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut all = arguments.to_vec();
        if arguments[0] == "logs" {
            all.splice(0..0, ["--config", "qd.toml"]);
        }
        Run::new(self.home.path(), &all)
            .variable("USER", "ann")
            .inside(self.home.path())
            .output(self.home.path())
    }

    fn audit(&self) -> PathBuf {
        self.home.path().join(".local/state/quarterdeck/audit")
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.audit()) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect()
    }
}

const READ: [&str; 3] = ["logs", "pod/backend-deployment-6d9f7c5b8d-9qwzr", "--no-redact"];

#[test]
fn without_an_audit_there_is_nothing_to_be_seen_and_nothing_wrong() {
    let stage = stage("");
    assert_eq!(stage.qd(&["audit"]), (0, String::new(), String::new()));
    assert_eq!(stage.qd(&["audit", "verify"]), (0, "0 lines\n".into(), String::new()));
    assert!(!stage.audit().exists(), "looking leaves nothing behind");
}

#[test]
fn a_guarded_environment_shows_no_secrets_unless_that_is_configured() {
    let stage = stage("");
    let (code, out, err) = stage.qd(&READ);
    let want = "qd: prod is guarded: secrets in its logs are not printed\nhint: `[redact] allow_unmasked = [\"prod\"]` in the configuration permits it\n";
    assert_eq!((code, out.as_str(), err.as_str()), (2, "", want));
    assert!(stage.files().is_empty());
}

#[test]
fn who_prints_secrets_is_written_down_first() {
    let stage = stage("[redact]\nallow_unmasked = [\"prod\"]\n");
    let (code, out, err) = stage.qd(&READ);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains(SECRET), "{out}");
    assert!(!stage.qd(&READ[..2]).1.contains(SECRET));

    let (code, out, _) = stage.qd(&["audit"]);
    assert_eq!((code, out.lines().count()), (0, 1), "{out}");
    assert!(
        out.contains("  ann@") && out.contains("  prod  printed    qd logs --no-redact "),
        "{out}"
    );
    assert!(!out.contains(SECRET));
    assert_eq!(stage.qd(&["audit", "verify"]).1, "1 line in 1 file, the chain is whole\n");
    let event: serde_json::Value = serde_json::from_str(&stage.qd(&["audit", "-o", "json"]).1).unwrap();
    assert_eq!(event["type"], "dev.quarterdeck.logs.unredacted");
    assert_eq!(event["data"]["context"], "stub");
    assert_eq!(stage.qd(&["audit", "--since", "1h"]).1.lines().count(), 1);

    // A line is changed afterwards.
    stage.qd(&READ);
    let file = stage.files().pop().unwrap();
    let text = fs::read_to_string(&file).unwrap().replacen("prod", "test", 1);
    fs::write(&file, text).unwrap();
    let (code, out, err) = stage.qd(&["audit", "verify"]);
    assert_eq!((code, out.as_str()), (1, "2 lines in 1 file: the chain is broken at 1 place\n"));
    assert!(err.contains("line 2 does not follow the line before it"), "{err}");
}

#[test]
fn what_cannot_be_written_down_is_not_printed() {
    let stage = stage("[redact]\nallow_unmasked = [\"prod\"]\n");
    fs::create_dir_all(stage.audit().parent().unwrap()).unwrap();
    fs::write(stage.audit(), "").unwrap();
    let (code, out, err) = stage.qd(&READ);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("qd: cannot write ~/.local/state/quarterdeck/audit"), "{err}");
    assert!(err.contains("\nhint: without an audit nothing is changed"), "{err}");
}

#[test]
fn several_processes_write_at_once_into_one_chain() {
    const PROCESSES: usize = 4;
    const ROUNDS: usize = 3;
    let stage = stage("[redact]\nallow_unmasked = [\"prod\"]\n");
    for _ in 0..ROUNDS {
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(|| stage.qd(&READ).0)).collect();
            for run in runs {
                assert_eq!(run.join().unwrap(), 0);
            }
        });
    }
    assert_eq!(
        stage.qd(&["audit", "verify"]),
        (0, "12 lines in 1 file, the chain is whole\n".into(), String::new())
    );
    let (_, out, _) = stage.qd(&["audit", "-o", "json"]);
    let sources: std::collections::HashSet<String> = out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["source"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(sources.len(), PROCESSES * ROUNDS, "each run of the program has a name of its own");
}

#[test]
fn what_went_to_the_refuge_is_seen_and_later_put_in_its_place() {
    let stage = stage("[redact]\nallow_unmasked = [\"prod\"]\n");
    let refuge = stage.home.path().join("run");
    let qd = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        if arguments[0] == "logs" {
            all.splice(0..0, ["--config", "qd.toml"]);
        }
        Run::new(stage.home.path(), &all)
            .variable("XDG_RUNTIME_DIR", refuge.to_str().unwrap())
            .inside(stage.home.path())
            .output(stage.home.path())
    };
    // A file where the directory should be: as little to be written as a disk that is read-only.
    fs::create_dir_all(stage.audit().parent().unwrap()).unwrap();
    fs::write(stage.audit(), "").unwrap();
    assert_eq!(qd(&READ).0, 0);
    let there = refuge.join("quarterdeck/audit");
    assert!(there.is_dir());
    fs::remove_file(stage.audit()).unwrap();
    assert_eq!(qd(&["audit"]).1.lines().count(), 1, "it is seen where it is");
    assert_eq!(qd(&["audit", "verify"]).0, 0);
    assert_eq!(qd(&READ).0, 0);
    assert_eq!(qd(&["audit", "verify"]).1, "2 lines in 1 file, the chain is whole\n");
    assert!(
        fs::read_dir(there)
            .unwrap()
            .all(|entry| entry.unwrap().path().extension().is_none_or(|e| e != "jsonl"))
    );
}
