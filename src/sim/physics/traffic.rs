//! How many people use the platform, by environment and hour.

use jiff::Timestamp;

use super::noise::{mix, unit, wave};
use crate::sim::seed::Environment;

/// Requests a second to the backend on an average day.
pub fn usual(site: Environment) -> f64 {
    match site {
        Environment::Development => 2.0,
        Environment::Staging => 15.0,
        Environment::Production => 400.0,
    }
}

/// The database's `max_connections`.
pub fn max_connections(site: Environment) -> u32 {
    match site {
        Environment::Development => 50,
        Environment::Staging | Environment::Production => 100,
    }
}

/// Requests a second to the backend: a gentle day (the platform has users in many time zones) with its peak at
/// 14:00 UTC, and the small waves that every traffic has.
pub fn demand(site: Environment, seed: u64, at: Timestamp) -> f64 {
    let hour = at.as_second().rem_euclid(86_400) as f64 / 3_600.0;
    let day = 1.0 + 0.04 * ((hour - 14.0) / 24.0 * std::f64::consts::TAU).cos();
    let waves = 0.02 * wave(seed ^ 0x7af1, at, 1_500) + 0.01 * wave(seed ^ 0x7af2, at, 240);
    let jitter = 0.015 * (unit(seed ^ mix(at.as_second() as u64)) - 0.5);
    usual(site) * day * (1.0 + waves + jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_sees_about_400_requests_a_second_at_every_hour() {
        for hour in 0..48 {
            let at = Timestamp::from_second(1_790_000_000 + hour * 3_600).unwrap();
            let requests = demand(Environment::Production, 1, at);
            assert!((350.0..450.0).contains(&requests), "{requests} at {at}");
            assert_eq!(requests, demand(Environment::Production, 1, at));
        }
    }
}
