use proptest::prelude::*;

use super::*;

fn key(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
    KeyEvent::new(code, modifiers)
}

fn control(c: char) -> KeyEvent {
    key(KeyCode::Char(c), KeyModifiers::CONTROL)
}

fn alt(c: char) -> KeyEvent {
    key(KeyCode::Char(c), KeyModifiers::ALT)
}

/// The text with the cursor shown as `|`.
fn shown(input: &Input) -> String {
    format!("{}|{}", input.before(), input.behind())
}

#[test]
fn the_keys_of_a_shell_edit_the_line() {
    let table = [
        (vec![control('a')], "|kube-system api"),
        (vec![control('a'), control('e')], "kube-system api|"),
        (vec![alt('b')], "kube-system |api"),
        (vec![alt('b'), alt('b')], "kube-|system api"),
        (vec![control('a'), alt('f')], "kube|-system api"),
        (vec![control('w')], "kube-system |"),
        (vec![alt('b'), control('u')], "|api"),
        (vec![alt('b'), control('k')], "kube-system |"),
        (vec![control('a'), alt('d')], "|-system api"),
        (vec![control('h')], "kube-system ap|"),
        (vec![control('a'), control('d')], "|ube-system api"),
        (vec![key(KeyCode::Left, KeyModifiers::NONE), alt('x')], "kube-system ap|i"),
        (
            vec![key(KeyCode::Home, KeyModifiers::NONE), key(KeyCode::Delete, KeyModifiers::NONE)],
            "|ube-system api",
        ),
        // AltGr on terminals that report it as ctrl and alt.
        (
            vec![key(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT)],
            "kube-system api@|",
        ),
    ];
    for (keys, expected) in table {
        let mut input = Input::new("kube-system api");
        for k in &keys {
            input.key(*k);
        }
        assert_eq!(shown(&input), expected, "{keys:?}");
    }
    assert!(
        !Input::default().key(key(KeyCode::Enter, KeyModifiers::NONE)),
        "enter is the caller's"
    );
}

#[test]
fn graphemes_are_deleted_whole() {
    let mut input = Input::new("a👩‍💻e\u{301}");
    input.apply(Edit::Backspace);
    assert_eq!(shown(&input), "a👩‍💻|");
    input.apply(Edit::Left);
    assert_eq!(shown(&input), "a|👩‍💻");
    input.apply(Edit::Delete);
    assert_eq!(shown(&input), "a|");
}

#[test]
fn pasted_text_is_one_harmless_line() {
    let mut input = Input::new("x");
    input.paste("get\tpods\r\nnow\u{1b}[2J\u{202e}\n");
    assert_eq!(input.text(), "xget pods now[2J");
    input.paste(&"y".repeat(100_000));
    assert_eq!(input.text().len(), LIMIT);
    input.apply(Edit::Insert('z'));
    assert_eq!(input.text().len(), LIMIT);
}

fn drawn(input: &Input, prompt: &str, cells: u16) -> (String, Option<u16>) {
    let area = Rect::new(0, 0, cells, 1);
    let mut buf = Buffer::empty(area);
    let cursor = input.draw(prompt, area, &mut buf, &Theme::default());
    let text = (0..cells).map(|x| buf[(x, 0)].symbol()).collect();
    (text, cursor.map(|c| c.x))
}

#[test]
fn the_cursor_stays_in_view() {
    let mut input = Input::new("0123456789");
    assert_eq!(drawn(&input, "/", 12), ("/0123456789 ".into(), Some(11)));
    assert_eq!(drawn(&input, "/", 8), ("/‹56789 ".into(), Some(7)));
    input.apply(Edit::Home);
    assert_eq!(drawn(&input, "/", 8), ("/0123456".into(), Some(1)));
    assert_eq!(drawn(&input, "/", 1), ("/".into(), None));
    assert_eq!(drawn(&input, "/", 0), (String::new(), None));
}

proptest! {
    #[test]
    fn no_edit_splits_a_grapheme_and_no_drawing_leaves_the_area(
        keys in prop::collection::vec((0_usize..13, prop::sample::select(vec!['a', '日', '\u{301}', '\u{200d}', '👩', '💻', '🇫', '-', ' '])), 0..60),
        cells in 0_u16..20,
    ) {
        let mut input = Input::default();
        for (n, c) in keys {
            let other = [
                Edit::Backspace, Edit::Delete, Edit::Left, Edit::Right, Edit::WordLeft, Edit::WordRight,
                Edit::Home, Edit::End, Edit::KillWordLeft, Edit::KillWordRight,
            ];
            input.apply(other.get(n).copied().unwrap_or(Edit::Insert(c)));
            let at = input.cursor;
            prop_assert!(at == input.text.len() || input.text.grapheme_indices(true).any(|(start, _)| start == at));
        }
        let (_, cursor) = drawn(&input, "> ", cells);
        prop_assert!(cursor.is_none_or(|x| x < cells));
    }
}
