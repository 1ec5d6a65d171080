//! Port-forwards as the cockpit sees them: those that are open, those of the last time, and the form that asks for one.
//!
//! They are opened by a plan like everything else ([`crate::app::deeds`]); here is what follows: what the table shows, which are
//! saved, when the pod behind one is looked at.

pub mod form;
mod keys;

use std::collections::BTreeMap;

pub use keys::{again, copied, copy_out_of, open_saved, probe, stop};

use super::view::View;
use super::{App, Effect, Tone};
use crate::action::forward::{ForwardId, ForwardSeen, ForwardSpec, ForwardState, Probed};
use crate::action::stage::News;
use crate::model::EnvId;
use crate::model::Time;
use crate::ui::panes::table::RowSource;

/// How often (seconds) the pods behind forwards are looked at while the table is on the screen.
const PROBE: i64 = 15;

/// What is known of forwards.
#[derive(Debug, Default)]
pub struct Board {
    /// Open ones, the oldest first.
    open: Vec<ForwardSeen>,
    probed: BTreeMap<ForwardId, Probed>,
    asked: BTreeMap<ForwardId, Time>,
    /// Those of the last time that are not open.
    saved: Vec<ForwardSpec>,
    /// What the file says, by environment.
    written: BTreeMap<String, Vec<ForwardSpec>>,
    /// Counted up with each change.
    pub version: u64,
}

impl Board {
    /// With what was open the last time.
    pub fn new(saved: Vec<ForwardSpec>) -> Self {
        let mut board = Self::default();
        for spec in &saved {
            board.written.entry(spec.environment.clone()).or_default().push(spec.clone());
        }
        board.saved = saved;
        board
    }

    pub fn open(&self) -> &[ForwardSeen] {
        &self.open
    }

    pub fn saved(&self) -> &[ForwardSpec] {
        &self.saved
    }

    pub fn probed(&self, id: ForwardId) -> Option<&Probed> {
        self.probed.get(&id)
    }

    /// Whether something would end with the program.
    pub fn is_in_use(&self) -> bool {
        self.open.iter().any(|seen| !matches!(seen.state, ForwardState::Failed(_)))
    }

    /// In a few words, for the header: what is open, and whether all of it leads somewhere.
    pub fn mark(&self) -> Option<(String, bool)> {
        let (all, well) = (
            self.open.len(),
            self.open.iter().filter(|seen| seen.state == ForwardState::Listening).count(),
        );
        let forwards = |n: usize| if n == 1 { "1 forward".to_owned() } else { format!("{n} forwards") };
        match (all, all - well) {
            (0, _) => None,
            (all, 0) => Some((forwards(all), true)),
            (1, _) => Some(("1 forward waits".to_owned(), false)),
            (all, waiting) => Some((format!("{waiting} of {} wait", forwards(all)), false)),
        }
    }

    /// What the file should say.
    fn wanted(&self) -> BTreeMap<String, Vec<ForwardSpec>> {
        let mut all: BTreeMap<String, Vec<ForwardSpec>> = BTreeMap::new();
        let lasting = self.open.iter().filter(|seen| !matches!(seen.state, ForwardState::Failed(_)));
        for spec in lasting.map(|seen| &*seen.spec).chain(&self.saved) {
            let of = all.entry(spec.environment.clone()).or_default();
            if !of.contains(spec) {
                of.push(spec.clone());
            }
        }
        all
    }

    /// Saves what changed.
    fn keep(&mut self) -> Vec<Effect> {
        let wanted = self.wanted();
        let names: Vec<String> = wanted.keys().chain(self.written.keys()).cloned().collect();
        let mut effects = Vec::new();
        for environment in names {
            let forwards = wanted.get(&environment).cloned().unwrap_or_default();
            let before = self.written.get(&environment).cloned().unwrap_or_default();
            if before != forwards {
                self.written.insert(environment.clone(), forwards.clone());
                effects.push(Effect::KeepForwards {
                    environment,
                    before,
                    forwards,
                });
            }
        }
        effects
    }
}

/// Takes in what the keeper tells.
pub fn news(app: &mut App, news: News) -> Vec<Effect> {
    let board = &mut app.forwards;
    board.version += 1;
    match news {
        News::Forwards(list) => {
            board.saved.retain(|spec| !list.iter().any(|seen| *seen.spec == *spec));
            let there = |id: &ForwardId| list.iter().any(|seen| seen.id == *id);
            board.probed.retain(|id, _| there(id));
            board.asked.retain(|id, _| there(id));
            board.open = list;
            board.keep()
        }
        News::Probed(probed) => {
            board.probed.insert(probed.id, probed);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// What time brings: while the table is looked at, whether the pods take connections.
pub fn settle(app: &mut App) -> Vec<Effect> {
    let shown = |view: &View| matches!(view, View::Table(table) if table.source == RowSource::Forwards);
    if !app.workspace.panes().iter().any(|pane| shown(pane.view())) {
        return Vec::new();
    }
    let now = app.now;
    let board = &mut app.forwards;
    let listening = board.open.iter().filter(|seen| seen.state == ForwardState::Listening);
    let due: Vec<ForwardId> = listening
        .map(|seen| seen.id)
        .filter(|id| board.asked.get(id).is_none_or(|at| at.age(now) >= PROBE))
        .collect();
    due.into_iter()
        .map(|id| {
            board.asked.insert(id, now);
            Effect::ProbeForward(id)
        })
        .collect()
}

/// The environment of this name.
pub fn env_of(app: &App, name: &str) -> Option<EnvId> {
    let at = app.config.environments.iter().position(|environment| environment.name == name)?;
    u16::try_from(at).ok().map(EnvId)
}

/// Says at the start that there are some of the last time.
pub fn offer(app: &mut App) {
    let text = match app.forwards.saved.as_slice() {
        [] => return,
        [one] => format!("a forward of the last time is not open: {} · f shows it", one.object()),
        many => format!("{} forwards of the last time are not open: f shows them", many.len()),
    };
    app.flash_for(30, Tone::Info, text);
}
