//! An event by itself.

use serde_json::Value;

use super::page::{Fields, Page, Parts};
use super::read::{at, number, one_line, text, when};
use crate::model::Time;
use crate::ui::theme::Role;

/// What happened to what, how often and when; both styles (`v1` and `events.k8s.io`).
pub fn event(page: &mut Page, document: &Value, now: Time) {
    let first = |pointers: &[&str]| {
        let values = pointers.iter().map(|pointer| text(document, pointer));
        values.into_iter().find(|value| !value.is_empty()).unwrap_or_default().to_owned()
    };
    page.section("Event", |page| {
        let mut fields = Fields::default();
        let warning = text(document, "/type") == "Warning";
        let role = if warning { Role::Warning } else { Role::Text };
        fields.add("Type", Parts::of(role, text(document, "/type")));
        fields.add("Reason", Parts::of(role, text(document, "/reason")));
        let object = if at(document, "/involvedObject").is_null() {
            at(document, "/regarding")
        } else {
            at(document, "/involvedObject")
        };
        let namespace = match text(object, "/namespace") {
            "" => String::new(),
            namespace => format!("{namespace}/"),
        };
        let part = match text(object, "/fieldPath") {
            "" => String::new(),
            part => format!(", {part}"),
        };
        if !object.is_null() {
            let name = format!("{} {namespace}{}", text(object, "/kind"), text(object, "/name"));
            fields.add("About", Parts::from(name).and(Role::Muted, part));
        }
        fields.add("Message", one_line(&first(&["/message", "/note"]), 1000));
        fields.add("Action", text(document, "/action"));
        let times = number(document, "/count").or_else(|| number(document, "/deprecatedCount"));
        let times = number(document, "/series/count").or(times).filter(|n| *n > 1);
        fields.add("Times", times.map(|n| n.to_string()).unwrap_or_default());
        for (name, pointers) in [
            ("First seen", ["/firstTimestamp", "/deprecatedFirstTimestamp", "/eventTime"]),
            (
                "Last seen",
                ["/series/lastObservedTime", "/lastTimestamp", "/deprecatedLastTimestamp"],
            ),
        ] {
            let told = pointers.iter().map(|pointer| when(document, pointer, now));
            fields.add(name, told.into_iter().find(|time| !time.is_empty()).unwrap_or_default());
        }
        let source = first(&[
            "/source/component",
            "/reportingComponent",
            "/reportingController",
            "/deprecatedSource/component",
        ]);
        let place = match first(&["/source/host", "/deprecatedSource/host"]) {
            none if none.is_empty() => none,
            host => format!(" on {host}"),
        };
        fields.add("From", format!("{source}{place}"));
        page.fields(fields);
    });
}
