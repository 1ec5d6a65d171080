//! The body of a shell fence as command lines, each with the comments above it.

/// One command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// Without its prompt; the lines of one that goes on stay apart.
    pub text: String,
    /// The comments above it.
    pub comment: Vec<String>,
    pub line: usize,
}

/// Words that begin what only a shell can read to its end.
const COMPOUND: [&str; 9] = ["if", "for", "while", "until", "case", "function", "{", "(", "select"];

/// Reads a body. `line` is that of its first line.
pub fn commands(body: &str, line: usize, lang: &str) -> Vec<Typed> {
    // What a terminal showed: only lines behind a prompt were typed.
    let session = lang == "console" && body.lines().any(|line| line.trim_start().starts_with("$ "));
    let mut reader = Reader::default();
    let mut goes_on = false;
    for (nth, raw) in body.lines().enumerate() {
        // Runme drops these lines.
        if raw.starts_with("### ") {
            continue;
        }
        let text = match raw.trim_start().strip_prefix("$ ") {
            Some(text) => text,
            None if session && goes_on => raw.trim_start().strip_prefix("> ").unwrap_or(raw),
            None if session => continue,
            None => raw,
        };
        goes_on = reader.line(text, line + nth);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    out: Vec<Typed>,
    comment: Vec<String>,
    open: Option<Typed>,
    quote: Option<char>,
    /// Everything that follows belongs to what was begun.
    compound: bool,
}

impl Reader {
    /// Takes a line; says whether the command goes on after it.
    fn line(&mut self, text: &str, line: usize) -> bool {
        let trimmed = text.trim();
        match &mut self.open {
            Some(open) => {
                open.text.push('\n');
                open.text.push_str(text.trim_end());
            }
            None if trimmed.is_empty() => return false,
            None if trimmed.starts_with('#') => {
                let words = trimmed.trim_start_matches('#').trim();
                if !words.is_empty() {
                    self.comment.push(words.to_owned());
                }
                return false;
            }
            None => {
                let first = trimmed.split_whitespace().next().unwrap_or_default();
                self.compound = COMPOUND.contains(&first) || first.ends_with("()");
                self.open = Some(Typed {
                    text: trimmed.to_owned(),
                    comment: std::mem::take(&mut self.comment),
                    line,
                });
            }
        }
        let here = self.scan(trimmed);
        self.compound |= here;
        let ends_open = ["\\", "|", "&&", "||"].iter().any(|end| trimmed.ends_with(end));
        let goes_on = self.compound || self.quote.is_some() || ends_open;
        if !goes_on {
            self.out.extend(self.open.take());
        }
        goes_on
    }

    /// Follows the quotes of a line; says whether text from the lines below is read by it (`<<`).
    fn scan(&mut self, text: &str) -> bool {
        let mut chars = text.chars().peekable();
        let mut here = false;
        let mut begins = true;
        while let Some(c) = chars.next() {
            let word_begins = std::mem::replace(&mut begins, c.is_whitespace());
            match (self.quote, c) {
                (None | Some('"'), '\\') => {
                    chars.next();
                }
                (Some(open), c) if open == c => self.quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => self.quote = Some(c),
                (None, '#') if word_begins => return here,
                (None, '<') if chars.peek() == Some(&'<') => here = true,
                (None, _) => {}
            }
        }
        here
    }

    fn finish(mut self) -> Vec<Typed> {
        if let Some(mut open) = self.open.take() {
            open.text.truncate(open.text.trim_end().len());
            self.out.push(open);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str, lang: &str) -> Vec<String> {
        let one = |typed: &Typed| format!("{} {:?} {:?}", typed.line, typed.comment.join("; "), typed.text);
        commands(body, 10, lang).iter().map(one).collect()
    }

    #[test]
    fn each_command_line_is_one_and_comments_are_its_words() {
        assert_eq!(
            told(
                "# Check logs\nkubectl logs -f <pod-name>\n\n# Describe\n# it\n$ kubectl describe pod x\nls\n",
                "sh"
            ),
            [
                "11 \"Check logs\" \"kubectl logs -f <pod-name>\"",
                "15 \"Describe; it\" \"kubectl describe pod x\"",
                "16 \"\" \"ls\"",
            ]
        );
    }

    #[test]
    fn lines_that_go_on_are_one_command() {
        for (body, first) in [
            ("aws rds x \\\n  --a b\nls", "aws rds x \\\n  --a b"),
            ("echo 'a\nb'\nls", "echo 'a\nb'"),
            ("a |\nb\nls", "a |\nb"),
            ("for p in x; do\n  ls\ndone\nls", "for p in x; do\n  ls\ndone\nls"),
            ("cat <<EOF\na\nEOF\nls", "cat <<EOF\na\nEOF\nls"),
            ("echo it # isn't\nls", "echo it # isn't"),
            ("echo 'open\nls", "echo 'open\nls"),
        ] {
            assert_eq!(commands(body, 1, "sh")[0].text, first, "{body}");
        }
    }

    #[test]
    fn what_a_terminal_printed_is_no_command() {
        assert_eq!(
            told("$ kubectl get pods \\\n> -A\nNAME READY\nrm -rf /\n$ ls\n", "console"),
            ["10 \"\" \"kubectl get pods \\\\\\n-A\"", "14 \"\" \"ls\""]
        );
    }
}
