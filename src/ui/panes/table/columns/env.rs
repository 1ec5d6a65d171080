//! The environments themselves, as a table.

use super::{Column, ColumnRef};
use crate::config::Tier;
use crate::model::{Link, Server};
use crate::ui::panes::table::{EnvRow, Row, Subject, Value};
use crate::ui::theme::Role;

/// The columns of the table of environments; rows are made by [`Row::environment`].
pub fn environments() -> Vec<ColumnRef> {
    ENVIRONMENTS.iter().map(ColumnRef::Fixed).collect()
}

static ENVIRONMENTS: [Column; 11] = [
    Column::text("NAME", 40, |row| Value::text(row.name())).keep(0).flex(14),
    Column::text("TIER", 8, |row| with(row, |e| Value::text(tier(e.tier))))
        .keep(6)
        .muted(),
    Column::text("STATUS", 24, |row| with(row, |e| Value::text(&e.state))).status(),
    Column::ratio("NODES", |row| with(row, |e| ratio(e.nodes)))
        .keep(2)
        .role(|row| short(row, |e| e.nodes)),
    Column::ratio("DEPLOYS", |row| with(row, |e| ratio(e.deployments)))
        .keep(3)
        .role(|row| short(row, |e| e.deployments)),
    Column::ratio("PODS", |row| with(row, |e| ratio(e.pods)))
        .keep(3)
        .role(|row| short(row, |e| e.pods)),
    Column::text("API", 9, |row| with(row, |e| Value::text(&e.beat))).keep(7).muted(),
    Column::text("VERSION", 24, |row| {
        with(row, |e| server(e).map_or(Value::None, |s| Value::text(&s.version)))
    })
    .keep(8)
    .muted(),
    Column::text("WRONG", 200, |row| with(row, |e| Value::text(&e.wrong)))
        .keep(1)
        .flex(20)
        .role(|row| row.role()),
    Column::text("USER", 30, |row| {
        with(row, |e| server(e).map_or(Value::None, |s| Value::text(&s.user)))
    })
    .wide(),
    Column::text("HOST", 60, |row| {
        with(row, |e| server(e).map_or(Value::None, |s| Value::text(&s.host)))
    })
    .wide(),
];

fn with<'a>(row: &Row<'a>, value: impl FnOnce(&'a EnvRow) -> Value<'a>) -> Value<'a> {
    match row.subject {
        Subject::Environment(env) => value(env),
        _ => Value::None,
    }
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Open => "open",
        Tier::Confirm => "confirm",
        Tier::Guarded => "guarded",
    }
}

fn server(env: &EnvRow) -> Option<&Server> {
    match &env.link {
        Some(Link::Ready(server)) => Some(server),
        _ => None,
    }
}

fn ratio(share: Option<(u32, u32)>) -> Value<'static> {
    share.map_or(Value::None, |(have, want)| Value::Ratio { have, want })
}

fn short(row: &Row<'_>, of: impl FnOnce(&EnvRow) -> Option<(u32, u32)>) -> Role {
    match row.subject {
        Subject::Environment(env) if of(env).is_some_and(|(have, want)| have < want) => Role::Warning,
        _ => Role::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Health;
    use crate::ui::panes::table::samples::{NOW, cells, role};

    #[test]
    fn an_environment_says_how_it_is_and_what_is_wrong() {
        let env = EnvRow {
            name: "solia-prod".into(),
            tier: Tier::Guarded,
            link: Some(Link::Ready(Server {
                version: "v1.33.4".into(),
                ..Server::default()
            })),
            state: "live".into(),
            beat: "50 ms".into(),
            health: Health::Warning,
            nodes: Some((5, 6)),
            pods: Some((12, 12)),
            wrong: "node a NotReady".into(),
            ..EnvRow::default()
        };
        let row = Row::environment(&env, NOW);
        let columns = environments();
        assert_eq!(
            cells(&columns, &row),
            "solia-prod|guarded|live|5/6||12/12|50 ms|v1.33.4|node a NotReady"
        );
        assert_eq!(
            [role(&columns, "NODES", &row), role(&columns, "PODS", &row)],
            [Role::Warning, Role::Text]
        );
    }
}
