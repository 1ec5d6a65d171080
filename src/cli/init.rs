//! The starter file of `qd config init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::model::{Problem, ProblemKind};

/// The starter file: everything in it is a comment until the user says otherwise.
pub(super) const STARTER: &str = include_str!("../../assets/starter.toml");

/// Writes the starter file where none is.
pub(super) fn write_starter(path: &Path) -> Result<(), Problem> {
    let failed = |what: &str, error: std::io::Error| {
        let text = match error.kind() {
            ErrorKind::PermissionDenied => format!("{}: may not be written", path.display()),
            _ => format!("{}: {what}: {error}", path.display()),
        };
        Problem::new(ProblemKind::Config, text).hint("name another place with --config FILE")
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory).map_err(|error| failed("its directory cannot be made", error))?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file
            .write_all(STARTER.as_bytes())
            .map_err(|error| failed("cannot be written", error)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let problem = Problem::new(
                ProblemKind::Config,
                format!("{} is already there and stays as it is", path.display()),
            );
            Err(problem.hint("write a second one beside it with --config FILE"))
        }
        Err(error) => Err(failed("cannot be written", error)),
    }
}
