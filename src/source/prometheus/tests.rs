use std::sync::atomic::AtomicUsize;

use axum::response::{IntoResponse, Response};

use super::*;
use crate::model::SeriesAnswer;

/// A server that answers every form by this function of it.
async fn serve(
    reply: impl Fn(Vec<(String, String)>) -> Response + Clone + Send + Sync + 'static,
) -> (Arc<Server>, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint {
        url: format!("http://{}/prometheus/", listener.local_addr().unwrap()),
        ..Endpoint::default()
    };
    let router = axum::Router::new().route(
        "/prometheus/api/v1/query_range",
        axum::routing::post(move |body: String| async move {
            let url = reqwest::Url::parse(&format!("http://form/?{body}")).unwrap();
            reply(url.query_pairs().into_owned().collect())
        }),
    );
    let task = tokio::spawn(async move {
        axum::serve(listener, router).await.unwrap();
    });
    (Server::new(endpoint), task)
}

fn of<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

fn matrix(at: &str) -> Response {
    let body = format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[[{at},"7"]]}}]}}}}"#);
    ([("content-type", "application/json")], body).into_response()
}

const NONE: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

async fn first(server: &Arc<Server>, key: &SeriesKey) -> SeriesFact {
    let (tell, mut facts) = mpsc::channel(4);
    let _task = series(EnvId(0), key.clone(), server.clone(), tell);
    match facts.recv().await.unwrap().seen {
        Seen::Series(told, fact) if told == *key => fact,
        other => panic!("{other:?}"),
    }
}

fn told(fact: SeriesFact) -> Arc<SeriesAnswer> {
    match fact {
        SeriesFact::Told(answer) => answer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn alternatives_are_tried_in_turn_on_a_grid_that_stands_still() {
    let (server, task) = serve(|form| match of(&form, "query") {
        "second" => {
            let (start, end): (i64, i64) = (of(&form, "start").parse().unwrap(), of(&form, "end").parse().unwrap());
            assert_eq!((end - start, end % 30, of(&form, "step")), (600, 0, "30"));
            matrix(of(&form, "end"))
        }
        _ => ([("content-type", "application/json")], NONE).into_response(),
    })
    .await;
    let key = SeriesKey::new(["first", "second", "third"], 600, 30);
    let answer = told(first(&server, &key).await);
    assert_eq!((answer.query, answer.series.len(), answer.series[0].last()), (1, 1, Some(7.0)));
    let nothing = told(first(&server, &SeriesKey::new(["first"], 600, 30)).await);
    assert!(nothing.series.is_empty());
    task.abort();
}

#[tokio::test]
async fn what_prometheus_says_of_a_question_is_said_with_its_place() {
    let (server, task) = serve(|_| {
        let body = r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"}"#;
        (axum::http::StatusCode::BAD_REQUEST, [("content-type", "application/json")], body).into_response()
    })
    .await;
    let SeriesFact::Refused(problem) = first(&server, &SeriesKey::new(["sum("], 600, 30)).await else {
        panic!()
    };
    assert_eq!(&*problem.text, "1:5: unclosed left parenthesis");
    assert!(server.is_down().is_none(), "the server itself is well");
    task.abort();
}

#[tokio::test]
async fn a_login_page_is_a_sentence_and_the_server_is_left_alone() {
    let (server, task) = serve(|_| ([("content-type", "text/html")], "<title>Sign in</title>").into_response()).await;
    let SeriesFact::Retrying { problem, .. } = first(&server, &SeriesKey::new(["up"], 600, 30)).await else {
        panic!()
    };
    assert!(problem.text.contains("a web page (Sign in)"), "{problem}");
    assert!(server.is_down().is_some());
    server.hope();
    assert!(server.is_down().is_none());
    task.abort();
}

#[tokio::test]
async fn a_clock_that_is_ahead_is_asked_for_its_own_now_and_told_in_ours() {
    let ahead = now().0 + 3_600;
    let (server, task) = serve(move |form| {
        let date = jiff::fmt::rfc2822::to_string(&jiff::Timestamp::from_second(ahead).unwrap().to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
        let mut response = matrix(of(&form, "end"));
        response.headers_mut().insert("date", date.parse().unwrap());
        response
    })
    .await;
    let key = SeriesKey::new(["up"], 600, 15);
    told(first(&server, &key).await);
    // From the second round on it is known.
    let answer = told(first(&server, &key).await);
    assert!((answer.skew - 3_600).abs() <= 2, "{}", answer.skew);
    assert!((answer.until().0 - now().0).abs() <= 20, "the picture ends now, here");
    task.abort();
}

#[tokio::test]
async fn a_server_that_never_answers_is_asked_by_a_few_and_then_left_alone() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut endpoint = Endpoint {
        url: format!("http://{}", listener.local_addr().unwrap()),
        ..Endpoint::default()
    };
    endpoint.access.timeout = 200;
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            held.push(stream);
        }
    });
    let server = Server::new(endpoint);
    let (tell, mut facts) = mpsc::channel(64);
    let keys: Vec<SeriesKey> = (0..50).map(|n| SeriesKey::new([format!("up == {n}")], 600, 15)).collect();
    let _tasks: Vec<Task> = keys
        .iter()
        .map(|key| series(EnvId(0), key.clone(), server.clone(), tell.clone()))
        .collect();
    let mut troubled = std::collections::HashSet::new();
    while troubled.len() < keys.len() {
        let fact = tokio::time::timeout(Duration::from_secs(20), facts.recv()).await.unwrap().unwrap();
        let Seen::Series(key, SeriesFact::Retrying { problem, .. }) = fact.seen else {
            panic!("{fact:?}")
        };
        assert_eq!(problem.kind, ProblemKind::TimedOut, "{problem}");
        troubled.insert(key);
    }
    // All fifty say so after one patience, and only a few of them asked.
    assert!(connections.load(Ordering::SeqCst) <= AT_ONCE, "{connections:?}");
    task.abort();
}
