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

    /// The words, as far as they are filled in.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().map(|spanned| &spanned.word)
    }

    /// A word that would be a flag since something that was filled in begins with `-`: for programs whose flags nobody reads here.
    pub fn filled_flag(&self) -> Option<&Word> {
        let is = |spanned: &&Spanned| spanned.filled && spanned.word.start().starts_with('-');
        self.words.iter().find(is).map(|spanned| &spanned.word)
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

    /// The same line for the program of this name.
    pub fn run_by(&mut self, program: &str) {
        if let Some(first) = self.words.first_mut() {
            first.word = Word::from(program);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(line: &str, values: &[(&str, &str)]) -> Result<String, Fault> {
        let mut line = Line::read(line)?;
        for (name, value) in values {
            line.bind(&Variable::of(name).unwrap(), value);
        }
        line.action().map(|action| action.to_string())
    }

    #[test]
    fn what_is_left_to_fill_in_is_listed_once() {
        let line = Line::read("kubectl -n $NS logs <pod> -c <pod> --tail=${N} 'x$NS' # $X").unwrap();
        let names = ["$NS", "<pod>", "$N"].map(|name| Variable::of(name).unwrap());
        assert_eq!(line.variables(), names);
        assert_eq!(Variable::of("<a b>"), None);
        assert_eq!(Variable::of("pod"), None);
    }

    #[test]
    fn a_value_is_a_part_of_its_word_and_nothing_more() {
        for (line, values, expected) in [
            ("kubectl logs <pod>", &[("<pod>", "web-1")] as &[_], "kubectl logs web-1"),
            (
                "kubectl exec web -- ls $DIR",
                &[("$DIR", "a; rm -rf $HOME")],
                "kubectl exec web -- ls 'a; rm -rf $HOME'",
            ),
            (
                "kubectl scale deploy/$D --replicas=$N",
                &[("$D", "web"), ("$N", "3")],
                "kubectl scale deployment/web --replicas=3",
            ),
            (
                "kubectl exec web -- grep $X /log",
                &[("$X", "-v it's")],
                r"kubectl exec web -- grep '-v it'\''s' /log",
            ),
            (
                "kubectl exec web -- sh -c 'echo $X'",
                &[("$X", "no")],
                "kubectl exec web -- sh -c 'echo $X'",
            ),
            ("kubectl logs $A", &[("$B", "x")], "kubectl logs \"$A\""),
            (
                "kubectl rollout undo $W",
                &[("$W", "deploy/web")],
                "kubectl rollout undo deployment/web",
            ),
            ("kubectl logs web --tail $N", &[("$N", "-1")], "kubectl logs web --tail=-1"),
        ] {
            assert_eq!(bound(line, values).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_value_that_makes_no_sense_is_told_at_its_place() {
        for (line, name, value, part, message) in [
            (
                "kubectl delete pod $POD",
                "$POD",
                "--all",
                "$POD",
                "`--all` was filled in and would be a flag",
            ),
            ("kubectl delete pod -$X", "$X", "A", "-$X", "`-A` was filled in and would be a flag"),
            ("kubectl delete pod $POD", "$POD", "a; b", "$POD", "`a; b` is no name of an object"),
            ("kubectl delete pod $POD", "$POD", "", "$POD", "a name of an object is missing here"),
            (
                "kubectl scale deploy/web --replicas=<n>",
                "<n>",
                "many",
                "--replicas=<n>",
                "`--replicas` cannot be `many`",
            ),
            ("kubectl -n $NS get pods", "$NS", "", "$NS", "`--namespace` cannot be empty"),
        ] {
            let fault = bound(line, &[(name, value)]).unwrap_err();
            assert_eq!((line.get(fault.span), fault.message.as_str()), (Some(part), message), "{line}");
        }
    }
}
