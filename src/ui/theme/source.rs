//! A theme with all its colours known, before the terminal's depth decides how they are shown.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use super::colour::{Paint, Rgb};
use super::load::{File, problem, read, suggestion};
use super::{Depth, Role};
use crate::model::{Problem, ProblemKind};

/// The themes that come with the program: name and text. The first is the default.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("deck", include_str!("../../../themes/deck.toml")),
    ("paper", include_str!("../../../themes/paper.toml")),
    ("contrast", include_str!("../../../themes/contrast.toml")),
    ("okabe", include_str!("../../../themes/okabe.toml")),
    ("midnight", include_str!("../../../themes/midnight.toml")),
];

/// A colour and what stands in for it where there are only sixteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Swatch {
    pub paint: Paint,
    pub ansi: Option<Paint>,
}

impl Default for Swatch {
    fn default() -> Self {
        Self {
            paint: Paint::Default,
            ansi: None,
        }
    }
}

/// A colour as a role names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Direct(Swatch),
    Named { name: String, line: usize },
}

/// A role as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub fg: Option<Reference>,
    pub bg: Option<Reference>,
    pub ansi: Option<Paint>,
    pub ansi_bg: Option<Paint>,
    pub modifiers: Modifier,
}

/// How one role looks, in colours as the theme wishes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub fg: Option<Swatch>,
    pub bg: Option<Swatch>,
    pub modifiers: Modifier,
}

/// A theme as loaded.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) background: Rgb,
    looks: [Look; Role::COUNT],
}

impl Source {
    /// Loads a theme: the user's file of that name if there is one (the caller reads it), else a built-in.
    ///
    /// # Errors
    /// There is no such theme, or its file has a mistake (the sentence names the line).
    pub fn load(name: &str, user_text: Option<&str>) -> Result<Self, Problem> {
        let built_in = built_in(name);
        let Some(text) = user_text.or(built_in) else {
            let known = BUILT_IN.map(|(name, _)| name);
            let hint = match suggestion(name, known) {
                none if none.is_empty() => format!("built in are {}", known.join(", ")),
                near => near,
            };
            return Err(Problem::new(ProblemKind::Config, format!("there is no theme `{name}`")).hint(hint));
        };
        let mut file = read(name, text)?;
        let base = match (file.base.take(), built_in) {
            // A built-in stands on its own.
            (None, Some(_)) if user_text.is_none() => return Self::resolve(name, &file, File::default()),
            (Some((base, line)), _) => self::built_in(&base).map(|text| (base.clone(), text)).ok_or_else(|| {
                let known = BUILT_IN.map(|(name, _)| name);
                problem(name, line, &format!("there is no built-in theme `{base}`")).hint(suggestion(&base, known))
            })?,
            (None, Some(text)) => (name.to_owned(), text),
            (None, None) => {
                let light = file.background.is_some_and(is_light);
                let base = if light { "paper" } else { "deck" };
                (base.to_owned(), self::built_in(base).unwrap_or_default())
            }
        };
        Self::resolve(name, &file, read(&base.0, base.1)?)
    }

    /// Whether it is made for terminals with a light background.
    pub fn is_light(&self) -> bool {
        is_light(self.background)
    }

    /// Puts the file over its base and looks its colours up.
    fn resolve(name: &str, file: &File, base: File) -> Result<Self, Problem> {
        let mut palette = base.palette;
        palette.extend(file.palette.iter().map(|(name, swatch)| (name.clone(), *swatch)));
        let mut looks = [Look::default(); Role::COUNT];
        for (role, entry) in base.roles.iter().chain(&file.roles) {
            if let Some(look) = looks.get_mut(*role as usize) {
                *look = Look {
                    fg: swatch(name, &palette, entry.fg.as_ref(), entry.ansi)?,
                    bg: swatch(name, &palette, entry.bg.as_ref(), entry.ansi_bg)?,
                    modifiers: entry.modifiers,
                };
            }
        }
        Ok(Self {
            background: file.background.or(base.background).unwrap_or_default(),
            looks,
        })
    }

    /// The style of a role on a terminal of this depth.
    pub(super) fn style(&self, role: Role, depth: Depth) -> Style {
        let look = self.looks.get(role as usize).copied().unwrap_or_default();
        let style = Style::new().add_modifier(look.modifiers);
        match depth {
            Depth::True => with(style, look.fg, look.bg, Swatch::in_full),
            Depth::Ansi256 => with(style, look.fg, look.bg, Swatch::in_256),
            // A background without a stand-in is left out: none of the sixteen is a subtle one.
            Depth::Ansi16 => match look.bg {
                // Reversed, each cell's colour would become a background of its own: one bar is calmer.
                Some(Swatch { ansi: None, .. }) if role.mono().contains(Modifier::REVERSED) => {
                    style.fg(Color::Reset).add_modifier(role.mono())
                }
                Some(Swatch { ansi: None, .. }) => with(style, look.fg, None, Swatch::in_16),
                bg => with(style, look.fg, bg, Swatch::in_16),
            },
            // What a theme adds for looks would blur what is left to tell meanings apart.
            Depth::None => Style::new().add_modifier(role.mono()),
        }
    }
}

fn is_light(background: Rgb) -> bool {
    background.luminance() > 0.4
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

fn swatch(
    theme: &str,
    palette: &BTreeMap<String, Swatch>,
    reference: Option<&Reference>,
    ansi: Option<Paint>,
) -> Result<Option<Swatch>, Problem> {
    let found = match reference {
        None => match ansi {
            // A colour for sixteen only: the others keep the terminal's.
            Some(_) => Swatch::default(),
            None => return Ok(None),
        },
        Some(Reference::Direct(swatch)) => *swatch,
        Some(Reference::Named { name, line }) => match (palette.get(name), Paint::parse(name)) {
            (Some(swatch), _) => *swatch,
            (None, Some(paint)) => Swatch { paint, ansi: None },
            (None, None) => {
                let text = format!("there is no colour `{name}` in the palette");
                return Err(problem(theme, *line, &text).hint(suggestion(name, palette.keys().map(String::as_str))));
            }
        },
    };
    Ok(Some(Swatch {
        ansi: ansi.or(found.ansi),
        ..found
    }))
}

fn with(style: Style, fg: Option<Swatch>, bg: Option<Swatch>, show: impl Fn(Swatch) -> Color) -> Style {
    let style = fg.map_or(style, |fg| style.fg(show(fg)));
    bg.map_or(style, |bg| style.bg(show(bg)))
}

impl Swatch {
    fn in_full(self) -> Color {
        match self.paint {
            Paint::Default => Color::Reset,
            Paint::Index(index) => index_colour(index),
            Paint::Rgb(Rgb(r, g, b)) => Color::Rgb(r, g, b),
        }
    }

    fn in_256(self) -> Color {
        match self.paint {
            Paint::Rgb(rgb) => index_colour(rgb.to_256()),
            _ => self.in_full(),
        }
    }

    fn in_16(self) -> Color {
        match self.ansi.unwrap_or(self.paint) {
            Paint::Default => Color::Reset,
            Paint::Index(index) => index_colour(Rgb::of_index(index).map_or(index, Rgb::to_16)),
            Paint::Rgb(rgb) => index_colour(rgb.to_16()),
        }
    }
}

/// The first sixteen by their names, because they have short control sequences of their own.
fn index_colour(index: u8) -> Color {
    match index {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        15 => Color::White,
        more => Color::Indexed(more),
    }
}
