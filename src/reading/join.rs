//! Whether a line goes on with the one before: the frames of a stack trace, its causes, the body of a pretty object.
//!
//! A [`Join`] per source reads its lines in order. What opens an entry decides what may follow it: after a line that
//! says it is an error come frames and causes, after `panic:` come goroutines, after a lone `{` comes all up to its `}`.
//! A line of its own (with a level, or not indented) always ends the entry: a wrong join hides a line, a missing one
//! only shows it as its own row.

use super::Level;
use super::level::level;
use super::level::words::{beginning, is_exception};

/// The most lines of one entry. Java cuts its traces at 1,024 frames.
const MOST: u16 = 1_200;

/// Whether the second line goes on with the first, which began an entry.
pub fn continues(before: &str, line: &str) -> bool {
    let mut join = Join::default();
    join.next(before);
    join.next(line)
}

/// Joins the lines of one source, in the order they were written.
#[derive(Clone, Debug, Default)]
pub struct Join {
    entry: Entry,
    /// How bad the line that began the entry is.
    level: Level,
    lines: u16,
}

/// What the entry that is being read may still hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Entry {
    /// A line like any other.
    #[default]
    Plain,
    /// Python, after `Traceback`; its frames are indented, its last line is not.
    Traceback,
    /// Python, after the exception that ends a traceback.
    Raised,
    /// Go, after `panic:`.
    Goroutines,
    /// Rust, after `panicked at`: the next line is its message.
    Panicked,
    /// Rust, after that.
    Backtrace,
    /// A brace or bracket stands open at the end of a line.
    Open,
}

impl Join {
    /// Whether this line goes on with the entry of the lines before. Lines that do not begin a new entry.
    pub fn next(&mut self, line: &str) -> bool {
        self.next_of(line, None)
    }

    /// Like [`Join::next`], where the level of the line is already known.
    pub fn next_leveled(&mut self, line: &str, level: Level) -> bool {
        self.next_of(line, Some(level))
    }

    /// Whether the entry may go on, so that its last line is not yet known to be its last.
    pub fn is_open(&self) -> bool {
        self.lines > 0 && (self.entry != Entry::Plain || self.level >= Level::Error)
    }

    fn next_of(&mut self, line: &str, known: Option<Level>) -> bool {
        if self.lines > 0
            && self.lines < MOST
            && let Some(entry) = self.follow(line, known)
        {
            self.entry = entry;
            self.lines += 1;
            return true;
        }
        self.level = known.unwrap_or_else(|| level(line));
        self.entry = opening(line);
        // Nothing goes on with an empty line.
        self.lines = u16::from(!line.trim().is_empty());
        false
    }

    /// What the entry is after this line, if the line belongs to it.
    fn follow(&self, line: &str, known: Option<Level>) -> Option<Entry> {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if text.is_empty() {
            // Go and Python leave a line empty within their traces.
            return matches!(self.entry, Entry::Goroutines | Entry::Raised | Entry::Open).then_some(self.entry);
        }
        if indent > 0 {
            return self.follow_indented(line, text, indent, known);
        }
        match self.entry {
            Entry::Traceback if is_exception(line.as_bytes()) || is_raised(line) => return Some(Entry::Raised),
            Entry::Traceback | Entry::Raised if line.starts_with("Traceback (most recent call last)") => return Some(Entry::Traceback),
            Entry::Traceback | Entry::Raised if is_chained(line) => return Some(Entry::Raised),
            Entry::Goroutines if is_go(line) => return Some(self.entry),
            Entry::Panicked => return Some(Entry::Backtrace),
            Entry::Backtrace if line.starts_with("note: ") || line.starts_with("stack backtrace:") => return Some(self.entry),
            Entry::Open if is_closing(line) => return Some(if opens(line) { Entry::Open } else { Entry::Plain }),
            _ => {}
        }
        let error = self.level >= Level::Warn;
        if line.starts_with("Caused by: ") || line.starts_with("Suppressed: ") || is_more(line) {
            return Some(Entry::Plain);
        }
        // The trace of what a logger has just said.
        if error && line.starts_with("Traceback (most recent call last)") {
            return Some(Entry::Traceback);
        }
        if error && self.entry == Entry::Plain && is_trace(line) {
            return Some(Entry::Plain);
        }
        None
    }

    fn follow_indented(&self, line: &str, text: &str, indent: usize, known: Option<Level>) -> Option<Entry> {
        let after = if opens(line) {
            Entry::Open
        } else if text.starts_with("Traceback (most recent call last)") {
            Entry::Traceback
        } else if self.entry == Entry::Panicked {
            Entry::Backtrace
        } else {
            self.entry
        };
        if is_frame(text) || matches!(self.entry, Entry::Traceback | Entry::Goroutines | Entry::Backtrace | Entry::Open) {
            return Some(after);
        }
        // Text that was wrapped: the SQL of Postgres, the messages of .NET. A line with a level of its own is none.
        let wrapped = indent >= 2 && self.level != Level::Unknown;
        let own = || known.unwrap_or_else(|| level(line)) != Level::Unknown && beginning(text.as_bytes()) == Level::Unknown;
        (wrapped && !own()).then_some(after)
    }
}

/// What a line that begins an entry lets follow.
fn opening(line: &str) -> Entry {
    if line.starts_with("Traceback (most recent call last)") {
        Entry::Traceback
    } else if line.starts_with("panic: ") || line.starts_with("fatal error: ") || is_goroutine(line) {
        Entry::Goroutines
    } else if line.starts_with("thread '") && line.contains("' panicked at ") {
        if line.ends_with(':') { Entry::Panicked } else { Entry::Backtrace }
    } else if opens(line) {
        Entry::Open
    } else {
        Entry::Plain
    }
}

/// A line of a trace, without its indentation: Java, Node and .NET (`at …`), Python (`File "…"`), Ruby (`from …`).
fn is_frame(text: &str) -> bool {
    text.starts_with("at ")
        || text.starts_with("File \"")
        || text.starts_with("from ") && text.contains(':')
        || text.starts_with("--- End of ")
        || text.starts_with("---> ")
        || text.starts_with("Caused by: ")
        || text.starts_with("Suppressed: ")
        || text.starts_with("[CIRCULAR REFERENCE")
        || is_more(text)
}

/// `... 12 more`, `... 8 common frames omitted`.
fn is_more(text: &str) -> bool {
    text.strip_prefix("... ").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && (rest.ends_with(" more") || rest.ends_with("omitted") || rest.contains(" lines matching"))
    })
}

/// What follows an error at the beginning of a line: the exception's name, a frame that is not indented.
fn is_trace(line: &str) -> bool {
    let qualified = |line: &str| line.split(':').next().is_some_and(|name| name.contains('.'));
    is_exception(line.as_bytes()) && qualified(line)
        || line.starts_with("at ") && line.contains('(')
        || line.starts_with("Stack trace:")
        || line.starts_with("stack trace:")
        || line.starts_with('#') && line.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        || is_ruby_frame(line)
}

/// `app/models/order.rb:12:in 'total'`.
fn is_ruby_frame(line: &str) -> bool {
    line.split_once(".rb:")
        .is_some_and(|(path, rest)| !path.contains(' ') && rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(":in "))
}

/// The last line of a traceback need not end in `Error`: `redis.exceptions.Timeout: …`, `SystemExit: 1`, `KeyboardInterrupt`.
fn is_raised(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
}

/// What stands between the tracebacks of exceptions that led to each other.
fn is_chained(line: &str) -> bool {
    line.starts_with("During handling of the above exception") || line.starts_with("The above exception was the direct cause")
}

fn is_goroutine(line: &str) -> bool {
    line.strip_prefix("goroutine ")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.ends_with("]:"))
}

/// Lines of a Go crash that are not indented: `goroutine 1 [running]:`, `main.(*Server).run(0x1)`, `created by …`, registers.
fn is_go(line: &str) -> bool {
    let call = line.ends_with(')')
        && line
            .split('(')
            .next()
            .is_some_and(|path| !path.is_empty() && path.contains('.') && !path.contains(' '));
    let register = || {
        let mut words = line.split_whitespace();
        matches!((words.next(), words.next(), words.next()), (Some(name), Some(value), None) if name.len() <= 6 && value.starts_with("0x"))
    };
    is_goroutine(line)
        || call
        || line.starts_with("created by ")
        || line.starts_with("[signal ")
        || line.starts_with("panic: ")
        || line.starts_with("runtime stack:")
        || line.starts_with("...additional frames elided")
        || line.starts_with("exit status ")
        || register()
}

/// Whether a line leaves a brace or bracket open for the lines after it: `{`, `options: {`, `    at f (x.js:1:2) {`.
fn opens(line: &str) -> bool {
    let line = line.trim_end();
    match line.as_bytes() {
        [b'{' | b'['] => true,
        // What is written in one line, and was cut, ends so by accident; a key or a blank before it is a choice.
        [.., b' ' | b':', b'{' | b'['] => line.len() < 400,
        [.., b'(' | b'[' | b'{', b'{'] => true,
        _ => false,
    }
}

/// Whether a line at the margin closes what was open: `}`, `]);`, `},`.
fn is_closing(line: &str) -> bool {
    line.starts_with(['}', ']', ')']) && line.len() <= 40
}

#[cfg(test)]
mod tests;
