//! A session as a part of the chain: it is held between its two lines of the audit.

use std::time::Duration;

use tokio::sync::mpsc;

use super::session::{captured, here, place, terminal};
use super::write;
use crate::action::Ref;
use crate::action::plan::{Change, Stand, Write};
use crate::action::stage::{End, News};
use crate::model::{Problem, ProblemKind};
use crate::source::kube::Api;

/// How long a program that nobody is at may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the session and stays until it ends. Gives how it ended, in a sentence.
pub async fn hold(api: &Api, change: &Change, tell: &mpsc::Sender<News>) -> (End, String) {
    match held(api, change, tell).await {
        Ok(said) => (End::Done, said),
        Err(problem) => (End::NotDone(problem), String::new()),
    }
}

async fn held(api: &Api, change: &Change, tell: &mpsc::Sender<News>) -> Result<String, Problem> {
    let Write::Session { container, argv, at } = &change.write else {
        return Err(Problem::new(ProblemKind::Config, "not a session"));
    };
    let pod = Ref::pod(&*change.object.name);
    let inside = place::find(&api.writer, &change.object.namespace, &pod, container.as_deref()).await?;
    if inside.uid != change.uid {
        return Err(write::moved());
    }
    match at {
        Stand::Terminal => {
            let start = match argv.is_empty() {
                true => terminal::Start::Attach,
                false => terminal::Start::Program(argv.clone()),
            };
            here::run(&api.writer, &inside, &start).await.map(terminal::Parted::sentence)
        }
        Stand::Captured => {
            let order = captured::Command {
                argv: argv.clone(),
                input: None,
                deadline: PATIENCE,
            };
            let got = captured::run(&api.writer, &inside, &order).await?;
            let mut text = got.stdout.text();
            text.push_str(&got.stderr.text());
            let title = format!("{} in {}", argv.join(" "), inside.name());
            let said = match &got.ended {
                Ok(0) => "it ended well".to_owned(),
                Ok(code) => format!("it ended with exit code {code}"),
                Err(problem) => problem.text.to_string(),
            };
            text.push_str(&format!("({said})\n"));
            let _ = tell.send(News::Output { title, text }).await;
            Ok(said)
        }
    }
}
