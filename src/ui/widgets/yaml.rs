//! Colours for YAML, line by line. It reads what API servers and people write, and where it is
//! wrong (a multi-line quoted string, say) the text is still there, only in another colour.

use std::ops::Range;

use super::text::TextLine;
use crate::ui::theme::Role;

/// The lines of a YAML text with their roles. The text is harmless already (`model::clean_lines`).
pub fn yaml(text: &str) -> Vec<TextLine> {
    let mut block = None;
    text.lines().map(|line| Lexer::new(line).line(&mut block)).collect()
}

struct Lexer<'a> {
    line: &'a str,
    at: usize,
    spans: Vec<(Role, Range<usize>)>,
}

impl<'a> Lexer<'a> {
    fn new(line: &'a str) -> Self {
        Self {
            line,
            at: 0,
            spans: Vec::new(),
        }
    }

    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or("")
    }

    fn blanks(&mut self) {
        self.at = self.line.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, role: Role, len: usize) {
        self.spans.push((role, self.at..self.at + len));
        self.at += len;
    }

    /// `block` is the column of the key or dash whose block text (`|`, `>`) may go on here.
    fn line(mut self, block: &mut Option<usize>) -> TextLine {
        self.blanks();
        if let Some(column) = *block {
            if self.rest().is_empty() || self.at > column {
                self.take(Role::SyntaxText, self.rest().len());
                return self.done();
            }
            *block = None;
        }
        if matches!(self.rest(), "---" | "...") {
            self.take(Role::SyntaxPunctuation, 3);
            return self.done();
        }
        let mut column = self.at;
        while self.rest() == "-" || self.rest().starts_with("- ") {
            column = self.at;
            self.take(Role::SyntaxPunctuation, 1);
            self.blanks();
        }
        if let Some(len) = key(self.rest()) {
            column = self.at;
            self.take(Role::SyntaxKey, len);
            self.take(Role::SyntaxPunctuation, 1);
            self.blanks();
        }
        self.value();
        let indicator = self.spans.iter().rfind(|(role, _)| *role != Role::SyntaxComment);
        let opens = indicator.and_then(|(_, range)| self.line.get(range.clone())).is_some_and(is_block);
        *block = opens.then_some(column);
        self.done()
    }

    /// The rest of the line: a value, a comment, both or nothing.
    fn value(&mut self) {
        let rest = self.rest();
        let comment = comment(rest).unwrap_or(rest.len());
        let value = rest.get(..comment).unwrap_or(rest).trim_end();
        if !value.is_empty() {
            self.take(role(value), value.len());
            self.blanks();
        }
        if !self.rest().is_empty() {
            self.take(Role::SyntaxComment, self.rest().len());
        }
    }

    fn done(self) -> TextLine {
        TextLine::new(self.line, self.spans)
    }
}

/// The length of the key at the start, if a colon follows it.
fn key(text: &str) -> Option<usize> {
    let len = match text.chars().next()? {
        quote @ ('"' | '\'') => quoted(text, quote)?,
        '{' | '[' | '#' | '|' | '>' | '&' | '*' | '!' => return None,
        _ => {
            let end = text.find(": ").or_else(|| text.strip_suffix(':').map(str::len))?;
            return comment(text).is_none_or(|c| c > end).then_some(end);
        }
    };
    let behind = text.get(len..)?;
    (behind == ":" || behind.starts_with(": ")).then_some(len)
}

/// The length of the quoted string at the start, with its quotes.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where a comment starts: a `#` at the start or behind a space, not in quotes.
fn comment(text: &str) -> Option<usize> {
    let from = match text.chars().next()? {
        quote @ ('"' | '\'') => quoted(text, quote)?,
        '#' => return Some(0),
        _ => 0,
    };
    text.get(from..)?.find(" #").map(|at| from + at + 1)
}

fn is_block(value: &str) -> bool {
    let mut chars = value.chars();
    matches!(chars.next(), Some('|' | '>')) && chars.all(|c| matches!(c, '+' | '-' | '1'..='9'))
}

fn role(value: &str) -> Role {
    match value {
        "true" | "false" | "null" | "~" => Role::SyntaxNumber,
        "{}" | "[]" => Role::SyntaxPunctuation,
        v if is_block(v) => Role::SyntaxPunctuation,
        v if v.parse::<f64>().is_ok() && v.contains(|c: char| c.is_ascii_digit()) => Role::SyntaxNumber,
        _ => Role::SyntaxText,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every character of the text as a letter for its role.
    fn marked(text: &str) -> Vec<String> {
        let letter = |role| match role {
            Role::SyntaxKey => 'k',
            Role::SyntaxText => 's',
            Role::SyntaxNumber => 'n',
            Role::SyntaxPunctuation => 'p',
            Role::SyntaxComment => 'c',
            _ => '.',
        };
        let line = |l: &TextLine| (0..l.text().len()).map(|at| letter(l.role_at(at).0)).collect();
        yaml(text).iter().map(line).collect()
    }

    #[test]
    fn a_manifest_gets_its_colours() {
        let table = [
            ("apiVersion: v1", "kkkkkkkkkkp.ss"),
            ("spec:", "kkkkp"),
            ("  replicas: 3", "..kkkkkkkkp.n"),
            ("- name: a", "p.kkkkp.s"),
            ("- - 1.5", "p.p.nnn"),
            ("paused: true # why", "kkkkkkp.nnnn.ccccc"),
            ("# all of it", "ccccccccccc"),
            ("\"a: b\": \"c # d\"", "kkkkkkp.sssssss"),
            ("image: host:5000/x", "kkkkkp.sssssssssss"),
            ("at: 2026-01-01T00:00:00Z", "kkp.ssssssssssssssssssss"),
            ("env: []", "kkkp.pp"),
            ("- --flag=a: b", "p.kkkkkkkkp.s"),
            ("x: inf", "kp.sss"),
            ("---", "ppp"),
            ("", ""),
        ];
        for (text, roles) in table {
            assert_eq!(marked(text).concat(), roles, "{text}");
        }
    }

    #[test]
    fn block_text_ends_where_its_indentation_ends() {
        let text = "data:\n  a.conf: |-\n    x: 1\n\n    # not a comment\n  b: 2\n- k: >\n    t: 3\n  l: 4";
        assert_eq!(
            marked(text),
            [
                "kkkkp",
                "..kkkkkkp.pp",
                "....ssss",
                "",
                "....sssssssssssssss",
                "..kp.n",
                "p.kp.p",
                "....ssss",
                "..kp.n"
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in "[-a:#\"'|>é \n\\[{]{0,60}") {
            let lines: Vec<String> = yaml(&text).iter().map(|l| l.text().to_owned()).collect();
            prop_assert_eq!(lines, text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
