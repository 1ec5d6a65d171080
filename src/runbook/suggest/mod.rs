//! Which page helps, and why: from findings and their evidence, alerts, the selected object, failing health checks and log lines.
//!
//! | sign | points |
//! |---|---|
//! | the alert's `runbook_url` names the page and a section of it | 105 |
//! | the alert's `runbook_url` | 100 |
//! | the alert's name, exactly / by a pattern | 90 / 80 |
//! | a condition of the selected object, or the page of a finding | 70 (+10 where the container fits, too) |
//! | a condition of the selected object, where what is found on it has another page | 45 |
//! | a detect block's PromQL that fires | 60 |
//! | a health check | 50 |
//! | a log pattern | 40 |
//! | of a page without front matter, a heading that is about it | 30 |
//! | evidence of the finding that names the page | +50 |
//! | nobody has reviewed it for half a year | −5 |

mod evidence;
mod heading;
mod pattern;
mod signs;

pub use pattern::LogPattern;
pub use signs::Shown;

use crate::config::Environment;
use crate::model::{Finding, fits};
use crate::runbook::library::{Library, Shelved, bare, page_of_url, section_of_url};
use crate::runbook::page::{Runbook, Sign};
use crate::runbook::value::{Facts, Origin, Role};

/// What is known at this moment. What is not known is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Situation<'a> {
    /// For pages that are not for every environment.
    pub environment: Option<&'a Environment>,
    pub today: Option<jiff::civil::Date>,
    /// What is asked about: the selected finding, or all of an environment.
    pub findings: &'a [Finding],
    pub alerts: &'a [Firing<'a>],
    /// The selected object.
    pub object: Option<&'a Shown<'a>>,
    /// Detect blocks whose query fires: page and block.
    pub detected: &'a [(&'a str, &'a str)],
    pub health: &'a [Unwell<'a>],
    /// Log lines that are looked at.
    pub lines: &'a [&'a str],
}

/// An alert.
#[derive(Clone, Copy, Debug, Default)]
pub struct Firing<'a> {
    pub name: &'a str,
    pub labels: &'a [(&'a str, &'a str)],
    pub annotations: &'a [(&'a str, &'a str)],
}

/// A health check that does not pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwell<'a> {
    /// The probe's name.
    pub target: &'a str,
    pub path: &'a str,
    /// None: no answer.
    pub status: Option<u16>,
    /// For how long, in seconds.
    pub since: i64,
}

/// A page that may help.
#[derive(Clone, Debug)]
pub struct Suggestion<'l> {
    pub page: &'l Shelved,
    pub score: i32,
    /// Why, to stand behind «because».
    pub reason: String,
    /// Why it cannot be walked here; it is shown all the same.
    pub barred: Option<String>,
    /// What fills variables.
    pub facts: Facts,
    /// The step where it begins; none: the first.
    pub at: Option<usize>,
}

/// Pages that lie so close to the best are offered with it.
pub const CLOSE: i32 = 20;

/// A page that nobody has reviewed for so long ranks lower (days).
const STALE: i32 = 180;

/// The pages that may help, the best first. Those that are barred come last.
pub fn suggest<'l>(library: &'l Library, situation: &Situation<'_>) -> Vec<Suggestion<'l>> {
    let mut all: Vec<Suggestion<'l>> = library.iter().filter_map(|page| judged(page, situation)).collect();
    all.sort_by(|a, b| {
        let key = |one: &Suggestion<'_>| (one.barred.is_some(), -one.score);
        key(a).cmp(&key(b)).then_with(|| a.page.book.name.cmp(&b.page.book.name))
    });
    all
}

/// The pages that `b` offers: the best, and those close to it.
pub fn best<'s, 'l>(all: &'s [Suggestion<'l>]) -> &'s [Suggestion<'l>] {
    let score = all.first().map_or(0, |first| first.score);
    let close = all
        .iter()
        .take_while(|one| one.score + CLOSE >= score && one.barred.is_none())
        .count();
    all.get(..close.clamp(usize::from(!all.is_empty()), 3)).unwrap_or_default()
}

#[derive(Default)]
struct Hit {
    score: i32,
    reason: String,
    facts: Facts,
    at: Option<usize>,
}

fn judged<'l>(page: &'l Shelved, situation: &Situation<'_>) -> Option<Suggestion<'l>> {
    let book = &page.book;
    let mut hits: Vec<Hit> = Vec::new();
    hits.extend(situation.alerts.iter().filter_map(|alert| by_alert(book, alert)));
    hits.extend(situation.findings.iter().filter_map(|finding| evidence::by_finding(book, finding)));
    hits.extend(situation.object.and_then(|object| by_object(book, object, situation.findings)));
    hits.extend(
        situation
            .detected
            .iter()
            .filter(|(name, _)| *name == &*book.name)
            .map(|(_, block)| Hit {
                score: 60,
                reason: format!("its query {block} fires"),
                ..Hit::default()
            }),
    );
    hits.extend(heading::by_heading(book, situation));
    hits.extend(situation.health.iter().filter_map(|unwell| by_health(book, unwell)));
    hits.extend(by_lines(book, situation.lines));
    let best = hits.into_iter().max_by_key(|hit| hit.score)?;
    let stale = match (situation.today, book.front.reviewed) {
        (Some(today), Some(reviewed)) => (today - reviewed).get_days() > STALE,
        _ => false,
    };
    let barred = situation
        .environment
        .filter(|environment| !Runbook::is_for(&book.front.environments, environment))
        .map(|environment| format!("it is for {}, not for {}", book.front.environments.join(", "), environment.shown()));
    Some(Suggestion {
        page,
        score: best.score - if stale { 5 } else { 0 },
        reason: best.reason,
        barred,
        facts: best.facts,
        at: best.at,
    })
}

fn by_alert(book: &Runbook, alert: &Firing<'_>) -> Option<Hit> {
    let get = |pairs: &[(&str, &str)], key: &str| pairs.iter().find(|(k, _)| *k == key).map(|(_, value)| (*value).to_owned());
    let hit = |score, reason| {
        let mut facts = Facts::default();
        facts.add(Role::Alert, alert.name, Origin::Alert);
        for (role, label) in [
            (Role::Namespace, "namespace"),
            (Role::Pod, "pod"),
            (Role::Container, "container"),
            (Role::Deployment, "deployment"),
            (Role::Service, "service"),
            (Role::Node, "node"),
        ] {
            facts.add(role, get(alert.labels, label).unwrap_or_default(), Origin::Alert);
        }
        for (key, value) in alert.labels {
            facts.name(key.to_uppercase(), *value, Origin::Alert);
        }
        Hit {
            score,
            reason,
            facts,
            at: None,
        }
    };
    let url = get(alert.annotations, "runbook_url").unwrap_or_default();
    let section = section_of_url(&url).filter(|(page, _)| *page == bare(&book.name));
    if let Some(at) = section.and_then(|(_, section)| book.at_anchor(&section)) {
        return Some(Hit {
            at: Some(at),
            ..hit(105, format!("the alert {} leads to this part of it", alert.name))
        });
    }
    if page_of_url(&url).is_some_and(|name| name == bare(&book.name)) {
        return Some(hit(100, format!("the alert {} leads to it", alert.name)));
    }
    let severity = get(alert.labels, "severity").unwrap_or_default();
    let signs = book
        .front
        .matchers
        .iter()
        .filter(|matcher| matcher.k8s.is_none() && matcher.health.is_none() && matcher.block.is_none());
    let signs = signs.filter_map(|matcher| matcher.alert.as_ref()).filter(|signs| {
        let labelled = signs
            .labels
            .iter()
            .all(|(key, value)| get(alert.labels, key).is_some_and(|found| fits(value, &found)));
        labelled && (signs.severity.is_empty() || signs.severity.contains(&severity))
    });
    let names: Vec<&String> = signs.flat_map(|signs| &signs.names).collect();
    if names.iter().any(|name| *name == alert.name) {
        return Some(hit(90, format!("the alert {} fires", alert.name)));
    }
    let fitting = names.iter().find(|name| fits(name, alert.name));
    fitting.map(|_| hit(80, format!("the alert {} fires", alert.name)))
}

/// What is found was judged by more than one condition: where it has another page, the condition is no more than a hint.
const HINT: i32 = 45;

fn by_object(book: &Runbook, object: &Shown<'_>, findings: &[Finding]) -> Option<Hit> {
    let signs = book
        .front
        .matchers
        .iter()
        .filter(|matcher| matcher.alert.is_none() && matcher.health.is_none() && matcher.block.is_none());
    let (why, container) = signs
        .filter_map(|matcher| matcher.k8s.as_ref())
        .find_map(|signs| object.fits(signs))?;
    let mut facts = object.facts(Origin::Selection);
    let more = match &container {
        Some(name) => {
            facts.add(Role::Container, name.as_str(), Origin::Selection);
            10
        }
        None => 0,
    };
    let named = |finding: &&Finding| !finding.runbook.is_empty();
    let has_another = findings.iter().any(|finding| named(&finding)) && !findings.iter().any(|finding| finding.runbook == &*book.name);
    Some(Hit {
        score: if has_another { HINT } else { 70 + more },
        reason: format!("{} shows {why}", object.name()),
        facts,
        at: None,
    })
}

fn by_health(book: &Runbook, unwell: &Unwell<'_>) -> Option<Hit> {
    let signs = book
        .front
        .matchers
        .iter()
        .filter(|matcher| matcher.k8s.is_none() && matcher.alert.is_none() && matcher.block.is_none());
    signs
        .filter_map(|matcher| matcher.health.as_ref())
        .find(|signs| {
            let named = signs.target.is_empty() || signs.target == unwell.target;
            let path = signs.path.is_empty() || signs.path == unwell.path;
            named && path && unwell.status != Some(signs.not) && unwell.since >= signs.hold
        })
        .map(|_| Hit {
            score: 50,
            reason: match unwell.status {
                Some(status) => format!("{} answers {status}", unwell.target),
                None => format!("{} does not answer", unwell.target),
            },
            ..Hit::default()
        })
}

fn by_lines(book: &Runbook, lines: &[&str]) -> Option<Hit> {
    book.detects.iter().find_map(|detect| {
        let Sign::Logs { pattern, threshold, .. } = &detect.sign else {
            return None;
        };
        let pattern = LogPattern::read(pattern)?;
        let found: Vec<&&str> = lines.iter().filter(|line| pattern.fits(line)).collect();
        let enough = found.len() >= usize::try_from(*threshold).unwrap_or(usize::MAX);
        let first = found.first().filter(|_| enough)?;
        Some(Hit {
            score: 40,
            reason: format!("the log says \"{}\"", crate::model::shorten(first, 60)),
            ..Hit::default()
        })
    })
}

#[cfg(test)]
mod tests;
