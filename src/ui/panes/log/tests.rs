use super::*;
use crate::app::Command;
use crate::model::{Fact, LogFact, LogFrom, LogLine, LogNote, NoteKind, Problem, ProblemKind, Seen};

fn stream(pod: &str) -> Stream {
    Stream::Container(LogKey {
        namespace: "solia".into(),
        pod: pod.into(),
        container: "app".into(),
        previous: false,
        from: LogFrom::Tail(1000),
    })
}

/// A view of two pods, 80 by 22 with bars: 19 rows for lines.
struct Desk {
    view: LogView,
    store: Store,
}

impl Desk {
    fn new() -> Self {
        let query = LogQuery::parse("backend", crate::model::Namespaces::one("solia")).unwrap();
        let mut store = Store::new(1);
        let book = store.open_book(EnvId(0), &query).unwrap();
        for pod in ["backend-a", "backend-b"] {
            book.attach(&stream(pod));
        }
        let mut desk = Self {
            view: LogView::new(EnvId(0), query, Time(100)),
            store,
        };
        desk.settle();
        desk
    }

    fn tell(&mut self, pod: &str, fact: LogFact) {
        let seen = Seen::Log(stream(pod), fact);
        self.store.apply(Fact {
            env: EnvId(0),
            at: Time(100),
            seen,
        });
        self.settle();
    }

    fn lines(&mut self, pod: &str, lines: impl IntoIterator<Item = (i64, String)>) {
        let line = |(seconds, text): (i64, String)| LogLine {
            nanos: seconds * 1_000_000_000,
            text: text.into(),
        };
        self.tell(pod, LogFact::Lines(lines.into_iter().map(line).collect()));
    }

    fn settle(&mut self) {
        self.view.settle(&self.store, Rect::new(0, 0, 80, 22));
    }

    fn press(&mut self, command: Command) {
        self.view.travel(&self.store, command, 10);
        self.settle();
    }

    fn here(&self) -> Option<&str> {
        self.view.row(&self.store).map(|entry| entry.text)
    }

    fn top(&self) -> &str {
        self.view.book(&self.store).unwrap().get(self.view.top).unwrap().text
    }

    /// What is shown, from the first row of the screen on.
    fn shown(&self) -> Vec<&str> {
        let book = self.view.book(&self.store).unwrap();
        let lane = self.view.lane(book);
        let mut out = Vec::new();
        let mut at = lane.at_or_after(self.view.top);
        while let Some(index) = at.filter(|_| out.len() < self.view.height()) {
            out.push(book.get(index).unwrap().text);
            at = lane.after(index);
        }
        out
    }
}

fn numbered(from: i64, to: i64) -> impl Iterator<Item = (i64, String)> {
    (from..to).map(|n| (n, format!("line {n}")))
}

#[test]
fn it_follows_the_end_until_one_looks_back_and_then_counts_what_comes() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 101));
    assert!(desk.view.follows());
    assert_eq!((desk.top(), desk.shown().len()), ("line 82", 19));
    desk.press(Command::Up);
    assert_eq!(desk.here(), Some("line 100"), "the cursor appears on the newest line");
    desk.press(Command::Up);
    desk.lines("backend-b", numbered(101, 131));
    assert_eq!((desk.here(), desk.top()), (Some("line 99"), "line 82"), "nothing moves");
    assert_eq!(desk.view.unseen(desk.view.book(&desk.store).unwrap()), 30);
    desk.lines("backend-b", numbered(1, 51));
    assert_eq!((desk.here(), desk.top()), (Some("line 99"), "line 82"), "late lines come before it");
    desk.press(Command::Bottom);
    assert!(desk.view.follows());
    assert_eq!(desk.shown().last(), Some(&"line 130"));
}

#[test]
fn one_can_walk_to_the_beginning_and_back() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 101));
    desk.press(Command::Top);
    assert_eq!((desk.here(), desk.top()), (Some("line 1"), "line 1"));
    desk.press(Command::PageDown);
    desk.press(Command::PageDown);
    assert_eq!(
        (desk.here(), desk.top()),
        (Some("line 21"), "line 3"),
        "the cursor stays on the screen"
    );
    for _ in 0..9 {
        desk.press(Command::PageDown);
    }
    assert!(desk.view.follows(), "beyond the end it follows again");
}

#[test]
fn a_search_goes_from_match_to_match_and_around() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 31));
    desk.lines(
        "backend-b",
        [(10, "Timeout of the pool".to_owned()), (25, "timeout again".to_owned())],
    );
    desk.view.search(&desk.store, "timeout");
    desk.settle();
    assert_eq!(desk.here(), Some("timeout again"), "from the first row on the screen onwards");
    desk.view.next_match(&desk.store, true);
    assert_eq!(desk.here(), Some("Timeout of the pool"), "around the end");
    desk.view.next_match(&desk.store, false);
    assert_eq!(desk.here(), Some("timeout again"));
    let search = desk.view.search.as_ref().unwrap();
    assert_eq!(search.total(), 2);
    assert_eq!(
        search.rank(desk.view.book(&desk.store).unwrap(), desk.view.cursor.unwrap().index),
        Some(2)
    );
    desk.lines("backend-b", [(40, "a third timeout".to_owned())]);
    assert_eq!(desk.view.search.as_ref().unwrap().total(), 3, "what comes later is found as well");
}

#[test]
fn a_filter_hides_all_but_matches_and_what_happened_to_the_streams() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 31));
    let note = LogNote {
        nanos: 12_000_000_000,
        kind: NoteKind::Gap,
        text: "12 s are missing".into(),
        lost: 4,
    };
    desk.tell("backend-a", LogFact::Note(note));
    desk.view.filter_by("line 2");
    desk.settle();
    let matches: Vec<&str> = desk.shown();
    assert_eq!(matches.len(), 12, "{matches:?}");
    assert_eq!(&matches[..3], ["line 2", "12 s are missing", "line 20"]);
    desk.view.context = 1;
    desk.settle();
    assert_eq!(&desk.shown()[..5], ["line 1", "line 2", "line 3", "12 s are missing", "line 19"]);
    desk.view.filter_by("!line");
    desk.settle();
    assert_eq!(desk.shown(), ["12 s are missing"]);
    desk.view.filter_by("(");
    assert!(desk.view.problem.is_some());
    desk.settle();
    assert_eq!(desk.shown().len(), 19, "what is no pattern hides nothing");
}

#[test]
fn errors_are_gone_to_in_both_directions() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 20));
    desk.lines(
        "backend-b",
        [(5, "ERROR one".to_owned()), (15, r#"{"level":"error","msg":"two"}"#.to_owned())],
    );
    assert!(desk.view.next_error(&desk.store, false));
    assert_eq!(desk.here(), Some(r#"{"level":"error","msg":"two"}"#));
    assert!(desk.view.next_error(&desk.store, false));
    assert_eq!(desk.here(), Some("ERROR one"));
    assert!(!desk.view.next_error(&desk.store, false));
    assert!(desk.view.next_error(&desk.store, true));
    assert_eq!(desk.here(), Some(r#"{"level":"error","msg":"two"}"#));
}

#[test]
fn a_request_is_followed_through_all_sources() {
    let mut desk = Desk::new();
    let id = "1-5759e988-bd862e3fe1be46a994272793";
    desk.lines(
        "backend-a",
        [(1, format!("GET /api traceId={id}")), (2, "something else".to_owned())],
    );
    desk.lines("backend-b", [(3, format!(r#"{{"msg":"query","traceId":"{id}"}}"#))]);
    assert_eq!(desk.view.follow_id(&desk.store), Err("put the cursor on a line first (up)"));
    desk.press(Command::Top);
    assert_eq!(desk.view.follow_id(&desk.store), Ok(id.to_owned()));
    desk.settle();
    assert_eq!(desk.shown().len(), 2);
    assert!(desk.view.undo());
    desk.settle();
    assert_eq!(desk.shown().len(), 3);
}

#[test]
fn selected_lines_are_copied_and_a_file_holds_all_that_is_shown() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 4));
    desk.lines("backend-b", [(2, "other".to_owned())]);
    assert_eq!(desk.view.copied(&desk.store), "line 3", "the newest");
    desk.press(Command::Top);
    desk.view.toggle_selection(&desk.store);
    desk.press(Command::Down);
    desk.press(Command::Down);
    assert_eq!(desk.view.copied(&desk.store), "line 1\nline 2\nother");
    let content = desk.view.content(&desk.store);
    assert!(content.contains("1970-01-01T00:00:02Z backend-b/app other\n"), "{content}");
    assert_eq!(content.lines().count(), 4);
    assert_eq!(desk.view.file_title(), "solia-backend.log");
}

#[test]
fn a_large_book_is_looked_through_in_portions_newest_first() {
    let mut desk = Desk::new();
    let long = "x".repeat(4000);
    for batch in 0..6_i64 {
        desk.store.apply(Fact {
            env: EnvId(0),
            at: Time(1),
            seen: Seen::Log(
                stream("backend-a"),
                LogFact::Lines(
                    (0..1000)
                        .map(|n| LogLine {
                            nanos: batch * 1000 + n + 1,
                            text: format!("{long}{n}").into(),
                        })
                        .collect(),
                ),
            ),
        });
    }
    desk.view.filter_by("999");
    desk.settle();
    assert!(desk.view.is_busy() && desk.view.filter.as_ref().unwrap().total() >= 3);
    let mut rounds = 0;
    while desk.view.is_busy() {
        desk.settle();
        rounds += 1;
    }
    assert_eq!((desk.view.filter.as_ref().unwrap().total(), rounds), (6, 1));
}

#[test]
fn the_fields_of_the_newest_structured_line_are_offered_and_only_chosen_ones_shown() {
    let mut desk = Desk::new();
    let json = r#"{"level":"info","msg":"request completed","method":"GET","status":200,"pid":1}"#;
    desk.lines("backend-a", [(1, json.to_owned()), (2, "plain".to_owned())]);
    let names = desk.view.field_names(&desk.store);
    assert!(
        names.contains(&"status".to_owned()) && names.contains(&"method".to_owned()),
        "{names:?}"
    );
    let text = |desk: &Desk| -> String {
        let book = desk.view.book(&desk.store).unwrap();
        let parts = line::of(&desk.view, &book.get(0).unwrap());
        parts.into_iter().map(|(_, text)| text).collect()
    };
    assert!(
        text(&desk).contains("method=GET") && !text(&desk).contains("pid="),
        "{}",
        text(&desk)
    );
    desk.view.fields.insert("status".into());
    assert_eq!(text(&desk), "info  request completed  status=200");
    desk.view.raw = true;
    assert_eq!(text(&desk), json);
}

#[test]
fn what_was_stopped_is_read_again_into_an_empty_book() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 4));
    assert!(desk.view.stop() && !desk.view.stop());
    desk.view.attach(&mut desk.store, |_| false);
    assert_eq!(
        desk.view.book(&desk.store).map(Book::len),
        Some(3),
        "what was read stays to be looked at"
    );
    desk.view.start_from(LogFrom::Tail(1000));
    desk.view.attach(&mut desk.store, |_| false);
    assert_eq!(desk.view.book(&desk.store).map(Book::len), Some(0));
}

fn requests(desk: &mut Desk) {
    desk.lines("backend-a", (1..31).map(|n| (n, format!("GET /orders/{n} took {n} ms"))));
    desk.lines("backend-b", (1..11).map(|n| (n, format!("ERROR pool {n} is exhausted"))));
    desk.lines("backend-b", [(25, "cache warmed up again".to_owned())]);
}

/// What the list of templates says: count, first time in seconds, text.
fn listed(desk: &Desk) -> Vec<(u64, i64, String)> {
    let lines = desk.view.list().unwrap().lines();
    let of = |line: &&templates::Line| (line.tally.count, line.tally.first / 1_000_000_000, line.text.clone());
    lines.iter().map(of).collect()
}

#[test]
fn lines_are_counted_by_what_they_say_and_one_template_shows_its_lines() {
    let mut desk = Desk::new();
    requests(&mut desk);
    desk.view.toggle_templates(&desk.store);
    desk.settle();
    let counts: Vec<(u64, i64)> = listed(&desk).iter().map(|(count, first, _)| (*count, *first)).collect();
    assert_eq!(counts, [(30, 1), (10, 1), (1, 25)], "{:?}", listed(&desk));
    desk.press(Command::Down);
    assert!(desk.view.copied(&desk.store).starts_with("ERROR pool"));
    assert!(desk.view.open_template());
    desk.settle();
    assert_eq!((desk.shown().len(), desk.shown()[0]), (10, "ERROR pool 1 is exhausted"));
    desk.lines("backend-a", [(40, "ERROR pool 99 is exhausted".to_owned())]);
    assert_eq!(desk.shown().len(), 11, "what comes later is counted to it as well");
    assert!(desk.view.undo());
    desk.settle();
    assert_eq!(listed(&desk)[1].0, 11, "back in the list");
    assert!(desk.view.undo());
    desk.settle();
    assert!(desk.view.list().is_none() && !desk.view.undo());
    assert_eq!(desk.shown().len(), 19);
}

#[test]
fn templates_are_of_what_the_filter_lets_through() {
    let mut desk = Desk::new();
    requests(&mut desk);
    desk.view.filter_by("pool");
    desk.view.toggle_templates(&desk.store);
    desk.settle();
    assert_eq!(listed(&desk).len(), 1);
    assert!(desk.view.open_template());
    desk.settle();
    assert_eq!(desk.shown().len(), 10);
    assert!(desk.view.undo() && desk.view.undo());
    assert_eq!(desk.view.filter(), "pool", "the filter is still there");
}

#[test]
fn new_is_what_was_not_said_before_the_cursor_or_the_newest_start() {
    let mut desk = Desk::new();
    requests(&mut desk);
    desk.view.go_to_time(&desk.store, 20_000_000_000).unwrap();
    desk.view.toggle_templates(&desk.store);
    desk.view.toggle_templates(&desk.store);
    desk.settle();
    assert_eq!(listed(&desk), [(1, 25, "cache warmed up again".to_owned())]);
    desk.view.toggle_templates(&desk.store);
    assert_eq!(listed(&desk).len(), 3, "all again");
    assert!(desk.view.undo());
    desk.press(Command::Bottom);
    let note = LogNote {
        nanos: 30_000_000_000,
        kind: NoteKind::Restarted,
        text: "app was started again".into(),
        lost: 0,
    };
    desk.tell("backend-a", LogFact::Note(note));
    desk.lines("backend-a", [(31, "listening on port 8080".to_owned())]);
    desk.view.toggle_templates(&desk.store);
    desk.settle();
    assert_eq!(desk.view.list().unwrap().since, board::Since::Started(30_000_000_000));
    assert_eq!(desk.view.list().unwrap().new_ones(), 1);

    // Of one that was there before, and is read only from later on, nobody knows what it said.
    let query = desk.view.query.clone();
    desk.store.open_book(EnvId(0), &query).unwrap().attach(&stream("chatty"));
    desk.lines("chatty", (40..1100).map(|n| (n, "we are fine, thank you".to_owned())));
    assert_eq!(desk.view.list().unwrap().new_ones(), 1);
}

#[test]
fn one_goes_to_where_lines_begin_to_come_faster() {
    let mut desk = Desk::new();
    let lines = (0..200).flat_map(|second| (0..if second >= 100 { 40 } else { 2 }).map(move |_| (second, "line".to_owned())));
    desk.lines("backend-a", lines);
    assert!(desk.view.next_rate(&desk.store, true).is_none(), "one begins at the end");
    let step = desk.view.next_rate(&desk.store, false).unwrap();
    desk.settle();
    let here = desk.view.row(&desk.store).unwrap().nanos / 1_000_000_000;
    assert!((98..=101).contains(&here), "{here} {step:?}");
    assert!(step.before < 3.0 && step.after > 20.0, "{step:?}");
}

#[test]
fn one_log_that_is_gone_from_its_node_does_not_make_the_others_stale() {
    let mut desk = Desk::new();
    desk.lines("backend-a", numbered(1, 4));
    desk.tell("backend-a", LogFact::Following);
    desk.lines("backend-b", numbered(1, 4));
    let says = |desk: &Desk| {
        let book = desk.view.book(&desk.store);
        let fresh = draw::freshness(&desk.view, book, &desk.store, Time(160)).text;
        (fresh, draw::status(&desk.view, book.unwrap()))
    };
    let retrying = |kind, text: &str| LogFact::Retrying {
        problem: Problem::new(kind, text),
        next: Time(103),
    };
    desk.tell(
        "backend-b",
        retrying(ProblemKind::NotFound, "unable to retrieve container logs for x"),
    );
    let (fresh, status) = says(&desk);
    assert_eq!(fresh, "following");
    assert_eq!(status, "1 gap · unable to retrieve container logs for x");
    desk.tell("backend-b", retrying(ProblemKind::Server, "the connection was lost"));
    assert_eq!(says(&desk).0, "stale 1m: 1 of 2: the connection was lost");
}

#[test]
fn a_node_whose_clock_is_ahead_is_named() {
    let mut desk = Desk::new();
    for second in 0..4 {
        desk.lines("backend-b", [(115 + second, "from the future".to_owned())]);
        desk.lines("backend-a", [(99, "late".to_owned())]);
    }
    let status = draw::status(&desk.view, desk.view.book(&desk.store).unwrap());
    assert_eq!(status, "clock 14 s ahead, lines stand earlier: backend-b/app");
}
