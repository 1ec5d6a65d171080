//! What is wrong with a page, by rule and line.

use std::fmt;

/// The rules of the format. Their numbers are stable: scripts and pages of other teams name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The page can be read as it is meant: it is text, every fence is closed, it is no larger than is read.
    Readable = 0,
    /// Front matter is valid, and typed as Runme wants it.
    Front = 1,
    /// Attributes parse, with Runme's own cut.
    Attributes = 2,
    /// Every attribute is one of the format's.
    KnownAttributes = 3,
    /// Names and anchors are there once.
    Unique = 4,
    /// A step has one block that runs, at most.
    OneBlock = 5,
    /// What changes something stands in Mitigation or Rollback.
    Placed = 6,
    /// An action is in the registry, and its text is that action.
    Registered = 7,
    /// A query is proven to read only.
    Proven = 8,
    /// A block that no shell runs says so to Runme.
    Ignored = 9,
    /// An action is left out of «run all», and says how it is confirmed.
    Guarded = 10,
    /// A wait has an end.
    Bounded = 11,
    /// Every variable is declared.
    Declared = 12,
    /// Every link leads somewhere.
    Linked = 13,
    /// Conditions can be read.
    Conditions = 14,
    /// PromQL can be read.
    PromQl = 15,
    /// The step that takes an action back is there, and does.
    Reversible = 16,
    /// Nothing that may lose data is reached by a mere «Pass».
    NoSlide = 17,
    /// What changes something is looked at afterwards.
    Verified = 18,
    /// Somebody has read the page lately.
    Reviewed = 19,
    /// Critical alerts lead to a page that is there.
    Alerted = 20,
    /// Every step leads on.
    Exits = 21,
}

impl Rule {
    /// Whether it is only a warning.
    pub fn is_warning(self) -> bool {
        matches!(
            self,
            Self::KnownAttributes | Self::Proven | Self::NoSlide | Self::Verified | Self::Reviewed | Self::Alerted | Self::Exits
        )
    }
}

/// `RB04`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RB{:02}", *self as u8)
    }
}

/// One thing that is wrong with a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// Counted from 1.
    pub line: usize,
    pub rule: Rule,
    /// A sentence without its full stop, harmless to print.
    pub text: String,
}

impl Flaw {
    pub fn new(line: usize, rule: Rule, text: impl AsRef<str>) -> Self {
        let text = crate::model::clean(text.as_ref());
        Self {
            line: line.max(1),
            rule,
            text: crate::model::shorten(&text, 300).into_owned(),
        }
    }
}

/// `12: RB04 text`, as it stands behind the file's name.
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.line, self.rule, self.text)
    }
}
