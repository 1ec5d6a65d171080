//! Which columns a table shows at a width, and where they stand. The visible rows alone decide.

use super::{ColumnRef, Row, TableView, Width, draw};
use crate::ui::widgets::width;

/// A column and its place, counted from the left edge of the rows.
#[derive(Debug)]
pub struct Placed<'a> {
    pub column: &'a ColumnRef,
    pub x: u16,
    pub width: u16,
}

/// Cells between two columns.
const GAP: u16 = 2;
/// A name is cut before a column that matters is dropped, but not below this.
const NAME_MIN: u16 = 32;
/// The status likewise: `CrashLoopBackOff` and `ImagePullBackOff` fit.
const STATUS_MIN: u16 = 17;
/// What an event is about.
const OBJECT_MIN: u16 = 24;
/// How the last run ended: the reason fits, the age may be cut.
const LAST_MIN: u16 = 13;

/// Places the columns. Too narrow: the least important fall away first; never name, status and age.
pub fn place<'a>(view: &'a TableView, rows: &[Row<'_>], room: u16) -> Vec<Placed<'a>> {
    let namespaces = draw::many_namespaces(view);
    let mut shown: Vec<(&ColumnRef, u16, u16)> = view
        .all_columns()
        .iter()
        .filter(|c| (view.wide || !c.wide()) && (namespaces || !c.is_namespace()))
        .map(|c| {
            let wish = wish(c, rows);
            (c, least(c).min(wish), wish)
        })
        .collect();
    // The columns scrolled away to the left; the name stays, or nobody knows what a row is.
    let mut hidden = view.shift;
    shown.retain(|(c, ..)| {
        let hide = hidden > 0 && c.name() != "NAME" && !c.is_namespace();
        hidden -= usize::from(hide);
        !hide
    });
    // A column that says nothing in any visible row gives its room to those that do.
    if !view.wide && !rows.is_empty() {
        shown.retain(|(c, ..)| c.keep() == 0 || rows.iter().any(|row| !c.value(row).is_none()));
    }
    let need = |shown: &[(&ColumnRef, u16, u16)]| shown.iter().map(|(_, least, _)| least + GAP).sum::<u16>().saturating_sub(GAP);
    while need(&shown) > room {
        let Some(drop) = shown
            .iter()
            .enumerate()
            .filter(|(_, (c, ..))| c.keep() > 0)
            .max_by_key(|(_, (c, ..))| c.keep())
            .map(|(i, _)| i)
        else {
            break;
        };
        shown.remove(drop);
    }
    let mut spare = room.saturating_sub(need(&shown));
    let mut widths: Vec<u16> = shown.iter().map(|(_, least, _)| *least).collect();
    // First every column gets what its cells need, the most important first; then a flexible one takes the rest.
    let mut by_need: Vec<usize> = (0..shown.len()).collect();
    by_need.sort_by_key(|i| shown[*i].0.keep());
    for i in by_need {
        let more = shown[i].2.saturating_sub(widths[i]).min(spare);
        widths[i] += more;
        spare -= more;
    }
    if let Some(flex) = shown
        .iter()
        .position(|(c, ..)| matches!(c.width(), Width::Flex { .. }) && c.name() != "NAME")
    {
        widths[flex] += spare;
    }
    let mut x = 0;
    shown
        .into_iter()
        .zip(widths)
        .map(|((column, ..), width)| {
            let placed = Placed {
                column,
                x,
                width: width.min(room.saturating_sub(x)),
            };
            x += width + GAP;
            placed
        })
        .collect()
}

/// What the column would like: its widest visible cell and its head, within its bounds.
fn wish(column: &ColumnRef, rows: &[Row<'_>]) -> u16 {
    let head = u16::try_from(column.name().len() + 1).unwrap_or(u16::MAX);
    let widest = rows.iter().map(|row| width(&column.value(row).display(row.now))).max().unwrap_or(0);
    let widest = u16::try_from(widest).unwrap_or(u16::MAX).max(head);
    match column.width() {
        Width::Fit { min, max } => widest.clamp(min.min(max), max.max(head)),
        Width::Flex { min } => widest.max(min),
    }
}

fn least(column: &ColumnRef) -> u16 {
    match column.name() {
        "NAME" => NAME_MIN,
        "STATUS" => STATUS_MIN,
        "OBJECT" => OBJECT_MIN,
        "LAST" => LAST_MIN,
        _ => match column.width() {
            Width::Flex { min } => min,
            Width::Fit { .. } => u16::MAX,
        },
    }
}
