//! Silences through the chain of changes, at the simulator's Alertmanagers over HTTP: planned, confirmed, audited, told of each,
//! taken back.

use quarterdeck::config::{Endpoint, Tier};
use quarterdeck::sim::face::{Fault, Route};
use quarterdeck::sim::seed::Environment;

use super::acts::{Scene, audited, wait_audited};
use super::twin::Twin;

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        url: url.to_owned(),
        ..Endpoint::default()
    }
}

/// The alerts of production, told by its Prometheus and by two Alertmanagers: its own and that of staging. The cursor is on a
/// pod that crashes.
fn on_an_alert(scene: &Scene, tier: Tier) -> Twin {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let place = |environment| &scene.platform.site(environment).unwrap().place;
    let (prod, staging) = (place(Environment::Production), place(Environment::Staging));
    let other = endpoint(&staging.alertmanager);
    let mut twin = scene
        .options("solia-prod")
        .tier(tier)
        .user("anna")
        .alerting(endpoint(&prod.prometheus), endpoint(&prod.alertmanager))
        .configured(|config| config.environments[0].alertmanagers = vec![other])
        .start();
    twin.wait_text(&["alerts ", " warning"]);
    twin.type_text(":alerts\n");
    twin.wait_text(&["PodCrashLooping", "firing"]);
    twin.type_text("/PodCrashLooping\n");
    twin.wait_until("they are alone", |_, screen| !screen.contains("Watchdog"));
    twin.press("g");
    twin
}

/// Silences that were posted, and ended: at production, and at staging.
fn sent(scene: &Scene) -> [(usize, usize); 2] {
    [Environment::Production, Environment::Staging].map(|environment| {
        let site = scene.platform.site(environment).unwrap();
        let (_, desk) = site.desks.iter().find(|(name, _)| *name == "alertmanager").unwrap();
        (desk.count(|r| r.method == "POST"), desk.count(|r| r.method == "DELETE"))
    })
}

#[test]
fn an_alert_is_silenced_at_each_alertmanager_with_a_reason_and_heard_again() {
    let scene = Scene::of("bad-deploy", 1.0);
    let mut twin = on_an_alert(&scene, Tier::Guarded);
    twin.press("s");
    twin.wait_text(&["container=backend namespace=default pod=backend-deployment-"]);
    // Without a reason there is no silence.
    twin.press("enter");
    twin.wait_text(&["NO PLAN", "a silence says why it is there"]);
    twin.press("esc");
    twin.press("s");
    twin.wait_text(&["container=backend namespace=default pod=backend-deployment-"]);
    twin.type_text("the roll-back runs\n");
    twin.wait_text(&[
        "SILENCE PodCrashLooping",
        "1 active alert is silenced for 30 minutes",
        "pods/default/backend-deployment-",
        "the roll-back runs, by anna",
        "amtool silence add --duration=30m",
        "Type cloud 30 and enter",
    ]);
    assert_eq!(sent(&scene), [(0, 0); 2], "looking sends nothing");
    twin.type_text("the release crashes\n");
    twin.type_text("cloud 30\n");
    twin.wait_text(&["silence PodCrashLooping: all 2 done · u takes it back"]);
    assert_eq!(sent(&scene), [(1, 0); 2], "each gets it, once");
    assert_eq!(
        {
            let mut told = audited(&twin);
            told.sort();
            told.retain(|told| told != "failed");
            told
        },
        ["intended", "intended", "succeeded", "succeeded"]
    );
    let lines: Vec<String> = {
        let placed = twin.audit.read().unwrap();
        let events = placed.into_iter().map(|line| line.event.unwrap());
        events
            .map(|event| event.data.command)
            .filter(|line| line.contains("url="))
            .collect()
    };
    assert!(
        lines.len() >= 4 && lines.iter().all(|line| line.contains("--comment='the roll-back runs'")),
        "{lines:?}"
    );
    twin.wait_text(&["silenced"]);
    // One key takes it back, at both of them.
    twin.press("u");
    twin.wait_text(&["END SILENCE", "2 silences end now", "notifies again", "Type cloud expire"]);
    twin.type_text("cloud expire\n");
    twin.wait_until("both ended", |_, _| sent(&scene) == [(1, 1); 2]);
    twin.wait_text(&["firing"]);
}

#[test]
fn what_becomes_of_a_silence_is_told_as_it_is() {
    let post = || Route::any().method("POST").times(1);
    for (name, fault, screen, end, is_there) in [
        ("500", Some(Fault::Status(500, "InternalError")), "answers 500", "failed", false),
        ("hang", Some(Fault::Hang), "NOT KNOWN", "unknown", false),
        // It was taken, and the answer broke off: it is found.
        ("cut", Some(Fault::CutAfter(0)), "u takes it back", "succeeded", true),
        ("none", None, "u takes it back", "succeeded", true),
    ] {
        let scene = Scene::of("bad-deploy", 1.0);
        let site = scene.platform.site(Environment::Production).unwrap();
        let (_, desk) = site.desks.iter().find(|(name, _)| *name == "alertmanager").unwrap();
        let mut twin = on_an_alert(&scene, Tier::Open);
        twin.app.config = {
            let mut config = (*twin.app.config).clone();
            config.environments[0].alertmanagers.clear();
            config.into()
        };
        twin.type_text(":silence 2h it is known\n");
        twin.wait_text(&["silenced for 120 minutes", "y do it"]);
        if let Some(fault) = fault {
            desk.fault(post(), fault);
        }
        twin.press("y");
        twin.wait_text(&[screen]);
        wait_audited(&mut twin, &["intended", end]);
        assert_eq!(sent(&scene)[0].0, 1, "{name}: sent once");
        let told = desk.requests();
        assert!(told.iter().all(|request| request.method != "DELETE"), "{name}");
        if is_there {
            twin.wait_text(&["silenced"]);
            // Another end, and the first one again.
            twin.type_text(":extend-silence 3h\n");
            twin.wait_text(&["EXTEND SILENCE", "it ends in 180 minutes", "y do it"]);
            twin.press("y");
            twin.wait_until("it is sent", |_, _| sent(&scene)[0].0 == 2);
        }
    }
}

#[test]
fn what_shows_that_alerts_arrive_is_not_silenced_nor_is_everything() {
    let scene = Scene::of("bad-deploy", 1.0);
    let mut twin = on_an_alert(&scene, Tier::Open);
    for (line, why) in [
        (":silence 30m alertname=Watchdog quiet\n", "it is not silenced from here"),
        (":silence 30m alertname=~.* quiet\n", "it would silence everything"),
        (":silence 30m severity=none quiet\n", "the alert that shows that alerts arrive"),
        (":silence 30m pod=~( quiet\n", "is no regular expression"),
    ] {
        twin.type_text(line);
        twin.wait_text(&["NO PLAN", why]);
        twin.press("esc");
    }
    twin.type_text(":silence quiet\n");
    twin.wait_text(&["say first for how long"]);
    assert_eq!(sent(&scene), [(0, 0); 2]);
}

#[test]
fn the_list_of_silences_says_what_each_hides_and_one_is_given_another_end_and_ended_from_there() {
    let scene = Scene::of("bad-deploy", 1.0);
    let mut twin = on_an_alert(&scene, Tier::Open);
    twin.type_text(":silence 30m alertname=PodCrashLooping it is known\n");
    twin.wait_text(&["silenced for 30 minutes", "y do it"]);
    twin.press("y");
    twin.wait_until("both have it", |_, _| sent(&scene).map(|(posted, _)| posted) == [1, 1]);
    twin.type_text(":silences\n");
    // Two that know nothing of each other have one each; at staging nothing fires that it would hide.
    twin.wait_text(&["silences (2)", "alertname=\"PodCrashLooping\"", "anna", "it is known"]);
    twin.wait_until("one hides what fires", |_, screen| {
        screen
            .lines()
            .any(|line| line.contains("it is known") && line.contains("PodCrashLooping and"))
            || screen
                .lines()
                .filter(|line| line.contains("it is known"))
                .any(|line| line.matches("PodCrashLooping").count() == 2)
    });
    twin.press("enter");
    twin.wait_text(&["stands · ends in", "fits", "by", "anna"]);
    twin.press("esc");
    twin.wait_text(&["silences (2)"]);
    twin.press("e");
    twin.wait_text(&["extend-silence 1h"]);
    twin.press("enter");
    twin.wait_text(&["EXTEND SILENCE", "it ends in 60 minutes", "y do it"]);
    twin.press("y");
    twin.wait_until("one of them is posted anew", |_, _| {
        let posted: usize = sent(&scene).iter().map(|(posted, _)| posted).sum();
        posted == 3
    });
    twin.wait_until("it ends later than the other", |_, screen| {
        let ends = |row: &&str| row.contains("it is known") && row.contains("in 5");
        screen.lines().filter(ends).count() == 1
    });
    twin.press("ctrl-d");
    twin.wait_text(&["END SILENCE", "1 silence ends now", "y do it"]);
    twin.press("y");
    twin.wait_until("one has ended", |_, _| {
        sent(&scene).iter().map(|(_, ended)| ended).sum::<usize>() == 1
    });
    twin.wait_text(&["silences (1)"]);
}
