//! Dots in cells: two across and four down in each, as braille has them.

/// A field of dots; each cell remembers who drew in it last.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    masks: Vec<u8>,
    owners: Vec<u8>,
}

impl Canvas {
    /// Nothing drawn yet; the size is in cells.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            masks: vec![0; width * height],
            owners: vec![0; width * height],
        }
    }

    /// Dots across and down.
    pub(super) fn dots(&self) -> (i64, i64) {
        ((self.width * 2) as i64, (self.height * 4) as i64)
    }

    /// The dots of a cell and who drew there last.
    pub(super) fn cell(&self, x: usize, y: usize) -> (u8, u8) {
        let at = y * self.width + x;
        (self.masks.get(at).copied().unwrap_or(0), self.owners.get(at).copied().unwrap_or(0))
    }

    fn dot(&mut self, x: i64, y: i64, owner: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        let (column, row) = (x / 2, y / 4);
        if column >= self.width || row >= self.height {
            return;
        }
        // The first three rows of dots came before the fourth was added to braille.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let at = row * self.width + column;
        if let (Some(mask), Some(who), Some(bit)) = (
            self.masks.get_mut(at),
            self.owners.get_mut(at),
            BITS.get(y % 4).and_then(|row| row.get(x % 2)),
        ) {
            *mask |= bit;
            *who = owner;
        }
    }

    /// A line from dot to dot; `sparse` leaves out three of four dots.
    pub(super) fn line(&mut self, from: (i64, i64), to: (i64, i64), owner: u8, sparse: bool) {
        let ((mut x, mut y), (x1, y1)) = (from, to);
        let (dx, dy) = ((x1 - x).abs(), -(y1 - y).abs());
        let (sx, sy) = ((x1 - x).signum(), (y1 - y).signum());
        let mut error = dx + dy;
        loop {
            if !sparse || (x + y).rem_euclid(4) == 0 {
                self.dot(x, y, owner);
            }
            if x == x1 && y == y1 {
                return;
            }
            let twice = 2 * error;
            if twice >= dy {
                error += dy;
                x += sx;
            }
            if twice <= dx {
                error += dx;
                y += sy;
            }
        }
    }
}
