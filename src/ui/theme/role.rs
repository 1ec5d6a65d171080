//! What a piece of text means. A theme says how that looks; nothing else may.

use ratatui::style::Modifier;

/// Declares the roles: the variant, its name in a theme file, and how it stays visible without colour.
macro_rules! roles {
    ($( $(#[$doc:meta])+ $role:ident $name:literal $mono:expr; )+) => {
        /// What a piece of text means.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum Role {
            #[default]
            $( $(#[$doc])+ $role, )+
        }

        impl Role {
            /// Every role, in the order of declaration.
            pub const ALL: &'static [Role] = &[$(Role::$role),+];

            /// Its name in a theme file.
            pub const fn name(self) -> &'static str {
                match self { $(Role::$role => $name),+ }
            }

            /// How it shows where there are no colours: a matter of meaning, so themes do not decide it.
            pub const fn mono(self) -> Modifier {
                match self { $(Role::$role => $mono),+ }
            }
        }
    };
}

const PLAIN: Modifier = Modifier::empty();
const BOLD: Modifier = Modifier::BOLD;
const DIM: Modifier = Modifier::DIM;
const UNDERLINED: Modifier = Modifier::UNDERLINED;
const REVERSED: Modifier = Modifier::REVERSED;

roles! {
    /// Ordinary text.
    Text "text" PLAIN;
    /// Less important: labels, units, old things.
    Muted "muted" DIM;
    /// Barely there: rules, empty states.
    Faint "faint" DIM;
    /// Titles and column heads.
    Title "title" BOLD;
    /// Names of things, keys that act.
    Accent "accent" BOLD;
    /// The border and title of the pane that has the focus.
    Focus "focus" BOLD;
    /// The selected row.
    Selected "selected" REVERSED;
    /// A marked row.
    Marked "marked" BOLD;
    /// What a search or filter matched.
    Match "match" UNDERLINED.union(BOLD);
    /// The one match that the search stands on.
    MatchFocus "match-focus" REVERSED.union(UNDERLINED);
    /// As it should be.
    Ok "ok" DIM;
    /// Finished, and well.
    Done "done" DIM;
    /// On its way.
    Busy "busy" PLAIN;
    /// Not as it should be.
    Warning "warning" UNDERLINED;
    /// Broken.
    Bad "bad" BOLD;
    /// Data that is no longer fresh.
    Stale "stale" DIM.union(UNDERLINED);
    /// The environment band of production in the header.
    BandGuarded "band-guarded" REVERSED.union(BOLD);
    /// The environment band of staging.
    BandConfirm "band-confirm" BOLD;
    /// The environment band of development.
    BandOpen "band-open" PLAIN;
    /// The header and footer lines.
    Bar "bar" PLAIN;
    /// A key in the footer or help.
    Key "key" BOLD;
    /// A key of a YAML document or describe.
    SyntaxKey "syntax-key" BOLD;
    /// A string in one.
    SyntaxText "syntax-text" PLAIN;
    /// A number, a truth value, a null.
    SyntaxNumber "syntax-number" PLAIN;
    /// Colons, dashes, brackets.
    SyntaxPunctuation "syntax-punctuation" DIM;
    /// A comment.
    SyntaxComment "syntax-comment" DIM;
    /// The first of several series or sources that are told apart by colour beside their names.
    Series1 "series-1" PLAIN;
    /// The second of them.
    Series2 "series-2" PLAIN;
    /// The third of them.
    Series3 "series-3" PLAIN;
    /// The fourth of them.
    Series4 "series-4" PLAIN;
    /// The fifth of them.
    Series5 "series-5" PLAIN;
    /// The sixth of them; then they begin again.
    Series6 "series-6" PLAIN;
}

impl Role {
    /// The role of the n-th of several series.
    pub fn series(n: usize) -> Self {
        const SERIES: [Role; 6] = [
            Role::Series1,
            Role::Series2,
            Role::Series3,
            Role::Series4,
            Role::Series5,
            Role::Series6,
        ];
        SERIES.get(n % SERIES.len()).copied().unwrap_or_default()
    }

    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The role of that name in a theme file.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }
}
