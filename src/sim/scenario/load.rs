//! Finding a scenario: compiled in, or a file of the user's.

use std::path::Path;

use super::Scenario;
use super::file::parse;
use crate::config::{fault, nearest};
use crate::model::{Problem, ProblemKind};

/// The scenarios that are compiled in, the default of `qd demo` first.
const BUILTIN: [(&str, &str); 7] = [
    ("bad-deploy", include_str!("../../../assets/scenarios/bad-deploy.toml")),
    ("memory-leak", include_str!("../../../assets/scenarios/memory-leak.toml")),
    ("pool-exhausted", include_str!("../../../assets/scenarios/pool-exhausted.toml")),
    ("bad-image", include_str!("../../../assets/scenarios/bad-image.toml")),
    ("node-down", include_str!("../../../assets/scenarios/node-down.toml")),
    ("calm", include_str!("../../../assets/scenarios/calm.toml")),
    ("noisy", include_str!("../../../assets/scenarios/noisy.toml")),
];

/// The longest file that is read.
const LONGEST: u64 = 1 << 20;

/// The names of the built-in scenarios.
pub fn names() -> [&'static str; BUILTIN.len()] {
    BUILTIN.map(|(name, _)| name)
}

/// The built-in scenarios.
pub fn builtin() -> Vec<Scenario> {
    let all = BUILTIN.iter();
    // A test reads each of them.
    all.filter_map(|(name, source)| parse(source, Path::new(name)).ok()).collect()
}

/// A scenario: a built-in one by its name, else the file of this path.
///
/// # Errors
/// Where there is neither, or the file is wrong: with its line and a suggestion.
pub fn load(name: &str) -> Result<Scenario, Problem> {
    if let Some((name, source)) = BUILTIN.iter().find(|(known, _)| *known == name) {
        return parse(source, Path::new(name));
    }
    let path = Path::new(name);
    let looks_like_a_path = path.components().count() > 1 || path.extension().is_some();
    match read(path) {
        Ok(source) => parse(&source, path),
        Err(error) if looks_like_a_path && nearest(name, &names()).is_none() => {
            let text = format!("{}: {error}", path.display());
            Err(Problem::new(ProblemKind::Config, text).hint("a scenario is a TOML file, or the name of a built-in one"))
        }
        Err(_) => {
            let problem = Problem::new(ProblemKind::Config, format!("unknown scenario `{name}`"));
            Err(problem.hint(fault::suggestion(name, &names())))
        }
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    file.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
pub(super) fn sources() -> [(&'static str, &'static str); BUILTIN.len()] {
    BUILTIN
}
