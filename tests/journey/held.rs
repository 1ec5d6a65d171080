//! What is held for a while: forwards, copies of files, debug containers, plugins and lines of the shell.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use quarterdeck::action::forward::{ForwardSpec, ForwardState};
use quarterdeck::action::{Verb, kubectl};
use quarterdeck::app::App;
use quarterdeck::config::{Class, Plugin, Tier};

use super::acts::{ACCEPTED, Scene, audited, wait_audited};
use super::twin::Twin;

/// The status line of a GET.
fn status(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: backend\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

fn live(app: &App) -> bool {
    app.forwards
        .open()
        .first()
        .is_some_and(|seen| seen.state == ForwardState::Listening && seen.pod.is_some())
}

fn address(twin: &Twin) -> SocketAddr {
    twin.app.forwards.open()[0].ports[0].local
}

fn spec(line: &str) -> ForwardSpec {
    let action = kubectl::parse(&format!("kubectl port-forward {line}")).unwrap();
    let Verb::PortForward(forward) = &action.verb else {
        panic!("{line}")
    };
    ForwardSpec::of(forward, "cloud", "default").unwrap()
}

/// The pods of the backend, the cursor on the first.
fn backend_pods(scene: &Scene, tier: Tier) -> Twin {
    let mut twin = scene.options("solia-prod").tier(tier).start();
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text("/backend-deployment\n");
    twin.wait_until("they are alone", |app, _| {
        super::rows(app) >= 2 && super::selected(app).starts_with("backend-")
    });
    twin
}

#[test]
fn a_forward_is_asked_for_by_a_form_carries_http_and_follows_its_pod() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    twin.press("F");
    let screen = twin.wait_text(&[
        "FORWARD deployment/backend-deployment",
        "4000:",
        "127.0.0.1",
        "kubectl -n default port-forward",
    ]);
    assert!(screen.contains("go on"), "{screen}");
    twin.press("ctrl-u");
    twin.type_text("99999\n");
    twin.wait_text(&["FORWARD deployment/backend-deployment", "99999"]);
    assert!(twin.app.overlay.is_some() && audited(&twin).is_empty());
    twin.press("ctrl-u");
    twin.type_text(":4000\n");
    twin.wait_until("it is live", |app, screen| live(app) && screen.contains("1 forward"));
    assert!(
        status(address(&twin), "/health").contains("200"),
        "{}",
        status(address(&twin), "/health")
    );
    assert_eq!(audited(&twin), ["intended"], "it goes on");
    assert_eq!(
        twin.record.forwards["cloud"],
        [spec("deployment/backend-deployment :4000")],
        "it is saved"
    );

    twin.press("f");
    twin.wait_text(&["forwards (1)", "deployment/backend-deployment", "live", "of 1", "ok "]);
    twin.press("c");
    let here = address(&twin).to_string();
    twin.wait_record("its address is copied", |record| record.copied.last() == Some(&here));

    // Its pod goes: another takes its place.
    let pod = twin.app.forwards.open()[0].pod.clone().unwrap();
    twin.type_text(&format!(":kubectl delete pod {pod}\n"));
    twin.wait_text(&["DELETE", ACCEPTED, "y do it"]);
    twin.press("y");
    twin.wait_until("it leads to another pod", |app, _| {
        let _ = app
            .forwards
            .open()
            .first()
            .map(|seen| TcpStream::connect_timeout(&seen.ports[0].local, Duration::from_secs(1)));
        live(app) && app.forwards.open()[0].pod.as_ref() != Some(&pod)
    });
    assert!(status(address(&twin), "/health").contains("200"));

    // It ends only on purpose.
    twin.type_text(":quit\n");
    twin.wait_text(&["1 forward: once more ends what is open"]);
    assert_eq!(twin.record.quit, None);
    twin.press("ctrl-d");
    twin.wait_until("it is gone", |app, _| app.forwards.open().is_empty());
    assert_eq!(twin.record.forwards["cloud"], [], "and forgotten");
    wait_audited(&mut twin, &["intended", "intended", "succeeded", "succeeded"]);
    let told: Vec<String> = twin
        .audit
        .read()
        .unwrap()
        .into_iter()
        .map(|line| line.event.unwrap().data.said)
        .collect();
    assert!(told[3].contains("connection") && told[3].contains("received"), "{told:?}");
    twin.type_text(":quit\n");
    assert_eq!(twin.record.quit, Some(0));
}

#[test]
fn forwards_of_the_last_time_are_offered_and_never_opened_by_themselves() {
    let scene = Scene::of("calm", 1.0);
    let saved = spec("service/backend :4000");
    let options = scene.options("solia-prod").tier(Tier::Guarded).forwards(vec![saved.clone()]);
    let mut twin = scene.at_backend(options);
    twin.wait_text(&["f: 1 saved forward", "LOCKED"]);
    twin.press("f");
    twin.wait_text(&["service/backend", "saved: enter opens it"]);
    assert!(twin.app.forwards.open().is_empty() && audited(&twin).is_empty());
    twin.press("enter");
    twin.wait_text(&[
        "FORWARD service/backend",
        "leads to service/backend",
        "Unlocks for 60 min",
        "y do it",
    ]);
    twin.press("ctrl-u");
    twin.type_text("to look at it\n");
    twin.press("y");
    twin.wait_until("it is live", |app, _| live(app));
    let event = twin.audit.read().unwrap()[0].event.clone().unwrap().data;
    assert_eq!(
        (event.confirmation.as_str(), event.reason.as_str(), event.action.as_str()),
        ("key", "to look at it", "forward")
    );
    // The end of the program ends it, and that is written down.
    twin.forwards.as_ref().unwrap().close();
    wait_audited(&mut twin, &["intended", "succeeded"]);
}

#[test]
fn a_port_that_is_taken_is_said_and_nothing_is_left_open() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Open);
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    twin.type_text(&format!(":forward {port}:4000\n"));
    twin.wait_text(&["NOT DONE", "of this machine is taken"]);
    twin.press("esc");
    wait_audited(&mut twin, &["intended", "failed"]);
    twin.type_text(":forwards\n");
    twin.wait_text(&["no forwards: shift-f"]);
}

#[test]
fn files_are_copied_both_ways_and_none_is_replaced_unasked() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = backend_pods(&scene, Tier::Open);
    let directory = tempfile::tempdir().unwrap();
    let name = directory.path().join("name");
    let shown = name.display();
    let pod = twin.selected();
    twin.type_text(&format!(":copy-out /etc/hostname {shown}\n"));
    twin.wait_text(&["1 file"]);
    assert_eq!(std::fs::read_to_string(&name).unwrap().trim(), pod);
    wait_audited(&mut twin, &["intended", "succeeded"]);

    std::fs::write(&name, "mine").unwrap();
    twin.type_text(&format!(":kubectl cp default/{pod}:/etc/hostname {shown}\n"));
    twin.wait_text(&["over what stands at", "files of the same names here are replaced", "y do it"]);
    twin.press("n");
    assert_eq!(std::fs::read_to_string(&name).unwrap(), "mine");
    twin.type_text(&format!(":copy-out /etc/hostname {shown}\n"));
    twin.wait_text(&["over what stands at", "y do it"]);
    twin.press("y");
    twin.wait_until("it is replaced", |_, _| std::fs::read_to_string(&name).unwrap().trim() == pod);

    std::fs::write(&name, "to the pod").unwrap();
    twin.type_text(&format!(":copy-in {shown} /tmp/there\n"));
    twin.wait_text(&["COPY pod/", "yes: create pods/exec in default", "y do it"]);
    twin.press("y");
    let audit = twin.audit.clone();
    twin.wait_until("it is written down", |_, _| audit.read().unwrap().len() == 7);
    let last = audit.read().unwrap()[6].event.clone().unwrap().data;
    assert_eq!((last.action.as_str(), last.said.as_str()), ("copy", "1 file, 10 bytes"));
    // (That it is there, a real cluster tells: the simulated containers keep no files.)
    twin.type_text(":copy-in /nosuch/file /tmp/x\n");
    twin.wait_text(&["NO PLAN", "there is no /nosuch/file on this machine"]);
}

#[test]
fn a_debug_container_is_added_and_who_may_not_is_told() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = backend_pods(&scene, Tier::Confirm);
    let pod = twin.selected();
    twin.type_text(&format!(":kubectl debug {pod} --image=busybox:1.36 -- sleep 600\n"));
    twin.wait_text(&["debug pod/", "debugger-", " runs"]);
    wait_audited(&mut twin, &["intended", "succeeded"]);
    let mut reader = scene.options("solia-prod-readonly").tier(Tier::Open).start();
    reader.wait_text(&["backend-deployment", " live "]);
    reader.type_text("/backend-deployment\n");
    reader.wait_until("they are alone", |app, _| super::selected(app).starts_with("backend-"));
    reader.type_text(":debug busybox:1.36\n");
    reader.wait_text(&[
        "NOT ALLOWED",
        "debug needs create pods/attach in default, which solia-viewer may not",
    ]);
}

fn plugin(name: &str, command: &[&str], class: Class) -> Plugin {
    Plugin {
        name: name.into(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        class,
        kinds: vec!["deployments".into()],
        key: vec!["K".into()],
        ..Plugin::default()
    }
}

#[test]
fn a_plugin_is_told_of_the_selection_by_its_environment_and_its_output_is_shown() {
    let scene = Scene::of("calm", 1.0);
    let say = "echo \"[$NAME|$NAMESPACE|$KIND|$CONTEXT]\"; echo DB_PASSWORD=hunter2hunter2; printf '\\033[31mred\\n' >&2; exit 3";
    let options = scene
        .options("solia-prod")
        .tier(Tier::Open)
        .plugin(plugin("say", &["sh", "-c", say], Class::W1));
    let mut twin = scene.at_backend(options);
    twin.press("K");
    twin.wait_text(&["RUN SAY FOR backend-deployment", "its output is shown", "y do it"]);
    assert!(audited(&twin).is_empty());
    twin.press("y");
    let screen = twin.wait_text(&["[backend-deployment|default|deployment|solia-prod]", "(it ended with exit code 3)"]);
    assert!(!screen.contains("hunter2") && !screen.contains('\u{1b}'), "{screen}");
    wait_audited(&mut twin, &["intended", "failed"]);
    let event = twin.audit.read().unwrap()[1].event.clone().unwrap().data;
    assert_eq!(
        (event.action.as_str(), event.said.as_str()),
        ("plugin", "it ended with exit code 3")
    );
    assert!(!event.command.contains("hunter2"), "{}", event.command);
}

#[test]
fn a_plugin_that_is_a_line_of_kubectl_becomes_the_action_itself() {
    let scene = Scene::of("calm", 1.0);
    let line = ["kubectl", "-n", "$NAMESPACE", "rollout", "restart", "deployment/$NAME"];
    let options = scene
        .options("solia-prod")
        .tier(Tier::Confirm)
        .plugin(plugin("anew", &line, Class::W2));
    let mut twin = scene.at_backend(options);
    twin.type_text(":anew\n");
    // As dangerous as the team says: in this tier that is more than a key.
    twin.wait_text(&["RESTART deployment/backend-deployment", ACCEPTED, "Type cloud restart and enter"]);
    twin.press("esc");
    twin.type_text(":pods\n:anew\n");
    twin.wait_text(&[":anew is not for what is selected here"]);
}

#[test]
fn a_line_of_the_shell_is_refused_in_production_and_stopped_by_ctrl_c_elsewhere() {
    let scene = Scene::of("calm", 1.0);
    let mut twin = scene.backend(Tier::Guarded);
    twin.type_text(":! echo hello\n");
    twin.wait_text(&["shell commands are refused in this environment"]);
    twin.press("esc");

    let mut twin = scene.backend(Tier::Open);
    // It is stopped once it has said something: a slow machine takes its time to begin.
    let directory = tempfile::tempdir().unwrap();
    let begun = directory.path().join("begun");
    twin.type_text(&format!(":! echo begun; touch {}; sleep 600 & sleep 600\n", begun.display()));
    twin.wait_text(&["a program of this machine; its output is shown", "y do it"]);
    twin.press("y");
    twin.wait_text(&["shell runs"]);
    twin.wait_until("it has begun", |_, _| begun.exists());
    twin.press("ctrl-c");
    twin.wait_text(&["begun", "(stopped: it was asked to end, and did)"]);
    twin.wait_gone("shell runs");
    wait_audited(&mut twin, &["intended", "failed"]);
}
