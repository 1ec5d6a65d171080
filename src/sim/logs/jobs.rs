//! What the platform's jobs write: how far they are.

use serde_json::json;

use super::Second;
use super::backend::pino;
use super::dice::{Dice, hash};
use crate::sim::world::Run;

/// A job of the platform, by its label `app`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    Cleanup,
    Backup,
    Report,
    Migration,
}

impl Job {
    pub fn of(app: &str) -> Option<Self> {
        match app {
            "session-cleanup" => Some(Self::Cleanup),
            "db-backup" => Some(Self::Backup),
            "daily-report" => Some(Self::Report),
            "db-migrate" => Some(Self::Migration),
            _ => None,
        }
    }

    pub fn banner(self, run: &Run) -> Vec<(i64, String)> {
        let at = run.started + jiff::SignedDuration::from_millis(540);
        let message = match self {
            Self::Cleanup => "session cleanup started",
            Self::Backup => "backup started: pg_dump --format=custom solia",
            Self::Report => "daily report started",
            Self::Migration => "migrating database",
        };
        vec![(540, pino(run, at, "info", message, &json!({})))]
    }

    pub fn second(self, second: &mut Second<'_>) {
        let since = second.at - second.run.started.as_second();
        let run = second.run;
        let at = second.time();
        let line = match self {
            Self::Cleanup if since % 3 == 1 => ("batch deleted", json!({"rows": second.dice.below(400)})),
            Self::Backup if since % 20 == 5 => (
                "dumped",
                json!({"table": second.dice.word(&["accounts", "orders", "positions", "statements"]), "MiB": 40 + second.dice.below(300)}),
            ),
            Self::Report if since % 12 == 4 => (
                "section rendered",
                json!({"section": second.dice.word(&["volumes", "fees", "new accounts", "complaints"])}),
            ),
            Self::Migration if since % 9 == 3 => (
                "migration applied",
                json!({"id": format!("20261{}-{}", 100 + since, second.dice.word(&["add-index", "widen-column", "backfill"]))}),
            ),
            _ => return,
        };
        second.write_at(at, pino(run, at, "info", line.0, &line.1));
    }

    /// What it writes when it is done.
    pub fn done(self, run: &Run, at: jiff::Timestamp) -> String {
        let mut dice = Dice::new(hash(&run.id), 0);
        let (message, fields) = match self {
            Self::Cleanup => ("session cleanup done", json!({"rows": 300 + dice.below(2000)})),
            Self::Backup => ("backup uploaded", json!({"bucket": "solia-backups", "MiB": 2400 + dice.below(300)})),
            Self::Report => ("daily report sent", json!({"to": "finance@example.com"})),
            Self::Migration => ("database is up to date", json!({})),
        };
        pino(run, at, "info", message, &fields)
    }
}
