//! The streams of one pod in a group that holds all pods' lines.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::OrderBy;

use super::follow::Follow;
use super::problem::{self, Asked};
use super::tell::Closed;
use crate::config::CloudWatch;
use crate::model::{GroupKey, LogFact, PodKey, PodStream, Problem, ProblemKind};

/// How senders begin the names of streams, before the pod's own name. Others are looked for among the newest streams.
const KNOWN: [&str; 3] = ["", "from-fluent-bit-kube.var.log.containers.", "kube.var.log.containers."];
/// Pages of streams that are looked through, newest first.
const PAGES: usize = 40;
/// How often is looked before it is told that there is none: what a pod wrote at last comes in a little later.
const LOOKS: usize = 3;

impl Follow {
    /// How the names of a pod's streams begin. What waiting, a login or other rights can help is waited for, and told.
    pub(super) async fn streams_of(&mut self, pod: &PodKey) -> Result<String, Closed> {
        let mut pause = self.pace.pause.0;
        let mut looks = 0;
        loop {
            let client = self.client().await;
            let problem = match search(&client, &self.place, &self.key, pod).await {
                Ok(Some(begin)) => return Ok(begin),
                Ok(None) if looks < LOOKS => {
                    looks += 1;
                    self.wait(pause).await?;
                    pause = (pause * 2).min(self.pace.pause.1);
                    continue;
                }
                Ok(None) => {
                    let text = format!("{} has no stream of pod {}/{}", self.key.group, pod.namespace, pod.pod);
                    Problem::new(ProblemKind::NotFound, text).hint("see `pods` of cloudwatch in the configuration")
                }
                Err(problem) => problem,
            };
            match problem.kind {
                ProblemKind::Denied | ProblemKind::NotFound | ProblemKind::Config => {
                    self.teller.tell(LogFact::Failed(problem)).await?;
                    self.wait_for_bell().await?;
                    (looks, pause) = (0, self.pace.pause.0);
                    continue;
                }
                ProblemKind::Login => self.forget_client(),
                _ => {}
            }
            self.teller.retrying(problem, pause).await?;
            self.wait(pause).await?;
            pause = (pause * 2).min(self.pace.pause.1);
        }
    }
}

/// How the names of the pod's streams begin, if it has any.
async fn search(client: &Client, place: &CloudWatch, key: &GroupKey, pod: &PodKey) -> Result<Option<String>, Problem> {
    let own = format!("{}_{}_", pod.pod, pod.namespace);
    let asked = Asked {
        action: "logs:DescribeLogStreams",
        on: &key.group,
        place,
    };
    let whole = |begin: &str| match &*pod.container {
        "" => begin.to_owned(),
        container => format!("{begin}{container}-"),
    };
    for before in KNOWN {
        let request = client.describe_log_streams().log_group_name(&*key.group);
        let answer = request.log_stream_name_prefix(format!("{before}{own}")).limit(1).send().await;
        match answer.map_err(|error| problem::of(&error, &asked)) {
            Ok(answer) if !answer.log_streams().is_empty() => return Ok(Some(whole(&format!("{before}{own}")))),
            Ok(_) => {}
            // Whoever may read lines but not list streams gets those that are named as Container Insights names them.
            Err(problem) if problem.kind == ProblemKind::Denied => return Ok(Some(whole(&own))),
            Err(problem) => return Err(problem),
        }
    }
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let request = client.describe_log_streams().log_group_name(&*key.group);
        let request = request.order_by(OrderBy::LastEventTime).descending(true);
        let answer = request.set_next_token(token.clone()).send().await;
        let answer = answer.map_err(|error| problem::of(&error, &asked))?;
        let names = answer.log_streams().iter().filter_map(|stream| stream.log_stream_name());
        let mut streams = names.filter_map(PodStream::read);
        if let Some(stream) = streams.find(|of| of.pod == &*pod.pod && of.namespace == &*pod.namespace) {
            return Ok(Some(whole(stream.prefix)));
        }
        let next = answer.next_token.filter(|next| Some(next) != token.as_ref());
        if next.is_none() {
            break;
        }
        token = next;
    }
    Ok(None)
}
