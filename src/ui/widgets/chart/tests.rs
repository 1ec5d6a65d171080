use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::ui::theme::{Glyphs, Theme};

fn text(buf: &Buffer) -> String {
    let row = |y: u16| (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect::<String>();
    (0..buf.area.height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}

fn wave(n: usize, of: f64) -> Vec<f64> {
    (0..n).map(|at| of * (1.0 + (at as f64 / 9.0).sin())).collect()
}

fn picture(lines: &[Line<'_>], size: (u16, u16), glyphs: Glyphs, cursor: Option<f64>) -> String {
    let write_value = |value: f64| format!("{value:.0}");
    let write_time = |time: f64, _: f64| format!("{:02}:{:02}", time as i64 / 3600 % 24, time as i64 / 60 % 60);
    let bounds = [Bound {
        value: 80.0,
        label: "crit 80",
        role: Role::Bad,
    }];
    let marks = [Mark {
        at: 1_800.0,
        sign: "v",
        role: Role::Accent,
    }];
    let chart = Chart {
        lines,
        from: 0.0,
        until: 3_600.0,
        low: 0.0,
        high: 100.0,
        base: 1000.0,
        bounds: &bounds,
        marks: &marks,
        cursor,
        write_value: &write_value,
        write_time: &write_time,
        offset: 0.0,
    };
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buf = Buffer::empty(area);
    draw(&chart, area, &mut buf, &Theme::plain(glyphs));
    text(&buf)
}

fn line<'a>(points: &'a [f64], letter: char) -> Line<'a> {
    Line {
        points,
        from: 0.0,
        step: 30.0,
        role: Role::Series1,
        letter,
        ghost: false,
    }
}

#[test]
fn a_line_with_a_gap() {
    let mut points = wave(121, 45.0);
    points[60..80].fill(f64::NAN);
    insta::assert_snapshot!(picture(&[line(&points, 'a')], (60, 12), Glyphs::Unicode, Some(900.0)));
}

#[test]
fn several_lines_and_yesterday() {
    let (one, two, old) = (wave(121, 45.0), wave(121, 20.0), wave(121, 30.0));
    let ghost = Line {
        ghost: true,
        ..line(&old, 'x')
    };
    insta::assert_snapshot!(picture(&[line(&one, 'a'), line(&two, 'b'), ghost], (60, 12), Glyphs::Unicode, None));
}

#[test]
fn in_ascii_the_letters_are_the_lines() {
    let (one, two) = (wave(121, 45.0), wave(121, 20.0));
    let drawn = picture(&[line(&one, 'a'), line(&two, 'b')], (60, 12), Glyphs::Ascii, None);
    assert!(drawn.is_ascii(), "{drawn}");
    insta::assert_snapshot!(drawn);
}

#[test]
fn what_lies_in_a_gap_is_not_drawn_over() {
    let mut points = vec![50.0; 121];
    points[30..90].fill(f64::NAN);
    let drawn = picture(&[line(&points, 'a')], (60, 12), Glyphs::Unicode, None);
    let row = drawn
        .lines()
        .find(|row| row.contains('\u{2824}') || row.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)))
        .unwrap();
    let dots: Vec<usize> = row
        .chars()
        .enumerate()
        .filter(|(_, c)| ('\u{2801}'..='\u{28ff}').contains(c))
        .map(|(at, _)| at)
        .collect();
    let widest = dots.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!((26..=31).contains(&widest), "{widest}\n{drawn}");
}

#[test]
fn any_size_and_any_values_are_drawn_without_harm() {
    let odd = [f64::NAN, f64::MAX, f64::MIN, 1e300, -1e-300, 0.0, 50.0];
    for width in 0..24 {
        for height in 0..14 {
            picture(&[line(&odd, 'a'), line(&[], 'b')], (width, height), Glyphs::Unicode, Some(1e9));
            picture(&[line(&odd, 'a')], (width, height), Glyphs::Ascii, None);
        }
    }
}

#[test]
fn a_spark_keeps_its_peaks_and_gaps() {
    let theme = Theme::plain(Glyphs::Unicode);
    assert_eq!(spark(&[0.0, 4.0, f64::NAN, 8.0], 10, None, &theme), "▁▄ █");
    assert_eq!(spark(&[0.0, 0.0, 8.0, 0.0], 2, None, &theme), "▁█");
    assert_eq!(spark(&[4.0], 3, Some(8.0), &theme), "▄");
    assert_eq!(spark(&[f64::INFINITY, 0.0], 3, None, &theme), " ▁");
    assert_eq!(spark(&[1.0], 0, None, &theme), "");
}

#[test]
fn a_legend_says_how_many_it_leaves_out() {
    let entry = |letter: char| Entry {
        letter: Some(letter),
        role: Role::Series1,
        name: format!("pod-{letter}"),
        value: "12 ms".into(),
        value_role: Role::Text,
    };
    let entries: Vec<Entry> = ('a'..='f').map(entry).collect();
    let area = Rect::new(0, 0, 34, 2);
    let mut buf = Buffer::empty(area);
    legend(&entries, area, &mut buf, &Theme::plain(Glyphs::Unicode));
    assert_eq!(text(&buf), "a pod-a 12 ms  b pod-b 12 ms\nc pod-c 12 ms  d pod-d 12 ms  +2\n");
}
