//! The little of a shell's grammar that people type: quotes, variables, `$(…)`, pipes, `;`, `&&`, `||`, redirections.

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `$NAME`, `${NAME}`, `$?`, `$@`, `$1`.
    Variable(String),
    /// `$(…)`: the output of a command.
    Command(String),
}

/// A word, to be put together when it is needed.
pub type Word = Vec<Piece>;

/// Where output goes instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// `> file`, `>> file`; 1 or 2 is which output.
    Write { from: u8, to: Word, append: bool },
    /// `2>&1`.
    Join { from: u8, to: u8 },
    /// `< file`.
    Read(Word),
}

/// One program with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

/// When a pipeline runs, given how the one before it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    Always,
    And,
    Or,
}

/// Programs whose outputs feed each other.
pub type Pipeline = Vec<Command>;

/// Reads a line, or says what is wrong with it.
pub fn parse(line: &str) -> Result<Vec<(Joint, Pipeline)>, String> {
    let mut reader = Reader {
        chars: line.chars().collect(),
        at: 0,
    };
    reader.list()
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn takes(&mut self, text: &str) -> bool {
        let fits = text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    fn list(&mut self) -> Result<Vec<(Joint, Pipeline)>, String> {
        let (mut list, mut joint) = (Vec::new(), Joint::Always);
        let (mut pipeline, mut command) = (Vec::new(), Command::default());
        loop {
            while matches!(self.peek(), Some(' ' | '\t')) {
                self.at += 1;
            }
            let empty = command.words.is_empty() && command.redirects.is_empty();
            let next = if self.takes("&&") {
                Some(Joint::And)
            } else if self.takes("||") {
                Some(Joint::Or)
            } else if self.takes(";") || self.takes("\n") || self.takes("&") {
                Some(Joint::Always)
            } else {
                None
            };
            if let Some(next) = next {
                if empty && (next != Joint::Always || !pipeline.is_empty()) {
                    return Err("syntax error: unexpected \";\"".to_owned());
                }
                if !empty {
                    pipeline.push(std::mem::take(&mut command));
                    list.push((joint, std::mem::take(&mut pipeline)));
                    joint = next;
                }
                continue;
            }
            match self.peek() {
                None => break,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some('|') => {
                    self.at += 1;
                    if empty {
                        return Err("syntax error: unexpected \"|\"".to_owned());
                    }
                    pipeline.push(std::mem::take(&mut command));
                }
                Some('(' | ')') => return Err("syntax error: unexpected \"(\"".to_owned()),
                _ => self.word_or_redirect(&mut command)?,
            }
        }
        if !command.words.is_empty() || !command.redirects.is_empty() {
            pipeline.push(command);
        } else if !pipeline.is_empty() || joint != Joint::Always {
            return Err("syntax error: unexpected end of file".to_owned());
        }
        if !pipeline.is_empty() {
            list.push((joint, pipeline));
        }
        Ok(list)
    }

    fn word_or_redirect(&mut self, command: &mut Command) -> Result<(), String> {
        for (mark, from) in [("2>", 2), ("1>", 1), (">", 1)] {
            if !self.takes(mark) {
                continue;
            }
            for to in [1, 2] {
                if self.takes(&format!("&{to}")) {
                    command.redirects.push(Redirect::Join { from, to });
                    return Ok(());
                }
            }
            let append = self.takes(">");
            let to = self.target()?;
            command.redirects.push(Redirect::Write { from, to, append });
            return Ok(());
        }
        if self.takes("<") {
            let from = self.target()?;
            command.redirects.push(Redirect::Read(from));
            return Ok(());
        }
        let word = self.word()?;
        command.words.push(word);
        Ok(())
    }

    fn target(&mut self) -> Result<Word, String> {
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        let word = self.word()?;
        if word.is_empty() {
            return Err("syntax error: unexpected newline".to_owned());
        }
        Ok(word)
    }

    fn word(&mut self) -> Result<Word, String> {
        let (mut word, mut text, mut quoted) = (Vec::new(), String::new(), false);
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '|' | '&' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.at += 1;
                    quoted = true;
                    loop {
                        match self.next() {
                            Some('\'') => break,
                            Some(c) => text.push(c),
                            None => return Err("syntax error: unterminated quoted string".to_owned()),
                        }
                    }
                }
                '"' => {
                    self.at += 1;
                    quoted = true;
                    self.in_quotes(&mut word, &mut text)?;
                }
                '\\' => {
                    self.at += 1;
                    text.extend(self.next());
                }
                '$' => self.dollar(&mut word, &mut text)?,
                c => {
                    self.at += 1;
                    text.push(c);
                }
            }
        }
        if !text.is_empty() || (quoted && word.is_empty()) {
            word.push(Piece::Text(text));
        }
        Ok(word)
    }

    fn in_quotes(&mut self, word: &mut Word, text: &mut String) -> Result<(), String> {
        loop {
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.next() {
                        Some(c @ ('"' | '\\' | '$' | '`')) => text.push(c),
                        Some(c) => text.extend(['\\', c]),
                        None => {}
                    }
                }
                Some('$') => self.dollar(word, text)?,
                Some(c) => {
                    self.at += 1;
                    text.push(c);
                }
                None => return Err("syntax error: unterminated quoted string".to_owned()),
            }
        }
    }

    fn dollar(&mut self, word: &mut Word, text: &mut String) -> Result<(), String> {
        self.at += 1;
        let piece = match self.peek() {
            Some('(') => {
                self.at += 1;
                let (mut depth, mut inner) = (1, String::new());
                loop {
                    match self.next() {
                        Some('(') => depth += 1,
                        Some(')') => depth -= 1,
                        Some(_) => {}
                        None => return Err("syntax error: unterminated \"$(\"".to_owned()),
                    }
                    if depth == 0 {
                        break;
                    }
                    inner.extend(self.at.checked_sub(1).and_then(|i| self.chars.get(i)));
                }
                Piece::Command(inner)
            }
            Some('{') => {
                self.at += 1;
                let mut name = String::new();
                loop {
                    match self.next() {
                        Some('}') => break,
                        Some(c) => name.push(c),
                        None => return Err("syntax error: bad substitution".to_owned()),
                    }
                }
                Piece::Variable(name)
            }
            Some(c @ ('?' | '@' | '0'..='9')) => {
                self.at += 1;
                Piece::Variable(c.to_string())
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let mut name = String::new();
                while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(c);
                    self.at += 1;
                }
                Piece::Variable(name)
            }
            _ => {
                text.push('$');
                return Ok(());
            }
        };
        if !text.is_empty() {
            word.push(Piece::Text(std::mem::take(text)));
        }
        word.push(piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type_is_read() {
        let list = parse("cd /app && cat 'a b' \"$HOME/x\" | grep -c err 2>/dev/null; echo ${X:-y}").unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list[1].0, Joint::And);
        assert_eq!(list[1].1.len(), 2);
        assert_eq!(list[1].1[0].words[1], [Piece::Text("a b".to_owned())]);
        assert_eq!(
            list[1].1[0].words[2],
            [Piece::Variable("HOME".to_owned()), Piece::Text("/x".to_owned())]
        );
        assert_eq!(list[1].1[1].redirects.len(), 1);
        for wrong in ["'", "a |", "&& a", "a >", "$(a"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in "[ -~]{0,60}") {
            let _ = parse(&line);
        }
    }
}
