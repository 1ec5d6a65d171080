//! What output goes through behind a `|`: done here, by the same names and flags, since nothing has to be installed on a bastion.

use regex::{Regex, RegexBuilder};

use crate::action::Word;
use crate::action::variables::{Line, Variable};

/// One filter, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Line);

/// Names that may stand behind a `|`. (`sed`, `awk` and `xargs` can run programs.)
const KNOWN: [&str; 8] = ["grep", "head", "tail", "sort", "uniq", "wc", "cut", "jq"];

/// What one does, its flags read.
enum Work {
    Grep(Grep),
    Head(usize),
    Tail(usize),
    /// From this line on, counted from 1.
    From(usize),
    Sort {
        reverse: bool,
        numeric: bool,
        unique: bool,
    },
    Uniq {
        count: bool,
    },
    Count {
        lines: bool,
        words: bool,
        bytes: bool,
    },
    Cut {
        delimiter: char,
        fields: Vec<(usize, usize)>,
    },
}

struct Grep {
    pattern: Regex,
    invert: bool,
    count: bool,
    quiet: bool,
    only: bool,
    numbers: bool,
}

impl Filter {
    /// Takes a part of a pipeline, if it is one that is known.
    ///
    /// # Errors
    ///
    /// It is another program.
    pub fn read(line: Line) -> Result<Self, String> {
        let name = line.words().next().and_then(Word::plain).map(str::to_owned);
        match name {
            Some(name) if KNOWN.contains(&name.as_str()) => Ok(Self(line)),
            Some(name) => Err(format!("the output goes to `{name}`, which may do anything")),
            None => Err("where the output goes is left to fill in".to_owned()),
        }
    }

    pub fn line(&self) -> &Line {
        &self.0
    }

    pub fn variables(&self) -> Vec<Variable> {
        self.0.variables()
    }

    pub fn bind(&mut self, variable: &Variable, value: &str) {
        self.0.bind(variable, value);
    }

    /// Whether its flags are known. A value that is still to be filled in is none of them.
    ///
    /// # Errors
    ///
    /// The flag that is not, or the file that it would read or write.
    pub fn check(&self) -> Result<(), String> {
        self.work().map(drop)
    }

    /// Filters text. The second is the exit code that the program would have.
    ///
    /// # Errors
    ///
    /// What keeps it from being done here.
    pub fn apply(&self, text: &str) -> Result<(String, i32), String> {
        let lines = || text.lines();
        let join = |lines: &mut dyn Iterator<Item = &str>| {
            let mut out = String::new();
            for line in lines {
                out.push_str(line);
                out.push('\n');
            }
            out
        };
        let done = match self.work()? {
            Work::Grep(grep) => return Ok(grep.run(text)),
            Work::Head(n) => join(&mut lines().take(n)),
            Work::Tail(n) => {
                let skip = lines().count().saturating_sub(n);
                join(&mut lines().skip(skip))
            }
            Work::From(n) => join(&mut lines().skip(n.saturating_sub(1))),
            Work::Sort { reverse, numeric, unique } => {
                let mut all: Vec<&str> = lines().collect();
                match numeric {
                    true => all.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b))),
                    false => all.sort_unstable(),
                }
                if unique {
                    all.dedup();
                }
                if reverse {
                    all.reverse();
                }
                join(&mut all.into_iter())
            }
            Work::Uniq { count } => {
                let mut groups: Vec<(usize, &str)> = Vec::new();
                for line in lines() {
                    match groups.last_mut() {
                        Some((n, same)) if *same == line => *n += 1,
                        _ => groups.push((1, line)),
                    }
                }
                let shown = groups
                    .iter()
                    .map(|(n, line)| if count { format!("{n:7} {line}\n") } else { format!("{line}\n") });
                shown.collect()
            }
            Work::Count { lines, words, bytes } => {
                let counts = [
                    lines.then(|| text.matches('\n').count()),
                    words.then(|| text.split_whitespace().count()),
                    bytes.then_some(text.len()),
                ];
                let counts: Vec<String> = counts.iter().flatten().map(ToString::to_string).collect();
                format!("{}\n", counts.join(" "))
            }
            Work::Cut { delimiter, fields } => {
                let cut = |line: &str| {
                    if !line.contains(delimiter) {
                        return line.to_owned();
                    }
                    let parts: Vec<&str> = line.split(delimiter).collect();
                    let kept = (1..=parts.len()).filter(|n| fields.iter().any(|(from, to)| from <= n && n <= to));
                    let kept: Vec<&str> = kept.filter_map(|n| parts.get(n - 1).copied()).collect();
                    kept.join(&delimiter.to_string())
                };
                lines().map(|line| cut(line) + "\n").collect()
            }
        };
        Ok((done, 0))
    }

    fn work(&self) -> Result<Work, String> {
        let words: Vec<&Word> = self.0.words().collect();
        let Some((name, arguments)) = words.split_first() else {
            return Err("there is no filter".to_owned());
        };
        let name = name.plain().unwrap_or_default();
        let read = Arguments::read(name, arguments)?;
        match name {
            "grep" => grep(read),
            "head" | "tail" => {
                read.nothing_else()?;
                let text = read.value('n').unwrap_or_else(|| "10".to_owned());
                let from = text.strip_prefix('+').filter(|_| name == "tail");
                let n = from
                    .unwrap_or(&text)
                    .parse()
                    .map_err(|_| format!("`{name}` cannot count to `{text}`"));
                Ok(match (name, from) {
                    ("tail", Some(_)) => Work::From(n?),
                    ("tail", None) => Work::Tail(n?),
                    _ => Work::Head(n?),
                })
            }
            "sort" => {
                read.nothing_else()?;
                Ok(Work::Sort {
                    reverse: read.has('r'),
                    numeric: read.has('n'),
                    unique: read.has('u'),
                })
            }
            "uniq" => {
                read.nothing_else()?;
                Ok(Work::Uniq { count: read.has('c') })
            }
            "wc" => {
                read.nothing_else()?;
                let none = !read.has('l') && !read.has('w') && !read.has('c');
                Ok(Work::Count {
                    lines: none || read.has('l'),
                    words: none || read.has('w'),
                    bytes: none || read.has('c'),
                })
            }
            "cut" => {
                read.nothing_else()?;
                let delimiter = read.value('d').unwrap_or_else(|| "\t".to_owned());
                let mut chars = delimiter.chars();
                let (Some(delimiter), None) = (chars.next(), chars.next()) else {
                    return Err("`cut -d` takes one character".to_owned());
                };
                let fields = read.value('f').ok_or("`cut` wants -f")?;
                Ok(Work::Cut {
                    delimiter,
                    fields: ranges(&fields)?,
                })
            }
            "jq" => Err("`jq` is a program of its own".to_owned()),
            other => Err(format!("`{other}` is not known")),
        }
    }
}

impl Grep {
    fn run(&self, text: &str) -> (String, i32) {
        let mut out = String::new();
        let mut found = 0_usize;
        for (nth, line) in text.lines().enumerate() {
            if self.pattern.is_match(line) == self.invert {
                continue;
            }
            found += 1;
            if self.count || self.quiet {
                continue;
            }
            let number = if self.numbers { format!("{}:", nth + 1) } else { String::new() };
            if self.only && !self.invert {
                for part in self.pattern.find_iter(line).filter(|part| !part.is_empty()) {
                    out.push_str(&number);
                    out.push_str(part.as_str());
                    out.push('\n');
                }
                continue;
            }
            out.push_str(&number);
            out.push_str(line);
            out.push('\n');
        }
        if self.count {
            out = format!("{found}\n");
        }
        (out, i32::from(found == 0))
    }
}

fn grep(mut read: Arguments) -> Result<Work, String> {
    let pattern = match read.value('e') {
        Some(pattern) => pattern,
        None if read.others.is_empty() => return Err("`grep` wants a pattern".to_owned()),
        None => read.others.remove(0),
    };
    read.nothing_else()?;
    let source = match (read.has('F'), read.has('E')) {
        (true, _) => regex::escape(&pattern),
        (false, true) => pattern.clone(),
        (false, false) => basic(&pattern),
    };
    let source = if read.has('w') { format!(r"\b(?:{source})\b") } else { source };
    let pattern = RegexBuilder::new(&source)
        .case_insensitive(read.has('i'))
        .size_limit(1 << 20)
        .build()
        .map_err(|_| format!("`{pattern}` is no pattern that can be searched for"))?;
    Ok(Work::Grep(Grep {
        pattern,
        invert: read.has('v'),
        count: read.has('c'),
        quiet: read.has('q'),
        only: read.has('o'),
        numbers: read.has('n'),
    }))
}

/// A basic regular expression as an extended one: `\|` and `|` change places, and so do their like.
fn basic(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '[' if !in_class => {
                in_class = true;
                out.push(c);
            }
            ']' if in_class => {
                in_class = false;
                out.push(c);
            }
            '\\' => match chars.next() {
                Some(next @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(next),
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                }
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' if !in_class => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// `1`, `1,3`, `2-`, `-3`, `2-4`.
fn ranges(text: &str) -> Result<Vec<(usize, usize)>, String> {
    let fault = || format!("`cut -f` cannot be `{text}`");
    let number = |text: &str, other: usize| match text {
        "" => Ok(other),
        text => text.parse::<usize>().map_err(|_| fault()),
    };
    let one = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        match part {
            "" | "-" => Err(fault()),
            _ => Ok((number(from, 1)?, number(to, usize::MAX)?)),
        }
    };
    text.split(',').map(one).collect()
}

fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-')
        .unwrap_or(text.len());
    text.get(..end).and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

/// The flags and words of a filter.
struct Arguments {
    name: String,
    letters: Vec<char>,
    values: Vec<(char, String)>,
    others: Vec<String>,
}

impl Arguments {
    /// Which letters a filter has without and with a value, and what they are called in full.
    fn known(name: &str) -> (&'static str, &'static str, &'static [(&'static str, char)]) {
        match name {
            "grep" => (
                "iEFvcqonwa",
                "e",
                &[
                    ("--ignore-case", 'i'),
                    ("--extended-regexp", 'E'),
                    ("--fixed-strings", 'F'),
                    ("--invert-match", 'v'),
                    ("--count", 'c'),
                    ("--only-matching", 'o'),
                    ("--word-regexp", 'w'),
                    ("--line-number", 'n'),
                ],
            ),
            "head" | "tail" => ("", "n", &[]),
            "sort" => ("rnu", "", &[("--reverse", 'r'), ("--numeric-sort", 'n'), ("--unique", 'u')]),
            "uniq" => ("c", "", &[("--count", 'c')]),
            "wc" => ("lwc", "", &[("--lines", 'l'), ("--words", 'w'), ("--bytes", 'c')]),
            "cut" => ("", "df", &[]),
            _ => ("", "", &[]),
        }
    }

    fn read(name: &str, words: &[&Word]) -> Result<Self, String> {
        let (plain, valued, long) = Self::known(name);
        let mut read = Self {
            name: name.to_owned(),
            letters: Vec::new(),
            values: Vec::new(),
            others: Vec::new(),
        };
        let mut words = words.iter();
        let mut only_words = false;
        while let Some(word) = words.next() {
            let said = word.plain().map_or_else(|| word.said(), str::to_owned);
            if only_words || !said.starts_with('-') || said.len() == 1 {
                read.others.push(said);
                continue;
            }
            if word.plain().is_none() && matches!(word.start(), "" | "-" | "--") {
                return Err(format!("which flag of `{name}` it is, is left to fill in"));
            }
            if said == "--" {
                only_words = true;
                continue;
            }
            if let Some((_, letter)) = long.iter().find(|(long, _)| *long == said) {
                read.letters.push(*letter);
                continue;
            }
            // `head -20`
            let digits = said.trim_start_matches('-');
            if valued == "n" && !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) {
                read.values.push(('n', digits.to_owned()));
                continue;
            }
            let mut letters = digits.chars();
            while let Some(letter) = letters.next() {
                if said.starts_with("--") || !(plain.contains(letter) || valued.contains(letter)) {
                    return Err(format!("`{name} {said}` is more than qd does"));
                }
                if plain.contains(letter) {
                    read.letters.push(letter);
                    continue;
                }
                let rest: String = letters.by_ref().collect();
                let value = match rest.as_str() {
                    "" => words.next().map(|word| word.plain().map_or_else(|| word.said(), str::to_owned)),
                    rest => Some(rest.to_owned()),
                };
                read.values
                    .push((letter, value.ok_or_else(|| format!("`{name} -{letter}` wants a value"))?));
            }
        }
        Ok(read)
    }

    fn has(&self, letter: char) -> bool {
        self.letters.contains(&letter)
    }

    fn value(&self, letter: char) -> Option<String> {
        self.values.iter().rev().find(|(l, _)| *l == letter).map(|(_, value)| value.clone())
    }

    /// Files are none of a filter's business here.
    fn nothing_else(&self) -> Result<(), String> {
        match self.others.first() {
            Some(file) => Err(format!("`{}` would read or write `{file}`", self.name)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str, text: &str) -> Result<(String, i32), String> {
        Filter::read(Line::read(line).unwrap())?.apply(text)
    }

    #[test]
    fn filters_do_what_the_programs_do() {
        let text = "b 10\na 9\nb 10\nconnection pool (20)\n";
        for (line, expected, code) in [
            ("grep \"connection pool\"", "connection pool (20)\n", 0),
            ("grep -i CONN", "connection pool (20)\n", 0),
            ("grep 'pool (2'", "connection pool (20)\n", 0),
            ("grep 'a 9\\|pool'", "a 9\nconnection pool (20)\n", 0),
            ("grep -E '^(a|x)'", "a 9\n", 0),
            ("grep -vc b", "2\n", 0),
            ("grep -n a", "2:a 9\n", 0),
            ("grep nothing", "", 1),
            ("grep -o '[0-9]*' ", "10\n9\n10\n20\n", 0),
            ("head -1", "b 10\n", 0),
            ("head -n 2", "b 10\na 9\n", 0),
            ("tail -n1", "connection pool (20)\n", 0),
            ("tail -n +4", "connection pool (20)\n", 0),
            ("sort -ru", "connection pool (20)\nb 10\na 9\n", 0),
            ("uniq", "b 10\na 9\nb 10\nconnection pool (20)\n", 0),
            ("wc -l", "4\n", 0),
            ("cut -d ' ' -f 2", "10\n9\n10\npool\n", 0),
        ] {
            assert_eq!(run(line, text), Ok((expected.to_owned(), code)), "{line}");
        }
    }

    #[test]
    fn a_filter_that_touches_files_or_runs_programs_is_none() {
        for line in [
            "grep x /etc/passwd",
            "sort -o x",
            "sort --compress-program=sh",
            "uniq in out",
            "tail -f",
            "head /etc/passwd",
            "grep -r x",
            "grep $FLAG",
            "sed s/a/b/",
            "xargs rm",
            "jq .",
        ] {
            let checked = Filter::read(Line::read(line).unwrap()).and_then(|filter| filter.check());
            match line {
                // A pattern that is left to fill in is one; filled in with a flag it is none.
                "grep $FLAG" => assert!(checked.is_ok(), "{line}"),
                _ => assert!(checked.is_err(), "{line}"),
            }
        }
    }
}
