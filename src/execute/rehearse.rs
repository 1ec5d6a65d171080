//! The dry run: admission, validation and quota are asked, nothing is kept
//! (<https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run>).

use futures::stream::{self, StreamExt as _};

use super::prepare::{PATIENCE, connected};
use super::{evict, write};
use crate::action::guard::Tried;
use crate::action::plan::{Change, Plan, Write};
use crate::model::{Problem, ProblemKind};
use crate::source::kube::{Api, Apis};

/// Requests that are under way at once.
const AT_ONCE: usize = 16;
/// Of very many objects the first ones are asked for: they tell of the rest.
const MOST: usize = 200;

/// Asks.
pub async fn ask(plan: &Plan, apis: Apis) -> Tried {
    if !plan.can_be_tried() {
        return Tried::Accepted(Vec::new());
    }
    let api = match connected(apis).await {
        Ok(api) => api,
        Err(problem) => return Tried::Silent(problem),
    };
    let changes: Vec<Change> = plan.changes.iter().take(MOST).cloned().collect();
    let answers = stream::iter(changes)
        .map(|change| {
            let api = api.clone();
            async move { one(&api, &change).await }
        })
        .buffered(AT_ONCE);
    let answers: Vec<Result<Vec<String>, Tried>> = match tokio::time::timeout(PATIENCE, answers.collect()).await {
        Ok(answers) => answers,
        Err(_) => return Tried::Silent(Problem::new(ProblemKind::TimedOut, "no answer within 3 s")),
    };
    let (mut warnings, mut silent) = (Vec::new(), None);
    for answer in answers {
        match answer {
            Ok(more) => warnings.extend(more.into_iter().filter(|w| !w.is_empty())),
            Err(refused @ Tried::Refused(_)) => return refused,
            Err(other) => silent = Some(other),
        }
    }
    warnings.dedup();
    silent.unwrap_or(Tried::Accepted(warnings))
}

async fn one(api: &Api, change: &Change) -> Result<Vec<String>, Tried> {
    let request = write::request(api, change, write::Mode::Rehearsed).map_err(Tried::Refused)?;
    let answer = request.send(&api.writer, PATIENCE).await.map_err(Tried::Silent)?;
    if answer.status.is_success() && answer.is_kubernetes() {
        return Ok(answer.warnings);
    }
    // Whether a budget lets it go is the plan's to tell, where one waits for it; else it is a refusal.
    match (&change.write, evict::held(&answer)) {
        // One that has gone meanwhile is where it should be.
        (Write::Evict { waits: true, .. }, _) if matches!(answer.status.as_u16(), 404 | 429) => return Ok(Vec::new()),
        (Write::Evict { .. }, Some(said)) => return Err(Tried::Refused(evict::refused(&said))),
        _ => {}
    }
    let problem = match answer.is_changed() {
        true => write::moved(),
        false => answer.problem(&change.object.label(), write::verb(change)),
    };
    // What is overloaded says nothing of the plan.
    match problem.kind {
        ProblemKind::Throttled | ProblemKind::TimedOut | ProblemKind::Unreachable => Err(Tried::Silent(problem)),
        ProblemKind::Server if answer.status.is_server_error() && !answer.is_admission() => Err(Tried::Silent(problem)),
        _ => Err(Tried::Refused(problem)),
    }
}
