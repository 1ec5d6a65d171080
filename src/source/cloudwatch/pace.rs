//! How fast things are done, and how long is waited: shorter in tests.

use std::time::Duration;

/// The times of a source of CloudWatch.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From one look for new lines to the next: while there are some, and after a long silence. CloudWatch allows a few
    /// questions a second for the whole account.
    pub poll: (Duration, Duration),
    /// Pauses after trouble: from, to.
    pub pause: (Duration, Duration),
    /// An open session that says nothing for so long is dead; a living one says something every second.
    pub stall: Duration,
    /// A session that ends sooner is no session.
    pub short: Duration,
    /// How long Live Tail is let alone after it was refused.
    pub again: Duration,
    /// How often is looked far back for lines that came in late.
    pub deep: Duration,
    /// How far back lines are looked for that came in late: usually, and now and then.
    pub back: (Duration, Duration),
    /// How often a list of groups is made anew.
    pub groups: Duration,
    /// How often the state of a query of Insights is asked: at first, later.
    pub insights: (Duration, Duration),
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: (Duration::from_secs(1), Duration::from_secs(10)),
            pause: (Duration::from_secs(1), Duration::from_secs(30)),
            stall: Duration::from_secs(30),
            short: Duration::from_secs(5),
            again: Duration::from_secs(600),
            deep: Duration::from_secs(120),
            back: (Duration::from_secs(20), Duration::from_secs(600)),
            groups: Duration::from_secs(300),
            insights: (Duration::from_millis(300), Duration::from_secs(2)),
        }
    }
}
