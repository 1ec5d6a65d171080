//! Reads a secret from where the configuration says it is.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::config::Secret;
use crate::model::{Problem, ProblemKind};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The secret; its first line, without the end of the line.
///
/// # Errors
/// Where it should be and why it is not there. Never the secret itself, nor what the command printed beside it.
pub(super) async fn read(secret: &Secret) -> Result<String, Problem> {
    let text = match secret {
        Secret::File(path) => of_file(path).await?,
        Secret::Env(name) => std::env::var(name).map_err(|_| missing(format!("the variable {name} is not set")))?,
        Secret::Command(argv) => of_command(argv).await?,
    };
    match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => Ok(line.to_owned()),
        None => Err(missing(format!("{} is empty", place(secret)))),
    }
}

/// Where a secret is, for a sentence.
fn place(secret: &Secret) -> String {
    match secret {
        Secret::File(path) => path.display().to_string(),
        Secret::Env(name) => format!("the variable {name}"),
        Secret::Command(argv) => format!("what `{}` prints", argv.first().map_or("", String::as_str)),
    }
}

async fn of_file(path: &Path) -> Result<String, Problem> {
    let read = tokio::fs::read_to_string(path).await;
    read.map_err(|error| missing(format!("cannot read {}: {error}", path.display())))
}

async fn of_command(argv: &[String]) -> Result<String, Problem> {
    let Some((program, args)) = argv.split_first() else {
        return Err(missing("the command is empty".into()));
    };
    // It may not write on the screen, and nobody can answer a question of it.
    let mut command = tokio::process::Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => return Err(missing(format!("`{program}` does not end"))),
        Ok(Err(error)) => return Err(missing(format!("cannot run `{program}`: {error}"))),
        Ok(Ok(output)) => output,
    };
    if !output.status.success() {
        return Err(missing(format!("`{program}` failed: {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| missing(format!("what `{program}` prints is not text")))
}

fn missing(text: String) -> Problem {
    Problem::new(ProblemKind::Login, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_read_from_its_place_and_its_absence_said_without_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, "s3cr3t\nsecond line\n").unwrap();
        assert_eq!(read(&Secret::File(path.clone())).await.unwrap(), "s3cr3t");
        let command = |argv: &[&str]| Secret::Command(argv.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(read(&command(&["echo", "from-a-command"])).await.unwrap(), "from-a-command");
        std::fs::write(&path, "\n").unwrap();
        for (secret, part) in [
            (Secret::File(path), "is empty"),
            (Secret::File("/nowhere/token".into()), "cannot read /nowhere/token"),
            (
                Secret::Env("QD_NO_SUCH_VARIABLE".into()),
                "the variable QD_NO_SUCH_VARIABLE is not set",
            ),
            (command(&["false"]), "`false` failed"),
            (command(&["/nowhere/program"]), "cannot run `/nowhere/program`"),
        ] {
            let problem = read(&secret).await.unwrap_err();
            assert!(problem.text.contains(part) && problem.kind == ProblemKind::Login, "{problem}");
        }
    }
}
