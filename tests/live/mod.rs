//! Tests against a real cluster. Without one they are skipped, and say so.
//!
//! `QD_LIVE_KUBECONFIG` names an administrator's kubeconfig, `QD_LIVE_KUBECONFIG_READONLY` one that may read all but
//! secrets, `QD_LIVE_KUBECONFIG_NAMESPACED` one that may read namespace `solia` only; CONTRIBUTING.md tells how to get
//! such a cluster. A test changes nothing but the namespaces that it makes ([`Live::namespace`]).
//!
//! ```text
//! #[test]
//! fn every_kind_is_listed() {
//!     let Some(live) = live::begin(Access::Admin, Sharing::Shared) else { return };
//!     …
//! }
//! ```
//!
//! Each test adds `passed`, `failed` or `skipped` and its name to the file that `QD_LIVE_REPORT` names: `.ci/run`
//! counts these lines.
#![allow(dead_code, reason = "an interface for tests, which do not all use all of it")]

mod acts;
mod alerts;
mod aws;
mod books;
mod changes;
mod compare;
mod diagnosis;
mod forward;
mod health;
mod held;
mod kinds;
mod logs;
mod nodes;
mod objects;
mod own;
mod pages;
mod prometheus;
mod rights;
mod screen;
mod sessions;
mod simulator;
mod texts;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, PostParams};
use kube::{Client, Config};

/// Whose kubeconfig a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// May do everything.
    Admin,
    /// May read everything but secrets.
    ReadOnly,
    /// May read one namespace, and not list namespaces.
    Namespaced,
}

/// Whether other live tests may run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    Shared,
    /// For tests that stop the server.
    Alone,
}

impl Access {
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Admin => "QD_LIVE_KUBECONFIG",
            Self::ReadOnly => "QD_LIVE_KUBECONFIG_READONLY",
            Self::Namespaced => "QD_LIVE_KUBECONFIG_NAMESPACED",
        }
    }

    /// The kubeconfig, when the variable is set and not empty.
    pub fn kubeconfig(self) -> Option<PathBuf> {
        std::env::var_os(self.variable()).filter(|path| !path.is_empty()).map(PathBuf::from)
    }
}

/// The administrator's kubeconfig.
pub fn kubeconfig() -> Option<PathBuf> {
    Access::Admin.kubeconfig()
}

static SERVER: RwLock<()> = RwLock::new(());

enum Held {
    Shared(#[allow(dead_code, reason = "held")] RwLockReadGuard<'static, ()>),
    Alone(#[allow(dead_code, reason = "held")] RwLockWriteGuard<'static, ()>),
}

/// A live test that runs. When it is dropped, its namespaces are deleted and its outcome is reported.
pub struct Live {
    pub kubeconfig: PathBuf,
    runtime: tokio::runtime::Runtime,
    namespaces: Vec<String>,
    report: Report,
    held: Held,
}

/// Begins a live test. `None` when the variable is not set: the test was skipped, and this was said.
pub fn begin(access: Access, sharing: Sharing) -> Option<Live> {
    let report = Report::of_this_test();
    let Some(kubeconfig) = access.kubeconfig() else {
        println!("skipped: {} is not set", access.variable());
        report.write("skipped");
        return None;
    };
    assert!(
        kubeconfig.exists(),
        "{} names {}, which is not there",
        access.variable(),
        kubeconfig.display()
    );
    let held = match sharing {
        Sharing::Shared => Held::Shared(SERVER.read().unwrap_or_else(PoisonError::into_inner)),
        Sharing::Alone => Held::Alone(SERVER.write().unwrap_or_else(PoisonError::into_inner)),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    Some(Live {
        kubeconfig,
        runtime,
        namespaces: Vec::new(),
        report,
        held,
    })
}

/// The command that stops, or starts, the cluster's API server; `None`, said and reported, where it is not known.
pub fn server_command(variable: &str) -> Option<String> {
    let command = std::env::var(variable).ok().filter(|command| !command.is_empty());
    if command.is_none() {
        println!("skipped: {variable} is not set");
    }
    command
}

impl Live {
    /// Runs a future of the test's own client to its end.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A client of the test's own, to change and to check; an administrator's, whosever kubeconfig is under test.
    pub fn client(&self) -> Client {
        self.client_of(&Access::Admin.kubeconfig().unwrap_or_else(|| self.kubeconfig.clone()))
    }

    /// A client with the rights of the kubeconfig under test.
    pub fn client_under_test(&self) -> Client {
        self.client_of(&self.kubeconfig)
    }

    fn client_of(&self, path: &Path) -> Client {
        self.block_on(async {
            let kubeconfig = kube::config::Kubeconfig::read_from(path).unwrap();
            let config = Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await.unwrap();
            Client::try_from(config).unwrap()
        })
    }

    /// Deletes the namespaces that the test made; the end of the test does it too.
    pub fn delete_namespaces(&mut self) {
        let names = std::mem::take(&mut self.namespaces);
        if names.is_empty() {
            return;
        }
        let namespaces: Api<Namespace> = Api::all(self.client());
        for name in names {
            if let Err(error) = self.block_on(namespaces.delete(&name, &DeleteParams::default())) {
                println!("namespace {name} was not deleted: {error}");
            }
        }
    }

    /// Makes a namespace `qd-live-{purpose}-{process}`, which goes when the test ends.
    pub fn namespace(&mut self, purpose: &str) -> String {
        let name = format!("qd-live-{purpose}-{}", std::process::id());
        let namespaces: Api<Namespace> = Api::all(self.client());
        let mut namespace = Namespace::default();
        namespace.metadata.name = Some(name.clone());
        self.block_on(namespaces.create(&PostParams::default(), &namespace)).unwrap();
        self.namespaces.push(name.clone());
        name
    }

    /// Stops the API server, and starts it again when the guard goes. The test must be [`Sharing::Alone`]; `None` where
    /// `QD_LIVE_API_STOP` and `QD_LIVE_API_START` do not tell how: the test then counts as skipped.
    pub fn stop_api_server(&mut self) -> Option<Stopped> {
        assert!(matches!(self.held, Held::Alone(_)), "other tests need the server");
        let commands = server_command("QD_LIVE_API_STOP").zip(server_command("QD_LIVE_API_START"));
        let Some((stop, start)) = commands else {
            self.report.skipped = true;
            return None;
        };
        shell(&stop);
        Some(Stopped { start })
    }
}

/// The API server is down while this lives.
pub struct Stopped {
    start: String,
}

impl Drop for Stopped {
    fn drop(&mut self) {
        shell(&self.start);
    }
}

fn shell(command: &str) {
    let status = Command::new("bash")
        .args(["-c", command])
        .stdin(std::process::Stdio::null())
        .status();
    let done = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    // Not while the test is failing already: two panics at once would hide the first.
    assert!(done || std::thread::panicking(), "{command}: {status:?}");
}

impl Drop for Live {
    fn drop(&mut self) {
        self.delete_namespaces();
        let outcome = match (std::thread::panicking(), self.report.skipped) {
            (true, _) => "failed",
            (false, true) => "skipped",
            (false, false) => "passed",
        };
        self.report.write(outcome);
    }
}

/// Where a test's outcome goes.
struct Report {
    file: Option<PathBuf>,
    test: String,
    skipped: bool,
}

impl Report {
    fn of_this_test() -> Self {
        let test = std::thread::current().name().unwrap_or("unnamed").to_owned();
        Self {
            file: std::env::var_os("QD_LIVE_REPORT").map(PathBuf::from),
            test,
            skipped: false,
        }
    }

    fn write(&self, outcome: &str) {
        if let Some(file) = &self.file {
            append(file, &format!("{outcome} {}\n", self.test));
        }
    }
}

/// One write for one line, so that tests that end together do not mix.
fn append(file: &Path, line: &str) {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the live report");
}
