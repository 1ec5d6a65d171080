//! What a tile says of its environment: how it is, how its services answer, what is wrong, what was deployed when.
//!
//! A line is there only where something is known. Whoever learns more of an environment (alerts, series) adds a line
//! here, from the store, at its place.

use super::signals;
use crate::config::Tier;
use crate::diagnosis::NETWORK_HERE;
use crate::model::{EnvId, Finding, Known, Lead, Link, ObjectRef, ProbeState, Severity, Time, Uid, Vantage, WrittenPart, short_age};
use crate::store::{EnvStore, Watched};
use crate::ui::panes::health::{beats, millis, rows::word, sign};
use crate::ui::panes::table::World;
use crate::ui::theme::{Glyph, Role};
use crate::ui::widgets::Beat;

/// Rounds of a probe that a tile shows.
const CELLS: usize = 12;
/// Probes that a tile shows as lines of bars.
const PROBES: usize = 2;

/// An environment on the overview.
#[derive(Clone, Debug)]
pub struct Tile {
    pub env: EnvId,
    pub label: String,
    pub name: String,
    pub tier: Tier,
    pub sign: (Glyph, Role),
    /// `live`, `unreachable 3m`, `connecting`.
    pub word: String,
    /// The colour of the word.
    pub word_role: Role,
    pub lines: Vec<Line>,
    /// What it is ordered by.
    pub concern: Concern,
}

/// How much somebody has to look at an environment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Concern {
    pub critical: usize,
    pub down: usize,
    /// Whether it does not answer.
    pub lost: bool,
    pub warnings: usize,
}

/// One line of a tile.
#[derive(Clone, Debug)]
pub struct Line {
    pub parts: Vec<Part>,
    pub thing: Thing,
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub enum Part {
    Text(Role, String),
    /// The same, left out where the bars would have no room.
    Extra(Role, String),
    Sign(Glyph, Role),
    /// A line of bars, the newest at the end: as many of them as there is room for.
    Bars(Vec<Beat>),
}

/// What a line leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// The environment itself.
    Environment,
    /// The last answer of a probe.
    Probe(u16),
    /// All probes.
    Health,
    /// All alerts.
    Alerts,
    /// One alert as a whole: its uid and its name.
    Alert(Uid, Box<str>),
    /// The panels of the environment.
    Metrics,
    /// Why an object is not well.
    Finding(ObjectRef),
    /// An object, described.
    Object(ObjectRef),
}

impl Line {
    /// The line without its colours.
    pub fn text(&self) -> String {
        let glyphs = crate::ui::theme::Glyphs::Unicode;
        let part = |part: &Part| match part {
            Part::Text(_, text) | Part::Extra(_, text) => text.clone(),
            Part::Sign(glyph, _) => glyph.draw(glyphs).to_owned(),
            Part::Bars(beats) => beats.iter().map(|beat| beat.sign(glyphs)).collect(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Whether it is red.
    pub fn is_bad(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Sign(_, Role::Bad)))
    }
}

impl Tile {
    /// The line that is red, of several the first; counted from 1, because 0 is the environment itself.
    pub fn worst(&self) -> Option<usize> {
        self.lines.iter().position(Line::is_bad).map(|at| at + 1)
    }
}

/// What is wrong on our side of the network, in its own words.
pub fn network(world: &World<'_>) -> Option<String> {
    let (env, _) = world.store.iter().next()?;
    let mut findings = world.judgements.findings(env);
    findings
        .find(|finding| finding.id == NETWORK_HERE)
        .map(|finding| finding.title.clone())
}

/// All environments, the worst first; equals in the order of the configuration.
pub fn tiles(world: &World<'_>, connected: impl Fn(EnvId) -> bool) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = world
        .store
        .iter()
        .filter_map(|(env, seen)| tile(world, env, seen, connected(env)))
        .collect();
    tiles.sort_by_key(|tile| std::cmp::Reverse(tile.concern));
    tiles
}

fn tile(world: &World<'_>, env: EnvId, seen: &EnvStore, connected: bool) -> Option<Tile> {
    let now = world.now;
    let environment = world.config.environments.get(usize::from(env.0))?;
    let count = seen.probes.count(now);
    // What is wrong on our side is told once, and is no environment's own.
    let findings: Vec<&Finding> = world
        .judgements
        .findings(env)
        .filter(|f| f.severity > Severity::Info && f.id != NETWORK_HERE)
        .collect();
    let critical = findings.iter().filter(|f| f.severity == Severity::Critical).count();
    let lost = matches!(seen.link, Link::Lost { .. });
    let (word, word_role) = freshness(seen, connected, now);
    let concern = Concern {
        critical,
        down: count.down,
        lost,
        warnings: findings.len() - critical + count.warning,
    };
    let sign = match concern {
        Concern { critical: 1.., .. } | Concern { down: 1.., .. } | Concern { lost: true, .. } => (Glyph::Bad, Role::Bad),
        Concern { warnings: 1.., .. } => (Glyph::Warning, Role::Warning),
        _ if count.all() > 0 && count.unknown == count.all() || matches!(seen.link, Link::Connecting) => (Glyph::Busy, Role::Busy),
        _ if !connected && count.all() == 0 => (Glyph::Unknown, Role::Muted),
        _ => (Glyph::Ok, Role::Ok),
    };
    let mut lines = Vec::new();
    lines.extend(lost_line(seen, now));
    lines.extend(health_line(seen, now));
    lines.extend(signals::alert_line(&seen.alerts, now));
    lines.extend(finding_line(&findings));
    lines.extend(signals::lines(seen, now));
    lines.extend(deployed_line(seen, now));
    lines.extend(latency_line(seen, now));
    lines.extend(counts_line(world, env));
    Some(Tile {
        env,
        label: environment.shown().to_owned(),
        name: environment.name.clone(),
        tier: environment.tier,
        sign,
        word,
        word_role,
        lines,
        concern,
    })
}

fn freshness(seen: &EnvStore, connected: bool, now: Time) -> (String, Role) {
    match &seen.link {
        Link::Ready(_) if seen.is_live(now) => ("live".into(), Role::Ok),
        Link::Ready(_) => (format!("stale {}", short_age(seen.heard().age(now))), Role::Stale),
        Link::Lost { problem, since, .. } => (format!("{} {}", problem.word(), short_age(since.age(now))), Role::Bad),
        Link::Connecting => ("connecting".into(), Role::Busy),
        Link::Idle if connected => ("connecting".into(), Role::Busy),
        Link::Idle => ("no cluster".into(), Role::Muted),
    }
}

pub(super) fn text(role: Role, text: impl Into<String>) -> Part {
    Part::Text(role, text.into())
}

/// Why there is no connection to the cluster.
fn lost_line(seen: &EnvStore, _now: Time) -> Option<Line> {
    let Link::Lost { problem, .. } = &seen.link else { return None };
    Some(Line {
        parts: vec![Part::Sign(Glyph::Bad, Role::Bad), text(Role::Text, format!(" {}", problem.text))],
        thing: Thing::Environment,
    })
}

/// How the services answer: all of them in numbers, and the worst by name.
fn health_line(seen: &EnvStore, now: Time) -> Option<Line> {
    let count = seen.probes.count(now);
    if count.all() == 0 {
        return None;
    }
    let (glyph, role) = sign(count.worst());
    let worst = (0..).zip(seen.probes.all()).find(|(_, probe)| probe.state(now) == count.worst());
    let mut parts = vec![
        Part::Sign(glyph, role),
        text(
            role_of(count.worst()),
            format!(" health {}/{}", count.up + count.warning, count.all()),
        ),
    ];
    let mut thing = Thing::Health;
    if let Some((number, probe)) = worst.filter(|_| count.worst() != ProbeState::Up) {
        thing = Thing::Probe(number);
        let wrong = probe.answer().map(crate::model::Probed::wrong).unwrap_or_default();
        parts.push(text(Role::Text, format!("  {} {}", probe.place.name, word(probe, now))));
        parts.push(text(Role::Muted, format!("  {wrong}")));
    } else if let Some(from) = vantage(seen.probes.all()) {
        parts.push(text(Role::Muted, format!("  {from}")));
    }
    Some(Line { parts, thing })
}

fn role_of(state: ProbeState) -> Role {
    match state {
        ProbeState::Up => Role::Text,
        state => sign(state).1,
    }
}

/// Where from, where it is not from here alone.
fn vantage(probes: &[Watched]) -> Option<&'static str> {
    let others = probes
        .iter()
        .map(|probe| probe.place.vantage)
        .find(|vantage| *vantage != Vantage::Here);
    others.map(Vantage::words)
}

/// How many things are wrong, and the worst.
fn finding_line(findings: &[&Finding]) -> Option<Line> {
    let worst = findings.first()?;
    let (glyph, role) = match worst.severity {
        Severity::Critical => (Glyph::Bad, Role::Bad),
        _ => (Glyph::Warning, Role::Warning),
    };
    let more = match findings.len() {
        1 => String::new(),
        n => format!("  and {} more", n - 1),
    };
    let probe = worst.evidence.iter().find_map(|evidence| match evidence.lead {
        Some(Lead::Probe(number)) => Some(number),
        _ => None,
    });
    Some(Line {
        parts: vec![
            Part::Sign(glyph, role),
            text(Role::Title, format!(" {}", worst.object.name)),
            text(Role::Text, format!("  {}", worst.title)),
            text(Role::Muted, more),
        ],
        thing: match (probe, worst.object.kind.known()) {
            (Some(number), None) => Thing::Probe(number),
            _ => Thing::Finding(worst.object.reference()),
        },
    })
}

/// How fast the services answer, as lines of bars.
fn latency_line(seen: &EnvStore, now: Time) -> Option<Line> {
    let mut parts = Vec::new();
    for probe in seen.probes.all().iter().filter(|probe| probe.last.is_some()).take(PROBES) {
        if !parts.is_empty() {
            parts.push(text(Role::Text, "   "));
        }
        let took = probe.answer().filter(|answer| answer.is_answered());
        let took = took.map_or_else(|| "no answer".to_owned(), |answer| millis(answer.timings.total));
        let bars = beats(probe, CELLS, now).into_iter().skip_while(|beat| *beat == Beat::Gap).collect();
        parts.push(text(Role::Muted, format!("{} ", probe.place.name)));
        parts.push(text(Role::Text, format!("{took} ")));
        parts.push(Part::Bars(bars));
    }
    (!parts.is_empty()).then_some(Line {
        parts,
        thing: Thing::Health,
    })
}

/// The newest pod template that was written, when and by whom.
fn deployed_line(seen: &EnvStore, now: Time) -> Option<Line> {
    let kinds = [Known::Deployment, Known::StatefulSet, Known::DaemonSet];
    let all = kinds.iter().flat_map(|known| {
        let feeds = seen.feeds().filter(|(key, _)| key.kind.is(*known));
        feeds.flat_map(|(_, feed)| feed.rows()).map(move |object| (*known, object))
    });
    let written = all.filter_map(|(known, object)| {
        let writes = object.meta.writes.iter().filter(|write| write.wrote(WrittenPart::Template));
        let write = writes.max_by_key(|write| write.at)?;
        Some((write.at, &write.manager, known, object))
    });
    let (at, by, known, object) = written.filter(|(at, ..)| at.is_known()).max_by_key(|(at, ..)| *at)?;
    let image = match &object.body {
        crate::model::Body::Workload(workload) => workload.images.first().map(|image| tag(image)).unwrap_or_default(),
        _ => "",
    };
    Some(Line {
        parts: vec![
            text(Role::Muted, "deployed "),
            text(Role::Text, format!("{} ago", short_age(at.age(now)))),
            text(Role::Text, format!("  {} {image}", object.meta.name)),
            text(Role::Muted, if by.is_empty() { String::new() } else { format!(" by {by}") }),
        ],
        thing: Thing::Object(object.reference(&known.into())),
    })
}

/// `v1.8.3` of `ghcr.io/solia/backend:v1.8.3`; the end of a digest.
fn tag(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once('@') {
        Some((_, digest)) => digest.get(..19).unwrap_or(digest),
        None => name.split_once(':').map_or("", |(_, tag)| tag),
    }
}

/// Nodes, deployments and pods, of how many.
fn counts_line(world: &World<'_>, env: EnvId) -> Option<Line> {
    let summary = world.judgements.summary(env);
    let all = [
        ("nodes", summary.nodes),
        ("deployments", summary.deployments),
        ("pods", summary.pods),
    ];
    let known: Vec<Part> = all
        .iter()
        .filter_map(|(name, pair)| {
            let (have, want) = (*pair)?;
            let role = if have < want { Role::Warning } else { Role::Muted };
            Some(text(role, format!("{name} {have}/{want}  ")))
        })
        .collect();
    (!known.is_empty()).then_some(Line {
        parts: known,
        thing: Thing::Environment,
    })
}
