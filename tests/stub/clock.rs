//! Time stamps as a server writes them.

use jiff::{SignedDuration, Timestamp};

/// RFC 3339 in whole seconds.
pub fn seconds_ago(seconds: i64) -> String {
    (Timestamp::now() - SignedDuration::from_secs(seconds))
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// RFC 3339 in nanoseconds, as log lines carry it.
pub fn nanos(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

/// The age of a time stamp as a server writes it in a table (`5d`, `3h`, `12m`, `40s`).
pub fn human_age(stamp: Option<&str>) -> String {
    let Some(time) = stamp.and_then(|s| s.parse::<Timestamp>().ok()) else {
        return "<unknown>".to_owned();
    };
    let seconds = Timestamp::now().duration_since(time).as_secs();
    match seconds {
        ..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
