//! A group read back and followed: by Live Tail, and by asking again and again.

use jiff::SignedDuration;
use quarterdeck::model::{LogFact, LogFrom, NoteKind, Time};
use quarterdeck::sim::cloudwatch::Habits;
use quarterdeck::sim::face::{Fault, Route};

use super::{Cloud, Told, cloud, quick};

/// The first moment that was asked for, as far as the lines show it.
fn first(told: &Told) -> i64 {
    told.lines.keys().next().map(|(at, _)| *at).unwrap()
}

/// Lets time pass in small steps and compares after each.
async fn walk(cloud: &Cloud, told: &mut Told, from: i64, steps: usize) {
    for _ in 0..steps {
        cloud.step(2);
        told.all(cloud, from).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_and_what_comes_is_told_once_by_live_tail() {
    let cloud = cloud().await;
    let mut told = cloud.follow(quick(), |_| {});
    told.following().await;
    let from = first(&told);
    assert!(told.count() > 100, "{}", told.count());
    walk(&cloud, &mut told, from, 10).await;
    assert_eq!(cloud.asked("StartLiveTail"), 1);
    assert!(told.notes.is_empty(), "{:?}", told.notes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_over_is_renewed_and_no_line_falls_between() {
    let cloud = cloud().await;
    cloud.face.behave(Habits {
        session: std::time::Duration::from_millis(150),
        ..Habits::default()
    });
    let mut told = cloud.follow(quick(), |_| {});
    told.following().await;
    let from = first(&told);
    while cloud.asked("StartLiveTail") < 4 {
        walk(&cloud, &mut told, from, 2).await;
    }
    assert!(told.notes.is_empty(), "{:?}", told.notes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_breaks_is_said_and_what_it_missed_is_asked_for() {
    let cloud = cloud().await;
    cloud
        .desk()
        .fault(Route::resource("StartLiveTail").times(1), Fault::CutAfter(6_000));
    let mut told = cloud.follow(quick(), |_| {});
    told.following().await;
    let from = first(&told);
    while cloud.asked("StartLiveTail") < 2 {
        walk(&cloud, &mut told, from, 1).await;
    }
    walk(&cloud, &mut told, from, 3).await;
    told.note(NoteKind::Reconnected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_live_tail_sends_a_part_the_rest_is_asked_for() {
    let cloud = cloud().await;
    cloud.face.behave(Habits {
        most: 5,
        ..Habits::default()
    });
    let mut told = cloud.follow(quick(), |_| {});
    told.following().await;
    let from = first(&told);
    cloud.step(60);
    told.note(NoteKind::Sampled).await;
    told.all(&cloud, from).await;
    assert_eq!(cloud.asked("StartLiveTail"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_live_tail_it_is_asked_again_and_again_and_late_lines_are_found() {
    let cloud = cloud().await;
    let streams = cloud.truth(cloud.began.as_millisecond() - 60_000).await;
    let (_, late) = streams.keys().next().unwrap().clone();
    cloud.face.behave(Habits {
        late: vec![(late, SignedDuration::from_secs(40))],
        ..Habits::default()
    });
    cloud
        .desk()
        .fault(Route::resource("StartLiveTail"), Fault::Status(403, "Forbidden"));
    let mut told = cloud.follow(quick(), |_| {});
    told.following().await;
    let from = first(&told);
    walk(&cloud, &mut told, from, 40).await;
    assert_eq!(cloud.asked("StartLiveTail"), 1, "who was refused does not insist");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_lines_are_the_last_ones_and_a_pattern_is_the_servers_business() {
    let cloud = cloud().await;
    let mut told = cloud.follow(quick(), |key| key.from = LogFrom::Tail(50));
    told.following().await;
    assert_eq!(told.count(), 50);
    let from = first(&told);
    let before = cloud.truth(from + 1).await.values().sum::<usize>();
    assert!(before < 50, "the newest fifty: {before}");
    let mut filtered = cloud.follow(quick(), |key| {
        key.from = LogFrom::Since(600);
        key.pattern = "{ $.level = \"warn\" }".into();
    });
    filtered.following().await;
    let all: usize = cloud.truth(cloud.began.as_millisecond() - 600_000).await.values().sum();
    assert!((1..all / 2).contains(&filtered.count()), "{} of {all}", filtered.count());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_of_the_past_has_an_end() {
    let cloud = cloud().await;
    let until = Time(cloud.began.as_second() - 300);
    let mut told = cloud.follow(quick(), |key| {
        key.from = LogFrom::Since(60);
        key.until = until;
    });
    let mut last = None;
    while let Some(news) = told.next("the end").await {
        last = Some(news);
    }
    assert_eq!(last, Some(LogFact::Ended));
    assert!(told.count() > 50);
    let span = (until.0 - 60) * 1000..(until.0 + 1) * 1000;
    assert!(told.lines.keys().all(|(at, _)| span.contains(at)));
    assert_eq!(cloud.asked("StartLiveTail"), 0);
}
