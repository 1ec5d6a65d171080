//! The views a pane can show, and a pane's history of them.

use crate::model::{Demand, EnvId, Namespaces};
use crate::ui::panes::book::BookPane;
use crate::ui::panes::explain::ExplainPane;
use crate::ui::panes::insights::InsightsPane;
use crate::ui::panes::log::LogView;
use crate::ui::panes::metrics::MetricsPane;
use crate::ui::panes::overview::OverviewPane;
use crate::ui::panes::page::PagePane;
use crate::ui::panes::table::{RowSource, TableView};
use crate::ui::panes::text::TextPane;

/// One view with all its state: selection, filter, scroll position.
#[derive(Debug)]
pub enum View {
    Table(Box<TableView>),
    /// YAML or describe of one object.
    Text(Box<TextPane>),
    Log(Box<LogView>),
    /// A page of evidence.
    Page(Box<PagePane>),
    /// A question to Logs Insights.
    Insights(Box<InsightsPane>),
    /// Why an object is not well.
    Explain(Box<ExplainPane>),
    /// All environments.
    Overview(Box<OverviewPane>),
    /// Panels of a Prometheus.
    Metrics(Box<MetricsPane>),
    /// A runbook that is walked.
    Book(Box<BookPane>),
}

impl View {
    /// The environment that it looks at.
    pub fn env(&self) -> EnvId {
        match self {
            Self::Table(table) => table.env,
            Self::Text(text) => text.env,
            Self::Log(log) => log.env,
            Self::Page(page) => page.env,
            Self::Insights(pane) => pane.env,
            Self::Explain(pane) => pane.env,
            Self::Overview(pane) => pane.env,
            Self::Metrics(pane) => pane.env,
            Self::Book(pane) => pane.env,
        }
    }

    /// The namespaces it shows, for the header.
    pub fn namespaces(&self) -> Namespaces {
        match self {
            Self::Table(table) => table.namespaces.clone(),
            Self::Text(text) => text.object.namespaces(),
            Self::Log(log) => log.query.namespaces.clone(),
            Self::Page(_) | Self::Insights(_) | Self::Overview(_) | Self::Book(_) => Namespaces::All,
            Self::Explain(pane) => pane.object.namespaces(),
            Self::Metrics(pane) => pane.target.namespaces(),
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

    /// The views that going back leads to.
    pub fn behind(&self) -> &[View] {
        &self.views[..self.at]
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

/// The places on the screen: the strip of findings, and one pane or two side by side.
#[derive(Debug)]
pub struct Workspace {
    /// What is wrong in the environment in front, as a small table of its own.
    pub strip: Pane,
    on_strip: OnStrip,
    panes: Vec<Pane>,
    /// The pane that has the keys, or had them before they went to the strip.
    pub focus: usize,
    pub zoomed: bool,
    /// Share of the left pane, in percent.
    pub left: u16,
}

/// Whether the keys go to the strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnStrip {
    No,
    Yes,
    /// As soon as there is a finding, unless a key comes first.
    Waiting,
}

/// The findings of an environment that need somebody.
fn strip(env: EnvId) -> TableView {
    let mut table = TableView::of(env, RowSource::Findings, Namespaces::All);
    table.faults_only = true;
    table
}

impl Workspace {
    /// One pane.
    pub fn new(view: View) -> Self {
        Self {
            strip: Pane::new(View::Table(Box::new(strip(view.env())))),
            on_strip: OnStrip::No,
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

    /// The pane in front: the one that has the keys, or had them before they went to the strip.
    pub fn front(&self) -> &Pane {
        &self.panes[self.focus.min(self.panes.len() - 1)]
    }

    /// Nobody asks for this any more: a question that was left is not asked again by coming back to it.
    pub(super) fn left(&mut self, demand: &Demand) {
        let Demand::Insights(env, key) = demand else { return };
        for view in self.panes.iter_mut().flat_map(|pane| &mut pane.views) {
            if let View::Insights(pane) = view
                && pane.env == *env
            {
                pane.left(key);
            }
        }
    }

    /// The place that keys go to.
    pub fn pane(&self) -> &Pane {
        if self.is_on_strip() { &self.strip } else { self.front() }
    }

    /// The place that keys go to, to change it.
    pub fn pane_mut(&mut self) -> &mut Pane {
        if self.is_on_strip() {
            return &mut self.strip;
        }
        let at = self.focus.min(self.panes.len() - 1);
        &mut self.panes[at]
    }

    /// Shows a view in the pane in front, and goes there.
    pub fn push(&mut self, view: View) {
        self.leave_strip();
        self.pane_mut().push(view);
    }

    /// Shows another view in the pane in front, in place of the one that is there.
    pub(super) fn replace_front(&mut self, view: View) {
        let at = self.focus.min(self.panes.len() - 1);
        *self.panes[at].view_mut() = view;
    }

    /// Whether keys go to the strip of findings.
    pub fn is_on_strip(&self) -> bool {
        self.on_strip == OnStrip::Yes
    }

    /// Keys go to the pane in front.
    pub fn leave_strip(&mut self) {
        self.on_strip = OnStrip::No;
    }

    /// Whether the keys shall go to the strip as soon as there is something.
    pub fn follow_findings(&mut self, follow: bool) {
        self.on_strip = if follow { OnStrip::Waiting } else { OnStrip::No };
    }

    /// A key came: from now on the cursor moves only where it is told to.
    pub fn hold(&mut self) {
        if self.on_strip == OnStrip::Waiting {
            self.on_strip = OnStrip::No;
        }
    }

    /// Keeps the strip at the environment in front.
    pub(super) fn settle_strip(&mut self) {
        let env = self.front().view().env();
        if self.strip.view().env() != env {
            self.strip = Pane::new(View::Table(Box::new(strip(env))));
        }
    }

    /// Keys do not go to an empty strip, and do not jump to one that fills.
    pub(super) fn settle_focus(&mut self) {
        self.on_strip = match (self.on_strip, self.has_findings()) {
            (OnStrip::Yes, false) => OnStrip::No,
            (OnStrip::Waiting, true) => OnStrip::Yes,
            (other, _) => other,
        };
    }

    /// Whether the strip shows a finding.
    pub fn has_findings(&self) -> bool {
        matches!(self.strip.view(), View::Table(table) if !table.order().is_empty())
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
        // What is opened from the strip takes the pane in front: nothing there led to it.
        if self.panes.len() > 1 && !self.is_on_strip() {
            self.focus = 1 - self.focus.min(1);
        }
        self.push(view);
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
        self.leave_strip();
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

    /// Goes to the next place: the other pane, or the strip where it shows something.
    pub fn next(&mut self) {
        if self.is_on_strip() {
            self.leave_strip();
            self.focus = 0;
        } else if self.focus + 1 < self.panes.len() {
            self.focus += 1;
        } else if self.has_findings() && !self.zoomed {
            self.on_strip = OnStrip::Yes;
        } else {
            self.focus = 0;
        }
    }

    /// Replaces everything by these views (a resumed session).
    pub fn restore(&mut self, views: Vec<View>, focus: usize) {
        if !views.is_empty() {
            self.panes = views.into_iter().take(2).map(Pane::new).collect();
            self.focus = focus.min(self.panes.len() - 1);
            self.zoomed = false;
            self.leave_strip();
        }
    }
}
