//! What happened to the object, newest first.

use super::page::{Page, Parts};
use crate::model::{Body, Event, Object, Time, short_age};
use crate::ui::theme::Role;

/// The events as a table.
pub fn events(page: &mut Page, events: &[&Object], now: Time) {
    let mut events: Vec<&Event> = events
        .iter()
        .filter_map(|object| match &object.body {
            Body::Event(event) => Some(&**event),
            _ => None,
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.last));
    if events.is_empty() {
        page.section("Events", |page| {
            page.line(Parts::of(Role::Faint, "none (the server forgets them after an hour or so)"))
        });
        return;
    }
    let rows = events.into_iter().map(|event| row(event, now)).collect();
    page.section("Events, newest first", |page| {
        page.table(&["LAST SEEN", "TYPE", "REASON", "COUNT", "MESSAGE"], rows);
    });
}

fn row(event: &Event, now: Time) -> Vec<Parts> {
    let age = |time: Time| if time.is_known() { short_age(time.age(now)) } else { "?".into() };
    let count = match event.count {
        0 | 1 => String::new(),
        count if event.first.is_known() && event.first < event.last => format!("x{count} over {}", short_age(event.last - event.first)),
        count => format!("x{count}"),
    };
    let (role, word) = if event.warning {
        (Role::Warning, "Warning")
    } else {
        (Role::Muted, "Normal")
    };
    let source = if event.source.is_empty() {
        String::new()
    } else {
        format!(" ({})", event.source)
    };
    vec![
        age(event.last).into(),
        Parts::of(role, word),
        Parts::of(if event.warning { Role::Warning } else { Role::Text }, &*event.reason),
        Parts::of(Role::Muted, count),
        // Who says so comes last: on a narrow screen it is what can be missed.
        Parts::from(&*event.message).and(Role::Muted, source),
    ]
}
