//! How a line is printed: for eyes, for programs, or as it is.

use std::io::Write;

use serde_json::json;

use super::super::LogOutput;
use super::super::present::shown;
use super::merge::Entry;
use crate::model::{NoteKind, Stream};
use crate::reading::{Level, Pattern, level};

/// Prints entries.
pub struct Printer {
    output: LogOutput,
    timestamps: bool,
    grep: Option<Pattern>,
}

impl Printer {
    pub fn new(output: LogOutput, timestamps: bool, grep: Option<Pattern>) -> Self {
        Self { output, timestamps, grep }
    }

    /// Prints one entry, unless it is not what is looked for. What happened to a stream is always told: on standard
    /// error, where only lines are wanted.
    pub fn print(&self, entry: &Entry, several: bool, out: &mut impl Write) -> std::io::Result<()> {
        let text = &*entry.line.text;
        if let Some(kind) = entry.note {
            return self.note(entry, kind, out);
        }
        if self.grep.as_ref().is_some_and(|grep| !grep.matches(text)) {
            return Ok(());
        }
        match self.output {
            LogOutput::Raw => writeln!(out, "{text}"),
            LogOutput::Json => {
                let level = Some(level(text)).filter(|level| *level != Level::Unknown).map(Level::word);
                let line = json!({"time": time(entry.line.nanos), "source": source(entry), "level": level, "text": text});
                writeln!(out, "{line}")
            }
            LogOutput::Text => {
                if self.timestamps {
                    write!(out, "{} ", time(entry.line.nanos).unwrap_or_default())?;
                }
                if several {
                    write!(out, "{} ", source(entry))?;
                }
                writeln!(out, "{text}")
            }
        }
    }

    fn note(&self, entry: &Entry, kind: NoteKind, out: &mut impl Write) -> std::io::Result<()> {
        let (text, word) = (&entry.line.text, kind.word());
        match self.output {
            LogOutput::Json => {
                let line = json!({"time": time(entry.line.nanos), "source": source(entry), "note": word, "text": text});
                writeln!(out, "{line}")
            }
            // The run that ended is no trouble, and a pipe wants lines only.
            LogOutput::Raw | LogOutput::Text if kind == NoteKind::Restarted => Ok(()),
            LogOutput::Raw | LogOutput::Text => {
                eprintln!("qd: {}", shown(&format!("{}: {word}: {text}", source(entry))));
                Ok(())
            }
        }
    }
}

fn time(nanos: i64) -> Option<String> {
    let time = jiff::Timestamp::from_nanosecond(i128::from(nanos)).ok()?;
    (nanos != 0).then(|| time.to_string())
}

/// What an entry came from.
fn source(entry: &Entry) -> String {
    match &entry.branch {
        Some(branch) => format!("{}:{branch}", place_of(&entry.stream)),
        None => place_of(&entry.stream),
    }
}

/// `namespace/pod/container`, a log group, or a file.
pub fn place_of(stream: &Stream) -> String {
    match stream {
        Stream::Container(key) if key.container.is_empty() => format!("{}/{}", key.namespace, key.pod),
        Stream::Container(key) => format!("{}/{}/{}", key.namespace, key.pod, key.container),
        Stream::Group(key) => key.group.to_string(),
        Stream::File(path) => path.to_string(),
    }
}
