//! The table of commands, a file for each area. To add one: a variant of [`Command`](super::Command), a row in its area, and an
//! arm in `app::update`.

mod act;
mod book;
mod environment;
mod general;
mod log;
mod moving;
mod objects;
mod rows;
mod signals;

use super::Row;

/// All areas, in the order of the help.
const AREAS: [&[Row]; 9] = [
    objects::OBJECTS,
    book::BOOK,
    rows::ROWS,
    moving::MOVING,
    log::LOG,
    signals::SIGNALS,
    act::ACT,
    general::GENERAL,
    environment::ENVIRONMENT,
];

/// How many commands there are.
const COUNT: usize = {
    let (mut count, mut at) = (0, 0);
    while at < AREAS.len() {
        count += AREAS[at].len();
        at += 1;
    }
    count
};

/// All commands. The order is the order of the help and, by `hint`, of the footer.
pub const COMMANDS: &[Row] = &joined();

/// The rows of all areas as one table: each row has one address, by which it is known.
const fn joined() -> [Row; COUNT] {
    let mut all = [AREAS[0][0]; COUNT];
    let (mut count, mut area) = (0, 0);
    while area < AREAS.len() {
        let mut at = 0;
        while at < AREAS[area].len() {
            all[count] = AREAS[area][at];
            count += 1;
            at += 1;
        }
        area += 1;
    }
    all
}
