//! What is wrong with a page, beyond what reading it tells: the rules RB01–RB21 of the format.
//!
//! Rules about the shape of the page hold for every page; those about its safety hold where it has an `oncall` section, since the
//! team's notes of years ago are not wrong for what they do not say.

mod flow;
mod rules;

#[cfg(test)]
mod tests;

pub use rules::reading;

use super::flaw::Flaw;
use super::page::Runbook;

/// What the rules have to know besides the page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// The day; none: how old a page is, is not asked, so that no build turns red by the calendar.
    pub today: Option<jiff::civil::Date>,
    /// Names of other pages; none: links to them are not followed.
    pub books: Option<&'a [&'a str]>,
    /// Programs in containers that count as reading.
    pub read_commands: &'a [String],
}

/// All that is wrong, what reading found included, in the order of the page.
pub fn lint(book: &Runbook, found: Vec<Flaw>, known: &Known<'_>) -> Vec<Flaw> {
    let mut flaws = found;
    rules::every_page(book, known, &mut flaws);
    if book.front.is_oncall {
        rules::oncall_page(book, known, &mut flaws);
        flow::follow(book, known, &mut flaws);
    }
    flaws.sort();
    flaws.dedup();
    flaws
}
