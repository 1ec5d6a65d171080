//! Conditions of a page: `exit == 0`, `DB_STATUS =~ '^(rebooting|modifying)$'`, `value > 80% && !(series == 0)`.
//!
//! They have three answers. Where there is no data (an empty result, text where a number is meant) a condition is neither true
//! nor false, and nobody may take that for 0.

mod eval;
mod read;

pub use eval::{Seen, Series, Truth};

/// A condition, and as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    text: String,
    pub(super) tree: Tree,
}

/// How it is put together.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Any(Vec<Tree>),
    All(Vec<Tree>),
    Not(Box<Tree>),
    Compare(Compare),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compare {
    pub left: Name,
    pub op: Op,
    pub right: Literal,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Exit,
    Stdout,
    Stderr,
    Lines,
    Milliseconds,
    Value,
    Min,
    Max,
    Average,
    Series,
    Age,
    Status,
    /// A path into a JSON document.
    Json(Vec<String>),
    Variable(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Matches,
    MatchesNot,
    Contains,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number { number: f64, unit: Unit },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    None,
    Milliseconds,
    /// So many seconds.
    Seconds(u32),
    Percent,
    /// So many bytes.
    Bytes(u64),
}

impl Condition {
    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variables that it looks at.
    pub fn variables(&self) -> Vec<&str> {
        let mut all = Vec::new();
        self.tree.each(&mut |compare| {
            if let Name::Variable(name) = &compare.left {
                all.push(name.as_str());
            }
        });
        all
    }

    /// The regular expressions in it that are none. They are not compiled when a page is read: that costs more than all the rest.
    pub fn bad_patterns(&self) -> Vec<String> {
        let mut bad = Vec::new();
        self.tree.each(&mut |compare| {
            if let (Op::Matches | Op::MatchesNot, Literal::Text(pattern)) = (compare.op, &compare.right)
                && eval::pattern(pattern).is_none()
            {
                bad.push(pattern.clone());
            }
        });
        bad
    }
}

impl Tree {
    fn each<'a>(&'a self, look: &mut impl FnMut(&'a Compare)) {
        match self {
            Self::Any(all) | Self::All(all) => all.iter().for_each(|tree| tree.each(look)),
            Self::Not(tree) => tree.each(look),
            Self::Compare(compare) => look(compare),
        }
    }
}
