//! A panel as one value: what it asks of a target, and what stands at the right of its title on the board.

use super::{Target, grid, panel};
use crate::config::Panel;
use crate::model::{SeriesKey, Time};
use crate::store::EnvStore;
use crate::ui::theme::Role;

/// How far back is asked (seconds), and how fine: the range in which a value that stops being told is noticed.
const SPAN: u32 = 1_800;
const STEP: u32 = 60;

/// What a panel asks of a target, one key for each of its lines.
pub fn questions(panel: &Panel, target: &Target) -> Vec<SeriesKey> {
    let bound = target.bound(grid::interval(STEP));
    let key = |line: &crate::config::PanelLine| SeriesKey::new(line.query.iter().map(|query| bound.fill(query)), SPAN, STEP);
    panel.all_lines().iter().map(key).collect()
}

/// The value of the panel, and how well that is; in words why there is none. What is old says so. Of several named lines it is
/// the first, whichever is worse now: one value is to be compared with another.
pub fn glance(panel: &Panel, target: &Target, seen: &EnvStore, now: Time) -> (String, Role) {
    let keys = questions(panel, target);
    let mut lines = panel::lines(panel, &keys, seen);
    let named = lines.iter().take_while(|line| !line.limit && line.fixed).count();
    let name = lines.first().filter(|_| named > 1).map(|line| format!("{} ", line.name));
    lines.drain(1.min(named)..named);
    let value = panel::headline(panel, &lines).map(|(value, role)| (name.unwrap_or_default() + &value, role));
    let silence = panel::silence(panel, &keys, seen, now);
    match (value, silence) {
        (Some((value, _)), Some((_, Role::Stale))) => (format!("{value} (stale)"), Role::Stale),
        (Some(value), _) => value,
        // Which names were looked for is told on the board.
        (None, Some((text, role))) => (text.split(':').next().unwrap_or_default().to_owned(), role),
        (None, None) => ("no value now".into(), Role::Muted),
    }
}
