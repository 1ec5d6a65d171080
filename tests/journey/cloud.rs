//! Log groups of CloudWatch in the cockpit: found by name, read in the log view, refused in one sentence.

use std::time::Duration;

use quarterdeck::app::view::View;
use quarterdeck::config::{CloudWatch, LiveTail};
use quarterdeck::sim::clock::Pace;
use quarterdeck::sim::cloudwatch::Habits;
use quarterdeck::sim::face::{Fault, Route};
use quarterdeck::sim::platform::{Guide, Platform, Wanted};
use quarterdeck::sim::scenario;
use quarterdeck::sim::seed::Environment;
use quarterdeck::sim::store::Key;
use quarterdeck::sim::world::Propagation;

use super::twin::{Twin, TwinOptions};
use crate::contract::cloudwatch::{Cloud, cloud};

/// The service in a runtime of its own, and what a journey says of it.
pub struct Service {
    pub cloud: Cloud,
    _runtime: tokio::runtime::Runtime,
}

pub fn service() -> Service {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    Service {
        cloud: runtime.block_on(cloud()),
        _runtime: runtime,
    }
}

fn cockpit(service: &Service) -> Twin {
    TwinOptions::cloud(vec![service.cloud.place()]).start()
}

#[test]
fn groups_are_offered_as_one_types_and_read_in_the_log_view() {
    let service = service();
    let mut twin = cockpit(&service);
    twin.type_text(":logs cw:backend");
    twin.wait_text(&["/solia/production/backend", "log group · "]);
    twin.press("tab enter");
    let screen = twin.wait_text(&["log cloudwatch:/solia/production/backend", "following"]);
    assert!(screen.lines().filter(|line| line.contains("info  ")).count() > 10, "{screen}");
    // What was is read first, and then followed.
    twin.wait_until("it is followed by Live Tail", |_, _| service.cloud.asked("StartLiveTail") > 0);
    let before = screen.lines().count();
    service.cloud.step(20);
    twin.wait_until("new lines are there", |_, now| now != screen && now.lines().count() == before);

    // Several at once: a pattern, all below a path, and a name; each line says whose it is.
    twin.type_text(":logs cloudwatch:/solia/*/backend cloudwatch:/aws/rds/instance/\n");
    twin.wait_text(&["2 streams", "/backend", "following"]);
    twin.wait_until("both have lines", |app, _| match app.view() {
        View::Log(log) => [" solia-prod.0/", "/backend "]
            .iter()
            .all(|name| log.content(&app.store).contains(name)),
        _ => false,
    });
}

#[test]
fn what_cannot_be_read_is_one_sentence() {
    let service = service();
    let mut twin = cockpit(&service);
    twin.type_text(":logs cloudwatch:/nobody\n");
    twin.wait_text(&["there is no log group /nobody in eu-west-3"]);
    twin.type_text(":logs cloudwatch:/nobody/*\n");
    twin.wait_text(&["no log group fits /nobody/*"]);
    let desk = service.cloud.desk();
    for (fault, sentence) in [
        (
            Fault::Status(403, "Forbidden"),
            "logs:FilterLogEvents is not allowed on /solia/production/jobs",
        ),
        (Fault::Throttle(Duration::from_secs(1)), "CloudWatch asks to slow down"),
        (Fault::ExpiredToken, "the AWS session of the default profile has expired"),
    ] {
        let spoilt = desk.fault(Route::resource("FilterLogEvents"), fault);
        twin.type_text(":logs cloudwatch:/solia/production/jobs\n");
        twin.wait_text(&[sentence]);
        desk.lift(spoilt);
        // What is not waited for is asked again when somebody says so.
        twin.press("ctrl-r");
        twin.wait_text(&["following"]);
        twin.type_text(":env cloud\n");
        twin.press("esc esc");
        twin.go_on(Duration::from_millis(50));
    }

    let mut twin = TwinOptions::cloud(Vec::new()).start();
    twin.type_text(":logs cloudwatch:/solia/production/jobs\n");
    twin.wait_text(&["this environment has no CloudWatch"]);
}

#[test]
fn live_tail_can_be_turned_off_and_places_are_told_apart() {
    let service = service();
    let place = CloudWatch {
        live_tail: LiveTail::Off,
        ..service.cloud.place()
    };
    let nowhere = CloudWatch {
        endpoint_url: "http://127.0.0.1:1".into(),
        ..place.clone()
    };
    let mut twin = TwinOptions::cloud(vec![nowhere, place]).start();
    twin.type_text(":logs cloudwatch:/solia/production/backend\n");
    let screen = twin.wait_text(&["following"]);
    service.cloud.step(20);
    twin.wait_until("new lines are there", |_, now| now != screen);
    assert_eq!(service.cloud.asked("StartLiveTail"), 0);
}

#[test]
fn insights_is_asked_for_what_the_log_looks_for_and_answers_with_a_table() {
    let service = service();
    let mut twin = cockpit(&service);
    twin.type_text(":logs cloudwatch:/solia/production/backend\n");
    twin.wait_text(&["following"]);
    twin.type_text("&Portfolio|quotes\n");
    twin.type_text(":insights 15m\n");
    let screen = twin.wait_text(&[
        "insights /solia/production/backend · last 15m",
        "@timestamp",
        "records match",
        "until ",
    ]);
    assert!(screen.contains("  info  request completed  "), "{screen}");
    assert!(screen.contains("filter @message like /Portfolio|quotes/ | sort"), "{screen}");
    twin.press("j enter");
    twin.wait_text(&["  @message:", "requestId"]);
    twin.press("c");
    assert!(
        twin.record.copied.last().is_some_and(|text| text.contains('\t')),
        "{:?}",
        twin.record.copied
    );
    twin.press("ctrl-s");
    let saved = twin.record.saved.last().unwrap();
    assert!(
        saved.starts_with("@timestamp\t@message\n") && saved.lines().count() > 100,
        "{saved}"
    );
    assert!(
        saved
            .lines()
            .skip(1)
            .all(|line| line.contains("quotes") || line.contains("Portfolio")),
        "{saved}"
    );

    // Worded anew, with the columns of the query; what goes wrong is the server's sentence.
    twin.type_text(":insights stats count(*) as n by method | sort n desc\n");
    twin.wait_text(&["method", "GET", "POST", "until "]);
    twin.type_text(":insights 5m explode @message\n");
    twin.wait_text(&["the query is not understood: "]);
    twin.press("e");
    twin.wait_text(&[":insights cloudwatch:/solia/production/backend 5m explode @message"]);
    twin.press("esc");
    assert_eq!(service.cloud.asked("StopQuery"), 0);
}

#[test]
fn a_question_that_is_stopped_or_left_is_stopped_at_the_server() {
    let service = service();
    service.cloud.face.behave(Habits {
        query: Duration::from_secs(60),
        ..Habits::default()
    });
    let mut twin = cockpit(&service);
    let stopped = |twin: &mut Twin, times: usize| {
        let desk = service.cloud.desk();
        let count = || service.cloud.asked("StopQuery") == times;
        twin.wait_until("it is stopped", |_, _| count());
        assert!(count(), "{:?}", desk.requests().len());
    };
    twin.type_text(":insights cloudwatch:/solia/production/backend fields @message\n");
    twin.wait_text(&["running ", "records match"]);
    twin.press("ctrl-c");
    twin.wait_text(&["stopped: r asks again"]);
    stopped(&mut twin, 1);
    twin.press("r");
    twin.wait_text(&["running ", "records match"]);
    twin.press("esc");
    stopped(&mut twin, 2);
    // Coming back asks nothing.
    twin.press("]");
    twin.wait_text(&["stopped"]);
    twin.go_on(Duration::from_millis(200));
    assert_eq!(service.cloud.asked("StartQuery"), 2);
    assert_eq!(twin.record.quit, None);

    let mut twin = cockpit(&service);
    twin.type_text(":insights fields @message\n");
    twin.wait_text(&["no log group is named"]);
}

#[test]
fn whoever_would_page_through_much_is_offered_insights() {
    let service = service();
    let mut twin = cockpit(&service);
    twin.type_text(":logs cloudwatch:/solia/production/backend\n");
    twin.wait_text(&["following"]);
    twin.type_text("&/api/orders\n");
    twin.press("B");
    twin.wait_text(&["reading further back"]);
    assert!(
        !twin.screen().contains(":insights"),
        "ten thousand lines are soon read\n{}",
        twin.screen()
    );
    twin.press("B");
    twin.wait_text(&[r"B to page through … or :insights filter @message like /(?i)\/api\/orders/"]);
    twin.type_text(":insights\n");
    twin.wait_text(&[r"| filter @message like /(?i)\/api\/orders/ | sort", "records match", "until "]);
}

/// The pod is deleted while its log is read.
#[test]
fn the_log_of_a_pod_that_is_gone_goes_on_from_cloudwatch() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let wanted = Wanted {
        pace: Pace::Times(1.0),
        ..Wanted::new(scenario::load("calm").unwrap())
    };
    let platform = Platform::start(wanted).unwrap();
    let directory = tempfile::tempdir().unwrap();
    platform.write(directory.path(), Guide::Hidden).unwrap();
    let site = platform.site(Environment::Production).unwrap();
    let place = CloudWatch {
        region: "eu-west-3".into(),
        endpoint_url: site.place.cloudwatch.clone(),
        pods: "/aws/containerinsights/solia-prod/application".into(),
        ..CloudWatch::default()
    };
    let kubeconfig = directory.path().join("kubeconfig");
    let mut twin = TwinOptions::platform(&kubeconfig, "solia-prod", place).namespace("default").start();
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text("/backend-deployment\n");
    twin.press("g");
    let pod = twin.selected();
    twin.press("l");
    twin.wait_text(&["following", "request completed"]);
    let key = Key::new("pods", "default", &pod);
    site.world.change(|world| world.delete(&key, Some(1), Propagation::Background));
    twin.wait_text(&[&format!("── continued: {pod} is gone"), "1 continued", "following"]);
    twin.press("ctrl-s");
    let saved = twin.record.saved.last().unwrap().clone();
    let requests: Vec<&str> = saved
        .split('"')
        .skip_while(|word| *word != "requestId")
        .filter(|word| word.len() == 36 && word.bytes().filter(|b| *b == b'-').count() == 4)
        .collect();
    let distinct: std::collections::HashSet<&&str> = requests.iter().collect();
    assert!(
        requests.len() > 50 && requests.len() == distinct.len(),
        "{} of {}: {saved}",
        distinct.len(),
        requests.len()
    );
    let (before, after) = saved.split_once("--- continued: ").unwrap();
    assert!(
        before.lines().count() > 50 && after.contains("lines are in both), /aws/"),
        "{after}"
    );

    // Who comes later finds it by its name all the same.
    let mut later = TwinOptions::platform(&kubeconfig, "solia-prod", twin.app.config.environments[0].cloudwatch[0].clone())
        .namespace("default")
        .start();
    later.wait_text(&["backend-deployment", " live "]);
    later.type_text(&format!(":logs pod/{pod}\n"));
    later.wait_text(&["request completed", "1 continued"]);
    later.press("g");
    later.wait_text(&[&format!("{pod} is gone: its lines are from CloudWatch")]);
    later.type_text(":insights\n");
    later.wait_text(&[&format!("filter @logStream like /{pod}_default_/"), "records match", "until "]);
}
