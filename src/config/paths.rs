//! Where the program's files are, by the platform's conventions.

use std::path::{Path, PathBuf};

use crate::model::{Problem, ProblemKind};

/// The directories of this user on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file, unless a flag or variable names another.
    pub config: PathBuf,
    /// What must survive a restart: session, audit, log of the program.
    pub state: PathBuf,
    /// The user's own themes.
    pub themes: PathBuf,
    /// The home directory: what `~` means.
    pub home: Option<PathBuf>,
}

impl Paths {
    /// The XDG directories on Linux (`$XDG_CONFIG_HOME/quarterdeck`, `$XDG_STATE_HOME/quarterdeck`), their
    /// counterparts elsewhere (macOS has no state directory: the local data directory).
    ///
    /// # Errors
    /// Where the user has no home directory.
    pub fn of_this_user() -> Result<Self, Problem> {
        let Some(project) = directories::ProjectDirs::from("", "", "quarterdeck") else {
            let problem = Problem::new(ProblemKind::Config, "there is no home directory to look for the configuration in");
            return Err(problem.hint("set HOME"));
        };
        let config = project.config_dir();
        Ok(Self {
            config: config.join("config.toml"),
            state: project.state_dir().unwrap_or(project.data_local_dir()).to_owned(),
            themes: config.join("themes"),
            home: directories::BaseDirs::new().map(|base| base.home_dir().to_owned()),
        })
    }
}

/// A path as written in a file: `~/…` from home, a relative one from `directory`.
pub(super) fn resolve(path: &Path, directory: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => directory.join(path),
    }
}
