//! A small shell, for sessions with containers. Nothing is run: each program is a function of the world, so that
//! what is seen from inside a container fits what is seen from outside.

mod archive;
mod net;
mod parse;
mod place;
mod programs;
mod text;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use parse::{Command, Joint, Piece, Redirect, Word};
pub use place::Place;

use crate::sim::store::Stored;
use crate::sim::world::World;

/// What a program wrote, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub code: i32,
    /// How long it took.
    pub takes: SignedDuration,
}

impl Output {
    pub fn says(text: impl Into<Vec<u8>>) -> Self {
        Self {
            stdout: text.into(),
            ..Self::default()
        }
    }

    pub fn fails(code: i32, text: impl Into<Vec<u8>>) -> Self {
        Self {
            stderr: text.into(),
            code,
            ..Self::default()
        }
    }
}

/// What became of starting a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done(Output),
    /// The runtime could not start it, in its words.
    NotStarted {
        message: String,
        code: i32,
    },
    /// It is a shell that reads commands.
    Shell,
}

/// A shell in a container.
#[derive(Clone, Debug)]
pub struct Shell {
    pub place: Place,
    last: i32,
    /// Whether `exit` was said.
    pub over: bool,
    /// Whether the line ended in `exec sh`: from then on it is a shell that reads commands.
    becomes: bool,
    /// Rows and columns of the terminal that it is at.
    pub terminal: Option<(u16, u16)>,
    /// `$0`, `$1` …
    arguments: Vec<String>,
}

/// How deep commands in commands go.
const DEEPEST: usize = 8;

/// Starts a program in a container, as an exec does. `None`: the pod has no such container.
pub fn run(world: &World, pod: &Stored, container: &str, argv: &[String], stdin: &[u8]) -> Option<Outcome> {
    let mut shell = Shell::open(world, pod, container)?;
    Some(shell.start(world, argv, stdin))
}

impl Shell {
    /// A shell in a container of this pod.
    pub fn open(world: &World, pod: &Stored, container: &str) -> Option<Self> {
        let document = pod.value();
        let lists = ["containers", "initContainers", "ephemeralContainers"];
        let spec = lists.iter().flat_map(|l| document["spec"][*l].as_array().into_iter().flatten());
        let one: &Value = spec.into_iter().find(|c| c["name"] == container)?;
        Some(Self {
            place: Place::of(world, pod, one),
            last: 0,
            over: false,
            becomes: false,
            terminal: None,
            arguments: Vec::new(),
        })
    }

    /// How the last program ended.
    pub fn code(&self) -> i32 {
        self.last
    }

    /// Starts a program by its words, without a shell around it.
    pub fn start(&mut self, world: &World, argv: &[String], stdin: &[u8]) -> Outcome {
        let Some(program) = argv.first() else {
            return Outcome::NotStarted {
                message: "exec: \"\": executable file not found in $PATH".to_owned(),
                code: 127,
            };
        };
        if self.place.is_bare() {
            return not_found(program);
        }
        if is_shell(program) {
            let rest = argv.get(1..).unwrap_or_default();
            return match rest.iter().position(|w| w.starts_with('-') && w.ends_with('c')) {
                Some(at) => match rest.get(at + 1) {
                    Some(line) => {
                        self.arguments = rest.get(at + 2..).unwrap_or_default().to_vec();
                        let output = self.line(world, line, stdin);
                        if self.becomes { Outcome::Shell } else { Outcome::Done(output) }
                    }
                    None => Outcome::Done(Output::fails(2, format!("{program}: -c requires an argument\n"))),
                },
                None if rest.iter().all(|w| w.starts_with('-')) => Outcome::Shell,
                None => {
                    let file = rest.iter().find(|w| !w.starts_with('-')).map_or("", String::as_str);
                    Outcome::Done(Output::fails(
                        2,
                        format!("{program}: can't open '{file}': No such file or directory\n"),
                    ))
                }
            };
        }
        if programs::is_built_in(program) {
            return not_found(program);
        }
        match programs::run(self, world, argv, stdin, 0) {
            Some(output) => Outcome::Done(output),
            None => not_found(program),
        }
    }

    /// Runs a line.
    pub fn line(&mut self, world: &World, line: &str, stdin: &[u8]) -> Output {
        self.becomes = false;
        self.nested(world, line, stdin, 0)
    }

    fn nested(&mut self, world: &World, line: &str, stdin: &[u8], depth: usize) -> Output {
        let list = match parse::parse(line) {
            Ok(list) => list,
            Err(why) => {
                self.last = 2;
                return Output::fails(2, format!("sh: {why}\n"));
            }
        };
        let mut whole = Output::default();
        for (joint, pipeline) in list {
            let runs = match joint {
                Joint::Always => true,
                Joint::And => self.last == 0,
                Joint::Or => self.last != 0,
            };
            if !runs || self.over || self.becomes {
                continue;
            }
            let mut input = stdin.to_vec();
            let last = pipeline.len().saturating_sub(1);
            for (index, command) in pipeline.iter().enumerate() {
                let output = self.command(world, command, &input, depth);
                whole.stderr.extend(output.stderr);
                whole.takes += output.takes;
                self.last = output.code;
                if index == last {
                    whole.stdout.extend(output.stdout);
                    break;
                }
                input = output.stdout;
            }
        }
        whole.code = self.last;
        whole
    }

    fn command(&mut self, world: &World, command: &Command, stdin: &[u8], depth: usize) -> Output {
        let mut words: Vec<String> = Vec::new();
        for word in &command.words {
            match word.as_slice() {
                [Piece::Variable(name)] if name == "@" => words.extend(self.arguments.iter().skip(1).cloned()),
                word => words.push(self.word(world, word, depth)),
            }
        }
        // Assignments before a program are for it alone; alone they stay.
        let is_assignment = |w: &String| {
            w.split_once('=')
                .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        };
        let count = words.iter().take_while(|w| is_assignment(w)).count();
        let kept = self.place.env.clone();
        for assignment in words.drain(..count) {
            if let Some((name, value)) = assignment.split_once('=') {
                self.place.env.insert(name.to_owned(), value.to_owned());
            }
        }
        let mut input = stdin.to_vec();
        for redirect in &command.redirects {
            if let Redirect::Read(from) = redirect {
                let path = self.word(world, from, depth);
                let path = self.place.absolute(&path);
                match self.place.files.get(&path) {
                    Some(content) => input.clone_from(content),
                    None => return Output::fails(1, format!("sh: can't open {path}: no such file\n")),
                }
            }
        }
        if words.first().is_some_and(|word| word == "exec") {
            words.remove(0);
            // Of a shell in a shell nothing is left; any other program is the last.
            match words.as_slice() {
                [shell] if is_shell(shell) => self.becomes = true,
                [] => {}
                _ => self.over = true,
            }
        }
        let mut output = match words.first() {
            None => Output::default(),
            Some(program) if is_shell(program) => match words.iter().position(|w| w == "-c").map(|at| words.split_at(at + 1).1) {
                Some([line, arguments @ ..]) if depth < DEEPEST => {
                    // A shell of its own: what is said in it ends it, not this one.
                    let outer = std::mem::replace(&mut self.arguments, arguments.to_vec());
                    let output = self.nested(world, line, &input, depth + 1);
                    (self.arguments, self.over) = (outer, false);
                    output
                }
                _ => Output::default(),
            },
            Some(program) => match programs::run(self, world, &words, &input, depth) {
                Some(output) => output,
                None => Output::fails(127, format!("sh: {program}: not found\n")),
            },
        };
        if !words.is_empty() && count > 0 {
            self.place.env = kept;
        }
        for redirect in &command.redirects {
            self.redirect(world, redirect, &mut output, depth);
        }
        output
    }

    fn redirect(&mut self, world: &World, redirect: &Redirect, output: &mut Output, depth: usize) {
        match redirect {
            Redirect::Join { from: 2, to: 1 } => output.stdout.append(&mut output.stderr),
            Redirect::Join { from: 1, to: 2 } => output.stderr.append(&mut output.stdout),
            Redirect::Write { from, to, append } => {
                let written = std::mem::take(if *from == 2 { &mut output.stderr } else { &mut output.stdout });
                let path = self.word(world, to, depth);
                let path = self.place.absolute(&path);
                if path == "/dev/null" {
                    return;
                }
                let file = self.place.files.entry(path).or_default();
                if !append {
                    file.clear();
                }
                file.extend(written);
            }
            _ => {}
        }
    }

    fn word(&mut self, world: &World, word: &[Piece], depth: usize) -> String {
        let mut text = String::new();
        for piece in word {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Variable(name) => text.push_str(&self.variable(name)),
                Piece::Command(line) if depth < DEEPEST => {
                    let output = self.nested(world, line, &[], depth + 1);
                    text.push_str(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n'));
                }
                Piece::Command(_) => {}
            }
        }
        text
    }

    fn variable(&self, name: &str) -> String {
        if name == "?" {
            return self.last.to_string();
        }
        if let Ok(number) = name.parse::<usize>() {
            return self.arguments.get(number).cloned().unwrap_or_default();
        }
        let (name, default) = name.split_once(":-").unwrap_or((name, ""));
        let value = self.place.env.get(name).filter(|v| !v.is_empty());
        value.cloned().unwrap_or_else(|| default.to_owned())
    }

    /// The environment.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.place.env
    }

    /// What stands before the cursor.
    pub fn prompt(&self) -> String {
        format!("{} $ ", self.place.cwd)
    }
}

fn not_found(program: &str) -> Outcome {
    let (message, code) = if program.contains('/') {
        (format!("exec: {program:?}: stat {program}: no such file or directory"), 127)
    } else {
        (format!("exec: {program:?}: executable file not found in $PATH"), 127)
    };
    Outcome::NotStarted { message, code }
}

/// Whether this is the name of a shell.
pub fn is_shell(program: &str) -> bool {
    let name = program
        .strip_prefix("/bin/")
        .or_else(|| program.strip_prefix("/usr/bin/"))
        .unwrap_or(program);
    matches!(name, "sh" | "ash" | "bash")
}

/// Whether this program reads its input.
pub fn reads_input(argv: &[String]) -> bool {
    let Some((program, rest)) = argv.split_first() else {
        return false;
    };
    let mut files = rest.iter().filter(|w| !w.starts_with('-')).count();
    if matches!(program.as_str(), "head" | "tail") && rest.iter().any(|w| matches!(w.as_str(), "-c" | "-n")) {
        files = files.saturating_sub(1);
    }
    match program.rsplit('/').next().unwrap_or_default() {
        "cat" | "wc" | "sort" | "head" | "tail" | "uniq" | "tee" => files == 0 || rest.iter().any(|w| w == "-"),
        "grep" => files <= 1,
        "tr" => true,
        "tar" => rest.first().is_some_and(|flags| flags.contains('x')),
        "sh" | "ash" | "bash" => {
            let line = rest.iter().skip_while(|w| *w != "-c").nth(1);
            let list = line.and_then(|line| parse::parse(line).ok()).unwrap_or_default();
            let plain = |word: &Word| match word.as_slice() {
                [Piece::Text(text)] => text.clone(),
                _ => "?".to_owned(),
            };
            // The first of each pipeline is fed by nobody else.
            list.iter().filter_map(|(_, pipeline)| pipeline.first()).any(|command| {
                let words: Vec<String> = command.words.iter().map(plain).collect();
                !words.first().is_some_and(|w| is_shell(w)) && reads_input(&words)
            })
        }
        _ => false,
    }
}

/// How many bytes of input are read, where a program says so itself: `sh -c 'head -c "$0" | …' 12`.
pub fn reads_at_most(argv: &[String]) -> Option<usize> {
    let at = argv.iter().position(|w| w == "-c")?;
    let line = argv.get(at + 1)?;
    let count = argv.get(at + 2)?;
    line.starts_with(r#"head -c "$0""#).then(|| count.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
