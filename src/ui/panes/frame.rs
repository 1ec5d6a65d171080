//! The frame around a pane: what it shows at the left of its upper edge, how fresh that is at the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Borders, Widget};

use crate::model::{Problem, Time, short_age};
use crate::store::{EnvStore, FeedState};
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::put;
use crate::ui::widgets::{Cut, fit, width};

/// How fresh a pane's data is, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    pub text: String,
    pub role: Role,
}

impl Freshness {
    /// Up to date.
    pub fn live(text: &str) -> Self {
        Self {
            text: text.into(),
            role: Role::Ok,
        }
    }

    /// Nothing has come yet.
    pub fn waiting() -> Self {
        Self {
            text: "connecting".into(),
            role: Role::Busy,
        }
    }

    /// A remark that is neither good nor bad.
    pub fn note(text: &str) -> Self {
        Self {
            text: text.into(),
            role: Role::Busy,
        }
    }

    /// Not up to date since then, and why.
    pub fn stale(since: Time, now: Time, why: &str) -> Self {
        Self {
            text: format!("stale {}: {why}", short_age(since.age(now))),
            role: Role::Stale,
        }
    }

    /// There is nothing to be had.
    pub fn failed(problem: &Problem) -> Self {
        Self {
            text: format!("{}: {problem}", problem.word()),
            role: Role::Bad,
        }
    }

    /// Of a feed, in the light of its connection.
    pub fn of_feed(state: Option<&FeedState>, complete: bool, env: &EnvStore, now: Time) -> Self {
        match state {
            // A watch that says nothing is only as good as the heartbeat beside it.
            Some(FeedState::Live) if !env.is_live(now) => Self::stale(env.heard(), now, "the server does not answer"),
            Some(FeedState::Live) => Self::live("live"),
            Some(FeedState::Listing) if complete => Self::live("live"),
            Some(FeedState::Listing) => Self::note("loading"),
            Some(FeedState::Retrying { since, problem, next }) => {
                let wait = (next.0 - now.0).max(0);
                let mut fresh = Self::stale(*since, now, &problem.to_string());
                if wait > 1 {
                    fresh.text.push_str(&format!(", next try in {}", short_age(wait)));
                }
                fresh
            }
            Some(FeedState::Denied(problem)) => Self::failed(problem),
            Some(FeedState::Absent) => Self {
                text: "this server does not serve the kind".into(),
                role: Role::Muted,
            },
            Some(FeedState::Starting) | None => match &env.link {
                crate::model::Link::Lost { since, problem, .. } => Self {
                    text: format!("{} {}: {problem}", problem.word(), short_age(since.age(now))),
                    role: Role::Bad,
                },
                // The server is there, its answer is not.
                crate::model::Link::Ready(_) if state.is_some() => Self::note("loading"),
                _ => Self::waiting(),
            },
        }
    }
}

/// Writes on the lower edge of a frame that was drawn: what is looked for, and what was found. Nothing where there is
/// nothing to say, or no room between the edges.
pub fn foot(text: &str, area: Rect, buf: &mut Buffer, theme: &Theme) {
    if text.is_empty() || area.height <= 2 {
        return;
    }
    let place = Rect {
        x: area.x + 1,
        y: area.bottom() - 1,
        width: area.width.saturating_sub(2),
        height: 1,
    };
    let ellipsis = theme.glyph(crate::ui::theme::Glyph::Ellipsis);
    let text = fit(&format!(" {text} "), usize::from(place.width), Cut::End, ellipsis).into_owned();
    put(buf, place, &text, theme.style(Role::Accent));
}

/// Draws the frame; gives what is inside it.
pub fn frame(title: &str, fresh: &Freshness, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) -> Rect {
    if area.is_empty() {
        return Rect::ZERO;
    }
    let edge = theme.style(if focused { Role::Focus } else { Role::Faint });
    let block = Block::new().borders(Borders::ALL).border_set(theme.border()).border_style(edge);
    let inner = block.inner(area);
    block.render(area, buf);
    let room = usize::from(area.width.saturating_sub(4));
    let ellipsis = theme.glyph(crate::ui::theme::Glyph::Ellipsis);
    // The state is what must not be missed: it gets its room first, at most two thirds.
    let state = fit(&fresh.text, room * 2 / 3, Cut::End, ellipsis).into_owned();
    let state_width = width(&state);
    let title = fit(title, room.saturating_sub(state_width + 3), Cut::End, ellipsis).into_owned();
    let title_style = theme.style(if focused { Role::Title } else { Role::Muted });
    if !title.is_empty() {
        put(
            buf,
            Rect {
                x: area.x + 1,
                width: area.width.saturating_sub(2),
                height: 1,
                ..area
            },
            &format!(" {title} "),
            title_style,
        );
    }
    let x = area.right().saturating_sub(u16::try_from(state_width).unwrap_or(0) + 3);
    if !state.is_empty() && x > area.x {
        put(
            buf,
            Rect {
                x,
                width: area.right().saturating_sub(x + 1),
                height: 1,
                ..area
            },
            &format!(" {state} "),
            theme.style(fresh.role),
        );
    }
    inner
}
