//! What each way of asking keeps.

use proptest::prelude::*;

use super::*;
use crate::model::{Known, Object, Time};
use crate::ui::panes::table::columns::columns;
use crate::ui::panes::table::samples::{self, NOW, usage};

fn pod_columns() -> Vec<ColumnRef> {
    columns(&Known::Pod.into(), None)
}

fn parse(text: &str) -> Filter {
    Filter::parse(text, &pod_columns(), Detail::Usual)
}

/// Four pods: `backend-deployment-x2x9k` (out of memory 3 min ago, 4 restarts, 1 h old), `frontend-web-10`
/// (busy), `Migrate` (of an operator that likes capitals) and `db-0` on another node.
fn pods() -> Vec<Object> {
    let mut backend = samples::pod("backend-deployment-x2x9k");
    samples::crash(&mut backend, "OOMKilled", 137, 200);
    backend.meta.created = Time(NOW.0 - 3_600);
    let mut db = samples::pod("db-0");
    samples::with_pod(&mut db, |p| p.node = "worker-2.eu-west-3.compute.internal".into());
    db.meta.labels = crate::model::Labels::new([("app", "db")]);
    vec![backend, samples::pod("frontend-web-10"), samples::pod("Migrate"), db]
}

/// The first letters of the pods that the filter keeps.
fn kept(filter: &Filter) -> String {
    let sample = usage("frontend-web-10", "600m", "120Mi");
    let mut scratch = Scratch::default();
    let keep = |o: &&Object| {
        let used = (&*o.meta.name == "frontend-web-10").then_some(&sample);
        filter.matches(&Row::object(o, NOW).usage(used), &mut scratch)
    };
    pods().iter().filter(keep).filter_map(|o| o.meta.name.chars().next()).collect()
}

#[test]
fn every_way_of_asking() {
    let table = [
        // Words: all must match, in the cells that are shown.
        ("", "bfMd"),
        ("   ", "bfMd"),
        ("back", "b"),
        ("BACK", ""),
        ("migr", "M"),
        ("Migr", "M"),
        ("migR", ""),
        ("solia/db", "d"),
        ("crashloop", "b"),
        ("oomkilled", "b"),
        ("worker-2.eu", "d"),
        ("worker running", "fMd"),
        ("front crashloop", ""),
        // Numbers and ages are not words.
        ("3m", ""),
        ("\"worker-1\"", "bfM"),
        ("\"b wor", ""),
        // What is close to a name.
        ("bckend", "b"),
        ("backdep", "b"),
        ("frontweb", "f"),
        ("bdx9", ""),
        ("-f bdx9", "b"),
        ("-f web", "f"),
        // Regular expressions, cell by cell.
        ("^back", "b"),
        ("^solia/", "bfMd"),
        ("-\\d+$", "bfMd"),
        ("^(db|front).*\\d$", "fd"),
        ("^CRASH", "b"),
        // Turned around.
        ("!back", "fMd"),
        ("!!back", "b"),
        ("!^back !running", ""),
        ("!-l app=db", "bfM"),
        ("!status:running", "b"),
        ("!\"worker-1\"", "d"),
        // Labels.
        ("-l app=db", "d"),
        ("-l app!=db,tier in (web) back", "b"),
        ("front -l tier", "f"),
        ("-l \"app = db\"", "d"),
        // Columns.
        ("status:crash", "b"),
        ("STATUS:Crash", "b"),
        ("stat:crash", "b"),
        ("status=running", "fMd"),
        ("status!=running", "b"),
        ("status:^run.*g$", "fMd"),
        ("node:worker-2", "d"),
        ("restarts>3", "b"),
        ("restarts>=4", "b"),
        ("restarts<4", "fMd"),
        ("restarts:4", "b"),
        ("restarts=0", "fMd"),
        ("age<2h", "b"),
        ("age>=2d", "fMd"),
        ("age:2d", "fMd"),
        ("last<5m", "b"),
        ("last>5m", ""),
        ("last:oom", "b"),
        ("cpu>500m", "f"),
        ("cpu>0.5", "f"),
        ("cpu=0.6", "f"),
        ("cpu<1", "f"),
        ("mem>=100Mi", "f"),
        ("mem>100m", "f"),
        ("mem>1gb", ""),
        ("%mem/l>80", "f"),
        ("%mem/l>80%", "f"),
        ("ready<1", "b"),
        ("ready<100%", "b"),
        ("ready:1/1", "fMd"),
        ("qos:burst", "bfMd"),
        ("serviceaccount:default", "bfMd"),
        ("node:\"worker-1\" restarts=0", "fM"),
        ("name:-0", "d"),
        // Unfinished: nothing is asked yet.
        ("!", "bfMd"),
        ("! ", "bfMd"),
        ("-l", "bfMd"),
        ("-l ", "bfMd"),
        ("-f", "bfMd"),
        ("\"", "bfMd"),
        ("status:", "bfMd"),
        ("restarts>", "bfMd"),
        ("restarts>=", "bfMd"),
    ];
    for (text, expected) in table {
        let filter = parse(text);
        assert_eq!(kept(&filter), expected, "{text}");
        assert_eq!(filter.problems(), &[] as &[String], "{text}");
    }
}

#[test]
fn what_is_not_understood_is_said_and_searched_as_text() {
    let table = [
        ("(back", "", "\"(back\" is not a regular expression; searched as plain text"),
        (
            "stauts:crash",
            "",
            "no column \"stauts\" (did you mean STATUS?); searched as plain text",
        ),
        ("app=web", "", "no column \"app\" (labels: -l app=…); searched as plain text"),
        ("re:1", "", "\"re\" could be READY or RESTARTS; searched as plain text"),
        // A condition that cannot be compared is left out rather than emptying the table.
        (
            "age<soon",
            "bfMd",
            "AGE compares with an age such as 90s, 10m, 2h or 3d, not \"soon\"",
        ),
        ("restarts>many", "bfMd", "RESTARTS compares with a number, not \"many\""),
        (
            "-l =x",
            "bfMd",
            "\"=x\": a label selector is written like app=web,tier!=db,env in (a,b),!old",
        ),
    ];
    for (text, expected, problem) in table {
        let filter = parse(text);
        assert_eq!(filter.problems(), [problem.to_owned()], "{text}");
        assert_eq!(kept(&filter), expected, "{text}");
    }
}

#[test]
fn wide_columns_are_searched_where_they_are_shown() {
    let columns = pod_columns();
    assert_eq!(kept(&Filter::parse("app:v1", &columns, Detail::Usual)), "");
    assert_eq!(kept(&Filter::parse("\"app:v1\"", &columns, Detail::Wide)), "bfMd");
    assert_eq!(
        kept(&Filter::parse("images:app:v1", &columns, Detail::Usual)),
        "bfMd",
        "any column can be named"
    );
}

#[test]
fn events_are_found_by_what_they_are_about() {
    let columns = columns(&Known::Event.into(), None);
    let event = samples::event("backend-1", "BackOff", 65);
    let mut scratch = Scratch::default();
    let mut keeps = |text: &str| Filter::parse(text, &columns, Detail::Usual).matches(&Row::object(&event, NOW), &mut scratch);
    assert!(keeps("pod/backend-1 warning"));
    assert!(keeps("message:\"failed container\" count>2 last<2m"));
    assert!(!keeps("17d3f"), "the event's own name means nothing to anybody");
}

#[test]
fn what_was_asked_for_is_seen_in_the_name() {
    let highlight = |text: &str, name: &str| -> Vec<String> {
        let ranges = parse(text).highlight(name, &mut Scratch::default());
        ranges.into_iter().map(|r| name[r].to_owned()).collect()
    };
    assert_eq!(highlight("end", "backend-end"), ["end", "end"]);
    assert_eq!(highlight("back cke", "backend"), ["backe"]);
    assert_eq!(highlight("^b.c", "backend"), ["bac"]);
    assert_eq!(highlight("!back", "backend"), [""; 0]);
    assert_eq!(highlight("name:back", "backend"), ["back"]);
    assert_eq!(highlight("status:back", "backend"), [""; 0]);
    assert_eq!(highlight("-f bd", "backend"), ["b", "d"]);
    assert_eq!(highlight("é", "CafÉ"), ["É"]);
    assert_eq!(
        highlight("i", "İi"),
        [""; 0],
        "letters that change their length with their case are left alone"
    );
    assert_eq!(highlight("$", "backend"), [""; 0]);
}

proptest! {
    #[test]
    fn no_input_panics(text in any::<String>(), name in any::<String>()) {
        let filter = parse(&text);
        kept(&filter);
        let ranges = filter.highlight(&name, &mut Scratch::default());
        prop_assert!(ranges.iter().all(|r| name.get(r.clone()).is_some()));
        prop_assert!(ranges.windows(2).all(|w| w[0].end < w[1].start));
    }

    #[test]
    fn no_typing_panics(text in r#"([a-z%:=<>!"(),/ .*^$\\|0-9]|-l |-f |status|restarts|age|cpu| in |é){0,12}"#) {
        kept(&parse(&text));
    }

    #[test]
    fn an_exclamation_mark_turns_a_term_around(
        text in r#"[a-z0-9.^$*|-]{1,6}|"[a-z ]{1,5}"|-l (app|tier)(!?=(db|web))?|-f [a-z]{1,4}|(status|node|restarts|age|cpu)(:|=|!=|<|>)[a-z0-9]{1,4}"#
    ) {
        let (plain, inverse) = (parse(&text), parse(&format!("!{text}")));
        prop_assume!(plain.terms.len() == 1);
        let (mut a, mut b) = (kept(&plain), kept(&inverse));
        a.extend(b.drain(..));
        let mut all: Vec<char> = a.chars().collect();
        all.sort_unstable();
        prop_assert_eq!(all, ['M', 'b', 'd', 'f']);
    }
}
