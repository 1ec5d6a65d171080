//! Reads the variables and the file, and hands them to the layers. The only part of this room that touches the disk.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::file::{Base, File, parse};
use super::layers::{FromKubeconfig, Wanted, merge};
use super::{Config, Paths};
use crate::model::{Problem, ProblemKind};

/// No configuration is longer than this; what is, is some other file.
const LONGEST: u64 = 1 << 20;

/// The configuration, and where it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub config: Config,
    /// The file that was read; `None` where there is none.
    pub file: Option<PathBuf>,
}

/// Loads everything. `kubeconfig` reads a kubeconfig (the given files, or what kubectl would read) and is
/// called only where the file does not already say which environments there are.
///
/// # Errors
/// What is wrong with the file, a variable or the kubeconfig, as one sentence with a hint.
pub fn load(
    flags: Wanted,
    paths: &Paths,
    known_commands: &[&str],
    kubeconfig: impl FnOnce(&[PathBuf]) -> Result<FromKubeconfig, Problem>,
) -> Result<Loaded, Problem> {
    let wanted = flags.over(Wanted::from_variables(variable)?);
    let (file, path) = read_file(&wanted, paths, known_commands)?;
    let from_kubeconfig = match wanted.needs_kubeconfig(&file) {
        true => kubeconfig(wanted.kubeconfig.as_slice())?,
        false => FromKubeconfig::default(),
    };
    Ok(Loaded {
        config: merge(&wanted, file, from_kubeconfig)?,
        file: path,
    })
}

/// Where the configuration file is or would be: flag, variable, or the usual place.
pub fn config_path(flag: Option<&Path>, paths: &Paths) -> PathBuf {
    let named = flag
        .map(Path::to_owned)
        .or_else(|| variable("QD_CONFIG").filter(|v| !v.is_empty()).map(PathBuf::from));
    named.unwrap_or_else(|| paths.config.clone())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn read_file(wanted: &Wanted, paths: &Paths, known_commands: &[&str]) -> Result<(File, Option<PathBuf>), Problem> {
    let path = wanted.config.as_ref().unwrap_or(&paths.config);
    let text = match read_text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && wanted.config.is_none() => return Ok((File::default(), None)),
        Err(error) => {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => "`qd config init` writes a starter file",
                std::io::ErrorKind::PermissionDenied => "check who may read it",
                _ => "the configuration is a TOML file",
            };
            let text = format!("{}: {}", path.display(), plain(&error));
            return Err(Problem::new(ProblemKind::Config, text).hint(hint));
        }
    };
    let base = Base {
        file: path,
        home: paths.home.as_deref(),
    };
    Ok((parse(&text, base, known_commands)?, Some(path.clone())))
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(std::io::Error::other("longer than 1 MiB, so not a configuration"));
    }
    String::from_utf8(bytes).map_err(|_| std::io::Error::other("not UTF-8 text"))
}

/// An IO error without the operating system's number.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "may not be read".into(),
        std::io::ErrorKind::IsADirectory => "is a directory".into(),
        _ => error.to_string(),
    }
}
