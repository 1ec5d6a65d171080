//! The files of the audit as a chain: each line names the one before it by its hash, through all days.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::event::AuditEvent;
use crate::model::{Problem, ProblemKind};

/// What the very first line names as the one before it.
pub const ORIGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// No line is longer; what lies further back than this from the end of a file is not its last line.
const LONGEST: u64 = 1 << 20;

/// The hash by which the next line names this one (without its line ending).
pub fn hash(line: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(line).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The day files, oldest first.
///
/// # Errors
/// When the directory is there and cannot be read.
pub fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The end of a file.
pub struct Tail {
    /// The bytes of its last line, without the ending.
    pub line: Vec<u8>,
    /// Whether that was written to its end.
    pub is_whole: bool,
    pub length: u64,
}

/// The last line of a file; `None` where it is empty.
///
/// # Errors
/// When it cannot be read.
pub fn tail(file: &mut fs::File) -> io::Result<Option<Tail>> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(None);
    }
    let from = length.saturating_sub(LONGEST);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let is_whole = bytes.last() == Some(&b'\n');
    if is_whole {
        bytes.pop();
    }
    let start = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Ok(Some(Tail {
        line: bytes.split_off(start),
        is_whole,
        length,
    }))
}

/// Why a line is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It was cut off, as by a crash: what follows was written after it, and knows of it.
    CutOff,
    /// It is no event.
    Unreadable(String),
}

/// A line, and where it stands.
#[derive(Clone, Debug)]
pub struct Placed {
    pub file: PathBuf,
    /// From one on.
    pub line: usize,
    pub event: Result<AuditEvent, Flaw>,
    /// Whether it names the line before it; else something was changed, taken out or put in.
    pub follows: bool,
}

/// All lines, oldest first.
///
/// # Errors
/// When a file cannot be read.
pub fn read(directory: &Path) -> Result<Vec<Placed>, Problem> {
    let problem = |path: &Path, error: &io::Error| Problem::new(ProblemKind::Server, format!("cannot read {}: {error}", path.display()));
    let mut placed = Vec::new();
    let mut before = ORIGIN.to_owned();
    for file in files(directory).map_err(|error| problem(directory, &error))? {
        let bytes = fs::read(&file).map_err(|error| problem(&file, &error))?;
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        // What stands after the last ending is a line that was not written to its end; mostly there is nothing.
        if lines.last().is_some_and(|last| last.is_empty()) {
            lines.pop();
        }
        for (at, line) in lines.into_iter().enumerate() {
            let parsed: Result<AuditEvent, _> = serde_json::from_slice(line);
            let (event, follows) = match parsed {
                Ok(event) => {
                    let follows = event.prev == before;
                    (Ok(event), follows)
                }
                // A line that begins as one of ours and has no end.
                Err(error) if error.is_eof() => (Err(Flaw::CutOff), true),
                Err(error) => (Err(Flaw::Unreadable(error.to_string())), false),
            };
            before = hash(line);
            placed.push(Placed {
                file: file.clone(),
                line: at + 1,
                event,
                follows,
            });
        }
    }
    Ok(placed)
}
