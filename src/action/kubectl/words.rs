//! A line as words, by the rules of a POSIX shell, without a shell.
//!
//! The crates for this (`shlex`, `shell-words`) give text alone. Here a word keeps its place in the line, and what a shell
//! would fill in stays apart from text that only looks like it (`'$POD'`); what a shell would do besides is refused.
//!
//! Read: quotes, backslashes, line continuations, comments, `$NAME`, `${NAME}`, and, outside of single quotes, `<name>`: what
//! documentation leaves to the reader to fill in. A shell would read a redirection there; nobody means one.

use std::ops::Range;

use super::super::{Piece, Word};
use super::Fault;

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned {
    pub word: Word,
    pub span: Range<usize>,
    /// Whether its beginning was filled in after the line was read: then it is no flag, whatever it begins with.
    pub filled: bool,
}

impl Spanned {
    pub fn new(word: impl Into<Word>, span: Range<usize>) -> Self {
        Self {
            word: word.into(),
            span,
            filled: false,
        }
    }

    /// Whether it is a flag, where one may stand. A lone `-` is none.
    ///
    /// # Errors
    ///
    /// A value that would become one: whoever filled it in did not mean that, or should not. A flag that is still to be filled in.
    pub fn is_flag(&self) -> Result<bool, Fault> {
        let looks = self.word.start().len() > 1 && self.word.start().starts_with('-');
        if self.word.is_open() && matches!(self.word.start(), "-" | "--") {
            let fault = Fault::new(self.span.clone(), format!("`{}` leaves open which flag it is", self.word.said()));
            return Err(fault.hint("only values can be left to fill in"));
        }
        match looks && self.filled {
            true => {
                let fault = Fault::new(
                    self.span.clone(),
                    format!("`{}` was filled in and would be a flag", self.word.said()),
                );
                Err(fault.hint("a value does not begin with a `-` here"))
            }
            false => Ok(looks),
        }
    }
}

/// Reads a line into its words.
///
/// # Errors
///
/// What is not closed, and whatever asks a shell for more than words.
pub fn split(line: &str) -> Result<Vec<Spanned>, Fault> {
    let mut reader = Reader { line, at: 0 };
    let mut words = Vec::new();
    loop {
        reader.space();
        match reader.peek() {
            None => return Ok(words),
            Some('\n' | '\r') if reader.rest().trim().is_empty() || words.is_empty() => reader.skip(1),
            Some('\n' | '\r') => {
                return Err(Fault::new(reader.at..reader.at + 1, "a second line starts here")
                    .hint("one command at a time; a line goes on after a \\ at its end"));
            }
            Some('#') => {
                let end = reader.rest().find('\n').unwrap_or(reader.rest().len());
                reader.skip(end);
            }
            Some(_) => words.push(reader.word()?),
        }
    }
}

struct Reader<'a> {
    line: &'a str,
    at: usize,
}

/// What a shell would do at a character that stands outside of quotes.
const OPERATORS: [(&str, &str, &str); 12] = [
    (
        "&&",
        "`&&` starts a second command",
        "one command at a time: give each its own line",
    ),
    (
        "||",
        "`||` starts a second command",
        "one command at a time: give each its own line",
    ),
    (
        "|",
        "`|` hands the output to another program",
        "qd reads the output itself: leave out what follows",
    ),
    (";", "`;` starts a second command", "one command at a time: give each its own line"),
    (
        "&",
        "`&` leaves the command running behind the shell",
        "leave it out: what goes on has a place of its own in qd",
    ),
    (">>", "`>>` writes the output into a file", "qd keeps the output: leave it out"),
    (">", "`>` writes the output into a file", "qd keeps the output: leave it out"),
    ("<<", "`<<` reads text from the lines below", "give the text in a file"),
    ("<(", "`<( )` runs another command", "write its output here"),
    (
        "<",
        "`<` reads from a file",
        "something to fill in is one word, as in <pod-name>; text goes in quotes",
    ),
    ("(", "`(` starts a shell of its own", "put the text in quotes"),
    (")", "`)` ends nothing", "put the text in quotes"),
];

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Blanks, and line ends behind a backslash.
    fn space(&mut self) {
        loop {
            match self.continuation() {
                Some(length) => self.skip(length),
                None if matches!(self.peek(), Some(' ' | '\t')) => self.skip(1),
                None => return,
            }
        }
    }

    /// The length of a backslash and the line end behind it.
    fn continuation(&self) -> Option<usize> {
        ["\\\r\n", "\\\n"]
            .iter()
            .find(|mark| self.rest().starts_with(**mark))
            .map(|mark| mark.len())
    }

    fn word(&mut self) -> Result<Spanned, Fault> {
        let start = self.at;
        let mut word = Word::default();
        let text = |c: char| Piece::Text(c.to_string());
        while let Some(c) = self.peek() {
            if let Some(length) = self.continuation() {
                self.skip(length);
                continue;
            }
            match c {
                ' ' | '\t' | '\n' | '\r' => break,
                '\'' => {
                    let open = self.at;
                    self.skip(1);
                    let Some(end) = self.rest().find('\'') else {
                        return Err(unclosed(open, "'"));
                    };
                    let inside = self.rest().get(..end).unwrap_or_default().to_owned();
                    word.push(Piece::Text(checked(inside, open + 1)?));
                    self.skip(end + 1);
                }
                '"' => self.double(&mut word)?,
                '\\' => {
                    let open = self.at;
                    self.skip(1);
                    match self.next() {
                        Some(c) => word.push(Piece::Text(checked(c.to_string(), open + 1)?)),
                        None => {
                            return Err(
                                Fault::new(open..open + 1, "nothing follows the `\\`").hint("leave it out, or write the line that goes on")
                            );
                        }
                    }
                }
                '$' => word.push(self.dollar()?),
                '`' => return Err(self.substitution("`")),
                '<' if self.blank().is_some() => word.push(self.take_blank()),
                '{' => {
                    self.braces()?;
                    word.push(text(c));
                    self.skip(1);
                }
                c => {
                    if let Some((mark, message, hint)) = OPERATORS.iter().find(|(mark, ..)| self.rest().starts_with(mark)) {
                        return Err(Fault::new(self.at..self.at + mark.len(), *message).hint(*hint));
                    }
                    word.push(Piece::Text(checked(c.to_string(), self.at)?));
                    self.skip(c.len_utf8());
                }
            }
        }
        Ok(Spanned::new(word, start..self.at))
    }

    /// What stands in double quotes.
    fn double(&mut self, word: &mut Word) -> Result<(), Fault> {
        let open = self.at;
        self.skip(1);
        loop {
            match self.peek() {
                None => return Err(unclosed(open, "\"")),
                Some('"') => {
                    self.skip(1);
                    return Ok(());
                }
                Some('\\') => match self.continuation() {
                    Some(length) => self.skip(length),
                    None => {
                        self.skip(1);
                        match self.peek() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => {
                                word.push(Piece::Text(c.to_string()));
                                self.skip(1);
                            }
                            _ => word.push(Piece::Text("\\".to_owned())),
                        }
                    }
                },
                Some('$') => word.push(self.dollar()?),
                Some('`') => return Err(self.substitution("`")),
                Some('<') if self.blank().is_some() => word.push(self.take_blank()),
                Some(c) => {
                    word.push(Piece::Text(checked(c.to_string(), self.at)?));
                    self.skip(c.len_utf8());
                }
            }
        }
    }

    /// The length of a `<name>` that starts here.
    fn blank(&self) -> Option<usize> {
        let inside = self.rest().strip_prefix('<')?;
        let (name, _) = inside.split_once('>')?;
        is_blank(name).then_some(name.len() + 2)
    }

    fn take_blank(&mut self) -> Piece {
        let length = self.blank().unwrap_or(2);
        let name = self.rest().get(1..length - 1).unwrap_or_default().to_owned();
        self.skip(length);
        Piece::Blank(name)
    }

    /// `$NAME`, `${NAME}`, or a dollar that is only one.
    fn dollar(&mut self) -> Result<Piece, Fault> {
        let start = self.at;
        if self.rest().starts_with("$(") {
            return Err(self.substitution("$("));
        }
        self.skip(1);
        if let Some(inside) = self.rest().strip_prefix('{') {
            let Some((name, _)) = inside.split_once('}') else {
                return Err(unclosed(start, "${"));
            };
            let end = start + name.len() + 3;
            if !is_name(name) {
                let message = format!("`{}` is more than a variable", self.line.get(start..end).unwrap_or_default());
                return Err(Fault::new(start..end, message).hint("a variable is written $NAME or ${NAME}"));
            }
            let name = name.to_owned();
            self.at = end;
            return Ok(Piece::Variable(name));
        }
        let length = self
            .rest()
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest().len());
        let name = self.rest().get(..length).unwrap_or_default().to_owned();
        if is_name(&name) {
            self.skip(length);
            return Ok(Piece::Variable(name));
        }
        if let Some(c) = self.peek().filter(|c| c.is_ascii_digit() || "?$!@*#-".contains(*c)) {
            let fault = Fault::new(start..self.at + c.len_utf8(), format!("`${c}` is known to a shell alone"));
            return Err(fault.hint("a variable is written $NAME; a dollar that is meant goes in single quotes"));
        }
        if matches!(self.peek(), Some('\'' | '"')) {
            return Err(Fault::new(start..self.at + 1, "`$` before a quote is known to some shells alone").hint("leave the `$` out"));
        }
        Ok(Piece::Text("$".to_owned()))
    }

    /// The fault of a command in a command.
    fn substitution(&self, mark: &str) -> Fault {
        let said = if mark == "`" {
            "a back-tick".to_owned()
        } else {
            format!("`{mark}`")
        };
        let fault = Fault::new(self.at..self.at + mark.len(), format!("{said} runs another command"));
        fault.hint("write its output here, or a variable such as $POD")
    }

    /// Refuses `{a,b}` and `{1..3}`, which some shells make several words of.
    fn braces(&self) -> Result<(), Fault> {
        let end = self.rest().find(|c: char| c.is_whitespace() || "}'\"".contains(c));
        let Some(inside) = end
            .and_then(|end| self.rest().get(..end))
            .filter(|inside| self.rest()[inside.len()..].starts_with('}'))
        else {
            return Ok(());
        };
        let range = inside.get(1..).and_then(|inside| inside.split_once(".."));
        if inside.contains(',') || range.is_some_and(|(from, to)| !from.is_empty() && !to.is_empty() && !from.contains(['.', '['])) {
            let fault = Fault::new(self.at..self.at + inside.len() + 1, "a shell makes several words of this");
            return Err(fault.hint("write the words, or put the text in single quotes"));
        }
        Ok(())
    }
}

/// Whether a shell takes this for the name of a variable.
fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether this between `<` and `>` is something to be filled in.
pub(in crate::action) fn is_blank(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c))
}

fn unclosed(open: usize, mark: &str) -> Fault {
    Fault::new(open..open + mark.len(), format!("`{mark}` is not closed")).hint("the other half of it is missing")
}

/// Text without the characters that steer a terminal.
fn checked(text: String, at: usize) -> Result<String, Fault> {
    match text.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some((i, c)) => Err(Fault::new(at + i..at + i + c.len_utf8(), "a control character cannot be part of a word").hint("leave it out")),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        split(line).unwrap().iter().map(|w| w.word.to_string()).collect()
    }

    #[test]
    fn words_are_what_a_shell_makes_of_them() {
        for (line, expected) in [
            ("a  b\tc\n", &["a", "b", "c"] as &[&str]),
            ("a \\\n  b", &["a", "b"]),
            ("a\\\nb", &["ab"]),
            ("'a b'c\"d e\"", &["'a bcd e'"]),
            ("\"a\\\"b\\x\"", &["'a\"b\\x'"]),
            ("a\\ b", &["'a b'"]),
            ("''", &["''"]),
            ("a # b | c", &["a"]),
            ("a#b", &["'a#b'"]),
            ("$POD ${POD} \"$POD\" '$POD'", &["\"$POD\"", "\"$POD\"", "\"$POD\"", "'$POD'"]),
            ("<pod-name> \"<pod>\" '<pod>'", &["<pod-name>", "<pod>", "'<pod>'"]),
            ("deploy/$NAME-x", &["\"deploy/${NAME}-x\""]),
            ("a$ $", &["'a$'", "'$'"]),
            ("{.items[*].metadata.name}", &["'{.items[*].metadata.name}'"]),
            ("{..name}", &["'{..name}'"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let spans: Vec<_> = split(" é 'a b' c").unwrap().into_iter().map(|w| w.span).collect();
        assert_eq!(spans, [1..3, 4..9, 10..11]);
    }

    proptest! {
        #[test]
        fn text_in_words_is_what_another_reader_reads(texts in prop::collection::vec("[ -~é\n\t]{0,12}", 0..5)) {
            let line: Vec<String> = texts.iter().map(|t| Word::from(t.as_str()).to_string()).collect();
            let line = line.join(" ");
            prop_assert_eq!(shlex::split(&line), Some(texts.clone()));
            let read: Vec<Word> = split(&line).unwrap().into_iter().map(|w| w.word).collect();
            prop_assert_eq!(read, texts.iter().map(|t| Word::from(t.as_str())).collect::<Vec<_>>());
        }

        #[test]
        fn no_text_breaks_the_reader(line in "\\PC{0,80}") {
            if let Err(fault) = split(&line) {
                prop_assert!(line.get(fault.span).is_some());
            }
        }
    }
}
