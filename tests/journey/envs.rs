//! Several environments at once.

use super::*;
use crate::stub::{Context, Fault, Route};

#[test]
fn an_unreachable_environment_delays_nothing_and_the_worst_is_opened_with_a_reason() {
    let (fine, worst, lost) = (Stub::start(Version::V1_36), platform(Version::V1_20), Stub::start(Version::V1_36));
    fine.seed_pods(3);
    lost.go_down();
    let contexts = [("fine", &fine), ("worst", &worst), ("lost", &lost)].map(|(name, stub)| Context::of(stub, name, None));
    let mut twin = TwinOptions::with(&contexts).explicit().start();
    twin.wait_until("the worst is opened", |app, s| {
        app.env().0 == 1 && s.contains("opened worst: node-3 is silent") && s.contains("postgres-0")
    });
    twin.type_text(":env fine\n");
    twin.wait_text(&["load-00000", "load-00002", " live ", "lost unreachable"]);
    fine.delete("pods", "load-1", "load-00001");
    twin.wait_gone("load-00001");
    twin.type_text("/00002\n");
    assert_eq!(rows(&twin.app), 1);
    twin.press("esc");
    twin.type_text(":env lost\n");
    twin.wait_text(&["unreachable", "refused"]);
    lost.come_back();
    lost.seed_pods(1);
    twin.wait_text(&["load-00000", " live "]);
}

fn a_chosen_key_keeps_the_environment_that_is_in_front(version: Version) {
    let (fine, worst) = (Stub::start(version), platform(version));
    fine.seed_pods(1);
    let hang = worst.fault(Route::any(), Fault::Hang);
    let contexts = [Context::of(&fine, "fine", None), Context::of(&worst, "worst", None)];
    let mut twin = TwinOptions::with(&contexts).explicit().start();
    twin.wait_text(&["load-00000"]);
    twin.press("j");
    worst.lift(hang);
    worst.go_down();
    worst.come_back();
    twin.wait_until("the other is known", |_, s| s.contains("worst 4 wrong") || s.contains(" wrong"));
    assert_eq!(twin.env().0, 0, "it jumped away under the fingers:\n{}", twin.screen());
}
on_both!(a_chosen_key_keeps_the_environment_that_is_in_front);

#[test]
fn environments_are_listed_with_their_state_and_entered() {
    let (one, two) = (platform(Version::V1_20), platform(Version::V1_36));
    let mut twin = TwinOptions::with(&[Context::of(&one, "one", Some("solia")), Context::of(&two, "two", Some("solia"))])
        .explicit()
        .start();
    twin.wait_text(&["postgres-0", " live "]);
    twin.press("N");
    twin.type_text(":env one\n");
    twin.wait_until("it is in front", |app, s| app.env().0 == 0 && s.contains("postgres-0"));
    two.delete("pods", "solia", "postgres-0");
    twin.type_text(":env two\n");
    twin.wait_until("the other has no such pod", |app, s| {
        app.env().0 == 1 && s.contains(" live ") && !s.contains("postgres-0")
    });
    twin.type_text(":env\n");
    twin.wait_text(&["one", "two"]);
    twin.type_text(":pods @one\n");
    twin.wait_until("back in the first", |app, s| app.env().0 == 0 && s.contains("postgres-0"));
    twin.type_text(":pods @nowhere\n");
    twin.wait_text(&["no environment is called nowhere"]);
}

fn an_environment_that_hangs_keeps_the_other_usable(version: Version) {
    let (good, hanging) = (platform(version), Stub::start(version));
    hanging.fault(Route::any(), Fault::Hang);
    let mut twin = TwinOptions::with(&[Context::of(&good, "good", Some("solia")), Context::of(&hanging, "hanging", None)])
        .explicit()
        .start();
    twin.wait_text(&["postgres-0", " live ", "hanging"]);
    twin.type_text("/postgres\n");
    assert_eq!(rows(&twin.app), 1);
    twin.press("g y");
    twin.wait_text(&["kind: Pod"]);
}
on_both!(an_environment_that_hangs_keeps_the_other_usable);
