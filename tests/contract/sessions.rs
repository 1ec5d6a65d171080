//! Sessions in containers, over a real WebSocket with the simulated cluster.

use std::time::Duration;

use quarterdeck::action::Ref;
use quarterdeck::execute::session::captured::{self, Captured, Command};
use quarterdeck::execute::session::debug::{self, Debugger};
use quarterdeck::execute::session::terminal::{Parted, Start};
use quarterdeck::execute::session::{Inside, copy, place};
use quarterdeck::model::{Known, Problem, ProblemKind};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::desk::Desk;
use crate::stub::{Fault, Route, Stub, Version};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn client(stub: &Stub) -> kube::Client {
    let mut config = kube::Config::new(stub.url.parse().unwrap());
    config.default_retry = false;
    kube::Client::try_from(config).unwrap()
}

/// A running pod with one container, and whatever else is said of it.
fn pod(name: &str, image: &str, container: Value) -> Value {
    let mut spec = json!({"name": "app", "image": image});
    spec.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    json!({"metadata": {"namespace": "shop", "name": name, "labels": {"app": name}},
        "spec": {"nodeName": "n1", "containers": [spec]},
        "status": {"phase": "Running", "podIP": "10.0.0.9", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "app", "image": image, "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]}})
}

struct Bench {
    runtime: Runtime,
    client: kube::Client,
    stub: Stub,
}

fn bench(version: Version) -> Bench {
    let stub = Stub::start(version);
    stub.put("pods", pod("web", "app:1", json!({})));
    stub.put("pods", pod("bare", "solia.local/distroless:1", json!({})));
    stub.put("pods", pod("console", "app:1", json!({"stdin": true, "tty": true})));
    let runtime = runtime();
    let client = {
        let _inside = runtime.enter();
        client(&stub)
    };
    Bench { runtime, client, stub }
}

impl Bench {
    fn find(&self, pod: &str) -> Result<Inside, Problem> {
        self.runtime.block_on(place::find(&self.client, "shop", &Ref::pod(pod), None))
    }

    fn run(&self, pod: &str, argv: &[&str], input: Option<&str>) -> Result<Captured, Problem> {
        let inside = self.find(pod)?;
        let order = Command {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            input: input.map(|text| text.as_bytes().to_vec()),
            deadline: Duration::from_secs(20),
        };
        self.runtime.block_on(captured::run(&self.client, &inside, &order))
    }
}

#[test]
fn a_program_is_run_and_what_it_wrote_and_how_it_ended_is_known() {
    for version in [Version::V1_20, Version::V1_36] {
        let bench = bench(version);
        let captured = bench.run("web", &["sh", "-c", "hostname; echo oops >&2; exit 3"], None).unwrap();
        assert_eq!(
            (&*captured.stdout.text(), &*captured.stderr.text(), captured.ended),
            ("web\n", "oops\n", Ok(3)),
            "{version:?}"
        );
        // Old servers cannot end an input; the program gets its end all the same.
        let sorted = bench.run("web", &["sort"], Some("b\na\n")).unwrap();
        assert_eq!((&*sorted.stdout.text(), sorted.ended), ("a\nb\n", Ok(0)), "{version:?}");
    }
}

#[test]
fn what_is_not_there_is_said_in_one_sentence() {
    let bench = bench(Version::V1_36);
    let ended = |pod: &str, program: &str| bench.run(pod, &[program], None).unwrap().ended.unwrap_err();
    let missing = ended("web", "nosuch");
    assert_eq!(&*missing.text, "web/app: there is no program nosuch");
    let shell = ended("bare", "sh");
    assert_eq!(&*shell.text, "bare/app: there is no shell in solia.local/distroless:1");
    assert!(shell.hint.contains("debug container"), "{shell}");
    let gone = bench.run("nobody", &["ls"], None).unwrap_err();
    assert_eq!(gone.kind, ProblemKind::NotFound);
    // The container ends between being found and being entered.
    let inside = bench.find("web").unwrap();
    bench.stub.update("pods", "shop", "web", |pod| {
        pod["status"]["containerStatuses"][0]["state"] = json!({"terminated": {"exitCode": 1}});
    });
    let order = Command {
        argv: vec!["ls".to_owned()],
        input: None,
        deadline: Duration::from_secs(20),
    };
    let late = bench.runtime.block_on(captured::run(&bench.client, &inside, &order)).unwrap_err();
    assert_eq!(&*late.text, "web/app: the container does not run");
    let early = bench.find("web").unwrap_err();
    assert_eq!(&*early.text, "container app of pod web does not run: it ended with exit code 1");
}

#[test]
fn a_refusal_names_the_right_that_is_missing() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("web").unwrap();
    bench.stub.fault(
        Route::path("/api/v1/namespaces/shop/pods/web/exec"),
        Fault::Status(403, "Forbidden"),
    );
    let order = Command {
        argv: vec!["ls".to_owned()],
        input: None,
        deadline: Duration::from_secs(20),
    };
    let denied = bench.runtime.block_on(captured::run(&bench.client, &inside, &order)).unwrap_err();
    assert_eq!(denied.kind, ProblemKind::Denied);
    assert!(denied.text.contains("pods/exec"), "{denied}");
}

#[test]
fn a_program_that_does_not_end_is_left_with_what_it_wrote() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("web").unwrap();
    let order = Command {
        argv: ["sleep", "600"].map(str::to_owned).to_vec(),
        input: None,
        deadline: Duration::from_millis(300),
    };
    let captured = bench.runtime.block_on(captured::run(&bench.client, &inside, &order)).unwrap();
    let problem = captured.ended.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::TimedOut);
    assert!(problem.text.contains("it may still run"), "{problem}");
}

#[test]
fn a_workload_leads_to_the_pod_that_serves() {
    let bench = bench(Version::V1_36);
    bench.stub.put(
        "deployments",
        json!({"metadata": {"namespace": "shop", "name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}),
    );
    bench.stub.put(
        "services",
        json!({"metadata": {"namespace": "shop", "name": "front"}, "spec": {"selector": {"app": "console"}}}),
    );
    bench
        .stub
        .put("configmaps", json!({"metadata": {"namespace": "shop", "name": "conf"}}));
    let find = |kind: Known, name: &str| {
        let object = Ref::new(kind, name);
        bench.runtime.block_on(place::find(&bench.client, "shop", &object, None))
    };
    assert_eq!(find(Known::Deployment, "web").unwrap().pod, "web");
    assert_eq!(find(Known::Service, "front").unwrap().pod, "console");
    let none = find(Known::ConfigMap, "conf").unwrap_err();
    assert_eq!(&*none.text, "configmap/conf has no containers to enter");
}

#[test]
fn a_shell_echoes_knows_its_size_and_tells_its_exit_code() {
    for version in [Version::V1_20, Version::V1_36] {
        let bench = bench(version);
        let inside = bench.find("web").unwrap();
        bench.runtime.block_on(async {
            let mut desk = Desk::shell(&bench.client, &inside);
            desk.wait("/ $ ").await;
            desk.type_in("stty size\r").await;
            desk.wait("24 80\r\n").await;
            desk.resize(120, 40);
            // The size and the keys are different channels: asked until it is there.
            loop {
                desk.type_in("stty size; echo asked\r").await;
                desk.wait("echo asked\r\n").await;
                if desk.wait("asked\r\n").await.contains("40 120") {
                    break;
                }
            }
            desk.type_in("exit 3\r").await;
            let (ended, shown) = desk.end().await;
            assert_eq!(ended, Ok(Parted::Exited(3)), "{shown}");
            assert!(shown.ends_with("exit 3\r\n"), "{shown:?}");
        });
    }
}

#[test]
fn an_image_without_a_shell_says_so_and_offers_a_debug_container() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("bare").unwrap();
    let (ended, shown) = bench.runtime.block_on(async { Desk::shell(&bench.client, &inside).end().await });
    let problem = ended.unwrap_err();
    assert_eq!(&*problem.text, "bare/app: there is no shell in solia.local/distroless:1");
    assert!(problem.hint.contains("debug container"));
    assert_eq!(shown, "", "the runtime's own words are not shown");
}

#[test]
fn a_session_is_left_by_its_key_even_where_the_program_does_not_read() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("web").unwrap();
    bench.runtime.block_on(async {
        let start = Start::Program(["sleep", "600"].map(str::to_owned).to_vec());
        let mut desk = Desk::open(&bench.client, &inside, start, 80, 24);
        for _ in 0..50 {
            desk.type_in(&"nobody reads this ".repeat(200)).await;
        }
        desk.type_in("\x1d").await;
        assert_eq!(desk.end().await.0, Ok(Parted::Detached));
    });
    bench.stub.wait_for("the session is closed", |stub| {
        stub.open().iter().all(|request| !request.path.ends_with("/exec"))
    });
}

#[test]
fn the_main_program_is_attached_to_and_goes_on_after_it_was_left() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("console").unwrap();
    bench.runtime.block_on(async {
        for _ in 0..2 {
            let mut desk = Desk::open(&bench.client, &inside, Start::Attach, 100, 30);
            desk.wait("/ $ ").await;
            desk.type_in("stty size\r").await;
            desk.wait("30 100\r\n").await;
            desk.type_in("\x1d").await;
            assert_eq!(desk.end().await.0, Ok(Parted::Detached));
        }
    });
}

#[test]
fn a_connection_that_is_cut_is_not_taken_for_an_end() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("web").unwrap();
    bench.runtime.block_on(async {
        let mut desk = Desk::shell(&bench.client, &inside);
        desk.wait("/ $ ").await;
        bench.stub.go_down();
        let problem = desk.end().await.0.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Unreachable);
        assert!(problem.text.starts_with("the connection was cut"), "{problem}");
    });
}

#[test]
fn files_come_out_and_go_in() {
    for version in [Version::V1_20, Version::V1_36] {
        let bench = bench(version);
        let folder = tempfile::tempdir().unwrap();
        let inside = bench.find("web").unwrap();
        let fetch = |remote: &str, local: &str| {
            bench.runtime.block_on(async {
                let mut passed = 0;
                let local = folder.path().join(local);
                let copied = copy::fetch(&bench.client, &inside, remote, &local, copy::Existing::Replaced, &mut |bytes| {
                    passed = bytes
                })
                .await;
                (copied, passed)
            })
        };
        let (copied, passed) = fetch("/etc/hostname", "name");
        assert_eq!((copied.unwrap().files, passed > 512), (1, true));
        assert_eq!(std::fs::read_to_string(folder.path().join("name")).unwrap(), "web\n");
        let (copied, _) = fetch("/etc", "conf");
        assert!(copied.unwrap().files > 3);
        assert_eq!(std::fs::read_to_string(folder.path().join("conf/hostname")).unwrap(), "web\n");
        let (missing, _) = fetch("/nosuch", "x");
        assert_eq!(&*missing.unwrap_err().text, "there is no /nosuch in the container");
        let (copied, passed) = bench.runtime.block_on(async {
            let mut passed = 0;
            let local = folder.path().join("conf");
            let copied = copy::send(&bench.client, &inside, &local, "/tmp", &mut |bytes| passed = bytes).await;
            (copied.unwrap(), passed)
        });
        assert!(copied.files > 3 && passed > copied.bytes, "{version:?}: {copied:?}");
    }
}

#[test]
fn an_image_without_tar_says_so() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("bare").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "1").unwrap();
    let (out, into) = bench.runtime.block_on(async {
        let out = copy::fetch(&bench.client, &inside, "/etc", folder.path(), copy::Existing::Replaced, &mut |_| {}).await;
        let local = folder.path().join("a");
        (out, copy::send(&bench.client, &inside, &local, "/tmp", &mut |_| {}).await)
    });
    for problem in [out.unwrap_err(), into.unwrap_err()] {
        assert_eq!(&*problem.text, "bare/app: the image has no tar, which copies files");
    }
}

#[test]
fn a_copy_that_is_cut_off_is_no_copy() {
    let bench = bench(Version::V1_36);
    let inside = bench.find("web").unwrap();
    let folder = tempfile::tempdir().unwrap();
    bench.stub.fault(Route::path("/api/v1/namespaces/shop/pods/web/exec"), Fault::Hang);
    let fetching = bench.runtime.block_on(async {
        let mut nothing = |_| {};
        let copied = copy::fetch(
            &bench.client,
            &inside,
            "/etc",
            folder.path(),
            copy::Existing::Replaced,
            &mut nothing,
        );
        let down = async {
            loop {
                if bench.stub.open().iter().any(|request| request.path.ends_with("/exec")) {
                    return bench.stub.go_down();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(copied, down).0
    });
    assert_eq!(fetching.unwrap_err().kind, ProblemKind::Unreachable);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn debugger(pod: &str) -> Debugger {
    Debugger {
        namespace: "shop".into(),
        pod: pod.into(),
        uid: None,
        name: debug::name(),
        image: "solia.local/busybox:1.35".into(),
        target: Some("app".into()),
        argv: Vec::new(),
    }
}

#[test]
fn a_debug_container_is_added_waited_for_and_attached_to() {
    let bench = bench(Version::V1_36);
    let debugger = debugger("bare");
    bench.runtime.block_on(debug::add(&bench.client, &debugger)).unwrap();
    let pod = bench.stub.get("pods", "shop", "bare").unwrap();
    let added = &pod["spec"]["ephemeralContainers"][0];
    assert_eq!(
        (&added["name"], &added["targetContainerName"]),
        (&json!(debugger.name), &json!("app"))
    );
    assert_eq!(pod["spec"]["containers"].as_array().unwrap().len(), 1);
    let inside = bench.runtime.block_on(async {
        let waiting = debug::wait(&bench.client, &debugger, Duration::from_secs(20));
        let node = async {
            // The node is slow: it is waited for, not asked once.
            while !bench.stub.open().iter().any(|request| request.flag("watch")) {
                tokio::task::yield_now().await;
            }
            bench.stub.update("pods", "shop", "bare", |pod| {
                pod["status"]["ephemeralContainerStatuses"] = json!([{"name": debugger.name, "image": debugger.image, "imageID": "",
                    "ready": false, "restartCount": 0, "state": {"running": {}}}]);
            });
        };
        tokio::join!(waiting, node).0.unwrap()
    });
    bench.runtime.block_on(async {
        let mut desk = Desk::open(&bench.client, &inside, Start::Attach, 80, 24);
        desk.wait("/ $ ").await;
        desk.type_in("hostname\r").await;
        desk.wait("bare\r\n").await;
        desk.type_in("exit\r").await;
        assert_eq!(desk.end().await.0, Ok(Parted::Exited(0)));
    });
}

#[test]
fn a_debug_container_that_cannot_be_is_told_why() {
    let bench = bench(Version::V1_36);
    let mut other = debugger("web");
    other.uid = Some("of-another-pod".into());
    let conflict = bench.runtime.block_on(debug::add(&bench.client, &other)).unwrap_err();
    assert!(
        bench.stub.get("pods", "shop", "web").unwrap()["spec"]["ephemeralContainers"].is_null(),
        "{conflict}"
    );
    let gone = bench.runtime.block_on(debug::add(&bench.client, &debugger("nobody"))).unwrap_err();
    assert_eq!((gone.kind, &*gone.text), (ProblemKind::NotFound, "pods \"nobody\" not found"));
    // Nobody starts it.
    let silent = debugger("web");
    bench.runtime.block_on(debug::add(&bench.client, &silent)).unwrap();
    let late = bench
        .runtime
        .block_on(debug::wait(&bench.client, &silent, Duration::from_millis(200)))
        .unwrap_err();
    assert_eq!(late.kind, ProblemKind::TimedOut);
    let old = Stub::start(Version::V1_20);
    old.put("pods", pod("web", "app:1", json!({})));
    let client = bench.runtime.block_on(async { client(&old) });
    let none = bench.runtime.block_on(debug::add(&client, &debugger("web"))).unwrap_err();
    assert_eq!(&*none.text, "this server has no debug containers (ephemeral containers)");
}
