//! Reads a theme file. Every mistake is one sentence with its line, and where possible the right spelling.
//!
//! ```toml
//! base = "deck"                # what the rest comes from; without it `deck`, or `paper` on a light background
//! background = "#1e2127"       # the lightest (light themes: darkest) background that it is made for
//! [palette]
//! vermillion = { colour = "#d55e00", ansi = "red" }   # or just "#d55e00", 0 to 255, "bright-red", "default"
//! [roles]
//! bad = { fg = "vermillion", bold = true }            # also bg, ansi, ansi-bg, dim, italic, underline, reverse
//! ```
//!
//! `ansi` says which of the sixteen colours stands in on a terminal that has no more. A palette entry
//! of the same name replaces the base's, so a theme may consist of a palette alone.

use std::collections::BTreeMap;

use ratatui::style::Modifier;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Role;
use super::colour::{ANSI_NAMES, Paint, Rgb, ansi_index};
use super::source::{Entry, Reference, Swatch};
use crate::model::{Problem, ProblemKind};

/// A theme file as read, before its base is known.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub base: Option<(String, usize)>,
    pub background: Option<Rgb>,
    pub palette: BTreeMap<String, Swatch>,
    pub roles: Vec<(Role, Entry)>,
}

/// Reads the text of a theme file; `name` is for messages.
pub(super) fn read(name: &str, text: &str) -> Result<File, Problem> {
    let reader = Reader { name, text };
    let root = DeTable::parse(text).map_err(|e| {
        let line = e.span().map_or(1, |s| reader.line(s.start));
        reader.problem(line, e.message().lines().next().unwrap_or("not TOML"))
    })?;
    let mut file = File::default();
    for (key, value) in root.get_ref() {
        match key.get_ref().as_ref() {
            "base" => file.base = Some((reader.text(value)?.to_owned(), reader.line(value.span().start))),
            "background" => match Paint::parse(reader.text(value)?) {
                Some(Paint::Rgb(rgb)) => file.background = Some(rgb),
                _ => return Err(reader.at(value, "a background is written \"#rrggbb\"")),
            },
            "about" => drop(reader.text(value)?),
            "palette" => {
                for (key, value) in reader.table(value)? {
                    file.palette.insert(key.get_ref().to_string(), reader.swatch(value)?);
                }
            }
            "roles" => {
                for (key, value) in reader.table(value)? {
                    let role = Role::from_name(key.get_ref())
                        .ok_or_else(|| reader.unknown(key, "role", Role::ALL.iter().map(|role| role.name())))?;
                    file.roles.push((role, reader.entry(value)?));
                }
            }
            _ => return Err(reader.unknown(key, "key", ["base", "background", "about", "palette", "roles"])),
        }
    }
    Ok(file)
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    /// The line of a byte offset, counted from 1.
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|b| *b == b'\n').count()
    }

    fn problem(&self, line: usize, what: &str) -> Problem {
        problem(self.name, line, what)
    }

    fn at<T>(&self, spot: &Spanned<T>, what: &str) -> Problem {
        self.problem(self.line(spot.span().start), what)
    }

    fn unknown<'k>(&self, key: &Spanned<std::borrow::Cow<'_, str>>, what: &str, known: impl IntoIterator<Item = &'k str>) -> Problem {
        let text = format!("there is no {what} `{}`", key.get_ref());
        self.at(key, &text).hint(suggestion(key.get_ref(), known))
    }

    fn text<'v>(&self, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Problem> {
        value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.at(value, "a text in quotes is expected here"))
    }

    fn table<'v, 'i>(&self, value: &'v Spanned<DeValue<'i>>) -> Result<&'v DeTable<'i>, Problem> {
        value.get_ref().as_table().ok_or_else(|| self.at(value, "a table is expected here"))
    }

    /// A colour, or a table of a colour and its stand-in.
    fn swatch(&self, value: &Spanned<DeValue<'_>>) -> Result<Swatch, Problem> {
        let Some(table) = value.get_ref().as_table() else {
            let wrong = || {
                self.at(value, "a colour is \"#rrggbb\", 0 to 255, \"default\" or an ANSI name")
                    .hint(ansi_hint(value))
            };
            return Ok(Swatch {
                paint: paint(value.get_ref()).ok_or_else(wrong)?,
                ansi: None,
            });
        };
        let mut swatch = Swatch::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "colour" | "color" => swatch.paint = self.swatch(value)?.paint,
                "ansi" => swatch.ansi = Some(self.ansi(value)?),
                _ => return Err(self.unknown(key, "key", ["colour", "color", "ansi"])),
            }
        }
        Ok(swatch)
    }

    /// One of the sixteen, or `default`.
    fn ansi(&self, value: &Spanned<DeValue<'_>>) -> Result<Paint, Problem> {
        let name = self.text(value)?;
        if name == "default" {
            return Ok(Paint::Default);
        }
        ansi_index(name).map(Paint::Index).ok_or_else(|| {
            let text = format!("there is no ANSI colour `{name}`");
            self.at(value, &text).hint(suggestion(name, ANSI_NAMES))
        })
    }

    /// A name of the palette, or a colour as it is.
    fn reference(&self, value: &Spanned<DeValue<'_>>) -> Result<Reference, Problem> {
        match (paint(value.get_ref()), value.get_ref().as_str()) {
            (Some(Paint::Index(0..16)) | None, Some(name)) if !name.starts_with('#') => Ok(Reference::Named {
                name: name.to_owned(),
                line: self.line(value.span().start),
            }),
            _ => self.swatch(value).map(Reference::Direct),
        }
    }

    fn entry(&self, value: &Spanned<DeValue<'_>>) -> Result<Entry, Problem> {
        let mut entry = Entry::default();
        if !value.get_ref().is_table() {
            entry.fg = Some(self.reference(value)?);
            return Ok(entry);
        }
        for (key, value) in self.table(value)? {
            let modifier = match key.get_ref().as_ref() {
                "fg" => {
                    entry.fg = Some(self.reference(value)?);
                    continue;
                }
                "bg" => {
                    entry.bg = Some(self.reference(value)?);
                    continue;
                }
                "ansi" => {
                    entry.ansi = Some(self.ansi(value)?);
                    continue;
                }
                "ansi-bg" => {
                    entry.ansi_bg = Some(self.ansi(value)?);
                    continue;
                }
                "bold" => Modifier::BOLD,
                "dim" => Modifier::DIM,
                "italic" => Modifier::ITALIC,
                "underline" => Modifier::UNDERLINED,
                "reverse" => Modifier::REVERSED,
                _ => {
                    let known = ["fg", "bg", "ansi", "ansi-bg", "bold", "dim", "italic", "underline", "reverse"];
                    return Err(self.unknown(key, "key", known));
                }
            };
            match value.get_ref().as_bool() {
                Some(on) => entry.modifiers.set(modifier, on),
                None => return Err(self.at(value, "true or false is expected here")),
            }
        }
        Ok(entry)
    }
}

fn paint(value: &DeValue<'_>) -> Option<Paint> {
    if let Some(number) = value.as_integer() {
        return u8::from_str_radix(number.as_str(), number.radix()).ok().map(Paint::Index);
    }
    value.as_str().and_then(Paint::parse)
}

fn ansi_hint(value: &Spanned<DeValue<'_>>) -> String {
    value
        .get_ref()
        .as_str()
        .map_or_else(String::new, |name| suggestion(name, ANSI_NAMES))
}

/// A problem of the theme's file.
pub(super) fn problem(name: &str, line: usize, what: &str) -> Problem {
    Problem::new(ProblemKind::Config, format!("theme {name}, line {line}: {what}"))
}

/// `did you mean x?` with the nearest known name, or nothing where none is near.
pub(super) fn suggestion<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(written, name), name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .map_or_else(String::new, |(_, name)| format!("did you mean `{name}`?"))
}
