//! Time stamps as a server writes them.

use jiff::{SignedDuration, Timestamp};
use quarterdeck::sim::store::seconds;

/// RFC 3339 in whole seconds.
pub fn seconds_ago(ago: i64) -> String {
    seconds(Timestamp::now() - SignedDuration::from_secs(ago))
}
