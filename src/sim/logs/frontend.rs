//! What the frontend writes: the plain text of Next.js.

use super::Second;
use super::dice::Dice;
use super::people;
use super::program;
use super::weather::Weather;
use crate::sim::world::Run;

const PAGES: [(&str, f64, f64); 4] = [
    ("/", 0.42, 0.9),
    ("/portfolio", 0.33, 1.3),
    ("/login", 0.15, 0.7),
    ("/orders", 0.10, 1.2),
];

fn page(dice: &mut Dice) -> (&'static str, f64) {
    let mut left = dice.unit();
    for (path, share, factor) in PAGES {
        left -= share;
        if left <= 0.0 {
            return (path, factor);
        }
    }
    ("/", 0.9)
}

/// A second of the frontend's life.
pub(super) fn second(second: &mut Second<'_>, weather: &Weather) {
    let failing = weather.requests * (weather.errors + weather.rejected);
    for _ in 0..second.dice.about((weather.requests - failing).clamp(0.0, 0.9)) {
        let (path, factor) = page(&mut second.dice);
        let latency = second.dice.latency(weather.latency * factor);
        second.write(format!(" GET {path} 200 in {latency:.0}ms"));
    }
    for _ in 0..second.dice.about(failing.min(1.5)) {
        failure(second);
    }
    if second.dice.chance(0.002) {
        let user = people::email(&mut second.dice);
        second.write(format!("[auth] session renewed for {user}"));
    }
    if second.dice.chance(0.003) {
        let (path, _) = page(&mut second.dice);
        second.write(format!(" ○ revalidating {path} ..."));
    }
}

fn failure(second: &mut Second<'_>) {
    let (path, _) = page(&mut second.dice);
    let code = second.dice.word(&["500 Internal Server Error", "503 Service Unavailable"]);
    let digest = 1_000_000_000 + second.dice.below(3_000_000_000);
    let api = second.dice.word(&["portfolio", "quotes", "accounts"]);
    let mut at = second.time();
    for line in [
        format!(" ⨯ Error: GET http://backend:4000/api/{api} answered {code}"),
        "    at fetchApi (/app/.next/server/chunks/318.js:1:22904)".to_owned(),
        "    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)".to_owned(),
        format!("    at async Page (/app/.next/server/app{path}/page.js:2:6113) {{"),
        format!("  digest: '{digest}'"),
        "}".to_owned(),
    ] {
        second.write_at(at, line);
        at += jiff::SignedDuration::from_micros(4);
    }
}

/// What it writes while it starts.
pub(super) fn banner(run: &Run) -> Vec<(i64, String)> {
    vec![
        (
            410,
            format!("> solia-frontend@{} start", program::version(run).trim_start_matches('v')),
        ),
        (411, "> next start".to_owned()),
        (980, "   ▲ Next.js 15.5.6".to_owned()),
        (981, "   - Local:        http://localhost:3000".to_owned()),
        (982, format!("   - Network:      http://{}:3000", run.place.pod)),
        (3310, " ✓ Starting...".to_owned()),
        (4120, " ✓ Ready in 3.1s".to_owned()),
    ]
}
