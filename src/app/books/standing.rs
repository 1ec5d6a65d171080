//! What a view stands on that is no object: an alert, a health probe, the lines of a log.

use crate::app::App;
use crate::app::view::View;
use crate::model::{Alert, AlertState, EnvId, Finding, ProbeState};
use crate::runbook::suggest::Unwell;
use crate::store::Watched;
use crate::ui::panes::page::Live;
use crate::ui::panes::table::{RowSource, TableView};

/// So many of the newest lines of a log are looked at for signs.
const LINES: usize = 500;

/// What it is.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    Alert(&'a Alert),
    Probe(EnvId, &'a Watched),
    /// Something else, or nothing.
    Other,
}

/// What the focused view stands on.
pub fn standing(app: &App) -> Standing<'_> {
    match app.view() {
        View::Table(table) if table.source == RowSource::Alerts => match table.selected_alert() {
            Some(spoken) => Standing::Alert(&spoken.alert),
            None => Standing::Other,
        },
        View::Table(table) if table.source == RowSource::Health => probe_of(app, table),
        View::Page(page) => match &page.live {
            Some(Live::Alert(uid)) => {
                let alert = app.store.env(page.env).and_then(|seen| seen.alerts.get(*uid));
                alert.map_or(Standing::Other, Standing::Alert)
            }
            Some(Live::Probe(number)) => probe(app, page.env, *number),
            _ => Standing::Other,
        },
        _ => Standing::Other,
    }
}

fn probe_of<'a>(app: &'a App, table: &TableView) -> Standing<'a> {
    let row = table.selected_probe();
    row.map_or(Standing::Other, |row| probe(app, row.env, row.number))
}

fn probe(app: &App, env: EnvId, number: u16) -> Standing<'_> {
    let found = app.store.env(env).and_then(|seen| seen.probes.get(number));
    found.map_or(Standing::Other, |found| Standing::Probe(env, found))
}

/// The alerts that pages are looked for: the one that the view stands on; where nothing is found on what is selected, those that
/// speak of it; where nothing is selected, all that fire. What is found has taken its alerts into account already.
pub fn alerts<'a>(app: &'a App, findings: &[Finding]) -> Vec<&'a Alert> {
    if let Standing::Alert(alert) = standing(app) {
        return vec![alert];
    }
    let Some(seen) = app.store.env(app.env()).filter(|_| findings.is_empty()) else {
        return Vec::new();
    };
    let subject = crate::app::lead::subject(app).map(|(object, _)| object);
    let firing = seen.alerts.all().iter().filter(|alert| alert.state == AlertState::Firing);
    match (subject, standing(app)) {
        (Some(object), _) => firing
            .filter(|alert| seen.spoken(&alert.labels).as_ref() == Some(&object))
            .collect(),
        (None, Standing::Other) => firing.collect(),
        (None, Standing::Alert(_) | Standing::Probe(..)) => Vec::new(),
    }
}

/// The health probes that do not pass: the one that the view stands on; where nothing is selected and nothing is found, all.
pub fn unwell<'a>(app: &'a App, findings: &[Finding]) -> Vec<Unwell<'a>> {
    let watched: Vec<&Watched> = match standing(app) {
        Standing::Probe(env, probe) if env == app.env() => vec![probe],
        Standing::Other if findings.is_empty() && crate::app::lead::subject(app).is_none() => {
            let seen = app.store.env(app.env());
            seen.map(|seen| seen.probes.all().iter().collect()).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let is_unwell = |probe: &&Watched| matches!(probe.state(app.now), ProbeState::Down | ProbeState::Warning);
    watched
        .into_iter()
        .filter(is_unwell)
        .map(|probe| Unwell {
            target: &probe.place.name,
            path: path(&probe.place.url),
            status: probe.answer().and_then(|answer| answer.code),
            since: probe.since().age(app.now),
        })
        .collect()
}

/// The path of an address, without what is asked.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path)
}

/// The newest lines of the log that is looked at.
pub fn lines(app: &App) -> Vec<&str> {
    let View::Log(log) = app.view() else { return Vec::new() };
    let book = log.book(&app.store);
    book.map(|book| book.lines().rev().take(LINES).map(|entry| entry.text).collect())
        .unwrap_or_default()
}

/// The environment of what the view stands on, where that is another one than the view's: a board shows all of them.
pub fn elsewhere(app: &App) -> Option<EnvId> {
    match standing(app) {
        Standing::Probe(env, _) if env != app.env() => Some(env),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_path_of_an_address_is_what_a_page_names() {
        for (url, expected) in [
            ("https://api.example.com/health", "/health"),
            ("http://127.0.0.1:3000/api/health?deep=1", "/api/health"),
            ("https://example.com", "/"),
            ("tcp://db:5432", "/"),
        ] {
            assert_eq!(super::path(url), expected, "{url}");
        }
    }
}
