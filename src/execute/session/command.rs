//! Which program a session starts when none is named.

/// The best shell of an image, found in one go: `bash` where there is one, else `sh`.
const BEST: &str = "command -v bash >/dev/null && exec bash || exec sh";

/// The words that start a shell. Where the image has no `sh`, [`super::terminal::run`] says so.
pub fn shell() -> Vec<String> {
    ["sh", "-c", BEST].map(str::to_owned).to_vec()
}

/// Whether this is the name or the path of a shell.
pub fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or_default();
    matches!(name, "sh" | "ash" | "bash" | "dash" | "zsh" | "ksh")
}

/// Feeds a program so many bytes. What it does not read is read to its end all the same.
const FED: &str = r#"head -c "$0" | sh -c '"$@"; s=$?; cat >/dev/null; exit $s' sh "$@""#;

/// The program that is fed so many bytes and then the end of its input, by `head`: for servers that cannot end a program's
/// input (before Kubernetes 1.30, over WebSocket), and for large inputs, since a connection that is stuck in one direction
/// tells nothing in the other. It needs `sh`, `head` and `cat` in the image.
pub(super) fn fed(argv: &[String], bytes: usize) -> Vec<String> {
    let start = ["sh", "-c", FED].map(str::to_owned);
    start.into_iter().chain([bytes.to_string()]).chain(argv.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_are_known_by_name_wherever_they_are() {
        assert!(["sh", "/bin/sh", "/usr/local/bin/bash"].into_iter().all(is_shell));
        assert!(!["", "psql", "/bin/ssh", "shutdown"].into_iter().any(is_shell));
        assert!(is_shell(&shell()[0]));
    }

    #[test]
    fn what_is_fed_is_no_part_of_the_script() {
        let argv = ["psql".to_owned(), "-c".to_owned(), "select 'a; rm -rf /'".to_owned()];
        let fed = fed(&argv, 12);
        assert_eq!(fed[3], "12");
        assert_eq!(fed[4..], argv);
    }
}
