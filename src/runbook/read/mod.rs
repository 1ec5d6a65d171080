//! A Markdown page as a runbook, and what is wrong with it.
//!
//! ```text
//!  text ──► front matter ──► elements (headings, fences, lists …) ──► phases and steps ──► links resolved
//! ```
//!
//! Whatever a page holds, it is read, in time that grows with its length and no faster; what cannot be meant is a flaw with its line.

mod attributes;
mod build;
mod elements;
mod front;
mod lines;
mod slug;
mod step;

#[cfg(test)]
mod tests;

pub use attributes::Attributes;
pub use front::level;
pub use slug::slug;

use super::flaw::{Flaw, Rule};
use super::page::Runbook;
use crate::model::{clean_lines, shorten};

/// Of a longer page no more is read.
pub const MOST: usize = 2 << 20;

/// Reads a page. `name` is the stem of its file.
pub fn parse(name: &str, text: &str) -> (Runbook, Vec<Flaw>) {
    let mut flaws = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut end = text.len().min(MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len() {
        let line = memchr::memchr_iter(b'\n', text.get(..end).unwrap_or_default().as_bytes()).count() + 1;
        flaws.push(Flaw::new(
            line,
            Rule::Readable,
            "the page is longer than 2 MiB: what follows is not read",
        ));
    }
    let text = clean_lines(text.get(..end).unwrap_or_default());
    let (fronted, from) = match front::cut(&text) {
        Ok(Some((yaml, from))) => (front::read(yaml, &mut flaws), from),
        Ok(None) => (front::Fronted::default(), 0),
        Err(()) => {
            // Without any key it is a line, not front matter.
            let looks = text.lines().nth(1).is_some_and(|line| line.contains(':'));
            if looks {
                flaws.push(Flaw::new(1, Rule::Front, "the front matter is not closed with ---"));
            }
            (front::Fronted::default(), 0)
        }
    };
    let elements = elements::elements(&text, from);
    let name = shorten(&crate::model::clean(name), 100).into_owned();
    let book = build::build(name, fronted, elements, &mut flaws);
    flaws.sort();
    flaws.dedup();
    (book, flaws)
}
