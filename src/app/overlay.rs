//! What lies over the panes and takes the keys first.

use super::palette::Offer;
use super::session::Session;
use crate::ui::widgets::Input;

/// An overlay. There is at most one: none opens another.
#[derive(Debug)]
pub enum Overlay {
    /// The command line and what it offers; `chosen` is the offer under the cursor, if one was stepped to.
    Palette {
        input: Input,
        offers: Vec<Offer>,
        chosen: Option<usize>,
    },
    /// The filter of the focused table, applied as one types; `before` comes back with ESC.
    Filter { input: Input, before: String },
    /// The search of the focused text or log.
    Search { input: Input, before: String },
    /// The keys of this view.
    Help { scroll: u16 },
    /// The last session was cut off: go on with it?
    Resume(Box<Session>),
    /// Does nobody look on any more?
    Unshare,
    /// The revisions of a workload, to choose one to go back to.
    Revisions(Box<super::deeds::history::Revisions>),
    /// What would be done to the world, and the question whether to.
    Plan(Box<super::deeds::dialog::Dialog>),
    /// Which port of this machine leads where.
    Forward(Box<super::forwards::form::Form>),
    /// What runs, or has just ended, object by object: of this draft.
    Progress { draft: u64, scroll: u16 },
}
