//! Secrets (key names and sizes, never values) and config maps.

use serde_json::Value;

use super::neighbours::Neighbours;
use super::page::{Fields, Page, Parts};
use super::read::{is_true, map, scalar, text};
use crate::redact::MASK;
use crate::ui::theme::Role;

/// Most lines of one value; the YAML has all of them.
const LINES: usize = 60;

/// A secret. Its values were masked when it was fetched; here even the masks are only told as sizes.
pub fn secret(page: &mut Page, document: &Value, around: &Neighbours<'_>) {
    page.section("Secret", |page| {
        let mut fields = Fields::default();
        fields.add("Type", text(document, "/type"));
        immutable(&mut fields, document);
        fields.add("Used by", users(around));
        page.fields(fields);
    });
    let rows: Vec<_> = ["/data", "/stringData"]
        .iter()
        .flat_map(|pointer| map(document, pointer))
        .map(|(key, value)| {
            // What is not a mask is not shown: then this document did not come through the door.
            let size = value.as_str().and_then(|v| v.strip_prefix(MASK)).map(str::trim).unwrap_or_default();
            vec![key.as_str().into(), Parts::of(Role::Muted, size)]
        })
        .collect();
    none_or(page, "Keys", rows.is_empty(), |page| page.table(&["KEY", "SIZE"], rows));
}

/// A config map, with its values.
pub fn config_map(page: &mut Page, document: &Value, around: &Neighbours<'_>) {
    page.section("Config map", |page| {
        let mut fields = Fields::default();
        immutable(&mut fields, document);
        fields.add("Used by", users(around));
        page.fields(fields);
    });
    let entries: Vec<_> = map(document, "/data").collect();
    none_or(page, "Data", entries.is_empty(), |page| {
        let mut short = Fields::default();
        for (key, value) in entries.iter().filter(|(_, v)| !scalar(v).contains('\n')) {
            short.add(key.as_str(), Parts::of(Role::SyntaxText, scalar(value)));
        }
        page.fields(short);
        for (key, value) in entries.iter().filter(|(_, v)| scalar(v).contains('\n')) {
            page.line(Parts::of(Role::Muted, key.as_str()));
            page.inside(|page| block(page, &scalar(value)));
        }
    });
    let rows = map(document, "/binaryData").map(|(key, value)| vec![key.as_str().into(), Parts::of(Role::Muted, scalar(value))]);
    let rows: Vec<_> = rows.collect();
    page.section("Binary data", |page| page.table(&[], rows));
}

/// Text of several lines, as far as it is worth showing here.
pub fn block(page: &mut Page, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    for line in lines.iter().take(LINES) {
        page.line(Parts::of(Role::SyntaxText, *line));
    }
    if lines.len() > LINES {
        page.line(Parts::of(Role::Faint, format!("… {} more lines in the YAML", lines.len() - LINES)));
    }
}

fn immutable(fields: &mut Fields, document: &Value) {
    if is_true(document, "/immutable") {
        fields.add("Immutable", "yes");
    }
}

/// The workloads whose pods use it, of those that are watched: there may be others, so an absence is not told.
fn users(around: &Neighbours<'_>) -> String {
    let mut names: Vec<_> = around
        .users
        .iter()
        .map(|user| format!("{}/{}", user.body.known().map_or("", |known| known.info().name), user.meta.name))
        .collect();
    names.sort();
    names.join(", ")
}

/// A section that says so where it is empty.
fn none_or(page: &mut Page, title: &str, empty: bool, write: impl FnOnce(&mut Page)) {
    page.section(title, |page| {
        if empty {
            page.line(Parts::of(Role::Faint, "none"))
        } else {
            write(page)
        }
    });
}
