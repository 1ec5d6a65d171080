//! `qd forward` as a process, against the simulator's API.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::Run;
use crate::stub::{Stub, Version};

/// A server with a service and one pod of it, and a home with a kubeconfig that leads there.
struct Stage {
    stub: Stub,
    home: tempfile::TempDir,
}

fn stage() -> Stage {
    let stub = Stub::start(Version::V1_36);
    let home = tempfile::tempdir().unwrap();
    stub.kubeconfig(&home.path().join("kubeconfig"), &[("stub", Some("shop"))]);
    stub.put(
        "services",
        json!({"metadata": {"namespace": "shop", "name": "web"},
            "spec": {"clusterIP": "10.0.0.1", "selector": {"app": "web"}, "ports": [{"name": "main", "port": 80, "targetPort": "http"}]}}),
    );
    let stage = Stage { stub, home };
    stage.pod("web-a");
    stage
}

impl Stage {
    fn pod(&self, name: &str) {
        self.stub.put(
            "pods",
            json!({"metadata": {"namespace": "shop", "name": name, "labels": {"app": "web"}},
                "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": "web:1", "ports": [{"name": "http", "containerPort": 4000}]}]},
                "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
                    "containerStatuses": [{"name": "web", "ready": true, "state": {"running": {}}}]}}),
        );
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["forward"];
        all.extend(arguments);
        let kubeconfig = self.home.path().join("kubeconfig");
        Run::new(self.home.path(), &all).variable("KUBECONFIG", kubeconfig.to_str().unwrap())
    }

    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let (code, out, err) = self.run(arguments).output(self.home.path());
        assert_eq!(out, "");
        (code, err)
    }

    /// The lines of the audit.
    fn audit(&self) -> Vec<Value> {
        let directory = self.home.path().join(".local/state/quarterdeck/audit");
        let Ok(files) = std::fs::read_dir(directory) else {
            return Vec::new();
        };
        let mut files: Vec<_> = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some())
            .collect();
        files.sort();
        let text: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn page(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// It ends with the test, however that ends.
struct Running(Child);

impl Running {
    fn interrupt(&self) {
        let sent = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_forwards_says_where_to_and_is_written_down() {
    let stage = stage();
    let mut command = stage.run(&["svc/web", ":main", "--yes"]).command;
    let mut child = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut errors = BufReader::new(child.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.next().unwrap();
    let address = line
        .strip_prefix("Forwarding from ")
        .unwrap()
        .strip_suffix(" -> web-a:4000")
        .unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    assert!(page(address).starts_with("HTTP/1.1 200 OK"));
    let intended = stage.audit();
    assert_eq!(intended.len(), 1, "{intended:?}");

    stage.pod("web-b");
    assert!(stage.stub.delete("pods", "shop", "web-a"));
    assert!(page(address).starts_with("HTTP/1.1 200 OK"));
    assert_eq!(lines.next().unwrap(), format!("Forwarding from {address} -> web-b:4000"));
    assert_eq!(errors.next().unwrap(), "qd: web-a is gone; web-b took its place");

    child.interrupt();
    let ended = lines.next().unwrap();
    assert!(
        ended.starts_with("ended: 2 connections, ") && ended.ends_with(" bytes sent"),
        "{ended}"
    );
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    let audit = stage.audit();
    let told: Vec<_> = audit.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(told, ["dev.quarterdeck.action.intended", "dev.quarterdeck.action.outcome"]);
    let deed = &audit[1]["data"];
    assert_eq!(deed["action"], "port-forward");
    assert_eq!(deed["command"], "kubectl --context=stub -n shop port-forward service/web :main");
    assert_eq!((&deed["intent"], &deed["outcome"]), (&audit[0]["id"], &json!("succeeded")));
    assert!(deed["said"].as_str().unwrap().starts_with("2 connections, "), "{deed}");
}

#[test]
fn where_somebody_must_agree_nothing_happens_in_silence() {
    let stage = stage();
    let (code, err) = stage.fails(&["svc/web", ":80"]);
    assert_eq!(
        (code, err.as_str()),
        (
            2,
            "qd: somebody has to agree to a forward in stub\nhint: at a terminal you are asked; where y is enough, --yes says it in a script\n"
        )
    );
    assert_eq!(stage.audit(), Vec::<Value>::new());
    assert_eq!(stage.stub.requests().len(), 0, "nothing was asked of the cluster");
}

#[test]
fn read_only_opens_no_forward_whoever_agrees() {
    let stage = stage();
    let kubeconfig = stage.home.path().join("kubeconfig");
    let run = Run::new(stage.home.path(), &["--read-only", "forward", "svc/web", ":80", "--yes"]);
    let (code, out, err) = run.variable("KUBECONFIG", kubeconfig.to_str().unwrap()).output(stage.home.path());
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("qd: --read-only opens no forward\n"), "{err}");
    assert_eq!(stage.audit(), Vec::<Value>::new());
    assert_eq!(stage.stub.requests().len(), 0, "nothing was asked of the cluster");
}

#[test]
fn what_cannot_be_is_one_line_and_a_hint() {
    let stage = stage();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let number = taken.local_addr().unwrap().port();
    for (arguments, said) in [
        (
            &["svc/nothing", ":80", "--yes"][..],
            "qd: services \"nothing\" not found".to_owned(),
        ),
        (
            &["svc/web", ":81", "--yes"],
            "qd: service web has no port 81\nhint: there is 80 (main)".into(),
        ),
        (&["ingress/web", "80", "--yes"], "qd: no port leads to ingress".into()),
        (
            &["svc/web", "80", "-A", "--yes"],
            "qd: a forward leads to one namespace, not to all".into(),
        ),
        (&["svc/web", "80:x:y", "--yes"], "qd: `80:x:y` is no pair of ports".into()),
        (
            &["svc/web", &format!("{number}:80"), "--yes"],
            format!("qd: port {number} of this machine is taken: something listens on 127.0.0.1:{number}\nhint: stop it"),
        ),
    ] {
        let (code, err) = stage.fails(arguments);
        assert_eq!(code, 2, "{arguments:?}");
        assert!(err.starts_with(&said), "{arguments:?}: {err}");
    }
}

#[test]
fn another_cluster_than_the_one_that_is_meant_gets_no_forward() {
    let stage = stage();
    let config = stage.home.path().join("qd.toml");
    std::fs::write(
        &config,
        "[[environment]]\nname = \"dev\"\ntier = \"open\"\nkubernetes = { kubeconfig = \"kubeconfig\", context = \"stub\" }\nidentity = { cluster = \"solia-dev\" }\n",
    )
    .unwrap();
    let (code, err) = stage.fails(&["--config", config.to_str().unwrap(), "-n", "shop", "svc/web", ":80", "--yes"]);
    assert_eq!(
        (code, err.as_str()),
        (
            2,
            "qd: the cluster is stub, not the solia-dev that the configuration names\nhint: is the context the right one?\n"
        )
    );
    let audit = stage.audit();
    assert_eq!(audit.len(), 1);
    assert_eq!(audit[0]["data"]["outcome"], "refused");
    assert_eq!(stage.stub.requests().len(), 0, "nothing was asked of the cluster");
}
