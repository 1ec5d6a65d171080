//! The binary in a terminal, on the real cluster.

use std::time::Duration;

use super::{Access, Sharing, begin};
use crate::pty::TermOptions;

const DEADLINE: Duration = Duration::from_secs(60);

#[test]
fn pods_describe_yaml_and_log_on_one_screen_after_the_other() {
    let Some(live) = begin(Access::Admin, Sharing::Shared) else {
        return;
    };
    let mut term = TermOptions::new(&["-n", "solia", "pods"])
        .kubeconfig(&live.kubeconfig)
        .size(140, 40)
        .start();
    let has = |texts: &'static [&'static str]| move |screen: &str| texts.iter().all(|text| screen.contains(text));
    term.wait_for(has(&["backend-deployment-", "crashloop", "live"]), DEADLINE);
    // The row is found by its name, whatever else is there.
    term.send("/crashloop\r");
    term.wait_for(
        |screen| screen.contains("crashloop") && !screen.contains("backend-deployment-"),
        DEADLINE,
    );
    // A key is pressed once the screen before it is there: an escape with a letter right behind it is Alt and the letter.
    term.send("d");
    term.wait_for(
        has(&["describe pods/solia/crashloop", "solia.local/busybox:1.35", "live"]),
        DEADLINE,
    );
    // Its events are at the end; of a pod that crashes for hours they are more than a screen.
    term.send("G");
    term.wait_for(has(&["Back-off restarting failed container"]), DEADLINE);
    term.send("\u{1b}");
    term.wait_gone("describe pods/");
    term.send("y");
    term.wait_for(has(&["apiVersion: v1", "kind: Pod"]), DEADLINE);
    term.send("\u{1b}");
    term.wait_gone("apiVersion: v1");
    term.send("l");
    term.wait_for(has(&["cannot reach database"]), DEADLINE);
    term.send("\u{1b}");
    term.wait_gone("cannot reach database");
    term.send(":q\r");
    assert!(term.wait_exit().success());
    term.assert_restored();
}
