//! How the list of templates looks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::board::{Board, Listed, Since, share};
use super::draw::{clock, row_of, spaced};
use super::line;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::{grapheme_width, put};

/// Rows above the list.
pub const HEAD: u16 = 2;

/// Draws the list: what it is of, heads, and a line for each template.
pub fn draw(board: &Board, shift: usize, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    put(buf, row_of(area, 0), &summary(board), theme.style(Role::Muted));
    let lines = board.lines();
    if lines.is_empty() {
        let text = match board.listed {
            _ if board.clusters.progress() < 100 => "looking at the lines …",
            Listed::New => "nothing is said that was not said before",
            Listed::All => "no line to look at",
        };
        put(buf, row_of(area, HEAD), text, theme.style(Role::Muted));
        return;
    }
    let heads = format!("{:>9} {:>7}  {:5} {:8} {:8}  TEMPLATE", "COUNT", "SHARE", "LEVEL", "FIRST", "LAST");
    put(buf, row_of(area, 1), &heads, theme.style(Role::Title));
    let (at, total) = (board.at(&lines), board.clusters.total());
    for (row, (number, line)) in (HEAD..area.height).zip(lines.iter().enumerate().skip(board.top)) {
        let place = row_of(area, row);
        let tally = line.tally;
        let mut x = place.x;
        let mut part = |text: &str, role: Role| {
            let rest = Rect {
                x,
                width: place.right().saturating_sub(x),
                ..place
            };
            x += put(buf, rest, text, theme.style(role));
        };
        let level = line::role(line.level);
        part(if board.is_new(line) { "+" } else { " " }, Role::Accent);
        part(&format!("{:>8} ", spaced(tally.count)), Role::Text);
        part(&format!("{:>7}  ", share(tally.count, total)), Role::Muted);
        part(&format!("{:5} ", line.level.word()), level);
        part(&format!("{:8} {:8}  ", time(tally.first), time(tally.last)), Role::Muted);
        part(scrolled(&line.text, shift), level);
        if number == at && focused {
            buf.set_style(place, theme.style(Role::Selected));
        }
    }
}

/// How many, of how many lines, and what is new.
fn summary(board: &Board) -> String {
    let clusters = &board.clusters;
    let mut text = format!("{} templates of {} lines", clusters.lines().len(), spaced(clusters.total()));
    if clusters.progress() < 100 {
        text.push_str(&format!(" ({} %)", clusters.progress()));
    }
    if clusters.others() > 0 {
        text.push_str(&format!(" · {} lines too different to be kept apart", spaced(clusters.others())));
    }
    let since = match board.since {
        Since::Cursor(nanos) => format!("the cursor, {}Z", time(nanos)),
        Since::Started(nanos) => format!("the newest start, {}Z", time(nanos)),
        Since::Unknown => return text,
    };
    let only = if board.listed == Listed::New { "only " } else { "" };
    text.push_str(&format!(" · {only}{} new (+) since {since}", board.new_ones()));
    text
}

fn time(nanos: i64) -> String {
    if nanos == 0 {
        return String::new();
    }
    clock(nanos / 1_000_000_000)
}

/// A text without its first cells.
fn scrolled(text: &str, mut cells: usize) -> &str {
    let mut rest = text;
    while let Some(first) = rest.chars().next().filter(|_| cells > 0) {
        let (head, tail) = rest.split_at(first.len_utf8());
        cells = cells.saturating_sub(grapheme_width(head).max(1));
        rest = tail;
    }
    rest
}
