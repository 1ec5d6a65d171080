//! The binary as a shell sees it: output, errors, exit codes.

use std::path::Path;
use std::process::{Command, Output};

mod audit;
pub mod aws;
mod check;
mod forward;
mod logs;
mod runbook;
mod triage;
mod walk;

/// A run of the binary in a home of its own, where nothing of this machine's configuration is seen.
pub struct Run {
    command: Command,
}

impl Run {
    pub fn new(home: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", home)
            .env("NO_PROXY", "*")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(std::process::Stdio::null());
        Self { command }
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn inside(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Exit code, standard output, standard error; the home is written `~`.
    pub fn output(mut self, home: &Path) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(home.to_str().unwrap(), "~");
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

fn qd(arguments: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    Run::new(home.path(), arguments).output(home.path())
}

#[test]
fn help_says_what_there_is() {
    let (code, out, err) = qd(&["--help"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!("help", out);
    insta::assert_snapshot!("help_config_check", qd(&["config", "check", "--help"]).1);
    insta::assert_snapshot!("help_triage", qd(&["triage", "--help"]).1);
    insta::assert_snapshot!("help_logs", qd(&["logs", "--help"]).1);
    insta::assert_snapshot!("help_forward", qd(&["forward", "--help"]).1);
}

#[test]
fn version_is_one_line() {
    let expected = format!("qd {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(qd(&["--version"]), (0, expected, String::new()));
}

#[test]
fn usage_errors_are_one_line_and_a_hint() {
    for (arguments, error, hint) in [
        (&["--enf", "prod"][..], "unexpected argument '--enf' found", "did you mean `--env`?"),
        (&["config"], "a command is missing", "`qd --help` lists the commands and flags"),
        (&["config", "chekc"], "unrecognized subcommand 'chekc'", "did you mean `check`?"),
        (
            &["pods/a/b"],
            "invalid value 'pods/a/b' for '[RESOURCE]': expected a kind or kind/name, as in pods or deploy/backend",
            "`qd --help` lists the commands and flags",
        ),
        (
            &["--env", "a", "--context", "b"],
            "the argument '--env <NAME>' cannot be used with '--context <CTX>'",
            "`qd --help` lists the commands and flags",
        ),
        (
            &["triage", "-o", "yaml"],
            "invalid value 'yaml' for '--output <FORMAT>'",
            "`qd --help` lists the commands and flags",
        ),
        (
            &["config", "check", "--timeout", "0"],
            "invalid value '0' for '--timeout <SECS>': expected between 1 and 3600 seconds",
            "`qd --help` lists the commands and flags",
        ),
    ] {
        let (code, out, err) = qd(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(err, format!("qd: {error}\nhint: {hint}\n"), "{arguments:?}");
    }
}

#[test]
fn a_broken_configuration_is_named_with_its_line() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("broken.toml");
    std::fs::write(&file, "[ui]\n\nthme = \"paper\"\n").unwrap();
    let named = Run::new(home.path(), &["--config", file.to_str().unwrap()]).output(home.path());
    let expected = "qd: ~/broken.toml:3: unknown key `thme`\nhint: did you mean `theme`?\n";
    assert_eq!(named, (2, String::new(), expected.into()));
    let by_variable = Run::new(home.path(), &["config", "check"]).variable("QD_CONFIG", file.to_str().unwrap());
    assert_eq!(by_variable.output(home.path()).2, expected);
    let missing = Run::new(home.path(), &["config", "check", "--config", "/nowhere/qd.toml"]).output(home.path());
    assert_eq!(missing.0, 2);
    assert_eq!(
        missing.2,
        "qd: /nowhere/qd.toml: there is no such file\nhint: `qd config init` writes a starter file\n"
    );
}

#[test]
fn init_writes_a_starter_once_and_path_says_where() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        Run::new(home.path(), arguments)
            .variable("XDG_STATE_HOME", "/state")
            .output(home.path())
    };
    if cfg!(target_os = "linux") {
        let expected = "config  ~/.config/quarterdeck/config.toml  (not there; `qd config init` writes it)\n\
                        state   /state/quarterdeck\nthemes  ~/.config/quarterdeck/themes\n";
        assert_eq!(run(&["config", "path"]), (0, expected.into(), String::new()));
    }
    let file = home.path().join("deep/er/config.toml");
    let at = file.to_str().unwrap();
    assert_eq!(
        run(&["config", "init", "--config", at]),
        (0, "wrote ~/deep/er/config.toml\n".into(), String::new())
    );
    assert!(
        run(&["--config", at, "config", "path"])
            .1
            .starts_with("config  ~/deep/er/config.toml\n")
    );
    std::fs::write(&file, "# mine\n").unwrap();
    let (code, out, err) = run(&["config", "init", "--config", at]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        err.starts_with("qd: ~/deep/er/config.toml is already there and stays as it is\nhint: "),
        "{err}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");
}

#[test]
fn completions_and_the_manual_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = qd(&["completions", shell]);
        assert_eq!(code, 0);
        assert!(out.contains("low-bandwidth") && out.contains("completions"), "{shell}: {out}");
    }
    let (code, page, _) = qd(&["man"]);
    assert_eq!(code, 0);
    assert!(page.contains(".TH QD") || page.contains(".TH \"QD\""), "{page}");
    for part in ["qd config check", "qd triage", "QD_CONFIG", "EXIT STATUS", "low\\-bandwidth"] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
}
