use std::io::Write as _;

use super::*;
use crate::model::{Next, Place, Sought};

async fn next(facts: &mut mpsc::Receiver<Fact>) -> LogFact {
    let fact = tokio::time::timeout(Duration::from_secs(20), facts.recv()).await.unwrap().unwrap();
    match fact.seen {
        Seen::Log(Stream::File(_), news) => news,
        other => panic!("{other:?}"),
    }
}

fn texts(news: &LogFact) -> Vec<&str> {
    match news {
        LogFact::Lines(lines) => lines.iter().map(|line| &*line.text).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_is_read_to_its_last_line_with_the_times_that_it_states() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(
        file,
        "2026-11-28T03:00:00Z one password=hunter2\r\nplain\n{{\"time\":1795834801000,\"msg\":\"x\"}}"
    )
    .unwrap();
    let (tell, mut facts) = mpsc::channel(8);
    let _task = spawn(
        EnvId(0),
        file.path().to_str().unwrap().into(),
        Reading::Once,
        &Mask::default(),
        tell,
    );
    assert_eq!(next(&mut facts).await, LogFact::Following);
    let first = next(&mut facts).await;
    assert_eq!(texts(&first), ["one password=••••••", "plain"]);
    let LogFact::Lines(last) = next(&mut facts).await else { panic!() };
    assert_eq!(last[0].nanos, 1_795_834_801_000_000_000);
    assert_eq!(next(&mut facts).await, LogFact::Ended);
}

#[tokio::test]
async fn a_file_that_grows_is_followed_and_one_that_was_cut_is_read_anew() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "one").unwrap();
    let (tell, mut facts) = mpsc::channel(8);
    let _task = spawn(
        EnvId(0),
        file.path().to_str().unwrap().into(),
        Reading::Followed,
        &Mask::default(),
        tell,
    );
    assert_eq!(next(&mut facts).await, LogFact::Following);
    assert_eq!(texts(&next(&mut facts).await), ["one"]);
    writeln!(file, "two").unwrap();
    assert_eq!(texts(&next(&mut facts).await), ["two"]);
    std::fs::write(file.path(), "new\n").unwrap();
    let LogFact::Note(note) = next(&mut facts).await else { panic!() };
    assert_eq!(note.kind, NoteKind::Rotated);
    assert_eq!(texts(&next(&mut facts).await), ["new"]);
}

#[tokio::test]
async fn the_users_own_secrets_are_masked() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "paid with sci_abc123 today").unwrap();
    let (tell, mut facts) = mpsc::channel(8);
    let mask = Mask::new(&["sci_[a-z0-9]+"]);
    let _task = spawn(EnvId(0), file.path().to_str().unwrap().into(), Reading::Once, &mask, tell);
    assert_eq!(next(&mut facts).await, LogFact::Following);
    assert_eq!(texts(&next(&mut facts).await), ["paid with •••••• today"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told_in_a_sentence() {
    let (tell, mut facts) = mpsc::channel(8);
    let _task = spawn(EnvId(0), "/nowhere/at/all".into(), Reading::Once, &Mask::default(), tell);
    let LogFact::Failed(problem) = next(&mut facts).await else {
        panic!()
    };
    assert_eq!(&*problem.text, "/nowhere/at/all: there is no such file");
}

/// What a small file of this memory is told like: the part that is kept, as a view would see it.
struct Part {
    asks: watch::Sender<Option<Ask>>,
    facts: mpsc::Receiver<Fact>,
    _task: Task,
    turn: u32,
    first: Option<u64>,
    total: Option<u64>,
    staged: Option<(Option<u64>, Vec<String>)>,
    lines: Vec<String>,
    notes: Vec<NoteKind>,
    answered: Option<(Ask, Option<u64>)>,
    is_kept: bool,
    is_seeking: bool,
}

/// Bytes that may be kept: a part is a third of it.
const MEMORY: usize = 96 << 10;

impl Part {
    fn of(path: &std::path::Path) -> Self {
        let (asks, hears) = watch::channel(None);
        let (tell, facts) = mpsc::channel(8);
        let reading = Reading::Windowed {
            memory: MEMORY,
            asks: hears,
        };
        let mask = Mask::new(&["sci_[a-z0-9]+"]);
        let task = spawn(EnvId(0), path.to_str().unwrap().into(), reading, &mask, tell);
        Self {
            asks,
            facts,
            _task: task,
            turn: 0,
            first: None,
            total: None,
            staged: None,
            lines: Vec::new(),
            notes: Vec::new(),
            answered: None,
            is_kept: false,
            is_seeking: false,
        }
    }

    /// Takes in what is told until something is so.
    async fn until(&mut self, such: impl Fn(&Self) -> bool) {
        while !such(self) {
            match next(&mut self.facts).await {
                LogFact::Lines(lines) => {
                    let texts = lines.iter().map(|line| line.text.to_string());
                    match &mut self.staged {
                        Some((_, staged)) => staged.extend(texts),
                        None => self.lines.extend(texts),
                    }
                }
                LogFact::Note(note) => self.notes.push(note.kind),
                LogFact::Window(WindowFact::Begin { first }) => self.staged = Some((first, Vec::new())),
                LogFact::Window(WindowFact::Complete { answer, line }) => {
                    (self.first, self.lines) = self.staged.take().unwrap();
                    self.answered = answer.map(|answer| (answer, line));
                }
                LogFact::Window(WindowFact::Kept { answer }) => {
                    self.staged = None;
                    self.is_kept = true;
                    self.answered = answer.map(|answer| (answer, None));
                }
                LogFact::Window(WindowFact::Lines { total }) => self.total = Some(total),
                LogFact::Window(WindowFact::Counted { first, total }) => {
                    self.total = Some(total);
                    self.first.get_or_insert(first);
                }
                LogFact::Window(WindowFact::Anew) => (self.first, self.total, self.lines) = (None, None, Vec::new()),
                LogFact::Window(WindowFact::Seeking { .. }) => self.is_seeking = true,
                LogFact::Window(WindowFact::Counting { .. }) | LogFact::Following => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn counted(&mut self) {
        self.until(|part| part.total.is_some() && part.first.is_some() && part.staged.is_none())
            .await;
    }

    fn ask(&mut self, place: Place) -> Ask {
        self.turn += 1;
        let ask = Ask { place, turn: self.turn };
        self.asks.send_replace(Some(ask.clone()));
        ask
    }

    /// Asks, and waits for the answer: the line that was meant.
    async fn go(&mut self, place: Place) -> Option<u64> {
        let ask = self.ask(place);
        self.until(|part| part.answered.as_ref().is_some_and(|(answered, _)| *answered == ask))
            .await;
        self.answered.take().unwrap().1
    }

    async fn find(&mut self, text: &str, from: u64, forward: bool) -> Option<u64> {
        self.go(Place::Next(Next {
            sought: vec![Sought::Pattern(text.into())],
            from,
            forward,
            around: true,
        }))
        .await
    }

    /// The line of this number.
    fn line(&self, number: u64) -> Option<&str> {
        let at = number.checked_sub(self.first?)?;
        self.lines.get(usize::try_from(at).unwrap()).map(String::as_str)
    }
}

fn written(lines: impl IntoIterator<Item = String>) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file
}

fn numbered(count: usize) -> tempfile::NamedTempFile {
    written((0..count).map(|n| format!("line {n} of the file, with some more words to it")))
}

#[tokio::test]
async fn of_a_large_file_the_last_part_comes_first_and_every_line_can_be_reached() {
    let file = numbered(20_000);
    let mut part = Part::of(file.path());
    part.until(|part| !part.lines.is_empty() && part.staged.is_none()).await;
    assert!(
        part.lines.last().unwrap().starts_with("line 19999 "),
        "the end is there before all is counted"
    );
    part.counted().await;
    assert_eq!(part.total, Some(20_000));
    for line in [0, 1, 7_777, 19_999, 12_000, 11_000] {
        assert_eq!(part.go(Place::Line(line)).await, Some(line));
        assert!(part.line(line).unwrap().starts_with(&format!("line {line} ")), "{line}");
        let cost: usize = part.lines.iter().map(|line| line.len() + LogLine::OVERHEAD).sum();
        // A part begins at a mark of the index, of which one is every 64 KiB: what is too much goes from the book.
        assert!(cost < MEMORY / 3 + (192 << 10), "{cost}");
        // As much before it as after it, but at the ends.
        let (before, after) = (line - part.first.unwrap(), part.first.unwrap() + part.lines.len() as u64 - line);
        assert!(line < 2 || before > 100, "{line}: {before}");
        assert!(line == 19_999 || after > 100, "{line}: {after}");
    }
}

#[tokio::test]
async fn a_line_is_found_in_the_whole_file_but_not_what_is_hidden() {
    let line = |n: usize| match n {
        300 => "a secret sci_abc1 of line 300".to_owned(),
        301 => "needle 301".to_owned(),
        9_000 => "needle 9000".to_owned(),
        9_100 => "ERROR pool is exhausted".to_owned(),
        n => format!("line {n} of the file, with some more words to it"),
    };
    let file = written((0..20_000).map(line));
    let mut part = Part::of(file.path());
    part.counted().await;
    assert_eq!(part.find("needle", 15_000, false).await, Some(9_000));
    assert_eq!(part.line(9_000), Some("needle 9000"));
    assert_eq!(part.find("needle", 9_000, false).await, Some(301));
    assert_eq!(part.line(301), Some("needle 301"));
    assert_eq!(part.find("needle", 301, false).await, Some(9_000), "around the beginning");
    assert_eq!(part.find("needle", 9_000, true).await, Some(301), "around the end");
    let before = part.lines.clone();
    assert_eq!(part.find("abc1", 0, true).await, None);
    assert_eq!(part.lines, before, "what is kept stays where nothing is found");
    assert_eq!(part.find("a secret", 0, true).await, Some(300));
    assert_eq!(part.line(300), Some("a secret •••••• of line 300"));
    let next = Next {
        sought: vec![Sought::Error],
        from: 0,
        forward: true,
        around: false,
    };
    assert_eq!(part.go(Place::Next(next.clone())).await, Some(9_100));
    let none = Next { from: 9_100, ..next };
    assert_eq!(part.go(Place::Next(none)).await, None);
}

#[tokio::test]
async fn a_moment_is_found_in_the_whole_file() {
    // Two lines a second from 03:00:00 on; of three in a row, as of a stack trace, only the first states a time.
    let line = |n: usize| match n % 3 {
        0 => format!("2026-11-28T{:02}:{:02}:{:02}Z line {n}", 3 + n / 7_200, n / 120 % 60, n / 2 % 60),
        _ => format!("    at frame {n} of some stack that was written out"),
    };
    let file = written((0..20_000).map(line));
    let mut part = Part::of(file.path());
    part.counted().await;
    let nanos = |text: &str| i64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_nanosecond()).unwrap();
    for (when, found) in [
        ("2026-11-28T03:00:00Z", 0),
        ("2026-11-28T03:00:01Z", 3),
        ("2026-11-28T03:10:00Z", 1_200),
        ("2026-11-28T04:00:00Z", 7_200),
        ("2026-11-28T05:30:30Z", 18_060),
        // Before it begins, and after it ends.
        ("2026-11-27T00:00:00Z", 0),
        ("2026-11-29T00:00:00Z", 19_999),
    ] {
        assert_eq!(part.go(Place::Time(nanos(when))).await, Some(found), "{when}");
        let written = line(usize::try_from(found).unwrap());
        // The time that stands first is not part of the text.
        let text = written.split_once("Z ").map_or(&*written, |(_, text)| text);
        assert_eq!(part.line(found), Some(text));
    }
    let file = numbered(20_000);
    let mut part = Part::of(file.path());
    part.counted().await;
    assert_eq!(
        part.go(Place::Time(nanos("2026-11-28T03:00:00Z"))).await,
        None,
        "no line states a time"
    );
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_let_go_of() {
    let file = numbered(100_000);
    let mut part = Part::of(file.path());
    part.counted().await;
    part.ask(Place::Next(Next {
        sought: vec![Sought::Pattern("nothing of the kind".into())],
        from: 0,
        forward: true,
        around: true,
    }));
    part.until(|part| part.is_seeking).await;
    part.asks.send_replace(None);
    part.until(|part| part.is_kept || part.answered.is_some()).await;
    assert!(part.answered.is_none(), "it was not looked through to its end");
}

#[tokio::test]
async fn a_large_file_grows_where_one_is_and_where_one_is_not() {
    let mut file = numbered(20_000);
    let mut part = Part::of(file.path());
    part.counted().await;
    writeln!(file, "added one").unwrap();
    part.until(|part| part.total == Some(20_001)).await;
    assert_eq!(part.line(20_000), Some("added one"), "the end is followed");
    part.go(Place::Line(0)).await;
    let before = part.lines.len();
    writeln!(file, "added two").unwrap();
    part.until(|part| part.total == Some(20_002)).await;
    assert_eq!(part.lines.len(), before, "what is added stands elsewhere");
    part.go(Place::End).await;
    assert_eq!(part.line(20_001), Some("added two"));
    write!(file, "in two ").unwrap();
    writeln!(file, "pieces").unwrap();
    part.until(|part| part.total == Some(20_003)).await;
    assert_eq!(part.line(20_002), Some("in two pieces"));
}

#[tokio::test]
async fn a_file_that_becomes_too_large_keeps_its_numbers() {
    let mut file = numbered(100);
    let mut part = Part::of(file.path());
    part.until(|part| part.lines.len() == 100).await;
    for n in 100..3_000 {
        writeln!(file, "line {n} of the file, with some more words to it").unwrap();
    }
    part.counted().await;
    assert_eq!(part.total, Some(3_000));
    assert!(part.line(2_999).unwrap().starts_with("line 2999 "));
    part.go(Place::Line(50)).await;
    assert!(part.line(50).unwrap().starts_with("line 50 "));
}

#[tokio::test]
async fn a_large_file_that_was_cut_or_replaced_is_read_anew() {
    let file = numbered(20_000);
    let mut part = Part::of(file.path());
    part.counted().await;
    part.go(Place::Line(0)).await;
    std::fs::write(file.path(), "new\n").unwrap();
    part.until(|part| part.notes == [NoteKind::Rotated] && part.lines == ["new"]).await;
    let other = numbered(30_000);
    std::fs::rename(other.path(), file.path()).unwrap();
    part.until(|part| part.notes.len() == 2 && part.total == Some(30_000) && part.staged.is_none())
        .await;
    part.counted().await;
    part.go(Place::Line(123)).await;
    assert!(part.line(123).unwrap().starts_with("line 123 "));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(6))]
    /// Whatever the lines are: each part is what a plain reading has there, and all of them together are the file.
    #[test]
    fn the_parts_of_a_file_are_what_a_plain_reading_tells(
        lengths in proptest::collection::vec(proptest::prelude::prop_oneof![0..4_usize, 20..200_usize, 3_000..5_000_usize], 300..800),
        huge in proptest::option::of(0..300_usize),
    ) {
        let line = |(n, length): (usize, &usize)| match huge {
            Some(huge) if huge == n => "x".repeat(300_000),
            _ => format!("{}\t{n}", "x".repeat(*length)),
        };
        let file = written(lengths.iter().enumerate().map(line));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (tell, mut facts) = mpsc::channel(8);
            let _task = spawn(EnvId(0), file.path().to_str().unwrap().into(), Reading::Once, &Mask::default(), tell);
            let mut plain = Vec::new();
            loop {
                match next(&mut facts).await {
                    LogFact::Lines(lines) => plain.extend(lines.into_iter().map(|line| line.text.to_string())),
                    LogFact::Ended => break,
                    _ => {}
                }
            }
            let mut part = Part::of(file.path());
            let length = std::fs::metadata(file.path()).unwrap().len();
            if length <= (MEMORY / 4 * 3) as u64 {
                return;
            }
            part.counted().await;
            let (mut from, total) = (0_u64, part.total.unwrap());
            assert_eq!(total, plain.len() as u64);
            let mut rounds = 0;
            while from < total {
                part.go(Place::Line(from)).await;
                let first = part.first.unwrap();
                let end = first + part.lines.len() as u64;
                assert!(first <= from && from < end, "{first} {from} {end}");
                let (a, b) = (usize::try_from(first).unwrap(), usize::try_from(end).unwrap());
                assert!(part.lines == plain[a..b], "lines {a} to {b}");
                from = end;
                rounds += 1;
            }
            assert!(rounds > 1, "one part cannot have held it all");
        });
    }
}
