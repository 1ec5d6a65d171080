use proptest::prelude::*;

use super::*;
use crate::model::{GroupKey, LogFrom, LogKey, PodKey, Problem, ProblemKind, Streams, WindowFact};

fn stream(pod: &str) -> Stream {
    Stream::Container(LogKey {
        namespace: "solia".into(),
        pod: pod.into(),
        container: "app".into(),
        previous: false,
        from: LogFrom::Start,
    })
}

fn line(nanos: i64, text: &str) -> LogLine {
    LogLine { nanos, text: text.into() }
}

fn texts(book: &Book) -> Vec<&str> {
    book.entries().map(|entry| entry.text).collect()
}

#[test]
fn streams_are_merged_in_the_order_of_time_and_late_lines_are_put_where_they_belong() {
    let mut book = Book::default();
    let (a, b) = (stream("a"), stream("b"));
    book.attach(&a);
    book.attach(&b);
    book.apply(Time(1), &a, LogFact::Lines(vec![line(10, "a1"), line(30, "a2")]));
    book.apply(Time(1), &b, LogFact::Lines(vec![line(20, "b1"), line(30, "b2"), line(40, "b3")]));
    assert_eq!(texts(&book), ["a1", "b1", "a2", "b2", "b3"]);
    book.apply(Time(1), &a, LogFact::Lines(vec![line(0, "without a time"), line(35, "a3")]));
    assert_eq!(texts(&book), ["a1", "b1", "a2", "b2", "without a time", "a3", "b3"]);
    assert_eq!(book.at(30), 2);
    assert_eq!(book.at(99), 7);
    book.apply(Time(1), &stream("unknown"), LogFact::Lines(vec![line(1, "not asked for")]));
    assert_eq!(book.len(), 7);
}

#[test]
fn lines_of_a_clock_that_is_ahead_stand_where_they_belong_and_are_told_from_others_by_their_stamps() {
    const SECOND: i64 = 1_000_000_000;
    let mut book = Book::default();
    let (a, b) = (stream("a"), stream("b"));
    book.attach(&a);
    book.attach(&b);
    // The node of `a` is 20 s ahead.
    for at in 100..103 {
        book.apply(Time(at), &b, LogFact::Lines(vec![line(at * SECOND, &format!("b {at}"))]));
        let stamp = (at + 21) * SECOND;
        book.apply(Time(at), &a, LogFact::Lines(vec![line(stamp, &format!("a {at}"))]));
    }
    let told = "the clock of the node is at least 20 s ahead: lines stand 20 s earlier than they are stamped";
    let lines: Vec<&str> = book.lines().map(|entry| entry.text).collect();
    assert_eq!(lines, ["b 100", "b 101", "a 100", "b 102", "a 101", "a 102"]);
    assert!(texts(&book).contains(&told), "{:?}", texts(&book));
    let numbers: Vec<u64> = book.entries_from(0).map(|(number, _)| number).collect();
    assert_eq!(numbers, (0..7).collect::<Vec<u64>>());
    // The run before tells the same lines once more: they are known.
    let Stream::Container(mut before) = a.clone() else { unreachable!() };
    before.previous = true;
    let before = Stream::Container(before);
    book.attach(&before);
    book.apply(Time(103), &before, LogFact::Lines(vec![line(123 * SECOND, "a 102")]));
    assert_eq!(book.len(), 7);
    // A gap of its reader is where its lines are.
    let gap = LogNote {
        nanos: 122 * SECOND,
        kind: NoteKind::Gap,
        text: "a gap".into(),
        lost: 0,
    };
    book.apply(Time(103), &a, LogFact::Note(gap));
    assert_eq!(texts(&book).get(4..), Some(["a 101", told, "a gap", "a 102"].as_slice()));
}

#[test]
fn what_is_anchored_is_found_again_though_lines_come_before_it() {
    let mut book = Book::default();
    let a = stream("a");
    book.attach(&a);
    book.apply(Time(1), &a, LogFact::Lines((0..5000).map(|n| line(1000 + n * 10, "x")).collect()));
    let anchor = book.anchor(4000).unwrap();
    book.apply(
        Time(1),
        &a,
        LogFact::Lines((0..3000).map(|n| line(1003 + n * 10, "late")).collect()),
    );
    let now = book.follow(anchor);
    assert_eq!(now.index, 7000);
    assert_eq!(book.get(now.index).map(|entry| entry.nanos), Some(41_000));
    assert_eq!(book.follow(now), now);
}

#[test]
fn the_oldest_go_first_and_are_counted() {
    let mut book = Book::new(1 << 20);
    let a = stream("a");
    book.attach(&a);
    let long = "x".repeat(1000);
    for n in 1..=3000 {
        book.apply(Time(1), &a, LogFact::Lines(vec![line(n, &long)]));
    }
    let (gone, until) = book.evicted();
    assert!(book.bytes() <= 1 << 20 && gone > 1900, "{gone}");
    assert_eq!((gone + book.len(), book.begin(), book.end()), (3000, gone, 3000));
    assert_eq!(book.sources()[0].evicted, gone);
    assert_eq!(until, Time(0));
    assert_eq!(book.get(book.begin()).map(|entry| entry.nanos), i64::try_from(gone + 1).ok());
    assert!(book.get(gone - 1).is_none());
}

#[test]
fn what_happens_to_a_stream_stands_in_its_place_and_is_counted() {
    let mut book = Book::default();
    let a = stream("a");
    book.attach(&a);
    book.apply(Time(1), &a, LogFact::Lines(vec![line(10, "before"), line(50, "after")]));
    let note = |nanos, kind, lost| {
        LogFact::Note(LogNote {
            nanos,
            kind,
            text: "gap of 12 s".into(),
            lost,
        })
    };
    book.apply(Time(2), &a, note(10, NoteKind::Gap, 7));
    book.apply(Time(2), &a, note(0, NoteKind::Reconnected, 0));
    let kinds: Vec<_> = book.entries().map(|entry| entry.is_note()).collect();
    assert_eq!(kinds, [false, true, false, true]);
    assert_eq!(book.tally().collect::<Vec<_>>(), [(NoteKind::Reconnected, 1), (NoteKind::Gap, 1)]);
    assert_eq!((book.lost(), book.lines().count()), (7, 2));
}

#[test]
fn a_run_that_is_both_the_current_and_the_previous_is_told_once() {
    let mut book = Book::default();
    let now = stream("a");
    let Stream::Container(mut key) = now.clone() else { panic!() };
    key.previous = true;
    let before = Stream::Container(key);
    book.attach(&now);
    book.attach(&before);
    book.apply(
        Time(1),
        &now,
        LogFact::Lines(vec![line(10, "starting"), line(10, "starting"), line(20, "panic")]),
    );
    book.apply(
        Time(1),
        &before,
        LogFact::Lines(vec![
            line(5, "older"),
            line(10, "starting"),
            line(10, "starting"),
            line(20, "panic"),
        ]),
    );
    assert_eq!(texts(&book), ["older", "starting", "starting", "panic"]);
}

#[test]
fn what_another_book_holds_of_a_stream_is_taken_over_and_goes_on() {
    let (a, b) = (stream("a"), stream("b"));
    let mut first = Book::default();
    first.attach(&a);
    first.attach(&b);
    first.apply(
        Time(1),
        &a,
        LogFact::Lines(vec![line(10, "ERROR a"), line(30, "    at x (y.js:1)")]),
    );
    first.apply(Time(1), &b, LogFact::Lines(vec![line(20, "b")]));
    first.apply(Time(2), &a, LogFact::Ended);
    let mut second = Book::default();
    second.attach(&b);
    second.attach(&a);
    second.take_over(&first, &a);
    assert_eq!(texts(&second), ["ERROR a", "    at x (y.js:1)"]);
    assert_eq!((second.state(&a), second.heard(&a)), (Some(&LogState::Ended), Time(2)));
    second.apply(Time(3), &a, LogFact::Lines(vec![line(40, "more")]));
    second.apply(Time(3), &b, LogFact::Lines(vec![line(20, "b")]));
    assert_eq!(texts(&second), ["ERROR a", "b", "    at x (y.js:1)", "more"]);
    let lines: Vec<u64> = second.sources().iter().map(|source| source.lines).collect();
    assert_eq!(lines, [1, 3]);
}

#[test]
fn a_group_has_a_source_for_each_of_its_streams() {
    let mut book = Book::default();
    let group = Stream::File("group".into());
    book.attach(&group);
    for name in ["backend-1", "backend-2", "backend-1"] {
        book.apply(Time(1), &group, LogFact::Branch(name.into(), vec![line(1, name)]));
    }
    let names: Vec<_> = book.sources().iter().map(|s| (s.branch.as_deref(), s.lines)).collect();
    assert_eq!(names, [(None, 0), (Some("backend-1"), 2), (Some("backend-2"), 1)]);
    assert_eq!(book.state(&group), Some(&LogState::Following));
}

proptest! {
    /// However lines come: all are there, in the order of time, those of one moment in the order in which they came.
    #[test]
    fn lines_are_sorted_as_a_stable_sort_would(
        times in prop::collection::vec(1..40_i64, 1..300),
        batch in 1..20_usize,
    ) {
        let mut book = Book::default();
        let a = stream("a");
        book.attach(&a);
        let all: Vec<LogLine> = times.iter().enumerate().map(|(n, nanos)| line(*nanos, &n.to_string())).collect();
        for some in all.chunks(batch) {
            book.apply(Time(1), &a, LogFact::Lines(some.to_vec()));
        }
        let mut want = all;
        want.sort_by_key(|line| line.nanos);
        let want: Vec<&str> = want.iter().map(|line| &*line.text).collect();
        prop_assert_eq!(texts(&book), want);
        for (index, entry) in book.entries_from(0) {
            prop_assert_eq!(book.get(index), Some(entry));
        }
    }
}

const ID: &str = "4f0c8a314f0c8a31";

/// The log group in which the lines of pod a are kept.
fn cloud() -> Stream {
    Stream::Group(GroupKey {
        place: 0,
        group: "/pods".into(),
        streams: Streams::Pod(PodKey {
            namespace: "solia".into(),
            pod: "a".into(),
            container: "".into(),
        }),
        pattern: "".into(),
        from: LogFrom::Start,
        until: Time(9),
    })
}

/// The node's lines of pod a, then what CloudWatch has of it.
fn gone(node: &[(i64, &str)], in_cloud: &[(i64, &str)]) -> Book {
    let mut book = Book::default();
    let lines = |all: &[(i64, &str)]| all.iter().map(|(milli, text)| line(milli * 1_000_000, text)).collect::<Vec<_>>();
    book.attach(&stream("a"));
    book.attach(&stream("b"));
    book.apply(Time(1), &stream("a"), LogFact::Lines(lines(node)));
    book.apply(Time(1), &stream("b"), LogFact::Lines(vec![line(2_000_000, "x")]));
    book.attach(&cloud());
    let branch = format!("a_solia_app-{ID}").into();
    book.apply(Time(1), &cloud(), LogFact::Branch(branch, lines(in_cloud)));
    book.apply(Time(1), &cloud(), LogFact::Following);
    book.apply(Time(1), &cloud(), LogFact::Ended);
    book
}

#[test]
fn the_log_of_a_pod_that_is_gone_goes_on_and_each_line_is_there_once() {
    // Of equal lines of one moment as many as there are, and another pod's are its own.
    let both = gone(
        &[(1, "x"), (3, "y"), (3, "y")],
        &[(1, "x"), (2, "x"), (3, "y"), (3, "y"), (3, "y"), (4, "z")],
    );
    let note = "a is gone: from here on CloudWatch (3 lines are in both), /pods";
    assert_eq!(texts(&both), ["x", "x", "x", "y", "y", "y", note, "z"]);
    assert_eq!(both.tally().collect::<Vec<_>>(), [(NoteKind::Continued, 1)]);
}

#[test]
fn what_may_be_missing_where_a_log_goes_on_is_said() {
    let apart = gone(&[(1_000, "x")], &[(61_000, "z")]);
    let note = "a is gone: from here on CloudWatch; lines between 00:00:01 and 00:01:01 may be missing, /pods";
    assert_eq!(texts(&apart), ["x", "x", note, "z"]);
    assert_eq!(apart.tally().collect::<Vec<_>>(), [(NoteKind::Gap, 1)]);
    let nothing_later = gone(&[(1_000, "y")], &[(1_000, "y")]);
    assert_eq!(
        texts(&nothing_later),
        [
            "x",
            "y",
            "a is gone, and CloudWatch has no later lines so far (1 line is in both), /pods"
        ]
    );
    let only_there = gone(&[], &[(5, "z")]);
    assert_eq!(texts(&only_there), ["x", "a is gone: its lines are from CloudWatch, /pods", "z"]);
}

#[test]
fn of_a_large_file_among_others_each_line_is_there_once_and_what_is_missing_is_said() {
    let (big, small) = (Stream::File("big".into()), Stream::File("small".into()));
    let mut book = Book::default();
    book.attach(&big);
    book.attach(&small);
    let lines = |range: std::ops::Range<i64>| LogFact::Lines(range.map(|n| line(n, &n.to_string())).collect());
    let told = |book: &mut Book, fact| book.apply(Time(1), &big, fact);
    book.apply(Time(1), &small, LogFact::Lines(vec![line(55, "small")]));
    told(&mut book, LogFact::Window(WindowFact::Begin { first: None }));
    told(&mut book, lines(50..60));
    told(&mut book, LogFact::Window(WindowFact::Complete { answer: None, line: None }));
    told(&mut book, LogFact::Window(WindowFact::Counted { first: 50, total: 60 }));
    told(&mut book, lines(60..62));
    // Another view of the same file goes to its beginning, and comes back to its end.
    told(&mut book, LogFact::Window(WindowFact::Begin { first: Some(0) }));
    told(&mut book, lines(0..10));
    told(&mut book, LogFact::Window(WindowFact::Complete { answer: None, line: None }));
    told(&mut book, LogFact::Window(WindowFact::Begin { first: Some(55) }));
    told(&mut book, lines(55..64));
    told(&mut book, LogFact::Window(WindowFact::Complete { answer: None, line: None }));
    told(&mut book, lines(64..65));
    let mut want: Vec<String> = (50..65).map(|n| n.to_string()).collect();
    want.insert(6, "small".to_owned());
    want.insert(1, "50 lines of this file do not fit: view it alone to read them".to_owned());
    let mut found: Vec<String> = texts(&book).into_iter().map(str::to_owned).collect();
    // Of one moment the file's line and the other's come in the order in which they were told.
    found.sort();
    want.sort();
    assert_eq!(found, want);
    assert!(book.window().is_none());
}

#[test]
fn a_log_that_the_node_threw_away_is_over_and_said_once_in_its_place() {
    let mut book = Book::default();
    let a = stream("a");
    book.attach(&a);
    book.apply(Time(1), &a, LogFact::Lines(vec![line(10, "before")]));
    let problem = Problem::new(ProblemKind::NotFound, "unable to retrieve container logs for x");
    for _ in 0..3 {
        let problem = problem.clone();
        book.apply(Time(2), &a, LogFact::Retrying { problem, next: Time(5) });
    }
    assert!(book.state(&a).unwrap().is_over());
    assert_eq!(
        texts(&book),
        ["before", "nothing more can be read here: unable to retrieve container logs for x"]
    );
    book.apply(Time(6), &a, LogFact::Following);
    assert!(!book.state(&a).unwrap().is_over());
}

#[test]
fn a_part_takes_the_place_of_another_whole_and_no_more_room_than_it_may() {
    let file = Stream::File("big".into());
    let mut book = Book::new(96 << 10);
    book.attach(&file);
    let told = |book: &mut Book, fact| book.apply(Time(1), &file, fact);
    let lines = |range: std::ops::Range<i64>| LogFact::Lines(range.map(|n| line(1_000 - n % 7, &format!("line {n}"))).collect());
    told(&mut book, lines(0..100));
    told(&mut book, LogFact::Window(WindowFact::Begin { first: Some(5_000) }));
    told(&mut book, lines(5_000..9_000));
    assert_eq!((book.begin(), book.end()), (0, 100), "nothing changes before it is complete");
    let ids: Vec<u64> = book.chunks().iter().map(|chunk| chunk.id).collect();
    told(&mut book, LogFact::Window(WindowFact::Lines { total: 9_000 }));
    told(&mut book, LogFact::Window(WindowFact::Complete { answer: None, line: None }));
    assert!(book.bytes() <= 32 << 10, "{}", book.bytes());
    assert_eq!(book.end(), 9_000);
    assert!(book.begin() > 5_000, "what it had no room for is before it");
    for (index, entry) in book.entries_from(0) {
        assert_eq!(entry.text, format!("line {index}"), "rows have the numbers of their lines");
    }
    assert!(
        book.chunks().iter().all(|chunk| !ids.contains(&chunk.id)),
        "no chunk has the number of another"
    );
    assert_eq!((book.evicted().0, book.more()), (0, (true, false)));
    told(&mut book, LogFact::Window(WindowFact::Anew));
    assert!(
        book.window().is_none() && book.evicted().0 > 0,
        "what is gone with the file is said to be gone"
    );
}
