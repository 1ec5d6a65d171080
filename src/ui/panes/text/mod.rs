//! One object as a text: described, or as YAML. It stays true: the object is watched while it is open.

mod neighbours;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::describe::describe;
use super::frame::{Freshness, frame};
use super::yaml::yaml;
use crate::app::Command;
use crate::model::{Body, Demand, Document, EnvId, FeedKey, Kind, Known, Object, ObjectRef, Problem, Scope, Time};
use crate::store::{EnvStore, Store};
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::{self, Scroll, TextLine, TextView, put};

/// How the object is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Describe,
    Yaml,
}

/// A text view of one object.
#[derive(Debug)]
pub struct TextPane {
    pub env: EnvId,
    pub object: ObjectRef,
    pub mode: Mode,
    managed_fields: bool,
    text: TextView,
    content: String,
    made_from: Option<Made>,
    query: String,
    /// Whether the object is gone; the text shows how it last was.
    gone: bool,
    /// Whether its end is wanted, also when more comes: the events come after the object.
    to_end: bool,
}

/// What the text was made from.
#[derive(Clone, Debug)]
struct Made {
    document: Arc<Document>,
    events: u64,
    around: u64,
    managed_fields: bool,
    at: Time,
}

impl TextPane {
    /// A view of this object.
    pub fn new(env: EnvId, object: ObjectRef, mode: Mode) -> Self {
        Self {
            env,
            object,
            mode,
            managed_fields: false,
            text: TextView::new(Vec::new()),
            content: String::new(),
            made_from: None,
            query: String::new(),
            gone: false,
            to_end: false,
        }
    }

    /// The object; for describe the events beside it, too, and what a deployment or a service is made of.
    pub fn demands(&self, seen: Option<&EnvStore>) -> Vec<Demand> {
        let mut demands = vec![Demand::Document(self.env, self.object.clone())];
        if self.mode == Mode::Describe {
            let keys = seen.map(|env| {
                let made_of = neighbours::wanted(&self.object.kind).map(|known| FeedKey {
                    scope: env.covering(&known.into(), &self.object.namespace),
                    kind: known.into(),
                });
                [Some(self.events_key(env)), made_of]
            });
            demands.extend(keys.into_iter().flatten().flatten().map(|key| Demand::Feed(self.env, key)));
        }
        demands
    }

    /// Where the object's events are: in its namespace; in "default" for what lives in none.
    fn events_key(&self, env: &EnvStore) -> FeedKey {
        let kind = Kind::Known(Known::Event);
        let namespace = if self.object.namespace.is_empty() {
            "default".into()
        } else {
            self.object.namespace.clone()
        };
        let scope: Scope = env.covering(&kind, &namespace);
        FeedKey { kind, scope }
    }

    /// Makes the text anew where the object, its events, what is around it or the ages in it changed.
    pub fn settle(&mut self, store: &Store, area: Rect, now: Time) {
        self.text.resize(area.width.saturating_sub(2), area.height.saturating_sub(2));
        let Some(env) = store.env(self.env) else { return };
        let document = match env.document(&self.object) {
            Some(Ok(Some(document))) => document.clone(),
            Some(Ok(None)) => {
                self.gone = true;
                return;
            }
            Some(Err(_)) | None => return,
        };
        self.gone = false;
        let feed = (self.mode == Mode::Describe).then(|| env.feed(&self.events_key(env))).flatten();
        let made = Made {
            events: feed.map_or(0, |feed| feed.version),
            around: match self.mode {
                Mode::Describe => neighbours::version(env, &self.object.kind),
                Mode::Yaml => 0,
            },
            managed_fields: self.managed_fields,
            // Describe speaks of ages; YAML has none.
            at: if self.mode == Mode::Describe {
                Time(now.0 / 30)
            } else {
                Time::NEVER
            },
            document,
        };
        let same = |old: &Made| {
            Arc::ptr_eq(&old.document, &made.document)
                && (old.events, old.around, old.managed_fields, old.at) == (made.events, made.around, made.managed_fields, made.at)
        };
        if self.made_from.as_ref().is_some_and(same) {
            return;
        }
        let lines: Vec<TextLine> = match self.mode {
            Mode::Yaml => {
                self.content = yaml(&made.document.value, self.managed_fields);
                widgets::yaml(&self.content)
            }
            Mode::Describe => {
                let about: Vec<&Object> = feed
                    .map(|feed| feed.rows().filter(|event| self.is_about(event, &made.document)).collect())
                    .unwrap_or_default();
                let around = neighbours::neighbours(env, &self.object, &made.document.value);
                let lines = describe(&self.object.kind, &made.document.value, &around, &about, now);
                let lines: Vec<TextLine> = lines
                    .iter()
                    .map(|line| TextLine::of(line.0.iter().map(|(role, text)| (*role, text.as_str()))))
                    .collect();
                self.content = lines.iter().map(TextLine::text).collect::<Vec<_>>().join("\n");
                lines
            }
        };
        self.text.set_lines(lines);
        if self.to_end {
            self.text.scroll(Scroll::Bottom);
        }
        self.made_from = Some(made);
    }

    fn is_about(&self, event: &Object, document: &Document) -> bool {
        let Body::Event(event) = &event.body else { return false };
        let uid = document.value.pointer("/metadata/uid").and_then(|v| v.as_str()).unwrap_or_default();
        event.object_uid == crate::model::Uid::parse(uid)
            || (self.object.kind.is(Known::Node) && &*event.kind == "Node" && *event.object == *self.object.name)
    }

    /// The whole text.
    pub fn content(&self) -> String {
        self.content.clone()
    }

    /// What a file with this text is called.
    pub fn file_title(&self) -> String {
        let suffix = if self.mode == Mode::Yaml { ".yaml" } else { ".txt" };
        format!("{}-{}{suffix}", self.object.kind.resource(), self.object.name)
    }

    /// What is searched for.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Searches as one types.
    pub fn search(&mut self, query: &str, _height: usize) {
        self.query = query.to_owned();
        self.to_end = false;
        if query.is_empty() {
            self.text.cancel_search();
        } else {
            self.text.begin_search();
            self.text.search(query);
        }
    }

    /// To the next match, or the one before.
    pub fn next_match(&mut self, forward: bool, _height: usize) {
        self.to_end = false;
        if forward {
            self.text.next_match()
        } else {
            self.text.previous_match()
        }
    }

    /// Wraps or stops wrapping.
    pub fn toggle_wrap(&mut self) {
        self.text.toggle_wrap();
    }

    /// Shows or hides managedFields.
    pub fn toggle_managed_fields(&mut self) {
        self.managed_fields = !self.managed_fields;
    }

    /// Moves through the text.
    pub fn travel(&mut self, command: Command, _page: usize) {
        self.to_end = command == Command::Bottom;
        self.text.scroll(scroll(command));
    }
}

/// Which way a command moves through a text.
pub(super) fn scroll(command: Command) -> Scroll {
    match command {
        Command::Up => Scroll::Up(1),
        Command::Down => Scroll::Down(1),
        Command::PageUp => Scroll::PageUp,
        Command::PageDown => Scroll::PageDown,
        Command::Top => Scroll::Top,
        Command::Bottom => Scroll::Bottom,
        Command::Left => Scroll::Left,
        _ => Scroll::Right,
    }
}

/// Draws the text into its pane.
pub fn draw(pane: &TextPane, store: &Store, now: Time, focused: bool, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let Some(env) = store.env(pane.env) else { return };
    let problem: Option<&Problem> = match env.document(&pane.object) {
        Some(Err(problem)) => Some(problem),
        _ => None,
    };
    let fresh = match (problem, pane.made_from.is_some()) {
        (Some(problem), _) => Freshness::failed(problem),
        (None, false) if pane.gone => Freshness::note("there is no such object"),
        (None, false) => Freshness::waiting(),
        (None, true) if pane.gone => Freshness {
            text: "gone: this is how it last was".into(),
            role: Role::Stale,
        },
        (None, true) if !env.is_live(now) => Freshness::stale(env.heard(), now, "the server does not answer"),
        (None, true) => Freshness::live("live"),
    };
    let word = match pane.mode {
        Mode::Describe => "describe",
        Mode::Yaml => "yaml",
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
    let inner = frame(
        &format!("{word} {}{place}{matches}", pane.object.label()),
        &fresh,
        focused,
        area,
        buf,
        theme,
    );
    if pane.made_from.is_none() {
        put(buf, inner, &format!(" {}", fresh.text), theme.style(Role::Muted));
        return;
    }
    pane.text.draw(inner, buf, theme);
}
