//! What lies over the panes.

mod forward;
pub mod help;
mod palette;
pub mod plan;
mod progress;
mod resume;
mod revisions;
mod unshare;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use crate::app::App;
use crate::app::overlay::Overlay;

/// Draws the overlay, if there is one.
pub fn draw(app: &App, look: &Look, screen: Rect, buf: &mut Buffer) {
    match &app.overlay {
        Some(Overlay::Palette { offers, chosen, .. }) => palette::draw(offers, *chosen, look, screen, buf),
        Some(Overlay::Help { scroll }) => help::draw(app, *scroll, look, screen, buf),
        Some(Overlay::Revisions(shown)) => revisions::draw(app, shown, look, screen, buf),
        Some(Overlay::Plan(dialog)) => plan::draw(app, dialog, look, screen, buf),
        Some(Overlay::Unshare) => unshare::draw(look, screen, buf),
        Some(Overlay::Forward(form)) => forward::draw(app, form, look, screen, buf),
        Some(Overlay::Progress { draft, scroll }) => {
            if let Some(running) = app.deeds.run_of(*draft) {
                progress::draw(app, running, *scroll, look, screen, buf);
            }
        }
        Some(Overlay::Resume(session)) => resume::draw(session, look, screen, buf),
        // These are typed in the footer.
        Some(Overlay::Filter { .. } | Overlay::Search { .. }) | None => {}
    }
}

/// The title of a deed: names keep their letters.
fn shouted(title: &str) -> String {
    title
        .rsplit_once(' ')
        .map_or_else(|| title.to_owned(), |(verb, object)| format!("{} {object}", verb.to_uppercase()))
}

/// A cleared box with a frame and a title; gives what is inside.
fn boxed(title: &str, area: Rect, look: &Look, buf: &mut Buffer) -> Rect {
    use crate::ui::panes::frame::{Freshness, frame};
    use crate::ui::theme::Role;
    crate::ui::widgets::clear(area, buf);
    buf.set_style(area, look.theme.style(Role::Text));
    frame(
        title,
        &Freshness {
            text: String::new(),
            role: Role::Muted,
        },
        true,
        area,
        buf,
        &look.theme,
    )
}
