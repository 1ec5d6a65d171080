//! What watches, and those who lead: Prometheus, alerting, the incident itself.

use super::Do::*;
use super::{End, Open, Stage, Way};

#[test]
fn targets_that_are_down_are_followed_to_what_alerts() {
    Stage::of("calm").walk(&Way {
        page: "prometheus-or-alerting-down",
        open: Open::Name,
        stops: &[
            ("which-targets-are-down", &[Answer("All, or no data")]),
            ("does-prometheus-run", &[Answer("It runs")]),
            ("does-alertmanager-run", &[Answer("It runs")]),
        ],
        end: End::Escalated,
        writes: 0,
    });
}

#[test]
fn pods_that_crash_lead_to_their_page() {
    Stage::of("calm").walk(&Way {
        page: "prometheus-or-alerting-down",
        open: Open::Name,
        stops: &[
            ("which-targets-are-down", &[Answer("One, or those of one job")]),
            ("do-its-pods-run", &[Answer("They crash")]),
        ],
        end: End::Book("pod-crashloop"),
        writes: 0,
    });
}

#[test]
fn an_incident_is_opened_told_and_closed() {
    Stage::of("calm").walk(&Way {
        page: "incident",
        open: Open::Name,
        stops: &[
            ("is-it-an-incident", &[Answer("Yes")]),
            ("open-it", &[Tick, Answer("Opened")]),
            ("what-was-released", &[Answer("None did")]),
            ("tell-every-30-minutes", &[Tick, Answer("It is over")]),
        ],
        end: End::Done,
        writes: 0,
    });
}

#[test]
fn an_incident_is_handed_over() {
    Stage::of("calm").walk(&Way {
        page: "incident",
        open: Open::Name,
        stops: &[
            ("is-it-an-incident", &[Answer("Yes")]),
            ("open-it", &[Tick, Answer("Opened")]),
            ("what-was-released", &[Answer("I hand it over")]),
            ("hand-it-over", &[Tick, Answer("Handed over")]),
        ],
        end: End::Done,
        writes: 0,
    });
}

#[test]
fn what_is_no_incident_is_none() {
    Stage::of("calm").walk(&Way {
        page: "incident",
        open: Open::Name,
        stops: &[("is-it-an-incident", &[Answer("Not yet")])],
        end: End::Done,
        writes: 0,
    });
}
