//! Times as tables tell them: in one or two units, coarser the longer ago.

use jiff::Timestamp;
use serde_json::Value;

/// A time span in seconds as a server writes it: `45s`, `3m20s`, `5h`, `3d4h`, `2y`.
pub fn human(seconds: i64) -> String {
    let two = |big: i64, unit: char, small: i64, sub: char| match small {
        0 => format!("{big}{unit}"),
        _ => format!("{big}{unit}{small}{sub}"),
    };
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, 'd', hours % 24, 'h'),
        () if days < 730 => format!("{days}d"),
        () if days < 2920 => two(days / 365, 'y', days % 365, 'd'),
        () => format!("{}y", days / 365),
    }
}

/// A time in a document; `None` if there is none.
pub fn time(stamp: &Value) -> Option<Timestamp> {
    stamp.as_str()?.parse().ok()
}

/// How long ago a time in a document is; `<unknown>` if there is none.
pub fn since(stamp: &Value, now: Timestamp) -> String {
    time(stamp).map_or_else(|| "<unknown>".to_owned(), |time| span(time, now))
}

/// How long it is from one time to the other.
pub fn span(from: Timestamp, to: Timestamp) -> String {
    // Whole seconds, rounded towards zero: an object made just now on a clock ahead of ours is not invalid.
    human(to.duration_since(from).as_secs())
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn spans_have_one_or_two_units() {
        for (seconds, text) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (226, "3m46s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_640, "3h14m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (252_288_000, "8y"),
        ] {
            assert_eq!(human(seconds), text, "{seconds}");
        }
    }
}
