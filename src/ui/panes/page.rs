//! A text that was written before and is only read: a page of evidence.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{Freshness, frame};
use crate::app::Command;
use crate::model::{EnvId, Problem};
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::{TextLine, TextView, put};

/// A page, with where one is in it.
#[derive(Debug)]
pub struct PagePane {
    /// The environment in front when it was opened: the header goes on speaking of that one.
    pub env: EnvId,
    pub name: String,
    text: TextView,
    content: String,
    query: String,
    problem: Option<Problem>,
}

impl PagePane {
    /// A page of this name.
    pub fn new(env: EnvId, name: String, text: Result<String, Problem>) -> Self {
        let (content, problem) = match text {
            Ok(text) => (text, None),
            Err(problem) => (String::new(), Some(problem)),
        };
        let mut fenced = false;
        let lines = content.lines().map(|line| {
            let fence = line.starts_with("```");
            fenced ^= fence;
            let role = match line {
                _ if fence => Role::Faint,
                _ if fenced => Role::Text,
                line if line.starts_with('#') => Role::Title,
                line if line.starts_with("  - ") => Role::Muted,
                _ => Role::Text,
            };
            TextLine::of([(role, line)])
        });
        Self {
            env,
            name,
            text: TextView::new(lines.collect()),
            query: String::new(),
            problem,
            content,
        }
    }

    /// Fits it into its place.
    pub fn settle(&mut self, area: Rect) {
        self.text.resize(area.width.saturating_sub(2), area.height.saturating_sub(2));
    }

    /// The whole text.
    pub fn content(&self) -> String {
        self.content.clone()
    }

    /// What is searched for.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Searches as one types.
    pub fn search(&mut self, query: &str) {
        self.query = query.to_owned();
        if query.is_empty() {
            self.text.cancel_search();
        } else {
            self.text.begin_search();
            self.text.search(query);
        }
    }

    /// To the next match, or the one before.
    pub fn next_match(&mut self, forward: bool) {
        if forward {
            self.text.next_match();
        } else {
            self.text.previous_match();
        }
    }

    /// Wraps or stops wrapping.
    pub fn toggle_wrap(&mut self) {
        self.text.toggle_wrap();
    }

    /// Moves through the text.
    pub fn travel(&mut self, command: Command) {
        self.text.scroll(super::text::scroll(command));
    }
}

/// Draws the page into its pane.
pub fn draw(pane: &PagePane, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let fresh = match &pane.problem {
        Some(problem) => Freshness::failed(problem),
        None => Freshness::note("as it was written"),
    };
    let matches = pane
        .text
        .counter()
        .map(|counter| format!(" /{} {counter}", pane.query))
        .unwrap_or_default();
    let (line, lines) = pane.text.position();
    let place = if lines > 0 {
        format!(" · {line} of {lines}")
    } else {
        String::new()
    };
    let inner = frame(&format!("{}{place}{matches}", pane.name), &fresh, focused, area, buf, theme);
    if pane.problem.is_some() {
        put(buf, inner, &format!(" {}", fresh.text), theme.style(Role::Muted));
        return;
    }
    pane.text.draw(inner, buf, theme);
}
