//! `qd config check --ready`: what the night would ask of us, asked by day. The credentials of both identities and when they end,
//! the clocks, where from each endpoint is seen, and the right to do every step of the installed runbooks.

mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};

use super::check::Answer;
use crate::config::{Environment, Kubernetes, Who};
use crate::model::{Problem, ProblemKind, Right, Time, Verdict, short_age};
use crate::runbook::library::Library;
use crate::source::kube::check::{Standing, stand};
use crate::source::kube::{Api, rights};
pub use steps::Wanted;

/// Credentials that end sooner than an incident lasts are no credentials (seconds).
const SHORT: i64 = 3_600;
/// A clock that differs by more makes times wrong that are compared (seconds).
const SKEW: i64 = 5;
/// Questions about rights under way at once.
const AT_ONCE: usize = 8;
/// Rights that are told one by one; the rest are counted.
const FEW: usize = 12;

/// What is said of an environment's cluster, by identity: an endpoint and what it answers.
pub async fn of_environment(
    environment: &Environment,
    library: &Library,
    read_commands: &[String],
    deadline: Duration,
) -> Vec<(String, Answer)> {
    let has_reader = environment.has_reader();
    let whom = |who: Who| environment.as_whom(who);
    let writer = whom(Who::Writer).map(|settings| ("", settings, Wanted::All));
    let reader = whom(Who::Reader)
        .filter(|_| has_reader)
        .map(|settings| (", locked", settings, Wanted::Reading));
    let both = [writer, reader].into_iter().flatten();
    let all = both.map(|(suffix, settings, wanted)| async move {
        let found = identity(environment, settings, wanted, library, read_commands, deadline).await;
        found
            .into_iter()
            .map(move |(endpoint, answer)| (format!("{endpoint}{suffix}"), answer))
    });
    join_all(all).await.into_iter().flatten().collect()
}

/// One of them.
async fn identity(
    environment: &Environment,
    settings: Kubernetes,
    wanted: Wanted,
    library: &Library,
    read_commands: &[String],
    deadline: Duration,
) -> Vec<(String, Answer)> {
    let (standing, api) = match tokio::time::timeout(deadline, stand(&settings)).await {
        Ok(Ok(both)) => both,
        // The line before says why it cannot be reached.
        Ok(Err(problem)) => return vec![("rights".into(), Err(problem))],
        Err(_) => {
            let problem = Problem::new(ProblemKind::TimedOut, format!("no answer in {} s", deadline.as_secs()));
            return vec![("rights".into(), Err(problem))];
        }
    };
    let now = Time(jiff::Timestamp::now().as_second());
    let mut lines = vec![
        ("credentials".to_owned(), credentials(&standing, now)),
        ("clock".to_owned(), clock(standing.ahead)),
    ];
    let asked = steps::rights(library, environment, wanted, read_commands);
    lines.extend(
        told(&api, asked, deadline)
            .await
            .into_iter()
            .map(|answer| ("rights".to_owned(), answer)),
    );
    lines
}

/// Who we are there, and until when.
fn credentials(standing: &Standing, now: Time) -> Answer {
    let who = if standing.user.is_empty() {
        "nobody by name"
    } else {
        &standing.user
    };
    let what = standing.credential;
    if !standing.ends.is_known() {
        return Ok(format!("{who}: its {what} does not say when it ends"));
    }
    let at = crate::source::kube::check::moment(standing.ends, now);
    match standing.ends.0 - now.0 {
        ..=0 => {
            Err(Problem::new(ProblemKind::Login, format!("{who}: its {what} ended {at}"))
                .hint(":login in the cockpit, or the login command"))
        }
        left if left < SHORT => {
            let text = format!("{who}: its {what} ends {at}, in {}: sooner than an incident does", short_age(left));
            Err(Problem::new(ProblemKind::Login, text).hint("a new login lasts longer"))
        }
        left => Ok(format!("{who}: its {what} ends {at}, in {}", short_age(left))),
    }
}

/// How its clock differs from ours.
pub fn clock(ahead: Option<i64>) -> Answer {
    match ahead {
        None => Ok("it does not tell its time".to_owned()),
        Some(ahead) if ahead.abs() <= SKEW => Ok("as ours".to_owned()),
        Some(ahead) => {
            let way = if ahead > 0 { "ahead of" } else { "behind" };
            let text = format!("{} {way} ours", short_age(ahead.abs()));
            Err(Problem::new(ProblemKind::Server, text).hint("times of there and here cannot be compared as they are"))
        }
    }
}

/// What was asked for, and what of it is not allowed.
async fn told(api: &Api, asked: BTreeMap<Right, BTreeSet<String>>, deadline: Duration) -> Vec<Answer> {
    let (count, started) = (asked.len(), Instant::now());
    let pages: BTreeSet<String> = asked
        .values()
        .flatten()
        .filter_map(|step| Some(step.split_once(" step ")?.0.to_owned()))
        .collect();
    let answers = stream::iter(asked).map(|(right, steps)| async move {
        let answer = if started.elapsed() < deadline * 4 {
            rights::ask(api, &right).await
        } else {
            Err(Problem::new(ProblemKind::TimedOut, "not asked: the server takes too long"))
        };
        (right, steps, answer)
    });
    let answers: Vec<_> = answers.buffered(AT_ONCE).collect().await;
    let mut lines = Vec::new();
    let mut silent: Option<(Problem, usize)> = None;
    let mut allowed = 0;
    for (right, steps, answer) in answers {
        match answer {
            Ok(Verdict::Allowed) => allowed += 1,
            Ok(Verdict::Denied(_)) => {
                lines.push(Err(Problem::new(ProblemKind::Denied, format!("may not {right}: {}", some(&steps)))));
            }
            Err(problem) => {
                let count = silent.as_ref().map_or(0, |(_, count)| *count) + 1;
                silent = Some((problem, count));
            }
        }
    }
    let denied = lines.len();
    if denied > FEW {
        lines.truncate(FEW);
        lines.push(Err(Problem::new(ProblemKind::Denied, format!("and {} more rights", denied - FEW))));
    }
    if let Some((problem, silent)) = silent {
        lines.push(Err(Problem::new(
            problem.kind,
            format!("{silent} of {count} rights could not be asked: {}", problem.text),
        )));
    }
    if allowed > 0 || lines.is_empty() {
        lines.insert(
            0,
            Ok(format!("{allowed} of {count} that the steps of {} runbooks need", pages.len())),
        );
    }
    lines
}

/// `high-memory step 3, bad-deployment step 2 and 4 more`
fn some(steps: &BTreeSet<String>) -> String {
    const SHOWN: usize = 2;
    let first: Vec<&str> = steps.iter().take(SHOWN).map(String::as_str).collect();
    match steps.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_800_000_000);

    fn standing(left: Option<i64>) -> Standing {
        Standing {
            user: "anna".into(),
            credential: "client certificate",
            ends: left.map_or(Time::NEVER, |left| NOW + left),
            ahead: None,
        }
    }

    #[test]
    fn credentials_say_until_when_and_short_ones_are_a_failure() {
        let said = |left| match credentials(&standing(left), NOW) {
            Ok(text) => text,
            Err(problem) => format!("! {}", problem.text),
        };
        assert_eq!(said(None), "anna: its client certificate does not say when it ends");
        assert!(said(Some(86_400)).ends_with("in 24h"), "{}", said(Some(86_400)));
        assert!(said(Some(600)).starts_with("! anna: its client certificate ends") && said(Some(600)).contains("sooner than an incident"));
        assert!(said(Some(-5)).starts_with("! anna: its client certificate ended"));
    }

    #[test]
    fn clocks_that_differ_are_a_failure() {
        assert_eq!(clock(Some(3)), Ok("as ours".to_owned()));
        assert_eq!(&*clock(Some(300)).unwrap_err().text, "5m ahead of ours");
        assert_eq!(&*clock(Some(-7_200)).unwrap_err().text, "2h behind ours");
    }

    #[test]
    fn steps_are_named_a_few_of_many() {
        let steps: BTreeSet<String> = ["a step 1", "b step 2", "c step 3"].map(str::to_owned).into();
        assert_eq!(some(&steps), "a step 1, b step 2 and 1 more");
    }
}
