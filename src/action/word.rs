//! A word of a command line: text, and the places in it that are still to be filled in.

use std::fmt;

/// One word: the pieces it is put together from.
///
/// Two texts never stand side by side and no text is empty, so that equal words compare equal: use [`Word::of`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Word(Vec<Piece>);

/// A part of a [`Word`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Text that means itself, whatever a shell would make of it.
    Text(String),
    /// `$NAME` or `${NAME}`; the name alone.
    Variable(String),
    /// `<name>`, as documentation writes what the reader has to fill in; the name alone.
    Blank(String),
}

impl Word {
    /// The word of these pieces.
    pub fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut word = Self::default();
        for piece in pieces {
            word.push(piece);
        }
        word
    }

    /// The word of one `$NAME`.
    pub fn variable(name: &str) -> Self {
        Self(vec![Piece::Variable(name.to_owned())])
    }

    /// The word of one `<name>`.
    pub fn blank(name: &str) -> Self {
        Self(vec![Piece::Blank(name.to_owned())])
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Adds to the end.
    pub(super) fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, Piece::Text(text)) if text.is_empty() => {}
            (_, piece) => self.0.push(piece),
        }
    }

    /// The text, where nothing is left to fill in.
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether something is left to fill in.
    pub fn is_open(&self) -> bool {
        self.0.iter().any(|piece| !matches!(piece, Piece::Text(_)))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text at the start, up to the first thing to be filled in.
    pub fn start(&self) -> &str {
        match self.0.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// The text at the end, after the last thing to be filled in.
    pub fn end(&self) -> &str {
        match self.0.last() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether this stands in its text. What is filled in later does not count.
    pub fn contains(&self, mark: char) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(mark)))
    }

    /// What stands before and after the first such mark in its text.
    pub fn split_once(&self, mark: char) -> Option<(Self, Self)> {
        let found = |piece: &Piece| match piece {
            Piece::Text(text) => text.split_once(mark).map(|(a, b)| (a.to_owned(), b.to_owned())),
            _ => None,
        };
        let (at, (left, right)) = self.0.iter().enumerate().find_map(|(i, piece)| Some((i, found(piece)?)))?;
        let before = self.0.iter().take(at).cloned().chain([Piece::Text(left)]);
        let after = [Piece::Text(right)].into_iter().chain(self.0.iter().skip(at + 1).cloned());
        Some((Self::of(before), Self::of(after)))
    }

    /// The parts between such marks in its text; one where there is none.
    pub fn split(&self, mark: char) -> Vec<Self> {
        let (mut parts, mut rest) = (Vec::new(), self.clone());
        while let Some((part, after)) = rest.split_once(mark) {
            parts.push(part);
            rest = after;
        }
        parts.push(rest);
        parts
    }

    /// The word without this text at its start.
    pub fn strip_prefix(&self, prefix: &str) -> Option<Self> {
        let rest = self.start().strip_prefix(prefix)?.to_owned();
        let skipped = usize::from(!self.start().is_empty());
        Some(Self::of(
            [Piece::Text(rest)].into_iter().chain(self.0.iter().skip(skipped).cloned()),
        ))
    }

    /// The word without this text at its end.
    pub fn strip_suffix(&self, suffix: &str) -> Option<Self> {
        let rest = self.end().strip_suffix(suffix)?.to_owned();
        let kept = self.0.len() - usize::from(!self.end().is_empty());
        Some(Self::of(self.0.iter().take(kept).cloned().chain([Piece::Text(rest)])))
    }

    /// The words with something between them.
    pub fn join<'a>(words: impl IntoIterator<Item = &'a Self>, between: &str) -> Self {
        let mut all = Self::default();
        for (i, word) in words.into_iter().enumerate() {
            if i > 0 {
                all.push(Piece::Text(between.to_owned()));
            }
            all.extend(word);
        }
        all
    }

    /// Adds another word's pieces to the end.
    pub(super) fn extend(&mut self, other: &Self) {
        other.0.iter().for_each(|piece| self.push(piece.clone()));
    }

    /// As it is spoken of in a sentence: without quotes.
    pub fn said(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Variable(name) => format!("${name}"),
            Piece::Blank(name) => format!("<{name}>"),
        };
        self.0.iter().map(piece).collect()
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::of([Piece::Text(text.to_owned())])
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::of([Piece::Text(text)])
    }
}

/// Text that every shell leaves as it is.
fn is_bare(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c))
}

/// Text in single quotes; a single quote itself stands outside of them, behind a backslash.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// As a shell reads it back: quoted where it must be. A variable stands in double quotes, so that a value with spaces
/// would stay one word in a shell, too. `<name>` stays bare: a shell refuses it, which is what should happen.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(last) = self.0.len().checked_sub(1) else {
            return f.write_str("''");
        };
        // zsh reads a word that starts with `=` as the path of a program.
        if let Some(text) = self.plain() {
            return match is_bare(text) && !text.starts_with('=') {
                true => f.write_str(text),
                false => f.write_str(&quoted(text)),
            };
        }
        let has_variable = self.0.iter().any(|piece| matches!(piece, Piece::Variable(_)));
        let one_quote = has_variable
            && self
                .0
                .iter()
                .all(|piece| !matches!(piece, Piece::Text(text) if text.contains(|c: char| "\"\\$`!<".contains(c))));
        if one_quote {
            f.write_str("\"")?;
            for (i, piece) in self.0.iter().enumerate() {
                match piece {
                    Piece::Text(text) => f.write_str(text)?,
                    Piece::Variable(name) if i == last => write!(f, "${name}")?,
                    Piece::Variable(name) => write!(f, "${{{name}}}")?,
                    Piece::Blank(name) => write!(f, "<{name}>")?,
                }
            }
            return f.write_str("\"");
        }
        for piece in &self.0 {
            match piece {
                Piece::Text(text) if is_bare(text) => f.write_str(text)?,
                Piece::Text(text) => f.write_str(&quoted(text))?,
                Piece::Variable(name) => write!(f, "\"${name}\"")?,
                Piece::Blank(name) => write!(f, "<{name}>")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_in_their_text_only() {
        let word = Word::of([Piece::Text("deploy/".into()), Piece::Variable("NAME".into())]);
        assert_eq!(word.split_once('/'), Some(("deploy".into(), Word::variable("NAME"))));
        assert_eq!(Word::blank("kind/name").split_once('/'), None);
        assert_eq!(Word::from("a,b,").split(','), ["a".into(), "b".into(), "".into()]);
        assert_eq!(Word::variable("X").strip_suffix("-"), None);
        assert_eq!(Word::from("x-").strip_suffix("-"), Some("x".into()));
        assert_eq!(
            word.strip_prefix("deploy"),
            Some(Word::of([Piece::Text("/".into()), Piece::Variable("NAME".into())]))
        );
        assert_eq!(Word::variable("X").strip_prefix(""), Some(Word::variable("X")));
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_more_into_it() {
        let text = |t: &str| Piece::Text(t.into());
        let variable = || Piece::Variable("POD".into());
        for (word, printed) in [
            (Word::default(), "''"),
            ("app=web,tier!=db".into(), "'app=web,tier!=db'"),
            ("app=web".into(), "app=web"),
            ("=x".into(), "'=x'"),
            ("it's".into(), r"'it'\''s'"),
            ("$POD".into(), "'$POD'"),
            ("<pod>".into(), "'<pod>'"),
            (Word::variable("POD"), "\"$POD\""),
            (Word::of([text("pod/"), variable()]), "\"pod/$POD\""),
            (Word::of([variable(), text("x")]), "\"${POD}x\""),
            (Word::of([text("\"!"), variable()]), "'\"!'\"$POD\""),
            (Word::of([text("pod/"), Piece::Blank("pod-name".into())]), "pod/<pod-name>"),
        ] {
            assert_eq!(word.to_string(), printed);
        }
    }
}
