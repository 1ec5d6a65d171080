//! What the ends of a container's runs have in common.

use crate::model::{Exit, Time};

/// How much times may differ and still count as the same (a part of them).
const ALIKE: f64 = 0.2;

/// So few seconds never make a difference.
const JITTER: i64 = 2;

/// Sentences about runs that are over, the newest first: `every 5m20s`, `each run lasts 2s`, `each ended the same way:
/// OOMKilled`. `begun` is when the pod was started.
pub fn of(ends: &[&Exit], restarts: u32, begun: Time, now: Time) -> Vec<String> {
    let mut said = Vec::new();
    let at: Vec<i64> = ends
        .iter()
        .map(|exit| exit.finished)
        .filter(|t| t.is_known())
        .map(|t| t.0)
        .collect();
    let gaps: Vec<i64> = at.windows(2).map(|pair| pair[0] - pair[1]).filter(|gap| *gap > 0).collect();
    match gaps.as_slice() {
        [] => {
            let lived = begun.age(now);
            if restarts > 1 && begun.is_known() && lived > 0 {
                said.push(format!(
                    "about every {} on average since the pod started",
                    span(lived / i64::from(restarts))
                ));
            }
        }
        [gap] => said.push(format!("the last two ends are {} apart", span(*gap))),
        gaps if alike(gaps) => said.push(format!("every {}", span(middle(gaps)))),
        // Newest first: each wait is longer than the one before it was.
        gaps if gaps.windows(2).all(|pair| pair[0] + JITTER >= pair[1]) => {
            let (first, last) = (gaps.last().copied().unwrap_or(0), gaps.first().copied().unwrap_or(0));
            said.push(format!(
                "less and less often, as the kubelet waits longer: from {} to {}",
                span(first),
                span(last)
            ));
        }
        gaps => said.push(format!(
            "every {} to {}",
            span(gaps.iter().copied().min().unwrap_or(0)),
            span(gaps.iter().copied().max().unwrap_or(0))
        )),
    }
    let lives: Vec<i64> = ends
        .iter()
        .filter(|exit| exit.started.is_known() && exit.finished >= exit.started)
        .map(|exit| exit.finished - exit.started)
        .collect();
    match lives.as_slice() {
        [] | [_] => {}
        lives if alike(lives) => said.push(format!("each run lasts {}", span(middle(lives)))),
        lives => said.push(format!(
            "runs last {} to {}",
            span(lives.iter().copied().min().unwrap_or(0)),
            span(lives.iter().copied().max().unwrap_or(0))
        )),
    }
    if let [first, rest @ ..] = ends
        && !rest.is_empty()
    {
        let why = first.why();
        if rest.iter().all(|exit| exit.why() == why) {
            said.push(format!("each ended the same way: {why}"));
        } else {
            let mut whys: Vec<String> = ends.iter().map(|exit| exit.why()).collect();
            whys.sort();
            whys.dedup();
            said.push(format!("they ended in different ways: {}", whys.join(", ")));
        }
    }
    said
}

fn alike(values: &[i64]) -> bool {
    let (Some(min), Some(max)) = (values.iter().min(), values.iter().max()) else {
        return false;
    };
    max - min <= JITTER.max((middle(values) as f64 * ALIKE) as i64)
}

fn middle(values: &[i64]) -> i64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// A span of time to the second while that tells something: `2s`, `5m20s`, `3h05m`, `2d`.
pub fn span(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < 60 => format!("{s}s"),
        s if s < 3_600 && s % 60 == 0 => format!("{}m", s / 60),
        s if s < 3_600 => format!("{}m{:02}s", s / 60, s % 60),
        s if s < 172_800 && s % 3_600 < 60 => format!("{}h", s / 3_600),
        s if s < 172_800 => format!("{}h{:02}m", s / 3_600, s / 60 % 60),
        s => format!("{}d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each run ended, how long it lasted, and its exit code.
    type Runs = &'static [(i64, i64, i32)];

    fn ends(runs: Runs) -> Vec<Exit> {
        let exit = |(finished, life, code): &(i64, i64, i32)| Exit {
            code: *code,
            started: Time(finished - life),
            finished: Time(*finished),
            ..Exit::default()
        };
        runs.iter().map(exit).collect()
    }

    #[test]
    fn the_times_and_ways_of_ends_make_a_pattern() {
        let table: &[(Runs, &[&str])] = &[
            (
                &[(11_960, 2, 1), (11_640, 2, 1), (11_318, 3, 1), (11_000, 2, 1)],
                &["every 5m20s", "each run lasts 2s", "each ended the same way: exit 1"],
            ),
            (
                &[(10_150, 5, 1), (10_070, 5, 2), (10_030, 40, 1), (10_010, 5, 1)],
                &[
                    "less and less often, as the kubelet waits longer: from 20s to 1m20s",
                    "runs last 5s to 40s",
                    "they ended in different ways: exit 1, exit 2",
                ],
            ),
            (
                &[(19_000, 60, 1), (18_900, 60, 1), (10_000, 60, 1)],
                &["every 1m40s to 2h28m", "each run lasts 1m", "each ended the same way: exit 1"],
            ),
            (
                &[(10_100, 1, 1), (10_000, 1, 1)],
                &[
                    "the last two ends are 1m40s apart",
                    "each run lasts 1s",
                    "each ended the same way: exit 1",
                ],
            ),
            (&[(10_100, 1, 1)], &["about every 10m on average since the pod started"]),
            (&[], &["about every 10m on average since the pod started"]),
        ];
        for (runs, said) in table {
            let ends = ends(runs);
            let ends: Vec<&Exit> = ends.iter().collect();
            assert_eq!(of(&ends, 6, Time(10_000), Time(13_600)), *said, "{runs:?}");
        }
        assert!(of(&[], 1, Time(10_000), Time(13_600)).is_empty(), "one restart is no pattern");
    }

    #[test]
    fn spans_read_to_the_second_while_that_tells_something() {
        for (seconds, text) in [
            (-5, "0s"),
            (59, "59s"),
            (60, "1m"),
            (320, "5m20s"),
            (3_600, "1h"),
            (11_100, "3h05m"),
            (200_000, "2d"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }
}
