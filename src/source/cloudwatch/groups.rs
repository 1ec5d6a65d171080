//! The log groups of a place, by name or by pattern.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroupClass;
use tokio::sync::{mpsc, watch};

use super::pace::Pace;
use super::problem::{self, Asked};
use super::tell::now;
use crate::config::CloudWatch;
use crate::model::{EnvId, Fact, LogGroup, Problem, ProblemKind, Seen, Time, clean, fits};
use crate::source::Task;

/// More groups than this are not shown.
const MOST: usize = 10_000;

/// Lists the groups that the configuration names, again and again, until the task is dropped or nobody listens.
pub fn spawn(env: EnvId, number: u16, place: CloudWatch, bell: watch::Receiver<u64>, facts: mpsc::Sender<Fact>) -> Task {
    spawn_at(Pace::default(), env, number, place, bell, facts)
}

/// The same at another pace.
pub fn spawn_at(pace: Pace, env: EnvId, number: u16, place: CloudWatch, mut bell: watch::Receiver<u64>, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(async move {
        let mut pause = pace.pause.0;
        loop {
            // Made anew each time: a login in between is taken up.
            let client = super::connect(&place).await;
            let groups = list(&client, &place, &place.groups).await;
            let wait = match &groups {
                Ok(_) => {
                    pause = pace.pause.0;
                    pace.groups
                }
                Err(_) => {
                    pause = (pause * 2).min(pace.pause.1);
                    pause
                }
            };
            let seen = Seen::LogGroups(number, groups);
            if facts.send(Fact { env, at: now(), seen }).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                Ok(()) = bell.changed() => {}
                () = facts.closed() => return,
            }
        }
    })
}

/// The groups whose names fit any of the patterns (`*` is any text), by name; without patterns, all.
///
/// # Errors
/// What went wrong, or that they are too many.
pub async fn list(client: &Client, place: &CloudWatch, patterns: &[String]) -> Result<Vec<LogGroup>, Problem> {
    let everything = ["*".to_owned()];
    let patterns = if patterns.is_empty() { &everything } else { patterns };
    let asked = Asked {
        action: "logs:DescribeLogGroups",
        on: "",
        place,
    };
    let mut found = BTreeMap::new();
    for pattern in patterns {
        // The server knows prefixes only.
        let prefix = pattern.split('*').next().filter(|prefix| !prefix.is_empty());
        let mut token: Option<String> = None;
        loop {
            let request = client.describe_log_groups().set_log_group_name_prefix(prefix.map(str::to_owned));
            let answer = request.set_next_token(token.clone()).limit(50).send().await;
            let answer = answer.map_err(|error| problem::of(&error, &asked))?;
            for group in answer.log_groups.unwrap_or_default() {
                let name = group.log_group_name.as_deref().unwrap_or_default();
                if !fits(pattern, name) {
                    continue;
                }
                let insights_only = matches!(group.log_group_class, Some(LogGroupClass::InfrequentAccess));
                let group = LogGroup {
                    name: clean(name).into(),
                    bytes: group.stored_bytes.and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
                    retention: group.retention_in_days.and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
                    created: Time(group.creation_time.unwrap_or_default() / 1000),
                    insights_only,
                };
                found.insert(group.name.clone(), group);
            }
            if found.len() > MOST {
                return Err(Problem::new(ProblemKind::Config, format!("there are more than {MOST} log groups"))
                    .hint("name those that matter: groups of cloudwatch in the configuration"));
            }
            let next = answer.next_token.filter(|next| Some(next) != token.as_ref());
            if next.is_none() {
                break;
            }
            token = next;
        }
    }
    Ok(found.into_values().collect())
}
