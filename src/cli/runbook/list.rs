//! `qd runbook list`.

use std::fmt::Write as _;

use serde_json::json;

use super::Format;
use crate::runbook::flaw::Flaw;
use crate::runbook::library::{Library, Shelved};

/// The pages, by name.
pub fn write(library: &Library, format: Format) -> String {
    let mut pages: Vec<&Shelved> = library.iter().collect();
    pages.sort_by(|a, b| a.book.name.cmp(&b.book.name));
    match format {
        Format::Text => text(&pages),
        Format::Json => {
            let all: Vec<_> = pages.iter().map(|page| object(page)).collect();
            // Names and numbers always become JSON.
            serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
        }
    }
}

fn errors(flaws: &[Flaw]) -> usize {
    flaws.iter().filter(|flaw| !flaw.rule.is_warning()).count()
}

fn text(pages: &[&Shelved]) -> String {
    let width = pages
        .iter()
        .map(|page| page.book.name.chars().count())
        .max()
        .unwrap_or(4)
        .clamp(4, 40);
    let mut text = format!("{:width$}  STEPS  REVIEWED    TITLE\n", "NAME");
    for page in pages {
        let book = &page.book;
        let reviewed = book.front.reviewed.map_or_else(|| "-".to_owned(), |date| date.to_string());
        // Writing to a string does not fail.
        let _ = write!(text, "{:width$}  {:>5}  {reviewed:10}  {}", book.name, book.steps.len(), book.title);
        let mut told = Vec::new();
        if page.origin != crate::runbook::library::Place::BuiltIn {
            told.push(page.trust.word().to_owned());
            told.push(page.origin.to_string());
        }
        match errors(&page.flaws) {
            0 => {}
            1 => told.push("1 flaw".to_owned()),
            n => told.push(format!("{n} flaws")),
        }
        if !told.is_empty() {
            let _ = write!(text, "  ({})", told.join(", "));
        }
        text.push('\n');
    }
    text
}

fn object(page: &Shelved) -> serde_json::Value {
    let book = &page.book;
    json!({
        "name": &*book.name,
        "title": book.title,
        "description": book.description,
        "owner": book.front.owner,
        "reviewed": book.front.reviewed.map(|date| date.to_string()),
        "environments": book.front.environments,
        "steps": book.steps.len(),
        "flaws": errors(&page.flaws),
        "origin": page.origin.to_string(),
        "trust": page.trust.word(),
        "mayRun": page.trust.may_run(),
        "sha256": page.hash,
    })
}
