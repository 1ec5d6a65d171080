//! What goes wrong outside: the screen says so, and everything else keeps working.

use serde_json::json;

use super::*;
use crate::stub::{Fault, Gone, Route};

fn pod(name: &str) -> serde_json::Value {
    json!({"metadata": {"name": name, "namespace": "solia"}, "spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Running"}})
}

fn a_kind_that_is_denied_says_so_and_the_rest_lives(version: Version) {
    let stub = platform(version);
    stub.fault(Route::resource("secrets"), Fault::Status(403, "Forbidden"));
    let mut twin = in_solia(&stub);
    twin.type_text(":secrets solia\n");
    twin.wait_text(&["may not list secrets"]);
    twin.type_text(":pods solia\n");
    twin.wait_text(&["postgres-0", " live "]);
    stub.put("pods", pod("newcomer"));
    twin.wait_text(&["newcomer"]);
}
on_both!(a_kind_that_is_denied_says_so_and_the_rest_lives);

#[test]
fn a_user_of_one_namespace_can_work_in_it() {
    let stub = platform(Version::V1_20);
    stub.fault(Route::resource("nodes"), Fault::Status(403, "Forbidden"));
    stub.fault(Route::path("/api/v1/pods"), Fault::Status(403, "Forbidden"));
    stub.fault(Route::path("/apis/apps/v1/deployments"), Fault::Status(403, "Forbidden"));
    let mut twin = TwinOptions::of(&stub).namespace("solia").start();
    twin.wait_text(&["postgres-0", " live "]);
    twin.type_text(":deployments solia\n");
    twin.wait_text(&["backend-deployment", " live "]);
    twin.type_text(":nodes\n");
    twin.wait_text(&["may not list nodes"]);
}

fn a_server_that_goes_away_and_comes_back_loses_and_doubles_nothing(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text("/-0\n");
    let names = |twin: &Twin| twin.screen().lines().filter(|l| l.contains("postgres-0")).count();
    assert_eq!(names(&twin), 1);
    stub.go_down();
    let screen = twin.wait_until("the screen says so", |_, s| s.contains("stale") || s.contains("unreachable"));
    assert!(screen.contains("postgres-0"), "the rows stay:\n{screen}");
    assert!(screen.contains("refused") || screen.contains("stale"), "{screen}");
    twin.press("esc");
    stub.put("pods", pod("born-meanwhile"));
    stub.delete("pods", "solia", "report-huge");
    stub.come_back();
    twin.wait_until("it is live again", |_, s| {
        s.contains(" live ") && s.contains("born-meanwhile") && !s.contains("report-huge") && !s.contains("stale")
    });
    assert_eq!(rows(&twin.app), stub.list("pods", Some("solia")).len(), "{}", twin.screen());
    assert_eq!(names(&twin), 1);
    stub.put("pods", pod("born-later"));
    twin.wait_text(&["born-later"]);
}
on_both!(a_server_that_goes_away_and_comes_back_loses_and_doubles_nothing);

fn a_past_that_the_server_forgot_is_listed_anew(version: Version) {
    for gone in [Gone::Event, Gone::Http] {
        let stub = platform(version);
        let mut twin = in_solia(&stub);
        twin.press("N g j j");
        let chosen = twin.selected();
        stub.go_down();
        stub.put("pods", pod("born-meanwhile"));
        stub.delete("pods", "solia", "report-huge");
        stub.compact(gone);
        stub.come_back();
        twin.wait_until("what changed is seen", |app, s| {
            s.contains(" live ") && s.contains("born-meanwhile") && rows(app) == stub.list("pods", Some("solia")).len()
        });
        assert!(!twin.screen().contains("report-huge"), "{}", twin.screen());
        assert_eq!(twin.selected(), chosen);
        stub.expire_open_watches();
        stub.put("pods", pod("born-later"));
        twin.wait_until("a watch that expires goes on", |_, s| {
            s.contains("born-later") && s.contains(" live ")
        });
    }
}
on_both!(a_past_that_the_server_forgot_is_listed_anew);

fn an_object_that_is_deleted_and_made_again_under_its_name_is_there_once(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text("/postgres\n");
    twin.press("g");
    let before = twin.app.table().unwrap().selected;
    stub.delete("pods", "solia", "postgres-0");
    stub.put("pods", pod("postgres-0"));
    twin.wait_until("the new one is there", |app, _| {
        rows(app) == 1 && app.table().unwrap().selected != before
    });
    assert_eq!(
        twin.screen().lines().filter(|l| l.contains("postgres-0")).count(),
        1,
        "{}",
        twin.screen()
    );
    assert_eq!(twin.selected(), "postgres-0");
}
on_both!(an_object_that_is_deleted_and_made_again_under_its_name_is_there_once);

fn an_answer_in_html_is_one_sentence_and_over_when_it_is_over(version: Version) {
    let stub = platform(version);
    let fault = stub.fault(Route::resource("configmaps"), Fault::Html);
    let mut twin = in_solia(&stub);
    twin.type_text(":configmaps solia\n");
    let screen = twin.wait_until("it is said", |_, s| s.contains("HTML") || s.contains("bad answer"));
    assert!(!screen.contains("<html") && !screen.contains("<!DOCTYPE"), "{screen}");
    stub.lift(fault);
    twin.wait_text(&["backend-config", " live "]);
}
on_both!(an_answer_in_html_is_one_sentence_and_over_when_it_is_over);

fn a_watch_that_is_cut_within_an_object_goes_on_where_it_was(version: Version) {
    let stub = platform(version);
    stub.fault(Route::resource("pods").watches().times(2), Fault::CutAfter(700));
    let mut twin = TwinOptions::of(&stub).namespace("solia").start();
    twin.wait_text(&["postgres-0"]);
    stub.put("pods", pod("after-the-cut"));
    twin.wait_until("all are there once", |app, s| {
        s.contains("after-the-cut") && s.contains(" live ") && rows(app) == stub.list("pods", Some("solia")).len()
    });
}
on_both!(a_watch_that_is_cut_within_an_object_goes_on_where_it_was);

fn a_refused_token_says_login_and_login_brings_everything_back(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text("/postgres\n");
    stub.demand_token(Some("another"));
    stub.expire_open_watches();
    stub.go_down();
    stub.come_back();
    twin.wait_text(&["login", "postgres-0"]);
    stub.demand_token(None);
    twin.type_text(":login\n");
    assert_eq!(twin.record.logins, 1);
    twin.wait_text(&["postgres-0", " live "]);
    assert_eq!(twin.app.table().unwrap().filter, "postgres");
    stub.put("pods", pod("postgres-1"));
    twin.wait_text(&["postgres-1"]);
}
on_both!(a_refused_token_says_login_and_login_brings_everything_back);

fn a_list_without_an_end_keeps_nothing_else_from_working(version: Version) {
    let stub = platform(version);
    stub.fault(Route::resource("configmaps"), Fault::EndlessList);
    let mut twin = in_solia(&stub);
    twin.type_text(":configmaps solia\n");
    twin.go_on(std::time::Duration::from_secs(2));
    twin.type_text(":pods solia\n");
    twin.wait_text(&["postgres-0", " live "]);
    stub.put("pods", pod("newcomer"));
    twin.wait_text(&["newcomer"]);
}
on_both!(a_list_without_an_end_keeps_nothing_else_from_working);

fn what_is_no_json_and_what_asks_to_slow_down_are_said_and_pass(version: Version) {
    let stub = platform(version);
    let garbage = stub.fault(Route::resource("services"), Fault::Garbage);
    stub.fault(Route::resource("ingresses").times(2), Fault::Status(429, "TooManyRequests"));
    let mut twin = in_solia(&stub);
    twin.type_text(":services solia\n");
    twin.wait_until("it is said", |_, s| s.contains("stale") || s.contains("bad answer"));
    stub.lift(garbage);
    twin.wait_text(&["frontend", " live "]);
    twin.type_text(":ingresses solia\n");
    twin.wait_text(&["solia.example", " live "]);
}
on_both!(what_is_no_json_and_what_asks_to_slow_down_are_said_and_pass);

fn a_server_that_speaks_no_tls_is_a_tls_error_in_words(version: Version) {
    let stub = platform(version);
    let mut context = crate::stub::Context::of(&stub, "plain", None);
    context.server = context.server.replace("http:", "https:");
    let mut twin = TwinOptions::with(&[context]).start();
    twin.wait_text(&["TLS error"]);
}
on_both!(a_server_that_speaks_no_tls_is_a_tls_error_in_words);

fn an_object_that_goes_while_it_is_open_is_said_to_be_gone(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text("/postgres\n");
    twin.press("g y");
    twin.wait_text(&["kind: Pod", "postgres-0"]);
    stub.delete("pods", "solia", "postgres-0");
    let screen = twin.wait_until("it is said", |_, s| s.contains("gone") || s.contains("deleted"));
    assert!(screen.contains("kind: Pod"), "what was read stays:\n{screen}");
}
on_both!(an_object_that_goes_while_it_is_open_is_said_to_be_gone);

fn without_metrics_the_columns_say_so(version: Version) {
    let stub = platform(version);
    stub.metrics(crate::stub::Metrics::Absent);
    let mut twin = in_solia(&stub);
    twin.wait_text(&["no metrics"]);
    assert!(!twin.screen().contains("97Mi"));
}
on_both!(without_metrics_the_columns_say_so);
