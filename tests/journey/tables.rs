//! Tables: first rows, filters, selection, namespaces, the palette, panes.

use serde_json::json;

use super::*;

const CRASHING: &str = "backend-deployment-6d9f7c5b8d-4xk2p";

#[test]
fn the_first_rows_appear_on_an_old_server_and_on_a_new_one_and_faults_come_first() {
    for version in [Version::V1_20, Version::V1_36] {
        let stub = platform(version);
        let mut twin = TwinOptions::of(&stub).start();
        let screen = twin.wait_text(&["-4xk2p", "CrashLoopBackOff", "postgres-0", " live ", "nodes 2/3"]);
        let line = |name: &str| screen.lines().position(|l| l.contains(name)).unwrap();
        let below = ["postgres-0", "-h7x2s"];
        for bad in ["-4xk2p", "import-preview", "report-huge"] {
            assert!(
                below.iter().all(|fine| line(bad) < line(fine)),
                "{bad} is not above what is well:\n{screen}"
            );
        }
    }
}

fn a_filter_narrows_as_one_types_and_esc_clears_it(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    let all = rows(&twin.app);
    twin.type_text("/front");
    twin.wait_until("only the frontend is there", |app, screen| {
        rows(app) == 2 && !screen.contains("postgres-0")
    });
    twin.press("enter");
    assert_eq!(rows(&twin.app), 2, "enter keeps the filter");
    twin.press("esc");
    assert_eq!(rows(&twin.app), all);
    twin.type_text("/zzz");
    assert_eq!(rows(&twin.app), 0);
    twin.press("esc");
    assert_eq!(rows(&twin.app), all, "esc in the line brings back what was before");
}
on_both!(a_filter_narrows_as_one_types_and_esc_clears_it);

fn filters_know_columns_labels_and_the_opposite(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    let mut shown = |filter: &str| {
        twin.type_text(&format!("/{filter}\n"));
        // In the table: the findings above name pods as well.
        let screen = twin.screen();
        let table: Vec<&str> = screen.lines().filter(|line| line.starts_with('│')).collect();
        let mut names: Vec<String> = stub
            .list("pods", Some("solia"))
            .iter()
            .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
            .filter(|name| table.iter().any(|line| line.contains(name.as_str())))
            .collect();
        names.sort();
        assert_eq!(names.len(), rows(&twin.app), "{filter}: {}", twin.screen());
        twin.press("esc");
        names
    };
    assert_eq!(shown("status:crash"), [CRASHING]);
    assert_eq!(shown("restarts>2"), [CRASHING, "backend-deployment-6d9f7c5b8d-tm5hn"]);
    assert_eq!(shown("restarts>3"), [CRASHING]);
    assert_eq!(shown("-l app=postgres"), ["postgres-0"]);
    assert_eq!(shown("age>20d"), ["postgres-0"]);
    assert_eq!(shown("^redis-.*924$").len(), 1);
    assert_eq!(
        shown("!deployment"),
        ["cleanup-29371230-b8ds4", "import-preview", "postgres-0", "report-huge"]
    );
}
on_both!(filters_know_columns_labels_and_the_opposite);

fn a_filter_goes_on_working_on_what_comes_later(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text("/status:imagepull\n");
    assert_eq!(rows(&twin.app), 1);
    stub.update("pods", "solia", "postgres-0", |pod| {
        pod["status"]["phase"] = json!("Pending");
        pod["status"]["containerStatuses"][0]["state"] = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no"}});
    });
    twin.wait_until("postgres-0 came into the filter", |app, screen| {
        rows(app) == 2 && screen.contains("postgres-0")
    });
    stub.delete("pods", "solia", "import-preview");
    twin.wait_until("the other one left it", |app, screen| {
        rows(app) == 1 && !screen.contains("import-preview")
    });
}
on_both!(a_filter_goes_on_working_on_what_comes_later);

fn the_selection_follows_the_object_while_rows_come_and_go(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.press("N g j j j");
    let chosen = twin.selected();
    assert!(!chosen.is_empty());
    let before = rows(&twin.app);
    let pod =
        |name: &str| json!({"metadata": {"name": name, "namespace": "solia"}, "spec": {"containers": []}, "status": {"phase": "Running"}});
    for n in 0..5 {
        stub.put("pods", pod(&format!("aaa-{n}")));
    }
    twin.wait_until("five more are there", |app, _| rows(app) == before + 5);
    assert_eq!(twin.selected(), chosen, "rows above it came");
    for n in 0..5 {
        stub.delete("pods", "solia", &format!("aaa-{n}"));
    }
    twin.wait_until("they are gone again", |app, _| rows(app) == before);
    assert_eq!(twin.selected(), chosen, "rows above it went");
    twin.press("O");
    assert_eq!(twin.selected(), chosen, "the order was turned around");
    stub.delete("pods", "solia", &chosen);
    twin.wait_until("it is gone itself", |app, _| rows(app) == before - 1);
    assert!(
        !twin.selected().is_empty() && twin.selected() != chosen,
        "the cursor stays in the table"
    );
}
on_both!(the_selection_follows_the_object_while_rows_come_and_go);

fn the_palette_goes_to_kinds_namespaces_and_custom_kinds_and_says_what_it_does_not_know(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text(":dp\n");
    twin.wait_text(&["frontend-deployment", "redis-deployment"]);
    twin.type_text(":pods kube-system\n");
    twin.wait_until("the namespace is another", |app, screen| {
        rows(app) == 0 && screen.contains("kube-system")
    });
    twin.type_text(":ns odd,solia\n");
    twin.wait_text(&["segfault", "postgres-0", "odd,solia"]);
    twin.type_text(":ns all\n");
    twin.wait_text(&["segfault", "postgres-0"]);
    twin.type_text(":widgets solia\n");
    twin.wait_text(&["crimson", "blue"]);
    twin.type_text(":secrets solia\n");
    twin.wait_text(&["backend-secret"]);
    twin.type_text(":deploymnts\n");
    twin.wait_text(&["no kind, namespace or command is called deploymnts", "did you mean"]);
    assert!(twin.screen().contains("backend-secret"), "the view stays");
}
on_both!(the_palette_goes_to_kinds_namespaces_and_custom_kinds_and_says_what_it_does_not_know);

fn several_namespaces_are_shown_together(version: Version) {
    let stub = platform(version);
    let mut twin = TwinOptions::of(&stub).namespace("solia").start();
    twin.wait_text(&["postgres-0"]);
    twin.type_text(":ns solia,odd\n");
    let wanted = stub.list("pods", Some("solia")).len() + stub.list("pods", Some("odd")).len();
    twin.wait_until("the pods of both are there", |app, _| rows(app) == wanted);
    stub.delete("pods", "odd", "segfault");
    twin.wait_until("a change in one of them arrives", |app, _| rows(app) == wanted - 1);
    twin.press("0");
    twin.wait_until("all are there", |app, _| rows(app) == stub.list("pods", None).len());
}
on_both!(several_namespaces_are_shown_together);

fn only_faults_are_shown_and_all_again(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    let all = rows(&twin.app);
    twin.press("ctrl-z");
    let screen = twin.screen();
    assert!(screen.contains(CRASHING) && !screen.contains("postgres-0"), "{screen}");
    assert!(rows(&twin.app) < all);
    twin.press("esc");
    assert_eq!(rows(&twin.app), all);
}
on_both!(only_faults_are_shown_and_all_again);

fn two_panes_stand_side_by_side_one_zooms_and_no_kind_is_watched_twice(version: Version) {
    let stub = platform(version);
    let mut twin = TwinOptions::of(&stub).size(200, 50).start();
    twin.wait_text(&[CRASHING, "postgres-0", " live "]);
    twin.press("v");
    twin.wait_text(&["BackOff", "postgres-0"]);
    twin.type_text(":pods solia\n");
    twin.wait_until("pods stand in both", |_, screen| screen.matches("postgres-0").count() == 2);
    twin.press("z");
    assert_eq!(twin.screen().matches("postgres-0").count(), 1, "{}", twin.screen());
    twin.press("z");
    assert_eq!(twin.screen().matches("postgres-0").count(), 2);
    twin.press("tab");
    twin.type_text("/redis\n");
    assert_eq!(twin.screen().matches("postgres-0").count(), 1, "the filter is that of one pane");
    twin.wait_until("everything is live", |_, screen| screen.matches(" live ").count() >= 2);

    let pods = |r: &crate::stub::Request| r.path.ends_with("/pods") && !r.path.contains("metrics.k8s.io");
    let watches: Vec<_> = stub.open().into_iter().filter(pods).collect();
    assert_eq!(watches.len(), 1, "{watches:#?}");
    let lists = stub.count(|r| pods(r) && !r.is_watch());
    assert!(lists <= 1, "{lists} lists of pods");
}
on_both!(two_panes_stand_side_by_side_one_zooms_and_no_kind_is_watched_twice);

fn a_long_table_is_walked_from_end_to_end_and_filtered(version: Version) {
    let stub = Stub::start(version);
    stub.seed_pods(1200);
    let mut twin = TwinOptions::of(&stub).start();
    twin.wait_until("all pods are there", |app, _| rows(app) == 1200);
    twin.press("N G");
    assert_eq!(twin.selected(), "load-01199");
    twin.wait_text(&["load-01199"]);
    twin.press("g");
    twin.wait_text(&["load-00000"]);
    twin.type_text("/^load-0077\n");
    assert_eq!(rows(&twin.app), 10);
}
on_both!(a_long_table_is_walked_from_end_to_end_and_filtered);

fn marked_rows_are_copied_together_and_a_table_is_saved_as_it_is_shown(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    twin.type_text("/-l app=frontend\n");
    twin.press("g space space c");
    assert_eq!(twin.record.copied.len(), 1);
    let mut copied: Vec<&str> = twin.record.copied[0].lines().collect();
    copied.sort_unstable();
    assert_eq!(
        copied,
        ["frontend-deployment-84d5b7c9f4-h7x2s", "frontend-deployment-84d5b7c9f4-zz9pl"]
    );
    twin.press("ctrl-s");
    let saved = &twin.record.saved[0];
    assert!(
        saved.contains("frontend-deployment-84d5b7c9f4-h7x2s") && !saved.contains("postgres-0"),
        "{saved}"
    );
    twin.press("esc");
    assert!(twin.app.table().unwrap().marks.is_empty(), "esc clears the marks first");
    assert_eq!(twin.app.table().unwrap().filter, "-l app=frontend");
}
on_both!(marked_rows_are_copied_together_and_a_table_is_saved_as_it_is_shown);

fn the_order_is_by_the_column_that_was_asked_for(version: Version) {
    let stub = platform(version);
    let mut twin = in_solia(&stub);
    let first = |twin: &mut Twin, keys: &str| {
        twin.press(keys);
        twin.press("g");
        twin.selected()
    };
    let restarts = [first(&mut twin, "R"), first(&mut twin, "O")];
    assert!(restarts.contains(&CRASHING.to_owned()), "{restarts:?}");
    let ages = [first(&mut twin, "A"), first(&mut twin, "O")];
    assert!(
        ages.contains(&"postgres-0".to_owned()) && ages.contains(&"cleanup-29371230-b8ds4".to_owned()),
        "{ages:?}"
    );
    assert_eq!(twin.record.session.as_ref().unwrap().views[0].sort, "AGE", "a session remembers it");
}
on_both!(the_order_is_by_the_column_that_was_asked_for);
