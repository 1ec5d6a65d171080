//! A forward and copies of the cockpit on a real cluster.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams};
use quarterdeck::action::forward::ForwardState;
use quarterdeck::config::{CloudWatch, Tier};
use quarterdeck::ledger::audit::AuditKind;

use super::{Access, Sharing, begin};
use crate::journey::twin::TwinOptions;

/// The body of a page; none while nothing answers.
fn page(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split_once("\r\n\r\n").map(|(_, body)| body.trim().to_owned())
}

#[test]
fn a_forward_of_the_cockpit_carries_http_through_the_deletion_of_its_pod_and_files_are_copied_both_ways() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("held");
    super::forward::web(&live, &namespace);
    let options = TwinOptions::platform(&live.kubeconfig, "", CloudWatch::default())
        .namespace(&namespace)
        .tier(Tier::Open);
    let mut twin = options.start();
    twin.type_text(":svc\n");
    twin.wait_text(&["services", "web", " live "]);
    twin.press("F");
    twin.wait_text(&["FORWARD service/web", "8080:main", "main:80/TCP"]);
    twin.press("ctrl-u");
    twin.type_text(":main\n");
    twin.wait_until("it is live", |app, screen| {
        screen.contains("1 forward")
            && app
                .forwards
                .open()
                .iter()
                .any(|seen| seen.state == ForwardState::Listening && seen.pod.is_some())
    });
    let address = twin.app.forwards.open()[0].ports[0].local;
    let first = page(address, "/name").unwrap();
    assert!(first.starts_with("web-"), "{first}");
    twin.press("f");
    twin.wait_text(&["service/web", "main → 8080", "live", "ok "]);
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    live.block_on(pods.delete(&first, &DeleteParams::default())).unwrap();
    twin.wait_until("another pod answers", |_, _| {
        page(address, "/name").is_some_and(|name| name.starts_with("web-") && name != first)
    });
    let second = page(address, "/name").unwrap();
    twin.wait_until("the table knows it", |app, _| {
        app.forwards.open()[0].pod.as_deref() == Some(second.as_str())
    });

    // Files out of the new pod, and into it.
    twin.type_text(&format!(":pods\n/{second}\n"));
    twin.wait_until("it is alone", |app, _| crate::journey::twin::selected(app) == second);
    let directory = tempfile::tempdir().unwrap();
    let name = directory.path().join("name");
    twin.type_text(&format!(":copy-out /www/name {}\n", name.display()));
    twin.wait_text(&["1 file"]);
    assert_eq!(std::fs::read_to_string(&name).unwrap().trim(), second);
    std::fs::write(&name, "from here").unwrap();
    twin.type_text(&format!(":copy-in {} /www/there\n", name.display()));
    twin.wait_text(&["COPY pod/", "y do it"]);
    twin.press("y");
    twin.wait_until("it is there", |_, _| page(address, "/there").as_deref() == Some("from here"));
    twin.forwards.as_ref().unwrap().close();
    let kinds: Vec<AuditKind> = twin
        .audit
        .read()
        .unwrap()
        .iter()
        .map(|line| line.event.as_ref().unwrap().kind)
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == AuditKind::Intended).count(), 3);
    assert_eq!(kinds.iter().filter(|kind| **kind == AuditKind::Outcome).count(), 3);
}
