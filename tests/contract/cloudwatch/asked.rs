//! Groups by pattern, and questions to Insights.

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::config;
use quarterdeck::model::{Demand, EnvId, Fact, GroupKey, InsightsFact, InsightsKey, LogFrom, Problem, ProblemKind, Seen, Stream, Time};
use quarterdeck::sim::cloudwatch::Habits;
use quarterdeck::sim::face::{Fault, Route};
use quarterdeck::source::cloudwatch::{check, groups, insights};
use quarterdeck::source::{Sources, Task};
use quarterdeck::store::{InsightsState, Store};
use tokio::sync::mpsc;

use super::{BACKEND, Cloud, cloud, quick};
use crate::twin::PATIENCE;

async fn next(facts: &mut mpsc::Receiver<Fact>) -> Option<Seen> {
    let fact = tokio::time::timeout(PATIENCE, facts.recv()).await.expect("a fact in time");
    fact.map(|fact| fact.seen)
}

async fn names(cloud: &Cloud, patterns: &[&str]) -> Result<Vec<String>, Problem> {
    let place = config::CloudWatch {
        groups: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
        ..cloud.place()
    };
    let (tell, mut facts) = mpsc::channel(4);
    let _task = groups::spawn_at(quick(), EnvId(0), 7, place, cloud.bell.subscribe(), tell);
    match next(&mut facts).await {
        Some(Seen::LogGroups(7, groups)) => groups.map(|all| all.into_iter().map(|group| group.name.to_string()).collect()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_found_by_pattern_and_a_refusal_is_a_sentence() {
    let cloud = cloud().await;
    let both = names(&cloud, &["/solia/*/backend", "/aws/*/application"]).await.unwrap();
    assert_eq!(both, ["/aws/containerinsights/solia-prod/application", BACKEND]);
    assert_eq!(names(&cloud, &[]).await.unwrap().len(), 6);
    check(&cloud.place()).await.unwrap();
    cloud
        .desk()
        .fault(Route::resource("DescribeLogGroups"), Fault::Status(403, "Forbidden"));
    let problem = names(&cloud, &[]).await.unwrap_err();
    assert_eq!(
        (problem.kind, &*problem.text),
        (ProblemKind::Denied, "logs:DescribeLogGroups is not allowed")
    );
    assert_eq!(check(&cloud.place()).await.unwrap_err(), problem);
}

fn question(cloud: &Cloud, query: &str) -> InsightsKey {
    InsightsKey {
        place: 0,
        groups: Arc::new([BACKEND.into()]),
        query: query.into(),
        from: Time(cloud.began.as_second() - 600),
        until: Time(cloud.began.as_second()),
        limit: 0,
    }
}

fn ask(cloud: &Cloud, query: &str) -> (Task, mpsc::Receiver<Fact>) {
    let (tell, facts) = mpsc::channel(4);
    let key = question(cloud, query);
    let task = insights::spawn_at(quick(), EnvId(0), key, cloud.place(), cloud.bell.subscribe(), tell);
    (task, facts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn insights_tells_how_far_it_is_and_then_the_rows() {
    let cloud = cloud().await;
    cloud.face.behave(Habits {
        query: Duration::from_secs(1),
        ..Habits::default()
    });
    let (_task, mut facts) = ask(&cloud, "stats count(*) as n by method | sort n desc");
    let mut progress = Vec::new();
    let (scanned, table) = loop {
        match next(&mut facts).await {
            Some(Seen::Insights(_, InsightsFact::Running(scanned, _))) => progress.push(scanned.bytes),
            Some(Seen::Insights(_, InsightsFact::Done(scanned, table))) => break (scanned, table),
            other => panic!("{other:?}"),
        }
    };
    assert!(
        progress.len() > 1 && progress.is_sorted() && progress[0] < scanned.bytes,
        "{progress:?}"
    );
    assert!(scanned.records > 1000);
    assert!(table.columns.iter().any(|column| &**column == "n"), "{table:?}");
    assert!(!table.rows.is_empty() && table.rows.iter().all(|row| row.len() == table.columns.len()));
    assert!(next(&mut facts).await.is_none(), "it is over");
    assert_eq!(cloud.asked("StopQuery"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_nobody_wants_any_more_is_stopped_and_a_bad_one_is_said() {
    let cloud = cloud().await;
    cloud.face.behave(Habits {
        query: Duration::from_secs(60),
        ..Habits::default()
    });
    let (task, mut facts) = ask(&cloud, "fields @message | limit 1");
    assert!(matches!(next(&mut facts).await, Some(Seen::Insights(_, InsightsFact::Running(..)))));
    drop(task);
    let desk = Arc::clone(cloud.desk());
    let stopped = move || {
        desk.wait_for(PATIENCE, |desk| {
            desk.count(|r| r.headers.get("x-amz-target").is_some_and(|t| t == "Logs_20140328.StopQuery")) == 1
        })
    };
    assert!(tokio::task::spawn_blocking(stopped).await.unwrap());
    let (_task, mut facts) = ask(&cloud, "explode @message");
    let Some(Seen::Insights(_, InsightsFact::Failed(problem))) = next(&mut facts).await else {
        panic!("it is no query")
    };
    assert_eq!(problem.kind, ProblemKind::Config);
    assert!(problem.text.starts_with("the query is not understood: "), "{problem}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demands_need_no_kubernetes_and_what_they_tell_is_in_the_store() {
    let cloud = cloud().await;
    let nowhere = config::CloudWatch {
        endpoint_url: "http://127.0.0.1:1".into(),
        ..cloud.place()
    };
    let environment = config::Environment {
        cloudwatch: vec![nowhere, cloud.place()],
        ..config::Environment::default()
    };
    let config = config::Config {
        environments: vec![environment],
        ..config::Config::default()
    };
    let (tell, mut facts) = mpsc::channel(64);
    let mut sources = Sources::new(Arc::new(config), tell);
    let mut store = Store::new(1);
    let env = EnvId(0);
    let asked = InsightsKey {
        place: 1,
        ..question(&cloud, "fields @message | limit 3")
    };
    let group = Stream::Group(GroupKey {
        place: 1,
        group: BACKEND.into(),
        streams: "".into(),
        pattern: "".into(),
        from: LogFrom::Tail(10),
        until: Time::NEVER,
    });
    for demand in [
        Demand::LogGroups(env, 0),
        Demand::LogGroups(env, 1),
        Demand::Insights(env, asked.clone()),
        Demand::Log(env, group.clone()),
    ] {
        store.expect(&demand);
        sources.start(demand);
    }
    let search = async {
        loop {
            store.apply(facts.recv().await.expect("the sources live"));
            let seen = store.env(env).unwrap();
            let lists: Vec<bool> = seen.log_groups.values().map(|(_, groups)| groups.is_ok()).collect();
            let answered = seen.insights(&asked).is_some_and(|answer| answer.state == InsightsState::Done);
            let lines = seen.log(&group).map_or(0, |log| log.lines().count());
            if lists == [false, true] && answered && lines >= 10 {
                return;
            }
        }
    };
    assert!(tokio::time::timeout(PATIENCE, search).await.is_ok(), "{store:#?}");
    let seen = store.env(env).unwrap();
    let (_, refused) = &seen.log_groups[&0];
    assert_eq!(&*refused.as_ref().unwrap_err().text, "connection refused by 127.0.0.1:1");
    assert_eq!(seen.insights(&asked).unwrap().table.rows.len(), 3);
    store.forget(&Demand::Insights(env, asked.clone()));
    assert!(store.env(env).unwrap().insights(&asked).is_none());
}
