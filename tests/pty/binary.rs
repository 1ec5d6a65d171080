//! What needs the binary only.

use super::Term;

#[test]
fn the_version_is_one_line_and_the_terminal_is_not_touched() {
    let mut term = Term::start(&["--version"], &[], 80, 24);
    assert!(term.wait_exit().success());
    let raw = String::from_utf8(term.raw()).unwrap();
    assert_eq!(raw.trim_end(), format!("qd {}", env!("CARGO_PKG_VERSION")));
    assert!(!raw.contains('\u{1b}'), "{raw:?}");
    term.assert_restored();
}
