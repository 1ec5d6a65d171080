//! What an exit code means.

use crate::model::{Exit, signal_name};

/// What it says that a run ended so, in one sentence.
pub fn meaning(exit: &Exit) -> String {
    if &*exit.reason == "OOMKilled" {
        return "the kernel killed it: it used more memory than it may".into();
    }
    // A program that was ended by signal N is said to have exited with 128 + N.
    let signal = if exit.signal > 0 { exit.signal } else { exit.code - 128 };
    let words = match (exit.code, signal) {
        (0, 0 | -128) => "it came to its end by itself, without an error",
        (125, _) => "the container could not be made",
        (126, _) => "its command was found but may not be run",
        (127, _) => "its command was not found",
        (255, _) => "it ended itself with an error that has no number of its own",
        (_, 1) => "its terminal went away",
        (_, 2) => "it was interrupted",
        (_, 4) => "it met an instruction that this processor does not have (an image for another architecture?)",
        (_, 6) => "it ended itself: a check within it failed, or memory could not be had",
        (_, 7) => "it touched memory that is not there (a file cut short, a full volume?)",
        (_, 8) => "it calculated what cannot be calculated",
        (_, 9) => "it was killed without being asked: out of memory, or it did not stop when asked to",
        (_, 11) => "it touched memory that is not its own: a fault in the program",
        (_, 13) => "it wrote to something that had been closed",
        (_, 15) => "it was asked to stop (by the kubelet, as a rule), and did",
        (_, 31) => "it made a system call that it may not make",
        (_, signal) if signal > 0 && signal <= 64 => {
            return match signal_name(signal) {
                Some(name) => format!("it was ended by {name}"),
                None => format!("it was ended by signal {signal}"),
            };
        }
        (1, _) => "the program ended itself with an error",
        (2, _) => "the program ended itself: a panic, or it was called wrongly",
        _ => "the program ended itself with an error of its own number",
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_means_something() {
        let of = |reason: &str, code, signal| {
            meaning(&Exit {
                reason: reason.into(),
                code,
                signal,
                ..Exit::default()
            })
        };
        for (code, signal, words) in [
            (0, 0, "without an error"),
            (1, 0, "ended itself with an error"),
            (2, 0, "a panic"),
            (127, 0, "not found"),
            (137, 0, "killed without being asked"),
            (0, 9, "killed without being asked"),
            (139, 0, "not its own"),
            (143, 0, "asked to stop"),
            (141, 0, "closed"),
            (152, 0, "SIGXCPU"),
            (170, 0, "signal 42"),
            (255, 0, "no number"),
            (-1, 0, "its own number"),
            (i32::MAX, 0, "its own number"),
        ] {
            assert!(of("Error", code, signal).contains(words), "{code}: {}", of("Error", code, signal));
        }
        assert!(of("OOMKilled", 137, 0).contains("more memory"));
    }
}
