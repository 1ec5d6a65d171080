//! What a reader sees while scrolling, wrapping and searching.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::ui::theme::{Role, Theme};

fn view(text: &str, cells: u16, rows: u16) -> TextView {
    let mut view = TextView::new(text.lines().map(TextLine::from).collect());
    view.resize(cells, rows);
    view
}

fn buffer(view: &TextView, cells: u16, rows: u16) -> Buffer {
    let area = Rect::new(0, 0, cells, rows);
    let mut buf = Buffer::empty(area);
    view.draw(area, &mut buf, &Theme::default());
    buf
}

fn drawn(view: &TextView, cells: u16, rows: u16) -> Vec<String> {
    let buf = buffer(view, cells, rows);
    // The second cell of a wide character is empty in the buffer as on the screen.
    let row = |y| {
        let mut out = String::new();
        let mut x = 0;
        while x < cells {
            let symbol = buf[(x, y)].symbol();
            out.push_str(symbol);
            x += u16::try_from(width(symbol)).unwrap().max(1);
        }
        out.trim_end().to_owned()
    };
    (0..rows).map(row).collect()
}

#[test]
fn scrolling_stops_at_both_ends() {
    let mut v = view("1\n2\n3\n4\n5\n6\n7", 4, 3);
    assert_eq!(drawn(&v, 4, 3), ["1", "2", "3"]);
    v.scroll(Scroll::Down(2));
    assert_eq!(drawn(&v, 4, 3), ["3", "4", "5"]);
    v.scroll(Scroll::PageDown);
    v.scroll(Scroll::PageDown);
    assert_eq!(drawn(&v, 4, 3), ["5", "6", "7"]);
    assert!(v.at_end());
    assert_eq!(v.position(), (5, 7));
    v.scroll(Scroll::Up(100));
    assert_eq!(drawn(&v, 4, 3), ["1", "2", "3"]);
    v.scroll(Scroll::Bottom);
    assert_eq!(drawn(&v, 4, 3), ["5", "6", "7"]);
    // A larger screen shows more, not emptiness, also before the view was told.
    assert_eq!(drawn(&v, 4, 5), ["3", "4", "5", "6", "7"]);
    v.scroll(Scroll::Top);
    assert_eq!(drawn(&v, 4, 3), ["1", "2", "3"]);
}

#[test]
fn long_lines_scroll_sideways_and_say_that_there_is_more() {
    let mut v = view("0123456789\nab\n", 6, 2);
    assert_eq!(drawn(&v, 6, 2), ["01234›", "ab"]);
    v.scroll(Scroll::Right);
    assert_eq!(drawn(&v, 6, 2), ["‹3456›", "‹"]);
    v.scroll(Scroll::Right);
    v.scroll(Scroll::Right);
    assert_eq!(drawn(&v, 6, 2), ["‹56789", "‹"]);
    v.scroll(Scroll::LineStart);
    assert_eq!(drawn(&v, 6, 2), ["01234›", "ab"]);
}

#[test]
fn wide_characters_are_never_cut_in_half() {
    let mut v = view("日本語日本語", 6, 1);
    assert_eq!(drawn(&v, 6, 1), ["日本 ›"]);
    v.scroll(Scroll::Right);
    // Two cells are hidden and a third lies under the sign: the second character starts there, so it is gone whole.
    assert_eq!(drawn(&v, 6, 1), ["‹ 語 ›"]);
    v.set_wrap(Wrap::On);
    v.resize(5, 3);
    assert_eq!(drawn(&v, 5, 3), ["日本", "語日", "本語"]);
}

#[test]
fn wrapped_lines_scroll_by_rows_and_keep_their_place() {
    let mut v = view("aaaabbbbcccc\nx\ny\nz", 4, 3);
    v.set_wrap(Wrap::On);
    assert_eq!(drawn(&v, 4, 3), ["aaaa", "bbbb", "cccc"]);
    v.scroll(Scroll::Down(1));
    assert_eq!(drawn(&v, 4, 3), ["bbbb", "cccc", "x"]);
    v.scroll(Scroll::Down(100));
    assert_eq!(drawn(&v, 4, 3), ["x", "y", "z"]);
    v.scroll(Scroll::Up(2));
    assert_eq!(drawn(&v, 4, 3), ["bbbb", "cccc", "x"]);
    // Wider: the line is shorter now, and the reader is still in it.
    v.resize(12, 3);
    assert_eq!(drawn(&v, 12, 3), ["aaaabbbbcccc", "x", "y"]);
    v.toggle_wrap();
    assert_eq!(v.wrap(), Wrap::Off);
    v.resize(4, 3);
    assert_eq!(drawn(&v, 4, 3), ["aaa›", "x", "y"]);
}

const POEM: &str = "one Pod\ntwo\nthree pod\nfour\nfive\nsix\nseven POD pod\neight\nnine";

#[test]
fn search_counts_goes_round_and_minds_capitals_only_when_asked() {
    let mut v = view(POEM, 20, 3);
    v.search("pod");
    assert_eq!(v.counter().as_deref(), Some("1/4"));
    v.previous_match();
    assert_eq!(v.counter().as_deref(), Some("4/4"));
    assert!(drawn(&v, 20, 3).contains(&"seven POD pod".to_owned()));
    v.next_match();
    assert_eq!(v.counter().as_deref(), Some("1/4"));
    assert_eq!(drawn(&v, 20, 3)[0], "one Pod");
    v.search("Pod");
    assert_eq!(v.counter().as_deref(), Some("1/1"));
    v.search("a.b");
    assert_eq!(v.counter().as_deref(), Some("0/0"), "text, not a pattern");
    v.next_match();
    v.previous_match();
    v.search("");
    assert_eq!(v.counter(), None);
}

#[test]
fn a_search_being_typed_looks_from_where_it_began() {
    let mut v = view(POEM, 20, 3);
    v.scroll(Scroll::Down(1));
    v.begin_search();
    v.search("s");
    assert_eq!(drawn(&v, 20, 3), ["five", "six", "seven POD pod"]);
    v.search("se");
    assert!(drawn(&v, 20, 3).contains(&"seven POD pod".to_owned()));
    v.search("t");
    assert_eq!(drawn(&v, 20, 3)[0], "two", "the first from the origin, not from the last match");
    v.search("nine");
    v.cancel_search();
    assert_eq!(drawn(&v, 20, 3)[0], "two");
    assert_eq!(v.counter(), None);
}

#[test]
fn matches_are_marked_and_the_current_one_differs() {
    let theme = Theme::default();
    let mut v = view("a pod, a pod", 20, 1);
    v.search("pod");
    let buf = buffer(&v, 20, 1);
    let style = |x: u16| buf[(x, 0)].style();
    assert_eq!(style(2).bg, theme.style(Role::MatchFocus).bg);
    assert_eq!(style(9).fg, theme.style(Role::Match).fg);
    assert_ne!(style(9).bg, style(2).bg);
    assert_eq!(style(5).fg, theme.style(Role::Text).fg);
}

#[test]
fn a_match_far_to_the_right_or_deep_in_a_wrapped_line_comes_into_view() {
    let long = format!("{}needle{}\nlast", "x".repeat(300), "y".repeat(300));
    for wrap in [Wrap::Off, Wrap::On] {
        let mut v = view(&long, 30, 4);
        v.set_wrap(wrap);
        v.search("needle");
        assert!(
            drawn(&v, 30, 4).iter().any(|row| row.contains("needle")),
            "{wrap:?}: {:?}",
            drawn(&v, 30, 4)
        );
    }
}

#[test]
fn new_text_keeps_place_and_search() {
    let mut v = view(POEM, 20, 3);
    v.search("pod");
    v.previous_match();
    v.set_lines(POEM.lines().chain(["ten pod"]).map(TextLine::from).collect());
    assert_eq!(v.counter().as_deref(), Some("4/5"));
    v.set_lines(vec!["short".into()]);
    assert_eq!(drawn(&v, 20, 3), ["short", "", ""]);
    assert_eq!(v.counter().as_deref(), Some("0/0"));
    v.set_lines(Vec::new());
    v.scroll(Scroll::Bottom);
    assert_eq!(drawn(&v, 20, 3), ["", "", ""]);
}

#[test]
fn roles_colour_their_parts() {
    let theme = Theme::default();
    let v = TextView::new(vec![TextLine::of([
        (Role::SyntaxKey, "image"),
        (Role::SyntaxPunctuation, ":"),
        (Role::Text, " nginx"),
    ])]);
    let buf = buffer(&v, 20, 1);
    assert_eq!(buf[(0, 0)].style().fg, theme.style(Role::SyntaxKey).fg);
    assert_eq!(buf[(5, 0)].style().fg, theme.style(Role::SyntaxPunctuation).fg);
    assert_eq!(buf[(8, 0)].style().fg, theme.style(Role::Text).fg);
}

/// Counting rows in 16 bits, as terminals' own widgets do, ends at 65,535.
#[test]
fn a_huge_document_is_read_to_its_end() {
    let lines = (0..100_000).map(|n| TextLine::plain(format!("line {n} {}", "word ".repeat(40))));
    let mut v = TextView::new(lines.collect());
    v.resize(80, 24);
    v.set_wrap(Wrap::On);
    v.scroll(Scroll::Bottom);
    assert!(drawn(&v, 80, 24).iter().any(|row| row.starts_with("line 99999 ")));
    v.scroll(Scroll::Up(3 * 1_000));
    assert!(drawn(&v, 80, 24).iter().any(|row| row.starts_with("line 98993 ")));
    v.search("line 70000 ");
    assert!(drawn(&v, 80, 24).iter().any(|row| row.starts_with("line 70000 ")));
}
