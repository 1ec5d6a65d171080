//! All environments on one screen, the worst first: a tile each, in which everything that is red leads to its evidence.
//!
//! `tiles` makes them from what is known (nothing waits: an environment that has told nothing yet has its tile, and says
//! so), `draw` lays them out.

mod draw;
mod signals;
#[cfg(test)]
mod tests;
pub mod tiles;

use ratatui::layout::Rect;

pub use draw::draw;
pub use tiles::{Thing, Tile};

use crate::app::Command;
use crate::model::EnvId;
use crate::ui::panes::table::World;

/// Cells that a tile takes at least.
const NARROWEST: u16 = 38;
/// Rows that a tile takes at most, with the empty one below it.
const TALLEST: usize = 11;

/// The tiles, and which thing the cursor is on.
#[derive(Debug)]
pub struct OverviewPane {
    /// The environment in front when it was opened: the header goes on speaking of that one.
    pub env: EnvId,
    tiles: Vec<Tile>,
    /// What is wrong on our side of the network.
    network: Option<String>,
    /// The cursor, by what it is on: tiles change places as things get worse. `None`: not moved yet, so on the worst.
    chosen: Option<(EnvId, usize)>,
    /// The first row of tiles on the screen.
    top: usize,
    /// The first digit of a number of two.
    digit: Option<u8>,
    area: Rect,
}

/// What a digit leads to.
#[derive(Debug, PartialEq)]
pub enum Numbered {
    Line(EnvId, Thing),
    /// One more digit is needed.
    Half,
    None,
}

impl OverviewPane {
    /// An overview; its tiles come with [`OverviewPane::settle`].
    pub fn new(env: EnvId) -> Self {
        Self {
            env,
            tiles: Vec::new(),
            network: None,
            chosen: None,
            top: 0,
            digit: None,
            area: Rect::ZERO,
        }
    }

    /// Brings the tiles up to date.
    pub fn settle(&mut self, world: &World<'_>, connected: impl Fn(EnvId) -> bool, area: Rect) {
        self.area = area;
        self.tiles = tiles::tiles(world, connected);
        self.network = tiles::network(world);
        let (at, _) = self.cursor();
        let row = at / self.columns();
        let rows = self.rows_shown();
        self.top = self.top.min(row).max((row + 1).saturating_sub(rows));
        // Where not all lines fit, what is red is not among those that fall away.
        let room = self.height().saturating_sub(2);
        for tile in self.tiles.iter_mut().filter(|tile| tile.lines.len() > room) {
            tile.lines.sort_by_key(|line| !line.is_bad());
        }
    }

    /// The red lines on the screen in their order, each by its tile and its line in it (from 1).
    fn reds(&self) -> Vec<(usize, usize)> {
        let columns = self.columns();
        let tiles = self
            .tiles
            .iter()
            .enumerate()
            .skip(self.top * columns)
            .take(self.rows_shown() * columns);
        let lines = tiles.flat_map(|(at, tile)| {
            (1..)
                .zip(tile.lines.iter().take(self.shown(tile)))
                .map(move |(n, line)| (at, n, line))
        });
        lines.filter(|(.., line)| line.is_bad()).map(|(at, n, _)| (at, n)).collect()
    }

    /// The numbers of the red lines: of one digit where that is enough, of two otherwise, so that every one of them is at most
    /// two keys away.
    fn numbers(&self) -> impl Iterator<Item = (usize, (usize, usize))> {
        let reds = self.reds();
        let first = if reds.len() > 9 { 10 } else { 1 };
        (first..100).zip(reds)
    }

    /// What a digit leads to, with the one before it.
    pub fn number(&mut self, digit: u8) -> Numbered {
        let of_two = self.numbers().next().is_some_and(|(first, _)| first == 10);
        let number = match self.digit.take() {
            Some(tens) => usize::from(tens) * 10 + usize::from(digit),
            None if of_two && digit > 0 => {
                self.digit = Some(digit);
                return Numbered::Half;
            }
            None => usize::from(digit),
        };
        let Some((_, (at, line))) = self.numbers().find(|(other, _)| *other == number) else {
            return Numbered::None;
        };
        let thing = self
            .tiles
            .get(at)
            .and_then(|tile| Some((tile.env, tile.lines.get(line - 1)?.thing.clone())));
        let Some((env, thing)) = thing else { return Numbered::None };
        // Who comes back finds the cursor where it was left.
        self.chosen = Some((env, line));
        Numbered::Line(env, thing)
    }

    /// Another key came instead of the second digit.
    pub fn leave_number(&mut self) {
        self.digit = None;
    }

    /// The tiles, worst first.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// How many tiles stand side by side.
    fn columns(&self) -> usize {
        let width = self.area.width.saturating_sub(2);
        usize::from((width / NARROWEST).max(1)).min(self.tiles.len().max(1))
    }

    /// Rows that each tile has.
    fn height(&self) -> usize {
        let most = self.tiles.iter().map(|tile| tile.lines.len() + 2).max().unwrap_or(TALLEST);
        let rows = self.tiles.len().div_ceil(self.columns()).max(1);
        let room = usize::from(self.area.height.saturating_sub(2));
        // All of them on one screen is worth more than a full tile: the least important lines fall away.
        most.min((room / rows).max(4)).min(TALLEST)
    }

    fn rows_shown(&self) -> usize {
        (usize::from(self.area.height.saturating_sub(2)) / self.height()).max(1)
    }

    /// The tile under the cursor, and which of its things: 0 is the environment itself.
    fn cursor(&self) -> (usize, usize) {
        let Some((env, thing)) = self.chosen else {
            let worst = self.tiles.first().and_then(Tile::worst);
            return (0, worst.unwrap_or(0));
        };
        let at = self.tiles.iter().position(|tile| tile.env == env).unwrap_or(0);
        let last = self.tiles.get(at).map_or(0, |tile| self.shown(tile));
        (at, thing.min(last))
    }

    /// How many of a tile's lines fit.
    fn shown(&self, tile: &Tile) -> usize {
        tile.lines.len().min(self.height().saturating_sub(2))
    }

    /// What is under the cursor, and of which environment.
    pub fn thing(&self) -> Option<(EnvId, Thing)> {
        let (at, line) = self.cursor();
        let tile = self.tiles.get(at)?;
        let thing = match line.checked_sub(1) {
            None => Thing::Environment,
            Some(line) => tile.lines.get(line)?.thing.clone(),
        };
        Some((tile.env, thing))
    }

    /// Moves the cursor: up and down from thing to thing, sideways from tile to tile.
    pub fn travel(&mut self, command: Command) {
        let (at, line) = self.cursor();
        let (columns, last) = (self.columns(), self.tiles.len().saturating_sub(1));
        let below = |at: usize| (at + columns <= last).then_some(at + columns);
        let (at, line) = match command {
            Command::Up if line > 0 => (at, line - 1),
            Command::Up => match at.checked_sub(columns) {
                Some(above) => (above, usize::MAX),
                None => (at, 0),
            },
            Command::Down if self.tiles.get(at).is_some_and(|tile| line < self.shown(tile)) => (at, line + 1),
            Command::Down => below(at).map_or((at, line), |at| (at, 0)),
            Command::Left => (at.saturating_sub(1), 0),
            Command::Right => ((at + 1).min(last), 0),
            Command::PageUp => (at.saturating_sub(columns), 0),
            Command::PageDown => (below(at).unwrap_or(last), 0),
            Command::Top => (0, 0),
            _ => (last, 0),
        };
        let Some(tile) = self.tiles.get(at) else { return };
        let shown = self.shown(tile);
        self.chosen = Some((tile.env, line.min(shown)));
    }

    /// All of it as text.
    pub fn content(&self) -> String {
        let mut text = String::new();
        for tile in &self.tiles {
            text.push_str(&format!("{} ({}): {}\n", tile.label, tile.name, tile.word));
            for line in &tile.lines {
                text.push_str(&format!("  {}\n", line.text()));
            }
        }
        text
    }
}
