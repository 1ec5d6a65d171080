//! A silence as a whole: what it fits, who made it and why, when it ends, what it hides now.

use super::page::{Page, moment, named};
use crate::model::{Health, Time, short_age};
use crate::store::{EnvStore, StandingSilence};
use crate::ui::theme::Role;
use crate::ui::widgets::TextLine;

/// A silence that ends so soon is worth a look (seconds): what it hides will be told again.
const SOON: i64 = 600;

/// How a silence counts among the rows of a table.
pub fn health(standing: &StandingSilence) -> Health {
    match (standing.silence.is_pending, standing.hides.is_empty()) {
        (true, _) => Health::Busy,
        (false, true) => Health::Done,
        (false, false) => Health::Ok,
    }
}

/// `in 25m`; `over` where its Alertmanager has not said so yet.
pub fn ends(standing: &StandingSilence, now: Time) -> String {
    match standing.silence.ends.0 - now.0 {
        ..=0 => "over".to_owned(),
        left => format!("in {}", short_age(left)),
    }
}

/// What it hides now: `HighLatency`, `HighLatency and 3 more`, `nothing`.
pub fn hides(standing: &StandingSilence) -> String {
    match standing.hides.as_slice() {
        _ if standing.silence.is_pending => "not begun".to_owned(),
        [] => "nothing".to_owned(),
        [one] => one.name.to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.name, rest.len()),
    }
}

/// The lines of the page.
pub fn lines(seen: &EnvStore, id: &str, now: Time) -> Vec<TextLine> {
    let mut page = Page::default();
    if let Some(unknown) = super::unknown(&seen.alerts.known(now), now) {
        page.line(Role::Stale, &unknown);
        page.gap();
    }
    let all = seen.alerts.silences();
    let Some(standing) = all.iter().find(|standing| *standing.silence.id == *id) else {
        page.line(Role::Muted, "This silence is over, or nobody tells of it any more.");
        return page.into_lines();
    };
    let silence = &standing.silence;
    let soon = !silence.is_pending && silence.ends.0 - now.0 < SOON && !standing.hides.is_empty();
    let role = if soon { Role::Warning } else { Role::Text };
    let state = if silence.is_pending { "has not begun" } else { "stands" };
    page.line(role, &format!("silence {} {state} · ends {}", silence.id, ends(standing, now)));
    page.line(Role::Text, &silence.comment);
    page.gap();
    for (n, matcher) in silence.matchers.iter().enumerate() {
        page.pair(if n == 0 { "fits" } else { "and" }, &matcher.to_string());
    }
    page.pair("by", &silence.author);
    page.pair("from", &moment(silence.starts));
    page.pair("until", &moment(silence.ends));
    page.gap();
    match standing.hides.len() {
        0 => page.line(Role::Muted, "It hides no alert now."),
        1 => page.line(Role::Title, "It hides 1 alert now"),
        n => page.line(Role::Title, &format!("It hides {n} alerts now")),
    }
    for alert in &standing.hides {
        let about = seen
            .spoken(&alert.labels)
            .map(|object| format!(" · {}", named(&object)))
            .unwrap_or_default();
        let since = short_age(alert.since.age(now));
        page.line(Role::Text, &format!("  {} {} since {since}{about}", alert.name, alert.severity));
    }
    page.into_lines()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Alert, AlertState, AlertsFrom, AlertsTold, Demand, EnvId, Fact, Matcher, Seen, SilenceTold};
    use crate::store::Store;

    const NOW: Time = Time(1_800_000_000);

    fn hidden(name: &str) -> Alert {
        Alert {
            name: name.into(),
            state: AlertState::Suppressed,
            labels: [("alertname".into(), name.into())].into_iter().collect(),
            silenced: ["s1".into()].into(),
            since: NOW + -60,
            ..Alert::default()
        }
    }

    #[test]
    fn a_silence_of_a_cluster_is_one_and_says_what_it_hides() {
        let silence = |id: &str, left: i64| SilenceTold {
            id: id.into(),
            matchers: vec![Matcher::equal("team", "web")],
            author: "anna".into(),
            comment: "the fix is out".into(),
            starts: NOW + -60,
            ends: NOW + left,
            is_pending: false,
        };
        let told = |silences: Vec<SilenceTold>| AlertsTold {
            alerts: vec![hidden("A"), hidden("B")],
            silences: Some(silences),
            ..AlertsTold::default()
        };
        let mut store = Store::new(1);
        store.set_alerts(EnvId(0), vec![AlertsFrom::Alertmanager(0), AlertsFrom::Alertmanager(1)]);
        store.expect(&Demand::Alerts(EnvId(0)));
        for (number, silences) in [(0, vec![silence("s1", 1500), silence("s2", 60)]), (1, vec![silence("s1", 1500)])] {
            store.apply(Fact {
                env: EnvId(0),
                at: NOW,
                seen: Seen::Alerts(AlertsFrom::Alertmanager(number), Ok(Arc::new(told(silences)))),
            });
        }
        let seen = store.env(EnvId(0)).unwrap();
        let all = seen.alerts.silences();
        let shown: Vec<(&str, &[u16], String, String)> = all
            .iter()
            .map(|one| (&*one.silence.id, &*one.at, ends(one, NOW), hides(one)))
            .collect();
        assert_eq!(
            shown,
            [
                ("s2", &[0][..], "in 1m".to_owned(), "nothing".to_owned()),
                ("s1", &[0, 1][..], "in 25m".to_owned(), "A and 1 more".to_owned())
            ]
        );
        let page = lines(seen, "s1", NOW).iter().map(TextLine::text).collect::<Vec<_>>().join("\n");
        for part in [
            "stands · ends in 25m",
            "team=\"web\"",
            "anna",
            "the fix is out",
            "hides 2 alerts",
            "  B",
        ] {
            assert!(page.contains(part), "{part} is missing in:\n{page}");
        }
        let over = lines(seen, "s9", NOW).iter().map(TextLine::text).collect::<String>();
        assert!(over.contains("is over"), "{over}");
    }
}
