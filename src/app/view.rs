//! The views a pane can show, and a pane's history of them.

use crate::model::{EnvId, Namespaces};
use crate::ui::panes::log::LogView;
use crate::ui::panes::table::TableView;
use crate::ui::panes::text::TextPane;

/// One view with all its state: selection, filter, scroll position.
#[derive(Debug)]
pub enum View {
    Table(Box<TableView>),
    /// YAML or describe of one object.
    Text(Box<TextPane>),
    Log(Box<LogView>),
}

impl View {
    /// The environment that it looks at.
    pub fn env(&self) -> EnvId {
        match self {
            Self::Table(table) => table.env,
            Self::Text(text) => text.env,
            Self::Log(log) => log.env,
        }
    }

    /// The namespaces it shows, for the header.
    pub fn namespaces(&self) -> Namespaces {
        match self {
            Self::Table(table) => table.namespaces.clone(),
            Self::Text(text) => text.object.namespaces(),
            Self::Log(log) => Namespaces::one(&log.key.namespace),
        }
    }
}

/// How many views a pane remembers.
const HISTORY: usize = 32;

/// A place on the screen and the views that were shown in it.
#[derive(Debug)]
pub struct Pane {
    views: Vec<View>,
    at: usize,
    /// Where `last-view` goes.
    last: Option<usize>,
}

impl Pane {
    /// A pane with its first view.
    pub fn new(view: View) -> Self {
        Self {
            views: vec![view],
            at: 0,
            last: None,
        }
    }

    /// The view on screen.
    pub fn view(&self) -> &View {
        &self.views[self.at]
    }

    /// The view on screen, to change it.
    pub fn view_mut(&mut self) -> &mut View {
        &mut self.views[self.at]
    }

    /// Goes to a new view; what lay forward in the history is gone, as in a browser.
    pub fn push(&mut self, view: View) {
        self.views.truncate(self.at + 1);
        self.views.push(view);
        if self.views.len() > HISTORY {
            self.views.remove(0);
        }
        self.last = (self.views.len() > 1).then(|| self.views.len() - 2);
        self.at = self.views.len() - 1;
    }

    /// One view back; its filter and selection are as they were left.
    pub fn back(&mut self) -> bool {
        self.go(self.at.checked_sub(1))
    }

    /// One view forward again.
    pub fn forward(&mut self) -> bool {
        self.go(Some(self.at + 1).filter(|to| *to < self.views.len()))
    }

    /// To the view that was on screen before this one.
    pub fn flip(&mut self) -> bool {
        self.go(self.last.filter(|to| *to < self.views.len()))
    }

    fn go(&mut self, to: Option<usize>) -> bool {
        match to {
            Some(to) if to != self.at => {
                self.last = Some(self.at);
                self.at = to;
                true
            }
            _ => false,
        }
    }
}

/// The panes on the screen: one, or two side by side.
#[derive(Debug)]
pub struct Workspace {
    panes: Vec<Pane>,
    pub focus: usize,
    pub zoomed: bool,
    /// Share of the left pane, in percent.
    pub left: u16,
}

impl Workspace {
    /// One pane.
    pub fn new(view: View) -> Self {
        Self {
            panes: vec![Pane::new(view)],
            focus: 0,
            zoomed: false,
            left: 50,
        }
    }

    /// The panes, left to right.
    pub fn panes(&self) -> &[Pane] {
        &self.panes
    }

    /// The panes, to change them.
    pub fn panes_mut(&mut self) -> &mut [Pane] {
        &mut self.panes
    }

    /// The pane that keys go to.
    pub fn pane(&self) -> &Pane {
        &self.panes[self.focus.min(self.panes.len() - 1)]
    }

    /// The pane that keys go to, to change it.
    pub fn pane_mut(&mut self) -> &mut Pane {
        let at = self.focus.min(self.panes.len() - 1);
        &mut self.panes[at]
    }

    /// Views on screen now.
    pub fn visible(&self) -> impl Iterator<Item = &View> {
        self.panes
            .iter()
            .enumerate()
            .filter(|(i, _)| !self.zoomed || *i == self.focus)
            .map(|(_, pane)| pane.view())
    }

    /// Shows a view that looks closer at something: beside its origin where there are two panes, else over it.
    pub fn open_beside(&mut self, view: View) {
        if self.panes.len() > 1 {
            self.focus = 1 - self.focus.min(1);
        }
        self.pane_mut().push(view);
    }

    /// Puts a second pane to the right and goes there. With two already, their second is replaced.
    pub fn split(&mut self, view: View) {
        if self.panes.len() > 1 {
            self.panes[1].push(view);
        } else {
            self.panes.push(Pane::new(view));
        }
        self.focus = 1;
        self.zoomed = false;
    }

    /// Closes the focused pane; the last one stays.
    pub fn close(&mut self) -> bool {
        if self.panes.len() < 2 {
            return false;
        }
        self.panes.remove(self.focus.min(1));
        self.focus = 0;
        self.zoomed = false;
        true
    }

    /// Goes to the other pane.
    pub fn next(&mut self) {
        self.focus = (self.focus + 1) % self.panes.len();
    }

    /// Replaces everything by these views (a resumed session).
    pub fn restore(&mut self, views: Vec<View>, focus: usize) {
        if !views.is_empty() {
            self.panes = views.into_iter().take(2).map(Pane::new).collect();
            self.focus = focus.min(self.panes.len() - 1);
            self.zoomed = false;
        }
    }
}
