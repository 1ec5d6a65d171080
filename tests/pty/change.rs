//! The terminal goes away in the middle of a change: what was not confirmed does not happen, what was sent is not forgotten.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quarterdeck::ledger::audit::{Actor, Audit, AuditKind, AuditOutcome};
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::face::{Desk, Fault, Request, Route};
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;
use tempfile::TempDir;

use super::{Term, TermOptions};

/// How long a condition may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

struct Stage {
    platform: Platform,
    kubeconfig: PathBuf,
    _directory: TempDir,
}

impl Stage {
    fn new() -> Self {
        let wanted = Wanted {
            pace: Pace::Times(1.0),
            ..Wanted::new(scenario::load("calm").unwrap())
        };
        let platform = Platform::start(wanted).unwrap();
        let directory = tempfile::tempdir().unwrap();
        platform.write(directory.path(), Guide::Hidden).unwrap();
        Self {
            kubeconfig: directory.path().join("kubeconfig"),
            platform,
            _directory: directory,
        }
    }

    fn desk(&self) -> Arc<Desk> {
        let site = self.platform.site(Environment::Production).unwrap();
        let (_, desk) = site.desks.iter().find(|(name, _)| *name == "kubernetes").unwrap();
        Arc::clone(desk)
    }

    fn writes(&self) -> usize {
        self.desk().count(is_write)
    }

    fn start_in(&self, home: TempDir) -> Term {
        let config = home.path().join("qd.toml");
        let text = format!(
            "[[environment]]\nname = \"prod\"\ntier = \"open\"\nkubernetes = {{ kubeconfig = {:?}, context = \"solia-prod\", namespaces = [\"default\"] }}\n",
            self.kubeconfig
        );
        std::fs::write(&config, text).unwrap();
        let options = TermOptions::new(&["--config", config.to_str().unwrap(), "deploy/backend-deployment"]);
        options.env("USER", "anna").size(120, 40).start_in(home)
    }

    /// The cockpit with the plan of a restart in front, ready to be confirmed.
    fn planned(&self) -> Term {
        let term = self.start_in(tempfile::tempdir().unwrap());
        term.wait_text("backend-deployment");
        term.wait_text("live");
        term.send(":kubectl -n default rollout restart deployment/backend-deployment\r");
        term.wait_text("the server would take it");
        term
    }
}

fn is_write(request: &Request) -> bool {
    request.method == "PATCH" && request.query("dryRun").is_none()
}

fn audit(home: &TempDir) -> Vec<(AuditKind, Option<AuditOutcome>)> {
    let audit = Audit::new(home.path().join("state/quarterdeck/audit"), None, Actor::of_process());
    let placed = audit.read().unwrap();
    assert!(placed.iter().all(|line| line.follows), "{placed:?}");
    let events = placed.into_iter().map(|line| line.event.unwrap());
    events.map(|event| (event.kind, event.data.outcome)).collect()
}

#[test]
fn a_terminal_that_goes_away_in_the_question_changes_nothing() {
    for signal in ["HUP", "TERM", "KILL"] {
        let stage = Stage::new();
        let mut term = stage.planned();
        term.signal(signal);
        term.wait_exit();
        assert_eq!(stage.writes(), 0, "{signal}");
        let home = term.end();
        assert_eq!(audit(&home), [], "{signal}: a plan that was only looked at is no deed");
    }
}

#[test]
fn what_was_sent_when_the_terminal_went_away_is_told_at_the_next_start_and_once() {
    let stage = Stage::new();
    let desk = stage.desk();
    let mut term = stage.planned();
    let fault = desk.fault(Route::resource("deployments").method("PATCH"), Fault::Hang);
    // Keys count only once the question could be read; what comes after the answer is no other.
    let mut patience = 30;
    while !desk.wait_for(Duration::from_secs(1), |desk| desk.count(is_write) == 1) {
        assert!(patience > 0, "{}", term.screen());
        patience -= 1;
        term.send("y");
    }
    term.signal("KILL");
    term.wait_exit();
    let home = term.end();
    assert_eq!(audit(&home), [(AuditKind::Intended, None)]);
    desk.lift(fault);

    let mut term = stage.start_in(home);
    term.wait_text("how a change of");
    let screen = term.wait_text("rollout restart");
    assert!(screen.contains("is not known"), "{screen}");
    term.send(":q\r");
    assert_eq!(term.wait_exit().exit_code(), 0);
    let home = term.end();
    let closed = [(AuditKind::Intended, None), (AuditKind::Outcome, Some(AuditOutcome::Unknown))];
    assert!(desk.wait_for(PATIENCE, |_| audit(&home) == closed), "{:?}", audit(&home));

    // It was told: the next start has nothing to tell.
    let mut term = stage.start_in(home);
    term.wait_text("backend-deployment");
    let screen = term.wait_text("live");
    assert!(!screen.contains("how a change of"), "{screen}");
    term.send(":q\r");
    term.wait_exit();
    assert_eq!(audit(&term.end()), closed);
    assert_eq!(stage.writes(), 1, "and it was never sent again");
}
