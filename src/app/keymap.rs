//! Keys as people write them, and which command a key means in a view.

use std::collections::{BTreeMap, HashMap};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::{COMMANDS, Command, Place, Row};
use super::view::View;

/// One key press, normalised: shift is folded into the character, LF is Enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let mut key = Self {
            code: event.code,
            modifiers: event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT),
        };
        match key.code {
            // LF: what some session managers (AWS SSM) and `ctrl-j` send for Enter.
            KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => {
                key = Self {
                    code: KeyCode::Enter,
                    modifiers: KeyModifiers::NONE,
                }
            }
            KeyCode::Char(c) => {
                // Terminals disagree on whether shift is reported beside an upper-case letter.
                if key.modifiers.contains(KeyModifiers::SHIFT) && c.is_lowercase() {
                    key.code = KeyCode::Char(c.to_uppercase().next().unwrap_or(c));
                }
                key.modifiers -= KeyModifiers::SHIFT;
            }
            KeyCode::BackTab => {
                key = Self {
                    code: KeyCode::Tab,
                    modifiers: KeyModifiers::SHIFT,
                }
            }
            _ => {}
        }
        key
    }
}

impl Key {
    /// Reads a key as written in the configuration: `ctrl-s`, `shift-left`, `space`, `E`, `f5`, `?`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((head, tail)) = rest.split_once('-').filter(|(head, tail)| head.len() > 1 && !tail.is_empty()) {
            modifiers |= match head.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => KeyModifiers::CONTROL,
                "alt" | "meta" => KeyModifiers::ALT,
                "shift" => KeyModifiers::SHIFT,
                _ => return None,
            };
            rest = tail;
        }
        let code = match rest.to_ascii_lowercase().as_str() {
            "enter" | "return" => KeyCode::Enter,
            "esc" | "escape" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "space" => KeyCode::Char(' '),
            "backspace" => KeyCode::Backspace,
            "delete" | "del" => KeyCode::Delete,
            "insert" => KeyCode::Insert,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            "pageup" | "pgup" => KeyCode::PageUp,
            "pagedown" | "pgdn" => KeyCode::PageDown,
            other => match other
                .strip_prefix('f')
                .and_then(|n| n.parse().ok())
                .filter(|n| (1..=24).contains(n))
            {
                Some(n) => KeyCode::F(n),
                None => {
                    let mut chars = rest.chars();
                    match (chars.next(), chars.next()) {
                        (Some(c), None) => KeyCode::Char(c),
                        _ => return None,
                    }
                }
            },
        };
        let event = KeyEvent::new(code, modifiers);
        Some(if matches!(code, KeyCode::Char(_)) {
            Self::from(event)
        } else {
            Self { code, modifiers }
        })
    }

    /// The key as help and footer print it.
    pub fn label(self) -> String {
        let mut text = String::new();
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "ctrl-"),
            (KeyModifiers::ALT, "alt-"),
            (KeyModifiers::SHIFT, "shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                text.push_str(name);
            }
        }
        match self.code {
            KeyCode::Char(' ') => text.push_str("space"),
            KeyCode::Char(c) => text.push(c),
            KeyCode::F(n) => text.push_str(&format!("f{n}")),
            KeyCode::PageUp => text.push_str("pgup"),
            KeyCode::PageDown => text.push_str("pgdn"),
            code => text.push_str(&format!("{code:?}").to_ascii_lowercase()),
        }
        text
    }
}

/// Which keys mean which commands, after the configuration's overrides.
#[derive(Debug)]
pub struct Keymap {
    by_key: HashMap<Key, Vec<&'static Row>>,
    keys: HashMap<&'static str, Vec<Key>>,
}

impl Keymap {
    /// The default keys with overrides applied (command name → keys). Returns what could not be used, too:
    /// a bad line in the configuration must not take the other keys away.
    pub fn new(overrides: &BTreeMap<String, Vec<String>>) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut keys: HashMap<&'static str, Vec<Key>> = COMMANDS
            .iter()
            .map(|row| (row.name, row.keys.iter().filter_map(|k| Key::parse(k)).collect()))
            .collect();
        for (name, wanted) in overrides {
            let Some(row) = super::command::by_name(name) else {
                problems.push(format!("[keys] {name}: no such command"));
                continue;
            };
            let mut parsed = Vec::new();
            for text in wanted {
                match Key::parse(text) {
                    Some(key) => parsed.push(key),
                    None => problems.push(format!("[keys] {name}: {text:?} is not a key")),
                }
            }
            // A key given to a command is taken from whatever had it in the same place.
            for other in COMMANDS
                .iter()
                .filter(|other| other.name != row.name && other.place.overlaps(row.place))
            {
                if !overrides.contains_key(other.name)
                    && let Some(held) = keys.get_mut(other.name)
                {
                    held.retain(|key| !parsed.contains(key));
                }
            }
            keys.insert(row.name, parsed);
        }
        let mut by_key: HashMap<Key, Vec<&'static Row>> = HashMap::new();
        for row in COMMANDS {
            for key in keys.get(row.name).into_iter().flatten() {
                let rows = by_key.entry(*key).or_default();
                if let Some(other) = rows.iter().find(|other| other.place.overlaps(row.place)) {
                    problems.push(format!("[keys] {} means both {} and {}", key.label(), other.name, row.name));
                }
                rows.push(row);
            }
        }
        (Self { by_key, keys }, problems)
    }

    /// What a key means in a view; the narrower place wins over "anywhere".
    pub fn lookup(&self, key: Key, view: &View) -> Option<&'static Row> {
        let rows = self.by_key.get(&key)?;
        let fitting = || rows.iter().filter(|row| row.place.covers(view));
        fitting()
            .find(|row| row.place.is_narrow())
            .or_else(|| fitting().find(|row| row.place != Place::Anywhere))
            .or_else(|| fitting().next())
            .copied()
    }

    /// The keys of a command row, as help and footer print them.
    pub fn labels(&self, row: &Row) -> Vec<String> {
        self.keys.get(row.name).into_iter().flatten().map(|key| key.label()).collect()
    }

    /// The first key of a command in a place, for hints in sentences; else its `:name`.
    pub fn label(&self, command: Command) -> String {
        super::command::row_of(command)
            .map(|row| self.labels(row).into_iter().next().unwrap_or_else(|| format!(":{}", row.name)))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_they_are_written() {
        for text in ["ctrl-s", "shift-left", "space", "E", "f5", "?", "-", "ctrl--", "enter", "pgdn"] {
            let key = Key::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(Key::parse(&key.label()), Some(key), "{text}");
        }
        assert_eq!(Key::parse("shift-e"), Key::parse("E"), "shift is part of a letter");
        for text in ["", "ctrl-", "hyper-x", "abc", "f99"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_default_key_can_be_read() {
        for row in COMMANDS {
            for key in row.keys {
                assert!(Key::parse(key).is_some(), "{}: {key}", row.name);
            }
        }
        assert_eq!(Keymap::new(&BTreeMap::new()).1, Vec::<String>::new());
    }

    #[test]
    fn line_feed_counts_as_enter() {
        let event = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL);
        assert_eq!(Key::from(event).code, KeyCode::Enter);
    }

    #[test]
    fn an_override_takes_the_key_from_its_former_command_and_a_bad_one_is_reported() {
        let overrides = BTreeMap::from([
            ("describe".to_owned(), vec!["y".to_owned()]),
            ("nonsense".to_owned(), vec!["x".to_owned()]),
            ("yaml".to_owned(), vec!["hyper-q".to_owned()]),
        ]);
        let (keymap, problems) = Keymap::new(&overrides);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert_eq!(keymap.label(Command::Describe), "y");
        assert_eq!(keymap.label(Command::Yaml), ":yaml");
    }

    /// On AZERTY and QWERTZ keyboards `[ ] \ @ { } ~ |` need AltGr, which some terminals swallow; ctrl
    /// keys are taken by flow control, job control and multiplexers; F-keys and alt rarely pass.
    #[test]
    fn nothing_is_reachable_only_by_a_key_that_may_not_arrive() {
        // Every command has a name, and every name works in the palette: that is the other way for all
        // of them. The names must therefore be typable.
        for row in COMMANDS {
            assert!(row.name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit()));
        }
    }
}
