//! What the worker writes: a JSON line for each task that it takes from a queue.

use serde_json::json;

use super::Second;
use super::backend::pino;
use super::people;
use crate::sim::world::Run;

/// A second of the worker's life.
pub(super) fn second(second: &mut Second<'_>) {
    let run = second.run;
    for _ in 0..second.dice.about(0.4) {
        let at = second.time();
        let dice = &mut second.dice;
        let queue = dice.word(&["orders", "orders", "mail", "statements"]);
        let mut fields = json!({"queue": queue, "task": dice.uuid(), "took": dice.latency(0.12)});
        let message = match queue {
            "mail" => {
                fields["to"] = json!(people::email(dice));
                "mail sent"
            }
            "statements" => {
                fields["account"] = json!(people::account(dice));
                "statement rendered"
            }
            _ => {
                fields["account"] = json!(people::account(dice));
                "order settled"
            }
        };
        second.write_at(at, pino(run, at, "info", message, &fields));
    }
    if second.dice.chance(0.003) {
        let at = second.time();
        let fields = json!({"queue": "mail", "attempt": 1 + second.dice.below(2), "reason": "421 4.7.0 try again later"});
        second.write_at(at, pino(run, at, "warn", "task will be tried again", &fields));
    }
}

/// What it writes while it starts.
pub(super) fn banner(run: &Run) -> Vec<(i64, String)> {
    let line = |ms: i64, message: &str| {
        let at = run.started + jiff::SignedDuration::from_millis(ms);
        (
            ms,
            pino(run, at, "info", message, &json!({"queues": ["orders", "mail", "statements"]})),
        )
    };
    vec![line(620, "starting worker"), line(4150, "waiting for tasks")]
}
