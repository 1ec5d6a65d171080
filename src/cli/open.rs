//! `qd open WHAT`: what was given is read before the screen is taken.

use crate::app::open::{What, what};
use crate::config::{Chosen, Loaded};
use crate::model::{EnvId, Problem, Time};

/// Where it leads.
///
/// # Errors
/// What of it is not understood.
pub fn read(text: &str, loaded: &Loaded) -> Result<What, Problem> {
    let config = &loaded.config;
    let asked = (config.chosen == Chosen::ByUser).then_some(config.default_environment);
    let asked = asked.and_then(|at| u16::try_from(at).ok()).map(EnvId);
    let now = Time(jiff::Timestamp::now().as_second());
    what::read(text, &config.environments, asked, now)
}
