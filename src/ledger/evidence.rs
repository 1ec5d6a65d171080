//! Evidence that was kept of critical findings: one page a file, a bounded number of bytes in all.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::Ledger;
use crate::model::{Evidenced, Problem, ProblemKind, Time};

/// What all pages together may take. The oldest go first.
const ALL: u64 = 32 << 20;

/// What one page may take; its end is cut off.
const ONE: usize = 1 << 20;

pub(super) const DIRECTORY: &str = "evidence";

impl Ledger {
    /// Keeps a page. One that is there already stays as it is: the first look at a trouble is the one that matters.
    ///
    /// # Errors
    /// When the state directory cannot be written.
    pub fn keep_evidence(&self, name: &str, text: &str) -> Result<(), Problem> {
        let relative = Path::new(DIRECTORY).join(name);
        if self.directory.join(&relative).exists() {
            return Ok(());
        }
        let cut = text.floor_char_boundary(ONE);
        let text = match text.get(..cut) {
            Some(whole) if whole.len() < text.len() => format!("{whole}\n\n(cut off here: the page is longer than {ONE} bytes)\n"),
            _ => text.to_owned(),
        };
        self.write(&relative, &text)?;
        self.make_room();
        Ok(())
    }

    /// What is kept, the newest first.
    ///
    /// # Errors
    /// When the directory is there and cannot be read.
    pub fn evidence(&self) -> Result<Vec<Evidenced>, Problem> {
        let directory = self.directory.join(DIRECTORY);
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                let text = format!("cannot read {}: {error}", directory.display());
                return Err(Problem::new(ProblemKind::Server, text).hint("is the directory yours?"));
            }
        };
        let mut found: Vec<Evidenced> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                let name = entry.file_name().to_str()?.to_owned();
                let at = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
                // A page that is being written begins with a dot.
                (name.ends_with(".md") && !name.starts_with('.')).then(|| Evidenced {
                    path: entry.path().display().to_string(),
                    name,
                    at: Time(i64::try_from(at.as_secs()).unwrap_or(0)),
                    bytes: meta.len(),
                })
            })
            .collect();
        found.sort_by(|a, b| b.at.cmp(&a.at).then(b.name.cmp(&a.name)));
        Ok(found)
    }

    /// The text of a page.
    ///
    /// # Errors
    /// When it cannot be read (any more).
    pub fn evidence_text(&self, name: &str) -> Result<String, Problem> {
        let path: PathBuf = self.directory.join(DIRECTORY).join(Path::new(name).file_name().unwrap_or_default());
        fs::read_to_string(&path)
            .map(|text| crate::model::clean_lines(&text))
            .map_err(|error| Problem::new(ProblemKind::NotFound, format!("cannot read {}: {error}", path.display())))
    }

    pub(super) fn make_room(&self) {
        let Ok(pages) = self.evidence() else { return };
        let mut sum = 0;
        for page in pages {
            sum += page.bytes;
            if sum > ALL {
                // One that cannot be removed is tried again with the next page.
                let _ = fs::remove_file(self.directory.join(DIRECTORY).join(&page.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_kept_once_and_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().to_owned());
        assert_eq!(ledger.evidence().unwrap(), []);
        ledger.keep_evidence("a.md", "# first").unwrap();
        ledger.keep_evidence("a.md", "# second").unwrap();
        assert_eq!(ledger.evidence_text("a.md").unwrap(), "# first");
        assert_eq!(ledger.evidence().unwrap().len(), 1);
        assert!(ledger.evidence_text("../a.md").is_ok(), "a name leads nowhere else");
        assert!(ledger.evidence_text("b.md").is_err());
    }

    #[test]
    fn the_oldest_pages_make_room_and_a_long_one_is_cut() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().to_owned());
        let long = "é".repeat(ONE);
        for n in 0..40 {
            ledger.keep_evidence(&format!("{n:02}.md"), &long).unwrap();
        }
        let kept = ledger.evidence().unwrap();
        assert!(kept.iter().map(|page| page.bytes).sum::<u64>() <= ALL);
        assert!(kept.len() > 20 && kept.iter().any(|page| page.name == "39.md"));
    }
}
