//! A runbook that is walked: the step in front, what it showed, and where it leads.
//!
//! ```text
//!  Diagnosis › Read the log of the run that died                      step 3 of 16
//!  --previous is the run that died …
//!  $ kubectl -n default logs backend-… --previous --tail=200                 reads
//!  passed · 0.4 s · kept as evidence
//! ─────────────────────────────────────────────────────────────────────────────────
//!  03:11:58.201 FATAL config: STRIPE_KEY is not set
//! ─────────────────────────────────────────────────────────────────────────────────
//!  ▸1 The application says why             → Did a deployment start it?
//!   2 It says nothing                      → Describe the pod
//!  escalate to DevOps Team in 12 min
//! ```

mod draw;
pub mod plain;
mod steps;

pub use draw::draw;

use crate::app::Command;
use crate::app::books::Books;
use crate::model::EnvId;

/// The view of the walk. What is walked is the app's, not the pane's.
#[derive(Debug)]
pub struct BookPane {
    pub env: EnvId,
    /// The step under the cursor of the outline, where that is shown.
    pub outline: Option<usize>,
    /// Whether the contacts and the values are shown.
    pub contacts: bool,
    /// How far the output is scrolled, in rows, and of which step.
    scroll: (String, usize),
}

impl BookPane {
    pub fn new(env: EnvId) -> Self {
        Self {
            env,
            outline: None,
            contacts: false,
            scroll: (String::new(), 0),
        }
    }

    /// Rows of the output above the first that is shown, of this step.
    fn scrolled(&self, step: &str) -> usize {
        if self.scroll.0 == step { self.scroll.1 } else { 0 }
    }

    /// Moves: through the answers, page by page through the output.
    pub fn travel(&mut self, command: Command, page: usize, books: &mut Books) {
        let Some(walking) = books.walking.as_mut() else { return };
        let steps = walking.page.book.steps.len();
        if let Some(at) = &mut self.outline {
            let last = steps.saturating_sub(1);
            *at = match command {
                Command::Up => at.saturating_sub(1),
                Command::Down => at.saturating_add(1).min(last),
                Command::PageUp => at.saturating_sub(page),
                Command::PageDown => at.saturating_add(page).min(last),
                Command::Top => 0,
                Command::Bottom => last,
                _ => *at,
            };
            return;
        }
        let answers = walking.step().map_or(0, |step| step.branches.len());
        let choosing = answers > 0 && walking.is_judged();
        let id = walking.walk.at.clone().unwrap_or_default();
        let rows = walking.output().map_or(0, |shown| shown.text.lines().count());
        let before = self.scrolled(&id);
        let after = match command {
            Command::Up if choosing => {
                walking.cursor = walking.cursor.saturating_sub(1);
                before
            }
            Command::Down if choosing => {
                walking.cursor = (walking.cursor + 1).min(answers - 1);
                before
            }
            Command::Up => before.saturating_sub(1),
            Command::Down => before + 1,
            Command::PageUp => before.saturating_sub(page / 2),
            Command::PageDown => before + page / 2,
            Command::Top => 0,
            Command::Bottom => usize::MAX,
            _ => before,
        };
        self.scroll = (id, after.min(rows.saturating_sub(1)));
    }
}
