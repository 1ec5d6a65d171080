//! Exec plugins against little shell scripts.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

const SHORT: Duration = Duration::from_secs(20);

fn plugin(folder: &Path, name: &str, script: &str) -> ExecConfig {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    ExecConfig {
        api_version: Some("client.authentication.k8s.io/v1beta1".into()),
        // Through the shell, because a fork elsewhere may still hold the new file open for writing.
        command: Some("/bin/sh".into()),
        args: Some(vec![path.to_string_lossy().into_owned()]),
        ..ExecConfig::default()
    }
}

async fn fails(script: &str, deadline: Duration) -> Problem {
    let folder = tempfile::tempdir().unwrap();
    match run(&plugin(folder.path(), "p", script), &Cluster::default(), deadline).await {
        Ok(_) => panic!("`{script}` succeeded"),
        Err(problem) => problem,
    }
}

#[tokio::test]
async fn a_token_comes_with_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"abc","expirationTimestamp":"2026-11-23T03:04:05Z"}}'"#;
    let got = run(&plugin(folder.path(), "ok", script), &Cluster::default(), SHORT)
        .await
        .ok()
        .unwrap();
    assert_eq!(
        (got.token.as_deref(), got.expires),
        (Some("abc"), Time::parse("2026-11-23T03:04:05Z"))
    );
}

#[tokio::test]
async fn the_plugin_is_told_the_cluster_and_that_nobody_is_there() {
    let folder = tempfile::tempdir().unwrap();
    // Echoes what it was told as the token; fails if it can read anything from stdin.
    let script = r#"if read -r line; then exit 9; fi
token=$(printf '%s|%s' "$KUBERNETES_EXEC_INFO" "$PROFILE" | base64 -w0)
echo "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$token\"}}""#;
    let mut exec = plugin(folder.path(), "echo", script);
    exec.provide_cluster_info = true;
    exec.env = Some(vec![HashMap::from([
        ("name".into(), "PROFILE".into()),
        ("value".into(), "solia".into()),
    ])]);
    let cluster = Cluster {
        server: Some("https://k.example".into()),
        certificate_authority_data: Some("Q0E=".into()),
        ..Cluster::default()
    };
    let got = run(&exec, &cluster, SHORT).await.ok().unwrap();
    let told = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, got.token.unwrap()).unwrap();
    let told = String::from_utf8(told).unwrap();
    let (info, profile) = told.rsplit_once('|').unwrap();
    let info: serde_json::Value = serde_json::from_str(info).unwrap();
    assert_eq!(profile, "solia");
    assert_eq!(info["apiVersion"], "client.authentication.k8s.io/v1beta1");
    assert_eq!(info["spec"]["interactive"], false);
    assert_eq!(info["spec"]["cluster"]["server"], "https://k.example");
    assert!(info["spec"]["cluster"]["certificate-authority-data"].is_string());
}

#[tokio::test]
async fn failures_say_what_the_plugin_said() {
    let table = [
        (
            "echo >&2; printf '\\033[31mError loading SSO Token: Token has expired\\033[0m\\n\\n' >&2; exit 255",
            "exec plugin `sh`: Error loading SSO Token: Token has expired",
        ),
        (
            "echo 'Error: bad flag' >&2; echo 'Usage: p [flags]' >&2; exit 1",
            "exec plugin `sh`: Error: bad flag",
        ),
        ("exit 3", "exec plugin `sh` failed with exit code 3"),
        ("echo hello", "exec plugin `sh` printed no ExecCredential"),
        (
            "echo '{\"kind\":\"Pod\",\"status\":{\"token\":\"x\"}}'",
            "exec plugin `sh` printed no ExecCredential",
        ),
        (
            "echo '{\"kind\":\"ExecCredential\",\"status\":{}}'",
            "exec plugin `sh` gave neither a token nor a certificate",
        ),
        ("head -c 2000000 /dev/zero", "exec plugin `sh` printed too much for a credential"),
    ];
    for (script, text) in table {
        let problem = fails(script, SHORT).await;
        assert_eq!(
            (problem.kind, &*problem.text, &*problem.hint),
            (ProblemKind::Login, text, ":login"),
            "{script}"
        );
    }
}

#[tokio::test]
async fn a_hanging_plugin_is_cut_off() {
    let problem = fails("sleep 60", Duration::from_millis(200)).await;
    assert_eq!(&*problem.text, "exec plugin `sh` gave no answer in 1 s");
}

#[tokio::test]
async fn a_missing_plugin_is_named_with_the_way_to_get_it() {
    let mut exec = ExecConfig {
        command: Some("qd-no-such-plugin".into()),
        ..ExecConfig::default()
    };
    let problem = run(&exec, &Cluster::default(), SHORT).await.err().unwrap();
    assert_eq!(
        (problem.kind, &*problem.text),
        (ProblemKind::Config, "exec plugin `qd-no-such-plugin` is not on PATH")
    );
    exec.install_hint = Some("\nbrew install it\n".into());
    let problem = run(&exec, &Cluster::default(), SHORT).await.err().unwrap();
    assert_eq!(&*problem.hint, "brew install it");
}
