//! The part of a large file that is kept: which one is wanted, and what is told of it.

use std::sync::Arc;

/// Another part of a file than the one that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    pub place: Place,
    /// Tells one question from the same one asked again.
    pub turn: u32,
}

/// Where in a file. Lines are counted from zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Around this line.
    Line(u64),
    /// At the end, and on as it grows.
    End,
    /// Around the first line that was written at this time (nanoseconds since 1970) or later.
    Time(i64),
    /// Around the next line of a sort.
    Next(Next),
}

/// The next line of a sort.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Next {
    /// Each of them has to be so.
    pub sought: Vec<Sought>,
    /// The line that one looks from, which is itself looked at last, if at all.
    pub from: u64,
    pub forward: bool,
    /// Beyond the end of the file one begins again at the other.
    pub around: bool,
}

/// A sort of lines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sought {
    /// What a pattern means, as it was typed.
    Pattern(Arc<str>),
    /// Errors by their own account.
    Error,
}

/// News of a file of which only a part is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowFact {
    /// How many lines the file has by now.
    Lines { total: u64 },
    /// The lines are being counted; so far has that come (percent).
    Counting { percent: u8 },
    /// The lines that were told have numbers now: the first of the file's last part has this one.
    Counted { first: u64, total: u64 },
    /// The lines from here on take the place of those that are kept, once all of them are there. Without a number it
    /// is the file's last part, and not counted yet.
    Begin { first: Option<u64> },
    /// All of them are there: what was asked, and the line that was meant by it; none where there is no such line.
    Complete { answer: Option<Ask>, line: Option<u64> },
    /// Nothing comes of what was begun, or nothing was found: what is kept stays.
    Kept { answer: Option<Ask> },
    /// The file is looked through for what was asked; so far has that come (percent).
    Seeking { percent: u8 },
    /// Another file stands there now, or it was cut: what is kept is of the one before.
    Anew,
}
