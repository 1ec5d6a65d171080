use super::*;
use crate::app::Command;
use crate::model::{Ask, Demand, Fact, LogFact, LogLine, Next, Place, Seen, Sought, WindowFact};

/// A view of a file of which a part is kept, 80 by 22 with bars: 19 rows for lines. The test is the file's source.
struct Desk {
    view: LogView,
    store: Store,
    total: u64,
}

const ENV: EnvId = EnvId(0);

fn file() -> Stream {
    Stream::File("/big.log".into())
}

fn text(number: u64) -> String {
    match number {
        700 => "needle".to_owned(),
        number => format!("line {number}"),
    }
}

fn line(number: u64) -> LogLine {
    LogLine {
        // Not in the order of time: a file is shown in its own.
        nanos: 1_000_000_000 * (1 + (number as i64 * 7) % 100),
        text: text(number).into(),
    }
}

impl Desk {
    /// The last 200 lines of 10,000.
    fn new() -> Self {
        let query = LogQuery::parse("file:/big.log", crate::model::Namespaces::All).unwrap();
        let mut store = Store::new(1).keeping(1 << 20);
        store.open_book(ENV, &query).unwrap().attach(&file());
        let mut desk = Self {
            view: LogView::new(ENV, query, Time(100)),
            store,
            total: 10_000,
        };
        desk.tell(LogFact::Following);
        desk.window(WindowFact::Begin { first: None });
        desk.tell(LogFact::Lines((9_800..10_000).map(line).collect()));
        desk.window(WindowFact::Complete { answer: None, line: None });
        desk
    }

    fn counted() -> Self {
        let mut desk = Self::new();
        let total = desk.total;
        desk.window(WindowFact::Counted { first: 9_800, total });
        desk
    }

    fn tell(&mut self, news: LogFact) {
        let seen = Seen::Log(file(), news);
        self.store.apply(Fact {
            env: ENV,
            at: Time(100),
            seen,
        });
        self.settle();
    }

    fn window(&mut self, news: WindowFact) {
        self.tell(LogFact::Window(news));
    }

    fn settle(&mut self) {
        self.view.settle(&self.store, Rect::new(0, 0, 80, 22));
    }

    fn press(&mut self, command: Command) {
        self.view.travel(&self.store, command, 10);
        self.settle();
    }

    fn asked(&self) -> Option<Ask> {
        let demands = self.view.demands(self.store.env(ENV));
        demands.into_iter().find_map(|demand| match demand {
            Demand::Window(_, path, ask) => {
                assert_eq!(&*path, "/big.log");
                Some(ask)
            }
            _ => None,
        })
    }

    /// Answers what is asked with two hundred lines around this one.
    fn answer(&mut self, around: u64) {
        let ask = self.asked().unwrap();
        let first = around.saturating_sub(100);
        self.window(WindowFact::Begin { first: Some(first) });
        for number in first..(first + 200).min(self.total) {
            self.tell(LogFact::Lines(vec![line(number)]));
        }
        self.window(WindowFact::Complete {
            answer: Some(ask),
            line: Some(around),
        });
    }

    fn here(&self) -> Option<&str> {
        self.view.row(&self.store).map(|entry| entry.text)
    }

    fn top(&self) -> &str {
        self.book().get(self.view.top).unwrap().text
    }

    fn book(&self) -> &Book {
        self.view.book(&self.store).unwrap()
    }

    fn foot(&self) -> String {
        self.view.part(self.book()).unwrap_or_default()
    }
}

#[test]
fn what_is_there_is_told_by_its_lines_and_not_as_lost() {
    let mut desk = Desk::new();
    assert_eq!(desk.foot(), "the last 200 lines");
    desk.window(WindowFact::Counting { percent: 35 });
    assert_eq!(desk.foot(), "the last 200 lines · counting lines 35 %");
    desk.press(Command::Up);
    desk.press(Command::Up);
    assert_eq!(desk.here(), Some("line 9998"));
    desk.window(WindowFact::Counted {
        first: 9_800,
        total: 10_000,
    });
    assert_eq!(desk.foot(), "lines 9 801–10 000 of 10 000");
    assert_eq!(
        desk.here(),
        Some("line 9998"),
        "the cursor stays on its line when lines get their numbers"
    );
    assert_eq!((desk.book().evicted().0, desk.book().lost()), (0, 0));
    assert!(
        desk.view
            .content(&desk.store)
            .starts_with("--- lines 9 801–10 000 of 10 000: only these\n")
    );
}

#[test]
fn going_up_beyond_the_part_is_like_going_up() {
    let mut desk = Desk::counted();
    for _ in 0..30 {
        desk.press(Command::PageUp);
    }
    // It was asked for ahead of need, and the moves since then were counted.
    let Some(Ask {
        place: Place::Line(asked), ..
    }) = desk.asked()
    else {
        panic!()
    };
    assert!((9_500..9_830).contains(&asked), "{asked}");
    let mut rounds = 0;
    while desk.asked().is_some() {
        let Some(Ask {
            place: Place::Line(asked), ..
        }) = desk.asked()
        else {
            panic!()
        };
        desk.answer(asked);
        rounds += 1;
    }
    assert!(rounds <= 3, "{rounds}");
    assert_eq!(desk.here(), Some("line 9699"), "thirty pages of ten above the last line");
    assert_eq!(desk.top(), "line 9699");
    desk.press(Command::Down);
    assert_eq!((desk.here(), desk.top()), (Some("line 9700"), "line 9699"), "nothing else moves");
    let first = desk.book().begin();
    for _ in 0..200 {
        desk.press(Command::Up);
        if let Some(Ask {
            place: Place::Line(asked), ..
        }) = desk.asked()
        {
            desk.answer(asked);
        }
    }
    assert_eq!(desk.here(), Some("line 9500"));
    assert!(desk.book().begin() < first);
}

#[test]
fn the_very_top_and_the_end_are_one_key_away() {
    let mut desk = Desk::counted();
    desk.press(Command::Top);
    assert_eq!(desk.asked().unwrap().place, Place::Line(0));
    assert_eq!(desk.here(), Some("line 9999"), "what is there stays until the other part is");
    desk.answer(0);
    assert_eq!((desk.here(), desk.top(), desk.asked()), (Some("line 0"), "line 0", None));
    assert_eq!(desk.foot(), "lines 1–200 of 10 000");
    desk.total = 10_003;
    desk.window(WindowFact::Lines { total: 10_003 });
    assert_eq!(desk.view.unseen(desk.book()), 3, "what comes meanwhile is counted");
    desk.press(Command::Bottom);
    assert_eq!(desk.asked().unwrap().place, Place::End);
    assert!(!desk.view.follows());
    desk.answer(9_999);
    assert!(desk.view.follows() && desk.asked().is_none());
    assert_eq!(desk.foot(), "lines 9 900–10 003 of 10 003");
}

#[test]
fn a_search_goes_on_in_the_whole_file_and_esc_ends_it() {
    let mut desk = Desk::counted();
    desk.view.search(&desk.store, "needle");
    desk.settle();
    let next = |from, forward| {
        Place::Next(Next {
            sought: vec![Sought::Pattern("needle".into())],
            from,
            forward,
            around: true,
        })
    };
    assert!(matches!(desk.asked().unwrap().place, Place::Next(_)));
    desk.window(WindowFact::Seeking { percent: 12 });
    assert!(desk.foot().ends_with("searching the file 12 % (esc stops)"));
    assert!(desk.view.undo(), "esc lets go of it");
    assert_eq!((desk.asked(), desk.view.query()), (None, "needle"));
    desk.view.next_match(&desk.store, false);
    assert_eq!(desk.asked().unwrap().place, next(9_999, false));
    desk.answer(700);
    assert_eq!(desk.here(), Some("needle"));
    desk.view.next_match(&desk.store, true);
    assert_eq!(desk.asked().unwrap().place, next(700, true));
    let ask = desk.asked();
    desk.window(WindowFact::Kept { answer: ask });
    assert_eq!((desk.here(), desk.asked()), (Some("needle"), None));
    assert!(desk.foot().ends_with("nowhere else in the file"), "{}", desk.foot());
}

#[test]
fn a_filter_finds_its_lines_beyond_the_part() {
    let mut desk = Desk::counted();
    desk.view.filter_by("needle");
    desk.settle();
    desk.press(Command::Up);
    let Place::Next(next) = desk.asked().unwrap().place else { panic!() };
    assert_eq!((next.forward, next.around), (false, false));
    assert_eq!(next.sought, [Sought::Pattern("needle".into())]);
    desk.answer(700);
    assert_eq!(desk.here(), Some("needle"));
    let ask = desk.asked();
    assert_eq!(ask, None);
}

#[test]
fn a_cursor_that_the_file_outgrows_keeps_its_line() {
    let mut desk = Desk::counted();
    desk.view.go_to_time(&desk.store, 0).unwrap();
    desk.press(Command::PageUp);
    while let Some(Ask {
        place: Place::Line(asked), ..
    }) = desk.asked()
    {
        desk.answer(asked);
    }
    let here = desk.here().unwrap().to_owned();
    let at = desk.view.cursor.unwrap().index;
    // So much is added that the front has to go.
    let long = "x".repeat(1_000);
    let mut number = desk.book().end();
    while desk.book().begin() <= at {
        let lines = (number..number + 100).map(|_| LogLine {
            nanos: 1,
            text: long.as_str().into(),
        });
        let lines = lines.collect();
        number += 100;
        desk.total = number;
        desk.tell(LogFact::Lines(lines));
        desk.window(WindowFact::Lines { total: number });
    }
    assert_eq!(desk.asked().map(|ask| ask.place), Some(Place::Line(at)));
    desk.answer(at);
    assert_eq!(desk.here(), Some(here.as_str()));
}

#[test]
fn two_views_of_one_file_take_turns_and_neither_asks_for_ever() {
    let mut desk = Desk::counted();
    let mut other = LogView::new(ENV, desk.view.query.clone(), Time(100));
    let area = Rect::new(0, 0, 80, 22);
    other.settle(&desk.store, area);
    desk.press(Command::Top);
    let first = desk.asked().unwrap();
    // The other one asks as well, and the source answers that one alone: what is asked last.
    other.go_to_time(&desk.store, 0).unwrap();
    let asked = |view: &LogView, store: &Store| {
        let demands = view.demands(store.env(ENV));
        demands.into_iter().find_map(|demand| match demand {
            Demand::Window(_, _, ask) => Some(ask),
            _ => None,
        })
    };
    let second = asked(&other, &desk.store).unwrap();
    assert_ne!(first, second);
    desk.window(WindowFact::Begin { first: Some(4_000) });
    desk.tell(LogFact::Lines((4_000..4_200).map(line).collect()));
    desk.window(WindowFact::Complete {
        answer: Some(second),
        line: Some(4_100),
    });
    other.settle(&desk.store, area);
    assert_eq!(other.row(&desk.store).unwrap().text, "line 4100");
    assert_eq!(asked(&other, &desk.store), None);
    // The first one still wants the beginning, and asks once more.
    assert_ne!(desk.asked(), Some(first));
    desk.answer(0);
    other.settle(&desk.store, area);
    assert_eq!(desk.here(), Some("line 0"));
    // The other one was moved, and lets it be.
    assert_eq!((desk.asked(), asked(&other, &desk.store)), (None, None));
    assert!(other.row(&desk.store).is_some());
}
