//! Pages of the user's directories, from the disk. Nothing of it can hold the program up: files, depth and bytes are bounded.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::config::Runbooks;
use crate::model::{Problem, ProblemKind};
use crate::runbook::library::{Library, Place, Trust, Trusted, Unread, fingerprint};
use crate::runbook::read::MOST;

/// Pages of one directory; more are told, and left out.
const PAGES: usize = 2_000;

/// How deep directories nest.
const DEPTH: usize = 6;

/// All pages: built in, and of the directories of the configuration.
pub fn library(config: &Runbooks, trusted: &Trusted) -> Library {
    let mut library = Library::built_in();
    for directory in &config.directories {
        let (files, told) = pages(directory);
        library.told.extend(told);
        let mut unread = Vec::new();
        for file in files {
            match page(&file) {
                Ok(text) => unread.push(Unread {
                    trust: trust(config, trusted, &file, &text),
                    name: stem(&file),
                    origin: Place::File(file),
                    text,
                }),
                Err(problem) => library.told.push(problem.text.to_string()),
            }
        }
        library.add_all(&unread);
    }
    library
}

/// Whether a page may run.
pub fn trust(config: &Runbooks, trusted: &Trusted, file: &Path, text: &str) -> Trust {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let file = real(file);
    match config.trusted.iter().any(|directory| file.starts_with(real(directory))) {
        true => Trust::Directory,
        false => trusted.judge(&file.display().to_string(), &fingerprint(text)),
    }
}

/// The name of a page: its file's without the ending.
pub fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The text of a page, as far as it is read; what is no UTF-8 in it is replaced.
///
/// # Errors
/// It cannot be read.
pub fn page(file: &Path) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MOST).unwrap_or(u64::MAX) + 4;
    File::open(file)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| {
            let text = format!("cannot read {}: {error}", file.display());
            Problem::new(ProblemKind::Config, text)
        })?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// The Markdown files of a directory, in the order of their names, and what is odd.
pub fn pages(directory: &Path) -> (Vec<PathBuf>, Vec<String>) {
    let (mut files, mut told) = (Vec::new(), Vec::new());
    walk(directory, 0, &mut files, &mut told);
    files.sort();
    if files.len() > PAGES {
        told.push(format!(
            "{} holds more than {PAGES} pages: the others are left out",
            directory.display()
        ));
        files.truncate(PAGES);
    }
    (files, told)
}

fn walk(directory: &Path, depth: usize, files: &mut Vec<PathBuf>, told: &mut Vec<String>) {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            told.push(format!("cannot read {}: {error}", directory.display()));
            return;
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden || files.len() > PAGES {
            continue;
        }
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() && depth < DEPTH => walk(&path, depth + 1, files, told),
            Ok(meta) if meta.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md")) => {
                files.push(path)
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_directories_are_found_and_trusted_by_directory_or_text() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &[u8]| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        write("ours/deep/er/one.md", b"# One\n");
        write("ours/.git/two.md", b"# Two\n");
        write("ours/notes.txt", b"# Three\n");
        let latin = write("theirs/latin.md", b"# Caf\xe9\n");
        write("theirs/other.md", b"# Other\n");
        let config = Runbooks {
            directories: vec![root.path().join("ours"), root.path().join("theirs"), root.path().join("gone")],
            trusted: vec![root.path().join("ours")],
            ..Runbooks::default()
        };
        let mut trusted = Trusted::default();
        let text = page(&latin).unwrap();
        assert_eq!(text, "# Caf\u{fffd}\n");
        trusted.add(
            &latin.canonicalize().unwrap().display().to_string(),
            &fingerprint(&text),
            "2026-11-28T00:00:00Z",
        );
        let library = library(&config, &trusted);
        let trust = |name: &str| library.get(name).map(|page| page.trust);
        assert_eq!(
            (trust("one"), trust("latin"), trust("other"), trust("two"), trust("notes")),
            (Some(Trust::Directory), Some(Trust::Text), Some(Trust::Not), None, None)
        );
        assert!(library.told.iter().any(|told| told.contains("gone")), "{:?}", library.told);
        fs::write(&latin, "# Changed\n").unwrap();
        let library = super::library(&config, &trusted);
        assert_eq!(library.get("latin").unwrap().trust, Trust::Changed);
    }
}
