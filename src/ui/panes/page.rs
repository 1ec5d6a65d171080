//! A text that is only read: a page of evidence that was written before, or one that is written anew as things change.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{Freshness, frame};
use crate::app::Command;
use crate::model::{Demand, EnvId, FeedKey, Namespaces, ObjectRef, Problem, Time, Uid};
use crate::ui::panes::table::World;
use crate::ui::panes::{alerts, compare, health};
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::{TextLine, TextView, put};

/// What was told so long ago is not how it is now (seconds).
const OLD: i64 = 60;

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
    pub live: Option<Live>,
    /// When what it shows was told, where it is written anew.
    told: Time,
}

/// What a page shows that is written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Live {
    /// The last answer of the environment's health probe of this number.
    Probe(u16),
    /// A workload, in all of these environments.
    Compare(ObjectRef, Vec<EnvId>),
    /// An alert of the environment.
    Alert(Uid),
    /// A silence of the environment, by its id.
    Silence(Box<str>),
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
            live: None,
            told: Time::NEVER,
        }
    }

    /// A page that is written anew as things change.
    pub fn live(env: EnvId, name: String, live: Live) -> Self {
        Self {
            live: Some(live),
            ..Self::new(env, name, Ok(String::new()))
        }
    }

    /// Writes it anew, where it is one of those.
    pub fn renew(&mut self, world: &World<'_>) {
        let Some(live) = &self.live else { return };
        let lines = match live {
            Live::Probe(number) => {
                let Some(probe) = world.store.env(self.env).and_then(|seen| seen.probes.get(*number)) else {
                    return;
                };
                self.told = probe.last.as_ref().map_or(Time::NEVER, |(at, _)| *at);
                let environment = world.config.environments.get(usize::from(self.env.0)).map_or("", |e| e.shown());
                health::answer::lines(probe, environment, world.now)
            }
            Live::Compare(object, envs) => {
                self.told = world.now;
                compare::lines(object, envs, world)
            }
            Live::Alert(uid) => {
                let Some(seen) = world.store.env(self.env) else { return };
                self.told = seen.alerts.heard().unwrap_or(Time::NEVER);
                alerts::page::lines(seen, *uid, world.now)
            }
            Live::Silence(id) => {
                let Some(seen) = world.store.env(self.env) else { return };
                self.told = seen.alerts.heard().unwrap_or(Time::NEVER);
                alerts::silences::lines(seen, id, world.now)
            }
        };
        if self.text.lines() != lines.as_slice() {
            self.content = lines.iter().map(|line| format!("{}\n", line.text())).collect();
            self.text.set_lines(lines);
        }
    }

    /// What has to be told for it to be true; `home` are the namespaces that an environment is looked at in.
    pub fn demands(&self, home: impl Fn(EnvId) -> Namespaces, world: &World<'_>) -> Vec<Demand> {
        let Some(Live::Compare(object, envs)) = &self.live else {
            return Vec::new();
        };
        let feed = |env: &EnvId| {
            let scopes = home(*env).scopes();
            let env = *env;
            scopes.into_iter().map(move |scope| {
                let kind = object.kind.clone();
                Demand::Feed(env, FeedKey { kind, scope })
            })
        };
        envs.iter().flat_map(feed).chain(compare::demands(object, envs, world)).collect()
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
pub fn draw(pane: &PagePane, now: Time, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let fresh = match &pane.problem {
        Some(problem) => Freshness::failed(problem),
        None if pane.live.is_none() => Freshness::note("as it was written"),
        None if !pane.told.is_known() => Freshness::note("asking"),
        None if pane.told.age(now) > OLD => Freshness::stale(pane.told, now, "not asked since"),
        None => Freshness::live("live"),
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
