//! How many colours the terminal has, judged from the environment alone.
//!
//! Asking the terminal itself would cost a round trip over a slow line before the first frame, and
//! some terminals never answer.

/// How many colours may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Depth {
    /// 24 bits.
    #[default]
    True,
    /// The 256-colour table.
    Ansi256,
    /// The terminal's own sixteen.
    Ansi16,
    /// No colours; bold, dim, underline and reverse remain.
    None,
}

impl Depth {
    /// What a person writes: `truecolor`, `256`, `16`, `none` (or `mono`).
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "truecolor" | "truecolour" | "24bit" => Some(Self::True),
            "256" => Some(Self::Ansi256),
            "16" => Some(Self::Ansi16),
            "none" | "mono" => Some(Self::None),
            _ => None,
        }
    }

    /// Judges by `NO_COLOR`, `TERM`, `COLORTERM` and `TERM_PROGRAM`. `env` looks a variable up.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name| env(name).unwrap_or_default().to_ascii_lowercase();
        let term = get("TERM");
        if !get("NO_COLOR").is_empty() || is_colourless(&term) {
            return Self::None;
        }
        // These two cannot show 24 bits whatever the variables inherited from outside say.
        if term == "linux" {
            return Self::Ansi16;
        }
        if term.starts_with("screen") && get("TMUX").is_empty() {
            return Self::Ansi256;
        }
        let colorterm = get("COLORTERM");
        if matches!(colorterm.as_str(), "truecolor" | "24bit") || has_direct_colour(&term) || !get("WT_SESSION").is_empty() {
            return Self::True;
        }
        match get("TERM_PROGRAM").as_str() {
            "iterm.app" | "wezterm" | "ghostty" | "vscode" | "hyper" | "rio" | "tabby" | "warpterminal" => return Self::True,
            "apple_terminal" => return Self::Ansi256,
            _ => {}
        }
        if term.contains("256") || !colorterm.is_empty() {
            return Self::Ansi256;
        }
        Self::Ansi16
    }
}

fn is_colourless(term: &str) -> bool {
    matches!(term, "" | "dumb" | "unknown" | "ansi-m" | "xterm-mono")
        || term
            .strip_prefix("vt")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn has_direct_colour(term: &str) -> bool {
    term.ends_with("-direct")
        || term.contains("truecolor")
        || ["kitty", "alacritty", "wezterm", "foot", "ghostty", "contour"]
            .iter()
            .any(|name| term.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_get_the_colours_that_they_have() {
        use Depth::{Ansi16, Ansi256, None, True};
        let table: &[(&[(&str, &str)], Depth)] = &[
            (&[("TERM", "xterm-256color")], Ansi256),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "yes")], Ansi256),
            (&[("TERM", "xterm")], Ansi16),
            (&[("TERM", "xterm"), ("COLORTERM", "rxvt")], Ansi256),
            (&[("TERM", "linux"), ("COLORTERM", "truecolor")], Ansi16),
            (&[("TERM", "xterm-kitty")], True),
            (&[("TERM", "xterm-direct")], True),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], True),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], Ansi256),
            (&[("TERM", "xterm-256color"), ("WT_SESSION", "1")], True),
            (&[("TERM", "tmux-256color"), ("TERM_PROGRAM", "tmux")], Ansi256),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor"), ("TMUX", "/tmp/t")], True),
            (&[("TERM", "screen.xterm-256color"), ("COLORTERM", "truecolor")], Ansi256),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], None),
            (&[("TERM", "vt100")], None),
            (&[], None),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")], None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Ansi256),
        ];
        for (variables, depth) in table {
            let env = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string());
            assert_eq!(Depth::detect(env), *depth, "{variables:?}");
        }
    }
}
