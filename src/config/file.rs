//! The configuration file: its schema, and reading it. Pure: text in, values or one [`Problem`] out.
//!
//! Every key that any part of the program reads is known here, and an unknown one is an error: a key that is
//! silently ignored is worst in the section that was meant to keep production safe.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::safety::{Freeze, Guard, Policy};
use super::team::{Contact, Logs, Plugin, Redact, Runbooks};
use super::{Dashboard, Environment, Panel, fault, paths, validate, words};
use crate::model::Problem;

/// What a file says. Sections that are absent have their defaults.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    #[serde(rename = "environment")]
    pub environments: Vec<Environment>,
    pub ui: FileUi,
    pub keys: BTreeMap<String, Keys>,
    pub guard: Guard,
    #[serde(rename = "policy")]
    pub policies: Vec<Policy>,
    #[serde(rename = "freeze")]
    pub freezes: Vec<Freeze>,
    pub runbooks: Runbooks,
    pub contacts: BTreeMap<String, Contact>,
    pub redact: Redact,
    pub logs: Logs,
    #[serde(rename = "plugin")]
    pub plugins: Vec<Plugin>,
    #[serde(rename = "panel")]
    pub panels: Vec<Panel>,
    #[serde(rename = "dashboard")]
    pub dashboards: Vec<Dashboard>,
}

/// `[ui]`: what is absent is left to the layers below.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileUi {
    pub theme: Option<String>,
    pub ascii: Option<bool>,
    pub guide: Option<bool>,
    pub mouse: Option<bool>,
    pub low_bandwidth: Option<bool>,
    pub screen_share: Option<bool>,
    pub notify: Option<Vec<super::Notify>>,
    #[serde(deserialize_with = "words::words")]
    pub favourites: Vec<String>,
    pub time_zone: Option<String>,
}

/// The keys of one command: one, several, or none (an empty list takes its keys away).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Keys(#[serde(deserialize_with = "words::one_or_many")] pub Vec<String>);

/// Where relative paths in a file start from.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// The file, for messages; relative paths are relative to its directory.
    pub file: &'a Path,
    /// What `~` means; `None` where it is not known.
    pub home: Option<&'a Path>,
}

/// Reads the text of a configuration file.
///
/// `known_commands` are the names that `[keys]` may use; an empty list leaves them unchecked.
///
/// # Errors
/// What is wrong first, with its line and a hint.
pub fn parse(source: &str, base: Base<'_>, known_commands: &[&str]) -> Result<File, Problem> {
    let mut file: File = fault::read(source, base.file)?;
    for environment in &mut file.environments {
        if environment.label.is_empty() {
            environment.label.clone_from(&environment.name);
        }
    }
    validate::validate(&file, known_commands).map_err(|finding| finding.in_file(source, base.file))?;
    resolve_paths(&mut file, base);
    Ok(file)
}

fn resolve_paths(file: &mut File, base: Base<'_>) {
    let directory = base.file.parent().unwrap_or(Path::new(""));
    let probes = file.environments.iter_mut().flat_map(|e| &mut e.probes);
    for path in probes.flat_map(super::Probe::paths_mut) {
        *path = paths::resolve(path, directory, base.home);
    }
    let kubeconfigs = file
        .environments
        .iter_mut()
        .filter_map(|e| e.kubernetes.as_mut())
        .flat_map(|k| &mut k.kubeconfig);
    let runbooks = &mut file.runbooks;
    let others = [&mut runbooks.directories, &mut runbooks.trusted, &mut runbooks.rules];
    let others = others.into_iter().flatten().chain(&mut runbooks.deploy);
    for path in kubeconfigs.chain(others) {
        *path = paths::resolve(path, directory, base.home);
    }
    let endpoints = file.environments.iter_mut().flat_map(Environment::endpoints_mut);
    for path in endpoints.flat_map(|endpoint| endpoint.access.paths_mut()) {
        *path = paths::resolve(path, directory, base.home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Tier;

    fn read(source: &str) -> Result<File, Problem> {
        let base = Base {
            file: Path::new("/etc/qd/config.toml"),
            home: Some(Path::new("/home/anna")),
        };
        parse(source, base, &["refresh", "open-help"])
    }

    #[test]
    fn an_empty_file_is_a_good_file() {
        assert_eq!(read("").unwrap(), File::default());
        assert_eq!(read("# nothing yet\n").unwrap().guard.idle, 1_200);
    }

    #[test]
    fn paths_start_at_the_file_or_at_home() {
        let file = read(
            r#"
            [[environment]]
            name = "a"
            kubernetes = { kubeconfig = ["~/.kube/a", "b.yaml", "/c"] }
            [runbooks]
            directories = "runbooks"
            "#,
        )
        .unwrap();
        let kubernetes = file.environments[0].kubernetes.as_ref().unwrap();
        let expected = ["/home/anna/.kube/a", "/etc/qd/b.yaml", "/c"];
        assert_eq!(kubernetes.kubeconfig, expected.map(std::path::PathBuf::from));
        assert_eq!(file.runbooks.directories, [std::path::PathBuf::from("/etc/qd/runbooks")]);
    }

    #[test]
    fn an_environment_is_guarded_unless_it_says_otherwise_and_labelled_by_its_name() {
        let file = read("[[environment]]\nname = \"a\"\n[[environment]]\nname = \"b\"\ntier = \"development\"\nlabel = \"dev\"").unwrap();
        assert_eq!(
            (file.environments[0].tier, file.environments[0].label.as_str()),
            (Tier::Guarded, "a")
        );
        assert_eq!(
            (file.environments[1].tier, file.environments[1].label.as_str()),
            (Tier::Open, "dev")
        );
    }

    #[test]
    fn a_key_for_an_unknown_command_is_an_error_with_its_line() {
        let problem = read("[ui]\nmouse = true\n[keys]\nrefresh = \"F5\"\nopen-hlep = [\"F1\"]\n").unwrap_err();
        assert_eq!(&*problem.text, "/etc/qd/config.toml:5: unknown command `open-hlep` in [keys]");
        assert_eq!(&*problem.hint, "did you mean `open-help`?");
        assert_eq!(read("[keys]\nrefresh = []\n").unwrap().keys["refresh"], Keys(vec![]));
    }
}
