//! Everything that can wake the program: one closed list.

use std::path::PathBuf;

use crossterm::event::KeyEvent;

use crate::action::stage::News;
use crate::model::{EnvId, Evidenced, Fact, Problem, Time};

/// A message to [`super::update`].
#[derive(Clone, Debug)]
pub enum Msg {
    /// Something was seen of the world.
    Fact(Fact),
    /// A key, as the terminal reported it (LF already counts as Enter, a late ESC is already resolved).
    Key(KeyEvent),
    /// Text pasted in one piece.
    Paste(String),
    /// A mouse action (only when the mouse is on).
    Mouse(MouseAction),
    /// The terminal has this size now.
    Resize { width: u16, height: u16 },
    /// A second has passed.
    Tick(Time),
    /// A child that had the terminal (login) has returned it.
    Returned { env: EnvId, result: Result<(), Problem> },
    /// The user's editor has ended: what it left.
    Edited(Result<crate::app::deeds::editing::Returned, Problem>),
    /// A file that is to be applied was read.
    File(Result<String, Problem>),
    /// A file was written, or not.
    Saved(Result<PathBuf, Problem>),
    /// Which pages of evidence there are.
    Evidence(Result<Vec<Evidenced>, Problem>),
    /// A page of evidence, read.
    Page { name: String, text: Result<String, Problem> },
    /// What happened in the walk of this number cannot be written down.
    Unwritten { run: u64, problem: Problem },
    /// A walk to go on with, or why there is none.
    Walk(Result<Box<crate::app::books::Resumed>, Problem>),
    /// The text went to the terminal's clipboard (and to this file), or only to the file.
    Copied(Result<Copied, Problem>),
    /// Something became of a plan.
    News(Box<News>),
    /// The dialog of this draft has been on the screen long enough to be read: keys count.
    Armed(u64),
    /// The terminal or the session manager ends the program (SIGHUP, SIGTERM).
    End(Ending),
}

/// What became of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The terminal was asked to take it.
    Clipboard,
    /// It is too long for the terminal's clipboard: it stands in this file only.
    File(PathBuf),
}

/// Why the program is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The terminal went away.
    HangUp,
    Terminate,
}

/// What the mouse may do: nothing that the keyboard cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAction {
    Click { column: u16, row: u16 },
    Wheel { column: u16, row: u16, down: bool },
}
