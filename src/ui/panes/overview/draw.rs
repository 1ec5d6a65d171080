//! How the tiles look: calm, without frames of their own; what is bad has a sign, a word and a colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::OverviewPane;
use super::tiles::{Line, Part, Tile};
use crate::config::Tier;
use crate::ui::panes::frame::{Freshness, frame};
use crate::ui::theme::{Glyph, Role, Theme};
use crate::ui::widgets::{Cut, fit, put, spark, width};

/// Cells that a line of bars has before anything else is said beside it.
const LEAST_BARS: usize = 4;
/// Cells before a line: room for the number of a red one.
const INDENT: u16 = 3;
/// Cells between two tiles.
const GAP: u16 = 2;

/// Draws the overview into its pane.
pub fn draw(pane: &OverviewPane, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let ill = pane.tiles.iter().filter(|tile| tile.sign.1 == Role::Bad).count();
    let fresh = match (ill, pane.tiles.len()) {
        _ if pane.network.is_some() => Freshness {
            text: pane.network.clone().unwrap_or_default(),
            role: Role::Bad,
        },
        (0, _) => Freshness::live("nothing is critical in what answers"),
        (ill, all) => Freshness {
            text: format!("{ill} of {all} need somebody"),
            role: Role::Bad,
        },
    };
    let columns = pane.columns();
    let rows = pane.tiles.len().div_ceil(columns.max(1));
    let hidden = rows.saturating_sub(pane.top + pane.rows_shown());
    let more = if hidden > 0 {
        format!(" · {hidden} more rows below")
    } else {
        String::new()
    };
    let many = match pane.tiles.len() {
        1 => "1 environment".to_owned(),
        many => format!("{many} environments"),
    };
    let title = format!("overview · {many}{more}");
    let inner = frame(&title, &fresh, focused, area, buf, theme);
    if inner.is_empty() {
        return;
    }
    let across = u16::try_from(columns).unwrap_or(1).max(1);
    let (height, cells) = (pane.height(), inner.width / across);
    let (at, line) = pane.cursor();
    let numbers: Vec<_> = pane.numbers().collect();
    let shown = pane
        .tiles
        .iter()
        .enumerate()
        .skip(pane.top * columns)
        .take(pane.rows_shown() * columns);
    for (n, tile) in shown {
        let place = n - pane.top * columns;
        let (row, column) = (place / columns, place % columns);
        let y = inner.y + u16::try_from(row * height).unwrap_or(0);
        let x = inner.x + u16::try_from(column).unwrap_or(0) * cells;
        let area = Rect {
            x,
            y,
            width: cells.saturating_sub(GAP),
            height: u16::try_from(height.saturating_sub(1))
                .unwrap_or(1)
                .min(inner.bottom().saturating_sub(y)),
        };
        let cursor = (n == at && focused).then_some(line);
        let numbers = Numbers {
            all: numbers
                .iter()
                .filter(|(_, (at, _))| *at == n)
                .map(|(number, (_, line))| (*line, *number))
                .collect(),
            digit: pane.digit,
        };
        of_one(tile, pane.shown(tile), cursor, &numbers, area, buf, theme);
    }
}

/// The numbers of a tile's red lines, by line.
struct Numbers {
    all: Vec<(usize, usize)>,
    /// The digit that was given.
    digit: Option<u8>,
}

impl Numbers {
    /// The number of a line, and whether it may still be meant.
    fn of(&self, line: usize) -> Option<(usize, bool)> {
        let (_, number) = self.all.iter().find(|(at, _)| *at == line)?;
        Some((*number, self.digit.is_none_or(|digit| number / 10 == usize::from(digit))))
    }
}

fn of_one(tile: &Tile, lines: usize, cursor: Option<usize>, numbers: &Numbers, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let row = |n: usize| Rect {
        y: area.y + u16::try_from(n).unwrap_or(0),
        height: u16::from(usize::from(area.height) > n),
        ..area
    };
    let base = |n: usize| (cursor == Some(n)).then(|| theme.style(Role::Selected));
    head(tile, row(0), base(0), buf, theme);
    for (n, line) in (1..).zip(tile.lines.iter().take(lines)) {
        body(line, row(n), base(n), buf, theme);
        if let Some((number, meant)) = numbers.of(n) {
            let role = if meant { Role::Accent } else { Role::Faint };
            put(buf, row(n), &number.to_string(), over(theme.style(role), base(n)));
        }
    }
    if tile.lines.is_empty() {
        put(buf, indent(row(1)), "nothing was told yet", theme.style(Role::Muted));
    }
}

fn head(tile: &Tile, area: Rect, base: Option<Style>, buf: &mut Buffer, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    if let Some(style) = base {
        buf.set_style(area, style);
    }
    let band = match tile.tier {
        Tier::Open => Role::BandOpen,
        Tier::Confirm => Role::BandConfirm,
        Tier::Guarded => Role::BandGuarded,
    };
    let mut x = area.x;
    let (glyph, role) = tile.sign;
    x += put(buf, Rect { x, ..area }, theme.glyph(glyph), over(theme.style(role), base)) + 1;
    let label = format!(" {} ", tile.label.to_uppercase());
    x += put(buf, within(area, x), &label, theme.style(band)) + 1;
    let state = fit(&tile.word, usize::from(area.width / 2), Cut::End, theme.glyph(Glyph::Ellipsis)).into_owned();
    let right = area.right().saturating_sub(u16::try_from(width(&state)).unwrap_or(0));
    if tile.name != tile.label && x < right {
        let room = usize::from(right.saturating_sub(x + 1));
        let name = fit(&tile.name, room, Cut::End, theme.glyph(Glyph::Ellipsis)).into_owned();
        put(buf, within(area, x), &name, over(theme.style(Role::Text), base));
    }
    put(buf, within(area, right.max(x)), &state, over(theme.style(tile.word_role), base));
}

fn body(line: &Line, area: Rect, base: Option<Style>, buf: &mut Buffer, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    if let Some(style) = base {
        buf.set_style(area, style);
    }
    let area = indent(area);
    let mut x = area.x;
    let (bars, extras) = bars(line, area.width, theme);
    for part in &line.parts {
        let room = usize::from(area.right().saturating_sub(x));
        if room == 0 {
            return;
        }
        match part {
            Part::Sign(glyph, role) => x += put(buf, within(area, x), theme.glyph(*glyph), over(theme.style(*role), base)),
            Part::Extra(..) if !extras => {}
            Part::Text(role, text) | Part::Extra(role, text) => {
                let text = fit(text, room, Cut::End, theme.glyph(Glyph::Ellipsis)).into_owned();
                x += put(buf, within(area, x), &text, over(theme.style(*role), base));
            }
            Part::Bars(beats) => {
                let cells = u16::try_from(beats.len())
                    .unwrap_or(0)
                    .min(bars)
                    .min(area.right().saturating_sub(x));
                let place = Rect { x, width: cells, ..area };
                spark(beats, place, buf, theme, |style| over(style, base));
                x += cells;
            }
        }
    }
}

/// The cells that each line of bars gets, so that the values beside them are not cut; and whether there is room for what
/// may be left out.
fn bars(line: &Line, room: u16, theme: &Theme) -> (u16, bool) {
    let cells = |extras: bool| -> usize {
        let cells = |part: &Part| match part {
            Part::Sign(glyph, _) => width(theme.glyph(*glyph)),
            Part::Text(_, text) => width(text),
            Part::Extra(_, text) if extras => width(text),
            Part::Extra(..) | Part::Bars(_) => 0,
        };
        line.parts.iter().map(cells).sum()
    };
    let many = line.parts.iter().filter(|part| matches!(part, Part::Bars(_))).count();
    let room = usize::from(room);
    let extras = cells(true) + many * LEAST_BARS <= room;
    let each = room.saturating_sub(cells(extras)) / many.max(1);
    (u16::try_from(each).unwrap_or(u16::MAX), extras)
}

/// Keeps the background of the cursor under the colour of a part.
fn over(style: Style, base: Option<Style>) -> Style {
    match base {
        Some(base) => {
            let mut style = style;
            style.bg = base.bg.or(style.bg);
            style.add_modifier |= base.add_modifier;
            style
        }
        None => style,
    }
}

fn within(area: Rect, x: u16) -> Rect {
    Rect {
        x,
        width: area.right().saturating_sub(x),
        ..area
    }
}

fn indent(area: Rect) -> Rect {
    Rect {
        x: area.x + INDENT.min(area.width),
        width: area.width.saturating_sub(INDENT),
        ..area
    }
}
