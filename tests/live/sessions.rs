//! Sessions in containers of a real cluster.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, PostParams};
use quarterdeck::action::Ref;
use quarterdeck::execute::session::captured::{self, Captured, Command};
use quarterdeck::execute::session::debug::{self, Debugger};
use quarterdeck::execute::session::terminal::{Parted, Start};
use quarterdeck::execute::session::{Inside, copy, place};
use quarterdeck::model::{Known, Problem, ProblemKind};
use serde_json::{Value, json};

use super::{Access, Live, Sharing, begin};
use crate::desk::{Desk, PATIENCE};

const BUSYBOX: &str = "solia.local/busybox:1.35";

fn words(argv: &[&str]) -> Vec<String> {
    argv.iter().map(|word| (*word).to_owned()).collect()
}

fn find(live: &Live, namespace: &str, pod: &str) -> Result<Inside, Problem> {
    live.block_on(place::find(&live.client_under_test(), namespace, &Ref::pod(pod), None))
}

fn run(live: &Live, inside: &Inside, argv: &[&str], input: Option<&[u8]>) -> Result<Captured, Problem> {
    let order = Command {
        argv: words(argv),
        input: input.map(<[u8]>::to_vec),
        deadline: PATIENCE,
    };
    live.block_on(captured::run(&live.client_under_test(), inside, &order))
}

/// A pod of the test's own, once it runs.
fn pod(live: &Live, namespace: &str, name: &str, container: Value) -> Inside {
    let mut spec = json!({"name": "app", "image": BUSYBOX, "imagePullPolicy": "IfNotPresent"});
    spec.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
    let pod = json!({"metadata": {"name": name, "namespace": namespace},
        "spec": {"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "containers": [spec]}});
    let pods: Api<Pod> = Api::namespaced(live.client(), namespace);
    live.block_on(async {
        pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap())
            .await
            .unwrap();
        let waiting = async {
            loop {
                if let Ok(inside) = place::choose(&pods.get(name).await.unwrap(), None) {
                    return inside;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the pod runs")
    })
}

#[test]
fn the_database_answers_that_it_is_ready() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let inside = find(&live, "solia", "postgres-0").unwrap();
    let ready = run(&live, &inside, &["pg_isready"], None).unwrap();
    assert_eq!(ready.ended, Ok(0));
    assert!(ready.stdout.text().contains("accepting connections"), "{}", ready.stdout.text());
    let one = ["psql", "-U", "postgres", "-tA"];
    let answer = run(&live, &inside, &one, Some(b"select 40 + 2;\n")).unwrap();
    assert_eq!((&*answer.stdout.text(), answer.ended), ("42\n", Ok(0)), "{}", answer.stderr.text());
    // A program that does not read its input ends all the same, however much there is of it.
    let unread = run(&live, &inside, &["false"], Some(&vec![b'x'; 4 << 20])).unwrap();
    assert_eq!(unread.ended, Ok(1));
    // A workload leads to its pod.
    let object = Ref::new(Known::StatefulSet, "postgres");
    let found = live.block_on(place::find(&live.client(), "solia", &object, None)).unwrap();
    assert_eq!(found, inside);
}

#[test]
fn much_output_is_bounded_and_its_end_is_there() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let inside = find(&live, "solia", "postgres-0").unwrap();
    let much = run(&live, &inside, &["sh", "-c", "seq 1 1000000; echo oops >&2; exit 3"], None).unwrap();
    assert_eq!((much.ended, &*much.stderr.text()), (Ok(3), "oops\n"));
    assert_eq!(much.stdout.written(), 6_888_896);
    let text = much.stdout.text();
    assert!(text.starts_with("1\n2\n") && text.ends_with("\n1000000\n") && much.stdout.dropped() > 6_000_000);
}

#[test]
fn a_shell_has_a_terminal_of_the_right_size_and_an_exit_code() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let inside = find(&live, "solia", "postgres-0").unwrap();
    let client = live.client();
    live.block_on(async {
        let mut desk = Desk::shell(&client, &inside);
        desk.type_in("PS1='> '; echo rea''dy\r").await;
        desk.wait("ready\r\n").await;
        desk.type_in("tty; echo \"shell ${BASH:+is bash}\"\r").await;
        desk.wait("/dev/pts/").await;
        desk.wait("shell is bash\r\n").await;
        desk.resize(123, 45);
        // The new size comes on a channel of its own: asked until it is there.
        loop {
            desk.type_in("stty size; echo as''ked\r").await;
            if desk.wait("asked\r\n").await.contains("45 123") {
                break;
            }
        }
        desk.type_in("exit 3\r").await;
        let (ended, shown) = desk.end().await;
        assert_eq!(ended, Ok(Parted::Exited(3)), "{shown}");
    });
}

#[test]
fn a_flood_reaches_the_screen_whole_and_ctrl_c_reaches_the_program() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let inside = find(&live, "solia", "postgres-0").unwrap();
    let client = live.client();
    live.block_on(async {
        let start = Start::Program(words(&["sh", "-c", "seq 1 100000; cat"]));
        let mut desk = Desk::open(&client, &inside, start, 80, 24);
        let shown = desk.wait("\n100000\r\n").await;
        assert_eq!(shown.lines().count(), 100_000);
        desk.type_in("\x03").await;
        let (ended, _) = desk.end().await;
        assert_eq!(ended, Ok(Parted::Exited(130)));
    });
}

#[test]
fn what_was_left_goes_on_and_is_found_again() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("attach");
    let inside = pod(&live, &namespace, "console", json!({"command": ["sh"], "stdin": true, "tty": true}));
    let client = live.client();
    live.block_on(async {
        let mut desk = Desk::open(&client, &inside, Start::Attach, 90, 20);
        desk.type_in("kept=here; echo se''t\r").await;
        desk.wait("set\r\n").await;
        desk.type_in("\x1d").await;
        assert_eq!(desk.end().await.0, Ok(Parted::Detached));
        let mut desk = Desk::open(&client, &inside, Start::Attach, 70, 30);
        // (For a moment it is another size: a program that draws is made to draw anew by that.)
        desk.type_in("echo still $kept; until stty size|grep 30;do :;done\r").await;
        desk.wait("still here\r\n").await;
        desk.wait("30 70\r\n").await;
        desk.type_in("\x1d").await;
        assert_eq!(desk.end().await.0, Ok(Parted::Detached));
    });
}

#[test]
fn a_program_without_a_terminal_is_watched_line_by_line() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("watch");
    let script = "n=0; while true; do n=$((n+1)); echo line $n; usleep 100000; done";
    let inside = pod(&live, &namespace, "printer", json!({"command": ["sh", "-c", script]}));
    let client = live.client();
    live.block_on(async {
        let mut desk = Desk::open(&client, &inside, Start::Attach, 90, 20);
        desk.wait("\r\nline ").await;
        // There is nobody over there whom ctrl-c could reach.
        desk.type_in("\x03").await;
        assert_eq!(desk.end().await.0, Ok(Parted::Detached));
    });
    assert!(find(&live, &namespace, "printer").is_ok(), "it goes on");
}

#[test]
fn an_image_without_a_shell_says_so() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let inside = find(&live, "solia-lab", "distroless").unwrap();
    let client = live.client();
    let (ended, shown) = live.block_on(async { Desk::shell(&client, &inside).end().await });
    let problem = ended.unwrap_err();
    assert!(problem.text.contains("there is no shell in solia.local/distroless"), "{problem}");
    assert!(problem.hint.contains("debug container"), "{problem}");
    assert_eq!(shown, "");
    let program = run(&live, &inside, &["/bin/nosuch"], None).unwrap().ended.unwrap_err();
    assert_eq!(&*program.text, "distroless/app: there is no program /bin/nosuch");
}

#[test]
fn who_may_only_read_is_told_which_right_is_missing() {
    let Some(live) = begin(Access::ReadOnly, Sharing::Shared) else {
        return;
    };
    let inside = find(&live, "solia", "postgres-0").unwrap();
    let denied = run(&live, &inside, &["pg_isready"], None).unwrap_err();
    assert_eq!(denied.kind, ProblemKind::Denied);
    assert_eq!(&*denied.text, "may not get pods/exec in namespace solia");
}

#[test]
fn a_pod_that_is_deleted_ends_its_session() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("gone");
    let inside = pod(&live, &namespace, "short", json!({"command": ["sleep", "3600"]}));
    let client = live.client();
    let pods: Api<Pod> = Api::namespaced(live.client(), &namespace);
    live.block_on(async {
        let mut desk = Desk::shell(&client, &inside);
        desk.type_in("echo rea''dy\r").await;
        desk.wait("ready\r\n").await;
        pods.delete("short", &kube::api::DeleteParams::default().grace_period(0))
            .await
            .unwrap();
        match desk.end().await.0 {
            Ok(Parted::Exited(137)) => {}
            Err(problem) => assert!(
                matches!(problem.kind, ProblemKind::Unreachable | ProblemKind::NotFound),
                "{problem}"
            ),
            other => panic!("{other:?}"),
        }
    });
    let gone = run(&live, &inside, &["ls"], None).unwrap_err();
    assert_eq!(gone.kind, ProblemKind::NotFound);
}

/// Lines that tell a directory's files apart, as `sha256sum` and `stat` have them.
fn sums(at: &Path) -> String {
    let script = "find . -type f | sort | while read f; do sha256sum \"$f\"; stat -c %a \"$f\"; done";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(at)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_directory_goes_in_and_comes_out_again_the_same() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("copy");
    let inside = pod(&live, &namespace, "box", json!({"command": ["sleep", "3600"]}));
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    std::fs::create_dir_all(from.join("deep/er")).unwrap();
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(5 << 20)
    .collect();
    std::fs::write(from.join("deep/er/large"), noise).unwrap();
    std::fs::write(from.join("run.sh"), "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(from.join("run.sh"), std::fs::Permissions::from_mode(0o750)).unwrap();
    std::fs::write(from.join(format!("{} é", "long".repeat(40))), "").unwrap();
    std::os::unix::fs::symlink("deep/er/large", from.join("link")).unwrap();
    let client = live.client();
    live.block_on(async {
        let mut passed = 0;
        // To a name that is not there yet, and into a directory that is.
        for target in ["/tmp/there", "/var"] {
            let sent = copy::send(&client, &inside, &from, target, &mut |bytes| passed = bytes)
                .await
                .unwrap();
            assert_eq!((sent.files, sent.left_out), (3, 0));
            assert!(passed > 5 << 20);
        }
        for (source, name) in [("/tmp/there", "one"), ("/var/from", "two")] {
            let to = folder.path().join(name);
            let fetched = copy::fetch(&client, &inside, source, &to, copy::Existing::Replaced, &mut |bytes| passed = bytes)
                .await
                .unwrap();
            assert_eq!((fetched.files, fetched.left_out), (3, 0), "{fetched:?}");
            assert_eq!(sums(&to), sums(&from));
            assert_eq!(std::fs::read_link(to.join("link")).unwrap(), Path::new("deep/er/large"));
        }
        let missing = copy::fetch(&client, &inside, "/nosuch", folder.path(), copy::Existing::Replaced, &mut |_| {})
            .await
            .unwrap_err();
        assert_eq!(&*missing.text, "there is no /nosuch in the container");
        let nowhere = copy::send(&client, &inside, &from, "/no/such/place", &mut |_| {})
            .await
            .unwrap_err();
        assert_eq!(&*nowhere.text, "there is no directory /no/such in the container");
        let refused = copy::send(&client, &inside, &from, "/proc/there", &mut |_| {}).await.unwrap_err();
        assert!(refused.text.contains("tar"), "{refused}");
    });
    let bare = find(&live, "solia-lab", "distroless").unwrap();
    let problem = live.block_on(async { copy::fetch(&client, &bare, "/etc", folder.path(), copy::Existing::Replaced, &mut |_| {}).await });
    assert_eq!(
        &*problem.unwrap_err().text,
        "distroless/app: the image has no tar, which copies files"
    );
}

#[test]
fn a_debug_container_is_added_to_a_pod() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("debug");
    let inside = pod(&live, &namespace, "patient", json!({"command": ["sleep", "3600"]}));
    let client = live.client();
    let debugger = Debugger {
        namespace: namespace.clone(),
        pod: "patient".into(),
        uid: Some(inside.uid.clone()),
        name: debug::name(),
        image: BUSYBOX.into(),
        target: Some("app".into()),
        argv: Vec::new(),
    };
    live.block_on(debug::add(&client, &debugger)).unwrap();
    let listed = format!("/api/v1/namespaces/{namespace}/pods/patient/ephemeralcontainers");
    let request = http::Request::get(listed).body(Vec::new()).unwrap();
    let listed = live.block_on(client.request_text(request)).unwrap();
    assert!(listed.contains(&debugger.name), "{listed}");
    // Kubelets before 1.23 know of them only where somebody turned them on.
    match live.block_on(debug::wait(&client, &debugger, Duration::from_secs(10))) {
        Ok(inside) => live.block_on(async {
            let mut desk = Desk::open(&client, &inside, Start::Attach, 80, 24);
            desk.type_in("echo he''re\r").await;
            desk.wait("here\r\n").await;
            desk.type_in("exit\r").await;
            assert_eq!(desk.end().await.0, Ok(Parted::Exited(0)));
        }),
        Err(problem) => {
            assert_eq!(problem.kind, ProblemKind::TimedOut, "{problem}");
            assert!(problem.hint.contains("kubelet may be too old"), "{problem}");
        }
    }
    let another = Debugger {
        uid: Some("of-another-pod".into()),
        name: debug::name(),
        ..debugger
    };
    assert!(
        live.block_on(debug::add(&client, &another)).is_err(),
        "another pod of that name is not touched"
    );
}
