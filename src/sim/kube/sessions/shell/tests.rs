use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::sim::world::Life;

fn world() -> World {
    let mut world = World::new(1, Timestamp::from_second(1_800_000_000).unwrap(), Life::Still);
    world.put(
        "configmaps",
        json!({"metadata": {"namespace": "default", "name": "conf"}, "data": {"LEVEL": "warn", "app.ini": "a=1\nb=2\n"}}),
    );
    world.put(
        "secrets",
        json!({"metadata": {"namespace": "default", "name": "db"}, "data": {"URL": "cG9zdGdyZXM6Ly9w"}}),
    );
    world.put(
        "services",
        json!({"metadata": {"namespace": "default", "name": "postgres"},
            "spec": {"type": "ExternalName", "externalName": "solia.rds.amazonaws.com"}}),
    );
    world.put(
        "services",
        json!({"metadata": {"namespace": "default", "name": "backend"},
            "spec": {"clusterIP": "10.100.1.1", "selector": {"app": "backend"}, "ports": [{"port": 80, "targetPort": "http"}]}}),
    );
    world.put(
        "pods",
        json!({"metadata": {"namespace": "default", "name": "backend-1", "labels": {"app": "backend"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "backend", "image": "ghcr.io/solia/backend:v1.2.3",
                "ports": [{"name": "http", "containerPort": 4000}],
                "envFrom": [{"configMapRef": {"name": "conf"}}],
                "env": [{"name": "PORT", "value": "4000"}, {"name": "SELF", "value": "http://$(HOSTNAME):$(PORT)"},
                    {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": "db", "key": "URL"}}}],
                "volumeMounts": [{"name": "conf", "mountPath": "/etc/conf"}]}],
                "volumes": [{"name": "conf", "configMap": {"name": "conf"}}]},
            "status": {"phase": "Running", "podIP": "10.0.0.9", "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [{"name": "backend", "state": {"running": {}}}]}}),
    );
    world
}

fn exec(argv: &[&str]) -> Outcome {
    let world = world();
    let argv: Vec<String> = argv.iter().map(|a| (*a).to_owned()).collect();
    let pod = world.store.get("pods", "default", "backend-1").unwrap().clone();
    run(&world, &pod, "backend", &argv, b"").unwrap()
}

/// Outputs and exit code of a line.
fn sh(line: &str) -> (String, String, i32) {
    match exec(&["sh", "-c", line]) {
        Outcome::Done(output) => (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
            output.code,
        ),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn the_environment_is_that_of_the_pods_spec() {
    let (env, _, _) = sh("env");
    for line in [
        "LEVEL=warn",
        "SELF=http://backend-1:4000",
        "DATABASE_URL=postgres://p",
        "BACKEND_SERVICE_HOST=10.100.1.1",
    ] {
        assert!(env.lines().any(|l| l == line), "{line} in {env}");
    }
    assert_eq!(sh("cat /etc/conf/app.ini | grep -c =").0, "2\n");
    assert_eq!(sh("ls /etc/conf").0, "LEVEL\napp.ini\n");
}

#[test]
fn lines_run_as_in_a_shell() {
    assert_eq!(
        sh("false || echo no; X=5; echo \"$X $?\""),
        ("no\n5 0\n".to_owned(), String::new(), 0)
    );
    assert_eq!(sh("cd /etc && pwd && exit 3; echo never"), ("/etc\n".to_owned(), String::new(), 3));
    assert_eq!(sh("echo $(hostname) > /tmp/a; cat /tmp/a").0, "backend-1\n");
    assert_eq!(sh("nosuch").2, 127);
    assert_eq!(sh("ls /nope 2>&1").0, "ls: /nope: No such file or directory\n");
    assert_eq!(sh("ls /nope").2, 1);
}

#[test]
fn a_program_that_is_not_there_is_refused_as_a_runtime_does() {
    let Outcome::NotStarted { message, code } = exec(&["nosuch", "-x"]) else {
        panic!()
    };
    assert_eq!(
        (message.as_str(), code),
        ("exec: \"nosuch\": executable file not found in $PATH", 127)
    );
    assert_eq!(exec(&["/bin/sh"]), Outcome::Shell);
}

#[test]
fn the_network_is_that_of_the_world() {
    assert_eq!(
        sh("pg_isready -h postgres"),
        ("postgres:5432 - accepting connections\n".to_owned(), String::new(), 0)
    );
    assert_eq!(sh("pg_isready -h nowhere").0, "nowhere:5432 - no response\n");
    assert_eq!(
        sh("nc -zv backend 80"),
        (String::new(), "backend (10.100.1.1:80) open\n".to_owned(), 0)
    );
    assert_eq!(sh("nc -zv localhost 4001").2, 1);
    assert_eq!(sh("nc -z nowhere 80").1, "nc: bad address 'nowhere'\n");
    assert!(sh("wget -qO- http://localhost:4000/health").0.contains("status"));
}
