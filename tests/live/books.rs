//! Runbooks on a real cluster: every step really runs.

use std::path::PathBuf;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams};
use quarterdeck::app::App;
use quarterdeck::config::{CloudWatch, Endpoint, Tier};
use quarterdeck::runbook::walk::{Phase, StepState};
use serde_json::json;

use super::acts::{deployment, wait_ready};
use super::{Access, Live, Sharing, begin};
use crate::journey::acts::wait_audited;
use crate::journey::books::{answer, state, wait_at, walk};
use crate::journey::twin::{Twin, TwinOptions};

pub fn cockpit(live: &Live, namespace: &str, table: &str) -> Twin {
    let options = TwinOptions::platform(&live.kubeconfig, "", CloudWatch::default())
        .namespace(namespace)
        .tier(Tier::Confirm)
        .user("anna");
    let mut twin = with_interfaces(options).start();
    twin.type_text(&format!(":{table}\n"));
    twin.wait_text(&["web", " live "]);
    twin
}

pub fn passed(app: &App, step: &str) -> bool {
    app.books.walking.as_ref().unwrap().walk.progress(step).state == StepState::Passed
}

#[test]
fn a_crash_loop_is_walked_from_the_pod_to_the_roll_back_that_heals() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let namespace = live.namespace("bookcrash");
    let deployments = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live, &namespace, "dp");
    wait_ready(&mut twin, "2/2");
    let container =
        json!({"name": "app", "image": "solia.local/postgres:15", "command": ["sh", "-c", "echo STRIPE_KEY is not set; exit 1"]});
    let bad = Patch::Strategic(json!({"spec": {"template": {"spec": {"containers": [container]}}}}));
    live.block_on(deployments.patch("web", &PatchParams::default(), &bad)).unwrap();
    twin.type_text(":pods\n");
    twin.wait_text(&["CrashLoopBackOff"]);
    twin.type_text("/status:crash\n");
    twin.wait_until("one that crashes is alone", |app, screen| {
        app.has_row() && screen.contains("CrashLoopBackOff")
    });
    twin.type_text(":runbook pod-crashloop\n");
    // It crashes, how it ended, and its last words: read without a key.
    wait_at(&mut twin, "read-the-log-of-the-run-that-died");
    twin.wait_text(&["STRIPE_KEY is not set", "--previous", "kept as evidence"]);
    assert_eq!(walk(&twin).bindings.get("LAST_REASON"), Some("Error"));
    assert_eq!(walk(&twin).bindings.get("DEPLOYMENT"), Some("web"));
    assert_eq!(walk(&twin).bindings.get("CONTAINER"), Some("app"));
    twin.press("1");
    wait_at(&mut twin, "did-a-deployment-start-it");
    twin.wait_text(&["REVISION", "2 (current)"]);
    twin.press("1");
    wait_at(&mut twin, "roll-back-the-deployment");
    assert_eq!(walk(&twin).bindings.get("PRE_REVISION"), Some("2"));
    twin.wait_text(&["read the warning: enter says that you have"]);
    twin.press("enter");
    twin.wait_text(&["ready: enter runs it"]);
    twin.press("enter");
    answer(&mut twin);
    twin.wait_until("it is rolled back", |app, _| passed(app, "roll-back-the-deployment"));
    // What waits begins by itself.
    twin.wait_until("the rollout is done", |app, _| passed(app, "wait-for-the-rollout"));
    let now = live.block_on(deployments.get("web")).unwrap();
    let template = now.spec.unwrap().template;
    assert_eq!(template.spec.unwrap().containers[0].command.as_ref().unwrap()[2], "sleep 100000");
    // That restarts have stopped, kube-state-metrics would tell, which is not here; the pods themselves do.
    twin.wait_text(&["until value == 0"]);
    tell(
        "crash loop",
        &[
            "the wait for restarts (no kube-state-metrics here)".to_owned(),
            "the health endpoint (there is no service)".to_owned(),
        ],
    );
    live.delete_namespaces();
}

/// Where the environment's other interfaces are, as far as they are named.
fn with_interfaces(options: TwinOptions) -> TwinOptions {
    options.configured(|config| {
        let environment = &mut config.environments[0];
        if let Some(url) = read("QD_LIVE_PROMETHEUS") {
            environment.prometheus = Some(Endpoint {
                url,
                ..Endpoint::default()
            });
        }
        if let Some(endpoint_url) = read("QD_LIVE_AWS") {
            environment.cloudwatch = vec![CloudWatch {
                region: "eu-west-3".into(),
                endpoint_url,
                ..CloudWatch::default()
            }];
        }
    })
}

pub fn read(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// What could not run, at the end of a walk.
pub fn tell(walk: &str, not: &[String]) {
    match not {
        [] => println!("{walk}: every step ran"),
        not => println!("{walk}: could not run: {}", not.join("; ")),
    }
}

/// The AWS command line, if it is installed.
fn aws() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join("aws"))
        .find(|file| file.is_file())
}

#[test]
fn the_database_is_asked_from_the_pod_and_the_pods_are_restarted() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut not = Vec::new();
    let pods: Api<Pod> = Api::namespaced(live.client(), "solia");
    let postgres = live.block_on(pods.get("postgres-0")).unwrap().status.unwrap().pod_ip.unwrap();
    let namespace = live.namespace("bookdb");
    let deployments = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live, &namespace, "dp");
    wait_ready(&mut twin, "2/2");
    let own: Api<Pod> = Api::namespaced(live.client(), &namespace);
    let pod = live.block_on(own.list(&ListParams::default())).unwrap().items[0]
        .metadata
        .name
        .clone()
        .unwrap();
    twin.type_text(":pods\n");
    twin.wait_text(&[&pod, " live "]);
    twin.type_text(":runbook database-connection\n");
    twin.wait_text(&["it needs DB_HOST: enter asks for it"]);
    if let Some(health) = read("QD_LIVE_HEALTH") {
        twin.type_text(&format!(":set BASE_URL {health}\n"));
    }
    twin.press("enter");
    twin.type_text(&format!("{postgres}\n"));
    // It reads, so nobody is asked; it is in the audit all the same.
    twin.wait_until("the database has answered", |app, _| {
        passed(app, "is-the-database-reachable-from-the-pod")
    });
    wait_audited(&mut twin, &["intended", "succeeded"]);
    // The log has no such line, which proves nothing: on to the first that a person judges.
    wait_at(&mut twin, "how-many-requests-wait-for-a-client");
    assert_eq!(state(&twin, "try-the-port"), StepState::Ready, "what accepts needs no other probe");
    assert_eq!(state(&twin, "what-does-the-pool-say"), StepState::Passed);
    if state(&twin, "how-many-requests-wait-for-a-client") == StepState::NoData {
        not.push("the pools' metrics (this Prometheus has none)".to_owned());
    }
    twin.press("3");
    wait_at(&mut twin, "how-full-is-postgresql");
    match read("QD_LIVE_PROMETHEUS") {
        Some(_) => {
            assert_eq!(state(&twin, "how-full-is-postgresql"), StepState::Passed, "{}", twin.screen());
            twin.wait_text(&[" %"]);
        }
        None => not.push("PromQL (QD_LIVE_PROMETHEUS is not set)".to_owned()),
    }
    twin.press("1");
    wait_at(&mut twin, "who-holds-the-connections");
    twin.wait_text(&["by hand: c copies it; run it in psql", "FROM pg_stat_activity"]);
    not.push("SQL (done by hand, by design)".to_owned());
    twin.press("3");
    wait_at(&mut twin, "did-a-deployment-start-it");
    twin.wait_text(&["REVISION", "1 (current)"]);
    twin.press("2");
    wait_at(&mut twin, "restart-the-pods-one-by-one");
    twin.press("enter");
    answer(&mut twin);
    twin.wait_until("it is restarted", |app, _| passed(app, "restart-the-pods-one-by-one"));
    twin.wait_until("the rollout is done", |app, _| passed(app, "wait-for-the-rollout"));
    let now = live.block_on(deployments.get("web")).unwrap();
    assert_eq!(now.status.unwrap().observed_generation, Some(2), "it really was restarted");
    // Nobody measures the pool here: the wait says so, and is left with a reason.
    twin.wait_text(&["until value == 0"]);
    twin.press("ctrl-c");
    twin.wait_text(&["stopped"]);
    twin.press(">");
    twin.type_text("nobody measures it here\n");
    not.push("the wait for the pool (the same)".to_owned());
    match read("QD_LIVE_HEALTH") {
        Some(_) => {
            twin.wait_until("it answers", |app, _| passed(app, "the-health-endpoint-answers-200"));
            twin.wait_until("the walk is over", |app, _| {
                app.books.walking.as_ref().unwrap().walk.phase == Phase::Done
            });
        }
        None => not.push("the health endpoint (QD_LIVE_HEALTH is not set)".to_owned()),
    }
    tell("database connection", &not);
    live.delete_namespaces();
}

#[test]
fn a_database_that_does_not_answer_is_asked_of_rds() {
    let Some(mut live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let (Some(aws), Some(endpoint)) = (aws(), read("QD_LIVE_AWS")) else {
        println!("skipped: the AWS command line is not installed, or QD_LIVE_AWS is not set");
        return;
    };
    // An instance on the stand-in; that it is there already is fine.
    let given = "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-west-3";
    let make = format!(
        "{given} {} --endpoint-url {endpoint} rds create-db-instance --db-instance-identifier solia-prod --db-instance-class db.t3.micro \
         --engine postgres --master-username solia --master-user-password not-a-secret --allocated-storage 20",
        aws.display()
    );
    let made = std::process::Command::new("sh").arg("-c").arg(make).output().unwrap();
    let told = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success() || told.contains("AlreadyExists"), "{told}");
    let namespace = live.namespace("bookrds");
    let _ = deployment(&live, &namespace, "sleep 100000");
    let mut twin = cockpit(&live, &namespace, "dp");
    // Credentials that a stand-in takes; else it is the program itself.
    twin.program("aws", &format!("{given} exec {} \"$@\"", aws.display()));
    wait_ready(&mut twin, "2/2");
    twin.type_text(":pods\n");
    twin.wait_text(&["web-", " live "]);
    twin.type_text(":runbook database-connection\n");
    twin.wait_text(&["it needs DB_HOST: enter asks for it"]);
    twin.press("enter");
    // An address that nobody has.
    twin.type_text("192.0.2.1\n");
    twin.wait_until("RDS has answered", |app, _| passed(app, "what-does-rds-say"));
    assert_eq!(walk(&twin).bindings.get("DB_STATUS"), Some("available"));
    wait_at(&mut twin, "what-happened-to-rds-in-the-last-hour");
    let mut not = Vec::new();
    if state(&twin, "what-happened-to-rds-in-the-last-hour") != StepState::Passed {
        not.push("the events of RDS (the stand-in has none)".to_owned());
    }
    twin.press("2");
    twin.wait_until("it is escalated", |app, _| {
        matches!(app.books.walking.as_ref().unwrap().walk.phase, Phase::Escalated(_))
    });
    tell("database connection, by RDS", &not);
    live.delete_namespaces();
}
