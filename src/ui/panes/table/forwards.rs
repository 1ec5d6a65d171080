//! The rows of the table of forwards: the open ones first, then those of the last time.

use super::World;
use crate::action::forward::{ForwardSeen, ForwardSpec, ForwardState};
use crate::app::forwards::Board;
use crate::model::{Health, Link, Quantity, Time, Uid, short_age};

/// A forward as its table shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForwardRow {
    pub uid: Uid,
    /// `service/backend`.
    pub name: String,
    pub namespace: String,
    pub environment: String,
    /// `127.0.0.1:8080`, or what is asked for.
    pub local: String,
    /// `http → 4000`.
    pub remote: String,
    /// `live`, `waits 12s: pod web is gone`.
    pub state: String,
    pub health: Health,
    pub pod: String,
    pub received: Quantity,
    pub sent: Quantity,
    /// Connections that are open, of all there were.
    pub connections: Option<(u32, u64)>,
    /// Whether the pod takes connections.
    pub probe: String,
    pub since: Option<Time>,
    pub note: String,
}

/// What a forward is recognised by.
pub fn identity(spec: &ForwardSpec) -> Uid {
    Uid::of(&format!("{} {spec}", spec.environment))
}

/// All rows.
pub fn rows(world: &World<'_>) -> Vec<ForwardRow> {
    let board = world.forwards;
    let open = board.open().iter().map(|seen| open(seen, board, world));
    open.chain(board.saved().iter().map(saved)).collect()
}

fn base(spec: &ForwardSpec) -> ForwardRow {
    ForwardRow {
        uid: identity(spec),
        name: spec.object(),
        namespace: spec.namespace.clone(),
        environment: spec.environment.clone(),
        ..ForwardRow::default()
    }
}

fn saved(spec: &ForwardSpec) -> ForwardRow {
    let ports: Vec<String> = spec.ports.iter().map(ToString::to_string).collect();
    ForwardRow {
        local: ports.join(" "),
        state: "saved: enter opens it".into(),
        health: Health::Done,
        ..base(spec)
    }
}

fn open(seen: &ForwardSeen, board: &Board, world: &World<'_>) -> ForwardRow {
    let now = world.now;
    let here: Vec<String> = seen.ports.iter().map(|port| port.local.to_string()).collect();
    let wanted = seen.spec.ports.iter().map(|port| port.remote.to_string());
    let each = seen.ports.len().checked_div(seen.spec.ports.len()).unwrap_or(1).max(1);
    let remote: Vec<String> = wanted
        .enumerate()
        .map(|(at, name)| match seen.ports.get(at * each).and_then(|port| port.remote) {
            Some(number) if number.to_string() != name => format!("{name} → {number}"),
            _ => name,
        })
        .collect();
    let (state, health) = state(seen, world);
    let quantity = |bytes: u64| Quantity::whole(i64::try_from(bytes).unwrap_or(i64::MAX));
    ForwardRow {
        local: here.join(" "),
        remote: remote.join(", "),
        state,
        health,
        pod: seen.pod.as_deref().unwrap_or_default().to_owned(),
        received: quantity(seen.received),
        sent: quantity(seen.sent),
        connections: Some((seen.open, seen.total)),
        probe: probe(seen, board, now),
        since: Some(seen.since),
        note: match (&seen.note, &seen.last_error) {
            (Some(note), _) => note.to_string(),
            (None, Some((at, problem))) => format!("{} ago: {}", short_age(at.age(now)), problem.text),
            (None, None) => String::new(),
        },
        ..base(&seen.spec)
    }
}

fn state(seen: &ForwardSeen, world: &World<'_>) -> (String, Health) {
    let at = world.config.environments.iter().position(|e| e.name == seen.spec.environment);
    let link = world.store.iter().nth(at.unwrap_or(usize::MAX)).map(|(_, env)| &env.link);
    match (&seen.state, link) {
        (ForwardState::Failed(problem), _) => (format!("failed: {}", problem.text), Health::Bad),
        (_, Some(Link::Lost { since, .. })) => (format!("API lost {}", short_age(since.age(world.now))), Health::Warning),
        (ForwardState::Listening, _) => ("live".into(), Health::Ok),
        (ForwardState::Starting, _) => ("starting".into(), Health::Busy),
        (ForwardState::Waiting { why, since }, _) => {
            let age = short_age(since.age(world.now));
            (format!("waits for a pod {age}: {}", why.text), Health::Warning)
        }
    }
}

/// `3 ms`, or why none takes connections; the worst of several ports.
fn probe(seen: &ForwardSeen, board: &Board, now: Time) -> String {
    let Some(probed) = board.probed(seen.id) else {
        return String::new();
    };
    let age = match probed.at.age(now) {
        ..=30 => String::new(),
        age => format!(" {} ago", short_age(age)),
    };
    let bad = probed
        .ports
        .iter()
        .find_map(|(port, answer)| answer.as_ref().err().map(|problem| (port, problem)));
    if let Some((port, problem)) = bad {
        return format!("{port}: {}{age}", problem.text);
    }
    let slowest = probed.ports.iter().filter_map(|(_, answer)| answer.as_ref().ok()).max();
    slowest.map_or_else(String::new, |took| {
        let millis = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        format!("ok {} ms{age}", super::environments::coarse(millis))
    })
}
