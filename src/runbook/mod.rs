//! Runbooks: any Markdown page, read as steps that can be walked.
//!
//! ```text
//!  page.md ──► read ──► Runbook + flaws ──► lint        (what is wrong, by rule and line)
//!                          │     ├────────► library     (all pages by name; which may run)
//!                          │     └────────► suggest     (findings, alerts … ──► the page that helps, and why)
//!                          └──► walk: a state machine; its events are the file of the run
//! ```
//!
//! All of it is pure. A page is read whatever is in it; a command line is known by what it does ([`command`]), not by what the page says
//! of it; values ([`value`]) reach commands as words and queries as text, never as commands.
//!
//! | I have … | it goes to |
//! |---|---|
//! | a program whose lines can be judged | a file in `command`, its arm in `Command::reading`, its name in the registry |
//! | an attribute of a fence | `read/step.rs` |
//! | a key of the front matter | `read/front.rs` |
//! | a rule | `flaw.rs`, and `lint` or the place in `read` where it is seen |
//! | a sign that a page helps | `suggest` |

pub mod command;
pub mod condition;
pub mod draft;
pub mod flaw;
pub mod library;
pub mod lint;
pub mod page;
pub mod read;
pub mod suggest;
pub mod trial;
pub mod value;
pub mod walk;

pub use flaw::{Flaw, Rule};
pub use page::Runbook;
pub use read::{parse, slug};
