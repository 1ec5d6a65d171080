//! Every theme file loads, covers all roles and stays readable; mistakes in a file are named by line.

use ratatui::style::{Color, Modifier, Style};

use super::colour::Rgb;
use super::load::read;
use super::*;

const DEPTHS: [Depth; 4] = [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None];

fn each_theme(mut check: impl FnMut(&str, &Source)) {
    for (name, _) in BUILT_IN {
        check(name, &Source::load(name, None).unwrap());
    }
}

#[test]
fn every_built_in_theme_names_every_role() {
    for (name, text) in BUILT_IN {
        let file = read(name, text).unwrap();
        for role in Role::ALL {
            assert_eq!(file.roles.iter().filter(|(r, _)| r == role).count(), 1, "{name}: {}", role.name());
        }
        assert!(file.background.is_some(), "{name}");
    }
}

#[test]
fn meanings_look_different_at_every_depth() {
    each_theme(|name, source| {
        for depth in DEPTHS {
            let theme = Theme::new(source, depth, Glyphs::Unicode);
            let roles = [
                Role::Text,
                Role::Ok,
                Role::Warning,
                Role::Bad,
                Role::Selected,
                Role::Match,
                Role::MatchFocus,
            ];
            for (i, a) in roles.iter().enumerate() {
                for b in &roles[i + 1..] {
                    assert_ne!(theme.style(*a), theme.style(*b), "{name} {depth:?}: {a:?} and {b:?} look the same");
                }
            }
        }
    });
}

#[test]
fn without_colours_there_are_none_and_meaning_remains() {
    each_theme(|name, source| {
        let theme = Theme::new(source, Depth::None, Glyphs::Ascii);
        for role in Role::ALL {
            let style = theme.style(*role);
            assert!(style.fg.is_none() && style.bg.is_none(), "{name}: {role:?}");
        }
        let has = |role, modifier| theme.style(role).add_modifier.contains(modifier);
        assert!(has(Role::Selected, Modifier::REVERSED), "{name}");
        assert!(has(Role::Bad, Modifier::BOLD), "{name}");
        assert!(has(Role::Match, Modifier::UNDERLINED), "{name}");
        assert!(has(Role::BandGuarded, Modifier::REVERSED), "{name}");
    });
}

#[test]
fn sixteen_colours_are_only_sixteen_and_never_the_same_on_the_same() {
    each_theme(|name, source| {
        let theme = Theme::new(source, Depth::Ansi16, Glyphs::Unicode);
        for role in Role::ALL {
            let style = theme.style(*role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{name}: {role:?} {colour:?}");
            }
            assert!(style.fg.is_none() || style.fg != style.bg, "{name}: {role:?}");
        }
        let selected = theme.style(Role::Selected);
        assert!(
            selected.bg.is_some() || selected.add_modifier.contains(Modifier::REVERSED),
            "{name}"
        );
    });
}

/// What a colour looks like; the terminal's own shades cannot be known.
fn rgb(colour: Option<Color>) -> Option<Rgb> {
    match colour? {
        Color::Rgb(r, g, b) => Some(Rgb(r, g, b)),
        Color::Indexed(index) => Rgb::of_index(index),
        _ => None,
    }
}

/// The WCAG contrast ratio of two colours, 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (a.luminance(), b.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What ordinary text of this role needs; nothing for lines and empty states.
fn needed(role: Role) -> f64 {
    match role {
        Role::Faint => 1.8,
        Role::Muted | Role::Done | Role::SyntaxPunctuation | Role::SyntaxComment => 3.0,
        _ => 4.5,
    }
}

#[test]
fn text_is_readable_on_every_background_that_the_theme_is_made_for() {
    each_theme(|name, source| {
        let extreme = if source.is_light() { Rgb(255, 255, 255) } else { Rgb(0, 0, 0) };
        for depth in [Depth::True, Depth::Ansi256] {
            let theme = Theme::new(source, depth, Glyphs::Unicode);
            for role in Role::ALL {
                let style = theme.style(*role);
                let Some(fg) = rgb(style.fg) else { continue };
                for ground in [source.background, extreme] {
                    let ratio = contrast(fg, rgb(style.bg).unwrap_or(ground));
                    assert!(
                        ratio >= needed(*role),
                        "{name} {depth:?}: {role:?} has {ratio:.2} on {ground:?}, needs {}",
                        needed(*role)
                    );
                }
            }
        }
    });
}

#[test]
fn the_selected_row_stands_out_and_its_cells_stay_readable() {
    each_theme(|name, source| {
        for depth in [Depth::True, Depth::Ansi256] {
            let theme = Theme::new(source, depth, Glyphs::Unicode);
            let selected = theme.style(Role::Selected);
            let ground = rgb(selected.bg).unwrap();
            assert!(
                contrast(ground, source.background) > 1.25,
                "{name} {depth:?}: the selection does not show"
            );
            for role in [Role::Text, Role::Ok, Role::Warning, Role::Bad, Role::Busy, Role::Muted, Role::Stale] {
                let fg = rgb(theme.style(role).patch(selected).fg).unwrap();
                let ratio = contrast(fg, ground);
                let needed = if role == Role::Text { 4.5 } else { 3.0 };
                assert!(ratio >= needed, "{name} {depth:?}: {role:?} has {ratio:.2} on the selected row");
            }
        }
    });
}

#[test]
fn text_of_dark_and_light_themes_uses_the_terminals_own_background() {
    each_theme(|name, source| {
        let theme = Theme::new(source, Depth::True, Glyphs::Unicode);
        for role in [
            Role::Text,
            Role::Muted,
            Role::Faint,
            Role::Title,
            Role::Ok,
            Role::Warning,
            Role::Bad,
            Role::SyntaxKey,
        ] {
            assert_eq!(theme.style(role).bg, None, "{name}: {role:?}");
        }
    });
}

#[test]
fn mistakes_are_named_by_line_with_a_suggestion() {
    let table = [
        (
            "[roles]\nbda = \"red\"\n",
            "theme mine, line 2: there is no role `bda`",
            "did you mean `bad`?",
        ),
        (
            "\n[roles]\nbad = { gf = 1 }\n",
            "theme mine, line 3: there is no key `gf`",
            "did you mean `fg`?",
        ),
        ("colours = 1\n", "theme mine, line 1: there is no key `colours`", ""),
        (
            "[palette]\na = \"#12\"\n",
            "theme mine, line 2: a colour is \"#rrggbb\", 0 to 255, \"default\" or an ANSI name",
            "",
        ),
        (
            "[palette]\na = 256\n",
            "theme mine, line 2: a colour is \"#rrggbb\", 0 to 255, \"default\" or an ANSI name",
            "",
        ),
        (
            "[palette]\na = { colour = 3, ansi = \"rde\" }\n",
            "theme mine, line 2: there is no ANSI colour `rde`",
            "did you mean `red`?",
        ),
        (
            "[roles]\n\nbad = \"corral\"\n",
            "theme mine, line 3: there is no colour `corral` in the palette",
            "did you mean `coral`?",
        ),
        (
            "[roles]\nbad = { bold = 1 }\n",
            "theme mine, line 2: true or false is expected here",
            "",
        ),
        (
            "base = \"dekc\"\n",
            "theme mine, line 1: there is no built-in theme `dekc`",
            "did you mean `deck`?",
        ),
        (
            "background = \"red\"\n",
            "theme mine, line 1: a background is written \"#rrggbb\"",
            "",
        ),
        ("roles = 1\n", "theme mine, line 1: a table is expected here", ""),
    ];
    for (text, sentence, hint) in table {
        let problem = Source::load("mine", Some(text)).unwrap_err();
        assert_eq!((&*problem.text, &*problem.hint), (sentence, hint), "{text}");
    }
    let broken = Source::load("mine", Some("[roles]\nbad = {\n")).unwrap_err();
    assert!(
        broken.text.starts_with("theme mine, line 2: ") || broken.text.starts_with("theme mine, line 3: "),
        "{broken}"
    );
    let unknown = Source::load("deckk", None).unwrap_err();
    assert_eq!(
        (&*unknown.text, &*unknown.hint),
        ("there is no theme `deckk`", "did you mean `deck`?")
    );
}

#[test]
fn a_users_file_goes_over_its_base() {
    let style = |name, text, role| Theme::load(name, Some(text), Depth::True, Glyphs::Unicode).unwrap().style(role);
    let base = |name, role| Theme::load(name, None, Depth::True, Glyphs::Unicode).unwrap().style(role);
    // One palette entry recolours every role that uses it; the rest stays.
    assert_eq!(
        style("mine", "[palette]\naccent = \"#010203\"\n", Role::Key),
        Style::new().fg(Color::Rgb(1, 2, 3))
    );
    assert_eq!(
        style("mine", "[palette]\naccent = \"#010203\"\n", Role::Bad),
        base("deck", Role::Bad)
    );
    // The base: named, by the file's own name, by the background.
    assert_eq!(style("mine", "base = \"okabe\"\n", Role::Bad), base("okabe", Role::Bad));
    assert_eq!(style("paper", "[roles]\nok = 77\n", Role::Bad), base("paper", Role::Bad));
    assert_eq!(style("mine", "background = \"#ffffff\"\n", Role::Bad), base("paper", Role::Bad));
    assert_eq!(style("paper", "[roles]\nok = 77\n", Role::Ok), Style::new().fg(Color::Indexed(77)));
    assert_eq!(
        style("mine", "[roles]\nok = \"bright-blue\"\n", Role::Ok),
        Style::new().fg(Color::LightBlue)
    );
}
