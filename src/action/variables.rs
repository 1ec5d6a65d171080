//! What a line leaves to be filled in, and filling it in: words get values, no text is read again.

use super::kubectl::{self, Fault, Spanned, is_blank, split};
use super::{Action, Piece, Word};

/// A line with places to be filled in, for a runbook that binds them one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    words: Vec<Spanned>,
    /// The line's length in bytes, where something missing would stand.
    end: usize,
}

/// A place to be filled in, by its name as it is written: `$POD` and `<POD>` are two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `$NAME`, `${NAME}`.
    Named(String),
    /// `<name>`.
    Blank(String),
}

impl Line {
    /// Reads the words of a line.
    ///
    /// # Errors
    ///
    /// As [`kubectl::parse`] has them for words; whether they are an action, [`Line::action`] says.
    pub fn read(line: &str) -> Result<Self, Fault> {
        Ok(Self {
            words: split(line)?,
            end: line.trim_end().len(),
        })
    }

    /// What is still to be filled in, each once, in the order of the line.
    pub fn variables(&self) -> Vec<Variable> {
        let mut all = Vec::new();
        for piece in self.words.iter().flat_map(|spanned| spanned.word.pieces()) {
            let variable = match piece {
                Piece::Text(_) => continue,
                Piece::Variable(name) => Variable::Named(name.clone()),
                Piece::Blank(name) => Variable::Blank(name.clone()),
            };
            if !all.contains(&variable) {
                all.push(variable);
            }
        }
        all
    }

    /// Fills a place in, wherever the line has it. The value becomes text of the words that it stands in: it is not split,
    /// and nothing in it is a quote, a variable, an operator
    /// or a flag.
    pub fn bind(&mut self, variable: &Variable, value: &str) {
        for spanned in &mut self.words {
            let before = spanned
                .word
                .pieces()
                .iter()
                .take_while(|piece| matches!(piece, Piece::Text(text) if text.starts_with('-') && text.trim_matches('-').is_empty()));
            let first = spanned.word.pieces().get(before.count());
            spanned.filled |= first.is_some_and(|piece| is(piece, variable));
            let pieces = spanned.word.pieces().iter().map(|piece| match is(piece, variable) {
                true => Piece::Text(value.to_owned()),
                false => piece.clone(),
            });
            spanned.word = Word::of(pieces);
        }
    }

    /// What the words mean, as far as they are filled in. Spans of faults are of the line as it was read.
    ///
    /// # Errors
    ///
    /// As [`kubectl::parse`].
    pub fn action(&self) -> Result<Action, Fault> {
        kubectl::action(self.words.clone(), self.end)
    }
}

/// Whether this piece is that place.
fn is(piece: &Piece, variable: &Variable) -> bool {
    match (piece, variable) {
        (Piece::Variable(name), Variable::Named(bound)) | (Piece::Blank(name), Variable::Blank(bound)) => name == bound,
        _ => false,
    }
}

impl Variable {
    /// The place of this name as a line writes it, where it may stand in one.
    pub fn of(text: &str) -> Option<Self> {
        let blank = text
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'))
            .filter(|name| is_blank(name));
        let named = || text.strip_prefix('$').map(|name| Self::Named(name.to_owned()));
        blank.map(|name| Self::Blank(name.to_owned())).or_else(named)
    }
}
