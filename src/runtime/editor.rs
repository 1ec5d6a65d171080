//! The user's own editor: a file that only its owner may read, a program that has the terminal, and the text that it left.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::app::deeds::editing::{Order, Returned};
use crate::model::{Problem, ProblemKind};

/// No object is larger than this as a text (bytes).
const LARGEST: u64 = 8 << 20;

/// The editor that the environment names, as kubectl looks for it; else one that is there.
pub fn named() -> String {
    let chosen = ["KUBE_EDITOR", "EDITOR", "VISUAL"].into_iter().find_map(|name| {
        let value = std::env::var(name).ok()?;
        (!value.trim().is_empty()).then_some(value)
    });
    chosen.unwrap_or_else(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let is_there = |program: &&&str| std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
        let found = ["vi", "nano"].iter().find(is_there);
        (*found.unwrap_or(&"vi")).to_owned()
    })
}

/// Has a text edited by this command, at this program's terminal. The file stays until it is forgotten.
///
/// # Errors
/// The file cannot be written or read, or the editor says that it failed; then no file is left.
pub fn run(order: &Order, editor: &str) -> Result<Returned, Problem> {
    let failed = |what: &str, error: std::io::Error| Problem::new(ProblemKind::Config, format!("{what}: {error}"));
    let safe: String = order
        .name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        .take(60)
        .collect();
    // Made with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(&format!("qd-{safe}-"))
        .suffix(".yaml")
        .tempfile()
        .map_err(|e| failed("no file to edit", e))?;
    file.write_all(order.text.as_bytes())
        .and_then(|()| file.flush())
        .map_err(|e| failed("the file to edit cannot be written", e))?;
    // A shell reads the command as the user would have typed it. Whoever stops the editor would find nobody to go on
    // with it: so it cannot be stopped.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("trap '' TSTP; {editor} \"$@\""))
        .arg("qd")
        .arg(file.path())
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .status()
        .map_err(|e| failed("the editor cannot be started", e))?;
    if !status.success() {
        let hint = match status.code() {
            Some(126 | 127) => "KUBE_EDITOR or EDITOR names the editor",
            _ => "",
        };
        return Err(Problem::new(ProblemKind::Config, format!("{editor} ended with {status}")).hint(hint));
    }
    let text = read(file.path())?;
    let (_, path) = file.keep().map_err(|e| failed("the edited file cannot be kept", e.error))?;
    // Some editors put another file in its place.
    let _ = fs::set_permissions(&path, fs::Permissions::from_mode(0o600));
    Ok(Returned { text, file: path })
}

/// The text of a file.
///
/// # Errors
/// It is not there, is no text, or is too large.
pub fn read(path: &Path) -> Result<String, Problem> {
    let shown = path.display();
    let failed = |error: std::io::Error| Problem::new(ProblemKind::Config, format!("{shown} cannot be read: {error}"));
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(Problem::new(ProblemKind::Config, format!("{shown} is no file")));
    }
    if about.len() > LARGEST {
        return Err(Problem::new(ProblemKind::Config, format!("{shown} is larger than 8 MiB")));
    }
    fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> Order {
        Order {
            text: "a: 1\n".into(),
            name: "web/../x".into(),
        }
    }

    #[test]
    fn a_text_is_edited_in_a_file_of_ones_own() {
        let editor = "sh -c 'stat -c %a \"$1\" >> \"$1\"; echo b: 2 >> \"$1\"' --";
        let returned = run(&order(), editor).unwrap();
        assert_eq!(returned.text, "a: 1\n600\nb: 2\n");
        assert_eq!(fs::metadata(&returned.file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_file(&returned.file).unwrap();
    }

    #[test]
    fn an_editor_that_fails_leaves_no_file() {
        let note = tempfile::NamedTempFile::new().unwrap();
        let editor = format!("sh -c 'echo \"$1\" > {}; exit 3' --", note.path().display());
        let problem = run(&order(), &editor).unwrap_err();
        assert!(problem.text.contains("exit status: 3"), "{problem}");
        let path = fs::read_to_string(note.path()).unwrap();
        assert!(!path.trim().is_empty() && !Path::new(path.trim()).exists(), "{path}");
        let missing = run(&order(), "no-such-editor-here").unwrap_err();
        assert_eq!(&*missing.hint, "KUBE_EDITOR or EDITOR names the editor");
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        assert!(read(Path::new("/")).unwrap_err().text.contains("is no file"));
        assert!(read(Path::new("/no/such")).unwrap_err().text.contains("cannot be read"));
    }
}
