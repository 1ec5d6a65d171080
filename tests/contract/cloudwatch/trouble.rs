//! What goes wrong is a sentence, and what can be waited for is waited for; no line is lost by it.

use std::time::Duration;

use quarterdeck::model::{LogFact, NoteKind, ProblemKind};
use quarterdeck::sim::face::{Fault, Route};

use super::{cloud, quick};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_is_honoured_and_told() {
    let cloud = cloud().await;
    let throttle = Fault::Throttle(Duration::from_secs(1));
    cloud.desk().fault(Route::resource("FilterLogEvents").times(6), throttle);
    let mut told = cloud.follow(quick(), |_| {});
    let problem = told.problem().await;
    assert_eq!(
        (problem.kind, &*problem.text),
        (ProblemKind::Throttled, "CloudWatch asks to slow down with logs:FilterLogEvents")
    );
    told.note(NoteKind::Throttled).await;
    told.following().await;
    let from = *told.lines.keys().map(|(at, _)| at).next().unwrap();
    told.all(&cloud, from).await;
    assert_eq!(told.notes.iter().filter(|note| note.kind == NoteKind::Throttled).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credentials_that_expire_in_the_middle_are_said_and_after_a_login_nothing_is_missing() {
    let cloud = cloud().await;
    let mut told = cloud.follow(quick(), |_| {});
    told.following().await;
    let from = *told.lines.keys().map(|(at, _)| at).next().unwrap();
    let expired = cloud.desk().fault(Route::any(), Fault::ExpiredToken);
    cloud.step(10);
    let problem = told.problem().await;
    assert_eq!(
        (problem.kind, &*problem.text, &*problem.hint),
        (
            ProblemKind::Login,
            "the AWS session of the default profile has expired",
            ":login, or aws sso login"
        )
    );
    cloud.step(10);
    cloud.desk().lift(expired);
    cloud.ring();
    told.following().await;
    told.note(NoteKind::Reconnected).await;
    cloud.step(2);
    told.all(&cloud, from).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_answer_of_cloudwatch_is_called_so() {
    for (fault, sentence) in [
        (Fault::Html, "a web page answered that is not CloudWatch"),
        (Fault::Garbage, "something answered that is not CloudWatch"),
    ] {
        let cloud = cloud().await;
        let spoilt = cloud.desk().fault(Route::resource("FilterLogEvents"), fault);
        let mut told = cloud.follow(quick(), |_| {});
        let problem = told.problem().await;
        assert_eq!((problem.kind, &*problem.text), (ProblemKind::BadAnswer, sentence));
        cloud.desk().lift(spoilt);
        told.following().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_allowed_is_named_and_asked_for_again_when_somebody_says_so() {
    let cloud = cloud().await;
    let denied = cloud
        .desk()
        .fault(Route::resource("FilterLogEvents"), Fault::Status(403, "Forbidden"));
    let mut told = cloud.follow(quick(), |_| {});
    let Some(LogFact::Failed(problem)) = told.next("the refusal").await else {
        panic!("it goes on as if nothing were")
    };
    assert_eq!(
        (problem.kind, &*problem.text),
        (
            ProblemKind::Denied,
            "logs:FilterLogEvents is not allowed on /solia/production/backend"
        )
    );
    cloud.desk().lift(denied);
    cloud.ring();
    told.following().await;
    assert!(told.count() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_not_there_and_a_server_that_is_gone() {
    let cloud = cloud().await;
    let mut told = cloud.follow(quick(), |key| key.group = "/nobody".into());
    let problem = told.problem().await;
    assert_eq!(
        (problem.kind, &*problem.text),
        (ProblemKind::NotFound, "there is no log group /nobody in eu-west-3")
    );
    let mut told = cloud.follow(quick(), |_| {});
    told.following().await;
    let from = *told.lines.keys().map(|(at, _)| at).next().unwrap();
    cloud.server.go_down().await;
    let problem = told.problem().await;
    assert_eq!(problem.kind, ProblemKind::Unreachable, "{problem}");
    assert!(problem.text.starts_with("connection refused by 127.0.0.1:"), "{problem}");
    cloud.step(10);
    cloud.server.come_back().await.unwrap();
    told.following().await;
    told.note(NoteKind::Reconnected).await;
    told.all(&cloud, from).await;
}
