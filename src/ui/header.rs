//! The first line: where we are, as whom, how the cluster is, how late it is. In every view the same, so that
//! a picture of the screen explains itself.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use super::widgets::width;
use super::widgets::{fill, put};
use crate::action::guard::Lock;
use crate::app::App;
use crate::app::deeds::Mode;
use crate::config::{Source, Tier};
use crate::model::{EnvId, Link, ProbeState, Time, short_age};
use crate::ui::panes::table::environments;
use crate::ui::theme::{Glyph, Role};

/// From here on the time that credentials have left is counted in the header (seconds).
const EXPIRY_SHOWN: i64 = 15 * 60;

/// One piece of the line. The least important fall away first where it is narrow.
struct Piece {
    text: String,
    role: Role,
    keep: u8,
}

fn piece(text: impl Into<String>, role: Role, keep: u8) -> Piece {
    Piece {
        text: text.into(),
        role,
        keep,
    }
}

/// Draws the header.
pub fn draw(app: &App, look: &Look, area: Rect, buf: &mut Buffer) {
    let theme = &look.theme;
    fill(buf, area, " ", theme.style(Role::Bar));
    let clock = clock(app.now, look);
    let mut pieces = left(app, look);
    let right = u16::try_from(width(&clock)).unwrap_or(0) + 1;
    let room = usize::from(area.width.saturating_sub(right + 1));
    while pieces.iter().map(|p| width(&p.text) + 2).sum::<usize>() > room {
        let Some(drop) = pieces
            .iter()
            .enumerate()
            .filter(|(_, p)| p.keep > 0)
            .max_by_key(|(_, p)| p.keep)
            .map(|(i, _)| i)
        else {
            break;
        };
        pieces.remove(drop);
    }
    let mut x = area.x;
    for p in &pieces {
        let style = theme.style(Role::Bar).patch(theme.style(p.role));
        let text = if matches!(p.role, Role::BandGuarded | Role::BandConfirm | Role::BandOpen) {
            format!(" {} ", p.text)
        } else {
            p.text.clone()
        };
        x += put(
            buf,
            Rect {
                x,
                width: area.right().saturating_sub(x),
                ..area
            },
            &text,
            style,
        ) + 2;
        if x >= area.right() {
            return;
        }
    }
    if area.width > right {
        let at = Rect {
            x: area.right() - right,
            width: right,
            ..area
        };
        put(buf, at, &clock, theme.style(Role::Bar).patch(theme.style(Role::Muted)));
    }
}

fn left(app: &App, look: &Look) -> Vec<Piece> {
    let env = app.env();
    let mut pieces = Vec::new();
    let (name, label, tier) = match app.environment(env) {
        Some(e) => (
            e.name.clone(),
            if e.label.is_empty() { e.name.clone() } else { e.label.clone() },
            app.tier(env),
        ),
        None => ("no environment".into(), "none".into(), Tier::Guarded),
    };
    let band = match tier {
        Tier::Open => Role::BandOpen,
        Tier::Confirm => Role::BandConfirm,
        Tier::Guarded => Role::BandGuarded,
    };
    pieces.push(piece(
        if app.config.explicit { label.to_uppercase() } else { label.clone() },
        band,
        0,
    ));
    if app.is_shared {
        pieces.push(piece("SHARED", Role::Warning, 0));
    }
    if app.mismatch(env).is_some() {
        pieces.push(piece("WRONG CLUSTER", Role::Bad, 0));
    }
    pieces.extend(lock(app, env));
    pieces.extend(hands(app, env));
    if let Some((text, is_well)) = app.forwards.mark() {
        pieces.push(piece(text, if is_well { Role::Accent } else { Role::Warning }, 1));
    }
    pieces.extend(app.deeds.under_way().map(|text| piece(text, Role::Busy, 0)));
    let namespaces = app.workspace.front().view().namespaces().label();
    let place = if label == name || !app.config.explicit {
        namespaces
    } else {
        format!("{name}/{namespaces}")
    };
    pieces.push(piece(place, Role::Title, 1));
    let Some(seen) = app.store.env(env) else { return pieces };
    match &seen.link {
        Link::Ready(server) => {
            if !seen.is_live(app.now) {
                pieces.push(piece(format!("STALE {}", short_age(seen.heard().age(app.now))), Role::Stale, 0));
            }
            if server.expires.is_known() {
                let left = server.expires.0 - app.now.0;
                if left <= 0 {
                    pieces.push(piece("credentials expired: :login", Role::Bad, 0));
                } else if left <= EXPIRY_SHOWN {
                    pieces.push(piece(format!("login ends in {}", short_age(left)), Role::Warning, 0));
                }
            }
            if !server.user.is_empty() {
                pieces.push(piece(server.user.to_string(), Role::Muted, 6));
            }
            if let Some((ready, all)) = app.summary(env).nodes {
                let role = if ready < all { Role::Bad } else { Role::Text };
                let sign = if ready < all {
                    format!("{} ", look.theme.glyph(Glyph::Bad))
                } else {
                    String::new()
                };
                pieces.push(piece(format!("{sign}nodes {ready}/{all}"), role, 2));
            }
            if let Some((fine, all)) = app.summary(env).pods {
                let role = if fine < all { Role::Warning } else { Role::Text };
                pieces.push(piece(format!("pods {fine}/{all}"), role, 3));
            }
            if let Some((_, millis)) = seen.beat {
                pieces.push(piece(format!("api {} ms", environments::coarse(millis)), Role::Muted, 5));
            }
            pieces.push(piece(server.version.to_string(), Role::Muted, 8));
            if app.environment(env).is_some_and(|e| e.source == Source::Kubeconfig) {
                pieces.push(piece("not configured: guarded", Role::Muted, 7));
            }
        }
        Link::Connecting | Link::Idle if app.connected.contains(&env) => pieces.push(piece("connecting", Role::Busy, 0)),
        Link::Connecting | Link::Idle => pieces.push(piece("no cluster", Role::Muted, 2)),
        Link::Lost { problem, since, .. } => {
            pieces.push(piece(format!("{} {}", problem.word(), short_age(since.age(app.now))), Role::Bad, 0));
        }
    }
    if app.forwards.open().is_empty() && !app.forwards.saved().is_empty() {
        let saved = app.forwards.saved().len();
        pieces.push(piece(
            format!("f: {saved} saved {}", if saved == 1 { "forward" } else { "forwards" }),
            Role::Muted,
            7,
        ));
    }
    pieces.extend(health(app, env, look));
    pieces.extend(alerts(app, env, look));
    pieces.extend(badges(app, env, look));
    pieces
}

/// What keeps changes from being made here although it is unlocked.
fn hands(app: &App, env: EnvId) -> Option<Piece> {
    let is_unlocked = matches!(app.deeds.locks.of(env), Lock::Unlocked { .. });
    match app.hands(env) {
        Some(Link::Lost { problem, .. }) if is_unlocked && app.environment(env).is_some_and(|e| e.has_reader()) => {
            Some(piece(format!("to change: {}", problem.word()), Role::Bad, 0))
        }
        _ => None,
    }
}

/// How many alerts fire, or since when nobody knows. Never 0 where it is not known.
fn alerts(app: &App, env: EnvId, look: &Look) -> Option<Piece> {
    let (glyph, role, text) = crate::ui::panes::alerts::badge(&app.store.env(env)?.alerts, app.now)?;
    let keep = if matches!(role, Role::Text | Role::Muted) { 4 } else { 1 };
    let text = if role == Role::Text {
        text
    } else {
        format!("{} {text}", look.theme.glyph(glyph))
    };
    Some(piece(text, role, keep))
}

/// How the services of an environment answer: `health 2/2`, `✖ health 1/2`. Nothing where nothing is asked.
fn health(app: &App, env: EnvId, look: &Look) -> Option<Piece> {
    let count = app.store.env(env)?.probes.count(app.now);
    if count.all() == 0 {
        return None;
    }
    let (sign, role) = crate::ui::panes::health::sign(count.worst());
    let well = count.up + count.warning;
    let (text, keep) = match count.worst() {
        ProbeState::Up => (format!("health {well}/{}", count.all()), 3),
        ProbeState::Unknown if count.unknown == count.all() => ("health unknown".to_owned(), 3),
        ProbeState::Unknown => (format!("health {well}/{}", count.all()), 3),
        _ => (format!("{} health {well}/{}", look.theme.glyph(sign), count.all()), 1),
    };
    let role = if count.worst() == ProbeState::Up { Role::Text } else { role };
    Some(piece(text, role, keep))
}

/// Whether changes are taken here, in a word.
fn lock(app: &App, env: EnvId) -> Option<Piece> {
    if app.deeds.mode == Mode::ReadOnly {
        return Some(piece("READ-ONLY", Role::Title, 0));
    }
    let lock = app.deeds.locks.of(env);
    match (lock, lock.left(app.now)) {
        (Lock::Locked, _) => Some(piece("LOCKED", Role::Title, 0)),
        // Coarse: a screen on which nothing happens stays still.
        (_, Some(left)) => Some(piece(format!("UNLOCKED {} min", (left + 59) / 60), Role::Warning, 0)),
        (_, None) => None,
    }
}

/// The other environments that are connected, each with a sign of how it is.
fn badges(app: &App, front: EnvId, look: &Look) -> Vec<Piece> {
    let asked = |id: &EnvId| app.store.env(*id).is_some_and(|seen| !seen.probes.all().is_empty());
    let all = app.store.iter().map(|(id, _)| id);
    let others: Vec<EnvId> = all.filter(|id| *id != front && (app.connected.contains(id) || asked(id))).collect();
    others
        .iter()
        .filter_map(|id| {
            let seen = app.store.env(*id)?;
            let label = app
                .environment(*id)
                .map(|e| if e.label.is_empty() { e.name.clone() } else { e.label.clone() })?;
            let (sign, role, word) = match &seen.link {
                Link::Lost { problem, .. } => (Glyph::Bad, Role::Bad, problem.word().to_owned()),
                Link::Connecting | Link::Idle if app.connected.contains(id) => (Glyph::Busy, Role::Busy, "connecting".into()),
                // There is no cluster: its services are all there is.
                Link::Connecting | Link::Idle => {
                    let count = seen.probes.count(app.now);
                    let (glyph, role) = crate::ui::panes::health::sign(count.worst());
                    let word = match count.worst() {
                        ProbeState::Down | ProbeState::Warning => format!("health {}/{}", count.up + count.warning, count.all()),
                        state => state.word().to_owned(),
                    };
                    (glyph, role, word)
                }
                Link::Ready(_) if !seen.is_live(app.now) => (Glyph::Stale, Role::Stale, "stale".into()),
                Link::Ready(_) => match app.troubles(*id).count() {
                    0 => (Glyph::Ok, Role::Ok, "ok".into()),
                    n => (Glyph::Warning, Role::Warning, format!("{n} wrong")),
                },
            };
            Some(piece(format!("{} {label} {word}", look.theme.glyph(sign)), role, 4))
        })
        .collect()
}

/// `03:03 Paris 02:03Z`; UTC alone where that is the local time.
fn clock(now: Time, look: &Look) -> String {
    let Ok(time) = jiff::Timestamp::from_second(now.0) else {
        return String::new();
    };
    let utc = time.to_zoned(TimeZone::UTC);
    let local = time.to_zoned(look.zone.clone());
    let text = |z: &jiff::Zoned| format!("{:02}:{:02}", z.hour(), z.minute());
    let offset = local.offset();
    if offset == utc.offset() {
        return format!("{}Z", text(&utc));
    }
    let city = look
        .zone
        .iana_name()
        .and_then(|name| name.rsplit('/').next())
        .unwrap_or("local")
        .replace('_', " ");
    format!("{} {city} {}Z", text(&local), text(&utc))
}
