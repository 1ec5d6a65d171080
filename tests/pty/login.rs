//! Credentials that end: a plugin that fails, and the login command that repairs it.

use std::path::Path;

use serde_json::json;

use super::{Term, TermOptions};
use crate::stub::{Context, Stub, Version, write_kubeconfig};

const PLUGIN: &str = r#"#!/bin/sh
if [ -f "$(dirname "$0")/logged-in" ]; then
  echo 'plugin: chatter that nobody needs' >&2
  echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"good"}}'
else
  echo 'SSO session of profile solia has expired' >&2
  exit 1
fi
"#;

/// The cockpit of an environment whose credentials come from a plugin, with this login command.
fn with_plugin(stub: &Stub, login: impl Fn(&Path) -> String) -> Term {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    let plugin = dir.join("plugin");
    std::fs::write(&plugin, PLUGIN).unwrap();
    let exec = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "/bin/sh", "args": [plugin], "interactiveMode": "Never"}});
    let kubeconfig = dir.join("kubeconfig");
    write_kubeconfig(&kubeconfig, &[Context::of(stub, "stub", Some("solia")).user(exec)]);
    let config = dir.join("qd.toml");
    let text = format!(
        "[[environment]]\nname = \"stub\"\nkubernetes = {{ kubeconfig = {:?}, context = \"stub\", namespaces = [\"solia\"] }}\nlogin = [\"sh\", \"-c\", {:?}]\n",
        kubeconfig.display().to_string(),
        login(dir)
    );
    std::fs::write(&config, text).unwrap();
    let path = config.display().to_string();
    TermOptions::new(&["--config", &path]).size(120, 30).start_in(home)
}

fn platform() -> Stub {
    let stub = Stub::start(Version::V1_36);
    stub.seed_platform();
    stub.demand_token(Some("good"));
    stub
}

#[test]
fn a_plugin_that_fails_is_quoted_and_login_repairs_it_with_the_filter_kept() {
    let stub = platform();
    let mut term = with_plugin(&stub, |dir| format!("echo 'visit the page'; touch {}/logged-in", dir.display()));
    let screen = term.wait_text("SSO session of profile solia has expired");
    assert!(screen.contains("login"), "{screen}");
    assert_eq!(
        screen.matches("SSO session").count() > 0,
        screen.lines().all(|l| !l.starts_with("SSO session")),
        "smeared:\n{screen}"
    );
    term.send("/postgres\r");
    term.send(":login\r");
    term.wait_text("postgres-0");
    let screen = term.wait_text(" live ");
    assert!(!screen.contains("redis-deployment") && !screen.contains("chatter"), "{screen}");
    assert!(
        String::from_utf8_lossy(&term.raw()).contains("visit the page"),
        "the login command had the terminal"
    );
    term.pass_the_discarding();
    term.send(":q\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}

#[test]
fn a_login_that_fails_is_said_and_the_screen_is_back() {
    let stub = platform();
    let term = with_plugin(&stub, |_| "echo oh no; exit 7".to_owned());
    term.wait_text("SSO session of profile solia has expired");
    term.send(":login\r");
    term.wait_text("exit status: 7");
    assert!(term.modes().alternate_screen);
    term.pass_the_discarding();
    term.send("?");
    term.wait_text("Look closer");
}

#[test]
fn a_login_may_ask_and_take_ctrl_c_and_be_killed() {
    let stub = platform();
    let mut term = with_plugin(&stub, |_| {
        "trap 'echo caught; kill -9 $$' INT; echo 'your code?'; read code; echo \"code $code\"; while :; do sleep 1; done".to_owned()
    });
    term.wait_text("SSO session of profile solia has expired");
    term.send(":login\r");
    term.wait_text("your code?");
    assert!(!term.modes().alternate_screen);
    term.send("1234\r");
    term.wait_text("code 1234");
    term.send("\u{3}");
    term.wait_text("SIGKILL");
    assert!(term.modes().alternate_screen);
    term.pass_the_discarding();
    term.send(":q\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    term.assert_restored();
}
