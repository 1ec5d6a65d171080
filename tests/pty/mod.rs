//! The real binary in a pseudo terminal, as a person at a keyboard meets it.
//!
//! [`Term`] starts it, types, and reads the screen through a terminal emulator; it knows what the terminal
//! was like before, and can say whether it was left as it was found.
//!
//! `change` holds changes that the terminal is taken away from, `cockpit` the journeys on a screen, `endings` those out of it (and the sessions that survive), `login` those
//! with credentials that end, `view` saved logs, `session` those in containers, `binary` what needs no screen, `own` the harness's own tests.
#![allow(dead_code, reason = "an interface for tests, which do not all use all of it")]

mod binary;
mod change;
mod cockpit;
mod endings;
mod journal;
mod login;
mod own;
mod session;
mod term;
mod view;

pub use term::{Modes, Term, TermOptions};

use std::time::{Duration, Instant};

use crate::stub::Stub;

/// The binary with a kubeconfig that leads to this stub and nothing else, as context `stub`.
fn started(stub: &Stub, args: &[&str], with: impl FnOnce(TermOptions) -> TermOptions) -> Term {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("kubeconfig");
    stub.kubeconfig(&path, &[("stub", None)]);
    with(TermOptions::new(args).kubeconfig(&path)).start_in(home)
}

impl Term {
    /// What is typed just after another program had the terminal was meant for that one, and is discarded for a
    /// moment. Waits until it is over.
    fn pass_the_discarding(&self) {
        let until = Instant::now() + Duration::from_millis(700);
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.is_quiet_for(left);
        }
    }
}
