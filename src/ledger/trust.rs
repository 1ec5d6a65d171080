//! The pages that were trusted, in `trust.toml`.

use std::fs;
use std::io::ErrorKind;

use super::Ledger;
use crate::model::{Problem, ProblemKind};
use crate::runbook::library::Trusted;

const FILE: &str = "trust.toml";

impl Ledger {
    /// The pages that were trusted.
    ///
    /// # Errors
    /// The file is there, and cannot be read or understood: then nothing is trusted, and somebody has to know.
    pub fn trusted(&self) -> Result<Trusted, Problem> {
        let path = self.directory.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Trusted::default()),
            Err(error) => {
                let text = format!("cannot read {}: {error}", path.display());
                return Err(Problem::new(ProblemKind::Server, text).hint("is the file yours?"));
            }
        };
        toml::from_str(&text).map_err(|error| {
            let text = format!("{}: {}", path.display(), error.message());
            Problem::new(ProblemKind::Config, text).hint("mend it, or move it away: then the pages are to be trusted again")
        })
    }

    /// Writes down which pages are trusted.
    ///
    /// # Errors
    /// When the state directory cannot be written.
    pub fn trust(&self, trusted: &Trusted) -> Result<(), Problem> {
        let text = toml::to_string(trusted)
            .map_err(|error| Problem::new(ProblemKind::Server, format!("what is trusted cannot be written: {error}")))?;
        self.write(FILE, &text).map(drop)
    }
}
