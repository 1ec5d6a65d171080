//! Semantic roles and the themes that give them colours: the only place where colours and glyphs are named.

/// What a piece of text means. A theme says how that looks; nothing else may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Text,
    /// Less important: labels, units, old things.
    Muted,
    /// Barely there: rules, empty states.
    Faint,
    /// Titles and column heads.
    Title,
    /// Names of things, keys that act.
    Accent,
    /// The border and title of the pane that has the focus.
    Focus,
    /// The selected row.
    Selected,
    /// A marked row.
    Marked,
    /// What a search or filter matched.
    Match,
    /// As it should be.
    Ok,
    /// Finished, and well.
    Done,
    /// On its way.
    Busy,
    /// Not as it should be.
    Warning,
    /// Broken.
    Bad,
    /// Data that is no longer fresh.
    Stale,
    /// The environment band of production / staging / development in the header.
    BandGuarded,
    BandConfirm,
    BandOpen,
    /// The header and footer lines.
    Bar,
    /// A key in the footer or help.
    Key,
    /// YAML and describe: key, string, number, punctuation.
    SyntaxKey,
    SyntaxText,
    SyntaxNumber,
    SyntaxPunctuation,
}
