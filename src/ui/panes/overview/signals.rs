//! What a tile says of the environment's alerts, and of the signals by which its services are judged first.

use super::tiles::{Line, Part, Thing, text};
use crate::model::{Alert, AlertState, AlertsKnown, Time, Uid, Unit, short_age};
use crate::store::signals::{Golden, Signal, SignalsKnown, known, signal};
use crate::store::{Alerts, EnvStore};
use crate::ui::panes::alerts;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::{Beat, level};

/// Bars of a signal; each stands for two minutes, the worst of them.
const CELLS: usize = 15;
/// How much higher than its highest value the bars of a signal without a limit could go: what is steady is no wall.
const STEADY: f64 = 1.4;
/// What was told longer ago says how old it is (seconds): three rounds.
const OLD: i64 = 180;

/// How many alerts fire, and the worst; unknown, never 0, while nobody can say.
pub(super) fn alert_line(all: &Alerts, now: Time) -> Option<Line> {
    let (glyph, role, words) = alerts::badge(all, now)?;
    let mut parts = vec![Part::Sign(glyph, role)];
    if let AlertsKnown::Unknown { problem, .. } = all.known(now) {
        parts.push(text(role, format!(" {words}")));
        parts.push(text(Role::Muted, format!("  {}", problem.text)));
        return Some(Line {
            parts,
            thing: Thing::Alerts,
        });
    }
    parts.push(text(if role == Role::Bad { role } else { Role::Text }, format!(" {words}")));
    let fires = |alert: &&Alert| alert.state == AlertState::Firing && !alert.is_watchdog();
    let mut firing = all.all().iter().filter(fires);
    let mut thing = Thing::Alerts;
    if let Some(worst) = firing.next() {
        let about = worst.object().map(|object| format!(" {}", object.name)).unwrap_or_default();
        parts.push(text(Role::Text, format!("  {}{about}", worst.name)));
        parts.push(text(Role::Muted, format!(" {}", short_age(worst.since.age(now)))));
        if firing.next().is_none() {
            thing = Thing::Alert(Uid::of(&worst.identity()), worst.name.clone());
        }
    }
    Some(Line { parts, thing })
}

/// Errors and latency; requests and the pool of connections.
pub(super) fn lines(seen: &EnvStore, now: Time) -> Vec<Line> {
    let note = |role: Role, sign: Glyph, words: String| {
        vec![Line {
            parts: vec![Part::Sign(sign, role), text(role, format!(" {words}"))],
            thing: Thing::Metrics,
        }]
    };
    let line = |pair: [Golden; 2]| {
        let mut parts = Vec::new();
        for golden in pair {
            if let Some(signal) = signal(seen, golden) {
                if !parts.is_empty() {
                    parts.push(text(Role::Text, "  "));
                }
                parts.extend(one(golden, &signal, now));
            }
        }
        (!parts.is_empty()).then_some(Line {
            parts,
            thing: Thing::Metrics,
        })
    };
    let pairs = [[Golden::Errors, Golden::Latency], [Golden::Requests, Golden::Pool]];
    let told: Vec<Line> = pairs.into_iter().filter_map(line).collect();
    match known(seen) {
        SignalsKnown::Off => Vec::new(),
        SignalsKnown::Waiting if told.is_empty() => note(Role::Muted, Glyph::Busy, "signals …".into()),
        SignalsKnown::Without => note(Role::Muted, Glyph::Unknown, "no series of requests in its Prometheus".into()),
        SignalsKnown::Unknown { since, problem } => {
            let age = short_age(since.age(now));
            let mut all = note(Role::Stale, Glyph::Stale, format!("signals unknown for {age}: {}", problem.text));
            all.extend(told);
            all
        }
        SignalsKnown::Waiting | SignalsKnown::Yes => told,
    }
}

/// `▲ 5xx 7.1 % (max 1 %) ▁▁▂▆█`
fn one(golden: Golden, signal: &Signal, now: Time) -> Vec<Part> {
    let over = signal.last.zip(signal.limit).is_some_and(|(value, limit)| {
        let bound = if golden == Golden::Pool { limit * 0.95 } else { limit };
        value >= bound && limit > 0.0
    });
    let far = |factor: f64| signal.last.zip(signal.limit).is_some_and(|(value, limit)| value >= limit * factor);
    let is_old = signal.heard.age(now) > OLD;
    let role = match golden {
        _ if is_old => Role::Stale,
        _ if !over => Role::Text,
        Golden::Errors if far(5.0) => Role::Bad,
        Golden::Latency if far(2.0) => Role::Bad,
        Golden::Pool => Role::Bad,
        _ => Role::Warning,
    };
    let mut parts = Vec::new();
    match role {
        Role::Bad => parts.push(Part::Sign(Glyph::Bad, role)),
        Role::Warning => parts.push(Part::Sign(Glyph::Warning, role)),
        _ => {}
    }
    let space = if parts.is_empty() { "" } else { " " };
    parts.push(text(Role::Muted, format!("{space}{} ", golden.word())));
    let write = |value: f64| match signal.unit {
        Unit::PerSecond => Unit::None.write(value),
        unit => unit.write(value),
    };
    let value = match (golden, signal.last, signal.limit) {
        (_, None, _) => "none".into(),
        (Golden::Pool, Some(value), Some(most)) => format!("{}/{}", write(value), write(most)),
        (_, Some(value), _) => write(value),
    };
    parts.push(text(role, value));
    if let (true, Some(limit), false) = (over, signal.limit, golden == Golden::Pool) {
        parts.push(Part::Extra(role, format!(" (max {})", write(limit))));
    }
    if is_old {
        parts.push(text(Role::Stale, format!(" {} old", short_age(signal.heard.age(now)))));
    } else if let Some(slope) = slope(signal) {
        parts.push(Part::Extra(Role::Muted, format!(" {slope}")));
    }
    parts.push(text(Role::Text, " "));
    parts.push(Part::Bars(beats(golden, signal)));
    parts
}

/// Whether it rises or falls by what matters: a tenth of its value, or of its limit, in ten minutes.
fn slope(signal: &Signal) -> Option<&'static str> {
    let (value, grows) = (signal.last?, signal.slope? * 600.0);
    let much = value.abs().max(signal.limit.unwrap_or(0.0)).max(f64::MIN_POSITIVE) * 0.1;
    match grows {
        grows if grows > much => Some("rising"),
        grows if grows < -much => Some("falling"),
        _ => None,
    }
}

fn beats(golden: Golden, signal: &Signal) -> Vec<Beat> {
    let points = &signal.points;
    let each = points.len().div_ceil(CELLS).max(1);
    let highest = points.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    // Below its limit a signal stays low: a share of a thousandth is no mountain.
    let top = signal.limit.map_or(highest * STEADY, |limit| highest.max(limit));
    let limit = signal.limit.map(|limit| if golden == Golden::Pool { limit * 0.95 } else { limit });
    let worst = |part: &[f64]| part.iter().copied().filter(|value| value.is_finite()).fold(f64::NAN, f64::max);
    let bar = |value: f64| match limit {
        _ if value.is_nan() => Beat::Gap,
        Some(limit) if value >= limit && limit > 0.0 => Beat::High(level(value, top)),
        _ => Beat::Bar(level(value, top)),
    };
    // From the newest on, so that the last bar is whole.
    let mut beats: Vec<Beat> = points.rchunks(each).map(|part| bar(worst(part))).collect();
    beats.reverse();
    beats
}
