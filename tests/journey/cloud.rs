//! Log groups of CloudWatch in the cockpit: found by name, read in the log view, refused in one sentence.

use std::time::Duration;

use quarterdeck::config::{CloudWatch, LiveTail};
use quarterdeck::sim::face::{Fault, Route};

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
    assert!(service.cloud.asked("StartLiveTail") > 0);
    let before = screen.lines().count();
    service.cloud.step(20);
    twin.wait_until("new lines are there", |_, now| now != screen && now.lines().count() == before);

    // Several at once: a pattern, all below a path, and a name; each line says whose it is.
    twin.type_text(":logs cloudwatch:/solia/*/backend cloudwatch:/aws/rds/instance/\n");
    let screen = twin.wait_text(&["2 streams", "/backend", "solia-prod"]);
    assert!(!screen.contains("/solia/production/backend /"), "{screen}");
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
