//! A stock kubectl against the simulator: what an engineer types, and what has to come of it. Skipped, in words,
//! where no kubectl is installed.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::kube::Version;
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use serde_json::Value;

/// The longest that one command may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// A platform whose time runs ten times as fast, and a kubectl that knows no other.
struct Bench {
    _platform: Platform,
    directory: tempfile::TempDir,
}

/// What a command said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn well(self) -> String {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self.out
    }

    #[track_caller]
    fn badly(self) -> String {
        assert_ne!(self.code, Some(0), "it went well: {}", self.out);
        self.err
    }
}

impl Bench {
    /// `None`, said, where there is no kubectl.
    fn begin(scenario: &str, version: Version) -> Option<Self> {
        let there = Command::new("kubectl")
            .args(["version", "--client"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !there.is_ok_and(|status| status.success()) {
            println!("skipped: there is no kubectl");
            return None;
        }
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let wanted = Wanted {
            version,
            pace: Pace::Times(10.0),
            ..Wanted::new(scenario::load(scenario).unwrap())
        };
        let platform = Platform::start(wanted).unwrap();
        let directory = tempfile::tempdir().unwrap();
        platform.write(directory.path(), Guide::Hidden).unwrap();
        Some(Self {
            _platform: platform,
            directory,
        })
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("kubectl");
        command
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.directory.path().join("kubeconfig"))
            .env("HOME", self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `kubectl LINE` to its end.
    fn run(&self, line: &str) -> Said {
        println!("$ kubectl {line}");
        let mut child = self.command(line).spawn().unwrap();
        let (out, err) = (reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap()));
        // Both pipes end when it does.
        let Ok(out) = out.recv_timeout(PATIENCE) else {
            end(&mut child);
            panic!("kubectl {line} did not end:\n{}", out.recv().unwrap());
        };
        Said {
            code: child.wait().unwrap().code(),
            out,
            err: err.recv().unwrap(),
        }
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.run(line).well()).unwrap()
    }

    /// Runs a command until its output holds.
    #[track_caller]
    fn until(&self, line: &str, holds: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let out = self.run(line).well();
            if holds(&out) {
                return out;
            }
            assert!(Instant::now() < deadline, "kubectl {line} went on saying:\n{out}");
        }
    }

    /// Starts a command that goes on, and reads what it says until that holds.
    #[track_caller]
    fn follow(&self, line: &str, holds: impl Fn(&str) -> bool) {
        println!("$ kubectl {line} &");
        let mut child = self.command(line).spawn().unwrap();
        let mut pipe = child.stdout.take().unwrap();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(n) = pipe.read(&mut piece) {
                if n == 0 || tell.send(String::from_utf8_lossy(&piece[..n]).into_owned()).is_err() {
                    return;
                }
            }
        });
        let (mut said, deadline) = (String::new(), Instant::now() + PATIENCE);
        while !holds(&said) {
            match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(piece) => said += &piece,
                Err(error) => {
                    end(&mut child);
                    panic!("kubectl {line}: {error}; it said:\n{said}");
                }
            }
        }
        end(&mut child);
    }

    fn name_of(&self, selector: &str) -> String {
        let names = self.run(&format!("get pods -l {selector} -o name")).well();
        names.lines().next().unwrap().to_owned()
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn reader(mut pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = pipe.read_to_end(&mut text);
        let _ = tell.send(String::from_utf8_lossy(&text).into_owned());
    });
    told
}

fn has<'a>(words: &'a [&'a str]) -> impl Fn(&str) -> bool + 'a {
    move |text| words.iter().all(|word| text.contains(word))
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is missing from:\n{text}");
    }
}

fn reading(version: Version) {
    let Some(bench) = Bench::begin("bad-deploy", version) else { return };
    let pods = bench.until("get pods", has(&["CrashLoopBackOff"]));
    says(&pods, &["NAME", "READY", "STATUS", "RESTARTS", "AGE", "backend-deployment-", "1/1"]);
    says(
        &bench.run("get pods -o wide").well(),
        &["NODE", "NOMINATED NODE", "eu-west-3.compute.internal"],
    );
    says(&bench.run("get pods -A").well(), &["kube-system", "coredns", "monitoring"]);
    let backend = bench.run("get pods -l app=backend -o name").well();
    assert!(backend.lines().all(|line| line.starts_with("pod/backend-deployment-")), "{backend}");
    let running = bench.json("get pods -A --field-selector status.phase=Running -o json");
    assert!(
        running["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|pod| pod["status"]["phase"] == "Running")
    );
    assert!(running["items"].as_array().unwrap().len() > 10);
    says(
        &bench.run("get deployment backend-deployment -o yaml").well(),
        &[
            "kind: Deployment",
            "apiVersion: apps/v1",
            "image: ghcr.io/solia-invest/backend:v1.8.3",
        ],
    );
    for kinds in [
        "deploy,rs,sts,ds,svc,ep,endpointslices,ing,cm,secrets,pvc,hpa,pdb,netpol,sa,jobs,cronjobs,events,quota",
        "nodes,ns,pv,sc,crd,clusterroles,priorityclasses",
    ] {
        says(&bench.run(&format!("get {kinds} -A -o wide")).well(), &["NAME", "AGE"]);
    }
    bench.follow("get pods -w", has(&["NAME", "backend-deployment-"]));
    let crashing = bench
        .run("get pods")
        .well()
        .lines()
        .find(|line| line.contains("CrashLoopBackOff") || line.contains("Error"))
        .and_then(|line| line.split_whitespace().next().map(str::to_owned))
        .unwrap();
    says(
        &bench.run(&format!("describe pod {crashing}")).well(),
        &["Last State:", "Exit Code:    1", "Events:", "BackOff", "QoS Class:", "Conditions:"],
    );
    says(
        &bench.run("describe deployment backend-deployment").well(),
        &["NewReplicaSet:", "RollingUpdate", "Conditions:", "Replicas:"],
    );
    let node = bench.run("get nodes -o name").well().lines().next().unwrap().to_owned();
    says(
        &bench.run(&format!("describe {node}")).well(),
        &["Allocatable:", "Non-terminated Pods:", "Allocated resources:"],
    );
    says(&bench.run("describe service backend").well(), &["Endpoints:", "Selector:"]);
    bench.until(&format!("logs {crashing} --previous --tail=20"), has(&["STRIPE_KEY is not set"]));
    let healthy = bench.name_of("app=frontend");
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&bench.run(&format!("logs {healthy} --tail=7")).well()), 7);
    let stamped = bench.run(&format!("logs {healthy} --tail=1 --timestamps")).well();
    assert!(stamped.starts_with("20") && stamped.contains("Z "), "{stamped}");
    let container = bench.json(&format!("get {healthy} -o json"))["spec"]["containers"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let recent = lines(&bench.run(&format!("logs {healthy} -c {container} --since=30s")).well());
    let longer = lines(&bench.run(&format!("logs {healthy} -c {container} --since=10m")).well());
    assert!(recent < longer, "{recent} lines in 30 s, {longer} in 10 min");
    says(
        &bench.run(&format!("logs {healthy} -c nobody")).badly(),
        &["nobody is not valid for pod"],
    );
    bench.follow(&format!("logs {healthy} -f --tail=1"), |said| lines(said) > 3);
    says(
        &bench.run("top pods").well(),
        &["CPU(cores)", "MEMORY(bytes)", "backend-deployment-"],
    );
    says(&bench.run("top nodes").well(), &["MEMORY(%)"]);
    says(&bench.run("events").well(), &["LAST SEEN", "TYPE", "REASON", "BackOff"]);
    says(&bench.run("get events --field-selector type=Warning").well(), &["Warning"]);
    says(
        &bench.run("api-resources").well(),
        &["deployments", "deploy", "apps/v1", "PodDisruptionBudget", "cronjobs", "APIVERSION"],
    );
    assert_eq!(bench.run("auth can-i delete pods").well().trim(), "yes");
    let viewer = "--context solia-prod-readonly";
    assert_eq!(bench.run(&format!("{viewer} auth can-i delete pods")).out.trim(), "no");
    assert_eq!(bench.run(&format!("{viewer} auth can-i list pods")).well().trim(), "yes");
    says(
        &bench.run(&format!("{viewer} get secrets")).badly(),
        &["secrets is forbidden", "cannot list resource"],
    );
    says(
        &bench.run(&format!("{viewer} delete {healthy}")).badly(),
        &["is forbidden", "cannot delete resource \"pods\""],
    );
    says(
        &bench.run("get pod nobody").badly(),
        &["Error from server (NotFound): pods \"nobody\" not found"],
    );
    says(
        &bench.run("get nonsense").badly(),
        &["the server doesn't have a resource type \"nonsense\""],
    );
    for context in ["solia-dev", "solia-staging"] {
        let pods = bench.run(&format!("--context {context} get pods")).well();
        assert!(pods.contains("backend-deployment-") && !pods.contains("CrashLoopBackOff"), "{pods}");
    }
}

#[test]
fn kubectl_reads_a_platform_of_today() {
    reading(Version::V1_36);
}

#[test]
fn kubectl_reads_a_platform_of_yesterday() {
    reading(Version::V1_20);
}

#[test]
fn kubectl_heals_the_bad_release_by_undoing_it() {
    let Some(bench) = Bench::begin("bad-deploy", Version::V1_36) else {
        return;
    };
    let deployment = "deployment/backend-deployment";
    let history = bench.run(&format!("rollout history {deployment}")).well();
    says(&history, &["REVISION", "CHANGE-CAUSE", "v1.8.2", "v1.8.3"]);
    let last: u64 = history
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .max()
        .unwrap();
    says(
        &bench.run(&format!("rollout history {deployment} --revision={last}")).well(),
        &["backend:v1.8.3", "Pod Template:"],
    );
    // What does not help: more of the same.
    bench.run(&format!("scale {deployment} --replicas=6 --dry-run=server")).well();
    assert_ne!(
        bench.json(&format!("get {deployment} -o json"))["spec"]["replicas"],
        6,
        "a dry run changed something"
    );
    bench.run(&format!("rollout restart {deployment}")).well();
    bench.until("get pods -l app=backend", has(&["CrashLoopBackOff"]));
    // What does.
    bench.run(&format!("rollout undo {deployment} --to-revision={}", last - 1)).well();
    says(
        &bench.run(&format!("rollout status {deployment} --timeout=170s")).well(),
        &["successfully rolled out"],
    );
    bench.until("get pods -l app=backend", |pods| {
        !pods.contains("CrashLoopBackOff") && !pods.contains("Error")
    });
    says(&bench.run(&format!("get {deployment} -o yaml")).well(), &["backend:v1.8.2"]);
}

const HELLO: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: scratch}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello, namespace: scratch}
spec:
  replicas: 2
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: hello, namespace: scratch}
spec: {selector: {app: hello}, ports: [{port: 80}]}
"#;

#[test]
fn kubectl_changes_things_and_the_world_follows() {
    let Some(bench) = Bench::begin("calm", Version::V1_36) else {
        return;
    };
    let frontend = "deployment/frontend-deployment";
    bench.run("delete hpa --all").well();
    let backend = "deployment/backend-deployment";
    bench.run(&format!("scale {backend} --replicas=7")).well();
    bench.run(&format!("rollout status {backend} --timeout=170s")).well();
    says(&bench.run(&format!("get {backend}")).well(), &["7/7"]);
    says(
        &bench.run(&format!("scale {backend} --replicas=1 --current-replicas=9")).badly(),
        &["Expected replicas to be 9, was 7"],
    );
    bench.run(&format!("scale {backend} --replicas=5")).well();
    let container = bench.json(&format!("get {frontend} -o json"))["spec"]["template"]["spec"]["containers"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    bench
        .run(&format!(
            "set image {frontend} {container}=ghcr.io/solia-invest/frontend:v0.0.0-nobody"
        ))
        .well();
    bench.until("get pods -l app=frontend", |pods| {
        pods.contains("ImagePullBackOff") || pods.contains("ErrImagePull")
    });
    bench.run(&format!("rollout undo {frontend}")).well();
    bench.run(&format!("rollout status {frontend} --timeout=170s")).well();
    bench.run(&format!("set env {frontend} GREETING=hello")).well();
    says(&bench.run(&format!("set env {frontend} --list")).well(), &["GREETING=hello"]);
    bench.run(&format!("label {frontend} team=web")).well();
    bench.run(&format!("annotate {frontend} note=checked")).well();
    assert_eq!(bench.json(&format!("get {frontend} -o json"))["metadata"]["labels"]["team"], "web");
    bench
        .run(&format!(
            "patch {frontend} --type=json -p [{{\"op\":\"test\",\"path\":\"/metadata/name\",\"value\":\"other\"}}]"
        ))
        .badly();
    bench.run(&format!("rollout status {frontend} --timeout=170s")).well();

    let pod = bench.name_of("app=frontend");
    says(&bench.run(&format!("delete {pod}")).well(), &["deleted"]);
    says(&bench.run(&format!("get {pod}")).badly(), &["NotFound"]);
    bench.until(&format!("get {frontend}"), has(&["3/3"]));

    let node = bench.run("get pods -l app=frontend -o jsonpath={.items[0].spec.nodeName}").well();
    bench.run(&format!("cordon {node}")).well();
    says(&bench.run(&format!("get node {node}")).well(), &["Ready,SchedulingDisabled"]);
    bench
        .run(&format!(
            "drain {node} --ignore-daemonsets --delete-emptydir-data --force --timeout=170s"
        ))
        .well();
    let left = bench.json(&format!("get pods -A -o json --field-selector spec.nodeName={node}"));
    for pod in left["items"].as_array().unwrap() {
        assert_eq!(
            pod["metadata"]["ownerReferences"][0]["kind"], "DaemonSet",
            "{}",
            pod["metadata"]["name"]
        );
    }
    bench.run(&format!("uncordon {node}")).well();

    let file = bench.directory.path().join("hello.yaml");
    std::fs::write(&file, HELLO).unwrap();
    let file = file.to_string_lossy();
    says(
        &bench.run(&format!("apply -f {file}")).well(),
        &["namespace/scratch created", "deployment.apps/hello created"],
    );
    bench.run("rollout status -n scratch deployment/hello --timeout=170s").well();
    bench.until("get endpoints -n scratch hello", has(&[":80"]));
    says(&bench.run(&format!("apply -f {file}")).well(), &["deployment.apps/hello unchanged"]);
    says(&bench.run(&format!("create -f {file}")).badly(), &["already exists"]);
    bench.run("delete -n scratch deployment,service hello").well();
    bench.until("get pods -n scratch -l app=hello -o name", str::is_empty);
    bench.run("delete namespace scratch").well();
    says(&bench.run("get namespace scratch").badly(), &["NotFound"]);
}

#[test]
fn exec_speaks_websocket_and_what_does_not_is_refused_in_words() {
    let Some(bench) = Bench::begin("calm", Version::V1_36) else {
        return;
    };
    let pod = bench.name_of("app=backend");
    says(
        &bench.run(&format!("exec {pod} -- env")).well(),
        &["NODE_ENV=production", "POOL_MAX=20"],
    );
    says(
        &bench.run(&format!("exec {pod} -- nonsense")).badly(),
        &["executable file not found"],
    );
    let viewer = format!("--context solia-prod-readonly exec {pod} -- env");
    says(&bench.run(&viewer).badly(), &["forbidden"]);
    // Its tunnels are still SPDY.
    says(&bench.run(&format!("port-forward {pod} 0:4000")).badly(), &["WebSocket"]);
}
