//! A question to Logs Insights: begun, looked after until it is answered, stopped when nobody wants it any more.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::pace::Pace;
use super::problem::{self, Asked};
use super::tell::now;
use crate::config::CloudWatch;
use crate::model::{EnvId, Fact, InsightsFact, InsightsKey, InsightsTable, Problem, ProblemKind, Scanned, Seen, clean_lines};
use crate::redact::{MASK, is_secret_name, mask_text};
use crate::source::Task;

/// Asks, and tells the answer as it grows, until it is whole or the task is dropped.
pub fn spawn(env: EnvId, key: InsightsKey, place: CloudWatch, bell: watch::Receiver<u64>, facts: mpsc::Sender<Fact>) -> Task {
    spawn_at(Pace::default(), env, key, place, bell, facts)
}

/// The same at another pace.
pub fn spawn_at(
    pace: Pace,
    env: EnvId,
    key: InsightsKey,
    place: CloudWatch,
    mut bell: watch::Receiver<u64>,
    facts: mpsc::Sender<Fact>,
) -> Task {
    Task::spawn(async move {
        let told = async |news: InsightsFact| {
            let seen = Seen::Insights(key.clone(), news);
            facts.send(Fact { env, at: now(), seen }).await.is_ok()
        };
        let mut begun: Option<Begun> = None;
        let (mut pause, mut every) = (pace.pause.0, pace.insights.0);
        let mut client = super::connect(&place).await;
        loop {
            let answer = match &mut begun {
                None => match start(&client, &key, &place).await {
                    Ok(id) => {
                        begun = Some(Begun {
                            client: client.clone(),
                            id,
                            runtime: Handle::current(),
                            whole: false,
                        });
                        continue;
                    }
                    Err(problem) => Err(problem),
                },
                Some(query) => query.look(&client, &place).await,
            };
            let wait = match answer {
                Ok((false, scanned, table)) => {
                    pause = pace.pause.0;
                    every = (every * 3 / 2).min(pace.insights.1);
                    if !told(InsightsFact::Running(scanned, table)).await {
                        return;
                    }
                    every
                }
                Ok((true, scanned, table)) => {
                    if let Some(query) = &mut begun {
                        query.whole = true;
                    }
                    told(InsightsFact::Done(scanned, table)).await;
                    return;
                }
                Err(problem) if helps(problem.kind) => {
                    let next = now() + pause.as_secs().max(1) as i64;
                    // Credentials may be new when they are read the next time.
                    if problem.kind == ProblemKind::Login {
                        client = super::connect(&place).await;
                    }
                    if !told(InsightsFact::Retrying { problem, next }).await {
                        return;
                    }
                    let wait = pause;
                    pause = (pause * 2).min(pace.pause.1);
                    wait
                }
                Err(problem) => {
                    told(InsightsFact::Failed(problem)).await;
                    return;
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                Ok(()) = bell.changed() => {}
                () = facts.closed() => return,
            }
        }
    })
}

/// Whether waiting, or a login, may help.
fn helps(kind: ProblemKind) -> bool {
    matches!(
        kind,
        ProblemKind::Unreachable | ProblemKind::TimedOut | ProblemKind::Throttled | ProblemKind::Login
    )
}

async fn start(client: &Client, key: &InsightsKey, place: &CloudWatch) -> Result<String, Problem> {
    let limit = i32::try_from(key.limit).ok().filter(|limit| *limit > 0);
    let request = client
        .start_query()
        .set_log_group_names(Some(key.groups.iter().map(|group| group.to_string()).collect()))
        .query_string(&*key.query)
        .start_time(key.from.0)
        .end_time(key.until.0)
        .set_limit(limit);
    let groups = key.groups.join(", ");
    let asked = Asked {
        action: "logs:StartQuery",
        on: &groups,
        place,
    };
    let answer = request.send().await.map_err(|error| problem::of(&error, &asked))?;
    answer
        .query_id
        .ok_or_else(|| Problem::new(ProblemKind::BadAnswer, "CloudWatch began a query without a name"))
}

/// A query at the server. Dropped before it is answered, it is stopped: it costs by what it reads.
struct Begun {
    client: Client,
    id: String,
    runtime: Handle,
    whole: bool,
}

impl Begun {
    async fn look(&mut self, client: &Client, place: &CloudWatch) -> Result<(bool, Scanned, InsightsTable), Problem> {
        self.client = client.clone();
        let asked = Asked {
            action: "logs:GetQueryResults",
            on: "",
            place,
        };
        let answer = client.get_query_results().query_id(&self.id).send().await;
        let answer = answer.map_err(|error| problem::of(&error, &asked))?;
        let (scanned, table) = (scanned(&answer), table(answer.results()));
        let mut ended = |text: &str| {
            self.whole = true;
            Err(Problem::new(ProblemKind::Server, text))
        };
        match answer.status() {
            Some(QueryStatus::Complete) => Ok((true, scanned, table)),
            Some(QueryStatus::Failed) => ended("the query failed"),
            Some(QueryStatus::Cancelled) => ended("the query was stopped"),
            Some(QueryStatus::Timeout) => ended("the query took more than 60 minutes"),
            _ => Ok((false, scanned, table)),
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.whole {
            let (client, id) = (self.client.clone(), std::mem::take(&mut self.id));
            // Nobody waits for it; a query that ended meanwhile is as good.
            self.runtime.spawn(async move { client.stop_query().query_id(id).send().await });
        }
    }
}

fn scanned(answer: &GetQueryResultsOutput) -> Scanned {
    let of = |number: f64| if number > 0.0 { number as u64 } else { 0 };
    answer.statistics().map_or_else(Scanned::default, |s| Scanned {
        matched: of(s.records_matched),
        records: of(s.records_scanned),
        bytes: of(s.bytes_scanned),
    })
}

/// The rows as they may be shown. The pointer to each record is no text for people.
fn table(results: &[Vec<ResultField>]) -> InsightsTable {
    let mut table = InsightsTable::default();
    for result in results {
        let mut row: Vec<Box<str>> = vec!["".into(); table.columns.len()];
        for cell in result {
            let name = cell.field().unwrap_or_default();
            if name == "@ptr" {
                continue;
            }
            let text = match is_secret_name(name) {
                true => MASK.into(),
                false => mask_text(&clean_lines(cell.value().unwrap_or_default())).into(),
            };
            let column: Box<str> = crate::model::clean(name).into();
            let at = table.columns.iter().position(|known| *known == column).unwrap_or_else(|| {
                table.columns.push(column);
                table.columns.len() - 1
            });
            row.resize(row.len().max(at + 1), "".into());
            if let Some(place) = row.get_mut(at) {
                *place = text;
            }
        }
        table.rows.push(row);
    }
    // Columns that a later row brought are empty in the earlier ones.
    let columns = table.columns.len();
    table.rows.iter_mut().for_each(|row| row.resize(columns, "".into()));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_all_columns_and_no_secrets() {
        let cell = |field: &str, value: &str| ResultField::builder().field(field).value(value).build();
        let results = [
            vec![cell("@message", "token=abcdef\u{7}"), cell("@ptr", "Cmo")],
            vec![cell("password", "hunter2"), cell("n", "3")],
        ];
        let table = table(&results);
        let columns: Vec<&str> = table.columns.iter().map(|c| &**c).collect();
        assert_eq!(columns, ["@message", "password", "n"]);
        assert!(table.rows.iter().all(|row| row.len() == 3));
        assert_eq!(&*table.rows[1][1], MASK);
        assert_eq!(&*table.rows[1][2], "3");
        assert!(!table.rows[0][0].contains("abcdef") && !table.rows[0][0].contains('\u{7}'));
    }
}
