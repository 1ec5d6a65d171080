//! What PostgreSQL writes, which RDS sends to a log group of its own.

use jiff::Timestamp;

use super::Line;
use super::dice::{Dice, hash};
use crate::sim::physics::series::Samples;
use crate::sim::world::World;

/// What the database wrote, at or after `from` and before `to`, in order.
pub fn lines(world: &World, from: Timestamp, to: Timestamp) -> Vec<Line> {
    let to = to.min(world.now());
    let series = |name| world.physics.series.named(Some(name)).map(|(_, samples)| samples).next();
    let (used, max) = (series("pg_stat_database_numbackends"), series("pg_settings_max_connections"));
    let mut all = Vec::new();
    if from >= to {
        return all;
    }
    for at in from.as_second()..=to.as_second() {
        second(at, full(used, max, at), &mut all);
    }
    all.retain(|line| (from..to).contains(&line.at));
    all.sort_by_key(|line| line.at);
    all
}

/// Whether all connections but the reserved ones are taken.
fn full(used: Option<&Samples>, max: Option<&Samples>, at: i64) -> bool {
    let at = Timestamp::from_second(at).unwrap_or_default();
    let value = |samples: Option<&Samples>| Some(samples?.at(at, jiff::SignedDuration::from_secs(50))?.1);
    match (value(used), value(max)) {
        (Some(used), Some(max)) => used + 4.0 >= max,
        _ => false,
    }
}

fn second(at: i64, full: bool, lines: &mut Vec<Line>) {
    let mut dice = Dice::new(hash("postgresql"), at);
    let mut write = |dice: &mut Dice, text: String| {
        let micros = at.saturating_mul(1_000_000).saturating_add(dice.below(1_000_000) as i64);
        let time = Timestamp::from_microsecond(micros).unwrap_or_default();
        let host = format!("10.0.{}.{}", dice.word(&["12", "48", "96"]), 2 + dice.below(250));
        let (port, pid) = (30_000 + dice.below(30_000), 400 + dice.below(30_000));
        let stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC");
        lines.push(Line {
            at: time,
            text: format!("{stamp}:{host}({port}):solia_app@solia:[{pid}]:{text}").into(),
        });
    };
    if at.rem_euclid(300) == 17 {
        let buffers = 200 + dice.below(1500);
        write(&mut dice, "LOG:  checkpoint starting: time".to_owned());
        write(
            &mut dice,
            format!("LOG:  checkpoint complete: wrote {buffers} buffers (0.3%); 0 WAL file(s) added, 0 removed, 2 recycled"),
        );
    }
    if dice.chance(0.03) {
        let took = 500.0 + dice.latency(0.4);
        let query = dice.word(&[
            "SELECT p.* FROM positions p JOIN accounts a ON a.id = p.account_id WHERE a.id = $1",
            "UPDATE orders SET state = $1, settled_at = now() WHERE id = $2",
            "SELECT count(*) FROM statements WHERE rendered_at IS NULL",
        ]);
        write(&mut dice, format!("LOG:  duration: {took:.3} ms  execute <unnamed>: {query}"));
    }
    if full {
        for _ in 0..dice.about(2.5) {
            let text = "FATAL:  sorry, too many clients already";
            write(&mut dice, text.to_owned());
        }
    }
}
