//! The forwards that are wanted again next time, in `forwards.toml`.

use std::fs;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use super::Ledger;
use crate::action::forward::ForwardSpec;
use crate::model::{Problem, ProblemKind};

const FILE: &str = "forwards.toml";
/// Held while the file is read and written: another process may write it, too.
const LOCK: &str = "forwards.lock";

/// More than these are not kept.
const MOST: usize = 256;

/// The file: of all environments, since one `qd` may be asked for another's.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct File {
    #[serde(rename = "forward")]
    forwards: Vec<ForwardSpec>,
}

impl Ledger {
    /// The forwards of an environment that were saved.
    ///
    /// # Errors
    /// The file is there, and cannot be read or understood: nothing is guessed, for a forward leads somewhere.
    pub fn forwards(&self, environment: &str) -> Result<Vec<ForwardSpec>, Problem> {
        let mut forwards = self.saved()?.forwards;
        forwards.retain(|spec| spec.environment == environment);
        Ok(forwards)
    }

    /// Saves the forwards of an environment: what this process had before and has no more goes, what it has now is there. Those of
    /// other environments stay, and those that another process saved meanwhile.
    ///
    /// # Errors
    /// When the file cannot be read, understood or written; then it stays as it is.
    pub fn save_forwards(&self, environment: &str, before: &[ForwardSpec], forwards: &[ForwardSpec]) -> Result<(), Problem> {
        let _alone = self.alone(LOCK)?;
        let mut file = self.saved()?;
        file.forwards.retain(|spec| forwards.contains(spec) || !before.contains(spec));
        for spec in forwards.iter().filter(|spec| spec.environment == environment) {
            if !file.forwards.contains(spec) {
                file.forwards.push(spec.clone());
            }
        }
        if file.forwards.len() > MOST {
            let text = format!("more than {MOST} forwards would be saved");
            return Err(Problem::new(ProblemKind::Config, text).hint(format!("take some out of {}", self.directory.join(FILE).display())));
        }
        let text = toml::to_string(&file)
            .map_err(|error| Problem::new(ProblemKind::Server, format!("the forwards cannot be written: {error}")))?;
        self.write(FILE, &text).map(drop)
    }

    fn saved(&self) -> Result<File, Problem> {
        let path = self.directory.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(File::default()),
            Err(error) => {
                let text = format!("cannot read {}: {error}", path.display());
                return Err(Problem::new(ProblemKind::Server, text).hint("is the file yours?"));
            }
        };
        toml::from_str(&text).map_err(|error| {
            let place = error
                .span()
                .map_or(1, |span| text.get(..span.start).map_or(1, |before| before.lines().count().max(1)));
            let text = format!("{}:{place}: {}", path.display(), error.message());
            Problem::new(ProblemKind::Config, text).hint("mend it, or move it away")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Verb, kubectl};

    fn spec(environment: &str, line: &str) -> ForwardSpec {
        let action = kubectl::parse(&format!("kubectl port-forward {line}")).unwrap();
        let Verb::PortForward(forward) = &action.verb else {
            panic!("{line}")
        };
        ForwardSpec::of(forward, environment, "solia").unwrap()
    }

    #[test]
    fn the_forwards_of_an_environment_come_back_and_those_of_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().join("state"));
        assert_eq!(ledger.forwards("prod").unwrap(), []);
        let prod = [spec("prod", "svc/backend 8080:http"), spec("prod", "postgres-0 :5432")];
        let staging = [spec("staging", "deploy/web 80 --address ::1")];
        ledger.save_forwards("prod", &[], &prod).unwrap();
        ledger.save_forwards("staging", &[], &staging).unwrap();
        assert_eq!(ledger.forwards("prod").unwrap(), prod);
        ledger.save_forwards("prod", &prod, &prod[1..]).unwrap();
        assert_eq!(ledger.forwards("prod").unwrap(), prod[1..]);
        // Another process, that has never heard of it, adds one: both are there, and either takes away only its own.
        let other = [spec("prod", "svc/frontend 3000")];
        ledger.save_forwards("prod", &[], &other).unwrap();
        assert_eq!(ledger.forwards("prod").unwrap(), [&prod[1..], &other].concat());
        ledger.save_forwards("prod", &prod[1..], &[]).unwrap();
        assert_eq!(ledger.forwards("prod").unwrap(), other);
        assert_eq!(ledger.forwards("staging").unwrap(), staging);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(directory.path().join("state/forwards.toml")).unwrap().permissions())
                & 0o777,
            0o600
        );
    }

    #[test]
    fn a_file_that_somebody_broke_is_told_and_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path().to_owned());
        let path = directory.path().join("forwards.toml");
        let broken = "[[forward]]\nenvironment = 'prod'\nnamespace = 'x'\nobject = 'secret/x'\nports = ['80']\n";
        fs::write(&path, broken).unwrap();
        let problem = ledger.forwards("prod").unwrap_err();
        assert!(problem.text.contains("forwards.toml:1: no port leads to secret"), "{problem}");
        assert!(ledger.save_forwards("prod", &[], &[]).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
}
