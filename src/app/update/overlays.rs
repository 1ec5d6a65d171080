//! Keys while something is typed or asked: the command line, filter and search, help, the question to resume.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::places::{connect, go_to, remember_namespaces, set_namespaces};
use super::{run, search, travel, with_log};
use crate::app::command::{Command, Row};
use crate::app::keymap::Key;
use crate::app::overlay::Overlay;
use crate::app::palette::{self, Meaning};
use crate::app::view::View;
use crate::app::{App, COMMANDS, Effect, Tone, has_cluster, session};
use crate::model::{EnvId, LogQuery};
use crate::ui::panes::log::LogView;
use crate::ui::panes::table::{RowSource, TableView};
use crate::ui::widgets::Input;

pub(super) fn overlay_key(app: &mut App, key: Key) -> Vec<Effect> {
    let ctrl_c = key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL;
    let close = key.code == KeyCode::Esc || ctrl_c;
    let Some(overlay) = app.overlay.take() else { return Vec::new() };
    match overlay {
        Overlay::Palette { .. } if close => {}
        Overlay::Palette {
            mut input,
            offers,
            mut chosen,
        } => match key.code {
            KeyCode::Enter => {
                let line = chosen
                    .and_then(|i| offers.get(i))
                    .map_or_else(|| input.text().to_owned(), |offer| offer.line.clone());
                return run_line(app, &line);
            }
            KeyCode::Backspace if input.text().is_empty() => {}
            KeyCode::Tab | KeyCode::Right if key.code == KeyCode::Tab || input.before() == input.text() => {
                // What is under the cursor, else the first that is not what stands there already.
                let typed = input.text().trim().to_owned();
                let offer = chosen.map_or_else(|| offers.iter().find(|offer| offer.line != typed), |i| offers.get(i));
                if let Some(offer) = offer {
                    // A question goes on behind a name, with a bracket or a brace.
                    let space = if palette::asks_prometheus(&offer.line) { "" } else { " " };
                    input = Input::new(&format!("{}{space}", offer.line));
                }
                let offers = palette::offers(app, input.text());
                app.overlay = Some(Overlay::Palette {
                    input,
                    offers,
                    chosen: None,
                });
            }
            KeyCode::Down | KeyCode::Up => {
                let last = offers.len().saturating_sub(1);
                chosen = match (chosen, key.code) {
                    (None, KeyCode::Down) => Some(0),
                    (None, _) | (Some(0), KeyCode::Up) => None,
                    (Some(i), KeyCode::Down) => Some((i + 1).min(last)),
                    (Some(i), _) => Some(i - 1),
                };
                app.overlay = Some(Overlay::Palette {
                    input,
                    offers,
                    chosen: chosen.filter(|_| last > 0 || chosen == Some(0)),
                });
            }
            _ => {
                let changed = input.key(KeyEvent::new(key.code, key.modifiers));
                let offers = if changed { palette::offers(app, input.text()) } else { offers };
                app.overlay = Some(Overlay::Palette {
                    input,
                    offers,
                    chosen: if changed { None } else { chosen },
                });
            }
        },
        Overlay::Filter { before, .. } if close => filter(app, &before),
        Overlay::Filter { mut input, before } => match key.code {
            KeyCode::Enter => {}
            // The rows can be walked while the filter is open: one sees where one is going.
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                let command = match key.code {
                    KeyCode::Up => Command::Up,
                    KeyCode::Down => Command::Down,
                    KeyCode::PageUp => Command::PageUp,
                    _ => Command::PageDown,
                };
                travel(app, command);
                app.overlay = Some(Overlay::Filter { input, before });
            }
            _ => {
                input.key(KeyEvent::new(key.code, key.modifiers));
                let text = input.text().to_owned();
                filter(app, &text);
                app.overlay = Some(Overlay::Filter { input, before });
            }
        },
        Overlay::Search { before, .. } if close => search(app, &before),
        Overlay::Search { mut input, before } => {
            if key.code != KeyCode::Enter {
                input.key(KeyEvent::new(key.code, key.modifiers));
                let text = input.text().to_owned();
                search(app, &text);
                app.overlay = Some(Overlay::Search { input, before });
            }
        }
        Overlay::Help { scroll } => {
            let scroll = match key.code {
                KeyCode::Down | KeyCode::Char('j') => scroll.saturating_add(1),
                KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
                KeyCode::PageDown | KeyCode::Char(' ') => scroll.saturating_add(10),
                KeyCode::PageUp => scroll.saturating_sub(10),
                _ => return Vec::new(),
            };
            app.overlay = Some(Overlay::Help {
                scroll: scroll.min(crate::ui::overlays::help::last_scroll(app)),
            });
        }
        Overlay::Revisions(shown) => return crate::app::deeds::history::key(app, shown, key),
        Overlay::Plan(dialog) => return crate::app::deeds::dialog::key(app, dialog, key),
        Overlay::Unshare => match key.code {
            KeyCode::Char('y' | 'Y') => {
                app.is_shared = false;
                app.flash(Tone::Info, "identifiers are shown again");
            }
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc | KeyCode::Enter => {}
            _ if ctrl_c => {}
            _ => app.overlay = Some(Overlay::Unshare),
        },
        Overlay::Forward(form) => return crate::app::forwards::form::key(app, form, key),
        Overlay::Progress { draft, mut scroll } => {
            if ctrl_c && app.deeds.is_running() {
                app.overlay = Some(Overlay::Progress { draft, scroll });
                return super::cancel(app);
            }
            match key.code {
                KeyCode::Down | KeyCode::Char('j') => scroll = scroll.saturating_add(1),
                KeyCode::Up | KeyCode::Char('k') => scroll = scroll.saturating_sub(1),
                KeyCode::PageDown | KeyCode::Char(' ') => scroll = scroll.saturating_add(10),
                KeyCode::PageUp => scroll = scroll.saturating_sub(10),
                KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => return Vec::new(),
                _ if ctrl_c => return Vec::new(),
                _ => {}
            }
            let most = app.deeds.run_of(draft).map_or(0, |running| running.objects().count());
            let scroll = scroll.min(u16::try_from(most).unwrap_or(u16::MAX));
            app.overlay = Some(Overlay::Progress { draft, scroll });
        }
        Overlay::Resume(saved) => match key.code {
            KeyCode::Char('y' | 'Y') | KeyCode::Enter => resume(app, &saved),
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => {}
            _ if ctrl_c => {}
            _ => app.overlay = Some(Overlay::Resume(saved)),
        },
    }
    Vec::new()
}

/// Narrows what is shown to what matches.
fn filter(app: &mut App, text: &str) {
    match app.workspace.pane_mut().view_mut() {
        View::Table(table) => table.filter = text.to_owned(),
        View::Log(log) => log.filter_by(text),
        View::Text(_) | View::Page(_) | View::Insights(_) | View::Overview(_) | View::Metrics(_) | View::Book(_) | View::Explain(_) => {}
    }
}

pub(super) fn resume(app: &mut App, saved: &session::Session) {
    let views: Vec<View> = saved
        .views
        .iter()
        .filter_map(|view| session::restore(view, app))
        .map(|view| View::Table(Box::new(view)))
        .collect();
    if views.is_empty() {
        app.flash(Tone::Problem, "none of the last session's environments is configured any more");
        return;
    }
    let envs: Vec<EnvId> = views.iter().map(View::env).collect();
    app.connected.extend(envs.into_iter().filter(|id| has_cluster(&app.config, *id)));
    app.workspace.restore(views, saved.focus);
    app.flash(Tone::Info, "resumed the last session");
}

pub(in crate::app) fn run_line(app: &mut App, line: &str) -> Vec<Effect> {
    match palette::read(app, line) {
        Meaning::Nothing => {}
        Meaning::Run(row) => return run_row(app, row),
        Meaning::Unknown(why) => app.flash(Tone::Problem, why),
        Meaning::Environment(env) => go_to(app, env),
        Meaning::Container(name) => with_log(app, |log| log.choose_container(&name)),
        Meaning::Logs(words) => {
            let namespaces = match app.workspace.front().view() {
                View::Table(table) => table.namespaces.clone(),
                other => other.namespaces(),
            };
            match LogQuery::parse(&words, namespaces) {
                Ok(query) => {
                    let view = LogView::new(app.env(), query, app.now);
                    app.workspace.open_beside(View::Log(Box::new(view)));
                }
                Err(problem) => app.flash(Tone::Problem, problem),
            }
        }
        Meaning::Act(words) => return super::acts::words(app, &words),
        Meaning::Walker(words) => return walker(app, &words),
        Meaning::Insights(words) => super::insights::open(app, &words),
        Meaning::PromQl(words) => super::metrics::ask(app, &words),
        Meaning::Fields(fields) => with_log(app, |log| log.fields = fields.into_iter().collect()),
        Meaning::Moment(text) => super::moment(app, &text),
        Meaning::Namespaces(namespaces) => set_namespaces(app, namespaces),
        Meaning::Show {
            kind,
            namespaces,
            filter,
            env,
        } => {
            let env = env.unwrap_or_else(|| app.env());
            connect(app, env);
            let known = app
                .store
                .env(env)
                .is_none_or(|seen| seen.kinds.is_empty() || seen.served(&kind).is_some());
            if !known {
                app.flash(Tone::Problem, format!("this server has no {}", kind.resource()));
                return Vec::new();
            }
            let namespaces = namespaces.unwrap_or_else(|| match app.workspace.front().view() {
                View::Table(table) if table.env == env && matches!(table.source, RowSource::Kind(_)) => table.namespaces.clone(),
                _ => app.home(env),
            });
            remember_namespaces(app, &namespaces);
            let mut view = TableView::new(env, kind, namespaces);
            view.filter = filter;
            app.workspace.push(View::Table(Box::new(view)));
        }
    }
    Vec::new()
}

/// A line that is about a runbook.
fn walker(app: &mut App, line: &str) -> Vec<Effect> {
    use crate::app::books;
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    match verb {
        "runbook" => books::open_named(app, rest),
        "skip" => books::skip(app, rest),
        "note" => books::note(app, rest),
        "step" => books::go_to(app, rest),
        _ => match rest.split_once(' ') {
            Some((name, value)) => books::put(app, name, value.trim()),
            None => {
                app.flash(Tone::Info, "as in :set POD backend-7d9f");
                Vec::new()
            }
        },
    }
}

pub(super) fn run_row(app: &mut App, row: &'static Row) -> Vec<Effect> {
    // The same act may stand in several rows, one for each place.
    let here = |other: &&Row| other.command == row.command && other.place.covers(app.view());
    let row = if row.place.covers(app.view()) {
        row
    } else {
        COMMANDS.iter().find(here).unwrap_or(row)
    };
    if !row.place.covers(app.view()) {
        app.flash(Tone::Problem, format!(":{} does not apply to this view", row.name));
        return Vec::new();
    }
    if !(row.available)(app) {
        app.flash(Tone::Problem, format!(":{} does not apply to what is selected", row.name));
        return Vec::new();
    }
    run(app, row.command)
}

pub(super) fn paste(app: &mut App, text: &str) {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim().to_owned();
    match app.overlay.take() {
        Some(Overlay::Palette { mut input, .. }) => {
            input.paste(&line);
            let offers = palette::offers(app, input.text());
            app.overlay = Some(Overlay::Palette {
                input,
                offers,
                chosen: None,
            });
        }
        Some(Overlay::Filter { mut input, before }) => {
            input.paste(&line);
            let text = input.text().to_owned();
            filter(app, &text);
            app.overlay = Some(Overlay::Filter { input, before });
        }
        Some(Overlay::Search { mut input, before }) => {
            input.paste(&line);
            let text = input.text().to_owned();
            search(app, &text);
            app.overlay = Some(Overlay::Search { input, before });
        }
        Some(Overlay::Plan(mut dialog)) => {
            crate::app::deeds::dialog::paste(&mut dialog, &line);
            app.overlay = Some(Overlay::Plan(dialog));
        }
        Some(Overlay::Forward(mut form)) => {
            crate::app::forwards::form::paste(&mut form, &line);
            app.overlay = Some(Overlay::Forward(form));
        }
        // Pasted text is never taken for keys.
        other => app.overlay = other,
    }
}
